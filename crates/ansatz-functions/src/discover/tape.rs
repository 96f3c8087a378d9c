//! A shape compiled for repeated evaluation at all nodes, with forward-mode derivatives by the constants.
//!
//! The derivatives are compiled too: where one is an array that exists already (the derivative of `c x` by `c` is `x`,
//! a sum hands its operands' derivatives on) nothing is computed, and what several share (`1/b` of a quotient) is computed
//! once. Derivatives are in double precision even where values are double-doubles: they steer the steps, and only
//! the residuals say where the steps lead.

use super::fit::Nodes;
use super::lanes::{Lanes, Single};
use crate::number::Scalar;
use crate::program::{Node, Op, Shape};

/// Constants that a tape can differentiate by.
pub(crate) const MAX_CONSTANTS: usize = 32;

#[derive(Clone, Copy, Debug)]
struct Instruction {
    op: Op,
    /// Slots of the operands.
    args: [usize; 3],
}

/// A derivative that has to be computed; each fills the next row. Operands are places: a slot's value, or after the
/// slots a row.
#[derive(Clone, Copy, Debug)]
enum Slope {
    Sum(usize, usize),
    Difference(usize, usize),
    Product(usize, usize),
    NegativeProduct(usize, usize),
    /// `a b + c`
    ProductSum(usize, usize, usize),
    /// `a b + c d`
    TwoProducts([usize; 4]),
    /// `a b + c d + e`
    TwoProductsSum([usize; 5]),
    Reciprocal(usize),
    Scaled(usize, f64),
}

/// The operations of a shape in order. Slots: the input, the constants, then one for each operation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tape {
    instructions: Vec<Instruction>,
    constants: usize,
    /// Slot of the result.
    result: usize,
    slopes: Vec<Slope>,
    /// Place of each slot's derivative by each constant, row-major; [`NONE`] where there is none.
    places: Vec<usize>,
    /// The constants on which the result depends, with the places of its derivatives.
    active: Vec<(usize, usize)>,
}

/// No derivative: zero.
const NONE: usize = usize::MAX;

impl Tape {
    /// Compiles; `None` if the shape has more than [`MAX_CONSTANTS`] constants.
    pub(crate) fn new(shape: &Shape) -> Option<Self> {
        let mut tape = Self::default();
        tape.compile(shape).then_some(tape)
    }

    /// Compiles into this tape, reusing its memory.
    pub(crate) fn compile(&mut self, shape: &Shape) -> bool {
        self.constants = shape.constants();
        self.instructions.clear();
        self.slopes.clear();
        self.active.clear();
        if self.constants > MAX_CONSTANTS || shape.nodes.is_empty() {
            return false;
        }
        let first = 1 + self.constants;
        let mut slots = Vec::with_capacity(shape.nodes.len());
        for node in &shape.nodes {
            slots.push(match node {
                Node::Input => 0,
                Node::Const(i) => 1 + usize::from(*i),
                Node::Op(op, operands) => {
                    let mut args = [0; 3];
                    args.iter_mut().zip(&operands[..op.arity()]).for_each(|(arg, &a)| *arg = slots[usize::from(a)]);
                    self.instructions.push(Instruction { op: *op, args });
                    first + self.instructions.len() - 1
                }
            });
        }
        self.result = slots[slots.len() - 1];
        self.compile_slopes();
        true
    }

