//! 34 · DPM-Solver++ (Lu et al. 2022, arXiv:2211.01095).
//!
//! The paper's statement is one of stability: under strong guidance solvers of high order in the noise form become unstable, and
//! slower than DDIM, while in the data form they stay ahead of it. It is checked where the guided flow is known: classifier-free
//! guidance of a mixture with classes is exact too. Besides: the orders, the error at few calls without guidance, the
//! invariants of thresholding, and the moments that the stochastic variants end with.
//!
//! Errors are root mean squares over evenly spread start points, the same in every run. Random starts are noted with the
//! medians over the samples, since a start at the border of two classes decides a root mean square.

mod guidance;
mod invariants;

use crate::claim::{Claim, Status};
use crate::lab::Lab;
use ansatz_core::{Bar, Error, Frontier, Result, Run, Scale, Stopped};
use ansatz_diffusion::model::{digits, gmm8_smooth};
use ansatz_diffusion::schedule::VpLinear;
use ansatz_diffusion::solver::{Ddim, DpmMultistep, DpmSolver, Expansion, Form, Orders, Solver, Third};
use ansatz_diffusion::{Batch, Grid, Path, Problem, Samples, start_points};

const LARGE: &[Scale] = &[Scale::Laptop, Scale::Paper];
const PAPER: &[Scale] = &[Scale::Paper];

/// The claim.
pub(crate) const CLAIM: Claim = Claim {
    number: 34,
    slug: "dpm-solver-pp",
    title: "DPM-Solver++",
    citation: "Lu, Zhou, Bao, Chen, Li, Zhu: DPM-Solver++: Fast Solver for Guided Sampling of Diffusion Probabilistic Models, 2022",
    arxiv: Some("2211.01095"),
    statement: "Under strong guidance solvers of high order in the noise fall behind DDIM; in the data prediction, singlestep or multistep, they stay stable and ahead of it with 15 to 20 calls.",
    status: Status::Built,
    bars: BARS,
    run: Some(run),
};

/// The inequalities. "Guidance s" is classifier-free guidance of the digits with that scale.
const BARS: &[Bar] = &[
    Bar::at_most("guidance 8: error of DPM-Solver++(3M) at 20 calls / DDIM's", 0.25).only_at(LARGE),
    Bar::at_least("guidance 8: error of DPM-Solver-2 at 10 calls / DDIM's", 3.0).only_at(LARGE),
    Bar::at_least("guidance 8: error of DPM-Solver-3 at 10 calls / DDIM's", 3.0).only_at(LARGE),
    Bar::at_most("guidance 8: error of DPM-Solver++(2S) at 10 calls / DDIM's", 0.75).only_at(LARGE),
    Bar::at_most("guidance 8: error of DPM-Solver++(2S) at 15 calls / DDIM's", 0.75).only_at(LARGE),
    Bar::at_most("guidance 8: error of DPM-Solver++(2S) at 20 calls / DDIM's", 0.75).only_at(LARGE),
    Bar::at_most("guidance 8: error of DPM-Solver++(2M) at 20 calls / DDIM's", 0.80).only_at(LARGE),
    Bar::at_most("guidance 8: error of DPM-Solver++(2M) at 25 calls / DDIM's", 0.60).only_at(LARGE),
    Bar::at_most("guidance 4: error of DPM-Solver++(2M) at 20 calls / DDIM's", 0.45).only_at(LARGE),
    Bar::at_most("guidance 1: error of DPM-Solver++(2M) at 10 calls / DDIM's", 0.20).only_at(LARGE),
    Bar::at_most("guidance 8, uniform t to σ = 0: error of DPM-Solver++(2M) at 20 calls / DDIM's", 1.1).only_at(LARGE),
    Bar::at_most(ORDERS[0], 0.1),
    Bar::at_most(ORDERS[1], 0.1),
    Bar::at_most(ORDERS[2], 0.15),
    Bar::at_most(ORDERS[3], 0.15),
    Bar::at_most(ORDERS[4], 0.15),
    Bar::at_most("digits: error of DPM-Solver++(3M) at 10 calls", 3.2e-2).only_at(LARGE),
    Bar::at_most("digits: error of DPM-Solver++(3M) at 20 calls", 7e-3).only_at(LARGE),
    Bar::at_most(RANGE, 1.0).only_at(LARGE),
    Bar::at_most(IDENTITY, 0.0),
    Bar::at_most(MOMENTS[0], 4.0),
    Bar::at_most(MOMENTS[1], 4.0),
    Bar::at_most(WEAK[0], 0.1),
    Bar::at_most(WEAK[1], 0.1),
    Bar::at_most(CONSTANT, 1e-12),
    Bar::at_most(REFERENCE, 1e-2),
    Bar::at_most(IMAGES[0], 1.0).only_at(PAPER),
    Bar::at_most(IMAGES[1], 1.0).only_at(PAPER),
];

