//! DPM-Solver: singlestep exponential integrators of order 1 to 3 for the noise form of the probability-flow equation, and
//! for its data form, DPM-Solver++.
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
//! A step of order `p` costs `p` evaluations; the global error is `O(h^p)`. DPM-Solver++ expands `x̂_0` instead of `ε`, with
//! `σ_t/σ_s` for `α_t/α_s`, `α_t h φ_k(−h)` for `−σ_t h φ_k(h)`: the same steps otherwise, and stable under strong guidance,
//! where the data stay bounded and the noise does not.
//!
//! *Fast* uses every evaluation of a budget: steps of the full order, then one of a lower order for the remainder.
//!
//! Source: Lu, Zhou, Bao, Chen, Li and Zhu 2022, arXiv:2206.00927, algorithms 1 to 3 and appendix D; the data form:
//! arXiv:2211.01095.

use super::semilinear::{Expansion, Form, Step};
use super::{Solver, enough, finite_lambda, finite_start};
use crate::grid::{Grid, Path};
use crate::plan::{Builder, Plan};
use crate::schedule::Level;
use ansatz_core::{Error, Result};

/// How the orders of the steps follow from the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orders {
    /// `⌊n/p⌋` steps of order `p`.
    Fixed,
    /// Every evaluation is used; the last steps have lower orders.
    Fast,
}

/// DPM-Solver with fixed steps, or DPM-Solver++ singlestep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DpmSolver {
    order: usize,
    spend: Orders,
    form: Form,
    of: Expansion,
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
            Ok(Self { order, spend, form, of: Expansion::Noise })
        } else {
            Err(Error::parameter("the order of DPM-Solver", order, "1, 2 or 3"))
        }
    }

    /// The same steps for the data prediction: DPM-Solver++ (2S, 3S). Its path may end without noise, `σ = 0`; the last step
    /// is then one of order 1.
    #[must_use]
    pub fn plus_plus(self) -> Self {
        Self { of: Expansion::Data, ..self }
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
        match self.of {
            Expansion::Noise => format!("DPM-Solver-{fast}{}{form}", self.order),
            Expansion::Data => format!("DPM-Solver++({fast}{}S{form})", self.order),
        }
    }

    fn order(&self) -> usize {
        self.order
    }

    fn citation(&self) -> &'static str {
        match self.of {
            Expansion::Noise => "Lu, Zhou, Bao, Chen, Li, Zhu: DPM-Solver, NeurIPS 2022, arXiv:2206.00927",
            Expansion::Data => "Lu, Zhou, Bao, Chen, Li, Zhu: DPM-Solver++, 2022, arXiv:2211.01095",
        }
    }

    fn plan(&self, path: &Path, grid: &Grid, evaluations: usize) -> Result<Plan> {
        let mut orders = self.orders(evaluations)?;
        match self.of {
            Expansion::Noise => finite_lambda(path, &self.name())?,
            Expansion::Data => finite_start(path, &self.name())?,
        }
        if path.to.sigma == 0.0 && orders.last().is_some_and(|&p| p > 1) {
            // The last step has no inner nodes, as λ is infinite at its end.
            let last = orders.pop().unwrap_or(1);
            orders.extend([last - 1, 1]);
        }
        let want = self.of.prediction();
        let mut builder = Builder::new();
        let mut s = path.from;
        for (t, inner) in self.nodes(path, grid, &orders)? {
            let mut step = Step::new(self.of, s, builder.ask_here(s, want));
            for (i, level) in inner.iter().enumerate() {
                let point = if i == 0 { step.first(level) } else { step.second(level, Form::Taylor) };
                step.asked.push((*level, builder.ask(*level, want, point)));
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
