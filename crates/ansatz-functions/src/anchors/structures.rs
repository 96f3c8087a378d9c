//! Which structures a function admits: parity, a zero or a square-root behaviour at an end. Found from its values.

use super::problem::Structure;
use crate::number::{Big, Scalar};
use crate::target::{Target, Weight};

/// The structures worth an approximation of their own, the plain one first where it is possible at all: with the
/// relative error, a function that vanishes at an end needs the zero as a factor.
pub(super) fn structures(target: &Target) -> Vec<Structure> {
    let (lo, hi) = (target.interval.lo, target.interval.hi);
    let ends = [(lo, power(target, lo, hi)), (hi, power(target, hi, lo))];
    let zeros = ends.iter().filter(|(_, power)| *power > 0.1).count();
    // Where the error is in units of f, every zero must be a factor, and no structure has two.
    let forced = zeros > 0 && target.weight != Weight::Absolute;
    if forced && zeros > 1 {
        return Vec::new();
    }
    let mut found = Vec::new();
    if !forced {
        found.push(Structure::Plain);
    }
    for (end, power) in ends {
        if forced && (power - 1.0).abs() < 1e-3 {
            found.push(Structure::Zero(end));
        }
        if end == 0.0 && (power - 0.5).abs() < 1e-3 && end == lo {
            found.push(Structure::Root);
            if root_is_even(target, hi) {
                found.push(Structure::RootEven);
            }
        }
    }
    match parity(target) {
        Some(true) if !forced => found.push(Structure::Even),
        Some(false) if !forced || found.contains(&Structure::Zero(0.0)) => found.push(Structure::Odd),
        _ => {}
    }
    found
}

/// The exponent `α` with which `f` behaves like `|x − end|^α` at an end; 0 where it has a value other than zero.
fn power(target: &Target, end: f64, other: f64) -> f64 {
    let value = |distance: f64| {
        let x = Big::from_f64(end).add(&Big::from_f64((other - end) * distance));
        target.value(&x).map_or(f64::NAN, |f| f.to_f64().abs())
    };
    let (near, twice) = (value(2f64.powi(-40)), value(2f64.powi(-39)));
    let power = (twice / near).log2();
    if power.is_finite() { power } else { 0.0 }
}

/// `Some(true)` if `f(−x) = f(x)`, `Some(false)` if `f(−x) = −f(x)`, to 45 digits at a handful of points.
fn parity(target: &Target) -> Option<bool> {
    let (lo, hi) = (target.interval.lo, target.interval.hi);
    let (mut even, mut odd) = (true, true);
    for t in [0.137, 0.391, 0.618, 0.853, 0.977] {
        let x = Big::from_f64(lo + (hi - lo) * t);
        let (f, mirrored) = (target.value(&x).ok()?, target.value(&x.neg()).ok()?);
        let small = |d: Big| d.to_f64().abs() <= 1e-45 * f.to_f64().abs();
        even &= small(f.sub(&mirrored));
        odd &= small(f.add(&mirrored));
    }
    (even || odd).then_some(even)
}

/// Whether `g = f(x)/√x` looks like a function of `x²` near 0: `15 g(h) − 6 g(2h) + g(3h) = 10 g(0)` up to a multiple of
/// `h⁶` if it is, of `h` if not, so that at `h ≈ 1e-6` two steps agree to 1e-25 only if it is.
fn root_is_even(target: &Target, hi: f64) -> bool {
    let extrapolated = |h: f64| -> Option<Big> {
        let g = |j: f64| {
            let x = Big::from_f64(j * h);
            target.value(&x).ok().map(|f| f.div(&x.sqrt()))
        };
        let weigh = |w: f64, g: Big| g.mul(&Big::from_f64(w));
        Some(weigh(15.0, g(1.0)?).sub(&weigh(6.0, g(2.0)?)).add(&g(3.0)?).div(&Big::from_f64(10.0)))
    };
    let h = hi * 2f64.powi(-20);
    match (extrapolated(h), extrapolated(h * 0.5)) {
        (Some(a), Some(b)) => a.sub(&b).div(&b).to_f64().abs() < 1e-25,
        _ => false,
    }
}
