//! Guided sampling of the digits: who diverges at few steps, who loses accuracy at many, and the automatic number.

use super::worse;
use crate::lab::Lab;
use ansatz_core::{Error, Frontier, Result, Run, Stopped};
use ansatz_diffusion::model::{Guided, Mixture, Model, digits};
use ansatz_diffusion::schedule::VpLinear;
use ansatz_diffusion::solver::{DpmMultistep, Ghvb, Kind, Momentum, Solver, Steps, Stiffness, Tail, named};
use ansatz_diffusion::{Batch, Grid, Path, Problem, Sampling, rmse, start_noise, start_points};
use std::collections::BTreeMap;

pub(super) const HB_8: &str = "guidance 8: error of PLMS-4 + HB 0.8 at 8 steps / of PLMS-4";
pub(super) const HB_10: &str = "guidance 8: error of PLMS-4 + HB 0.8 at 10 steps / of PLMS-4";
pub(super) const HB_40: &str = "guidance 8: error of PLMS-4 + HB 0.8 at 40 steps / of PLMS-4";
pub(super) const GHVB_10: &str = "guidance 8: error of GHVB 3.8 at 10 steps / of PLMS-4";
pub(super) const GHVB_15: &str = "guidance 8: error of GHVB 3.8 at 15 steps / of PLMS-4";
pub(super) const GHVB_40: &str = "guidance 8: error of GHVB 3.8 at 40 steps / of PLMS-4";
pub(super) const DDIM: &str = "guidance 8: error of GHVB 2.5 at 8 to 20 steps / of DDIM";
pub(super) const DATA_10: &str = "guidance 8: error of DPM-Solver++(2M) + HB 0.8 at 10 steps / without momentum";
pub(super) const SIZE: &str =
    "guidance 15, 8 steps: relative distance of GHVB 2.5's mean largest value from the exact one";
pub(super) const BLOWN: &str = "guidance 15, 8 steps: mean largest value of PLMS-4";
pub(super) const AUTOMATIC: &str = "guidance 8, 6 to 40 steps: error of the automatic number / of the best fixed one";
pub(super) const FLOOR: &str = "guidance 8: error of the reference / smallest error measured against it";

const STEPS: [usize; 6] = [6, 8, 10, 15, 20, 40];
const SAMPLES: usize = 60;
/// The fixed momentum numbers that the automatic one is compared with.
const NUMBERS: [f64; 8] = [1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 3.8, 4.0];

/// Error and mean over the samples of `max |x|`.
type Result2 = (f64, f64);

/// One guidance scale with its exact flow.
struct Scene<'a> {
    model: &'a dyn Model,
    path: Path<'a>,
    problem: Problem<'a>,
    start: Batch,
}

impl<'a> Scene<'a> {
    fn new(model: &'a dyn Model, path: Path<'a>) -> Result<Self> {
        let start = start_points(SAMPLES, model.dim(), &path.from);
        Ok(Self { model, path, problem: Problem::new(model, path, start.clone(), 1e-10)?, start })
    }

    fn run(&self, solver: &dyn Solver, grid: &Grid, evaluations: usize, run: &mut Run) -> Result<Result2> {
        let method = Steps { solver, grid: grid.clone(), evaluations, denoise: false };
        let samples = Sampling::new(self.path, &method).threads(0).batch(12).transport(self.model, &self.start, run)?;
        if samples.stopped != Stopped::Converged {
            let reason = format!("{} was stopped half-way: {}", solver.name(), samples.stopped);
            return Err(Error::Environment { what: "a whole sampling".into(), reason });
        }
        Ok((rmse(&samples.x, self.problem.exact()), largest(&samples.x)))
    }
}

/// The mean over the samples of their largest absolute value.
fn largest(x: &Batch) -> f64 {
    let one = |i: usize| x.row(i).iter().fold(0.0f64, |m, v| m.max(v.abs()));
    (0..x.rows()).map(one).sum::<f64>() / x.rows() as f64
}

