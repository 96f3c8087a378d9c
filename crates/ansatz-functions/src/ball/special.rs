//! Error functions, Airy functions and the modified Bessel function of order 1/2, of balls.
//!
//! At a point each is summed from a series in ball arithmetic, whose radii account for every rounding, with as many
//! guard bits as the series cancels; the tail is bounded by a geometric series or, in asymptotic expansions, by the
//! first omitted term. The spread of the argument enters by Taylor's theorem or by monotonicity.
//!
//! Sources: DLMF chapters 7, 9 and 10 (the equations are named at their place); the value `Γ(1/3)` that the Airy
//! functions start from comes from the arithmetic–geometric mean (Borwein and Borwein 1987, *Pi and the AGM*).

use super::{Ball, add_up, elementary::WORK_BITS, mul_up, negative, pow2};
use crate::number::{BIG_BITS, Scalar};
use std::sync::OnceLock;

/// `1/ln 2`: bits in a factor `e`.
const BITS_PER_E: f64 = std::f64::consts::LOG2_E;

/// From here on the asymptotic expansion of `erfc` reaches `e^{−x²} < 2^−207` of its value.
const ERFC_FAR: f64 = 12.0;

/// From here on the asymptotic expansion of `Ai` reaches `e^{−2ζ} < 2^−240` of its value.
const AIRY_FAR: f64 = 25.0;
/// Below this the oscillating side is not covered.
const AIRY_LEAST: f64 = -50.0;
/// Enough for the Maclaurin series on `[AIRY_LEAST, AIRY_FAR]`.
const AIRY_BITS: usize = 700;
/// `max |Ai| = Ai(a′₁) = 0.53565666…` (DLMF table 9.9.1).
const AIRY_MAX: f64 = 0.5357;

impl Ball {
    /// Error function `2/√π ∫₀ˣ e^{−t²} dt`.
    #[must_use]
    pub fn erf(&self) -> Self {
        if !self.is_finite() || self.is_zero() {
            return self.clone();
        }
        if self.wide() {
            return self.low().erf().union(&self.high().erf());
        }
        self.spread_erf(self.centre().erf_point())
    }

    /// Complementary error function `1 − erf`, to full relative precision where it is small.
    #[must_use]
    pub fn erfc(&self) -> Self {
        if !self.is_finite() || self.is_zero() {
            return if self.is_finite() { Self::ONE } else { Self::UNDEFINED };
        }
        if self.wide() {
            return self.low().erfc().union(&self.high().erfc());
        }
        self.spread_erf(self.centre().erfc_point())
    }

    /// The value at the centre with the spread of the argument: the derivative is `2/√π e^{−x²}`.
    fn spread_erf(&self, value: Self) -> Self {
        if self.is_exact() {
            return value;
        }
        let slope = mul_up(
            std::f64::consts::FRAC_2_SQRT_PI.next_up(),
            Self::from_f64(self.abs_lower()).sqr().neg().exp().abs_upper().min(1.0),
        );
        value.widened(mul_up(self.rad, slope))
    }

    fn erf_point(&self) -> Self {
        if self.abs_lower() >= ERFC_FAR {
            // erfc(x) ≤ e^{−x²}
            let one = Self::ONE.widened(self.sqr().neg().exp().abs_upper());
            return if negative(&self.mid) { one.neg() } else { one };
        }
        self.erf_series(WORK_BITS).to(BIG_BITS)
    }

