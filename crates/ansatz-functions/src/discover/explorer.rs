//! What all ways of searching have in common, for whoever drives one without caring which.

use super::front::Front;
use super::search::{Discovery, Search};
use super::snapshot::Snapshot;
use crate::target::Target;
use ansatz_core::{Result, Run, Seed, Stopped};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A search that can be run, stopped, saved and run on, and that ends in a [`Front`].
pub trait Explorer: Sized {
    /// Its parameters.
    type Method: PartialEq;
    /// It as plain data.
    type Saved: Serialize + DeserializeOwned;
    /// What its saved state is called in a checkpoint, and the version of that.
    const KIND: (&'static str, u32);

    /// A search that knows nothing yet.
    ///
    /// # Errors
    /// If the target or a parameter is not valid.
    fn begin(method: &Self::Method, target: &Target, seed: Seed) -> Result<Self>;

    /// The search that goes on where it was saved.
    ///
    /// # Errors
    /// If the target is not that of the saved search, or the saved state contradicts itself.
    fn resume(saved: Self::Saved, target: &Target) -> Result<Self>;

    /// Parameters, seed and seconds spent of a saved search.
    fn about(saved: &Self::Saved) -> (&Self::Method, Seed, f64);

    /// The search as plain data; `elapsed` is the time spent in seconds.
    fn save(&self, elapsed: f64) -> Self::Saved;

    /// Searches on until the run says stop, on `threads` threads (0: all cores), which change nothing but the time.
    /// `after` is called now and then, and a reason that it returns ends the search.
    ///
    /// # Errors
    /// If the threads cannot be started, or what `after` returns.
    fn explore(
        &mut self,
        run: &mut Run,
        threads: usize,
        after: impl FnMut(&Self) -> Result<Option<Stopped>>,
    ) -> Result<Stopped>;

    /// The front of what was found so far, each program certified.
    ///
    /// # Errors
    /// If the target is not finite at a point.
    fn finish(&self) -> Result<Front>;
}

impl Explorer for Search {
    type Method = Discovery;
    type Saved = Snapshot;
    const KIND: (&'static str, u32) = ("discovery", 1);

    fn begin(method: &Discovery, target: &Target, seed: Seed) -> Result<Self> {
        Self::begin(method, target, seed)
    }
    fn resume(saved: Snapshot, target: &Target) -> Result<Self> {
        Self::resume(saved, target)
    }
    fn about(saved: &Snapshot) -> (&Discovery, Seed, f64) {
        (saved.method(), saved.seed(), saved.elapsed())
    }
    fn save(&self, elapsed: f64) -> Snapshot {
        self.snapshot(elapsed)
    }
    fn explore(
        &mut self,
        run: &mut Run,
        threads: usize,
        after: impl FnMut(&Self) -> Result<Option<Stopped>>,
    ) -> Result<Stopped> {
        self.run(run, threads, after)
    }
    fn finish(&self) -> Result<Front> {
        self.front()
    }
}
