//! A search as plain data, to be saved and gone on with.
//!
//! Random streams need no saving: each is addressed by seed, epoch and batch.

use super::archive::{Archive, Entry, Lineage};
use super::batch::Counters;
use super::mutate::Mutation;
use super::problem::Problem;
use super::search::{Discovery, Search, State, Sweep};
use crate::program::Program;
use crate::target::{Target, Weight};
use ansatz_core::{Error, Result, Seed};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One generation; parents come before children.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    /// Index of the parent; none for the identity and for an enumerated program.
    pub parent: Option<usize>,
    /// What was done to it.
    pub mutations: Vec<Mutation>,
    /// The result, with its fitted constants.
    pub program: Program,
    /// Its error on the grid.
    pub error: f64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    program: Program,
    error: f64,
    lineage: usize,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct SavedSweep {
    form: u64,
    parent: usize,
    neighbours: Vec<Mutation>,
    next: usize,
}

/// A saved search.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    method: Discovery,
    target: Described,
    seed: Seed,
    /// Seconds spent.
    elapsed: f64,
    epoch: u64,
    counters: Counters,
    levels: Vec<Vec<Kept>>,
    tries: Vec<(u64, u8)>,
    swept: Vec<u64>,
    sweeps: Vec<Option<SavedSweep>>,
    generations: Vec<Generation>,
}

/// Numbers lineages so that parents come first.
#[derive(Default)]
pub(crate) struct Table {
    numbers: BTreeMap<usize, usize>,
    pub(crate) generations: Vec<Generation>,
}

impl Table {
    pub(crate) fn number(&mut self, lineage: &Arc<Lineage>) -> usize {
        let mut last = 0;
        let mut parent = None;
        for generation in lineage.path() {
            // The address identifies a generation while the search holds it.
            let key = Arc::as_ptr(&generation) as usize;
            last = *self.numbers.entry(key).or_insert_with(|| {
                self.generations.push(Generation {
                    parent,
                    mutations: generation.mutations.clone(),
                    program: generation.program.clone(),
                    error: generation.error,
                });
                self.generations.len() - 1
            });
            parent = Some(last);
        }
        last
    }
}

/// What identifies a target: name, interval and weight. A saved search only fits the target that it was begun with.
pub(crate) type Described = (String, f64, f64, Weight);

pub(crate) fn describe(target: &Target) -> Described {
    (target.name.clone(), target.interval.lo, target.interval.hi, target.weight)
}

/// Refuses a target that is not the described one.
pub(crate) fn same_target(saved: &Described, target: &Target) -> Result<()> {
    if *saved == describe(target) {
        return Ok(());
    }
    let (name, lo, hi, _) = saved;
    Err(Error::parameter("target", &target.name, format!("that of the saved search, {name} on {lo}..{hi}")))
}

pub(crate) fn broken() -> Error {
    Error::refused("the saved search contradicts itself")
}

/// The lineages of a table of generations.
pub(crate) fn lineages(generations: Vec<Generation>) -> Result<Vec<Arc<Lineage>>> {
    let mut lineages: Vec<Arc<Lineage>> = Vec::new();
    for generation in generations {
        let parent = match generation.parent {
            Some(i) => Some(Arc::clone(lineages.get(i).ok_or_else(broken)?)),
            None => None,
        };
        let Generation { mutations, program, error, .. } = generation;
        lineages.push(Arc::new(Lineage { parent, mutations, program, error }));
    }
    Ok(lineages)
}

impl Snapshot {
    /// Seconds that the saved search had spent.
    pub fn elapsed(&self) -> f64 {
        self.elapsed
    }

    /// The method of the saved search.
    pub fn method(&self) -> &Discovery {
        &self.method
    }

    /// The seed of the saved search.
    pub fn seed(&self) -> Seed {
        self.seed
    }
}

impl Search {
    /// The search as plain data; `elapsed` is the time spent in seconds.
    pub fn snapshot(&self, elapsed: f64) -> Snapshot {
        let mut table = Table::default();
        let levels = self.state.archive.levels().iter().map(|entries| {
            entries
                .iter()
                .map(|e| Kept { program: e.program.clone(), error: e.error, lineage: table.number(&e.lineage) })
                .collect()
        });
        let levels = levels.collect();
        let sweeps = self.state.sweeps.iter().map(|sweep| {
            sweep.as_ref().map(|s| SavedSweep {
                form: s.form,
                parent: table.number(&s.parent),
                neighbours: s.neighbours.clone(),
                next: s.next,
            })
        });
        let sweeps = sweeps.collect();
        Snapshot {
            method: self.method.clone(),
            target: describe(&self.problem.target),
            seed: self.seed,
            elapsed,
            epoch: self.state.epoch,
            counters: self.state.counters,
            levels,
            tries: self.state.tries.iter().map(|(&form, &count)| (form, count)).collect(),
            swept: self.state.swept.iter().copied().collect(),
            sweeps,
            generations: table.generations,
        }
    }

