//! The theorem's bound on the last iterate, with its own step size.

use super::solve;
use crate::lab::Lab;
use ansatz_core::{Result, Seed};
use ansatz_optimize::inclusion::{Budget, FiniteSum, HalpernVr, Inclusion};
use ansatz_optimize::problems::LeastSquares;
use ansatz_optimize::prox::Free;

pub(super) const BOUND: &str = "mean residual · (k + 4)/(16 L ‖u₀ − u*‖), largest over k ≤ 3000 and instances";

const ROWS: usize = 100;
const REPEATS: u64 = 5;

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    let seed = lab.seeds()[0];
    let (instances, steps) = (lab.pick(4, 20, 20), lab.pick(500, 3000, 3000));
    let mut largest = 0.0f64;
    for instance in 0..instances {
        let decay = 0.5 * (instance % 5) as f64;
        let rows = LeastSquares::random(ROWS, 10, decay, Seed(seed.0.wrapping_add(100 * instance)))?;
        let exact = rows.solution();
        let distance = exact.iter().map(|x| x * x).sum::<f64>().sqrt();
        let problem = Inclusion::new(&rows, &Free, vec![0.0; exact.len()])?;
        let mut sums = vec![0.0; steps + 1];
        for repeat in 0..REPEATS {
            let mut run = lab.run(Seed(seed.0.wrapping_add(repeat)));
            // A step costs 20 evaluations at least, and 100 at most.
            let budget = Budget::epochs((steps + 1) as f64).look_every(1.0 / ROWS as f64);
            let solution = solve(lab, &problem, &HalpernVr::theory(rows.average_constant()), &budget, &mut run)?;
            for look in solution.history.iter().take_while(|look| look.iterations <= steps as u64) {
                sums[look.iterations as usize] += look.residual / REPEATS as f64;
            }
        }
        let ratios = sums.iter().enumerate().map(|(k, residual)| residual * (k as f64 + 4.0) / (16.0 * distance));
        largest = ratios.fold(largest, f64::max);
    }
    lab.measure(BOUND, largest)?;
    lab.note(format!("bound: {instances} least-squares instances of {ROWS} rows, {REPEATS} runs each, {steps} steps"));
    Ok(())
}
