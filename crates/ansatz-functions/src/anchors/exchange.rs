//! The exchange algorithm: the parameters for which the error takes its largest modulus, with alternating sign, at one
//! more point than there are parameters.
//!
//! Given references `u_0 < … < u_n`, Newton's method solves `w_i (R(c, u_i) − g_i) = (−1)^i E` for the `n` parameters
//! `c` and the level `E`; all references then move to the extrema of the new error, until no error exceeds the level.
//! For polynomials this is Remez 1934 and the result is the best approximation; for rational functions without a pole
//! the alternation again characterises the best one (Achieser 1930). For other forms it is a levelled local optimum.
//!
//! The start interpolates between the references. If the exchange does not take hold, the nodes of interpolation are
//! first shifted towards equal errors, in the manner of Hofreither 2021 (BRASIL, Numer. Algorithms 88).
//!
//! Everything is in 57 digits; an iteration costs one pass over the grid and a few dozen values of the function.

use super::linear::solve;
use super::problem::{Extremum, Problem, Sample, chebyshev_zeros};
use crate::number::{Big, Scalar};
use ansatz_core::{Error, Result};

/// A form `R(c, u)` with free parameters `c`.
pub(super) trait Model {
    /// The parameters.
    fn parameters(&self) -> &[Big];
    /// Takes new parameters.
    fn set(&mut self, parameters: Vec<Big>);
    /// `R(c, u)`; not finite at a pole.
    fn eval(&self, parameters: &[Big], u: &Big) -> Big;
    /// Interpolates at as many nodes as there are parameters; whether that succeeded.
    fn interpolate(&mut self, nodes: &[Sample]) -> bool;
    /// Whether there is no pole on the grid or between its points, as far as the form can tell.
    fn sound(&self, grid: &[Sample]) -> bool;
}

/// What the exchange ended with; the parameters are in the model.
#[derive(Debug)]
pub(super) struct Levelled {
    /// The references, ascending.
    pub(super) references: Vec<f64>,
    /// The largest error in modulus.
    pub(super) error: f64,
    /// Exchanges made.
    pub(super) iterations: usize,
}

/// The levelled error is reached to this part of itself.
const LEVELLED: f64 = 1e-10;

/// Levels `model`, starting from interpolation.
///
/// # Errors
/// [`Error::Refused`] if no levelled form without a pole was found: it may not exist, as when a symmetry makes the
/// best rational function one of lower degrees.
pub(super) fn exchange(problem: &Problem, model: &mut impl Model) -> Result<Levelled> {
    let n = model.parameters().len();
    let refused = |why: &str| Error::refused(format!("no levelled form with {n} free constants was found: {why}"));
    let mut nodes = chebyshev_zeros(problem.lo, problem.hi, n);
    let mut found = "the interpolant has a pole or too few sign changes in the interval";
    for attempt in 0..40 {
        // Of the shifted nodes only every few are worth an exchange.
        let samples = nodes.iter().map(|&u| problem.sample(u)).collect::<Result<Vec<_>>>()?;
        let start = model.interpolate(&samples) && model.sound(&problem.grid);
        let extrema = start.then(|| errors(problem, model)).flatten();
        if let Some(extrema) = &extrema
            && extrema.len() > n
            && (attempt < 2 || attempt % 4 == 3)
        {
            if extrema.iter().all(|e| e.error.abs() < 1e-45) {
                return Err(refused("the form is exact to 45 digits"));
            }
            match run(problem, model, extrema.clone()) {
                Ok(levelled) => return Ok(levelled),
                Err(why) => found = why,
            }
        }
        let Some(shifted) = extrema.and_then(|extrema| shift(problem, &nodes, &extrema)) else {
            // Without usable errors, push the nodes about deterministically.
            let amount = 0.3 * (f64::from(attempt) * 0.618_034).fract() - 0.15;
            nodes = chebyshev_zeros(problem.lo, problem.hi, n)
                .into_iter()
                .map(|u| {
                    let t = (u - problem.lo) / (problem.hi - problem.lo);
                    problem.lo + (problem.hi - problem.lo) * (t + amount * t * (1.0 - t))
                })
                .collect();
            continue;
        };
        nodes = shifted;
    }
    Err(refused(found))
}

