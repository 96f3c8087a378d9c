//! Programs known from the literature, most of them for 2^x on (0, 1] by Real et al. 2023 (arXiv:2312.08472, figure 11).
//!
//! They are here to be measured, certified and compared with. No search ever starts from them: a run from nothing
//! that had seen them would prove nothing.
//!
//! Those of the figure approximate 2^x over the reals on (0, 1]. Constants are the printed decimals, held to 31 digits, and the maxima
//! stated are those of exact arithmetic. [`Program::rounded`] gives the doubles: the last constant of [`f10`], printed
//! as 1 − 4.4e-16, is then 1 − 2^-51, and the relative error 3.5527e-15 instead of 3.5200e-15.

use crate::number::{Big, Dd};
use crate::program::{Builder, Op, Program};

/// `c1/(c2 + x)`: 2 operations, absolute error 4.138e-2.
pub fn f2() -> Program {
    let mut p = Program::builder();
    let x = p.input();
    let (c1, c2) = (p.constant(decimal("-2.1258595374472384")), p.constant(decimal("-2.0413845597733418")));
    let d = p.op(Op::Add, &[c2, x]);
    let f = p.op(Op::Div, &[c1, d]);
    p.finish(f)
}

/// `c1/(c3 + x) − c2`: 3 operations, absolute error 1.2266e-3.
pub fn f3() -> Program {
    let mut p = Program::builder();
    let x = p.input();
    let [c1, c2, c3] =
        ["-8.387819235563974", "1.4427239805682266", "-3.4355225277901402"].map(|c| p.constant(decimal(c)));
    let d = p.op(Op::Add, &[c3, x]);
    let q = p.op(Op::Div, &[c1, d]);
    let f = p.op(Op::Sub, &[q, c2]);
    p.finish(f)
}

/// `c2/(c4 + y) − c3` with `y = x + c1/x`: 5 operations, absolute error 6.3386e-6.
pub fn f5() -> Program {
    let c = ["25.596749740144819", "17.746150088734609", "-0.99999366143081858", "-8.8505996518073289"];
    let mut p = Program::builder();
    let x = p.input();
    let [c1, c2, c3, c4] = c.map(|c| p.constant(decimal(c)));
    let y = p_plus_c_over_p(&mut p, x, c1);
    let d = p.op(Op::Add, &[c4, y]);
    let q = p.op(Op::Div, &[c2, d]);
    let f = p.op(Op::Sub, &[q, c3]);
    p.finish(f)
}

/// The published program of 10 operations: relative error 3.5200e-15, reached as `x → 0`; absolute 3.5564e-15.
pub fn f10() -> Program {
    ten([
        "15141.981176922711",
        "-250.55247494972059",
        "5783.5330096027765",
        "501.10494991027866",
        "-0.99999999999999956",
    ])
}

/// The same form with its best constants, to 20 digits: relative error 2.19178e-15.
pub fn f10_tuned() -> Program {
    ten([
        "15141.930666269614801",
        "-250.55212401569704953",
        "5783.5249089252374381",
        "501.10424804003010446",
        "-0.99999999999999972603",
    ])
}

/// The degree-6 polynomial for 2^x in `binary32`, by Horner's rule with fused operations: over all floats of
/// [2^-27, 1] its largest error is 0.895619·2^-23, at the float of the bits 0x3f72b3d5.
pub fn exp2_degree_6_fused() -> Program {
    let c = [
        2.15564403333701193332672119140625e-4,
        1.248489017598330974578857421875e-3,
        9.67352092266082763671875e-3,
        5.54862879216670989990234375e-2,
        0.240229070186614990234375,
        0.69314706325531005859375,
        1.0,
    ];
    let mut p = Program::builder();
    let x = p.input();
    let mut sum = p.constant(c[0]);
    for c in &c[1..] {
        let c = p.constant(*c);
        sum = p.op(Op::Fma, &[sum, x, c]);
    }
    p.finish(sum)
}

/// `t = x + c3/x; u = c2 + (t + c1/t); y = c4/u − c5; f = y^8`.
fn ten(c: [&str; 5]) -> Program {
    let mut p = Program::builder();
    let x = p.input();
    let [c1, c2, c3, c4, c5] = c.map(|c| p.constant(decimal(c)));
    let t = p_plus_c_over_p(&mut p, x, c3);
    let k = p_plus_c_over_p(&mut p, t, c1);
    let u = p.op(Op::Add, &[c2, k]);
    let q = p.op(Op::Div, &[c4, u]);
    let mut y = p.op(Op::Sub, &[q, c5]);
    for _ in 0..3 {
        y = p.op(Op::Mul, &[y, y]);
    }
    p.finish(y)
}

fn p_plus_c_over_p(p: &mut Builder, node: u16, c: u16) -> u16 {
    let q = p.op(Op::Div, &[c, node]);
    p.op(Op::Add, &[node, q])
}

/// The double-double nearest to a decimal of the tables above; not-a-number if the text is none (no literal here is).
fn decimal(text: &str) -> Dd {
    let value = text.parse::<dashu_float::DBig>().ok();
    value.map_or(Dd::from(f64::NAN), |d| {
        Big::from_float(d.with_rounding().with_base_and_precision::<2>(crate::number::BIG_BITS).value()).to_dd()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Scalar;

    /// Largest absolute and relative error over a fine grid of (0, 1], in multiprecision.
    fn errors(program: &Program) -> (f64, f64) {
        let (mut absolute, mut relative) = (0f64, 0f64);
        let ln2 = Big::from_f64(2.0).ln();
        for i in 1..=1500 {
            let t = f64::from(i) / 1500.0;
            // Denser at both ends, where the worst points are.
            let x = Big::from_f64(0.5 - 0.5 * (std::f64::consts::PI * t).cos());
            let f = x.mul(&ln2).exp();
            let e = program.eval(&x).sub(&f);
            absolute = absolute.max(e.to_f64().abs());
            relative = relative.max(e.div(&f).to_f64().abs());
        }
        (absolute, relative)
    }

    #[test]
    fn errors_and_counts_are_the_published_ones() {
        let near = |a: f64, b: f64, digits: f64| assert!((a / b - 1.0).abs() < digits, "{a:e} is not {b:e}");
        for (program, ops, absolute) in [(f2(), 2, 4.138e-2), (f3(), 3, 1.2266e-3), (f5(), 5, 6.3386e-6)] {
            assert_eq!(program.shape.operations(), ops);
            near(errors(&program).0, absolute, 2e-4);
        }
        assert_eq!(f10().shape.operations(), 10);
        let (absolute, relative) = errors(&f10());
        near(absolute, 3.5564e-15, 1e-3);
        near(relative, 3.5200e-15, 1e-3);
        near(errors(&f10().rounded()).1, 3.5527e-15, 1e-3);
        assert_eq!(f10_tuned().shape, f10().shape);
        near(errors(&f10_tuned()).1, 2.19178e-15, 1e-3);
    }
}
