//! Exponential, logarithm, trigonometric and hyperbolic functions of balls.
//!
//! At the midpoint stand the correctly rounded functions of the multiprecision library, charged with twice
//! their rounding error; the spread of the argument enters by the mean value theorem, `|f(m + t) − f(m)| ≤ r·sup|f′|`, while it
//! is small and by monotonicity (the hull of the values at both ends) when it is not.

use super::{Ball, Float, Nearest, Repr, TINY, add_up, at, mul_up, sqrt_up};
use crate::number::{BIG_BITS, Scalar};
use dashu_float::{Context, FpResult, round::mode::HalfEven};
use std::sync::OnceLock;

/// Bits of intermediate results, so that a composition of a few operations is still good to [`BIG_BITS`].
pub(super) const WORK_BITS: usize = BIG_BITS + 64;

/// Below this radius the mean value theorem is as tight as the hull, and half as dear.
const THIN: f64 = 1.0 / 65536.0;

/// Arguments of trigonometric functions are refused beyond this size: the reduction would need as many bits.
const FAR: f64 = 1e30;

impl Ball {
    /// `π`, to [`BIG_BITS`].
    pub fn pi() -> Self {
        Self::pi_to(BIG_BITS)
    }

    /// `ln 2`, to [`BIG_BITS`].
    pub fn ln2() -> Self {
        ln2().to(BIG_BITS)
    }

    /// `e`, to [`BIG_BITS`].
    pub fn e() -> Self {
        Self::ONE.exp()
    }

    pub(super) fn pi_to(bits: usize) -> Self {
        Self::rounded(Ok(at(bits + 8).pi::<2>(None)), 0.0, bits)
    }

    pub(super) fn exp_to(&self, bits: usize) -> Self {
        if self.is_zero() {
            return Self::ONE;
        }
        if self.wide() {
            return self.low().exp_to(bits).union(&self.high().exp_to(bits));
        }
        // Beyond, the result or its radius leaves the range of doubles anyhow.
        if self.abs_upper() > 2000.0 {
            return if self.upper() < -2000.0 { Self::ZERO.widened(TINY) } else { Self::UNDEFINED };
        }
        // e^r − 1 ≤ r(1 + r) for r ≤ 1.79
        let value = self.point(bits, Context::exp);
        let spread = mul_up(value.abs_upper(), mul_up(self.rad, add_up(1.0, self.rad)));
        value.widened(spread)
    }

    /// `2^self`
    #[must_use]
    pub fn exp2(&self) -> Self {
        self.mul_to(ln2(), WORK_BITS + 16).exp_to(BIG_BITS)
    }

    /// `e^self − 1`, to full relative precision near 0.
    #[must_use]
    pub fn expm1(&self) -> Self {
        if self.abs_upper() > 0.5 {
            return self.exp_to(WORK_BITS).sub_to(&Self::ONE, BIG_BITS);
        }
        if self.wide() {
            return self.low().expm1().union(&self.high().expm1());
        }
        // The derivative is at most e^(1/2) < 2.
        self.point(BIG_BITS, Context::exp_m1).widened(mul_up(self.rad, 2.0))
    }

    /// The natural logarithm; undefined unless the ball is positive.
    #[must_use]
    pub fn ln(&self) -> Self {
        self.ln_to(BIG_BITS)
    }

    pub(super) fn ln_to(&self, bits: usize) -> Self {
        if !self.is_positive() {
            return Self::UNDEFINED;
        }
        let nearest = self.abs_lower();
        // Next to the least double an end is no thinner than the ball.
        if self.rad > THIN * nearest && nearest > 1e-300 {
            return self.low().ln_to(bits).union(&self.high().ln_to(bits));
        }
        let value = self.point(bits, Context::ln);
        if self.rad == 0.0 { value } else { value.widened(super::div_up(self.rad, nearest)) }
    }

    /// The logarithm to base 2, exact at exact powers of two.
    #[must_use]
    pub fn log2(&self) -> Self {
        if self.rad == 0.0 && self.is_positive() && *self.mid.significand() == 1.into() {
            return Self::from_integer(self.mid.exponent() as i64);
        }
        self.ln_to(WORK_BITS).div_to(ln2(), BIG_BITS)
    }

    /// The logarithm to base 10.
    #[must_use]
    pub fn log10(&self) -> Self {
        self.ln_to(WORK_BITS).div_to(&Self::from_integer(10).ln_to(WORK_BITS), BIG_BITS)
    }

