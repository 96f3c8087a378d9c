//! GMRES(m): any square system, restarted.
//!
//! Minimises `‖b − A x‖₂` over the Krylov space of `A M⁻¹`, whose orthonormal basis is built by Arnoldi's process with
//! modified Gram–Schmidt:
//!
//! ```text
//! w = A M⁻¹ vⱼ,   hᵢⱼ = wᵀ vᵢ,   w ← w − hᵢⱼ vᵢ,   vⱼ₊₁ = w/‖w‖,   x ← x + M⁻¹ V y,   y = argmin ‖β e₁ − H y‖
//! ```
//!
//! After `m` steps it starts anew from the iterate, since step `j` costs `4 n j` operations besides a product and an
//! application of `M⁻¹`, and every step another vector of memory. Preconditioning from the right keeps the residual that
//! of the system. Restarted, the method may come to a stand short of the solution: a cycle that does not lower the
//! residual ends it as stalled; a larger `m` helps.
//!
//! Source: Saad & Schultz 1986, SIAM J. Sci. Stat. Comput. 7, 856–869.

use crate::solution::{APPLICATIONS, PRODUCTS};
use crate::vector::{add_scaled, check_rtol, dot, norm, residual};
use crate::{LinearOperator, Preconditioner, Solution};
use ansatz_core::{Error, Result, Run, Stopped, Work};

/// A cycle that lowers the residual by less than this fraction has come to a stand.
const STAND: f64 = 1e-6;

/// GMRES, restarted.
#[derive(Clone, Debug)]
pub struct Gmres {
    /// Steps of a cycle, `m ≥ 1`.
    pub restart: usize,
    /// Stop at `‖b − A x‖₂ ≤ rtol ‖b‖₂`.
    pub rtol: f64,
    /// At most so many iterations: steps, not cycles.
    pub max_iterations: u64,
}

impl Default for Gmres {
    fn default() -> Self {
        Self { restart: 30, rtol: 1e-8, max_iterations: 10_000 }
    }
}

