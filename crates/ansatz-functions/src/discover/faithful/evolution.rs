//! The evolution itself: selection, breeding and training, a generation at a time.

use super::super::archive::{Archive, Entry, Lineage, reproduce};
use super::super::batch::Counters;
use super::super::cma;
use super::super::front::{Finish, Front, Provenance};
use super::super::mutate::{Inserted, Mutation, constants_finite, identity};
use super::super::problem::Problem;
use super::super::tape::Tape;
use super::objective::Samples;
use super::{Constants, Faithful, Stage, nsga};
use crate::number::Dd;
use crate::program::{Program, canonical};
use crate::target::Target;
use ansatz_core::{Result, Seed, Stream, Work};
use rayon::prelude::*;
use std::sync::Arc;

/// Programs kept at each cost: those that compete for their place on the front.
pub(super) const KEEP: usize = 3;
/// An error must fall by this share to count as an improvement.
const GAIN: f64 = 1e-3;

/// A member of a population. Its lineage ends with its form, its trained constants and its error.
#[derive(Clone, Debug)]
pub(super) struct Individual {
    /// The number of its birth, which copies share.
    pub(super) id: u64,
    /// The values of the constants that its children inherit.
    pub(super) initial: Vec<f64>,
    pub(super) lineage: Arc<Lineage>,
}

/// What was seen since the last beginning.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    /// The generation in which it began.
    pub(super) begun: u64,
    /// The generation of the last improvement.
    pub(super) improved: u64,
    /// The least error at each cost, rounded up.
    pub(super) best: Vec<f64>,
}

/// All that an evolution knows; advanced one generation at a time.
#[derive(Debug)]
pub(super) struct State {
    /// The children of each worker.
    pub(super) populations: Vec<Vec<Individual>>,
    /// The parents of each worker, kept under elitism only.
    pub(super) elders: Vec<Vec<Individual>>,
    pub(super) archive: Archive,
    pub(super) attempt: Attempt,
    pub(super) generation: u64,
    pub(super) restarts: u64,
    pub(super) counters: Counters,
}

/// The published evolution as a search that can be run, stopped, saved and run on.
#[derive(Debug)]
pub struct Evolution {
    pub(super) method: Faithful,
    pub(super) problem: Problem,
    training: Samples,
    validation: Samples,
    pub(super) seed: Seed,
    pub(super) state: State,
}

/// A mutated child before its training.
#[derive(Debug)]
struct Unborn {
    id: u64,
    program: Program,
    mutations: Vec<Mutation>,
    parent: Arc<Lineage>,
    stream: Stream,
}

/// A child: a copy of its parent, or a new form.
#[derive(Debug)]
enum Child {
    Copy(Individual),
    New(Box<Unborn>),
}

impl Evolution {
    /// An evolution that begins with the identity. Computes the reference values: some 12,000 evaluations of the target
    /// in 57 digits, in parallel.
    ///
    /// # Errors
    /// If the target or a parameter is not valid.
    pub fn begin(method: &Faithful, target: &Target, seed: Seed) -> Result<Self> {
        method.validate()?;
        target.validate()?;
        let mut evolution = Self::around(
            method,
            target,
            seed,
            State {
                populations: Vec::new(),
                elders: vec![Vec::new(); method.workers],
                archive: Archive::new(method.max_cost + 1, KEEP),
                attempt: Attempt { begun: 0, improved: 0, best: Vec::new() },
                generation: 0,
                restarts: 0,
                counters: Counters::default(),
            },
        )?;
        let program = identity();
        let error = evolution.validate(&program);
        let (fingerprint, lineage) = (program.shape.fingerprint(), Lineage::root(error));
        evolution.state.archive.insert(0, Entry { program, error, fingerprint, lineage: Arc::clone(&lineage) });
        evolution.restart(&lineage);
        Ok(evolution)
    }

