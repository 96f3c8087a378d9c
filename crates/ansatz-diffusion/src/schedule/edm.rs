//! Variance-exploding schedules: the sample keeps its size and the noise grows, `α = 1`.
//!
//! * [`Edm`]: `σ = t`, from 80 down to 0.002;
//! * [`VarianceExploding`]: `σ = σ_min (σ_max/σ_min)^t` on `t ∈ [0, 1]`.
//!
//! Source: Karras, Aittala, Aila and Laine 2022, arXiv:2206.00364; Song et al. 2021, arXiv:2011.13456.

use super::Schedule;
use ansatz_core::{Error, Result};

/// `α = 1`, `σ = t`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edm {
    sigma_min: f64,
    sigma_max: f64,
}

impl Default for Edm {
    /// From 80 to 0.002.
    fn default() -> Self {
        Self { sigma_min: 0.002, sigma_max: 80.0 }
    }
}

impl Edm {
    /// The schedule whose sampling goes from `sigma_max` to `sigma_min`.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `0 < sigma_min < sigma_max`, both finite.
    pub fn new(sigma_min: f64, sigma_max: f64) -> Result<Self> {
        checked(sigma_min, sigma_max)?;
        Ok(Self { sigma_min, sigma_max })
    }
}

impl Schedule for Edm {
    fn name(&self) -> String {
        "edm".to_owned()
    }

    fn span(&self) -> (f64, f64) {
        (self.sigma_max, self.sigma_min)
    }

    fn domain(&self) -> (f64, f64) {
        (0.0, f64::MAX)
    }

    fn logarithms(&self, t: f64) -> (f64, f64) {
        (0.0, t.ln())
    }

    fn time(&self, lambda: f64) -> f64 {
        (-lambda).exp()
    }

    fn rates(&self, _t: f64) -> (f64, f64) {
        (0.0, 1.0)
    }
}

/// `α = 1`, `σ` a geometric interpolation in `t ∈ [0, 1]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VarianceExploding {
    sigma_min: f64,
    sigma_max: f64,
}

impl Default for VarianceExploding {
    /// From 0.01 to 50.
    fn default() -> Self {
        Self { sigma_min: 0.01, sigma_max: 50.0 }
    }
}

impl VarianceExploding {
    /// The schedule from `sigma_min` at time 0 to `sigma_max` at time 1.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `0 < sigma_min < sigma_max`, both finite.
    pub fn new(sigma_min: f64, sigma_max: f64) -> Result<Self> {
        checked(sigma_min, sigma_max)?;
        Ok(Self { sigma_min, sigma_max })
    }

    fn slope(&self) -> f64 {
        (self.sigma_max / self.sigma_min).ln()
    }
}

impl Schedule for VarianceExploding {
    fn name(&self) -> String {
        "ve".to_owned()
    }

    fn span(&self) -> (f64, f64) {
        (1.0, 0.0)
    }

    fn domain(&self) -> (f64, f64) {
        (0.0, 1.0)
    }

    fn logarithms(&self, t: f64) -> (f64, f64) {
        (0.0, self.sigma_min.ln() + t * self.slope())
    }

    fn time(&self, lambda: f64) -> f64 {
        (-lambda - self.sigma_min.ln()) / self.slope()
    }

    fn rates(&self, t: f64) -> (f64, f64) {
        (0.0, self.slope() * self.logarithms(t).1.exp())
    }
}

fn checked(sigma_min: f64, sigma_max: f64) -> Result<()> {
    if !(sigma_min > 0.0 && sigma_min.is_finite()) {
        return Err(Error::parameter("sigma_min", sigma_min, "greater than 0 and finite"));
    }
    if !(sigma_max > sigma_min && sigma_max.is_finite()) {
        let allowed = format!("greater than sigma_min, {sigma_min}, and finite");
        return Err(Error::parameter("sigma_max", sigma_max, allowed));
    }
    Ok(())
}
