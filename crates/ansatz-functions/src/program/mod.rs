//! Straight-line programs over the reals: directed graphs of operations in which any value may be used many times.
//!
//! A [`Shape`] is the form without its constants, a [`Program`] has them. Nodes are in topological order and the last
//! one is the result, so evaluation is a single pass.
//!
//! ```
//! use ansatz_functions::program::{Op, Program};
//! // y = x + c/x uses x twice and costs two operations.
//! let mut p = Program::builder();
//! let x = p.input();
//! let c = p.constant(2.0);
//! let q = p.op(Op::Div, &[c, x]);
//! let y = p.op(Op::Add, &[x, q]);
//! let program = p.finish(y);
//! assert_eq!(program.eval(&4.0), 4.5);
//! assert_eq!(program.shape.operations(), 2);
//! ```

mod canonical;
mod file;
#[cfg(test)]
pub(crate) mod samples;
pub(crate) mod text;

pub use canonical::{OpSet, canonical};
pub use file::About;

use crate::number::{Dd, Scalar};
use crate::target::Format;
use serde::{Deserialize, Serialize};

/// An operation. The operands are in order: `Sub` is first − second, `Fma` is first · second + third.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // the names say it
pub enum Op {
    Add,
    Sub,
    Mul,
    Div,
    Fma,
    Sqrt,
    Exp,
    Double,
    Half,
    Quadruple,
    Quarter,
}

impl Op {
    /// Every operation.
    pub const ALL: [Self; 11] = [
        Self::Add,
        Self::Sub,
        Self::Mul,
        Self::Div,
        Self::Fma,
        Self::Sqrt,
        Self::Exp,
        Self::Double,
        Self::Half,
        Self::Quadruple,
        Self::Quarter,
    ];

    /// The number of operands.
    pub fn arity(self) -> usize {
        match self {
            Self::Add | Self::Sub | Self::Mul | Self::Div => 2,
            Self::Fma => 3,
            Self::Sqrt | Self::Exp | Self::Double | Self::Half | Self::Quadruple | Self::Quarter => 1,
        }
    }

    /// Whether the first two operands may be exchanged.
    pub fn commutes(self) -> bool {
        matches!(self, Self::Add | Self::Mul | Self::Fma)
    }

    /// The lower-case name used in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Sub => "sub",
            Self::Mul => "mul",
            Self::Div => "div",
            Self::Fma => "fma",
            Self::Sqrt => "sqrt",
            Self::Exp => "exp",
            Self::Double => "double",
            Self::Half => "half",
            Self::Quadruple => "quadruple",
            Self::Quarter => "quarter",
        }
    }

    /// The operation of that [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.name() == name)
    }

    /// Applies the operation; `args` has [`arity`](Self::arity) elements.
    pub fn apply<S: Scalar>(self, args: &[&S]) -> S {
        match self {
            Self::Add => args[0].add(args[1]),
            Self::Sub => args[0].sub(args[1]),
            Self::Mul => args[0].mul(args[1]),
            Self::Div => args[0].div(args[1]),
            Self::Fma => args[0].fma(args[1], args[2]),
            Self::Sqrt => args[0].sqrt(),
            Self::Exp => args[0].exp(),
            Self::Double => args[0].mul(&S::from_f64(2.0)),
            Self::Half => args[0].mul(&S::from_f64(0.5)),
            Self::Quadruple => args[0].mul(&S::from_f64(4.0)),
            Self::Quarter => args[0].mul(&S::from_f64(0.25)),
        }
    }
}

/// One vertex of the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Node {
    /// The argument of the function.
    Input,
    /// The constant of that index.
    Const(u16),
    /// An operation on earlier nodes; operands beyond the arity are 0.
    Op(Op, [u16; 3]),
}

impl Node {
    /// The nodes that this one reads.
    pub fn operands(&self) -> &[u16] {
        match self {
            Self::Op(op, args) => &args[..op.arity()],
            _ => &[],
        }
    }
}

/// A program without its constants. Nodes only read earlier ones; the last is the result.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// The vertices in topological order.
    pub nodes: Vec<Node>,
}

impl Shape {
    /// The number of constants that the nodes refer to.
    pub fn constants(&self) -> usize {
        let last = self.nodes.iter().filter_map(|node| if let Node::Const(i) = node { Some(*i) } else { None }).max();
        last.map_or(0, |i| usize::from(i) + 1)
    }

