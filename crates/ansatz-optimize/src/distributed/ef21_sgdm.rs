//! EF21-SGDM: EF21 on a running mean of the gradients, which tames their noise.
//!
//! ```text
//! m_i ← (1 − β) m_i + β g_i  (m_i = g_i at first),   Δ_i = C(m_i − h_i),   h_i ← h_i + Δ_i
//! h ← h + (1/n) Σ Δ_i,   x ← x − γ h
//! ```
//!
//! Two vectors a worker.
//!
//! Source: Fatkhullin, Tyurin & Richtárik 2023, arXiv:2305.15155.

use super::method::{Combination, Local, Method, Start};
use crate::vector::positive;
use ansatz_core::{Error, Result};

/// EF21 with momentum.
#[derive(Clone, Debug)]
pub struct Ef21Sgdm {
    /// The step size `γ`.
    pub gamma: f64,
    /// The weight `β` of the newest gradient, in (0, 1].
    pub beta: f64,
    /// How the first message is sent.
    pub start: Start,
}

/// Refuses a weight outside (0, 1].
pub(super) fn check_beta(beta: f64) -> Result<()> {
    if beta > 0.0 && beta <= 1.0 {
        return Ok(());
    }
    Err(Error::parameter("beta", beta, "greater than 0 and at most 1, where 1 is no momentum"))
}

/// `m ← (1 − β) m + β g`, or `m = g` at first.
pub(super) fn update_momentum(m: &mut [f64], local: &Local, beta: f64) {
    let beta = if local.first { 1.0 } else { beta };
    for (m, g) in m.iter_mut().zip(local.gradient) {
        *m = (1.0 - beta) * *m + beta * g;
    }
}

impl Method for Ef21Sgdm {
    fn name(&self) -> &'static str {
        "EF21-SGDM"
    }

    fn parameters(&self) -> String {
        format!("γ = {}, β = {}, {:?} start", self.gamma, self.beta, self.start)
    }

    fn citation(&self) -> &'static str {
        "Fatkhullin, Tyurin & Richtárik 2023, arXiv:2305.15155"
    }

    fn check(&self, _: usize, _: usize) -> Result<()> {
        positive("gamma", self.gamma)?;
        check_beta(self.beta)
    }

    fn gamma(&self) -> f64 {
        self.gamma
    }

    fn vectors(&self) -> usize {
        2
    }

    fn combination(&self) -> Combination {
        Combination::Sum
    }

    fn start(&self) -> Start {
        self.start
    }

    fn propose(&self, local: &Local, memory: &mut [Vec<f64>], v: &mut [f64]) {
        let [h, m] = memory else { return };
        update_momentum(m, local, self.beta);
        for ((v, h), m) in v.iter_mut().zip(h).zip(m) {
            *v = *m - *h;
        }
    }

    fn accept(&self, _: &Local, memory: &mut [Vec<f64>], delta: &[f64]) {
        let [h, _] = memory else { return };
        for (h, delta) in h.iter_mut().zip(delta) {
            *h += delta;
        }
    }
}
