//! PLMS: the methods of Adams and Bashforth on the noise form of the probability-flow equation.
//!
//! With `x̄ = x/α` and `σ̄ = σ/α` the flow is `dx̄/dσ̄ = ε`, without a linear part. A step over `δ = σ̄_{n+1} − σ̄_n` is
//!
//! ```text
//! x_{n+1} = (α_{n+1}/α_n) x_n + α_{n+1} δ Σ_i b_i ε_{n−i}
//! ```
//!
//! with the weights of equal steps, as published, or with those of the actual nodes, the integral of the polynomial through
//! the last `r` answers. The first steps use the orders that their history allows: 1, 2, …, or a step of Heun's method for the
//! first one (PNDM, one evaluation more).
//!
//! One evaluation a step. The first step alone limits the order to 2, with Heun's to 3; weights of equal steps on unequal
//! ones limit it to 2 as well.
//!
//! Source: Liu, Ren, Lin and Zhao 2022, arXiv:2202.09778, sections 3.3 and 3.4; Adams and Bashforth 1883.

use super::{Solver, enough};
use crate::grid::{Grid, Path};
use crate::multistep::{MOST, Multistep};
use crate::plan::{Builder, Combination, Plan, Term};
use crate::prediction::Prediction;
use crate::schedule::Level;
use ansatz_core::{Error, Result};

/// Which steps the weights of a multistep method are made for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spacing {
    /// Equal ones in `σ/α`, whatever the grid: the published form.
    #[default]
    Equal,
    /// Those of the grid.
    Actual,
}

/// How a multistep method begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WarmUp {
    /// By the orders 1, 2, … as the history grows.
    #[default]
    Rising,
    /// By a step of Heun's method, then by order 2, 3, …
    Heun,
}

/// Adams–Bashforth in `σ/α`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plms {
    order: usize,
    spacing: Spacing,
    warm_up: WarmUp,
}

impl Plms {
    /// Order 1 to 5, with the weights of equal steps and rising orders at the start.
    ///
    /// # Errors
    /// [`Error::Parameter`] for another order.
    pub fn new(order: usize) -> Result<Self> {
        if (1..=MOST).contains(&order) {
            Ok(Self { order, spacing: Spacing::Equal, warm_up: WarmUp::Rising })
        } else {
            Err(Error::parameter("the order of PLMS", order, format!("1 to {MOST}")))
        }
    }

    /// The PLMS part of PNDM: order 4, begun by Heun's method.
    pub fn pndm() -> Self {
        Self { order: 4, spacing: Spacing::Equal, warm_up: WarmUp::Heun }
    }

    /// The same with weights for these steps.
    #[must_use]
    pub fn spaced(self, spacing: Spacing) -> Self {
        Self { spacing, ..self }
    }

    /// The same with this beginning.
    #[must_use]
    pub fn begun(self, warm_up: WarmUp) -> Self {
        Self { warm_up, ..self }
    }
}

impl Solver for Plms {
    fn name(&self) -> String {
        let name = match self.warm_up {
            WarmUp::Rising => format!("PLMS-{}", self.order),
            WarmUp::Heun => format!("PNDM-{}", self.order),
        };
        name + if self.spacing == Spacing::Actual { ", actual steps" } else { "" }
    }

    fn order(&self) -> usize {
        match (self.warm_up, self.spacing) {
            (WarmUp::Heun, Spacing::Actual) => self.order.min(3),
            _ => self.order.min(2),
        }
    }

    fn citation(&self) -> &'static str {
        "Liu, Ren, Lin, Zhao: Pseudo Numerical Methods for Diffusion Models on Manifolds, ICLR 2022, arXiv:2202.09778"
    }

    fn plan(&self, path: &Path, grid: &Grid, evaluations: usize) -> Result<Plan> {
        let heun = self.warm_up == WarmUp::Heun && self.order > 1;
        enough(evaluations, 1 + usize::from(heun), &self.name())?;
        let nodes = nodes(path, grid, evaluations - usize::from(heun), &self.name())?;
        let ratios: Vec<f64> = nodes.iter().map(Level::ratio).collect();
        let mut builder = Builder::new();
        let mut asked: Vec<usize> = Vec::new();
        for (n, pair) in nodes.windows(2).enumerate() {
            asked.insert(0, builder.ask_here(pair[0], Prediction::Noise));
            let (scale, step) = noise_step(&pair[0], &pair[1]);
            if n == 0 && heun {
                let euler = go(asked[0], scale, step, &[1.0], &asked);
                let ahead = builder.ask(pair[1], Prediction::Noise, euler);
                builder.go(go(asked[0], scale, step, &[0.5, 0.5], &[asked[0], ahead]));
                continue;
            }
            let order = self.order.min(n + 1);
            let weights = match self.spacing {
                Spacing::Equal => Multistep::adams_bashforth(order)?.weights().to_vec(),
                Spacing::Actual => interpolated(&ratios[n + 1 - order..=n + 1]),
            };
            asked.truncate(order);
            builder.go(go(asked[0], scale, step, &weights, &asked));
        }
        builder.finish()
    }
}

