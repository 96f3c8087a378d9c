//! Truncated Taylor series: arithmetic on the coefficients of `f(c + t) = Σ a_k t^k + O(t^{n+1})`.
//!
//! A [`Series`] over [`Ball`](crate::ball::Ball) is rigorous coefficient by coefficient. With an exact centre its
//! coefficients enclose the derivatives at that point; with a wide ball as the centre, those at every point of the
//! ball, which is what the Lagrange remainder asks for.
//!
//! An operation on two full series of order `n` costs `n²/2` products; trailing zeros are not stored, so that
//! polynomials of low degree stay cheap.
//!
//! ```
//! use ansatz_functions::{ball::Ball, number::Scalar, series::Series};
//! let x = Series::variable(Ball::ZERO, 5);
//! let e = x.exp();
//! assert!(e.coefficient(5).contains(1.0 / 120.0) || e.coefficient(5).to_f64() == 1.0 / 120.0);
//! ```
//!
//! The recurrences for the elementary functions come from their differential equations (Moore 1966; Griewank and
//! Walther 2008, *Evaluating Derivatives*, §13.2).

mod analytic;

use crate::number::{Dd, Scalar};

/// A Taylor polynomial with its truncation order.
#[derive(Clone, Debug)]
pub struct Series<C> {
    /// The last power that is known; `usize::MAX` for a constant, which is known to all orders.
    order: usize,
    /// At least one, at most `order + 1`; what is missing is exactly zero.
    coefs: Vec<C>,
}

impl<C: Scalar> Series<C> {
    /// The constant `c`, known to every order.
    pub fn constant(c: C) -> Self {
        Self { order: usize::MAX, coefs: vec![c] }
    }

    /// The independent variable `centre + t`, to order `order`.
    pub fn variable(centre: C, order: usize) -> Self {
        Self::from_coefficients(vec![centre, C::from_f64(1.0)], order)
    }

    /// The series of the given coefficients, to order `order`; what is missing is zero and what is beyond is dropped.
    /// More than 1000 orders are not kept.
    pub fn from_coefficients(mut coefs: Vec<C>, order: usize) -> Self {
        let order = order.min(1000);
        coefs.truncate(order + 1);
        if coefs.is_empty() {
            coefs.push(C::from_f64(0.0));
        }
        Self { order, coefs }
    }

    /// The last power that is known; `usize::MAX` for a constant.
    pub fn order(&self) -> usize {
        self.order
    }

    /// The coefficient of `t^k`; zero beyond the stored ones.
    pub fn coefficient(&self, k: usize) -> C {
        self.coefs.get(k).cloned().unwrap_or_else(|| C::from_f64(0.0))
    }

    /// The stored coefficients, from the constant term on; later ones are exactly zero.
    pub fn coefficients(&self) -> &[C] {
        &self.coefs
    }

    /// The constant term.
    pub fn constant_term(&self) -> &C {
        &self.coefs[0]
    }

    /// The polynomial at `t`, without any remainder.
    pub fn eval(&self, t: &C) -> C {
        let mut value = self.coefs[self.coefs.len() - 1].clone();
        for c in self.coefs.iter().rev().skip(1) {
            value = value.mul(t).add(c);
        }
        value
    }

    /// The derivative, known to one order less.
    #[must_use]
    pub fn derivative(&self) -> Self {
        if self.order == usize::MAX {
            return Self::constant(C::from_f64(0.0));
        }
        let order = self.order.saturating_sub(1);
        let coefs = self.coefs.iter().enumerate().skip(1).map(|(k, c)| c.mul(&C::from_f64(k as f64))).collect();
        Self::from_coefficients(coefs, order)
    }

    fn map(&self, f: impl Fn(&C) -> C) -> Self {
        Self { order: self.order, coefs: self.coefs.iter().map(f).collect() }
    }

    fn zip(&self, rhs: &Self, both: impl Fn(&C, &C) -> C, right: impl Fn(&C) -> C) -> Self {
        let order = self.order.min(rhs.order);
        let n = self.coefs.len().max(rhs.coefs.len()).min(order.saturating_add(1));
        let coefs = (0..n)
            .map(|k| match (self.coefs.get(k), rhs.coefs.get(k)) {
                (Some(a), Some(b)) => both(a, b),
                (Some(a), None) => a.clone(),
                (None, Some(b)) => right(b),
                (None, None) => C::from_f64(0.0),
            })
            .collect();
        Self { order, coefs }
    }
}

/// `Σ a_i b_{k−i}` over the stored coefficients with `first ≤ i ≤ last`.
fn convolution<C: Scalar>(a: &[C], b: &[C], k: usize, first: usize, last: usize) -> Option<C> {
    let first = first.max((k + 1).saturating_sub(b.len()));
    let last = last.min(a.len() - 1).min(k);
    (first..=last).map(|i| a[i].mul(&b[k - i])).reduce(|sum, term| sum.add(&term))
}

