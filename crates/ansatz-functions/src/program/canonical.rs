//! The canonical form of a program: no dead code, constants folded, equal subexpressions shared, operands ordered.
//!
//! Two programs that differ by names, by the order of commuting operands or by constants that could be merged have the
//! same canonical shape. A rewriting never raises the operation count and never shrinks the family of functions that
//! the constants span, so a search loses nothing by it:
//!
//! * every constant is used once (a shared constant is a special case of two separate ones);
//! * `(v + c) + d → v + c'`, `d − (v + c) → c' − v`, `d − (c − v) → v + c'`, and likewise for products and quotients;
//! * `v − c → v + c'` and `v / c → v · c'` where the operation set has the right-hand side;
//! * `v − v`, `v / v` and operations on constants alone become constants.

use super::{Node, Op, Program, Shape};
use crate::number::Dd;

/// The operations that a search may use.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct OpSet(Vec<Op>);

impl OpSet {
    /// A set of operations, in the canonical order and without repetition.
    pub fn new(ops: impl IntoIterator<Item = Op>) -> Self {
        let mut ops: Vec<Op> = ops.into_iter().collect();
        ops.sort_unstable();
        ops.dedup();
        Self(ops)
    }

    /// `+ − × ÷`
    pub fn arithmetic() -> Self {
        Self::new([Op::Add, Op::Sub, Op::Mul, Op::Div])
    }

    /// Whether the operation is allowed.
    pub fn has(&self, op: Op) -> bool {
        self.0.contains(&op)
    }

    /// The operations.
    pub fn ops(&self) -> &[Op] {
        &self.0
    }

    /// Reads a set such as `+-*/`, `+-*/,sqrt` or `add,sub,fma`.
    ///
    /// # Errors
    /// If a name is unknown or nothing is left.
    pub fn parse(text: &str) -> ansatz_core::Result<Self> {
        let mut ops = Vec::new();
        for word in text.split([',', ' ']).filter(|word| !word.is_empty()) {
            if let Some(op) = Op::from_name(word) {
                ops.push(op);
                continue;
            }
            for c in word.chars() {
                ops.push(match c {
                    '+' => Op::Add,
                    '-' | '−' => Op::Sub,
                    '*' | '×' | '·' => Op::Mul,
                    '/' | '÷' => Op::Div,
                    '√' => Op::Sqrt,
                    _ => return Err(ansatz_core::Error::unknown("operation", word, Op::ALL.map(Op::name))),
                });
            }
        }
        if ops.is_empty() {
            return Err(ansatz_core::Error::parameter(
                "ops",
                format!("{text:?}"),
                "one or more of + - * / sqrt fma exp double half quadruple quarter",
            ));
        }
        Ok(Self::new(ops))
    }
}

impl std::fmt::Display for OpSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut first = true;
        for op in &self.0 {
            let symbol = match op {
                Op::Add => "+",
                Op::Sub => "-",
                Op::Mul => "*",
                Op::Div => "/",
                other => other.name(),
            };
            if !first && symbol.len() > 1 {
                f.write_str(",")?;
            }
            f.write_str(symbol)?;
            first = false;
        }
        Ok(())
    }
}

/// A value during rewriting: a constant or a vertex of the new graph.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Value {
    Constant(Dd),
    Vertex(usize),
}

/// A vertex of the new graph; constants sit inside the operation that uses them.
#[derive(Clone, PartialEq, Debug)]
enum Vertex {
    Input,
    Op(Op, [Value; 3]),
}

const UNUSED: Value = Value::Constant(Dd::ZERO);

struct Rewriter<'a> {
    ops: &'a OpSet,
    graph: Vec<Vertex>,
}