    /// An evolution in a given state.
    pub(super) fn around(method: &Faithful, target: &Target, seed: Seed, state: State) -> Result<Self> {
        Ok(Self {
            method: method.clone(),
            problem: Problem::new(target)?,
            training: Samples::equispaced(target, method.points)?,
            validation: Samples::random(target, method.inputs, seed, "validation")?,
            seed,
            state,
        })
    }

    /// The front of what was found so far, its constants levelled in 57 digits and each program certified, as
    /// [`Search::front`](super::super::Search::front) makes it: the forms are the evolution's, the last digits of their
    /// constants are not. The evolution can go on afterwards.
    ///
    /// # Errors
    /// If the target is not finite at a point.
    pub fn front(&self) -> Result<Front> {
        let provenance = Provenance { seed: self.seed, epochs: self.generations(), counters: self.counters() };
        let levels = self.state.archive.levels();
        Finish { problem: &self.problem, cost: &self.method.cost }.front(&self.method.ops, levels, provenance)
    }

    /// The least error found at each cost, rounded up to a whole number, as trained, on the random inputs; infinite
    /// where nothing was found.
    pub fn best(&self) -> Vec<f64> {
        (0..=self.method.max_cost).map(|level| self.state.archive.best(level)).collect()
    }

    /// The best program at each cost, as trained; none where nothing was found.
    pub fn programs(&self) -> Vec<Option<&Program>> {
        self.state.archive.levels().iter().map(|entries| entries.first().map(|e| &e.program)).collect()
    }

    /// Generations completed. Same seed, same method, same number of generations: same bits.
    pub fn generations(&self) -> u64 {
        self.state.generation
    }

    /// What was done: children that were mutated (`trials`), those that were evaluated (`programs`) and trained
    /// (`fits`), and evaluations on all training points (`effort`).
    pub fn counters(&self) -> Counters {
        self.state.counters
    }

    /// What was spent so far.
    pub fn work(&self) -> Work {
        let mut work = Work::default();
        let c = &self.state.counters;
        for (name, count) in [
            ("evaluations", c.effort),
            ("trainings", c.fits),
            ("programs", c.programs),
            ("generations", self.state.generation),
            ("restarts", self.state.restarts),
        ] {
            work.add(name, count);
        }
        work
    }

    /// All populations anew from the identity.
    fn restart(&mut self, root: &Arc<Lineage>) {
        let Self { method, state, .. } = self;
        // Ids of children count from 0; those of seeds count down from the other end.
        let seed = |i: usize| Individual { id: u64::MAX - i as u64, initial: Vec::new(), lineage: Arc::clone(root) };
        state.populations = vec![(0..method.children).map(seed).collect(); method.workers];
        state.elders = vec![Vec::new(); method.workers];
        let best = vec![f64::INFINITY; method.max_cost + 1];
        state.attempt = Attempt { begun: state.generation, improved: state.generation, best };
    }

    /// One generation; false (and nothing changed) if it was aborted.
    pub(crate) fn step(&mut self, abort: &(dyn Fn() -> bool + Sync)) -> Result<bool> {
        let parents: Vec<Vec<&Individual>> = (0..self.method.workers).map(|worker| self.select(worker)).collect();
        let places: Vec<(usize, usize)> =
            (0..self.method.workers).flat_map(|w| (0..self.method.children).map(move |i| (w, i))).collect();
        let born: Option<Vec<(Individual, Counters)>> = places
            .par_iter()
            // Trainings differ in length by a factor of a hundred: each is a task of its own.
            .with_max_len(1)
            .map(|&(worker, i)| {
                let id = self.state.generation * places.len() as u64 + (worker * self.method.children + i) as u64;
                let parent = parents[worker][i % parents[worker].len()];
                match self.breed(parent, id) {
                    Child::Copy(copy) => Some(Ok((copy, Counters::default()))),
                    Child::New(unborn) => self.bear(*unborn, abort).transpose(),
                }
            })
            .collect::<Option<Result<Vec<_>>>>()
            .transpose()?;
        let Some(born) = born else { return Ok(false) };
        let elders: Vec<Vec<Individual>> = if self.method.elitism {
            parents.into_iter().map(|parents| parents.into_iter().cloned().collect()).collect()
        } else {
            vec![Vec::new(); self.method.workers]
        };
        self.state.elders = elders;
        let mut children = Vec::with_capacity(born.len());
        for (child, counters) in born {
            self.state.counters.add(&counters);
            if counters.trials > 0 {
                self.record(&child);
            }
            children.push(child);
        }
        self.state.populations = self.deal(children);
        self.state.generation += 1;
        self.look_back();
        Ok(true)
    }

