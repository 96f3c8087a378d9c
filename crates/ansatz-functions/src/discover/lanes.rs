//! One quantity at all fitting nodes at once, in double or double-double precision.
//!
//! The loops below are plain; called inside a [`pulp`] dispatch they are compiled for the widest vectors at hand. For
//! that, everything must be inlined into the dispatched function: no closures, which the compiler may keep apart and
//! then compiles for the oldest processor. Results are written in place, so that no array travels through a copy.
//! Only element-wise operations, explicit `mul_add` and sums of a fixed shape are used, so that the bits are the same
//! on every instruction set.

use crate::number::{Dd, Scalar};
use std::ops::Add;

/// The scalar that belongs to a lane type: the constants of a program.
pub(crate) trait Real: Copy + From<f64> + Scalar + Add<Output = Self> {}
impl Real for f64 {}
impl Real for Dd {}

/// Values at `N` nodes; `N` is a multiple of 8.
pub(crate) trait Lanes<const N: usize>: Copy + Send + Sync {
    type Real: Real;
    fn splat(value: Self::Real) -> Self;
    fn from_dd(values: &[Dd]) -> Self;
    /// The values rounded to double.
    fn high(&self) -> &Single<N>;
    /// `a + b`
    fn set_sum(&mut self, a: &Self, b: &Self);
    /// `a − b`
    fn set_difference(&mut self, a: &Self, b: &Self);
    /// `a b`
    fn set_product(&mut self, a: &Self, b: &Self);
    /// `a / b`
    fn set_quotient(&mut self, a: &Self, b: &Self);
    /// `a b + c`, rounded twice.
    fn set_product_sum(&mut self, a: &Self, b: &Self, c: &Self);
    /// `a` times a power of two.
    fn set_scaled(&mut self, a: &Self, power: f64);
    fn set_root(&mut self, a: &Self);
    fn set_exp(&mut self, a: &Self);
    /// `self · weight − goal`, rounded to double.
    fn residual(&self, weight: &Self, goal: &Self) -> Single<N>;
}

/// Doubles.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Single<const N: usize>(pub(crate) [f64; N]);

/// Double-doubles, the high and the low parts apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Double<const N: usize> {
    hi: Single<N>,
    lo: Single<N>,
}

impl<const N: usize> Single<N> {
    /// `Σ self · rhs`: eight strands, then a balanced tree.
    #[inline(always)]
    pub(crate) fn dot(&self, rhs: &Self) -> f64 {
        let mut s = [0.0; 8];
        for (a, b) in self.0.chunks_exact(8).zip(rhs.0.chunks_exact(8)) {
            for i in 0..8 {
                s[i] += a[i] * b[i];
            }
        }
        ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
    }

    /// The largest magnitude; not-a-number if any lane is not finite.
    #[inline(always)]
    pub(crate) fn max_abs(&self) -> f64 {
        let mut max = [0.0f64; 8];
        let mut broken = [0.0; 8];
        for chunk in self.0.chunks_exact(8) {
            for i in 0..8 {
                max[i] = max[i].max(chunk[i].abs());
                // 0·finite is 0; 0·∞ and 0·NaN are NaN and stay in the sum.
                broken[i] += 0.0 * chunk[i];
            }
        }
        let (mut all, mut sound) = (0.0f64, true);
        for i in 0..8 {
            all = all.max(max[i]);
            sound &= broken[i] == 0.0;
        }
        if sound { all } else { f64::NAN }
    }

    /// `1 / a`
    #[inline(always)]
    pub(crate) fn set_reciprocal(&mut self, a: &Self) {
        for i in 0..N {
            self.0[i] = 1.0 / a.0[i];
        }
    }

    /// `−a b`
    #[inline(always)]
    pub(crate) fn set_negative_product(&mut self, a: &Self, b: &Self) {
        for i in 0..N {
            self.0[i] = -(a.0[i] * b.0[i]);
        }
    }

    /// `a b + c d`
    #[inline(always)]
    pub(crate) fn set_two_products(&mut self, a: &Self, b: &Self, c: &Self, d: &Self) {
        for i in 0..N {
            self.0[i] = a.0[i] * b.0[i] + c.0[i] * d.0[i];
        }
    }

