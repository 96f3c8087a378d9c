//! Gradient descent, or stochastic gradient descent, without compression: `x ← x − γ (1/n) Σ g_i`.
//!
//! `32 d` bits a worker and round; `64 d` where it is to be exact. The measure of all others.
//!
//! Source: Robbins & Monro 1951, Ann. Math. Stat. 22.

use super::method::{Combination, Local, Method};
use crate::vector::positive;
use ansatz_core::Result;

/// Gradient descent.
#[derive(Clone, Debug)]
pub struct Sgd {
    /// The step size `γ`.
    pub gamma: f64,
}

impl Method for Sgd {
    fn name(&self) -> &'static str {
        "SGD"
    }

    fn parameters(&self) -> String {
        format!("γ = {}", self.gamma)
    }

    fn citation(&self) -> &'static str {
        "Robbins & Monro 1951"
    }

    fn check(&self, _: usize, _: usize) -> Result<()> {
        positive("gamma", self.gamma)
    }

    fn gamma(&self) -> f64 {
        self.gamma
    }

    fn vectors(&self) -> usize {
        0
    }

    fn combination(&self) -> Combination {
        Combination::Mean
    }

    fn compresses(&self) -> bool {
        false
    }

    fn propose(&self, local: &Local, _: &mut [Vec<f64>], v: &mut [f64]) {
        v.copy_from_slice(local.gradient);
    }

    fn accept(&self, _: &Local, _: &mut [Vec<f64>], _: &[f64]) {}
}
