//! BiCGSTAB: any square system, with short recurrences.
//!
//! Solves `A x = b` with a preconditioner `M` from the right, by bi-conjugate gradients whose second half-step is
//! one of steepest descent on the residual:
//!
//! ```text
//! p ← r + β (p − ω v),   v = A M⁻¹ p,   s = r − α v,   t = A M⁻¹ s,   ω = tᵀs/tᵀt,   r = s − ω t
//! ```
//!
//! Memory does not grow with the iterations, as it does for [`Gmres`](super::Gmres), and an iteration costs two products and
//! two applications; but the residual is not monotone, and the recurrence can break down, when `r̂ᵀr` or `ω` vanishes:
//! then it starts anew from the iterate, and after five times is given up as stalled, with the best iterate. Ends at
//! `‖b − A x‖₂ ≤ rtol ‖b‖₂`, confirmed on the true residual.
//!
//! Source: van der Vorst 1992, SIAM J. Sci. Stat. Comput. 13, 631–644.

use crate::solution::{APPLICATIONS, PRODUCTS};
use crate::vector::{add_scaled, check_rtol, dot, norm, residual};
use crate::{LinearOperator, Preconditioner, Solution};
use ansatz_core::{Result, Run, Stopped, Work};

/// So often the recurrence may start anew, after a breakdown or from the true residual.
const RESTARTS: u32 = 5;
/// `r̂ᵀr` and `tᵀs` below this fraction of the product of the norms are breakdowns.
const BREAKDOWN: f64 = 1e-14;

/// BiCGSTAB.
#[derive(Clone, Debug)]
pub struct BiCgStab {
    /// Stop at `‖b − A x‖₂ ≤ rtol ‖b‖₂`.
    pub rtol: f64,
    /// At most so many iterations, of two products each.
    pub max_iterations: u64,
}

impl Default for BiCgStab {
    fn default() -> Self {
        Self { rtol: 1e-8, max_iterations: 10_000 }
    }
}

impl BiCgStab {
    /// Solves `a x = b` with the preconditioner `m`, from `x0` or from zero.
    ///
    /// # Errors
    /// [`Error::Parameter`](ansatz_core::Error::Parameter) if `rtol` is outside (0, 1) or sizes differ;
    /// [`Error::NotFinite`](ansatz_core::Error::NotFinite) for data that are not finite. A run that ends early is no error.
    ///
    /// ```
    /// use ansatz_core::{Run, Seed, Stopped};
    /// use ansatz_linear::{Csr, Identity, krylov::BiCgStab};
    /// let a = Csr::from_triplets(2, 2, &[(0, 0, 3.0), (0, 1, 1.0), (1, 0, -1.0), (1, 1, 2.0)])?;
    /// let solution = BiCgStab::default().solve(&a, &Identity, &[4.0, 1.0], None, &mut Run::new(Seed(0)))?;
    /// assert!((solution.x[0] - 1.0).abs() < 1e-12 && solution.stopped == Stopped::Converged);
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
        let (mut r, mut shadow, mut p, mut v) = (vec![0.0; n], vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        let (mut t, mut y, mut z) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        let (mut iterations, mut products, mut applications, mut restarts) = (0u64, 0u64, 0u64, 0u32);
        let mut residuals: Vec<f64> = Vec::new();
        let mut best: Option<(f64, Vec<f64>)> = None;
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
            if best.as_ref().is_none_or(|(least, _)| size < *least) {
                best = Some((size, x.clone()));
            }
            if iterations > 0 {
                if restarts == RESTARTS {
                    break Stopped::Stalled;
                }
                restarts += 1;
            }
            shadow.copy_from_slice(&r);
            p.copy_from_slice(&r);
            let mut rho = dot(&shadow, &r);
            loop {
                if iterations == self.max_iterations {
                    break 'restart Stopped::EvaluationLimit;
                }
                m.apply(&p, &mut y);
                a.apply(&y, &mut v);
                let projection = dot(&shadow, &v);
                if projection.abs() <= BREAKDOWN * norm(&shadow) * norm(&v) {
                    // Before the first step there is nothing to start anew from.
                    iterations += 1;
                    products += 1;
                    applications += 1;
                    residuals.push(size);
                    run.step(&Work { iterations, evaluations: products, ..Work::default() }, size);
                    continue 'restart;
                }
                let alpha = rho / projection;
                add_scaled(-alpha, &v, &mut r);
                m.apply(&r, &mut z);
                a.apply(&z, &mut t);
                products += 2;
                applications += 2;
                let (ts, tt) = (dot(&t, &r), dot(&t, &t));
                let broken = ts.abs() <= BREAKDOWN * tt.sqrt() * norm(&r);
                let omega = if broken { 0.0 } else { ts / tt };
                add_scaled(alpha, &y, &mut x);
                add_scaled(omega, &z, &mut x);
                add_scaled(-omega, &t, &mut r);
                size = norm(&r);
                iterations += 1;
                residuals.push(size);
                let work = Work { iterations, evaluations: products, ..Work::default() };
                let why = run.step(&work, size);
                // Being done comes before being told to stop; not-a-number is not being done.
                if size <= target {
                    continue 'restart;
                }
                if let Some(why) = why {
                    break 'restart why;
                }
                let rho_old = std::mem::replace(&mut rho, dot(&shadow, &r));
                if broken || rho.abs() <= BREAKDOWN * norm(&shadow) * size {
                    continue 'restart;
                }
                let beta = rho / rho_old * (alpha / omega);
                for i in 0..n {
                    p[i] = r[i] + beta * (p[i] - omega * v[i]);
                }
            }
        };
        if let (Stopped::Stalled, Some((size, least))) = (stopped, best)
            && residuals.last().is_some_and(|last| size < *last)
        {
            x = least;
            residuals.push(size);
            residuals.swap_remove(residuals.len() - 2);
        }
        let mut work = Work { iterations, ..Work::default() };
        work.add(PRODUCTS, products);
        work.add(APPLICATIONS, applications);
        Ok(Solution { x, residuals, work, stopped })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::precondition::Diagonal;
    use crate::{Csr, Identity, direct};
    use ansatz_core::Seed;

