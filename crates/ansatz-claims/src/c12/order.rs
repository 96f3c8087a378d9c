//! Orders on the flow of a mixture whose classes overlap, and the identity with the midpoint rule.

use crate::lab::Lab;
use ansatz_core::{Error, Result, Run};
use ansatz_diffusion::model::{Mixture, gmm8_smooth};
use ansatz_diffusion::plan::{Combination, Plan, Term};
use ansatz_diffusion::schedule::Flow;
use ansatz_diffusion::solver::{Derivative, RfSolver, RungeKutta, Solver, Steps, Variable, carry_exact};
use ansatz_diffusion::{Batch, Grid, Path, Problem, Sampling, rmse, start_points};

pub(super) const FIRST: &str = "gmm8-smooth: distance of the observed order of RF-Solver-1 from 1";
pub(super) const SECOND: &str = "gmm8-smooth: distance of the observed order of RF-Solver-2 from 2";
pub(super) const THIRD: &str = "gmm8-smooth: distance of the observed order of RF-Solver-3 from 3";
pub(super) const EXACT_SECOND: &str = "gmm8-smooth: distance of the order with exact derivatives from 2";
pub(super) const EXACT_THIRD: &str = "gmm8-smooth: distance of the order with exact derivatives from 3";
pub(super) const DIFFERENCE: &str = "gmm8-smooth: distance of the order with Δ far below the steps from 2";
pub(super) const BELOW: &str = "gmm8-smooth: distance of the order with Δ far above the steps from 1";
pub(super) const IDENTITY: &str =
    "RF-Solver-2 and the midpoint rule, 12 evaluations: largest difference of coefficients and levels";

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    let (model, schedule) = (gmm8_smooth()?, Flow::default());
    let path = Path::new(&schedule, 1.0, 0.0)?;
    let start = start_points(lab.pick(16, 64, 64), 8, &path.from);
    let problem = Problem::new(&model, path, start.clone(), 1e-13)?;
    let mut run = lab.run(lab.seeds()[0]);
    let order = |solver: &dyn Solver, n: usize, run: &mut Run| {
        let mut error = |n| Ok::<_, Error>(problem.fixed(solver, &Grid::Time, n, run)?.rmse);
        Ok::<_, Error>((error(n)? / error(2 * n)?).log2())
    };
    for (bar, p, n) in [(FIRST, 1, 512), (SECOND, 2, 384), (THIRD, 3, 384)] {
        lab.measure(bar, (order(&RfSolver::new(p)?, n, &mut run)? - p as f64).abs())?;
    }
    let short = RfSolver::new(2)?.by(Derivative::Difference(1e-6))?;
    lab.measure(DIFFERENCE, (order(&short, 384, &mut run)? - 2.0).abs())?;
    let long = RfSolver::new(2)?.by(Derivative::Difference(0.02))?;
    lab.measure(BELOW, (order(&long, 2000, &mut run)? - 1.0).abs())?;
    for (bar, p) in [(EXACT_SECOND, 2), (EXACT_THIRD, 3)] {
        let error = |steps| {
            let (x, _) = carry_exact(&model, &path, &Grid::Time, steps, p, &start)?;
            Ok::<_, Error>(rmse(&x, problem.exact()))
        };
        lab.measure(bar, ((error(384)? / error(768)?).log2() - p as f64).abs())?;
    }
    identity(lab, &model, path, &start, &mut run)
}

/// The two are one plan. Their states differ by rounding, which the flow amplifies: that is noted.
fn identity(lab: &mut Lab, model: &Mixture, path: Path, start: &Batch, run: &mut Run) -> Result<()> {
    let (own, midpoint) = (RfSolver::new(2)?, RungeKutta::midpoint(Variable::Time));
    let plans = [own.plan(&path, &Grid::Time, 12)?, midpoint.plan(&path, &Grid::Time, 12)?];
    let points = |plan: &Plan| {
        let stages = plan.stages().iter().map(|stage| (stage.level.sigma, stage.point.clone()));
        stages.chain([(0.0, plan.result().clone())]).collect::<Vec<_>>()
    };
    let of = |sum: &Combination, term: Term| sum.0.iter().filter(|(own, _)| *own == term).map(|(_, c)| c).sum::<f64>();
    let mut largest = 0.0;
    for ((sigma, a), (other, b)) in points(&plans[0]).iter().zip(points(&plans[1])) {
        largest = f64::max(largest, (sigma - other).abs());
        for (term, _) in a.0.iter().chain(&b.0) {
            largest = largest.max((of(a, *term) - of(&b, *term)).abs());
        }
    }
    lab.measure(IDENTITY, largest)?;
    let mut ends = |solver: &dyn Solver| {
        let method = Steps { solver, grid: Grid::Time, evaluations: 12, denoise: false };
        Ok::<_, Error>(Sampling::new(path, &method).transport(model, start, run)?.x)
    };
    let (own, midpoint) = (ends(&own)?, ends(&midpoint)?);
    let differences = own.data().iter().zip(midpoint.data()).map(|(a, b)| (a - b).abs());
    let largest = differences.fold(0.0, f64::max);
    lab.note(format!(
        "gmm8-smooth: largest difference of the states by RF-Solver-2 and the midpoint rule: {largest:.1e}"
    ));
    Ok(())
}
