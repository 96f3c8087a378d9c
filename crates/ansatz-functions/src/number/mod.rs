//! The arithmetics in which programs are evaluated: `f64`, double-double, multiprecision and balls.

mod big;
mod dd;
pub mod hex;

pub use big::{BIG_BITS, Big};
pub use dd::Dd;

use std::fmt::Debug;

/// What a program needs of a number.
///
/// Every operation is total: a division by zero or the root of a negative number gives the type's own
/// not-a-number ([`is_finite`](Scalar::is_finite) tells), never a panic.
pub trait Scalar: Clone + Debug {
    /// The nearest value of this type.
    fn from_dd(value: Dd) -> Self;
    /// The nearest double.
    fn to_f64(&self) -> f64;
    /// `self + rhs`
    #[must_use]
    fn add(&self, rhs: &Self) -> Self;
    /// `self − rhs`
    #[must_use]
    fn sub(&self, rhs: &Self) -> Self;
    /// `self · rhs`
    #[must_use]
    fn mul(&self, rhs: &Self) -> Self;
    /// `self / rhs`
    #[must_use]
    fn div(&self, rhs: &Self) -> Self;
    /// `−self`
    #[must_use]
    fn neg(&self) -> Self;
    /// `√self`
    #[must_use]
    fn sqrt(&self) -> Self;
    /// `e^self`
    #[must_use]
    fn exp(&self) -> Self;
    /// `self · b + c`; with one rounding in the floating-point formats, exact arithmetic has no difference.
    #[must_use]
    fn fma(&self, b: &Self, c: &Self) -> Self {
        self.mul(b).add(c)
    }
    /// Whether this is a number.
    fn is_finite(&self) -> bool;
    /// The nearest value to a double.
    fn from_f64(value: f64) -> Self {
        Self::from_dd(Dd::from(value))
    }
}

impl Scalar for f64 {
    fn from_dd(value: Dd) -> Self {
        value.hi
    }
    fn to_f64(&self) -> f64 {
        *self
    }
    fn add(&self, rhs: &Self) -> Self {
        self + rhs
    }
    fn sub(&self, rhs: &Self) -> Self {
        self - rhs
    }
    fn mul(&self, rhs: &Self) -> Self {
        self * rhs
    }
    fn div(&self, rhs: &Self) -> Self {
        self / rhs
    }
    fn neg(&self) -> Self {
        -self
    }
    fn sqrt(&self) -> Self {
        f64::sqrt(*self)
    }
    fn exp(&self) -> Self {
        f64::exp(*self)
    }
    fn fma(&self, b: &Self, c: &Self) -> Self {
        self.mul_add(*b, *c)
    }
    fn is_finite(&self) -> bool {
        f64::is_finite(*self)
    }
}

impl Scalar for f32 {
    fn from_dd(value: Dd) -> Self {
        // hi + lo are rounded once: hi alone may sit on a rounding boundary that lo decides.
        let rounded = value.hi as f32;
        let error = (value.hi - f64::from(rounded)) + value.lo;
        (f64::from(rounded) + error) as f32
    }
    fn to_f64(&self) -> f64 {
        f64::from(*self)
    }
    fn add(&self, rhs: &Self) -> Self {
        self + rhs
    }
    fn sub(&self, rhs: &Self) -> Self {
        self - rhs
    }
    fn mul(&self, rhs: &Self) -> Self {
        self * rhs
    }
    fn div(&self, rhs: &Self) -> Self {
        self / rhs
    }
    fn neg(&self) -> Self {
        -self
    }
    fn sqrt(&self) -> Self {
        f32::sqrt(*self)
    }
    fn exp(&self) -> Self {
        f32::exp(*self)
    }
    fn fma(&self, b: &Self, c: &Self) -> Self {
        self.mul_add(*b, *c)
    }
    fn is_finite(&self) -> bool {
        f32::is_finite(*self)
    }
}
