//! The operator, and the inclusion that is made of it.

use crate::prox::Resolvent;
use crate::vector::{check, distance_squared};
use ansatz_core::{Error, Result};

/// A monotone operator `F = (1/n) Σ F_i`.
pub trait FiniteSum: Sync {
    /// What it is called.
    fn name(&self) -> String;

    /// The number `n` of components.
    fn components(&self) -> usize;

    /// The dimension of `u`.
    fn dim(&self) -> usize;

    /// `L` with `(1/n) Σ ‖F_i(u) − F_i(v)‖² ≤ L² ‖u − v‖²`, components being drawn as [`weights`](Self::weights) say.
    fn average_constant(&self) -> f64;

    /// The Lipschitz constant of `F` itself.
    fn constant(&self) -> f64;

    /// Writes `F(u)` to `out`: `n` evaluations.
    fn full(&self, u: &[f64], out: &mut [f64]);

    /// `out ← out + weight (F_i(a) − F_i(b))`: two evaluations.
    fn add_difference(&self, i: usize, weight: f64, a: &[f64], b: &[f64], out: &mut [f64]);

    /// Probabilities `q_i`, up to their sum, with which components are to be drawn; `F_i/(n q_i)` then stands for `F_i`.
    /// `None` is uniform.
    fn weights(&self) -> Option<&[f64]> {
        None
    }
}

/// Find `u` with `0 ∈ F(u) + G(u)`.
pub struct Inclusion<'a> {
    /// `F`.
    pub f: &'a dyn FiniteSum,
    /// `G`.
    pub g: &'a dyn Resolvent,
    start: Vec<f64>,
    /// Whether the start was infeasible, and was projected.
    pub projected: bool,
}

impl<'a> Inclusion<'a> {
    /// From `start`, moved to where `G` is defined if it is not there.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there are no components or `start` has another dimension; [`Error::NotFinite`] if it is
    /// not finite.
    pub fn new(f: &'a dyn FiniteSum, g: &'a dyn Resolvent, start: Vec<f64>) -> Result<Self> {
        if f.components() == 0 || f.dim() == 0 {
            let value = format!("of {} components and dimension {}", f.components(), f.dim());
            return Err(Error::parameter("the operator", value, "of at least one component and dimension 1"));
        }
        check("the start", &start, f.dim())?;
        if let Some(weights) = f.weights() {
            check("the sampling weights", weights, f.components())?;
            if let Some(i) = weights.iter().position(|&weight| weight <= 0.0) {
                return Err(Error::parameter(format!("sampling weight {}", i + 1), weights[i], "positive"));
            }
        }
        // For η → 0 a resolvent is the projection to where its operator is defined.
        let (given, mut start) = (start.clone(), start);
        g.apply(0.0, &mut start);
        let projected = distance_squared(&given, &start) > 0.0;
        Ok(Self { f, g, start, projected })
    }

    /// Where methods start.
    pub fn start(&self) -> &[f64] {
        &self.start
    }

    /// The operator residual `‖u − J_G(u − F(u))‖`.
    ///
    /// # Errors
    /// [`Error::Parameter`] or [`Error::NotFinite`] for a vector that does not fit.
    pub fn residual(&self, u: &[f64]) -> Result<f64> {
        check("u", u, self.f.dim())?;
        let mut out = vec![0.0; u.len()];
        Ok(self.residual_in(u, &mut out))
    }

    /// As [`residual`](Self::residual), in memory that is given.
    pub(super) fn residual_in(&self, u: &[f64], out: &mut [f64]) -> f64 {
        self.f.full(u, out);
        for (out, u) in out.iter_mut().zip(u) {
            *out = u - *out;
        }
        self.g.apply(1.0, out);
        distance_squared(u, out).sqrt()
    }
}
