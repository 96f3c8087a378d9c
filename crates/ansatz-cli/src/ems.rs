//! `ansatz sample ems`, and the options of the solver that uses what it makes.

use crate::print;
use crate::progress::{self, Style};
use crate::sample::{Place, limit, mixture};
use ansatz_core::{Checkpoint, Error, Result, Run, Seed, Stopped, Work};
use ansatz_diffusion::ems::{Ems, Estimation, Estimator, Moments};
use ansatz_diffusion::model::Model;
use ansatz_diffusion::solver::{Corrector, Method, V3};
use ansatz_diffusion::{Batch, Grid};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How often a saved estimation is brought up to date.
const SAVE_EVERY: Duration = Duration::from_secs(10);

#[derive(Args)]
pub(crate) struct Statistics {
    /// A TOML file of Gaussians, or gmm8, gmm8-smooth, digits, digits-empirical
    model: String,
    #[command(flatten)]
    place: Place,
    /// Steps between the levels of the statistics, uniform in λ
    #[arg(long, default_value_t = 120)]
    steps: usize,
    /// Samples that expectations are taken over: drawn from the model, or the first of --data
    #[arg(long, default_value_t = 1024)]
    count: usize,
    /// Data to take expectations over, as NPY: an array of samples × dimension
    #[arg(long)]
    data: Option<PathBuf>,
    /// Random directions a sample, for l
    #[arg(long, default_value_t = 1)]
    probes: usize,
    /// Take this l at every level: 1 keeps data prediction
    #[arg(long, allow_hyphen_values = true)]
    fixed_l: Option<f64>,
    /// Seed of all randomness
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Threads; 0 means all cores. Does not change results
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Time limit in seconds: what is measured by then is saved
    #[arg(long)]
    time: Option<f64>,
    /// Go on with the estimation that was saved beside --out
    #[arg(long)]
    resume: bool,
    /// File for the statistics, as NPZ
    #[arg(long)]
    out: PathBuf,
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

impl Statistics {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let model = mixture(&self.model)?;
        let schedule = self.place.schedule()?;
        let path = self.place.path(&*schedule)?;
        let seed = Seed(self.seed);
        let data = match &self.data {
            None => model.draws(seed, self.count),
            Some(file) => first_rows(&read_npy(file)?, self.count)?,
        };
        let estimation = Estimation { steps: self.steps, probes: self.probes, fixed_l: self.fixed_l };
        let mut saved_as = self.out.clone().into_os_string();
        saved_as.push(".unfinished");
        let mut checkpoint = Checkpoint::new(PathBuf::from(saved_as), "ems", 1)?;
        let saved = checkpoint.load::<(Moments, f64)>();
        let (estimator, spent) = match (self.resume, saved) {
            (true, Ok(Some(saved))) => {
                if let Some(warning) = saved.warning {
                    eprintln!("warning: {warning}");
                }
                let (moments, spent) = saved.state;
                let spent = Duration::try_from_secs_f64(spent).unwrap_or_default();
                (Estimator::resume(&estimation, &path, &data, seed, moments)?, spent)
            }
            (true, Err(error)) => return Err(error),
            (true, Ok(None)) => {
                return Err(Error::parameter(
                    "resume",
                    self.out.display(),
                    "a file with an unfinished estimation beside it",
                ));
            }
            (false, Ok(None)) => (Estimator::begin(&estimation, &path, &data, seed)?, Duration::ZERO),
            (false, _) => {
                let allowed = "a file without an unfinished estimation beside it; --resume goes on with that";
                return Err(Error::parameter("out", self.out.display(), allowed));
            }
        };
        let mut estimator = estimator.threads(self.threads);
        let style = if self.quiet { Style::None } else { self.progress };
        let mut run =
            Run::new(seed).already_spent(spent).observer(progress::observer(style)).interrupt(progress::interrupt());
        if let Some(seconds) = self.time {
            run = run.time_limit(limit(seconds)?);
        }
        let started = Instant::now();
        let elapsed = || (spent + started.elapsed()).as_secs_f64();
        let mut last = started;
        let stopped = estimator.carry(&model, &mut run, |moments| {
            if last.elapsed() >= SAVE_EVERY {
                last = Instant::now();
                checkpoint.save(&(moments, elapsed()))?;
            }
            Ok(())
        })?;
        if stopped != Stopped::Converged {
            checkpoint.save(&(estimator.moments(), elapsed()))?;
            let (done, all) = (estimator.moments().done(), estimator.moments().levels());
            let reason =
                format!("the estimation {stopped}; {done} of its {all} levels are saved, and --resume goes on");
            return Err(Error::Environment { what: "the whole of the statistics".into(), reason });
        }
        let ems = estimator.finish(&model)?;
        ems.save(&self.out)?;
        checkpoint.remove()?;
        self.tell(&ems, &estimator.work(&model))?;
        Ok(ExitCode::SUCCESS)
    }

