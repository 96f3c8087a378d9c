//! Halpern's iteration on an inexact resolvent, for operators that are monotone and Lipschitz on average.
//!
//! ```text
//! u_{k+1} = λ_k u₀ + (1 − λ_k) J̃_k,   λ_k = 1/(k + 2),   J̃_k ≈ J_{η(F+G)}(u_k),   η = √n/L
//! ```
//!
//! The resolvent is the solution of `0 ∈ H(v) + ηG(v)`, `H(v) = ηF(v) + v − u_k`, strongly monotone, found by
//! forward–reflected–backward steps with variance reduction from `v = w = w₋ = u_k`:
//!
//! ```text
//! v ← J_{γηG}(α v + (1 − α) w − γ (H(w) + H_i(v) − H_i(w₋))),   i at random,   H_i = η F_i + id
//! w₋ ← w;   with probability p = 1/n:  w ← v
//! ```
//!
//! with `α = 1 − p` and `γ = √(p(1 − p))/(ηL + 1)`. An inner step costs two evaluations, a new `w` costs `n`. If
//! `(1/n) Σ ‖F_i(u) − F_i(v)‖² ≤ L² ‖u − v‖²`, a residual `ε` takes `O(n + √n L/ε)` evaluations, up to logarithms.
//!
//! Source: Cai, Alacaoglu & Diakonikolas 2024, arXiv:2310.02987, Algorithm 2; inner method: Alacaoglu, Malitsky & Cevher
//! 2021, arXiv:2106.12334.

use super::sampler::Sampler;
use super::watch::{Watch, anchor};
use super::{Budget, Inclusion, Method, Solution};
use crate::vector::{distance_squared, positive};
use ansatz_core::{Error, Result, Run, Stream};

/// When the inner iteration ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Inner {
    /// After `⌊c n ln(k + 2)⌋` steps, at least one.
    Steps(f64),
    /// As soon as `‖v − J_{γηG}(v − γ H(v))‖ ≤ c γ/(k + 2)²`, asked whenever `w` is new, which costs nothing more; or after
    /// `100 n` steps.
    Residual(f64),
}

/// Halpern's iteration on an inexact resolvent.
#[derive(Clone, Debug)]
pub struct HalpernForb {
    /// The step size `η` of the resolvent.
    pub eta: f64,
    /// The step size `γ` of the inner iteration.
    pub gamma: f64,
    /// When the inner iteration ends.
    pub inner: Inner,
}

impl HalpernForb {
    /// With the step sizes of the theory for `n` components and the average constant `l`: `η = √n/L`.
    pub fn theory(n: usize, l: f64) -> Self {
        let (root, p) = ((n as f64).sqrt(), 1.0 / n.max(1) as f64);
        Self { eta: root / l, gamma: (p * (1.0 - p)).sqrt() / (root + 1.0), inner: Inner::Residual(1.0) }
    }
}

/// What is drawn, and from where.
struct Draws {
    sampler: Sampler,
    stream: Stream,
}

/// Vectors of the inner iteration.
struct Desk {
    v: Vec<f64>,
    w: Vec<f64>,
    w_before: Vec<f64>,
    h: Vec<f64>,
    next: Vec<f64>,
}

impl HalpernForb {
    /// `h ← H(w) = ηF(w) + w − u`.
    fn shifted(&self, problem: &Inclusion, w: &[f64], u: &[f64], h: &mut [f64]) {
        problem.f.full(w, h);
        for ((h, w), u) in h.iter_mut().zip(w).zip(u) {
            *h = self.eta * *h + w - u;
        }
    }

