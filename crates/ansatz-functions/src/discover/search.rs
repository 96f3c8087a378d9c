//! The search: epochs of independent batches around an archive of the best programs at each cost.
//!
//! Every epoch, eight batches work on copies of the archive: they sweep the whole neighbourhood of the best programs,
//! fit good forms again from new starts, and try random mutations of random good parents; then what they found is
//! merged in the order of the batches. Effort is counted, never timed, so that seed and number of epochs determine the
//! result to the last bit, on any number of threads, and a search that was stopped goes on as if it had not been.
//!
//! Source of the problem, the mutations and the idea: Real et al. 2023, arXiv:2312.08472. There, an asynchronous
//! NSGA-II on thousands of processes trains constants by CMA-ES ([`super::faithful`] is that method on one machine);
//! here each fit is a Levenberg–Marquardt iteration of some 20 µs, which is what makes minutes of it.

use super::archive::{Archive, Entry, Lineage, reproduce};
use super::batch::{Batch, Counters, Neighbour, Report};
use super::cost::Cost;
use super::mutate::{Mutation, identity};
use super::problem::Problem;
use crate::program::{Op, OpSet, Shape};
use crate::target::Target;
use ansatz_core::{Error, Result, Seed, Work};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Parts of the method that can be switched off, to measure what each contributes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ablation {
    /// The whole method.
    #[default]
    None,
    /// Parents drawn from the archive without regard to rank; no sweeps, no restarts of the best.
    RandomParent,
    /// Constants keep the values they were drawn with.
    NoFit,
    /// Random graphs grown from the identity instead of children of good programs.
    RandomGraphs,
}

/// Discovery of programs for a function, from the identity.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Discovery {
    /// The operations that may be used.
    pub ops: OpSet,
    /// What an operation costs.
    pub cost: Cost,
    /// The largest cost searched.
    pub max_cost: usize,
    /// Programs kept at each cost, rounded up to a whole number.
    pub keep: usize,
    /// How often one form may be tried.
    pub tries: u8,
    /// Fitting steps of one batch; an epoch has eight batches.
    pub effort: u64,
    /// What is switched off.
    pub ablation: Ablation,
}

impl Default for Discovery {
    fn default() -> Self {
        Self {
            ops: OpSet::arithmetic(),
            cost: Cost::Count,
            max_cost: 12,
            // With 40, levels fill with relatives of their best: I_{1/2} at 8 operations then ends at 8.6e-9 instead of 5e-9.
            keep: 150,
            tries: 12,
            effort: 250_000,
            ablation: Ablation::None,
        }
    }
}

/// Batches of an epoch: fixed, so that results do not depend on the number of threads.
const BATCHES: usize = 8;
/// Elites of a level whose neighbourhoods are swept.
const SWEPT: usize = 6;
/// Neighbours of one level tried in an epoch: one for so many fitting steps of a batch.
const SWEEP: u64 = 1_000;

/// A sweep through the neighbourhood of one program.
#[derive(Debug)]
pub(crate) struct Sweep {
    /// Fingerprint of the program.
    pub(crate) form: u64,
    pub(crate) parent: Arc<Lineage>,
    pub(crate) neighbours: Vec<Mutation>,
    pub(crate) next: usize,
}

/// All that a search knows; advanced one epoch at a time.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) archive: Archive,
    pub(crate) tries: BTreeMap<u64, u8>,
    pub(crate) swept: BTreeSet<u64>,
    pub(crate) sweeps: Vec<Option<Sweep>>,
    pub(crate) epoch: u64,
    pub(crate) counters: Counters,
}

/// A search that can be run, stopped, saved and run on.
///
/// ```
/// use ansatz_core::{Run, Seed};
/// use ansatz_functions::discover::{Discovery, Explorer, Search};
/// use ansatz_functions::target::Target;
///
/// let target = Target::named("exp2").unwrap();
/// let method = Discovery { max_cost: 3, effort: 2_000, ..Discovery::default() };
/// let mut run = Run::new(Seed(1)).evaluation_limit(20_000);
/// let mut search = Search::begin(&method, &target, run.seed()).unwrap();
/// search.run(&mut run, 1, |_| Ok(None)).unwrap();
/// // c/(x + c') + c'' reaches 8.67e-4 with three operations.
/// assert!(search.front().unwrap().entries.last().unwrap().error < 1e-3);
/// ```
#[derive(Debug)]
pub struct Search {
    pub(crate) method: Discovery,
    pub(crate) problem: Problem,
    pub(crate) seed: Seed,
    pub(crate) state: State,
}

