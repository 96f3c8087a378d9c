//! UCB1: the action whose mean cost, less a bonus for being little known, is least.
//!
//! With `nᵢ` choices of action `i` among `t` and costs in `[c, C]` so far, it takes the least of
//!
//! ```text
//! mean costᵢ − (C − c) √(2 ln t / nᵢ)
//! ```
//!
//! A baseline for costs that are independent draws of one distribution an action: then the regret grows as `ln T`.
//! It draws nothing at random, so an adversary, or a drift, can mislead it.
//!
//! Source: Auer, Cesa-Bianchi & Fischer 2002, Machine Learning 47; the range is learnt instead of known.

use super::epsilon_greedy::argmin;
use super::{Choice, Learner, check_actions, check_cost, check_settled};
use ansatz_core::{Result, Stream};
use serde::{Deserialize, Serialize};

/// UCB1 for costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ucb {
    actions: Vec<f64>,
    // Count and sum of costs of each action.
    seen: Vec<(u64, f64)>,
    range: Option<(f64, f64)>,
    pending: Option<Choice>,
}

impl Ucb {
    /// A learner that has seen nothing; it tries each action once first.
    ///
    /// # Errors
    /// `Error::Parameter` if there is no action, or one that is not finite.
    pub fn new(actions: Vec<f64>) -> Result<Self> {
        check_actions(&actions)?;
        let seen = vec![(0, 0.0); actions.len()];
        Ok(Self { actions, seen, range: None, pending: None })
    }
}

impl Learner for Ucb {
    fn actions(&self) -> &[f64] {
        &self.actions
    }

    fn choose(&mut self, _: f64, _: &mut Stream) -> Result<Choice> {
        check_settled(self.pending)?;
        let rounds: u64 = self.seen.iter().map(|&(n, _)| n).sum();
        let width = self.range.map_or(0.0, |(least, largest)| largest - least);
        let bonus = |n: u64| width * (2.0 * (rounds as f64).ln() / n as f64).sqrt();
        let index = match self.seen.iter().position(|&(n, _)| n == 0) {
            Some(new) => new,
            None => argmin(self.seen.iter().map(|&(n, sum)| sum / n as f64 - bonus(n))),
        };
        let choice = Choice { index, value: self.actions[index], probability: 1.0 };
        self.pending = Some(choice);
        Ok(choice)
    }

    fn observe(&mut self, cost: f64) -> Result<()> {
        let choice = check_cost(self.pending, cost)?;
        let (n, sum) = &mut self.seen[choice.index];
        *n += 1;
        *sum += cost;
        let (least, largest) = self.range.unwrap_or((cost, cost));
        self.range = Some((least.min(cost), largest.max(cost)));
        self.pending = None;
        Ok(())
    }
}
