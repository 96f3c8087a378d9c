//! ChebCB: a contextual bandit for costs that are smooth in one number.
//!
//! For choosing among `d` values when a scalar context (a diffusion coefficient, a diagonal shift) says beforehand what
//! is coming. Each action's cost is fitted as a polynomial of the context in Chebyshev's basis, by least squares with
//! bounds that a Lipschitz function's coefficients obey, and the action is drawn so that its probability falls with its
//! predicted excess. With context `c ∈ [a, b]`, features `φⱼ = Tⱼ(2(c − a)/(b − a) − 1)`, `j < m`, in round `t`
//!
//! ```text
//! ŷᵢ = θᵢᵀφ,   i* = argmin ŷ,   pᵢ = 1/(d + η (ŷᵢ − ŷᵢ*)) for i ≠ i*,   pᵢ* the rest
//! observe ℓ;   K = max ℓ,   N = 2 + 4 (1 + ln m),   S = K N
//! θᵢ = argmin Σ (θᵀφ − (ℓ − 1)/S)²  over |θ₀| ≤ 1/N, |θⱼ| ≤ 2/(N j)
//! α = (π + (2/π) ln(2m + 1)) / (2 N (m + 1)),   R = Σ (ŷ − ℓ/S)² − (what the bounds cost)
//! η = 2 t √(d t / (R + 2 α² t))
//! ```
//!
//! where the Lipschitz constant is taken to be `K/(b − a)`. The unbounded solution of least norm is kept where it obeys
//! the bounds. Expected regret against the best action *for every context* is sublinear. A round costs `O(dm + m³)`.
//!
//! The sums are kept as a running triangular factor, in units of the costs, in which a new largest cost only widens the
//! bounds: then no more than the actions at a bound are fitted again.
//!
//! Source: Khodak et al. 2024, arXiv:2310.02246, §3 and appendix; the drawing is that of Foster & Rakhlin 2020,
//! "Beyond UCB", arXiv:2002.04926.

use super::bins::{check_context, check_interval};
use super::box_squares::Regression;
use super::epsilon_greedy::argmin;
use super::{Choice, Learner, check_actions, check_cost, check_settled, draw, draw_uniform};
use ansatz_core::{Error, Result, Stream};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// ChebCB.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChebCb {
    actions: Vec<f64>,
    interval: (f64, f64),
    terms: usize,
    rounds: u64,
    eta: f64,
    /// The largest cost so far, `K`.
    largest: f64,
    models: Vec<Model>,
    // Σ ŷ², Σ ŷ ℓ, Σ ℓ² with the predictions ŷ at the time of their choice, in the units of that time.
    predicted: f64,
    product: f64,
    observed: f64,
    pending: Option<(Choice, Vec<f64>, f64)>,
}

/// What is known of one action: its costs less 1 over the features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Model {
    sums: Regression,
    theta: Vec<f64>,
    // Whether the bounds change the solution.
    bounded: bool,
}

impl ChebCb {
    /// A learner that has seen nothing, for contexts in `interval`, with 6 terms: polynomials of degree 5.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the actions or the interval are empty or not finite.
    pub fn new(actions: Vec<f64>, interval: (f64, f64)) -> Result<Self> {
        Self::with_terms(actions, interval, 6)
    }

    /// As [`ChebCb::new`], with polynomials of `terms` coefficients.
    ///
    /// # Errors
    /// As [`ChebCb::new`], and if `terms` is not between 1 and 30.
    pub fn with_terms(actions: Vec<f64>, interval: (f64, f64), terms: usize) -> Result<Self> {
        check_actions(&actions)?;
        check_interval(interval)?;
        if !(1..=30).contains(&terms) {
            return Err(Error::parameter("terms", terms, "between 1 and 30"));
        }
        let model = Model { sums: Regression::new(terms), theta: vec![0.0; terms], bounded: false };
        Ok(Self {
            models: vec![model; actions.len()],
            actions,
            interval,
            terms,
            rounds: 0,
            eta: 0.0,
            largest: 0.0,
            predicted: 0.0,
            product: 0.0,
            observed: 0.0,
            pending: None,
        })
    }

    /// The predicted cost of each action in `context`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the context is outside the interval.
    pub fn predicted_costs(&self, context: f64) -> Result<Vec<f64>> {
        let phi = self.features(context)?;
        Ok(self.models.iter().map(|model| 1.0 + model.predict(&phi)).collect())
    }

