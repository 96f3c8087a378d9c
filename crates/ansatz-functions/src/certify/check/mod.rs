//! The second checker: proves a certificate again, with an arithmetic that shares nothing with the certifier's.
//!
//! It takes from the file the program, the function's text and the claimed bounds, and nothing on trust: the pieces
//! must cover the interval, on each one the error is enclosed anew, by Taylor jets of inf–sup intervals (Moore 1966)
//! with subdivision, and the global bound must be the largest. Where a division by an interval that contains zero
//! comes up, the program is carried on as a fraction `N/D` of two jets, and a common zero of both at 0 or at an end
//! point is divided out: if `g(z) = 0`, the Taylor coefficients of `g(x)/(x − z)` over an interval that contains `z`
//! lie in those of `g`, shifted by one.

mod function;
mod interval;
mod rounding;

use super::{Arithmetic, Certificate, Piece};
use crate::number::Dd;
use crate::program::{Node, Op, Program};
use crate::target::{Format, Weight};
use ansatz_core::{Error, Result};
use astro_float_num::{BigFloat, Consts};
use function::Form;
use interval::{BITS, DOWN, Interval, Jet, add, constant, div, mul, sqrt, sub, variable};
use std::path::Path;
use std::rc::Rc;

/// Taylor coefficients in use; the last one bounds the remainder.
const ORDER: usize = 14;
/// Halvings of a piece before the checker gives up.
const DEPTH: usize = 100;

/// Reads a certificate and proves it anew.
///
/// Seconds for some hundred pieces.
///
/// # Errors
/// [`Error::Io`]; [`Error::Format`] if the file is truncated, foreign, of a later version or damaged;
/// [`Error::Refused`] if a statement in it could not be proved.
pub fn check(path: &Path) -> Result<Certificate> {
    let certificate = Certificate::read(path)?;
    verify(&certificate)?;
    Ok(certificate)
}

/// Proves a certificate anew.
///
/// # Errors
/// [`Error::Refused`] with the first statement that could not be proved.
pub fn verify(c: &Certificate) -> Result<()> {
    let refuse = |reason: String| Err(Error::refused(reason));
    c.consistent().map_err(Error::refused)?;
    let (lo, hi) = (c.interval.lo, c.interval.hi);
    let covers = c.pieces.first().is_some_and(|p| p.lo == lo)
        && c.pieces.last().is_some_and(|p| p.hi == hi)
        && c.pieces.windows(2).all(|w| w[0].hi == w[1].lo)
        && c.pieces.iter().all(|p| p.lo < p.hi);
    if !covers {
        return refuse("the pieces do not cover the interval".into());
    }
    let largest = c.pieces.iter().map(|p| (p.bound + p.rounding).next_up()).fold(0.0, f64::max);
    if !c.pieces.iter().all(|p| p.bound >= 0.0 && p.rounding >= 0.0) || c.bound < largest {
        return refuse(format!("the bound {:e} is not the largest of the pieces", c.bound));
    }
    if !(lo..=hi).contains(&c.worst) || c.lower > c.bound {
        return refuse("the point of the lower bound is outside, or the lower bound is above the upper".into());
    }
    let mut checker = Checker::new(c)?;
    for piece in &c.pieces {
        if !checker.proves(piece.lo, piece.hi, piece.bound, 0) {
            let Piece { lo, hi, bound, .. } = piece;
            return refuse(format!("the error is not proved to be at most {bound:e} on [{lo:e}, {hi:e}]"));
        }
        if c.arithmetic != Arithmetic::Real && !rounding::proves(&mut checker, c, piece) {
            let Piece { lo, hi, rounding, .. } = piece;
            return refuse(format!("rounding is not proved to add at most {rounding:e} on [{lo:e}, {hi:e}]"));
        }
    }
    let at_worst = checker.error_at(c.worst, c.arithmetic);
    if at_worst.is_none_or(|e| e.mignitude() < BigFloat::from_f64(c.lower, BITS)) {
        return refuse(format!("the error is not proved to reach {:e} at x = {:e}", c.lower, c.worst));
    }
    Ok(())
}

struct Checker<'a> {
    program: &'a Program,
    constants: Vec<Interval>,
    form: Form,
    weight: Weight,
    span: (f64, f64),
    cc: Consts,
}

/// A jet, or a quotient of two while its denominator may be zero.
#[derive(Clone)]
struct Fraction(Rc<Jet>, Option<Rc<Jet>>);

