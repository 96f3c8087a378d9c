//! Inf–sup intervals with directed rounding, and Taylor jets of them.
//!
//! An interval is undefined (and so is all that is computed from it) after a division by an interval that contains
//! zero, or a function outside its domain. A jet holds Taylor coefficients: evaluated at a point, those of the
//! function there; evaluated over an interval, enclosures of those at every point of it.

use astro_float_num::{BigFloat, Consts, RoundingMode};

/// Bits of every end point.
pub(super) const BITS: usize = 192;
pub(super) const DOWN: RoundingMode = RoundingMode::Down;
pub(super) const UP: RoundingMode = RoundingMode::Up;

/// All numbers from `lo` to `hi`.
#[derive(Debug)]
pub(super) struct Interval {
    pub(super) lo: BigFloat,
    pub(super) hi: BigFloat,
}

impl Clone for Interval {
    fn clone(&self) -> Self {
        Self { lo: self.lo.clone(), hi: self.hi.clone() }
    }
}

impl Interval {
    pub(super) fn new(lo: f64, hi: f64) -> Self {
        Self { lo: BigFloat::from_f64(lo, BITS), hi: BigFloat::from_f64(hi, BITS) }
    }
    pub(super) fn point(x: f64) -> Self {
        Self::new(x, x)
    }
    pub(super) fn undefined() -> Self {
        Self { lo: BigFloat::nan(None), hi: BigFloat::nan(None) }
    }
    pub(super) fn is_defined(&self) -> bool {
        !(self.lo.is_nan() || self.hi.is_nan() || self.lo.is_inf() || self.hi.is_inf())
    }
    /// Not below and not above zero; also true of the undefined.
    pub(super) fn may_be_zero(&self) -> bool {
        !(self.is_defined() && (self.positive() || self.neg().positive()))
    }
    pub(super) fn positive(&self) -> bool {
        self.lo.is_positive() && !self.lo.is_zero()
    }
    pub(super) fn is_zero(&self) -> bool {
        self.lo.is_zero() && self.hi.is_zero()
    }
    pub(super) fn neg(&self) -> Self {
        Self { lo: self.hi.neg(), hi: self.lo.neg() }
    }
    pub(super) fn add(&self, b: &Self) -> Self {
        Self { lo: self.lo.add(&b.lo, BITS, DOWN), hi: self.hi.add(&b.hi, BITS, UP) }
    }
    pub(super) fn sub(&self, b: &Self) -> Self {
        self.add(&b.neg())
    }
    pub(super) fn mul(&self, b: &Self) -> Self {
        if !self.is_defined() || !b.is_defined() {
            return Self::undefined();
        }
        let times = |x: &BigFloat, y: &BigFloat, rounding| x.mul(y, BITS, rounding);
        let below = |x: &BigFloat| x.is_negative() && !x.is_zero();
        match (below(&self.lo), below(&b.lo)) {
            // −a·b: turn each factor so that it has a non-negative upper end at least.
            (true, _) if !self.hi.is_positive() || self.hi.is_zero() => self.neg().mul(b).neg(),
            (_, true) if !b.hi.is_positive() || b.hi.is_zero() => self.mul(&b.neg()).neg(),
            (false, false) => Self { lo: times(&self.lo, &b.lo, DOWN), hi: times(&self.hi, &b.hi, UP) },
            (false, true) => Self { lo: times(&self.hi, &b.lo, DOWN), hi: times(&self.hi, &b.hi, UP) },
            (true, false) => Self { lo: times(&self.lo, &b.hi, DOWN), hi: times(&self.hi, &b.hi, UP) },
            (true, true) => Self {
                lo: times(&self.lo, &b.hi, DOWN).min(&times(&self.hi, &b.lo, DOWN)),
                hi: times(&self.lo, &b.lo, UP).max(&times(&self.hi, &b.hi, UP)),
            },
        }
    }
    pub(super) fn inverse(&self) -> Self {
        if self.may_be_zero() {
            return Self::undefined();
        }
        let one = BigFloat::from_f64(1.0, BITS);
        Self { lo: one.div(&self.hi, BITS, DOWN), hi: one.div(&self.lo, BITS, UP) }
    }
    pub(super) fn div(&self, b: &Self) -> Self {
        self.mul(&b.inverse())
    }
    pub(super) fn sqrt(&self) -> Self {
        if self.lo.is_negative() && !self.lo.is_zero() {
            return Self::undefined();
        }
        Self { lo: self.lo.sqrt(BITS, DOWN), hi: self.hi.sqrt(BITS, UP) }
    }
    /// The smallest interval around both.
    pub(super) fn hull(&self, b: &Self) -> Self {
        Self { lo: self.lo.min(&b.lo), hi: self.hi.max(&b.hi) }
    }
    /// `[−m, m]` with the largest magnitude `m`.
    pub(super) fn balanced(&self) -> Self {
        let hi = self.magnitude();
        Self { lo: hi.neg(), hi }
    }
    pub(super) fn magnitude(&self) -> BigFloat {
        if self.is_defined() { self.hi.max(&self.lo.neg()) } else { BigFloat::nan(None) }
    }
    /// The smallest magnitude.
    pub(super) fn mignitude(&self) -> BigFloat {
        if self.may_be_zero() { BigFloat::from_f64(0.0, BITS) } else { self.lo.max(&self.hi.neg()) }
    }
    /// Whether all of it is at most `bound`.
    pub(super) fn at_most(&self, bound: &BigFloat) -> bool {
        self.is_defined() && self.hi <= *bound
    }
    /// A function that increases, with its value rounded down and up, and widened by 2^-180 because the roundings of
    /// transcendental functions are promised but not proved. Exact values at 0 and 1 stay exact.
    pub(super) fn increasing(&self, f: impl Fn(&BigFloat, RoundingMode) -> BigFloat) -> Self {
        let (lo, hi) = (f(&self.lo, DOWN), f(&self.hi, UP));
        let exact = self.lo.is_zero() || self.lo == BigFloat::from_f64(1.0, BITS);
        if exact && self.lo == self.hi && lo == hi {
            return Self { lo, hi };
        }
        let slack = Self::point(2f64.powi(-180));
        let wide = |x: BigFloat| {
            let x = Self { lo: x.clone(), hi: x };
            x.add(&x.mul(&slack).balanced())
        };
        Self { lo: wide(lo).lo, hi: wide(hi).hi }
    }
}

