//! Programs in `f32` on blocks of arguments, operation by operation, so that the loops vectorise.

use crate::number::Scalar;
use crate::program::{Node, Op, Program};
use ansatz_core::{Error, Result};

/// Arguments that are run through a program together: their values stay in the first-level cache.
const LANES: usize = 256;

/// A program that is executed in `f32`; its constants are rounded to `f32` first.
#[derive(Clone, Debug)]
pub struct Kernel {
    program: Program,
    constants: Vec<f32>,
}

impl Kernel {
    /// The kernel of a program.
    ///
    /// # Errors
    /// [`Error::Refused`] if the program has an exponential, whose rounding no format defines.
    pub fn new(program: &Program) -> Result<Self> {
        if program.shape.nodes.iter().any(|n| matches!(n, Node::Op(Op::Exp, _))) {
            return Err(Error::refused(
                "the program has an exponential, and no standard says how its result is rounded",
            ));
        }
        let constants = program.constants.iter().map(|&c| f32::from_dd(c)).collect();
        Ok(Self { program: program.clone(), constants })
    }

    /// The results at `x`, with the bits of one-by-one execution.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn run(&self, x: &[f32], out: &mut [f32]) {
        assert_eq!(x.len(), out.len(), "one result for each argument");
        let nodes = &self.program.shape.nodes;
        let mut values = vec![0f32; nodes.len() * LANES];
        for (x, out) in x.chunks(LANES).zip(out.chunks_mut(LANES)) {
            for (i, node) in nodes.iter().enumerate() {
                let (before, rest) = values.split_at_mut(i * LANES);
                let d = &mut rest[..LANES];
                let at = |i: u16| &before[usize::from(i) * LANES..][..LANES];
                match node {
                    Node::Input => d[..x.len()].copy_from_slice(x),
                    Node::Const(c) => d.fill(self.constants[usize::from(*c)]),
                    Node::Op(op, [a, b, c]) => apply(*op, d, at(*a), || at(*b), || at(*c)),
                }
            }
            let n = out.len();
            out.copy_from_slice(&values[(nodes.len() - 1) * LANES..][..n]);
        }
    }
}

fn apply<'a>(op: Op, d: &mut [f32], a: &[f32], b: impl Fn() -> &'a [f32], c: impl Fn() -> &'a [f32]) {
    let unary = |d: &mut [f32], f: fn(f32) -> f32| d.iter_mut().zip(a).for_each(|(d, &a)| *d = f(a));
    let pairs =
        |d: &mut [f32], f: fn(f32, f32) -> f32| d.iter_mut().zip(a).zip(b()).for_each(|((d, &a), &b)| *d = f(a, b));
    match op {
        Op::Add => pairs(d, |a, b| a + b),
        Op::Sub => pairs(d, |a, b| a - b),
        Op::Mul => pairs(d, |a, b| a * b),
        Op::Div => pairs(d, |a, b| a / b),
        Op::Fma => d.iter_mut().zip(a).zip(b()).zip(c()).for_each(|(((d, &a), &b), &c)| *d = fma(a, b, c)),
        Op::Sqrt => unary(d, f32::sqrt),
        Op::Exp => unary(d, f32::exp),
        Op::Double => unary(d, |a| a * 2.0),
        Op::Half => unary(d, |a| a * 0.5),
        Op::Quadruple => unary(d, |a| a * 4.0),
        Op::Quarter => unary(d, |a| a * 0.25),
    }
}

/// `a·b + c` rounded once, without hardware support: the product of two `f32` is an exact `f64`, the sum is rounded to
/// odd there, and a number of 53 bits rounded to odd gives the right `f32` in every case (Boldo and Melquiond 2008).
#[inline]
fn fma(a: f32, b: f32, c: f32) -> f32 {
    let (p, c) = (f64::from(a) * f64::from(b), f64::from(c));
    let s = p + c;
    // The rounding error of the sum, exactly (Knuth); NaN, which is above nothing, if the sum is not finite.
    let t = s - p;
    let e = (p - (s - t)) + (c - t);
    // Where the last bit is even and the sum inexact, the neighbour on the side of the error is odd.
    let bits = s.to_bits();
    let inexact = u64::from(e.abs() > 0.0);
    let outward = u64::from((e > 0.0) == (s > 0.0));
    let step = inexact & !bits & 1;
    // +1 away from zero, −1 towards it.
    let odd = bits.wrapping_add(step.wrapping_mul(outward.wrapping_mul(2).wrapping_sub(1)));
    f64::from_bits(odd) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansatz_core::Seed;

    #[test]
    fn the_fused_product_has_the_bits_of_the_machine() {
        let mut stream = Seed(3).stream("fma", 0);
        let agree = |a: f32, b: f32, c: f32| {
            let (ours, right) = (fma(a, b, c), a.mul_add(b, c));
            assert!(ours.to_bits() == right.to_bits() || ours.is_nan() && right.is_nan(), "{a:e} {b:e} {c:e}");
        };
        for _ in 0..200_000 {
            let bits = stream.bits();
            let a = f32::from_bits(bits as u32);
            let b = f32::from_bits((bits >> 32) as u32);
            agree(a, b, f32::from_bits(stream.bits() as u32));
            // Cancellation and ties: the addend near the product, or half a unit of it away.
            let p = a * b;
            agree(a, b, -p);
            agree(a, b, -p * 0.999_999_94);
            agree(1.0 + f32::EPSILON * f32::from(bits as u8), 1.0 - f32::EPSILON * f32::from((bits >> 8) as u8), p);
            agree(a, b, 2f32.powi((bits % 40) as i32 - 20) * p);
        }
        for special in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 0.0, -0.0, f32::MAX, 1e-45] {
            for other in [f32::INFINITY, 0.0, -0.0, 1.0, -1e-45, f32::MAX] {
                agree(special, other, 1.0);
                agree(special, other, -special);
                agree(1.0, other, special);
            }
        }
    }

    #[test]
    fn blocks_have_the_bits_of_single_execution() {
        let mut p = Program::builder();
        let x = p.input();
        let c = p.constant(0.1);
        let q = p.op(Op::Div, &[c, x]);
        let s = p.op(Op::Fma, &[q, x, c]);
        let r = p.op(Op::Sqrt, &[s]);
        let d = p.op(Op::Sub, &[r, x]);
        let result = p.op(Op::Quarter, &[d]);
        let program = p.finish(result);
        let x: Vec<f32> = (0..1000).map(|i| (i as f32 - 300.0) * 0.013).collect();
        let mut out = vec![0.0; x.len()];
        Kernel::new(&program).unwrap().run(&x, &mut out);
        for (x, out) in x.iter().zip(out) {
            let single = program.eval(x);
            assert!(single.to_bits() == out.to_bits() || single.is_nan() && out.is_nan());
        }
    }
}
