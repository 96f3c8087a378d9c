//! The result of a search: the Pareto front of error against cost, each program with its proofs.

use super::archive::{Entry, Lineage};
use super::batch::Counters;
use super::cost::Cost;
use super::exchange::{self, Polished};
use super::fit::{self, Limits, fit};
use super::problem::Problem;
use super::search::Search;
use super::snapshot::{Generation, Table};
use super::tape::Tape;
use crate::bench::Timing;
use crate::certify::{self, Arithmetic, Certificate, certify};
use crate::program::{OpSet, Program};
use crate::target::Target;
use ansatz_core::{Result, Seed};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Programs of each level that compete for its place on the front.
const CANDIDATES: usize = 3;
/// Where the cost is a model of the time, a program is in the running as long as none is better that takes at most
/// this part of its modelled time: the model is off by tens of per cent.
const SLACK: f64 = 0.7;
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
    /// Its largest error found between the nodes, in the target's weight. Sampled; the bound is in `proof`.
    pub error: f64,
    /// The same form with constants that are doubles, re-optimised as each was rounded.
    pub rounded: Program,
    /// Its largest error found, over the reals.
    pub rounded_error: f64,
    /// The proof over the reals, of `program`; none if the target cannot be certified.
    pub proof: Option<Certificate>,
    /// The proof of `rounded` as executed in binary64, or why there is none.
    pub executed: Result<Certificate, String>,
    /// How it came to be.
    pub lineage: Arc<Lineage>,
    /// What it takes, if it was measured ([`Front::timed`]).
    pub time: Option<Timing>,
}

impl FrontEntry {
    /// The generations from the identity to this program; each one's parent is the one before it. An enumerated
    /// program is its own only generation.
    pub fn ancestry(&self) -> Vec<Generation> {
        let mut table = Table::default();
        table.number(&self.lineage);
        table.generations
    }

    /// The proved bound over the reals, or the sampled error where nothing can be proved.
    pub fn bound(&self) -> f64 {
        self.proof.as_ref().map_or(self.error, |c| c.bound)
    }
}

/// Programs of which none is both cheaper and better than another, by increasing cost.
#[derive(Clone, Debug)]
pub struct Front {
    /// What was approximated.
    pub target: Target,
    /// The operations that were allowed.
    pub ops: OpSet,
    /// What an operation costs.
    pub cost: Cost,
    /// The programs.
    pub entries: Vec<FrontEntry>,
    /// Where the cost is a model of the time: certified programs that may belong to the front when they are measured,
    /// or that were found not to.
    pub runners_up: Vec<FrontEntry>,
    /// Programs that looked good and were refused, with the reasons: poles between the sample points.
    pub refused: Vec<String>,
    /// What the search did.
    pub provenance: Provenance,
}

/// What it takes to repeat a search bit by bit: method, seed and number of epochs; and what it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The seed.
    pub seed: Seed,
    /// Epochs completed.
    pub epochs: u64,
    /// Fits, programs, steps.
    pub counters: Counters,
}

impl Front {
    /// The best program of at most that cost.
    pub fn at(&self, cost: usize) -> Option<&FrontEntry> {
        self.entries.iter().rev().find(|e| e.cost <= cost as f64)
    }
}

impl Search {
    /// The front of what was found so far, its constants levelled in 57 digits and each program certified. The search
    /// can go on afterwards.
    ///
    /// A program that cannot be certified although the target can, because it has a pole that the samples missed, is
    /// refused and the next best of its cost takes its place. Costs about a second a program.
    ///
    /// # Errors
    /// If the target is not finite at a point.
    pub fn front(&self) -> Result<Front> {
        let provenance = Provenance { seed: self.seed, epochs: self.state.epoch, counters: self.state.counters };
        Finish { problem: &self.problem, cost: &self.method.cost }.front(
            &self.method.ops,
            self.state.archive.levels(),
            provenance,
        )
    }
}

/// Makes a front of kept programs: what every way of searching ends with.
#[derive(Clone, Copy)]
pub(crate) struct Finish<'a> {
    pub(crate) problem: &'a Problem,
    pub(crate) cost: &'a Cost,
}

