//! What is to be approximated: a function, an interval and the error that counts.

use crate::number::{Big, Scalar};
use ansatz_core::{Error, Result};

/// An interval of the real line with finite double end points.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Interval {
    /// Lower end.
    pub lo: f64,
    /// Upper end.
    pub hi: f64,
    /// Whether the lower end itself is left out.
    pub lo_open: bool,
    /// Whether the upper end itself is left out.
    pub hi_open: bool,
}

/// A floating-point format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// IEEE binary32.
    F32,
    /// IEEE binary64.
    F64,
}

/// How the distance between a program `P` and the function `f` is measured, pointwise; the error is its maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// `|P/f − 1|`
    Relative,
    /// `|P − f|`
    Absolute,
    /// `|P − f| / ulp(f)`, the unit in the last place of the format in `f`'s binade.
    Ulp(Format),
}

/// A function on an interval with an error measure.
#[derive(Clone, Debug)]
pub struct Target {
    /// What the user calls it.
    pub name: String,
    /// Where it is approximated.
    pub interval: Interval,
    /// How the error is measured.
    pub weight: Weight,
}

impl Target {
    /// `f(x)` to at least 50 digits.
    ///
    /// # Errors
    /// If `f` is not finite at `x`.
    pub fn value(&self, x: &Big) -> Result<Big> {
        // TODO: every function; the body is to be replaced by the expression's evaluation.
        let _ = &self.name;
        let value = x.mul(&Big::from_f64(2.0).ln()).exp();
        if value.is_finite() {
            Ok(value)
        } else {
            Err(Error::NotFinite { quantity: self.name.clone(), place: format!("x = {}", x.to_f64()) })
        }
    }
}
