//! Logarithms of the modified Bessel functions `I_v(x)` and `K_v(x)` for real orders `v` and arguments `x ≥ 0`.
//!
//! `I` and `K` leave the range of doubles as soon as order or argument reach a few hundred; their logarithms are what
//! statistics needs: the normaliser of a von Mises–Fisher distribution, Matérn covariances, non-central χ². Here nothing is
//! computed outside of the log scale, so that nothing overflows or underflows. Three expansions share the plane:
//!
//! | branch | where, by default | `log I` | `log K` |
//! |---|---|---|---|
//! | [`Branch::Hankel`] | `x > 30`, `v² ≤ 3x` | 20 terms in `1/x` | the same |
//! | [`Branch::Debye`] | else `x > 30` or `v > 20` | 13 terms in `1/√(v²+x²)` | the same |
//! | [`Branch::Series`] | else | 42 terms in `x²` | – |
//! | [`Branch::Integral`], [`Branch::Limit`] | else | – | trapezoidal rule; the limit for `x < 10⁻⁹` |
//!
//! The absolute error of the logarithm, which is the relative error of the function, is of the order of an ulp of
//! `max(|log|, v, x)`. [`Mode::Paper`] draws the lines where they were published: there Hankel's expansion is used where it
//! has not converged, which the size of the logarithm hides, and the absolute error exceeds `10⁻⁹`.
//!
//! Ratios and derivatives do not subtract logarithms, and keep their relative precision.
//!
//! ```
//! use ansatz_functions::special::{LogBessel, log_iv, log_kv};
//! assert!((log_iv(16383.0, 2e4) - 13600.33915942648).abs() < 1e-11);
//! assert!((log_kv(0.5, 2.0) + 2.1207822376352452).abs() < 1e-15);
//! let mut out = [0.0; 3];
//! LogBessel::i().fill(&[0.0, 1.0, 1e6], &[700.0], &mut out)?;
//! assert!(out[2] < -6.9e6);
//! # Ok::<(), ansatz_core::Error>(())
//! ```
//!
//! Source: Plesner, Sørensen and Hauberg 2024, arXiv:2409.08729; what differs from it is said in each file.

mod arrays;
mod branch;
mod debye;
mod debye_table;
mod derived;
mod hankel;
mod integral;
mod lanes;
mod partial;
mod references;
mod series;
mod single;
#[cfg(test)]
mod tests;

pub use arrays::LogBessel;
pub use branch::{Branch, branch_of};
pub(crate) use derived::bessel_i_ratio_complement;
pub use derived::{bessel_i_ratio, bessel_k_ratio, log_iv_slope, log_kv_slope};
pub use references::{Reference, references};
pub use single::{log_iv_f32, log_ive_f32, log_kv_f32, log_kve_f32};

use lanes::Lanes;

/// Which of the two functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The first kind, which grows with `x`.
    I,
    /// The second kind, which falls.
    K,
}

/// Where the lines between the branches are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Where every expansion has converged to double precision.
    #[default]
    Strict,
    /// Where they were published.
    Paper,
}

/// A factor of the function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scaling {
    /// The function itself.
    #[default]
    None,
    /// `e^{−x} I_v(x)`, `e^x K_v(x)`: the factor is left out where it would arise, not divided out.
    Exponential,
}

/// `log I_v(x)`.
///
/// `−∞` at `x = 0` unless `v = 0`; not-a-number for negative `x` or `v`.
pub fn log_iv(v: f64, x: f64) -> f64 {
    LogBessel::i().value(v, x)
}

/// `log K_v(x)`, even in `v`.
///
/// `∞` at `x = 0`; not-a-number for negative `x`.
pub fn log_kv(v: f64, x: f64) -> f64 {
    LogBessel::k().value(v, x)
}

/// `log(e^{−x} I_v(x))`.
pub fn log_ive(v: f64, x: f64) -> f64 {
    LogBessel::i().scaled().value(v, x)
}

/// `log(e^x K_v(x))`.
pub fn log_kve(v: f64, x: f64) -> f64 {
    LogBessel::k().scaled().value(v, x)
}

/// The value at finite `v ≥ 0` and `x > 0`.
fn inside(kind: Kind, scaling: Scaling, mode: Mode, v: f64, x: f64) -> f64 {
    let (a, b) = (Lanes([v]), Lanes([x]));
    match branch::branch(kind, mode, v, x) {
        Branch::Hankel => hankel::value(kind, scaling, a, b).0[0],
        Branch::Debye if !debye::is_tame(v, x) => debye::value_extreme(kind, scaling, v, x),
        Branch::Debye if debye::is_near_zero(v, x) => debye::value_near_zero(kind, scaling, a, b).0[0],
        Branch::Debye => debye::value(kind, scaling, a, b).0[0],
        Branch::Series if mode == Mode::Paper => series::value_in_logarithms(scaling, v, x),
        Branch::Series => series::value(scaling, a, b).0[0],
        Branch::Integral | Branch::Limit => integral::value(scaling, v, x),
    }
}

/// The value where `v` or `x` is 0, infinite or not allowed; `None` elsewhere. `v` is not negative for `K`.
fn at_the_edge(kind: Kind, scaling: Scaling, v: f64, x: f64) -> Option<f64> {
    let (grown, vanished) = match kind {
        Kind::I => (f64::INFINITY, f64::NEG_INFINITY),
        Kind::K => (f64::NEG_INFINITY, f64::INFINITY),
    };
    if !(v >= 0.0 && x >= 0.0) || (v.is_infinite() && x.is_infinite()) {
        Some(f64::NAN)
    } else if x == 0.0 {
        Some(if kind == Kind::I && v == 0.0 { 0.0 } else { vanished })
    } else if v.is_infinite() {
        Some(vanished)
    } else if x.is_infinite() {
        // Scaled, both fall as x^−½.
        Some(if scaling == Scaling::Exponential { f64::NEG_INFINITY } else { grown })
    } else {
        None
    }
}
