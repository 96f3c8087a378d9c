//! How many entries are needed: alternating minimisation beside the convex relaxation.

use super::first;
use crate::lab::Lab;
use ansatz_core::{Frontier, Result};
use ansatz_linear::completion::{AltMin, Imputed, Observations, Planted, SoftImpute};
use rayon::prelude::*;

pub(super) const RATE: &str = "500 × 500, k = 10, |Ω| = 3 k (m + n − k): share of matrices recovered";
pub(super) const ENTRIES: &str =
    "500 × 500, k = 10: entries to recover half of the matrices, ours / soft-thresholding's";

const SIDE: usize = 500;
const RANK: usize = 10;
/// A matrix is recovered if the relative error on unseen entries is at most this: alternating minimisation ends far below
/// or far above, while the threshold of its rival leaves a bias of about its share of the singular values.
const GOAL: f64 = 1e-2;
const OURS: [f64; 8] = [1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0, 4.0];
const CONVEX: [f64; 4] = [2.5, 3.0, 3.5, 4.5];

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    let ours = errors(lab, &OURS, 10, alternating)?;
    let convex = errors(lab, &CONVEX, 3, thresholding)?;
    if lab.interrupted() {
        return Ok(());
    }
    let rate = |errors: &[f64]| errors.iter().filter(|&&e| e <= GOAL).count() as f64 / errors.len() as f64;
    let at_three = OURS.iter().position(|&x| x == 3.0).map_or(f64::NAN, |i| rate(&ours[i]));
    lab.measure(RATE, at_three)?;
    let half = |grid: &[f64], errors: &[Vec<f64>]| {
        let rates: Vec<(f64, f64)> = grid.iter().zip(errors).map(|(&x, e)| (x, rate(e))).collect();
        half_point(&rates)
    };
    let (a, b) = (half(&OURS, &ours), half(&CONVEX, &convex));
    // Where even the most entries do not suffice, the largest that was tried bounds the ratio from above.
    lab.measure(ENTRIES, a.unwrap_or(f64::INFINITY) / b.unwrap_or(CONVEX[CONVEX.len() - 1]))?;
    let table = |grid: &[f64], errors: &[Vec<f64>]| {
        let rows =
            grid.iter().zip(errors).map(|(x, e)| format!("{x}: {}/{}", (rate(e) * e.len() as f64).round(), e.len()));
        rows.collect::<Vec<_>>().join(", ")
    };
    lab.note(format!(
        "matrices recovered to {GOAL:e}, by multiples of the {} degrees of freedom: alternating minimisation {}; soft-thresholded singular values {}",
        freedom(),
        table(&OURS, &ours),
        table(&CONVEX, &convex)
    ));
    let title = format!("{SIDE} × {SIDE} of rank {RANK}: error over the number of known entries");
    let mut front = Frontier::new(title, "entries / degrees of freedom", "median relative error on unseen entries");
    let medians = |grid: &[f64], errors: &[Vec<f64>]| {
        let median = |errors: &Vec<f64>| {
            let mut sorted = errors.clone();
            sorted.sort_by(f64::total_cmp);
            sorted[sorted.len() / 2]
        };
        grid.iter().zip(errors).map(|(&x, e)| (x, median(e))).collect::<Vec<_>>()
    };
    front.ours("alternating minimisation", medians(&OURS, &ours))?;
    front.rival("soft-thresholded singular values", medians(&CONVEX, &convex))?;
    lab.frontier(front);
    Ok(())
}

fn freedom() -> usize {
    RANK * (2 * SIDE - RANK)
}

/// Where the rate crosses ½ on its way up for the last time, linearly between the points.
fn half_point(rates: &[(f64, f64)]) -> Option<f64> {
    let crossing = |pair: &[(f64, f64)]| {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        (y0 < 0.5 && y1 >= 0.5).then(|| x0 + (0.5 - y0) / (y1 - y0) * (x1 - x0))
    };
    let from_start = rates.first().filter(|(_, y)| *y >= 0.5).map(|(x, _)| *x);
    rates.windows(2).rev().find_map(crossing).or(from_start)
}

/// The errors on unseen entries of `trials` matrices at each multiple of the degrees of freedom.
fn errors(
    lab: &Lab,
    grid: &[f64],
    trials: u64,
    method: fn(&Lab, &Planted, &Observations) -> Result<f64>,
) -> Result<Vec<Vec<f64>>> {
    let cases: Vec<(f64, u64)> = grid.iter().flat_map(|&x| (0..trials).map(move |trial| (x, trial))).collect();
    let all: Vec<f64> = cases
        .par_iter()
        .map(|&(x, trial)| {
            let mut planted = Planted::gaussian(SIDE, SIDE, RANK, first(lab), trial)?;
            let known = planted.observe((x * freedom() as f64).round() as usize, 0.0, first(lab), trial)?;
            method(lab, &planted, &known)
        })
        .collect::<Result<_>>()?;
    Ok(all.chunks(trials as usize).map(<[f64]>::to_vec).collect())
}

fn alternating(lab: &Lab, planted: &Planted, known: &Observations) -> Result<f64> {
    let method = AltMin { rank: RANK, tol: 1e-7, max_sweeps: 500, threads: 1, ..AltMin::default() };
    let fit = method.fit(known, &mut lab.run(first(lab)))?;
    Ok(planted.unseen_error(|i, j| fit.factors().entry(i, j)))
}

/// The threshold is lowered in steps, each from the result of the one before, far below what noise would ask for: with
/// exact entries the solution tends to that of least nuclear norm.
fn thresholding(lab: &Lab, planted: &Planted, known: &Observations) -> Result<f64> {
    let largest = planted.rms() * SIDE as f64;
    let mut last: Option<Imputed> = None;
    let mut error = f64::INFINITY;
    for fraction in [0.1, 0.01, 1e-3, 1e-4] {
        // Six times the rank is more than the solution has where it is recovered; where it is not, the limit only helps.
        let method = SoftImpute { lambda: fraction * largest, max_rank: 6 * RANK, change: 1e-6, max_steps: 150 };
        let imputed = method.fit(known, last.as_ref(), &mut lab.run(first(lab)))?;
        error = error.min(planted.unseen_error(|i, j| imputed.entry(i, j)));
        if error <= GOAL {
            break;
        }
        last = Some(imputed);
    }
    Ok(error)
}
