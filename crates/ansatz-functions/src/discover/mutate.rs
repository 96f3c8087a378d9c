//! The zero-knowledge mutations: insert, remove, switch (Real et al. 2023, arXiv:2312.08472).
//!
//! A mutation is drawn, recorded and applied; a recorded one can be applied again, which is how an ancestry is verified.
//! Nothing in them knows the target. The graph of a program has a vertex for the input, for each constant, for each
//! operation and for the output; an edge is one operand of an operation, or the operand of the output.

use crate::number::{Dd, Scalar};
use crate::program::{Node, Op, OpSet, Program, Shape};
use ansatz_core::Stream;
use serde::{Deserialize, Serialize};

/// A vertex that an insertion adds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Inserted {
    /// A constant of that value.
    Constant(f64),
    /// An operation; `slot` receives the source of the split edge, the others the `fills` in order.
    Op {
        /// The operation.
        op: Op,
        /// The operand that continues the split edge.
        slot: usize,
        /// What the other operands read.
        fills: Vec<Fill>,
    },
}

/// What an operand of an inserted operation reads.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fill {
    /// A vertex that is there.
    Vertex(usize),
    /// A constant of that value, which comes with the operation. The published insertion never draws one: it takes
    /// this in two steps, the operation on any vertex and a constant on the new edge. As one step it brings "plus a
    /// constant" into the neighbourhood that is swept.
    Constant(f64),
}

/// One change of a program's graph. Vertices are node indices; the output is one past the last node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mutation {
    /// Splits the edge into operand `slot` of `vertex` with a new vertex.
    Insert {
        /// Reader of the edge.
        vertex: usize,
        /// Which of its operands.
        slot: usize,
        /// What is put there.
        inserted: Inserted,
    },
    /// Takes a vertex out; those that read it read `replacement` instead.
    Remove {
        /// The vertex.
        vertex: usize,
        /// What takes its place.
        replacement: usize,
    },
    /// Reconnects operand `slot` of `vertex` to `source`.
    Switch {
        /// Reader of the edge.
        vertex: usize,
        /// Which of its operands.
        slot: usize,
        /// The new source.
        source: usize,
    },
}

/// How new constants are drawn: sign · 10^U(lo, hi).
pub(crate) const MAGNITUDE: (f64, f64) = (-1.5, 2.5);

/// A fresh constant.
pub(crate) fn fresh_constant(stream: &mut Stream) -> f64 {
    let sign = if stream.chance(0.5) { 1.0 } else { -1.0 };
    sign * 10f64.powf(stream.uniform_in(MAGNITUDE.0, MAGNITUDE.1))
}

/// How quiet constants begin: sign · 10^U(lo, hi) away from where the operation does nothing.
const QUIET: (f64, f64) = (-6.0, -1.0);

/// A constant that comes with an inserted operation whose operand `slot` continues the split edge: half of the time
/// fresh, otherwise quiet, where there is such a value: so small in a sum, so near 1 in a product, that the child begins
/// at its parent's error. From there its fit goes downhill; from fresh constants, nested quotients seldom find back.
fn brought(op: Op, slot: usize, stream: &mut Stream) -> f64 {
    let neutral = match (op, slot) {
        (Op::Add, _) | (Op::Sub, 0) => 0.0,
        (Op::Mul, _) | (Op::Div, 0) => 1.0,
        _ => return fresh_constant(stream),
    };
    if stream.chance(0.5) {
        return fresh_constant(stream);
    }
    let sign = if stream.chance(0.5) { 1.0 } else { -1.0 };
    neutral + sign * 10f64.powf(stream.uniform_in(QUIET.0, QUIET.1))
}

/// The vertices that vertex `v` reaches along edges, itself included; `v` may be the output.
fn descendants(shape: &Shape, v: usize) -> Vec<bool> {
    let mut reached = vec![false; shape.nodes.len() + 1];
    reached[v] = true;
    for i in v + 1..shape.nodes.len() {
        reached[i] = reached[i] || shape.nodes[i].operands().iter().any(|&a| reached[usize::from(a)]);
    }
    reached
}

