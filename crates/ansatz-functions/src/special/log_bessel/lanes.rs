//! A few doubles side by side, with the operations that the expansions need.
//!
//! The loops are plain; inlined into a [`pulp`] dispatch they are compiled for the widest vectors at hand. Every operation
//! is done lane by lane and none is fused, so that a value has the same bits alone, in any company, and on every
//! instruction set.

use std::f64::consts::SQRT_2;
use std::ops::{Add, Div, Mul, Sub};

/// `N` doubles.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Lanes<const N: usize>(pub(super) [f64; N]);

macro_rules! operator {
    ($trait:ident, $name:ident, $op:tt) => {
        impl<const N: usize> $trait for Lanes<N> {
            type Output = Self;
            #[inline(always)]
            #[allow(clippy::assign_op_pattern, reason = "the operator is the macro's argument")]
            fn $name(mut self, rhs: Self) -> Self {
                for i in 0..N {
                    self.0[i] = self.0[i] $op rhs.0[i];
                }
                self
            }
        }
        impl<const N: usize> $trait<f64> for Lanes<N> {
            type Output = Self;
            #[inline(always)]
            #[allow(clippy::assign_op_pattern, reason = "the operator is the macro's argument")]
            fn $name(mut self, rhs: f64) -> Self {
                for i in 0..N {
                    self.0[i] = self.0[i] $op rhs;
                }
                self
            }
        }
        impl<const N: usize> $trait<Lanes<N>> for f64 {
            type Output = Lanes<N>;
            #[inline(always)]
            #[allow(clippy::assign_op_pattern, reason = "the operator is the macro's argument")]
            fn $name(self, mut rhs: Lanes<N>) -> Lanes<N> {
                for i in 0..N {
                    rhs.0[i] = self $op rhs.0[i];
                }
                rhs
            }
        }
    };
}

operator!(Add, add, +);
operator!(Sub, sub, -);
operator!(Mul, mul, *);
operator!(Div, div, /);

const LN2_HI: f64 = 6.93147180369123816490e-01;
const LN2_LO: f64 = 1.90821492927058770002e-10;

impl<const N: usize> Lanes<N> {
    #[inline(always)]
    pub(super) fn splat(value: f64) -> Self {
        Self([value; N])
    }

    #[inline(always)]
    pub(super) fn sqrt(mut self) -> Self {
        for i in 0..N {
            self.0[i] = self.0[i].sqrt();
        }
        self
    }

    /// Natural logarithm of positive normal numbers, within an ulp; of others it is of no meaning.
    ///
    /// `x = 2^k m` with `m` in `[√½, √2)` and `log m = 2 artanh s`, `s = f/(2+f)`, `f = m − 1`, by its Taylor series,
    /// arranged as `f − (f²/2 − s(f²/2 + R))` so that the rounding of `s` does not show.
    #[inline(always)]
    pub(super) fn ln(self) -> Self {
        const ONE: u64 = 1023 << 52;
        // The bits of a number of size 2^52, whose last bits are an integer.
        const WHOLE: u64 = 1075 << 52;
        const SHIFT: u64 = ONE - (SQRT_2.to_bits() - (1 << 52));
        let (mut k, mut f) = (self, self);
        for i in 0..N {
            let bits = self.0[i].to_bits();
            // Whatever is no positive number gives some value here, and no overflow.
            let exponent = bits.wrapping_add(SHIFT) >> 52;
            k.0[i] = f64::from_bits(WHOLE | exponent) - (4503599627370496.0 + 1023.0);
            f.0[i] = f64::from_bits(bits.wrapping_add(ONE).wrapping_sub(exponent << 52)) - 1.0;
        }
        let s = f / (2.0 + f);
        let (z, half_square) = (s * s, 0.5 * f * f);
        let mut sum = Self::splat(2.0 / 25.0);
        for divisor in [23.0, 21.0, 19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0] {
            sum = sum * z + 2.0 / divisor;
        }
        let rest = z * sum;
        k * LN2_HI + (f - (half_square - (s * (half_square + rest) + k * LN2_LO)))
    }

    /// `log(1 + x)` for `0 ≤ x`, `1 + x` in the range of normal numbers, or small negative `x > −0.5`.
    #[inline(always)]
    pub(super) fn ln_1p(self) -> Self {
        let u = 1.0 + self;
        let log = u.ln();
        let mut out = self;
        for i in 0..N {
            let (x, u) = (self.0[i], u.0[i]);
            // What was lost in 1 + x.
            let c = if x > 1.0 { 1.0 - (u - x) } else { x - (u - 1.0) };
            out.0[i] = log.0[i] + c / u;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_within_an_ulp() {
        let mut worst = 0.0f64;
        for i in 0..400_000 {
            let x = (f64::from(i) * 1.7e-3 - 340.0).exp() * (1.0 + 0.1 * f64::from(i % 17));
            for x in [x, 0.5 + f64::from(i) * 3e-6] {
                let own = Lanes([x]).ln().0[0];
                // The platform's logarithm is right within a little more than half an ulp.
                let exact = x.ln();
                worst = worst.max((own - exact).abs() / (exact.abs().next_up() - exact.abs()).max(f64::MIN_POSITIVE));
            }
        }
        assert!(worst <= 1.0, "{worst}");
        assert_eq!(Lanes([1.0, 2.0, 4.0]).ln().0, [0.0, 2f64.ln(), 4f64.ln()]);
        assert!((Lanes([f64::MIN_POSITIVE]).ln().0[0] - f64::MIN_POSITIVE.ln()).abs() < 2e-13);
        assert!((Lanes([f64::MAX]).ln().0[0] - f64::MAX.ln()).abs() < 2e-13);
    }

    #[test]
    fn logarithms_of_one_plus_a_little_keep_it() {
        for i in 0..100_000 {
            let size = (f64::from(i) * 1e-3 - 60.0).exp();
            for x in [size, -size] {
                if x > -0.5 {
                    let (own, exact) = (Lanes([x]).ln_1p().0[0], x.ln_1p());
                    assert!((own - exact).abs() <= 4e-16 * exact.abs(), "{x:e}: {own:e} {exact:e}");
                }
            }
        }
    }
}
