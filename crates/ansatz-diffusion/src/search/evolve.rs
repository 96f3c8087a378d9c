//! The search: rounds, and how they are run.

use super::method::{Candidate, FOUND, Population, S3};
use super::objective::Objective;
use super::predictor::{Predictor, kendall_tau};
use crate::usf::{SolverSchedule, preset};
use ansatz_core::{Error, Result, Run, Seed, Stopped, Work};
use rayon::prelude::*;

/// The score of a sampler that diverged, or is worse than this.
const LARGE: f64 = 1e6;

/// A search half-way.
pub struct Search<'a> {
    pub(super) method: S3,
    pub(super) objective: &'a dyn Objective,
    pub(super) seed: Seed,
    pub(super) populations: Vec<Population>,
    /// Random streams given out.
    pub(super) drawn: u64,
    pub(super) turn: usize,
    pub(super) work: Work,
    pub(super) agreement: Vec<f64>,
}

/// A sampler to be evaluated, and what the predictor said.
struct Proposal {
    sampler: SolverSchedule,
    origin: String,
    predicted: Option<f64>,
}

impl<'a> Search<'a> {
    /// A search that knows nothing yet.
    ///
    /// # Errors
    /// See [`S3::validate`].
    pub fn begin(method: &S3, objective: &'a dyn Objective, seed: Seed) -> Result<Self> {
        method.validate()?;
        let population = |&evaluations: &usize| Population { evaluations, members: Vec::new() };
        let populations = method.evaluations.iter().map(population).collect();
        let (work, agreement) = (Work::default(), Vec::new());
        Ok(Self { method: method.clone(), objective, seed, populations, drawn: 0, turn: 0, work, agreement })
    }

    /// The populations, in the order of the parameters.
    pub fn populations(&self) -> &[Population] {
        &self.populations
    }

    /// What was spent so far; see [`Found::work`](super::Found::work).
    pub fn work(&self) -> &Work {
        &self.work
    }

    /// Kendall's τ of each round; see [`Found::agreement`](super::Found::agreement).
    pub fn agreement(&self) -> &[f64] {
        &self.agreement
    }

