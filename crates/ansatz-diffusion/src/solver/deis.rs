//! DEIS: Adams–Bashforth with exponential weights, the noise extrapolated as a polynomial in a variable of one's choice.
//!
//! With `ρ = σ/α` the probability-flow equation is `d(x/α) = ε dρ`. The noise is replaced by the polynomial of degree `r` through
//! its values at the current node and `r` before it, in a variable `u`: the time `t` (tAB), `ρ` (ρAB), or `ln ρ = −λ`.
//!
//! ```text
//! x_t = (α_t/α_s) x_s + Σ_j C_j ε_j,   C_j = α_t ∫_{ρ_s}^{ρ_t} Π_{i≠j} (u − u_i)/(u_j − u_i) dρ
//! ```
//!
//! The integrals are made by Gauss' rule with 12 nodes on pieces of at most ½ in `λ`. Degree 0 is DDIM; degree `r` has the order
//! `r + 1`. One evaluation a step; the first steps have lower degrees.
//!
//! Source: Zhang and Chen 2023, arXiv:2204.13902; the polynomial in `ln ρ` is that of common implementations.

use super::{Solver, enough, finite_lambda};
use crate::grid::{Grid, Path};
use crate::plan::{Builder, Combination, Plan, Term};
use crate::prediction::Prediction;
use crate::schedule::{Level, Schedule};
use ansatz_core::{Error, Result};

/// Nodes of Gauss' rule.
const NODES: usize = 12;
/// The longest piece, in `λ`.
const PIECE: f64 = 0.5;

/// The variable of the polynomial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extrapolation {
    /// The schedule's time: tAB, the paper's best.
    #[default]
    Time,
    /// `σ/α`: ρAB.
    Ratio,
    /// `ln(σ/α)`.
    LogRatio,
}

/// DEIS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deis {
    /// Degree of the polynomial, at most 3.
    pub degree: usize,
    /// The variable of the polynomial.
    pub variable: Extrapolation,
    /// Whether the degrees of the last steps fall to 0.
    pub tail: bool,
}

impl Deis {
    /// tAB-DEIS of this degree, without a tail, as published.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a degree above 3.
    pub fn tab(degree: usize) -> Result<Self> {
        Self { degree, variable: Extrapolation::Time, tail: false }.checked()
    }

    fn checked(self) -> Result<Self> {
        if self.degree <= 3 { Ok(self) } else { Err(Error::parameter("the degree of DEIS", self.degree, "at most 3")) }
    }

    fn at(&self, level: &Level) -> f64 {
        match self.variable {
            Extrapolation::Time => level.t,
            Extrapolation::Ratio => level.ratio(),
            Extrapolation::LogRatio => -level.lambda,
        }
    }

    /// `C_j` for each of the nodes, the current one first.
    fn weights(&self, schedule: &dyn Schedule, nodes: &[Level], to: &Level) -> Result<Vec<f64>> {
        let u: Vec<f64> = nodes.iter().map(|level| self.at(level)).collect();
        let mut weights = vec![0.0; nodes.len()];
        let from = nodes[0].lambda;
        let n = ((to.lambda - from).abs() / PIECE).ceil().max(1.0);
        let h = (to.lambda - from) / n;
        for piece in 0..n as usize {
            for (c, w) in gauss() {
                let lambda = from + h * (piece as f64 + c);
                let at = match self.variable {
                    Extrapolation::Time => schedule.level_at(lambda)?.t,
                    Extrapolation::Ratio => (-lambda).exp(),
                    Extrapolation::LogRatio => -lambda,
                };
                // α_t dρ = −σ_t e^(λ_t − λ) dλ
                let measure = -to.sigma * (to.lambda - lambda).exp() * h * w;
                for (j, weight) in weights.iter_mut().enumerate() {
                    let others = (0..u.len()).filter(|&i| i != j);
                    *weight += measure * others.map(|i| (at - u[i]) / (u[j] - u[i])).product::<f64>();
                }
            }
        }
        Ok(weights)
    }
}

