//! The result of a search: the Pareto front of error against cost.

use super::archive::{Entry, Lineage};
use super::batch::Counters;
use super::exchange::{self, Scratch};
use super::fit::{self, Limits, fit};
use super::search::Search;
use super::snapshot::{Generation, Table};
use super::tape::Tape;
use crate::program::Program;
use ansatz_core::{Result, Seed};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Programs of each level that compete for its place on the front.
const CANDIDATES: usize = 3;
/// The last fit of a program's constants.
const SETTLE: Limits = Limits { steps: 20_000, patience: 200 };

/// One program of the front.
#[derive(Clone, Debug)]
pub struct FrontEntry {
    /// Operations that depend on the input.
    pub operations: usize,
    /// The cost in the search's measure.
    pub cost: f64,
    /// The program with minimax constants in double-double: what it can do over the reals.
    pub program: Program,
    /// Its largest error found between the nodes, in the target's weight. Not a bound: see
    /// [`certify`](crate::certify).
    pub error: f64,
    /// The same form with constants that are doubles, re-optimised as each was rounded.
    pub rounded: Program,
    /// Its largest error found, over the reals.
    pub rounded_error: f64,
    /// How it came to be.
    pub lineage: Arc<Lineage>,
}

impl FrontEntry {
    /// The generations from the identity to this program; each one's parent is the one before it.
    pub fn ancestry(&self) -> Vec<Generation> {
        let mut table = Table::default();
        table.number(&self.lineage);
        table.generations
    }
}

/// Programs of which none is both cheaper and better than another, by increasing cost.
#[derive(Clone, Debug)]
pub struct Front {
    /// The programs.
    pub entries: Vec<FrontEntry>,
    /// What the search did.
    pub counters: Counters,
    /// Its seed.
    pub seed: Seed,
    /// Epochs completed: with the seed, what it takes to repeat the search bit by bit.
    pub epochs: u64,
}

/// What one search did, in a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The seed.
    pub seed: Seed,
    /// Epochs completed.
    pub epochs: u64,
    /// Fits, programs, steps.
    pub counters: Counters,
}

impl Search {
    /// Minimax constants of a kept program: a long fit in double-double, then levelled in 57 digits.
    fn settle(&self, entry: &Entry, scratch: &mut Scratch) -> Result<exchange::Polished> {
        let shape = &entry.program.shape;
        let mut constants = entry.program.constants.clone();
        let free: Vec<usize> = (0..constants.len()).collect();
        let mut best = exchange::polish(&self.problem, shape, &constants, &free)?;
        if let Some(tape) = Tape::new(shape)
            && !constants.is_empty()
        {
            fit(&tape, &self.problem.double, &mut constants, SETTLE, &mut fit::Scratch::new());
            exchange::level(&self.problem, shape, &tape, &mut constants, &free, scratch);
            let settled = exchange::polish(&self.problem, shape, &constants, &free)?;
            if settled.error < best.error {
                best = settled;
            }
        }
        Ok(best)
    }

    /// The front of what was found so far, its constants levelled in 57 digits. The search can go on afterwards.
    ///
    /// Costs some hundred evaluations of the target in 57 digits for each program: a second in all.
    ///
    /// # Errors
    /// If the target is not finite at a point.
    pub fn front(&self) -> Result<Front> {
        let mut scratch = Scratch::new();
        let mut entries: Vec<FrontEntry> = Vec::new();
        for level in self.state.archive.levels() {
            // Some valleys are so flat that a program's true optimum shows only after a long fit: the best few compete.
            let mut best: Option<(exchange::Polished, &Entry)> = None;
            for candidate in level.iter().take(CANDIDATES) {
                let polished = self.settle(candidate, &mut scratch)?;
                if best.as_ref().is_none_or(|(least, _)| polished.error < least.error) {
                    best = Some((polished, candidate));
                }
            }
            let Some((best, candidate)) = best else { continue };
            if !best.error.is_finite() || entries.last().is_some_and(|e| e.error <= best.error) {
                continue;
            }
            let shape = &candidate.program.shape;
            let rounded = exchange::round(&self.problem, shape, &best.constants, &mut scratch)?;
            // Rounding re-optimises, and now and then it arrives at a better place than it left from.
            let best = if rounded.error < best.error { rounded.clone() } else { best };
            entries.push(FrontEntry {
                operations: shape.operations(),
                cost: self.method.cost.of(shape),
                program: Program { shape: shape.clone(), constants: best.constants },
                error: best.error,
                rounded: Program { shape: shape.clone(), constants: rounded.constants },
                rounded_error: rounded.error,
                lineage: Arc::clone(&candidate.lineage),
            });
        }
        Ok(Front { entries, counters: self.state.counters, seed: self.seed, epochs: self.state.epoch })
    }
}

impl Front {
    /// What the search did.
    pub fn provenance(&self) -> Provenance {
        Provenance { seed: self.seed, epochs: self.epochs, counters: self.counters }
    }

    /// The best program of at most that many operations.
    pub fn at(&self, operations: usize) -> Option<&FrontEntry> {
        self.entries.iter().filter(|e| e.operations <= operations).min_by(|a, b| a.error.total_cmp(&b.error))
    }
}
