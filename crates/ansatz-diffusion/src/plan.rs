//! A sampler of fixed steps, compiled: where the model is asked, and how the next state is combined from the answers.
//!
//! Every exponential integrator, Runge–Kutta and multistep method is linear in the states, the model's answers and the noise
//! that it adds once its nodes are known. A plan holds the coefficients; running it is the same for all of them, and so is saving it half-way.

use crate::batch::Batch;
use crate::noise::step_noise;
use crate::prediction::Prediction;
use crate::schedule::Level;
use ansatz_core::{Error, Result, Seed};
use serde::{Deserialize, Serialize};

/// Something that a combination takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Term {
    /// The state at the start.
    Start,
    /// The point at which the model was asked in this stage.
    Point(usize),
    /// What the model answered in this stage.
    Answer(usize),
    /// Standard normal noise, the draw of this number: see [`step_noise`].
    Noise(usize),
}

/// `Σ c · term`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Combination(pub Vec<(Term, f64)>);

impl Combination {
    /// One term.
    pub fn of(term: Term) -> Self {
        Self(vec![(term, 1.0)])
    }

    /// This times `c`.
    #[must_use]
    pub fn scaled(mut self, c: f64) -> Self {
        for (_, factor) in &mut self.0 {
            *factor *= c;
        }
        self
    }

    /// This plus `c · term`; terms that occur already are added up.
    #[must_use]
    pub fn plus(mut self, c: f64, term: Term) -> Self {
        match self.0.iter_mut().find(|(known, _)| *known == term) {
            Some((_, sum)) => *sum += c,
            None => self.0.push((term, c)),
        }
        self
    }
}

/// One question to the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// The level at which it is asked.
    pub level: Level,
    /// What is wanted.
    pub want: Prediction,
    /// The point, from the start and earlier stages.
    pub point: Combination,
}

/// All questions of a sampling, and the result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    stages: Vec<Stage>,
    result: Combination,
}

impl Plan {
    /// The plan that asks `stages` in turn and ends with `result`.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for a coefficient that is not finite; [`Error::Parameter`] for a term of a stage that is not
    /// over, or no stage at all.
    pub fn new(stages: Vec<Stage>, result: Combination) -> Result<Self> {
        if stages.is_empty() {
            return Err(Error::parameter("the number of stages", 0, "at least 1"));
        }
        let points = stages.iter().map(|stage| &stage.point);
        for (k, combination) in points.chain([&result]).enumerate() {
            for &(term, c) in &combination.0 {
                let known = match term {
                    Term::Start | Term::Noise(_) => true,
                    Term::Point(i) | Term::Answer(i) => i < k,
                };
                if !known {
                    return Err(Error::parameter(
                        format!("a term of stage {k}"),
                        format!("{term:?}"),
                        "of an earlier stage",
                    ));
                }
                if !c.is_finite() {
                    return Err(Error::NotFinite {
                        quantity: "a coefficient".into(),
                        place: format!("stage {k} of the plan"),
                    });
                }
            }
        }
        Ok(Self { stages, result })
    }

    /// The questions.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// The state at the end.
    pub fn result(&self) -> &Combination {
        &self.result
    }

    /// How often the model is asked.
    pub fn evaluations(&self) -> usize {
        self.stages.len()
    }

    /// How many draws of noise it takes.
    pub fn draws(&self) -> usize {
        let points = self.stages.iter().map(|stage| &stage.point);
        let terms = points.chain([&self.result]).flat_map(|combination| &combination.0);
        terms.filter_map(|(term, _)| if let Term::Noise(k) = term { Some(k + 1) } else { None }).max().unwrap_or(0)
    }

    /// Whether a term is used by stage `k` or a later one, or by the result.
    fn used_from(&self, k: usize, term: Term) -> bool {
        let later = self.stages[k.min(self.stages.len())..].iter().map(|stage| &stage.point);
        later.chain([&self.result]).any(|combination| combination.0.iter().any(|(known, _)| *known == term))
    }
}