/// Nodes and weights of Gauss' rule on [0, 1]: zeros of the Legendre polynomial by Newton's method.
fn gauss() -> [(f64, f64); NODES] {
    let n = NODES as f64;
    std::array::from_fn(|i| {
        let mut x = (std::f64::consts::PI * (i as f64 + 0.75) / (n + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..20 {
            let (mut before, mut value) = (1.0, x);
            for k in 2..=NODES {
                let k = k as f64;
                (before, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k);
            }
            slope = n * (x * value - before) / (x * x - 1.0);
            x -= value / slope;
        }
        (0.5 * (1.0 - x), 1.0 / ((1.0 - x * x) * slope * slope))
    })
}

impl Solver for Deis {
    fn name(&self) -> String {
        let kind = match self.variable {
            Extrapolation::Time => "tAB",
            Extrapolation::Ratio => "ρAB",
            Extrapolation::LogRatio => "log ρAB",
        };
        format!("DEIS-{kind}{}", self.degree)
    }

    fn order(&self) -> usize {
        // A first-order last step has the local order 2.
        if self.tail { (self.degree + 1).min(2) } else { self.degree + 1 }
    }

    fn citation(&self) -> &'static str {
        "Zhang, Chen: Fast Sampling of Diffusion Models with Exponential Integrator, ICLR 2023, arXiv:2204.13902"
    }

    fn plan(&self, path: &Path, grid: &Grid, evaluations: usize) -> Result<Plan> {
        self.checked()?;
        finite_lambda(path, &self.name())?;
        enough(evaluations, 1, &self.name())?;
        let nodes = grid.nodes(path, evaluations)?;
        let mut builder = Builder::new();
        for (i, pair) in nodes.windows(2).enumerate() {
            let stage = builder.ask_here(pair[0], Prediction::Noise);
            let left = if self.tail { evaluations - 1 - i } else { usize::MAX };
            let degree = self.degree.min(i).min(left);
            let known: Vec<Level> = (0..=degree).map(|back| nodes[i - back]).collect();
            let mut point = Combination::of(Term::Point(stage)).scaled((pair[1].log_alpha - pair[0].log_alpha).exp());
            for (back, weight) in self.weights(path.schedule, &known, &pair[1])?.into_iter().enumerate() {
                point = point.plus(weight, Term::Answer(stage - back));
            }
            builder.go(point);
        }
        builder.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phi::phi;
    use crate::schedule::VpLinear;

    #[test]
    fn weights_in_the_logarithm_are_phi_functions() {
        let schedule = VpLinear::default();
        let [a, b, c] = [-1.0, 0.5, 1.7].map(|at| schedule.level_at(at).unwrap());
        let deis = Deis { variable: Extrapolation::LogRatio, ..Deis::tab(1).unwrap() };
        let weights = deis.weights(&schedule, &[b, a], &c).unwrap();
        // −σ_t (h φ_1 ε_s + h² φ_2 ε'), ε' = (ε_s − ε_before)/(λ_s − λ_before)
        let h = 1.2;
        let slope = -c.sigma * h * h * phi(2, h) / 1.5;
        assert!((weights[0] - (-c.sigma * h * phi(1, h) + slope)).abs() < 1e-14);
        assert!((weights[1] + slope).abs() < 1e-14);
        // All weights of a constant add up to the first-order step, in every variable.
        for variable in [Extrapolation::Time, Extrapolation::Ratio, Extrapolation::LogRatio] {
            let deis = Deis { variable, ..Deis::tab(1).unwrap() };
            let sum: f64 = deis.weights(&schedule, &[b, a], &c).unwrap().iter().sum();
            assert!((sum + c.sigma * h.exp_m1()).abs() < 1e-14);
        }
        // A polynomial in ρ integrates exactly: ∫ (ρ − ρ_b)/(ρ_a − ρ_b) dρ.
        let deis = Deis { variable: Extrapolation::Ratio, ..Deis::tab(1).unwrap() };
        let weights = deis.weights(&schedule, &[b, a], &c).unwrap();
        let (x, y, z) = (b.ratio(), a.ratio(), c.ratio());
        assert!((weights[1] - c.alpha * 0.5 * (z - x).powi(2) / (y - x)).abs() < 1e-14);
    }
}
