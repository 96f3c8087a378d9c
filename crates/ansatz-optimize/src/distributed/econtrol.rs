//! EControl: error feedback whose strength is controlled, so that it neither stalls nor amplifies noise.
//!
//! For `n` workers with unlike data and stochastic gradients that may send only short messages. Each keeps an estimate
//! `h_i` of its gradient, as in EF21, and the account `e_i` of all that was not sent, of which the part `η` is added to
//! what is sent next:
//!
//! ```text
//! Δ_i = C(η e_i + g_i − h_i)        the only message
//! e_i ← e_i + g_i − h_i − Δ_i
//! h_i ← h_i + Δ_i
//! h ← h + (1/n) Σ Δ_i,   x ← x − γ h
//! ```
//!
//! `x` moves with the estimate that the messages of this very round have updated. `Σ g_i − Σ h_i` over all rounds is
//! `e_i`; with `η = 0` this is EF21. The theory for strongly convex functions asks for `η = δ/400`; in practice 0.1 is a
//! good value, and 0.01 to 0.5 do. Two vectors a worker, three with momentum; `O(d)` beside the compression.
//!
//! With momentum the running mean `m_i` takes the place of `g_i`, as in EF21-SGDM; this variant is not in the paper.
//!
//! The paper starts from `h_i = 0`, or from a first gradient. Here the first message is the start: sent dense, or
//! compressed like all others, which is what `h_i = 0` comes to.
//!
//! Source: Gao, Islamov & Stich 2024, arXiv:2311.05645.

use super::ef21_sgdm::{check_beta, update_momentum};
use super::method::{Combination, Local, Method, Start};
use crate::vector::positive;
use ansatz_core::{Error, Result};

/// EControl.
#[derive(Clone, Debug)]
pub struct EControl {
    /// The step size `γ`.
    pub gamma: f64,
    /// The strength `η` of the feedback; 0 is EF21.
    pub eta: f64,
    /// The weight `β` of the newest gradient in a running mean; 1 is no momentum.
    pub beta: f64,
    /// How the first message is sent.
    pub start: Start,
}

impl Default for EControl {
    fn default() -> Self {
        Self { gamma: 0.05, eta: 0.1, beta: 1.0, start: Start::Dense }
    }
}

impl Method for EControl {
    fn name(&self) -> &'static str {
        if self.beta == 1.0 { "EControl" } else { "EControl with momentum" }
    }

    fn parameters(&self) -> String {
        let momentum = if self.beta == 1.0 { String::new() } else { format!(", β = {}", self.beta) };
        format!("γ = {}, η = {}{momentum}, {:?} start", self.gamma, self.eta, self.start)
    }

    fn citation(&self) -> &'static str {
        "Gao, Islamov & Stich 2024, arXiv:2311.05645"
    }

    fn check(&self, _: usize, _: usize) -> Result<()> {
        positive("gamma", self.gamma)?;
        if !(self.eta >= 0.0 && self.eta.is_finite()) {
            return Err(Error::parameter("eta", self.eta, "at least 0 and finite"));
        }
        check_beta(self.beta)
    }

    fn gamma(&self) -> f64 {
        self.gamma
    }

    fn vectors(&self) -> usize {
        if self.beta == 1.0 { 2 } else { 3 }
    }

    fn combination(&self) -> Combination {
        Combination::Sum
    }

    fn start(&self) -> Start {
        self.start
    }

    fn propose(&self, local: &Local, memory: &mut [Vec<f64>], v: &mut [f64]) {
        let [e, h, momentum @ ..] = memory else { return };
        let g = match momentum.first_mut() {
            Some(m) => {
                update_momentum(m, local, self.beta);
                m
            }
            None => local.gradient,
        };
        for (((v, e), h), g) in v.iter_mut().zip(e).zip(h).zip(g) {
            *v = self.eta * *e + (g - *h);
        }
    }

    fn accept(&self, local: &Local, memory: &mut [Vec<f64>], delta: &[f64]) {
        let [e, h, momentum @ ..] = memory else { return };
        let g = momentum.first().map_or(local.gradient, |m| m);
        for (((e, h), g), delta) in e.iter_mut().zip(h).zip(g).zip(delta) {
            *e = *e + (g - *h) - delta;
            *h += delta;
        }
    }
}
