//! `ansatz sample` and `ansatz frontier`.

use crate::ems::{Statistics, V3Options};
use crate::print;
use crate::progress::{self, Style};
use crate::search::Search;
use ansatz_core::render::{frontier_csv, frontier_table, svg};
use ansatz_core::{Error, Result, Run, Seed, write_atomic};
use ansatz_diffusion::model::{self, Guided, Mixture, Model, Threshold, Thresholded};
use ansatz_diffusion::schedule::{self, Schedule};
use ansatz_diffusion::solver::{
    self, Adaptive, Control, DormandPrince, DpmPair, Method, Pair, Solver, Steps, Variable,
};
use ansatz_diffusion::usf::SolverSchedule;
use ansatz_diffusion::{Batch, Grid, Path, Problem, Sampling, median_error, reference, rmse, start_noise};
use clap::{Args, Subcommand, ValueEnum};
use npyz::WriterBuilder;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// The adaptive solvers, by the names of the command line.
const PAIRS: [&str; 3] = ["dpm-solver-12", "dpm-solver-23", "rk45"];

/// Along which path a model is sampled.
#[derive(Args)]
pub(crate) struct Place {
    /// Noise schedule: vp-linear, vp-cosine, ddpm-linear, scaled-linear, squared-cosine, ve, edm, flow; or the .json file of
    /// a solver schedule, as `ansatz sample search` writes it, which brings its own solver, steps and ends
    #[arg(long, default_value = "vp-linear")]
    schedule: String,
    /// Time to start from; the schedule's own if left out
    #[arg(long, allow_hyphen_values = true)]
    start: Option<f64>,
    /// Time to end with; the schedule's own if left out
    #[arg(long, allow_hyphen_values = true)]
    end: Option<f64>,
}

impl Place {
    /// The solver schedule, if one was given, and the name of its noise schedule.
    fn sampler(&self) -> Result<Option<(SolverSchedule, String)>> {
        let file = std::path::Path::new(&self.schedule);
        let given = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        given.then(|| SolverSchedule::read(file)).transpose()
    }

    pub(crate) fn schedule(&self) -> Result<Box<dyn Schedule>> {
        match self.sampler()? {
            Some((_, noise)) => schedule::named(&noise),
            None => schedule::named(&self.schedule),
        }
    }

    pub(crate) fn path<'a>(&self, schedule: &'a dyn Schedule) -> Result<Path<'a>> {
        let (start, end) = match self.sampler()? {
            Some((sampler, _)) => (sampler.nodes[0], sampler.nodes[sampler.nodes.len() - 1]),
            None => schedule.span(),
        };
        Path::new(schedule, self.start.unwrap_or(start), self.end.unwrap_or(end))
    }
}

/// Where the steps are, and how the model is guided.
#[derive(Args)]
struct Setting {
    #[command(flatten)]
    place: Place,
    /// Where the steps are: time, log-snr, quadratic, karras
    #[arg(long, default_value = "log-snr")]
    grid: Grid,
    /// Scale of classifier-free guidance, with --class
    #[arg(long, requires = "class", allow_hyphen_values = true)]
    guidance: Option<f64>,
    /// Class of the samples; several take turns
    #[arg(long, value_delimiter = ',')]
    class: Vec<usize>,
}

impl Setting {
    /// Calls `work` with the model as it is to be sampled: guided if classes are given.
    fn guided<T>(&self, mixture: &Mixture, work: impl FnOnce(&dyn Model) -> Result<T>) -> Result<T> {
        if self.class.is_empty() {
            return work(mixture);
        }
        work(&Guided::new(mixture, self.class.clone(), self.guidance.unwrap_or(1.0))?)
    }
}

/// The mixture of this name, or in this file.
pub(crate) fn mixture(name: &str) -> Result<Mixture> {
    let path = PathBuf::from(name);
    if path.extension().is_some() || path.exists() { model::read(&path) } else { model::named(name) }
}

/// Samples, or what is measured of a model for sampling.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Command {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// Without a verb its model and its file are required; with one they are not there.
    #[command(flatten)]
    sample: Sample,
}