    /// The search that goes on where the snapshot was taken.
    ///
    /// # Errors
    /// If the target is not the one of the snapshot, or the snapshot contradicts itself.
    pub fn resume(snapshot: Snapshot, target: &Target) -> Result<Self> {
        same_target(&snapshot.target, target)?;
        snapshot.method.validate()?;
        let lineages = lineages(snapshot.generations)?;
        let levels: Vec<Vec<Entry>> = snapshot
            .levels
            .into_iter()
            .map(|kept| {
                kept.into_iter()
                    .map(|k| {
                        let lineage = Arc::clone(lineages.get(k.lineage).ok_or_else(broken)?);
                        let fingerprint = k.program.shape.fingerprint();
                        Ok(Entry { program: k.program, error: k.error, fingerprint, lineage })
                    })
                    .collect::<Result<_>>()
            })
            .collect::<Result<_>>()?;
        let sweeps: Vec<Option<Sweep>> = snapshot
            .sweeps
            .into_iter()
            .map(|sweep| {
                sweep
                    .map(|s| {
                        let parent = Arc::clone(lineages.get(s.parent).ok_or_else(broken)?);
                        Ok(Sweep { form: s.form, parent, neighbours: s.neighbours, next: s.next })
                    })
                    .transpose()
            })
            .collect::<Result<_>>()?;
        if levels.len() != snapshot.method.max_cost + 1 || sweeps.len() != levels.len() || levels[0].is_empty() {
            return Err(broken());
        }
        let state = State {
            archive: Archive::restored(levels, snapshot.method.keep),
            tries: snapshot.tries.into_iter().collect(),
            swept: snapshot.swept.into_iter().collect(),
            sweeps,
            epoch: snapshot.epoch,
            counters: snapshot.counters,
        };
        Ok(Self { problem: Problem::new(target)?, method: snapshot.method, seed: snapshot.seed, state })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Explorer;
    use ansatz_core::{Checkpoint, Run, Stopped};
    use std::sync::Arc as Shared;
    use std::sync::atomic::{AtomicBool, Ordering};

    fn outcome(search: &Search) -> Vec<u64> {
        let entries = search.state.archive.levels().iter().flatten();
        entries
            .flat_map(|e| {
                let constants = e.program.constants.iter().flat_map(|c| [c.hi.to_bits(), c.lo.to_bits()]);
                [e.fingerprint, e.error.to_bits()].into_iter().chain(constants).collect::<Vec<_>>()
            })
            .collect()
    }

    #[test]
    fn a_search_split_at_any_epoch_ends_as_an_unbroken_one() {
        let target = Target::named("exp2").unwrap();
        let method = Discovery { max_cost: 6, effort: 2_000, ..Discovery::default() };
        let limit = 60_000;
        let mut whole = Search::begin(&method, &target, Seed(3)).unwrap();
        whole.run(&mut Run::new(Seed(3)).evaluation_limit(limit), 2, |_| Ok(None)).unwrap();
        for split in [1, 3, 7] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("search.checkpoint");
            let flag = Shared::new(AtomicBool::new(false));
            let mut first = Search::begin(&method, &target, Seed(3)).unwrap();
            let mut checkpoint = Checkpoint::new(&path, "discovery", 1).unwrap();
            let mut run = Run::new(Seed(3)).evaluation_limit(limit).interrupt(Shared::clone(&flag));
            let stopped = first
                .run(&mut run, 2, |search| {
                    checkpoint.save(&search.snapshot(0.0))?;
                    flag.store(search.epochs() >= split, Ordering::Relaxed);
                    Ok(None)
                })
                .unwrap();
            assert_eq!((stopped, first.epochs()), (Stopped::Interrupted, split));
            let saved = Checkpoint::new(&path, "discovery", 1).unwrap().load::<Snapshot>().unwrap().unwrap();
            let mut second = Search::resume(saved.state, &target).unwrap();
            second.run(&mut Run::new(Seed(3)).evaluation_limit(limit), 1, |_| Ok(None)).unwrap();
            assert_eq!(second.epochs(), whole.epochs());
            assert_eq!(outcome(&second), outcome(&whole), "split after epoch {split}");
        }
    }

    #[test]
    fn a_snapshot_of_another_target_is_refused() {
        let method = Discovery { max_cost: 2, effort: 200, ..Discovery::default() };
        let search = Search::begin(&method, &Target::named("exp2").unwrap(), Seed(1)).unwrap();
        let mut other = Target::named("exp2").unwrap();
        other.weight = Weight::Absolute;
        let error = Search::resume(search.snapshot(0.0), &other).unwrap_err().to_string();
        assert!(error.contains("that of the saved search"), "{error}");
    }
}
