//! Tsallis-INF: a bandit that is optimal both for costs drawn at random and for costs chosen by an adversary.
//!
//! For choosing among `d` fixed values when the costs may drift. With the sums `k` of estimated costs, in round `t`
//!
//! ```text
//! η = 2/√t,   pᵢ = 4 / (η (kᵢ/s − x))²   with x such that Σ p = 1
//! draw i ~ p, observe ℓ,   kᵢ ← kᵢ + (ℓ − o)/pᵢ,   s ← mean(ℓ) − o
//! ```
//!
//! where `o` is the least possible cost (1 for iteration counts) and the scale `s` makes the costs about 1 without
//! knowing their range. The expected regret against the best fixed action after `T` rounds is `O(√(dT))`. A choice
//! costs `O(d)` for each of about ten steps of Newton's method.
//!
//! Source: Zimmert & Seldin 2021, JMLR 22, arXiv:1807.07623, with the scale of Khodak et al. 2024, arXiv:2310.02246.

use super::{Choice, Learner, check_actions, check_cost, check_settled, draw};
use ansatz_core::{Error, Result, Stream};
use serde::{Deserialize, Serialize};

/// Tsallis-INF with power ½ and importance-weighted costs.
///
/// ```
/// use ansatz_core::Seed;
/// use ansatz_linear::bandit::{Learner, TsallisInf, grid};
/// let mut learner = TsallisInf::new(grid(1.0, 1.95, 20)?)?;
/// let mut stream = Seed(1).stream("tsallis-inf", 0);
/// let mut last = Vec::new();
/// for t in 0..4000 {
///     let omega = learner.choose(0.0, &mut stream)?.value;
///     learner.observe(20.0 + 100.0 * (omega - 1.6).abs())?;
///     if t >= 3000 { last.push(omega) }
/// }
/// let mean = last.iter().sum::<f64>() / 1000.0;
/// assert!((mean - 1.6).abs() < 0.05);
/// # Ok::<(), ansatz_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TsallisInf {
    actions: Vec<f64>,
    /// Least possible cost: what is always paid teaches nothing.
    offset: f64,
    rounds: u64,
    estimates: Vec<f64>,
    // Σ (ℓ − o) and Σ |ℓ − o|
    sum: f64,
    magnitude: f64,
    pending: Option<Choice>,
}

impl TsallisInf {
    /// A learner that has seen nothing, for iteration counts: the least cost is 1.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no action, or one that is not finite.
    pub fn new(actions: Vec<f64>) -> Result<Self> {
        Self::with_offset(actions, 1.0)
    }

    /// A learner that has seen nothing, for costs of at least about `offset`: 0 for seconds.
    ///
    /// # Errors
    /// As [`TsallisInf::new`], and if `offset` is negative or not finite.
    pub fn with_offset(actions: Vec<f64>, offset: f64) -> Result<Self> {
        check_actions(&actions)?;
        if !(offset >= 0.0 && offset.is_finite()) {
            return Err(Error::parameter("offset", offset, "at least 0 and finite"));
        }
        let estimates = vec![0.0; actions.len()];
        Ok(Self { actions, offset, rounds: 0, estimates, sum: 0.0, magnitude: 0.0, pending: None })
    }

    /// The probabilities of the next choice.
    pub fn probabilities(&self) -> Vec<f64> {
        let mean = |sum: f64| sum / self.rounds.max(1) as f64;
        // A cost below the offset (a system that was solved already costs nothing) can make the mean negative.
        let scale = if self.sum > 0.0 { mean(self.sum) } else { mean(self.magnitude) };
        let scale = if scale > 0.0 { scale } else { 1.0 };
        let scaled: Vec<f64> = self.estimates.iter().map(|k| k / scale).collect();
        tsallis_probabilities(&scaled, self.rounds + 1)
    }

    /// What each action is estimated to have cost in all rounds so far, had it always been chosen.
    pub fn estimated_costs(&self) -> Vec<f64> {
        self.estimates.iter().map(|k| k + self.offset * self.rounds as f64).collect()
    }
}

/// `pᵢ = 4 / (η (kᵢ − x))²` with `η = 2/√t` and `x < min k` such that `Σ p = 1`.
///
/// With `y = min k − x`, `Σ p` falls and is convex in `y`, is at least 1 at `y = 2/η`, and Newton's method from there
/// rises to the root monotonically; the differences `kᵢ − min k` keep it accurate for large `k`.
pub fn tsallis_probabilities(k: &[f64], t: u64) -> Vec<f64> {
    let eta = 2.0 / (t.max(1) as f64).sqrt();
    let least = k.iter().copied().fold(f64::INFINITY, f64::min);
    let mut y = 2.0 / eta;
    let at = |y: f64| k.iter().map(|k| (2.0 / (eta * ((k - least) + y))).powi(2)).collect::<Vec<f64>>();
    let mut p = at(y);
    // Convergence is quadratic; the bound only guards against cycling in the last place.
    for _ in 0..64 {
        let excess = p.iter().sum::<f64>() - 1.0;
        // dp/dy = −η p^(3/2)
        let slope: f64 = eta * p.iter().map(|p| p * p.sqrt()).sum::<f64>();
        let next = y + excess / slope;
        if excess <= 4.0 * f64::EPSILON || next <= y {
            break;
        }
        y = next;
        p = at(y);
    }
    p
}

impl Learner for TsallisInf {
    fn actions(&self) -> &[f64] {
        &self.actions
    }

    fn choose(&mut self, _: f64, stream: &mut Stream) -> Result<Choice> {
        check_settled(self.pending)?;
        let choice = draw(&self.probabilities(), &self.actions, stream);
        self.pending = Some(choice);
        Ok(choice)
    }

    fn observe(&mut self, cost: f64) -> Result<()> {
        let choice = check_cost(self.pending, cost)?;
        let above = cost - self.offset;
        self.estimates[choice.index] += above / choice.probability;
        self.sum += above;
        self.magnitude += above.abs();
        self.rounds += 1;
        self.pending = None;
        Ok(())
    }
}
