//! Learners that choose one of finitely many values of a parameter, over and over, from the costs of their choices.
//!
//! Nothing here knows what the parameter tunes or how a cost is come by: a relaxation parameter and iterations, a block
//! size and seconds. A learner's state can be saved and restored (serde); with the state of its random stream beside it,
//! a learner that was interrupted goes on to the same choices.
//!
//! | learner | context | compares with |
//! |---|---|---|
//! | [`TsallisInf`] | none | the best fixed action, whatever the order of the costs |
//! | [`TsallisInfBins`] | one number | the best action for each of a few bins |
//! | [`ChebCb`] | one number | the best action for every context, costs being smooth in it |
//! | [`EpsilonGreedy`], [`Ucb`] | none | the best fixed action, if costs are independent draws |

mod bins;
mod box_squares;
mod cheb_cb;
mod epsilon_greedy;
mod tsallis_inf;
mod ucb;

pub use bins::TsallisInfBins;
pub use cheb_cb::ChebCb;
pub use epsilon_greedy::EpsilonGreedy;
pub use tsallis_inf::{TsallisInf, tsallis_probabilities};
pub use ucb::Ucb;

use ansatz_core::{Error, Result, Stream};
use serde::{Deserialize, Serialize};

/// What a learner chose.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The action's place among the learner's.
    pub index: usize,
    /// Its value.
    pub value: f64,
    /// The probability with which it was chosen.
    pub probability: f64,
}

/// Chooses actions from their costs.
pub trait Learner {
    /// The values to choose from.
    fn actions(&self) -> &[f64];

    /// Chooses an action for `context`, which a learner without contexts ignores.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the last choice's cost was not observed yet, or `context` is not in the learner's range.
    fn choose(&mut self, context: f64, stream: &mut Stream) -> Result<Choice>;

    /// Learns what the last choice cost.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there was no choice, or `cost` is negative; [`Error::NotFinite`] if it is not finite.
    fn observe(&mut self, cost: f64) -> Result<()>;
}

/// `count` values from `lo` to `hi`, evenly spaced.
///
/// # Errors
/// [`Error::Parameter`] for an interval that is empty or not finite, or a count of 0; a count of 1 needs `lo = hi`.
pub fn grid(lo: f64, hi: f64, count: usize) -> Result<Vec<f64>> {
    if !(lo.is_finite() && hi.is_finite()) || lo > hi || (count < 2 && lo < hi) || count == 0 {
        let value = format!("{count} values from {lo} to {hi}");
        return Err(Error::parameter("the grid", value, "at least 2 values of an interval, or 1 of a point"));
    }
    Ok((0..count).map(|i| lo + (hi - lo) * i as f64 / (count - 1).max(1) as f64).collect())
}

/// Refuses an empty set of actions, or a value that is not finite.
fn check_actions(actions: &[f64]) -> Result<()> {
    if actions.is_empty() || actions.iter().any(|v| !v.is_finite()) {
        return Err(Error::parameter("the actions", format!("{actions:?}"), "at least one value, all finite"));
    }
    Ok(())
}

/// A choice must have been made before a cost can be observed, and the cost must be one.
fn check_cost(pending: Option<Choice>, cost: f64) -> Result<Choice> {
    if !cost.is_finite() {
        return Err(Error::NotFinite { quantity: format!("the cost {cost}"), place: "an observation".to_owned() });
    }
    if cost < 0.0 {
        return Err(Error::parameter("the cost", cost, "at least 0"));
    }
    pending.ok_or_else(|| Error::parameter("a cost", "observed", "preceded by a choice"))
}

/// The last choice's cost must have been observed before the next choice.
fn check_settled(pending: Option<Choice>) -> Result<()> {
    match pending {
        Some(_) => Err(Error::parameter("a choice", "asked for", "preceded by the cost of the one before")),
        None => Ok(()),
    }
}

/// Draws an index from probabilities that add up to about 1.
fn draw(probabilities: &[f64], actions: &[f64], stream: &mut Stream) -> Choice {
    let total: f64 = probabilities.iter().sum();
    let mut left = stream.uniform() * total;
    let mut index = probabilities.len() - 1;
    for (i, p) in probabilities.iter().enumerate() {
        left -= p;
        if left < 0.0 {
            index = i;
            break;
        }
    }
    Choice { index, value: actions[index], probability: probabilities[index] / total }
}

/// Draws one of the actions, all with the same probability.
fn draw_uniform(actions: &[f64], stream: &mut Stream) -> Choice {
    let index = stream.below(actions.len());
    Choice { index, value: actions[index], probability: 1.0 / actions.len() as f64 }
}

#[cfg(test)]
mod tests;
