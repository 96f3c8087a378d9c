//! A program as a few lines of infix text, in any notation.
//!
//! A value that is used more than once, or that would nest too deeply, gets a line and a name of its own; everything
//! else is written in place with the fewest parentheses that keep the order of evaluation. The same lines serve people
//! ([`Display`](std::fmt::Display) of [`Program`]) and the emitted code, which therefore computes the same bits.

use super::{Node, Op, Program};
use crate::number::{Big, Dd, Scalar};
use std::fmt;

/// How tightly the outermost operation of a text binds.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub(crate) enum Binding {
    /// A sum or a difference.
    Sum,
    /// A product or a quotient.
    Product,
    /// A name, a number, a call or anything in parentheses.
    Atom,
}

/// A constant in decimal: the shortest that reads back as the same double, or 34 digits of a double-double.
pub(crate) fn decimal(c: Dd) -> String {
    if c.lo == 0.0 {
        return format!("{:?}", c.hi);
    }
    let exact = Big::from_dd(c);
    exact
        .float()
        .map_or_else(|| "nan".to_owned(), |x| format!("{:e}", x.clone().with_base_and_precision::<10>(34).value()))
}

/// A piece of text and how tightly it binds.
#[derive(Clone)]
pub(crate) struct Term {
    pub(crate) text: String,
    pub(crate) binding: Binding,
}

impl Term {
    /// A name, a number or a call.
    pub(crate) fn atom(text: impl Into<String>) -> Self {
        Self { text: text.into(), binding: Binding::Atom }
    }

    /// Two operands around a left-associative operator; parentheses only where the order would change without them.
    pub(crate) fn infix(left: &Self, operator: &str, right: &Self, binding: Binding) -> Self {
        let left = if left.binding < binding { left.bracketed() } else { left.text.clone() };
        let right = if right.binding <= binding { right.bracketed() } else { right.text.clone() };
        Self { text: format!("{left}{operator}{right}"), binding }
    }

    /// A call of `name`.
    pub(crate) fn call(name: &str, args: &[&Self]) -> Self {
        let args: Vec<&str> = args.iter().map(|term| term.text.as_str()).collect();
        Self::atom(format!("{name}({})", args.join(", ")))
    }

    /// The text in parentheses unless it stands alone.
    pub(crate) fn closed(&self) -> String {
        if self.binding == Binding::Atom { self.text.clone() } else { self.bracketed() }
    }

    fn bracketed(&self) -> String {
        format!("({})", self.text)
    }
}

/// How a language writes the parts of a program.
pub(crate) trait Notation {
    /// The constant of that index.
    fn constant(&self, index: usize) -> String;
    /// An operation on operands that are already written.
    fn operation(&self, op: Op, args: &[&Term]) -> Term;
    /// The argument of the function.
    fn input(&self) -> String {
        "x".to_owned()
    }
    /// A named intermediate value, counted from 0.
    fn temporary(&self, index: usize) -> String {
        temporary(index)
    }
}

/// `t, u, v, w, y, z, t6, t7, …`
pub(crate) fn temporary(index: usize) -> String {
    ["t", "u", "v", "w", "y", "z"].get(index).map_or_else(|| format!("t{index}"), |&name| name.to_owned())
}

/// An assignment; the name of the last one is for the caller to choose.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// Nesting beyond this gets a line of its own: readers and the parsers of other languages both have a limit.
const DEEPEST: usize = 8;

/// The program's lines, the result last. The program must be [sound](Program::fault).
pub(crate) fn lines(program: &Program, notation: &impl Notation) -> Vec<Line> {
    let nodes = &program.shape.nodes;
    let live = program.shape.live();
    let mut uses = vec![0usize; nodes.len()];
    for node in nodes.iter().zip(&live).filter_map(|(node, &live)| live.then_some(node)) {
        for &operand in node.operands() {
            uses[usize::from(operand)] += 1;
        }
    }
    let mut lines = Vec::new();
    let mut terms: Vec<Option<(Term, usize)>> = vec![None; nodes.len()];
    for (i, node) in nodes.iter().enumerate().filter(|&(i, _)| live[i]) {
        let (term, depth) = match node {
            Node::Input => (Term::atom(notation.input()), 0),
            Node::Const(index) => (Term::atom(notation.constant(usize::from(*index))), 0),
            Node::Op(op, _) => {
                // Operands come earlier and reach a live node, so they are there.
                let args: Vec<&(Term, usize)> =
                    node.operands().iter().filter_map(|&a| terms[usize::from(a)].as_ref()).collect();
                let depth = 1 + args.iter().map(|(_, depth)| *depth).max().unwrap_or(0);
                let texts: Vec<&Term> = args.iter().map(|(term, _)| term).collect();
                (notation.operation(*op, &texts), depth)
            }
        };
        let last = i + 1 == nodes.len();
        terms[i] = if last || (depth > 0 && uses[i] > 1) || depth >= DEEPEST {
            let name = notation.temporary(lines.len());
            lines.push(Line { name: name.clone(), text: term.text });
            Some((Term::atom(name), 0))
        } else {
            Some((term, depth))
        };
    }
    lines
}

