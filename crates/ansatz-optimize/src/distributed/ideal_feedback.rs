//! Ideal error feedback (EC-Ideal): error feedback on what is left of the gradients when those at the solution are known.
//!
//! ```text
//! Δ_i = C(e_i + g_i − ∇f_i(x*)),   e_i ← e_i + g_i − ∇f_i(x*) − Δ_i,   x ← x − γ (1/n) Σ Δ_i
//! ```
//!
//! The server adds nothing, since `Σ ∇f_i(x*) = 0`. An oracle to measure methods by, and no method: nobody knows
//! `∇f_i(x*)` beforehand.
//!
//! Source: Gao, Islamov & Stich 2024, arXiv:2311.05645.

use super::Problem;
use super::method::{Combination, Local, Method};
use crate::vector::{check, positive};
use ansatz_core::{Error, Result};

/// Error feedback with an oracle.
#[derive(Clone, Debug)]
pub struct IdealFeedback {
    /// The step size `γ`.
    pub gamma: f64,
    offsets: Vec<Vec<f64>>,
}

impl IdealFeedback {
    /// With the gradients at the solution of `problem`.
    ///
    /// # Errors
    /// [`Error::Refused`] if the problem does not know them.
    pub fn new(gamma: f64, problem: &dyn Problem) -> Result<Self> {
        let offsets: Option<Vec<_>> = (0..problem.workers()).map(|i| problem.gradient_at_solution(i)).collect();
        let offsets = offsets.ok_or_else(|| {
            Error::refused(format!("EC-Ideal needs the gradients at the solution, and {} has none", problem.name()))
        })?;
        Ok(Self { gamma, offsets })
    }
}

impl Method for IdealFeedback {
    fn name(&self) -> &'static str {
        "EC-Ideal"
    }

    fn parameters(&self) -> String {
        format!("γ = {}", self.gamma)
    }

    fn citation(&self) -> &'static str {
        "Gao, Islamov & Stich 2024, arXiv:2311.05645"
    }

    fn check(&self, workers: usize, dim: usize) -> Result<()> {
        positive("gamma", self.gamma)?;
        if self.offsets.len() != workers {
            let value = format!("for {} workers", self.offsets.len());
            return Err(Error::parameter("EC-Ideal", value, format!("for the {workers} of the problem")));
        }
        self.offsets.iter().try_for_each(|offset| check("a gradient at the solution", offset, dim))
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
        for (((v, e), g), offset) in v.iter_mut().zip(e).zip(local.gradient).zip(&self.offsets[local.worker]) {
            *v = *e + (g - offset);
        }
    }

    fn accept(&self, local: &Local, memory: &mut [Vec<f64>], delta: &[f64]) {
        let [e] = memory else { return };
        for (((e, g), offset), delta) in e.iter_mut().zip(local.gradient).zip(&self.offsets[local.worker]).zip(delta) {
            *e = *e + (g - offset) - delta;
        }
    }
}
