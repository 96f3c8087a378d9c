//! Error feedback (EC): what was not sent is added to what is to be sent next.
//!
//! ```text
//! Δ_i = C(e_i + g_i),   e_i ← e_i + g_i − Δ_i,   x ← x − γ (1/n) Σ Δ_i
//! ```
//!
//! Right for workers with like data; where they disagree, it stalls at a level that their disagreement sets. One vector
//! a worker.
//!
//! Source: Seide, Fu, Droppo, Li & Yu 2014, Interspeech; Stich, Cordonnier & Jaggi 2018, arXiv:1809.07599.

use super::method::{Combination, Local, Method};
use crate::vector::positive;
use ansatz_core::Result;

/// Error feedback.
#[derive(Clone, Debug)]
pub struct ErrorFeedback {
    /// The step size `γ`.
    pub gamma: f64,
}

impl Method for ErrorFeedback {
    fn name(&self) -> &'static str {
        "EC"
    }

    fn parameters(&self) -> String {
        format!("γ = {}", self.gamma)
    }

    fn citation(&self) -> &'static str {
        "Seide et al. 2014; Stich, Cordonnier & Jaggi 2018, arXiv:1809.07599"
    }

    fn check(&self, _: usize, _: usize) -> Result<()> {
        positive("gamma", self.gamma)
    }

    fn gamma(&self) -> f64 {
        self.gamma
    }

    fn vectors(&self) -> usize {
        1
    }

    fn combination(&self) -> Combination {
        Combination::Mean
    }

    fn propose(&self, local: &Local, memory: &mut [Vec<f64>], v: &mut [f64]) {
        let [e] = memory else { return };
        for ((v, e), g) in v.iter_mut().zip(e).zip(local.gradient) {
            *v = *e + g;
        }
    }

    fn accept(&self, local: &Local, memory: &mut [Vec<f64>], delta: &[f64]) {
        let [e] = memory else { return };
        for ((e, g), delta) in e.iter_mut().zip(local.gradient).zip(delta) {
            *e = *e + g - delta;
        }
    }
}
