//! Known Taylor coefficients, and consistency of every recurrence with the function it comes from.

use super::*;
use crate::{
    ball::Ball,
    expr::{Analytic, Func},
    number::Big,
};

const ORDER: usize = 14;

fn assert_coefficients(series: &Series<Ball>, expected: impl Fn(usize) -> Ball) {
    for k in 0..=ORDER {
        let (found, expected) = (series.coefficient(k), expected(k));
        assert!(found.overlaps(&expected), "{k}: {found:?} is not {expected:?}");
        assert!(found.radius() <= 1e-50, "{k}: {found:?}");
    }
}

fn integer(n: i64) -> Ball {
    Ball::from_integer(n)
}

fn factorial(n: usize) -> Ball {
    (1..=n).fold(Ball::ONE, |product, k| product.mul(&integer(k as i64)))
}

#[test]
fn known_series_at_zero() {
    let x = Series::variable(Ball::ZERO, ORDER);
    let sign = |k: usize| integer(if k.is_multiple_of(2) { 1 } else { -1 });
    let odd = |k: usize| k % 2 == 1;
    assert_coefficients(&x.exp(), |k| Ball::ONE.div(&factorial(k)));
    assert_coefficients(&x.apply(Func::Expm1), |k| if k == 0 { Ball::ZERO } else { Ball::ONE.div(&factorial(k)) });
    assert_coefficients(&x.apply(Func::Exp2), |k| Ball::ln2().powi(k as i64).div(&factorial(k)));
    assert_coefficients(&x.apply(Func::Sin), |k| if odd(k) { sign(k / 2).div(&factorial(k)) } else { Ball::ZERO });
    assert_coefficients(&x.apply(Func::Cosh), |k| if odd(k) { Ball::ZERO } else { Ball::ONE.div(&factorial(k)) });
    assert_coefficients(
        &x.apply(Func::Atan),
        |k| if odd(k) { sign(k / 2).div(&integer(k as i64)) } else { Ball::ZERO },
    );
    let one_plus = Series::constant(Ball::ONE).add(&x);
    assert_coefficients(&one_plus.apply(Func::Ln), |k| {
        if k == 0 { Ball::ZERO } else { sign(k + 1).div(&integer(k as i64)) }
    });
    assert_coefficients(&Series::constant(Ball::ONE).div(&one_plus), sign);
    // Tangent numbers.
    let tangent = [1, 2, 16, 272, 7936, 353_792, 22_368_256];
    assert_coefficients(&x.apply(Func::Tan), |k| {
        if odd(k) { integer(tangent[k / 2]).div(&factorial(k)) } else { Ball::ZERO }
    });
    assert_coefficients(&x.apply(Func::Tanh), |k| {
        if odd(k) { sign(k / 2).mul(&integer(tangent[k / 2])).div(&factorial(k)) } else { Ball::ZERO }
    });
    // Binomial series of (1 + x)^(1/2) and (1 + x)^(-3).
    let binomial = |a: Ball, k: usize| {
        (0..k).fold(Ball::ONE, |c, j| c.mul(&a.sub(&integer(j as i64))).div(&integer(j as i64 + 1)))
    };
    assert_coefficients(&one_plus.sqrt(), |k| binomial(Ball::from_f64(0.5), k));
    assert_coefficients(&one_plus.pow(&Ball::from_f64(0.5)), |k| binomial(Ball::from_f64(0.5), k));
    assert_coefficients(&one_plus.powi(-3), |k| binomial(integer(-3), k));
    // √(1 + x)² by the shared-operand path and by the general one.
    let root = one_plus.sqrt();
    let unit = |k| integer(i64::from(k < 2));
    assert_coefficients(&root.mul(&root), unit);
    assert_coefficients(&root.mul(&root.clone()), unit);
}

/// `f(c + t)` by the series and directly, for every function and a series argument that is not the bare variable.
#[test]
fn every_function_agrees_with_its_value_nearby() {
    let t = Ball::from_f64(2f64.powi(-14));
    for centre in [0.3, 0.7] {
        // u = c + x/2 + x²/4
        let u = Series::from_coefficients([centre, 0.5, 0.25].map(Ball::from_f64).to_vec(), ORDER);
        for (f, _) in Func::ALL {
            let series = u.apply(*f);
            assert_eq!((series.order(), series.coefficients().len()), (ORDER, ORDER + 1), "{f:?}");
            let difference = series.eval(&t).sub(&u.eval(&t).apply(*f));
            // The remainder is about 2^(-14·15).
            assert!(difference.abs_upper() < 1e-50, "{f:?} at {centre}: {difference:?}");
        }
        for a in [-1.5, 0.3] {
            let a = Ball::from_f64(a);
            let difference = u.pow(&a).eval(&t).sub(&u.eval(&t).pow(&a));
            assert!(difference.abs_upper() < 1e-50);
            let difference = u.power_of(&integer(3)).eval(&t).sub(&integer(3).pow(&u.eval(&t)));
            assert!(difference.abs_upper() < 1e-50);
        }
    }
}

#[test]
fn coefficients_over_a_wide_centre_hold_those_of_its_points() {
    for (f, _) in Func::ALL {
        let wide = Series::variable(Ball::from_interval(0.5, 0.53125), ORDER).apply(*f);
        assert!(wide.is_finite(), "{f:?}");
        for point in [0.5, 0.51, 0.53125] {
            let thin = Series::variable(Ball::from_f64(point), ORDER).apply(*f);
            for k in 0..=ORDER {
                assert!(wide.coefficient(k).overlaps(&thin.coefficient(k)), "{f:?}, {k}");
            }
        }
    }
}

#[test]
fn orders_and_constants() {
    let x = Series::variable(Ball::ONE, 5);
    let two = Series::<Ball>::from_f64(2.0);
    assert_eq!(two.mul(&two).exp().order(), usize::MAX);
    assert_eq!((two.mul(&x).order(), two.mul(&x).coefficients().len()), (5, 2));
    assert_eq!(two.div(&x).coefficients().len(), 6);
    assert_eq!(x.div(&two).coefficients().len(), 2);
    assert_eq!(x.mul(&Series::variable(Ball::ONE, 3)).order(), 3);
    assert_eq!(x.powi(4).derivative().coefficient(3).to_f64(), 4.0);
    assert_eq!(Series::variable(Ball::ONE, usize::MAX).exp().order(), 1000);
    assert_eq!(Series::variable(Ball::ONE, 0).exp().coefficients().len(), 1);
    let x = Series::variable(Big::from_f64(0.5), 8);
    assert_eq!(x.apply(Func::Sin).coefficient(1), Big::from_f64(0.5).apply(Func::Cos));
}

#[test]
fn nothing_is_known_at_a_singular_point() {
    for centre in [Ball::ZERO, Ball::from_interval(-0.1, 0.1)] {
        let x = Series::variable(centre, 4);
        for series in [x.sqrt(), Series::from_f64(1.0).div(&x), x.apply(Func::Ln), x.pow(&Ball::from_f64(1.5))] {
            assert!(!series.is_finite());
        }
    }
}
