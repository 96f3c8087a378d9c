//! What is minimised: a mean of functions, each known to one worker.

use ansatz_core::Stream;

/// `f = (1/n) Σ f_i`, by gradients of its parts.
pub trait Problem: Sync {
    /// What it is called, with its parameters: a saved state goes on only with a problem of the same name.
    fn name(&self) -> String;

    /// The number `n` of workers.
    fn workers(&self) -> usize;

    /// The dimension of `x`.
    fn dim(&self) -> usize;

    /// Where all start.
    fn start(&self) -> Vec<f64>;

    /// Writes `∇f_i(x)`, or an unbiased estimate that is drawn from `stream`, to `g`; `i` counts from 0.
    fn gradient(&self, worker: usize, x: &[f64], stream: &mut Stream, g: &mut [f64]);

    /// The error of `x`, in the problem's own measure.
    fn error(&self, x: &[f64]) -> f64;

    /// What the error measures, such as "‖x − x*‖²".
    fn measure(&self) -> &'static str;

    /// `∇f_i(x*)`, if it is known: what [`IdealFeedback`](super::IdealFeedback) needs.
    fn gradient_at_solution(&self, worker: usize) -> Option<Vec<f64>>;
}