    /// The parents of a worker: stage by stage, the first of the ranking. If the windows let nobody through, as they may
    /// at the beginning, the stages select without them.
    fn select(&self, worker: usize) -> Vec<&Individual> {
        let stages = self.method.stages();
        let parents = self.select_by(worker, &stages);
        if !parents.is_empty() {
            return parents;
        }
        let open: Vec<Stage> = stages.iter().map(|s| Stage { quota: s.quota, ..Stage::default() }).collect();
        self.select_by(worker, &open)
    }

    fn select_by(&self, worker: usize, stages: &[Stage]) -> Vec<&Individual> {
        let State { populations, elders, .. } = &self.state;
        let everybody: Vec<&Individual> = elders[worker].iter().chain(&populations[worker]).collect();
        // Of those with one id the latest is kept.
        let latest = |i: usize| everybody[i + 1..].iter().all(|later| later.id != everybody[i].id);
        let mut left: Vec<&Individual> = (0..everybody.len()).filter(|&i| latest(i)).map(|i| everybody[i]).collect();
        let mut parents = Vec::with_capacity(self.method.parents);
        for stage in stages {
            let (eligible, rest): (Vec<&Individual>, Vec<&Individual>) = left.into_iter().partition(|individual| {
                stage.quality.holds(-individual.lineage.error)
                    && stage.speed.holds(self.speed(&individual.lineage.program))
            });
            let fitness: Vec<Vec<f64>> = eligible
                .iter()
                .map(|i| self.method.fitness.of(i.lineage.error, self.speed(&i.lineage.program)))
                .collect();
            let ranking = nsga::ranking(&fitness);
            let (chosen, others) = ranking.split_at(stage.quota.min(ranking.len()));
            parents.extend(chosen.iter().map(|&i| eligible[i]));
            left = rest;
            left.extend(others.iter().map(|&i| eligible[i]));
        }
        parents
    }

    fn speed(&self, program: &Program) -> f64 {
        1.0 / self.method.cost.of(&program.shape).max(2.0)
    }

    /// A child from the stream of its id: a copy, or another form.
    fn breed(&self, parent: &Individual, id: u64) -> Child {
        let mut stream = self.seed.stream("child", id);
        if stream.chance(self.method.identity_rate) {
            return Child::Copy(parent.clone());
        }
        let ops = &self.method.ops;
        let shape = &parent.lineage.program.shape;
        let origin = Program { shape: shape.clone(), constants: parent.initial.iter().map(|&c| Dd::from(c)).collect() };
        let form = shape.fingerprint();
        let mut graph = origin.clone();
        let mut mutations = Vec::new();
        for _ in 0..self.method.retries {
            let mut mutation = Mutation::draw(&graph, ops, &mut stream);
            if let Mutation::Insert { inserted: Inserted::Constant(value), .. } = &mut mutation {
                *value = self.magnitude(&mut stream).copysign(*value);
            }
            if let Some(next) = mutation.apply(&graph) {
                mutations.push(mutation);
                graph = next;
            }
            let Some(program) = canonical(&graph, ops).filter(constants_finite) else {
                // The input is lost: nothing can be made of this graph.
                graph = origin.clone();
                mutations.clear();
                continue;
            };
            // The second condition only fails where a constant happens to be 0 and folds otherwise than before.
            if program.shape.fingerprint() != form
                && reproduce(&parent.lineage.program, &mutations, ops).is_some_and(|p| p.shape == program.shape)
            {
                let parent = Arc::clone(&parent.lineage);
                return Child::New(Box::new(Unborn { id, program, mutations, parent, stream }));
            }
        }
        Child::Copy(parent.clone())
    }

