//! DPM-Solver: singlestep exponential integrators of order 1 to 3 for the noise form of the probability-flow equation.
//!
//! In `λ = ln(α/σ)` the equation is semilinear, `dx/dλ = (d ln α/dλ) x − σ ε(x, λ)`, and its solution from `s` to `t`
//! (`h = λ_t − λ_s`) is exactly
//!
//! ```text
//! x_t = (α_t/α_s) x_s − α_t ∫ e^−λ ε dλ = (α_t/α_s) x_s − σ_t Σ_k h^{k+1} φ_{k+1}(h) ε^{(k)}(λ_s)
//! ```
//!
//! Order 2 asks at `λ_1 = λ_s + r_1 h`, order 3 at a second inner node `λ_2 = λ_s + r_2 h` too. With `E(h) = e^h − 1`:
//!
//! ```text
//! u_1 = (α_1/α_s) x_s − σ_1 E(r_1 h) ε_s                                    D_1 = ε(u_1, λ_1) − ε_s
//! u_2 = (α_2/α_s) x_s − σ_2 E(r_2 h) ε_s − σ_2 (r_2/r_1) r_2 h φ_2(r_2 h) D_1      D_2 = ε(u_2, λ_2) − ε_s
//! order 2:  x_t = (α_t/α_s) x_s − σ_t E(h) ε_s − σ_t E(h)/(2 r_1) D_1
//! order 3:  x_t = (α_t/α_s) x_s − σ_t E(h) ε_s − σ_t h φ_2(h)/r_2 D_2
//! ```
//!
//! The Taylor form has `σ_t h φ_2(h)/r_1 D_1` in order 2, and in order 3 first and second derivatives from both differences.
//! A step of order `p` costs `p` evaluations; the global error is `O(h^p)`.
//!
//! *Fast* uses every evaluation of a budget: steps of the full order, then one of a lower order for the remainder.
//!
//! Source: Lu, Zhou, Bao, Chen, Li and Zhu 2022, arXiv:2206.00927, algorithms 1 to 3 and appendix D.

use super::{Solver, enough, finite_lambda};
use crate::grid::{Grid, Path};
use crate::phi::phi;
use crate::plan::{Builder, Combination, Plan, Term};
use crate::prediction::Prediction;
use crate::schedule::Level;
use ansatz_core::{Error, Result};

/// Which of the two forms of the orders 2 and 3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// The paper's main form.
    #[default]
    Paper,
    /// Derivatives from differences, put into the Taylor expansion.
    Taylor,
}

/// How the orders of the steps follow from the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orders {
    /// `⌊n/p⌋` steps of order `p`.
    Fixed,
    /// Every evaluation is used; the last steps have lower orders.
    Fast,
}

/// DPM-Solver with fixed steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DpmSolver {
    order: usize,
    spend: Orders,
    form: Form,
}

impl DpmSolver {
    /// Equal steps of order 1, 2 or 3.
    ///
    /// # Errors
    /// [`Error::Parameter`] for another order.
    pub fn fixed(order: usize) -> Result<Self> {
        Self::new(order, Orders::Fixed, Form::Paper)
    }

    /// The orders that use a budget best, up to 2 or 3 (1 is DDIM): the paper's main sampler.
    ///
    /// # Errors
    /// [`Error::Parameter`] for another order.
    pub fn fast(order: usize) -> Result<Self> {
        Self::new(order, Orders::Fast, Form::Paper)
    }

    /// All parameters.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an order other than 1, 2 or 3.
    pub fn new(order: usize, spend: Orders, form: Form) -> Result<Self> {
        if (1..=3).contains(&order) {
            Ok(Self { order, spend, form })
        } else {
            Err(Error::parameter("the order of DPM-Solver", order, "1, 2 or 3"))
        }
    }

    /// The orders of the steps that `n` evaluations are spent on.
    ///
    /// # Errors
    /// [`Error::Parameter`] if they do not suffice for one step.
    pub fn orders(&self, n: usize) -> Result<Vec<usize>> {
        let p = self.order;
        match self.spend {
            Orders::Fixed => {
                enough(n, p, &self.name())?;
                Ok(vec![p; n / p])
            }
            Orders::Fast => {
                enough(n, 1, &self.name())?;
                let mut orders = vec![p; n / p];
                if p == 3 && n.is_multiple_of(3) {
                    // … 3, 3, 2, 1: the last step, where λ runs fastest in t, is a first-order one.
                    orders.pop();
                    orders.extend([2, 1]);
                } else if !n.is_multiple_of(p) {
                    orders.push(n % p);
                }
                Ok(orders)
            }
        }
    }