/// Mathematics in plain text.
struct Plain;

impl Notation for Plain {
    fn constant(&self, index: usize) -> String {
        format!("c{}", index + 1)
    }

    fn operation(&self, op: Op, args: &[&Term]) -> Term {
        use Binding::{Product, Sum};
        match op {
            Op::Add => Term::infix(args[0], " + ", args[1], Sum),
            Op::Sub => Term::infix(args[0], " − ", args[1], Sum),
            Op::Mul => Term::infix(args[0], "·", args[1], Product),
            Op::Div => Term::infix(args[0], "/", args[1], Product),
            Op::Sqrt => Term::atom(format!("√{}", args[0].closed())),
            Op::Exp | Op::Fma => Term::call(op.name(), args),
            Op::Double => Term::infix(&Term::atom("2"), "·", args[0], Product),
            Op::Half => Term::infix(args[0], "/", &Term::atom("2"), Product),
            Op::Quadruple => Term::infix(&Term::atom("4"), "·", args[0], Product),
            Op::Quarter => Term::infix(args[0], "/", &Term::atom("4"), Product),
        }
    }
}

/// The formula on one line, shared values first: `t = x + c1/x; f = c2/(t·t) − c3`.
/// The alternate form `{:#}` appends the constants: `…; c1 = 25.59…, c2 = 17.74…`.
impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(fault) = self.fault() {
            return write!(f, "(unsound program: {fault})");
        }
        let mut lines = lines(self, &Plain);
        if let Some(result) = lines.last_mut() {
            result.name = String::from("f");
        }
        for (i, line) in lines.iter().enumerate() {
            let separator = if i == 0 { "" } else { "; " };
            write!(f, "{separator}{} = {}", line.name, line.text)?;
        }
        if f.alternate() {
            for (i, index) in self.used_constants().into_iter().enumerate() {
                let separator = if i == 0 { "; " } else { ", " };
                write!(f, "{separator}c{} = {}", index + 1, decimal(self.constants[index]))?;
            }
        }
        Ok(())
    }
}

impl Program {
    /// The indices of the constants that reach the result, in order.
    pub(crate) fn used_constants(&self) -> Vec<usize> {
        let live = self.shape.live();
        let mut used: Vec<usize> =
            self.shape.nodes.iter().zip(live).filter(|&(_, live)| live).filter_map(constant).collect();
        used.sort_unstable();
        used.dedup();
        used
    }
}

fn constant((node, _): (&Node, bool)) -> Option<usize> {
    if let Node::Const(index) = node { Some(usize::from(*index)) } else { None }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn shared_values_are_named_and_parentheses_are_few() {
        assert_eq!(samples::five().to_string(), "f = c2/(c3 + (x + c1/x)) − c4");
        assert_eq!(
            samples::ten().to_string(),
            "t = x + c1/x; u = c4/(c2 + (t + c3/t)) − c5; v = u·u; w = v·v; f = w·w"
        );
    }

    #[test]
    fn the_order_of_evaluation_is_kept() {
        let mut p = Program::builder();
        let x = p.input();
        let c = p.constant(3.0);
        let sum = p.op(Op::Sub, &[c, x]);
        let product = p.op(Op::Mul, &[c, sum]);
        let quotient = p.op(Op::Div, &[x, product]);
        let root = p.op(Op::Sqrt, &[quotient]);
        let half = p.op(Op::Half, &[root]);
        let fused = p.op(Op::Fma, &[half, x, c]);
        let result = p.op(Op::Sub, &[c, fused]);
        assert_eq!(p.finish(result).to_string(), "f = c1 − fma(√(x/(c1·(c1 − x)))/2, x, c1)");
    }

    #[test]
    fn the_alternate_form_gives_the_constants() {
        let mut p = Program::builder();
        let x = p.input();
        let unused = p.constant(7.0);
        let c = p.constant(0.1);
        let _dead = p.op(Op::Add, &[unused, x]);
        let sum = p.op(Op::Add, &[x, c]);
        assert_eq!(format!("{:#}", p.finish(sum)), "f = x + c2; c2 = 0.1");
    }

    #[test]
    fn a_long_chain_neither_nests_without_end_nor_overflows_the_stack() {
        let mut p = Program::builder();
        let x = p.input();
        let mut y = x;
        for _ in 0..40_000 {
            y = p.op(Op::Exp, &[y]);
        }
        let text = p.finish(y).to_string();
        assert!(!text.contains(&"exp(".repeat(DEEPEST + 1)));
        assert_eq!(text.matches("exp(").count(), 40_000);
    }
}
