//! What rounding adds: a running error analysis (Wilkinson 1963; Higham 2002, §3.3) over boxes.
//!
//! Each value carries the range of its exact values over a stretch of arguments, and bounds of the absolute and of the
//! relative distance between the computed and the exact value. An unknown bound is undefined.

use super::interval::{BITS, DOWN, Interval, UP};
use super::{Arithmetic, Certificate, Checker, Piece, ulp};
use crate::program::{Node, Op, Program};
use crate::target::{Format, Weight};
use astro_float_num::BigFloat;

#[derive(Clone)]
struct Rounded {
    exact: Interval,
    /// Points: upper bounds.
    absolute: Interval,
    relative: Interval,
}

/// The range, the absolute and the relative error before an operation's own rounding.
type Carried = (Interval, Interval, Interval);

/// The largest magnitude, as a point.
fn top(x: &Interval) -> Interval {
    let hi = x.magnitude();
    Interval { lo: hi.clone(), hi }
}
/// The smaller of two bounds, either of which may be undefined.
fn tighter(a: &Interval, b: &Interval) -> Interval {
    let (a, b) = (top(a), top(b));
    if !a.is_defined() || b.is_defined() && b.hi < a.hi { b } else { a }
}
fn point(x: f64) -> Interval {
    Interval::point(x)
}

/// How an operation rounds.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Sums: exact where the result is subnormal.
    Sum,
    /// Products, quotients, roots.
    Product,
    /// By a power of two: exact unless the result is subnormal.
    Scaling,
}

/// Rounds a result whose error before rounding is at most `absolute` and `relative`.
fn round((exact, absolute, relative): Carried, kind: Kind, format: Format) -> Rounded {
    let (unit, tiny, normal, largest) = match format {
        Format::F32 => (2f64.powi(-24), 2f64.powi(-150), f64::from(f32::MIN_POSITIVE), f64::from(f32::MAX)),
        // Half of the smallest double is no double: its double stands for it.
        Format::F64 => (2f64.powi(-53), 2f64.powi(-1074), f64::MIN_POSITIVE, f64::MAX),
    };
    let absolute = tighter(&absolute, &relative.mul(&top(&exact)));
    let size = top(&top(&exact).add(&absolute));
    if !size.at_most(&BigFloat::from_f64(largest, BITS)) {
        return Rounded { exact, absolute: Interval::undefined(), relative: Interval::undefined() };
    }
    let half = ulp(format, &size.hi).mul(&BigFloat::from_f64(0.5, BITS), BITS, UP);
    let half =
        if kind == Kind::Scaling { point(tiny) } else { Interval { lo: half.clone(), hi: half }.hull(&point(tiny)) };
    let absolute = top(&absolute.add(&half));
    let unit = point(if kind == Kind::Scaling { 0.0 } else { unit });
    let mut after = relative.add(&point(1.0)).mul(&unit.add(&point(1.0))).sub(&point(1.0));
    let least = exact.mignitude();
    let least = Interval { lo: least.clone(), hi: least };
    let normal = point(normal).mul(&point(2.0));
    if kind != Kind::Sum && !(least.lo > normal.lo && relative.at_most(&BigFloat::from_f64(0.5, BITS))) {
        after = after.add(&point(tiny).div(&least));
    }
    let absolute = tighter(&absolute, &after.mul(&top(&exact)));
    let relative = tighter(&after, &absolute.div(&least));
    Rounded { exact, absolute, relative }
}

