//! The straight path of rectified flows: `α = 1 − t'`, `σ = t'`, with the shift of times `t' = s t/(1 + (s − 1) t)`.
//!
//! At `t = 1` the state is pure noise and `λ = −∞`: steps in `λ` must start below, steps in `t` on the velocity need not.
//!
//! Source: Liu, Gong and Liu 2022, arXiv:2209.03003; the shift: Esser et al. 2024, arXiv:2403.03206.

use super::Schedule;
use ansatz_core::{Error, Result};

/// `α = 1 − t'`, `σ = t'`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flow {
    shift: f64,
}

impl Default for Flow {
    /// Without a shift.
    fn default() -> Self {
        Self { shift: 1.0 }
    }
}

/// The shift that large images are sampled with: `e^μ`, `μ` linear in the number of tokens from 0.5 at 256 to 1.15 at
/// 4096.
pub fn image_shift(tokens: usize) -> f64 {
    (0.5 + 0.65 * (tokens as f64 - 256.0) / (4096.0 - 256.0)).exp()
}

impl Flow {
    /// The path with shift `s`; 1 is none, more spends more steps at high noise.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless the shift is positive and finite.
    pub fn new(shift: f64) -> Result<Self> {
        if shift > 0.0 && shift.is_finite() {
            Ok(Self { shift })
        } else {
            Err(Error::parameter("shift", shift, "greater than 0 and finite"))
        }
    }

    /// `(α, σ) = (1 − t', t')`, each without cancellation.
    fn ends(self, t: f64) -> (f64, f64) {
        let scale = 1.0 + (self.shift - 1.0) * t;
        ((1.0 - t) / scale, self.shift * t / scale)
    }
}

impl Schedule for Flow {
    fn name(&self) -> String {
        "flow".to_owned()
    }

    fn span(&self) -> (f64, f64) {
        (1.0, 1e-3)
    }

    fn domain(&self) -> (f64, f64) {
        (0.0, 1.0)
    }

    fn logarithms(&self, t: f64) -> (f64, f64) {
        let (alpha, sigma) = self.ends(t);
        (alpha.ln(), sigma.ln())
    }

    fn time(&self, lambda: f64) -> f64 {
        // σ/α = s t/(1 − t)
        let ratio = (-lambda).exp() / self.shift;
        if ratio.is_infinite() { 1.0 } else { ratio / (1.0 + ratio) }
    }

    fn rates(&self, t: f64) -> (f64, f64) {
        let scale = 1.0 + (self.shift - 1.0) * t;
        let rate = self.shift / (scale * scale);
        (-rate, rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shift_is_that_of_the_signal_to_noise_ratio() {
        // t' = e^μ/(e^μ + 1/t − 1), the other way in which it is written.
        let (shift, t) = (image_shift(4096), 0.3);
        assert!((shift - 1.15f64.exp()).abs() < 1e-14);
        let level = Flow::new(shift).unwrap().level(t).unwrap();
        assert!((level.sigma - shift / (shift + 1.0 / t - 1.0)).abs() < 1e-15);
        assert!((level.alpha + level.sigma - 1.0).abs() < 1e-15);
        assert!(Flow::new(0.0).is_err());
        let pure = Flow::default().level(1.0).unwrap();
        assert_eq!((pure.alpha, pure.sigma, pure.lambda), (0.0, 1.0, f64::NEG_INFINITY));
    }
}