/// DPM-Solver++(2M) of order 2 to the end.
fn data_form() -> Result<DpmMultistep> {
    Ok(DpmMultistep::new(2)?.tail(Tail { lower_below: 0, first_at_end: false }))
}

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    let (digits, schedule) = (digits()?, VpLinear::default());
    let path = Path::whole(&schedule)?;
    let mut run = lab.run(lab.seeds()[0]);
    run.message("guidance 8: the exact flow");
    let guided = Guided::new(&digits, (0..10).collect(), 8.0)?;
    let scene = Scene::new(&guided, path)?;
    table(lab, &scene, &mut run)?;
    automatic(lab, &scene, &mut run)?;
    run.message("guidance 15: the exact flow");
    strong(lab, &digits, path, &mut run)?;
    lab.note("the digits as ten Gaussians, exact guidance towards class i mod 10, 60 evenly spread starts, uniform t from 1 to 0.001; DPM-Solver++ in uniform λ");
    Ok(())
}

/// Name, solver, and whether it is the paper's.
type Contender = (&'static str, Box<dyn Solver>, bool);

fn methods() -> Result<Vec<Contender>> {
    let data = data_form()?;
    Ok(vec![
        ("GHVB 3.8", named("ghvb:3.8")?, true),
        ("GHVB 3.5", named("ghvb:3.5")?, true),
        ("GHVB 2.5", named("ghvb:2.5")?, true),
        ("PLMS-4 + HB 0.8", named("plms-4+hb:0.8")?, true),
        ("PLMS-4 + NT 0.8", named("plms-4+nt:0.8")?, true),
        ("DPM-Solver++(2M) + HB 0.8", Box::new(Momentum::new(Box::new(data), Kind::HeavyBall, 0.8)?), true),
        ("DPM-Solver++(2M)", Box::new(data), false),
        ("DDIM", named("ddim")?, false),
        ("PLMS-4", named("plms-4")?, false),
    ])
}

fn table(lab: &mut Lab, scene: &Scene, run: &mut Run) -> Result<()> {
    let mut frontier =
        Frontier::new("guided digits, scale 8", "evaluations of the model", "RMSE against the exact guided flow");
    frontier.log_work = true;
    frontier.floor = Some(scene.problem.floor());
    "60 samples in 64 dimensions, vp-linear from t = 1 to 0.001, uniform t (DPM-Solver++: uniform λ), f64; one evaluation is one guided prediction, two network calls".clone_into(&mut frontier.caption);
    let mut known: BTreeMap<(&str, usize), f64> = BTreeMap::new();
    let mut least = f64::INFINITY;
    for (name, solver, own) in methods()? {
        let grid = if name.starts_with("DPM") { Grid::LogSnr } else { Grid::Time };
        let (mut points, mut words) = (Vec::new(), Vec::new());
        for steps in STEPS {
            run.message(format!("guidance 8: {name}, {steps} steps"));
            let (error, size) = scene.run(&*solver, &grid, steps, run)?;
            known.insert((name, steps), error);
            least = least.min(error);
            points.push((steps as f64, error));
            words.push(format!("{error:.2e} ({size:.2})"));
        }
        if own {
            frontier.ours(name, points)?;
        } else {
            frontier.rival(name, points)?;
        }
        lab.note(format!("{name}: error (mean largest value) at 6, 8, 10, 15, 20, 40 steps: {}", words.join(", ")));
    }
    lab.note(format!("mean largest value of the exact flow at guidance 8: {:.2}", largest(scene.problem.exact())));
    let ratio = |a: &'static str, b: &'static str, steps: usize| known[&(a, steps)] / known[&(b, steps)];
    for (bar, method, steps) in [
        (HB_8, "PLMS-4 + HB 0.8", 8),
        (HB_10, "PLMS-4 + HB 0.8", 10),
        (HB_40, "PLMS-4 + HB 0.8", 40),
        (GHVB_10, "GHVB 3.8", 10),
        (GHVB_15, "GHVB 3.8", 15),
        (GHVB_40, "GHVB 3.8", 40),
    ] {
        lab.measure(bar, ratio(method, "PLMS-4", steps))?;
    }
    for steps in [8, 10, 15, 20] {
        lab.measure(DDIM, ratio("GHVB 2.5", "DDIM", steps))?;
    }
    lab.measure(DATA_10, ratio("DPM-Solver++(2M) + HB 0.8", "DPM-Solver++(2M)", 10))?;
    lab.measure(FLOOR, scene.problem.floor() / least)?;
    lab.frontier(frontier);
    Ok(())
}

/// The automatic number from the pilots of each seed, against the fixed ones.
fn automatic(lab: &mut Lab, scene: &Scene, run: &mut Run) -> Result<()> {
    let mut best = [f64::INFINITY; STEPS.len()];
    for number in NUMBERS {
        run.message(format!("guidance 8: GHVB {number} for the best fixed number"));
        for (best, steps) in best.iter_mut().zip(STEPS) {
            *best = best.min(scene.run(&Ghvb::new(number)?, &Grid::Time, steps, run)?.0);
        }
    }
    for seed in lab.seeds() {
        let pilots = start_noise(seed, 0, 64, scene.model.dim(), &scene.path.from);
        let stiffness = Stiffness::measure(scene.model, &scene.path, &pilots, seed)?;
        let mut words = Vec::new();
        let mut worst = 0.0;
        for (best, steps) in best.iter().zip(STEPS) {
            let number = stiffness.number(&scene.path, &Grid::Time, steps, 4.0)?;
            let error = scene.run(&Ghvb::new(number)?, &Grid::Time, steps, run)?.0;
            worst = worse(worst, error / best);
            words.push(format!("{number} ({:.2})", error / best));
        }
        lab.measure(AUTOMATIC, worst)?;
        lab.note(format!(
            "automatic number (error / best fixed) from the pilots of seed {} at 6, 8, 10, 15, 20, 40 steps: {}",
            seed.0,
            words.join(", ")
        ));
    }
    lab.note("automatic number: 13 evaluations for 64 pilots, once; compared with 1, 1.5, 2, 2.5, 3, 3.5, 3.8 and 4");
    Ok(())
}

/// Guidance 15 in 8 steps, where PLMS-4 leaves all bounds.
fn strong(lab: &mut Lab, digits: &Mixture, path: Path, run: &mut Run) -> Result<()> {
    let guided = Guided::new(digits, (0..10).collect(), 15.0)?;
    let scene = Scene::new(&guided, path)?;
    let exact = largest(scene.problem.exact());
    let ghvb = scene.run(&Ghvb::new(2.5)?, &Grid::Time, 8, run)?.1;
    lab.measure(SIZE, (ghvb / exact - 1.0).abs())?;
    lab.measure(BLOWN, scene.run(&*named("plms-4")?, &Grid::Time, 8, run)?.1)?;
    lab.note(format!("guidance 15, 8 steps: mean largest value {ghvb:.2} of GHVB 2.5, {exact:.2} of the exact flow"));
    let pilots = start_noise(lab.seeds()[0], 0, 64, scene.model.dim(), &path.from);
    let stiffness = Stiffness::measure(scene.model, &path, &pilots, lab.seeds()[0])?;
    let mut words = Vec::new();
    for steps in STEPS {
        let number = stiffness.number(&path, &Grid::Time, steps, 4.0)?;
        let mut best = f64::INFINITY;
        for number in NUMBERS {
            best = best.min(scene.run(&Ghvb::new(number)?, &Grid::Time, steps, run)?.0);
        }
        let error = scene.run(&Ghvb::new(number)?, &Grid::Time, steps, run)?.0;
        words.push(format!("{number} ({:.2})", error / best));
    }
    lab.note(format!("guidance 15: automatic number (error / best fixed) at the same steps: {}", words.join(", ")));
    Ok(())
}
