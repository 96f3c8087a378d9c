//! 03 · DPM-Solver (Lu et al. 2022, arXiv:2206.00927).
//!
//! The paper's statements on images need its trained networks. What they rest on is checked here where the exact flow is
//! known: on Gaussian mixtures, against a reference whose error is far below every figure. The theorem becomes observed
//! orders; "around ten steps" becomes the error at 10, 20 and 48 evaluations, beside the evaluations that DDIM takes for the
//! same error; the comparison with Runge–Kutta methods is the same grid and the same budget.
//!
//! Every bar is measured from the evenly spread start points and from those of each seed; the worst decides.

use crate::lab::Lab;
use ansatz_core::{Bar, Result, Run, Scale};
use ansatz_diffusion::model::{Mixture, digits, gmm8};
use ansatz_diffusion::schedule::VpLinear;
use ansatz_diffusion::solver::{
    Adaptive, Control, Ddim, DormandPrince, DpmPair, DpmSolver, RungeKutta, Solver, Steps, Variable,
};
use ansatz_diffusion::{Batch, Contest, Grid, Path, Sampling, rmse, start_noise, start_points};

const LARGE: &[Scale] = &[Scale::Laptop, Scale::Paper];
const PAPER: &[Scale] = &[Scale::Paper];

/// The inequalities. Errors are root mean squares over 64 samples (16 at smoke scale) and all coordinates.
pub(crate) const BARS: &[Bar] = &[
    Bar::at_least("digits: calls of DDIM for the error of DPM-Solver-fast at 20, ratio", 4.0).only_at(LARGE),
    Bar::at_least("digits: calls of DDIM for the error of DPM-Solver-fast at 10, ratio", 3.0).only_at(LARGE),
    Bar::at_least("digits: calls of DDIM for the error of DPM-Solver-fast at 48, ratio", 10.0).only_at(LARGE),
    Bar::at_most("digits: error of DPM-Solver-fast at 10 calls", 6.5e-2).only_at(LARGE),
    Bar::at_most("digits: error of DPM-Solver-fast at 20 calls", 2.0e-2).only_at(LARGE),
    Bar::at_most("digits: error of DPM-Solver-fast at 48 calls", 2.5e-3).only_at(LARGE),
    Bar::at_most("digits: error of DPM-Solver-fast at 20 calls / DDIM's", 0.30).only_at(LARGE),
    Bar::at_most("gmm8: distance of the observed order of DDIM from 1", 0.1),
    Bar::at_most("gmm8: distance of the observed order of DPM-Solver-2 from 2", 0.1),
    Bar::at_most("gmm8: distance of the observed order of DPM-Solver-3 from 3", 0.1),
    Bar::at_most("digits: error of DPM-Solver-3 at 12 calls / RK3's in λ", 1.0).only_at(LARGE),
    Bar::at_most("digits: error of DPM-Solver-3 at 15 calls / RK3's in λ", 1.15).only_at(LARGE),
    Bar::at_most("digits: error of DPM-Solver-3 at 18 calls / RK3's in λ", 1.0).only_at(LARGE),
    Bar::at_most("gmm8: error of adaptive DPM-Solver-23 at its default tolerances", 1e-3),
    Bar::at_most("gmm8: calls of adaptive DPM-Solver-23 at its default tolerances", 80.0),
    Bar::at_least("gmm8: error of DPM-Solver-23 / at a tenth of the tolerances", 3.0),
    Bar::at_least("gmm8: calls of RK45 in t (rtol 1e-2) / of DPM-Solver-fast for that error", 1.0),
    Bar::at_most("gmm8: error of encoding and decoding by DPM-Solver-3, 60 + 60 calls", 2e-2),
    Bar::at_least("gmm8: observed order of encoding and decoding by DPM-Solver-3", 2.7),
    Bar::at_most("largest error of a reference / smallest error measured against it", 1e-2),
    Bar::at_most("CIFAR-10: FID at 10 calls, the paper's continuous network", 4.70).only_at(PAPER),
    Bar::at_most("trained network: Fréchet distance of features at 10 calls / DDIM's", 0.5).only_at(PAPER),
];