    /// Searches on until the budget is spent or the run says stop; `after` is called after each round, to save.
    ///
    /// The run's error is the best score of the population whose turn it was. A round that is interrupted is given up as a
    /// whole, so that a search that is run on later gives the result of an unbroken one.
    ///
    /// # Errors
    /// If the threads cannot be started; what the objective and `after` return.
    pub fn run(
        &mut self,
        run: &mut Run,
        threads: usize,
        mut after: impl FnMut(&Self) -> Result<()>,
    ) -> Result<Stopped> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|e| Error::Environment { what: "a pool of threads".into(), reason: e.to_string() })?;
        let signal = run.signal();
        loop {
            let Some(at) = self.next() else { return Ok(Stopped::Exhausted) };
            let whole = pool.install(|| self.round(at, &|| signal.raised().is_some()))?;
            let best = self.populations[at].best().map_or(f64::INFINITY, |candidate| candidate.score);
            if !whole {
                let stopped = run.stop_requested().or_else(|| run.step(&self.work, best));
                return Ok(stopped.unwrap_or(Stopped::Interrupted));
            }
            after(self)?;
            run.message(self.progress());
            if let Some(stopped) = run.step(&self.work, best) {
                return Ok(stopped);
            }
        }
    }

    fn progress(&self) -> String {
        let best = |p: &Population| {
            p.best().map(|best| format!("{} calls: {:.3e} ({})", p.evaluations, best.score, p.members.len()))
        };
        self.populations.iter().filter_map(best).collect::<Vec<_>>().join("  ")
    }

    /// The population whose turn it is.
    fn next(&self) -> Option<usize> {
        let count = self.populations.len();
        (self.turn..self.turn + count).map(|at| at % count).find(|&at| self.room(at) > 0)
    }

    fn room(&self, at: usize) -> usize {
        self.method.budget.saturating_sub(self.populations[at].members.len())
    }

    /// One round; false if it was aborted, and nothing has changed.
    fn round(&mut self, at: usize, abort: &(dyn Fn() -> bool + Sync)) -> Result<bool> {
        let before = (self.drawn, self.work.clone());
        let proposals = if self.populations[at].members.is_empty() {
            self.presets(at)?
        } else {
            match &self.method.predictor.clone() {
                None => self.children(at, self.method.children.min(self.room(at)), &[])?,
                Some(predictor) => self.predicted(at, predictor)?,
            }
        };
        let objective = self.objective;
        let evaluate = |proposal: &Proposal| -> Result<Option<f64>> {
            if abort() { Ok(None) } else { judged(objective.score(&proposal.sampler)).map(Some) }
        };
        let scores: Vec<Result<Option<f64>>> = proposals.par_iter().map(evaluate).collect();
        let scores = scores.into_iter().collect::<Result<Option<Vec<f64>>>>()?;
        let Some(scores) = scores else {
            (self.drawn, self.work) = before;
            return Ok(false);
        };
        let guesses: Vec<(f64, f64)> =
            proposals.iter().zip(&scores).filter_map(|(p, score)| p.predicted.map(|guess| (guess, *score))).collect();
        if guesses.len() > 2 {
            let (guess, score): (Vec<f64>, Vec<f64>) = guesses.into_iter().unzip();
            self.agreement.push(kendall_tau(&guess, &score));
        }
        for (Proposal { sampler, origin, .. }, score) in proposals.into_iter().zip(scores) {
            let calls = sampler.evaluations();
            self.work.evaluations += 1;
            self.work.add("model calls", calls as u64);
            self.work.add("sample evaluations", (calls * self.objective.samples()) as u64);
            let home = self.populations.iter().position(|population| population.evaluations == calls);
            // Proposals have a population of theirs.
            let population = &mut self.populations[home.unwrap_or(at)];
            population.members.push(Candidate { sampler, score, diverged: score >= LARGE, origin });
        }
        self.work.iterations += 1;
        self.turn = (at + 1) % self.populations.len();
        Ok(true)
    }

    /// The presets, or a random part of them; those that the moves would leave as they are if all steps must be alike.
    fn presets(&mut self, at: usize) -> Result<Vec<Proposal>> {
        let path = self.objective.path();
        let mut presets = preset::all(&path, self.populations[at].evaluations, self.objective.mean())?;
        presets.retain(|(_, sampler)| {
            let mut repaired = sampler.clone();
            self.method.moves.repair(&mut repaired);
            repaired == *sampler
        });
        let mut stream = self.seed.stream("s3 presets", at as u64);
        let count = self.method.initial.min(self.room(at)).min(presets.len());
        // The first of a random order (Fisher and Yates), then in their own order again.
        let mut order: Vec<usize> = (0..presets.len()).collect();
        for i in 0..count {
            order.swap(i, i + stream.below(presets.len() - i));
        }
        order.truncate(count);
        order.sort_unstable();
        if order.is_empty() {
            let what = format!("the presets with {} evaluations", self.populations[at].evaluations);
            return Err(Error::parameter(what, "none", "at least one to begin with: other moves or evaluations"));
        }
        let proposal = |i: usize| {
            let (origin, sampler) = presets[i].clone();
            Proposal { sampler, origin, predicted: None }
        };
        Ok(order.into_iter().map(proposal).collect())
    }

    /// Children of the best by score, none of them known or among `others`.
    fn children(&mut self, at: usize, count: usize, others: &[Proposal]) -> Result<Vec<Proposal>> {
        let objective = self.objective;
        let (path, mean) = (objective.path(), objective.mean());
        let ranked = self.populations[at].ranked();
        let parents: Vec<&SolverSchedule> = ranked.iter().take(self.method.parents).map(|c| &c.sampler).collect();
        let own = self.populations[at].evaluations;
        let mut room: Vec<usize> = (0..self.populations.len()).map(|at| self.room(at)).collect();
        let mut children: Vec<Proposal> = Vec::new();
        let mut drawn = self.drawn;
        while children.len() < count {
            let mut stream = self.seed.stream("s3 child", drawn);
            drawn += 1;
            let child = self.method.moves.child(&parents, &path, mean, &mut stream, |child, stream| {
                let calls = child.evaluations();
                let home = self.populations.iter().position(|p| p.evaluations == calls);
                let home = home.filter(|&home| room[home] > 0).unwrap_or_else(|| {
                    self.method.moves.resize(child, own, stream);
                    at
                });
                let known = children.iter().chain(others).any(|other| other.sampler == *child);
                !known && !self.populations[home].knows(child)
            });
            let Some(sampler) = child else { break };
            let home = self.populations.iter().position(|p| p.evaluations == sampler.evaluations());
            room[home.unwrap_or(at)] = room[home.unwrap_or(at)].saturating_sub(1);
            children.push(Proposal { sampler, origin: FOUND.into(), predicted: None });
        }
        self.drawn = drawn;
        if children.is_empty() && others.is_empty() {
            return Err(Error::refused("no change of the best samplers gives one that can be run and is new"));
        }
        Ok(children)
    }

    /// The best of many generations by the predictor, and some children of plain evolution.
    fn predicted(&mut self, at: usize, predictor: &Predictor) -> Result<Vec<Proposal>> {
        let count = self.method.children.min(self.room(at));
        let plain = ((count as f64 * predictor.plain) as usize).min(count);
        let objective = self.objective;
        let (path, mean) = (objective.path(), objective.mean());
        let ranked = self.populations[at].ranked();
        let (seed, drawn) = (self.seed, self.drawn);
        let Ok(trained) = predictor.train(&ranked, path.schedule, |i| {
            seed.stream("s3 predictor", drawn * predictor.networks as u64 + i as u64)
        }) else {
            // Nothing to learn from yet.
            return self.children(at, count, &[]);
        };
        let own = self.populations[at].evaluations;
        let value = |sampler: &SolverSchedule| trained.value(sampler, path.schedule);
        let mut pool: Vec<(f64, SolverSchedule, bool)> = Vec::new();
        for candidate in ranked.iter().take(2 * self.method.parents) {
            pool.push((value(&candidate.sampler)?, candidate.sampler.clone(), true));
        }
        let offspring = predictor.offspring as u64;
        for generation in 0..predictor.generations as u64 {
            let parents: Vec<&SolverSchedule> =
                pool.iter().take(self.method.parents).map(|(_, sampler, _)| sampler).collect();
            let first = drawn + generation * offspring;
            let moves = &self.method.moves;
            let child = |i: u64| -> Result<Option<(f64, SolverSchedule, bool)>> {
                let mut stream = seed.stream("s3 guess", first + i);
                let child = moves.child(&parents, &path, mean, &mut stream, |child, stream| {
                    moves.resize(child, own, stream);
                    true
                });
                child.map(|child| Ok((value(&child)?, child, false))).transpose()
            };
            let children: Vec<_> = (0..offspring).into_par_iter().map(child).collect::<Result<_>>()?;
            for child in children.into_iter().flatten() {
                let known = pool.iter().any(|(_, sampler, _)| *sampler == child.1);
                if !known && !self.populations[at].knows(&child.1) {
                    pool.push(child);
                }
            }
            pool.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        self.drawn = drawn + offspring * predictor.generations as u64;
        self.work.add("trainings", 1);
        self.work.add("ranked", offspring * predictor.generations as u64);
        let fresh = pool.into_iter().filter(|(_, _, evaluated)| !evaluated).take(count - plain);
        let mut proposals: Vec<Proposal> = fresh
            .map(|(value, sampler, _)| Proposal { sampler, origin: FOUND.into(), predicted: Some(value) })
            .collect();
        let more = self.children(at, count - proposals.len(), &proposals)?;
        proposals.extend(more);
        Ok(proposals)
    }
}

