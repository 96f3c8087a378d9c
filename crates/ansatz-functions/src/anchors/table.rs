//! All classical approximations of a target up to a number of operations, with their errors.

use super::expansions::{self, MAX_TAYLOR};
use super::family::{Centre, Family};
use super::forms::{Quotient, preconditioned};
use super::level::measure_on;
use super::problem::{Problem, Structure};
use super::remez;
use super::squaring::{self, Exponential};
use super::structures::structures;
use crate::program::Program;
use crate::target::Target;
use ansatz_core::{Error, Result};

/// One classical approximation.
#[derive(Clone, Debug)]
pub struct Anchor {
    /// The family.
    pub family: Family,
    /// What the family's polynomial or quotient is a factor and a function of.
    pub structure: Structure,
    /// What within the family: degrees, levels, squarings.
    pub variant: String,
    /// The operation count.
    pub operations: usize,
    /// The program, with constants of 31 digits.
    pub program: Program,
    /// The largest error of the program over the interval, in the target's measure, over the reals: measured by a
    /// search for the extrema in 57 digits, right to far more digits than are printed, but not a proof.
    pub error: f64,
}

/// What could not be had.
#[derive(Clone, Debug)]
pub struct Omission {
    /// The family.
    pub family: Family,
    /// The structure it would have had.
    pub structure: Structure,
    /// Why not.
    pub reason: String,
}

/// The classical approximations of a target.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// By family, structure and operation count, each with a smaller error than those of its column before it.
    pub anchors: Vec<Anchor>,
    /// Columns or entries that are missing, each with its reason.
    pub omissions: Vec<Omission>,
}

impl Table {
    /// The best anchor that takes at most that many operations among those that `choose` accepts.
    pub fn best(&self, operations: usize, choose: impl Fn(&Anchor) -> bool) -> Option<&Anchor> {
        self.anchors
            .iter()
            .filter(|a| a.operations <= operations && choose(a))
            .min_by(|a, b| a.error.total_cmp(&b.error))
    }

    /// The columns that have entries: family and structure.
    pub fn columns(&self) -> Vec<(Family, Structure)> {
        let mut columns: Vec<(Family, Structure)> = Vec::new();
        for a in &self.anchors {
            if !columns.contains(&(a.family, a.structure)) {
                columns.push((a.family, a.structure));
            }
        }
        columns
    }
}

/// Recomputes every classical family for `target` up to `max_operations`.
///
/// Costs about a tenth of a second for each quotient, so a few seconds in all for a function as cheap as 2^x and 14
/// operations; each structure that the function admits adds as much. What cannot be had is listed with its reason.
///
/// # Errors
/// [`Error::Parameter`] for more than 40 operations, and those of [`Target::validate`].
pub fn table(target: &Target, max_operations: usize) -> Result<Table> {
    if max_operations > 40 {
        return Err(Error::parameter("the number of operations", max_operations, "at most 40"));
    }
    target.validate()?;
    let plain = Problem::new(target, Structure::Plain)?;
    let mut builder = Builder { target, max: max_operations, plain, table: Table::default() };
    let structures = structures(target);
    if structures.is_empty() {
        builder.omit(Family::Polynomial, Structure::Plain, "the function has two zeros, or one of higher order");
    }
    for structure in structures {
        let problem = Problem::new(target, structure)?;
        builder.expansions(&problem);
        builder.minimax(&problem);
    }
    builder.squarings();
    Ok(builder.finish())
}

struct Builder<'a> {
    target: &'a Target,
    max: usize,
    plain: Problem<'a>,
    table: Table,
}