pub(crate) fn run(lab: &mut Lab) -> Result<()> {
    let schedule = VpLinear::default();
    let path = Path::whole(&schedule)?;
    let rows = lab.pick(16, 64, 64);
    let mut smallest = Smallest::default();
    for (i, start) in starts(lab, rows, 8, &path).into_iter().enumerate() {
        let model = gmm8()?;
        let mut run = lab.run(lab.seeds()[0]);
        let contest = Contest::new(&model, path, start, 1e-13)?;
        orders(lab, &contest, &mut smallest, &mut run)?;
        adaptive(lab, &contest, &mut smallest, &mut run)?;
        inversion(lab, &model, path, contest.exact(), &mut smallest, &mut run)?;
        smallest.floor(contest.floor());
        if i == 0 {
            let title = "gmm8: six Gaussians in 8 dimensions";
            picture(lab, &contest, title, &mut smallest, &mut run)?;
        }
    }
    if lab.scale() == Scale::Smoke {
        lab.omit("the digits, 64 dimensions: laptop scale");
    } else {
        let model = digits()?;
        for (i, start) in starts(lab, rows, 64, &path).into_iter().enumerate() {
            let mut run = lab.run(lab.seeds()[0]);
            run.message("digits: the exact flow");
            let contest = Contest::new(&model, path, start, 1e-11)?;
            few_calls(lab, &contest, &mut smallest, &mut run)?;
            smallest.floor(contest.floor());
            if i == 0 {
                picture(lab, &contest, "digits: ten Gaussians in 64 dimensions", &mut smallest, &mut run)?;
            }
        }
    }
    lab.measure("largest error of a reference / smallest error measured against it", smallest.ratio())?;
    let reason = "the paper's networks and an Inception network are not part of this program";
    if lab.applies(BARS[BARS.len() - 2].name)? {
        for bar in &BARS[BARS.len() - 2..] {
            lab.not_checked(bar.name, reason)?;
        }
    }
    lab.omit(format!("image quality (FID): {reason}; errors against the exact flow of mixtures stand in for it"));
    lab.omit("the schedules of other people's software: side by side in peers/03");
    lab.note("one call is one prediction for the batch; the adaptive solvers share their steps in the batch, as in the paper");
    Ok(())
}

/// The evenly spread points, and those of each seed; at smoke scale only the first.
fn starts(lab: &Lab, rows: usize, dim: usize, path: &Path) -> Vec<Batch> {
    let seeds = if lab.scale() == Scale::Smoke { Vec::new() } else { lab.seeds() };
    let drawn = seeds.into_iter().map(|seed| start_noise(seed, 0, rows, dim, &path.from));
    [start_points(rows, dim, &path.from)].into_iter().chain(drawn).collect()
}

/// The smallest error that is used, and the largest error of a reference.
#[derive(Default)]
struct Smallest {
    error: Option<f64>,
    floor: f64,
}

impl Smallest {
    fn error(&mut self, error: f64) -> f64 {
        self.error = Some(self.error.map_or(error, |known| known.min(error)));
        error
    }

    fn floor(&mut self, floor: f64) {
        self.floor = self.floor.max(floor);
    }

    fn ratio(&self) -> f64 {
        self.error.map_or(f64::NAN, |error| self.floor / error)
    }
}

/// The theorem: the error falls with the power of the order, measured from 384 to 768 evaluations.
fn orders(lab: &mut Lab, contest: &Contest, smallest: &mut Smallest, run: &mut Run) -> Result<()> {
    let solvers: [(&str, Box<dyn Solver>); 3] = [
        ("gmm8: distance of the observed order of DDIM from 1", Box::new(Ddim)),
        ("gmm8: distance of the observed order of DPM-Solver-2 from 2", Box::new(DpmSolver::fixed(2)?)),
        ("gmm8: distance of the observed order of DPM-Solver-3 from 3", Box::new(DpmSolver::fixed(3)?)),
    ];
    for (bar, solver) in solvers {
        let mut error = |n| Ok::<_, ansatz_core::Error>(contest.fixed(&*solver, &Grid::LogSnr, n, run)?.rmse);
        let (coarse, fine) = (error(384)?, smallest.error(error(768)?));
        lab.measure(bar, ((coarse / fine).log2() - solver.order() as f64).abs())?;
    }
    Ok(())
}

