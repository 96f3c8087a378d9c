//! The extragradient method with variance reduction (VR-EG), for operators that are Lipschitz on average.
//!
//! ```text
//! z = α u + (1 − α) w,   ū = J_{γG}(z − γ F(w)),   u ← J_{γG}(z − γ (F(w) + F_i(ū) − F_i(w))),   i at random
//! w ← u with probability p = 1/n
//! ```
//!
//! with `α = 1 − p` and `γ = 0.99 √p/L`. A step costs two evaluations, a new `w` costs `n`.
//!
//! Source: Alacaoglu & Malitsky 2022, arXiv:2102.08352.

use super::sampler::Sampler;
use super::watch::Watch;
use super::{Budget, Inclusion, Method, Solution};
use crate::vector::positive;
use ansatz_core::{Result, Run};

/// The extragradient method with variance reduction.
#[derive(Clone, Debug)]
pub struct VrExtragradient {
    /// The step size `γ`.
    pub gamma: f64,
}

impl VrExtragradient {
    /// With the step size of the theory for `n` components and the average constant `l`.
    pub fn theory(n: usize, l: f64) -> Self {
        Self { gamma: 0.99 / (l * (n as f64).sqrt()) }
    }
}

impl Method for VrExtragradient {
    fn name(&self) -> &'static str {
        "VR-EG"
    }

    fn citation(&self) -> &'static str {
        "Alacaoglu & Malitsky 2022, arXiv:2102.08352"
    }

    fn solve(&self, problem: &Inclusion, budget: &Budget, run: &mut Run) -> Result<Solution> {
        positive("gamma", self.gamma)?;
        let n = problem.f.components();
        let p = 1.0 / n as f64;
        let mut watch = Watch::new(problem, budget, self.name())?;
        let mut stream = run.seed().stream("components", 0);
        let sampler = Sampler::new(problem.f);
        let mut u = problem.start().to_vec();
        let (mut w, mut middle, mut f) = (u.clone(), u.clone(), vec![0.0; u.len()]);
        problem.f.full(&w, &mut f);
        watch.evaluations += n as u64;
        watch.refreshes += 1;
        let stopped = loop {
            if let Some(why) = watch.step(&u, run)? {
                break why;
            }
            for j in 0..u.len() {
                u[j] = (1.0 - p) * u[j] + p * w[j] - self.gamma * f[j];
            }
            middle.copy_from_slice(&u);
            problem.g.apply(self.gamma, &mut middle);
            let (i, weight) = sampler.one(&mut stream);
            problem.f.add_difference(i, -self.gamma * weight, &middle, &w, &mut u);
            problem.g.apply(self.gamma, &mut u);
            watch.iterations += 1;
            watch.evaluations += 2;
            if stream.chance(p) {
                w.copy_from_slice(&u);
                problem.f.full(&w, &mut f);
                watch.evaluations += n as u64;
                watch.refreshes += 1;
            }
        };
        Ok(watch.finish(u, stopped))
    }
}
