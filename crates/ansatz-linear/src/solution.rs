//! What a solver returns.

use ansatz_core::{Stopped, Work};

/// The solution of `A x = b`, how it was come by, and why the iteration ended.
#[derive(Clone, Debug)]
pub struct Solution {
    /// The last iterate.
    pub x: Vec<f64>,
    /// `‖b − A x‖₂` before the first iteration and after each: one more than there were iterations.
    pub residuals: Vec<f64>,
    /// Iterations; and by name "products" with the matrix and "preconditioner applications".
    pub work: Work,
    /// [`Stopped::Converged`] at the tolerance, [`Stopped::EvaluationLimit`] at the limit of iterations,
    /// [`Stopped::Stalled`] if rounding errors keep the true residual above the tolerance, or the run's reason.
    pub stopped: Stopped,
}

/// The empty vector, converged.
impl Default for Solution {
    fn default() -> Self {
        Self { x: Vec::new(), residuals: Vec::new(), work: Work::default(), stopped: Stopped::Converged }
    }
}

impl Solution {
    /// `‖b − A x‖₂` at the end.
    pub fn residual(&self) -> f64 {
        self.residuals.last().copied().unwrap_or(f64::NAN)
    }
}

/// Names of the counts in a solution's work.
pub(crate) const PRODUCTS: &str = "products";
pub(crate) const APPLICATIONS: &str = "preconditioner applications";