    /// Sine and cosine.
    #[must_use]
    pub fn sin_cos(&self) -> (Self, Self) {
        if self.is_zero() {
            return (Self::ZERO, Self::ONE);
        }
        if !self.is_finite() || super::upper(&self.mid) > FAR {
            return (Self::UNDEFINED, Self::UNDEFINED);
        }
        let both = Self { mid: Repr::zero(), rad: 1.0 };
        if self.rad >= 1.5 {
            return (both.clone(), both);
        }
        let (sin, cos) = at(BIG_BITS).sin_cos(&self.mid, None);
        let (sin, cos) = (Self::transcendental(sin, BIG_BITS), Self::transcendental(cos, BIG_BITS));
        if self.rad == 0.0 {
            return (sin, cos);
        }
        // |sin(m + t) − sin m| ≤ |t||cos m| + t²/2, and likewise for the cosine.
        let spread = |slope: &Self| mul_up(self.rad, add_up(slope.abs_upper(), self.rad * 0.5).min(1.0));
        let (rs, rc) = (spread(&cos), spread(&sin));
        (sin.widened(rs), cos.widened(rc))
    }

    /// Sine.
    #[must_use]
    pub fn sin(&self) -> Self {
        self.sin_cos().0
    }

    /// Cosine.
    #[must_use]
    pub fn cos(&self) -> Self {
        self.sin_cos().1
    }

    /// Tangent; undefined if a pole may be in the ball.
    #[must_use]
    pub fn tan(&self) -> Self {
        let (sin, cos) = self.sin_cos();
        if !self.wide() || cos.contains_zero() {
            return sin.div(&cos);
        }
        // No pole inside, hence increasing.
        self.low().tan().union(&self.high().tan())
    }

    /// Hyperbolic sine.
    #[must_use]
    pub fn sinh(&self) -> Self {
        if self.is_zero() || self.abs_upper() > 2000.0 {
            return if self.is_zero() { Self::ZERO } else { Self::UNDEFINED };
        }
        if self.wide() {
            return self.low().sinh().union(&self.high().sinh());
        }
        let value = self.point(BIG_BITS, Context::sinh);
        if self.rad == 0.0 {
            return value;
        }
        // cosh(m + t) ≤ (1 + |sinh m|) e^r ≤ (1 + |sinh m|)(1 + 2r)
        let slope = mul_up(add_up(1.0, value.abs_upper()), add_up(1.0, 2.0 * self.rad));
        value.widened(mul_up(self.rad, slope))
    }

    /// Hyperbolic cosine.
    #[must_use]
    pub fn cosh(&self) -> Self {
        if self.wide() {
            // Even, and increasing in |x|.
            let x = self.abs();
            let least = if self.contains_zero() { Self::ONE } else { x.low().cosh() };
            return least.union(&x.high().cosh());
        }
        self.exp_to(WORK_BITS).add_to(&self.neg().exp_to(WORK_BITS), BIG_BITS).scaled(-1)
    }

    /// Hyperbolic tangent.
    #[must_use]
    pub fn tanh(&self) -> Self {
        if self.is_zero() {
            return Self::ZERO;
        }
        if self.wide() {
            return self.low().tanh().union(&self.high().tanh());
        }
        // 1 − tanh(500) < 1e-434
        if self.abs_lower() > 500.0 {
            let one = Self::ONE.widened(5e-324);
            return if super::negative(&self.mid) { one.neg() } else { one };
        }
        let value = self.point(BIG_BITS, Context::tanh);
        if self.rad == 0.0 {
            return value;
        }
        // 1/cosh²(m + t) ≤ (1 − tanh² m) e^2r, and e^2r ≤ 1 + 4r for small r; otherwise ≤ 1.
        let slope = mul_up(Self::ONE.sub(&value.sqr()).abs_upper(), add_up(1.0, 4.0 * self.rad));
        let slope = if self.rad <= THIN { slope } else { 1.0 };
        value.widened(mul_up(self.rad, slope.min(1.0)))
    }

    /// Inverse tangent.
    #[must_use]
    pub fn atan(&self) -> Self {
        if self.is_zero() {
            return Self::ZERO;
        }
        if self.wide() {
            return self.low().atan().union(&self.high().atan());
        }
        let value = self.point(BIG_BITS, Context::atan);
        if self.rad == 0.0 {
            return value;
        }
        let slope = Self::ONE.div(&Self::ONE.add(&self.sqr()));
        value.widened(mul_up(self.rad, slope.abs_upper().min(1.0)))
    }

    /// Inverse sine; undefined unless the ball lies in [−1, 1].
    #[must_use]
    pub fn asin(&self) -> Self {
        self.arc(|x| if x.is_zero() { Self::ZERO } else { x.point(BIG_BITS, Context::asin) })
    }

