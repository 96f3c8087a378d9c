//! Double-double arithmetic: an unevaluated sum of two doubles, about 106 bits.
//!
//! Error-free transformations of Dekker 1971 and Knuth; the algorithms and their error bounds (a few 2^-105) are those
//! of Joldes, Muller and Popescu 2017, "Tight and rigorous error bounds for basic building blocks of double-word
//! arithmetic". Products are split rather than fused, so that the bits do not depend on the machine.

use super::{Big, Scalar};

/// `hi + lo` with `|lo| ≤ ulp(hi)/2`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Default)]
pub struct Dd {
    /// The nearest double to the value.
    pub hi: f64,
    /// The rest.
    pub lo: f64,
}

/// `a + b` and its rounding error, exactly (Knuth).
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    let t = s - a;
    (s, (a - (s - t)) + (b - t))
}

/// `a + b` and its rounding error for `|a| ≥ |b|` (Dekker).
fn quick_two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    (s, b - (s - a))
}

/// Veltkamp's split into two halves of 26 bits.
fn split(a: f64) -> (f64, f64) {
    let t = 134_217_729.0 * a;
    let hi = t - (t - a);
    (hi, a - hi)
}

/// `a · b` and its rounding error, exactly unless it under- or overflows (Dekker).
fn two_prod(a: f64, b: f64) -> (f64, f64) {
    let p = a * b;
    let (ah, al) = split(a);
    let (bh, bl) = split(b);
    (p, ((ah * bh - p) + ah * bl + al * bh) + al * bl)
}

impl Dd {
    /// Zero.
    pub const ZERO: Self = Self { hi: 0.0, lo: 0.0 };
    /// One.
    pub const ONE: Self = Self { hi: 1.0, lo: 0.0 };

    /// The exact sum of two doubles.
    pub fn sum(a: f64, b: f64) -> Self {
        let (hi, lo) = two_sum(a, b);
        Self { hi, lo }
    }

    /// The absolute value.
    #[must_use]
    pub fn abs(self) -> Self {
        if self.hi < 0.0 { Self { hi: -self.hi, lo: -self.lo } } else { self }
    }

    /// The value rounded to one double.
    #[must_use]
    pub fn rounded(self) -> Self {
        Self { hi: self.hi, lo: 0.0 }
    }

    /// `self · 2^e`, exact barring under- and overflow.
    #[must_use]
    pub fn scaled(self, e: i32) -> Self {
        let factor = 2f64.powi(e);
        Self { hi: self.hi * factor, lo: self.lo * factor }
    }
}

impl From<f64> for Dd {
    fn from(hi: f64) -> Self {
        Self { hi, lo: 0.0 }
    }
}

impl std::ops::Add for Dd {
    type Output = Self;
    fn add(self, rhs: Self) -> Self {
        let (s, e) = two_sum(self.hi, rhs.hi);
        let (t, f) = two_sum(self.lo, rhs.lo);
        let (s, e) = quick_two_sum(s, e + t);
        let (hi, lo) = quick_two_sum(s, e + f);
        Self { hi, lo }
    }
}

impl std::ops::Sub for Dd {
    type Output = Self;
    fn sub(self, rhs: Self) -> Self {
        self + -rhs
    }
}

impl std::ops::Neg for Dd {
    type Output = Self;
    fn neg(self) -> Self {
        Self { hi: -self.hi, lo: -self.lo }
    }
}

impl std::ops::Mul for Dd {
    type Output = Self;
    fn mul(self, rhs: Self) -> Self {
        let (p, e) = two_prod(self.hi, rhs.hi);
        let (hi, lo) = quick_two_sum(p, e + (self.hi * rhs.lo + self.lo * rhs.hi));
        Self { hi, lo }
    }
}

impl std::ops::Div for Dd {
    type Output = Self;
    fn div(self, rhs: Self) -> Self {
        let q = self.hi / rhs.hi;
        let r = self - rhs * Self::from(q);
        let q2 = r.hi / rhs.hi;
        let r = r - rhs * Self::from(q2);
        let q3 = r.hi / rhs.hi;
        let (hi, lo) = quick_two_sum(q, q2);
        Self { hi, lo } + Self::from(q3)
    }
}

impl Scalar for Dd {
    fn from_dd(value: Dd) -> Self {
        value
    }
    fn to_f64(&self) -> f64 {
        self.hi
    }
    fn add(&self, rhs: &Self) -> Self {
        *self + *rhs
    }
    fn sub(&self, rhs: &Self) -> Self {
        *self - *rhs
    }
    fn mul(&self, rhs: &Self) -> Self {
        *self * *rhs
    }
    fn div(&self, rhs: &Self) -> Self {
        *self / *rhs
    }
    fn neg(&self) -> Self {
        -*self
    }
    fn sqrt(&self) -> Self {
        if self.hi == 0.0 {
            return *self;
        }
        // One Newton step from the double root doubles its 53 bits.
        let root = self.hi.sqrt();
        let r = *self - Self::from(root) * Self::from(root);
        let (hi, lo) = quick_two_sum(root, r.hi / (2.0 * root));
        Self { hi, lo }
    }
    fn exp(&self) -> Self {
        Big::from_dd(*self).exp().to_dd()
    }
    fn is_finite(&self) -> bool {
        self.hi.is_finite() && self.lo.is_finite()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relative_difference(a: Dd, b: &Big) -> f64 {
        Big::from_dd(a).sub(b).div(b).to_f64().abs()
    }

    #[test]
    fn operations_agree_with_multiprecision_to_2_to_the_minus_100() {
        let mut a = Dd::sum(1.0 / 3.0, 1.2e-18);
        let mut b = Dd::sum(-std::f64::consts::E, 3.4e-17);
        for _ in 0..200 {
            let (x, y) = (Big::from_dd(a), Big::from_dd(b));
            for (ours, exact) in [(a + b, x.add(&y)), (a - b, x.sub(&y)), (a * b, x.mul(&y)), (a / b, x.div(&y))] {
                assert!(relative_difference(ours, &exact) < 2f64.powi(-100));
            }
            assert!(relative_difference(Scalar::sqrt(&a.abs()), &Big::from_dd(a.abs()).sqrt()) < 2f64.powi(-100));
            (a, b) = (a * b + Dd::from(0.1), b / (a + Dd::from(1.7)));
        }
    }

    #[test]
    fn a_zero_divisor_is_not_finite() {
        assert!(!(Dd::ONE / Dd::ZERO).is_finite());
    }
}
