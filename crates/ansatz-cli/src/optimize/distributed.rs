//! `ansatz optimize distributed`: methods that send compressed messages, side by side.

use super::files::{limit, read_npy, write_npy};
use crate::print;
use crate::progress::{self, Style};
use ansatz_core::render::{frontier_csv, svg, text_table};
use ansatz_core::{Error, Frontier, Result, Run, Seed, Stopped, shown, write_atomic};
use ansatz_optimize::distributed::compress::{self, Compressor};
use ansatz_optimize::distributed::{Problem, Setting, Start, Trained, Training, named};
use ansatz_optimize::problems::{Deal, Quadratic, Softmax, deal, digits_by_class};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The file of the state in the folder of --out.
const STATE: &str = "state";

/// How the first message is sent.
#[derive(Clone, Copy, ValueEnum)]
enum First {
    /// Whole
    Dense,
    /// Compressed like all others
    Compressed,
}

#[derive(Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Distributed {
    /// quadratic, digits (one class a worker), or a .npy file of features, a row a sample, for logistic regression
    problem: String,
    /// A .npy file with a label for each row of features
    #[arg(long)]
    labels: Option<PathBuf>,
    /// Sort the samples of a file by class before they are dealt, so that workers disagree
    #[arg(long, requires = "labels")]
    by_class: bool,
    /// Weight of the regularisation of logistic regression
    #[arg(long, default_value_t = 1e-3)]
    lambda: f64,
    /// Samples a gradient, drawn anew each time [default: all]
    #[arg(long)]
    batch: Option<usize>,
    /// Number of workers of quadratic and of a file [default: 5]
    #[arg(long)]
    workers: Option<usize>,
    /// Dimension of quadratic
    #[arg(long, default_value_t = 200)]
    dim: usize,
    /// How far the workers of quadratic disagree
    #[arg(long, default_value_t = 10.0)]
    zeta: f64,
    /// Standard deviation of a gradient of quadratic
    #[arg(long, default_value_t = 0.0)]
    sigma: f64,
    /// econtrol, econtrol-m, ef21, ef21-sgdm, ec, ec-ideal, compressed-sgd or sgd
    #[arg(long, default_value = "econtrol")]
    method: String,
    /// Methods to run beside it, at the same step size
    #[arg(long, value_delimiter = ',')]
    compare: Vec<String>,
    /// topk:K, randk:K (a number of entries, or a part as 0.1), quant:BITS, sign, none or none64
    #[arg(long, default_value = "topk:0.1")]
    compress: String,
    /// Step size
    #[arg(long, default_value_t = 0.05, allow_hyphen_values = true)]
    gamma: f64,
    /// Strength of the feedback of econtrol
    #[arg(long, default_value_t = 0.1, allow_hyphen_values = true)]
    eta: f64,
    /// Weight of the newest gradient where there is momentum
    #[arg(long, default_value_t = 0.1, allow_hyphen_values = true)]
    beta: f64,
    /// The first message of econtrol and ef21
    #[arg(long, value_enum, default_value = "dense")]
    start: First,
    /// Rounds
    #[arg(long, default_value_t = 1000)]
    rounds: u64,
    /// Workers that take part in a round, drawn anew each time [default: all]
    #[arg(long)]
    participants: Option<usize>,
    /// Rounds between two records of the error
    #[arg(long, default_value_t = 1)]
    every: u64,
    /// End at this error
    #[arg(long)]
    target: Option<f64>,
    /// Seed of data, noise and compression
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Threads among which the workers are shared. Does not change results
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Time limit in seconds
    #[arg(long)]
    time: Option<f64>,
    /// Folder for the last iterate (x.npy), the errors (frontier.csv, .svg), and the state to go on from
    #[arg(long)]
    out: Option<PathBuf>,
    /// Go on from the state in the folder
    #[arg(long, requires = "out")]
    resume: bool,
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

