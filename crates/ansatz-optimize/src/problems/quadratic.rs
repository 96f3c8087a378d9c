//! Least squares of workers that disagree.
//!
//! ```text
//! f_i(x) = ½ ‖A_i x − b_i‖²,   A_i = a_i I,   b_i ~ N(0, ζ²/i² I),   ∇f_i(x) = a_i² x − a_i b_i + N(0, σ²/d I)
//! ```
//!
//! with `a_i² = i²/n` (i from 1 to n), or `a_i = 1` for workers of equal weight. `ζ` sets how far the gradients at the
//! solution `x* = Σ a_i b_i / Σ a_i²` are from each other, `σ²` is the variance of a gradient in all.
//!
//! Source: Gao, Islamov & Stich 2024, arXiv:2311.05645, §6.

use crate::distributed::Problem;
use crate::vector::{add_scaled, distance_squared};
use ansatz_core::{Error, Result, Seed, Stream};

/// Parameters of the problem.
#[derive(Clone, Debug)]
pub struct Quadratic {
    /// Workers `n`.
    pub workers: usize,
    /// Dimension `d`.
    pub dim: usize,
    /// Heterogeneity `ζ`.
    pub zeta: f64,
    /// Noise `σ`.
    pub sigma: f64,
    /// Whether `A_i = I` for all.
    pub alike: bool,
}

impl Default for Quadratic {
    fn default() -> Self {
        Self { workers: 5, dim: 200, zeta: 10.0, sigma: 0.0, alike: false }
    }
}

impl Quadratic {
    /// The problem with `b_i` drawn from `seed`.
    ///
    /// # Errors
    /// [`Error::Parameter`] without workers or dimension, or if `ζ` or `σ` is negative or not finite.
    pub fn build(&self, seed: Seed) -> Result<QuadraticProblem> {
        for (name, value) in [("workers", self.workers), ("dim", self.dim)] {
            if value == 0 {
                return Err(Error::parameter(name, 0, "at least 1"));
            }
        }
        for (name, value) in [("zeta", self.zeta), ("sigma", self.sigma)] {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(Error::parameter(name, value, "at least 0 and finite"));
            }
        }
        let n = self.workers;
        let mut workers = Vec::with_capacity(n);
        let (mut solution, mut weight) = (vec![0.0; self.dim], 0.0);
        for i in 1..=n {
            let a = if self.alike { 1.0 } else { i as f64 / (n as f64).sqrt() };
            let mut stream = seed.stream("quadratic", i as u64);
            let ab: Vec<f64> = (0..self.dim).map(|_| a * self.zeta / i as f64 * stream.normal()).collect();
            add_scaled(1.0, &ab, &mut solution);
            weight += a * a;
            workers.push((a * a, ab));
        }
        for x in &mut solution {
            *x /= weight;
        }
        let data = seed.0;
        Ok(QuadraticProblem { setting: self.clone(), data, workers, solution })
    }
}

/// The problem, drawn.
#[derive(Clone, Debug)]
pub struct QuadraticProblem {
    setting: Quadratic,
    data: u64,
    // a_i² and a_i b_i.
    workers: Vec<(f64, Vec<f64>)>,
    solution: Vec<f64>,
}

impl QuadraticProblem {
    /// The solution `x*`.
    pub fn solution(&self) -> &[f64] {
        &self.solution
    }
}

impl Problem for QuadraticProblem {
    fn name(&self) -> String {
        let Quadratic { workers, dim, zeta, sigma, alike } = self.setting;
        let alike = if alike { ", alike" } else { "" };
        format!("quadratic, {workers} workers{alike}, d = {dim}, ζ = {zeta}, σ = {sigma}, data of seed {}", self.data)
    }

    fn workers(&self) -> usize {
        self.workers.len()
    }

    fn dim(&self) -> usize {
        self.setting.dim
    }

    fn start(&self) -> Vec<f64> {
        vec![0.0; self.setting.dim]
    }

    fn gradient(&self, worker: usize, x: &[f64], stream: &mut Stream, g: &mut [f64]) {
        let (square, ab) = &self.workers[worker];
        for ((g, x), ab) in g.iter_mut().zip(x).zip(ab) {
            *g = square * x - ab;
        }
        if self.setting.sigma > 0.0 {
            let deviation = self.setting.sigma / (self.setting.dim as f64).sqrt();
            for g in g.iter_mut() {
                *g += deviation * stream.normal();
            }
        }
    }

    fn error(&self, x: &[f64]) -> f64 {
        distance_squared(x, &self.solution)
    }

    fn measure(&self) -> &'static str {
        "‖x − x*‖²"
    }

    fn gradient_at_solution(&self, worker: usize) -> Option<Vec<f64>> {
        let (square, ab) = self.workers.get(worker)?;
        Some(self.solution.iter().zip(ab).map(|(x, ab)| square * x - ab).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_vanish_together_at_the_solution_and_noise_has_its_variance() {
        for alike in [false, true] {
            let setting = Quadratic { workers: 4, dim: 300, zeta: 10.0, sigma: 2.0, alike };
            let problem = setting.build(Seed(3)).unwrap();
            let mut sum = vec![0.0; 300];
            (0..4).for_each(|i| add_scaled(1.0, &problem.gradient_at_solution(i).unwrap(), &mut sum));
            assert!(sum.iter().all(|s| s.abs() < 1e-11));
            let (mut g, mut mean) = (vec![0.0; 300], 0.0);
            let exact = problem.gradient_at_solution(2).unwrap();
            for draw in 0..50 {
                problem.gradient(2, problem.solution(), &mut Seed(1).stream("g", draw), &mut g);
                mean += distance_squared(&g, &exact) / 50.0;
            }
            // σ² = 4; 15,000 squares of normal numbers: six standard deviations.
            assert!((mean - 4.0).abs() < 6.0 * 4.0 * (2.0 / 15_000f64).sqrt(), "{mean}");
            assert_eq!(problem.error(problem.solution()), 0.0);
        }
        assert!(Quadratic { workers: 0, ..Quadratic::default() }.build(Seed(1)).is_err());
        assert!(Quadratic { zeta: f64::NAN, ..Quadratic::default() }.build(Seed(1)).is_err());
        assert!(Quadratic { sigma: -1.0, ..Quadratic::default() }.build(Seed(1)).is_err());
    }
}