impl Finish<'_> {
    /// The front of the best programs of each level, each level ordered by the error.
    pub(crate) fn front(self, ops: &OpSet, levels: &[Vec<Entry>], provenance: Provenance) -> Result<Front> {
        let in_the_running = self.in_the_running(levels);
        let found: Vec<(Vec<FrontEntry>, Vec<String>)> =
            in_the_running.par_iter().map(|level| self.finish(level)).collect::<Result<_>>()?;
        let mut entries: Vec<FrontEntry> = Vec::new();
        let mut runners_up = Vec::new();
        let mut refused = Vec::new();
        for (level, reasons) in found {
            refused.extend(reasons);
            for (place, entry) in level.into_iter().enumerate() {
                if place == 0 && entries.last().is_none_or(|cheaper| entry.bound() < cheaper.bound()) {
                    entries.push(entry);
                } else if matches!(self.cost, Cost::Measured(_)) {
                    runners_up.push(entry);
                }
            }
        }
        let target = self.problem.target.clone();
        Ok(Front { target, ops: ops.clone(), cost: self.cost.clone(), entries, runners_up, refused, provenance })
    }

    /// The kept programs that may come to the front: all, unless the cost is a model of the time, which has many
    /// levels that nothing new is found on.
    fn in_the_running(self, levels: &[Vec<Entry>]) -> Vec<&[Entry]> {
        let Cost::Measured(_) = self.cost else { return levels.iter().map(Vec::as_slice).collect() };
        let best: Vec<f64> = levels.iter().map(|l| l.first().map_or(f64::INFINITY, |e| e.error)).collect();
        let running = |(i, level)| {
            let level: &Vec<Entry> = level;
            let cheap = (SLACK * i as f64).floor() as usize;
            let limit = best[..=cheap].iter().take(i).copied().fold(f64::INFINITY, f64::min);
            &level[..level.partition_point(|entry| entry.error < limit)]
        };
        levels.iter().enumerate().map(running).collect()
    }

    /// The best program of one level that can be certified, and why others could not; all candidates where the cost is
    /// a model of the time.
    fn finish(self, level: &[Entry]) -> Result<(Vec<FrontEntry>, Vec<String>)> {
        let most = if matches!(self.cost, Cost::Measured(_)) { CANDIDATES } else { 1 };
        let target = &self.problem.target;
        let mut finished = Vec::new();
        let mut candidates =
            level.iter().take(CANDIDATES).map(|entry| Ok((self.settle(entry)?, entry))).collect::<Result<Vec<_>>>()?;
        candidates.retain(|(polished, _)| polished.error.is_finite());
        candidates.sort_by(|a, b| a.0.error.total_cmp(&b.0.error));
        let mut reasons = Vec::new();
        for (polished, entry) in candidates {
            if finished.len() == most {
                break;
            }
            let shape = &entry.program.shape;
            let rounded = exchange::round(self.problem, shape, &polished.constants, &mut exchange::Scratch::new())?;
            // Rounding re-optimises, and now and then it arrives at a better place than it left from.
            let best = if rounded.error < polished.error { rounded.clone() } else { polished };
            let program = Program { shape: shape.clone(), constants: best.constants };
            let rounded_program = Program { shape: shape.clone(), constants: rounded.constants };
            let options = certify::Options::default();
            let (proof, executed) = if target.is_certifiable() {
                match certify(&program, target, Arithmetic::Real, &options) {
                    Ok(proof) => {
                        let executed = certify(&rounded_program, target, Arithmetic::F64, &options);
                        (Some(proof), executed.map_err(|e| e.to_string()))
                    }
                    Err(e) => {
                        reasons.push(format!("{program}: {e}"));
                        continue;
                    }
                }
            } else {
                (None, Err("the target is sampled: nothing can be proved about it".to_owned()))
            };
            finished.push(FrontEntry {
                operations: shape.operations(),
                cost: self.cost.of(shape),
                program,
                error: best.error,
                rounded: rounded_program,
                rounded_error: rounded.error,
                proof,
                executed,
                lineage: Arc::clone(&entry.lineage),
                time: None,
            });
        }
        Ok((finished, reasons))
    }

    /// Minimax constants of a kept program: a long fit in double-double, then levelled in 57 digits. Some valleys are
    /// so flat that a program's true optimum shows only after thousands of steps.
    fn settle(self, entry: &Entry) -> Result<Polished> {
        let shape = &entry.program.shape;
        let mut constants = entry.program.constants.clone();
        let free: Vec<usize> = (0..constants.len()).collect();
        let mut best = exchange::polish(self.problem, shape, &constants, &free)?;
        if let Some(tape) = Tape::new(shape)
            && !constants.is_empty()
        {
            fit(&tape, &self.problem.double, &mut constants, SETTLE, &mut fit::Scratch::new());
            exchange::level(self.problem, shape, &tape, &mut constants, &free, &mut exchange::Scratch::new());
            let settled = exchange::polish(self.problem, shape, &constants, &free)?;
            if settled.error < best.error {
                best = settled;
            }
        }
        Ok(best)
    }
}