const ORDERS: [&str; 5] = [
    "gmm8-smooth: distance of the observed order of DPM-Solver++(2S) from 2",
    "gmm8-smooth: distance of the observed order of DPM-Solver++(2M) from 2",
    "gmm8-smooth: distance of the observed order of DPM-Solver++(3S) from 3",
    "gmm8-smooth: distance of the observed order of DPM-Solver++(3M, exact) from 3",
    "gmm8-smooth: distance of the observed order of DPM-Solver++(3M) from 2.1",
];
const RANGE: &str = "guidance 8, dynamic thresholding, 15 calls: largest predicted pixel";
const IDENTITY: &str = "predictions that a threshold above all of them changes";
const MOMENTS: [&str; 2] = [
    "one Gaussian: SDE-DPM-Solver++(2M) at 200 calls, largest deviation of a moment from the exact one in standard errors",
    "one Gaussian: SDE-DPM-Solver++(1) at 200 calls, the same from the moments of its own steps",
];
const WEAK: [&str; 2] = [
    "one Gaussian: distance from 1 of the order of SDE-DPM-Solver++(1) in the variance, without chance",
    "one Gaussian: distance from 2 of the order of SDE-DPM-Solver++(2M) in the variance, without chance",
];
const CONSTANT: &str = "constant data: relative error of the variance after any stochastic step";
const REFERENCE: &str = "error of the reference / smallest error measured against it";

/// Bars that need trained networks.
const IMAGES: [&str; 2] = [
    "trained network, guidance 8, dynamic thresholding: largest predicted pixel",
    "trained network, guidance 8: Fréchet distance of features with dynamic thresholding / without",
];

fn run(lab: &mut Lab) -> Result<()> {
    let schedule = VpLinear::default();
    let path = Path::whole(&schedule)?;
    let mut run = lab.run(lab.seeds()[0]);
    orders(lab, path, &mut run)?;
    invariants::identity(lab)?;
    invariants::constant(lab, path)?;
    invariants::weak_order(lab, path)?;
    for seed in lab.seeds() {
        invariants::moments(lab, path, seed)?;
    }
    if lab.scale() == Scale::Smoke {
        lab.omit("the digits, 64 dimensions, with and without guidance: laptop scale");
    } else {
        let model = digits()?;
        let rows = 60;
        run.message("digits: the exact flow");
        let problem = Problem::new(&model, path, start_points(rows, 64, &path.from), 1e-12)?;
        let third = DpmMultistep::new(3)?;
        for n in [10, 20] {
            let error = problem.fixed(&third, &Grid::LogSnr, n, &mut run)?.rmse;
            lab.measure(&format!("digits: error of DPM-Solver++(3M) at {n} calls"), error)?;
        }
        picture(lab, &problem, "digits without guidance", &Grid::LogSnr, &mut run)?;
        guidance::strong(lab, &model, path, rows, &mut run)?;
        guidance::to_zero(lab, &model, &schedule, rows, &mut run)?;
        guidance::range(lab, &model, path, rows, &mut run)?;
        for seed in lab.seeds() {
            guidance::random_starts(lab, &model, path, seed, rows, &mut run)?;
        }
    }
    let reason = "a trained image model is not part of this program";
    for bar in IMAGES {
        if lab.applies(bar)? {
            lab.not_checked(bar, reason)?;
        }
    }
    lab.omit(format!("image quality (FID): {reason}; errors against the exact flow of mixtures stand in for it"));
    lab.omit("the schedules of other people's software: side by side in peers/34");
    lab.note("one call is one prediction for the batch; under guidance it is two of the network");
    Ok(())
}

