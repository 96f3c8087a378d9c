//! 03 · DPM-Solver (Lu et al. 2022, arXiv:2206.00927).
//!
//! The paper's statements on images need its trained networks. What they rest on is checked here where the exact flow is
//! known: on Gaussian mixtures, against a reference whose error is far below every figure. The theorem becomes observed
//! orders; "around ten steps" becomes the error at 10, 20 and 48 evaluations, beside the evaluations that DDIM takes for the
//! same error; the comparison with Runge–Kutta methods is the same grid and the same budget.
//!
//! A state that starts near the border of two classes may end in the wrong one with any coarse solver, and a single such
//! sample decides a root mean square. The bars on root mean squares are therefore for the evenly spread start points, the
//! same in every run; from the random starts of each seed medians over the samples are measured, and the root mean squares
//! are noted.

use crate::lab::Lab;
use ansatz_core::{Bar, Error, Result, Run, Scale, Seed, Stopped};
use ansatz_diffusion::model::{Mixture, digits, gmm8, gmm8_smooth};
use ansatz_diffusion::schedule::VpLinear;
use ansatz_diffusion::solver::{
    Adaptive, Control, Ddim, DormandPrince, DpmPair, DpmSolver, RungeKutta, Solver, Steps, Variable,
};
use ansatz_diffusion::{Batch, Grid, Path, Problem, Sampling, median_error, rmse, start_noise, start_points};

const LARGE: &[Scale] = &[Scale::Laptop, Scale::Paper];
const PAPER: &[Scale] = &[Scale::Paper];

/// The inequalities. Errors are root mean squares over the 64 evenly spread starts (16 at smoke scale) and all coordinates
/// unless they say median.
pub(crate) const BARS: &[Bar] = &[
    Bar::at_least("digits: calls of DDIM for the error of DPM-Solver-fast at 20, ratio", 4.0).only_at(LARGE),
    Bar::at_least("digits: calls of DDIM for the error of DPM-Solver-fast at 10, ratio", 3.0).only_at(LARGE),
    Bar::at_least("digits: calls of DDIM for the error of DPM-Solver-fast at 48, ratio", 10.0).only_at(LARGE),
    Bar::at_most("digits: error of DPM-Solver-fast at 10 calls", 6.5e-2).only_at(LARGE),
    Bar::at_most("digits: error of DPM-Solver-fast at 20 calls", 2.0e-2).only_at(LARGE),
    Bar::at_most("digits: error of DPM-Solver-fast at 48 calls", 2.5e-3).only_at(LARGE),
    Bar::at_most("digits: error of DPM-Solver-fast at 20 calls / DDIM's", 0.30).only_at(LARGE),
    Bar::at_most("digits, random starts: median error of DPM-Solver-fast at 20 calls / DDIM's", 0.30).only_at(LARGE),
    Bar::at_most("gmm8-smooth: distance of the observed order of DDIM from 1", 0.1),
    Bar::at_most("gmm8-smooth: distance of the observed order of DPM-Solver-2 from 2", 0.1),
    Bar::at_most("gmm8-smooth: distance of the observed order of DPM-Solver-3 from 3", 0.1).only_at(LARGE),
    Bar::at_most("gmm8, random starts: distance of DPM-Solver-3's order in the median error from 3", 0.1)
        .only_at(LARGE),
    Bar::at_most("digits: error of DPM-Solver-3 at 12 calls / RK3's in λ", 1.0).only_at(LARGE),
    Bar::at_most("digits: error of DPM-Solver-3 at 15 calls / RK3's in λ", 1.15).only_at(LARGE),
    Bar::at_most("digits: error of DPM-Solver-3 at 18 calls / RK3's in λ", 1.0).only_at(LARGE),
    Bar::at_most("gmm8: error of adaptive DPM-Solver-23 at its default tolerances", 1e-3),
    Bar::at_most("gmm8: calls of adaptive DPM-Solver-23 at its default tolerances", 80.0),
    Bar::at_least("gmm8: error of DPM-Solver-23 / at a tenth of the tolerances", 3.0),
    Bar::at_least("gmm8: calls of RK45 in t (rtol 1e-2) / of DPM-Solver-fast for that error", 1.0),
    Bar::at_most("gmm8: median error of encoding and decoding by DPM-Solver-3, 60 + 60 calls", 2e-2),
    Bar::at_least("gmm8: observed order of encoding and decoding by DPM-Solver-3", 2.7),
    Bar::at_most("error of the reference / smallest error measured against it", 1e-2),
    Bar::at_most(IMAGES[0], 4.70).only_at(PAPER),
    Bar::at_most(IMAGES[1], 0.5).only_at(PAPER),
];

