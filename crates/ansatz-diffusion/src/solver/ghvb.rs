//! GHVB: generalised heavy-ball momentum that keeps the order, against the artefacts of strong guidance at few steps.
//!
//! A momentum number in (0, 5] is an order `r = ⌈number⌉` and `β = number − r + 1`. In `x̄ = x/α`, `σ̄ = σ/α`, over
//! `δ = σ̄_{n+1} − σ̄_n`,
//!
//! ```text
//! v_{n+1} = (1 − β) v_n + β ε_n,   v_0 = ε_0
//! x̄_{n+1} = x̄_n + δ/β Σ_i c_i v_{n+1−i}
//! ```
//!
//! with the weights `c` of [`Multistep::ghvb`], of lower orders for the first steps. Whole numbers are PLMS; numbers between have
//! a region of stability between. Once the history is there the velocity `w_n = (x̄_{n+1} − x̄_n)/δ` satisfies `w_n = (1 − β) w_{n−1} +
//! Σ c_i ε_{n−i}`, so that a step needs two states and `r` answers and not the whole history in `v`.
//!
//! For the actual steps of a grid the weights of the `v` in use are such that the step is exact for polynomials of degree
//! below `r`, the history of `v` since `v_0` included: order `r` on any grid.
//!
//! One evaluation a step. Order `r` with an exact history; the first step limits it to 2.
//!
//! Source: Wizadwongsa, Chinchuthakun, Khungurn, Raj and Suwajanakorn 2024, arXiv:2307.11118, algorithm 2 with the weights
//! of order 3 as the order conditions have them.

use super::plms::{Spacing, go, mean, nodes, noise_step};
use super::{Solver, enough, momentum};
use crate::grid::{Grid, Path};
use crate::multistep::{Multistep, order_and_beta};
use crate::plan::{Builder, Combination, Plan, Term};
use crate::prediction::Prediction;
use crate::schedule::Level;
use ansatz_core::{Error, Result};
use faer::Mat;
use faer::linalg::solvers::Solve;

/// GHVB of one momentum number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ghvb {
    number: f64,
    order: usize,
    beta: f64,
    spacing: Spacing,
}

impl Ghvb {
    /// The method of this momentum number, with the weights of equal steps.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless it is in (0, 5].
    pub fn new(number: f64) -> Result<Self> {
        let (order, beta) = order_and_beta(number)?;
        Ok(Self { number, order, beta, spacing: Spacing::Equal })
    }

    /// The same with weights for these steps.
    #[must_use]
    pub fn spaced(self, spacing: Spacing) -> Self {
        Self { spacing, ..self }
    }

    /// Order and `β`.
    pub fn order_and_beta(&self) -> (usize, f64) {
        (self.order, self.beta)
    }

    /// The weights of `v_{n+1}, v_n, …`, `δ` and `β` included or not as the caller likes: as [`Multistep::ghvb`] has them.
    fn start(&self, n: usize, v: &[Vec<f64>]) -> Vec<f64> {
        let order = self.order.min(n + 1);
        let c = Multistep::ghvb_of(order, self.beta);
        let weights: Vec<f64> = c.weights().iter().map(|c| c / self.beta).collect();
        over_answers(&weights, v, n)
    }

    /// The weights of the answers `0..=n`, oldest first, for the step from node `n`, exact for polynomials on these nodes.
    fn exact(&self, n: usize, ratios: &[f64], v: &[Vec<f64>]) -> Result<Vec<f64>> {
        let order = self.order.min(n + 1);
        let (here, step) = (ratios[n], ratios[n + 1] - ratios[n]);
        let power = |s: f64, p: usize| ((s - here) / step).powi(p as i32);
        // Σ_i a_i v[s^p]_{n+1−i} = mean of s^p over the step
        let moment = |i: usize, p: usize| v[n - i].iter().zip(ratios).map(|(w, &s)| w * power(s, p)).sum::<f64>();
        let matrix = Mat::from_fn(order, order, |p, i| moment(i, p));
        let wanted = Mat::from_fn(order, 1, |p, _| mean(here, ratios[n + 1], |s| power(s, p)));
        let solution = matrix.partial_piv_lu().solve(&wanted);
        let weights: Vec<f64> = (0..order).map(|i| solution[(i, 0)]).collect();
        if weights.iter().all(|w| w.is_finite()) {
            Ok(over_answers(&weights, v, n))
        } else {
            Err(Error::NotFinite { quantity: "a weight of GHVB".into(), place: format!("step {n}") })
        }
    }
}