/// Vertices that `reader` may read without closing a cycle.
fn admissible(shape: &Shape, reader: usize) -> Vec<usize> {
    let below = descendants(shape, reader);
    (0..shape.nodes.len()).filter(|&i| !below[i]).collect()
}

/// All edges as (reader, operand); the last is the output's.
fn edges(shape: &Shape) -> Vec<(usize, usize)> {
    let mut edges: Vec<(usize, usize)> =
        shape.nodes.iter().enumerate().flat_map(|(i, node)| (0..node.operands().len()).map(move |s| (i, s))).collect();
    edges.push((shape.nodes.len(), 0));
    edges
}

impl Mutation {
    /// Draws a mutation of `program` whose vertices count `size` = nodes + output.
    pub(crate) fn draw(program: &Program, ops: &OpSet, stream: &mut Stream) -> Self {
        let shape = &program.shape;
        let size = shape.nodes.len() + 1;
        // Weights of insert, remove, switch by size.
        let weights = if size < 3 {
            [1, 0, 0]
        } else if size < 100 {
            [1, 2, 3]
        } else {
            [0, 1, 1]
        };
        let mut ticket = stream.below(weights.iter().sum());
        if ticket < weights[0] {
            return Self::draw_insert(shape, ops, stream);
        }
        ticket -= weights[0];
        if ticket < weights[1]
            && let Some(mutation) = Self::draw_remove(shape, stream)
        {
            return mutation;
        }
        let edges = edges(shape);
        let (vertex, slot) = edges[stream.below(edges.len())];
        let sources = admissible(shape, vertex);
        Self::Switch { vertex, slot, source: sources[stream.below(sources.len())] }
    }

    /// As [`draw`](Self::draw), but each further operand of an inserted operation is, half of the time, a constant that
    /// comes with it. "Plus a constant" then takes one mutation instead of two, and the search gets past eight operations
    /// with a third of the fits.
    pub(crate) fn draw_with_constants(program: &Program, ops: &OpSet, stream: &mut Stream) -> Self {
        Self::draw(program, ops, stream).with_constants(stream)
    }

    /// An insertion, with constants as those of [`draw_with_constants`](Self::draw_with_constants): random graphs grow by
    /// them.
    pub(crate) fn draw_growth(program: &Program, ops: &OpSet, stream: &mut Stream) -> Self {
        Self::draw_insert(&program.shape, ops, stream).with_constants(stream)
    }

    fn with_constants(mut self, stream: &mut Stream) -> Self {
        if let Self::Insert { inserted: Inserted::Op { op, slot, fills }, .. } = &mut self {
            for fill in fills {
                if stream.chance(0.5) {
                    *fill = Fill::Constant(brought(*op, *slot, stream));
                }
            }
        }
        self
    }

    fn draw_insert(shape: &Shape, ops: &OpSet, stream: &mut Stream) -> Self {
        let edges = edges(shape);
        let (vertex, slot) = edges[stream.below(edges.len())];
        // Two kinds of constants (one a sign) and the operations, all alike likely.
        let kind = stream.below(2 + ops.ops().len());
        let inserted = if kind < 2 {
            let sign = if kind == 0 { 1.0 } else { -1.0 };
            Inserted::Constant(sign * 10f64.powf(stream.uniform_in(MAGNITUDE.0, MAGNITUDE.1)))
        } else {
            let op = ops.ops()[kind - 2];
            let sources = admissible(shape, vertex);
            let fills = (1..op.arity()).map(|_| Fill::Vertex(sources[stream.below(sources.len())])).collect();
            Inserted::Op { op, slot: stream.below(op.arity()), fills }
        };
        Self::Insert { vertex, slot, inserted }
    }