    /// The operation count: vertices that depend on the input and reach the result.
    /// Constant subexpressions are free. (The search charges at least two; this is the bare count.)
    pub fn operations(&self) -> usize {
        let live = self.live();
        let mut depends = vec![false; self.nodes.len()];
        let mut count = 0;
        for (i, node) in self.nodes.iter().enumerate() {
            depends[i] = matches!(node, Node::Input) || node.operands().iter().any(|&a| depends[usize::from(a)]);
            count += usize::from(live[i] && depends[i] && matches!(node, Node::Op(..)));
        }
        count
    }

    /// Which nodes reach the result.
    pub fn live(&self) -> Vec<bool> {
        let mut live = vec![false; self.nodes.len()];
        if let Some(last) = live.last_mut() {
            *last = true;
        }
        for i in (0..self.nodes.len()).rev() {
            if live[i] {
                for &a in self.nodes[i].operands() {
                    live[usize::from(a)] = true;
                }
            }
        }
        live
    }

    /// Evaluates at `x` with the given constants; all nodes' values are left in `values`.
    pub fn eval_into<S: Scalar>(&self, x: &S, constants: &[S], values: &mut Vec<S>) {
        values.clear();
        for node in &self.nodes {
            let value = match node {
                Node::Input => x.clone(),
                Node::Const(i) => constants[usize::from(*i)].clone(),
                Node::Op(op, [a, b, c]) => {
                    let at = |i: u16| &values[usize::from(i)];
                    op.apply(&[at(*a), at(*b), at(*c)])
                }
            };
            values.push(value);
        }
    }
}

/// A shape with constants. Constants are double-double numbers: exact values over the reals,
/// rounded to the format where a program is executed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// The form.
    pub shape: Shape,
    /// One value for each constant index of the shape.
    pub constants: Vec<Dd>,
}

impl Program {
    /// Starts a program by hand.
    pub fn builder() -> Builder {
        Builder { shape: Shape::default(), constants: Vec::new() }
    }

    /// The program's value at `x`, in the arithmetic of `S`.
    pub fn eval<S: Scalar>(&self, x: &S) -> S {
        let constants: Vec<S> = self.constants.iter().map(|&c| S::from_dd(c)).collect();
        let mut values = Vec::with_capacity(self.shape.nodes.len());
        self.shape.eval_into(x, &constants, &mut values);
        values.pop().unwrap_or_else(|| x.clone())
    }

    /// The program whose constants are rounded to doubles.
    #[must_use]
    pub fn rounded(&self) -> Self {
        Self { shape: self.shape.clone(), constants: self.constants.iter().map(|c| c.rounded()).collect() }
    }

    /// The program whose constants are rounded to a format: another program, with an error of its own.
    #[must_use]
    pub fn rounded_to(&self, format: Format) -> Self {
        let round = |c: &Dd| match format {
            Format::F32 => Dd::from(f64::from(f32::from_dd(*c))),
            Format::F64 => c.rounded(),
        };
        Self { shape: self.shape.clone(), constants: self.constants.iter().map(round).collect() }
    }
}

/// Builds a [`Program`] node by node.
#[derive(Debug)]
pub struct Builder {
    shape: Shape,
    constants: Vec<Dd>,
}

impl Builder {
    fn push(&mut self, node: Node) -> u16 {
        self.shape.nodes.push(node);
        u16::try_from(self.shape.nodes.len() - 1).expect("a hand-built program has fewer than 65,536 nodes")
    }

    /// The argument of the function.
    pub fn input(&mut self) -> u16 {
        self.push(Node::Input)
    }

    /// A new constant.
    pub fn constant(&mut self, value: impl Into<Dd>) -> u16 {
        self.constants.push(value.into());
        let index = u16::try_from(self.constants.len() - 1).expect("fewer than 65,536 constants");
        self.push(Node::Const(index))
    }

    /// An operation on earlier nodes.
    ///
    /// # Panics
    /// If the number of operands is not the arity.
    pub fn op(&mut self, op: Op, args: &[u16]) -> u16 {
        assert_eq!(args.len(), op.arity(), "{} takes {} operands", op.name(), op.arity());
        let mut operands = [0; 3];
        operands[..args.len()].copy_from_slice(args);
        self.push(Node::Op(op, operands))
    }

    /// The program whose result is `result`; later nodes are dropped.
    pub fn finish(mut self, result: u16) -> Program {
        self.shape.nodes.truncate(usize::from(result) + 1);
        Program { shape: self.shape, constants: self.constants }
    }
}
