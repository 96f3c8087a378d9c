//! DDIM without noise: the first-order exponential integrator of the probability-flow equation.
//!
//! ```text
//! x_t = (α_t/α_s) x_s − σ_t (e^h − 1) ε(x_s, s),   h = λ_t − λ_s
//! ```
//!
//! The linear part is exact, `ε` is held over the step. One evaluation a step, order 1. It is also DPM-Solver-1.
//!
//! Source: Song, Meng and Ermon 2021, arXiv:2010.02502; as an exponential integrator: Lu et al. 2022, arXiv:2206.00927.

use super::{DpmSolver, Solver};
use crate::grid::{Grid, Path};
use crate::plan::Plan;
use ansatz_core::Result;

/// DDIM, deterministic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ddim;

impl Solver for Ddim {
    fn name(&self) -> String {
        "DDIM".to_owned()
    }

    fn order(&self) -> usize {
        1
    }

    fn citation(&self) -> &'static str {
        "Song, Meng, Ermon: Denoising Diffusion Implicit Models, ICLR 2021, arXiv:2010.02502"
    }

    fn plan(&self, path: &Path, grid: &Grid, evaluations: usize) -> Result<Plan> {
        DpmSolver::fixed(1)?.plan(path, grid, evaluations)
    }
}