    fn draw_remove(shape: &Shape, stream: &mut Stream) -> Option<Self> {
        let inner: Vec<usize> = (0..shape.nodes.len()).filter(|&i| shape.nodes[i] != Node::Input).collect();
        let vertex = *inner.get(stream.below(inner.len()))?;
        let operands = shape.nodes[vertex].operands();
        let replacement = if operands.is_empty() {
            let sources = admissible(shape, vertex);
            *sources.get(stream.below(sources.len()))?
        } else {
            usize::from(operands[stream.below(operands.len())])
        };
        Some(Self::Remove { vertex, replacement })
    }

    /// Every insertion, removal and switch on `program`; new constants have the value 1, see [`Self::redraw`].
    pub(crate) fn neighbourhood(program: &Program, ops: &OpSet) -> Vec<Self> {
        let shape = &program.shape;
        let mut all = Vec::new();
        for (vertex, slot) in edges(shape) {
            let sources = admissible(shape, vertex);
            all.push(Self::Insert { vertex, slot, inserted: Inserted::Constant(1.0) });
            all.extend(sources.iter().map(|&source| Self::Switch { vertex, slot, source }));
            for &op in ops.ops() {
                for place in 0..op.arity() {
                    let mut fills = vec![0; op.arity() - 1];
                    loop {
                        let fill = |&i: &usize| sources.get(i).map_or(Fill::Constant(1.0), |&v| Fill::Vertex(v));
                        let chosen = fills.iter().map(fill).collect();
                        let inserted = Inserted::Op { op, slot: place, fills: chosen };
                        all.push(Self::Insert { vertex, slot, inserted });
                        // Next combination, like an odometer.
                        let Some(wheel) = fills.iter().rposition(|&i| i < sources.len()) else { break };
                        fills[wheel] += 1;
                        fills[wheel + 1..].fill(0);
                    }
                }
            }
        }
        for (vertex, node) in shape.nodes.iter().enumerate() {
            let replacements: Vec<usize> = match node {
                Node::Input => Vec::new(),
                Node::Const(_) => admissible(shape, vertex),
                Node::Op(..) => node.operands().iter().map(|&a| usize::from(a)).collect(),
            };
            all.extend(replacements.into_iter().map(|replacement| Self::Remove { vertex, replacement }));
        }
        all
    }

    /// Draws the constants that the mutation brings along.
    pub(crate) fn redraw(&mut self, stream: &mut Stream) {
        match self {
            Self::Insert { inserted: Inserted::Constant(value), .. } => *value = fresh_constant(stream),
            Self::Insert { inserted: Inserted::Op { op, slot, fills }, .. } => {
                for fill in fills {
                    if let Fill::Constant(value) = fill {
                        *value = brought(*op, *slot, stream);
                    }
                }
            }
            Self::Remove { .. } | Self::Switch { .. } => {}
        }
    }

    /// The changed program, pruned; `None` if the record does not fit the program.
    pub fn apply(&self, program: &Program) -> Option<Program> {
        let mut graph = Graph::of(program);
        let output = program.shape.nodes.len();
        match self {
            Self::Insert { vertex, slot, inserted } => {
                let source = graph.operand(*vertex, *slot)?;
                let new = match inserted {
                    Inserted::Constant(value) => graph.add(Kind::Const(Dd::from(*value)), Vec::new()),
                    Inserted::Op { op, slot: place, fills } => {
                        if *place >= op.arity() || fills.len() + 1 != op.arity() {
                            return None;
                        }
                        let mut operands = Vec::with_capacity(op.arity());
                        for fill in fills {
                            operands.push(match *fill {
                                Fill::Vertex(v) if v >= output => return None,
                                Fill::Vertex(v) => v,
                                Fill::Constant(value) => graph.add(Kind::Const(Dd::from(value)), Vec::new()),
                            });
                        }
                        operands.insert(*place, source);
                        graph.add(Kind::Op(*op), operands)
                    }
                };
                graph.vertices[*vertex].1[*slot] = new;
            }
            Self::Remove { vertex, replacement } => {
                if *vertex >= output || *replacement >= output {
                    return None;
                }
                for (_, operands) in &mut graph.vertices {
                    operands.iter_mut().filter(|a| **a == *vertex).for_each(|a| *a = *replacement);
                }
            }
            Self::Switch { vertex, slot, source } => {
                graph.operand(*vertex, *slot)?;
                if *source >= output {
                    return None;
                }
                graph.vertices[*vertex].1[*slot] = *source;
            }
        }
        graph.program(output)
    }
}