/// The constants that elementary functions need.
pub(super) fn pi(cc: &mut Consts) -> Interval {
    Interval { lo: cc.pi(BITS, DOWN), hi: cc.pi(BITS, UP) }
}

/// Taylor coefficients, lowest first.
pub(super) type Jet = Vec<Interval>;

/// `x₀ + t` as a jet of `order` coefficients.
pub(super) fn variable(x: Interval, order: usize) -> Jet {
    let slope = |k| Interval::point(if k == 1 { 1.0 } else { 0.0 });
    std::iter::once(x).chain((1..order).map(slope)).collect()
}
pub(super) fn constant(c: Interval, order: usize) -> Jet {
    std::iter::once(c).chain((1..order).map(|_| Interval::point(0.0))).collect()
}
pub(super) fn add(a: &Jet, b: &Jet) -> Jet {
    a.iter().zip(b).map(|(a, b)| a.add(b)).collect()
}
pub(super) fn sub(a: &Jet, b: &Jet) -> Jet {
    a.iter().zip(b).map(|(a, b)| a.sub(b)).collect()
}
pub(super) fn scale(a: &Jet, c: &Interval) -> Jet {
    a.iter().map(|a| a.mul(c)).collect()
}
fn sum(terms: impl Iterator<Item = Interval>) -> Interval {
    terms.fold(Interval::point(0.0), |s, t| s.add(&t))
}
pub(super) fn mul(a: &Jet, b: &Jet) -> Jet {
    (0..a.len().min(b.len())).map(|k| sum((0..=k).map(|j| a[j].mul(&b[k - j])))).collect()
}
pub(super) fn div(a: &Jet, b: &Jet) -> Jet {
    let inverse = b[0].inverse();
    let mut q = Jet::new();
    for k in 0..a.len().min(b.len()) {
        let known = sum((0..k).map(|j| q[j].mul(&b[k - j])));
        q.push(a[k].sub(&known).mul(&inverse));
    }
    q
}
pub(super) fn sqrt(a: &Jet) -> Jet {
    let mut v = vec![a[0].sqrt()];
    let half = if a.len() > 1 { v[0].add(&v[0]).inverse() } else { Interval::undefined() };
    for k in 1..a.len() {
        let known = sum((1..k).map(|j| v[j].mul(&v[k - j])));
        v.push(a[k].sub(&known).mul(&half));
    }
    v
}
/// One coefficient of the antiderivative: `k v_k = Σ_{j=1}^{k} j u_j w_{k−j}` for `v' = w·u'`.
pub(super) fn antiderivative(k: usize, u: &Jet, w: &Jet) -> Interval {
    sum((1..=k).map(|j| Interval::point(j as f64).mul(&u[j]).mul(&w[k - j]))).div(&Interval::point(k as f64))
}
/// `v` with `v' = w·u'` and the given head.
pub(super) fn integrate(head: Interval, u: &Jet, w: &Jet) -> Jet {
    std::iter::once(head).chain((1..u.len()).map(|k| antiderivative(k, u, w))).collect()
}
