//! One quantity at all fitting nodes at once, in double or double-double precision.
//!
//! The loops below are plain; called inside a [`pulp`] dispatch they are compiled for the widest vectors at hand.
//! Only element-wise operations, explicit `mul_add` and sums of a fixed shape are used, so that the bits are the same
//! on every instruction set.

use crate::number::{Dd, Scalar};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// The scalar that belongs to a lane type: constants, inner products, the entries of normal equations.
pub(crate) trait Real:
    Copy
    + PartialOrd
    + From<f64>
    + Scalar
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
}
impl Real for f64 {}
impl Real for Dd {}

/// Values at `N` nodes.
pub(crate) trait Lanes: Copy + Send + Sync {
    type Real: Real;
    fn splat(value: Self::Real) -> Self;
    fn from_dd(values: &[Dd]) -> Self;
    fn add(&self, rhs: &Self) -> Self;
    fn sub(&self, rhs: &Self) -> Self;
    fn mul(&self, rhs: &Self) -> Self;
    fn div(&self, rhs: &Self) -> Self;
    fn recip(&self) -> Self;
    fn sqrt(&self) -> Self;
    fn map(&self, f: impl Fn(Self::Real) -> Self::Real) -> Self;
    /// `Σ self · rhs`, summed as a balanced tree.
    fn dot(&self, rhs: &Self) -> Self::Real;
    /// The largest magnitude; not-a-number if any lane is.
    fn max_abs(&self) -> f64;
}

/// Doubles.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Single<const N: usize>([f64; N]);

/// Double-doubles, the high and the low parts apart.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Double<const N: usize> {
    hi: [f64; N],
    lo: [f64; N],
}

/// A balanced pairwise sum; `N` is a power of two.
#[inline(always)]
fn tree_sum<const N: usize>(mut values: [f64; N]) -> f64 {
    let mut half = N / 2;
    while half > 0 {
        for i in 0..half {
            values[i] += values[i + half];
        }
        half /= 2;
    }
    values[0]
}

#[inline(always)]
fn max_abs(values: &[f64]) -> f64 {
    let mut max = 0.0f64;
    let mut broken = 0.0;
    for value in values {
        max = max.max(value.abs());
        // 0·finite is 0; 0·∞ and 0·NaN are NaN and stay in the sum.
        broken += 0.0 * value;
    }
    max + broken
}

impl<const N: usize> Lanes for Single<N> {
    type Real = f64;
    #[inline(always)]
    fn splat(value: f64) -> Self {
        Self([value; N])
    }
    fn from_dd(values: &[Dd]) -> Self {
        let mut out = [0.0; N];
        out.iter_mut().zip(values).for_each(|(o, v)| *o = v.hi);
        Self(out)
    }
    #[inline(always)]
    fn add(&self, rhs: &Self) -> Self {
        let mut out = [0.0; N];
        for i in 0..N {
            out[i] = self.0[i] + rhs.0[i];
        }
        Self(out)
    }
    #[inline(always)]
    fn sub(&self, rhs: &Self) -> Self {
        let mut out = [0.0; N];
        for i in 0..N {
            out[i] = self.0[i] - rhs.0[i];
        }
        Self(out)
    }
    #[inline(always)]
    fn mul(&self, rhs: &Self) -> Self {
        let mut out = [0.0; N];
        for i in 0..N {
            out[i] = self.0[i] * rhs.0[i];
        }
        Self(out)
    }
    #[inline(always)]
    fn div(&self, rhs: &Self) -> Self {
        let mut out = [0.0; N];
        for i in 0..N {
            out[i] = self.0[i] / rhs.0[i];
        }
        Self(out)
    }
    #[inline(always)]
    fn recip(&self) -> Self {
        let mut out = [0.0; N];
        for i in 0..N {
            out[i] = 1.0 / self.0[i];
        }
        Self(out)
    }
    #[inline(always)]
    fn sqrt(&self) -> Self {
        let mut out = [0.0; N];
        for i in 0..N {
            out[i] = self.0[i].sqrt();
        }
        Self(out)
    }
    fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        Self(self.0.map(f))
    }
    #[inline(always)]
    fn dot(&self, rhs: &Self) -> f64 {
        tree_sum(self.mul(rhs).0)
    }
    #[inline(always)]
    fn max_abs(&self) -> f64 {
        max_abs(&self.0)
    }
}

impl<const N: usize> Single<N> {
    /// Lane by lane the larger magnitude, of which not-a-number is the largest. Magnitudes are ordered as their bits
    /// are, and integers have a vector maximum that no special case holds up.
    #[inline(always)]
    pub(crate) fn max_magnitude(&self, rhs: &Self) -> Self {
        let magnitude = |x: f64| (x.to_bits() & (u64::MAX >> 1)).cast_signed();
        let mut out = [0.0; N];
        for i in 0..N {
            out[i] = f64::from_bits(magnitude(self.0[i]).max(magnitude(rhs.0[i])).cast_unsigned());
        }
        Self(out)
    }
}

/// Dekker's renormalisation for `|a| ≥ |b|`.
#[inline(always)]
fn quick(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    (s, b - (s - a))
}

/// Sum with an absolute error of 2^-105 (|a| + |b|): the short form, enough for residuals.
#[inline(always)]
fn add2(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    let s = a.0 + b.0;
    let t = s - a.0;
    let e = (a.0 - (s - t)) + (b.0 - t);
    quick(s, e + (a.1 + b.1))
}

#[inline(always)]
fn mul2(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    let p = a.0 * b.0;
    let e = a.0.mul_add(b.0, -p);
    quick(p, e + (a.0 * b.1 + a.1 * b.0))
}

