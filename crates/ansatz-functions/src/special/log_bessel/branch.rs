//! Which expansion is in charge where.

use super::{Kind, Mode, debye, hankel, integral, series};

/// An expansion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Branch {
    /// Hankel's, for large arguments.
    Hankel,
    /// Debye's, uniform in large orders.
    Debye,
    /// The power series of `I`.
    Series,
    /// The trapezoidal rule for `K`.
    Integral,
    /// The leading terms of `K` at 0.
    Limit,
}

impl Branch {
    /// How it reads.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hankel => "Hankel's expansion, 20 terms",
            Self::Debye => "Debye's expansion, 13 terms",
            Self::Series => "power series, 42 terms",
            Self::Integral => "integral, trapezoidal rule",
            Self::Limit => "leading terms at 0",
        }
    }

    /// What it leaves out, relative to the function: the first omitted term, or a bound of the rule's error. Rounding comes
    /// on top of it.
    pub fn truncation(self, kind: Kind, v: f64, x: f64) -> f64 {
        let v = v.abs();
        match self {
            Self::Hankel => hankel::truncation(kind, v, x),
            Self::Debye => debye::truncation(kind, v, x),
            Self::Series => series::truncation(v, x),
            Self::Integral => integral::discretisation(v, x),
            Self::Limit => (0.25 * x * x * (1.0 - 2.0 * x.ln())).abs(),
        }
    }
}

/// The branch that [`LogBessel`](super::LogBessel) takes at finite `v ≥ 0` and `x > 0`; `None` elsewhere.
pub fn branch_of(kind: Kind, mode: Mode, v: f64, x: f64) -> Option<Branch> {
    let v = if kind == Kind::K { v.abs() } else { v };
    let inside = v >= 0.0 && x > 0.0 && v.is_finite() && x.is_finite();
    inside.then(|| branch(kind, mode, v, x))
}

/// The branch at finite `v ≥ 0` and `x > 0`.
#[inline(always)]
pub(super) fn branch(kind: Kind, mode: Mode, v: f64, x: f64) -> Branch {
    let (hankel, debye) = match mode {
        // The first omitted terms are below (v²/2x)^21/21! < 10⁻¹⁶; at x = 30, v = 0, where Debye's is 3·10⁻¹⁶; and at
        // v = 20, x = 0.5 v.
        Mode::Strict => (x > 30.0 && v * (v / 3.0) <= x, x > 30.0 || v > 20.0),
        Mode::Paper => (
            (x > 30.0 && v < 15.3919) || (x > 59.6925 && 0.5113 * x.ln() + 0.7939 > v.ln()),
            (x > 19.6931 && v > 0.7) || v > 12.6964,
        ),
    };
    // Where the square of v could overflow, Debye's expansion takes over.
    match (hankel && x < 1e300, debye || hankel, kind) {
        (true, ..) => Branch::Hankel,
        (_, true, _) => Branch::Debye,
        (.., Kind::I) => Branch::Series,
        (.., Kind::K) => integral::branch(x),
    }
}