    fn magnitude(&self, stream: &mut Stream) -> f64 {
        10f64.powf(stream.uniform_in(-self.method.constants.decades(), 0.0))
    }

    /// Trains and validates a new form; `None` if aborted.
    fn bear(&self, unborn: Unborn, abort: &(dyn Fn() -> bool + Sync)) -> Result<Option<(Individual, Counters)>> {
        let Unborn { id, mut program, mutations, parent, mut stream } = unborn;
        let mut initial: Vec<f64> = program.constants.iter().map(|c| c.hi).collect();
        for value in &mut initial {
            match self.method.constants {
                Constants::Redrawn { .. } => *value = self.magnitude(&mut stream).copysign(*value),
                Constants::Anchored { spread, .. } => *value *= stream.uniform_in(1.0 / (1.0 + spread), 1.0 + spread),
                Constants::Lamarckian { .. } => {}
            }
        }
        if abort() {
            return Ok(None);
        }
        let mut counters = Counters { trials: 1, ..Counters::default() };
        let mut constants = initial.clone();
        let mut error = f64::INFINITY;
        let speed = self.speed(&program);
        let selectable = self.method.stages().iter().any(|stage| stage.speed.holds(speed));
        if selectable
            && self.method.cost.of(&program.shape) <= self.method.max_cost as f64
            && let Some(tape) = Tape::new(&program.shape)
        {
            counters.programs = 1;
            if initial.len() >= 2 {
                let Some(trained) = self.train(&tape, &initial, &mut stream, &mut counters, abort)? else {
                    return Ok(None);
                };
                constants = trained;
            }
            error = self.validation.error(&tape, &constants, &mut self.validation.values(&tape));
        }
        if matches!(self.method.constants, Constants::Lamarckian { .. }) && error.is_finite() {
            initial.clone_from(&constants);
        }
        program.constants = constants.into_iter().map(Dd::from).collect();
        let lineage = Arc::new(Lineage { parent: Some(parent), mutations, program, error });
        Ok(Some((Individual { id, initial, lineage }, counters)))
    }

