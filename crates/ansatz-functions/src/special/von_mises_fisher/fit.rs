//! Maximum likelihood: the mean direction of the samples, and the `κ` at which the expectation has their mean's length.
//!
//! `μ = Σx/|Σx|`, `R = |Σx|/n`, and `A_p(κ) = R` by Newton's iteration `κ ← κ − (A − R)/A′`,
//! `A′ = 1 − A² − (p−1)A/κ`, from `κ = R(p − R²)/(1 − R²)` (Banerjee et al. 2005). Three to five steps, each one ratio of
//! Bessel functions. `A′` cancels for large `κ`; there the derivative of `κ/(ν + ½ + s)`, `s² = (ν+½)² + κ²`, takes its
//! place, which is `(ν+½)/(s(ν+½+s))`.

use super::{UNIT, VonMisesFisher, dimension, dot, order};
use crate::special::log_bessel::{bessel_i_ratio, bessel_i_ratio_complement};
use ansatz_core::{Error, Result};
use rayon::prelude::*;

/// Relative change of `κ` at which the iteration ends.
const TOLERANCE: f64 = 1e-12;
/// Steps after which it ends anyway; a few are needed.
const MAX_STEPS: u32 = 100;
/// Columns that are summed together.
const COLUMNS: usize = 256;

/// A distribution fitted to samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The distribution.
    pub model: VonMisesFisher,
    /// The length `R` of the samples' mean.
    pub resultant: f64,
    /// The number of samples.
    pub count: usize,
    /// Newton steps for `κ`.
    pub steps: u32,
}

impl VonMisesFisher {
    /// The distribution of greatest likelihood for `samples`, unit vectors of dimension `p` one after the other.
    ///
    /// Runs on the threads of the caller's pool; the result does not depend on them.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `p < 2`, if there are no samples or their number of entries is no multiple of `p`, if one
    /// has not the length 1 to within `1e-6`, or if the concentration is not identifiable: see [`concentration`].
    pub fn fit(samples: &[f64], p: usize) -> Result<Fit> {
        fit(samples, p, false)
    }

    /// The same for vectors of any length but 0, of which the directions are taken.
    ///
    /// # Errors
    /// As [`fit`](Self::fit); a vector of length 0 has no direction.
    pub fn fit_directions(samples: &[f64], p: usize) -> Result<Fit> {
        fit(samples, p, true)
    }
}

fn fit(samples: &[f64], p: usize, normalise: bool) -> Result<Fit> {
    dimension(p)?;
    if samples.is_empty() {
        return Err(Error::parameter("the number of samples", 0, "at least 1"));
    }
    if !samples.len().is_multiple_of(p) {
        let allowed = format!("a multiple of the dimension, {p}");
        return Err(Error::parameter("the number of entries", samples.len(), allowed));
    }
    let lengths: Vec<f64> = samples.par_chunks(p).map(|x| dot(x, x).sqrt()).collect();
    let allowed =
        |length: &f64| if normalise { *length > 0.0 && length.is_finite() } else { (length - 1.0).abs() <= UNIT };
    if let Some(row) = lengths.iter().position(|length| !allowed(length)) {
        let allowed = if normalise { "finite and not 0" } else { "1 to within 1e-6, unless directions are fitted" };
        return Err(Error::parameter(format!("the length of sample {}", row + 1), lengths[row], allowed));
    }
    let mut sum = vec![0.0; p];
    sum.par_chunks_mut(COLUMNS).enumerate().for_each(|(block, sum)| {
        for (row, length) in samples.chunks_exact(p).zip(&lengths) {
            for (sum, x) in sum.iter_mut().zip(&row[block * COLUMNS..]) {
                *sum += x / length;
            }
        }
    });
    let length = dot(&sum, &sum).sqrt();
    let resultant = length / lengths.len() as f64;
    let (kappa, steps) = concentration(p, resultant)?;
    for m in &mut sum {
        *m /= length;
    }
    Ok(Fit { model: VonMisesFisher { mean: sum, kappa }, resultant, count: lengths.len(), steps })
}

/// The `κ` with `A_p(κ) = resultant`, and the Newton steps it took.
///
/// ```
/// use ansatz_functions::special::von_mises_fisher::concentration;
/// assert!((concentration(2048, 0.5)?.0 / 1365.06674170768887 - 1.0).abs() < 1e-12);
/// # Ok::<(), ansatz_core::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] if `p < 2`, or if `resultant` is not between 0 and 1: samples that cancel have no mean direction,
/// and samples that all coincide no finite concentration.
pub fn concentration(p: usize, resultant: f64) -> Result<(f64, u32)> {
    dimension(p)?;
    let r = resultant;
    if !(r > f64::EPSILON && r < 1.0 - 1e-15) {
        let allowed = "greater than 0 (samples that cancel have no mean direction) and less than 1 (samples that \
                       coincide have no finite concentration)";
        return Err(Error::parameter("the length of the samples' mean", r, allowed));
    }
    let order = order(p);
    let mut kappa = r * (p as f64 - r * r) / ((1.0 - r) * (1.0 + r));
    let mut last = f64::INFINITY;
    for step in 1..=MAX_STEPS {
        let a = bessel_i_ratio(order, kappa);
        // Near 1 the difference of the complements is the precise one; 1 − r is exact there.
        let excess = if r > 0.5 { (1.0 - r) - bessel_i_ratio_complement(order, kappa) } else { a - r };
        let change = excess / slope(p, kappa, a);
        // A step beyond 0 would leave the domain; half the way is on the right side.
        let next = if change < kappa { kappa - change } else { 0.5 * kappa };
        let relative = (next / kappa - 1.0).abs();
        kappa = next;
        // Should rounding keep the steps above the tolerance, they no longer shrink.
        if relative < TOLERANCE || (relative < 1e-9 && relative >= last) {
            return Ok((kappa, step));
        }
        last = relative;
    }
    Err(Error::NotFinite { quantity: "the concentration".to_owned(), place: format!("Newton step {MAX_STEPS}") })
}