#[derive(Subcommand)]
enum Verb {
    /// Measure the statistics of a model that --solver v3 goes by: once for a model and a schedule
    Ems(Statistics),
    /// Regions of stability of multistep methods with and without momentum: limits, areas, a picture
    Stability(crate::stability::Stability),
    /// Carry data to noise and back by a solver, and tell how far from exact it is
    Invert(crate::invert::Invert),
    /// Search the solver schedule of a model for a number of evaluations; sampled with --schedule
    Search(Search),
}

impl Command {
    pub(crate) fn run(self) -> Result<ExitCode> {
        match (self.verb, self.sample) {
            (Some(Verb::Ems(statistics)), _) => statistics.run(),
            (Some(Verb::Stability(command)), _) => command.run(),
            (Some(Verb::Invert(command)), _) => command.run(),
            (Some(Verb::Search(search)), _) => search.run(),
            (None, sample) => sample.run(),
        }
    }
}

/// How predicted pixels are kept within their range.
#[derive(Args)]
struct Pixels {
    /// Keep predicted pixels within their range: static, by cutting off, or dynamic, by shrinking each sample from a quantile
    #[arg(long, value_enum)]
    threshold: Option<Rule>,
    /// The quantile of dynamic thresholding, in (0, 1]
    #[arg(long, default_value_t = 0.995, requires = "threshold", allow_hyphen_values = true)]
    quantile: f64,
    /// The largest absolute value that pixels have
    #[arg(long, default_value_t = 1.0, requires = "threshold", allow_hyphen_values = true)]
    largest: f64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Rule {
    Static,
    Dynamic,
}

impl Pixels {
    fn threshold(&self) -> Result<Option<Threshold>> {
        let (p, max) = (self.quantile, self.largest);
        self.threshold
            .map(|rule| match rule {
                Rule::Static => Threshold::Static { max },
                Rule::Dynamic => Threshold::Dynamic { p, max },
            })
            .map(Threshold::checked)
            .transpose()
    }
}

#[derive(Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
struct Sample {
    /// A TOML file of Gaussians, or gmm8, gmm8-smooth, digits, digits-empirical
    #[arg(required = true)]
    model: Option<String>,
    #[command(flatten)]
    setting: Setting,
    /// dpm-solver-1, -2, -3, -fast-2, -fast-3, -taylor-2, -taylor-3, -2m, -3m, ddim, euler, heun, rk3, rk4;
    /// DPM-Solver++: dpmpp-1, -2s, -3s, -2m, -3m, -3m-exact, and -taylor after a 2s, 3s or 2m; with noise in every
    /// step: sde-dpmpp-1, -2m, -2m-taylor, -3m; unipc-1, -2, -3, -bh1-2, -bh1-3, unip-2, -3,
    /// deis-tab-1, -2, -3; v3 with --ems; plms-1 to plms-5, pndm, ghvb:NUMBER, ghvb:auto; a multistep solver with
    /// momentum: plms-4+hb:BETA, +nt:BETA; of flows: rf-1, -2, -3, -2-difference, fireflow;
    /// adaptive: dpm-solver-12, dpm-solver-23, rk45
    #[arg(long, default_value = "dpm-solver-fast-3")]
    solver: String,
    #[command(flatten)]
    v3: V3Options,
    /// Evaluations of the model a sample, at most
    #[arg(long, alias = "evals", default_value_t = 20)]
    steps: usize,
    /// Relative tolerance of an adaptive solver
    #[arg(long, default_value_t = 0.05)]
    rtol: f64,
    /// Replace the end state by the data predicted there, one evaluation more
    #[arg(long)]
    denoise: bool,
    #[command(flatten)]
    pixels: Pixels,
    /// Number of samples
    #[arg(long, default_value_t = 16)]
    count: usize,
    /// Seed of all randomness
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Threads; 0 means all cores. Does not change results
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Time limit in seconds
    #[arg(long)]
    time: Option<f64>,
    /// File for the samples, as NPY: an array of count × dimension
    #[arg(long, required = true)]
    out: Option<PathBuf>,
    /// Also solve for the exact flow, and tell the error
    #[arg(long)]
    compare: bool,
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

impl Sample {
    fn run(self) -> Result<ExitCode> {
        let mixture = mixture(self.model.as_deref().unwrap_or_default())?;
        let Some(threshold) = self.pixels.threshold()? else {
            return self.setting.guided(&mixture, |model| self.sample(model, &mixture));
        };
        if let Some(warning) = threshold.doubt(&mixture.second_moments()) {
            eprintln!("warning: {warning}");
        }
        self.setting.guided(&mixture, |model| self.sample(&Thresholded::new(model, threshold)?, &mixture))
    }

