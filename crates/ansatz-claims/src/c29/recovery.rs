//! Exact recovery of planted matrices, well and less well conditioned, and the error under noise.

use super::{first, worse};
use crate::lab::Lab;
use ansatz_core::{Result, Scale, Stopped};
use ansatz_linear::completion::{AltMin, Planted};
use rayon::prelude::*;

pub(super) const ERROR: &str =
    "1500 × 1200, |Ω| = 4 k (m + n), k = 5, 10, 20, ten matrices each: relative error on unseen entries";
pub(super) const SWEEPS: &str = "1500 × 1200, |Ω| = 4 k (m + n), k = 5, 10, 20, ten matrices each: sweeps";
pub(super) const CONDITIONED_ERROR: &str =
    "condition number 10, 1500 × 1200, k = 10, ten matrices: relative error on unseen entries";
pub(super) const CONDITIONED_SWEEPS: &str = "condition number 10, 1500 × 1200, k = 10, ten matrices: sweeps";
pub(super) const NOISE: &str = "noise of 1 % of the entries' rms: RMSE on unseen entries / σ √(k (m + n − k)/|Ω|)";

/// Entries for each of the `k (m + n)` numbers in the factors.
const OVERSAMPLING: usize = 4;

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    // At smoke scale a few matrices of a quarter of the side.
    let (m, n) = lab.pick((375, 300), (1500, 1200), (1500, 1200));
    let count = lab.pick(2, 10, 10);
    let ranks: &[usize] = lab.pick(&[5], &[5, 10, 20], &[5, 10, 20]);
    if lab.scale() == Scale::Smoke {
        lab.note(format!("at smoke scale the matrices are {m} × {n}, {count} of them, of rank {ranks:?}"));
    }
    for &k in ranks {
        let gaussian: Vec<_> = (0..count).map(|index| (k, 1.0, index)).collect();
        record(lab, (m, n), &gaussian, 80, [ERROR, SWEEPS])?;
    }
    if lab.scale() != Scale::Smoke {
        let conditioned: Vec<_> = (0..count).map(|index| (10, 10.0, index)).collect();
        record(lab, (m, n), &conditioned, 300, [CONDITIONED_ERROR, CONDITIONED_SWEEPS])?;
    }
    noise(lab, (m, n), ranks[ranks.len() / 2])
}

/// Completes the matrices (rank, condition number, index) and measures the worst of them; a condition number of 1 means
/// Gaussian factors.
fn record(
    lab: &mut Lab,
    (m, n): (usize, usize),
    matrices: &[(usize, f64, u64)],
    limit: u64,
    bars: [&str; 2],
) -> Result<()> {
    let bench = &*lab;
    let results: Vec<(f64, u64, Stopped)> = matrices
        .par_iter()
        .map(|&(k, condition, index)| {
            let seed = first(bench);
            let mut planted = if condition > 1.0 {
                Planted::conditioned(m, n, k, condition, seed, index)?
            } else {
                Planted::gaussian(m, n, k, seed, index)?
            };
            let known = planted.observe(OVERSAMPLING * k * (m + n), 0.0, seed, index)?;
            // The residual on the known entries is smaller than the error on the others: a tenth of the error is asked.
            let method = AltMin { rank: k, tol: 3e-9, max_sweeps: limit, threads: 1, ..AltMin::default() };
            let mut run = bench.run(seed);
            run.message(format!("{m} × {n}, rank {k}, matrix {index}"));
            let fit = method.fit(&known, &mut run)?;
            let error = planted.unseen_error(|i, j| fit.factors().entry(i, j));
            Ok((error, fit.work.iterations, fit.stopped.unwrap_or(Stopped::Interrupted)))
        })
        .collect::<Result<_>>()?;
    if let Some((.., why)) = results.iter().find(|(.., why)| matches!(why, Stopped::Interrupted | Stopped::TimeLimit)) {
        lab.omit(format!("recovery: {why}"));
        return Ok(());
    }
    lab.measure(bars[0], results.iter().map(|r| r.0).fold(0.0, worse))?;
    lab.measure(bars[1], results.iter().map(|r| r.1 as f64).fold(0.0, f64::max))?;
    let shown: Vec<String> = results.iter().map(|(error, sweeps, _)| format!("{error:.1e} ({sweeps})")).collect();
    let (k, condition, _) = matrices[0];
    let kind = if condition > 1.0 { format!("condition number {condition}") } else { "Gaussian factors".to_owned() };
    lab.note(format!("{kind}, k = {k}: error on unseen entries (sweeps) {}", shown.join(", ")));
    Ok(())
}

fn noise(lab: &mut Lab, (m, n): (usize, usize), k: usize) -> Result<()> {
    for seed in lab.seeds() {
        let mut planted = Planted::gaussian(m, n, k, seed, 0)?;
        let sigma = 0.01 * planted.rms();
        let count = OVERSAMPLING * k * (m + n);
        let known = planted.observe(count, sigma, seed, 0)?;
        let method = AltMin { rank: k, max_sweeps: 80, ..AltMin::default() };
        let fit = method.fit(&known, &mut lab.run(seed))?;
        let bound = sigma * ((k * (m + n - k)) as f64 / count as f64).sqrt();
        lab.measure(NOISE, planted.unseen_rmse(|i, j| fit.factors().entry(i, j)) / bound)?;
    }
    Ok(())
}