/// `Σ_i a_i v_{n+1−i}` as weights of the answers `0..=n`.
fn over_answers(weights: &[f64], v: &[Vec<f64>], n: usize) -> Vec<f64> {
    let mut sum = vec![0.0; n + 1];
    for (i, a) in weights.iter().enumerate() {
        for (sum, w) in sum.iter_mut().zip(&v[n - i]) {
            *sum += a * w;
        }
    }
    sum
}

/// What no double of the sum would notice, and the memory would.
const NEGLIGIBLE: f64 = 1e-20;

impl Solver for Ghvb {
    fn name(&self) -> String {
        format!("GHVB {}{}", self.number, if self.spacing == Spacing::Actual { ", actual steps" } else { "" })
    }

    fn order(&self) -> usize {
        self.order.min(2)
    }

    fn citation(&self) -> &'static str {
        "Wizadwongsa, Chinchuthakun, Khungurn, Raj, Suwajanakorn: Diffusion Sampling with Momentum for Mitigating Divergence Artifacts, ICLR 2024, arXiv:2307.11118"
    }

    fn plan(&self, path: &Path, grid: &Grid, evaluations: usize) -> Result<Plan> {
        enough(evaluations, 1, &self.name())?;
        let nodes = nodes(path, grid, evaluations, &self.name())?;
        let ratios: Vec<f64> = nodes.iter().map(Level::ratio).collect();
        let rule = Multistep::ghvb_of(self.order, self.beta);
        let mut builder = Builder::new();
        // v_{n+1} as weights of the answers 0..=n, in place n; only as long as it is needed.
        let mut v: Vec<Vec<f64>> = Vec::new();
        for (n, pair) in nodes.windows(2).enumerate() {
            builder.ask_here(pair[0], Prediction::Noise);
            let (scale, step) = noise_step(&pair[0], &pair[1]);
            if n < self.order || self.spacing == Spacing::Actual {
                v.push(next(v.last(), self.beta, n));
                let weights = match self.spacing {
                    Spacing::Equal => self.start(n, &v),
                    Spacing::Actual => self.exact(n, &ratios, &v)?,
                };
                let kept = weights.iter().enumerate().filter(|(_, w)| w.abs() > NEGLIGIBLE);
                let start = Combination::of(Term::Point(n)).scaled(scale);
                builder.go(kept.fold(start, |sum, (stage, w)| sum.plus(step * w, Term::Answer(stage))));
            } else {
                let asked: Vec<usize> = (0..self.order).map(|i| n - i).collect();
                let fresh = go(n, scale, step, rule.weights(), &asked);
                let last = noise_step(&nodes[n - 1], &nodes[n]);
                builder.go(momentum::carried(fresh, step * rule.keep(), n, last));
            }
        }
        builder.finish()
    }
}

