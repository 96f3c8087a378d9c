//! Conjugate gradients, with or without a preconditioner.
//!
//! Solves `A x = b` for symmetric positive definite `A`, given by its products, with a symmetric positive definite
//! preconditioner `M`:
//!
//! ```text
//! z = M⁻¹ r,   β = rᵀz / r₋ᵀz₋,   p ← z + β p
//! α = rᵀz / pᵀAp,   x ← x + α p,   r ← r − α A p
//! ```
//!
//! until `‖b − A x‖₂ ≤ rtol ‖b‖₂`. An iteration costs a product with `A`, an application of `M⁻¹` and five passes over
//! vectors; memory is four vectors besides `x`. The residual that the recurrence carries along drifts from the true one
//! by rounding errors, so convergence is declared only on the true one: that is one more product at the end.
//!
//! Source: Hestenes & Stiefel 1952, J. Res. NBS 49; preconditioned as in Saad 2003, §9.2.

use crate::solution::{APPLICATIONS, PRODUCTS};
use crate::vector::{add_scaled, check_rtol, dot, norm, residual, scale_and_add};
use crate::{LinearOperator, Preconditioner, Solution};
use ansatz_core::{Error, Result, Run, Stopped, Work};

/// So often the recurrence may restart from the true residual before rounding errors are said to have the last word.
const RESTARTS: u32 = 5;

/// Conjugate gradients.
#[derive(Clone, Debug)]
pub struct ConjugateGradients {
    /// Stop at `‖b − A x‖₂ ≤ rtol ‖b‖₂`.
    pub rtol: f64,
    /// At most so many iterations.
    pub max_iterations: u64,
}

impl Default for ConjugateGradients {
    fn default() -> Self {
        Self { rtol: 1e-8, max_iterations: 10_000 }
    }
}

impl ConjugateGradients {
    /// Solves `a x = b` with the preconditioner `m`, from `x0` or from zero.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `rtol` is outside (0, 1), sizes differ, or `a` or `m` turns out not to be positive
    /// definite; [`Error::NotFinite`] for data that are not finite. A run that ends early is no error.
    ///
    /// ```
    /// use ansatz_core::{Run, Seed, Stopped};
    /// use ansatz_linear::krylov::ConjugateGradients;
    /// use ansatz_linear::precondition::Ssor;
    /// use ansatz_linear::problems::laplacian_2d;
    /// let a = laplacian_2d(30, 30)?;
    /// let m = Ssor::new(&a, 1.7)?;
    /// let solution = ConjugateGradients::default().solve(&a, &m, &vec![1.0; 900], None, &mut Run::new(Seed(0)))?;
    /// assert_eq!(solution.stopped, Stopped::Converged);
    /// assert!(solution.work.iterations < 25);
    /// # Ok::<(), ansatz_core::Error>(())
    /// ```
    pub fn solve(
        &self,
        a: &impl LinearOperator,
        m: &impl Preconditioner,
        b: &[f64],
        x0: Option<&[f64]>,
        run: &mut Run,
    ) -> Result<Solution> {
        check_rtol(self.rtol)?;
        let mut x = super::start(a, m, b, x0)?;
        let n = b.len();
        let target = self.rtol * norm(b);
        let (mut r, mut z, mut p, mut q) = (vec![0.0; n], vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        a.apply(&x, &mut r);
        let mut size = residual(b, &mut r);
        let (mut iterations, mut products, mut applications, mut restarts) = (0u64, 1u64, 0u64, 0u32);
        let mut residuals = vec![size];
        let mut rz = 0.0;
        let stopped = loop {
            if size <= target {
                // Nothing was done yet, or this is the true residual anyway.
                if iterations == 0 {
                    break Stopped::Converged;
                }
                a.apply(&x, &mut r);
                products += 1;
                size = residual(b, &mut r);
                if let Some(last) = residuals.last_mut() {
                    *last = size;
                }
                if size <= target {
                    break Stopped::Converged;
                }
                if restarts == RESTARTS {
                    break Stopped::Stalled;
                }
                restarts += 1;
                rz = 0.0;
            }
            if iterations == self.max_iterations {
                break Stopped::EvaluationLimit;
            }
            m.apply(&r, &mut z);
            applications += 1;
            let rz_before = std::mem::replace(&mut rz, dot(&r, &z));
            definite(rz, "the preconditioner", "rᵀM⁻¹r", iterations)?;
            if rz_before == 0.0 {
                p.copy_from_slice(&z);
            } else {
                scale_and_add(&z, rz / rz_before, &mut p);
            }
            a.apply(&p, &mut q);
            products += 1;
            let curvature = dot(&p, &q);
            definite(curvature, "the matrix", "pᵀAp", iterations)?;
            let alpha = rz / curvature;
            add_scaled(alpha, &p, &mut x);
            add_scaled(-alpha, &q, &mut r);
            size = norm(&r);
            iterations += 1;
            residuals.push(size);
            let work = Work { iterations, evaluations: products, ..Work::default() };
            let why = run.step(&work, size);
            // Being done comes before being told to stop; not-a-number is not being done.
            if size <= target {
                continue;
            }
            if let Some(why) = why {
                break why;
            }
        };
        let mut work = Work { iterations, ..Work::default() };
        work.add(PRODUCTS, products);
        work.add(APPLICATIONS, applications);
        Ok(Solution { x, residuals, work, stopped })
    }
}

/// Refuses a quadratic form that is not positive. Not-a-number passes: the run's next step ends with it.
fn definite(form: f64, what: &str, name: &str, iteration: u64) -> Result<()> {
    if form <= 0.0 {
        let value = format!("indefinite ({name} = {form:e} in iteration {})", iteration + 1);
        return Err(Error::parameter(what, value, "positive definite for conjugate gradients"));
    }
    Ok(())
}
