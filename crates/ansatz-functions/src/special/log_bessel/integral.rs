//! `log K` for small arguments and orders: an integral that the trapezoidal rule does at once, and the limit `x → 0`.
//!
//! `K_v(x) = ∫_0^∞ e^{−x cosh t} cosh(vt) dt` (DLMF 10.32.9). The integrand is entire and even, so that the trapezoidal
//! rule with step `h` is off by `e^{−2πa/h}` times what the integrand grows to at distance `a` from the axis
//! (Trefethen and Weideman 2014): below `10^−16` of `K` for `h = 3/32`, `x ≤ 30` and `v ≤ 20`.
//! `e^x` is taken out, so that all factors stay in range, and the nodes' `cosh t − 1` are a table.
//!
//! For `x < 10^−9` only the leading terms of the series count. With `Γ(1+v) = e^{b+c}`, `Γ(1−v) = e^{b−c}` and
//! `a = v log(2/x) + c` they are `K_v = e^b sinh(a)/v`, without cancellation at any `v < 1`, also at `v = 0`; from `v = 0.95`
//! on `K_v = Γ(v)/2 (2/x)^v` alone.
//!
//! One value costs 15 to 290 nodes of one or two exponentials.

use super::{Branch, Scaling};
use crate::special::gamma::ln_gamma_1p;
use std::f64::consts::LN_2;
use std::sync::LazyLock;

/// Distance of the nodes; a multiple of a power of two, so that the nodes are exact.
const STEP: f64 = 3.0 / 32.0;
/// Nodes up to `t = 37`: at `x = 10^−9` the last one that counts is at 27.
const NODES: usize = 400;
/// Below this the limit is taken.
const SMALL: f64 = 1e-9;

/// `cosh t − 1 = 2 sinh²(t/2)` at the nodes.
static COSH_MINUS_ONE: LazyLock<[f64; NODES]> =
    LazyLock::new(|| std::array::from_fn(|k| 2.0 * (0.5 * STEP * k as f64).sinh().powi(2)));

/// Which of the two is in charge.
pub(super) fn branch(x: f64) -> Branch {
    if x < SMALL { Branch::Limit } else { Branch::Integral }
}

/// `log K`, or `log K + x`.
pub(super) fn value(scaling: Scaling, v: f64, x: f64) -> f64 {
    if x < SMALL {
        // x is below half an ulp of the result, scaled or not.
        return limit(v, x);
    }
    let (sum, _) = sums::<false>(v, x);
    let value = (STEP * sum).ln();
    match scaling {
        Scaling::None => value - x,
        Scaling::Exponential => value,
    }
}

/// `Σ e^{−x(cosh t − 1)} cosh(vt)` over the nodes, half of it at 0; and, if wanted, the same with `cosh t − 1` as a factor.
#[inline(always)]
fn sums<const SLOPE: bool>(v: f64, x: f64) -> (f64, f64) {
    let (mut sum, mut slope, mut last) = (0.5, 0.0, 0.0);
    for (k, c) in COSH_MINUS_ONE.iter().enumerate().skip(1) {
        let (damp, grow) = (x * c, v * (STEP * k as f64));
        let mut term = 0.5 * (grow - damp).exp();
        // Beyond this the other half of the hyperbolic cosine changes no bit.
        if grow < 19.0 {
            term += 0.5 * (-grow - damp).exp();
        }
        sum += term;
        if SLOPE {
            slope += c * term;
        }
        // Past the maximum, and below e^−40 of the sum: the rest falls faster than any power.
        if term < last && term < 4e-18 * sum {
            break;
        }
        last = term;
    }
    (sum, slope)
}

/// From this order on the second of the leading terms does not count.
const ONE_TERM: f64 = 0.95;

/// The leading terms for `v < 0.95`: `b`, `sinh(a)/v` relative to `e^m`, `m`, and `cosh(a)` relative to the same.
fn leading(v: f64, x: f64) -> (f64, f64, f64, f64) {
    let log = LN_2 - x.ln();
    let (above, below) = (ln_gamma_1p(v), ln_gamma_1p(-v));
    let (a, b) = (v * log + 0.5 * (above - below), 0.5 * (above + below));
    if a > 1.0 {
        let small = (-2.0 * a).exp();
        return (b, 0.5 * (1.0 - small) / v, a, 0.5 * (1.0 + small));
    }
    // Both sides of a/v → log(2/x) − γ agree at 1e-200, where v no longer matters.
    let quotient = if v < 1e-200 { log - EULER } else { a.sinh() / v };
    (b, quotient, 0.0, a.cosh())
}

/// Euler's constant.
const EULER: f64 = 0.5772156649015329;

fn limit(v: f64, x: f64) -> f64 {
    if v >= ONE_TERM {
        return ln_gamma_1p(v) - v.ln() - LN_2 + v * (LN_2 - x.ln());
    }
    let (b, quotient, m, _) = leading(v, x);
    b + m + quotient.ln()
}

/// `K′/K`; `−cosh t` is a factor of the integrand's derivative.
pub(super) fn slope(v: f64, x: f64) -> f64 {
    if x >= SMALL {
        let (sum, slope) = sums::<true>(v, x);
        return -(1.0 + slope / sum);
    }
    if v >= ONE_TERM {
        return -v / x;
    }
    let (_, quotient, _, cosh) = leading(v, x);
    -(cosh / quotient) / x
}

/// A bound of the rule's error relative to `K`: `2e^{−2πa/h} K_v(x cos a)/K_v(x)` at the best of some distances `a`, with
/// `K_v(x cos a) ≤ e^{x(1 − cos a)} (cos a)^{−v} K_v(x)` for `v ≥ ½`, since `−K′/K = K_{v−1}/K_v + v/x ≤ 1 + v/x`; it grows
/// with `v`, so that the bound at a half also holds below.
pub(super) fn discretisation(v: f64, x: f64) -> f64 {
    let v = v.max(0.5);
    let bound = |a: f64| {
        let cosine = a.cos();
        2.0 * (x * (1.0 - cosine) - v * cosine.ln() - std::f64::consts::TAU * a / STEP).exp()
    };
    (0..78).map(|i| bound(0.02 * f64::from(i))).fold(f64::INFINITY, f64::min)
}
