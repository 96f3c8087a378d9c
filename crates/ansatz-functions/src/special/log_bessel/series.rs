//! The power series for small arguments and orders.
//!
//! `log I_v(x) = v log(x/2) − log Γ(v+1) + log Σ_k s_k`, `s_0 = 1`, `s_k = s_{k−1} (x²/4)/(k(k+v))` (DLMF 10.25.2), cut after
//! `k = 42`. All terms are positive; for `x ≤ 30` no sum overflows. The published form takes logarithms of the terms and
//! adds them relative to the largest, which costs ten times as much and reaches any argument.
//!
//! One value costs up to 42 divisions, two logarithms and the logarithm of a gamma function.

use super::Scaling;
use super::lanes::Lanes;
use crate::special::gamma::ln_gamma_1p;
use std::f64::consts::LN_2;

/// The last term.
pub(super) const LAST: usize = 42;

/// `log I`, or `log I − x`.
#[inline(always)]
pub(super) fn value<const N: usize>(scaling: Scaling, v: Lanes<N>, x: Lanes<N>) -> Lanes<N> {
    value_to(scaling, v, x, LAST)
}

/// The same with terms up to `last`.
#[inline(always)]
pub(super) fn value_to<const N: usize>(scaling: Scaling, v: Lanes<N>, x: Lanes<N>, last: usize) -> Lanes<N> {
    let half = 0.5 * x;
    let q = half * half;
    let (mut term, mut sum) = (Lanes::splat(1.0), Lanes::splat(0.0));
    for k in 1..=last {
        let k = k as f64;
        term = term * q / (k * (k + v));
        sum = sum + term;
        // Past their maximum, terms as small as this change no bit of any lane.
        if (0..N).all(|i| term.0[i] <= 1e-17 * sum.0[i]) {
            break;
        }
    }
    let mut value = sum.ln_1p();
    for i in 0..N {
        value.0[i] += front(v.0[i], x.0[i]);
    }
    match scaling {
        Scaling::None => value,
        Scaling::Exponential => value - x,
    }
}

/// `log ((x/2)^v/Γ(v+1))`
fn front(v: f64, x: f64) -> f64 {
    v * (x.ln() - LN_2) - ln_gamma_1p(v)
}

/// The same in the published form: `m + log Σ exp(t_k − m)`, where `t_k = log s_k − log Γ(v+1)` and `m` is the largest.
pub(super) fn value_in_logarithms(scaling: Scaling, v: f64, x: f64) -> f64 {
    let log_half = x.ln() - LN_2;
    let peak = (0.5 * (v.hypot(x) - v)).floor() as usize;
    let mut t = [0.0; LAST + 1];
    for k in 1..=LAST {
        let index = k as f64;
        t[k] = t[k - 1] - ((index * (index + v)).ln() - 2.0 * log_half);
    }
    let m = t[peak.min(LAST)];
    let sum: f64 = t.iter().map(|t| (t - m).exp()).sum();
    let value = v * log_half - ln_gamma_1p(v) + (m + sum.ln());
    match scaling {
        Scaling::None => value,
        Scaling::Exponential => value - x,
    }
}

/// `I_{v+1}/I_v = (x/2) Σ s_k/(k+v+1) / Σ s_k`
pub(super) fn ratio(v: f64, x: f64) -> f64 {
    let q = 0.25 * x * x;
    let (mut term, mut top, mut bottom) = (1.0, 1.0 / (v + 1.0), 1.0);
    for k in 1..=LAST {
        let k = k as f64;
        term *= q / (k * (k + v));
        top += term / (k + v + 1.0);
        bottom += term;
    }
    0.5 * x * (top / bottom)
}

/// The first term that is left out, relative to the sum.
pub(super) fn truncation(v: f64, x: f64) -> f64 {
    let q = 0.25 * x * x;
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..=LAST + 1 {
        let k = k as f64;
        term *= q / (k * (k + v));
        sum += term;
    }
    term / sum
}
