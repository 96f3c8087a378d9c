//! Hankel's expansion for arguments that are large beside the square of the order.
//!
//! `I_v(x) ≈ e^x/√(2πx) Σ_k a_k`, `a_k = −a_{k−1} (4v² − (2k−1)²)/(8kx)`, and `K_v(x) ≈ √(π/2x) e^−x Σ_k |a_k|` with the
//! signs left out (DLMF 10.40.1, 10.40.2), cut after `k = 20`. At half-integer orders it ends by itself and is exact for
//! `K`. Derivatives come from the same terms: `I′/I = 1 − (½ + Σ k a_k / Σ a_k)/x`.
//!
//! One value costs 80 operations, one division and one logarithm.

use super::lanes::Lanes;
use super::{Kind, Scaling};

/// The last term.
pub(super) const LAST: usize = 20;
/// `log √(2π)`
pub(super) const LN_ROOT_TAU: f64 = 0.91893853320467274;
/// `log √(π/2)`
pub(super) const LN_ROOT_HALF_PI: f64 = 0.22579135264472743;

/// `1/(8k)`
const STEP: [f64; LAST + 1] = {
    let mut step = [0.0; LAST + 1];
    let mut k = 1;
    while k <= LAST {
        step[k] = 1.0 / (8 * k) as f64;
        k += 1;
    }
    step
};

/// `Σ a_k` up to `k = last` and, if wanted, `Σ k a_k`.
#[inline(always)]
fn sums<const N: usize, const SLOPE: bool>(kind: Kind, v: Lanes<N>, x: Lanes<N>, last: usize) -> (Lanes<N>, Lanes<N>) {
    let y = match kind {
        Kind::I => -1.0 / x,
        Kind::K => 1.0 / x,
    };
    let mu = 4.0 * v * v;
    let (mut term, mut sum, mut slope) = (Lanes::splat(1.0), Lanes::splat(1.0), Lanes::splat(0.0));
    for k in 1..=last {
        let odd = (2 * k - 1) as f64;
        term = term * ((mu - odd * odd) * (STEP[k] * y));
        sum = sum + term;
        if SLOPE {
            slope = slope + k as f64 * term;
        }
    }
    (sum, slope)
}

/// `log I` or `log K`, or scaled by `e^∓x`.
#[inline(always)]
pub(super) fn value<const N: usize>(kind: Kind, scaling: Scaling, v: Lanes<N>, x: Lanes<N>) -> Lanes<N> {
    value_to(kind, scaling, v, x, LAST)
}

/// The same with terms up to `last`.
#[inline(always)]
pub(super) fn value_to<const N: usize>(
    kind: Kind,
    scaling: Scaling,
    v: Lanes<N>,
    x: Lanes<N>,
    last: usize,
) -> Lanes<N> {
    let (sum, _) = sums::<N, false>(kind, v, x, last);
    let root = 0.5 * (x / (sum * sum)).ln();
    match (kind, scaling) {
        (Kind::I, Scaling::Exponential) => -LN_ROOT_TAU - root,
        (Kind::K, Scaling::Exponential) => LN_ROOT_HALF_PI - root,
        (Kind::I, Scaling::None) => x - (LN_ROOT_TAU + root),
        (Kind::K, Scaling::None) => (LN_ROOT_HALF_PI - root) - x,
    }
}

/// `I′/I` or `K′/K`.
#[inline(always)]
pub(super) fn slope(kind: Kind, v: f64, x: f64) -> f64 {
    let (sum, slope) = sums::<1, true>(kind, Lanes([v]), Lanes([x]), LAST);
    let rest = (0.5 + slope.0[0] / sum.0[0]) / x;
    match kind {
        Kind::I => 1.0 - rest,
        Kind::K => -1.0 - rest,
    }
}

/// `1 − I′/I`
pub(super) fn slope_complement(v: f64, x: f64) -> f64 {
    let (sum, slope) = sums::<1, true>(Kind::I, Lanes([v]), Lanes([x]), LAST);
    (0.5 + slope.0[0] / sum.0[0]) / x
}

/// The first term that is left out, relative to the sum.
pub(super) fn truncation(kind: Kind, v: f64, x: f64) -> f64 {
    let mu = 4.0 * v * v;
    let term = (1..=LAST + 1).fold(1.0, |term, k| {
        let odd = (2 * k - 1) as f64;
        term * ((mu - odd * odd) / (8.0 * k as f64 * x))
    });
    (term / sums::<1, false>(kind, Lanes([v]), Lanes([x]), LAST).0.0[0]).abs()
}
