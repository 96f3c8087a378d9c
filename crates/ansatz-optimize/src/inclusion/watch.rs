//! What a method may spend, and who looks at the residual.
//!
//! The residual is looked at off the budget, at the start, at the end, and every so many evaluations.

use super::Inclusion;
use crate::vector::positive;
use ansatz_core::{Error, Result, Run, Stopped, Work};
use serde::{Deserialize, Serialize};

/// What a method may spend. An epoch is `n` evaluations of components.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    epochs: f64,
    every: f64,
    tol: f64,
}

impl Budget {
    /// So many epochs, looking at the residual once in each, until it is 0.
    pub fn epochs(epochs: f64) -> Self {
        Self { epochs, every: 1.0, tol: 0.0 }
    }

    /// Ends at this residual.
    #[must_use]
    pub fn tol(mut self, tol: f64) -> Self {
        self.tol = tol;
        self
    }

    /// Looks at the residual every so many epochs.
    #[must_use]
    pub fn look_every(mut self, epochs: f64) -> Self {
        self.every = epochs;
        self
    }
}

/// The residual after so many evaluations.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// Steps of the method.
    pub iterations: u64,
    /// Evaluations of components.
    pub evaluations: u64,
    /// The operator residual.
    pub residual: f64,
}

/// What a method came to.
#[derive(Clone, Debug)]
pub struct Solution {
    /// The last iterate.
    pub u: Vec<f64>,
    /// The residuals that were looked at, the last one that of `u`.
    pub history: Vec<Look>,
    /// Steps as iterations, evaluations of components, and by name "refreshes" of an estimate and "looks" at the
    /// residual, which cost `n` evaluations each that are not counted.
    pub work: Work,
    /// [`Stopped::Converged`] at the tolerance, [`Stopped::EvaluationLimit`] at the end of the budget, or the run's
    /// reason.
    pub stopped: Stopped,
}

impl Solution {
    /// The residual of the last iterate.
    pub fn residual(&self) -> f64 {
        self.history.last().map_or(f64::NAN, |look| look.residual)
    }

    /// The smallest residual that was seen.
    pub fn least(&self) -> f64 {
        self.history.iter().map(|look| look.residual).fold(f64::INFINITY, f64::min)
    }

    /// The first look with a residual of at most `residual`.
    pub fn reached(&self, residual: f64) -> Option<Look> {
        self.history.iter().find(|look| look.residual <= residual).copied()
    }

    /// The last look at or before so many evaluations.
    pub fn at(&self, evaluations: u64) -> Option<Look> {
        self.history.iter().take_while(|look| look.evaluations <= evaluations).last().copied()
    }
}

/// Looks at the residual when it is time.
pub(super) struct Watch<'a> {
    problem: &'a Inclusion<'a>,
    name: &'static str,
    limit: u64,
    stride: u64,
    next: u64,
    tol: f64,
    /// Steps, evaluations and refreshes, kept up by the method.
    pub(super) iterations: u64,
    pub(super) evaluations: u64,
    pub(super) refreshes: u64,
    history: Vec<Look>,
    desk: Vec<f64>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(problem: &'a Inclusion<'a>, budget: &Budget, name: &'static str) -> Result<Self> {
        positive("the budget in epochs", budget.epochs)?;
        positive("the epochs between two looks", budget.every)?;
        if !(budget.tol >= 0.0 && budget.tol.is_finite()) {
            return Err(Error::parameter("tol", budget.tol, "at least 0 and finite"));
        }
        let n = problem.f.components() as f64;
        Ok(Self {
            problem,
            name,
            limit: (budget.epochs * n).ceil() as u64,
            stride: ((budget.every * n).round() as u64).max(1),
            next: 0,
            tol: budget.tol,
            iterations: 0,
            evaluations: 0,
            refreshes: 0,
            history: Vec::new(),
            desk: vec![0.0; problem.f.dim()],
        })
    }

    /// To be called with every iterate: looks at it if it is time, and says why to stop.
    pub(super) fn step(&mut self, u: &[f64], run: &mut Run) -> Result<Option<Stopped>> {
        let spent = self.evaluations >= self.limit;
        if self.evaluations < self.next && !spent {
            return Ok(None);
        }
        while self.next <= self.evaluations {
            self.next += self.stride;
        }
        let residual = self.problem.residual_in(u, &mut self.desk);
        if !residual.is_finite() {
            let place = format!("step {}: {} diverges here with these step sizes", self.iterations, self.name);
            return Err(Error::NotFinite { quantity: "the residual".to_owned(), place });
        }
        self.history.push(Look { iterations: self.iterations, evaluations: self.evaluations, residual });
        let why = run.step(&self.work(), residual);
        Ok(if residual <= self.tol {
            Some(Stopped::Converged)
        } else {
            why.or_else(|| spent.then_some(Stopped::EvaluationLimit))
        })
    }

    /// The residual that was looked at last.
    pub(super) fn residual(&self) -> f64 {
        self.history.last().map_or(f64::INFINITY, |look| look.residual)
    }

    fn work(&self) -> Work {
        let mut work = Work { iterations: self.iterations, evaluations: self.evaluations, ..Work::default() };
        for (name, count) in [("refreshes", self.refreshes), ("looks", self.history.len() as u64)] {
            if count > 0 {
                work.add(name, count);
            }
        }
        work
    }

    pub(super) fn finish(self, u: Vec<f64>, stopped: Stopped) -> Solution {
        Solution { u, work: self.work(), history: self.history, stopped }
    }
}

/// `u ← λ u₀ + (1 − λ) u`.
pub(super) fn anchor(lambda: f64, start: &[f64], u: &mut [f64]) {
    for (u, start) in u.iter_mut().zip(start) {
        *u = lambda * start + (1.0 - lambda) * *u;
    }
}