fn errors(problem: &Problem, model: &impl Model) -> Option<Vec<Extremum>> {
    problem.extrema(|u| model.eval(model.parameters(), u))
}

fn run(problem: &Problem, model: &mut impl Model, mut extrema: Vec<Extremum>) -> Result<Levelled, &'static str> {
    let n = model.parameters().len();
    let mut level = Big::from_f64(0.0);
    for iterations in 1..=60 {
        let references = alternation(extrema, n + 1).ok_or("the error alternates too few times")?;
        let samples: Vec<Sample> = references.iter().map(|e| e.sample.clone()).collect();
        if iterations == 1 {
            // The geometric mean lies between the level's bounds of de la Vallée Poussin.
            let mean = references.iter().map(|e| e.error.abs().max(1e-300).ln()).sum::<f64>() / (n + 1) as f64;
            level = Big::from_f64(mean.exp());
        }
        // The sign belongs to the level, so that the first reference is positive.
        let sign = references[0].error.signum();
        level = Big::from_f64(sign).mul(&level.abs());
        newton(model, &samples, Some(&mut level)).ok_or("Newton's method did not converge")?;
        if !model.sound(&problem.grid) {
            return Err("the levelled form has a pole in the interval");
        }
        extrema = errors(problem, model).ok_or("the levelled form has a pole in the interval")?;
        let worst = extrema.iter().map(|e| e.error.abs()).fold(0.0, f64::max);
        if worst <= level.to_f64().abs() * (1.0 + LEVELLED) {
            let references = samples.iter().map(|s| s.u).collect();
            return Ok(Levelled { references, error: worst, iterations });
        }
    }
    Err("the exchange did not converge")
}

/// Chooses `n` alternating extrema, dropping the smallest; `None` if there are fewer.
fn alternation(mut extrema: Vec<Extremum>, n: usize) -> Option<Vec<Extremum>> {
    if extrema.iter().any(|e| e.error == 0.0) {
        return None;
    }
    while extrema.len() > n {
        let size = |i: usize| extrema[i].error.abs();
        let last = extrema.len() - 1;
        let smallest = (0..=last).min_by(|&i, &j| size(i).total_cmp(&size(j)))?;
        if smallest == 0 || smallest == last || extrema.len() == n + 1 {
            // An inner one cannot go alone, for its neighbours have the same sign.
            let end = if size(0) < size(last) { 0 } else { last };
            extrema.remove(end);
        } else {
            let neighbour = if size(smallest - 1) < size(smallest + 1) { smallest - 1 } else { smallest };
            extrema.drain(neighbour..neighbour + 2);
        }
    }
    (extrema.len() == n).then_some(extrema)
}

