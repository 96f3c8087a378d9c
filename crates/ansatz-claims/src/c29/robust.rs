//! Robustness: inner errors cost no sweeps, and those that stay bound the error.

use crate::lab::Lab;
use ansatz_core::{Frontier, Result, Scale, Seed};
use ansatz_linear::completion::{AltMin, Factors, Inner, Observations, Planted};

pub(super) const SWEEPS: &str = "square, |Ω| = 6 n k: sweeps to 1e-6 with three inner steps / (1.1 × exact + 1)";
pub(super) const DECAYING: &str =
    "square, |Ω| = 6 n k: sweeps to 1e-6 with inner errors 1e-3 · 2^−t / (1.1 × exact + 1)";
pub(super) const FLOOR_MOST: &str = "inner errors of 1e-3: error in the end / injected, at most";
pub(super) const FLOOR_LEAST: &str = "inner errors of 1e-3: error in the end / injected, at least";

const GOAL: f64 = 1e-6;
const INJECTED: f64 = 1e-3;
const LIMIT: u64 = 100;

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    let n = lab.pick(300, 1500, 1500);
    let ranks: &[usize] = lab.pick(&[10], &[5, 10, 20], &[5, 10, 20]);
    for seed in lab.seeds() {
        for &k in ranks {
            if lab.interrupted() {
                return Ok(());
            }
            // The rank in the middle from every seed, the others from the first.
            if seed != lab.seeds()[0] && k != 10 {
                continue;
            }
            let mut planted = Planted::gaussian(n, n, k, seed, 0)?;
            let known = planted.observe(6 * n * k, 0.0, seed, 0)?;
            let trace = |inner, error: &dyn Fn(u64) -> f64| errors(lab, &planted, &known, inner, seed, error);
            let exact = trace(Inner::Exact, &|_| 0.0)?;
            let ours = trace(Inner::WarmCg(3), &|_| 0.0)?;
            let six = trace(Inner::WarmCg(6), &|_| 0.0)?;
            let decaying = trace(Inner::Exact, &|sweep| INJECTED * 0.5f64.powi(sweep as i32))?;
            let constant = trace(Inner::Exact, &|_| INJECTED)?;
            let allowed = 1.1 * sweeps(&exact) + 1.0;
            lab.measure(SWEEPS, sweeps(&ours) / allowed)?;
            lab.measure(DECAYING, sweeps(&decaying) / allowed)?;
            let floor = constant.last().copied().unwrap_or(f64::NAN) / INJECTED;
            lab.measure(FLOOR_MOST, floor)?;
            lab.measure(FLOOR_LEAST, floor)?;
            lab.note(format!(
                "{n} × {n}, k = {k}, seed {}: sweeps to {GOAL:e}: exact {}, six inner steps {}, three {}, decaying errors {}",
                seed.0,
                sweeps(&exact),
                sweeps(&six),
                sweeps(&ours),
                sweeps(&decaying)
            ));
            if seed == lab.seeds()[0] && (k == 10 || lab.scale() == Scale::Smoke) {
                let title = format!("{n} × {n}, rank {k}, {} entries", known.count());
                let mut front = Frontier::new(title, "sweeps", "relative error on unseen entries");
                let points =
                    |errors: &[f64]| errors.iter().enumerate().map(|(i, &e)| ((i + 1) as f64, e)).collect::<Vec<_>>();
                front.ours("three inner steps", points(&ours))?;
                front.rival("exact", points(&exact))?;
                front.rival("exact, inner errors 1e-3 · 2^−t", points(&decaying))?;
                front.rival("exact, inner errors 1e-3", points(&constant))?;
                lab.frontier(front);
            }
        }
    }
    Ok(())
}

/// In which sweep the goal was reached; beyond the limit if it was not.
fn sweeps(errors: &[f64]) -> f64 {
    errors.iter().position(|&error| error <= GOAL).map_or(2.0 * LIMIT as f64, |at| (at + 1) as f64)
}

/// The error on unseen entries after each sweep, until the goal is reached or, with errors that stay, the error settles;
/// after each sweep `error(t)` is added to both factors, relative to each.
fn errors(
    lab: &Lab,
    planted: &Planted,
    known: &Observations,
    inner: Inner,
    seed: Seed,
    error: &dyn Fn(u64) -> f64,
) -> Result<Vec<f64>> {
    let rank = planted.truth().rank();
    let mut method = AltMin { rank, inner, tol: 0.0, change: 0.0, max_sweeps: 1, ..AltMin::default() };
    let mut run = lab.run(seed);
    let mut fit = method.begin(known, &run)?;
    let mut stream = seed.stream("inner errors", 0);
    let mut history: Vec<f64> = Vec::new();
    while (history.len() as u64) < LIMIT {
        method.max_sweeps = history.len() as u64 + 1;
        method.advance(known, None, &mut fit, &mut run, |_| Ok(()))?;
        let size = error(history.len() as u64);
        if size > 0.0 {
            let mut perturbed = |factor: &[f64]| {
                let rms = (factor.iter().map(|x| x * x).sum::<f64>() / factor.len() as f64).sqrt();
                factor.iter().map(|x| x + size * rms * stream.normal()).collect::<Vec<f64>>()
            };
            let factors = fit.factors();
            let changed = Factors::new(rank, perturbed(factors.u()), perturbed(factors.v()))?;
            *fit.current_mut() = changed;
        }
        let last = planted.unseen_error(|i, j| fit.factors().entry(i, j));
        history.push(last);
        // Settled: no better than ten sweeps ago by a tenth.
        let settled = history.len() > 10 && last > 0.9 * history[history.len() - 11];
        if last <= GOAL || settled || run.stop_requested().is_some() {
            break;
        }
    }
    Ok(history)
}