/// `A′(κ)`
fn slope(p: usize, kappa: f64, a: f64) -> f64 {
    let exact = (1.0 - a) * (1.0 + a) - (p - 1) as f64 * a / kappa;
    if exact > 1e-9 {
        return exact;
    }
    let half = 0.5 * (p - 1) as f64;
    let s = half.hypot(kappa);
    half / s / (half + s)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansatz_core::Seed;

    #[test]
    fn concentrations_agree_with_ball_arithmetic() {
        let cases = [
            (2048, 0.5, 1365.06674170768887),
            (8192, 0.25, 2184.50196639621550),
            (32768, 0.8, 72816.0433635440890),
            (3, 0.9, 9.99999958776895401),
        ];
        for (p, r, kappa) in cases {
            let (own, steps) = concentration(p, r).unwrap();
            assert!((own / kappa - 1.0).abs() < 1e-14 && steps <= 5, "{p}: {own} after {steps}");
        }
    }

    #[test]
    fn the_whole_range_of_resultants_is_inverted() {
        for p in [2usize, 3, 4, 10, 1000, 32768] {
            for r in [1e-15, 1e-9, 1e-3, 0.1, 0.5, 0.9, 0.999, 1.0 - 1e-6, 1.0 - 1e-9, 1.0 - 1e-12] {
                let (kappa, steps) = concentration(p, r).unwrap();
                let (back, rest) = (bessel_i_ratio(order(p), kappa), bessel_i_ratio_complement(order(p), kappa));
                assert!((back / r - 1.0).abs() < 2e-15 && steps < 12, "{p} {r}: {back}, {steps}");
                assert!((rest / (1.0 - r) - 1.0).abs() < 1e-14 || r < 0.5, "{p} {r}: {rest}");
            }
        }
    }

    #[test]
    fn what_cannot_be_fitted_is_refused_with_a_sentence() {
        let sentence = |samples: &[f64], p| VonMisesFisher::fit(samples, p).unwrap_err().to_string();
        assert_eq!(sentence(&[], 3), "the number of samples is 0, but must be at least 1");
        assert_eq!(sentence(&[1.0], 1), "the dimension is 1, but must be at least 2");
        assert!(sentence(&[1.0, 0.0, 0.0], 2).contains("a multiple of the dimension, 2"));
        assert!(sentence(&[1.0, 0.0, 0.0, 2.0], 2).starts_with("the length of sample 2 is 2, but must be 1"));
        assert!(sentence(&[1.0, 0.0, f64::NAN, 1.0], 2).starts_with("the length of sample 2 is NaN"));
        assert!(sentence(&[1.0, 0.0, -1.0, 0.0], 2).contains("samples that cancel have no mean direction"));
        assert!(sentence(&[1.0, 0.0, 1.0, 0.0], 2).contains("no finite concentration"));
        let error = VonMisesFisher::fit_directions(&[0.0, 0.0, 1.0, 1.0], 2).unwrap_err().to_string();
        assert_eq!(error, "the length of sample 1 is 0, but must be finite and not 0");
        assert!(VonMisesFisher::fit_directions(&[0.0, 3.0, 1.0, 1.0], 2).is_ok());
    }

    #[test]
    fn lengths_do_not_matter_to_directions_nor_threads_to_the_fit() {
        let model = VonMisesFisher::new(vec![0.6, 0.0, 0.8], 7.0).unwrap();
        let samples = model.sample(500, Seed(3)).unwrap();
        let fit = VonMisesFisher::fit(&samples, 3).unwrap();
        // The deviation of κ is about κ √(2/(n(p−1))) = 0.31, that of μ about 1/√(nκA) = 0.018.
        assert!((fit.model.kappa() - 7.0).abs() < 6.0 * 0.31, "{}", fit.model.kappa());
        assert!(dot(fit.model.mean(), model.mean()) > 1.0 - 18.0 * 0.018f64.powi(2));
        let longer: Vec<f64> =
            samples.chunks(3).enumerate().flat_map(|(i, x)| [0, 1, 2].map(|j| x[j] * (i + 1) as f64)).collect();
        let directions = VonMisesFisher::fit_directions(&longer, 3).unwrap();
        assert!((directions.model.kappa() / fit.model.kappa() - 1.0).abs() < 1e-12);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        assert_eq!(pool.install(|| VonMisesFisher::fit(&samples, 3)).unwrap(), fit);
    }
}
