//! The functions that exponential integrators are made of.
//!
//! `φ_0(h) = e^h`, `φ_{k+1}(h) = (φ_k(h) − 1/k!)/h`; `φ_k(0) = 1/k!`. The recurrence cancels for small `h`, where the series
//! `Σ_j h^j/(j + k)!` is summed instead.

/// `φ_k(h)`, to a few units in the last place for `k ≤ 4`.
pub(crate) fn phi(k: u32, h: f64) -> f64 {
    if k == 0 {
        return h.exp();
    }
    if k == 1 && h != 0.0 {
        return h.exp_m1() / h;
    }
    if h.abs() <= 1.5 {
        // Horner from the far end: 24 terms leave 1.5^24/24! ≈ 3e-20.
        (0..24u32).rev().fold(0.0, |sum, j| 1.0 + sum * h / f64::from(j + k + 1)) / factorial(k)
    } else {
        (phi(k - 1, h) - 1.0 / factorial(k - 1)) / h
    }
}

fn factorial(k: u32) -> f64 {
    (1..=k).map(f64::from).product()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_and_recurrence_are_one_function() {
        for k in 1..=4 {
            assert!((phi(k, 0.0) - 1.0 / factorial(k)).abs() < 1e-16);
            for i in -60..=60 {
                // Simpson's rule on φ_k(h) = ∫ e^((1−s)h) s^(k−1)/(k−1)! ds.
                let h = 0.1 * f64::from(i);
                let f = |s: f64| ((1.0 - s) * h).exp() * s.powi(k as i32 - 1) / factorial(k - 1);
                let n = 8000;
                let sum: f64 = (0..=n)
                    .map(|j| {
                        f64::from(if j == 0 || j == n { 1 } else { 2 + 2 * (j % 2) }) * f(f64::from(j) / f64::from(n))
                    })
                    .sum();
                let integral = sum / (3.0 * f64::from(n));
                assert!((phi(k, h) / integral - 1.0).abs() < 2e-12, "φ_{k}({h}) = {} for {integral}", phi(k, h));
            }
        }
    }

    #[test]
    fn no_digit_is_lost_where_the_formulas_change() {
        for k in 2..=4 {
            for h in [1.5f64, -1.5] {
                let (inside, outside) = (phi(k, h), phi(k, h * (1.0 + 1e-15)));
                assert!((inside / outside - 1.0).abs() < 1e-13, "φ_{k} jumps at {h}");
            }
        }
    }
}
