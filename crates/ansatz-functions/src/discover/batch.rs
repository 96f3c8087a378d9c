//! One batch of search work: what a thread does between two meetings of the islands.
//!
//! A batch sees the archive as it was when the epoch began, adds to its own copy, and reports what it added. It draws
//! from a stream addressed by epoch and batch and counts its effort in fitting steps, so that its result depends neither
//! on the clock nor on the number of threads.

use super::archive::{Archive, Entry, Lineage, reproduce};
use super::exchange;
use super::fit::{self, Limits};
use super::lanes::{Double, Single};
use super::mutate::{Mutation, constants_finite, fresh_constant};
use super::problem::{NODES, Problem};
use super::search::{Ablation, Discovery};
use super::tape::Tape;
use crate::number::Dd;
use crate::program::{Program, canonical};
use ansatz_core::Stream;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Errors below this are noise to a fit in doubles: the fit goes on in double-double.
const DEEP: f64 = 1e-9;
/// A step in double-double costs about as much as eight in double.
const DEEP_COST: u64 = 8;

pub(crate) const QUICK: Limits = Limits { steps: 50, patience: 6 };
pub(crate) const REFINE: Limits = Limits { steps: 200, patience: 12 };
const LONG: Limits = Limits { steps: 2000, patience: 30 };

/// Where the constants of a fit begin.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Start {
    /// As inherited.
    Inherited,
    /// Each times e^U(−1, 1).
    Stretched,
    /// Each times 2^j, j drawn from −1, 0, 1, 2.
    Powers,
    /// Fresh: sign · 10^U(−1.5, 2.5).
    Fresh,
    /// One of three, each drawn apart, as with powers; the others as inherited.
    Partly,
}

/// The starts of a random child with few constants.
pub(crate) const RANDOM_STARTS: [Start; 4] = [Start::Inherited, Start::Powers, Start::Fresh, Start::Fresh];

/// With more constants than this a start far from every known fit has no prospect, and costs most.
const MANY: usize = 7;

impl Start {
    /// The starts of a random child with so many constants.
    fn of_child(constants: usize) -> &'static [Self] {
        if constants > MANY { &[Self::Inherited, Self::Partly] } else { &RANDOM_STARTS }
    }

    /// The starts of a neighbour in a sweep.
    fn of_neighbour(constants: usize) -> &'static [Self] {
        if constants > MANY {
            &[Self::Inherited, Self::Partly, Self::Stretched]
        } else {
            &[Self::Inherited, Self::Stretched, Self::Powers, Self::Powers, Self::Powers, Self::Fresh]
        }
    }

    /// New starts for a form that is kept.
    fn of_elite(constants: usize) -> &'static [Self] {
        if constants > MANY {
            &[Self::Powers, Self::Stretched, Self::Partly, Self::Partly]
        } else {
            &[Self::Powers, Self::Stretched, Self::Fresh, Self::Fresh]
        }
    }

    /// Moves the constants to where the fit begins.
    pub(crate) fn perturb(self, constants: &mut [Dd], stream: &mut Stream) {
        for c in constants {
            *c = match self {
                Self::Stretched => *c * Dd::from(stream.uniform_in(-1.0, 1.0).exp()),
                Self::Powers => c.scaled(stream.below(4) as i32 - 1),
                Self::Fresh => Dd::from(fresh_constant(stream)),
                Self::Partly if stream.below(3) == 0 => c.scaled(stream.below(4) as i32 - 1),
                Self::Partly | Self::Inherited => *c,
            };
        }
    }
}

/// Counters of a batch; their sums over all batches describe the search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counters {
    /// Programs drawn.
    pub trials: u64,
    /// Programs whose constants were fitted.
    pub programs: u64,
    /// Fits of a program's constants from one start in double precision.
    pub fits: u64,
    /// Fits in double-double precision.
    pub deep_fits: u64,
    /// Fitting steps, a double-double step counted as eight.
    pub effort: u64,
    /// Programs that entered the archive.
    pub accepted: u64,
}