impl Rounded {
    /// An exact number of the format.
    fn precise(exact: Interval) -> Self {
        Self { exact, absolute: point(0.0), relative: point(0.0) }
    }
    /// The product before rounding: its range, and its absolute and relative error.
    fn product(&self, b: &Self) -> Carried {
        let cross = top(&self.exact).mul(&b.absolute).add(&top(&b.exact).mul(&self.absolute));
        let relative = self.relative.add(&b.relative).add(&self.relative.mul(&b.relative));
        (self.exact.mul(&b.exact), cross.add(&self.absolute.mul(&b.absolute)), relative)
    }
    fn quotient(&self, b: &Self) -> Carried {
        let exact = self.exact.div(&b.exact);
        let least = b.exact.mignitude();
        let room = Interval { lo: least.clone(), hi: least }.sub(&b.absolute);
        let absolute = self.absolute.add(&top(&exact).mul(&b.absolute));
        let absolute = if room.positive() { absolute.div(&room) } else { Interval::undefined() };
        let room = point(1.0).sub(&b.relative);
        let relative = self.relative.add(&b.relative);
        let relative = if room.is_defined() && room.positive() { relative.div(&room) } else { Interval::undefined() };
        (exact, absolute, relative)
    }
    fn sum(&self, b: &Self) -> Carried {
        let exact = self.exact.add(&b.exact);
        // |a/(a+b)| = 1/|1 + b/a|: the second form holds where a is unbounded.
        let share = |a: &Interval, b: &Interval| tighter(&a.div(&exact), &point(1.0).add(&b.div(a)).inverse());
        let agree = self.exact.mul(&b.exact);
        let relative = if agree.lo.is_positive() || agree.lo.is_zero() {
            let larger = top(&self.relative.hull(&b.relative));
            if self.relative.is_defined() && b.relative.is_defined() { larger } else { Interval::undefined() }
        } else {
            let (p, q) = (share(&self.exact, &b.exact), share(&b.exact, &self.exact));
            p.mul(&self.relative).add(&q.mul(&b.relative))
        };
        (exact, self.absolute.add(&b.absolute), relative)
    }
    fn root(&self) -> Carried {
        let exact = self.exact.sqrt();
        let one = BigFloat::from_f64(1.0, BITS);
        let relative = self.relative.mul(&point(0.5)).mul(&self.relative.add(&point(1.0)));
        let relative = if self.relative.at_most(&one) { relative } else { Interval::undefined() };
        // √a − √b = (a − b)/(√a + √b); the computed argument must not fall below zero.
        let stays = self.exact.sub(&self.absolute).lo;
        let stays = !stays.is_nan() && (stays.is_positive() || stays.is_zero());
        let absolute =
            if stays { tighter(&self.absolute.div(&exact), &self.absolute.sqrt()) } else { Interval::undefined() };
        (exact, absolute, relative)
    }
}

/// Whether rounding is proved to add at most the claim of the piece.
pub(super) fn proves(checker: &mut Checker, c: &Certificate, piece: &Piece) -> bool {
    let format = if c.arithmetic == Arithmetic::F32 { Format::F32 } else { Format::F64 };
    let fits = |x: f64| format == Format::F64 || f64::from(x as f32) == x;
    if !c.program.constants.iter().all(|k| k.lo == 0.0 && fits(k.hi)) {
        return false; // then the program as executed is another one
    }
    let from = c.analysed_from;
    if c.executed_from < from && !limit(checker, c, piece) {
        return false;
    }
    let stretches = if from > 0.0 && piece.lo < from && piece.hi > -from {
        vec![(piece.lo, piece.hi.min(-from)), (piece.lo.max(from), piece.hi)]
    } else {
        vec![(piece.lo, piece.hi)]
    };
    stretches.into_iter().filter(|(lo, hi)| lo <= hi).all(|(lo, hi)| stretch(checker, format, piece, lo, hi, 0))
}

/// Below `analysed_from`: the computed values in `f64`, whose rounding to `f32` is innocent for these operations
/// (Figueroa 1995), at the ends of ranges, since rounding is monotone.
fn limit(checker: &mut Checker, c: &Certificate, piece: &Piece) -> bool {
    let single = c.arithmetic == Arithmetic::F32;
    let least = if single { f64::from(f32::from_bits(1)) } else { f64::from_bits(1) };
    let zero_is_out = c.interval.lo == 0.0 && c.interval.lo_open || c.interval.hi == 0.0 && c.interval.hi_open;
    let fits = |x: f64| if single { f64::from(x as f32) } else { x };
    let right = (piece.lo.max(least), piece.hi.min(c.analysed_from));
    let left = (piece.lo.max(-c.analysed_from), piece.hi.min(-least));
    let claim = BigFloat::from_f64(piece.bound, BITS).add(&BigFloat::from_f64(piece.rounding, BITS), BITS, DOWN);
    let proved = [right, left].into_iter().filter(|(lo, hi)| lo <= hi).all(|(lo, hi)| {
        let Some((bottom, top)) = computed(checker.program, fits(lo), fits(hi), &fits) else { return false };
        let f = checker.form.jet(&vec![Interval::new(lo, hi)], &mut checker.cc).remove(0);
        let distance = Interval::new(bottom, top).sub(&f).balanced();
        let unit = match checker.weight {
            Weight::Absolute => BigFloat::from_f64(1.0, BITS),
            Weight::Relative => f.mignitude(),
            Weight::Ulp(format) => ulp(format, &f.mignitude()),
        };
        distance.at_most(&claim.mul(&unit, BITS, DOWN))
    });
    proved && (zero_is_out || c.executed_from >= least)
}

