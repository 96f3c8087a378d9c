//! Scaling and squaring for exponentials `A·e^{λx}` on intervals around or beside zero.
//!
//! With `m = 2^s` and `z = ℓx`, `ℓ = λ/2m`, Lambert's continued fraction
//! `coth z ≈ 1/z + 1/(3/z + 1/(5/z + … + z/(2k − 1)))` gives `e^{2z} = 1 + 2/(coth z − 1)`, the diagonal Padé approximant
//! of degrees `(k, k)`, and `s` squarings give `e^{λx}`. Dividing the levels by their factors of `v = b/x` leaves
//! `K = v + c_1/(v + … c_{k−2}/(v + x))` and `y = a + c/(K − d)`: `2k + 1` operations, 3 for `k = 1`, and one more for
//! each squaring. All constants are free, which the tuned variant uses.

use super::problem::Problem;
use crate::number::{Big, Scalar};
use crate::program::{Op, Program};
use ansatz_core::{Error, Result};

/// `A·e^{λx}`.
#[derive(Clone, Debug)]
pub(super) struct Exponential {
    rate: Big,
    /// `ln A`
    offset: Big,
}

impl Exponential {
    /// Recognises an exponential by its values.
    ///
    /// # Errors
    /// [`Error::Refused`] if the function is not one to 40 digits.
    pub(super) fn recognise(problem: &Problem) -> Result<Self> {
        let refused =
            || Error::refused("scaling and squaring is for exponentials a·e^(bx), which this function is not");
        let points: Vec<(Big, Big)> = problem.grid.iter().step_by(57).map(|s| (s.big.clone(), s.g.ln())).collect();
        let ((x0, y0), (x1, y1)) = match points.as_slice() {
            [first, .., last] => (first, last),
            _ => return Err(refused()),
        };
        let rate = y1.sub(y0).div(&x1.sub(x0));
        let offset = y0.sub(&rate.mul(x0));
        let line = |x: &Big| rate.mul(x).add(&offset);
        let off = points
            .iter()
            .map(|(x, y)| y.sub(&line(x)).to_f64().abs())
            .fold(0.0, |a, b| if b.is_nan() { b } else { a.max(b) });
        if off < 1e-40 && rate.to_f64().abs() > 1e-300 { Ok(Self { rate, offset }) } else { Err(refused()) }
    }

    /// The Padé approximant of degrees `(k, k)`, squared `s` times.
    pub(super) fn program(&self, k: usize, s: usize) -> Program {
        let big = |i: usize| Big::from_f64(i as f64);
        let m = Big::from_f64(2f64.powi(s as i32));
        let scale = self.rate.div(&m).div(&big(2));
        let amplitude = self.offset.div(&m).exp();
        let odd = |j: usize| big(2 * j - 1);
        let mut p = Program::builder();
        let x = p.input();
        let mut y = if k == 1 {
            // (1 + z)/(1 − z) = −1 − (2/ℓ)/(x − 1/ℓ)
            let gamma = big(1).div(&scale);
            let [a, c, d] =
                [amplitude.neg(), amplitude.mul(&gamma).mul(&big(2)).neg(), gamma].map(|c| p.constant(c.to_dd()));
            let difference = p.op(Op::Sub, &[x, d]);
            let quotient = p.op(Op::Div, &[c, difference]);
            p.op(Op::Add, &[a, quotient])
        } else {
            // b = s_{k−1} s_k/ℓ²; a level j is τ_j (v + c_j/…) with τ_j = s_j ℓ/(s_{k−1} s_k), the last τ = ℓ/s_k.
            let product = odd(k - 1).mul(&odd(k));
            let b = p.constant(product.div(&scale.mul(&scale)).to_dd());
            let v = p.op(Op::Div, &[b, x]);
            let mut inner = p.op(Op::Add, &[v, x]);
            let mut tau = scale.div(&odd(k));
            for j in (1..k - 1).rev() {
                let outer = odd(j).mul(&scale).div(&product);
                let c = p.constant(big(1).div(&outer.mul(&tau)).to_dd());
                let quotient = p.op(Op::Div, &[c, inner]);
                inner = p.op(Op::Add, &[v, quotient]);
                tau = outer;
            }
            let gamma = big(1).div(&tau);
            let [a, c, d] =
                [amplitude.clone(), amplitude.mul(&gamma).mul(&big(2)), gamma].map(|c| p.constant(c.to_dd()));
            let difference = p.op(Op::Sub, &[inner, d]);
            let quotient = p.op(Op::Div, &[c, difference]);
            p.op(Op::Add, &[a, quotient])
        };
        for _ in 0..s {
            y = p.op(Op::Mul, &[y, y]);
        }
        p.finish(y)
    }
}

/// The operations of [`Exponential::program`].
pub(super) fn operations(k: usize, s: usize) -> usize {
    2 * k + 1 + s
}

#[cfg(test)]
mod tests {
    use super::super::level::{level_on, measure_on};
    use super::super::problem::Structure;
    use super::*;
    use crate::target::{Interval, Target, Weight};

    #[test]
    fn explore() {
        let mut target = Target {
            name: "2^x".into(),
            interval: Interval { lo: 0.0, hi: 1.0, lo_open: true, hi_open: false },
            weight: Weight::Relative,
        };
        for (lo, hi) in [(0.0, 1.0), (-0.5, 0.5), (-4.0, 4.0)] {
            target.interval.lo = lo;
            target.interval.hi = hi;
            let problem = Problem::new(&target, Structure::Plain).unwrap();
            let e = Exponential::recognise(&problem).unwrap();
            for k in 1..=4 {
                for s in 0..=4 {
                    let plain = e.program(k, s);
                    assert_eq!(plain.shape.operations(), operations(k, s));
                    let t0 = std::time::Instant::now();
                    let tuned = level_on(&problem, &plain);
                    let t1 = t0.elapsed();
                    print!("({k},{s}) n {} plain {:.4e} ", operations(k, s), measure_on(&problem, &plain));
                    match tuned {
                        Ok(l) => println!("tuned {:.5e} {:.5e} {t1:?}", l.error, measure_on(&problem, &l.program)),
                        Err(e) => println!("tuned {e} {t1:?}"),
                    }
                }
            }
        }
    }
}
