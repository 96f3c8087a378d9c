//! Explicit Runge–Kutta methods on the probability-flow equation, in `t` or in `λ`: the generic solvers to compare with.
//!
//! With the velocity `u = ε − x̂_0` as the model's answer the equation is, for every schedule,
//!
//! ```text
//! dx/dt = α' x̂_0 + σ' ε = p x + q u,   p = (α' + σ')/(α + σ),   q = (α σ' − σ α')/(α + σ)
//! ```
//!
//! without a division by `α` or `σ`, and `dx/dλ = (dx/dt)/λ'`. A tableau is data. Heun's method in the time of the EDM schedule on
//! Karras' grid is the sampler of Karras et al.
//!
//! `s` evaluations a step for `s` stages.
//!
//! Source: Hairer, Nørsett and Wanner 1993, section II.1; Karras et al. 2022, arXiv:2206.00364.

use super::{Solver, enough, finite_lambda};
use crate::grid::{Grid, Path};
use crate::plan::{Builder, Combination, Plan, Term};
use crate::prediction::Prediction;
use crate::schedule::{Level, Schedule};
use ansatz_core::{Error, Result};

/// The variable that a Runge–Kutta method steps in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variable {
    /// The schedule's time `t`.
    Time,
    /// `λ`.
    LogSnr,
}

impl Variable {
    /// Its value at a level.
    pub(crate) fn at(self, level: &Level) -> f64 {
        match self {
            Self::Time => level.t,
            Self::LogSnr => level.lambda,
        }
    }

    /// The level at which it has this value.
    pub(crate) fn level(self, schedule: &dyn Schedule, value: f64) -> Result<Level> {
        match self {
            Self::Time => schedule.level(value),
            Self::LogSnr => schedule.level_at(value),
        }
    }

    /// `(p, q)` of `dx = p x + q u` in this variable, at a level.
    pub(crate) fn derivative(self, schedule: &dyn Schedule, level: &Level) -> Result<(f64, f64)> {
        let (da, ds) = schedule.rates(level.t);
        let (a, s) = (level.alpha, level.sigma);
        let scale = match self {
            Self::Time => 1.0,
            Self::LogSnr => da / a - ds / s,
        };
        let (p, q) = ((da + ds) / (a + s) / scale, (a * ds - s * da) / (a + s) / scale);
        if p.is_finite() && q.is_finite() {
            Ok((p, q))
        } else {
            let what = if self == Self::Time { "t" } else { "lambda" };
            Err(Error::parameter("an end of the path, time", level.t, format!("one at which dx/d{what} has a value")))
        }
    }
}

/// An explicit Runge–Kutta method.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RungeKutta {
    name: &'static str,
    order: usize,
    /// The nodes.
    c: &'static [f64],
    /// The rows of the tableau below the first, which is empty.
    a: &'static [&'static [f64]],
    /// The weights.
    b: &'static [f64],
    /// The variable that it steps in.
    variable: Variable,
}

impl RungeKutta {
    /// Euler's method, order 1.
    pub const fn euler(variable: Variable) -> Self {
        Self { name: "Euler", order: 1, c: &[0.0], a: &[], b: &[1.0], variable }
    }

    /// Heun's second-order method, the trapezoidal rule.
    pub const fn heun(variable: Variable) -> Self {
        Self { name: "Heun", order: 2, c: &[0.0, 1.0], a: &[&[1.0]], b: &[0.5, 0.5], variable }
    }

    /// The explicit midpoint rule, order 2.
    pub const fn midpoint(variable: Variable) -> Self {
        Self { name: "midpoint", order: 2, c: &[0.0, 0.5], a: &[&[0.5]], b: &[0.0, 1.0], variable }
    }

    /// Heun's third-order method; its nodes 0, 1/3, 2/3 are those of DPM-Solver-3.
    pub const fn third(variable: Variable) -> Self {
        const THIRD: f64 = 1.0 / 3.0;
        let a: &[&[f64]] = &[&[THIRD], &[0.0, 2.0 * THIRD]];
        Self { name: "RK3", order: 3, c: &[0.0, THIRD, 2.0 * THIRD], a, b: &[0.25, 0.0, 0.75], variable }
    }

    /// The classical method of order 4.
    pub const fn fourth(variable: Variable) -> Self {
        let a: &[&[f64]] = &[&[0.5], &[0.0, 0.5], &[0.0, 0.0, 1.0]];
        const SIXTH: f64 = 1.0 / 6.0;
        let b = &[SIXTH, 2.0 * SIXTH, 2.0 * SIXTH, SIXTH];
        Self { name: "RK4", order: 4, c: &[0.0, 0.5, 0.5, 1.0], a, b, variable }
    }
}

/// Stages of a Runge–Kutta step, each with its point's derivative.
pub(super) struct Slopes {
    /// Stage, and `(p, q)` there.
    pub(super) known: Vec<(usize, f64, f64)>,
}

impl Slopes {
    /// `x + h Σ a_j k_j`, `k_j = p_j x_j + q_j u_j`, where `x` is the point of the first stage.
    pub(super) fn point(&self, h: f64, a: &[f64]) -> Combination {
        let start = Combination::of(Term::Point(self.known.first().map_or(0, |&(stage, ..)| stage)));
        let terms = self.known.iter().zip(a).filter(|&(_, &a)| a != 0.0);
        terms.fold(start, |sum, (&(stage, p, q), &a)| {
            sum.plus(h * a * p, Term::Point(stage)).plus(h * a * q, Term::Answer(stage))
        })
    }
}

impl Solver for RungeKutta {
    fn name(&self) -> String {
        format!("{} in {}", self.name, if self.variable == Variable::Time { "t" } else { "λ" })
    }

    fn order(&self) -> usize {
        self.order
    }

    fn citation(&self) -> &'static str {
        "Hairer, Nørsett, Wanner: Solving Ordinary Differential Equations I, 1993"
    }

    fn plan(&self, path: &Path, grid: &Grid, evaluations: usize) -> Result<Plan> {
        if self.variable == Variable::LogSnr {
            finite_lambda(path, &self.name())?;
        }
        enough(evaluations, self.b.len(), &self.name())?;
        let nodes = grid.nodes(path, evaluations / self.b.len())?;
        let mut builder = Builder::new();
        for pair in nodes.windows(2) {
            let (from, to) = (self.variable.at(&pair[0]), self.variable.at(&pair[1]));
            let mut slopes = Slopes { known: Vec::new() };
            for (i, &c) in self.c.iter().enumerate() {
                let level = match c {
                    0.0 => pair[0],
                    1.0 => pair[1],
                    _ => self.variable.level(path.schedule, from + c * (to - from))?,
                };
                let stage = if i == 0 {
                    builder.ask_here(level, Prediction::Velocity)
                } else {
                    builder.ask(level, Prediction::Velocity, slopes.point(to - from, self.a[i - 1]))
                };
                let (p, q) = self.variable.derivative(path.schedule, &level)?;
                slopes.known.push((stage, p, q));
            }
            builder.go(slopes.point(to - from, self.b));
        }
        builder.finish()
    }
}
