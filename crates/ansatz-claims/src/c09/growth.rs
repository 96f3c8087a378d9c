//! Evaluations to a residual, by the number of components.

use super::solve;
use crate::lab::Lab;
use ansatz_core::{Frontier, Result, Seed};
use ansatz_optimize::inclusion::{Budget, FiniteSum, Halpern, HalpernVr, Inclusion, Method};
use ansatz_optimize::problems::LeastSquares;
use ansatz_optimize::prox::Free;

pub(super) const RATIOS: [&str; 3] = [
    "least squares, residual 1e-3, n = 1024: evaluations of variance-reduced Halpern / Halpern",
    "least squares, residual 1e-3, n = 4096: evaluations of variance-reduced Halpern / Halpern",
    "least squares, residual 1e-3, n = 16384: evaluations of variance-reduced Halpern / Halpern",
];
pub(super) const SLOPE: &str = "growth of the evaluations of variance-reduced Halpern: power of n, at most";
pub(super) const SLOPE_LEAST: &str = "growth of the evaluations of variance-reduced Halpern: power of n, at least";
pub(super) const SLOPE_HALPERN: &str = "growth of the evaluations of Halpern: power of n, distance from 1";

const ROWS: [usize; 3] = [1024, 4096, 16384];
const UNKNOWNS: usize = 64;
const TOL: f64 = 1e-3;

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    let title = format!("least squares, {UNKNOWNS} unknowns: a residual of 1e-3");
    let mut front = Frontier::new(title, "components", "evaluations");
    front.log_work = true;
    for (index, seed) in lab.seeds().into_iter().enumerate() {
        let mut evaluations = [Vec::new(), Vec::new()];
        for (k, n) in ROWS.into_iter().enumerate() {
            let rows = LeastSquares::random(n, UNKNOWNS, 2.0, seed)?;
            let problem = Inclusion::new(&rows, &Free, vec![0.0; UNKNOWNS])?;
            let ours = HalpernVr { eta: 1.0 / rows.average_constant(), restart: false };
            let halpern = Halpern { eta: 1.0 / rows.constant(), restart: false };
            let methods: [&dyn Method; 2] = [&ours, &halpern];
            for (evaluations, method) in evaluations.iter_mut().zip(methods) {
                let budget = Budget::epochs(10_000.0).look_every(2.0).tol(TOL);
                let mut run = lab.run(Seed(seed.0));
                let solution = solve(lab, &problem, method, &budget, &mut run)?;
                let reached = solution.reached(TOL).map_or(f64::INFINITY, |look| look.evaluations as f64);
                evaluations.push(reached);
            }
            lab.measure(RATIOS[k], evaluations[0][k] / evaluations[1][k])?;
        }
        let power = |of: &[f64]| (of[2] / of[0]).ln() / (ROWS[2] as f64 / ROWS[0] as f64).ln();
        lab.measure(SLOPE, power(&evaluations[0]))?;
        lab.measure(SLOPE_LEAST, power(&evaluations[0]))?;
        lab.measure(SLOPE_HALPERN, (power(&evaluations[1]) - 1.0).abs())?;
        lab.note(format!(
            "growth, seed {}: variance-reduced {:?}, Halpern {:?}",
            seed.0, evaluations[0], evaluations[1]
        ));
        if index == 0 {
            let points = |of: &[f64]| ROWS.iter().zip(of).map(|(&n, &e)| (n as f64, e)).collect::<Vec<_>>();
            front.ours("variance-reduced Halpern", points(&evaluations[0]))?;
            front.rival("Halpern", points(&evaluations[1]))?;
        }
    }
    lab.frontier(front);
    Ok(())
}
