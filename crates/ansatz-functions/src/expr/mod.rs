//! Closed-form expressions of one variable `x`, as a user types them.
//!
//! ```
//! use ansatz_functions::{ball::Ball, expr::Expr, number::Scalar};
//! let f = Expr::parse("1/(1 + x^2)")?;
//! assert_eq!(f.eval_f64(3.0), 0.1);
//! assert!(f.eval(&Ball::from_interval(-1.0, 1.0)).contains(0.75));
//! assert_eq!(f.to_string(), "1/(1 + x^2)");
//! assert!(Expr::parse("2^").is_err());
//! # Ok::<(), ansatz_core::Error>(())
//! ```
//!
//! Decimal numbers mean the rational that they write: `0.1` is 1/10. `^` and `**` bind to the right and more tightly
//! than the minus sign: `-x^2` is `-(x^2)`. A function may stand without argument, which is then `x`: `exp2` is
//! `exp2(x)`.

mod func;
mod parse;

pub use func::{Analytic, Func};

use crate::{ball::Ball, number::Scalar};
use std::{fmt, sync::OnceLock};

/// A named number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constant {
    /// `π`
    Pi,
    /// `e`
    E,
    /// `ln 2`
    Ln2,
}

/// An operation on two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// The variable `x`.
    X,
    /// A decimal number, as it was written: digits, at most one point, at most one exponent.
    Number(String),
    /// A named number.
    Constant(Constant),
    /// `−a`
    Neg(Box<Expr>),
    /// An operation on two expressions.
    Binary(Binary, Box<[Expr; 2]>),
    /// A function of an expression.
    Call(Func, Box<Expr>),
}

impl Constant {
    fn name(self) -> &'static str {
        match self {
            Self::Pi => "pi",
            Self::E => "e",
            Self::Ln2 => "ln2",
        }
    }

    /// The enclosing ball.
    pub fn ball(self) -> Ball {
        static VALUES: OnceLock<[Ball; 3]> = OnceLock::new();
        VALUES.get_or_init(|| [Ball::pi(), Ball::e(), Ball::ln2()])[self as usize].clone()
    }
}

impl Expr {
    /// Reads an expression of at most 1000 characters.
    ///
    /// # Errors
    /// [`Error::Syntax`](ansatz_core::Error::Syntax) with the position, or
    /// [`Error::Unknown`](ansatz_core::Error::Unknown) for a name that no function has.
    pub fn parse(text: &str) -> ansatz_core::Result<Self> {
        parse::parse(text)
    }

    /// The value at `x`; not-a-number (undefined for a ball) outside the domain.
    pub fn eval<A: Analytic>(&self, x: &A) -> A {
        match self {
            Self::X => x.clone(),
            Self::Number(text) => A::of_ball(&decimal(text)),
            Self::Constant(c) => A::of_ball(&c.ball()),
            Self::Neg(a) => a.eval(x).neg(),
            Self::Call(f, a) => a.eval(x).apply(*f),
            Self::Binary(op, args) => {
                let [a, b] = &**args;
                match op {
                    Binary::Pow => power(a, b, x),
                    // The same expression twice is the same value, so that x·x is a square.
                    Binary::Mul if a == b => {
                        let a = a.eval(x);
                        a.mul(&a)
                    }
                    Binary::Add => a.eval(x).add(&b.eval(x)),
                    Binary::Sub => a.eval(x).sub(&b.eval(x)),
                    Binary::Mul => a.eval(x).mul(&b.eval(x)),
                    Binary::Div => a.eval(x).div(&b.eval(x)),
                }
            }
        }
    }

    /// The value at a double, rounded to one; not-a-number outside the domain. 0.1–0.3 ms: for pictures, not for loops.
    pub fn eval_f64(&self, x: f64) -> f64 {
        self.eval(&Ball::from_f64(x)).to_f64()
    }

    /// Whether `x` occurs.
    pub fn depends_on_x(&self) -> bool {
        match self {
            Self::X => true,
            Self::Number(_) | Self::Constant(_) => false,
            Self::Neg(a) | Self::Call(_, a) => a.depends_on_x(),
            Self::Binary(_, args) => args.iter().any(Self::depends_on_x),
        }
    }

    fn binary(op: Binary, a: Self, b: Self) -> Self {
        Self::Binary(op, Box::new([a, b]))
    }

    /// How tightly the outermost operation binds.
    fn precedence(&self) -> u8 {
        match self {
            Self::Binary(Binary::Add | Binary::Sub, _) => 1,
            Self::Binary(Binary::Mul | Binary::Div, _) => 2,
            Self::Neg(_) => 3,
            Self::Binary(Binary::Pow, _) => 4,
            _ => 5,
        }
    }
}

/// `a^b`: by products for a constant integer exponent, by the root for a half, else by logarithm and exponential.
fn power<A: Analytic>(a: &Expr, b: &Expr, x: &A) -> A {
    if !b.depends_on_x() {
        let exponent = b.eval(&Ball::ZERO);
        let n = exponent.to_f64();
        let is = |value: f64| exponent.is_exact() && exponent.sub(&Ball::from_f64(value)).is_zero();
        return if is(n) && n.fract() == 0.0 && n.abs() <= 1e6 {
            a.eval(x).powi(n as i64)
        } else if is(0.5) {
            a.eval(x).sqrt()
        } else {
            a.eval(x).pow(&exponent)
        };
    }
    let exponent = b.eval(x);
    if a.depends_on_x() {
        return exponent.mul(&a.eval(x).apply(Func::Ln)).exp();
    }
    let base = a.eval(&Ball::ZERO);
    if base.sub(&Ball::from_integer(2)).is_zero() { exponent.apply(Func::Exp2) } else { exponent.power_of(&base) }
}

/// The ball of a decimal number, exact if it is an integer of moderate size.
fn decimal(text: &str) -> Ball {
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let ten = Ball::from_integer(10);
    let mut value = Ball::ZERO;
    for digit in whole.bytes().chain(fraction.bytes()) {
        value = value.mul(&ten).add(&Ball::from_integer(i64::from(digit.wrapping_sub(b'0'))));
    }
    // Saturation only touches exponents whose power of ten leaves every range.
    let exponent = exponent.parse::<i64>().unwrap_or(i64::MAX / 2).saturating_sub(fraction.len() as i64);
    let power = ten.powi(exponent.abs());
    if exponent < 0 { value.div(&power) } else { value.mul(&power) }
}

impl fmt::Display for Expr {
    /// Writes the expression so that [`Expr::parse`] reads the same one, with no more parentheses than that takes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operand = |a: &Self, least: u8, f: &mut fmt::Formatter<'_>| {
            if a.precedence() < least { write!(f, "({a})") } else { write!(f, "{a}") }
        };
        match self {
            Self::X => f.write_str("x"),
            Self::Number(text) => f.write_str(text),
            Self::Constant(c) => f.write_str(c.name()),
            Self::Call(function, a) => write!(f, "{}({a})", function.name()),
            Self::Neg(a) => {
                f.write_str("-")?;
                operand(a, 3, f)
            }
            Self::Binary(op, args) => {
                let [a, b] = &**args;
                let (sign, left, right) = match op {
                    Binary::Add => (" + ", 1, 2),
                    Binary::Sub => (" - ", 1, 2),
                    Binary::Mul => ("*", 2, 3),
                    Binary::Div => ("/", 2, 3),
                    Binary::Pow => ("^", 5, 3),
                };
                operand(a, left, f)?;
                f.write_str(sign)?;
                operand(b, right, f)
            }
        }
    }
}
