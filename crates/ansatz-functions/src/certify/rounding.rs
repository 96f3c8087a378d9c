//! What rounding adds when a program is executed: running error analysis over stretches of the argument.
//!
//! With each value go the range of its exact values, and upper bounds of the absolute and the relative distance
//! between what is computed and what is exact (Wilkinson 1963; Higham 2002, *Accuracy and Stability*, §3.3). Each
//! operation passes on the errors of its operands and adds half a unit in the last place; where a result may be
//! subnormal, half of the smallest subnormal is added too. The relative bound carries the analysis to unbounded
//! values, such as those of `c/x` near 0, the absolute one through zeros.
//!
//! The constants must be numbers of the format: their own rounding is not part of this bound.

use super::interval::Interval;
use super::real::ulp;
use crate::program::{Node, Op, Program};
use crate::target::Format;

/// A value with its errors; an infinite bound is an unknown one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rounded {
    exact: Interval,
    /// `|computed − exact|` is at most this.
    pub(super) absolute: f64,
    /// `|computed/exact − 1|` is at most this.
    pub(super) relative: f64,
}

/// An error before the rounding of the operation itself.
struct Carried {
    exact: Interval,
    absolute: f64,
    relative: f64,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Sums are exact where they are subnormal.
    Sum,
    /// Products, quotients and roots are not.
    Product,
    /// By a power of two: exact unless subnormal.
    Scaling,
}

struct Limits {
    unit: f64,
    /// At least half of the smallest subnormal.
    tiny: f64,
    normal: f64,
    largest: f64,
}

fn limits(format: Format) -> Limits {
    match format {
        Format::F32 => Limits {
            unit: 2f64.powi(-24),
            tiny: 2f64.powi(-150),
            normal: f64::from(f32::MIN_POSITIVE),
            largest: f64::from(f32::MAX),
        },
        // Half of the smallest double is no double.
        Format::F64 => {
            Limits { unit: 2f64.powi(-53), tiny: f64::from_bits(1), normal: f64::MIN_POSITIVE, largest: f64::MAX }
        }
    }
}

// Sums and products of error bounds: not negative, rounded up; what is unknown stays unknown, even times zero.
fn add(a: f64, b: f64) -> f64 {
    if a == 0.0 {
        b
    } else if b == 0.0 {
        a
    } else {
        (a + b).next_up()
    }
}
fn mul(a: f64, b: f64) -> f64 {
    if a.is_infinite() || b.is_infinite() {
        f64::INFINITY
    } else if a == 0.0 || b == 0.0 {
        0.0
    } else {
        (a * b).next_up()
    }
}
fn div(a: f64, b: f64) -> f64 {
    if b > 0.0 && a < f64::INFINITY { (a / b).next_up() } else { f64::INFINITY }
}
/// An upper bound for a magnitude, unknown for the undefined.
fn size(x: Interval) -> f64 {
    if x.is_defined() { x.magnitude() } else { f64::INFINITY }
}

fn round(carried: &Carried, kind: Kind, format: Format) -> Rounded {
    let Limits { unit, tiny, normal, largest } = limits(format);
    let Carried { exact, absolute, relative } = *carried;
    let absolute = absolute.min(mul(relative, size(exact)));
    let most = add(size(exact), absolute);
    if most.is_nan() || most > largest {
        return Rounded { exact, absolute: f64::INFINITY, relative: f64::INFINITY };
    }
    let least = exact.mignitude();
    let (half, unit) = if kind == Kind::Scaling { (tiny, 0.0) } else { ((0.5 * ulp(format, most)).max(tiny), unit) };
    let absolute = add(absolute, half);
    // (1 + ρ)(1 + u) − 1
    let mut after = add(add(relative, unit), mul(relative, unit));
    // Above twice the smallest normal number, an error below one half leaves the result normal.
    if kind != Kind::Sum && !(least > 2.0 * normal && relative <= 0.5) {
        after = add(after, div(tiny, least));
    }
    let absolute = absolute.min(mul(after, size(exact)));
    Rounded { exact, absolute, relative: after.min(div(absolute, least)) }
}

impl Rounded {
    fn precise(exact: Interval) -> Self {
        Self { exact, absolute: 0.0, relative: 0.0 }
    }

