//! FireFlow: the midpoint rule on rectified flows at one evaluation a step.
//!
//! ```text
//! Z_m = Z + h/2 v̂,   v_m = v(Z_m, τ + h/2),   Z' = Z + h v_m,   v̂ ← v_m
//! ```
//!
//! with `v̂ = v(Z, τ)` in the first step: the velocity at the midpoint before stands in for the one at the node. Order 2.
//! `N + 1` evaluations for `N` steps. Any schedule, by `τ = σ/(α + σ)`.
//!
//! Source: Deng, He, Mei, Chen, Wang and Ren 2024, arXiv:2412.07517.

use super::straight::{level, moved, size, tau};
use super::{Solver, enough};
use crate::grid::{Grid, Path};
use crate::plan::{Builder, Plan, Term};
use crate::prediction::Prediction;
use ansatz_core::Result;

/// The midpoint rule whose first stage is the midpoint of the step before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FireFlow;

impl Solver for FireFlow {
    fn name(&self) -> String {
        "FireFlow".to_owned()
    }

    fn order(&self) -> usize {
        2
    }

    fn citation(&self) -> &'static str {
        "Deng, He, Mei, Chen, Wang, Ren: FireFlow: Fast Inversion of Rectified Flow for Image Semantic Editing, 2024, arXiv:2412.07517"
    }

    fn plan(&self, path: &Path, grid: &Grid, evaluations: usize) -> Result<Plan> {
        enough(evaluations, 2, &self.name())?;
        let nodes = grid.nodes(path, evaluations - 1)?;
        let mut builder = Builder::new();
        // The node is not asked after the first one: it is known from the midpoint before, in y.
        let mut last = builder.ask_here(nodes[0], Prediction::Velocity);
        let mut here = vec![(0.0, last)];
        let (mut base, mut at) = (last, nodes[0]);
        for pair in nodes.windows(2) {
            let (s, t) = (tau(&pair[0]), tau(&pair[1]));
            let h = t - s;
            let middle = level(path.schedule, f64::midpoint(s, t))?;
            let point = moved(base, &at, &middle, &here).plus(size(&middle) * 0.5 * h, Term::Answer(last));
            let asked = builder.ask(middle, Prediction::Velocity, point);
            here = vec![(-0.5 * h, last), (h, asked)];
            (base, at, last) = (asked, middle, asked);
            builder.go(moved(base, &at, &pair[1], &here));
        }
        builder.finish()
    }
}