impl Rewriter<'_> {
    /// The value of `op` on `args`, rewritten as far as the rules go.
    fn apply(&mut self, op: Op, args: [Value; 3]) -> Value {
        use Value::{Constant as C, Vertex as V};
        let used = &args[..op.arity()];
        if let Some(constants) =
            used.iter().map(|v| if let C(c) = v { Some(c) } else { None }).collect::<Option<Vec<_>>>()
        {
            return C(op.apply(&[&constants[..], &[constants[0]; 2]].concat()));
        }
        let has = |op| self.ops.has(op);
        match (op, args[0], args[1]) {
            (Op::Add, C(c), V(v)) | (Op::Add, V(v), C(c)) => self.add_constant(v, c),
            (Op::Sub, V(v), C(c)) if has(Op::Add) => self.add_constant(v, -c),
            (Op::Sub, C(c), V(v)) => match self.graph[v] {
                Vertex::Op(Op::Add, [V(u), C(d), _]) => self.apply(Op::Sub, [C(c - d), V(u), UNUSED]),
                Vertex::Op(Op::Sub, [C(d), V(u), _]) if has(Op::Add) => self.add_constant(u, c - d),
                _ => self.push(op, args),
            },
            (Op::Sub, V(u), V(v)) if u == v => C(Dd::ZERO),
            (Op::Mul, C(c), V(v)) | (Op::Mul, V(v), C(c)) => self.multiply_constant(v, c),
            (Op::Div, V(v), C(c)) if has(Op::Mul) && c.hi != 0.0 => self.multiply_constant(v, Dd::ONE / c),
            (Op::Div, C(c), V(v)) => match self.graph[v] {
                Vertex::Op(Op::Mul, [V(u), C(d), _]) if d.hi != 0.0 => self.apply(Op::Div, [C(c / d), V(u), UNUSED]),
                Vertex::Op(Op::Div, [C(d), V(u), _]) if d.hi != 0.0 && has(Op::Mul) => self.multiply_constant(u, c / d),
                _ => self.push(op, args),
            },
            (Op::Div, V(u), V(v)) if u == v => C(Dd::ONE),
            (Op::Fma, C(a), C(b)) if has(Op::Add) => self.apply(Op::Add, [args[2], C(a * b), UNUSED]),
            _ => self.push(op, args),
        }
    }

    /// `v + c`
    fn add_constant(&mut self, v: usize, c: Dd) -> Value {
        use Value::{Constant as C, Vertex as V};
        match self.graph[v] {
            Vertex::Op(Op::Add, [V(u), C(d), _]) => self.push(Op::Add, [V(u), C(c + d), UNUSED]),
            Vertex::Op(Op::Sub, [C(d), V(u), _]) => self.push(Op::Sub, [C(c + d), V(u), UNUSED]),
            _ => self.push(Op::Add, [V(v), C(c), UNUSED]),
        }
    }

    /// `v · c`
    fn multiply_constant(&mut self, v: usize, c: Dd) -> Value {
        use Value::{Constant as C, Vertex as V};
        match self.graph[v] {
            Vertex::Op(Op::Mul, [V(u), C(d), _]) => self.push(Op::Mul, [V(u), C(c * d), UNUSED]),
            Vertex::Op(Op::Div, [C(d), V(u), _]) => self.push(Op::Div, [C(c * d), V(u), UNUSED]),
            _ => self.push(Op::Mul, [V(v), C(c), UNUSED]),
        }
    }

    /// Adds the vertex unless the same one is there.
    fn push(&mut self, op: Op, mut args: [Value; 3]) -> Value {
        if op.commutes() {
            // Constants last, so that the patterns above see them in one place.
            let rank = |v: Value| if let Value::Vertex(i) = v { i } else { usize::MAX };
            if rank(args[0]) > rank(args[1]) {
                args.swap(0, 1);
            }
        }
        let vertex = Vertex::Op(op, args);
        let vertices_only = args[..op.arity()].iter().all(|v| matches!(v, Value::Vertex(_)));
        if let Some(same) = self.graph.iter().position(|other| vertices_only && *other == vertex) {
            return Value::Vertex(same);
        }
        self.graph.push(vertex);
        Value::Vertex(self.graph.len() - 1)
    }
}

/// Spreads bits (SplitMix64's finaliser).
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The hash of a value's unfolded expression, the same for all constants.
fn value_hash(value: Value, hashes: &[u64]) -> u64 {
    match value {
        Value::Constant(_) => 0x9e37_79b9_7f4a_7c15,
        Value::Vertex(i) => hashes[i],
    }
}