/// Collects the stages of a plan, step by step.
pub(crate) struct Builder {
    stages: Vec<Stage>,
    here: Combination,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self { stages: Vec::new(), here: Combination::of(Term::Start) }
    }

    /// Asks the model at the node itself; from now on the node is that point.
    pub(crate) fn ask_here(&mut self, level: Level, want: Prediction) -> usize {
        let k = self.ask(level, want, self.here.clone());
        self.here = Combination::of(Term::Point(k));
        k
    }

    /// Asks the model elsewhere.
    pub(crate) fn ask(&mut self, level: Level, want: Prediction, point: Combination) -> usize {
        self.stages.push(Stage { level, want, point });
        self.stages.len() - 1
    }

    /// Goes to the next node.
    pub(crate) fn go(&mut self, point: Combination) {
        self.here = point;
    }

    pub(crate) fn stages(self) -> (Vec<Stage>, Combination) {
        (self.stages, self.here)
    }

    pub(crate) fn finish(self) -> Result<Plan> {
        Plan::new(self.stages, self.here)
    }
}

/// The values that combinations are made from: those that are still needed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Register {
    start: Option<Batch>,
    points: Vec<Option<Batch>>,
    answers: Vec<Option<Batch>>,
    /// Where noise comes from: the seed, and the index of the first sample.
    source: Option<(Seed, usize)>,
}

impl Register {
    pub(crate) fn new(start: Batch) -> Self {
        Self { start: Some(start), ..Self::default() }
    }

    pub(crate) fn seeded(self, seed: Seed, first: usize) -> Self {
        Self { source: Some((seed, first)), ..self }
    }

    pub(crate) fn push(&mut self, point: Batch, answer: Batch) {
        self.points.push(Some(point));
        self.answers.push(Some(answer));
    }

    pub(crate) fn answer(&mut self, k: usize) -> Option<Batch> {
        self.answers.get_mut(k).and_then(Option::take)
    }

    pub(crate) fn start(&self) -> Option<&Batch> {
        self.start.as_ref()
    }

    fn get(&self, term: Term) -> Option<&Batch> {
        match term {
            Term::Start => self.start.as_ref(),
            Term::Point(k) => self.points.get(k)?.as_ref(),
            Term::Answer(k) => self.answers.get(k)?.as_ref(),
            Term::Noise(_) => None,
        }
    }

    /// Forgets what no stage from `k` on uses.
    pub(crate) fn keep_for(&mut self, plan: &Plan, k: usize) {
        if !plan.used_from(k, Term::Start) {
            self.start = None;
        }
        for i in 0..self.points.len() {
            if self.points[i].is_some() && !plan.used_from(k, Term::Point(i)) {
                self.points[i] = None;
            }
            if self.answers[i].is_some() && !plan.used_from(k, Term::Answer(i)) {
                self.answers[i] = None;
            }
        }
    }

    /// The value of a combination, term by term in its order.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a term that is not there: a saved state that is not one of ours.
    pub(crate) fn combine(&self, combination: &Combination, rows: usize, dim: usize) -> Result<Batch> {
        let mut sum = Batch::zeros(rows, dim);
        for (i, &(term, c)) in combination.0.iter().enumerate() {
            let drawn = match (term, self.source) {
                (Term::Noise(k), Some((seed, first))) => Some(step_noise(seed, k, first, rows, dim)),
                _ => None,
            };
            let value = drawn.as_ref().or_else(|| self.get(term)).filter(|value| value.data().len() == rows * dim);
            let Some(value) = value else {
                return Err(Error::parameter("a term of the plan", format!("{term:?}"), "one whose value is kept"));
            };
            if i == 0 {
                for (sum, value) in sum.data_mut().iter_mut().zip(value.data()) {
                    *sum = c * value;
                }
            } else {
                for (sum, value) in sum.data_mut().iter_mut().zip(value.data()) {
                    *sum += c * value;
                }
            }
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::{Schedule, VpLinear};

    #[test]
    fn plans_that_look_ahead_are_refused() {
        let level = VpLinear::default().level(0.5).unwrap();
        let stage = |point| Stage { level, want: Prediction::Noise, point };
        let start = Combination::of(Term::Start);
        assert!(Plan::new(vec![stage(Combination::of(Term::Answer(0)))], start.clone()).is_err());
        assert!(Plan::new(vec![stage(start.clone())], start.clone().plus(f64::NAN, Term::Answer(0))).is_err());
        assert!(Plan::new(vec![], start.clone()).is_err());
        let plan =
            Plan::new(vec![stage(start.clone())], start.plus(2.0, Term::Answer(0)).plus(1.0, Term::Answer(0))).unwrap();
        assert_eq!(plan.result().0, [(Term::Start, 1.0), (Term::Answer(0), 3.0)]);
    }
}
