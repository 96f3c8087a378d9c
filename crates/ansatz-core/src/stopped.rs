//! Why a run ended.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a run ended; written out, a sentence. None of these is an error: the best result so far is returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Stopped {
    /// The method's own criterion holds.
    Converged,
    /// The error fell to the target that was set.
    Target,
    /// Everything that the method could try has been tried.
    Exhausted,
    /// Progress ended short of the goal.
    Stalled,
    /// Ctrl-C, or whoever raised the flag.
    Interrupted,
    /// The time limit was reached.
    TimeLimit,
    /// The evaluation limit was reached.
    EvaluationLimit,
    /// The error became not-a-number.
    NotANumber {
        /// The step in which it did.
        iteration: u64,
    },
}

impl Stopped {
    /// Whether the goal was met, rather than a limit or a fault.
    pub fn succeeded(self) -> bool {
        matches!(self, Self::Converged | Self::Target | Self::Exhausted)
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Converged => write!(f, "converged"),
            Self::Target => write!(f, "reached the target error"),
            Self::Exhausted => write!(f, "tried everything there is to try"),
            Self::Stalled => write!(f, "stopped making progress"),
            Self::Interrupted => write!(f, "interrupted; the best result so far is kept"),
            Self::TimeLimit => write!(f, "reached the time limit"),
            Self::EvaluationLimit => write!(f, "reached the evaluation limit"),
            Self::NotANumber { iteration } => write!(f, "the error became not-a-number in iteration {iteration}"),
        }
    }
}