    /// Leaves the approximate resolvent of `u` in `desk.v`.
    fn resolvent(&self, problem: &Inclusion, u: &[f64], k: u64, draws: &mut Draws, watch: &mut Watch, desk: &mut Desk) {
        let n = problem.f.components();
        let p = 1.0 / n as f64;
        let alpha = 1.0 - p;
        let (steps, tolerance) = match self.inner {
            Inner::Steps(c) => (((c * n as f64 * (k as f64 + 2.0).ln()) as u64).max(1), 0.0),
            Inner::Residual(c) => (100 * n as u64, c * self.gamma / (k as f64 + 2.0).powi(2)),
        };
        for copy in [&mut desk.v, &mut desk.w, &mut desk.w_before] {
            copy.copy_from_slice(u);
        }
        self.shifted(problem, &desk.w, u, &mut desk.h);
        watch.evaluations += n as u64;
        watch.refreshes += 1;
        for _ in 0..steps {
            let (i, weight) = draws.sampler.one(&mut draws.stream);
            // γ (H(w) + H_i(v) − H_i(w₋)), where H_i(v) − H_i(w₋) = η (F_i(v) − F_i(w₋)) + v − w₋
            for j in 0..u.len() {
                let anchored = alpha * desk.v[j] + (1.0 - alpha) * desk.w[j];
                desk.next[j] = anchored - self.gamma * (desk.h[j] + desk.v[j] - desk.w_before[j]);
            }
            let scale = -self.gamma * self.eta * weight;
            problem.f.add_difference(i, scale, &desk.v, &desk.w_before, &mut desk.next);
            watch.evaluations += 2;
            problem.g.apply(self.gamma * self.eta, &mut desk.next);
            std::mem::swap(&mut desk.v, &mut desk.next);
            desk.w_before.copy_from_slice(&desk.w);
            if draws.stream.chance(p) {
                desk.w.copy_from_slice(&desk.v);
                self.shifted(problem, &desk.w, u, &mut desk.h);
                watch.evaluations += n as u64;
                watch.refreshes += 1;
                if tolerance > 0.0 && self.inner_residual(problem, desk) <= tolerance {
                    return;
                }
            }
        }
    }

    /// `‖w − J_{γηG}(w − γ H(w))‖`, with `H(w)` at hand.
    fn inner_residual(&self, problem: &Inclusion, desk: &mut Desk) -> f64 {
        for ((next, w), h) in desk.next.iter_mut().zip(&desk.w).zip(&desk.h) {
            *next = w - self.gamma * h;
        }
        problem.g.apply(self.gamma * self.eta, &mut desk.next);
        distance_squared(&desk.w, &desk.next).sqrt()
    }
}

impl Method for HalpernForb {
    fn name(&self) -> &'static str {
        "Halpern with VR-FoRB"
    }

    fn citation(&self) -> &'static str {
        "Cai, Alacaoglu & Diakonikolas 2024, arXiv:2310.02987"
    }

    fn solve(&self, problem: &Inclusion, budget: &Budget, run: &mut Run) -> Result<Solution> {
        positive("eta", self.eta)?;
        positive("gamma", self.gamma)?;
        let (Inner::Steps(c) | Inner::Residual(c)) = self.inner;
        if !(c > 0.0 && c.is_finite()) {
            return Err(Error::parameter("the constant of the inner iteration", c, "positive and finite"));
        }
        let mut watch = Watch::new(problem, budget, self.name())?;
        let mut draws = Draws { sampler: Sampler::new(problem.f), stream: run.seed().stream("components", 0) };
        let start = problem.start();
        let mut u = start.to_vec();
        let zeros = || vec![0.0; start.len()];
        let mut desk = Desk { v: zeros(), w: zeros(), w_before: zeros(), h: zeros(), next: zeros() };
        let mut k = 0u64;
        let stopped = loop {
            if let Some(why) = watch.step(&u, run)? {
                break why;
            }
            self.resolvent(problem, &u, k, &mut draws, &mut watch, &mut desk);
            u.copy_from_slice(&desk.v);
            anchor(1.0 / (k as f64 + 2.0), start, &mut u);
            k += 1;
            watch.iterations += 1;
        };
        Ok(watch.finish(u, stopped))
    }
}