    /// Inverse cosine; undefined unless the ball lies in [−1, 1].
    #[must_use]
    pub fn acos(&self) -> Self {
        self.arc(|x| if x.sub(&Self::ONE).is_zero() { Self::ZERO } else { x.point(BIG_BITS, Context::acos) })
    }

    /// The inverse sine or cosine, given its value at exact points.
    fn arc(&self, point: impl Fn(&Self) -> Self) -> Self {
        // The rounding of the ends keeps them in [−1, 1], whose own ends are representable.
        let ends = [self.low().centre(), self.high().centre()];
        if !ends.iter().all(|end| end.is_finite() && !super::negative(&Self::ONE.sub(&end.abs()).mid)) {
            return Self::UNDEFINED;
        }
        // The derivative is ±1/√(1 − x²), and |asin a − asin b| ≤ acos(1 − |a − b|) ≤ π √(|a − b| / 2).
        let spread = |x: &Self| {
            let slope = Self::ONE.div(&Self::ONE.sub(&x.sqr()).sqrt());
            mul_up(2.23, sqrt_up(x.rad)).min(mul_up(x.rad, slope.abs_upper()))
        };
        if self.wide() {
            let [low, high] = [self.low(), self.high()].map(|end| point(&end.centre()).widened(spread(&end)));
            return low.union(&high);
        }
        let value = point(&self.centre());
        if self.rad == 0.0 { value } else { value.widened(spread(self)) }
    }

    /// `1 / (1 + e^−self)`
    #[must_use]
    pub fn logistic(&self) -> Self {
        if self.wide() {
            return self.low().logistic().union(&self.high().logistic());
        }
        // The exponential of a negative number never overflows.
        if super::negative(&self.mid) {
            let e = self.exp_to(WORK_BITS);
            return e.div_to(&Self::ONE.add_to(&e, WORK_BITS), BIG_BITS);
        }
        Self::ONE.div_to(&Self::ONE.add_to(&self.neg().exp_to(WORK_BITS), WORK_BITS), BIG_BITS)
    }

    /// `self^n`; undefined for a negative power if 0 may be in the ball.
    #[must_use]
    pub fn powi(&self, n: i64) -> Self {
        let mut result = Self::ONE;
        for bit in (0..64 - n.unsigned_abs().leading_zeros()).rev() {
            result = result.sqr_to(WORK_BITS);
            if n.unsigned_abs() >> bit & 1 == 1 {
                result = result.mul_to(self, WORK_BITS);
            }
        }
        if n < 0 { Self::ONE.div(&result) } else { result.to(BIG_BITS) }
    }

    /// `self^a` for a non-negative ball and a ball of exponents; 0 only to a positive power.
    #[must_use]
    pub fn pow(&self, a: &Self) -> Self {
        if self.is_positive() {
            return self.ln_to(WORK_BITS + 16).mul_to(a, WORK_BITS + 16).exp_to(BIG_BITS);
        }
        if self.is_finite() && !super::negative(&self.low().mid) && a.is_positive() {
            // [0, h]^a
            return if self.is_zero() { Self::ZERO } else { Self::ZERO.union(&self.high().pow(a)) };
        }
        Self::UNDEFINED
    }

    /// Whether the hull of the values at both ends is worth its price, the ends being much thinner than the ball.
    pub(super) fn wide(&self) -> bool {
        self.rad > THIN && self.abs_upper() < FAR
    }

    /// A function of the midpoint, correctly rounded at `bits`.
    fn point(
        &self,
        bits: usize,
        f: impl Fn(&Context<HalfEven>, &Repr<2>, Option<&mut dashu_float::ConstCache>) -> FpResult<Float>,
    ) -> Self {
        if !self.is_finite() {
            return Self::UNDEFINED;
        }
        Self::transcendental(f(&at(bits), &self.mid, None), bits)
    }

    /// A value that is never exact, whatever the library says: the functions are transcendental except at points
    /// that are treated before.
    fn transcendental(result: FpResult<Float>, bits: usize) -> Self {
        let result = result.map(|value| match value {
            Nearest::Exact(x) | Nearest::Inexact(x, _) => Nearest::Inexact(x, dashu_float::round::Rounding::NoOp),
        });
        Self::rounded(result, 0.0, bits)
    }
}

fn ln2() -> &'static Ball {
    static LN2: OnceLock<Ball> = OnceLock::new();
    LN2.get_or_init(|| Ball::from_integer(2).ln_to(WORK_BITS + 64))
}