/// The canonical form of a program; `None` if its result does not depend on the input.
pub fn canonical(program: &Program, ops: &OpSet) -> Option<Program> {
    let mut rewriter = Rewriter { ops, graph: vec![Vertex::Input] };
    let live = program.shape.live();
    let mut values: Vec<Value> = Vec::with_capacity(program.shape.nodes.len());
    for (node, live) in program.shape.nodes.iter().zip(live) {
        values.push(match node {
            _ if !live => UNUSED,
            Node::Input => Value::Vertex(0),
            Node::Const(i) => Value::Constant(program.constants[usize::from(*i)]),
            Node::Op(op, args) => {
                let mut operands = [UNUSED; 3];
                for (operand, &a) in operands.iter_mut().zip(node.operands()) {
                    *operand = values[usize::from(a)];
                }
                debug_assert_eq!(args.len(), 3);
                rewriter.apply(*op, operands)
            }
        });
    }
    let Some(&Value::Vertex(root)) = values.last() else { return None };
    let mut graph = rewriter.graph;

    // Order commuting operands by the hash of what they compute; between equals the one that is read more often first.
    let readers = readers(&graph, root);
    let mut hashes: Vec<u64> = Vec::with_capacity(graph.len());
    for i in 0..graph.len() {
        let hash = match &mut graph[i] {
            Vertex::Input => 0x5851_f42d_4c95_7f2d,
            Vertex::Op(op, args) => {
                let key = |v: Value| match v {
                    Value::Constant(_) => (true, 0, 0),
                    Value::Vertex(i) => (false, hashes[i], usize::MAX - readers[i]),
                };
                if op.commutes() && key(args[0]) > key(args[1]) {
                    args.swap(0, 1);
                }
                let start = mix(*op as u64 + 1);
                args[..op.arity()].iter().fold(start, |h, &v| mix(h.rotate_left(23) ^ value_hash(v, &hashes)))
            }
        };
        hashes.push(hash);
    }

    // Number the vertices in the order in which a depth-first walk from the result finishes them.
    let mut out = Program { shape: Shape::default(), constants: Vec::new() };
    let mut number: Vec<Option<u16>> = vec![None; graph.len()];
    emit(&graph, root, &mut number, &mut out).then_some(out)
}

/// How many operands of vertices that reach `root` each vertex is.
fn readers(graph: &[Vertex], root: usize) -> Vec<usize> {
    let mut readers = vec![0; graph.len()];
    readers[root] = 1;
    for i in (0..=root).rev() {
        if let (true, Vertex::Op(op, args)) = (readers[i] > 0, &graph[i]) {
            for value in &args[..op.arity()] {
                if let Value::Vertex(j) = *value {
                    readers[j] += 1;
                }
            }
        }
    }
    readers
}

/// Appends vertex `i` and what it needs; false if a program would become too large for its index type.
fn emit(graph: &[Vertex], i: usize, number: &mut [Option<u16>], out: &mut Program) -> bool {
    if number[i].is_some() {
        return true;
    }
    let node = match &graph[i] {
        Vertex::Input => Node::Input,
        Vertex::Op(op, args) => {
            let mut operands = [0u16; 3];
            for (operand, value) in operands.iter_mut().zip(&args[..op.arity()]) {
                *operand = match *value {
                    Value::Vertex(j) => {
                        if !emit(graph, j, number, out) {
                            return false;
                        }
                        number[j].unwrap_or_default()
                    }
                    Value::Constant(c) => {
                        out.constants.push(c);
                        out.shape.nodes.push(Node::Const(out.constants.len() as u16 - 1));
                        out.shape.nodes.len() as u16 - 1
                    }
                };
            }
            Node::Op(*op, operands)
        }
    };
    out.shape.nodes.push(node);
    number[i] = Some(out.shape.nodes.len() as u16 - 1);
    out.shape.nodes.len() < 60_000
}