fn computed(program: &Program, lo: f64, hi: f64, fits: &dyn Fn(f64) -> f64) -> Option<(f64, f64)> {
    let mut values: Vec<[f64; 2]> = Vec::new();
    for node in &program.shape.nodes {
        let value = match node {
            Node::Input => [lo, hi],
            Node::Const(i) => [program.constants[usize::from(*i)].hi; 2],
            Node::Op(op, args) => {
                let [a, b, _] = args.map(|i| values[usize::from(i)]);
                let zero = |r: [f64; 2]| r[0] <= 0.0 && r[1] >= 0.0;
                let unbounded = |r: [f64; 2]| r.iter().any(|v| v.is_infinite());
                let corners = |f: fn(f64, f64) -> f64| [f(a[0], b[0]), f(a[0], b[1]), f(a[1], b[0]), f(a[1], b[1])];
                let all = match op {
                    Op::Add if !(unbounded(a) && unbounded(b)) => corners(|a, b| a + b),
                    Op::Sub if !(unbounded(a) && unbounded(b)) => corners(|a, b| a - b),
                    Op::Mul if !(unbounded(a) && zero(b) || unbounded(b) && zero(a)) => corners(|a, b| a * b),
                    Op::Div if !(zero(b) || unbounded(a) && unbounded(b)) => corners(|a, b| a / b),
                    Op::Sqrt if a[0] >= 0.0 => corners(|a, _| a.sqrt()),
                    Op::Double => corners(|a, _| a * 2.0),
                    Op::Half => corners(|a, _| a * 0.5),
                    Op::Quadruple => corners(|a, _| a * 4.0),
                    Op::Quarter => corners(|a, _| a * 0.25),
                    _ => return None,
                };
                let all = all.map(fits);
                if all.iter().any(|v| v.is_nan()) {
                    return None;
                }
                [all.into_iter().fold(f64::INFINITY, f64::min), all.into_iter().fold(f64::NEG_INFINITY, f64::max)]
            }
        };
        values.push(value);
    }
    values.last().filter(|r| r[1] - r[0] < f64::INFINITY).map(|r| (r[0], r[1]))
}

fn stretch(checker: &mut Checker, format: Format, piece: &Piece, lo: f64, hi: f64, depth: usize) -> bool {
    let x = Interval::new(lo, hi);
    let mut values: Vec<Rounded> = Vec::new();
    for node in &checker.program.shape.nodes {
        let value = match node {
            Node::Input => Rounded::precise(x.clone()),
            Node::Const(i) => Rounded::precise(checker.constants[usize::from(*i)].clone()),
            Node::Op(op, args) => {
                let [a, b, c] = args.map(|i| &values[usize::from(i)]);
                let scaled = |factor: f64| a.product(&Rounded::precise(point(factor)));
                let negative = || Rounded { exact: b.exact.neg(), ..b.clone() };
                let (carried, kind) = match op {
                    Op::Add => (a.sum(b), Kind::Sum),
                    Op::Sub => (a.sum(&negative()), Kind::Sum),
                    Op::Mul => (a.product(b), Kind::Product),
                    Op::Div => (a.quotient(b), Kind::Product),
                    Op::Fma => {
                        let (exact, absolute, relative) = a.product(b);
                        (Rounded { exact, absolute, relative }.sum(c), Kind::Product)
                    }
                    Op::Sqrt => (a.root(), Kind::Product),
                    Op::Double => (scaled(2.0), Kind::Scaling),
                    Op::Half => (scaled(0.5), Kind::Scaling),
                    Op::Quadruple => (scaled(4.0), Kind::Scaling),
                    Op::Quarter => (scaled(0.25), Kind::Scaling),
                    Op::Exp => return false, // no format says how it rounds
                };
                round(carried, kind, format)
            }
        };
        values.push(value);
    }
    let Some(result) = values.pop() else { return false };
    let f = checker.form.jet(&vec![x], &mut checker.cc).remove(0);
    let least = f.mignitude();
    let claim = BigFloat::from_f64(piece.rounding, BITS);
    let fits = match checker.weight {
        Weight::Absolute => result.absolute.at_most(&claim),
        Weight::Ulp(unit) => result.absolute.at_most(&claim.mul(&ulp(unit, &least), BITS, DOWN)),
        Weight::Relative => {
            let least = Interval { lo: least.clone(), hi: least };
            let enlarged = result.relative.mul(&point(1.0).add(&point(piece.bound)));
            tighter(&result.absolute.div(&least), &enlarged).at_most(&claim)
        }
    };
    // Towards zero by ratio, elsewhere by difference.
    let m = if lo > 0.0 && hi / lo > 4.0 || hi < 0.0 && lo / hi > 4.0 {
        lo.signum() * lo.abs().sqrt() * hi.abs().sqrt()
    } else {
        lo + (hi - lo) / 2.0
    };
    let halves = depth < super::DEPTH && lo < m && m < hi;
    fits || halves
        && stretch(checker, format, piece, lo, m, depth + 1)
        && stretch(checker, format, piece, m, hi, depth + 1)
}
