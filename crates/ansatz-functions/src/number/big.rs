//! Multiprecision floating point of a fixed precision, total (no operation panics).

use super::{Dd, Scalar};
use dashu_float::{FBig, round::mode::HalfEven};

/// Mantissa bits of [`Big`]: 57 decimal digits.
pub const BIG_BITS: usize = 192;

type Float = FBig<HalfEven, 2>;

/// A number of [`BIG_BITS`] bits, or not-a-number after an invalid operation.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub struct Big(Option<Float>);

impl Big {
    /// Not-a-number.
    pub const NAN: Self = Self(None);

    /// Wraps a float at the working precision.
    pub fn from_float(value: Float) -> Self {
        Self(value.repr().is_finite().then(|| value.with_precision(BIG_BITS).value()))
    }

    /// The float inside; `None` for not-a-number.
    pub fn float(&self) -> Option<&Float> {
        self.0.as_ref()
    }

    /// The nearest double-double.
    pub fn to_dd(&self) -> Dd {
        let hi = self.to_f64();
        if !hi.is_finite() {
            return Dd::from(hi);
        }
        let lo = self.sub(&Self::from_f64(hi)).to_f64();
        Dd { hi, lo }
    }

    /// The absolute value.
    #[must_use]
    pub fn abs(&self) -> Self {
        if self.is_negative() { self.neg() } else { self.clone() }
    }

    /// Whether this is a number below zero.
    pub fn is_negative(&self) -> bool {
        self.0.as_ref().is_some_and(|x| x < &Float::ZERO)
    }

    /// `self^n` by repeated squaring; `0^n` is not-a-number for negative `n`.
    #[must_use]
    pub fn powi(&self, n: i32) -> Self {
        let mut power = Self::from_f64(1.0);
        for bit in (0..32).rev() {
            power = power.mul(&power);
            if n.unsigned_abs() >> bit & 1 == 1 {
                power = power.mul(self);
            }
        }
        if n < 0 { Self::from_f64(1.0).div(&power) } else { power }
    }

    /// The natural logarithm; not-a-number unless positive.
    #[must_use]
    pub fn ln(&self) -> Self {
        Self(self.0.as_ref().filter(|x| *x > &Float::ZERO).map(Float::ln))
    }

    fn zip(&self, rhs: &Self, f: impl FnOnce(&Float, &Float) -> Float) -> Self {
        match (&self.0, &rhs.0) {
            (Some(a), Some(b)) => Self(Some(f(a, b))),
            _ => Self::NAN,
        }
    }
}

impl Scalar for Big {
    fn from_dd(value: Dd) -> Self {
        let convert = |x: f64| Float::try_from(x).ok().map(|x| x.with_precision(BIG_BITS).value());
        if !value.is_finite() {
            return Self::NAN;
        }
        match (convert(value.hi), convert(value.lo)) {
            (Some(hi), Some(lo)) => Self(Some(hi + lo)),
            _ => Self::NAN,
        }
    }
    fn to_f64(&self) -> f64 {
        self.0.as_ref().map_or(f64::NAN, |x| x.to_f64().value())
    }
    fn add(&self, rhs: &Self) -> Self {
        self.zip(rhs, |a, b| a + b)
    }
    fn sub(&self, rhs: &Self) -> Self {
        self.zip(rhs, |a, b| a - b)
    }
    fn mul(&self, rhs: &Self) -> Self {
        self.zip(rhs, |a, b| a * b)
    }
    fn div(&self, rhs: &Self) -> Self {
        if rhs.0.as_ref().is_none_or(|x| x == &Float::ZERO) {
            return Self::NAN;
        }
        self.zip(rhs, |a, b| a / b)
    }
    fn neg(&self) -> Self {
        Self(self.0.as_ref().map(|x| -x))
    }
    fn sqrt(&self) -> Self {
        if self.is_negative() { Self::NAN } else { Self(self.0.as_ref().map(Float::sqrt)) }
    }
    fn exp(&self) -> Self {
        // Beyond this the result exceeds any exponent that a program of doubles can use.
        if self.to_f64().abs() > 1e9 {
            return Self::NAN;
        }
        Self(self.0.as_ref().map(Float::exp))
    }
    fn is_finite(&self) -> bool {
        self.0.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_operations_give_not_a_number() {
        let one = Big::from_f64(1.0);
        let zero = Big::from_f64(0.0);
        assert!(!one.div(&zero).is_finite());
        assert!(!one.neg().sqrt().is_finite());
        assert!(!zero.ln().is_finite());
        assert!(!Big::from_f64(f64::NAN).is_finite());
        assert!(!Big::NAN.add(&one).is_finite());
    }

    #[test]
    fn conversion_to_double_double_keeps_106_bits() {
        let third = Big::from_f64(1.0).div(&Big::from_f64(3.0));
        let back = Big::from_dd(third.to_dd());
        assert!(back.sub(&third).to_f64().abs() < 2f64.powi(-107));
    }
}