impl Shape {
    /// A 64-bit hash of the nodes; of canonical shapes, equal hashes mean equal forms (up to a chance of 2^-64 a pair).
    pub fn fingerprint(&self) -> u64 {
        self.nodes.iter().fold(0x1234_5678_9abc_def0, |h: u64, node| {
            let word = match node {
                Node::Input => 1,
                Node::Const(i) => 2 + (u64::from(*i) << 8),
                Node::Op(op, [a, b, c]) => {
                    3 + ((*op as u64) << 8) + (u64::from(*a) << 16) + (u64::from(*b) << 32) + (u64::from(*c) << 48)
                }
            };
            mix(h.rotate_left(17) ^ word)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Scalar;

    fn reduced(build: impl FnOnce(&mut super::super::Builder) -> u16) -> Option<Program> {
        let mut b = Program::builder();
        let result = build(&mut b);
        canonical(&b.finish(result), &OpSet::arithmetic())
    }

    #[test]
    fn constants_merge_and_dead_code_goes() {
        let p = reduced(|b| {
            let x = b.input();
            let (c, d) = (b.constant(2.0), b.constant(3.0));
            let dead = b.op(Op::Mul, &[x, x]);
            b.op(Op::Add, &[dead, dead]);
            let e = b.op(Op::Mul, &[c, d]);
            let s = b.op(Op::Add, &[c, x]);
            let t = b.op(Op::Sub, &[s, e]);
            b.op(Op::Div, &[d, t])
        })
        .unwrap();
        // 3 / (x − 4)
        assert_eq!(p.shape.operations(), 2);
        assert_eq!(p.constants.iter().map(|c| c.hi).collect::<Vec<_>>(), [3.0, -4.0]);
        assert_eq!(p.eval(&7.0), 1.0);
    }

    #[test]
    fn order_of_commuting_operands_and_names_do_not_matter() {
        let one = reduced(|b| {
            let x = b.input();
            let c = b.constant(2.0);
            let q = b.op(Op::Div, &[c, x]);
            b.op(Op::Add, &[x, q])
        });
        let two = reduced(|b| {
            let c = b.constant(5.0);
            let x = b.input();
            let q = b.op(Op::Div, &[c, x]);
            b.op(Op::Add, &[q, x])
        });
        assert_eq!(one.unwrap().shape.fingerprint(), two.unwrap().shape.fingerprint());
    }

    #[test]
    fn a_constant_result_has_no_canonical_form() {
        assert!(
            reduced(|b| {
                let x = b.input();
                b.op(Op::Sub, &[x, x])
            })
            .is_none()
        );
    }

    #[test]
    fn equal_subexpressions_are_shared() {
        let p = reduced(|b| {
            let x = b.input();
            let s = b.op(Op::Mul, &[x, x]);
            let t = b.op(Op::Mul, &[x, x]);
            b.op(Op::Add, &[s, t])
        })
        .unwrap();
        assert_eq!(p.shape.operations(), 2);
    }

    #[test]
    fn random_programs_keep_their_values() {
        let mut stream = ansatz_core::Seed(5).stream("canonical", 0);
        let ops = OpSet::new([Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Fma]);
        let mut compared = 0;
        for _ in 0..2000 {
            let mut b = Program::builder();
            let mut all =
                vec![b.input(), b.constant(stream.uniform_in(-2.0, 2.0)), b.constant(stream.uniform_in(1.0, 3.0))];
            for _ in 0..8 {
                let op = ops.ops()[stream.below(ops.ops().len())];
                let args: Vec<u16> = (0..op.arity()).map(|_| all[stream.below(all.len())]).collect();
                all.push(b.op(op, &args));
            }
            let program = b.finish(all[all.len() - 1]);
            let Some(short) = canonical(&program, &ops) else { continue };
            assert!(short.shape.operations() <= program.shape.operations());
            for x in [0.3, 1.7, -0.9] {
                let (a, b): (Dd, Dd) = (program.eval(&Dd::from(x)), short.eval(&Dd::from(x)));
                if a.is_finite() && b.is_finite() && a.hi.abs() < 1e6 && a.hi.abs() > 1e-6 {
                    compared += 1;
                    assert!(((a - b) / a).hi.abs() < 1e-15, "{program:?} {short:?} at {x}: {a:?} {b:?}");
                }
            }
            assert_eq!(canonical(&short, &ops).map(|p| p.shape), Some(short.shape));
        }
        assert!(compared > 1000);
    }

    #[test]
    fn operation_sets_are_read_and_shown() {
        assert_eq!(OpSet::parse("+-*/").unwrap(), OpSet::arithmetic());
        assert_eq!(OpSet::parse("+-*/,sqrt").unwrap().to_string(), "+-*/,sqrt");
        assert!(OpSet::parse("").is_err());
        assert!(OpSet::parse("sqr").unwrap_err().to_string().contains("sqrt"));
    }
}
