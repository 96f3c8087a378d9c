//! Steps chosen by their error: two orders from the same evaluations, and a rule for the next step.
//!
//! An attempt from `s` with step `h` (in the pair's variable) gives `x_low` and `x_high`. With
//! `δ = max(atol, rtol max(|x_low|, |x_prev|))` for the paper's rule, element by element,
//!
//! ```text
//! E = max over samples √(mean ((x_high − x_low)/δ)²);   accept x_high if E ≤ 1;   h ← θ h E^(−1/p)
//! ```
//!
//! All samples of a batch share the step, and the worst of them decides. [`Sampling`](crate::Sampling) therefore gives
//! each sample a batch of its own unless it is told otherwise. A rejected attempt keeps the evaluation at `s`, which does not
//! change.
//!
//! Source: Lu et al. 2022, arXiv:2206.00927, appendix C; Hairer, Nørsett and Wanner 1993, section II.4, for the rule of
//! Runge–Kutta pairs.

use super::{Method, finite_lambda};
use crate::batch::Batch;
use crate::grid::Path;
use crate::plan::{Combination, Plan, Register, Stage};
use crate::schedule::{Level, Schedule};
use crate::solver::Variable;
use crate::stepper::{Query, Stepper, check_answer, nothing_asked};
use ansatz_core::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// A step of two orders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// The questions, the first of them at the start; ends with the higher order.
    pub high: Plan,
    /// The lower order, from the same questions.
    pub low: Combination,
    /// The stage whose answer is that of the next step's first question, if it is asked at the end.
    pub reuse: Option<usize>,
}

/// Two orders from the same evaluations.
pub trait Pair: Sync + Debug {
    /// Its name in tables.
    fn name(&self) -> String;

    /// The order `p` that the step size goes by: the next step is `E^(−1/p)` times this.
    fn order(&self) -> usize;

    /// The variable of the steps.
    fn variable(&self) -> Variable;

    /// One step.
    ///
    /// # Errors
    /// [`Error::Parameter`] if an inner node has no level, or the derivative no value there.
    fn attempt(&self, schedule: &dyn Schedule, from: &Level, to: &Level) -> Result<Attempt>;
}

/// How the error of an attempt is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Norm {
    /// That of DPM-Solver: the worst sample counts, `δ = max(atol, rtol max(|x_low|, |x_prev|))`.
    WorstSample,
    /// That of Runge–Kutta codes: the mean over all samples, `δ = atol + rtol max(|x_s|, |x_high|)`.
    Mean,
}

/// The rule of step sizes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Control {
    /// Absolute tolerance.
    pub atol: f64,
    /// Relative tolerance.
    pub rtol: f64,
    /// Safety factor `θ` in (0, 1).
    pub theta: f64,
    /// The first step, in the pair's variable, as a positive number.
    pub first: f64,
    /// The most by which a step grows from one to the next; infinite in the paper.
    pub growth: f64,
    /// How the error is measured.
    pub norm: Norm,
}

impl Default for Control {
    /// The paper's: `h_0 = 0.05` in `λ`, `rtol = 0.05`, `θ = 0.9`, and `atol = 0.0078`, one of 256 shades in [−1, 1].
    fn default() -> Self {
        Self { atol: 0.0078, rtol: 0.05, theta: 0.9, first: 0.05, growth: f64::INFINITY, norm: Norm::WorstSample }
    }
}

impl Control {
    /// That of common Runge–Kutta codes, with `atol = 10⁻³ rtol`, as black-box solvers of diffusion models are called.
    pub fn runge_kutta(rtol: f64) -> Self {
        Self { atol: 1e-3 * rtol, rtol, theta: 0.9, first: 1e-2, growth: 10.0, norm: Norm::Mean }
    }