    fn tell(&self, ems: &Ems, work: &Work) -> Result<()> {
        let last = ems.levels().len() - 1;
        let about = ems.about;
        if self.json {
            let text = json!({
                "model": self.model,
                "schedule": ems.schedule(),
                "levels": last + 1,
                "lambda": [ems.levels()[0].lambda, ems.levels()[last].lambda],
                "dimension": ems.dim(),
                "samples": about.samples,
                "probes": about.probes,
                "dead": about.dead,
                "clipped": about.clipped,
                "mean_l": [ems.mean_l(0), ems.mean_l(last)],
                "work": work,
                "seed": self.seed,
                "out": self.out,
            });
            return print(&format!("{text:#}"));
        }
        let values = (last + 1) * ems.dim();
        print(&format!(
            "statistics of {} at {} levels from {} samples in {}; {work}",
            self.model,
            last + 1,
            about.samples,
            self.out.display()
        ))?;
        print(&format!(
            "mean l: {:.5} at the noisy end, {:.5} at the clean one; of {values} values of s {} are 0 for want of variation, {} cut to ±3",
            ems.mean_l(0),
            ems.mean_l(last),
            about.dead,
            about.clipped
        ))
    }
}

/// Where a corrector is used, as the command line says it.
#[derive(Clone, Copy, ValueEnum)]
enum Corrected {
    /// Nowhere
    Off,
    /// In the second half of the time
    Half,
    /// At every step
    Full,
}

/// The options of `--solver v3`.
#[derive(Args)]
pub(crate) struct V3Options {
    /// Statistics of the model, from `ansatz sample ems`, for --solver v3
    #[arg(long)]
    ems: Option<PathBuf>,
    /// Order of v3: 1, 2 or 3
    #[arg(long, default_value_t = 3)]
    order: usize,
    /// Where v3 uses its corrector
    #[arg(long, value_enum, default_value = "full")]
    corrector: Corrected,
    /// Pseudo derivatives in v3's predictor: for 5 steps
    #[arg(long)]
    pseudo_predictor: bool,
    /// One node more and pseudo derivatives in v3's corrector
    #[arg(long)]
    pseudo_corrector: bool,
    /// Keep v3's order in the last steps
    #[arg(long)]
    no_tail: bool,
}

impl V3Options {
    /// Refuses statistics that no one reads.
    pub(crate) fn unused(&self, solver: &str) -> Result<()> {
        match &self.ems {
            Some(file) => {
                Err(Error::parameter("ems", file.display(), format!("left out: {solver} uses no statistics")))
            }
            None => Ok(()),
        }
    }

    /// Calls `work` with the method. The statistics must be those of `model`, the one without guidance.
    pub(crate) fn with<T>(
        &self,
        model: &dyn Model,
        grid: &Grid,
        evaluations: usize,
        work: impl FnOnce(&dyn Method) -> Result<T>,
    ) -> Result<T> {
        let Some(file) = &self.ems else {
            return Err(Error::parameter("ems", "missing", "a file made by `ansatz sample ems`, for --solver v3"));
        };
        let ems = Ems::load(file)?;
        ems.belong_to(model)?;
        let corrector = match self.corrector {
            Corrected::Off => Corrector::Off,
            Corrected::Half => Corrector::Half,
            Corrected::Full => Corrector::Full,
        };
        work(&V3 {
            ems: &ems,
            order: self.order,
            pseudo_predictor: self.pseudo_predictor,
            corrector,
            pseudo_corrector: self.pseudo_corrector,
            tail: !self.no_tail,
            grid: grid.clone(),
            evaluations,
        })
    }
}

/// The array of doubles in an NPY file, a sample a row.
pub(crate) fn read_npy(path: &std::path::Path) -> Result<Batch> {
    let bytes = std::fs::read(path).map_err(|e| Error::io("read", path, e))?;
    let wrong = |reason: String| Error::format(path, reason);
    let file = npyz::NpyFile::new(&bytes[..]).map_err(|e| wrong(e.to_string()))?;
    let (&[rows, dim], npyz::Order::C) = (file.shape(), file.order()) else {
        return Err(wrong("it must be an array of samples × dimension, in C order".into()));
    };
    if rows.checked_mul(dim).and_then(|n| n.checked_mul(8)).is_none_or(|size| size > bytes.len() as u64) {
        return Err(wrong("it is shorter than its shape".into()));
    }
    let values = file.into_vec::<f64>().map_err(|e| wrong(e.to_string()))?;
    Batch::new(dim as usize, values).map_err(|e| wrong(e.to_string()))
}

fn first_rows(data: &Batch, count: usize) -> Result<Batch> {
    if data.rows() < count {
        let allowed = format!("at most {}, the samples of the data", data.rows());
        return Err(Error::parameter("count", count, allowed));
    }
    Ok(data.slice(0, count))
}
