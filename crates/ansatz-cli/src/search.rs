//! `ansatz sample search`: the search for a solver schedule, its files and its figures.

use crate::print;
use crate::progress::{self, Style};
use crate::sample::{Place, limit, mixture};
use ansatz_core::{Checkpoint, Error, Result, Run, Seed, Stopped};
use ansatz_diffusion::model::{Mixture, Model};
use ansatz_diffusion::search::{self, FlowError, Objective, Population, Predictor, S3, SearchSnapshot};
use ansatz_diffusion::usf::preset;
use ansatz_diffusion::{Path, start_points};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Time between two checkpoints.
const SAVE_EVERY: Duration = Duration::from_secs(10);
/// Local error of the exact flow; far below what few evaluations can reach.
const RTOL: f64 = 1e-7;

#[derive(Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Search {
    /// A TOML file of Gaussians, or gmm8, gmm8-smooth, digits, digits-empirical
    #[arg(long)]
    model: String,
    #[command(flatten)]
    place: Place,
    /// Evaluations of the model that a sample may take
    #[arg(long)]
    nfe: usize,
    /// Samplers to be tried
    #[arg(long, default_value_t = 1500)]
    budget: usize,
    /// Samples by which they are judged, and as many others for the figures at the end
    #[arg(long, default_value_t = 128)]
    count: usize,
    /// Try every child instead of the most promising by a predictor
    #[arg(long)]
    plain: bool,
    /// Seed of all randomness
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Threads; 0 means all cores. Does not change results
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Time limit in seconds
    #[arg(long)]
    time: Option<f64>,
    /// File for the best solver schedule; the search itself is saved beside it, as NAME.checkpoint
    #[arg(long)]
    out: PathBuf,
    /// Go on with the search that is saved beside the file
    #[arg(long)]
    resume: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    /// How progress is shown
    #[arg(long, value_enum, default_value = "auto")]
    progress: Style,
    /// No progress, only the result
    #[arg(long)]
    quiet: bool,
}

impl Search {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let predictor = (!self.plain).then(Predictor::default);
        let method = S3 { evaluations: vec![self.nfe], budget: self.budget, predictor, ..S3::default() };
        method.validate()?;
        if self.count == 0 {
            return Err(Error::parameter("count", 0, "at least 1"));
        }
        let model = mixture(&self.model)?;
        let schedule = self.place.schedule()?;
        let path = self.place.path(&*schedule)?;
        let [objective, others] = self.objectives(&model, path)?;

        let mut name = self.out.clone().into_os_string();
        name.push(".checkpoint");
        let (kind, version) = SearchSnapshot::KIND;
        let mut checkpoint = Checkpoint::new(name, kind, version)?;
        let (mut search, spent) = self.begin(&method, &objective, &checkpoint)?;
        let style = if self.quiet { Style::None } else { self.progress };
        let mut run = Run::new(Seed(self.seed))
            .already_spent(spent)
            .observer(progress::observer(style))
            .interrupt(progress::interrupt());
        if let Some(seconds) = self.time {
            run = run.time_limit(limit(seconds)?);
        }
        let started = Instant::now();
        let elapsed = || (spent + started.elapsed()).as_secs_f64();
        let mut last = started;
        let stopped = search.run(&mut run, self.threads, |search| {
            if last.elapsed() >= SAVE_EVERY {
                last = Instant::now();
                checkpoint.save(&search.snapshot(elapsed()))?;
            }
            Ok(())
        })?;
        checkpoint.save(&search.snapshot(elapsed()))?;
        let population = &search.populations()[0];
        let Some(best) = population.best().filter(|best| !best.diverged) else {
            let reason = format!("the search {stopped} before any sampler was evaluated");
            return Err(Error::Environment { what: "a solver schedule".into(), reason });
        };
        let held_out = others.score(&best.sampler)?;
        let about = format!(
            "{} evaluations on {}: RMSE {held_out:.3e} on {} samples that the search has not seen; seed {}, {} samplers tried",
            self.nfe,
            self.model,
            self.count,
            self.seed,
            population.members.len()
        );
        best.sampler.write(&self.out, &schedule.name(), &about)?;
        self.report(population, [&objective, &others], held_out, search.work(), stopped, elapsed())
    }

    /// What is searched by, and what its result is measured by.
    fn objectives<'a>(&self, model: &'a Mixture, path: Path<'a>) -> Result<[FlowError<'a>; 2]> {
        let starts = start_points(2 * self.count, model.dim(), &path.from);
        let of = |from| FlowError::new(model, path, starts.slice(from, from + self.count), Some(model.mean()), RTOL);
        Ok([of(0)?, of(self.count)?])
    }

    /// The saved search, or a new one; and the time spent on it.
    fn begin<'a>(
        &self,
        method: &S3,
        objective: &'a FlowError,
        checkpoint: &Checkpoint,
    ) -> Result<(search::Search<'a>, Duration)> {
        let saved = checkpoint.load::<SearchSnapshot>();
        match (self.resume, saved) {
            (true, Ok(Some(saved))) => {
                if let Some(warning) = saved.warning {
                    eprintln!("warning: {warning}");
                }
                let saved = saved.state;
                if saved.method() != method || saved.seed() != Seed(self.seed) {
                    let allowed = "those of the saved search: the same --nfe, --budget, --plain and --seed";
                    return Err(Error::parameter("the search's parameters", "others", allowed));
                }
                let spent = Duration::try_from_secs_f64(saved.elapsed()).unwrap_or_default();
                Ok((search::Search::resume(saved, objective)?, spent))
            }
            (true, Err(error)) => Err(error),
            (true, Ok(None)) => {
                Err(Error::parameter("resume", self.out.display(), "a file with a saved search beside it"))
            }
            (false, Ok(None)) => Ok((search::Search::begin(method, objective, Seed(self.seed))?, Duration::ZERO)),
            (false, _) => {
                let allowed = "a file without a saved search beside it; --resume goes on with the one that is there";
                Err(Error::parameter("out", self.out.display(), allowed))
            }
        }
    }

    fn report(
        &self,
        population: &Population,
        [objective, others]: [&FlowError; 2],
        held_out: f64,
        work: &ansatz_core::Work,
        stopped: Stopped,
        seconds: f64,
    ) -> Result<ExitCode> {
        let mut best_preset: Option<(String, f64)> = None;
        for (name, sampler) in preset::all(&objective.path(), self.nfe, objective.mean())? {
            // One that diverges is not the best.
            let Ok(score) = others.score(&sampler) else { continue };
            if best_preset.as_ref().is_none_or(|(_, least)| score < *least) {
                best_preset = Some((name, score));
            }
        }
        let seen = population.best().map_or(f64::NAN, |best| best.score);
        let tried = population.members.len();
        if self.json {
            let (name, score) = best_preset.unzip();
            let text = json!({
                "model": self.model,
                "nfe": self.nfe,
                "tried": tried,
                "score": seen,
                "held_out": held_out,
                "best_preset": name,
                "best_preset_held_out": score,
                "work": work,
                "seconds": seconds,
                "stopped": stopped,
                "out": self.out,
            });
            return print(&format!("{text:#}")).map(|()| ExitCode::SUCCESS);
        }
        print(&format!("{tried} samplers tried in {seconds:.1} s; the search {stopped}: {work}"))?;
        print(&format!("RMSE {seen:.3e} on the samples of the search, {held_out:.3e} on {} others", self.count))?;
        if let Some((name, score)) = best_preset {
            print(&format!("the best preset on those: {score:.3e}, {name}"))?;
        }
        print(&format!("ansatz sample {} --schedule {} --out samples.npy", self.model, self.out.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}