    /// `a b + c d + e`
    #[inline(always)]
    pub(crate) fn set_two_products_sum(&mut self, a: &Self, b: &Self, c: &Self, d: &Self, e: &Self) {
        for i in 0..N {
            self.0[i] = a.0[i] * b.0[i] + c.0[i] * d.0[i] + e.0[i];
        }
    }

    /// `self + a factor`
    #[inline(always)]
    pub(crate) fn add_multiple(&mut self, a: &Self, factor: f64) {
        for i in 0..N {
            self.0[i] += a.0[i] * factor;
        }
    }
}

impl<const N: usize> Lanes<N> for Single<N> {
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
    fn high(&self) -> &Self {
        self
    }
    #[inline(always)]
    fn set_sum(&mut self, a: &Self, b: &Self) {
        for i in 0..N {
            self.0[i] = a.0[i] + b.0[i];
        }
    }
    #[inline(always)]
    fn set_difference(&mut self, a: &Self, b: &Self) {
        for i in 0..N {
            self.0[i] = a.0[i] - b.0[i];
        }
    }
    #[inline(always)]
    fn set_product(&mut self, a: &Self, b: &Self) {
        for i in 0..N {
            self.0[i] = a.0[i] * b.0[i];
        }
    }
    #[inline(always)]
    fn set_quotient(&mut self, a: &Self, b: &Self) {
        for i in 0..N {
            self.0[i] = a.0[i] / b.0[i];
        }
    }
    #[inline(always)]
    fn set_product_sum(&mut self, a: &Self, b: &Self, c: &Self) {
        for i in 0..N {
            self.0[i] = a.0[i] * b.0[i] + c.0[i];
        }
    }
    #[inline(always)]
    fn set_scaled(&mut self, a: &Self, power: f64) {
        for i in 0..N {
            self.0[i] = a.0[i] * power;
        }
    }
    #[inline(always)]
    fn set_root(&mut self, a: &Self) {
        for i in 0..N {
            self.0[i] = a.0[i].sqrt();
        }
    }
    fn set_exp(&mut self, a: &Self) {
        for i in 0..N {
            self.0[i] = Scalar::exp(&a.0[i]);
        }
    }
    #[inline(always)]
    fn residual(&self, weight: &Self, goal: &Self) -> Self {
        let mut out = [0.0; N];
        for i in 0..N {
            out[i] = self.0[i] * weight.0[i] - goal.0[i];
        }
        Self(out)
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
fn sub2(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    add2(a, (-b.0, -b.1))
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

#[inline(always)]
fn root2(a: (f64, f64)) -> (f64, f64) {
    let root = a.0.sqrt();
    let r = -root.mul_add(root, -a.0) + a.1;
    let (hi, lo) = quick(root, r / (2.0 * root));
    // A zero has the root zero, not 0/0.
    if a.0 == 0.0 { (0.0, 0.0) } else { (hi, lo) }
}

impl<const N: usize> Double<N> {
    #[inline(always)]
    fn at(&self, i: usize) -> (f64, f64) {
        (self.hi.0[i], self.lo.0[i])
    }

    #[inline(always)]
    fn put(&mut self, i: usize, value: (f64, f64)) {
        (self.hi.0[i], self.lo.0[i]) = value;
    }
}

impl<const N: usize> Lanes<N> for Double<N> {
    type Real = Dd;
    #[inline(always)]
    fn splat(value: Dd) -> Self {
        Self { hi: Single([value.hi; N]), lo: Single([value.lo; N]) }
    }
    fn from_dd(values: &[Dd]) -> Self {
        let mut out = Self::splat(Dd::ZERO);
        for (i, value) in values.iter().take(N).enumerate() {
            out.put(i, (value.hi, value.lo));
        }
        out
    }
    #[inline(always)]
    fn high(&self) -> &Single<N> {
        &self.hi
    }
    #[inline(always)]
    fn set_sum(&mut self, a: &Self, b: &Self) {
        for i in 0..N {
            self.put(i, add2(a.at(i), b.at(i)));
        }
    }
    #[inline(always)]
    fn set_difference(&mut self, a: &Self, b: &Self) {
        for i in 0..N {
            self.put(i, sub2(a.at(i), b.at(i)));
        }
    }
    #[inline(always)]
    fn set_product(&mut self, a: &Self, b: &Self) {
        for i in 0..N {
            self.put(i, mul2(a.at(i), b.at(i)));
        }
    }
    #[inline(always)]
    fn set_quotient(&mut self, a: &Self, b: &Self) {
        for i in 0..N {
            self.put(i, div2(a.at(i), b.at(i)));
        }
    }
    #[inline(always)]
    fn set_product_sum(&mut self, a: &Self, b: &Self, c: &Self) {
        for i in 0..N {
            self.put(i, add2(mul2(a.at(i), b.at(i)), c.at(i)));
        }
    }
    #[inline(always)]
    fn set_scaled(&mut self, a: &Self, power: f64) {
        self.hi.set_scaled(&a.hi, power);
        self.lo.set_scaled(&a.lo, power);
    }
    #[inline(always)]
    fn set_root(&mut self, a: &Self) {
        for i in 0..N {
            self.put(i, root2(a.at(i)));
        }
    }
    fn set_exp(&mut self, a: &Self) {
        for i in 0..N {
            let (hi, lo) = a.at(i);
            let value = Scalar::exp(&Dd { hi, lo });
            self.put(i, (value.hi, value.lo));
        }
    }
    #[inline(always)]
    fn residual(&self, weight: &Self, goal: &Self) -> Single<N> {
        let mut out = [0.0; N];
        for i in 0..N {
            out[i] = sub2(mul2(self.at(i), weight.at(i)), goal.at(i)).0;
        }
        Single(out)
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
        let close = |set: &dyn Fn(&mut Double<8>), exact: &dyn Fn(usize) -> Dd| {
            let mut lanes = Double::splat(Dd::ZERO);
            set(&mut lanes);
            for i in 0..8 {
                let (hi, lo) = lanes.at(i);
                let difference = (Dd { hi, lo } - exact(i)).hi.abs();
                assert!(difference <= 2f64.powi(-99) * (1.0 + exact(i).hi.abs()), "lane {i}: {difference}");
            }
        };
        close(&|l| l.set_sum(&la, &lb), &|i| a[i] + b[i]);
        close(&|l| l.set_difference(&la, &lb), &|i| a[i] - b[i]);
        close(&|l| l.set_product(&la, &lb), &|i| a[i] * b[i]);
        close(&|l| l.set_product_sum(&la, &lb, &lb), &|i| a[i] * b[i] + b[i]);
        close(&|l| l.set_quotient(&la, &lb), &|i| a[i] / b[i]);
        close(&|l| l.set_root(&la), &|i| Scalar::sqrt(&a[i]));
        close(&|l| l.set_scaled(&la, 0.25), &|i| a[i].scaled(-2));
        close(&|l| l.set_exp(&lb), &|i| Scalar::exp(&b[i]));
        let residual = la.residual(&lb, &lb);
        for i in 0..8 {
            let exact = (a[i] * b[i] - b[i]).hi;
            assert!((residual.0[i] - exact).abs() <= 1e-16 * exact.abs(), "lane {i}");
        }
    }

    #[test]
    fn a_dot_product_is_the_sum_of_the_products() {
        let a = Single::<16>(std::array::from_fn(|i| i as f64 - 3.0));
        let b = Single::<16>(std::array::from_fn(|i| 0.5 * (i * i) as f64));
        // Small multiples of a half: every order of summation is exact.
        let exact: f64 = (0..16).map(|i| (f64::from(i) - 3.0) * 0.5 * f64::from(i * i)).sum();
        assert_eq!(a.dot(&b), exact);
    }

    #[test]
    fn a_broken_lane_breaks_the_maximum() {
        let mut lanes = Single::<16>(std::array::from_fn(|i| 5.0 - i as f64));
        assert_eq!(lanes.max_abs(), 10.0);
        for broken in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            lanes.0[9] = broken;
            assert!(!lanes.max_abs().is_finite());
        }
    }
}