impl Discovery {
    /// The archive level of a shape; `None` if it costs too much.
    pub(crate) fn level(&self, shape: &Shape) -> Option<usize> {
        let cost = self.cost.of(shape).ceil();
        (cost <= self.max_cost as f64).then_some(cost as usize)
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`Error::Parameter`] for the first one that is out of range.
    pub fn validate(&self) -> Result<()> {
        self.cost.validate()?;
        if !(1..=60).contains(&self.max_cost) {
            return Err(Error::parameter("max_cost", self.max_cost, "from 1 to 60"));
        }
        if self.keep == 0 {
            return Err(Error::parameter("keep", 0, "at least 1"));
        }
        if self.tries == 0 {
            return Err(Error::parameter("tries", 0, "at least 1"));
        }
        if self.effort < 100 {
            return Err(Error::parameter("effort", self.effort, "at least 100"));
        }
        let binary = [Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Fma];
        if !binary.iter().any(|&op| self.ops.has(op)) {
            return Err(Error::parameter(
                "ops",
                &self.ops,
                "a set with at least one of + - * / fma: without them no constant can enter a program",
            ));
        }
        Ok(())
    }

    /// Neighbours of the best programs that this epoch tries; begins new sweeps where a level has none.
    fn assign(&self, state: &mut State) -> Vec<Neighbour> {
        let mut neighbours = Vec::new();
        for (level, entries) in state.archive.levels().iter().enumerate() {
            // A new best program goes first: a sweep that is under way gives place and begins again later.
            if let Some(best) = entries.first()
                && !state.swept.contains(&best.fingerprint)
                && let Some(interrupted) = state.sweeps[level].take()
            {
                state.swept.remove(&interrupted.form);
            }
            if state.sweeps[level].is_none()
                && let Some(entry) = entries.iter().take(SWEPT).find(|e| !state.swept.contains(&e.fingerprint))
            {
                state.swept.insert(entry.fingerprint);
                state.sweeps[level] = Some(self.sweep(entry, &state.tries));
            }
            if let Some(sweep) = &state.sweeps[level] {
                let chunk = sweep.neighbours.iter().skip(sweep.next).take(self.sweep_length());
                neighbours.extend(chunk.map(|m| Neighbour { parent: Arc::clone(&sweep.parent), mutation: m.clone() }));
            }
        }
        neighbours
    }

    fn sweep_length(&self) -> usize {
        (self.effort / SWEEP).max(1) as usize
    }

    /// The neighbourhood of a program: one mutation for each form that is not too costly and not known well enough.
    fn sweep(&self, entry: &Entry, tries: &BTreeMap<u64, u8>) -> Sweep {
        let parent = &entry.lineage.program;
        let mut forms = BTreeSet::from([entry.fingerprint]);
        let mut neighbours = Mutation::neighbourhood(parent, &self.ops);
        neighbours.retain(|mutation| {
            let child = reproduce(parent, std::slice::from_ref(mutation), &self.ops);
            child.is_some_and(|child| {
                let form = child.shape.fingerprint();
                let known = tries.get(&form).is_some_and(|&count| count >= self.tries);
                !known && self.level(&child.shape).is_some() && forms.insert(form)
            })
        });
        Sweep { form: entry.fingerprint, parent: Arc::clone(&entry.lineage), neighbours, next: 0 }
    }
}

impl Search {
    /// A search that knows nothing but the identity.
    ///
    /// # Errors
    /// If the target or a parameter is not valid.
    pub fn begin(method: &Discovery, target: &Target, seed: Seed) -> Result<Self> {
        method.validate()?;
        target.validate()?;
        let problem = Problem::new(target)?;
        let mut archive = Archive::new(method.max_cost + 1, method.keep);
        let program = identity();
        let error = problem.grid.iter().map(|p| (p.weight * p.x - p.goal).hi.abs()).fold(0.0, f64::max);
        archive.insert(
            0,
            Entry { fingerprint: program.shape.fingerprint(), program, error, lineage: Lineage::root(error) },
        );
        let state = State {
            archive,
            tries: BTreeMap::new(),
            swept: BTreeSet::new(),
            sweeps: (0..=method.max_cost).map(|_| None).collect(),
            epoch: 0,
            counters: Counters::default(),
        };
        Ok(Self { method: method.clone(), problem, seed, state })
    }

