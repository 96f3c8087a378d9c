//! Tsallis-INF for each of a few bins of contexts.
//!
//! The interval of contexts is cut into `m` equal bins, each with a learner of its own. Against the best action of each
//! bin the regret is `O(√(mdT))`; what a bin lumps together it cannot tell apart.
//!
//! Source: Khodak et al. 2024, arXiv:2310.02246, §3.

use super::{Choice, Learner, TsallisInf};
use ansatz_core::{Error, Result, Stream};
use serde::{Deserialize, Serialize};

/// One [`TsallisInf`] a bin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TsallisInfBins {
    interval: (f64, f64),
    learners: Vec<TsallisInf>,
    pending: Option<usize>,
}

impl TsallisInfBins {
    /// A learner that has seen nothing, with `bins` equal bins of `interval`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the actions, the interval or the bins are empty, or not finite.
    pub fn new(actions: &[f64], interval: (f64, f64), bins: usize) -> Result<Self> {
        check_interval(interval)?;
        if bins == 0 {
            return Err(Error::parameter("bins", bins, "at least 1"));
        }
        let learners = (0..bins).map(|_| TsallisInf::new(actions.to_vec())).collect::<Result<_>>()?;
        Ok(Self { interval, learners, pending: None })
    }
}

/// Refuses an interval of contexts that is empty or not finite.
pub(super) fn check_interval((lo, hi): (f64, f64)) -> Result<()> {
    if !(lo.is_finite() && hi.is_finite() && lo < hi) {
        return Err(Error::parameter("the interval of contexts", format!("[{lo}, {hi}]"), "finite and not empty"));
    }
    Ok(())
}

/// Refuses a context outside the interval.
pub(super) fn check_context(context: f64, (lo, hi): (f64, f64)) -> Result<()> {
    if !(lo..=hi).contains(&context) {
        return Err(Error::parameter("the context", context, format!("in [{lo}, {hi}], the learner's interval")));
    }
    Ok(())
}

impl Learner for TsallisInfBins {
    fn actions(&self) -> &[f64] {
        self.learners[0].actions()
    }

    fn choose(&mut self, context: f64, stream: &mut Stream) -> Result<Choice> {
        check_context(context, self.interval)?;
        let (lo, hi) = self.interval;
        let bins = self.learners.len();
        let bin = ((context - lo) / (hi - lo) * bins as f64) as usize;
        let bin = self.pending.unwrap_or(bin.min(bins - 1));
        let choice = self.learners[bin].choose(context, stream)?;
        self.pending = Some(bin);
        Ok(choice)
    }

    fn observe(&mut self, cost: f64) -> Result<()> {
        self.learners[self.pending.unwrap_or(0)].observe(cost)?;
        self.pending = None;
        Ok(())
    }
}
