//! A hundred digits to noise and back.

use crate::lab::Lab;
use ansatz_core::{Error, Frontier, Result, Run, Stopped};
use ansatz_diffusion::model::{Mixture, digit_images, digits_floored};
use ansatz_diffusion::schedule::Flow;
use ansatz_diffusion::solver::{Derivative, FireFlow, RfSolver, RungeKutta, Solver, Steps, Variable};
use ansatz_diffusion::{Batch, Grid, Path, Sampling, reference, rmse, start_points};
use std::collections::BTreeMap;

pub(super) const NOISE_20: &str = "digits: mean square error of the noise, RF-Solver-2 / Euler, 20 evaluations";
pub(super) const NOISE_30: &str = "digits: mean square error of the noise, RF-Solver-2 / Euler, 30 evaluations";
pub(super) const TRIP: &str = "digits: mean square error of the round trip, RF-Solver-2 / Euler, 12 to 60 evaluations";
pub(super) const TRIP_120: &str = "digits: mean square error of the round trip, RF-Solver-2 / Euler, 120 evaluations";
pub(super) const HEUN: &str = "digits: mean square error of the noise, RF-Solver-2 / Heun, 12 to 60 evaluations";
pub(super) const FORWARD: &str = "digits from noise: RMSE of RF-Solver-2 / of Euler, 10 and 20 evaluations";
pub(super) const FLOOR: &str = "digits: error of the reference / smallest error measured against it";

const BUDGETS: [usize; 5] = [12, 20, 30, 60, 120];

/// Name, solver, and whether it is the paper's.
type Contender = (&'static str, Box<dyn Solver>, bool);

fn solvers() -> Result<Vec<Contender>> {
    Ok(vec![
        ("RF-Solver-2", Box::new(RfSolver::new(2)?), true),
        ("RF-Solver-3", Box::new(RfSolver::new(3)?), true),
        ("RF-Solver-2, Δ = 0.01", Box::new(RfSolver::new(2)?.by(Derivative::Difference(0.01))?), true),
        ("Euler", Box::new(RfSolver::new(1)?), false),
        ("Heun", Box::new(RungeKutta::heun(Variable::Time)), false),
        ("FireFlow", Box::new(FireFlow), false),
    ])
}

fn carry(model: &Mixture, path: Path, solver: &dyn Solver, n: usize, x: &Batch, run: &mut Run) -> Result<Batch> {
    let method = Steps { solver, grid: Grid::Time, evaluations: n, denoise: false };
    let samples = Sampling::new(path, &method).threads(0).batch(20).transport(model, x, run)?;
    if samples.stopped != Stopped::Converged {
        let reason = format!("{} was stopped half-way: {}", solver.name(), samples.stopped);
        return Err(Error::Environment { what: "a whole way".into(), reason });
    }
    Ok(samples.x)
}

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    let (model, schedule) = (digits_floored(1e-3)?, Flow::default());
    let path = Path::new(&schedule, 1.0, 0.0)?;
    let data = digit_images().0.slice(0, 100);
    let mut run = lab.run(lab.seeds()[0]);
    run.message("digits: the exact noise");
    let exact = reference(&model, &path.reversed(), &data, 1e-10)?.x;
    let looser = reference(&model, &path.reversed(), &data, 1e-8)?.x;
    let floor = rmse(&exact, &looser);
    let back = reference(&model, &path, &exact, 1e-10)?.x;
    lab.note(format!("root mean square error of the reference's own round trip: {:.1e}", rmse(&back, &data)));

    let title = "digits to noise: error of the inversion";
    let mut noise_front = Frontier::new(title, "evaluations of the model", "RMSE against the exact noise");
    let title = "digits to noise and back: error of the round trip";
    let mut trip_front = Frontier::new(title, "evaluations of the model, each way", "RMSE against the images");
    noise_front.floor = Some(floor);
    trip_front.floor = Some(rmse(&back, &data));
    for front in [&mut noise_front, &mut trip_front] {
        front.log_work = true;
        "100 images of 64 pixels, ten Gaussians with floor 0.001 as the model, straight path from t = 0 to 1 without shift, uniform t, f64".clone_into(&mut front.caption);
    }
    let mut noises: BTreeMap<(&str, usize), f64> = BTreeMap::new();
    let mut trips = noises.clone();
    let mut least = f64::INFINITY;
    for (name, solver, own) in solvers()? {
        let (mut noise_points, mut trip_points, mut words) = (Vec::new(), Vec::new(), Vec::new());
        for n in BUDGETS {
            run.message(format!("digits: {name}, {n} evaluations each way"));
            let noise = carry(&model, path.reversed(), &*solver, n, &data, &mut run)?;
            let back = carry(&model, path, &*solver, n, &noise, &mut run)?;
            let (inverted, trip) = (rmse(&noise, &exact), rmse(&back, &data));
            noises.insert((name, n), inverted * inverted);
            trips.insert((name, n), trip * trip);
            least = least.min(inverted);
            noise_points.push((n as f64, inverted));
            trip_points.push((n as f64, trip));
            words.push(format!("{:.1e}/{:.1e}", trip * trip, inverted * inverted));
        }
        for (front, points) in [(&mut noise_front, noise_points), (&mut trip_front, trip_points)] {
            if own { front.ours(name, points)? } else { front.rival(name, points)? }
        }
        lab.note(format!("{name}: mean square error of round trip/noise at 12, 20, 30, 60, 120: {}", words.join(", ")));
    }
    let ratio =
        |of: &BTreeMap<(&str, usize), f64>, rival: &'static str, n: usize| of[&("RF-Solver-2", n)] / of[&(rival, n)];
    lab.measure(NOISE_20, ratio(&noises, "Euler", 20))?;
    lab.measure(NOISE_30, ratio(&noises, "Euler", 30))?;
    for n in [12, 20, 30, 60] {
        lab.measure(TRIP, ratio(&trips, "Euler", n))?;
        lab.measure(HEUN, ratio(&noises, "Heun", n))?;
    }
    lab.measure(TRIP_120, ratio(&trips, "Euler", 120))?;
    lab.measure(FLOOR, floor / least)?;
    lab.frontier(noise_front);
    lab.frontier(trip_front);
    forward(lab, &model, path, &mut run)
}

/// Sampling from noise: what images from text are to a trained model.
fn forward(lab: &mut Lab, model: &Mixture, path: Path, run: &mut Run) -> Result<()> {
    run.message("digits from noise");
    let start = start_points(64, 64, &path.from);
    let exact = reference(model, &path, &start, 1e-9)?.x;
    for n in [10, 20] {
        let mut error =
            |order| Ok::<_, Error>(rmse(&carry(model, path, &RfSolver::new(order)?, n, &start, run)?, &exact));
        let (second, first) = (error(2)?, error(1)?);
        lab.measure(FORWARD, second / first)?;
        lab.note(format!("digits from noise, {n} evaluations: RMSE {second:.2e} of RF-Solver-2, {first:.2e} of Euler"));
    }
    Ok(())
}