    fn checked(&self) -> Result<()> {
        for (name, value) in [("atol", self.atol), ("rtol", self.rtol), ("first", self.first), ("theta", self.theta)] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(Error::parameter(name, value, "greater than 0 and finite"));
            }
        }
        if self.theta >= 1.0 {
            return Err(Error::parameter("theta", self.theta, "between 0 and 1, both excluded"));
        }
        if self.growth.is_nan() || self.growth <= 1.0 {
            return Err(Error::parameter("growth", self.growth, "greater than 1"));
        }
        Ok(())
    }

    fn error(&self, start: &Batch, previous: &Batch, low: &Batch, high: &Batch) -> f64 {
        let at = |i: usize| {
            let (low, high) = (low.data()[i], high.data()[i]);
            let delta = match self.norm {
                Norm::WorstSample => self.atol.max(self.rtol * low.abs().max(previous.data()[i].abs())),
                Norm::Mean => self.atol + self.rtol * start.data()[i].abs().max(high.abs()),
            };
            ((high - low) / delta).powi(2)
        };
        let n = high.data().len();
        match self.norm {
            Norm::Mean => ((0..n).map(at).sum::<f64>() / n as f64).sqrt(),
            Norm::WorstSample => {
                let d = high.dim();
                let worst = (0..high.rows()).map(|r| (r * d..(r + 1) * d).map(at).sum::<f64>()).fold(0.0, f64::max);
                (worst / d as f64).sqrt()
            }
        }
    }
}

/// A pair under a rule of step sizes.
#[derive(Clone, Copy, Debug)]
pub struct Adaptive<'a> {
    /// The pair.
    pub pair: &'a dyn Pair,
    /// The rule.
    pub control: Control,
}

impl Method for Adaptive<'_> {
    fn name(&self) -> String {
        self.pair.name()
    }

    fn couples(&self) -> bool {
        true
    }

    fn begin<'a>(&'a self, path: &Path<'a>, start: Batch) -> Result<Box<dyn Stepper + Send + 'a>> {
        Ok(Box::new(AdaptiveWalk::begin(self, path, start)?))
    }
}

/// What is saved of an adaptive sampling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdaptiveState {
    /// Where the accepted steps have come to.
    level: Level,
    /// Where they are to end.
    end: Level,
    /// The step from here, signed.
    h: f64,
    /// The lower order of the last accepted step, which the paper's rule compares with.
    previous: Batch,
    attempt: Attempt,
    target: Level,
    /// Questions answered in this attempt.
    at: usize,
    register: Register,
    state: Batch,
    evaluations: u64,
    accepted: u64,
    rejected: u64,
    over: bool,
}

/// An adaptive sampling half-way.
#[derive(Debug)]
pub struct AdaptiveWalk<'a> {
    method: Adaptive<'a>,
    schedule: &'a dyn Schedule,
    now: AdaptiveState,
}

impl<'a> AdaptiveWalk<'a> {
    /// A sampling that begins with `start`.
    ///
    /// # Errors
    /// [`Error::Parameter`] for tolerances that are not positive, [`Error::NotFinite`] if the start is not finite,
    /// or if the pair's variable has no value at an end.
    pub fn begin(method: &Adaptive<'a>, path: &Path<'a>, start: Batch) -> Result<Self> {
        method.control.checked()?;
        start.finite("the state", || "its start".to_owned())?;
        if method.pair.variable() == Variable::LogSnr {
            finite_lambda(path, &method.name())?;
        }
        let variable = method.pair.variable();
        let way = variable.at(&path.to) - variable.at(&path.from);
        let h = method.control.first.min(way.abs()).copysign(way);
        let (attempt, target) = attempt(method.pair, path.schedule, &path.from, &path.to, h)?;
        let now = AdaptiveState {
            level: path.from,
            end: path.to,
            h,
            previous: start.clone(),
            attempt,
            target,
            at: 0,
            register: Register::new(start.clone()),
            state: start,
            evaluations: 0,
            accepted: 0,
            rejected: 0,
            over: false,
        };
        Ok(Self { method: *method, schedule: path.schedule, now })
    }

    /// Goes on from a saved state; method and schedule must be those that it was saved with.
    pub fn resume(method: &Adaptive<'a>, schedule: &'a dyn Schedule, state: AdaptiveState) -> Self {
        Self { method: *method, schedule, now: state }
    }

