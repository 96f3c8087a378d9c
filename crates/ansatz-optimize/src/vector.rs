//! Sums over vectors, in an order that is fixed, with eight partial sums so that the additions overlap.

use ansatz_core::{Error, Result};

const LANES: usize = 8;

/// `xᵀ y`.
pub(crate) fn dot(x: &[f64], y: &[f64]) -> f64 {
    let (xs, x_rest) = x.as_chunks::<LANES>();
    let (ys, y_rest) = y.as_chunks::<LANES>();
    let mut s = [0.0; LANES];
    for (x, y) in xs.iter().zip(ys) {
        for k in 0..LANES {
            s[k] += x[k] * y[k];
        }
    }
    let total = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
    total + x_rest.iter().zip(y_rest).map(|(x, y)| x * y).sum::<f64>()
}

/// `‖x‖₂`.
pub(crate) fn norm(x: &[f64]) -> f64 {
    dot(x, x).sqrt()
}

/// `‖x − y‖₂²`.
pub(crate) fn distance_squared(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| (x - y) * (x - y)).sum()
}

/// `y ← y + a x`.
pub(crate) fn add_scaled(a: f64, x: &[f64], y: &mut [f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

/// Refuses a vector of another length than `n`, or with an entry that is not finite.
pub(crate) fn check(name: &str, x: &[f64], n: usize) -> Result<()> {
    if x.len() != n {
        let value = format!("of length {}", x.len());
        return Err(Error::parameter(name, value, format!("of length {n}, the dimension of the problem")));
    }
    match x.iter().position(|v| !v.is_finite()) {
        Some(i) => Err(Error::NotFinite { quantity: name.to_owned(), place: format!("entry {}", i + 1) }),
        None => Ok(()),
    }
}

/// Refuses what is not positive and finite.
pub(crate) fn positive(name: &str, value: f64) -> Result<()> {
    if value > 0.0 && value.is_finite() { Ok(()) } else { Err(Error::parameter(name, value, "positive and finite")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_agree_with_the_plain_ones() {
        for n in [0, 1, 7, 8, 9, 100] {
            let x: Vec<f64> = (0..n).map(|i| f64::from(i).sin()).collect();
            let y: Vec<f64> = (0..n).map(|i| f64::from(i * i).cos()).collect();
            let plain: f64 = x.iter().zip(&y).map(|(x, y)| x * y).sum();
            assert!((dot(&x, &y) - plain).abs() < 1e-13);
            assert!((norm(&x).powi(2) - dot(&x, &x)).abs() < 1e-12);
            let square = dot(&x, &x) - 2.0 * plain + dot(&y, &y);
            assert!((distance_squared(&x, &y) - square).abs() < 1e-12);
        }
    }

    #[test]
    fn bad_vectors_and_numbers_are_refused() {
        assert_eq!(check("x", &[1.0, f64::NAN], 2).unwrap_err().to_string(), "x is not finite at entry 2");
        assert!(check("x", &[1.0], 2).is_err() && check("x", &[1.0, 2.0], 2).is_ok());
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(positive("γ", bad).is_err());
        }
    }
}
