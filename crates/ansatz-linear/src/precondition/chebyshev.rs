//! Chebyshev's polynomial as a preconditioner.
//!
//! For a symmetric positive definite matrix with its eigenvalues in `[lo, hi]`, `M⁻¹ = p(A)` with the polynomial `p` of
//! degree `d` for which `|1 − λ p(λ)|` is smallest in that interval, `1/T_{d+1}((hi + lo)/(hi − lo))` at most:
//!
//! ```text
//! z ← z + δ,   r ← r − A δ,   δ ← ρ₊ρ δ + (2 ρ₊/δ₀) r,   ρ₊ = 1/(2 σ − ρ)
//! ```
//!
//! An application costs `d` products and no scalar product at all, which is what makes it attractive where those wait
//! for other processors. As long as no eigenvalue exceeds `hi` it is positive definite, also if some are below `lo`:
//! then `0 < 1 − λ p(λ) < 1`.
//!
//! Source: Rutishauser 1959; Saad 2003, "Iterative Methods for Sparse Linear Systems", §12.3.

use crate::{Csr, LinearOperator, Preconditioner};
use ansatz_core::{Error, Result};

/// `M⁻¹ = p(A)`.
#[derive(Clone, Debug)]
pub struct Chebyshev<'a> {
    a: &'a Csr,
    degree: usize,
    lo: f64,
    hi: f64,
}

impl<'a> Chebyshev<'a> {
    /// The polynomial of `degree` for eigenvalues of `a` in `[lo, hi]`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `a` is not symmetric, or not `0 < lo < hi`, finite.
    pub fn new(a: &'a Csr, degree: usize, lo: f64, hi: f64) -> Result<Self> {
        a.require_symmetric("a polynomial preconditioner")?;
        if !(lo > 0.0 && lo < hi && hi.is_finite()) {
            let allowed = "positive, finite and not empty";
            return Err(Error::parameter("the interval of eigenvalues", format!("[{lo}, {hi}]"), allowed));
        }
        Ok(Self { a, degree, lo, hi })
    }

    /// The polynomial for eigenvalues from `ratio` times the largest up to the largest, which Gershgorin's circles
    /// bound from above.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if `ratio` is not in (0, 1).
    pub fn with_ratio(a: &'a Csr, degree: usize, ratio: f64) -> Result<Self> {
        if !(ratio > 0.0 && ratio < 1.0) {
            return Err(Error::parameter("the ratio of eigenvalues", ratio, "greater than 0 and less than 1"));
        }
        let hi = (0..a.rows()).map(|i| a.row(i).1.iter().map(|v| v.abs()).sum::<f64>()).fold(0.0, f64::max);
        Self::new(a, degree, ratio * hi, hi)
    }
}

impl Preconditioner for Chebyshev<'_> {
    fn size(&self) -> Option<usize> {
        Some(self.a.rows())
    }

    fn apply(&self, r: &[f64], z: &mut [f64]) {
        let (centre, half) = (0.5 * (self.hi + self.lo), 0.5 * (self.hi - self.lo));
        let sigma = centre / half;
        let mut rho = 1.0 / sigma;
        let mut r = r.to_vec();
        let mut step: Vec<f64> = r.iter().map(|r| r / centre).collect();
        let mut image = vec![0.0; r.len()];
        z.copy_from_slice(&step);
        for _ in 0..self.degree {
            self.a.apply(&step, &mut image);
            let next = 1.0 / (2.0 * sigma - rho);
            for i in 0..r.len() {
                r[i] -= image[i];
                step[i] = next * rho * step[i] + 2.0 * next / half * r[i];
                z[i] += step[i];
            }
            rho = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Identity;
    use crate::krylov::ConjugateGradients;
    use crate::problems::laplacian_2d;
    use ansatz_core::{Run, Seed};

    /// `T_n(x)` for `x ≥ −1`.
    fn chebyshev(n: usize, x: f64) -> f64 {
        let (mut a, mut b) = (1.0, x);
        for _ in 0..n {
            (a, b) = (b, 2.0 * x * b - a);
        }
        a
    }

    #[test]
    fn it_is_the_polynomial_of_its_definition() {
        let values = [0.05, 0.3, 1.0, 2.5, 4.0];
        let entries: Vec<_> = values.iter().enumerate().map(|(i, &v)| (i, i, v)).collect();
        let a = Csr::from_triplets(5, 5, &entries).unwrap();
        let (lo, hi) = (0.3, 4.0);
        for degree in [0, 1, 2, 5, 8] {
            let m = Chebyshev::new(&a, degree, lo, hi).unwrap();
            let mut z = vec![0.0; 5];
            m.apply(&[1.0; 5], &mut z);
            let scaled = |x: f64| (hi + lo - 2.0 * x) / (hi - lo);
            for (p, x) in z.iter().zip(values) {
                let expected = chebyshev(degree + 1, scaled(x)) / chebyshev(degree + 1, scaled(0.0));
                assert!((1.0 - x * p - expected).abs() < 1e-13, "degree {degree}, λ = {x}");
                assert!(*p > 0.0);
            }
        }
    }

    #[test]
    fn it_saves_iterations_of_conjugate_gradients() {
        let a = laplacian_2d(30, 30).unwrap();
        let b = vec![1.0; 900];
        let cg = ConjugateGradients::default();
        let iterations = |m: &dyn Fn() -> Result<u64>| m().unwrap();
        let plain = iterations(&|| Ok(cg.solve(&a, &Identity, &b, None, &mut Run::new(Seed(0)))?.work.iterations));
        let helped = iterations(&|| {
            let m = Chebyshev::with_ratio(&a, 4, 0.01)?;
            Ok(cg.solve(&a, &m, &b, None, &mut Run::new(Seed(0)))?.work.iterations)
        });
        assert!(2 * helped < plain, "{helped} {plain}");
    }

    #[test]
    fn bad_intervals_and_matrices_are_refused() {
        let a = laplacian_2d(3, 3).unwrap();
        for (lo, hi) in [(0.0, 1.0), (2.0, 1.0), (1.0, f64::INFINITY), (f64::NAN, 1.0)] {
            assert!(Chebyshev::new(&a, 2, lo, hi).unwrap_err().to_string().contains("interval of eigenvalues"));
        }
        assert!(Chebyshev::with_ratio(&a, 2, 1.0).is_err());
        let skew = Csr::from_triplets(2, 2, &[(0, 0, 1.0), (1, 1, 1.0), (0, 1, 0.5)]).unwrap();
        assert!(Chebyshev::with_ratio(&skew, 2, 0.1).unwrap_err().to_string().contains("not symmetric"));
    }
}
