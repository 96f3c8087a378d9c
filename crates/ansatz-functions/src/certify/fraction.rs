//! Programs on Taylor series, carried on as fractions where a denominator may vanish.
//!
//! `x + c/x` has no series at 0, but it is `(x² + c)/x`, and the `1/(x + c/x)` that comes of it is `x/(x² + c)`: a
//! quotient whose denominator may be zero is kept as numerator and denominator until a division turns it round.

use crate::ball::Ball;
use crate::number::Scalar;
use crate::program::{Node, Op, Program};
use crate::series::Series;
use std::rc::Rc;

/// A series, or the quotient of two while the denominator may be zero.
#[derive(Clone)]
pub(super) struct Fraction {
    pub(super) top: Rc<Series<Ball>>,
    /// `None` is 1.
    pub(super) bottom: Option<Rc<Series<Ball>>>,
}

impl Fraction {
    fn whole(top: Series<Ball>) -> Self {
        Self { top: Rc::new(top), bottom: None }
    }

    fn over(top: Series<Ball>, bottom: Rc<Series<Ball>>) -> Self {
        if bottom.constant_term().contains_zero() {
            Self { top: Rc::new(top), bottom: Some(bottom) }
        } else {
            Self::whole(top.div(&bottom))
        }
    }

    fn sum(&self, rhs: &Self, minus: bool) -> Self {
        let combine = |a: &Series<Ball>, b: &Series<Ball>| if minus { a.sub(b) } else { a.add(b) };
        match (&self.bottom, &rhs.bottom) {
            (None, None) => Self::whole(combine(&self.top, &rhs.top)),
            (Some(d), None) => Self::over(combine(&self.top, &d.mul(&rhs.top)), d.clone()),
            (None, Some(d)) => Self::over(combine(&d.mul(&self.top), &rhs.top), d.clone()),
            // The same denominator, not merely an equal one: no common factor is brought in.
            (Some(d), Some(e)) if Rc::ptr_eq(d, e) => Self::over(combine(&self.top, &rhs.top), d.clone()),
            (Some(d), Some(e)) => Self::over(combine(&self.top.mul(e), &d.mul(&rhs.top)), Rc::new(d.mul(e))),
        }
    }

    fn product(&self, rhs: &Self) -> Self {
        let square = Rc::ptr_eq(&self.top, &rhs.top);
        let top = if square { self.top.mul(&self.top) } else { self.top.mul(&rhs.top) };
        match (&self.bottom, &rhs.bottom) {
            (None, None) => Self::whole(top),
            (Some(d), None) | (None, Some(d)) => Self::over(top, d.clone()),
            (Some(d), Some(e)) => Self::over(top, Rc::new(d.mul(e))),
        }
    }

    fn quotient(&self, rhs: &Self) -> Self {
        let top = match &rhs.bottom {
            None => (*self.top).clone(),
            Some(d) => self.top.mul(d),
        };
        match &self.bottom {
            None => Self::over(top, rhs.top.clone()),
            Some(d) => Self::over(top, Rc::new(d.mul(&rhs.top))),
        }
    }

    /// A function that a fraction has no form for.
    fn map(&self, f: impl FnOnce(&Series<Ball>) -> Series<Ball>) -> Self {
        match self.bottom {
            None => Self::whole(f(&self.top)),
            Some(_) => Self::whole(Series::constant(Ball::UNDEFINED)),
        }
    }
}

/// The program on the series of its argument.
pub(super) fn run(program: &Program, x: &Series<Ball>) -> Fraction {
    let mut values: Vec<Fraction> = Vec::with_capacity(program.shape.nodes.len());
    for node in &program.shape.nodes {
        let value = match node {
            Node::Input => Fraction::whole(x.clone()),
            Node::Const(i) => Fraction::whole(Series::constant(Ball::from_dd(program.constants[usize::from(*i)]))),
            Node::Op(op, args) => {
                let [a, b, c] = args.map(|i| &values[usize::from(i)]);
                let scaled = |e: i32| {
                    let factor = Series::constant(Ball::ONE.scaled(e));
                    Fraction { top: Rc::new(a.top.mul(&factor)), bottom: a.bottom.clone() }
                };
                match op {
                    Op::Add => a.sum(b, false),
                    Op::Sub => a.sum(b, true),
                    Op::Mul => a.product(b),
                    Op::Div => a.quotient(b),
                    Op::Fma => a.product(b).sum(c, false),
                    Op::Sqrt => a.map(Scalar::sqrt),
                    Op::Exp => a.map(Scalar::exp),
                    Op::Double => scaled(1),
                    Op::Half => scaled(-1),
                    Op::Quadruple => scaled(2),
                    Op::Quarter => scaled(-2),
                }
            }
        };
        values.push(value);
    }
    values.pop().unwrap_or_else(|| Fraction::whole(x.clone()))
}
