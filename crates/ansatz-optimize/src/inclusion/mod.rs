//! Monotone inclusions: find `u` with `0 ∈ F(u) + G(u)`, where `F = (1/n) Σ F_i` and `G` has a cheap resolvent.
//!
//! Games, saddle points and constrained convex problems are of this kind. The methods end with a last iterate whose
//! operator residual `‖u − J_G(u − F(u))‖` is small: it can be computed, so that the exit is honest. What they cost is
//! evaluations of the `F_i`.
//!
//! * [`FiniteSum`]: the operator; [`Resolvent`](crate::prox::Resolvent): the constraint;
//! * [`HalpernVr`] for cocoercive, [`HalpernForb`] for Lipschitz operators, by variance reduction; [`Halpern`],
//!   [`Extragradient`], [`Anchored`], [`VrExtragradient`] to compare with: one file a method;
//! * [`Budget`]: what a method may spend, and how often the residual is looked at.
//!
//! ```
//! use ansatz_core::{Run, Seed, Stopped};
//! use ansatz_optimize::inclusion::{Budget, FiniteSum, HalpernVr, Inclusion, Method};
//! use ansatz_optimize::problems::LeastSquares;
//! use ansatz_optimize::prox::L1;
//! // Least squares with a sparse solution: 400 rows, 20 unknowns.
//! let rows = LeastSquares::random(400, 20, 1.0, Seed(1))?;
//! let g = L1::new(0.01)?;
//! let problem = Inclusion::new(&rows, &g, vec![0.0; 20])?;
//! let method = HalpernVr::theory(rows.average_constant());
//! let solution = method.solve(&problem, &Budget::epochs(5000.0).tol(1e-3), &mut Run::new(Seed(1)))?;
//! assert_eq!(solution.stopped, Stopped::Converged);
//! assert!(problem.residual(&solution.u)? <= 1e-3);
//! # Ok::<(), ansatz_core::Error>(())
//! ```

mod anchored;
mod extragradient;
mod halpern;
mod halpern_forb;
mod halpern_vr;
mod named;
mod problem;
mod sampler;
mod vr_extragradient;
mod watch;

pub use anchored::Anchored;
pub use extragradient::Extragradient;
pub use halpern::Halpern;
pub use halpern_forb::{HalpernForb, Inner};
pub use halpern_vr::HalpernVr;
pub use named::{METHODS, named};
pub use problem::{FiniteSum, Inclusion};
pub use vr_extragradient::VrExtragradient;
pub use watch::{Budget, Look, Solution};

use ansatz_core::{Result, Run};

/// A method for inclusions.
pub trait Method: Sync {
    /// Its name.
    fn name(&self) -> &'static str;

    /// Authors, year and arXiv number of its source.
    fn citation(&self) -> &'static str;

    /// Solves `problem` within `budget`. Random choices come from the run's seed; the run makes one step a look.
    ///
    /// # Errors
    /// `Error::Parameter` for a parameter out of range, `Error::NotFinite` if the residual is not. A run that ends
    /// early is none: the solution says so.
    fn solve(&self, problem: &Inclusion, budget: &Budget, run: &mut Run) -> Result<Solution>;
}
