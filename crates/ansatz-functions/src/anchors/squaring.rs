//! Scaling and squaring for exponentials `A·e^{λx}` on intervals around or beside zero.
//!
//! With `m = 2^s` and `z = ℓx`, `ℓ = λ/2m`, Lambert's continued fraction
//! `coth z ≈ 1/z + 1/(3/z + 1/(5/z + … + z/(2k − 1)))` gives `e^{2z} = 1 + 2/(coth z − 1)`, the diagonal Padé approximant
//! of degrees `(k, k)`, and `s` squarings give `e^{λx}`. Dividing the levels by their factors of `v = b/x` leaves
//! `K = v + c_1/(v + … c_{k−2}/(v + x))` and `y = a + c/(K − d)`: `2k + 1` operations and one more for each squaring.
//! One more operation moves the origin to the middle of the interval. All constants are free, which the tuned variant
//! uses.

use super::level::{Tie, level_tied, measure_on};
use super::problem::{Problem, Structure};
use crate::number::{Big, Scalar};
use crate::program::{Op, Program};
use crate::target::Target;
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
        let [(x0, y0), .., (x1, y1)] = points.as_slice() else { return Err(refused()) };
        let rate = y1.sub(y0).div(&x1.sub(x0));
        let offset = y0.sub(&rate.mul(x0));
        let line = |x: &Big| rate.mul(x).add(&offset);
        let off = points
            .iter()
            .map(|(x, y)| y.sub(&line(x)).to_f64().abs())
            .fold(0.0, |a, b| if b.is_nan() { b } else { a.max(b) });
        if off < 1e-40 && rate.to_f64().abs() > 1e-300 { Ok(Self { rate, offset }) } else { Err(refused()) }
    }

    /// The squarings beyond which another level gains more for a function that is `|λ|·reach` wide.
    pub(super) fn most_squarings(&self, reach: f64, k: usize) -> usize {
        let octaves = (self.rate.to_f64().abs() * reach / std::f64::consts::LN_2).log2().ceil();
        2 * k + octaves.clamp(0.0, 60.0) as usize
    }

    /// The Padé approximant of degrees `(k, k)` about `centre`, squared `s` times.
    pub(super) fn program(&self, centre: f64, k: usize, s: usize) -> Program {
        let big = |i: usize| Big::from_f64(i as f64);
        let m = Big::from_f64(2f64.powi(s as i32));
        let scale = self.rate.div(&m).div(&big(2));
        let amplitude = self.offset.add(&self.rate.mul(&Big::from_f64(centre))).div(&m).exp();
        let odd = |j: usize| big(2 * j - 1);
        let mut p = Program::builder();
        let mut x = p.input();
        if centre != 0.0 {
            let centre = p.constant(centre);
            x = p.op(Op::Sub, &[x, centre]);
        }
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

/// The plain program with its constants levelled: first with `y(x)·y(−x) = a²` kept, on the longer side of the centre,
/// then with all constants free. On an interval symmetric about the centre the first is the best up to its square, and
/// the second is left out when that is negligible.
///
/// # Errors
/// [`Error::Refused`] if neither could be levelled.
pub(super) fn tuned(problem: &Problem, target: &Target, centre: f64, plain: &Program) -> Result<Program> {
    let (lo, hi) = (target.interval.lo, target.interval.hi);
    let tie = Tie { first: usize::from(centre != 0.0) };
    let tied = if lo < centre && hi > centre {
        let mut side = target.clone();
        (side.interval.lo, side.interval.hi) = if hi - centre >= centre - lo { (centre, hi) } else { (lo, centre) };
        level_tied(&Problem::new(&side, Structure::Plain)?, plain, Some(&tie))
    } else {
        level_tied(problem, plain, Some(&tie))
    };
    let tied = tied.map(|l| (measure_on(problem, &l.program), l.program));
    if let Ok((error, program)) = &tied
        && f64::midpoint(lo, hi) == centre
        && *error < 1e-6
    {
        return Ok(program.clone());
    }
    let start = tied.as_ref().map_or(plain, |(_, program)| program);
    let free = level_tied(problem, start, None).map(|l| (measure_on(problem, &l.program), l.program));
    match (tied, free) {
        (Ok(a), Ok(b)) => Ok(if b.0 < a.0 { b.1 } else { a.1 }),
        (Ok(a), Err(_)) | (Err(_), Ok(a)) => Ok(a.1),
        (Err(_), Err(why)) => Err(why),
    }
}

/// The operations of [`Exponential::program`].
pub(super) fn operations(centre: f64, k: usize, s: usize) -> usize {
    2 * k + 1 + s + usize::from(centre != 0.0)
}

#[cfg(test)]
mod tests {
    use super::super::tests::exp2;
    use super::*;

    #[test]
    fn plain_and_tuned_constants_reach_the_known_errors() {
        let target = exp2(0.0, 1.0);
        let problem = Problem::new(&target, Structure::Plain).unwrap();
        let exponential = Exponential::recognise(&problem).unwrap();
        for (k, s, plain, best) in [
            (2, 0, 2.3e-4, 4.34e-6),
            (2, 1, 1.4e-5, 2.73e-7),
            (3, 0, 7.8e-7, 5.28e-9),
            (3, 1, 1.2e-8, 8.26e-11),
            (3, 2, 1.9e-10, 1.29e-12),
            (3, 3, 2.9e-12, 2.02e-14),
            (3, 4, 4.5e-14, 3.15e-16),
        ] {
            let program = exponential.program(0.0, k, s);
            assert_eq!(program.shape.operations(), operations(0.0, k, s));
            let error = measure_on(&problem, &program);
            // Two digits of the plain error are known, three of the tuned one.
            assert!((error / plain - 1.0).abs() < 0.03, "({k}, {s}): {error:e}");
            let tuned = tuned(&problem, &target, 0.0, &program).unwrap();
            let error = measure_on(&problem, &tuned);
            assert!((error / best - 1.0).abs() < 0.004, "({k}, {s}): {error:e}");
            assert_eq!(tuned.shape, program.shape);
        }
    }

    #[test]
    fn about_the_middle_the_best_quotient_is_reached_with_fewer_operations() {
        for (lo, hi, centre) in [(-0.5, 0.5, 0.0), (0.0, 1.0, 0.5)] {
            let target = exp2(lo, hi);
            let problem = Problem::new(&target, Structure::Plain).unwrap();
            let exponential = Exponential::recognise(&problem).unwrap();
            let best = super::super::remez::best(&problem, 4, 4).unwrap();
            let program = exponential.program(centre, 4, 0);
            assert_eq!(program.shape.operations(), operations(centre, 4, 0));
            let error = measure_on(&problem, &tuned(&problem, &target, centre, &program).unwrap());
            assert!((error / best.error - 1.0).abs() < 1e-8, "{error:e} {:e}", best.error);
        }
    }

    #[test]
    fn only_exponentials_are_recognised() {
        let mut target = exp2(0.25, 1.0);
        target.weight = crate::target::Weight::Absolute;
        let problem = Problem::new(&target, Structure::Zero(0.0)).unwrap();
        // 2^x/x
        assert!(Exponential::recognise(&problem).is_err());
    }
}
