//! Halpern's iteration with forward–backward steps, for cocoercive operators.
//!
//! ```text
//! u ← λ_k u₀ + (1 − λ_k) J_{ηG}(u − η F(u)),   λ_k = 1/(k + 2)
//! ```
//!
//! For `F` that is `1/L`-cocoercive and `η ≤ 2/L` the residual falls as `O(1/k)`, which no method that sees `F` alone can
//! better but for a constant. A step costs `n` evaluations.
//!
//! Source: Halpern 1967, Bull. AMS 73; Lieder 2021, Optim. Lett. 15; Diakonikolas 2020, arXiv:2002.08872.

use super::watch::{Watch, anchor};
use super::{Budget, Inclusion, Method, Solution};
use crate::vector::{add_scaled, positive};
use ansatz_core::{Result, Run};

/// Halpern's iteration.
#[derive(Clone, Debug)]
pub struct Halpern {
    /// The step size `η`.
    pub eta: f64,
    /// Whether to start anew from where it is each time the residual has halved: for sharp problems.
    pub restart: bool,
}

impl Method for Halpern {
    fn name(&self) -> &'static str {
        "Halpern"
    }

    fn citation(&self) -> &'static str {
        "Halpern 1967; Diakonikolas 2020, arXiv:2002.08872"
    }

    fn solve(&self, problem: &Inclusion, budget: &Budget, run: &mut Run) -> Result<Solution> {
        positive("eta", self.eta)?;
        let mut watch = Watch::new(problem, budget, self.name())?;
        let mut anchor_point = problem.start().to_vec();
        let (mut u, mut f) = (anchor_point.clone(), vec![0.0; anchor_point.len()]);
        let (mut k, mut mark) = (0u64, f64::INFINITY);
        let stopped = loop {
            if let Some(why) = watch.step(&u, run)? {
                break why;
            }
            if self.restart && watch.residual() <= 0.5 * mark {
                mark = watch.residual();
                anchor_point.copy_from_slice(&u);
                k = 0;
            }
            problem.f.full(&u, &mut f);
            add_scaled(-self.eta, &f, &mut u);
            problem.g.apply(self.eta, &mut u);
            anchor(1.0 / (k as f64 + 2.0), &anchor_point, &mut u);
            k += 1;
            watch.iterations += 1;
            watch.evaluations += problem.f.components() as u64;
        };
        Ok(watch.finish(u, stopped))
    }
}
