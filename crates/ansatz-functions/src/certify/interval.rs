//! Inf–sup intervals of doubles, rounded outward: coarse, cheap, and at ease with unbounded ranges.
//!
//! End points may be infinite, so that `1/(0, h] = [1/h, ∞]`; the undefined interval has NaN ends.

use crate::number::Dd;
use crate::program::{Node, Op, Program};

/// All reals from `lo` to `hi`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Interval {
    pub(super) lo: f64,
    pub(super) hi: f64,
}

/// `x · y` at the ends of intervals, where zero times infinity is zero: it stands for products of zero with reals.
fn times(x: f64, y: f64) -> f64 {
    if x == 0.0 || y == 0.0 { 0.0 } else { x * y }
}

// A result that is exactly zero comes from a zero factor, or from underflow: `next_*` covers both.
fn down(x: f64) -> f64 {
    x.next_down()
}
fn up(x: f64) -> f64 {
    x.next_up()
}

impl Interval {
    pub(super) const UNDEFINED: Self = Self { lo: f64::NAN, hi: f64::NAN };

    pub(super) fn point(x: f64) -> Self {
        Self { lo: x, hi: x }
    }
    pub(super) fn of_constant(c: Dd) -> Self {
        if c.lo == 0.0 { Self::point(c.hi) } else { Self::point(c.hi).plus(Self::point(c.lo)) }
    }
    pub(super) fn is_defined(self) -> bool {
        !(self.lo.is_nan() || self.hi.is_nan())
    }
    /// The largest absolute value; NaN if undefined.
    pub(super) fn magnitude(self) -> f64 {
        if self.is_defined() { self.hi.max(-self.lo) } else { f64::NAN }
    }
    /// The smallest absolute value; 0 if undefined.
    pub(super) fn mignitude(self) -> f64 {
        if self.is_defined() { self.lo.max(-self.hi).max(0.0) } else { 0.0 }
    }
    pub(super) fn negated(self) -> Self {
        Self { lo: -self.hi, hi: -self.lo }
    }
    pub(super) fn plus(self, b: Self) -> Self {
        // ∞ − ∞ at one end means that nothing is known at that end.
        if !self.is_defined() || !b.is_defined() {
            return Self::UNDEFINED;
        }
        let (lo, hi) = (self.lo + b.lo, self.hi + b.hi);
        Self {
            lo: if lo.is_nan() { f64::NEG_INFINITY } else { down(lo) },
            hi: if hi.is_nan() { f64::INFINITY } else { up(hi) },
        }
    }
    pub(super) fn minus(self, b: Self) -> Self {
        self.plus(b.negated())
    }
    pub(super) fn times(self, b: Self) -> Self {
        if !self.is_defined() || !b.is_defined() {
            return Self::UNDEFINED;
        }
        if self == Self::point(0.0) || b == Self::point(0.0) {
            return Self::point(0.0);
        }
        let ends = [times(self.lo, b.lo), times(self.lo, b.hi), times(self.hi, b.lo), times(self.hi, b.hi)];
        let (lo, hi) = (
            ends.iter().copied().fold(f64::INFINITY, f64::min),
            ends.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        );
        // The product of two intervals above zero does not go below it.
        let above = self.lo >= 0.0 && b.lo >= 0.0;
        Self { lo: if above { down(lo).max(0.0) } else { down(lo) }, hi: up(hi) }
    }
    pub(super) fn inverse(self) -> Self {
        if !self.is_defined() || self.lo < 0.0 && self.hi > 0.0 || self == Self::point(0.0) {
            return Self::UNDEFINED;
        }
        if self.hi <= 0.0 {
            return self.negated().inverse().negated();
        }
        // 0 < x ≤ hi
        let hi = if self.lo == 0.0 { f64::INFINITY } else { up(1.0 / self.lo) };
        Self { lo: down(1.0 / self.hi).max(0.0), hi }
    }
    pub(super) fn over(self, b: Self) -> Self {
        self.times(b.inverse())
    }
    pub(super) fn square(self) -> Self {
        let (least, most) = (self.mignitude(), self.magnitude());
        if self.is_defined() { Self { lo: down(least * least).max(0.0), hi: up(most * most) } } else { self }
    }
    pub(super) fn root(self) -> Self {
        if self.lo.is_nan() || self.lo < 0.0 {
            return Self::UNDEFINED;
        }
        Self { lo: down(self.lo.sqrt()).max(0.0), hi: up(self.hi.sqrt()) }
    }

    /// The program's values at the points of this interval where it is defined; undefined if that is not known.
    pub(super) fn program(self, program: &Program) -> Self {
        let mut values: Vec<Self> = Vec::with_capacity(program.shape.nodes.len());
        for node in &program.shape.nodes {
            let value = match node {
                Node::Input => self,
                Node::Const(i) => Self::of_constant(program.constants[usize::from(*i)]),
                Node::Op(op, args) => {
                    let [a, b, c] = args.map(|i| values[usize::from(i)]);
                    match op {
                        Op::Add => a.plus(b),
                        Op::Sub => a.minus(b),
                        Op::Mul if args[0] == args[1] => a.square(),
                        Op::Mul => a.times(b),
                        Op::Div => a.over(b),
                        Op::Fma => a.times(b).plus(c),
                        Op::Sqrt => a.root(),
                        Op::Exp => Self::UNDEFINED,
                        Op::Double => a.times(Self::point(2.0)),
                        Op::Half => a.times(Self::point(0.5)),
                        Op::Quadruple => a.times(Self::point(4.0)),
                        Op::Quarter => a.times(Self::point(0.25)),
                    }
                }
            };
            values.push(value);
        }
        values.pop().unwrap_or(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansatz_core::Seed;

    #[test]
    fn operations_contain_the_results_of_their_points() {
        let mut stream = Seed(1).stream("interval", 0);
        let mut draw = || {
            let (a, b) = (stream.normal() * 10.0, stream.normal() * 10.0);
            let t = stream.uniform();
            let x = Interval { lo: a.min(b), hi: a.max(b) };
            (x, (x.lo + t * (x.hi - x.lo)).clamp(x.lo, x.hi))
        };
        for _ in 0..5000 {
            let ((a, x), (b, y)) = (draw(), draw());
            let holds = |i: Interval, v: f64| !i.is_defined() || i.lo <= v && v <= i.hi;
            assert!(holds(a.plus(b), x + y) && holds(a.minus(b), x - y) && holds(a.times(b), x * y));
            assert!(holds(a.over(b), x / y) && holds(a.square(), x * x) && holds(a.root(), x.abs().sqrt().copysign(x)));
        }
    }

    #[test]
    fn unbounded_ranges() {
        let tiny = Interval { lo: 0.0, hi: 0.5 };
        let large = Interval::point(3.0).over(tiny);
        assert!(large.lo <= 6.0 && large.lo > 5.99 && large.hi == f64::INFINITY);
        let back = Interval::point(3.0).over(large.plus(tiny));
        assert!(back.lo == 0.0 && back.hi < 0.5001);
        assert!(!Interval { lo: -1.0, hi: 1.0 }.inverse().is_defined());
    }
}
