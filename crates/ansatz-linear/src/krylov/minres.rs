//! MINRES: symmetric systems that need not be definite.
//!
//! Minimises the residual over the Krylov space by Lanczos' three-term recurrence, with a symmetric positive definite
//! preconditioner `M`:
//!
//! ```text
//! β v ← A z − α v − β₋ v₋,   z = M⁻¹ v,   QR of the tridiagonal matrix by one rotation a step
//! ```
//!
//! What is minimal is `‖r‖` in the norm of `M⁻¹`; the residual in the Euclidean norm is carried along by
//! `r ← s² r − φ c v` (rotation `c, s`) at the cost of one more pass. Ends at `‖b − A x‖₂ ≤ rtol ‖b‖₂`, confirmed on the
//! true residual. Where `A` is singular and `b` not in its range no iterate is a solution: that is noticed by
//! `‖A r‖ ≤ rtol ‖A‖ ‖r‖` and reported as stalled, with the least-squares solution. An iteration costs a product with
//! `A`, an application of `M⁻¹`, and eight passes over vectors; memory is seven vectors.
//!
//! Source: Paige & Saunders 1975, SIAM J. Numer. Anal. 12, 617–629.

use crate::solution::{APPLICATIONS, PRODUCTS};
use crate::vector::{add_scaled, check_rtol, dot, norm, residual};
use crate::{LinearOperator, Preconditioner, Solution};
use ansatz_core::{Error, Result, Run, Stopped, Work};

/// So often the recurrence may restart from the true residual before rounding errors are said to have the last word.
const RESTARTS: u32 = 5;

/// MINRES.
#[derive(Clone, Debug)]
pub struct Minres {
    /// Stop at `‖b − A x‖₂ ≤ rtol ‖b‖₂`.
    pub rtol: f64,
    /// At most so many iterations.
    pub max_iterations: u64,
}

impl Default for Minres {
    fn default() -> Self {
        Self { rtol: 1e-8, max_iterations: 10_000 }
    }
}

impl Minres {
    /// Solves `a x = b` for symmetric `a` with the positive definite preconditioner `m`, from `x0` or from zero.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `rtol` is outside (0, 1), sizes differ, or `m` turns out not to be positive definite;
    /// [`Error::NotFinite`] for data that are not finite. A run that ends early is no error. Symmetry cannot be seen from
    /// products alone: [`Csr::require_symmetric`](crate::Csr::require_symmetric) checks a matrix.
    ///
    /// ```
    /// use ansatz_core::{Run, Seed, Stopped};
    /// use ansatz_linear::{Identity, krylov::Minres, problems::laplacian_2d};
    /// // Shifted between its eigenvalues, the Laplacian is indefinite.
    /// let a = laplacian_2d(12, 12)?.shifted(1.0, -1.0)?;
    /// let solution = Minres::default().solve(&a, &Identity, &vec![1.0; 144], None, &mut Run::new(Seed(0)))?;
    /// assert_eq!(solution.stopped, Stopped::Converged);
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
        let (mut r, mut v, mut w, mut w_old) = (vec![0.0; n], vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        let (mut now, mut before, mut z, mut y) = (vec![0.0; n], vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        let (mut iterations, mut products, mut applications, mut restarts) = (0u64, 0u64, 0u64, 0u32);
        let mut residuals = Vec::new();
        let mut square = 0.0f64;
        let stopped = 'restart: loop {
            a.apply(&x, &mut r);
            products += 1;
            let mut size = residual(b, &mut r);
            match residuals.last_mut() {
                Some(last) => *last = size,
                None => residuals.push(size),
            }
            if size <= target {
                break Stopped::Converged;
            }
            if iterations > 0 {
                if restarts == RESTARTS {
                    break Stopped::Stalled;
                }
                restarts += 1;
            }
            now.copy_from_slice(&r);
            before.fill(0.0);
            w.fill(0.0);
            w_old.fill(0.0);
            m.apply(&now, &mut z);
            applications += 1;
            let mut beta = positive(dot(&now, &z), iterations)?.sqrt();
            let (mut beta_old, mut phi_bar) = (0.0, beta);
            let (mut c, mut s, mut d_bar, mut epsilon) = (-1.0, 0.0, 0.0, 0.0);
            loop {
                if iterations == self.max_iterations {
                    break 'restart Stopped::EvaluationLimit;
                }
                // Lanczos: v = z/β,   y = A v − (β/β₋) before − (α/β) now
                for (v, z) in v.iter_mut().zip(&z) {
                    *v = z / beta;
                }
                a.apply(&v, &mut y);
                products += 1;
                if beta_old > 0.0 {
                    add_scaled(-beta / beta_old, &before, &mut y);
                }
                let alpha = dot(&v, &y);
                add_scaled(-alpha / beta, &now, &mut y);
                std::mem::swap(&mut before, &mut now);
                std::mem::swap(&mut now, &mut y);
                m.apply(&now, &mut z);
                applications += 1;
                beta_old = beta;
                beta = positive(dot(&now, &z), iterations)?.sqrt();
                square += alpha * alpha + beta * beta + beta_old * beta_old;
                // The rotations before and now, applied to the column (β₋, α, β).
                let epsilon_old = epsilon;
                let delta = c * d_bar + s * alpha;
                let gamma_bar = s * d_bar - c * alpha;
                epsilon = s * beta;
                d_bar = -c * beta;
                // ‖A r₋‖ = φ̄₋ ‖(γ̄, d̄)‖: nothing is left of r that A can see.
                if gamma_bar.hypot(d_bar) <= f64::EPSILON.max(0.01 * self.rtol) * square.sqrt() {
                    break 'restart Stopped::Stalled;
                }
                let gamma = gamma_bar.hypot(beta);
                (c, s) = (gamma_bar / gamma, beta / gamma);
                let phi = c * phi_bar;
                phi_bar *= s;
                // w ← (v − ε w₋₋ − δ w₋)/γ,   x ← x + φ w
                for i in 0..n {
                    let next = (v[i] - epsilon_old * w_old[i] - delta * w[i]) / gamma;
                    w_old[i] = w[i];
                    w[i] = next;
                    x[i] += phi * next;
                }
                let along = if beta > 0.0 { -phi_bar * c / beta } else { 0.0 };
                for (r, v) in r.iter_mut().zip(&now) {
                    *r = s * s * *r + along * v;
                }
                size = norm(&r);
                iterations += 1;
                residuals.push(size);
                let work = Work { iterations, evaluations: products, ..Work::default() };
                let why = run.step(&work, size);
                // Being done comes before being told to stop; not-a-number is not being done.
                if size <= target || beta == 0.0 {
                    continue 'restart;
                }
                if let Some(why) = why {
                    break 'restart why;
                }
            }
        };
        let mut work = Work { iterations, ..Work::default() };
        work.add(PRODUCTS, products);
        work.add(APPLICATIONS, applications);
        Ok(Solution { x, residuals, work, stopped })
    }
}

