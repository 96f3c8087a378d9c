//! `ansatz sample invert`.

use crate::ems::read_npy;
use crate::print;
use crate::progress::{self, Style};
use crate::sample::{mixture, write_npy};
use ansatz_core::{Error, Result, Run, Seed};
use ansatz_diffusion::model::Model;
use ansatz_diffusion::schedule;
use ansatz_diffusion::solver::{self, Steps};
use ansatz_diffusion::{Batch, Grid, Path, Sampling, median_error, reference, rmse};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Invert {
    /// A TOML file of Gaussians, or gmm8, gmm8-smooth, digits, digits-empirical
    model: String,
    /// Data to invert, as NPY: an array of count × dimension; draws of the model if left out
    #[arg(long)]
    data: Option<PathBuf>,
    /// Number of draws, without --data
    #[arg(long, default_value_t = 16)]
    count: usize,
    /// Noise schedule: flow, vp-linear, vp-cosine, ddpm-linear, scaled-linear, squared-cosine, ve, edm
    #[arg(long, default_value = "flow")]
    schedule: String,
    /// Time of the data; 0 for flow, else the schedule's own end
    #[arg(long)]
    end: Option<f64>,
    /// Time of the noise; the schedule's own start if left out
    #[arg(long)]
    start: Option<f64>,
    /// Where the steps are: time, log-snr, quadratic, karras
    #[arg(long, default_value = "time")]
    grid: Grid,
    /// rf-1, rf-2, rf-3, rf-2-difference, fireflow, euler, heun, or any other solver of fixed steps
    #[arg(long, default_value = "rf-2")]
    solver: String,
    /// Evaluations of the model a sample and direction, at most
    #[arg(long, alias = "evals", default_value_t = 30)]
    steps: usize,
    /// Seed of all randomness
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Threads; 0 means all cores. Does not change results
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// File for the noise, as NPY
    #[arg(long)]
    out: PathBuf,
    /// Also invert exactly, and tell the error of the noise
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

impl Invert {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let mixture = mixture(&self.model)?;
        let schedule = schedule::named(&self.schedule)?;
        let (start, end) = schedule.span();
        let end = self.end.unwrap_or(if self.schedule == "flow" { 0.0 } else { end });
        let path = Path::new(&*schedule, self.start.unwrap_or(start), end)?;
        let data = match &self.data {
            Some(file) => read_npy(file)?,
            None if self.count == 0 => return Err(Error::parameter("count", 0, "at least 1")),
            None => mixture.draws(Seed(self.seed), self.count),
        };
        let solver = solver::named(&self.solver)?;
        let method = Steps { solver: &*solver, grid: self.grid.clone(), evaluations: self.steps, denoise: false };
        let style = if self.quiet { Style::None } else { self.progress };
        let mut run = Run::new(Seed(self.seed)).observer(progress::observer(style)).interrupt(progress::interrupt());
        let mut carry = |path: Path, x: &Batch| {
            let samples = Sampling::new(path, &method).threads(self.threads).transport(&mixture, x, &mut run)?;
            if samples.stopped.succeeded() {
                return Ok(samples);
            }
            let reason = format!("it {}; no file was written", samples.stopped);
            Err(Error::Environment { what: "the whole inversion".into(), reason })
        };
        let noise = carry(path.reversed(), &data)?;
        let back = carry(path, &noise.x)?.x;
        write_npy(&self.out, &noise.x)?;
        let trip = (rmse(&back, &data), median_error(&back, &data));
        let compared = if self.compare {
            let exact = reference(&mixture, &path.reversed(), &data, 1e-9)?.x;
            Some((rmse(&noise.x, &exact), median_error(&noise.x, &exact)))
        } else {
            None
        };
        if self.json {
            let text = json!({
                "model": self.model,
                "solver": self.solver,
                "schedule": self.schedule,
                "seed": self.seed,
                "count": data.rows(),
                "dimension": mixture.dim(),
                "work": noise.work,
                "round_trip_rmse": trip.0,
                "round_trip_median": trip.1,
                "rmse": compared.map(|(mean, _)| mean),
                "median_error": compared.map(|(_, median)| median),
                "out": self.out,
            });
            return print(&format!("{text:#}")).map(|()| ExitCode::SUCCESS);
        }
        let (count, dim) = (data.rows(), mixture.dim());
        print(&format!("noise of {count} samples of dimension {dim} in {}; {}", self.out.display(), noise.work))?;
        print(&format!("round trip: RMSE {:.3e}, median over samples {:.3e}", trip.0, trip.1))?;
        if let Some((mean, median)) = compared {
            print(&format!("noise against the exact inversion: RMSE {mean:.3e}, median over samples {median:.3e}"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
