//! Containment: whatever point is chosen in the operands, the result is in the ball of the result.

use super::*;
use ansatz_core::{Seed, Stream};

/// A ball of random size and width, and a point of it.
fn random(stream: &mut Stream) -> (Ball, Ball) {
    let scale = 2f64.powi(stream.below(12) as i32 - 6);
    let mid = Ball::from_f64(stream.uniform_in(-scale, scale)).div(&Ball::from_f64(stream.uniform_in(1.0, 2.0)));
    let mid = mid.centre();
    let rad = match stream.below(4) {
        0 => 0.0,
        1 => stream.uniform() * 1e-40,
        2 => stream.uniform() * 1e-3,
        _ => stream.uniform() * scale,
    };
    // 0.999: the sum is rounded at 192 bits and must stay inside.
    let offset = Ball::from_f64(rad * 0.999 * [-1.0, 1.0, stream.uniform_in(-1.0, 1.0)][stream.below(3)]);
    let point = mid.add(&offset).centre();
    (mid.widened(rad), point)
}

/// `outer` meets the thin ball `inner`, in which the true value is known to lie.
fn assert_meets(outer: &Ball, inner: &Ball, what: &str) {
    assert!(!outer.is_finite() || outer.overlaps(inner), "{what}: {outer:?} misses {inner:?}");
}

#[test]
fn operations_contain_those_of_points() {
    let mut stream = Seed(1).stream("ball", 0);
    let mut defined = 0;
    for _ in 0..20_000 {
        let ((a, x), (b, y)) = (random(&mut stream), random(&mut stream));
        assert_meets(&a.add(&b), &x.add(&y), "+");
        assert_meets(&a.sub(&b), &x.sub(&y), "-");
        assert_meets(&a.mul(&b), &x.mul(&y), "*");
        assert_meets(&a.div(&b), &x.div(&y), "/");
        assert_meets(&a.sqr(), &x.mul(&x.clone()), "square");
        assert_meets(&a.mul(&a), &a.sqr(), "product with itself");
        assert_meets(&a.union(&b), &x, "union");
        assert_meets(&a.union(&b), &y, "union");
        assert_meets(&a.abs(), &x.abs(), "abs");
        assert_meets(&a.powi(5), &x.mul(&x.mul(&x)).mul(&x.mul(&x)), "fifth power");
        assert_meets(&a.scaled(7), &x.mul(&Ball::from_f64(128.0)), "scaling");
        if a.sqrt().is_finite() {
            assert_meets(&a.sqrt(), &x.sqrt(), "root");
            assert!(!x.is_negative());
        }
        assert!(a.abs_lower() <= x.abs_upper() && x.abs_lower() <= a.abs_upper());
        assert!(a.lower() <= x.upper() && x.lower() <= a.upper());
        defined += usize::from(a.div(&b).is_finite()) + usize::from(a.sqrt().is_finite());
    }
    assert!(defined > 15_000, "only {defined} of 40000 quotients and roots were defined");
}

#[test]
fn elementary_functions_contain_those_of_points() {
    type F = fn(&Ball) -> Ball;
    let functions: [(&str, F); 23] = [
        ("exp", Ball::exp),
        ("exp2", Ball::exp2),
        ("expm1", Ball::expm1),
        ("ln", Ball::ln),
        ("log2", Ball::log2),
        ("log10", Ball::log10),
        ("sin", Ball::sin),
        ("cos", Ball::cos),
        ("tan", Ball::tan),
        ("sinh", Ball::sinh),
        ("cosh", Ball::cosh),
        ("tanh", Ball::tanh),
        ("asin", Ball::asin),
        ("acos", Ball::acos),
        ("atan", Ball::atan),
        ("logistic", Ball::logistic),
        ("erf", Ball::erf),
        ("erfc", Ball::erfc),
        ("Ai", |x| x.airy().0),
        ("Ai'", |x| x.airy().1),
        ("I_1/2", Ball::bessel_i_half),
        ("gelu", Ball::gelu),
        ("root three", |x| x.pow(&Ball::ONE.div(&Ball::from_integer(3)))),
    ];
    let mut stream = Seed(2).stream("ball", 0);
    let mut defined = 0;
    for _ in 0..400 {
        let (a, x) = random(&mut stream);
        for (name, f) in functions {
            let (wide, thin) = (f(&a), f(&x));
            assert_meets(&wide, &thin, name);
            if wide.is_finite() {
                assert!(thin.is_finite(), "{name} is defined on {a:?} but not at {x:?}");
                defined += 1;
            }
        }
    }
    assert!(defined > 4000, "only {defined}");
}