/// `v_{n+1} = (1 − β) v_n + β ε_n`, `v_0 = ε_0`.
fn next(before: Option<&Vec<f64>>, beta: f64, n: usize) -> Vec<f64> {
    let Some(before) = before else { return vec![1.0] };
    let mut v: Vec<f64> = before.iter().map(|w| (1.0 - beta) * w).collect();
    v.resize(n, 0.0);
    v.push(beta);
    v
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::{Edm, VpLinear};
    use crate::solver::Plms;

    /// `α x̄` weights of every answer at every node, by expanding all points.
    fn expanded(plan: &Plan) -> Vec<Vec<f64>> {
        let mut points: Vec<Vec<f64>> = Vec::new();
        let n = plan.evaluations();
        let combinations = plan.stages().iter().map(|stage| &stage.point).chain([plan.result()]);
        for combination in combinations {
            let mut sum = vec![0.0; n];
            for &(term, c) in &combination.0 {
                match term {
                    Term::Start | Term::Noise(_) => {}
                    Term::Point(k) => sum.iter_mut().zip(&points[k]).for_each(|(sum, w)| *sum += c * w),
                    Term::Answer(k) => sum[k] += c,
                }
            }
            points.push(sum);
        }
        points
    }

    #[test]
    fn steps_with_two_states_are_the_algorithm_with_all_velocities() {
        let schedule = VpLinear::default();
        let path = Path::whole(&schedule).unwrap();
        for number in [0.8, 1.8, 2.5, 3.8, 4.3] {
            let (order, beta) = order_and_beta(number).unwrap();
            let n = 14;
            let plan = Ghvb::new(number).unwrap().plan(&path, &Grid::Time, n).unwrap();
            // Algorithm 2, each quantity as its weights of the answers.
            let nodes = Grid::Time.nodes(&path, n).unwrap();
            let mut x = vec![0.0; n];
            let mut v: Vec<Vec<f64>> = Vec::new();
            let own = expanded(&plan);
            for k in 0..n {
                let mut fresh = v.last().map_or(vec![0.0; n], |v| v.iter().map(|w| (1.0 - beta) * w).collect());
                fresh[k] += if k == 0 { 1.0 } else { beta };
                v.push(fresh);
                let used = order.min(k + 1);
                let delta = (nodes[k + 1].ratio() - nodes[k].ratio()) / beta;
                for (i, c) in Multistep::ghvb_of(used, beta).weights().iter().enumerate() {
                    x.iter_mut().zip(&v[k - i]).for_each(|(x, w)| *x += delta * c * w);
                }
                for (x, own) in x.iter().zip(&own[k + 1]) {
                    let x = nodes[k + 1].alpha * x;
                    assert!((x - own).abs() < 1e-9 * (1.0 + x.abs()), "{number}, step {k}: {own} for {x}");
                }
            }
        }
    }

    #[test]
    fn whole_numbers_are_plms() {
        let schedule = VpLinear::default();
        let path = Path::whole(&schedule).unwrap();
        for order in 1..=5 {
            let ghvb = Ghvb::new(order as f64).unwrap().plan(&path, &Grid::Time, 12).unwrap();
            let plms = Plms::new(order).unwrap().plan(&path, &Grid::Time, 12).unwrap();
            for (a, b) in expanded(&ghvb).iter().flatten().zip(expanded(&plms).iter().flatten()) {
                assert!((a - b).abs() < 1e-10 * (1.0 + b.abs()), "{order}: {a} for {b}");
            }
        }
    }

    #[test]
    fn actual_steps_are_exact_for_polynomials() {
        // dx/dσ = σ^p from 2 to 0.5 on unequal steps: the noise of a model that does not look at x.
        let schedule = Edm::default();
        let path = Path::new(&schedule, 2.0, 0.5).unwrap();
        let times = vec![2.0, 1.9, 1.7, 1.6, 1.3, 1.2, 0.9, 0.8, 0.5];
        for number in [1.5, 2.5, 3.7] {
            let order = order_and_beta(number).unwrap().0;
            let solver = Ghvb::new(number).unwrap().spaced(Spacing::Actual);
            let plan = solver.plan(&path, &Grid::Times(times.clone()), 8).unwrap();
            let weights = expanded(&plan).pop().unwrap();
            let first = expanded(&plan)[order - 1].clone();
            for p in 0..order {
                let power = |s: f64| s.powi(p as i32);
                let integral = |s: f64| s.powi(p as i32 + 1) / (p as f64 + 1.0);
                let sum = |w: &[f64]| w.iter().zip(&times).map(|(w, &s)| w * power(s)).sum::<f64>();
                // From the first step of full order on.
                let moved = sum(&weights) - sum(&first);
                let known = integral(0.5) - integral(times[order - 1]);
                assert!((moved - known).abs() < 1e-11, "{number}, degree {p}: {moved} for {known}");
            }
        }
    }

    #[test]
    fn impossible_numbers_are_refused() {
        for number in [0.0, 5.5, f64::NAN] {
            assert!(Ghvb::new(number).is_err());
        }
        let schedule = VpLinear::default();
        assert!(Ghvb::new(1.8).unwrap().plan(&Path::whole(&schedule).unwrap(), &Grid::Time, 0).is_err());
    }
}