impl Builder<'_> {
    fn omit(&mut self, family: Family, structure: Structure, reason: impl Into<String>) {
        self.table.omissions.push(Omission { family, structure, reason: reason.into() });
    }

    fn enter(&mut self, family: Family, structure: Structure, variant: String, program: Result<Program>) {
        match program {
            Ok(program) => {
                let operations = program.shape.operations();
                if operations > self.max {
                    return;
                }
                let error = measure_on(&self.plain, &program);
                if error.is_finite() {
                    self.table.anchors.push(Anchor { family, structure, variant, operations, program, error });
                } else {
                    self.omit(family, structure, format!("{variant} has a pole in the interval"));
                }
            }
            Err(error) => self.omit(family, structure, format!("{variant}: {error}")),
        }
    }

    /// The highest degree of a polynomial within the operations.
    fn degrees(&self, structure: Structure) -> usize {
        (self.max.saturating_sub(structure.operations()) / 2).min(remez::MAX_DEGREE)
    }

    /// The degrees `(p, q)`, `q ≥ 1`, of the quotients whose continued fraction is within the operations.
    fn quotients(&self, structure: Structure) -> Vec<(usize, usize)> {
        let room = self.max.saturating_sub(structure.operations());
        let cost = |p: usize, q: usize| 2 * p.abs_diff(q) + 3 * p.min(q);
        let all = (1..=room).flat_map(|sum| (0..sum).map(move |p| (p, sum - p)));
        all.filter(|&(p, q)| cost(p, q) <= room && p.max(q) <= remez::MAX_DEGREE).collect()
    }

    fn expansions(&mut self, problem: &Problem) {
        let s = problem.structure;
        match expansions::chebyshev(problem) {
            Ok(series) => {
                for d in 1..=self.degrees(s) {
                    let program = expansions::truncated(problem, &series, d).horner();
                    self.enter(Family::Chebyshev, s, format!("degree {d}"), program);
                }
            }
            Err(error) => self.omit(Family::Chebyshev, s, error.to_string()),
        }
        for (centre, at) in [(Centre::Zero, 0.0), (Centre::Middle, f64::midpoint(problem.lo, problem.hi))] {
            // The lower end may have been moved off a removable singularity at zero by much less than this.
            let slack = (problem.hi - problem.lo) * 2f64.powi(-50);
            if at < problem.lo - slack || at > problem.hi + slack {
                self.omit(Family::Taylor(centre), s, "zero is not in the interval");
                continue;
            }
            if centre == Centre::Middle && at == 0.0 {
                continue;
            }
            match expansions::taylor(problem, at) {
                Ok(series) => self.pade(problem, centre, at, &series),
                Err(error) => self.omit(Family::Taylor(centre), s, error.to_string()),
            }
        }
    }

    fn pade(&mut self, problem: &Problem, centre: Centre, at: f64, series: &[crate::number::Big]) {
        let s = problem.structure;
        for d in 1..=self.degrees(s).min(MAX_TAYLOR) {
            let program = expansions::pade(problem, series, at, d, 0).and_then(|q| q.horner());
            self.enter(Family::Taylor(centre), s, format!("degree {d}"), program);
        }
        for (p, q) in self.quotients(s).into_iter().filter(|(p, q)| p + q <= MAX_TAYLOR) {
            let variant = format!("({p}, {q})");
            match expansions::pade(problem, series, at, p, q) {
                Ok(quotient) => {
                    self.enter(Family::Pade(centre), s, variant.clone(), quotient.horner());
                    self.enter(Family::PadeFraction(centre), s, variant, quotient.fraction());
                }
                Err(error) => self.omit(Family::Pade(centre), s, error.to_string()),
            }
        }
    }

    fn minimax(&mut self, problem: &Problem) {
        let s = problem.structure;
        // The preconditioned form has room for more degrees than Horner's rule.
        for d in 1..=self.max.min(remez::MAX_DEGREE) {
            let room = self.max.saturating_sub(s.operations());
            let (horner, eve) = (2 * d <= room, d > 4 && d + d / 2 + 2 <= room);
            if !horner && !eve {
                break;
            }
            let variant = format!("degree {d}");
            match remez::best(problem, d, 0) {
                Ok(best) => {
                    let quotient = Quotient::from(&best);
                    if horner {
                        self.enter(Family::Polynomial, s, variant.clone(), quotient.horner());
                    }
                    if eve {
                        self.enter(Family::Preconditioned, s, variant, preconditioned(&quotient));
                    }
                }
                Err(error) => self.omit(Family::Polynomial, s, format!("{variant}: {error}")),
            }
        }
        for (p, q) in self.quotients(s) {
            let variant = format!("({p}, {q})");
            match remez::best(problem, p, q) {
                Ok(best) => {
                    let quotient = Quotient::from(&best);
                    self.enter(Family::Rational, s, variant.clone(), quotient.horner());
                    self.enter(Family::Fraction, s, variant, quotient.fraction());
                }
                Err(error) => self.omit(Family::Rational, s, format!("{variant}: {error}")),
            }
        }
    }

    fn squarings(&mut self) {
        let exponential = match Exponential::recognise(&self.plain) {
            Ok(exponential) => exponential,
            Err(error) => {
                self.omit(Family::Squaring, Structure::Plain, error.to_string());
                self.omit(Family::TunedSquaring, Structure::Plain, error.to_string());
                return;
            }
        };
        let (lo, hi) = (self.target.interval.lo, self.target.interval.hi);
        let middle = f64::midpoint(lo, hi);
        let centres = if middle == 0.0 { vec![0.0] } else { vec![0.0, middle] };
        for centre in centres {
            let reach = (centre - lo).max(hi - centre);
            for k in 1..=self.max {
                for s in 0..=exponential.most_squarings(reach, k) {
                    if squaring::operations(centre, k, s) > self.max {
                        break;
                    }
                    self.squaring(&exponential, centre, k, s);
                }
            }
        }
    }

    fn squaring(&mut self, exponential: &Exponential, centre: f64, k: usize, s: usize) {
        let about = if centre == 0.0 { String::new() } else { format!(" about {centre}") };
        let variant = match s {
            0 => format!("({k}, {k}){about}"),
            1 => format!("({k}, {k}){about}, squared"),
            _ => format!("({k}, {k}){about}, squared {s} times"),
        };
        let plain = exponential.program(centre, k, s);
        let tuned = squaring::tuned(&self.plain, self.target, centre, &plain);
        self.enter(Family::Squaring, Structure::Plain, variant.clone(), Ok(plain));
        self.enter(Family::TunedSquaring, Structure::Plain, variant, tuned);
    }

    /// Sorts, and drops what has no smaller error than a cheaper one of its column.
    fn finish(self) -> Table {
        let mut table = self.table;
        let place = |s: Structure| s.operations();
        table.anchors.sort_by(|a, b| {
            (a.family, place(a.structure), a.operations)
                .cmp(&(b.family, place(b.structure), b.operations))
                .then(a.error.total_cmp(&b.error))
        });
        let mut kept: Vec<Anchor> = Vec::new();
        for anchor in table.anchors {
            let dominated = kept
                .iter()
                .any(|k| k.family == anchor.family && k.structure == anchor.structure && k.error <= anchor.error);
            if !dominated {
                kept.push(anchor);
            }
        }
        table.anchors = kept;
        table
    }
}
