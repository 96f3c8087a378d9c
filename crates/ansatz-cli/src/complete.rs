//! `ansatz linear complete`: a matrix of low rank from some of its entries, such as ratings.

use crate::print;
use crate::progress::{self, Style};
use ansatz_core::{Checkpoint, Error, Result, Run, Seed, Stopped, write_atomic};
use ansatz_linear::completion::{AltMin, Completion, Duplicates, Inner, Observations};
use ansatz_linear::format::{Ratings, npy_matrix, npy_texts, npz_bytes, read_ratings};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Time between two checkpoints.
const SAVE_EVERY: Duration = Duration::from_secs(5);

/// How the least-squares problems of a sweep are solved.
#[derive(Clone, Copy, ValueEnum)]
enum Solver {
    /// A few steps of conjugate gradients from where each line is
    Cg,
    /// Normal equations by Cholesky's decomposition
    Exact,
    /// LSQR, preconditioned by a sketch
    Sketched,
}

/// What is done with several values of one place.
#[derive(Clone, Copy, ValueEnum)]
enum Several {
    Refuse,
    Sum,
    Mean,
}

#[derive(Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Complete {
    /// The entries: a row's name, a column's name and a value on each line, as CSV or alike
    entries: PathBuf,
    /// The rank
    #[arg(long, default_value_t = 10)]
    rank: usize,
    /// The ridge; of several, separated by commas, the one that predicts the entries held out best
    #[arg(long, value_delimiter = ',', default_value = "0", allow_hyphen_values = true)]
    ridge: Vec<f64>,
    /// Hold out this share of the entries, and keep the factors that predict them best
    #[arg(long)]
    holdout: Option<f64>,
    /// Do not subtract the mean of the entries before and add it after
    #[arg(long)]
    uncentred: bool,
    /// Several values of one place
    #[arg(long, value_enum, default_value = "refuse")]
    duplicates: Several,
    /// The inner solver
    #[arg(long, value_enum, default_value = "cg")]
    inner: Solver,
    /// Steps of conjugate gradients for each line of a factor in each sweep
    #[arg(long, default_value_t = 3)]
    steps: u32,
    /// Stop when the residual is at most this fraction of the entries (root mean squares)
    #[arg(long, default_value_t = 1e-8)]
    tol: f64,
    /// At most so many sweeps
    #[arg(long, default_value_t = 300)]
    max_sweeps: u64,
    /// File for the factors (.npz): U, V, the mean, and the names of rows and columns
    #[arg(long)]
    out: Option<PathBuf>,
    /// A file with a row's name and a column's name on each line, whose entries are predicted
    #[arg(long)]
    predict: Option<PathBuf>,
    /// File for the predictions, as CSV; standard output if not given
    #[arg(long, requires = "predict")]
    predictions: Option<PathBuf>,
    /// File in which the state is kept while it runs
    #[arg(long)]
    checkpoint: Option<PathBuf>,
    /// Go on from the checkpoint
    #[arg(long, requires = "checkpoint")]
    resume: bool,
    /// Seed of the start and of the entries held out
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// So many threads; 0 for all cores
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Time limit in seconds
    #[arg(long)]
    time: Option<f64>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    /// How progress is shown
    #[arg(long, value_enum, default_value = "auto")]
    progress: Style,
    /// Only the result
    #[arg(long)]
    quiet: bool,
}

/// What a checkpoint holds: the completion, and what it is of.
#[derive(Serialize, Deserialize)]
struct Saved {
    method: AltMin,
    entries: usize,
    mean: f64,
    rms: f64,
    seed: u64,
    completion: Completion,
}

