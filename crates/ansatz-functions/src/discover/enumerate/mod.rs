//! Exhaustive enumeration: every program of up to six operations, its constants fitted.
//!
//! For whoever wants to know that nothing simpler exists, and as the oracle of the evolutionary search. The instructions
//! are `v + c`, `v·c`, `c/v`, `u ± v`, `u·v`, `u/v` and `√v`, each c a constant of its own, each value up to sign. Forms
//! that differ by the order of independent instructions, by signs that constants absorb, or by a rewriting that costs no
//! operation are tried once. For `+ − × ÷`:
//!
//! | operations | 1 | 2 | 3 | 4 | 5 | 6 |
//! |---|---|---|---|---|---|---|
//! | sequences in order, every value read, no constant meeting another | 4 | 31 | 453 | 9 496 | 268 303 | 9 725 129 |
//! | forms | 4 | 17 | 187 | 3 263 | 76 282 | 2 266 789 |
//!
//! The sequences leave out programs that need both `v + c` and `v + d`, and negatives that no constant brings about
//! (`c − x·x`); the forms have them.
//!
//! A form is fitted by Levenberg–Marquardt from a few random starts, more if it is promising. Forms are generated lazily
//! below prefixes, which are dealt to threads, and each prefix draws from a stream of its own: the result depends
//! neither on the clock nor on the number of threads. The enumeration is complete, the fits are not: an optimum can be
//! missed from all starts.
//!
//! Source of the problem: Real et al. 2023, arXiv:2312.08472.

mod form;
mod generate;
mod redundant;
mod snapshot;
mod worker;

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

use super::archive::{Archive, Entry, Lineage};
use super::batch::Counters;
use super::cost::Cost;
use super::front::{Finish, Front, Provenance};
use super::mutate::identity;
use super::problem::Problem;
use crate::program::OpSet;
use crate::target::Target;
use ansatz_core::{Error, Result, Seed, Work};
use form::{Instruction, MOST, Menu};
use generate::Generator;
use rayon::prelude::*;
use worker::{Report, Worker};

pub use snapshot::EnumerationSnapshot;

/// Instructions of a form that its prefix leaves open.
const OPEN: usize = 3;
/// Prefixes between two meetings: fixed, so that results do not depend on the number of threads.
const ROUND: usize = 16;

/// Enumeration of every program with up to so many operations.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Exhaustive {
    /// The operations that may be used: some of `+ − × ÷ √`.
    pub ops: OpSet,
    /// The largest number of operations, from 1 to 6. Each one more takes some thirty times as long.
    pub max_operations: usize,
    /// Random starts of each form's constants: of forms with one operation, with two, and so on to six.
    pub starts: [u32; MOST],
    /// Programs kept of each number of operations.
    pub keep: usize,
}

impl Default for Exhaustive {
    fn default() -> Self {
        Self { ops: OpSet::arithmetic(), max_operations: 5, starts: [32, 32, 32, 16, 8, 3], keep: 40 }
    }
}

impl Exhaustive {
    /// Checks the parameters.
    ///
    /// # Errors
    /// [`Error::Parameter`] for the first one that is out of range.
    pub fn validate(&self) -> Result<()> {
        Menu::new(&self.ops)?;
        if !(1..=MOST).contains(&self.max_operations) {
            let allowed = "from 1 to 6: there are thirty times as many programs with each operation more";
            return Err(Error::parameter("max_operations", self.max_operations, allowed));
        }
        for (i, &starts) in self.starts.iter().enumerate().take(self.max_operations) {
            if starts == 0 {
                return Err(Error::parameter(format!("starts of {} operations", i + 1), 0, "at least 1"));
            }
        }
        if self.keep == 0 {
            return Err(Error::parameter("keep", 0, "at least 1"));
        }
        Ok(())
    }
}

/// All that an enumeration knows; advanced one round at a time.
#[derive(Debug)]
struct State {
    archive: Archive,
    /// The number of operations of the forms that come next; one more than the largest when all are done.
    operations: usize,
    /// The next prefix.
    next: usize,
    rounds: u64,
    counters: Counters,
}

/// An enumeration that can be run, stopped, saved and run on.
///
/// ```
/// use ansatz_core::{Run, Seed, Stopped};
/// use ansatz_functions::discover::{Enumeration, Exhaustive, Explorer};
/// use ansatz_functions::target::Target;
///
/// let target = Target::named("exp2").unwrap();
/// let method = Exhaustive { max_operations: 3, ..Exhaustive::default() };
/// let mut run = Run::new(Seed(1));
/// let mut enumeration = Enumeration::begin(&method, &target, run.seed()).unwrap();
/// assert_eq!(enumeration.run(&mut run, 1, |_| Ok(None)).unwrap(), Stopped::Exhausted);
/// // Nothing with three operations is better than c/(x + c') + c''.
/// assert!((enumeration.best()[3] - 8.672e-4).abs() < 1e-7);
/// ```
#[derive(Debug)]
pub struct Enumeration {
    method: Exhaustive,
    menu: Menu,
    problem: Problem,
    seed: Seed,
    state: State,
    /// The prefixes of the present number of operations.
    prefixes: Vec<Vec<Instruction>>,
}

