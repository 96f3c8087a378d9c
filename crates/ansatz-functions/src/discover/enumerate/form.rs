//! Forms: programs up to signs, in which constants are blanks.
//!
//! An instruction reads earlier values and, if it has a constant, one of its own. Values are meant up to sign: `a − b`
//! and `b − a`, or `v + c` and `c − v`, are one instruction, because every instruction that reads a value can make up
//! for its sign. [`Form::realise`] finds signs for which each instruction is one operation of the set.

use crate::program::{Node, Op, OpSet, Shape};
use ansatz_core::{Error, Result};

/// The largest number of operations.
pub(super) const MOST: usize = 6;

/// What an instruction does; the order is the one in which independent instructions are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    /// `v + c`
    Shift,
    /// `v · c`
    Scale,
    /// `c / v`
    Invert,
    /// `√v` or `√(−v)`
    Root,
    /// `u + v` or `u − v`
    Sum,
    /// `u · v`
    Product,
    /// `u / v`
    Quotient,
}

impl Kind {
    /// Whether it has a constant.
    pub(super) fn constant(self) -> bool {
        self <= Self::Invert
    }

    pub(super) fn unary(self) -> bool {
        self <= Self::Root
    }
}

/// One instruction on values numbered from 0, the input; the i-th instruction makes value i + 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Instruction {
    pub(super) kind: Kind,
    pub(super) a: u8,
    /// The second operand; the first again where there is one only.
    pub(super) b: u8,
    /// `u − v` and `√(−v)`
    pub(super) minus: bool,
}

impl Instruction {
    pub(super) fn reads(self, value: usize) -> bool {
        usize::from(self.a) == value || usize::from(self.b) == value
    }
}

/// The instructions that a set of operations offers.
#[derive(Clone, Debug)]
pub(super) struct Menu {
    pub(super) kinds: Vec<Kind>,
    add: bool,
    sub: bool,
    mul: bool,
}

impl Menu {
    /// # Errors
    /// If the set is empty or holds operations other than `+ − × ÷ √`.
    pub(super) fn new(ops: &OpSet) -> Result<Self> {
        let known = [Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Sqrt];
        if ops.ops().is_empty() || !ops.ops().iter().all(|op| known.contains(op)) {
            return Err(Error::parameter("ops", ops, "some of + - * / sqrt; exhaustive enumeration knows no others"));
        }
        let [add, sub, mul, div, sqrt] = known.map(|op| ops.has(op));
        let offered = [
            (Kind::Shift, add || sub),
            (Kind::Scale, mul || div),
            (Kind::Invert, div),
            (Kind::Root, sqrt),
            (Kind::Sum, add || sub),
            (Kind::Product, mul),
            (Kind::Quotient, div),
        ];
        let kinds = offered.into_iter().filter_map(|(kind, offered)| offered.then_some(kind)).collect();
        Ok(Self { kinds, add, sub, mul })
    }

    pub(super) fn has(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }

    /// Whether `+` itself is there, not only `−`.
    pub(super) fn adds(&self) -> bool {
        self.add
    }
}

/// A form of at most [`MOST`] instructions; the last one is the result.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form<'a> {
    pub(super) instructions: &'a [Instruction],
    /// Whether the constants can give the result either sign.
    pub(super) signed: bool,
}

impl Form<'_> {
    /// A shape that computes the form, or its negative if `negative`, with one operation for each instruction; `None`
    /// if the operations of the menu cannot. At most 2^6 choices of sign are tried, nearly always one.
    pub(super) fn realise(&self, menu: &Menu, negative: bool) -> Option<Shape> {
        let mut signs = [false; MOST + 1];
        self.choose(0, menu, negative, &mut signs).then(|| self.shape(menu, signs))
    }

    /// Chooses the signs of the values from `i + 1` on: true for values that are computed as their negatives.
    fn choose(&self, i: usize, menu: &Menu, negative: bool, signs: &mut [bool; MOST + 1]) -> bool {
        let Some(instruction) = self.instructions.get(i) else { return signs[i] == negative };
        let (a, b) = (signs[usize::from(instruction.a)], signs[usize::from(instruction.b)]);
        // The sign that comes first, and whether the other one can be had too.
        let (first, other) = match instruction.kind {
            Kind::Shift => (a, menu.sub),
            Kind::Scale | Kind::Invert => (false, true),
            Kind::Root if a == instruction.minus => (false, false),
            Kind::Product | Kind::Quotient => (a != b, false),
            Kind::Sum => match a ^ b ^ instruction.minus {
                false if menu.add => (a, false),
                true if menu.sub => (a, true),
                _ => return false,
            },
            Kind::Root => return false,
        };
        let options = if other { &[false, true][..] } else { &[false] };
        options.iter().any(|&turned| {
            signs[i + 1] = first ^ turned;
            self.choose(i + 1, menu, negative, signs)
        })
    }

    fn shape(&self, menu: &Menu, signs: [bool; MOST + 1]) -> Shape {
        let mut nodes = Vec::with_capacity(2 * self.instructions.len() + 1);
        nodes.push(Node::Input);
        let mut values = [0u16; MOST + 1];
        let mut constants = 0;
        for (i, instruction) in self.instructions.iter().enumerate() {
            let (a, b) = (values[usize::from(instruction.a)], values[usize::from(instruction.b)]);
            let constant = nodes.len() as u16;
            if instruction.kind.constant() {
                nodes.push(Node::Const(constants));
                constants += 1;
            }
            let kept = signs[i + 1] == signs[usize::from(instruction.a)];
            let (op, args) = match instruction.kind {
                Kind::Shift if kept && menu.add => (Op::Add, [a, constant, 0]),
                Kind::Shift if kept => (Op::Sub, [a, constant, 0]),
                Kind::Shift => (Op::Sub, [constant, a, 0]),
                Kind::Scale if menu.mul => (Op::Mul, [a, constant, 0]),
                Kind::Scale => (Op::Div, [a, constant, 0]),
                Kind::Invert => (Op::Div, [constant, a, 0]),
                Kind::Root => (Op::Sqrt, [a, 0, 0]),
                Kind::Product => (Op::Mul, [a, b, 0]),
                Kind::Quotient => (Op::Div, [a, b, 0]),
                Kind::Sum => {
                    let differ = signs[usize::from(instruction.a)] ^ signs[usize::from(instruction.b)];
                    match (differ ^ instruction.minus, kept) {
                        (false, _) => (Op::Add, [a, b, 0]),
                        (true, true) => (Op::Sub, [a, b, 0]),
                        (true, false) => (Op::Sub, [b, a, 0]),
                    }
                }
            };
            nodes.push(Node::Op(op, args));
            values[i + 1] = nodes.len() as u16 - 1;
        }
        Shape { nodes }
    }
}