    fn erfc_point(&self) -> Self {
        let x = self.abs_upper();
        if negative(&self.mid) || x < 0.5 {
            let erf = if x < ERFC_FAR { self.erf_series(WORK_BITS) } else { self.erf_point() };
            return Self::ONE.sub(&erf);
        }
        if x < ERFC_FAR {
            // erfc(x) > e^{−x²}/(2x + 1): that many bits cancel.
            let cancelled = (x * x * BITS_PER_E) as usize + 8;
            return Self::ONE.sub_to(&self.erf_series(WORK_BITS + cancelled), WORK_BITS).to(BIG_BITS);
        }
        // DLMF 7.12.1: e^{−x²}/(x√π) Σ (−1)^k (2k−1)!!/(2x²)^k, enveloping: the error is below the first omitted term.
        let square = self.sqr_to(4 * WORK_BITS);
        let ratio = Self::ONE.div_to(&square.scaled(1), WORK_BITS);
        let (mut term, mut sum) = (Self::ONE, Self::ONE);
        for k in 1..1000 {
            let next = term.mul_to(&ratio, WORK_BITS).mul_to(&Self::from_integer(1 - 2 * k), WORK_BITS);
            if next.abs_upper() < pow2(-(BIG_BITS as i32) - 16) || next.abs_upper() >= term.abs_lower() {
                sum = sum.widened(next.abs_upper());
                break;
            }
            sum = sum.add_to(&next, WORK_BITS);
            term = next;
        }
        let scale = self.mul_to(&Self::pi_to(WORK_BITS).sqrt_to(WORK_BITS), WORK_BITS);
        square.neg().exp_to(WORK_BITS).mul_to(&sum, WORK_BITS).div_to(&scale, BIG_BITS)
    }

    /// DLMF 7.6.2: `erf x = 2x/√π e^{−x²} Σ (2x²)^k / (2k+1)!!`, all terms of one sign, for `|x| ≤ 12`.
    fn erf_series(&self, bits: usize) -> Self {
        let square = self.sqr_to(bits);
        let double = square.scaled(1);
        let (mut term, mut sum) = (Self::ONE, Self::ONE);
        for k in 1..10_000 {
            let divisor = 2 * k + 1;
            term = term.mul_to(&double, bits).div_to(&Self::from_integer(divisor), bits);
            sum = sum.add_to(&term, bits);
            // From here on the terms at least halve.
            if double.abs_upper() <= divisor as f64 * 0.5
                && term.abs_upper() < mul_up(sum.abs_lower(), pow2(-(bits as i32)))
            {
                break;
            }
        }
        // The terms left out sum to at most the last one.
        let sum = sum.widened(term.abs_upper());
        let scale = Self::pi_to(bits).sqrt_to(bits);
        let front = self.scaled(1).mul_to(&square.neg().exp_to(bits), bits).div_to(&scale, bits);
        front.mul_to(&sum, bits)
    }

    /// Gaussian error linear unit `x Φ(x) = x/2 erfc(−x/√2)`.
    #[must_use]
    pub fn gelu(&self) -> Self {
        let root = Self::from_integer(2).sqrt_to(WORK_BITS);
        self.mul(&self.neg().div_to(&root, WORK_BITS).erfc()).scaled(-1)
    }

    /// Modified Bessel function of the first kind, order 1/2: `√(2/(πx)) sinh x = √(2x/π) (sinh x)/x` for `x ≥ 0`.
    ///
    /// It behaves as `√x` at 0, where it is 0 and not differentiable.
    #[must_use]
    pub fn bessel_i_half(&self) -> Self {
        let root = self.sqrt();
        if !root.is_finite() {
            return Self::UNDEFINED;
        }
        let quotient = |x: &Self| x.sinh().div_to(x, WORK_BITS);
        // sinh x / x is 1 at 0 and increasing in x ≥ 0.
        let quotient = if self.is_zero() {
            Self::ONE
        } else if self.contains_zero() {
            Self::ONE.union(&quotient(&self.high()))
        } else if self.wide() {
            quotient(&self.low()).union(&quotient(&self.high()))
        } else {
            quotient(self)
        };
        let scale = Self::from_integer(2).div_to(&Self::pi_to(WORK_BITS), WORK_BITS).sqrt_to(WORK_BITS);
        root.mul(&scale.mul(&quotient))
    }

