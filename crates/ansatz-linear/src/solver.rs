//! The solvers by name, all behind one call.

use crate::krylov::{BiCgStab, ConjugateGradients, Gmres, LeastSquares, Lsqr, Minres};
use crate::precondition::{Chebyshev, Diagonal, IncompleteCholesky, Ssor};
use crate::sequence::{Relaxation, System};
use crate::stationary::{Jacobi, Sor};
use crate::{Identity, Solution};
use ansatz_core::{Result, Run};

/// Which method solves a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Successive over-relaxation.
    Sor,
    /// Jacobi's iteration, damped.
    Jacobi,
    /// Conjugate gradients.
    Cg,
    /// Conjugate gradients, preconditioned by symmetric successive over-relaxation.
    SsorCg,
    /// Conjugate gradients, preconditioned by the diagonal.
    DiagonalCg,
    /// Conjugate gradients, preconditioned by incomplete Cholesky factorisation.
    IncompleteCholeskyCg,
    /// Conjugate gradients, preconditioned by Chebyshev's polynomial of this degree for eigenvalues from a hundredth of
    /// the largest on.
    ChebyshevCg(u32),
    /// MINRES.
    Minres,
    /// GMRES, restarted after so many steps.
    Gmres(u32),
    /// BiCGSTAB.
    BiCgStab,
    /// LSQR: least squares, also for matrices that are not square.
    Lsqr,
}

impl Scheme {
    /// Whether it has a relaxation parameter.
    pub fn has_omega(self) -> bool {
        matches!(self, Self::Sor | Self::Jacobi | Self::SsorCg)
    }
}

/// A method with its tolerance. Stationary methods stop relative to the initial residual, the others relative to the
/// right-hand side, as their papers do.
#[derive(Clone, Debug)]
pub struct Solver {
    /// The method.
    pub scheme: Scheme,
    /// Stop when the residual has fallen to this fraction.
    pub rtol: f64,
    /// At most so many iterations.
    pub max_iterations: u64,
}

impl Solver {
    /// The method with a tolerance of 1e-8 and at most 10,000 iterations.
    pub fn new(scheme: Scheme) -> Self {
        Self { scheme, rtol: 1e-8, max_iterations: 10_000 }
    }
}

/// A method without a relaxation parameter ignores it.
///
/// # Errors
/// `Error::Parameter` for a matrix that is not symmetric, where the method needs one; and those of each method.
impl Relaxation for Solver {
    fn solve(&self, system: &System<'_>, omega: f64, run: &mut Run) -> Result<Solution> {
        let System { a, b, x0, .. } = *system;
        let (rtol, max_iterations) = (self.rtol, self.max_iterations);
        let cg = ConjugateGradients { rtol, max_iterations };
        let symmetric = || a.require_symmetric("conjugate gradients");
        match self.scheme {
            Scheme::Sor => Sor { omega, rtol, max_iterations }.solve(a, b, x0, run),
            Scheme::Jacobi => Jacobi { omega, rtol, max_iterations }.solve(a, b, x0, run),
            Scheme::Cg => symmetric().and_then(|_| cg.solve(a, &Identity, b, x0, run)),
            Scheme::SsorCg => symmetric().and_then(|_| cg.solve(a, &Ssor::new(a, omega)?, b, x0, run)),
            Scheme::DiagonalCg => symmetric().and_then(|_| cg.solve(a, &Diagonal::new(a)?, b, x0, run)),
            Scheme::ChebyshevCg(degree) => {
                symmetric().and_then(|_| cg.solve(a, &Chebyshev::with_ratio(a, degree as usize, 0.01)?, b, x0, run))
            }
            Scheme::Minres => {
                a.require_symmetric("MINRES")?;
                Minres { rtol, max_iterations }.solve(a, &Identity, b, x0, run)
            }
            Scheme::Gmres(restart) => {
                Gmres { restart: restart as usize, rtol, max_iterations }.solve(a, &Identity, b, x0, run)
            }
            Scheme::BiCgStab => BiCgStab { rtol, max_iterations }.solve(a, &Identity, b, x0, run),
            Scheme::Lsqr => {
                let LeastSquares { x, residuals, work, stopped, .. } =
                    Lsqr { damp: 0.0, rtol, max_iterations }.solve(a, b, x0, run)?;
                Ok(Solution { x, residuals, work, stopped })
            }
            Scheme::IncompleteCholeskyCg => {
                symmetric().and_then(|_| cg.solve(a, &IncompleteCholesky::new(a)?, b, x0, run))
            }
        }
    }
}
