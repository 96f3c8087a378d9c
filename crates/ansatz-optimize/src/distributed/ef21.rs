//! EF21: every worker's estimate of its gradient is known to all, and its compressed change is sent.
//!
//! ```text
//! Δ_i = C(g_i − h_i),   h_i ← h_i + Δ_i,   h ← h + (1/n) Σ Δ_i,   x ← x − γ h
//! ```
//!
//! Converges linearly with exact gradients however much workers disagree; the noise of stochastic ones is not averaged
//! over the rounds that an entry waits, and is amplified. One vector a worker.
//!
//! Source: Richtárik, Sokolov & Fatkhullin 2021, arXiv:2106.05203.

use super::method::{Combination, Local, Method, Start};
use crate::vector::positive;
use ansatz_core::Result;

/// EF21.
#[derive(Clone, Debug)]
pub struct Ef21 {
    /// The step size `γ`.
    pub gamma: f64,
    /// How the first message is sent.
    pub start: Start,
}

impl Method for Ef21 {
    fn name(&self) -> &'static str {
        "EF21"
    }

    fn parameters(&self) -> String {
        format!("γ = {}, {:?} start", self.gamma, self.start)
    }

    fn citation(&self) -> &'static str {
        "Richtárik, Sokolov & Fatkhullin 2021, arXiv:2106.05203"
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
        Combination::Sum
    }

    fn start(&self) -> Start {
        self.start
    }

    fn propose(&self, local: &Local, memory: &mut [Vec<f64>], v: &mut [f64]) {
        let [h] = memory else { return };
        for ((v, h), g) in v.iter_mut().zip(h).zip(local.gradient) {
            *v = g - *h;
        }
    }

    fn accept(&self, _: &Local, memory: &mut [Vec<f64>], delta: &[f64]) {
        let [h] = memory else { return };
        for (h, delta) in h.iter_mut().zip(delta) {
            *h += delta;
        }
    }
}