impl Fraction {
    fn over(top: Jet, bottom: Rc<Jet>) -> Self {
        if bottom[0].may_be_zero() { Self(Rc::new(top), Some(bottom)) } else { Self(Rc::new(div(&top, &bottom)), None) }
    }
    fn sum(&self, b: &Self, combine: fn(&Jet, &Jet) -> Jet) -> Self {
        match (&self.1, &b.1) {
            (None, None) => Self(Rc::new(combine(&self.0, &b.0)), None),
            (Some(d), None) => Self::over(combine(&self.0, &mul(d, &b.0)), d.clone()),
            (None, Some(d)) => Self::over(combine(&mul(d, &self.0), &b.0), d.clone()),
            (Some(d), Some(e)) if Rc::ptr_eq(d, e) => Self::over(combine(&self.0, &b.0), d.clone()),
            (Some(d), Some(e)) => Self::over(combine(&mul(&self.0, e), &mul(d, &b.0)), Rc::new(mul(d, e))),
        }
    }
    fn product(&self, b: &Self) -> Self {
        let top = mul(&self.0, &b.0);
        match (&self.1, &b.1) {
            (None, None) => Self(Rc::new(top), None),
            (Some(d), None) | (None, Some(d)) => Self::over(top, d.clone()),
            (Some(d), Some(e)) => Self::over(top, Rc::new(mul(d, e))),
        }
    }
    fn quotient(&self, b: &Self) -> Self {
        let top = b.1.as_ref().map_or_else(|| self.0.clone(), |d| Rc::new(mul(&self.0, d)));
        match &self.1 {
            None => Self::over(top.to_vec(), b.0.clone()),
            Some(d) => Self::over(top.to_vec(), Rc::new(mul(d, &b.0))),
        }
    }
    fn map(&self, f: impl FnOnce(&Jet) -> Jet) -> Self {
        let value = if self.1.is_none() { f(&self.0) } else { vec![Interval::undefined(); self.0.len()] };
        Self(Rc::new(value), None)
    }
}

impl<'a> Checker<'a> {
    fn new(c: &'a Certificate) -> Result<Self> {
        let form = Form::parse(&c.function)
            .ok_or_else(|| Error::refused(format!("the checker cannot read the function {:?}", c.function)))?;
        let cc = Consts::new().map_err(|e| Error::refused(format!("the checker's arithmetic failed: {e:?}")))?;
        let exact = |d: &Dd| Interval::point(d.hi).add(&Interval::point(d.lo));
        let constants = c.program.constants.iter().map(exact).collect();
        Ok(Self { program: &c.program, constants, form, weight: c.weight, span: (c.interval.lo, c.interval.hi), cc })
    }

    /// The program on a jet.
    fn run(&mut self, x: &Jet) -> Fraction {
        let n = x.len();
        let mut values: Vec<Fraction> = Vec::new();
        for node in &self.program.shape.nodes {
            let value = match node {
                Node::Input => Fraction(Rc::new(x.clone()), None),
                Node::Const(i) => Fraction(Rc::new(constant(self.constants[usize::from(*i)].clone(), n)), None),
                Node::Op(op, args) => {
                    let [a, b, c] = args.map(|i| &values[usize::from(i)]);
                    let times = |factor: f64| a.product(&Fraction(Rc::new(constant(Interval::point(factor), n)), None));
                    match op {
                        Op::Add => a.sum(b, add),
                        Op::Sub => a.sum(b, sub),
                        Op::Mul => a.product(b),
                        Op::Div => a.quotient(b),
                        Op::Fma => a.product(b).sum(c, add),
                        Op::Sqrt => a.map(sqrt),
                        Op::Exp => a.map(|u| function::call("exp", u, &mut self.cc)),
                        Op::Double => times(2.0),
                        Op::Half => times(0.5),
                        Op::Quadruple => times(4.0),
                        Op::Quarter => times(0.25),
                    }
                }
            };
            values.push(value);
        }
        values.pop().unwrap_or_else(|| Fraction(Rc::new(x.clone()), None))
    }

    /// The error as a fraction `(N − f D) / D`, or `/(D f)` where it is relative; the third is `f`.
    fn error(&mut self, x: &Jet) -> (Jet, Jet, Jet) {
        let f = self.form.jet(x, &mut self.cc);
        let Fraction(top, bottom) = self.run(x);
        let bottom = bottom.map_or_else(|| constant(Interval::point(1.0), x.len()), |d| d.to_vec());
        let top = sub(&top, &mul(&f, &bottom));
        if self.weight == Weight::Relative { (top, mul(&bottom, &f), f) } else { (top, bottom, f) }
    }

    /// Coefficients of the error at `m`, enclosures of them over `[lo, hi]` with common zeros divided out, and `f`.
    fn jets(&mut self, lo: f64, hi: f64, m: f64) -> Local {
        let (mut top, mut bottom, f) = self.error(&variable(Interval::new(lo, hi), ORDER + 4));
        let (at_top, at_bottom, f_at) = self.error(&variable(Interval::point(m), ORDER));
        for z in [0.0, self.span.0, self.span.1] {
            if !(lo..=hi).contains(&z) || !bottom[0].may_be_zero() {
                continue;
            }
            let (mut zt, mut zb, _) = self.error(&variable(Interval::point(z), 5));
            while bottom[0].may_be_zero() && zt.len() > 1 && zt[0].is_zero() && zb[0].is_zero() {
                for jet in [&mut zt, &mut zb, &mut top, &mut bottom] {
                    jet.remove(0);
                }
            }
        }
        let f = [f_at, f].map(|jet| jet.into_iter().next().unwrap_or_else(Interval::undefined));
        Local { at: div(&at_top, &at_bottom), over: div(&top, &bottom), f }
    }