    /// The constants that CMA-ES finds; `None` if aborted.
    fn train(
        &self,
        tape: &Tape,
        initial: &[f64],
        stream: &mut Stream,
        counters: &mut Counters,
        abort: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<Vec<f64>>> {
        let mut values = self.training.values(tape);
        let mut state = cma::State::new(&self.method.cma, initial)?;
        let mut errors = Vec::new();
        let stopped = loop {
            if let Some(stopped) = state.stopped() {
                break stopped;
            }
            if abort() {
                return Ok(None);
            }
            let points = state.ask(stream);
            errors.clear();
            errors.extend(points.iter().map(|constants| self.training.error(tape, constants, &mut values)));
            state.tell(&points, &errors);
        };
        let minimum = state.minimum(stopped);
        counters.fits += 1;
        counters.effort += minimum.evaluations;
        Ok(Some(minimum.x))
    }

    /// The error of a program on the random inputs.
    fn validate(&self, program: &Program) -> f64 {
        let constants: Vec<f64> = program.constants.iter().map(|c| c.hi).collect();
        Tape::new(&program.shape)
            .map_or(f64::INFINITY, |tape| self.validation.error(&tape, &constants, &mut self.validation.values(&tape)))
    }

    /// Enters a new form into the archive and into the record of this attempt.
    fn record(&mut self, child: &Individual) {
        let Lineage { program, error, .. } = &*child.lineage;
        let level = self.method.cost.of(&program.shape).ceil() as usize;
        if !error.is_finite() || level > self.method.max_cost {
            return;
        }
        let entry = Entry {
            program: program.clone(),
            error: *error,
            fingerprint: program.shape.fingerprint(),
            lineage: Arc::clone(&child.lineage),
        };
        self.state.counters.accepted += u64::from(self.state.archive.insert(level, entry));
        let attempt = &mut self.state.attempt;
        let known = attempt.best[..=level].iter().copied().fold(f64::INFINITY, f64::min);
        if *error < known * (1.0 - GAIN) {
            attempt.improved = self.state.generation + 1;
        }
        attempt.best[level] = attempt.best[level].min(*error);
    }

    /// The next populations: the children of all workers, shuffled.
    fn deal(&self, mut children: Vec<Individual>) -> Vec<Vec<Individual>> {
        if self.method.workers > 1 {
            let mut stream = self.seed.stream("exchange", self.state.generation);
            for i in (1..children.len()).rev() {
                children.swap(i, stream.below(i + 1));
            }
        }
        children.chunks(self.method.children).map(<[Individual]>::to_vec).collect()
    }

    /// Begins again from the identity if a hurdle was missed or nothing improves any more.
    fn look_back(&mut self) {
        let State { attempt, generation, .. } = &self.state;
        let age = generation - attempt.begun;
        let least = attempt.best.iter().copied().fold(f64::INFINITY, f64::min);
        let missed = self.method.hurdles.iter().any(|hurdle| age == hurdle.generations && least > hurdle.error);
        let stale = self.method.patience.is_some_and(|patience| generation - attempt.improved >= patience);
        if (missed || stale)
            && let Some(identity) = self.state.archive.levels()[0].first()
        {
            let root = Arc::clone(&identity.lineage);
            self.restart(&root);
            self.state.restarts += 1;
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::{Fitness, Hurdle, Window};
    use super::*;
    use crate::discover::Explorer;
    use ansatz_core::{Run, Stopped};

    /// Quick trainings: nothing of what is tested here depends on their quality.
    pub(in super::super) fn quick() -> Faithful {
        let cma = cma::Cma { population: 12, generations: 20, ..cma::Cma::default() };
        Faithful { workers: 3, max_cost: 6, cma, points: 65, inputs: 40, ..Faithful::default() }
    }

    fn begun(method: &Faithful, seed: u64) -> Evolution {
        Evolution::begin(method, &Target::named("exp2").unwrap(), Seed(seed)).unwrap()
    }

    fn advance(evolution: &mut Evolution, generations: u64) {
        for _ in 0..generations {
            assert!(evolution.step(&|| false).unwrap());
        }
    }

    /// All that the state says, to the last bit.
    pub(in super::super) fn bits(evolution: &Evolution) -> String {
        let state = &evolution.state;
        let people = state.populations.iter().chain(&state.elders).flatten();
        let people: Vec<_> = people.map(|i| (i.id, &i.initial, &i.lineage.program, i.lineage.error)).collect();
        let kept = state.archive.levels().iter().flatten();
        let kept: Vec<_> = kept.map(|e| (&e.program, e.error, e.lineage.path().len())).collect();
        format!("{people:?} {kept:?} {:?} {} {:?}", state.attempt, state.generation, state.counters)
    }

    #[test]
    fn the_number_of_threads_does_not_change_a_bit() {
        let mut one = begun(&quick(), 1);
        let mut two = begun(&quick(), 1);
        for (evolution, threads) in [(&mut one, 1), (&mut two, 2)] {
            let mut run = Run::new(Seed(1)).evaluation_limit(20_000);
            assert_eq!(evolution.run(&mut run, threads, |_| Ok(None)).unwrap(), Stopped::EvaluationLimit);
        }
        assert!(one.counters().fits > 20);
        assert_eq!(bits(&one), bits(&two));
    }

    #[test]
    fn every_program_descends_from_the_identity() {
        for constants in [
            Constants::Redrawn { decades: 2.0 },
            Constants::Anchored { decades: 2.0, spread: 0.5 },
            Constants::Lamarckian { decades: 2.0 },
        ] {
            let method = Faithful { constants, ..quick() };
            let mut evolution = begun(&method, 2);
            advance(&mut evolution, 60);
            let kept = evolution.state.archive.levels().iter().flatten().map(|e| &e.lineage);
            let everybody = kept.chain(evolution.state.populations.iter().flatten().map(|i| &i.lineage));
            let mut deepest = 0;
            for lineage in everybody {
                lineage.verify(&method.ops).unwrap();
                deepest = deepest.max(lineage.path().len());
            }
            assert!(deepest > 5, "{deepest} generations at most");
        }
    }

    #[test]
    fn about_half_of_the_children_are_copies_and_copies_are_exact() {
        let evolution = begun(&quick(), 3);
        let lineage = Lineage::root(0.5);
        let parent = Individual { id: 17, initial: Vec::new(), lineage };
        let mut copies = 0;
        for id in 0..2000 {
            match evolution.breed(&parent, id) {
                Child::Copy(copy) => {
                    copies += 1;
                    assert!(copy.id == 17 && Arc::ptr_eq(&copy.lineage, &parent.lineage));
                }
                Child::New(unborn) => {
                    assert_eq!(unborn.id, id);
                    assert_ne!(unborn.program.shape, parent.lineage.program.shape);
                }
            }
        }
        // Six standard deviations are 134.
        assert!((866..=1134).contains(&copies), "{copies} of 2000");
    }

    #[test]
    fn what_a_child_inherits_of_its_constants() {
        // x + c with c = −0.5, trained to 7.
        let mut b = Program::builder();
        let x = b.input();
        let c = b.constant(7.0);
        let y = b.op(crate::program::Op::Add, &[x, c]);
        let lineage = Arc::new(Lineage { parent: None, mutations: Vec::new(), program: b.finish(y), error: 1.0 });
        let parent = Individual { id: 0, initial: vec![-0.5], lineage };
        let values = |constants: Constants| -> Vec<f64> {
            let evolution = begun(&Faithful { constants, ..quick() }, 4);
            (0..4000)
                .filter_map(|id| {
                    let Child::New(unborn) = evolution.breed(&parent, id) else { return None };
                    // Only where nothing was folded: the one constant is the parent's.
                    if unborn.program.constants != [Dd::from(-0.5)] {
                        return None;
                    }
                    let (child, _) = evolution.bear(*unborn, &|| false).unwrap().unwrap();
                    Some(child.initial[0])
                })
                .collect()
        };
        let redrawn = values(Constants::Redrawn { decades: 3.0 });
        assert!(redrawn.len() > 20 && redrawn.iter().all(|v| (-1.0..=-1e-3).contains(v)));
        assert!(redrawn.iter().any(|v| *v > -0.01) && redrawn.iter().any(|v| *v < -0.1));
        let anchored = values(Constants::Anchored { decades: 3.0, spread: 1.0 });
        assert!(anchored.iter().all(|v| (-1.0..=-0.25).contains(v)) && anchored.iter().any(|v| *v < -0.6));
        // One constant is not trained.
        assert!(values(Constants::Lamarckian { decades: 3.0 }).iter().all(|v| *v == -0.5));
    }

    #[test]
    fn a_trained_lamarckian_child_passes_on_what_it_was_trained_to() {
        let mut evolution = begun(&Faithful { constants: Constants::Lamarckian { decades: 2.0 }, ..quick() }, 5);
        advance(&mut evolution, 40);
        let mut trained = 0;
        for individual in evolution.state.populations.iter().flatten() {
            if individual.lineage.error.is_finite() {
                let constants: Vec<f64> = individual.lineage.program.constants.iter().map(|c| c.hi).collect();
                assert_eq!(constants, individual.initial);
                trained += usize::from(constants.len() >= 2);
            }
        }
        assert!(trained > 0);
    }

    /// An individual of a given error whose program has `operations` operations.
    fn member(id: u64, error: f64, operations: usize) -> Individual {
        let mut b = Program::builder();
        let mut y = b.input();
        for _ in 0..operations {
            y = b.op(crate::program::Op::Mul, &[y, y]);
        }
        let lineage = Arc::new(Lineage { parent: None, mutations: Vec::new(), program: b.finish(y), error });
        Individual { id, initial: Vec::new(), lineage }
    }

    fn chosen(evolution: &Evolution) -> Vec<u64> {
        evolution.select(0).iter().map(|i| i.id).collect()
    }

    #[test]
    fn selection_goes_by_fronts_crowding_stages_and_age() {
        let people = [(0, 0.5, 2), (1, 0.1, 3), (2, 0.01, 6), (3, 0.2, 4), (4, 0.05, 4), (5, 0.5, 2), (6, 0.3, 6)];
        let people: Vec<Individual> = people.iter().map(|&(id, error, n)| member(id, error, n)).collect();
        let mut evolution = begun(&Faithful { workers: 1, ..quick() }, 6);
        evolution.state.populations[0].clone_from(&people);
        // The front is 0, 5 (equal), 1, 4, 2. Its ends are 0 (or its equal) and 2; then the larger gap.
        assert_eq!(chosen(&evolution), [0, 2, 5, 1, 4]);
        // Of one id the latest stays.
        evolution.state.populations[0].push(member(0, 0.9, 6));
        assert!(!chosen(&evolution).contains(&0));
        evolution.state.populations[0].pop();
        // Two of at most three operations, then, of three with an error of at most 0.05, the two that there are.
        let fast = Stage { quota: 2, speed: Window { min: Some(1.0 / 3.0), max: None }, ..Stage::default() };
        let good = Stage { quota: 3, quality: Window { min: Some(-0.05), max: None }, ..Stage::default() };
        evolution.method.stages = vec![fast, good];
        let ids = chosen(&evolution);
        assert_eq!((ids.len(), &ids[2..]), (4, &[2, 4][..]), "{ids:?}");
        // A maximum is exclusive.
        let slow = Stage { quota: 5, speed: Window { min: None, max: Some(1.0 / 4.0) }, ..Stage::default() };
        evolution.method.stages = vec![slow];
        assert_eq!(chosen(&evolution), [2, 6]);
        // Windows that nobody passes are open.
        let none = Stage { quota: 5, quality: Window { min: Some(-1e-9), max: None }, ..Stage::default() };
        evolution.method.stages = vec![none];
        assert_eq!(chosen(&evolution).len(), 5);
        evolution.method.stages = Vec::new();
        evolution.method.fitness = Fitness::Quality;
        assert_eq!(chosen(&evolution), [2, 4, 1, 3, 6]);
        evolution.method.fitness = Fitness::QualityUntil(0.1);
        assert_eq!(chosen(&evolution), [1, 4, 2, 3, 6]);
    }

    #[test]
    fn elitism_keeps_the_best_and_its_absence_does_not() {
        let method = Faithful { elitism: true, workers: 1, identity_rate: 0.0, ..quick() };
        let mut evolution = begun(&method, 7);
        let mut least = f64::INFINITY;
        for _ in 0..40 {
            advance(&mut evolution, 1);
            let here = evolution.select(0).iter().map(|i| i.lineage.error).fold(f64::INFINITY, f64::min);
            assert!(here <= least);
            least = here;
        }
        let mut evolution = begun(&Faithful { elitism: false, ..method }, 7);
        let mut lost = false;
        least = f64::INFINITY;
        for _ in 0..40 {
            advance(&mut evolution, 1);
            let here = evolution.select(0).iter().map(|i| i.lineage.error).fold(f64::INFINITY, f64::min);
            lost |= here > least;
            least = here;
        }
        assert!(lost, "without copies and elitism the best dies");
    }

    #[test]
    fn a_missed_hurdle_and_lost_patience_begin_again() {
        let roots = |e: &Evolution| e.state.populations.iter().flatten().all(|i| i.lineage.parent.is_none());
        let hurdles = vec![Hurdle { generations: 3, error: 0.0 }];
        let mut evolution = begun(&Faithful { hurdles, ..quick() }, 8);
        advance(&mut evolution, 2);
        assert!(!roots(&evolution) && evolution.state.restarts == 0);
        advance(&mut evolution, 1);
        assert!(roots(&evolution));
        let best = evolution.best();
        advance(&mut evolution, 6);
        assert_eq!(evolution.state.restarts, 3);
        assert!(best.iter().zip(evolution.best()).all(|(before, now)| now <= *before), "the archive stays");
        let reached = vec![Hurdle { generations: 3, error: 2.0 }];
        let mut evolution = begun(&Faithful { hurdles: reached, ..quick() }, 8);
        advance(&mut evolution, 9);
        assert_eq!(evolution.state.restarts, 0);
        // Nothing can improve for ever with one operation.
        let mut evolution = begun(&Faithful { max_cost: 1, patience: Some(10), ..quick() }, 9);
        advance(&mut evolution, 200);
        assert!(evolution.state.restarts > 3 && evolution.state.restarts <= 20);
    }

    #[test]
    fn the_front_is_proved_and_descends_from_the_identity() {
        let method = Faithful { max_cost: 3, constants: Constants::Lamarckian { decades: 1.0 }, ..quick() };
        let mut evolution = begun(&method, 1);
        advance(&mut evolution, 40);
        let front = evolution.front().unwrap();
        assert_eq!((front.provenance.epochs, front.provenance.counters), (40, evolution.counters()));
        for entry in &front.entries {
            let proved = entry.proof.as_ref().unwrap().bound;
            // Levelled constants are no worse than trained ones.
            let trained = evolution.best()[entry.operations];
            assert!(proved <= 1.01 * trained, "{}: {proved} against {trained}", entry.operations);
            entry.lineage.verify(&method.ops).unwrap();
            assert_eq!(entry.ancestry()[0].program, identity());
        }
        assert!(front.at(2).unwrap().bound() < 0.03);
    }

    #[test]
    #[ignore = "up to ten minutes of two cores a seed; in release mode"]
    fn the_small_machine_finds_the_best_programs_of_up_to_five_operations() {
        use std::sync::atomic::{AtomicBool, Ordering};
        let bars = [(2, 3.0e-2), (3, 8.8e-4), (4, 2.2e-4), (5, 4.4e-6)];
        let reaches = |evolution: &Evolution| bars.iter().all(|&(cost, bar)| evolution.best()[cost] <= bar);
        let reached = (1..=3).filter(|&seed| {
            let flag = Arc::new(AtomicBool::new(false));
            let mut run = Run::new(Seed(seed)).evaluation_limit(1_000_000_000).interrupt(Arc::clone(&flag));
            let mut evolution = begun(&Faithful::small_machine(), seed);
            evolution
                .run(&mut run, 0, |evolution| {
                    flag.store(reaches(evolution), Ordering::Relaxed);
                    Ok(None)
                })
                .unwrap();
            reaches(&evolution)
        });
        assert!(reached.count() >= 2);
    }

    #[test]
    fn an_aborted_generation_leaves_no_trace() {
        let mut evolution = begun(&quick(), 10);
        advance(&mut evolution, 30);
        let before = bits(&evolution);
        assert!(!evolution.step(&|| true).unwrap());
        assert_eq!(bits(&evolution), before);
    }
}