    /// `Tⱼ(u)` by the recurrence `Tⱼ₊₁ = 2u Tⱼ − Tⱼ₋₁`.
    fn features(&self, context: f64) -> Result<Vec<f64>> {
        check_context(context, self.interval)?;
        let (a, b) = self.interval;
        let u = 2.0 * (context - a) / (b - a) - 1.0;
        let mut phi = vec![1.0, u];
        for j in 2..self.terms {
            phi.push(2.0 * u * phi[j - 1] - phi[j - 2]);
        }
        phi.truncate(self.terms);
        Ok(phi)
    }

    /// `N`, by which the costs are divided besides `K`.
    fn normaliser(&self) -> f64 {
        2.0 + 4.0 * (1.0 + (self.terms as f64).ln())
    }

    fn fit(&mut self, index: usize) {
        let (largest, terms) = (self.largest, self.terms);
        let model = &mut self.models[index];
        if model.sums.is_empty() {
            return;
        }
        // In units of the costs the bounds 1/N and 2/(N j) are K and 2K/j.
        let bound: Vec<f64> = (0..terms).map(|j| if j == 0 { largest } else { 2.0 * largest / j as f64 }).collect();
        model.theta = model.sums.minimum_norm();
        model.bounded = model.theta.iter().zip(&bound).any(|(t, b)| t.abs() > *b);
        if model.bounded {
            model.theta = model.sums.bounded(&bound, &model.theta);
        }
    }
}

impl Model {
    fn predict(&self, phi: &[f64]) -> f64 {
        self.theta.iter().zip(phi).map(|(t, p)| t * p).sum()
    }
}

impl Learner for ChebCb {
    fn actions(&self) -> &[f64] {
        &self.actions
    }

    fn choose(&mut self, context: f64, stream: &mut Stream) -> Result<Choice> {
        check_settled(self.pending.as_ref().map(|p| p.0))?;
        let phi = self.features(context)?;
        if self.rounds == 0 {
            let choice = draw_uniform(&self.actions, stream);
            self.pending = Some((choice, phi, 0.0));
            return Ok(choice);
        }
        let d = self.actions.len();
        let scale = self.scale();
        let predictions: Vec<f64> = self.models.iter().map(|model| model.predict(&phi) / scale).collect();
        let best = argmin(predictions.iter().copied());
        let mut probabilities: Vec<f64> =
            predictions.iter().map(|y| 1.0 / (d as f64 + self.eta * (y - predictions[best]))).collect();
        probabilities[best] = 0.0;
        probabilities[best] = 1.0 - probabilities.iter().sum::<f64>();
        let choice = draw(&probabilities, &self.actions, stream);
        self.pending = Some((choice, phi, predictions[choice.index]));
        Ok(choice)
    }

    fn observe(&mut self, cost: f64) -> Result<()> {
        let choice = check_cost(self.pending.as_ref().map(|p| p.0), cost)?;
        let Some((_, phi, prediction)) = self.pending.take() else { return Ok(()) };
        self.models[choice.index].sums.add(&phi, cost - 1.0);
        self.rounds += 1;
        if cost > self.largest {
            self.largest = cost;
            for i in (0..self.models.len()).filter(|&i| i != choice.index) {
                if self.models[i].bounded {
                    self.fit(i);
                }
            }
        }
        self.fit(choice.index);
        self.predicted += prediction * prediction;
        self.product += prediction * cost;
        self.observed += cost * cost;

        let (scale, t, m) = (self.scale(), self.rounds as f64, self.terms as f64);
        let model = &self.models[choice.index];
        let kept = if model.bounded { model.sums.square(&model.theta) / (scale * scale) } else { 0.0 };
        let alpha = (PI + 2.0 / PI * (2.0 * m + 1.0).ln()) / (2.0 * self.normaliser() * (m + 1.0));
        let r = self.predicted - 2.0 * self.product / scale + self.observed / (scale * scale);
        let d = self.actions.len() as f64;
        self.eta = 2.0 * t * (d * t / ((r - kept).max(0.0) + 2.0 * alpha * alpha * t)).sqrt();
        Ok(())
    }
}

impl ChebCb {
    /// `S = K N`; 1 as long as every cost was 0.
    fn scale(&self) -> f64 {
        if self.largest > 0.0 { self.largest * self.normaliser() } else { 1.0 }
    }
}