    /// Airy function `Ai` and its derivative; undefined for a ball that reaches below −50.
    #[must_use]
    pub fn airy(&self) -> (Self, Self) {
        if !self.is_finite() || self.lower() < AIRY_LEAST {
            return (Self::UNDEFINED, Self::UNDEFINED);
        }
        let positive = !negative(&self.mid) && !negative(&self.low().mid);
        // On x ≥ 0, Ai decreases and Ai′ increases; the ends themselves are thinner than this.
        if positive && self.rad > 1e-60 && self.wide_enough() {
            let ((a, da), (b, db)) = (self.low().airy(), self.high().airy());
            return (a.union(&b), da.union(&db));
        }
        let (value, slope) = self.centre().airy_point();
        if self.is_exact() {
            return (value, slope);
        }
        // Ai″ = x Ai and Ai‴ = Ai + x Ai′. Ai′² − x Ai² has the derivative −Ai², hence for x < 0
        // Ai′(x)² ≤ Ai′(0)² + |x| max Ai²; for x ≥ 0, |Ai′(x)| ≤ |Ai′(0)|.
        let (r, size) = (self.rad, self.abs_upper());
        let slope_max = add_up(0.067, mul_up(0.287, if positive { 0.0 } else { size })).sqrt().next_up();
        let second = mul_up(size, AIRY_MAX);
        let third = add_up(AIRY_MAX, mul_up(size, slope_max));
        let bent = |bound: f64| mul_up(mul_up(r, r) * 0.5, bound);
        let curve = mul_up(super::upper(&self.mid), value.abs_upper());
        let spread = add_up(mul_up(r, slope.abs_upper()), bent(second));
        let slope_spread = add_up(mul_up(r, curve), bent(third));
        (value.widened(spread), slope.widened(slope_spread))
    }

    /// Whether both ends, rounded, are thinner than the ball.
    fn wide_enough(&self) -> bool {
        self.low().rad < self.rad * 0.5 && self.high().rad < self.rad * 0.5
    }

    fn airy_point(&self) -> (Self, Self) {
        if !negative(&self.mid) && self.abs_lower() > AIRY_FAR {
            return self.airy_far();
        }
        // The terms grow to e^ζ, ζ = 2/3 |x|^{3/2}, while Ai is about e^−ζ on the right and about 1 on the left.
        let x = self.abs_upper();
        let zeta = ((2.0 / 3.0) * x * x.sqrt() * BITS_PER_E) as usize + 1;
        let small = if negative(&self.mid) { 0 } else { zeta };
        let bits = WORK_BITS + zeta + small;
        let tolerance = pow2(-((WORK_BITS + small) as i32));
        let (x1, x2) = (self.to(bits), self.sqr_to(bits));
        let step = |a: &Self, x: &Self, n: i64| a.mul_to(x, bits).div_to(&Self::from_integer(n), bits);
        // DLMF 9.4.1: Ai = c₁ f − c₂ g; f and g are the solutions of y″ = xy with f = 1, f′ = 0 and g = 0, g′ = 1 at 0.
        let (mut f, mut g) = (Self::ONE, x1.clone());
        let (mut sum, mut slope) = ([f.clone(), g.clone()], [Self::ZERO, Self::ONE]);
        let mut tail = 0.0;
        for k in 1..2000 {
            let (df, dg) = (step(&f, &x2, 3 * k - 1), step(&g, &x2, 3 * k));
            (f, g) = (step(&df, &x1, 3 * k), step(&dg, &x1, 3 * k + 1));
            for (sum, term) in sum.iter_mut().zip([&f, &g]).chain(slope.iter_mut().zip([&df, &dg])) {
                *sum = sum.add_to(term, bits);
            }
            // Once x³ ≤ 3k(3k − 1)/2 the terms at least halve, so that those left out sum to at most the last one.
            tail = [&f, &g, &df, &dg].iter().map(|term| term.abs_upper()).fold(0.0, f64::max);
            let halving = mul_up(x, mul_up(x, x)) <= 0.5 * (3 * k * (3 * k - 1)) as f64;
            if halving && tail < tolerance {
                break;
            }
        }
        let (c1, c2) = airy_at_zero();
        let combine = |[f, g]: &[Self; 2]| {
            let [f, g] = [f, g].map(|sum| sum.clone().widened(tail));
            f.mul_to(c1, bits).sub_to(&g.mul_to(c2, bits), bits).to(BIG_BITS)
        };
        (combine(&sum), combine(&slope))
    }

