//! The ratio `A_p(κ) = I_{p/2}(κ)/I_{p/2−1}(κ)` in 57 digits.

use ansatz_core::{Error, Result};
use ansatz_functions::number::{Big, Scalar};

/// `A` and `A′` at `κ`, from Gauss' continued fraction `A = 1/(p/κ + 1/((p+2)/κ + …))`, whose terms are positive: whatever
/// the tail between 0 and 1 is taken for, the value lies between those of the two ends.
pub(super) fn ratio(p: usize, kappa: f64) -> Result<(Big, Big)> {
    let one = Big::from_f64(1.0);
    let kappa = Big::from_f64(kappa);
    let mut terms = 64;
    while terms < 1 << 24 {
        let (mut low, mut high) = (Big::from_f64(0.0), one.clone());
        for k in (0..terms).rev() {
            let quotient = Big::from_f64((p + 2 * k) as f64).div(&kappa);
            (low, high) = (one.div(&quotient.add(&high)), one.div(&quotient.add(&low)));
        }
        if high.sub(&low).to_f64() <= 1e-40 * low.to_f64() {
            // A′ = 1 − A² − (p−1)A/κ
            let order = Big::from_f64((p - 1) as f64).mul(&low).div(&kappa);
            let slope = one.sub(&low.mul(&low)).sub(&order);
            return Ok((low, slope));
        }
        terms *= 2;
    }
    Err(Error::NotFinite { quantity: "the exact ratio".to_owned(), place: format!("{terms} terms") })
}

/// How far `κ` is from the root of `A_p(κ) = resultant`, relative to it, to first order.
pub(super) fn distance(p: usize, kappa: f64, resultant: f64) -> Result<f64> {
    let (a, slope) = ratio(p, kappa)?;
    let newton = a.sub(&Big::from_f64(resultant)).div(&slope);
    Ok((newton.to_f64() / kappa).abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_dimensions_have_a_closed_form() {
        for kappa in [0.01, 1.0, 10.0, 300.0] {
            // coth κ − 1/κ
            let k = Big::from_f64(kappa);
            let (up, down) = (k.exp(), k.neg().exp());
            let exact = up.add(&down).div(&up.sub(&down)).sub(&Big::from_f64(1.0).div(&k));
            let (a, slope) = ratio(3, kappa).unwrap();
            assert!(a.sub(&exact).abs().to_f64() < 1e-38 * exact.to_f64(), "{kappa}");
            let step = 1e-12 * kappa;
            let next = ratio(3, kappa + step).unwrap().0.sub(&a).to_f64() / step;
            assert!((slope.to_f64() / next - 1.0).abs() < 1e-3, "{kappa}");
        }
        assert!(distance(3, 9.99999958776895401, 0.9).unwrap() < 1e-15);
        assert!((distance(3, 10.0, 0.9).unwrap() - 4.12e-8).abs() < 1e-9);
    }
}