impl Enumeration {
    /// An enumeration that begins with the identity and the forms of one operation.
    ///
    /// # Errors
    /// If the target or a parameter is not valid.
    pub fn begin(method: &Exhaustive, target: &Target, seed: Seed) -> Result<Self> {
        method.validate()?;
        target.validate()?;
        let problem = Problem::new(target)?;
        let mut archive = Archive::new(method.max_operations + 1, method.keep);
        let program = identity();
        let error = problem.grid.iter().map(|p| (p.weight * p.x - p.goal).hi.abs()).fold(0.0, f64::max);
        let fingerprint = program.shape.fingerprint();
        archive.insert(0, Entry { program, error, fingerprint, lineage: Lineage::root(error) });
        let state = State { archive, operations: 1, next: 0, rounds: 0, counters: Counters::default() };
        Self::with(method.clone(), problem, seed, state)
    }

    fn with(method: Exhaustive, problem: Problem, seed: Seed, state: State) -> Result<Self> {
        let menu = Menu::new(&method.ops)?;
        let mut enumeration = Self { method, menu, problem, seed, state, prefixes: Vec::new() };
        enumeration.list();
        Ok(enumeration)
    }

    /// Lists the prefixes of the present number of operations: some thousands at most.
    fn list(&mut self) {
        let operations = self.state.operations;
        self.prefixes = if operations > self.method.max_operations {
            Vec::new()
        } else {
            Generator { menu: &self.menu, operations }.prefixes(operations.saturating_sub(OPEN))
        };
    }

    /// What the enumeration has done; trials are forms.
    pub fn counters(&self) -> Counters {
        self.state.counters
    }

    /// Rounds completed. Same seed, same method, same number of rounds: same bits.
    pub fn rounds(&self) -> u64 {
        self.state.rounds
    }

    /// The number of operations up to which every form has been tried.
    pub fn complete(&self) -> usize {
        self.state.operations - 1
    }

    /// The least error found with each number of operations; infinite where nothing was found yet.
    pub fn best(&self) -> Vec<f64> {
        (0..=self.method.max_operations).map(|level| self.state.archive.best(level)).collect()
    }

    /// Whether every form has been tried.
    pub(crate) fn is_complete(&self) -> bool {
        self.state.operations > self.method.max_operations
    }

    /// What was spent so far.
    pub fn work(&self) -> Work {
        let mut work = Work::default();
        let c = &self.state.counters;
        for (name, count) in [
            ("evaluations", c.fits),
            ("deep fits", c.deep_fits),
            ("programs", c.programs),
            ("fitting steps", c.effort),
            ("rounds", self.state.rounds),
        ] {
            work.add(name, count);
        }
        work
    }

    /// The front of what was found so far, its constants levelled in 57 digits and each program certified. The
    /// enumeration can go on afterwards. The provenance counts rounds as epochs.
    ///
    /// # Errors
    /// If the target is not finite at a point.
    pub fn front(&self) -> Result<Front> {
        let provenance = Provenance { seed: self.seed, epochs: self.state.rounds, counters: self.state.counters };
        let finish = Finish { problem: &self.problem, cost: &Cost::Count };
        finish.front(&self.method.ops, self.state.archive.levels(), provenance)
    }

    /// What was found, and which part of the forms was tried.
    pub(crate) fn progress(&self) -> String {
        let found = self.best().into_iter().enumerate().filter(|(_, error)| error.is_finite());
        let mut parts: Vec<String> = found.map(|(operations, error)| format!("{operations}: {error:.1e}")).collect();
        if self.state.operations <= self.method.max_operations {
            let share = 100 * self.state.next / self.prefixes.len().max(1);
            parts.push(format!("{share} % of {} operations", self.state.operations));
        }
        parts.join("  ")
    }

    /// Tries the forms of the next prefixes; false (and nothing changed) if that was aborted.
    pub(crate) fn round(&mut self, abort: &(dyn Fn() -> bool + Sync)) -> bool {
        let Self { method, menu, problem, seed, state, prefixes } = self;
        let generator = Generator { menu, operations: state.operations };
        let last = prefixes.len().min(state.next + ROUND);
        let reports: Option<Vec<Report>> = (state.next..last)
            .into_par_iter()
            .map(|i| {
                let stream = seed.stream("enumeration", (state.operations as u64) << 32 | i as u64);
                Worker::new(method, problem, &state.archive, stream).run(&generator, &prefixes[i], abort)
            })
            .collect();
        let Some(reports) = reports else { return false };
        for report in reports {
            for (level, entry) in report.accepted {
                state.archive.insert(level, entry);
            }
            state.counters.add(&report.counters);
        }
        state.rounds += 1;
        state.next = last;
        if last == prefixes.len() {
            state.operations += 1;
            state.next = 0;
            self.list();
        }
        true
    }
}