    /// DLMF 9.7.5, 9.7.6 for large positive arguments; the error is below the first omitted term (§9.7(iii)).
    fn airy_far(&self) -> (Self, Self) {
        let root = self.sqrt_to(WORK_BITS);
        let zeta = self.mul_to(&root, WORK_BITS).scaled(1).div_to(&Self::from_integer(3), WORK_BITS);
        let (mut term, mut sum, mut slope) = (Self::ONE, Self::ONE, Self::ONE);
        for k in 1..1000 {
            // u_k = u_{k−1} (6k−5)(6k−3)(6k−1) / (216 k (2k−1)), v_k = u_k (6k+1)/(1−6k)
            let up = Self::from_integer(-(6 * k - 5) * (6 * k - 3) * (6 * k - 1));
            let down = zeta.mul_to(&Self::from_integer(216 * k * (2 * k - 1)), WORK_BITS);
            let next = term.mul_to(&up, WORK_BITS).div_to(&down, WORK_BITS);
            let steep = next.mul_to(&Self::from_integer(6 * k + 1), WORK_BITS);
            let steep = steep.div_to(&Self::from_integer(1 - 6 * k), WORK_BITS);
            if steep.abs_upper() < pow2(-(BIG_BITS as i32) - 16) || next.abs_upper() >= term.abs_lower() {
                sum = sum.widened(next.abs_upper());
                slope = slope.widened(steep.abs_upper());
                break;
            }
            sum = sum.add_to(&next, WORK_BITS);
            slope = slope.add_to(&steep, WORK_BITS);
            term = next;
        }
        let quarter = root.sqrt_to(WORK_BITS);
        let front = zeta.neg().exp_to(WORK_BITS).scaled(-1);
        let front = front.div_to(&Self::pi_to(WORK_BITS).sqrt_to(WORK_BITS), WORK_BITS);
        let value = front.mul_to(&sum, WORK_BITS).div_to(&quarter, BIG_BITS);
        (value, front.mul_to(&slope, WORK_BITS).mul_to(&quarter, BIG_BITS).neg())
    }
}

/// `Ai(0) = 3^{−2/3}/Γ(2/3)` and `−Ai′(0) = 3^{−1/3}/Γ(1/3)` to [`AIRY_BITS`].
fn airy_at_zero() -> &'static (Ball, Ball) {
    static VALUES: OnceLock<(Ball, Ball)> = OnceLock::new();
    VALUES.get_or_init(|| {
        let bits = AIRY_BITS + 64;
        let integer = Ball::from_integer;
        // Γ(1/3)³ = 2^{4/3} 3^{−1/4} π² / M(1, cos(π/12)), with cos(π/12) = (√6 + √2)/4
        let cosine = integer(6).sqrt_to(bits).add_to(&integer(2).sqrt_to(bits), bits).scaled(-2);
        let (mut a, mut b) = (Ball::ONE, cosine);
        for _ in 0..12 {
            // The means enclose the limit, and their distance is squared each time.
            (a, b) = (a.add_to(&b, bits).scaled(-1), a.mul_to(&b, bits).sqrt_to(bits));
        }
        let ln = |x: &Ball, p: i64, q: i64| x.ln_to(bits).mul_to(&integer(p), bits).div_to(&integer(q), bits);
        // ln Γ(1/3)
        let gamma = [
            ln(&integer(2), 4, 9),
            ln(&integer(3), -1, 12),
            ln(&Ball::pi_to(bits), 2, 3),
            ln(&a.union_to(&b, bits), -1, 3),
        ];
        let gamma = gamma.iter().fold(Ball::ZERO, |sum, term| sum.add_to(term, bits));
        let slope = ln(&integer(3), -1, 3).sub_to(&gamma, bits).exp_to(bits);
        // Γ(1/3) Γ(2/3) = 2π/√3, hence Ai(0) · (−Ai′(0)) = 1/(2π√3).
        let product = Ball::pi_to(bits).scaled(1).mul_to(&integer(3).sqrt_to(bits), bits);
        (Ball::ONE.div_to(&product.mul_to(&slope, bits), bits), slope)
    })
}
