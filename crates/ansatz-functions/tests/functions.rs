//! The named functions against values of another implementation (`data/functions.py`).

use ansatz_functions::{
    ball::Ball,
    expr::{Analytic, Expr, Func},
    number::{Scalar, hex},
    series::Series,
};

/// Function, argument and a ball around the tabulated value.
fn table() -> Vec<(Func, f64, Ball)> {
    include_str!("data/functions.txt")
        .lines()
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            let value = Expr::parse(words[2]).unwrap().eval(&Ball::ZERO);
            // 62 digits, of which the last may be off by one.
            let error = value.abs_upper() * 1e-60;
            (Func::from_name(words[0]).unwrap(), hex::parse(words[1]).unwrap(), value.widened(error))
        })
        .collect()
}

#[test]
fn values_are_enclosed_to_180_bits() {
    let table = table();
    assert!(table.len() >= 23 * 20);
    for (f, _) in Func::ALL {
        assert!(table.iter().filter(|row| row.0 == *f).count() >= 20, "{f:?}");
    }
    for (f, x, value) in table {
        let found = Ball::from_f64(x).apply(f);
        assert!(found.overlaps(&value), "{f:?} at {x:e}: {found:?} is not {value:?}");
        let least = 2f64.powi(-180) * value.abs_upper();
        assert!(found.radius() <= least.max(5e-324), "{f:?} at {x:e}: radius {:e}", found.radius());
    }
}

#[test]
fn wide_balls_enclose_the_values_inside() {
    for (f, x, value) in table() {
        for radius in [1e-30, 1e-12, 1e-4, 0.05, 0.7] {
            // The argument lies at three places of the ball, its end included.
            for shift in [-1.0, 0.3, 1.0] {
                let ball = Ball::from_f64(x).add(&Ball::from_f64(radius * shift)).midpoint();
                let ball = Ball::exact(&ball).widened(radius);
                let found = ball.apply(f);
                assert!(found.overlaps(&value), "{f:?} on {ball:?}: {found:?} misses {value:?}");
            }
        }
    }
}

#[test]
fn series_continue_to_the_tabulated_values() {
    for (f, x, value) in table() {
        let centre = x - 2f64.powi(-20) * x.abs().max(2f64.powi(-10));
        let t = Ball::from_f64(x).sub(&Ball::from_f64(centre));
        let order = 12;
        let thin = Series::variable(Ball::from_f64(centre), order - 1).apply(f);
        let whole = Series::variable(Ball::from_interval(centre, x), order).apply(f);
        // Taylor with the Lagrange remainder over the whole step.
        let found = thin.eval(&t).add(&whole.coefficient(order).mul(&t.powi(order as i64)));
        assert!(found.overlaps(&value), "{f:?} at {x:e}: {found:?} is not {value:?}");
    }
}