impl Counters {
    pub(crate) fn add(&mut self, other: &Self) {
        self.trials += other.trials;
        self.programs += other.programs;
        self.fits += other.fits;
        self.deep_fits += other.deep_fits;
        self.effort += other.effort;
        self.accepted += other.accepted;
    }
}

/// Work that the epoch assigns: a neighbour of an elite to be tried.
#[derive(Clone, Debug)]
pub(crate) struct Neighbour {
    pub(crate) parent: Arc<Lineage>,
    pub(crate) mutation: Mutation,
}

/// A drawn program.
#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) program: Program,
    parent: Arc<Lineage>,
    mutations: Vec<Mutation>,
    parent_form: u64,
}

/// What a batch brings back.
#[derive(Debug)]
pub(crate) struct Report {
    /// Accepted programs with their levels, in order.
    pub(crate) accepted: Vec<(usize, Entry)>,
    /// How often each shape was tried in this batch.
    pub(crate) tries: Vec<(u64, u8)>,
    pub(crate) counters: Counters,
}

pub(crate) struct Batch<'a> {
    method: &'a Discovery,
    problem: &'a Problem,
    archive: Archive,
    known: &'a BTreeMap<u64, u8>,
    tries: BTreeMap<u64, u8>,
    stream: Stream,
    counters: Counters,
    accepted: Vec<(usize, Entry)>,
    tape: Tape,
    single: fit::Scratch<Single<NODES>, NODES>,
    double: fit::Scratch<Double<NODES>, NODES>,
    exchange: exchange::Scratch,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(
        method: &'a Discovery,
        problem: &'a Problem,
        archive: &Archive,
        known: &'a BTreeMap<u64, u8>,
        stream: Stream,
    ) -> Self {
        Self {
            method,
            problem,
            archive: archive.clone(),
            known,
            tries: BTreeMap::new(),
            stream,
            counters: Counters::default(),
            accepted: Vec::new(),
            tape: Tape::default(),
            single: fit::Scratch::new(),
            double: fit::Scratch::new(),
            exchange: exchange::Scratch::new(),
        }
    }

    /// Works until the effort is spent; `None` if `abort` said so.
    pub(crate) fn run(
        mut self,
        neighbours: &[Neighbour],
        effort: u64,
        abort: &(dyn Fn() -> bool + Sync),
    ) -> Option<Report> {
        if self.method.ablation == Ablation::None {
            for neighbour in neighbours {
                if abort() {
                    return None;
                }
                self.try_neighbour(neighbour);
            }
            let until = self.counters.effort + effort * 2 / 5;
            let levels = self.archive.levels().len();
            let mut level = self.stream.below(levels);
            while self.counters.effort < until {
                if abort() {
                    return None;
                }
                self.restart_elite(level);
                // A level without anything to fit costs a step, so that the loop ends.
                self.counters.effort += 1;
                level = (level + 1) % levels;
            }
        }
        // Drawing costs too: without a charge a search that knows every shape would never end its batch.
        let until = self.counters.effort + effort * 3 / 5;
        while self.counters.effort + self.counters.trials / 4 < until {
            if abort() {
                return None;
            }
            self.try_random();
        }
        let mut tries: Vec<(u64, u8)> = self.tries.into_iter().collect();
        tries.sort_unstable();
        Some(Report { accepted: self.accepted, tries, counters: self.counters })
    }

    /// An index below `n`, the small ones likelier (a power of a uniform number).
    fn rank(&mut self, n: usize, power: i32) -> usize {
        let u = self.stream.uniform();
        ((u.powi(power) * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// One program tried that is the child of a random parent.
    fn try_random(&mut self) {
        self.counters.trials += 1;
        let Some(Child { program, parent, mutations, parent_form }) = self.draw() else { return };
        self.try_child(&program, &parent, mutations, parent_form, Start::of_child(program.constants.len()));
    }

    /// The canonical child of a random parent by one to four random mutations.
    pub(crate) fn draw(&mut self) -> Option<Child> {
        let filled: Vec<usize> =
            (0..self.archive.levels().len()).filter(|&l| !self.archive.levels()[l].is_empty()).collect();
        let level = filled[self.stream.below(filled.len())];
        let size = self.archive.levels()[level].len();
        let rank = match self.method.ablation {
            Ablation::RandomParent => self.stream.below(size),
            _ => self.rank(size, 2),
        };
        let parent = self.archive.levels()[level][rank].clone();
        let random = self.method.ablation == Ablation::RandomGraphs;
        let origin = if random {
            // A random graph instead of a child: some insertions on the identity.
            let mut root = Arc::clone(&parent.lineage);
            while let Some(earlier) = root.parent.clone() {
                root = earlier;
            }
            Entry { program: root.program.clone(), error: f64::INFINITY, fingerprint: 0, lineage: root }
        } else {
            parent
        };
        let count = 1 + self.stream.below(if random { 2 * self.method.max_cost } else { 4 });
        let draw = if random { Mutation::draw_growth } else { Mutation::draw_with_constants };
        let mut mutations = Vec::new();
        let mut child = origin.program.clone();
        for _ in 0..count {
            let mutation = draw(&child, &self.method.ops, &mut self.stream);
            let next = mutation.apply(&child)?;
            mutations.push(mutation);
            child = next;
        }
        let program = canonical(&child, &self.method.ops)?;
        Some(Child { program, parent: origin.lineage, mutations, parent_form: origin.fingerprint })
    }

    fn try_neighbour(&mut self, neighbour: &Neighbour) {
        self.counters.trials += 1;
        let mut mutation = neighbour.mutation.clone();
        mutation.redraw(&mut self.stream);
        let mutations = vec![mutation];
        let Some(child) = reproduce(&neighbour.parent.program, &mutations, &self.method.ops) else { return };
        let parent = neighbour.parent.program.shape.fingerprint();
        let starts = Start::of_neighbour(child.constants.len());
        self.try_child(&child, &neighbour.parent, mutations, parent, starts);
    }

    /// Fits one child, unless it is its parent's form, too costly, or known well enough.
    fn try_child(
        &mut self,
        child: &Program,
        parent: &Arc<Lineage>,
        mutations: Vec<Mutation>,
        parent_form: u64,
        starts: &[Start],
    ) {
        let Some(level) = self.method.level(&child.shape) else { return };
        let fingerprint = child.shape.fingerprint();
        if fingerprint == parent_form || !constants_finite(child) {
            return;
        }
        let before = self.known.get(&fingerprint).copied().unwrap_or(0);
        let here = self.tries.entry(fingerprint).or_insert(0);
        if before.saturating_add(*here) >= self.method.tries {
            return;
        }
        *here += 1;
        self.counters.programs += 1;
        if !self.tape.compile(&child.shape) {
            return;
        }
        let threshold = self.archive.threshold(level);
        let Some((constants, error)) = self.assess(child, starts, threshold) else { return };
        let program = Program { shape: child.shape.clone(), constants };
        let lineage =
            Arc::new(Lineage { parent: Some(Arc::clone(parent)), mutations, program: program.clone(), error });
        self.offer(level, Entry { program, error, fingerprint, lineage });
    }

    fn offer(&mut self, level: usize, entry: Entry) {
        if self.archive.insert(level, entry.clone()) {
            self.counters.accepted += 1;
            self.accepted.push((level, entry));
        }
    }

    /// New starts for a form that is already kept: in doubles, and long ones in double-double where errors are small.
    fn restart_elite(&mut self, level: usize) {
        let size = self.archive.levels()[level].len();
        if size == 0 {
            return;
        }
        let rank = self.rank(size, 4);
        let entry = self.archive.levels()[level][rank].clone();
        if entry.program.constants.is_empty() || !self.tape.compile(&entry.program.shape) {
            return;
        }
        // The constants that it had from its parent are as good a place to leave from as its own.
        let inherited = entry
            .lineage
            .parent
            .as_ref()
            .filter(|_| self.stream.chance(0.5))
            .and_then(|parent| reproduce(&parent.program, &entry.lineage.mutations, &self.method.ops))
            .filter(constants_finite);
        let origin = inherited.unwrap_or_else(|| entry.program.clone());
        let found = if entry.error < DEEP {
            let mut constants = origin.constants.clone();
            Start::Powers.perturb(&mut constants, &mut self.stream);
            let error = self.deep_fit(&mut constants, LONG);
            self.finish(&entry.program, constants, error, entry.error)
        } else {
            self.assess(&origin, Start::of_elite(origin.constants.len()), entry.error)
        };
        if let Some((constants, error)) = found {
            let program = Program { shape: entry.program.shape.clone(), constants };
            let lineage = Arc::new(Lineage {
                parent: entry.lineage.parent.clone(),
                mutations: entry.lineage.mutations.clone(),
                program: program.clone(),
                error,
            });
            self.offer(level, Entry { program, error, fingerprint: entry.fingerprint, lineage });
        }
    }

    fn deep_fit(&mut self, constants: &mut [Dd], limits: Limits) -> f64 {
        let (error, steps) = fit::fit(&self.tape, &self.problem.double, constants, limits, &mut self.double);
        self.counters.deep_fits += 1;
        self.counters.effort += 1 + steps as u64 * DEEP_COST;
        error
    }

    /// The best constants over the starts and their error on the grid; `None` if it cannot be below `threshold`.
    /// The tape holds the program's shape.
    fn assess(&mut self, program: &Program, starts: &[Start], threshold: f64) -> Option<(Vec<Dd>, f64)> {
        let inherited = &program.constants;
        if inherited.is_empty() || self.method.ablation == Ablation::NoFit {
            // Without fitting, a constant keeps the value it was drawn with.
            self.counters.fits += 1;
            self.counters.effort += 1;
            let error = fit::error(&self.tape, &self.problem.double, inherited, &mut self.double);
            if error >= threshold {
                return None;
            }
            let error = exchange::level(
                self.problem,
                &program.shape,
                &self.tape,
                &mut inherited.clone(),
                &[],
                &mut self.exchange,
            );
            return (error < threshold).then(|| (inherited.clone(), error));
        }
        let mut best: Option<(f64, Vec<f64>)> = None;
        for &start in starts {
            let mut constants = inherited.clone();
            start.perturb(&mut constants, &mut self.stream);
            let mut constants: Vec<f64> = constants.iter().map(|c| c.hi).collect();
            let (error, steps) = fit::fit(&self.tape, &self.problem.single, &mut constants, QUICK, &mut self.single);
            self.counters.fits += 1;
            self.counters.effort += 1 + steps as u64;
            if error.is_finite() && best.as_ref().is_none_or(|(least, _)| error < *least) {
                best = Some((error, constants));
            }
        }
        let (mut error, constants) = best?;
        let mut constants: Vec<Dd> = constants.into_iter().map(Dd::from).collect();
        if error < DEEP {
            error = self.deep_fit(&mut constants, REFINE);
        }
        self.finish(program, constants, error, threshold)
    }

    /// Levels fitted constants by exchange on the grid, if that can bring them below the threshold.
    fn finish(
        &mut self,
        program: &Program,
        mut constants: Vec<Dd>,
        error: f64,
        threshold: f64,
    ) -> Option<(Vec<Dd>, f64)> {
        // Levelling gains about a fifth; never half.
        if error * 0.5 >= threshold || !error.is_finite() {
            return None;
        }
        let free: Vec<usize> = (0..constants.len()).collect();
        let error =
            exchange::level(self.problem, &program.shape, &self.tape, &mut constants, &free, &mut self.exchange);
        self.counters.effort += 20;
        (error < threshold).then_some((constants, error))
    }
}