#[inline(always)]
fn div2(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    let q = a.0 / b.0;
    let p = q * b.0;
    let e = q.mul_add(b.0, -p);
    let r = ((a.0 - p) - e) + (a.1 - q * b.1);
    quick(q, r / b.0)
}

impl<const N: usize> Double<N> {
    /// The high parts: the values rounded to double.
    pub(crate) fn high(&self) -> &[f64] {
        &self.hi
    }

    #[inline(always)]
    fn zip(&self, rhs: &Self, f: impl Fn((f64, f64), (f64, f64)) -> (f64, f64)) -> Self {
        let mut out = Self { hi: [0.0; N], lo: [0.0; N] };
        for i in 0..N {
            (out.hi[i], out.lo[i]) = f((self.hi[i], self.lo[i]), (rhs.hi[i], rhs.lo[i]));
        }
        out
    }
}

impl<const N: usize> Lanes for Double<N> {
    type Real = Dd;
    #[inline(always)]
    fn splat(value: Dd) -> Self {
        Self { hi: [value.hi; N], lo: [value.lo; N] }
    }
    fn from_dd(values: &[Dd]) -> Self {
        let mut out = Self { hi: [0.0; N], lo: [0.0; N] };
        for (i, value) in values.iter().take(N).enumerate() {
            (out.hi[i], out.lo[i]) = (value.hi, value.lo);
        }
        out
    }
    #[inline(always)]
    fn add(&self, rhs: &Self) -> Self {
        self.zip(rhs, add2)
    }
    #[inline(always)]
    fn sub(&self, rhs: &Self) -> Self {
        self.zip(rhs, |a, b| add2(a, (-b.0, -b.1)))
    }
    #[inline(always)]
    fn mul(&self, rhs: &Self) -> Self {
        self.zip(rhs, mul2)
    }
    #[inline(always)]
    fn div(&self, rhs: &Self) -> Self {
        self.zip(rhs, div2)
    }
    #[inline(always)]
    fn recip(&self) -> Self {
        self.zip(self, |a, _| div2((1.0, 0.0), a))
    }
    #[inline(always)]
    fn sqrt(&self) -> Self {
        self.zip(self, |a, _| {
            let root = a.0.sqrt();
            let r = -root.mul_add(root, -a.0) + a.1;
            let (hi, lo) = quick(root, r / (2.0 * root));
            // A zero has the root zero, not 0/0.
            if a.0 == 0.0 { (0.0, 0.0) } else { (hi, lo) }
        })
    }
    fn map(&self, f: impl Fn(Dd) -> Dd) -> Self {
        self.zip(self, |(hi, lo), _| {
            let value = f(Dd { hi, lo });
            (value.hi, value.lo)
        })
    }
    #[inline(always)]
    fn dot(&self, rhs: &Self) -> Dd {
        let mut p = self.mul(rhs);
        let mut half = N / 2;
        while half > 0 {
            for i in 0..half {
                (p.hi[i], p.lo[i]) = add2((p.hi[i], p.lo[i]), (p.hi[i + half], p.lo[i + half]));
            }
            half /= 2;
        }
        Dd { hi: p.hi[0], lo: p.lo[0] }
    }
    #[inline(always)]
    fn max_abs(&self) -> f64 {
        max_abs(&self.hi)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_magnitude_of_each_lane() {
        let (nan, inf) = (f64::NAN, f64::INFINITY);
        let a = Single([1.0, -2.0, 0.0, nan, 3.0, -inf, inf, -0.0]);
        let b = Single([-1.5, 1.0, -0.0, 1.0, nan, 5.0, nan, 0.0]);
        let Single(larger) = a.max_magnitude(&b);
        assert_eq!(larger.map(f64::to_bits), [1.5, 2.0, 0.0, nan, nan, inf, nan, 0.0].map(f64::to_bits));
    }

    #[test]
    fn double_lanes_agree_with_double_double_scalars() {
        let a: Vec<Dd> = (1..=8).map(|i| Dd::ONE / Dd::from(f64::from(i)) + Dd::from(0.3)).collect();
        let b: Vec<Dd> = (1..=8).map(|i| Dd::from(-0.7) / Dd::from(f64::from(i * i)) + Dd::from(0.01)).collect();
        let (la, lb) = (Double::<8>::from_dd(&a), Double::<8>::from_dd(&b));
        let close = |lanes: Double<8>, exact: &dyn Fn(usize) -> Dd| {
            for i in 0..8 {
                let difference = (Dd { hi: lanes.hi[i], lo: lanes.lo[i] } - exact(i)).hi.abs();
                assert!(difference <= 2f64.powi(-99) * (1.0 + exact(i).hi.abs()), "lane {i}: {difference}");
            }
        };
        close(la.add(&lb), &|i| a[i] + b[i]);
        close(la.sub(&lb), &|i| a[i] - b[i]);
        close(la.mul(&lb), &|i| a[i] * b[i]);
        close(la.div(&lb), &|i| a[i] / b[i]);
        close(la.recip(), &|i| Dd::ONE / a[i]);
        close(la.sqrt(), &|i| Scalar::sqrt(&a[i]));
        let dot = a.iter().zip(&b).fold(Dd::ZERO, |s, (&x, &y)| s + x * y);
        assert!((la.dot(&lb) - dot).hi.abs() < 2f64.powi(-98));
    }

    #[test]
    fn a_broken_lane_breaks_the_maximum() {
        assert_eq!(Single::<4>([1.0, -3.0, 2.0, 0.0]).max_abs(), 3.0);
        assert!(!Single::<4>([1.0, f64::NAN, 2.0, 0.0]).max_abs().is_finite());
        assert!(!Single::<4>([1.0, f64::INFINITY, 2.0, 0.0]).max_abs().is_finite());
    }
}
