//! 09 · Variance-reduced Halpern iteration (Cai, Alacaoglu & Diakonikolas 2024, arXiv:2310.02987).
//!
//! The paper's two experiments with its instances and step sizes, the game of the policeman and the burglar and the
//! quadratic saddle of the lower bound; and what its theorem says: the bound on the last iterate, and evaluations that
//! grow with the root of the number of components. Evaluations of components are counted; residuals are looked at off the
//! budget.

mod bound;
mod game;
mod growth;
mod saddle;

use crate::claim::{Claim, Status};
use crate::lab::Lab;
use ansatz_core::{Bar, Error, Frontier, Result, Run, Scale, Stopped};
use ansatz_optimize::inclusion::{Budget, Inclusion, Method, Solution};

const FULL: &[Scale] = &[Scale::Laptop, Scale::Paper];

pub(crate) const CLAIM: Claim = Claim {
    number: 9,
    slug: "halpern-vr",
    title: "Variance-reduced Halpern",
    citation: "Cai, Alacaoglu, Diakonikolas: Variance Reduced Halpern Iteration for Finite-Sum Monotone Inclusions, ICLR 2024",
    arxiv: Some("2310.02987"),
    statement: "The last iterate of a monotone inclusion of n components has a residual ε after about n + √n L/ε \
                evaluations, where deterministic methods take n L/ε; with a residual that can be computed, and on a \
                matrix game and a worst-case saddle point.",
    status: Status::Built,
    bars: &[
        Bar::at_most(growth::RATIOS[2], 0.35).only_at(FULL),
        Bar::at_most(growth::RATIOS[1], 0.55).only_at(FULL),
        Bar::at_most(growth::RATIOS[0], 0.95).only_at(FULL),
        Bar::at_most(growth::SLOPE, 0.7).only_at(FULL),
        Bar::at_least(growth::SLOPE_LEAST, 0.3).only_at(FULL),
        Bar::at_most(growth::SLOPE_HALPERN, 0.15).only_at(FULL),
        Bar::at_most(bound::BOUND, 1.0),
        Bar::at_most(game::PUBLISHED[0], 0.01).only_at(FULL),
        Bar::at_most(game::PUBLISHED[1], 0.01).only_at(FULL),
        Bar::at_most(game::RESIDUAL, 2.2e-2).only_at(FULL),
        Bar::at_most(game::TO_EAG, 0.35).only_at(FULL),
        Bar::at_most(game::FORB_TO_EAG, 0.5).only_at(FULL),
        Bar::at_most(game::GAP, 5.0).only_at(FULL),
        Bar::at_most(saddle::EXACT, 1e-9),
        Bar::at_most(saddle::VR, 0.45).only_at(FULL),
        Bar::at_most(saddle::FORB, 0.90).only_at(FULL),
        Bar::at_least(saddle::EG, 3.0).only_at(FULL),
        Bar::at_least(saddle::EAG, 2.0).only_at(FULL),
        Bar::at_most(HONEST, 1e-12),
    ],
    run: Some(run),
};

/// What every run of every experiment contributes to.
const HONEST: &str = "reported residual against an evaluation anew, relative";

fn run(lab: &mut Lab) -> Result<()> {
    bound::run(lab)?;
    saddle::run(lab)?;
    if lab.scale() == Scale::Smoke {
        lab.omit("the matrix game and the growth with n: laptop scale");
    } else {
        game::run(lab)?;
        growth::run(lab)?;
    }
    Ok(())
}

/// Solves, and checks the residual that is reported at the end.
fn solve(lab: &mut Lab, problem: &Inclusion, method: &dyn Method, budget: &Budget, run: &mut Run) -> Result<Solution> {
    run.message(format!("{}: {}", problem.f.name(), method.name()));
    let solution = method.solve(problem, budget, run)?;
    if !matches!(solution.stopped, Stopped::Converged | Stopped::EvaluationLimit) {
        let reason = format!("{} was stopped half-way: {}", method.name(), solution.stopped);
        return Err(Error::Environment { what: "a whole run".into(), reason });
    }
    let again = problem.residual(&solution.u)?;
    lab.measure(HONEST, (solution.residual() - again).abs() / again.max(f64::MIN_POSITIVE))?;
    Ok(solution)
}

/// The residuals of a solution by epochs.
fn draw(front: &mut Frontier, name: &str, ours: bool, n: usize, solution: &Solution) -> Result<()> {
    let looks = solution.history.iter().filter(|look| look.evaluations >= n as u64);
    let points: Vec<(f64, f64)> = looks.map(|look| (look.evaluations as f64 / n as f64, look.residual)).collect();
    let stride = points.len().div_ceil(100);
    let points = points.into_iter().step_by(stride);
    if ours { front.ours(name, points) } else { front.rival(name, points) }
}
