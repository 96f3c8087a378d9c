//! The named functions of a series, by recurrence from the value at the constant term.

use super::{Series, convolution, self_convolution};
use crate::{
    ball::Ball,
    expr::{Analytic, Func},
    number::Scalar,
};

impl<C: Analytic> Series<C> {
    /// The solution of `y′ = u′ g` that starts at `start`, for a known series `g`.
    fn primitive(&self, start: C, g: &Self) -> Self {
        let [y] = self.evolve([start], |_, k| [g.coefficient(k)]);
        y
    }

    fn of_ball(c: &Ball) -> Self {
        Self::constant(C::of_ball(c))
    }

    fn times(&self, c: &Ball) -> Self {
        let c = C::of_ball(c);
        self.map(|a| a.mul(&c))
    }
}

impl<C: Analytic> Analytic for Series<C> {
    fn of_ball(c: &Ball) -> Self {
        Series::of_ball(c)
    }

    fn apply(&self, f: Func) -> Self {
        let start = self.coefs[0].apply(f);
        if self.coefs.len() == 1 {
            return Self { order: self.order, coefs: vec![start] };
        }
        let one = || Self::constant(C::from_f64(1.0));
        let value = |f: Func| self.coefs[0].apply(f);
        // 2/√π e^{−u²}
        let bell = || {
            let scale = Ball::from_integer(2).div(&Ball::pi().sqrt());
            self.mul(self).neg().exp().times(&scale)
        };
        // (u y)_k
        let product = |y: &[C], k: usize| convolution(&self.coefs, y, k, 0, k).unwrap_or_else(|| C::from_f64(0.0));
        // 1 − y² and 1 + y², term by term.
        let unit_and = |y: &[C], k: usize, sign: f64| {
            let square = self_convolution(y, k, 0).unwrap_or_else(|| C::from_f64(0.0)).mul(&C::from_f64(sign));
            if k == 0 { C::from_f64(1.0).add(&square) } else { square }
        };
        match f {
            Func::Sqrt => self.sqrt(),
            Func::Exp => self.exp(),
            Func::Exp2 => {
                let [y] = self.times(&Ball::ln2()).evolve([start], |[y], k| [y[k].clone()]);
                y
            }
            Func::Expm1 => self.primitive(start, &self.exp()),
            Func::Ln => self.primitive(start, &one().div(self)),
            Func::Log2 => self.primitive(start, &one().div(&self.times(&Ball::ln2()))),
            Func::Log10 => self.primitive(start, &one().div(&self.times(&Ball::from_integer(10).ln()))),
            Func::Sin => {
                let [s, _] = self.evolve([start, value(Func::Cos)], |[s, c], k| [c[k].clone(), s[k].neg()]);
                s
            }
            Func::Cos => {
                let [c, _] = self.evolve([start, value(Func::Sin)], |[c, s], k| [s[k].neg(), c[k].clone()]);
                c
            }
            Func::Tan => {
                let [y] = self.evolve([start], |[y], k| [unit_and(y, k, 1.0)]);
                y
            }
            Func::Asin => self.primitive(start, &one().div(&one().sub(&self.mul(self)).sqrt())),
            Func::Acos => self.primitive(start, &one().div(&one().sub(&self.mul(self)).sqrt()).neg()),
            Func::Atan => self.primitive(start, &one().div(&one().add(&self.mul(self)))),
            Func::Sinh => {
                let [s, _] = self.evolve([start, value(Func::Cosh)], |[s, c], k| [c[k].clone(), s[k].clone()]);
                s
            }
            Func::Cosh => {
                let [c, _] = self.evolve([start, value(Func::Sinh)], |[c, s], k| [s[k].clone(), c[k].clone()]);
                c
            }
            Func::Tanh => {
                let [y] = self.evolve([start], |[y], k| [unit_and(y, k, -1.0)]);
                y
            }
            Func::Erf => self.primitive(start, &bell()),
            Func::Erfc => self.primitive(start, &bell().neg()),
            Func::Gelu => {
                let argument = self.times(&Ball::from_f64(0.5).sqrt()).neg();
                self.mul(&argument.apply(Func::Erfc)).times(&Ball::from_f64(0.5))
            }
            // y″ = u y as a system, y and y′ being functions of u.
            Func::Airy => {
                let start = [start, value(Func::AiryPrime)];
                let [y, _] = self.evolve(start, |[y, dy], k| [dy[k].clone(), product(y, k)]);
                y
            }
            Func::AiryPrime => {
                let start = [start, value(Func::Airy)];
                let [dy, _] = self.evolve(start, |[dy, y], k| [product(y, k), dy[k].clone()]);
                dy
            }
            Func::BesselIHalf => {
                let scale = Ball::from_integer(2).div(&Ball::pi()).sqrt();
                self.apply(Func::Sinh).div(&self.sqrt()).times(&scale)
            }
            Func::Logistic => {
                // y′ = y − y²
                let [y] = self.evolve([start], |[y], k| {
                    [match self_convolution(y, k, 0) {
                        Some(square) => y[k].sub(&square),
                        None => y[k].clone(),
                    }]
                });
                y
            }
        }
    }

    fn powi(&self, n: i64) -> Self {
        let mut result = Self::constant(C::from_f64(1.0));
        for bit in (0..64 - n.unsigned_abs().leading_zeros()).rev() {
            result = result.mul(&result);
            if n.unsigned_abs() >> bit & 1 == 1 {
                result = result.mul(self);
            }
        }
        if n < 0 { Self::constant(C::from_f64(1.0)).div(&result) } else { result }
    }

    fn pow(&self, a: &Ball) -> Self {
        // u y′ = a u′ y, hence k u_0 y_k = Σ_j (a j − (k − j)) u_j y_{k−j}
        let mut y = vec![self.coefs[0].pow(a)];
        let n = if self.coefs.len() == 1 { 0 } else { self.order };
        let scaled: Vec<C> = (self.coefs.iter().enumerate())
            .map(|(j, u)| u.mul(&C::of_ball(&a.add(&Ball::ONE).mul(&Ball::from_integer(j as i64)))))
            .collect();
        for k in 1..=n {
            let weight = C::from_f64(k as f64);
            let sum = match (convolution(&scaled, &y, k, 1, k), convolution(&self.coefs, &y, k, 1, k)) {
                (Some(forward), Some(back)) => forward.sub(&back.mul(&weight)),
                _ => C::from_f64(0.0),
            };
            y.push(sum.div(&self.coefs[0].mul(&weight)));
        }
        Self { order: self.order, coefs: y }
    }

    fn power_of(&self, base: &Ball) -> Self {
        let start = self.coefs[0].power_of(base);
        let [y] = self.times(&base.ln()).evolve([start], |[y], k| [y[k].clone()]);
        y
    }
}
