//! Successive over-relaxation.
//!
//! Solves `A x = b`, `A = D + L + U`, by sweeps
//!
//! ```text
//! M = D/ω + L,   δ = M⁻¹ r,   x ← x + δ,   r ← ((1/ω − 1) D − U) δ
//! ```
//!
//! where the last equation is `b − A (x + δ)`, written so that a sweep costs one product with `A` and no more: half of
//! it is the triangular solve, half the residual. Ends at `‖b − A x‖₂ < rtol ‖b − A x₀‖₂`, confirmed on the true
//! residual. Converges for symmetric positive definite matrices and `0 < ω < 2`; the best `ω` of a consistently ordered
//! matrix is [`optimal_omega`](crate::theory::optimal_omega).
//!
//! Source: Young 1954, Trans. AMS 76; Saad 2003, §4.1. The stopping rule is that of Khodak et al. 2024,
//! arXiv:2310.02246.

use crate::precondition::check_omega;
use crate::solution::PRODUCTS;
use crate::sweep::forward;
use crate::vector::{add_scaled, check, check_rtol, residual};
use crate::{Csr, LinearOperator, Solution};
use ansatz_core::{Result, Run, Stopped, Work};

/// So often the iteration goes on from the true residual before rounding errors are said to have the last word.
const RESTARTS: u32 = 5;

/// Successive over-relaxation.
#[derive(Clone, Debug)]
pub struct Sor {
    /// The relaxation parameter, `0 < ω < 2`; 1 is the Gauss–Seidel iteration.
    pub omega: f64,
    /// Stop at `‖b − A x‖₂ < rtol ‖b − A x₀‖₂`.
    pub rtol: f64,
    /// At most so many sweeps.
    pub max_iterations: u64,
}

impl Default for Sor {
    fn default() -> Self {
        Self { omega: 1.0, rtol: 1e-8, max_iterations: 10_000 }
    }
}

impl Sor {
    /// Solves `a x = b` from `x0`, or from zero. At least one sweep is made, unless the initial residual is 0.
    ///
    /// # Errors
    /// `Error::Parameter` if a parameter is out of range, `a` is not square or has a zero on its diagonal, or sizes
    /// differ; `Error::NotFinite` for data that are not finite. A run that ends early is no error.
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
        let (mut r, mut delta) = (vec![0.0; n], vec![0.0; n]);
        a.apply(&x, &mut r);
        let mut size = residual(b, &mut r);
        let target = self.rtol * size;
        let inverse: Vec<f64> = diagonal.iter().map(|d| self.omega / d).collect();
        let kept: Vec<f64> = diagonal.iter().map(|d| (1.0 / self.omega - 1.0) * d).collect();
        let mut residuals = vec![size];
        let (mut iterations, mut products, mut restarts) = (0u64, 1u64, 0u32);
        let stopped = loop {
            if residuals[0] == 0.0 {
                break Stopped::Converged;
            }
            if size < target {
                a.apply(&x, &mut r);
                products += 1;
                size = residual(b, &mut r);
                if let Some(last) = residuals.last_mut() {
                    *last = size;
                }
                if size < target {
                    break Stopped::Converged;
                }
                if restarts == RESTARTS {
                    break Stopped::Stalled;
                }
                restarts += 1;
            }
            if iterations == self.max_iterations {
                break Stopped::EvaluationLimit;
            }
            forward(a, &inverse, 1.0, &r, &mut delta);
            add_scaled(1.0, &delta, &mut x);
            let mut square = 0.0;
            for i in 0..n {
                let (columns, values) = a.strictly_upper(i);
                let start = kept[i] * delta[i];
                r[i] = columns.iter().zip(values).fold(start, |sum, (&j, &v)| sum - v * delta[j as usize]);
                square += r[i] * r[i];
            }
            size = square.sqrt();
            iterations += 1;
            products += 1;
            residuals.push(size);
            let work = Work { iterations, evaluations: products, ..Work::default() };
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
        work.add(PRODUCTS, products);
        Ok(Solution { x, residuals, work, stopped })
    }
}