    /// `free` is the model without guidance.
    fn sample(&self, model: &dyn Model, free: &Mixture) -> Result<ExitCode> {
        let schedule = self.setting.place.schedule()?;
        let path = self.setting.place.path(&*schedule)?;
        let style = if self.quiet { Style::None } else { self.progress };
        let mut run = Run::new(Seed(self.seed)).observer(progress::observer(style)).interrupt(progress::interrupt());
        if let Some(seconds) = self.time {
            run = run.time_limit(limit(seconds)?);
        }
        let solver = self.solver(model, &path)?;
        let samples = self.with_method(&solver, free, |method| {
            Sampling::new(path, method).threads(self.threads).sample(model, self.count, &mut run)
        })?;
        if !samples.stopped.succeeded() {
            let reason = format!("it {}; no file was written", samples.stopped);
            return Err(Error::Environment { what: "the whole sampling".into(), reason });
        }
        let out = self.out.clone().unwrap_or_default();
        write_npy(&out, &samples.x)?;
        let compared = if self.compare {
            let start = start_noise(Seed(self.seed), 0, self.count, model.dim(), &path.from);
            let exact = reference(model, &path, &start, 1e-10)?.x;
            Some((rmse(&samples.x, &exact), median_error(&samples.x, &exact)))
        } else {
            None
        };
        if self.json {
            let text = json!({
                "model": self.model,
                "solver": if self.setting.place.sampler()?.is_some() { &self.setting.place.schedule } else { &solver },
                "schedule": schedule.name(),
                "seed": self.seed,
                "count": self.count,
                "dimension": model.dim(),
                "work": samples.work,
                "rmse": compared.map(|(mean, _)| mean),
                "median_error": compared.map(|(_, median)| median),
                "out": out,
            });
            return print(&format!("{text:#}")).map(|()| ExitCode::SUCCESS);
        }
        let (count, dim) = (self.count, model.dim());
        print(&format!("{count} samples of dimension {dim} in {}; {}", out.display(), samples.work))?;
        if let Some((mean, median)) = compared {
            print(&format!("error against the exact flow: RMSE {mean:.3e}, median over samples {median:.3e}"))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The solver's name, with the number that the model asks for in place of "auto".
    fn solver(&self, model: &dyn Model, path: &Path) -> Result<String> {
        if self.solver != "ghvb:auto" {
            return Ok(self.solver.clone());
        }
        let number = solver::automatic_number(model, path, &self.setting.grid, self.steps, Seed(self.seed))?;
        Ok(format!("ghvb:{number}"))
    }

    fn steps_of<'a>(&self, solver: &'a dyn Solver) -> Steps<'a> {
        Steps { solver, grid: self.setting.grid.clone(), evaluations: self.steps, denoise: self.denoise }
    }

