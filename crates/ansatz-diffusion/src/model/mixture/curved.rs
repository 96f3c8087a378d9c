//! The derivative of a mixture's velocity along the flow, in closed form: the tangent in the direction of the flow.
//!
//! On the straight path `α̇ = −1` and `σ̇ = 1`, and the point moves with the velocity itself.

use super::Mixture;
use crate::batch::Batch;
use crate::model::Model;
use crate::model::curved::Curved;
use crate::prediction::Prediction;
use crate::schedule::Level;
use ansatz_core::Result;

impl Curved for Mixture {
    fn velocity_and_slope(
        &self,
        x: &Batch,
        first: usize,
        level: &Level,
        velocity: &mut Batch,
        slope: &mut Batch,
    ) -> Result<()> {
        // In y = x/(α + σ) any schedule is the straight path, with the same velocity.
        let size = level.alpha + level.sigma;
        let straight = Level { alpha: level.alpha / size, sigma: level.sigma / size, ..*level };
        let mut y = x.clone();
        y.data_mut().iter_mut().for_each(|v| *v /= size);
        self.predict(&y, first, &straight, Prediction::Velocity, velocity)?;
        self.tangent_along(&y, &straight, Prediction::Velocity, velocity, (-1.0, 1.0), slope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{digits, gmm8};
    use crate::schedule::{Flow, Schedule, VpLinear};
    use ansatz_core::Seed;

    /// Against central differences along the flow, in y and τ.
    fn check(model: &Mixture, schedule: &dyn Schedule, t: f64, bound: f64) {
        let level = schedule.level(t).unwrap();
        let size = level.alpha + level.sigma;
        let dim = model.dim;
        let mut stream = Seed(4).stream("test", 0);
        let y: Vec<f64> = (0..dim).map(|_| stream.normal()).collect();
        let x = Batch::new(dim, y.iter().map(|y| size * y).collect()).unwrap();
        let (mut u, mut slope) = (Batch::zeros(1, dim), Batch::zeros(1, dim));
        model.velocity_and_slope(&x, 0, &level, &mut u, &mut slope).unwrap();
        let tau = level.sigma / size;
        let flow = Flow::default();
        let at = |h: f64| {
            let level = flow.level(tau + h).unwrap();
            let moved = y.iter().zip(u.data()).map(|(y, u)| y + h * u).collect();
            let mut out = Batch::zeros(1, dim);
            model.predict(&Batch::new(dim, moved).unwrap(), 0, &level, Prediction::Velocity, &mut out).unwrap();
            out
        };
        let h = 1e-5;
        let (above, below) = (at(h), at(-h));
        let scale = slope.data().iter().fold(1.0f64, |m, v| m.max(v.abs()));
        for i in 0..dim {
            let known = (above.data()[i] - below.data()[i]) / (2.0 * h);
            let own = slope.data()[i];
            assert!((own - known).abs() < bound * scale, "{t}, {i}: {own} for {known}");
        }
    }

    #[test]
    fn slopes_are_derivatives_along_the_flow() {
        let (small, large) = (gmm8().unwrap(), digits().unwrap());
        for t in [0.95, 0.6, 0.3, 0.1] {
            check(&small, &Flow::default(), t, 1e-6);
            check(&small, &VpLinear::default(), t, 1e-6);
            check(&large, &Flow::default(), t, 1e-4);
        }
    }

    #[test]
    fn both_ends_have_a_slope() {
        let (model, flow) = (gmm8().unwrap(), Flow::default());
        let x = Batch::new(8, vec![0.3; 8]).unwrap();
        for t in [0.0, 1.0] {
            let (mut u, mut slope) = (Batch::zeros(1, 8), Batch::zeros(1, 8));
            model.velocity_and_slope(&x, 0, &flow.level(t).unwrap(), &mut u, &mut slope).unwrap();
            assert!(slope.data().iter().all(|v| v.is_finite()));
        }
    }
}