/// Refuses a negative `rᵀM⁻¹r`. Not-a-number passes: the run's next step ends with it.
fn positive(form: f64, iteration: u64) -> Result<f64> {
    if form < 0.0 {
        let value = format!("indefinite (rᵀM⁻¹r = {form:e} in iteration {})", iteration + 1);
        return Err(Error::parameter("the preconditioner", value, "positive definite for MINRES"));
    }
    Ok(form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::precondition::{Diagonal, Ssor};
    use crate::problems::laplacian_2d;
    use crate::{Csr, Identity, direct};
    use ansatz_core::Seed;

    fn right_side(n: usize) -> Vec<f64> {
        (0..n).map(|i| (i as f64).sin() + 0.1).collect()
    }

    #[test]
    fn indefinite_systems_are_solved_as_by_the_direct_solver() {
        let laplacian = laplacian_2d(12, 9).unwrap();
        let b = right_side(108);
        for shift in [-1.3, -4.0, 0.0] {
            let a = laplacian.shifted(1.0, shift).unwrap();
            let exact = direct::solve(&a, &b).unwrap();
            let minres = Minres { rtol: 1e-11, max_iterations: 2000 };
            let solution = minres.solve(&a, &Identity, &b, None, &mut Run::new(Seed(0))).unwrap();
            assert_eq!(solution.stopped, Stopped::Converged, "{shift}");
            assert!(solution.x.iter().zip(&exact).all(|(x, e)| (x - e).abs() < 1e-7), "{shift}");
            // Without a preconditioner the Euclidean residual is what is minimised.
            assert!(solution.residuals.windows(2).all(|pair| pair[1] <= pair[0] * (1.0 + 1e-10)));
            assert_eq!(solution.residuals.len() as u64, solution.work.iterations + 1);
        }
    }

    #[test]
    fn a_preconditioner_helps_and_the_residuals_are_true() {
        let a = laplacian_2d(20, 20).unwrap();
        let (b, m) = (right_side(400), Ssor::new(&a, 1.6).unwrap());
        let plain = Minres::default().solve(&a, &Identity, &b, None, &mut Run::new(Seed(0))).unwrap();
        let helped = Minres::default().solve(&a, &m, &b, None, &mut Run::new(Seed(0))).unwrap();
        assert!(2 * helped.work.iterations < plain.work.iterations);
        for limit in [1, 4, 9] {
            let short = Minres { max_iterations: limit, ..Minres::default() };
            let short = short.solve(&a, &m, &b, None, &mut Run::new(Seed(0))).unwrap();
            let mut r = vec![0.0; 400];
            a.apply(&short.x, &mut r);
            assert!((short.residual() / residual(&b, &mut r) - 1.0).abs() < 1e-10);
        }
    }

    #[test]
    fn a_singular_system_ends_with_least_squares() {
        // The Laplacian on a ring: constants are in its null space, and b has a mean.
        let n = 20;
        let entries: Vec<_> =
            (0..n).flat_map(|i| [(i, i, 2.0), (i, (i + 1) % n, -1.0), ((i + 1) % n, i, -1.0)]).collect();
        let a = Csr::from_triplets(n, n, &entries).unwrap();
        let b: Vec<f64> = right_side(n);
        let solution = Minres::default().solve(&a, &Identity, &b, None, &mut Run::new(Seed(0))).unwrap();
        assert_eq!(solution.stopped, Stopped::Stalled);
        let mean = b.iter().sum::<f64>() / n as f64;
        assert!((solution.residual() - mean.abs() * (n as f64).sqrt()).abs() < 1e-8, "{}", solution.residual());
    }

    #[test]
    fn an_indefinite_preconditioner_is_named() {
        let a = laplacian_2d(4, 4).unwrap().shifted(1.0, -4.0).unwrap();
        let entries: Vec<_> = (0..16usize).map(|i| (i, i, if i == 3 { -1.0 } else { 1.0 })).collect();
        let m = Diagonal::new(&Csr::from_triplets(16, 16, &entries).unwrap()).unwrap();
        let mut b = vec![0.0; 16];
        b[3] = 1.0;
        let error = Minres::default().solve(&a, &m, &b, None, &mut Run::new(Seed(0))).unwrap_err();
        assert!(error.to_string().starts_with("the preconditioner is indefinite (rᵀM⁻¹r = -1e0 in iteration 1)"));
    }
}
