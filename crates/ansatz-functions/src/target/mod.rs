//! What is to be approximated: a function, an interval and the error that counts.
//!
//! ```
//! use ansatz_functions::target::{Target, Weight};
//! let target = Target::parse("2^x", "(0, 1]", Weight::Relative)?;
//! target.validate()?;
//! let bad = Target::parse("sin(x)", "-1..1", Weight::Relative)?;
//! assert!(bad.validate().unwrap_err().to_string().contains("zero at x = 0"));
//! # Ok::<(), ansatz_core::Error>(())
//! ```

mod interval;
mod named;
mod validate;

use crate::{
    ball::Ball,
    expr::Expr,
    number::{Big, Scalar},
    series::Series,
};
use ansatz_core::{Error, Result};
use std::{fmt, sync::Arc};

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

/// What is approximated.
#[derive(Clone)]
pub enum Function {
    /// A closed form, known to any accuracy and with rigorous enclosures.
    Expr(Expr),
    /// Code that gives doubles: it can be sampled, and nothing can be proved about it.
    Callback(Arc<dyn Fn(f64) -> f64 + Send + Sync>),
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expr(expr) => write!(f, "{expr}"),
            Self::Callback(_) => f.write_str("callback"),
        }
    }
}

/// A function on an interval with an error measure.
#[derive(Clone, Debug)]
pub struct Target {
    /// What the user calls it.
    pub name: String,
    /// The function.
    pub function: Function,
    /// Where it is approximated.
    pub interval: Interval,
    /// How the error is measured.
    pub weight: Weight,
}

impl Target {
    /// The target of an expression of `x`, such as `2^x`, on an interval as [`Interval::parse`] reads it.
    ///
    /// # Errors
    /// If either cannot be read. The target itself is checked by [`validate`](Self::validate).
    pub fn parse(expression: &str, interval: &str, weight: Weight) -> Result<Self> {
        let function = Function::Expr(Expr::parse(expression)?);
        let name = expression.trim().to_owned();
        Ok(Self { name, function, interval: Interval::parse(interval)?, weight })
    }

    /// The target of a function in code, which can only be sampled.
    pub fn callback(
        name: impl Into<String>,
        function: impl Fn(f64) -> f64 + Send + Sync + 'static,
        interval: Interval,
        weight: Weight,
    ) -> Self {
        Self { name: name.into(), function: Function::Callback(Arc::new(function)), interval, weight }
    }

    /// The closed form, if there is one.
    pub fn expression(&self) -> Option<&Expr> {
        match &self.function {
            Function::Expr(expr) => Some(expr),
            Function::Callback(_) => None,
        }
    }

    /// Whether bounds over the function can be proved.
    pub fn is_certifiable(&self) -> bool {
        self.expression().is_some()
    }

    /// `f(x)`, computed with 57 digits, of which an expression loses as many as its terms cancel at `x`; of a callback,
    /// the double that it gives.
    ///
    /// # Errors
    /// [`Error::NotFinite`] if `f` is not finite at `x`.
    pub fn value(&self, x: &Big) -> Result<Big> {
        let value = match &self.function {
            Function::Expr(expr) => expr.eval(&Ball::exact(x)).midpoint(),
            Function::Callback(f) => Big::from_f64(f(x.to_f64())),
        };
        if value.is_finite() { Ok(value) } else { Err(self.not_finite(x.to_f64())) }
    }

    /// An enclosure of `f` over the ball; undefined outside the domain and for a callback.
    pub fn ball(&self, x: &Ball) -> Ball {
        self.expression().map_or(Ball::UNDEFINED, |expr| expr.eval(x))
    }

    /// The Taylor coefficients of `f` at the points of `centre`, to order `order`.
    ///
    /// Over an exact centre the `k`-th coefficient encloses `f⁽ᵏ⁾/k!` there; over a wide one it does so for every
    /// point of the ball. Where `f` is not analytic, as `sqrt` is at 0, and for a callback, the series is undefined.
    pub fn series(&self, centre: &Ball, order: usize) -> Series<Ball> {
        let x = Series::variable(centre.clone(), order);
        match self.expression() {
            Some(expr) => expr.eval(&x),
            None => Series::constant(Ball::UNDEFINED),
        }
    }

    fn not_finite(&self, x: f64) -> Error {
        Error::NotFinite { quantity: self.name.clone(), place: format!("x = {x}") }
    }
}
