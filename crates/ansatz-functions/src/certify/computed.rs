//! Ranges of computed values next to zero, where running error analysis ends because `c/x` overflows.
//!
//! Rounding to nearest is monotone, so the ends of a range, computed in the format itself, enclose what is computed
//! for any argument within: also infinities, such as those that `c1/(x + c/x)` turns into zeros. A range that might
//! hold a NaN is refused.

use crate::number::Scalar;
use crate::program::{Node, Op, Program};

/// Two ends in the format.
type Range<S> = (S, S);

/// The range of the program's results for arguments in `x`; `None` if one of them could be NaN.
pub(super) fn range<S: Scalar + Copy>(program: &Program, x: Range<S>) -> Option<Range<f64>> {
    let mut values: Vec<Range<S>> = Vec::with_capacity(program.shape.nodes.len());
    for node in &program.shape.nodes {
        let value = match node {
            Node::Input => x,
            Node::Const(i) => {
                let c = S::from_dd(program.constants[usize::from(*i)]);
                (c, c)
            }
            Node::Op(op, args) => {
                let [a, b, c] = args.map(|i| values[usize::from(i)]);
                let square = *op == Op::Mul && args[0] == args[1];
                if square { self_product(a)? } else { apply(*op, a, b, c)? }
            }
        };
        values.push(value);
    }
    values.last().map(|(lo, hi)| (lo.to_f64(), hi.to_f64()))
}

fn unbounded<S: Scalar + Copy>((lo, hi): Range<S>) -> bool {
    lo.to_f64().is_infinite() || hi.to_f64().is_infinite()
}
fn may_be_zero<S: Scalar + Copy>((lo, hi): Range<S>) -> bool {
    lo.to_f64() <= 0.0 && hi.to_f64() >= 0.0
}

/// The hull of some results; `None` if one is NaN.
fn hull<S: Scalar + Copy>(results: impl IntoIterator<Item = S>) -> Option<Range<S>> {
    let mut all: Option<Range<S>> = None;
    for s in results {
        let v = s.to_f64();
        if v.is_nan() {
            return None;
        }
        let (lo, hi) = all.unwrap_or((s, s));
        all = Some((if v < lo.to_f64() { s } else { lo }, if v > hi.to_f64() { s } else { hi }));
    }
    all
}

fn self_product<S: Scalar + Copy>(a: Range<S>) -> Option<Range<S>> {
    let zero = may_be_zero(a).then(|| S::from_f64(0.0));
    hull([a.0.mul(&a.0), a.1.mul(&a.1)].into_iter().chain(zero))
}

fn apply<S: Scalar + Copy>(op: Op, a: Range<S>, b: Range<S>, c: Range<S>) -> Option<Range<S>> {
    let corners = [(a.0, b.0), (a.0, b.1), (a.1, b.0), (a.1, b.1)];
    let ok = match op {
        // ∞ − ∞
        Op::Add | Op::Sub => !(unbounded(a) && unbounded(b)),
        // 0 · ∞
        Op::Mul => !(unbounded(a) && may_be_zero(b) || unbounded(b) && may_be_zero(a)),
        Op::Div => !(may_be_zero(b) || unbounded(a) && unbounded(b)),
        Op::Fma => !unbounded(a) && !unbounded(b) && !unbounded(c),
        Op::Sqrt => a.0.to_f64() >= 0.0,
        // No format says how it rounds.
        Op::Exp => false,
        Op::Double | Op::Half | Op::Quadruple | Op::Quarter => true,
    };
    if !ok {
        return None;
    }
    match op {
        Op::Add | Op::Sub | Op::Mul | Op::Div => hull(corners.map(|(a, b)| op.apply(&[&a, &b, &b]))),
        Op::Fma => hull(corners.into_iter().flat_map(|(a, b)| [op.apply(&[&a, &b, &c.0]), op.apply(&[&a, &b, &c.1])])),
        _ => hull([a.0, a.1].map(|a| op.apply(&[&a, &a, &a]))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anchors::literature::f10;

    #[test]
    fn overflowing_quotients_reach_their_limit() {
        let tiny = (f64::from_bits(1), 2f64.powi(-1000));
        let (lo, hi) = range(&f10().rounded(), tiny).unwrap();
        let limit = (1.0 - 2f64.powi(-51)).powi(8);
        assert!(lo <= hi && (lo - limit).abs() < 1e-15 && (hi - limit).abs() < 1e-15);
        for x in [f64::from_bits(1), 1e-310, 1e-305, 2f64.powi(-1000)] {
            let y = f10().rounded().eval(&x);
            assert!(lo <= y && y <= hi);
        }
        assert!(range(&f10().rounded(), (-1.0, 1.0)).is_none());
    }
}
