//! An evolution as plain data, to be saved and gone on with.
//!
//! Random streams need no saving: each is addressed by seed, generation and place. The reference values are computed
//! again.

use super::super::archive::{Archive, Entry};
use super::super::batch::Counters;
use super::super::snapshot::{Described, Generation, Table, broken, describe, lineages, same_target};
use super::Faithful;
use super::evolution::{Attempt, Evolution, Individual, KEEP, State};
use crate::program::Program;
use crate::target::Target;
use ansatz_core::{Result, Seed};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct SavedIndividual {
    id: u64,
    initial: Vec<f64>,
    lineage: usize,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct SavedEntry {
    program: Program,
    error: f64,
    lineage: usize,
}

/// A saved evolution. Errors of failed programs are infinite: to be saved in a format that holds infinities, as
/// [`Checkpoint`](ansatz_core::Checkpoint) does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EvolutionSnapshot {
    method: Faithful,
    target: Described,
    seed: Seed,
    /// Seconds spent.
    elapsed: f64,
    generation: u64,
    restarts: u64,
    counters: Counters,
    /// Beginning, last improvement, and the least error at each cost.
    attempt: (u64, u64, Vec<f64>),
    populations: Vec<Vec<SavedIndividual>>,
    elders: Vec<Vec<SavedIndividual>>,
    levels: Vec<Vec<SavedEntry>>,
    generations: Vec<Generation>,
}

impl EvolutionSnapshot {
    /// Seconds that the saved evolution had spent.
    pub fn elapsed(&self) -> f64 {
        self.elapsed
    }

    /// The method of the saved evolution.
    pub fn method(&self) -> &Faithful {
        &self.method
    }

    /// The seed of the saved evolution.
    pub fn seed(&self) -> Seed {
        self.seed
    }
}

fn save(groups: &[Vec<Individual>], table: &mut Table) -> Vec<Vec<SavedIndividual>> {
    let mut one =
        |i: &Individual| SavedIndividual { id: i.id, initial: i.initial.clone(), lineage: table.number(&i.lineage) };
    groups.iter().map(|group| group.iter().map(&mut one).collect()).collect()
}

impl Evolution {
    /// The evolution as plain data; `elapsed` is the time spent in seconds.
    pub fn snapshot(&self, elapsed: f64) -> EvolutionSnapshot {
        let state = &self.state;
        let mut table = Table::default();
        let populations = save(&state.populations, &mut table);
        let elders = save(&state.elders, &mut table);
        let mut kept =
            |e: &Entry| SavedEntry { program: e.program.clone(), error: e.error, lineage: table.number(&e.lineage) };
        let levels = state.archive.levels().iter().map(|level| level.iter().map(&mut kept).collect()).collect();
        EvolutionSnapshot {
            method: self.method.clone(),
            target: describe(&self.problem.target),
            seed: self.seed,
            elapsed,
            generation: state.generation,
            restarts: state.restarts,
            counters: state.counters,
            attempt: (state.attempt.begun, state.attempt.improved, state.attempt.best.clone()),
            populations,
            elders,
            levels,
            generations: table.generations,
        }
    }

