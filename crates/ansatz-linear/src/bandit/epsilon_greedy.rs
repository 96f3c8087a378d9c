//! ε-greedy: the action with the least mean cost so far, and one at random with probability `ε`.
//!
//! The simplest baseline. Regret grows linearly, with `ε` times the mean cost of a random choice.
//!
//! Source: Sutton & Barto 2018, "Reinforcement Learning", §2.2.

use super::{Choice, Learner, check_actions, check_cost, check_settled};
use ansatz_core::{Error, Result, Stream};
use serde::{Deserialize, Serialize};

/// ε-greedy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpsilonGreedy {
    actions: Vec<f64>,
    epsilon: f64,
    // Count and sum of costs of each action.
    seen: Vec<(u64, f64)>,
    pending: Option<Choice>,
}

impl EpsilonGreedy {
    /// A learner that has seen nothing; it tries each action once first.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no action, one is not finite, or `epsilon` is not in [0, 1].
    pub fn new(actions: Vec<f64>, epsilon: f64) -> Result<Self> {
        check_actions(&actions)?;
        if !(0.0..=1.0).contains(&epsilon) {
            return Err(Error::parameter("epsilon", epsilon, "in [0, 1]"));
        }
        let seen = vec![(0, 0.0); actions.len()];
        Ok(Self { actions, epsilon, seen, pending: None })
    }
}

/// The place of the least value, the first of several.
pub(super) fn argmin(values: impl Iterator<Item = f64>) -> usize {
    let mut best = (0, f64::INFINITY);
    for (i, value) in values.enumerate() {
        if value < best.1 {
            best = (i, value);
        }
    }
    best.0
}

impl Learner for EpsilonGreedy {
    fn actions(&self) -> &[f64] {
        &self.actions
    }

    fn choose(&mut self, _: f64, stream: &mut Stream) -> Result<Choice> {
        check_settled(self.pending)?;
        let random = self.epsilon / self.actions.len() as f64;
        let (index, probability) = if let Some(new) = self.seen.iter().position(|&(n, _)| n == 0) {
            (new, 1.0)
        } else {
            let best = argmin(self.seen.iter().map(|&(n, sum)| sum / n as f64));
            let index = if stream.chance(self.epsilon) { stream.below(self.actions.len()) } else { best };
            (index, if index == best { 1.0 - self.epsilon + random } else { random })
        };
        let choice = Choice { index, value: self.actions[index], probability };
        self.pending = Some(choice);
        Ok(choice)
    }

    fn observe(&mut self, cost: f64) -> Result<()> {
        let choice = check_cost(self.pending, cost)?;
        let (n, sum) = &mut self.seen[choice.index];
        *n += 1;
        *sum += cost;
        self.pending = None;
        Ok(())
    }
}