/// Bars that need trained networks.
const IMAGES: [&str; 2] = [
    "CIFAR-10: FID at 10 calls, the paper's continuous network",
    "trained network: Fréchet distance of features at 10 calls / DDIM's",
];

pub(crate) fn run(lab: &mut Lab) -> Result<()> {
    let schedule = VpLinear::default();
    let path = Path::whole(&schedule)?;
    let rows = lab.pick(16, 64, 64);
    let mut run = lab.run(lab.seeds()[0]);
    let small = gmm8()?;
    let problem = Problem::new(&small, path, start_points(rows, 8, &path.from), 1e-13)?;
    let mut least = Least::default();
    orders(lab, path, rows, &mut run)?;
    adaptive(lab, &problem, &mut least, &mut run)?;
    inversion(lab, &small, path, problem.exact(), &mut least, &mut run)?;
    picture(lab, &problem, "gmm8: six Gaussians in 8 dimensions", &mut least, &mut run)?;
    lab.measure(REFERENCE, problem.floor() / least.0)?;
    if lab.scale() == Scale::Smoke {
        lab.omit("the digits, 64 dimensions, and random starts: laptop scale");
    } else {
        let large = digits()?;
        run.message("digits: the exact flow");
        let problem = Problem::new(&large, path, start_points(rows, 64, &path.from), 1e-12)?;
        let mut least = Least::default();
        few_calls(lab, &problem, &mut least, &mut run)?;
        picture(lab, &problem, "digits: ten Gaussians in 64 dimensions", &mut least, &mut run)?;
        lab.measure(REFERENCE, problem.floor() / least.0)?;
        for seed in lab.seeds() {
            random_starts(lab, [&small, &large], path, seed, rows, &mut run)?;
        }
    }
    let reason = "the paper's networks and an Inception network are not part of this program";
    for bar in IMAGES {
        if lab.applies(bar)? {
            lab.not_checked(bar, reason)?;
        }
    }
    lab.omit(format!("image quality (FID): {reason}; errors against the exact flow of mixtures stand in for it"));
    lab.omit("the schedules of other people's software: side by side in peers/03");
    lab.note("one call is one prediction for the batch; the adaptive solvers share their steps in the batch, as in the paper");
    Ok(())
}

const REFERENCE: &str = "error of the reference / smallest error measured against it";

/// The smallest error that is used of a problem.
struct Least(f64);

impl Default for Least {
    fn default() -> Self {
        Self(f64::INFINITY)
    }
}

impl Least {
    fn error(&mut self, error: f64) -> f64 {
        self.0 = self.0.min(error);
        error
    }
}

/// From random starts: medians over the samples, which a sample at the border of two classes does not move.
fn random_starts(
    lab: &mut Lab,
    [small, large]: [&Mixture; 2],
    path: Path,
    seed: Seed,
    rows: usize,
    run: &mut Run,
) -> Result<()> {
    run.message(format!("random starts of seed {}", seed.0));
    let grid = Grid::LogSnr;
    let problem = Problem::new(small, path, start_noise(seed, 0, rows, 8, &path.from), 1e-13)?;
    let third = DpmSolver::fixed(3)?;
    let (coarse, fine) = (problem.fixed(&third, &grid, 3 * 384, run)?, problem.fixed(&third, &grid, 3 * 768, run)?);
    let bar = "gmm8, random starts: distance of DPM-Solver-3's order in the median error from 3";
    lab.measure(bar, ((coarse.median / fine.median).log2() - 3.0).abs())?;
    let problem = Problem::new(large, path, start_noise(seed, 0, rows, 64, &path.from), 1e-11)?;
    let fast = DpmSolver::fast(3)?;
    let mut figures = Vec::new();
    for n in [10, 20, 48] {
        let (own, ddim) = (problem.fixed(&fast, &grid, n, run)?, problem.fixed(&Ddim, &grid, n, run)?);
        figures.push(format!("{:.1e} for {:.1e} at {n}", own.rmse, ddim.rmse));
        if n == 20 {
            let bar = "digits, random starts: median error of DPM-Solver-fast at 20 calls / DDIM's";
            lab.measure(bar, own.median / ddim.median)?;
        }
    }
    let figures = figures.join(", ");
    lab.note(format!("digits, random starts of seed {}: RMSE of DPM-Solver-fast for DDIM's: {figures} calls", seed.0));
    Ok(())
}