/// `Σ_{i=first}^{k−first} a_i a_{k−i}`, each product once and the middle one as a square.
fn self_convolution<C: Scalar>(a: &[C], k: usize, first: usize) -> Option<C> {
    let half = match k.div_ceil(2).checked_sub(1) {
        Some(last) => convolution(a, a, k, first, last).map(|sum| sum.add(&sum)),
        None => None,
    };
    let middle = (k.is_multiple_of(2) && k / 2 >= first).then(|| a.get(k / 2)).flatten().map(|c| c.mul(c));
    match (half, middle) {
        (Some(half), Some(middle)) => Some(half.add(&middle)),
        (half, middle) => half.or(middle),
    }
}

impl<C: Scalar> Scalar for Series<C> {
    fn from_dd(value: Dd) -> Self {
        Self::constant(C::from_dd(value))
    }
    /// The constant term.
    fn to_f64(&self) -> f64 {
        self.coefs[0].to_f64()
    }
    fn add(&self, rhs: &Self) -> Self {
        self.zip(rhs, C::add, C::clone)
    }
    fn sub(&self, rhs: &Self) -> Self {
        self.zip(rhs, C::sub, C::neg)
    }
    fn mul(&self, rhs: &Self) -> Self {
        let order = self.order.min(rhs.order);
        let same = std::ptr::eq(self, rhs);
        let n = (self.coefs.len() + rhs.coefs.len() - 1).min(order.saturating_add(1));
        let coefs = (0..n)
            .map(|k| {
                let sum = if same {
                    self_convolution(&self.coefs, k, 0)
                } else {
                    convolution(&self.coefs, &rhs.coefs, k, 0, k)
                };
                sum.unwrap_or_else(|| C::from_f64(0.0))
            })
            .collect();
        Self { order, coefs }
    }
    fn div(&self, rhs: &Self) -> Self {
        let order = self.order.min(rhs.order);
        let b = &rhs.coefs;
        // A quotient by a constant, or of constants, has no further terms.
        let n = if b.len() == 1 { self.coefs.len() } else { usize::MAX }.min(order.saturating_add(1));
        let mut q: Vec<C> = Vec::with_capacity(n);
        for k in 0..n {
            let rest = if k == 0 { None } else { convolution(b, &q, k, 1, k) };
            let numerator = match (self.coefs.get(k), rest) {
                (Some(a), Some(rest)) => a.sub(&rest),
                (Some(a), None) => a.clone(),
                (None, Some(rest)) => rest.neg(),
                (None, None) => C::from_f64(0.0),
            };
            q.push(numerator.div(&b[0]));
        }
        Self { order, coefs: q }
    }
    fn neg(&self) -> Self {
        self.map(C::neg)
    }
    fn sqrt(&self) -> Self {
        let n = if self.coefs.len() == 1 { 1 } else { self.order + 1 };
        let mut root = vec![self.coefs[0].sqrt()];
        let twice = root[0].add(&root[0]);
        for k in 1..n {
            let numerator = match self_convolution(&root, k, 1) {
                Some(rest) => self.coefficient(k).sub(&rest),
                None => self.coefficient(k),
            };
            root.push(numerator.div(&twice));
        }
        Self { order: self.order, coefs: root }
    }
    fn exp(&self) -> Self {
        let [e] = self.evolve([self.coefs[0].exp()], |[y], k| [y[k].clone()]);
        e
    }
    /// Whether every coefficient is a number.
    fn is_finite(&self) -> bool {
        self.coefs.iter().all(C::is_finite)
    }
}

impl<C: Scalar> Series<C> {
    /// The solutions of `y_i′ = u′ g_i` with `u` this series: `start` are the constant terms, `slope(y, k)` gives the
    /// `k`-th coefficients of the `g_i`, for which those of the `y_i` up to `k` are known.
    fn evolve<const N: usize>(&self, start: [C; N], slope: impl Fn(&[Vec<C>; N], usize) -> [C; N]) -> [Self; N] {
        let mut y: [Vec<C>; N] = start.map(|c| vec![c]);
        let mut g: [Vec<C>; N] = std::array::from_fn(|_| Vec::new());
        // j u_j
        let du: Vec<C> = self.coefs.iter().enumerate().map(|(j, c)| c.mul(&C::from_f64(j as f64))).collect();
        let n = if du.len() == 1 { 0 } else { self.order };
        for k in 1..=n {
            for (g, new) in g.iter_mut().zip(slope(&y, k - 1)) {
                g.push(new);
            }
            let scale = C::from_f64(k as f64);
            for (y, g) in y.iter_mut().zip(&g) {
                let sum = (1..=k.min(du.len() - 1)).map(|j| du[j].mul(&g[k - j])).reduce(|sum, term| sum.add(&term));
                y.push(sum.map_or_else(|| C::from_f64(0.0), |sum| sum.div(&scale)));
            }
        }
        y.map(|coefs| Self { order: self.order, coefs })
    }
}

#[cfg(test)]
mod tests;
