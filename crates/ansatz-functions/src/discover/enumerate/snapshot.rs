//! An enumeration as plain data, to be saved and gone on with.
//!
//! Random streams need no saving: each is addressed by seed, number of operations and prefix.

use super::{Enumeration, Exhaustive, State};
use crate::discover::archive::{Archive, Entry, Lineage};
use crate::discover::batch::Counters;
use crate::discover::problem::Problem;
use crate::program::Program;
use crate::target::{Target, Weight};
use ansatz_core::{Error, Result, Seed};
use serde::{Deserialize, Serialize};

/// A saved enumeration.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EnumerationSnapshot {
    method: Exhaustive,
    /// Name, interval and weight of the target: a snapshot only fits the enumeration that it was taken from.
    target: (String, f64, f64, Weight),
    seed: Seed,
    /// Seconds spent.
    elapsed: f64,
    operations: usize,
    pub(super) next: usize,
    rounds: u64,
    counters: Counters,
    /// Kept programs with their errors.
    pub(super) levels: Vec<Vec<(Program, f64)>>,
}

impl EnumerationSnapshot {
    /// Seconds that the saved enumeration had spent.
    pub fn elapsed(&self) -> f64 {
        self.elapsed
    }

    /// The method of the saved enumeration.
    pub fn method(&self) -> &Exhaustive {
        &self.method
    }

    /// The seed of the saved enumeration.
    pub fn seed(&self) -> Seed {
        self.seed
    }
}

fn describe(target: &Target) -> (String, f64, f64, Weight) {
    (target.name.clone(), target.interval.lo, target.interval.hi, target.weight)
}

impl Enumeration {
    /// The enumeration as plain data; `elapsed` is the time spent in seconds.
    pub fn snapshot(&self, elapsed: f64) -> EnumerationSnapshot {
        let levels = self.state.archive.levels().iter();
        EnumerationSnapshot {
            method: self.method.clone(),
            target: describe(&self.problem.target),
            seed: self.seed,
            elapsed,
            operations: self.state.operations,
            next: self.state.next,
            rounds: self.state.rounds,
            counters: self.state.counters,
            levels: levels.map(|l| l.iter().map(|e| (e.program.clone(), e.error)).collect()).collect(),
        }
    }

    /// The enumeration that goes on where the snapshot was taken.
    ///
    /// # Errors
    /// If the target is not the one of the snapshot, or the snapshot contradicts itself.
    pub fn resume(snapshot: EnumerationSnapshot, target: &Target) -> Result<Self> {
        if snapshot.target != describe(target) {
            let (name, lo, hi, _) = &snapshot.target;
            let allowed = format!("that of the saved enumeration, {name} on {lo}..{hi}");
            return Err(Error::parameter("target", &target.name, allowed));
        }
        snapshot.method.validate()?;
        let EnumerationSnapshot { method, operations, next, rounds, counters, .. } = snapshot;
        let entry = |(program, error): (Program, f64)| {
            let lineage = Lineage::of_enumerated(&program, error);
            Entry { fingerprint: program.shape.fingerprint(), program, error, lineage }
        };
        let levels: Vec<Vec<Entry>> =
            snapshot.levels.into_iter().map(|level| level.into_iter().map(entry).collect()).collect();
        let counted = levels.len() == method.max_operations + 1 && levels[0].len() == 1;
        let archive = Archive::restored(levels, method.keep);
        let state = State { archive, operations, next, rounds, counters };
        let enumeration = Self::with(method, Problem::new(target)?, snapshot.seed, state)?;
        if !counted || operations == 0 || next > enumeration.prefixes.len() {
            return Err(Error::refused("the saved enumeration contradicts itself"));
        }
        Ok(enumeration)
    }
}
