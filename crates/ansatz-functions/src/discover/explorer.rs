//! What all ways of searching have in common, for whoever drives one without caring which.

use super::enumerate::{Enumeration, EnumerationSnapshot, Exhaustive};
use super::faithful::{Evolution, EvolutionSnapshot, Faithful};
use super::front::Front;
use super::search::{Discovery, Search};
use super::snapshot::Snapshot;
use crate::target::Target;
use ansatz_core::{Error, Result, Run, Seed, Stopped, Work};
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

    /// Searches on by one round, the unit that is interrupted as a whole and reported after.
    ///
    /// # Errors
    /// What breaks the search.
    fn advance(&mut self, abort: &(dyn Fn() -> bool + Sync)) -> Result<Round>;

    /// What was spent so far.
    fn work(&self) -> Work;

    /// The least error found at each cost, rounded up to a whole number; infinite where nothing was found.
    fn best(&self) -> Vec<f64>;

    /// What is shown while it runs: the errors that were found, by cost.
    fn progress(&self) -> String {
        let best = self.best();
        let found = best.iter().enumerate().filter(|(_, error)| error.is_finite());
        found.map(|(cost, error)| format!("{cost}: {error:.1e}")).collect::<Vec<_>>().join("  ")
    }

    /// Searches on until the run says stop, on `threads` threads (0: all cores); `after` is called after each round, and
    /// a reason that it returns ends the search.
    ///
    /// The run's error is the least one found. A round that is interrupted is given up as a whole, so that a search that
    /// is run on later gives the result of an unbroken one.
    ///
    /// # Errors
    /// If the threads cannot be started, or what [`advance`](Self::advance) or `after` returns.
    fn run(
        &mut self,
        run: &mut Run,
        threads: usize,
        mut after: impl FnMut(&Self) -> Result<Option<Stopped>>,
    ) -> Result<Stopped>
    where
        Self: Send,
    {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|e| Error::Environment { what: "a pool of threads".into(), reason: e.to_string() })?;
        let signal = run.signal();
        let least = |best: &[f64]| best.iter().copied().fold(f64::INFINITY, f64::min);
        loop {
            match pool.install(|| self.advance(&|| signal.raised().is_some()))? {
                Round::Whole => {}
                Round::Last => return Ok(Stopped::Exhausted),
                Round::GivenUp => {
                    let (work, least) = (self.work(), least(&self.best()));
                    return Ok(run.stop_requested().or_else(|| run.step(&work, least)).unwrap_or(Stopped::Interrupted));
                }
            }
            let done = after(self)?;
            let best = self.best();
            run.message(self.progress());
            if let Some(stopped) = run.step(&self.work(), least(&best)).or(done) {
                return Ok(stopped);
            }
        }
    }

    /// The front of what was found so far, each program certified.
    ///
    /// # Errors
    /// If the target is not finite at a point.
    fn front(&self) -> Result<Front>;
}

/// How a round ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// It was completed, and more can be done.
    Whole,
    /// There is nothing left to do.
    Last,
    /// It was aborted, and nothing has changed.
    GivenUp,
}

impl Round {
    pub(crate) fn of(completed: bool) -> Self {
        if completed { Self::Whole } else { Self::GivenUp }
    }
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
    fn advance(&mut self, abort: &(dyn Fn() -> bool + Sync)) -> Result<Round> {
        Ok(Round::of(self.epoch(abort)))
    }
    fn work(&self) -> Work {
        self.work()
    }
    fn best(&self) -> Vec<f64> {
        self.best()
    }
    fn front(&self) -> Result<Front> {
        self.front()
    }
}

impl Explorer for Evolution {
    type Method = Faithful;
    type Saved = EvolutionSnapshot;
    const KIND: (&'static str, u32) = ("evolution", 1);

    fn begin(method: &Faithful, target: &Target, seed: Seed) -> Result<Self> {
        Self::begin(method, target, seed)
    }
    fn resume(saved: EvolutionSnapshot, target: &Target) -> Result<Self> {
        Self::resume(saved, target)
    }
    fn about(saved: &EvolutionSnapshot) -> (&Faithful, Seed, f64) {
        (saved.method(), saved.seed(), saved.elapsed())
    }
    fn save(&self, elapsed: f64) -> EvolutionSnapshot {
        self.snapshot(elapsed)
    }
    fn advance(&mut self, abort: &(dyn Fn() -> bool + Sync)) -> Result<Round> {
        self.step(abort).map(Round::of)
    }
    fn work(&self) -> Work {
        self.work()
    }
    fn best(&self) -> Vec<f64> {
        self.best()
    }
    fn front(&self) -> Result<Front> {
        self.front()
    }
}

impl Explorer for Enumeration {
    type Method = Exhaustive;
    type Saved = EnumerationSnapshot;
    const KIND: (&'static str, u32) = ("enumeration", 1);

    fn begin(method: &Exhaustive, target: &Target, seed: Seed) -> Result<Self> {
        Self::begin(method, target, seed)
    }
    fn resume(saved: EnumerationSnapshot, target: &Target) -> Result<Self> {
        Self::resume(saved, target)
    }
    fn about(saved: &EnumerationSnapshot) -> (&Exhaustive, Seed, f64) {
        (saved.method(), saved.seed(), saved.elapsed())
    }
    fn save(&self, elapsed: f64) -> EnumerationSnapshot {
        self.snapshot(elapsed)
    }
    fn advance(&mut self, abort: &(dyn Fn() -> bool + Sync)) -> Result<Round> {
        Ok(if self.is_complete() { Round::Last } else { Round::of(self.round(abort)) })
    }
    fn work(&self) -> Work {
        self.work()
    }
    fn progress(&self) -> String {
        self.progress()
    }
    fn best(&self) -> Vec<f64> {
        self.best()
    }
    fn front(&self) -> Result<Front> {
        self.front()
    }
}
