//! Best approximations by polynomials and rational functions (Remez 1934; Maehly 1963 for quotients).
//!
//! For any target whose function is continuous on the closed interval, in the target's own measure of error. The
//! coefficients have 57 digits and the error is levelled to 1e-10 of itself. A few hundred values of the function are
//! needed, then a few dozen for each exchange.

use super::exchange::{self, Model, newton};
use super::linear::solve;
use super::polynomial;
use super::problem::{Problem, Sample, Structure};
use crate::number::{Big, Scalar};
use crate::target::Target;
use ansatz_core::{Error, Result};

/// The largest degree of a numerator and of a denominator.
pub const MAX_DEGREE: usize = 24;

/// A best approximation `f(x) ≈ s(x)·P(u(x))/Q(u(x))`.
#[derive(Clone, Debug)]
pub struct Approximant {
    /// What `s` and `u` are.
    pub structure: Structure,
    /// The coefficients of `P`, constant first.
    pub numerator: Vec<Big>,
    /// The coefficients of `Q`, constant first; `Q` is `[1]` for polynomials.
    pub denominator: Vec<Big>,
    /// The largest error in the target's measure.
    pub error: f64,
    /// The arguments `u`, ascending, where the error takes that size with alternating sign.
    pub references: Vec<f64>,
    /// Exchanges made.
    pub iterations: usize,
}

impl Approximant {
    /// `P(u)/Q(u)`; not finite at a pole.
    pub fn eval(&self, u: &Big) -> Big {
        polynomial::eval(&self.numerator, u).div(&polynomial::eval(&self.denominator, u))
    }
}

/// The best polynomial of that degree.
///
/// # Errors
/// [`Error::Parameter`] if the degree exceeds [`MAX_DEGREE`], [`Error::Refused`] if the exchange does not converge,
/// and those of [`Target::validate`].
pub fn remez_polynomial(target: &Target, degree: usize) -> Result<Approximant> {
    remez_rational(target, degree, 0)
}

/// The best quotient of a polynomial of degree `p` by one of degree `q`.
///
/// # Errors
/// As [`remez_polynomial`]; [`Error::Refused`] also where the best quotient is one of lower degrees, as the symmetry of
/// an even or odd function on a symmetric interval may force.
pub fn remez_rational(target: &Target, p: usize, q: usize) -> Result<Approximant> {
    target.validate()?;
    best(&Problem::new(target, Structure::Plain)?, p, q)
}

/// As [`remez_rational`], for the sampled problem.
pub(super) fn best(problem: &Problem, p: usize, q: usize) -> Result<Approximant> {
    for (name, degree) in [("the degree", p), ("the degree of the denominator", q)] {
        if degree > MAX_DEGREE {
            return Err(Error::parameter(name, degree, format!("at most {MAX_DEGREE}")));
        }
    }
    let mut quotient = Quotient::new(problem, p, q);
    let levelled = exchange::exchange(problem, &mut quotient)?;
    let (numerator, denominator) = quotient.coefficients();
    let pole = |u: f64| u >= problem.lo && u <= problem.hi;
    // Two poles between neighbouring grid points would have gone unseen.
    if let Some(roots) = polynomial::roots(&denominator)
        && let Some(root) = roots.iter().find(|z| z.im.to_f64().abs() < 1e-30 && pole(z.re.to_f64()))
    {
        return Err(Error::refused(format!("the levelled quotient has a pole at {}", root.re.to_f64())));
    }
    Ok(Approximant {
        structure: problem.structure,
        numerator,
        denominator,
        error: levelled.error,
        references: levelled.references,
        iterations: levelled.iterations,
    })
}

/// `P(t)/Q(t)` in the variable `t = (u − mid)/half ∈ [−1, 1]`, with `Q(0) = 1`.
struct Quotient {
    p: usize,
    mid: Big,
    half: Big,
    /// `p + 1` coefficients of `P`, then those of `t, t², …` in `Q`.
    c: Vec<Big>,
}

impl Quotient {
    fn new(problem: &Problem, p: usize, q: usize) -> Self {
        let [lo, hi, half] = [problem.lo, problem.hi, 0.5].map(Big::from_f64);
        Self { p, mid: lo.add(&hi).mul(&half), half: hi.sub(&lo).mul(&half), c: vec![Big::from_f64(0.0); p + q + 1] }
    }

    fn scaled(&self, u: &Big) -> Big {
        u.sub(&self.mid).div(&self.half)
    }

    fn denominator(c: &[Big], p: usize, t: &Big) -> Big {
        let tail = c[p + 1..].iter().rev().fold(Big::from_f64(0.0), |sum, c| sum.add(c).mul(t));
        tail.add(&Big::from_f64(1.0))
    }

    /// The coefficients of numerator and denominator in `u`.
    fn coefficients(&self) -> (Vec<Big>, Vec<Big>) {
        let mut q = vec![Big::from_f64(1.0)];
        q.extend_from_slice(&self.c[self.p + 1..]);
        let in_u = |c: &[Big]| polynomial::compose_affine(c, &self.mid, &self.half);
        (in_u(&self.c[..=self.p]), in_u(&q))
    }
}

impl Model for Quotient {
    fn parameters(&self) -> &[Big] {
        &self.c
    }

    fn set(&mut self, parameters: Vec<Big>) {
        self.c = parameters;
    }

    fn eval(&self, c: &[Big], u: &Big) -> Big {
        let t = self.scaled(u);
        polynomial::eval(&c[..=self.p], &t).div(&Self::denominator(c, self.p, &t))
    }

    /// Solves the linear system `P − g (Q − 1) = g` at the nodes.
    fn interpolate(&mut self, nodes: &[Sample]) -> bool {
        let row = |s: &Sample| {
            let t = self.scaled(&s.big);
            let mut row = vec![Big::from_f64(1.0)];
            for j in 1..self.c.len() {
                let next = if j == self.p + 1 { s.g.neg().mul(&t) } else { row[j - 1].mul(&t) };
                row.push(next);
            }
            row
        };
        let Some(c) = solve(nodes.iter().map(row).collect(), nodes.iter().map(|s| s.g.clone()).collect()) else {
            return false;
        };
        self.c = c;
        // One Newton step or two remove what a badly conditioned system left.
        newton(self, nodes, None).is_some()
    }

    fn sound(&self, grid: &[Sample]) -> bool {
        // Q is 1 in the middle, so it must be positive everywhere.
        self.c.len() == self.p + 1
            || grid.iter().all(|s| Self::denominator(&self.c, self.p, &self.scaled(&s.big)).to_f64() > 0.0)
    }
}