    /// The outer nodes, and the inner ones of each step.
    fn nodes(&self, path: &Path, grid: &Grid, orders: &[usize]) -> Result<Vec<(Level, Vec<Level>)>> {
        let inner_at = |s: &Level, t: &Level, p: usize| {
            (1..p)
                .map(|i| path.schedule.level_at(s.lambda + (t.lambda - s.lambda) * i as f64 / p as f64))
                .collect::<Result<Vec<_>>>()
        };
        if self.spend == Orders::Fixed || *grid == Grid::LogSnr {
            let outer = grid.nodes(path, orders.len())?;
            let steps = outer.windows(2).zip(orders);
            return steps.map(|(pair, &p)| Ok((pair[1], inner_at(&pair[0], &pair[1], p)?))).collect();
        }
        // Elsewhere every evaluation has a node of the grid: inner nodes are grid nodes, and r_1, r_2 what they are there.
        let all = grid.nodes(path, orders.iter().sum())?;
        let mut at = 0;
        let step = |&p: &usize| {
            at += p;
            Ok((all[at], all[at + 1 - p..at].to_vec()))
        };
        orders.iter().map(step).collect()
    }
}

impl Solver for DpmSolver {
    fn name(&self) -> String {
        let fast = if self.spend == Orders::Fast { "fast-" } else { "" };
        let form = if self.form == Form::Taylor { ", Taylor" } else { "" };
        format!("DPM-Solver-{fast}{}{form}", self.order)
    }

    fn order(&self) -> usize {
        self.order
    }

    fn citation(&self) -> &'static str {
        "Lu, Zhou, Bao, Chen, Li, Zhu: DPM-Solver, NeurIPS 2022, arXiv:2206.00927"
    }

    fn plan(&self, path: &Path, grid: &Grid, evaluations: usize) -> Result<Plan> {
        finite_lambda(path, &self.name())?;
        let orders = self.orders(evaluations)?;
        let mut builder = Builder::new();
        let mut s = path.from;
        for (t, inner) in self.nodes(path, grid, &orders)? {
            let e = builder.ask_here(s, Prediction::Noise);
            let mut step = Step::new(s, e);
            for (i, level) in inner.iter().enumerate() {
                let point = if i == 0 { step.first(level) } else { step.second_inner(level) };
                step.asked.push((*level, builder.ask(*level, Prediction::Noise, point)));
            }
            builder.go(match inner.len() {
                0 => step.first(&t),
                1 => step.second(&t, self.form),
                _ => step.third(&t, self.form),
            });
            s = t;
        }
        builder.finish()
    }
}

/// One step from `s`: stage `base` asked there, the others at inner nodes.
pub(super) struct Step {
    s: Level,
    base: usize,
    /// Inner nodes and their stages.
    pub(super) asked: Vec<(Level, usize)>,
}

impl Step {
    pub(super) fn new(s: Level, base: usize) -> Self {
        Self { s, base, asked: Vec::new() }
    }

    /// `(α_t/α_s) x_s − σ_t E(h) ε_s`.
    pub(super) fn first(&self, t: &Level) -> Combination {
        let h = t.lambda - self.s.lambda;
        Combination::of(Term::Point(self.base))
            .scaled((t.log_alpha - self.s.log_alpha).exp())
            .plus(-t.sigma * h.exp_m1(), Term::Answer(self.base))
    }

    /// Adds `c D`, `D = ε(u) − ε_s` of the stage.
    fn difference(&self, sum: Combination, c: f64, stage: usize) -> Combination {
        sum.plus(c, Term::Answer(stage)).plus(-c, Term::Answer(self.base))
    }

    /// `(λ_i − λ_s)/h` and the stage of inner node `i`.
    fn inner(&self, i: usize, h: f64) -> (f64, usize) {
        let (level, stage) = self.asked[i];
        ((level.lambda - self.s.lambda) / h, stage)
    }

    /// `u_2` at the second inner node.
    pub(super) fn second_inner(&self, at: &Level) -> Combination {
        let h = at.lambda - self.s.lambda;
        let (r, stage) = self.inner(0, h);
        self.difference(self.first(at), -at.sigma * h * phi(2, h) / r, stage)
    }

    pub(super) fn second(&self, t: &Level, form: Form) -> Combination {
        let h = t.lambda - self.s.lambda;
        let (r, stage) = self.inner(0, h);
        let c = match form {
            Form::Paper => h.exp_m1() / (2.0 * r),
            Form::Taylor => h * phi(2, h) / r,
        };
        self.difference(self.first(t), -t.sigma * c, stage)
    }

    pub(super) fn third(&self, t: &Level, form: Form) -> Combination {
        let h = t.lambda - self.s.lambda;
        let ((r1, one), (r2, two)) = (self.inner(0, h), self.inner(1, h));
        let first = self.first(t);
        match form {
            Form::Paper => self.difference(first, -t.sigma * h * phi(2, h) / r2, two),
            Form::Taylor => {
                // D' = (r_2 d_1 − r_1 d_2)/(r_2 − r_1), D'' = 2 (d_2 − d_1)/(r_2 − r_1), d_i = D_i/r_i
                let (slope, curve) = (-t.sigma * h * phi(2, h), -t.sigma * h * phi(3, h));
                let c1 = (slope * r2 - 2.0 * curve) / (r1 * (r2 - r1));
                let c2 = (2.0 * curve - slope * r1) / (r2 * (r2 - r1));
                self.difference(self.difference(first, c1, one), c2, two)
            }
        }
    }
}