impl Complete {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let methods = self.methods()?;
        let duplicates = match self.duplicates {
            Several::Refuse => Duplicates::Refuse,
            Several::Sum => Duplicates::Sum,
            Several::Mean => Duplicates::Mean,
        };
        let ratings = read_ratings(&self.entries, duplicates)?;
        let places = self.predict.as_deref().map(|path| ratings.read_places(path)).transpose()?;
        for warning in ratings.known.warnings(self.rank).iter().filter(|_| !self.quiet) {
            eprintln!("warning: {warning}");
        }
        let (known, held) = self.deal(&ratings.known)?;
        let mean = if self.uncentred { 0.0 } else { known.mean() };
        let (known, held) = (known.centred(mean), held.map(|held| held.centred(mean)));
        let mut run = Run::new(Seed(self.seed)).interrupt(progress::interrupt());
        run = run.observer(progress::observer(if self.quiet { Style::None } else { self.progress }));
        if let Some(seconds) = self.time {
            let limit = Duration::try_from_secs_f64(seconds).ok().filter(|limit| !limit.is_zero());
            let allowed = "greater than 0 and finite";
            run = run.time_limit(limit.ok_or_else(|| Error::parameter("time", seconds, allowed))?);
        }
        let mut best: Option<(&AltMin, Completion)> = None;
        for method in &methods {
            let fit = self.fit(method, &known, held.as_ref(), mean, &mut run)?;
            if let Some(Stopped::NotANumber { iteration }) = fit.stopped {
                let place = format!("sweep {iteration}: the entries may be too large");
                return Err(Error::NotFinite { quantity: "the residual".to_owned(), place });
            }
            let error = |fit: &Completion| fit.holdout().unwrap_or(f64::INFINITY);
            if best.as_ref().is_none_or(|(_, old)| error(&fit) < error(old)) {
                best = Some((method, fit));
            }
            if run.stop_requested().is_some_and(|why| why != Stopped::Converged) {
                break;
            }
        }
        let Some((method, fit)) = best else { return Err(Error::parameter("ridge", "empty", "one value or more")) };
        if let Some(out) = &self.out {
            write_atomic(out, &archive(&ratings, &fit, mean)?)?;
        }
        if let Some(places) = places {
            self.show_predictions(&ratings, &fit, mean, &places)?;
        }
        self.show(&ratings, method, &fit, held.as_ref(), mean)
    }

    /// One method for each ridge.
    fn methods(&self) -> Result<Vec<AltMin>> {
        if self.ridge.len() > 1 && (self.holdout.is_none() || self.checkpoint.is_some()) {
            let allowed = "a single value, unless entries are held out to choose by and there is no checkpoint";
            return Err(Error::parameter("ridge", format!("{:?}", self.ridge), allowed));
        }
        if let Some(out) = &self.out
            && !out.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("npz"))
        {
            return Err(Error::parameter("out", out.display(), "the name of a .npz file"));
        }
        let inner = match self.inner {
            Solver::Cg => Inner::WarmCg(self.steps),
            Solver::Exact => Inner::Exact,
            Solver::Sketched => Inner::Sketched,
        };
        let method = |&ridge: &f64| AltMin {
            rank: self.rank,
            inner,
            ridge,
            tol: self.tol,
            max_sweeps: self.max_sweeps,
            threads: self.threads,
            ..AltMin::default()
        };
        Ok(self.ridge.iter().map(method).collect())
    }

    /// The entries to learn from, and those held out.
    fn deal(&self, all: &Observations) -> Result<(Observations, Option<Observations>)> {
        let Some(share) = self.holdout else { return Ok((all.clone(), None)) };
        if !(share > 0.0 && share < 1.0) {
            return Err(Error::parameter("holdout", share, "greater than 0 and less than 1"));
        }
        let mut parts = all.split(&[1.0 - share, share], Seed(self.seed))?;
        let held = parts.pop();
        let known = parts.pop().unwrap_or_else(|| all.clone());
        Ok((known, held))
    }

    /// Fits, or goes on with what the checkpoint holds.
    fn fit(
        &self,
        method: &AltMin,
        known: &Observations,
        held: Option<&Observations>,
        mean: f64,
        run: &mut Run,
    ) -> Result<Completion> {
        let Some(path) = &self.checkpoint else { return method.fit_with_holdout(known, held, run) };
        let mut checkpoint = Checkpoint::new(path, "matrix-completion", 1)?;
        let about = |completion: Completion| Saved {
            method: AltMin { threads: 0, max_sweeps: 0, ..method.clone() },
            entries: known.count(),
            mean,
            rms: known.rms(),
            seed: self.seed,
            completion,
        };
        let mut fit = match (self.resume, checkpoint.load::<Saved>()?) {
            (true, Some(restored)) => {
                if let Some(warning) = restored.warning {
                    eprintln!("warning: {warning}");
                }
                let mine = about(restored.state.completion);
                let key = |saved: &Saved| (saved.method.clone(), saved.entries, saved.seed);
                let saved = Saved { completion: mine.completion.clone(), ..restored.state };
                if key(&saved) != key(&mine) || saved.mean != mean || saved.rms != mine.rms {
                    let allowed = "those of the saved completion: the same entries, rank, ridge, inner solver and seed";
                    return Err(Error::parameter("the completion's parameters", "others", allowed));
                }
                mine.completion
            }
            (true, None) => {
                return Err(Error::parameter("resume", path.display(), "the file of a saved completion"));
            }
            (false, Some(_)) => {
                let allowed = "a file that does not exist yet; --resume goes on with the one that is there";
                return Err(Error::parameter("checkpoint", path.display(), allowed));
            }
            (false, None) => method.begin(known, run)?,
        };
        let mut last = Instant::now();
        method.advance(known, held, &mut fit, run, |fit| {
            if last.elapsed() >= SAVE_EVERY {
                last = Instant::now();
                checkpoint.save(&about(fit.clone()))?;
            }
            Ok(())
        })?;
        checkpoint.save(&about(fit.clone()))?;
        Ok(fit)
    }

    fn show_predictions(
        &self,
        ratings: &Ratings,
        fit: &Completion,
        mean: f64,
        places: &[(usize, usize)],
    ) -> Result<()> {
        let quoted = |name: &str| {
            let plain = !name.contains([',', '"']);
            if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
        };
        let values = fit.factors().predict(places)?;
        let lines = places.iter().zip(values).map(|(&(i, j), value)| {
            format!("{},{},{}\n", quoted(&ratings.rows[i]), quoted(&ratings.columns[j]), value + mean)
        });
        let text: String = lines.collect();
        match &self.predictions {
            Some(path) => write_atomic(path, text.as_bytes()),
            None => print(text.trim_end()),
        }
    }

    fn show(
        &self,
        ratings: &Ratings,
        method: &AltMin,
        fit: &Completion,
        held: Option<&Observations>,
        mean: f64,
    ) -> Result<ExitCode> {
        let stopped = fit.stopped.unwrap_or(Stopped::Interrupted);
        let rmse = fit.history.last().map_or(f64::NAN, |sweep| sweep.rmse);
        let (m, n) = (ratings.rows.len(), ratings.columns.len());
        if self.json {
            print(&format!(
                "{:#}",
                json!({
                    "rows": m,
                    "columns": n,
                    "entries": ratings.known.count(),
                    "held_out": held.map(Observations::count),
                    "rank": self.rank,
                    "ridge": method.ridge,
                    "mean": mean,
                    "rmse": rmse,
                    "holdout_rmse": fit.holdout(),
                    "sweeps": fit.history,
                    "work": fit.work,
                    "stopped": stopped,
                })
            ))?;
        } else if self.predict.is_none() || self.predictions.is_some() {
            print(&format!(
                "{m} × {n}, {} entries, rank {}: {stopped} after {} sweeps; RMSE {rmse:.4e}{}",
                ratings.known.count(),
                self.rank,
                fit.history.len(),
                fit.holdout().map_or(String::new(), |error| format!(", {error:.4e} on entries held out")),
            ))?;
            if method.ridge > 0.0 {
                print(&format!("ridge {}", method.ridge))?;
            }
        }
        Ok(ExitCode::from(u8::from(!stopped.succeeded())))
    }
}

/// `U`, `V`, the mean and the names.
fn archive(ratings: &Ratings, fit: &Completion, mean: f64) -> Result<Vec<u8>> {
    let factors = fit.factors();
    npz_bytes(&[
        ("u", npy_matrix(factors.u(), factors.rank())?),
        ("v", npy_matrix(factors.v(), factors.rank())?),
        ("mean", npy_matrix(&[mean], 1)?),
        ("rows", npy_texts(&ratings.rows)),
        ("columns", npy_texts(&ratings.columns)),
    ])
}