/// `scale x + step Σ w_i ε_i`, `x` being the point of stage `base`.
pub(super) fn go(base: usize, scale: f64, step: f64, weights: &[f64], asked: &[usize]) -> Combination {
    let start = Combination::of(Term::Point(base)).scaled(scale);
    weights.iter().zip(asked).fold(start, |sum, (w, &stage)| sum.plus(step * w, Term::Answer(stage)))
}

/// The nodes, at all of which `σ/α` is finite.
pub(super) fn nodes(path: &Path, grid: &Grid, steps: usize, name: &str) -> Result<Vec<Level>> {
    for level in [path.from, path.to] {
        if !level.ratio().is_finite() {
            let allowed = format!("one with some signal, because {name} steps in sigma/alpha");
            return Err(Error::parameter("an end of the path, time", level.t, allowed));
        }
    }
    grid.nodes(path, steps)
}

/// `α_t/α_s` and `α_t (σ̄_t − σ̄_s)`.
pub(super) fn noise_step(s: &Level, t: &Level) -> (f64, f64) {
    let scale = (t.log_alpha - s.log_alpha).exp();
    let h = t.lambda - s.lambda;
    // The first form keeps all digits of short steps; the second one has a value without noise at the end.
    let step = if h.is_finite() { -t.sigma * h.exp_m1() } else { t.alpha * (t.ratio() - s.ratio()) };
    (scale, step)
}

/// The weights of the newest answer and those before it in the mean over the last interval of the polynomial through
/// them: `nodes` are where they were given, oldest first, and the end of the interval.
fn interpolated(nodes: &[f64]) -> Vec<f64> {
    let (end, given) = (nodes[nodes.len() - 1], &nodes[..nodes.len() - 1]);
    let here = given[given.len() - 1];
    let basis = |i: usize, s: f64| {
        let others = given.iter().enumerate().filter(|&(j, _)| j != i);
        others.map(|(_, &other)| (s - other) / (given[i] - other)).product::<f64>()
    };
    (0..given.len()).rev().map(|i| mean(here, end, |s| basis(i, s))).collect()
}

/// The mean of a polynomial of degree 5 or less over an interval, by Gauss's rule of three points.
pub(super) fn mean(a: f64, b: f64, f: impl Fn(f64) -> f64) -> f64 {
    let (middle, half) = (f64::midpoint(a, b), 0.5 * (b - a));
    let away = 0.6f64.sqrt() * half;
    (5.0 * f(middle - away) + 8.0 * f(middle) + 5.0 * f(middle + away)) / 18.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::VpLinear;

    #[test]
    fn interpolated_weights_are_those_of_equal_steps_on_them() {
        for order in 1..=MOST {
            let nodes: Vec<f64> = (0..=order).map(|i| 3.0 - 0.1 * i as f64).collect();
            let known = Multistep::adams_bashforth(order).unwrap();
            for (w, known) in interpolated(&nodes).iter().zip(known.weights()) {
                assert!((w - known).abs() < 1e-10, "{order}: {w} for {known}");
            }
        }
        // ∫ over [1, 3] of the line through (0, 0) and (1, 1), divided by 2.
        assert_eq!(interpolated(&[0.0, 1.0, 3.0]), [2.0, -1.0]);
    }

    #[test]
    fn evaluations_are_steps_and_one_more_for_heun() {
        let schedule = VpLinear::default();
        let path = Path::whole(&schedule).unwrap();
        for (solver, steps) in [(Plms::new(4).unwrap(), 10), (Plms::pndm(), 9)] {
            let plan = solver.plan(&path, &Grid::Time, 10).unwrap();
            assert_eq!(plan.evaluations(), 10);
            let mut times: Vec<f64> = plan.stages().iter().map(|stage| stage.level.t).collect();
            times.dedup();
            assert_eq!(times.len(), steps);
        }
        assert!(Plms::pndm().plan(&path, &Grid::Time, 1).is_err());
        let error = Plms::new(6).unwrap_err().to_string();
        assert_eq!(error, "the order of PLMS is 6, but must be 1 to 5");
        let flow = crate::schedule::Flow::default();
        let pure = Path::whole(&flow).unwrap();
        let error = Plms::pndm().plan(&pure, &Grid::Time, 9).unwrap_err().to_string();
        assert!(error.contains("one with some signal"), "{error}");
    }

    #[test]
    fn order_one_is_ddim() {
        let schedule = VpLinear::default();
        let path = Path::whole(&schedule).unwrap();
        let own = Plms::new(1).unwrap().plan(&path, &Grid::Time, 7).unwrap();
        let ddim = super::super::Ddim.plan(&path, &Grid::Time, 7).unwrap();
        for (a, b) in own.stages().iter().zip(ddim.stages()) {
            assert_eq!(a.point.0.len(), b.point.0.len());
            for ((t, c), (u, d)) in a.point.0.iter().zip(&b.point.0) {
                assert!(t == u && (c - d).abs() <= 1e-14 * d.abs(), "{t:?}: {c} for {d}");
            }
        }
    }
}
