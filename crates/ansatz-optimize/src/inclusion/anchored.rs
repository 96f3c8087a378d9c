//! The extragradient method with an anchor (EAG), for monotone Lipschitz operators.
//!
//! ```text
//! ū = J_{ηG}(λ_k u₀ + (1 − λ_k) u − η F(u)),   u ← J_{ηG}(λ_k u₀ + (1 − λ_k) u − η F(ū)),   λ_k = 1/(k + 2)
//! ```
//!
//! The residual of the last iterate falls as `O(1/k)`. A step costs `2n` evaluations.
//!
//! Source: Yoon & Ryu 2021, arXiv:2102.07922; with constraints: Cai, Oikonomou & Zheng 2022, arXiv:2206.05248.

use super::watch::{Watch, anchor};
use super::{Budget, Inclusion, Method, Solution};
use crate::vector::{add_scaled, positive};
use ansatz_core::{Result, Run};

/// The extragradient method with an anchor.
#[derive(Clone, Debug)]
pub struct Anchored {
    /// The step size `η`.
    pub eta: f64,
}

impl Method for Anchored {
    fn name(&self) -> &'static str {
        "EAG"
    }

    fn citation(&self) -> &'static str {
        "Yoon & Ryu 2021, arXiv:2102.07922"
    }

    fn solve(&self, problem: &Inclusion, budget: &Budget, run: &mut Run) -> Result<Solution> {
        positive("eta", self.eta)?;
        let mut watch = Watch::new(problem, budget, self.name())?;
        let start = problem.start();
        let mut u = start.to_vec();
        let (mut middle, mut f) = (u.clone(), vec![0.0; u.len()]);
        let stopped = loop {
            if let Some(why) = watch.step(&u, run)? {
                break why;
            }
            problem.f.full(&u, &mut f);
            anchor(1.0 / (watch.iterations as f64 + 2.0), start, &mut u);
            middle.copy_from_slice(&u);
            add_scaled(-self.eta, &f, &mut middle);
            problem.g.apply(self.eta, &mut middle);
            problem.f.full(&middle, &mut f);
            add_scaled(-self.eta, &f, &mut u);
            problem.g.apply(self.eta, &mut u);
            watch.iterations += 1;
            watch.evaluations += 2 * problem.f.components() as u64;
        };
        Ok(watch.finish(u, stopped))
    }
}