    fn with_method<T>(&self, name: &str, free: &Mixture, work: impl FnOnce(&dyn Method) -> Result<T>) -> Result<T> {
        if let Some((sampler, _)) = self.setting.place.sampler()? {
            if self.denoise {
                return Err(Error::parameter(
                    "denoise",
                    true,
                    "left out with a solver schedule, which ends at its last node",
                ));
            }
            return work(&sampler);
        }
        if name == "v3" {
            if self.denoise {
                return Err(Error::parameter("denoise", true, "left out with v3, which has no such step"));
            }
            return self.v3.with(free, &self.setting.grid, self.steps, work);
        }
        self.v3.unused(name)?;
        if let Ok(solver) = solver::multistep(name) {
            // High orders are not stable under every guidance.
            let scale = if self.setting.class.is_empty() { 1.0 } else { self.setting.guidance.unwrap_or(1.0) };
            let (solver, notice) = solver.under_guidance(scale, self.steps);
            if let Some(notice) = notice {
                eprintln!("notice: {notice}");
            }
            return work(&self.steps_of(&solver));
        }
        if !PAIRS.contains(&name) {
            let solver = solver::named(name).map_err(|error| match error {
                Error::Unknown { .. } => {
                    Error::unknown("solver", name, solver::NAMES.into_iter().chain(PAIRS).chain(["v3"]))
                }
                other => other,
            })?;
            return work(&self.steps_of(&*solver));
        }
        if self.denoise {
            return Err(Error::parameter(
                "denoise",
                true,
                "left out with an adaptive solver, which ends at its tolerance",
            ));
        }
        let (pair, control): (Box<dyn Pair>, _) = if name == "rk45" {
            (Box::new(DormandPrince { variable: Variable::Time }), Control::runge_kutta(self.rtol))
        } else {
            let order = if name == "dpm-solver-12" { 2 } else { 3 };
            let default = Control::default();
            let control = Control { rtol: self.rtol, atol: default.atol / default.rtol * self.rtol, ..default };
            (Box::new(DpmPair::new(order)?), control)
        };
        work(&Adaptive { pair: &*pair, control })
    }
}

pub(crate) fn limit(seconds: f64) -> Result<Duration> {
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|d| !d.is_zero())
        .ok_or_else(|| Error::parameter("time", seconds, "greater than 0 and finite"))
}

/// Writes a batch as an array of doubles in C order.
pub(crate) fn write_npy(path: &std::path::Path, x: &Batch) -> Result<()> {
    let mut bytes = Vec::new();
    let shape = [x.rows() as u64, x.dim() as u64];
    let written = npyz::WriteOptions::new().default_dtype().shape(&shape).writer(&mut bytes).begin_nd();
    let written = written.and_then(|mut writer| {
        writer.extend(x.data().iter().copied())?;
        writer.finish()
    });
    written.map_err(|e| Error::io("write", path, e))?;
    write_atomic(path, &bytes)
}

#[derive(Args)]
pub(crate) struct Frontier {
    #[command(subcommand)]
    domain: Domain,
}

#[derive(Subcommand)]
enum Domain {
    /// Samplers of diffusion models: error against the exact flow, by evaluations of the model
    Diffusion(Diffusion),
}

#[derive(Args)]
struct Diffusion {
    /// A TOML file of Gaussians, or gmm8, gmm8-smooth, digits, digits-empirical
    #[arg(long, default_value = "gmm8")]
    model: String,
    #[command(flatten)]
    setting: Setting,
    /// Numbers of evaluations for the solvers of fixed steps
    #[arg(long, value_delimiter = ',', default_value = "5,8,10,15,20,30,48,96,192")]
    steps: Vec<usize>,
    /// Relative tolerances for the adaptive solvers
    #[arg(long, value_delimiter = ',', default_value = "0.2,0.05,0.01,0.001,0.0001")]
    rtol: Vec<f64>,
    /// Number of samples
    #[arg(long, default_value_t = 64)]
    count: usize,
    /// Seed of the start states
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder for frontier.csv and frontier.svg
    #[arg(long)]
    out: Option<PathBuf>,
    /// How progress is shown
    #[arg(long, value_enum, default_value = "auto")]
    progress: Style,
}

impl Frontier {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let Domain::Diffusion(command) = self.domain;
        let mixture = mixture(&command.model)?;
        command.setting.guided(&mixture, |model| command.frontier(model)).map(|()| ExitCode::SUCCESS)
    }
}

impl Diffusion {
    fn frontier(&self, model: &dyn Model) -> Result<()> {
        if self.count == 0 {
            return Err(Error::parameter("count", 0, "at least 1"));
        }
        let schedule = self.setting.place.schedule()?;
        let path = self.setting.place.path(&*schedule)?;
        let start = start_noise(Seed(self.seed), 0, self.count, model.dim(), &path.from);
        let problem = Problem::new(model, path, start, 1e-11)?;
        let mut run =
            Run::new(Seed(self.seed)).observer(progress::observer(self.progress)).interrupt(progress::interrupt());
        let (frontier, left_out) =
            problem.frontier(&self.model, &self.setting.grid, &self.steps, &self.rtol, &mut run)?;
        print(&frontier_table(&frontier, 150))?;
        for omission in left_out {
            print(&format!("left out: {omission}"))?;
        }
        if let Some(folder) = &self.out {
            std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
            write_atomic(&folder.join("frontier.svg"), svg(&frontier)?.as_bytes())?;
            write_atomic(&folder.join("frontier.csv"), frontier_csv(&[frontier]).as_bytes())?;
        }
        Ok(())
    }
}
