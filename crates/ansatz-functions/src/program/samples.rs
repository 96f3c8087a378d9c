//! Programs that tests of the text, the file and the emitted code share.

use super::{Op, Program};
use crate::number::Dd;
use ansatz_core::Seed;

/// The published five-operation program for 2^x on (0, 1] (Real et al. 2023, arXiv:2312.08472, figure 11).
pub(crate) fn five() -> Program {
    let mut p = Program::builder();
    let x = p.input();
    let c1 = p.constant(25.596749740144819);
    let q = p.op(Op::Div, &[c1, x]);
    let t = p.op(Op::Add, &[x, q]);
    let c2 = p.constant(17.746150088734609);
    let c4 = p.constant(-8.8505996518073289);
    let d = p.op(Op::Add, &[c4, t]);
    let r = p.op(Op::Div, &[c2, d]);
    let c3 = p.constant(-0.99999366143081858);
    let f = p.op(Op::Sub, &[r, c3]);
    p.finish(f)
}

/// The form of the ten-operation program of the same figure.
pub(crate) fn ten() -> Program {
    let mut p = Program::builder();
    let x = p.input();
    let c = [5783.5330096027765, -250.55247494972059, 15141.981176922711, 501.10494991027866, -0.99999999999999956];
    let [c3, c2, c1, c4, c5] = c.map(|c| p.constant(c));
    let q = p.op(Op::Div, &[c3, x]);
    let t = p.op(Op::Add, &[x, q]);
    let q = p.op(Op::Div, &[c1, t]);
    let u = p.op(Op::Add, &[t, q]);
    let u = p.op(Op::Add, &[c2, u]);
    let y = p.op(Op::Div, &[c4, u]);
    let mut y = p.op(Op::Sub, &[y, c5]);
    for _ in 0..3 {
        y = p.op(Op::Mul, &[y, y]);
    }
    p.finish(y)
}

/// Every operation once, dead nodes, folded constants, extreme constants.
pub(crate) fn menagerie() -> Program {
    let mut p = Program::builder();
    let x = p.input();
    let c = [0.1, -3.0e-9, 5.0e-324, 3.0e38, 2.0, 1.0 / 3.0].map(|c| p.constant(c));
    let dead = p.op(Op::Sub, &[c[2], c[3]]);
    let _dead = p.op(Op::Mul, &[dead, x]);
    let folded = p.op(Op::Div, &[c[0], c[5]]);
    let fused = p.op(Op::Fma, &[x, c[1], folded]);
    let double = p.op(Op::Double, &[fused]);
    let half = p.op(Op::Half, &[x]);
    let sum = p.op(Op::Add, &[half, double]);
    let product = p.op(Op::Mul, &[sum, sum]);
    let again = p.op(Op::Mul, &[c[5], product]);
    let square = p.op(Op::Fma, &[sum, sum, c[4]]);
    let root = p.op(Op::Sqrt, &[square]);
    let quotient = p.op(Op::Quadruple, &[root]);
    let quarter = p.op(Op::Quarter, &[again]);
    let difference = p.op(Op::Sub, &[quotient, quarter]);
    let difference = p.op(Op::Add, &[difference, c[2]]);
    let f = p.op(Op::Sub, &[c[0], difference]);
    p.finish(f)
}

/// A program whose constants need double-double.
pub(crate) fn precise() -> Program {
    let mut program = five();
    for c in &mut program.constants {
        *c = Dd::sum(c.hi, c.hi * 1.1e-17);
    }
    program
}

/// A random program of `n` operations without `exp`, every value of which may be used again.
pub(crate) fn random(index: u64, n: usize) -> Program {
    let mut stream = Seed(5).stream("sample", index);
    let mut p = Program::builder();
    let mut nodes = vec![p.input()];
    for _ in 0..3 {
        nodes.push(p.constant(stream.uniform_in(-3.0, 3.0)));
    }
    let ops = [Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Fma, Op::Double, Op::Half, Op::Quadruple, Op::Quarter];
    for _ in 0..n {
        let op = ops[stream.below(ops.len())];
        let args: Vec<u16> = (0..op.arity()).map(|_| nodes[stream.below(nodes.len())]).collect();
        nodes.push(p.op(op, &args));
    }
    let last = nodes[nodes.len() - 1];
    p.finish(last)
}

/// All of them, with an identity and a constant.
pub(crate) fn all() -> Vec<Program> {
    let mut p = Program::builder();
    let x = p.input();
    let identity = p.finish(x);
    let mut p = Program::builder();
    let c = p.constant(-0.0);
    let constant = p.finish(c);
    let mut programs = vec![identity, constant, five(), ten(), menagerie(), precise()];
    programs.extend((0..20).map(|i| random(i, 3 + i as usize)));
    programs
}
