//! Ratios of neighbouring orders, and derivatives of the logarithms.
//!
//! All of them come from sums within one expansion. The difference of two logarithms would lose as many digits as the
//! logarithms have before the point.

use super::branch::{Branch, branch};
use super::{Kind, Mode, debye, hankel, integral, series};

/// `I_{v+1}(x)/I_v(x)`, between 0 and 1.
///
/// Not-a-number for negative `v` or `x`, or if either is infinite.
///
/// ```
/// use ansatz_functions::special::log_bessel::bessel_i_ratio;
/// // I_{3/2}/I_{1/2} is Langevin's function.
/// assert!((bessel_i_ratio(0.5, 2.0) - (1.0 / 2f64.tanh() - 0.5)).abs() < 1e-15);
/// ```
pub fn bessel_i_ratio(v: f64, x: f64) -> f64 {
    if !in_domain(v, x) {
        return f64::NAN;
    }
    if x == 0.0 {
        return 0.0;
    }
    match branch(Kind::I, Mode::Strict, v, x) {
        Branch::Hankel => 1.0 - (hankel::slope_complement(v, x) + v / x),
        Branch::Debye => debye::ratio(Kind::I, v, x),
        _ => series::ratio(v, x),
    }
}

/// `1 − I_{v+1}(x)/I_v(x)`, to full relative precision also where it is small.
pub(crate) fn bessel_i_ratio_complement(v: f64, x: f64) -> f64 {
    if !in_domain(v, x) {
        return f64::NAN;
    }
    if x == 0.0 {
        return 1.0;
    }
    match branch(Kind::I, Mode::Strict, v, x) {
        Branch::Hankel => hankel::slope_complement(v, x) + v / x,
        Branch::Debye => debye::ratio_complement(v, x),
        _ => 1.0 - series::ratio(v, x),
    }
}

/// `K_{v+1}(x)/K_v(x)` for `v ≥ 0`; `∞` at `x = 0`.
///
/// Not-a-number for negative `v` or `x`, or if either is infinite.
pub fn bessel_k_ratio(v: f64, x: f64) -> f64 {
    if !in_domain(v, x) {
        return f64::NAN;
    }
    if x == 0.0 {
        return f64::INFINITY;
    }
    // K_{v+1}/K_v = v/x − K′/K
    match branch(Kind::K, Mode::Strict, v, x) {
        Branch::Debye => debye::ratio(Kind::K, v, x),
        _ => v / x - log_kv_slope(v, x),
    }
}

/// `d/dx log I_v(x)`; at `x = 0` it is 0 for `v = 0` and `∞` for other orders.
pub fn log_iv_slope(v: f64, x: f64) -> f64 {
    if !in_domain(v, x) {
        return f64::NAN;
    }
    if x == 0.0 {
        return if v == 0.0 { 0.0 } else { f64::INFINITY };
    }
    match branch(Kind::I, Mode::Strict, v, x) {
        Branch::Hankel => hankel::slope(Kind::I, v, x),
        Branch::Debye => debye::slope(Kind::I, v, x),
        _ => v / x + series::ratio(v, x),
    }
}

/// `d/dx log K_v(x)`; `−∞` at `x = 0`.
pub fn log_kv_slope(v: f64, x: f64) -> f64 {
    let v = v.abs();
    if !in_domain(v, x) {
        return f64::NAN;
    }
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    match branch(Kind::K, Mode::Strict, v, x) {
        Branch::Hankel => hankel::slope(Kind::K, v, x),
        Branch::Debye => debye::slope(Kind::K, v, x),
        _ => integral::slope(v, x),
    }
}

fn in_domain(v: f64, x: f64) -> bool {
    v >= 0.0 && x >= 0.0 && v.is_finite() && x.is_finite()
}