    /// The evolution that goes on where the snapshot was taken.
    ///
    /// # Errors
    /// If the target is not the one of the snapshot, or the snapshot contradicts itself.
    pub fn resume(snapshot: EvolutionSnapshot, target: &Target) -> Result<Self> {
        same_target(&snapshot.target, target)?;
        let method = snapshot.method;
        method.validate()?;
        let lineages = lineages(snapshot.generations)?;
        let find = |i: usize| lineages.get(i).map(Arc::clone).ok_or_else(broken);
        let restore = |groups: Vec<Vec<SavedIndividual>>| -> Result<Vec<Vec<Individual>>> {
            let one = |saved: SavedIndividual| {
                let lineage = find(saved.lineage)?;
                if saved.initial.len() != lineage.program.shape.constants() {
                    return Err(broken());
                }
                Ok(Individual { id: saved.id, initial: saved.initial, lineage })
            };
            groups.into_iter().map(|group| group.into_iter().map(one).collect()).collect()
        };
        let entry = |saved: SavedEntry| {
            let fingerprint = saved.program.shape.fingerprint();
            Ok(Entry { program: saved.program, error: saved.error, fingerprint, lineage: find(saved.lineage)? })
        };
        let levels: Vec<Vec<Entry>> = snapshot
            .levels
            .into_iter()
            .map(|level| level.into_iter().map(entry).collect::<Result<_>>())
            .collect::<Result<_>>()?;
        let populations = restore(snapshot.populations)?;
        let elders = restore(snapshot.elders)?;
        let (begun, improved, best) = snapshot.attempt;
        let whole = populations.len() == method.workers
            && populations.iter().all(|p| p.len() == method.children)
            && elders.len() == method.workers
            && levels.len() == method.max_cost + 1
            && !levels[0].is_empty()
            && best.len() == levels.len()
            && begun.max(improved) <= snapshot.generation;
        if !whole {
            return Err(broken());
        }
        let state = State {
            populations,
            elders,
            archive: Archive::restored(levels, KEEP),
            attempt: Attempt { begun, improved, best },
            generation: snapshot.generation,
            restarts: snapshot.restarts,
            counters: snapshot.counters,
        };
        Self::around(&method, target, snapshot.seed, state)
    }
}

#[cfg(test)]
mod tests {
    use super::super::evolution::tests::{bits, quick};
    use super::*;
    use crate::discover::Explorer;
    use ansatz_core::{Checkpoint, Run, Stopped};
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn an_evolution_split_at_any_generation_ends_as_an_unbroken_one() {
        let target = Target::named("exp2").unwrap();
        let limit = 25_000;
        for method in [quick(), Faithful { elitism: true, patience: Some(15), ..quick() }] {
            let mut whole = Evolution::begin(&method, &target, Seed(3)).unwrap();
            whole.run(&mut Run::new(Seed(3)).evaluation_limit(limit), 2, |_| Ok(None)).unwrap();
            for split in [1, 9, 25] {
                assert!(split < whole.generations());
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("evolution.checkpoint");
                let flag = Arc::new(AtomicBool::new(false));
                let mut first = Evolution::begin(&method, &target, Seed(3)).unwrap();
                let mut checkpoint = Checkpoint::new(&path, "evolution", 1).unwrap();
                let mut run = Run::new(Seed(3)).evaluation_limit(limit).interrupt(Arc::clone(&flag));
                let stopped = first
                    .run(&mut run, 2, |evolution| {
                        checkpoint.save(&evolution.snapshot(0.0))?;
                        flag.store(evolution.generations() >= split, Ordering::Relaxed);
                        Ok(None)
                    })
                    .unwrap();
                assert_eq!((stopped, first.generations()), (Stopped::Interrupted, split));
                let saved = Checkpoint::new(&path, "evolution", 1).unwrap().load::<EvolutionSnapshot>();
                let mut second = Evolution::resume(saved.unwrap().unwrap().state, &target).unwrap();
                assert_eq!(bits(&second), bits(&first));
                second.run(&mut Run::new(Seed(3)).evaluation_limit(limit), 1, |_| Ok(None)).unwrap();
                assert_eq!(bits(&second), bits(&whole), "split after generation {split}");
            }
        }
    }

    #[test]
    fn a_snapshot_of_another_target_or_with_a_contradiction_is_refused() {
        let target = Target::named("exp2").unwrap();
        let evolution = Evolution::begin(&quick(), &target, Seed(1)).unwrap();
        let mut other = target.clone();
        other.interval.hi = 0.5;
        let refuse = |snapshot, target: &Target| Evolution::resume(snapshot, target).unwrap_err().to_string();
        assert!(refuse(evolution.snapshot(0.0), &other).contains("that of the saved search"));
        let mut snapshot = evolution.snapshot(0.0);
        snapshot.populations[0][0].lineage = 99;
        assert!(refuse(snapshot, &target).contains("contradicts itself"));
        let mut snapshot = evolution.snapshot(0.0);
        snapshot.populations[1].pop();
        assert!(refuse(snapshot, &target).contains("contradicts itself"));
        let mut snapshot = evolution.snapshot(0.0);
        snapshot.populations[0][0].initial.push(1.0);
        assert!(refuse(snapshot, &target).contains("contradicts itself"));
    }
}
