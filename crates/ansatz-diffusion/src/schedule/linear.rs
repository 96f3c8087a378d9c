//! The variance-preserving schedule with linear `β(t)`.
//!
//! `β(t) = β₀ + t (β₁ − β₀)` on `t ∈ [0, 1]`, `ln α = −¼ t² (β₁ − β₀) − ½ t β₀`, `σ² = 1 − α²`; the continuous limit of
//! the DDPM tables. The inverse solves the quadratic in `t` without cancellation.
//!
//! Source: Song et al. 2021, arXiv:2011.13456; inverse: Lu et al. 2022, arXiv:2206.00927, appendix D.4.

use super::{Schedule, preserving, preserving_log_alpha, preserving_rates};
use ansatz_core::{Error, Result};

/// Variance preserving, `β` linear in time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VpLinear {
    beta0: f64,
    beta1: f64,
}

impl Default for VpLinear {
    /// The paper's: `β₀ = 0.1`, `β₁ = 20`.
    fn default() -> Self {
        Self { beta0: 0.1, beta1: 20.0 }
    }
}

impl VpLinear {
    /// The schedule from `β₀` at time 0 to `β₁` at time 1.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `0 < β₀ < β₁`, both finite.
    pub fn new(beta0: f64, beta1: f64) -> Result<Self> {
        if !(beta0 > 0.0 && beta0.is_finite()) {
            return Err(Error::parameter("beta0", beta0, "greater than 0 and finite"));
        }
        if !(beta1 > beta0 && beta1.is_finite()) {
            return Err(Error::parameter("beta1", beta1, format!("greater than beta0, {beta0}, and finite")));
        }
        Ok(Self { beta0, beta1 })
    }

    fn log_alpha(&self, t: f64) -> f64 {
        -0.25 * t * t * (self.beta1 - self.beta0) - 0.5 * t * self.beta0
    }
}

impl Schedule for VpLinear {
    fn name(&self) -> String {
        "vp-linear".to_owned()
    }

    fn span(&self) -> (f64, f64) {
        (1.0, 1e-3)
    }

    fn domain(&self) -> (f64, f64) {
        (0.0, 1.0)
    }

    fn logarithms(&self, t: f64) -> (f64, f64) {
        preserving(self.log_alpha(t))
    }

    fn time(&self, lambda: f64) -> f64 {
        // ¼ Δ t² + ½ β₀ t = −ln α
        let delta = self.beta1 - self.beta0;
        let u = -4.0 * delta * preserving_log_alpha(lambda);
        u / (((self.beta0 * self.beta0 + u).sqrt() + self.beta0) * delta)
    }

    fn rates(&self, t: f64) -> (f64, f64) {
        preserving_rates(self.log_alpha(t), -0.5 * (self.beta0 + t * (self.beta1 - self.beta0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_have_the_published_ratios() {
        let schedule = VpLinear::default();
        assert!((schedule.level(1.0).unwrap().lambda + 5.024978).abs() < 1e-6);
        assert!((schedule.level(1e-3).unwrap().lambda - 4.557715).abs() < 1e-6);
        assert!(VpLinear::new(0.0, 1.0).is_err() && VpLinear::new(1.0, 1.0).is_err());
        assert!(VpLinear::new(0.1, f64::INFINITY).is_err());
    }
}
