//! Sums over vectors, in an order that is fixed, with eight partial sums so that the additions overlap.

use ansatz_core::{Error, Result};

const LANES: usize = 8;

/// Adds up the partial sums pairwise.
fn total(s: [f64; LANES]) -> f64 {
    ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

/// `xᵀ y`.
pub(crate) fn dot(x: &[f64], y: &[f64]) -> f64 {
    let (xs, x_rest) = x.as_chunks::<LANES>();
    let (ys, y_rest) = y.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (x, y) in xs.iter().zip(ys) {
        for k in 0..LANES {
            sums[k] += x[k] * y[k];
        }
    }
    total(sums) + x_rest.iter().zip(y_rest).map(|(x, y)| x * y).sum::<f64>()
}

/// `‖x‖₂`, without overflow or underflow of the squares.
pub(crate) fn norm(x: &[f64]) -> f64 {
    let square = dot(x, x);
    if (1e-280..1e300).contains(&square) {
        return square.sqrt();
    }
    let largest = x.iter().fold(0.0f64, |m, v| if m.is_nan() || v.is_nan() { f64::NAN } else { m.max(v.abs()) });
    if largest == 0.0 || !largest.is_finite() {
        return largest;
    }
    largest * x.iter().map(|v| (v / largest).powi(2)).sum::<f64>().sqrt()
}

/// `r ← b − r`, and `‖r‖₂`.
pub(crate) fn residual(b: &[f64], r: &mut [f64]) -> f64 {
    for (r, b) in r.iter_mut().zip(b) {
        *r = b - *r;
    }
    norm(r)
}

/// `y ← y + a x`.
pub(crate) fn add_scaled(a: f64, x: &[f64], y: &mut [f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

/// `y ← x + a y`.
pub(crate) fn scale_and_add(x: &[f64], a: f64, y: &mut [f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y = x + a * *y;
    }
}

/// Refuses a vector of another length than `n`, or with an entry that is not finite.
pub(crate) fn check(name: &str, x: &[f64], n: usize) -> Result<()> {
    if x.len() != n {
        let value = format!("of length {}", x.len());
        return Err(Error::parameter(name, value, format!("of length {n}, the size of the matrix")));
    }
    match x.iter().position(|v| !v.is_finite()) {
        Some(i) => Err(Error::NotFinite { quantity: name.to_owned(), place: format!("entry {}", i + 1) }),
        None => Ok(()),
    }
}

/// Refuses a tolerance that no residual can reach, or that every one does.
pub(crate) fn check_rtol(rtol: f64) -> Result<()> {
    if !(rtol > 0.0 && rtol < 1.0) {
        return Err(Error::parameter("rtol", rtol, "greater than 0 and less than 1"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_norm_is_not_a_number_if_an_entry_is_not() {
        assert!(norm(&[1.0, f64::NAN, 2.0]).is_nan() && norm(&[f64::NAN]).is_nan());
        assert_eq!((norm(&[0.0, 0.0]), norm(&[1.0, f64::INFINITY])), (0.0, f64::INFINITY));
    }

    #[test]
    fn sums_agree_with_the_plain_ones() {
        for n in [0, 1, 7, 8, 9, 100] {
            let x: Vec<f64> = (0..n).map(|i| f64::from(i).sin()).collect();
            let y: Vec<f64> = (0..n).map(|i| f64::from(i * i).cos()).collect();
            let plain: f64 = x.iter().zip(&y).map(|(x, y)| x * y).sum();
            assert!((dot(&x, &y) - plain).abs() < 1e-13);
            for scale in [1e-200, 1e200] {
                let scaled: Vec<f64> = x.iter().map(|v| v * scale).collect();
                assert!((norm(&scaled) / scale - norm(&x)).abs() < 1e-13);
            }
            assert!((norm(&x) - x.iter().map(|v| v * v).sum::<f64>().sqrt()).abs() < 1e-13);
        }
    }
}
