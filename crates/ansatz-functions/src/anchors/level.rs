//! Levelling the constants of any program: the exchange of [`super::exchange`] with the program's own form.

use super::exchange::{self, Model, newton};
use super::problem::{Problem, Sample, Structure};
use crate::number::{Big, Dd, Scalar};
use crate::program::{Program, Shape};
use crate::target::Target;
use ansatz_core::{Error, Result};

/// A program whose constants level its error.
#[derive(Clone, Debug)]
pub struct Levelled {
    /// The program with the constants found.
    pub program: Program,
    /// The largest error in the target's measure.
    pub error: f64,
    /// The arguments, ascending, where the error takes that size with alternating sign: one more than there are
    /// constants.
    pub references: Vec<f64>,
}

/// Finds constants near those of `program` for which the error alternates at one more point than there are constants.
///
/// It needs no more of the start than that Newton's method reaches an interpolant from it. The constants found are a
/// local optimum among programs of this form. Every constant of the program must matter to the result.
///
/// # Errors
/// [`Error::Refused`] if no levelled constants are found, [`Error::NotFinite`] if the function has no value somewhere.
pub fn level(program: &Program, target: &Target) -> Result<Levelled> {
    level_on(&Problem::new(target, Structure::Plain)?, program)
}

/// As [`level`], for the sampled problem, which must be plain.
pub(super) fn level_on(problem: &Problem, program: &Program) -> Result<Levelled> {
    level_tied(problem, program, None)
}

/// A tie between the constants of a program whose last three are `a, c, d`: those before `first` and `a` keep their
/// values, and `c = 2ad`.
pub(super) struct Tie {
    pub(super) first: usize,
}

impl Tie {
    /// All constants, from the free ones and the start.
    fn constants(&self, free: &[Big], start: &[Big]) -> Vec<Big> {
        let (a, d) = (start.len() - 3, free.len() - 1);
        let mut all = start[..self.first].to_vec();
        all.extend_from_slice(&free[..d]);
        let c = start[a].mul(&free[d]).mul(&Big::from_f64(2.0));
        all.extend([start[a].clone(), c, free[d].clone()]);
        all
    }

    /// The free constants of the start.
    fn release(&self, start: &[Big]) -> Vec<Big> {
        let a = start.len() - 3;
        start[self.first..a].iter().chain(&start[a + 2..]).cloned().collect()
    }
}

/// As [`level_on`], with some constants tied to the others.
pub(super) fn level_tied(problem: &Problem, program: &Program, tie: Option<&Tie>) -> Result<Levelled> {
    if program.shape.constants() != program.constants.len() || program.fault().is_some() {
        return Err(Error::parameter("the program", program, "one in which each constant is used"));
    }
    let mut model = Form::new(problem, program, tie);
    let levelled = exchange::exchange(problem, &mut model)?;
    let constants: Vec<Dd> = model.constants(&model.c).iter().map(Big::to_dd).collect();
    Ok(Levelled {
        program: Program { shape: program.shape.clone(), constants },
        error: levelled.error,
        references: levelled.references,
    })
}

/// The largest error of a program in the target's measure, by search over the extrema between 400 grid points. Not a
/// proof. Infinite if the program has a pole on the grid; removable singularities are passed over.
///
/// # Errors
/// If the interval is empty or the function has no value somewhere.
pub fn measure(program: &Program, target: &Target) -> Result<f64> {
    Ok(measure_on(&Problem::new(target, Structure::Plain)?, program))
}

/// As [`measure`], for the sampled problem, which must be plain.
pub(super) fn measure_on(problem: &Problem, program: &Program) -> f64 {
    let form = Form::new(problem, program, None);
    problem.worst(|u| form.eval(&form.c, u))
}

/// A program's shape with free constants in multiprecision.
struct Form<'a> {
    shape: &'a Shape,
    c: Vec<Big>,
    /// All constants at the start.
    start: Vec<Big>,
    tie: Option<&'a Tie>,
    /// A step from a removable singularity towards the middle: 2^-100 of the width, far below every error here.
    mid: Big,
    step: Big,
    limit: f64,
}

impl<'a> Form<'a> {
    fn new(problem: &Problem, program: &'a Program, tie: Option<&'a Tie>) -> Self {
        let start: Vec<Big> = program.constants.iter().map(|&c| Big::from_dd(c)).collect();
        let largest = problem.grid.iter().map(|s| s.g.to_f64().abs()).fold(0.0, f64::max);
        Self {
            shape: &program.shape,
            c: tie.map_or_else(|| start.clone(), |tie| tie.release(&start)),
            start,
            tie,
            mid: Big::from_f64(f64::midpoint(problem.lo, problem.hi)),
            step: Big::from_f64((problem.hi - problem.lo) * 2f64.powi(-100)),
            limit: 10.0 * largest,
        }
    }

    fn constants(&self, c: &[Big]) -> Vec<Big> {
        self.tie.map_or_else(|| c.to_vec(), |tie| tie.constants(c, &self.start))
    }
}

impl Model for Form<'_> {
    fn parameters(&self) -> &[Big] {
        &self.c
    }

    fn set(&mut self, parameters: Vec<Big>) {
        self.c = parameters;
    }

    fn eval(&self, c: &[Big], u: &Big) -> Big {
        let c = self.constants(c);
        let mut values = Vec::with_capacity(self.shape.nodes.len());
        let mut at = |u: &Big| {
            self.shape.eval_into(u, &c, &mut values);
            values.pop().unwrap_or(Big::NAN)
        };
        let value = at(u);
        if value.is_finite() {
            return value;
        }
        let inward = if self.mid.sub(u).is_negative() { u.sub(&self.step) } else { u.add(&self.step) };
        at(&inward)
    }

    fn interpolate(&mut self, nodes: &[Sample]) -> bool {
        self.c = self.tie.map_or_else(|| self.start.clone(), |tie| tie.release(&self.start));
        newton(self, nodes, None).is_some()
    }

    fn sound(&self, grid: &[Sample]) -> bool {
        grid.iter().all(|s| self.eval(&self.c, &s.big).to_f64().abs() < self.limit)
    }
}