    /// The distance `|P − f|` (or its quotient) that is within a claim in the certificate's unit, where `f` is as given.
    fn allowed(&self, claim: f64, f: &Interval) -> BigFloat {
        let claim = BigFloat::from_f64(claim, BITS);
        let Weight::Ulp(format) = self.weight else { return claim };
        claim.mul(&ulp(format, &f.mignitude()), BITS, DOWN)
    }

    /// Whether the error is proved to be at most `claim` all over `[lo, hi]`.
    fn proves(&mut self, lo: f64, hi: f64, claim: f64, depth: usize) -> bool {
        let m = lo + (hi - lo) / 2.0;
        let Local { at, over, f: [f_at, f_over] } = self.jets(lo, hi, m);
        if at[0].is_defined() && at[0].mignitude() > self.allowed(claim, &f_at) {
            return false; // the centre itself exceeds the claim
        }
        if expanded(&at, &over, lo, hi, m).is_some_and(|e| e.at_most(&self.allowed(claim, &f_over))) {
            return true;
        }
        // Without expansion: enough next to a branch point, where everything is small.
        let (top, bottom, f) = self.error(&vec![Interval::new(lo, hi)]);
        if top[0].div(&bottom[0]).balanced().at_most(&self.allowed(claim, &f[0])) {
            return true;
        }
        let halves = depth < DEPTH && lo < m && m < hi;
        halves && self.proves(lo, m, claim, depth + 1) && self.proves(m, hi, claim, depth + 1)
    }

    /// The error at a point, in the certificate's unit.
    fn error_at(&mut self, x: f64, arithmetic: Arithmetic) -> Option<Interval> {
        let (top, bottom, f) = self.error(&vec![Interval::point(x)]);
        let executed = |value: f64| {
            let distance = Interval::point(value).sub(&f[0]);
            if self.weight == Weight::Relative { distance.div(&f[0]) } else { distance }
        };
        let error = match arithmetic {
            Arithmetic::Real => top[0].div(&bottom[0]),
            Arithmetic::F64 => executed(self.program.eval(&x)),
            Arithmetic::F32 if f64::from(x as f32) == x => executed(f64::from(self.program.eval(&(x as f32)))),
            Arithmetic::F32 => return None,
        };
        let Weight::Ulp(format) = self.weight else { return error.is_defined().then_some(error) };
        let unit = ulp(format, &f[0].magnitude());
        let error = error.div(&Interval { lo: unit.clone(), hi: unit });
        error.is_defined().then_some(error)
    }
}

/// Coefficients of the error at a point and over a piece, and `f` likewise.
struct Local {
    at: Jet,
    over: Jet,
    f: [Interval; 2],
}

/// The range of `Σ at_k t^k + over_K t^K` for `m + t` in `[lo, hi]`: the mean-value form on four quarters.
fn expanded(at: &Jet, over: &Jet, lo: f64, hi: f64, m: f64) -> Option<Interval> {
    let last = ORDER - 1;
    let reach = Interval::new(lo, hi).sub(&Interval::point(m)).balanced();
    let power = (0..last).fold(Interval::point(1.0), |p, _| p.mul(&reach));
    let rest = over.get(last)?.mul(&power).balanced();
    let slope: Jet = (1..last).map(|k| at[k].mul(&Interval::point(k as f64))).collect();
    let quarter = reach.mul(&Interval::point(0.25));
    let end = Interval { lo: reach.hi.clone(), hi: reach.hi.clone() };
    let horner = |c: &[Interval], t: &Interval| c.iter().rev().fold(Interval::point(0.0), |s, c| s.mul(t).add(c));
    let range = [-0.75, -0.25, 0.25, 0.75].map(|place| {
        let t = end.mul(&Interval::point(place));
        let change = horner(&slope, &t.add(&quarter)).mul(&quarter);
        horner(&at[..last], &t).add(&change).add(&rest).balanced()
    });
    let range = range.into_iter().reduce(|a, b| a.hull(&b))?;
    range.is_defined().then_some(range)
}

/// The unit in the last place of a format in the binade of `x ≥ 0`.
fn ulp(format: Format, x: &BigFloat) -> BigFloat {
    let (digits, smallest) = if format == Format::F32 { (24, -149) } else { (53, -1074) };
    // The mantissa lies in [1/2, 1).
    let exponent = x.exponent().filter(|_| !x.is_zero()).map_or(smallest, |e| (e - digits).max(smallest));
    let mut one = BigFloat::from_f64(1.0, BITS);
    one.set_exponent(exponent + 1);
    one
}
