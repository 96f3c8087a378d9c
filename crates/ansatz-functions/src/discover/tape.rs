//! A shape compiled for repeated evaluation at all nodes, with forward-mode derivatives by the constants.

use super::lanes::{Lanes, Real};
use crate::number::Scalar;
use crate::program::{Node, Op, Shape};

/// Constants a tape can differentiate by: activity is a bit mask.
pub(crate) const MAX_CONSTANTS: usize = 32;

#[derive(Clone, Copy, Debug)]
struct Instruction {
    op: Op,
    /// Slots of the operands.
    args: [usize; 3],
    /// The constants on which each operand depends.
    masks: [u32; 3],
}

/// The operations of a shape in order. Slots: the input, the constants, then one for each operation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tape {
    instructions: Vec<Instruction>,
    constants: usize,
    /// Slot of the result.
    result: usize,
    /// Constants on which the result depends.
    mask: u32,
}

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
        if self.constants > MAX_CONSTANTS || shape.nodes.is_empty() {
            return false;
        }
        let first = 1 + self.constants;
        let mut slots = Vec::with_capacity(shape.nodes.len());
        let mut masks = Vec::with_capacity(shape.nodes.len());
        for node in &shape.nodes {
            let (slot, mask) = match node {
                Node::Input => (0, 0),
                Node::Const(i) => (1 + usize::from(*i), 1u32 << i),
                Node::Op(op, operands) => {
                    let mut instruction = Instruction { op: *op, args: [0; 3], masks: [0; 3] };
                    for (i, &a) in operands[..op.arity()].iter().enumerate() {
                        instruction.args[i] = slots[usize::from(a)];
                        instruction.masks[i] = masks[usize::from(a)];
                    }
                    self.instructions.push(instruction);
                    let mask = instruction.masks.iter().fold(0, |m, n| m | n);
                    (first + self.instructions.len() - 1, mask)
                }
            };
            slots.push(slot);
            masks.push(mask);
        }
        self.result = slots[slots.len() - 1];
        self.mask = masks[masks.len() - 1];
        true
    }

    /// The constants on which the result depends, as bits.
    pub(crate) fn mask(&self) -> u32 {
        self.mask
    }
}

/// Values and derivatives of all slots; kept between evaluations so that nothing is allocated in the inner loop.
#[derive(Debug)]
pub(crate) struct Workspace<L> {
    values: Vec<L>,
    /// Row-major: slot × constant.
    slopes: Vec<L>,
}

impl<L: Lanes> Workspace<L> {
    pub(crate) fn new() -> Self {
        Self { values: Vec::new(), slopes: Vec::new() }
    }

    /// Makes room for a tape and sets the input.
    pub(crate) fn prepare(&mut self, tape: &Tape, x: &L) {
        let zero = L::splat(0.0.into());
        let slots = 1 + tape.constants + tape.instructions.len();
        self.values.clear();
        self.values.resize(slots, zero);
        self.values[0] = *x;
        self.slopes.resize(slots * tape.constants, zero);
        for j in 0..tape.constants {
            self.slopes[(1 + j) * tape.constants + j] = L::splat(1.0.into());
        }
    }

    /// The result at all nodes.
    #[inline(always)]
    pub(crate) fn evaluate(&mut self, tape: &Tape, constants: &[L::Real]) -> L {
        self.set_constants(constants);
        self.run(tape)
    }

    /// Sets the input of the next [`run`](Self::run)s.
    #[inline(always)]
    pub(crate) fn set_input(&mut self, x: &L) {
        self.values[0] = *x;
    }

    /// Sets the constants of the next [`run`](Self::run)s.
    #[inline(always)]
    pub(crate) fn set_constants(&mut self, constants: &[L::Real]) {
        for (j, &c) in constants.iter().enumerate() {
            self.values[1 + j] = L::splat(c);
        }
    }

    /// The result at all nodes for the input and the constants that were set.
    #[inline(always)]
    pub(crate) fn run(&mut self, tape: &Tape) -> L {
        let first = 1 + tape.constants;
        for (i, instruction) in tape.instructions.iter().enumerate() {
            let [a, b, c] = instruction.args.map(|slot| &self.values[slot]);
            self.values[first + i] = match instruction.op {
                Op::Add => a.add(b),
                Op::Sub => a.sub(b),
                Op::Mul => a.mul(b),
                Op::Div => a.div(b),
                Op::Fma => a.mul(b).add(c),
                Op::Sqrt => a.sqrt(),
                Op::Exp => a.map(|v| Scalar::exp(&v)),
                Op::Double => a.add(a),
                Op::Half => a.mul(&L::splat(0.5.into())),
                Op::Quadruple => a.mul(&L::splat(4.0.into())),
                Op::Quarter => a.mul(&L::splat(0.25.into())),
            };
        }
        self.values[tape.result]
    }