    fn compile_slopes(&mut self) {
        let (k, one) = (self.constants, self.one());
        let slots = 1 + k + self.instructions.len();
        self.places.clear();
        self.places.resize(slots * k, NONE);
        for j in 0..k {
            self.places[(1 + j) * k + j] = one;
        }
        for i in 0..self.instructions.len() {
            let Instruction { op, args: [a, b, c] } = self.instructions[i];
            let slot = 1 + k + i;
            let depends = |operand: usize| self.places[operand * k..(operand + 1) * k].iter().any(|&p| p != NONE);
            // The factors of the operands' derivatives where they are not values.
            let (fa, fb) = match op {
                Op::Div => {
                    let (in_a, in_b) = (depends(a), depends(b));
                    // (a/b)' = a'/b − (a/b)/b b'
                    let recip = if in_a || in_b { self.push(Slope::Reciprocal(b)) } else { NONE };
                    (recip, if in_b { self.push(Slope::NegativeProduct(slot, recip)) } else { NONE })
                }
                Op::Sqrt if depends(a) => {
                    // (√a)' = a'/(2√a)
                    let double = self.push(Slope::Sum(slot, slot));
                    (self.push(Slope::Reciprocal(double)), NONE)
                }
                Op::Mul | Op::Fma => (b, a),
                Op::Exp => (slot, NONE),
                _ => (NONE, NONE),
            };
            for j in 0..k {
                let at = |operand: usize, used: bool| if used { self.places[operand * k + j] } else { NONE };
                let (da, db, dc) = (at(a, true), at(b, op.arity() > 1), at(c, op.arity() > 2));
                self.places[slot * k + j] = match op {
                    Op::Add => match (da, db) {
                        (NONE, d) | (d, NONE) => d,
                        _ => self.push(Slope::Sum(da, db)),
                    },
                    Op::Sub => match (da, db) {
                        (d, NONE) => d,
                        (NONE, d) => self.push(Slope::Scaled(d, -1.0)),
                        _ => self.push(Slope::Difference(da, db)),
                    },
                    Op::Mul | Op::Div | Op::Fma => self.products((da, fa), (db, fb), dc),
                    Op::Sqrt | Op::Exp => self.products((da, fa), (NONE, NONE), NONE),
                    Op::Double => self.scaled(da, 2.0),
                    Op::Half => self.scaled(da, 0.5),
                    Op::Quadruple => self.scaled(da, 4.0),
                    Op::Quarter => self.scaled(da, 0.25),
                };
            }
        }
        let places = &self.places[self.result * k..(self.result + 1) * k];
        self.active.extend(places.iter().copied().enumerate().filter(|&(_, place)| place != NONE));
    }

    /// The place of the row of ones.
    fn one(&self) -> usize {
        1 + self.constants + self.instructions.len()
    }

    /// Adds a slope; gives its place.
    fn push(&mut self, slope: Slope) -> usize {
        self.slopes.push(slope);
        self.one() + self.slopes.len()
    }

    fn scaled(&mut self, d: usize, factor: f64) -> usize {
        if d == NONE { NONE } else { self.push(Slope::Scaled(d, factor)) }
    }

    /// `a fa + b fb + c`, where what is [`NONE`] is left out.
    fn products(&mut self, (a, fa): (usize, usize), (b, fb): (usize, usize), c: usize) -> usize {
        let one = self.one();
        match (a, b, c) {
            (NONE, NONE, c) => c,
            (d, NONE, NONE) if d == one => fa,
            (NONE, d, NONE) if d == one => fb,
            (d, NONE, NONE) => self.push(Slope::Product(d, fa)),
            (NONE, d, NONE) => self.push(Slope::Product(d, fb)),
            (d, NONE, c) => self.push(Slope::ProductSum(d, fa, c)),
            (NONE, d, c) => self.push(Slope::ProductSum(d, fb, c)),
            (a, b, NONE) if a == one => self.push(Slope::ProductSum(b, fb, fa)),
            (a, b, NONE) if b == one => self.push(Slope::ProductSum(a, fa, fb)),
            (a, b, NONE) => self.push(Slope::TwoProducts([a, fa, b, fb])),
            (a, b, c) => self.push(Slope::TwoProductsSum([a, fa, b, fb, c])),
        }
    }

    /// The constants on which the result depends, in order.
    pub(crate) fn active(&self) -> impl ExactSizeIterator<Item = usize> {
        self.active.iter().map(|&(constant, _)| constant)
    }
}

/// Values of all slots and rows of derivatives; kept between evaluations so that nothing is allocated in the inner loop.
#[derive(Debug)]
pub(crate) struct Workspace<L, const N: usize> {
    values: Vec<L>,
    /// Ones, then a row for each slope.
    rows: Vec<Single<N>>,
}

impl<L: Lanes<N>, const N: usize> Workspace<L, N> {
    pub(crate) fn new() -> Self {
        Self { values: Vec::new(), rows: vec![Single([1.0; N])] }
    }

    /// Makes room for a tape and sets the input.
    #[inline(always)]
    pub(crate) fn prepare(&mut self, tape: &Tape, x: &L) {
        let slots = 1 + tape.constants + tape.instructions.len();
        if self.values.len() < slots {
            self.values.resize(slots, *x);
        }
        if self.rows.len() < 1 + tape.slopes.len() {
            self.rows.resize(1 + tape.slopes.len(), Single([0.0; N]));
        }
        self.values[0] = *x;
    }

    /// The weighted error at all nodes, rounded to double.
    #[inline(always)]
    pub(crate) fn residual(&mut self, tape: &Tape, nodes: &Nodes<L>, constants: &[L::Real]) -> Single<N> {
        self.set_constants(constants);
        self.run(tape, nodes)
    }