    /// The state, to be saved.
    pub fn saved(&self) -> &AdaptiveState {
        &self.now
    }

    fn stage(&self) -> Option<&Stage> {
        if self.now.over { None } else { self.now.attempt.high.stages().get(self.now.at) }
    }

    /// All questions of an attempt are answered: accepts it or not, and makes the next.
    fn judge(&mut self) -> Result<()> {
        let Adaptive { pair, control } = self.method;
        let now = &mut self.now;
        let (rows, dim) = (now.state.rows(), now.state.dim());
        let high = now.register.combine(now.attempt.high.result(), rows, dim)?;
        let low = now.register.combine(&now.attempt.low, rows, dim)?;
        let lambda = now.target.lambda;
        high.finite("the state", || format!("lambda {lambda}"))?;
        let start = now.register.start().unwrap_or(&now.previous).clone();
        let error = control.error(&start, &now.previous, &low, &high);
        // An error that overflows asks for a much smaller step; one of 0 for the largest.
        let factor = control.theta * error.powf(-1.0 / pair.order() as f64);
        let factor = if factor.is_nan() { 0.1 } else { factor.clamp(0.1, control.growth) };
        let first;
        if error <= 1.0 {
            now.accepted += 1;
            now.level = now.target;
            now.previous = low;
            first = now.attempt.reuse.and_then(|stage| now.register.answer(stage));
            now.state = high;
            if now.level == now.end {
                now.over = true;
                return Ok(());
            }
        } else {
            now.rejected += 1;
            first = now.register.answer(0);
            now.state = start;
        }
        now.h *= factor;
        let variable = pair.variable();
        let here = variable.at(&now.level);
        let left = variable.at(&now.end) - here;
        if now.h.abs() >= left.abs() {
            now.h = left;
        }
        if here + now.h == here || now.h.abs() < 1e-12 * here.abs() {
            let (name, at) = (pair.name(), now.level.lambda);
            let allowed = format!("larger: at lambda {at} the step of {name} has shrunk to {:e}", now.h);
            return Err(Error::parameter("rtol", format!("{:e}", control.rtol), allowed));
        }
        (now.attempt, now.target) = attempt(pair, self.schedule, &now.level, &now.end, now.h)?;
        now.register = Register::new(now.state.clone());
        now.at = 0;
        match first {
            Some(answer) => self.take(answer),
            None => Ok(()),
        }
    }

    /// Takes an answer and makes the next point.
    fn take(&mut self, answer: Batch) -> Result<()> {
        let now = &mut self.now;
        now.register.push(now.state.clone(), answer);
        now.at += 1;
        let Some(stage) = now.attempt.high.stages().get(now.at) else { return self.judge() };
        now.state = now.register.combine(&stage.point, now.state.rows(), now.state.dim())?;
        let lambda = stage.level.lambda;
        now.state.finite("the state", || format!("lambda {lambda}"))
    }
}

/// The attempt with step `h` from `from`, and where it ends.
fn attempt(pair: &dyn Pair, schedule: &dyn Schedule, from: &Level, end: &Level, h: f64) -> Result<(Attempt, Level)> {
    let variable = pair.variable();
    let last = variable.at(from) + h;
    let target =
        if h.abs() >= (variable.at(end) - variable.at(from)).abs() { *end } else { variable.level(schedule, last)? };
    Ok((pair.attempt(schedule, from, &target)?, target))
}

impl Stepper for AdaptiveWalk<'_> {
    fn query(&self) -> Option<Query<'_>> {
        self.stage().map(|stage| Query { x: &self.now.state, level: stage.level, want: stage.want })
    }

    fn step(&mut self, answer: Batch) -> Result<()> {
        let query = self.query().ok_or_else(nothing_asked)?;
        check_answer(&query, &answer, self.now.evaluations as usize)?;
        self.now.evaluations += 1;
        self.take(answer)
    }

    fn state(&self) -> &Batch {
        &self.now.state
    }

    fn evaluations(&self) -> u64 {
        self.now.evaluations
    }

    fn rejected(&self) -> u64 {
        self.now.rejected
    }
}
