//! The extragradient method (EG), for monotone Lipschitz operators.
//!
//! ```text
//! ū = J_{ηG}(u − η F(u)),   u ← J_{ηG}(u − η F(ū))
//! ```
//!
//! Converges for `η < 1/L`; the residual of the last iterate falls as `O(1/√k)`. A step costs `2n` evaluations.
//!
//! Source: Korpelevich 1976, Matecon 12.

use super::watch::Watch;
use super::{Budget, Inclusion, Method, Solution};
use crate::vector::{add_scaled, positive};
use ansatz_core::{Result, Run};

/// The extragradient method.
#[derive(Clone, Debug)]
pub struct Extragradient {
    /// The step size `η`.
    pub eta: f64,
}

impl Method for Extragradient {
    fn name(&self) -> &'static str {
        "EG"
    }

    fn citation(&self) -> &'static str {
        "Korpelevich 1976"
    }

    fn solve(&self, problem: &Inclusion, budget: &Budget, run: &mut Run) -> Result<Solution> {
        positive("eta", self.eta)?;
        let mut watch = Watch::new(problem, budget, self.name())?;
        let mut u = problem.start().to_vec();
        let (mut middle, mut f) = (u.clone(), vec![0.0; u.len()]);
        let stopped = loop {
            if let Some(why) = watch.step(&u, run)? {
                break why;
            }
            middle.copy_from_slice(&u);
            problem.f.full(&u, &mut f);
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
