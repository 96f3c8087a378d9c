//! The straight path in every schedule: `y = x/(α + σ)`, `τ = σ/(α + σ)`.
//!
//! `y = (1 − τ) x_0 + τ ε`, and the flow is `dy/dτ = ε − x̂_0`, the velocity itself. In the schedule of rectified flows `y = x` and
//! `τ` is its (shifted) time.

use crate::plan::{Combination, Term};
use crate::schedule::{Level, Schedule};
use ansatz_core::Result;

/// `τ` of a level.
pub(crate) fn tau(level: &Level) -> f64 {
    level.sigma / size(level)
}

/// `α + σ`.
pub(crate) fn size(level: &Level) -> f64 {
    level.alpha + level.sigma
}

/// The level with this `τ` in [0, 1].
pub(crate) fn level(schedule: &dyn Schedule, tau: f64) -> Result<Level> {
    schedule.level_at(((1.0 - tau) / tau).ln())
}

/// `x` at `to`, where `y = y_base + Σ c u`: `base` is a stage that was asked at level `at`.
pub(super) fn moved(base: usize, at: &Level, to: &Level, terms: &[(f64, usize)]) -> Combination {
    let start = Combination::of(Term::Point(base)).scaled(size(to) / size(at));
    terms.iter().fold(start, |sum, &(c, stage)| sum.plus(size(to) * c, Term::Answer(stage)))
}
