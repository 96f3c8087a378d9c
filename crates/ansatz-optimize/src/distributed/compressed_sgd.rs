//! Stochastic gradient descent with compressed gradients and nothing to make up for it: `x ← x − γ (1/n) Σ C(g_i)`.
//!
//! Does not converge where workers disagree; here to show why the others keep an account of their errors.
//!
//! Source: Alistarh, Hoefler, Johansson, Khirirat, Konstantinov & Renggli 2018, arXiv:1809.10505.

use super::method::{Combination, Local, Method};
use crate::vector::positive;
use ansatz_core::Result;

/// Compressed gradients.
#[derive(Clone, Debug)]
pub struct CompressedSgd {
    /// The step size `γ`.
    pub gamma: f64,
}

impl Method for CompressedSgd {
    fn name(&self) -> &'static str {
        "compressed SGD"
    }

    fn parameters(&self) -> String {
        format!("γ = {}", self.gamma)
    }

    fn citation(&self) -> &'static str {
        "Alistarh et al. 2018, arXiv:1809.10505"
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

    fn propose(&self, local: &Local, _: &mut [Vec<f64>], v: &mut [f64]) {
        v.copy_from_slice(local.gradient);
    }

    fn accept(&self, _: &Local, _: &mut [Vec<f64>], _: &[f64]) {}
}
