//! A search as plain data, to be saved and gone on with.
//!
//! Random streams need no saving, as each is addressed by a number; nor does the predictor, which is trained anew each round.

use super::evolve::Search;
use super::method::{Population, S3};
use super::objective::Objective;
use ansatz_core::{Error, Result, Seed, Work};
use serde::{Deserialize, Serialize};

/// A saved search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchSnapshot {
    method: S3,
    seed: Seed,
    elapsed: f64,
    /// The noise schedule and the ends of the path.
    schedule: String,
    ends: [f64; 2],
    samples: usize,
    populations: Vec<Population>,
    drawn: u64,
    turn: usize,
    work: Work,
    agreement: Vec<f64>,
}

impl SearchSnapshot {
    /// What its saved state is called in a checkpoint, and the version of that.
    pub const KIND: (&'static str, u32) = ("solver-search", 1);

    /// Its parameters.
    pub fn method(&self) -> &S3 {
        &self.method
    }

    /// Its seed.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// Seconds spent on it.
    pub fn elapsed(&self) -> f64 {
        self.elapsed
    }
}

impl<'a> Search<'a> {
    /// The search as plain data; `elapsed` is the time spent in seconds.
    pub fn snapshot(&self, elapsed: f64) -> SearchSnapshot {
        let path = self.objective.path();
        SearchSnapshot {
            method: self.method.clone(),
            seed: self.seed,
            elapsed,
            schedule: path.schedule.name(),
            ends: [path.from.t, path.to.t],
            samples: self.objective.samples(),
            populations: self.populations.clone(),
            drawn: self.drawn,
            turn: self.turn,
            work: self.work.clone(),
            agreement: self.agreement.clone(),
        }
    }

    /// The search that goes on where it was saved.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the objective has another path or number of samples than the saved one, or the saved state
    /// contradicts itself; as [`S3::validate`].
    pub fn resume(saved: SearchSnapshot, objective: &'a dyn Objective) -> Result<Self> {
        saved.method.validate()?;
        let path = objective.path();
        let same = saved.schedule == path.schedule.name()
            && saved.ends == [path.from.t, path.to.t]
            && saved.samples == objective.samples();
        if !same {
            let allowed = format!(
                "that of the saved search: {} from {} to {}, {} samples",
                saved.schedule, saved.ends[0], saved.ends[1], saved.samples
            );
            return Err(Error::parameter("the objective", "another", allowed));
        }
        let numbers = saved.populations.iter().map(|population| population.evaluations);
        let sound = numbers.eq(saved.method.evaluations.iter().copied())
            && saved.turn < saved.populations.len()
            && saved.populations.iter().all(|population| {
                population.members.iter().all(|candidate| {
                    candidate.sampler.evaluations() == population.evaluations
                        && candidate.sampler.check(path.schedule).is_ok()
                        && candidate.score.is_finite()
                })
            });
        if !sound {
            return Err(Error::parameter("the saved search", "one that contradicts itself", "as it was written"));
        }
        let SearchSnapshot { method, seed, populations, drawn, turn, work, agreement, .. } = saved;
        Ok(Self { method, objective, seed, populations, drawn, turn, work, agreement })
    }
}
