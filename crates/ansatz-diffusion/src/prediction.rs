//! What a model predicts, and the exact conversions between the five things that it may.
//!
//! At one level all of them are linear combinations of `x = α x_0 + σ ε` and any one of them:
//!
//! | | definition | converted from `ε` |
//! |---|---|---|
//! | noise | `ε` | |
//! | data | `x̂_0` | `(x − σ ε)/α` |
//! | score | `∇ ln q(x)` | `−ε/σ` |
//! | v | `α ε − σ x̂_0` | `((α² + σ²) ε − σ x)/α` |
//! | velocity | `ε − x̂_0` | `((α + σ) ε − x)/α` |
//!
//! The velocity is that of the straight path `α = 1 − t`, `σ = t`; as a combination it is defined for every schedule.

use crate::batch::Batch;
use crate::schedule::Level;
use ansatz_core::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a model predicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prediction {
    /// The noise `ε`.
    Noise,
    /// The sample without noise, `x̂_0`.
    Data,
    /// The gradient of the logarithm of the density, `−ε/σ`.
    Score,
    /// `α ε − σ x̂_0` (Salimans and Ho 2022, arXiv:2202.00512).
    V,
    /// `ε − x̂_0`, the velocity of a rectified flow.
    Velocity,
}

impl Prediction {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Noise, Self::Data, Self::Score, Self::V, Self::Velocity];

    /// The coefficients `(a, b)` of `prediction = a ε + b x̂_0`.
    fn in_noise_and_data(self, level: &Level) -> (f64, f64) {
        match self {
            Self::Noise => (1.0, 0.0),
            Self::Data => (0.0, 1.0),
            Self::Score => (-1.0 / level.sigma, 0.0),
            Self::V => (level.alpha, -level.sigma),
            Self::Velocity => (1.0, -1.0),
        }
    }

    /// The coefficients `(p, q)` of `self = p x + q other`.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the conversion does not exist: data from noise without signal (`α = 0`), noise from data
    /// without noise (`σ = 0`).
    pub fn from_other(self, other: Self, level: &Level) -> Result<(f64, f64)> {
        if self == other {
            return Ok((0.0, 1.0));
        }
        // With ε and x̂_0 as unknowns: α x̂_0 + σ ε = x and c ε + d x̂_0 = other, of determinant α c − σ d.
        let (c, d) = other.in_noise_and_data(level);
        let (a, b) = self.in_noise_and_data(level);
        let determinant = level.alpha * c - level.sigma * d;
        let (p, q) = ((b * c - a * d) / determinant, (a * level.alpha - b * level.sigma) / determinant);
        if p.is_finite() && q.is_finite() {
            Ok((p, q))
        } else {
            let given = format!("alpha = {}, sigma = {}", level.alpha, level.sigma);
            Err(Error::parameter("the level", given, format!("one at which {self} follows from {other}")))
        }
    }

    /// Turns `values`, a prediction of the kind `from` at `x`, into one of this kind.
    ///
    /// # Errors
    /// See [`Prediction::from_other`].
    pub fn convert(self, from: Self, level: &Level, x: &Batch, values: &mut Batch) -> Result<()> {
        if self != from {
            let (p, q) = self.from_other(from, level)?;
            for (value, x) in values.data_mut().iter_mut().zip(x.data()) {
                *value = p * x + q * *value;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Prediction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Noise => "noise",
            Self::Data => "data",
            Self::Score => "score",
            Self::V => "v",
            Self::Velocity => "velocity",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::{Edm, Flow, Schedule, VpLinear};
    use ansatz_core::Seed;

    #[test]
    fn conversions_agree_with_their_definitions_and_round_trip() {
        let mut stream = Seed(1).stream("conversion", 0);
        let schedules: [&dyn Schedule; 3] = [&VpLinear::default(), &Edm::default(), &Flow::default()];
        for schedule in schedules {
            for _ in 0..50 {
                let level = schedule.level(stream.uniform_in(0.05, 0.95)).unwrap();
                let (data, noise) = (stream.normal(), stream.normal());
                let x = Batch::new(1, vec![level.alpha * data + level.sigma * noise]).unwrap();
                let exact = |kind| match kind {
                    Prediction::Noise => noise,
                    Prediction::Data => data,
                    Prediction::Score => -noise / level.sigma,
                    Prediction::V => level.alpha * noise - level.sigma * data,
                    Prediction::Velocity => noise - data,
                };
                for from in Prediction::ALL {
                    for to in Prediction::ALL {
                        let mut value = Batch::new(1, vec![exact(from)]).unwrap();
                        to.convert(from, &level, &x, &mut value).unwrap();
                        let scale = 1.0 + exact(to).abs();
                        // From noise to data and back the error is that of the noise times σ/α.
                        let loss = level.ratio().max(1.0 / level.ratio());
                        assert!((value.data()[0] - exact(to)).abs() < 1e-14 * scale * loss, "{from} to {to}");
                        from.convert(to, &level, &x, &mut value).unwrap();
                        assert!(
                            (value.data()[0] - exact(from)).abs() < 1e-14 * (1.0 + exact(from).abs()) * loss * loss
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn what_does_not_exist_is_refused() {
        let pure = Flow::default().level(1.0).unwrap();
        let error = Prediction::Data.from_other(Prediction::Noise, &pure).unwrap_err().to_string();
        assert_eq!(error, "the level is alpha = 0, sigma = 1, but must be one at which data follows from noise");
        let clean = Flow::default().level(0.0).unwrap();
        assert!(Prediction::Noise.from_other(Prediction::Data, &clean).is_err());
        assert!(Prediction::Score.from_other(Prediction::Velocity, &clean).is_err());
        // The velocity knows both at both ends.
        for level in [pure, clean] {
            assert!(Prediction::Data.from_other(Prediction::Velocity, &level).is_ok());
            assert!(Prediction::Noise.from_other(Prediction::Velocity, &level).is_ok());
        }
    }
}
