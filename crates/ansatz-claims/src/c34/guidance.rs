//! The paper's statement: which solvers survive strong guidance.

use super::{RANGE, picture, whole};
use crate::lab::Lab;
use ansatz_core::{Error, Result, Run, Seed};
use ansatz_diffusion::model::{Guided, Mixture, Model, Threshold, Thresholded};
use ansatz_diffusion::schedule::{Level, VpLinear};
use ansatz_diffusion::solver::{Ddim, DpmMultistep, DpmSolver, Solver, Steps};
use ansatz_diffusion::{Batch, Grid, Path, Prediction, Problem, Sampling, rmse, start_noise, start_points};
use std::sync::atomic::{AtomicU64, Ordering};

/// The classes in turn under guidance of this scale.
fn guided(model: &Mixture, scale: f64) -> Result<Guided<'_>> {
    Guided::new(model, (0..10).collect(), scale)
}

/// A solver by its name in the bars, and the calls at which its error is compared with DDIM's.
type Ratio<'a> = (&'static str, &'a dyn Solver, usize);

/// Errors relative to DDIM's with scales 8, 4 and 1, uniform `λ`; and on uniform `t` for the record.
pub(super) fn strong(lab: &mut Lab, model: &Mixture, path: Path, rows: usize, run: &mut Run) -> Result<()> {
    let start = start_points(rows, 64, &path.from);
    let (two, three) = (DpmMultistep::new(2)?, DpmMultistep::new(3)?);
    let (noise_two, noise_three) = (DpmSolver::fast(2)?, DpmSolver::fast(3)?);
    let single = DpmSolver::fast(2)?.plus_plus();
    let cases: [(f64, &[Ratio]); 3] = [
        (
            8.0,
            &[
                ("DPM-Solver-2", &noise_two, 10),
                ("DPM-Solver-3", &noise_three, 10),
                ("DPM-Solver++(2S)", &single, 10),
                ("DPM-Solver++(2S)", &single, 15),
                ("DPM-Solver++(2S)", &single, 20),
                ("DPM-Solver++(2M)", &two, 20),
                ("DPM-Solver++(2M)", &two, 25),
                ("DPM-Solver++(3M)", &three, 20),
            ],
        ),
        (4.0, &[("DPM-Solver++(2M)", &two, 20)]),
        (1.0, &[("DPM-Solver++(2M)", &two, 10)]),
    ];
    for (scale, ratios) in cases {
        let model = guided(model, scale)?;
        run.message(format!("guidance {scale}: the exact flow"));
        let problem = Problem::new(&model, path, start.clone(), 1e-11)?;
        for (name, solver, n) in ratios {
            let error = problem.fixed(*solver, &Grid::LogSnr, *n, run)?.rmse;
            let ddim = problem.fixed(&Ddim, &Grid::LogSnr, *n, run)?.rmse;
            lab.measure(&format!("guidance {scale}: error of {name} at {n} calls / DDIM's"), error / ddim)?;
        }
        if scale == 8.0 {
            picture(lab, &problem, "digits under guidance 8", &Grid::LogSnr, run)?;
            let on_time = |solver: &dyn Solver, run: &mut Run| problem.fixed(solver, &Grid::Time, 20, run);
            let (own, ddim) = (on_time(&two, run)?.rmse, on_time(&Ddim, run)?.rmse);
            lab.note(format!(
                "guidance 8, uniform t to t = {}, 20 calls: error of DPM-Solver++(2M) {own:.3}, of DDIM {ddim:.3}: the last step is huge in λ",
                path.to.t
            ));
        }
    }
    Ok(())
}