#[test]
fn widths_are_those_of_the_range() {
    let ball = |lo, hi| Ball::from_interval(lo, hi);
    let close = |found: f64, expected: f64| assert!((found / expected - 1.0).abs() < 1e-6, "{found} for {expected}");
    close(ball(1.0, 2.0).exp().radius(), (2f64.exp() - 1f64.exp()) / 2.0);
    close(ball(1.0, 2.0).ln().radius(), 2f64.ln() / 2.0);
    close(ball(-1.0, 2.0).cosh().radius(), (2f64.cosh() - 1.0) / 2.0);
    close(ball(-1.0, 3.0).sqr().radius(), 4.5);
    close(ball(0.0, 4.0).sqrt().radius(), 1.0);
    close(ball(-0.5, 0.5).asin().radius(), 0.5f64.asin());
    close(ball(0.0, 8.0).pow(&Ball::ONE.div(&Ball::from_integer(3))).radius(), 1.0);
    close(ball(0.0, 1e-3).sin().radius(), 5e-4);
    let x = ball(-1.0, 2.0);
    assert_eq!((x.mul(&x).lower(), x.mul(&x.clone()).lower() < -1.0), (0.0, true));
}

#[test]
fn exact_stays_exact() {
    let seven = Ball::from_integer(7);
    for exact in [
        seven.mul(&seven),
        seven.add(&Ball::from_f64(0.125)),
        seven.powi(20),
        seven.powi(2).sqrt(),
        Ball::from_f64(0.125).log2(),
        Ball::ZERO.exp(),
        Ball::ZERO.sin(),
        Ball::from_f64(1e-300).scaled(-30),
    ] {
        assert!(exact.is_exact(), "{exact:?}");
    }
    assert_eq!(seven.powi(20).to_f64(), 7f64.powi(20));
    assert_eq!(Ball::from_f64(0.125).log2().to_f64(), -3.0);
    assert!(!Ball::ONE.div(&seven).is_exact());
    assert!(!Ball::ONE.exp().is_exact());
}

#[test]
fn exact_arguments_keep_180_bits() {
    let mut stream = Seed(3).stream("ball", 0);
    for _ in 0..100 {
        let x = Ball::from_f64(stream.uniform());
        let functions: [fn(&Ball) -> Ball; 20] = [
            Ball::exp,
            Ball::exp2,
            Ball::expm1,
            Ball::ln,
            Ball::log2,
            Ball::sin,
            Ball::cos,
            Ball::tan,
            Ball::sinh,
            Ball::cosh,
            Ball::tanh,
            Ball::asin,
            Ball::atan,
            Ball::logistic,
            Ball::erf,
            Ball::erfc,
            |x| x.airy().0,
            |x| x.airy().1,
            Ball::bessel_i_half,
            Ball::gelu,
        ];
        for f in functions {
            let y = f(&x);
            assert!(y.radius() <= y.abs_lower() * 2f64.powi(-185), "{y:?}");
        }
    }
}

#[test]
fn nothing_is_known_outside_the_domain_and_nothing_panics() {
    let zero = Ball::from_interval(-1.0, 1.0);
    for undefined in [
        Ball::ONE.div(&zero),
        Ball::ONE.div(&Ball::ZERO),
        zero.ln(),
        zero.sqrt(),
        zero.log2(),
        Ball::from_interval(0.0, 1.0).ln(),
        Ball::from_interval(0.5, 1.5).asin(),
        Ball::from_interval(-2.0, 0.0).acos(),
        Ball::from_interval(1.0, 2.0).tan(),
        zero.pow(&Ball::ONE.div(&Ball::from_integer(3))),
        zero.powi(-2),
        Ball::from_f64(f64::NAN),
        Ball::from_f64(f64::INFINITY),
        Ball::from_interval(1.0, 0.0),
        Ball::exact(&Big::NAN),
        Ball::from_f64(1e5).exp(),
        Ball::from_f64(f64::MAX).powi(100),
    ] {
        assert!(!undefined.is_finite() && undefined.contains_zero() && undefined.abs_upper() == f64::INFINITY);
        assert!(!undefined.midpoint().is_finite() && undefined.lower() == f64::NEG_INFINITY);
    }
    let extremes = [5e-324, 1e-310, 1e-300, 1.0, 1e10, 1e80, 1e300, f64::MAX];
    for x in extremes {
        for r in extremes {
            for ball in [Ball::from_f64(x).widened(r), Ball::from_f64(-x).widened(r), Ball::UNDEFINED] {
                for f in [
                    Ball::exp,
                    Ball::exp2,
                    Ball::expm1,
                    Ball::ln,
                    Ball::log2,
                    Ball::log10,
                    Ball::sin,
                    Ball::cos,
                    Ball::tan,
                    Ball::sinh,
                    Ball::cosh,
                    Ball::tanh,
                    Ball::asin,
                    Ball::acos,
                    Ball::atan,
                    Ball::logistic,
                    Ball::erf,
                    Ball::erfc,
                    |x: &Ball| x.airy().0,
                    |x: &Ball| x.airy().1,
                    Ball::bessel_i_half,
                    Ball::gelu,
                    Ball::sqrt,
                    Ball::abs,
                    Ball::sqr,
                ] {
                    let y = f(&ball);
                    assert!(y.is_finite() || y.abs_lower() == 0.0);
                }
            }
        }
    }
    assert!(Ball::from_f64(-1e5).exp().contains(0.0));
    assert!(Ball::from_interval(-1e5, 0.0).exp().contains(0.5));
    assert!(Ball::from_f64(1e300).tanh().contains(1.0));
}