impl Gmres {
    /// Solves `a x = b` with the preconditioner `m`, from `x0` or from zero.
    ///
    /// # Errors
    /// [`Error::Parameter`] if a parameter is out of range or sizes differ; [`Error::NotFinite`] for data that are not
    /// finite. A run that ends early is no error.
    ///
    /// ```
    /// use ansatz_core::{Run, Seed, Stopped};
    /// use ansatz_linear::{Csr, Identity, krylov::Gmres};
    /// let a = Csr::from_triplets(3, 3, &[(0, 1, 1.0), (1, 2, 1.0), (2, 0, 1.0)])?;
    /// let solution = Gmres::default().solve(&a, &Identity, &[1.0, 2.0, 3.0], None, &mut Run::new(Seed(0)))?;
    /// assert!((solution.x[0] - 3.0).abs() < 1e-12 && solution.stopped == Stopped::Converged);
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
        if self.restart == 0 {
            return Err(Error::parameter("restart", 0, "at least 1"));
        }
        let mut x = super::start(a, m, b, x0)?;
        let n = b.len();
        let cycle = self.restart.min(n);
        let target = self.rtol * norm(b);
        let mut basis: Vec<Vec<f64>> = Vec::new();
        let mut z = vec![0.0; n];
        let (mut iterations, mut products, mut applications) = (0u64, 0u64, 0u64);
        let mut residuals: Vec<f64> = Vec::new();
        let mut cycle_start = f64::INFINITY;
        let stopped = loop {
            let mut r = basis.pop().unwrap_or_else(|| vec![0.0; n]);
            basis.clear();
            a.apply(&x, &mut r);
            products += 1;
            let size = residual(b, &mut r);
            match residuals.last_mut() {
                Some(last) => *last = size,
                None => residuals.push(size),
            }
            if size <= target {
                break Stopped::Converged;
            }
            if size > (1.0 - STAND) * cycle_start {
                break Stopped::Stalled;
            }
            cycle_start = size;
            for r in &mut r {
                *r /= size;
            }
            basis.push(r);
            let mut cycle = Cycle { r: Vec::with_capacity(cycle), rotations: Vec::new(), g: vec![size], length: cycle };
            let why = loop {
                if iterations == self.max_iterations {
                    break Some(Stopped::EvaluationLimit);
                }
                m.apply(&basis[basis.len() - 1], &mut z);
                let mut w = vec![0.0; n];
                a.apply(&z, &mut w);
                applications += 1;
                products += 1;
                let mut column: Vec<f64> = Vec::with_capacity(basis.len() + 1);
                let before = norm(&w);
                for v in &basis {
                    let h = dot(&w, v);
                    add_scaled(-h, v, &mut w);
                    column.push(h);
                }
                let next = norm(&w);
                // The space is exhausted: what is left of w is rounding error.
                let exhausted = next <= 10.0 * f64::EPSILON * before;
                column.push(if exhausted { 0.0 } else { next });
                let size = cycle.add(column);
                iterations += 1;
                residuals.push(size);
                let work = Work { iterations, evaluations: products, ..Work::default() };
                let why = run.step(&work, size);
                // Being done comes before being told to stop; not-a-number is not being done.
                if size <= target || exhausted || cycle.is_full() {
                    break None;
                }
                if why.is_some() {
                    break why;
                }
                for w in &mut w {
                    *w /= next;
                }
                basis.push(w);
            };
            // x ← x + M⁻¹ V y
            let mut sum = vec![0.0; n];
            for (y, v) in cycle.coefficients().iter().zip(&basis) {
                add_scaled(*y, v, &mut sum);
            }
            m.apply(&sum, &mut z);
            applications += 1;
            add_scaled(1.0, &z, &mut x);
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

/// The least-squares problem of a cycle: `R` by columns, the rotations that made it, and the right-hand side.
struct Cycle {
    r: Vec<Vec<f64>>,
    rotations: Vec<(f64, f64)>,
    g: Vec<f64>,
    length: usize,
}

impl Cycle {
    fn is_full(&self) -> bool {
        self.r.len() == self.length
    }

    /// Adds a column of the Hessenberg matrix; the residual.
    fn add(&mut self, mut column: Vec<f64>) -> f64 {
        for (i, &(c, s)) in self.rotations.iter().enumerate() {
            (column[i], column[i + 1]) = (c * column[i] + s * column[i + 1], c * column[i + 1] - s * column[i]);
        }
        let j = self.r.len();
        let length = column[j].hypot(column[j + 1]);
        // A zero column: A M⁻¹ is singular on the space, and the direction stays out of the solution.
        let (c, s) = if length == 0.0 { (1.0, 0.0) } else { (column[j] / length, column[j + 1] / length) };
        column[j] = length;
        column.truncate(j + 1);
        let last = self.g[j];
        self.g[j] = c * last;
        self.g.push(-s * last);
        self.rotations.push((c, s));
        self.r.push(column);
        self.g[j + 1].abs()
    }

    fn coefficients(&self) -> Vec<f64> {
        let k = self.r.len();
        let mut y = self.g[..k].to_vec();
        for j in (0..k).rev() {
            y[j] = if self.r[j][j] == 0.0 { 0.0 } else { y[j] / self.r[j][j] };
            for i in 0..j {
                y[i] -= self.r[j][i] * y[j];
            }
        }
        y
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::precondition::Diagonal;
    use crate::{Csr, Identity, direct};
    use ansatz_core::Seed;

    fn ring(n: usize) -> Csr {
        let entries: Vec<_> = (0..n).map(|i| (i, (i + 1) % n, 1.0)).collect();
        Csr::from_triplets(n, n, &entries).unwrap()
    }

    #[test]
    fn it_agrees_with_the_direct_solver_and_minimises() {
        let (a, b) = super::super::tests::without_symmetry(120);
        let exact = direct::solve(&a, &b).unwrap();
        for restart in [5, 30, 200] {
            for from in [None, Some(vec![0.3; 120])] {
                let gmres = Gmres { restart, rtol: 1e-11, ..Gmres::default() };
                let m = Diagonal::new(&a).unwrap();
                let solution = gmres.solve(&a, &m, &b, from.as_deref(), &mut Run::new(Seed(0))).unwrap();
                assert_eq!(solution.stopped, Stopped::Converged, "restart {restart}");
                assert!(solution.x.iter().zip(&exact).all(|(x, e)| (x - e).abs() < 1e-8));
                assert!(solution.residuals.windows(2).all(|pair| pair[1] <= pair[0] * (1.0 + 1e-9)));
            }
        }
    }

    #[test]
    fn stopped_in_a_cycle_it_returns_the_iterate_of_its_residual() {
        let (a, b) = super::super::tests::without_symmetry(60);
        let gmres = Gmres { restart: 8, max_iterations: 11, ..Gmres::default() };
        let solution = gmres.solve(&a, &Identity, &b, None, &mut Run::new(Seed(0))).unwrap();
        assert_eq!((solution.stopped, solution.work.iterations), (Stopped::EvaluationLimit, 11));
        let mut r = vec![0.0; 60];
        a.apply(&solution.x, &mut r);
        assert!((residual(&b, &mut r) / solution.residual() - 1.0).abs() < 1e-10);
    }

    #[test]
    fn the_shift_that_defeats_restarts_is_reported_and_solved_without() {
        // Every step of GMRES on a cyclic shift leaves the residual as it is, but for the last.
        let mut b = vec![0.0; 10];
        b[0] = 1.0;
        let solve = |restart| {
            let gmres = Gmres { restart, ..Gmres::default() };
            gmres.solve(&ring(10), &Identity, &b, None, &mut Run::new(Seed(0))).unwrap()
        };
        assert_eq!((solve(9).stopped, solve(9).residual()), (Stopped::Stalled, 1.0));
        assert_eq!(solve(10).stopped, Stopped::Converged);
    }

    #[test]
    fn a_singular_matrix_is_no_division_by_zero() {
        let a = Csr::from_triplets(2, 2, &[(0, 1, 1.0)]).unwrap();
        let solution = Gmres::default().solve(&a, &Identity, &[1.0, 1.0], None, &mut Run::new(Seed(0))).unwrap();
        assert_eq!(solution.stopped, Stopped::Stalled);
        assert!(solution.x.iter().all(|x| x.is_finite()));
        let refused = Gmres { restart: 0, ..Gmres::default() };
        assert!(refused.solve(&a, &Identity, &[1.0, 1.0], None, &mut Run::new(Seed(0))).is_err());
    }
}
