//! Jacobi's iteration, damped.
//!
//! Solves `A x = b`, `D` the diagonal of `A`, by
//!
//! ```text
//! x ← x + ω D⁻¹ (b − A x)
//! ```
//!
//! until `‖b − A x‖₂ < rtol ‖b − A x₀‖₂`. Converges for strictly diagonally dominant matrices with `ω ≤ 1`, and for
//! symmetric positive definite ones if `ω λ_max(D⁻¹A) < 2`. One product with `A` an iteration; the rows of an iteration
//! are independent of each other.
//!
//! Source: Jacobi 1845; Saad 2003, §4.1.

use crate::precondition::check_omega;
use crate::solution::PRODUCTS;
use crate::vector::{check, check_rtol, residual};
use crate::{Csr, LinearOperator, Solution};
use ansatz_core::{Result, Run, Stopped, Work};

/// Jacobi's iteration.
#[derive(Clone, Debug)]
pub struct Jacobi {
    /// The damping factor, `0 < ω < 2`; 1 is the plain iteration.
    pub omega: f64,
    /// Stop at `‖b − A x‖₂ < rtol ‖b − A x₀‖₂`.
    pub rtol: f64,
    /// At most so many iterations.
    pub max_iterations: u64,
}

impl Default for Jacobi {
    fn default() -> Self {
        Self { omega: 1.0, rtol: 1e-8, max_iterations: 10_000 }
    }
}

impl Jacobi {
    /// Solves `a x = b` from `x0`, or from zero.
    ///
    /// # Errors
    /// As [`Sor::solve`](super::Sor::solve).
    pub fn solve(&self, a: &Csr, b: &[f64], x0: Option<&[f64]>, run: &mut Run) -> Result<Solution> {
        check_omega(self.omega)?;
        check_rtol(self.rtol)?;
        let diagonal = a.require_diagonal()?;
        let n = diagonal.len();
        check("the right-hand side", b, n)?;
        let mut x = match x0 {
            Some(x0) => {
                check("the initial guess", x0, n)?;
                x0.to_vec()
            }
            None => vec![0.0; n],
        };
        let inverse: Vec<f64> = diagonal.iter().map(|d| self.omega / d).collect();
        let mut r = vec![0.0; n];
        a.apply(&x, &mut r);
        let mut size = residual(b, &mut r);
        let target = self.rtol * size;
        let mut residuals = vec![size];
        let mut iterations = 0u64;
        let stopped = loop {
            if size == 0.0 || size < target {
                break Stopped::Converged;
            }
            if iterations == self.max_iterations {
                break Stopped::EvaluationLimit;
            }
            for i in 0..n {
                x[i] += inverse[i] * r[i];
            }
            a.apply(&x, &mut r);
            size = residual(b, &mut r);
            iterations += 1;
            residuals.push(size);
            let work = Work { iterations, evaluations: iterations + 1, ..Work::default() };
            let why = run.step(&work, size);
            // Being done comes before being told to stop; not-a-number is not being done.
            if size < target {
                continue;
            }
            if let Some(why) = why {
                break why;
            }
        };
        let mut work = Work { iterations, ..Work::default() };
        work.add(PRODUCTS, iterations + 1);
        Ok(Solution { x, residuals, work, stopped })
    }
}
