//! Halpern's iteration with variance reduction, for operators that are cocoercive on average.
//!
//! ```text
//! u⁺ = J_{ηG}(λ_k u₀ + (1 − λ_k) u − η F̃),   λ_k = 2/(k + 4)
//! F̃ ← F(u⁺) with probability p_{k+1},  else  F̃ + (1/b) Σ_{i∈S} (F_i(u⁺) − F_i(u)),   |S| = b = ⌈√n⌉
//! ```
//!
//! where `F̃` estimates `F(u)` and `p_k = 4/(min(k, √n) + 5)`, 1 in the first two steps. If
//! `(1/n) Σ ‖F_i(u) − F_i(v)‖² ≤ L ⟨F(u) − F(v), u − v⟩` and `η = 1/(4L)`, the last iterate obeys
//! `E‖residual‖ ≤ 16 L ‖u₀ − u*‖/(k + 4)`, so that a residual `ε` takes `O(n log n + √n L ‖u₀ − u*‖/ε)` evaluations, where
//! methods without variance reduction take `O(n L/ε)`. Steps larger than the theory's, up to `1/L`, often do.
//!
//! A step costs `2b` evaluations, or `n` where the estimate is refreshed.
//!
//! Source: Cai, Alacaoglu & Diakonikolas 2024, arXiv:2310.02987, Algorithm 1; estimator: Li, Bao, Zhang & Richtárik 2021,
//! arXiv:2008.10898.

use super::sampler::Sampler;
use super::watch::{Watch, anchor};
use super::{Budget, Inclusion, Method, Solution};
use crate::vector::{add_scaled, positive};
use ansatz_core::{Result, Run};

/// Halpern's iteration with variance reduction.
#[derive(Clone, Debug)]
pub struct HalpernVr {
    /// The step size `η`.
    pub eta: f64,
    /// Whether to start anew from where it is each time the residual has halved: for sharp problems.
    pub restart: bool,
}

impl HalpernVr {
    /// With the step size of the theory, `1/(4L)`, for the average constant `l`.
    pub fn theory(l: f64) -> Self {
        Self { eta: 0.25 / l, restart: false }
    }
}

/// The probability of a refresh after step `k`.
fn refresh(k: u64, root: f64) -> f64 {
    if k < 2 { 1.0 } else { 4.0 / ((k as f64).min(root) + 5.0) }
}

impl Method for HalpernVr {
    fn name(&self) -> &'static str {
        "variance-reduced Halpern"
    }

    fn citation(&self) -> &'static str {
        "Cai, Alacaoglu & Diakonikolas 2024, arXiv:2310.02987"
    }

    fn solve(&self, problem: &Inclusion, budget: &Budget, run: &mut Run) -> Result<Solution> {
        positive("eta", self.eta)?;
        let n = problem.f.components();
        let (root, b) = ((n as f64).sqrt(), (n as f64).sqrt().ceil() as usize);
        let mut watch = Watch::new(problem, budget, self.name())?;
        let mut stream = run.seed().stream("components", 0);
        let mut sampler = Sampler::new(problem.f);
        let mut anchor_point = problem.start().to_vec();
        let mut u = anchor_point.clone();
        let (mut before, mut estimate) = (u.clone(), vec![0.0; u.len()]);
        problem.f.full(&u, &mut estimate);
        watch.evaluations += n as u64;
        watch.refreshes += 1;
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
            before.copy_from_slice(&u);
            anchor(2.0 / (k as f64 + 4.0), &anchor_point, &mut u);
            add_scaled(-self.eta, &estimate, &mut u);
            problem.g.apply(self.eta, &mut u);
            k += 1;
            if stream.chance(refresh(k, root)) {
                problem.f.full(&u, &mut estimate);
                watch.evaluations += n as u64;
                watch.refreshes += 1;
            } else {
                // The batch is the same at both iterates: that is what makes the difference small.
                sampler.batch(b, &mut stream, |i, weight| {
                    problem.f.add_difference(i, weight / b as f64, &u, &before, &mut estimate);
                });
                watch.evaluations += 2 * b as u64;
            }
            watch.iterations += 1;
        };
        Ok(watch.finish(u, stopped))
    }
}