/// The theorem: the error falls with the power of the order of the step `h`, as `h` goes to 0. Measured from 384 to 768
/// steps for every order, on a mixture whose classes overlap.
///
/// In evaluations this is a finer window the higher the order, and it must be: one start near the border of two classes
/// holds 95 % of the mean square, its derivatives along the path are large, and the third order shows late. Doublings from
/// 384 evaluations on give 2.84, 2.92, 2.96, 2.98, an independent program the same digits, and the median over the
/// samples 3.03 at once. The order of the first of these doublings is noted beside the bar.
fn orders(lab: &mut Lab, path: Path, rows: usize, run: &mut Run) -> Result<()> {
    let model = gmm8_smooth()?;
    let problem = Problem::new(&model, path, start_points(rows, 8, &path.from), 1e-13)?;
    let mut least = Least::default();
    let large = lab.scale() != Scale::Smoke;
    let solvers: [(&str, Box<dyn Solver>); 3] = [
        ("gmm8-smooth: distance of the observed order of DDIM from 1", Box::new(Ddim)),
        ("gmm8-smooth: distance of the observed order of DPM-Solver-2 from 2", Box::new(DpmSolver::fixed(2)?)),
        ("gmm8-smooth: distance of the observed order of DPM-Solver-3 from 3", Box::new(DpmSolver::fixed(3)?)),
    ];
    for (bar, solver) in solvers {
        let p = solver.order();
        let mut observed = |n| {
            let mut score = |n| problem.fixed(&*solver, &Grid::LogSnr, n, run);
            let (coarse, fine) = (score(n)?, score(2 * n)?);
            least.error(fine.rmse);
            Ok::<_, Error>(((coarse.rmse / fine.rmse).log2(), (coarse.median / fine.median).log2()))
        };
        lab.measure(bar, (observed(384 * p)?.0 - p as f64).abs())?;
        if p == 3 && large {
            let (mean, median) = observed(384)?;
            let name = solver.name();
            lab.note(format!(
                "gmm8-smooth: order of {name} from 384 to 768 evaluations: {mean:.2} in the root mean square, {median:.2} in the median over the samples"
            ));
        }
    }
    lab.measure(REFERENCE, problem.floor() / least.0)
}

/// Few evaluations on the digits: against DDIM, and against the Runge–Kutta method with the same nodes.
fn few_calls(lab: &mut Lab, problem: &Problem, least: &mut Least, run: &mut Run) -> Result<()> {
    let grid = Grid::LogSnr;
    let fast = DpmSolver::fast(3)?;
    for n in [10, 20, 48] {
        run.message(format!("digits: DDIM against DPM-Solver-fast at {n} calls"));
        let error = least.error(problem.fixed(&fast, &grid, n, run)?.rmse);
        lab.measure(&format!("digits: error of DPM-Solver-fast at {n} calls"), error)?;
        // A limit that is reached is a lower bound of the ratio.
        let limit = 3000;
        let calls = problem.evaluations_to(error, &Ddim, &grid, limit, run)?.unwrap_or(limit);
        let ratio = calls as f64 / n as f64;
        lab.measure(&format!("digits: calls of DDIM for the error of DPM-Solver-fast at {n}, ratio"), ratio)?;
        if n == 20 {
            let ddim = problem.fixed(&Ddim, &grid, n, run)?.rmse;
            lab.measure("digits: error of DPM-Solver-fast at 20 calls / DDIM's", error / ddim)?;
        }
    }
    let (third, generic) = (DpmSolver::fixed(3)?, RungeKutta::third(Variable::LogSnr));
    for n in [12, 15, 18] {
        let own = problem.fixed(&third, &grid, n, run)?.rmse;
        let other = problem.fixed(&generic, &grid, n, run)?.rmse;
        lab.measure(&format!("digits: error of DPM-Solver-3 at {n} calls / RK3's in λ"), own / other)?;
    }
    Ok(())
}

