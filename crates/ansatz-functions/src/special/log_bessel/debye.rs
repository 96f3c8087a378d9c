//! Debye's expansion, uniform in the argument for large orders, and as good for large arguments at any order.
//!
//! With `s = √(v² + x²)` and `p = (v/s)²`
//!
//! ```text
//! log I = vη − log √(2πs) + log Σ_k U_k(p)/s^k,        log K = −vη + log √(π/2s) + log Σ_k U_k(p)/(−s)^k
//! ```
//!
//! where `vη = s − v arsinh(v/x)` and `u_k(t)/v^k = U_k(t²)/s^k` (DLMF 10.41.3, 10.41.4), cut after `k = 13`. In powers of
//! `1/s` nothing happens when `v` goes to 0. `vη` is taken as
//! `x + v (ρ − log(1 + w))`, `ρ = v/(s+x)`, `w = v(1+ρ)/x`, which keeps its precision when `v` is small beside `x` and
//! yields the scaled functions by leaving `x` out. Near `x = 0.6627 v`, where `η` vanishes while its parts are of the size of
//! `v`, its Taylor series is used.
//!
//! Derivatives come from `v_k − u_k`, in which `t(1−t²)` is a factor (DLMF 10.41.11), so that
//! `I_{v+1}/I_v = x/(v+s) − x/s² · ΣQ_k(p)/s^k / ΣU_k(p)/s^k` with `Q_k = (½ + k)U_k + 2p U_k′`: no difference of large
//! numbers at any `v` and `x`.
//!
//! One value costs 240 operations, a square root, four divisions and two logarithms.
//!
//! Source: Olver 1954; the expansion to `k = 13`: Plesner, Sørensen and Hauberg 2024, arXiv:2409.08729.

pub(super) use super::debye_table::LAST;
use super::debye_table::U;
use super::hankel::{LN_ROOT_HALF_PI, LN_ROOT_TAU};
use super::lanes::Lanes;
use super::{Kind, Scaling};

/// The zero of `η(z)`, in two parts.
const ZERO: f64 = 0.6627434193491816;
const ZERO_LOW: f64 = 8.155323790501267e-18;
/// The Taylor series of `η` there is used up to this distance.
const NEAR: f64 = 0.06;
/// `η(ZERO + d) = Σ_n ETA[n−1] dⁿ`; the terms fall by 0.09 each.
const ETA: [f64; 16] = [
    1.8101705806989772,
    -0.948886416256837,
    1.1001528948506503,
    -1.2953006779860539,
    1.5715455665619724,
    -1.9710295801345066,
    2.5442226725502084,
    -3.3574176889619281,
    4.503639745039154,
    -6.116916154170854,
    8.391114712091305,
    -11.606012767320622,
    16.16472543589419,
    -22.648266391101256,
    31.895268490233818,
    -45.1183158825841,
];

/// Whether the arguments need no care for overflow, underflow or subnormal numbers.
pub(super) fn is_tame(v: f64, x: f64) -> bool {
    let tame = 1e-100..=1e100;
    // v may be 0: only its square and its product with a logarithm are taken.
    v <= 1e100 && tame.contains(&x)
}

/// Whether `η` is small beside its parts.
pub(super) fn is_near_zero(v: f64, x: f64) -> bool {
    (x - ZERO * v).abs() < NEAR * v
}

/// `Σ_k U_k(p)/s^k` up to `k = last`, with alternating signs for `K`.
#[inline(always)]
fn sum<const N: usize>(kind: Kind, v: Lanes<N>, s: Lanes<N>, last: usize) -> Lanes<N> {
    let t = v / s;
    let (p, y) = (t * t, signed_inverse(kind, s));
    let mut sum = Lanes::splat(0.0);
    for k in (0..=last).rev() {
        let mut u = Lanes::splat(U[k][k]);
        for i in (0..k).rev() {
            u = u * p + U[k][i];
        }
        sum = sum * y + u;
    }
    sum
}

#[inline(always)]
fn signed_inverse<const N: usize>(kind: Kind, s: Lanes<N>) -> Lanes<N> {
    match kind {
        Kind::I => 1.0 / s,
        Kind::K => -1.0 / s,
    }
}

/// `log I` or `log K`, or scaled by `e^∓x`, for tame arguments not near the zero of `η`.
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
    let s = (v * v + x * x).sqrt();
    let rho = v / (s + x);
    let w = v / x * (1.0 + rho);
    let eta = v * (rho - w.ln_1p());
    let sum = sum(kind, v, s, last);
    let root = 0.5 * (s / (sum * sum)).ln();
    match (kind, scaling) {
        (Kind::I, Scaling::Exponential) => eta - (LN_ROOT_TAU + root),
        (Kind::K, Scaling::Exponential) => (LN_ROOT_HALF_PI - root) - eta,
        (Kind::I, Scaling::None) => x + (eta - (LN_ROOT_TAU + root)),
        (Kind::K, Scaling::None) => ((LN_ROOT_HALF_PI - root) - eta) - x,
    }
}