impl Distributed {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let problem = self.problem()?;
        let compressor = compress::named(&self.compress)?;
        let limit = self.time.map(limit).transpose()?;
        if let Some(target) = self.target.filter(|target| !(*target > 0.0 && target.is_finite())) {
            return Err(Error::parameter("target", target, "positive and finite"));
        }
        let state = self.state()?;
        let interrupt = progress::interrupt();
        let mut done: Vec<(String, Trained)> = Vec::new();
        for (i, name) in std::iter::once(&self.method).chain(&self.compare).enumerate() {
            let mut run = Run::new(Seed(self.seed)).interrupt(interrupt.clone());
            run = run.observer(progress::observer(if self.quiet { Style::None } else { self.progress }));
            run = limit.into_iter().fold(run, Run::time_limit);
            run = self.target.into_iter().fold(run, Run::target);
            // Only the first method is resumed: the others are there to compare with.
            let state = state.as_deref().filter(|_| i == 0);
            done.push(self.train(name, &*problem, &*compressor, state, &mut run)?);
        }
        self.write(&*problem, &done)?;
        self.show(&*problem, &*compressor, &done)
    }

    fn train(
        &self,
        name: &str,
        problem: &dyn Problem,
        compressor: &dyn Compressor,
        state: Option<&Path>,
        run: &mut Run,
    ) -> Result<(String, Trained)> {
        let start = match self.start {
            First::Dense => Start::Dense,
            First::Compressed => Start::Compressed,
        };
        let setting = Setting { gamma: self.gamma, eta: self.eta, beta: self.beta, start };
        let method = named(name, &setting, problem)?;
        let mut training = Training::new(&*method, compressor).rounds(self.rounds).record_every(self.every);
        training = training.threads(self.threads);
        training = self.participants.into_iter().fold(training, Training::participants);
        if let Some(path) = state {
            training = training.checkpoint(path, (self.rounds / 20).max(1));
        }
        let trained = training.solve(problem, run)?;
        Ok((method.name().to_owned(), trained))
    }

    fn problem(&self) -> Result<Box<dyn Problem>> {
        let file = Path::new(&self.problem);
        let is_file = file.extension().is_some() || file.exists();
        if self.labels.is_some() != is_file {
            let allowed = if is_file { "given with --labels" } else { "a .npy file if there are labels" };
            return Err(Error::parameter("the problem", &self.problem, allowed));
        }
        if self.batch == Some(0) {
            return Err(Error::parameter("batch", 0, "at least 1"));
        }
        let workers = self.workers.unwrap_or(5);
        if let Some(labels) = &self.labels {
            let how = if self.by_class { Deal::ByClass } else { Deal::InTurn };
            let (features, width) = read_npy(file)?;
            let rows: Vec<Vec<f64>> = features.chunks(width.max(1)).map(<[f64]>::to_vec).collect();
            let (shares, classes) = deal(&rows, &read_npy(labels)?.0, workers, how)?;
            return Ok(Box::new(Softmax::new(&self.problem, shares, classes, self.lambda)?.batch(self.batch)));
        }
        match self.problem.as_str() {
            "quadratic" => {
                let Self { dim, zeta, sigma, .. } = *self;
                let setting = Quadratic { workers, dim, zeta, sigma, alike: false };
                Ok(Box::new(setting.build(Seed(self.seed))?))
            }
            "digits" if self.workers.is_none_or(|n| n == 10) => {
                Ok(Box::new(digits_by_class(self.lambda, None)?.batch(self.batch)))
            }
            "digits" => Err(Error::parameter("workers", workers, "10 for the digits, one for each class")),
            other => Err(Error::unknown("problem", other, ["quadratic", "digits"])),
        }
    }

    /// Where the state is kept, if a folder is given; refuses to go on unasked.
    fn state(&self) -> Result<Option<PathBuf>> {
        let Some(folder) = &self.out else { return Ok(None) };
        let state = folder.join(STATE);
        match (state.exists(), self.resume) {
            (false, true) => Err(Error::parameter("resume", folder.display(), "a folder with a saved state")),
            (true, false) => {
                let allowed = "a folder without a saved state; --resume goes on with the one that is there";
                Err(Error::parameter("out", folder.display(), allowed))
            }
            _ => {
                std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
                Ok(Some(state))
            }
        }
    }

    fn write(&self, problem: &dyn Problem, done: &[(String, Trained)]) -> Result<()> {
        let (Some(folder), Some((name, first))) = (&self.out, done.first()) else { return Ok(()) };
        write_npy(&folder.join("x.npy"), &first.x)?;
        let mut front = Frontier::new(problem.name(), "bytes sent", problem.measure());
        let points = |trained: &Trained| {
            // Rounding may carry an error from a known minimum below zero; such a point has no place in a picture.
            let kept = trained.history.iter().filter(|p| p.error >= 0.0);
            kept.map(|p| (p.bytes as f64, p.error)).collect::<Vec<_>>()
        };
        front.ours(name, points(first))?;
        for (name, trained) in &done[1..] {
            front.rival(name, points(trained))?;
        }
        write_atomic(&folder.join("frontier.svg"), svg(&front)?.as_bytes())?;
        write_atomic(&folder.join("frontier.csv"), frontier_csv(&[front]).as_bytes())
    }

    fn show(&self, problem: &dyn Problem, compressor: &dyn Compressor, done: &[(String, Trained)]) -> Result<ExitCode> {
        if self.json {
            let methods: Vec<_> = done
                .iter()
                .map(|(name, trained)| {
                    json!({
                        "method": name,
                        "error": trained.error(),
                        "work": trained.work,
                        "history": trained.history,
                        "stopped": trained.stopped,
                    })
                })
                .collect();
            let (name, measure) = (problem.name(), problem.measure());
            let text =
                json!({ "problem": name, "error": measure, "compressor": compressor.name(), "methods": methods });
            print(&format!("{text:#}"))?;
        } else {
            let rows = done.iter().map(|(name, trained)| {
                let bits = 8.0 * trained.work.count("bytes sent") as f64 / problem.workers() as f64;
                let stopped = match trained.stopped {
                    Stopped::EvaluationLimit => "after its rounds".to_owned(),
                    other => other.to_string(),
                };
                vec![
                    name.clone(),
                    trained.work.iterations.to_string(),
                    shown(bits / 1e6),
                    shown(trained.error()),
                    stopped,
                ]
            });
            let header = ["method", "rounds", "Mbit a worker", problem.measure(), "ended"];
            print(&format!("{}, {}", problem.name(), compressor.name()))?;
            print(text_table(120, &header, rows).trim_end())?;
        }
        let missed = done.first().is_some_and(|(_, trained)| match trained.stopped {
            Stopped::EvaluationLimit => self.target.is_some(),
            other => !other.succeeded(),
        });
        Ok(ExitCode::from(u8::from(missed)))
    }
}
