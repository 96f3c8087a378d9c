//! The variance-preserving cosine schedule in continuous time.
//!
//! `α = cos(½π (t + s)/(1 + s)) / cos(½π s/(1 + s))`, `s = 0.008`, `σ² = 1 − α²`. At `t = 1` nothing is left of the sample and
//! `λ = −∞`, so sampling starts at `t = 0.9946`, where `λ ≈ −5.1`.
//!
//! Source: Nichol and Dhariwal 2021, arXiv:2102.09672; the start: Lu et al. 2022, arXiv:2206.00927, appendix D.4.

use super::{Schedule, preserving, preserving_log_alpha, preserving_rates};
use std::f64::consts::FRAC_PI_2;

/// Variance preserving, `α` a quarter of a cosine wave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VpCosine {
    /// The offset `s ≥ 0` that keeps the noise at the first times from being too small.
    s: f64,
}

impl Default for VpCosine {
    fn default() -> Self {
        Self { s: 0.008 }
    }
}

impl VpCosine {
    fn angle(self, t: f64) -> f64 {
        FRAC_PI_2 * (t + self.s) / (1.0 + self.s)
    }

    fn log_alpha(self, t: f64) -> f64 {
        self.angle(t).cos().ln() - self.angle(0.0).cos().ln()
    }
}

impl Schedule for VpCosine {
    fn name(&self) -> String {
        "vp-cosine".to_owned()
    }

    fn span(&self) -> (f64, f64) {
        (0.9946, 1e-3)
    }

    fn domain(&self) -> (f64, f64) {
        // The largest time whose cosine is not rounding noise.
        (0.0, 1.0 - 1e-9)
    }

    fn logarithms(&self, t: f64) -> (f64, f64) {
        preserving(self.log_alpha(t))
    }

    fn time(&self, lambda: f64) -> f64 {
        let cosine = (preserving_log_alpha(lambda) + self.angle(0.0).cos().ln()).exp();
        // The arccosine of a cosine near 1 loses half the digits; the arctangent of sine over cosine does not.
        let sine = ((1.0 - cosine) * (1.0 + cosine)).max(0.0).sqrt();
        sine.atan2(cosine) / FRAC_PI_2 * (1.0 + self.s) - self.s
    }

    fn rates(&self, t: f64) -> (f64, f64) {
        let slope = FRAC_PI_2 / (1.0 + self.s);
        preserving_rates(self.log_alpha(t), -slope * self.angle(t).tan())
    }
}