    /// Sets the input of the next [`run`](Self::run)s.
    #[inline(always)]
    pub(crate) fn set_input(&mut self, x: &L) {
        self.values[0] = *x;
    }

    /// Sets the constants of the next [`run`](Self::run)s.
    #[inline(always)]
    pub(crate) fn set_constants(&mut self, constants: &[L::Real]) {
        for (value, &c) in self.values[1..].iter_mut().zip(constants) {
            *value = L::splat(c);
        }
    }

    /// The weighted error at all nodes for the input and the constants that were set, rounded to double.
    #[inline(always)]
    pub(crate) fn run(&mut self, tape: &Tape, nodes: &Nodes<L>) -> Single<N> {
        let first = 1 + tape.constants;
        for (i, &Instruction { op, args: [a, b, c] }) in tape.instructions.iter().enumerate() {
            let (earlier, rest) = self.values.split_at_mut(first + i);
            let out = &mut rest[0];
            match op {
                Op::Add => out.set_sum(&earlier[a], &earlier[b]),
                Op::Sub => out.set_difference(&earlier[a], &earlier[b]),
                Op::Mul => out.set_product(&earlier[a], &earlier[b]),
                Op::Div => out.set_quotient(&earlier[a], &earlier[b]),
                Op::Fma => out.set_product_sum(&earlier[a], &earlier[b], &earlier[c]),
                Op::Sqrt => out.set_root(&earlier[a]),
                Op::Exp => out.set_exp(&earlier[a]),
                Op::Double => out.set_scaled(&earlier[a], 2.0),
                Op::Half => out.set_scaled(&earlier[a], 0.5),
                Op::Quadruple => out.set_scaled(&earlier[a], 4.0),
                Op::Quarter => out.set_scaled(&earlier[a], 0.25),
            }
        }
        self.values[tape.result].residual(&nodes.weight, &nodes.goal)
    }

    /// The derivatives of the slots, for the values of the last [`residual`](Self::residual).
    #[inline(always)]
    pub(crate) fn differentiate(&mut self, tape: &Tape) {
        let values = &self.values;
        let slots = tape.one();
        for (i, slope) in tape.slopes.iter().enumerate() {
            let (earlier, rest) = self.rows.split_at_mut(1 + i);
            let out = &mut rest[0];
            // The array at a place.
            macro_rules! at {
                ($place:expr) => {
                    if $place < slots { values[$place].high() } else { &earlier[$place - slots] }
                };
            }
            match *slope {
                Slope::Sum(a, b) => out.set_sum(at!(a), at!(b)),
                Slope::Difference(a, b) => out.set_difference(at!(a), at!(b)),
                Slope::Product(a, b) => out.set_product(at!(a), at!(b)),
                Slope::NegativeProduct(a, b) => out.set_negative_product(at!(a), at!(b)),
                Slope::ProductSum(a, b, c) => out.set_product_sum(at!(a), at!(b), at!(c)),
                Slope::TwoProducts([a, b, c, d]) => out.set_two_products(at!(a), at!(b), at!(c), at!(d)),
                Slope::TwoProductsSum([a, b, c, d, e]) => {
                    out.set_two_products_sum(at!(a), at!(b), at!(c), at!(d), at!(e));
                }
                Slope::Reciprocal(a) => out.set_reciprocal(at!(a)),
                Slope::Scaled(a, factor) => out.set_scaled(at!(a), factor),
            }
        }
    }

    /// The derivative of the result by the `i`-th active constant, after [`differentiate`](Self::differentiate).
    #[inline(always)]
    pub(crate) fn slope(&self, tape: &Tape, i: usize) -> &Single<N> {
        let (place, slots) = (tape.active[i].1, tape.one());
        if place < slots { self.values[place].high() } else { &self.rows[place - slots] }
    }
}