enum Kind {
    Input,
    Const(Dd),
    Op(Op),
    Output,
}

/// A program as a graph without order.
struct Graph {
    vertices: Vec<(Kind, Vec<usize>)>,
}

impl Graph {
    fn of(program: &Program) -> Self {
        let mut vertices: Vec<(Kind, Vec<usize>)> = program
            .shape
            .nodes
            .iter()
            .map(|node| match node {
                Node::Input => (Kind::Input, Vec::new()),
                Node::Const(i) => (Kind::Const(program.constants[usize::from(*i)]), Vec::new()),
                Node::Op(op, _) => (Kind::Op(*op), node.operands().iter().map(|&a| usize::from(a)).collect()),
            })
            .collect();
        vertices.push((Kind::Output, vec![vertices.len() - 1]));
        Self { vertices }
    }

    fn operand(&self, vertex: usize, slot: usize) -> Option<usize> {
        self.vertices.get(vertex)?.1.get(slot).copied()
    }

    fn add(&mut self, kind: Kind, operands: Vec<usize>) -> usize {
        self.vertices.push((kind, operands));
        self.vertices.len() - 1
    }

    /// The program that the output computes; `None` if the graph has a cycle or has become too large.
    fn program(&self, output: usize) -> Option<Program> {
        let mut out = Program { shape: Shape::default(), constants: Vec::new() };
        // 0 unseen, 1 open, 2 done.
        let mut state = vec![0u8; self.vertices.len()];
        let mut number = vec![0u16; self.vertices.len()];
        let result = self.vertices[output].1[0];
        self.visit(result, &mut state, &mut number, &mut out)?;
        Some(out)
    }

    fn visit(&self, i: usize, state: &mut [u8], number: &mut [u16], out: &mut Program) -> Option<()> {
        match state[i] {
            2 => return Some(()),
            1 => return None,
            _ => state[i] = 1,
        }
        let (kind, operands) = &self.vertices[i];
        for &a in operands {
            self.visit(a, state, number, out)?;
        }
        let node = match kind {
            Kind::Input => Node::Input,
            Kind::Const(value) => {
                out.constants.push(*value);
                Node::Const(u16::try_from(out.constants.len() - 1).ok()?)
            }
            Kind::Op(op) => {
                let mut args = [0u16; 3];
                args.iter_mut().zip(operands).for_each(|(arg, &a)| *arg = number[a]);
                Node::Op(*op, args)
            }
            Kind::Output => return None,
        };
        out.shape.nodes.push(node);
        number[i] = u16::try_from(out.shape.nodes.len() - 1).ok()?;
        state[i] = 2;
        Some(())
    }
}

/// The program that returns its argument: where every search begins.
pub fn identity() -> Program {
    Program { shape: Shape { nodes: vec![Node::Input] }, constants: Vec::new() }
}