/// Few evaluations on the digits: against DDIM, and against the Runge–Kutta method with the same nodes.
fn few_calls(lab: &mut Lab, contest: &Contest, smallest: &mut Smallest, run: &mut Run) -> Result<()> {
    let grid = Grid::LogSnr;
    let fast = DpmSolver::fast(3)?;
    for n in [10, 20, 48] {
        run.message(format!("digits: DDIM against DPM-Solver-fast at {n} calls"));
        let error = smallest.error(contest.fixed(&fast, &grid, n, run)?.rmse);
        lab.measure(&format!("digits: error of DPM-Solver-fast at {n} calls"), error)?;
        // A limit that is reached is a lower bound of the ratio.
        let limit = 3000;
        let calls = contest.evaluations_to(error, &Ddim, &grid, limit, run)?.unwrap_or(limit);
        let ratio = calls as f64 / n as f64;
        lab.measure(&format!("digits: calls of DDIM for the error of DPM-Solver-fast at {n}, ratio"), ratio)?;
        if n == 20 {
            let ddim = contest.fixed(&Ddim, &grid, n, run)?.rmse;
            lab.measure("digits: error of DPM-Solver-fast at 20 calls / DDIM's", error / ddim)?;
        }
    }
    let (third, generic) = (DpmSolver::fixed(3)?, RungeKutta::third(Variable::LogSnr));
    for n in [12, 15, 18] {
        let own = contest.fixed(&third, &grid, n, run)?.rmse;
        let other = contest.fixed(&generic, &grid, n, run)?.rmse;
        lab.measure(&format!("digits: error of DPM-Solver-3 at {n} calls / RK3's in λ"), own / other)?;
    }
    Ok(())
}

/// The adaptive solver: at its defaults, at a tenth of them, and against RK45 as a black box.
fn adaptive(lab: &mut Lab, contest: &Contest, smallest: &mut Smallest, run: &mut Run) -> Result<()> {
    let pair = DpmPair::new(3)?;
    let default = Control::default();
    let tenth = Control { rtol: 0.1 * default.rtol, atol: 0.1 * default.atol, ..default };
    let loose = contest.score(&Adaptive { pair: &pair, control: default }, run)?;
    let tight = contest.score(&Adaptive { pair: &pair, control: tenth }, run)?;
    lab.measure("gmm8: error of adaptive DPM-Solver-23 at its default tolerances", loose.rmse)?;
    lab.measure("gmm8: calls of adaptive DPM-Solver-23 at its default tolerances", loose.evaluations as f64)?;
    lab.measure(
        "gmm8: error of DPM-Solver-23 / at a tenth of the tolerances",
        loose.rmse / smallest.error(tight.rmse),
    )?;
    let generic = DormandPrince { variable: Variable::Time };
    let black_box = contest.score(&Adaptive { pair: &generic, control: Control::runge_kutta(1e-2) }, run)?;
    let fast = DpmSolver::fast(3)?;
    let bar = "gmm8: calls of RK45 in t (rtol 1e-2) / of DPM-Solver-fast for that error";
    match contest.evaluations_to(black_box.rmse, &fast, &Grid::LogSnr, 3000, run)? {
        Some(calls) => lab.measure(bar, black_box.evaluations as f64 / calls as f64),
        None => lab.measure(bar, 0.0),
    }
}

/// The same steps with the grid reversed: data to noise and back.
fn inversion(
    lab: &mut Lab,
    model: &Mixture,
    path: Path,
    data: &Batch,
    smallest: &mut Smallest,
    run: &mut Run,
) -> Result<()> {
    let solver = DpmSolver::fixed(3)?;
    let mut trip = |evaluations: usize| {
        let method = Steps { solver: &solver, grid: Grid::LogSnr, evaluations, denoise: false };
        let noise = Sampling::new(path.reversed(), &method).transport(model, data.clone(), run)?.x;
        let back = Sampling::new(path, &method).transport(model, noise, run)?.x;
        Ok::<_, ansatz_core::Error>(rmse(&back, data))
    };
    lab.measure("gmm8: error of encoding and decoding by DPM-Solver-3, 60 + 60 calls", trip(60)?)?;
    let (coarse, fine) = (trip(384)?, smallest.error(trip(768)?));
    lab.measure("gmm8: observed order of encoding and decoding by DPM-Solver-3", (coarse / fine).log2())
}

fn picture(lab: &mut Lab, contest: &Contest, title: &str, smallest: &mut Smallest, run: &mut Run) -> Result<()> {
    let budgets: &[usize] = match lab.scale() {
        Scale::Smoke => &[6, 12, 24, 48, 96, 192],
        _ => &[5, 6, 8, 10, 12, 15, 18, 20, 25, 30, 36, 48, 72, 96, 144, 192, 384, 768],
    };
    let tolerances = [0.5, 0.2, 0.1, 5e-2, 2e-2, 1e-2, 5e-3, 1e-3, 1e-4, 1e-5];
    let (frontier, left_out) = contest.frontier(title, &Grid::LogSnr, budgets, &tolerances, run)?;
    for series in &frontier.series {
        for point in &series.points {
            smallest.error(point.error);
        }
    }
    for omission in left_out {
        lab.omit(format!("{title}: {omission}"));
    }
    lab.frontier(frontier);
    Ok(())
}