    #[test]
    fn it_agrees_with_the_direct_solver() {
        for n in [30, 120] {
            let (a, b) = super::super::tests::without_symmetry(n);
            let exact = direct::solve(&a, &b).unwrap();
            let method = BiCgStab { rtol: 1e-11, max_iterations: 2000 };
            let start = vec![-0.2; n];
            for x0 in [None, Some(&start[..])] {
                let m = Diagonal::new(&a).unwrap();
                let solution = method.solve(&a, &m, &b, x0, &mut Run::new(Seed(0))).unwrap();
                assert_eq!(solution.stopped, Stopped::Converged);
                assert!(solution.x.iter().zip(&exact).all(|(x, e)| (x - e).abs() < 1e-8));
                assert_eq!(solution.residuals.len() as u64, solution.work.iterations + 1);
            }
        }
    }

    #[test]
    fn a_breakdown_is_no_division_by_zero() {
        // A rotation by a right angle: r̂ᵀA r = 0 in the first step, whatever r is.
        let a = Csr::from_triplets(2, 2, &[(0, 1, 1.0), (1, 0, -1.0)]).unwrap();
        let solution = BiCgStab::default().solve(&a, &Identity, &[1.0, 2.0], None, &mut Run::new(Seed(0))).unwrap();
        assert_eq!(solution.stopped, Stopped::Stalled);
        assert!(solution.x.iter().all(|x| x.is_finite()) && solution.residual() <= 5f64.sqrt());
    }

    #[test]
    fn stopped_early_it_returns_the_iterate_of_its_residual() {
        let (a, b) = super::super::tests::without_symmetry(60);
        let short = BiCgStab { max_iterations: 6, ..BiCgStab::default() };
        let solution = short.solve(&a, &Identity, &b, None, &mut Run::new(Seed(0))).unwrap();
        assert_eq!(solution.stopped, Stopped::EvaluationLimit);
        let mut r = vec![0.0; 60];
        a.apply(&solution.x, &mut r);
        assert!((residual(&b, &mut r) / solution.residual() - 1.0).abs() < 1e-8);
    }
}
