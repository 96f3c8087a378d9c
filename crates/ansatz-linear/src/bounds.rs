//! Bounds on the iterations that a relaxation parameter costs, from dense eigenvalues.
//!
//! Diagnostics for small matrices: each costs `O(n³)` operations, far more than the solve that it is about. They show
//! what a learner has to find without them.
//!
//! Sources: for successive over-relaxation Khodak et al. 2024, arXiv:2310.02246, §2; for conjugate gradients Axelsson
//! 1994, "Iterative Solution Methods", Theorem 7.17.

use crate::Csr;
use crate::precondition::check_omega;
use ansatz_core::{Error, Result};
use faer::linalg::solvers::Solve;
use faer::{Mat, Side};

/// The largest matrix that is treated densely.
const LARGEST: usize = 2000;

fn dense(a: &Csr) -> Result<Mat<f64>> {
    let n = a.require_square()?;
    if n > LARGEST {
        return Err(Error::parameter("the size of the matrix", n, format!("at most {LARGEST} for dense eigenvalues")));
    }
    let mut full = Mat::zeros(n, n);
    for (i, j, value) in a.triplets() {
        full[(i, j)] = value;
    }
    Ok(full)
}

fn failed(error: impl std::fmt::Debug) -> Error {
    Error::refused(format!("the eigenvalues cannot be computed: {error:?}"))
}

fn radius(m: &Mat<f64>) -> Result<f64> {
    let values = m.eigenvalues().map_err(failed)?;
    Ok(values.iter().map(|z| z.re.hypot(z.im)).fold(0.0, f64::max))
}

/// How the residuals of successive over-relaxation fall: `C = I − A (D/ω + L)⁻¹` maps each to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decay {
    /// The spectral radius `ρ(C)`: the factor in the long run.
    pub radius: f64,
    /// `‖C^(k−1)‖₂^(1/(k−1))`: the factor by which no residual falls more slowly, on average over `k − 1` sweeps.
    pub average: f64,
}

impl Decay {
    /// The decay for the matrix `a` and the parameter `omega`, with the average over `k − 1` sweeps.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `a` is not square, has a zero on its diagonal or more than 2000 rows, `omega` is not in
    /// (0, 2), or `k` is less than 2; [`Error::Refused`] if the eigenvalues do not converge.
    pub fn new(a: &Csr, omega: f64, k: u32) -> Result<Self> {
        check_omega(omega)?;
        if k < 2 {
            return Err(Error::parameter("k", k, "at least 2"));
        }
        let d = a.require_diagonal()?;
        let full = dense(a)?;
        let n = d.len();
        let m = Mat::from_fn(n, n, |i, j| match i.cmp(&j) {
            std::cmp::Ordering::Greater => full[(i, j)],
            std::cmp::Ordering::Equal => d[i] / omega,
            std::cmp::Ordering::Less => 0.0,
        });
        // Cᵀ = I − M⁻ᵀ Aᵀ has the same eigenvalues and norms.
        let transposed = m.transpose().to_owned().partial_piv_lu().solve(full.transpose().to_owned());
        let c = Mat::from_fn(n, n, |i, j| f64::from(i == j) - transposed[(i, j)]);
        let (mut power, mut square, mut left) = (Mat::<f64>::identity(n, n), c.clone(), k - 1);
        loop {
            if left % 2 == 1 {
                power = &power * &square;
            }
            left /= 2;
            if left == 0 {
                break;
            }
            square = &square * &square;
        }
        let largest = power.singular_values().map_err(failed)?.into_iter().fold(0.0, f64::max);
        Ok(Self { radius: radius(&c)?, average: largest.powf(1.0 / f64::from(k - 1)) })
    }

    /// `τ`: what share of the way from `ρ` to 1 the average lies at.
    pub fn asymptocity(&self) -> f64 {
        (self.average - self.radius) / (1.0 - self.radius)
    }

    /// The near-asymptotic bound on the sweeps to a residual of `epsilon`, relative to the first:
    /// `1 + ln ε / ln(ρ + τ (1 − ρ))`, which holds for parameters whose own share is at most `tau`.
    pub fn near_asymptotic_bound(&self, epsilon: f64, tau: f64) -> f64 {
        1.0 + epsilon.ln() / (self.radius + tau * (1.0 - self.radius)).ln()
    }
}

/// The bound on the iterations of conjugate gradients with symmetric over-relaxation as a function of `ω`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SsorBound {
    /// The largest eigenvalue of `D A⁻¹`.
    pub alpha: f64,
    /// The largest eigenvalue of `(L D⁻¹ Lᵀ − D/4) A⁻¹`.
    pub beta: f64,
    /// The condition number of `A`.
    pub condition: f64,
}