/// Whether every constant is a number.
pub(crate) fn constants_finite(program: &Program) -> bool {
    program.constants.iter().all(Scalar::is_finite)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::canonical;
    use ansatz_core::Seed;

    #[test]
    fn every_drawn_mutation_applies_and_stays_acyclic() {
        let ops = OpSet::new([Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Fma, Op::Sqrt]);
        let mut stream = Seed(3).stream("mutate", 0);
        let mut program = identity();
        let mut largest = 0;
        for _ in 0..20_000 {
            let mutation = Mutation::draw(&program, &ops, &mut stream);
            let child = mutation.apply(&program).expect("a drawn mutation fits");
            for (i, node) in child.shape.nodes.iter().enumerate() {
                assert!(node.operands().iter().all(|&a| usize::from(a) < i));
            }
            largest = largest.max(child.shape.nodes.len());
            program = child;
        }
        assert!(largest > 6, "the walk reaches sizeable programs, here {largest}");
    }

    #[test]
    fn a_square_of_the_result_is_one_insertion_away() {
        let ops = OpSet::arithmetic();
        let mut b = Program::builder();
        let x = b.input();
        let c = b.constant(2.0);
        let y = b.op(Op::Add, &[x, c]);
        let parent = b.finish(y);
        let mut b = Program::builder();
        let x = b.input();
        let c = b.constant(2.0);
        let y = b.op(Op::Add, &[x, c]);
        let z = b.op(Op::Mul, &[y, y]);
        let square = canonical(&b.finish(z), &ops).unwrap().shape;
        let reached = Mutation::neighbourhood(&parent, &ops)
            .iter()
            .filter_map(|m| canonical(&m.apply(&parent)?, &ops))
            .any(|p| p.shape == square);
        assert!(reached);
    }

    #[test]
    fn a_constant_added_to_the_result_is_one_insertion_away() {
        let ops = OpSet::arithmetic();
        let mut b = Program::builder();
        let x = b.input();
        let c = b.constant(2.0);
        let y = b.op(Op::Add, &[x, c]);
        let z = b.op(Op::Mul, &[y, x]);
        let parent = b.finish(z);
        let sum = canonical(&plus_constant(&parent), &ops).unwrap().shape;
        let reached = Mutation::neighbourhood(&parent, &ops)
            .iter()
            .filter_map(|m| canonical(&m.apply(&parent)?, &ops))
            .any(|p| p.shape == sum);
        assert!(reached);
    }

    /// The program plus a constant of its own.
    fn plus_constant(program: &Program) -> Program {
        let mut sum = program.clone();
        let result = sum.shape.nodes.len() as u16 - 1;
        sum.shape.nodes.push(Node::Const(sum.constants.len() as u16));
        sum.shape.nodes.push(Node::Op(Op::Add, [result, result + 1, 0]));
        sum.constants.push(Dd::from(3.0));
        sum
    }

    #[test]
    fn half_of_the_constants_that_come_along_leave_the_value_nearly_as_it_was() {
        let mut b = Program::builder();
        let x = b.input();
        let c = b.constant(2.0);
        let y = b.op(Op::Div, &[c, x]);
        let parent = b.finish(y);
        let mut stream = Seed(5).stream("quiet", 0);
        for (op, slot) in [(Op::Add, 0), (Op::Add, 1), (Op::Sub, 0), (Op::Mul, 1), (Op::Div, 0)] {
            let inserted = Inserted::Op { op, slot, fills: vec![Fill::Constant(1.0)] };
            let mut mutation = Mutation::Insert { vertex: 3, slot: 0, inserted };
            let quiet = (0..400).filter(|_| {
                mutation.redraw(&mut stream);
                let value = mutation.apply(&parent).unwrap().eval(&Dd::from(0.5)).hi;
                (value - 4.0).abs() < 0.05
            });
            let quiet = quiet.count();
            // Of the quiet ones 0.8 to 0.95 are within that, of the fresh ones a twentieth.
            assert!((130..250).contains(&quiet), "{op:?} {slot}: {quiet} of 400");
        }
    }

    #[test]
    fn a_foreign_record_is_refused() {
        let record = Mutation::Switch { vertex: 9, slot: 0, source: 0 };
        assert!(record.apply(&identity()).is_none());
        let record = Mutation::Remove { vertex: 0, replacement: 5 };
        assert!(record.apply(&identity()).is_none());
        let inserted = Inserted::Op { op: Op::Add, slot: 0, fills: vec![Fill::Vertex(7)] };
        assert!(Mutation::Insert { vertex: 1, slot: 0, inserted }.apply(&identity()).is_none());
    }
}