/// The adaptive solver: at its defaults, at a tenth of them, and against RK45 as a black box.
fn adaptive(lab: &mut Lab, problem: &Problem, least: &mut Least, run: &mut Run) -> Result<()> {
    let pair = DpmPair::new(3)?;
    let default = Control::default();
    let tenth = Control { rtol: 0.1 * default.rtol, atol: 0.1 * default.atol, ..default };
    let loose = problem.score(&Adaptive { pair: &pair, control: default }, run)?;
    let tight = problem.score(&Adaptive { pair: &pair, control: tenth }, run)?;
    lab.measure("gmm8: error of adaptive DPM-Solver-23 at its default tolerances", loose.rmse)?;
    lab.measure("gmm8: calls of adaptive DPM-Solver-23 at its default tolerances", loose.evaluations as f64)?;
    lab.measure("gmm8: error of DPM-Solver-23 / at a tenth of the tolerances", loose.rmse / least.error(tight.rmse))?;
    let generic = DormandPrince { variable: Variable::Time };
    let black_box = problem.score(&Adaptive { pair: &generic, control: Control::runge_kutta(1e-2) }, run)?;
    let fast = DpmSolver::fast(3)?;
    let bar = "gmm8: calls of RK45 in t (rtol 1e-2) / of DPM-Solver-fast for that error";
    match problem.evaluations_to(black_box.rmse, &fast, &Grid::LogSnr, 3000, run)? {
        Some(calls) => lab.measure(bar, black_box.evaluations as f64 / calls as f64),
        None => lab.measure(bar, 0.0),
    }
}

/// The same steps with the grid reversed: data to noise and back.
fn inversion(lab: &mut Lab, model: &Mixture, path: Path, data: &Batch, least: &mut Least, run: &mut Run) -> Result<()> {
    let solver = DpmSolver::fixed(3)?;
    let mut trip = |evaluations: usize| {
        let method = Steps { solver: &solver, grid: Grid::LogSnr, evaluations, denoise: false };
        let mut carry = |path, x: &Batch| {
            let samples = Sampling::new(path, &method).transport(model, x, run)?;
            if samples.stopped == Stopped::Converged {
                return Ok(samples.x);
            }
            // Half a way has no error: nothing was shown either way.
            let reason = format!("encoding and decoding was stopped half-way: {}", samples.stopped);
            Err(Error::Environment { what: "a whole sampling".into(), reason })
        };
        let noise = carry(path.reversed(), data)?;
        let back = carry(path, &noise)?;
        Ok::<_, Error>((rmse(&back, data), median_error(&back, data)))
    };
    let (mean, median) = trip(60)?;
    lab.measure("gmm8: median error of encoding and decoding by DPM-Solver-3, 60 + 60 calls", median)?;
    lab.note(format!(
        "gmm8: RMSE of encoding and decoding with 60 + 60 calls: {mean:.1e}, from samples at borders of classes"
    ));
    let (coarse, fine) = (trip(384)?.0, least.error(trip(768)?.0));
    lab.measure("gmm8: observed order of encoding and decoding by DPM-Solver-3", (coarse / fine).log2())
}

fn picture(lab: &mut Lab, problem: &Problem, title: &str, least: &mut Least, run: &mut Run) -> Result<()> {
    let budgets: &[usize] = match lab.scale() {
        Scale::Smoke => &[6, 12, 24, 48, 96, 192],
        _ => &[5, 6, 8, 10, 12, 15, 18, 20, 25, 30, 36, 48, 72, 96, 144, 192, 384, 768],
    };
    let tolerances = [0.5, 0.2, 0.1, 5e-2, 2e-2, 1e-2, 5e-3, 1e-3, 1e-4, 1e-5];
    let (frontier, left_out) = problem.frontier(title, &Grid::LogSnr, budgets, &tolerances, run)?;
    for series in &frontier.series {
        for point in &series.points {
            least.error(point.error);
        }
    }
    for omission in left_out {
        lab.omit(format!("{title}: {omission}"));
    }
    lab.frontier(frontier);
    Ok(())
}