impl SsorBound {
    /// The constants for the matrix `a`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `a` is not symmetric positive definite or has more than 2000 rows; [`Error::Refused`] if
    /// the eigenvalues do not converge.
    pub fn new(a: &Csr) -> Result<Self> {
        let n = a.require_symmetric("the bound on conjugate gradients")?;
        let d = a.require_diagonal()?;
        let full = dense(a)?;
        let factor = full.llt(Side::Lower).map_err(|_| {
            Error::parameter("the matrix", "not positive definite", "positive definite for conjugate gradients")
        })?;
        let lower = factor.L();
        // λ(B A⁻¹) = λ(G⁻¹ B G⁻ᵀ) with A = G Gᵀ.
        let largest = |b: Mat<f64>| -> Result<f64> {
            let mut half = b;
            lower.solve_lower_triangular_in_place(&mut half);
            let mut both = half.transpose().to_owned();
            lower.solve_lower_triangular_in_place(&mut both);
            let values = both.self_adjoint_eigenvalues(Side::Lower).map_err(failed)?;
            Ok(values.into_iter().fold(f64::NEG_INFINITY, f64::max))
        };
        let alpha = largest(Mat::from_fn(n, n, |i, j| if i == j { d[i] } else { 0.0 }))?;
        let strict = Mat::from_fn(n, n, |i, j| if i > j { full[(i, j)] } else { 0.0 });
        let scaled = Mat::from_fn(n, n, |i, j| strict[(j, i)] / d[i]);
        let mut product = &strict * &scaled;
        for i in 0..n {
            product[(i, i)] -= 0.25 * d[i];
        }
        let beta = largest(product)?;
        let values = full.self_adjoint_eigenvalues(Side::Lower).map_err(failed)?;
        let (least, most) = values.iter().fold((f64::INFINITY, 0.0f64), |(lo, hi), v| (lo.min(*v), hi.max(*v)));
        Ok(Self { alpha, beta, condition: most / least })
    }

    /// The bound on the iterations to a residual of `epsilon`, relative to the right-hand side.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `omega` is not in (0, 2).
    pub fn iterations(&self, omega: f64, epsilon: f64) -> Result<f64> {
        check_omega(omega)?;
        // The reciprocal of a bound on the condition number with the preconditioner.
        let inverse = (2.0 - omega) / (1.0 + 0.25 * (2.0 - omega).powi(2) * self.alpha / omega + self.beta * omega);
        let start = self.condition.sqrt() / epsilon;
        let fall = 1.0 - 2.0 / (1.0 + (1.0 / inverse).sqrt());
        Ok(1.0 + (start + (start * start - 1.0).sqrt()).ln() / -fall.ln())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problems::{laplacian_2d, laplacian_radius};
    use crate::sequence::{Relaxation, System};
    use crate::theory::sor_radius;
    use crate::{Scheme, Solver};
    use ansatz_core::{Run, Seed};

    fn iterations(a: &Csr, scheme: Scheme, omega: f64) -> u32 {
        let mut stream = Seed(1).stream("b", 0);
        let b: Vec<f64> = (0..a.rows()).map(|_| stream.normal()).collect();
        let system = System { a, b: &b, x0: None, context: 0.0 };
        let solution = Solver::new(scheme).solve(&system, omega, &mut Run::new(Seed(0))).unwrap();
        solution.work.iterations as u32
    }

    #[test]
    fn over_relaxation_obeys_the_near_asymptotic_bound() {
        let a = laplacian_2d(8, 8).unwrap();
        let omegas = [1.0, 1.3, 1.5, 1.7, 1.9];
        let runs: Vec<(u32, Decay)> = omegas
            .iter()
            .map(|&omega| {
                let k = iterations(&a, Scheme::Sor, omega);
                (k, Decay::new(&a, omega, k).unwrap())
            })
            .collect();
        let tau = runs.iter().map(|(_, decay)| decay.asymptocity()).fold(0.0, f64::max);
        assert!((0.0..1.0).contains(&tau), "{tau}");
        for (omega, (k, decay)) in omegas.iter().zip(&runs) {
            let expected = sor_radius(laplacian_radius(8, 0.0), *omega).unwrap();
            // Near the optimum the eigenvalues are defective, and only so accurate.
            assert!((decay.radius - expected).abs() < 1e-6, "{omega}: {} {expected}", decay.radius);
            let bound = decay.near_asymptotic_bound(1e-8, tau);
            assert!(f64::from(*k) <= bound && bound < 6.0 * f64::from(*k), "{omega}: {k} {bound}");
        }
    }

    #[test]
    fn conjugate_gradients_obey_axelssons_bound() {
        let a = laplacian_2d(12, 12).unwrap();
        let bound = SsorBound::new(&a).unwrap();
        for omega in [0.8, 1.0, 1.3, 1.6, 1.8, 1.95] {
            let (k, at_most) = (iterations(&a, Scheme::SsorCg, omega), bound.iterations(omega, 1e-8).unwrap());
            assert!(f64::from(k) <= at_most && at_most < 12.0 * f64::from(k), "{omega}: {k} {at_most}");
        }
        // The condition number of the model problem is cot²(πh/2), and D A⁻¹ = 4 A⁻¹.
        let h = std::f64::consts::PI / 26.0;
        assert!((bound.condition * h.tan().powi(2) - 1.0).abs() < 1e-10);
        assert!((bound.alpha * 2.0 * h.sin().powi(2) - 1.0).abs() < 1e-10);
        assert!(SsorBound::new(&a.shifted(1.0, -3.0).unwrap()).is_err() && Decay::new(&a, 2.0, 5).is_err());
    }
}