/// Newton's method for `w_i (R(c, u_i) − g_i) = ±E` with alternating sign, or for interpolation if there is no level.
/// Steps are halved until the next one is shorter. `None` if it does not converge; the model is then unchanged.
pub(super) fn newton(model: &mut impl Model, points: &[Sample], level: Option<&mut Big>) -> Option<()> {
    let n = model.parameters().len();
    let levelling = level.is_some();
    let mut zero = Big::from_f64(0.0);
    let level = level.unwrap_or(&mut zero);
    let mut c = model.parameters().to_vec();
    let residual = |model: &_, c: &[Big], level: &Big| -> Vec<Big> {
        let r = |i: usize, s: &Sample| {
            let e = s.error(&Model::eval(model, c, &s.big));
            if i.is_multiple_of(2) { e.sub(level) } else { e.add(level) }
        };
        points.iter().enumerate().map(|(i, s)| r(i, s)).collect()
    };
    let size = |r: &[Big]| r.iter().map(|v| v.to_f64().abs()).fold(0.0, |a, b| if b.is_nan() { b } else { a.max(b) });
    let mut r = residual(model, &c, level);
    let mut merit = size(&r);
    for _ in 0..60 {
        let goal = if levelling { level.to_f64().abs() * 1e-13 } else { 1e-30 };
        if merit <= goal {
            model.set(c);
            return Some(());
        }
        let mut rows = vec![Vec::with_capacity(points.len()); points.len()];
        for j in 0..n {
            // A forward difference in 57 digits: 24 of the derivative are right.
            let h = Big::from_f64(c[j].to_f64().abs().max(1e-3) * 2f64.powi(-80));
            let kept = c[j].clone();
            c[j] = kept.add(&h);
            for ((row, old), new) in rows.iter_mut().zip(&r).zip(residual(model, &c, level)) {
                row.push(new.sub(old).div(&h));
            }
            c[j] = kept;
        }
        if levelling {
            for (i, row) in rows.iter_mut().enumerate() {
                row.push(Big::from_f64(if i.is_multiple_of(2) { -1.0 } else { 1.0 }));
            }
        }
        let step = solve(rows.clone(), r.clone())?;
        // Valleys are narrow: the residual may have to rise on the way. What must fall is the length of the next step,
        // in units of the constants, with the same derivative (Deuflhard's natural monotonicity test).
        let length = |step: &[Big]| {
            step.iter().zip(&c).map(|(d, v)| d.to_f64().abs() / v.to_f64().abs().max(1e-3)).fold(0.0, f64::max)
        };
        let full = length(&step);
        let mut factor = 1.0;
        let taken = loop {
            let scale = Big::from_f64(factor);
            let moved = |v: &Big, d: &Big| v.sub(&scale.mul(d));
            let trial: Vec<Big> = c.iter().zip(&step).map(|(v, d)| moved(v, d)).collect();
            let trial_level = if levelling { moved(level, &step[n]) } else { level.clone() };
            let trial_r = residual(model, &trial, &trial_level);
            let trial_merit = size(&trial_r);
            let accepted = trial_merit.is_finite()
                && (trial_merit <= 0.1 * merit
                    || solve(rows.clone(), trial_r.clone())
                        .is_some_and(|next| length(&next) <= (1.0 - 0.25 * factor) * full));
            if accepted {
                *level = trial_level;
                break (trial, trial_r, trial_merit);
            }
            factor *= 0.5;
            if factor < 1e-4 {
                return None;
            }
        };
        (c, r, merit) = taken;
    }
    None
}

/// Moves the nodes of interpolation so that spans of large error shrink; `None` if there are no errors to go by.
fn shift(problem: &Problem, nodes: &[f64], extrema: &[Extremum]) -> Option<Vec<f64>> {
    let mut edges = vec![problem.lo];
    edges.extend_from_slice(nodes);
    edges.push(problem.hi);
    let in_span = |a: f64, b: f64| {
        extrema.iter().filter(|e| e.sample.u >= a && e.sample.u <= b).map(|e| e.error.abs()).fold(0.0, f64::max)
    };
    let sizes: Vec<f64> = edges.windows(2).map(|w| in_span(w[0], w[1]).max(1e-300).ln()).collect();
    let mean = sizes.iter().sum::<f64>() / sizes.len() as f64;
    let spread = sizes.iter().map(|s| (s - mean).abs()).fold(0.0, f64::max);
    if spread == 0.0 || !spread.is_finite() {
        return None;
    }
    // At most a third of its length for the worst span in one move.
    let spans: Vec<f64> = edges
        .windows(2)
        .zip(&sizes)
        .map(|(w, s)| (w[1] - w[0]) * (-0.4 * (s - mean) / spread.max(1.0)).exp())
        .collect();
    let scale = (problem.hi - problem.lo) / spans.iter().sum::<f64>();
    let mut u = problem.lo;
    Some(
        spans[..nodes.len()]
            .iter()
            .map(|span| {
                u += span * scale;
                u
            })
            .collect(),
    )
}