/// The score, large if the sampler diverged.
fn judged(score: Result<f64>) -> Result<f64> {
    match score {
        Ok(score) if score < LARGE => Ok(score),
        Ok(_) | Err(Error::NotFinite { .. }) => Ok(LARGE),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Mixture, gmm8};
    use crate::schedule::VpLinear;
    use crate::search::{FlowError, SearchSnapshot};
    use crate::{Path, Prediction, start_noise, start_points};

    fn with_objective(work: impl FnOnce(&FlowError, &Mixture, Path)) {
        let (model, schedule) = (gmm8().unwrap(), VpLinear::default());
        let path = Path::whole(&schedule).unwrap();
        let start = start_points(24, 8, &path.from);
        let objective = FlowError::new(&model, path, start, Some(model.mean()), 1e-7).unwrap();
        work(&objective, &model, path);
    }

    fn small() -> S3 {
        let predictor = Predictor { epochs: 10, generations: 2, offspring: 20, ..Predictor::default() };
        S3 {
            evaluations: vec![5, 6],
            budget: 120,
            initial: 60,
            children: 20,
            predictor: Some(predictor),
            ..S3::default()
        }
    }

    #[test]
    fn any_number_of_threads_and_any_interruption_gives_the_same() {
        with_objective(|objective, _, _| {
            for method in [small(), S3 { predictor: None, ..small() }] {
                let whole = |threads| {
                    let mut search = Search::begin(&method, objective, Seed(7)).unwrap();
                    let stopped = search.run(&mut Run::new(Seed(7)), threads, |_| Ok(())).unwrap();
                    assert_eq!(stopped, Stopped::Exhausted);
                    search.snapshot(0.0)
                };
                let one = whole(1);
                assert_eq!(one, whole(3));
                // Stopped after every round, written down and read again.
                let mut saved = Search::begin(&method, objective, Seed(7)).unwrap().snapshot(0.0);
                for rounds in 0.. {
                    let bytes = rmp_serde::to_vec_named(&saved).unwrap();
                    let read: SearchSnapshot = rmp_serde::from_slice(&bytes).unwrap();
                    let mut search = Search::resume(read, objective).unwrap();
                    let mut run = Run::new(Seed(7)).target(f64::INFINITY);
                    let stopped = search.run(&mut run, 2, |_| Ok(())).unwrap();
                    saved = search.snapshot(0.0);
                    if stopped == Stopped::Exhausted {
                        assert!(rounds > 5, "{rounds}");
                        break;
                    }
                }
                assert_eq!(saved, one);
            }
        });
    }

    #[test]
    fn what_is_found_is_better_than_every_preset_on_other_noises() {
        with_objective(|objective, model, path| {
            let method = S3 { evaluations: vec![5], budget: 500, ..S3::default() };
            let found = method.search(objective, &mut Run::new(Seed(2)), 0).unwrap();
            assert_eq!((found.work.evaluations, found.populations[0].members.len()), (500, 500));
            assert_eq!(found.work.count("sample evaluations"), 500 * 5 * 24);
            let other = start_noise(Seed(8), 0, 64, 8, &path.from);
            let other = FlowError::new(model, path, other, None, 1e-7).unwrap();
            let best = found.populations[0].best().unwrap();
            let held_out = other.score(&best.sampler).unwrap();
            for (name, sampler) in preset::all(&path, 5, Some(&model.mean())).unwrap() {
                let score = judged(other.score(&sampler)).unwrap();
                assert!(held_out < score, "{held_out} for {score} of {name}");
            }
        });
    }

    #[test]
    fn divergence_is_survived_and_other_faults_are_not() {
        struct Broken<'a>(&'a FlowError<'a>, bool);
        impl Objective for Broken<'_> {
            fn path(&self) -> Path<'_> {
                self.0.path()
            }
            fn mean(&self) -> Option<&[f64]> {
                None
            }
            fn samples(&self) -> usize {
                1
            }
            fn score(&self, sampler: &SolverSchedule) -> Result<f64> {
                if sampler.steps[0].prediction == Prediction::Noise {
                    if self.1 {
                        return Err(Error::refused("no"));
                    }
                    return Err(Error::NotFinite { quantity: "x".into(), place: "here".into() });
                }
                self.0.score(sampler)
            }
        }
        with_objective(|objective, _, _| {
            let method = S3 { evaluations: vec![5], ..small() };
            let found = method.search(&Broken(objective, false), &mut Run::new(Seed(1)), 1).unwrap();
            let members = &found.populations[0].members;
            for candidate in members {
                let diverged = candidate.sampler.steps[0].prediction == Prediction::Noise;
                assert_eq!((candidate.diverged, candidate.score == LARGE), (diverged, diverged));
            }
            assert!(members.iter().any(|c| c.diverged) && !found.populations[0].best().unwrap().diverged);
            assert!(method.search(&Broken(objective, true), &mut Run::new(Seed(1)), 1).is_err());
        });
    }
}
