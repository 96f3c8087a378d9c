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
        // hi may sit on a rounding boundary that lo decides. Boundaries are even doubles, so rounding the sum to odd
        // first makes the second rounding as if from the sum itself (Boldo & Melquiond 2008).
        let even = value.hi.to_bits() & 1 == 0;
        let hi = match value.lo {
            lo if even && lo > 0.0 => value.hi.next_up(),
            lo if even && lo < 0.0 => value.hi.next_down(),
            _ => value.hi,
        };
        hi as f32
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_double_double_is_rounded_once_to_single_precision() {
        // Halfway between two neighbours of binary32, so that the lower part decides.
        for (middle, below, above) in [(1.0 + 2f64.powi(-24), 1.0, 1.0 + f32::EPSILON), (1.5, 1.5, 1.5)] {
            for lo in [1e-17, 1e-30, 1e-300] {
                assert_eq!(f32::from_dd(Dd { hi: middle, lo }), above);
                assert_eq!(f32::from_dd(Dd { hi: middle, lo: -lo }), below);
                assert_eq!(f32::from_dd(Dd { hi: -middle, lo }), -below);
            }
        }
        // One double below and above the boundary the lower part changes nothing.
        let middle = 1.0 + 2f64.powi(-24);
        assert_eq!(f32::from_dd(Dd { hi: middle.next_down(), lo: 1e-17 }), 1.0);
        assert_eq!(f32::from_dd(Dd { hi: middle.next_up(), lo: -1e-17 }), 1.0 + f32::EPSILON);
        // Everywhere else it is the usual rounding.
        for i in 0..1000 {
            let x = f64::from(i).sin() * 10f64.powi(i % 60 - 30);
            assert_eq!(f32::from_dd(Dd::from(x)).to_bits(), (x as f32).to_bits());
        }
    }
}