/// The samples of a sampling that came to its end: half a way has no error.
fn whole(samples: Samples) -> Result<Batch> {
    if samples.stopped == Stopped::Converged {
        return Ok(samples.x);
    }
    Err(Error::Environment { what: "a whole sampling".into(), reason: format!("it {}", samples.stopped) })
}

/// The observed orders from 384 to 768 steps.
fn orders(lab: &mut Lab, path: Path, run: &mut Run) -> Result<()> {
    let model = gmm8_smooth()?;
    let rows = lab.pick(16, 64, 64);
    let problem = Problem::new(&model, path, start_points(rows, 8, &path.from), 1e-13)?;
    let third = DpmMultistep::new(3)?;
    let solvers: [(&str, Box<dyn Solver>, usize, f64); 5] = [
        (ORDERS[0], Box::new(DpmSolver::fixed(2)?.plus_plus()), 2, 2.0),
        (ORDERS[1], Box::new(DpmMultistep::new(2)?), 1, 2.0),
        (ORDERS[2], Box::new(DpmSolver::fixed(3)?.plus_plus()), 3, 3.0),
        (ORDERS[3], Box::new(third.third(Third::Exact)), 1, 3.0),
        (ORDERS[4], Box::new(third), 1, 2.1),
    ];
    let mut least = f64::INFINITY;
    for (bar, solver, evaluations, expected) in solvers {
        run.message(format!("gmm8-smooth: order of {}", solver.name()));
        let mut error = |steps| {
            let error = problem.fixed(&*solver, &Grid::LogSnr, steps * evaluations, run)?.rmse;
            least = least.min(error);
            Ok::<_, Error>(error)
        };
        let order = (error(384)? / error(768)?).log2();
        lab.measure(bar, (order - expected).abs())?;
        lab.note(format!("gmm8-smooth: observed order of {} from 384 to 768 steps: {order:.3}", solver.name()));
    }
    lab.measure(REFERENCE, problem.floor() / least)
}

/// Draws error against calls.
fn picture(lab: &mut Lab, problem: &Problem, title: &str, grid: &Grid, run: &mut Run) -> Result<()> {
    let mut frontier = Frontier::new(title, "evaluations of the model", "RMSE against the exact flow");
    frontier.log_work = true;
    frontier.floor = Some(problem.floor());
    frontier.caption = format!("vp-linear, {grid}, f64; one evaluation is one prediction for all samples");
    let multistep = DpmMultistep::new;
    let ours: [Box<dyn Solver>; 5] = [
        Box::new(DpmSolver::fast(2)?.plus_plus()),
        Box::new(DpmSolver::fast(3)?.plus_plus()),
        Box::new(multistep(2)?),
        Box::new(multistep(3)?),
        Box::new(multistep(3)?.third(Third::Exact)),
    ];
    let rivals: [Box<dyn Solver>; 4] = [
        Box::new(Ddim),
        Box::new(DpmSolver::new(2, Orders::Fast, Form::Paper)?),
        Box::new(DpmSolver::fast(3)?),
        Box::new(multistep(3)?.expanding(Expansion::Noise)),
    ];
    let mut least = f64::INFINITY;
    for (solver, own) in ours.iter().map(|s| (s, true)).chain(rivals.iter().map(|s| (s, false))) {
        let mut points = Vec::new();
        for n in [5, 6, 8, 10, 12, 15, 20, 25, 30, 50, 100] {
            run.message(format!("{title}: {}, {n} calls", solver.name()));
            match problem.fixed(&**solver, grid, n, run) {
                Ok(score) => points.push((n as f64, score.rmse)),
                Err(error @ Error::Environment { .. }) => return Err(error),
                Err(error) => lab.omit(format!("{title}: {} with {n}: {error}", solver.name())),
            }
        }
        least = points.iter().fold(least, |least, (_, error)| least.min(*error));
        if own { frontier.ours(&solver.name(), points)? } else { frontier.rival(&solver.name(), points)? }
    }
    lab.measure(REFERENCE, problem.floor() / least)?;
    lab.frontier(frontier);
    Ok(())
}