    /// What the search has done.
    pub fn counters(&self) -> Counters {
        self.state.counters
    }

    /// Epochs completed. Same seed, same method, same number of epochs: same bits.
    pub fn epochs(&self) -> u64 {
        self.state.epoch
    }

    /// The least error found at each cost, rounded up to a whole number; infinite where nothing was found.
    pub fn best(&self) -> Vec<f64> {
        (0..=self.method.max_cost).map(|level| self.state.archive.best(level)).collect()
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
            ("epochs", self.state.epoch),
        ] {
            work.add(name, count);
        }
        work
    }

    /// Runs one epoch; false (and nothing changed) if it was aborted.
    pub(crate) fn epoch(&mut self, abort: &(dyn Fn() -> bool + Sync)) -> bool {
        let Self { method, problem, seed, state } = self;
        let sweeping = method.ablation == Ablation::None;
        let neighbours = if sweeping { method.assign(state) } else { Vec::new() };
        let reports: Option<Vec<Report>> = (0..BATCHES)
            .into_par_iter()
            .map(|i| {
                let stream = seed.stream("batch", state.epoch * BATCHES as u64 + i as u64);
                let mine: Vec<Neighbour> = neighbours.iter().skip(i).step_by(BATCHES).cloned().collect();
                Batch::new(method, problem, &state.archive, &state.tries, stream).run(&mine, method.effort, abort)
            })
            .collect();
        let Some(reports) = reports else { return false };
        for report in reports {
            for (level, entry) in report.accepted {
                state.archive.insert(level, entry);
            }
            for (form, count) in report.tries {
                let known = state.tries.entry(form).or_insert(0);
                *known = known.saturating_add(count);
            }
            state.counters.add(&report.counters);
        }
        for sweep in &mut state.sweeps {
            if let Some(active) = sweep {
                active.next += method.sweep_length();
                if active.next >= active.neighbours.len() {
                    *sweep = None;
                }
            }
        }
        state.epoch += 1;
        true
    }
}

impl Search {
    /// Whether a number of the search's state is not finite; used by tests.
    #[cfg(test)]
    fn sound(&self) -> bool {
        self.state
            .archive
            .levels()
            .iter()
            .flatten()
            .all(|e| e.error.is_finite() && e.program.constants.iter().all(|c| c.hi.is_finite()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Explorer;
    use ansatz_core::Run;

    fn small(threads: usize, fits: u64) -> Search {
        let method = Discovery { max_cost: 5, effort: 3_000, ..Discovery::default() };
        let target = Target::named("exp2").unwrap();
        let mut run = Run::new(Seed(1)).evaluation_limit(fits);
        let mut search = Search::begin(&method, &target, run.seed()).unwrap();
        search.run(&mut run, threads, |_| Ok(None)).unwrap();
        search
    }

    #[test]
    fn the_number_of_threads_does_not_change_a_bit() {
        let bits = |s: &Search| -> Vec<(u64, Vec<u64>)> {
            let entries = s.state.archive.levels().iter().flatten();
            entries.map(|e| (e.fingerprint, e.program.constants.iter().map(|c| c.hi.to_bits()).collect())).collect()
        };
        let (one, two) = (small(1, 60_000), small(2, 60_000));
        assert!(one.sound());
        assert_eq!(bits(&one), bits(&two));
        assert_eq!(one.counters(), two.counters());
    }

    #[test]
    fn every_kept_program_descends_from_the_identity() {
        let search = small(2, 60_000);
        let mut checked = 0;
        for entry in search.state.archive.levels().iter().flatten() {
            entry.lineage.verify(&search.method.ops).unwrap();
            assert_eq!(entry.lineage.program.shape, entry.program.shape);
            checked += 1;
        }
        assert!(checked > 20);
    }

    #[test]
    fn bad_parameters_are_named() {
        let refuse = |method: Discovery| method.validate().unwrap_err().to_string();
        assert!(refuse(Discovery { max_cost: 0, ..Discovery::default() }).contains("max_cost is 0"));
        assert!(refuse(Discovery { ops: OpSet::new([Op::Sqrt]), ..Discovery::default() }).contains("ops is sqrt"));
        assert!(refuse(Discovery { effort: 0, ..Discovery::default() }).contains("effort is 0"));
    }
}