/// The same near the zero of `η`.
#[inline(always)]
pub(super) fn value_near_zero<const N: usize>(kind: Kind, scaling: Scaling, v: Lanes<N>, x: Lanes<N>) -> Lanes<N> {
    let s = (v * v + x * x).sqrt();
    // v d = x − v ZERO, exactly but for the last rounding: Dekker's product of numbers cut in halves.
    let (a, b) = (halves(v), halves(Lanes::splat(ZERO)));
    let product = v * ZERO;
    let low = ((a.0 * b.0 - product) + a.0 * b.1 + a.1 * b.0) + a.1 * b.1;
    let vd = ((x - product) - low) - v * ZERO_LOW;
    let d = vd / v;
    let mut series = Lanes::splat(ETA[ETA.len() - 1]);
    for n in (0..ETA.len() - 1).rev() {
        series = series * d + ETA[n];
    }
    let eta = vd * series;
    let sum = sum(kind, v, s, LAST);
    let root = 0.5 * (s / (sum * sum)).ln();
    let value = match kind {
        Kind::I => eta - (LN_ROOT_TAU + root),
        Kind::K => (LN_ROOT_HALF_PI - root) - eta,
    };
    match (kind, scaling) {
        (_, Scaling::None) => value,
        (Kind::I, Scaling::Exponential) => value - x,
        (Kind::K, Scaling::Exponential) => value + x,
    }
}

/// Veltkamp's splitting into two numbers of 26 bits.
#[inline(always)]
fn halves<const N: usize>(a: Lanes<N>) -> (Lanes<N>, Lanes<N>) {
    let c = 134217729.0 * a;
    let high = c - (c - a);
    (high, a - high)
}

/// For arguments that are not tame: everything is scaled by the larger one.
pub(super) fn value_extreme(kind: Kind, scaling: Scaling, v: f64, x: f64) -> f64 {
    let m = v.max(x);
    let (a, b) = (v / m, x / m);
    let s = (a * a + b * b).sqrt();
    let rho = a / (s + b);
    // The logarithm of 1 + w; w may overflow, and b may have lost digits.
    let log = if b > 1e-290 { (a / b * (1.0 + rho)).ln_1p() } else { (v * (1.0 + rho)).ln() - x.ln() };
    let eta = v * (rho - log);
    // An infinite s · m leaves only the first term, which is right.
    let sum = sum(kind, Lanes([v]), Lanes([s * m]), LAST).0[0];
    let root = 0.5 * (m.ln() + s.ln()) - sum.ln();
    match (kind, scaling) {
        (Kind::I, Scaling::Exponential) => eta - (LN_ROOT_TAU + root),
        (Kind::K, Scaling::Exponential) => (LN_ROOT_HALF_PI - root) - eta,
        (Kind::I, Scaling::None) => x + (eta - (LN_ROOT_TAU + root)),
        (Kind::K, Scaling::None) => ((LN_ROOT_HALF_PI - root) - eta) - x,
    }
}

/// `x/s² ΣQ_k(p)/s^k / ΣU_k(p)/s^k`, by which ratio and derivative differ from their leading parts.
fn correction(kind: Kind, v: f64, x: f64, s: f64) -> f64 {
    let (p, y) = ((v / s).powi(2), signed_inverse(kind, Lanes([s])).0[0]);
    let (mut top, mut bottom) = (0.0, 0.0);
    for (k, row) in U[..=LAST].iter().enumerate().rev() {
        let (mut q, mut u) = (0.0, 0.0);
        for (i, coefficient) in row.iter().enumerate().rev() {
            q = q * p + (0.5 + (k + 2 * i) as f64) * coefficient;
            u = u * p + coefficient;
        }
        top = top * y + q;
        bottom = bottom * y + u;
    }
    x / s * (top / bottom) / s
}

/// `v`, `x` and `√(v² + x²)`, all in quarters if a sum of them could overflow: quotients do not change, and the correction is
/// far below an ulp there.
fn with_root(v: f64, x: f64) -> (f64, f64, f64) {
    let (v, x) = if v.max(x) > 1e300 { (0.25 * v, 0.25 * x) } else { (v, x) };
    (v, x, v.hypot(x))
}

/// `I_{v+1}/I_v` or `K_{v+1}/K_v`.
pub(super) fn ratio(kind: Kind, v: f64, x: f64) -> f64 {
    let (v, x, s) = with_root(v, x);
    let correction = correction(kind, v, x, s);
    match kind {
        Kind::I => x / (v + s) - correction,
        Kind::K => (v + s) / x + correction,
    }
}

/// `1 − I_{v+1}/I_v`, with `s − x = v²/(s + x)`.
pub(super) fn ratio_complement(v: f64, x: f64) -> f64 {
    let (v, x, s) = with_root(v, x);
    v * (1.0 + v / (s + x)) / (v + s) + correction(Kind::I, v, x, s)
}

/// `I′/I` or `K′/K`.
pub(super) fn slope(kind: Kind, v: f64, x: f64) -> f64 {
    let (v, x, s) = with_root(v, x);
    let correction = correction(kind, v, x, s);
    match kind {
        Kind::I => s / x - correction,
        Kind::K => -(s / x + correction),
    }
}

/// The first term that is left out, relative to the sum.
pub(super) fn truncation(kind: Kind, v: f64, x: f64) -> f64 {
    let s = v.hypot(x);
    let p = (v / s).powi(2);
    let u = U[LAST + 1].iter().rev().fold(0.0, |u, coefficient| u * p + coefficient);
    (u * s.recip().powi(LAST as i32 + 1) / sum(kind, Lanes([v]), Lanes([s]), LAST).0[0]).abs()
}