    fn product(&self, b: &Self, exact: Interval) -> Carried {
        let cross = add(mul(size(self.exact), b.absolute), mul(size(b.exact), self.absolute));
        Carried {
            exact,
            absolute: add(cross, mul(self.absolute, b.absolute)),
            relative: add(add(self.relative, b.relative), mul(self.relative, b.relative)),
        }
    }

    fn quotient(&self, b: &Self) -> Carried {
        let exact = self.exact.over(b.exact);
        // â/b̂ − a/b = (δa − (a/b) δb)/b̂
        let room = (b.exact.mignitude() - b.absolute).next_down();
        let absolute = div(add(self.absolute, mul(size(exact), b.absolute)), room);
        let relative = div(add(self.relative, b.relative), (1.0 - b.relative).next_down());
        Carried { exact, absolute, relative }
    }

    fn sum(&self, b: &Self) -> Carried {
        let (p, q) = (self.exact, b.exact);
        let exact = p.plus(q);
        let same_sign = p.lo >= 0.0 && q.lo >= 0.0 || p.hi <= 0.0 && q.hi <= 0.0;
        let relative = if same_sign {
            self.relative.max(b.relative)
        } else {
            // |p/(p+q)| = 1/|1 + q/p|, and the second form holds where p is unbounded.
            let share = |p: Interval, q: Interval| {
                size(p.over(exact)).min(size(Interval::point(1.0).plus(q.over(p)).inverse()))
            };
            add(mul(share(p, q), self.relative), mul(share(q, p), b.relative))
        };
        Carried { exact, absolute: add(self.absolute, b.absolute), relative }
    }

    fn root(&self) -> Carried {
        let exact = self.exact.root();
        // 1 − √(1 − ρ) ≤ ρ/2 + ρ²/2 for ρ ≤ 1
        let relative =
            if self.relative <= 1.0 { mul(0.5 * self.relative, add(1.0, self.relative)) } else { f64::INFINITY };
        // √â − √a = (â − a)/(√â + √a), as long as the computed argument cannot be negative.
        let stays = self.exact.lo >= self.absolute;
        let absolute = if stays { div(self.absolute, exact.mignitude()) } else { f64::INFINITY };
        let absolute = if stays { absolute.min(self.absolute.sqrt().next_up()) } else { absolute };
        Carried { exact, absolute, relative }
    }
}

/// The rounding error of the program's result for all arguments of the format in `x`; unknown (infinite) where a value
/// may leave the format's range.
pub(super) fn bound(program: &Program, format: Format, x: Interval) -> Rounded {
    let mut values: Vec<Rounded> = Vec::with_capacity(program.shape.nodes.len());
    for node in &program.shape.nodes {
        let value = match node {
            Node::Input => Rounded::precise(x),
            Node::Const(i) => Rounded::precise(Interval::of_constant(program.constants[usize::from(*i)])),
            Node::Op(op, args) => {
                let [a, b, c] = args.map(|i| &values[usize::from(i)]);
                let scaled = |factor: f64| {
                    let factor = Rounded::precise(Interval::point(factor));
                    round(&a.product(&factor, a.exact.times(factor.exact)), Kind::Scaling, format)
                };
                let times = || {
                    let square = args[0] == args[1];
                    a.product(b, if square { a.exact.square() } else { a.exact.times(b.exact) })
                };
                match op {
                    Op::Add => round(&a.sum(b), Kind::Sum, format),
                    Op::Sub => round(&a.sum(&Rounded { exact: b.exact.negated(), ..*b }), Kind::Sum, format),
                    Op::Mul => round(&times(), Kind::Product, format),
                    Op::Div => round(&a.quotient(b), Kind::Product, format),
                    Op::Fma => {
                        let Carried { exact, absolute, relative } = times();
                        round(&Rounded { exact, absolute, relative }.sum(c), Kind::Product, format)
                    }
                    Op::Sqrt => round(&a.root(), Kind::Product, format),
                    Op::Double => scaled(2.0),
                    Op::Half => scaled(0.5),
                    Op::Quadruple => scaled(4.0),
                    Op::Quarter => scaled(0.25),
                    // No format says how it rounds.
                    Op::Exp => Rounded { exact: Interval::UNDEFINED, absolute: f64::INFINITY, relative: f64::INFINITY },
                }
            }
        };
        values.push(value);
    }
    values.pop().unwrap_or_else(|| Rounded::precise(x))
}