/// Uniform `t` down to data without noise, where the last step is of order 1. The exact flow is followed to a time at
/// which the noise has no part in any pixel: `σ² ≈ 10⁻⁹` where the least variance of the data is `10⁻⁴`.
pub(super) fn to_zero(lab: &mut Lab, model: &Mixture, schedule: &VpLinear, rows: usize, run: &mut Run) -> Result<()> {
    let model = guided(model, 8.0)?;
    let (near, zero) = (Path::new(schedule, 1.0, 1e-8)?, Path::new(schedule, 1.0, 0.0)?);
    let start = start_points(rows, 64, &near.from);
    run.message("guidance 8: the exact flow to σ = 0");
    let problem = Problem::new(&model, near, start.clone(), 1e-10)?;
    let mut error = |solver: &dyn Solver| {
        let method = Steps { solver, grid: Grid::Time, evaluations: 20, denoise: false };
        let samples = Sampling::new(zero, &method).threads(0).batch(16).transport(&model, &start, run)?;
        Ok::<_, Error>(rmse(&whole(samples)?, problem.exact()))
    };
    // DDIM in its data form, which can end at σ = 0.
    let (own, ddim) = (error(&DpmMultistep::new(2)?)?, error(&DpmMultistep::new(1)?)?);
    let bar = "guidance 8, uniform t to σ = 0: error of DPM-Solver++(2M) at 20 calls / DDIM's";
    lab.measure(bar, own / ddim)
}

/// A model that remembers the largest `|x̂_0|` that it has predicted.
struct Largest<'a> {
    model: &'a dyn Model,
    /// The bits of a number that is not negative: they are in the order of the numbers.
    seen: AtomicU64,
}

impl Model for Largest<'_> {
    fn dim(&self) -> usize {
        self.model.dim()
    }

    fn predict(&self, x: &Batch, first: usize, level: &Level, want: Prediction, out: &mut Batch) -> Result<()> {
        self.model.predict(x, first, level, want, out)?;
        let mut data = out.clone();
        Prediction::Data.convert(want, level, x, &mut data)?;
        let largest = data.data().iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
        self.seen.fetch_max(largest.to_bits(), Ordering::Relaxed);
        Ok(())
    }
}

/// Predicted pixels with and without thresholding.
pub(super) fn range(lab: &mut Lab, model: &Mixture, path: Path, rows: usize, run: &mut Run) -> Result<()> {
    let guided = guided(model, 8.0)?;
    let kept = Thresholded::new(&guided, Threshold::DYNAMIC)?;
    let start = start_points(rows, 64, &path.from);
    let solver = DpmMultistep::new(2)?;
    let method = Steps { solver: &solver, grid: Grid::LogSnr, evaluations: 15, denoise: false };
    let mut largest = |model: &dyn Model| {
        let model = Largest { model, seen: AtomicU64::new(0) };
        whole(Sampling::new(path, &method).threads(0).batch(16).transport(&model, &start, run)?)?;
        Ok::<_, Error>(f64::from_bits(model.seen.into_inner()))
    };
    lab.measure(RANGE, largest(&kept)?)?;
    lab.note(format!("guidance 8, 15 calls: largest predicted pixel without thresholding: {:.2}", largest(&guided)?));
    Ok(())
}

/// From random starts of the seed, medians over the samples.
pub(super) fn random_starts(
    lab: &mut Lab,
    model: &Mixture,
    path: Path,
    seed: Seed,
    rows: usize,
    run: &mut Run,
) -> Result<()> {
    run.message(format!("guidance 8: random starts of seed {}", seed.0));
    let model = guided(model, 8.0)?;
    let problem = Problem::new(&model, path, start_noise(seed, 0, rows, 64, &path.from), 1e-10)?;
    let mut figures = Vec::new();
    for n in [10, 20] {
        let mut median = |solver: &dyn Solver| Ok::<_, Error>(problem.fixed(solver, &Grid::LogSnr, n, run)?.median);
        let own = [
            median(&DpmSolver::fast(2)?.plus_plus())?,
            median(&DpmMultistep::new(2)?)?,
            median(&DpmMultistep::new(3)?)?,
        ];
        let others = [median(&Ddim)?, median(&DpmSolver::fast(3)?)?];
        figures.push(format!(
            "at {n} calls ++(2S) {:.1e}, ++(2M) {:.1e}, ++(3M) {:.1e}, DDIM {:.1e}, DPM-Solver-fast-3 {:.1e}",
            own[0], own[1], own[2], others[0], others[1]
        ));
    }
    lab.note(format!("guidance 8, random starts of seed {}: median errors {}", seed.0, figures.join("; ")));
    Ok(())
}