    /// The derivatives of the slots, for the values of the last [`evaluate`](Self::evaluate).
    #[inline(always)]
    pub(crate) fn differentiate(&mut self, tape: &Tape) {
        let k = tape.constants;
        let first = 1 + k;
        for (i, instruction) in tape.instructions.iter().enumerate() {
            let [a, b, c] = instruction.args;
            let [ma, mb, mc] = instruction.masks;
            let slot = first + i;
            let (earlier, rest) = self.slopes.split_at_mut(slot * k);
            let out = &mut rest[..k];
            let value = &self.values;
            match instruction.op {
                Op::Add => each(ma | mb, |j| {
                    out[j] = match (ma >> j & 1, mb >> j & 1) {
                        (1, 1) => earlier[a * k + j].add(&earlier[b * k + j]),
                        (1, _) => earlier[a * k + j],
                        _ => earlier[b * k + j],
                    }
                }),
                Op::Sub => each(ma | mb, |j| {
                    out[j] = match (ma >> j & 1, mb >> j & 1) {
                        (1, 1) => earlier[a * k + j].sub(&earlier[b * k + j]),
                        (1, _) => earlier[a * k + j],
                        _ => L::splat(0.0.into()).sub(&earlier[b * k + j]),
                    }
                }),
                Op::Mul => each(ma | mb, |j| out[j] = product(earlier, value, k, (a, ma), (b, mb), j)),
                Op::Div => {
                    // (a/b)' = (a' − (a/b) b') / b
                    let recip = value[b].recip();
                    let q = &value[slot];
                    each(ma | mb, |j| {
                        out[j] = match (ma >> j & 1, mb >> j & 1) {
                            (1, 1) => earlier[a * k + j].sub(&q.mul(&earlier[b * k + j])).mul(&recip),
                            (1, _) => earlier[a * k + j].mul(&recip),
                            _ => L::splat(0.0.into()).sub(&q.mul(&earlier[b * k + j]).mul(&recip)),
                        }
                    });
                }
                Op::Fma => each(ma | mb | mc, |j| {
                    let in_product = (ma | mb) >> j & 1 == 1;
                    out[j] = match (in_product, mc >> j & 1) {
                        (true, 1) => product(earlier, value, k, (a, ma), (b, mb), j).add(&earlier[c * k + j]),
                        (true, _) => product(earlier, value, k, (a, ma), (b, mb), j),
                        _ => earlier[c * k + j],
                    }
                }),
                Op::Sqrt => {
                    let factor = value[slot].add(&value[slot]).recip();
                    each(ma, |j| out[j] = earlier[a * k + j].mul(&factor));
                }
                Op::Exp => each(ma, |j| out[j] = earlier[a * k + j].mul(&value[slot])),
                Op::Double => each(ma, |j| out[j] = earlier[a * k + j].add(&earlier[a * k + j])),
                Op::Half => each(ma, |j| out[j] = earlier[a * k + j].mul(&L::splat(0.5.into()))),
                Op::Quadruple => each(ma, |j| out[j] = earlier[a * k + j].mul(&L::splat(4.0.into()))),
                Op::Quarter => each(ma, |j| out[j] = earlier[a * k + j].mul(&L::splat(0.25.into()))),
            }
        }
    }

    /// The derivative of the result by constant `j`, after [`differentiate`](Self::differentiate).
    #[inline(always)]
    pub(crate) fn slope(&self, tape: &Tape, j: usize) -> &L {
        &self.slopes[tape.result * tape.constants + j]
    }
}

/// `a'·b + a·b'` of constant `j`.
#[inline(always)]
fn product<L: Lanes>(
    slopes: &[L],
    values: &[L],
    k: usize,
    (a, ma): (usize, u32),
    (b, mb): (usize, u32),
    j: usize,
) -> L {
    match (ma >> j & 1, mb >> j & 1) {
        (1, 1) => slopes[a * k + j].mul(&values[b]).add(&values[a].mul(&slopes[b * k + j])),
        (1, _) => slopes[a * k + j].mul(&values[b]),
        _ => values[a].mul(&slopes[b * k + j]),
    }
}

/// Calls `f` with the index of each set bit.
#[inline(always)]
fn each(mut mask: u32, mut f: impl FnMut(usize)) {
    while mask != 0 {
        f(mask.trailing_zeros() as usize);
        mask &= mask - 1;
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

/// Solves the symmetric positive definite system `(A + λ diag A) δ = g` by Cholesky on the scaled matrix.
///
/// `a` is row-major `k × k`, its lower triangle filled; `None` if the matrix is not positive definite in this
/// arithmetic. Cost k³/6.
#[inline(always)]
pub(crate) fn solve_damped<R: Real>(a: &[R], g: &[R], lambda: f64, k: usize, work: &mut Vec<R>) -> Option<()> {
    let zero = R::from(0.0);
    // work: k scales, k×k factor, k solution.
    work.clear();
    work.resize(k + k * k + k, zero);
    let (scale, rest) = work.split_at_mut(k);
    let (factor, solution) = rest.split_at_mut(k * k);
    for j in 0..k {
        let d = a[j * k + j];
        // A constant without influence keeps its value.
        scale[j] = if d > zero { R::from(1.0) / Scalar::sqrt(&d) } else { zero };
    }
    for i in 0..k {
        for j in 0..=i {
            let mut s = a[i * k + j] * scale[i] * scale[j];
            if i == j {
                s = R::from(1.0 + lambda);
            }
            for m in 0..j {
                s = s - factor[i * k + m] * factor[j * k + m];
            }
            if i == j {
                if s <= zero || !s.is_finite() {
                    return None;
                }
                factor[i * k + i] = Scalar::sqrt(&s);
            } else {
                factor[i * k + j] = s / factor[j * k + j];
            }
        }
    }
    for i in 0..k {
        let mut s = g[i] * scale[i];
        for m in 0..i {
            s = s - factor[i * k + m] * solution[m];
        }
        solution[i] = s / factor[i * k + i];
    }
    for i in (0..k).rev() {
        let mut s = solution[i];
        for m in i + 1..k {
            s = s - factor[m * k + i] * solution[m];
        }
        solution[i] = s / factor[i * k + i];
    }
    for i in 0..k {
        solution[i] = solution[i] * scale[i];
    }
    Some(())
}