/// Value and derivatives by the constants at a single point, in any arithmetic: what the exchange in many digits uses.
pub(crate) fn gradient<S: Scalar>(shape: &Shape, x: &S, constants: &[S]) -> (S, Vec<S>) {
    let k = constants.len();
    let zero = S::from_f64(0.0);
    let mut values: Vec<S> = Vec::with_capacity(shape.nodes.len());
    shape.eval_into(x, constants, &mut values);
    // Reverse mode: one sweep gives all derivatives.
    let mut adjoint = vec![zero; shape.nodes.len()];
    let mut out = vec![S::from_f64(0.0); k];
    if let Some(last) = adjoint.last_mut() {
        *last = S::from_f64(1.0);
    }
    for i in (0..shape.nodes.len()).rev() {
        let w = adjoint[i].clone();
        match shape.nodes[i] {
            Node::Input => {}
            Node::Const(j) => out[usize::from(j)] = out[usize::from(j)].add(&w),
            Node::Op(op, args) => {
                let [a, b, c] = args.map(usize::from);
                let mut give = |slot: usize, amount: S| adjoint[slot] = adjoint[slot].add(&amount);
                match op {
                    Op::Add => {
                        give(a, w.clone());
                        give(b, w);
                    }
                    Op::Sub => {
                        give(a, w.clone());
                        give(b, w.neg());
                    }
                    Op::Mul | Op::Fma => {
                        give(a, w.mul(&values[b]));
                        give(b, w.mul(&values[a]));
                        if op == Op::Fma {
                            give(c, w);
                        }
                    }
                    Op::Div => {
                        let scaled = w.div(&values[b]);
                        give(b, scaled.mul(&values[i]).neg());
                        give(a, scaled);
                    }
                    Op::Sqrt => give(a, w.div(&values[i].add(&values[i]))),
                    Op::Exp => give(a, w.mul(&values[i])),
                    Op::Double => give(a, w.add(&w)),
                    Op::Half => give(a, w.mul(&S::from_f64(0.5))),
                    Op::Quadruple => give(a, w.mul(&S::from_f64(4.0))),
                    Op::Quarter => give(a, w.mul(&S::from_f64(0.25))),
                }
            }
        }
    }
    (values.pop().unwrap_or_else(|| x.clone()), out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::fit::Nodes;
    use crate::discover::lanes::Double;
    use crate::discover::mutate::{Mutation, identity};
    use crate::number::Dd;
    use crate::program::OpSet;
    use ansatz_core::Seed;

    /// Value and slopes of random programs, for both kinds of lanes, against the reverse mode at single points.
    #[test]
    fn compiled_slopes_agree_with_the_reverse_mode() {
        const N: usize = 8;
        let mut ops = OpSet::new(Op::ALL);
        let mut stream = Seed(5).stream("tape", 0);
        let points: Vec<Dd> = (0..N).map(|i| Dd::from(0.3 + 0.1 * i as f64)).collect();
        let zero = vec![Dd::ZERO; N];
        let one = vec![Dd::ONE; N];
        let single: Nodes<Single<N>> =
            Nodes { x: Single::from_dd(&points), weight: Single::from_dd(&one), goal: Single::from_dd(&zero) };
        let double: Nodes<Double<N>> =
            Nodes { x: Double::from_dd(&points), weight: Double::from_dd(&one), goal: Double::from_dd(&zero) };
        let (mut narrow, mut wide) = (Workspace::new(), Workspace::new());
        let mut compared = 0;
        for round in 0..400 {
            if round == 200 {
                ops = OpSet::arithmetic();
            }
            let mut program = identity();
            for _ in 0..12 {
                program = Mutation::draw(&program, &ops, &mut stream).apply(&program).unwrap();
            }
            let k = program.shape.constants();
            let constants: Vec<f64> = (0..k).map(|_| stream.uniform_in(0.5, 1.5)).collect();
            let exact: Vec<Dd> = constants.iter().map(|&c| Dd::from(c)).collect();
            let tape = Tape::new(&program.shape).unwrap();
            narrow.prepare(&tape, &single.x);
            wide.prepare(&tape, &double.x);
            let values = [narrow.residual(&tape, &single, &constants), wide.residual(&tape, &double, &exact)];
            narrow.differentiate(&tape);
            wide.differentiate(&tape);
            for (i, x) in points.iter().enumerate() {
                let (value, slopes) = gradient(&program.shape, x, &exact);
                // Cancellation loses digits: programs with an intermediate value far from 1 are left out.
                let mut steps = Vec::new();
                program.shape.eval_into(x, &exact, &mut steps);
                if steps.iter().any(|v| !(1e-2..1e2).contains(&v.hi.abs())) {
                    continue;
                }
                for found in values {
                    assert!((found.0[i] - value.hi).abs() <= 1e-9, "{program:?}");
                }
                let mut dense = vec![[0.0; 2]; k];
                for (n, j) in tape.active().enumerate() {
                    dense[j] = [narrow.slope(&tape, n).0[i], wide.slope(&tape, n).0[i]];
                }
                let largest = slopes.iter().fold(1.0, |m: f64, s| m.max(s.hi.abs()));
                for (found, slope) in dense.iter().zip(&slopes) {
                    assert!(found.iter().all(|s| (s - slope.hi).abs() <= 1e-9 * largest), "{program:?}");
                    compared += 1;
                }
            }
        }
        assert!(compared > 1000, "{compared} slopes compared");
    }
}
