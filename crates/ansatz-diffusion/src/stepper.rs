//! A sampling half-way: it says what it wants to know next, and takes the answer.
//!
//! The loop belongs to the caller, who may look at the state, show progress, save it, or ask a model that lives in another
//! process. [`Sampling`](crate::Sampling) is that loop for models of this crate.

use crate::batch::Batch;
use crate::plan::{Plan, Register};
use crate::prediction::Prediction;
use crate::schedule::Level;
use ansatz_core::{Error, Result, Seed};
use serde::{Deserialize, Serialize};

/// A question to the model.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// The point.
    pub x: &'a Batch,
    /// The level.
    pub level: Level,
    /// What is wanted.
    pub want: Prediction,
}

/// A sampling between two questions.
pub trait Stepper {
    /// The next question; none when the sampling is over.
    fn query(&self) -> Option<Query<'_>>;

    /// Takes the answer to [`Stepper::query`].
    ///
    /// # Errors
    /// [`Error::NotFinite`] if the answer, or the state that follows from it, is not finite: with the question's number and
    /// level. [`Error::Parameter`] if its shape is wrong, there was no question, or the tolerances of an adaptive
    /// method ask for steps too small to be made.
    fn step(&mut self, answer: Batch) -> Result<()>;

    /// The state: at the point of the next question, and in the end the sample.
    fn state(&self) -> &Batch;

    /// Questions answered so far.
    fn evaluations(&self) -> u64;

    /// Steps taken back so far because their error was too large; 0 for fixed steps.
    fn rejected(&self) -> u64 {
        0
    }
}

/// A plan being carried out. Saved with serde and loaded again, it goes on to the same bits.
///
/// ```
/// use ansatz_diffusion::model::{Model, gmm8};
/// use ansatz_diffusion::schedule::VpLinear;
/// use ansatz_diffusion::solver::{DpmSolver, Solver};
/// use ansatz_diffusion::{Batch, Grid, Path, Stepper, Walk, start_noise};
/// let (model, schedule) = (gmm8()?, VpLinear::default());
/// let path = Path::whole(&schedule)?;
/// let plan = DpmSolver::fast(3)?.plan(&path, &Grid::LogSnr, 10)?;
/// let mut walk = Walk::begin(plan, start_noise(ansatz_core::Seed(1), 0, 4, 8, &path.from))?;
/// while let Some(query) = walk.query() {
///     let mut answer = Batch::zeros(4, 8);
///     model.predict(query.x, 0, &query.level, query.want, &mut answer)?;
///     walk.step(answer)?;
/// }
/// assert_eq!(walk.evaluations(), 10);
/// # Ok::<(), ansatz_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Walk {
    plan: Plan,
    at: usize,
    register: Register,
    state: Batch,
}

impl Walk {
    /// A walk that begins with `start`, along a plan without noise.
    ///
    /// # Errors
    /// [`Error::NotFinite`] if the start is not finite; [`Error::Parameter`] if the plan draws noise.
    pub fn begin(plan: Plan, start: Batch) -> Result<Self> {
        if plan.draws() > 0 {
            return Err(Error::parameter("the seed", "none", "given: the plan draws noise"));
        }
        Self::with(plan, Register::new(start))
    }

    /// A walk of the samples from index `first` on, whose noise comes from `seed`: see [`step_noise`](crate::step_noise).
    ///
    /// # Errors
    /// [`Error::NotFinite`] if the start is not finite.
    pub fn begin_at(plan: Plan, start: Batch, seed: Seed, first: usize) -> Result<Self> {
        Self::with(plan, Register::new(start).seeded(seed, first))
    }

    fn with(plan: Plan, register: Register) -> Result<Self> {
        if let Some(start) = register.start() {
            start.finite("the state", || "its start".to_owned())?;
        }
        let mut walk = Self { plan, at: 0, state: Batch::zeros(0, 0), register };
        walk.arrive()?;
        Ok(walk)
    }

    /// The plan that is carried out.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Makes the point of the next question, or the result.
    fn arrive(&mut self) -> Result<()> {
        let combination = self.plan.stages().get(self.at).map_or(self.plan.result(), |stage| &stage.point);
        let shape = self.register.start().unwrap_or(&self.state);
        let (rows, dim) = (shape.rows(), shape.dim());
        self.state = self.register.combine(combination, rows, dim)?;
        let at = self.at;
        self.state.finite("the state", || format!("question {at}"))
    }
}

impl Stepper for Walk {
    fn query(&self) -> Option<Query<'_>> {
        self.plan.stages().get(self.at).map(|stage| Query { x: &self.state, level: stage.level, want: stage.want })
    }

    fn step(&mut self, answer: Batch) -> Result<()> {
        let query = self.query().ok_or_else(nothing_asked)?;
        check_answer(&query, &answer, self.at)?;
        self.register.push(self.state.clone(), answer);
        self.at += 1;
        self.register.keep_for(&self.plan, self.at);
        self.arrive()
    }

    fn state(&self) -> &Batch {
        &self.state
    }

    fn evaluations(&self) -> u64 {
        self.at as u64
    }
}

pub(crate) fn nothing_asked() -> Error {
    Error::parameter("the answer", "given after the end", "given to a question")
}

pub(crate) fn check_answer(query: &Query, answer: &Batch, number: usize) -> Result<()> {
    if (answer.rows(), answer.dim()) != (query.x.rows(), query.x.dim()) {
        let given = format!("{} × {}", answer.rows(), answer.dim());
        return Err(Error::parameter(
            "the shape of the answer",
            given,
            format!("{} × {}", query.x.rows(), query.x.dim()),
        ));
    }
    let level = query.level;
    answer.finite("the model's answer", || format!("question {number}, time {}, lambda {}", level.t, level.lambda))
}
