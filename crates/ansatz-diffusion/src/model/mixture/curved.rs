//! The derivative of a mixture's velocity along the flow, in closed form.
//!
//! With `α = 1 − τ`, `σ = τ`, `z = Uᵀ(y − α m)`, `V = α² e + σ²`, `g = (σ − α e)/V` the velocity is `u = Σ r_k u_k`,
//! `u_k = U(g ⊙ z) − m`. Along the flow, where a dot is `d/dτ` and `ẏ = u`,
//!
//! ```text
//! ż = Uᵀ(u + m),   V̇ = 2 (σ − α e),   ġ = (1 + e)/V − g V̇/V
//! l̇_k = −½ Σ V̇/V − Σ z ż/V + ½ Σ z² V̇/V²,   ṙ_k = r_k (l̇_k − Σ r l̇)
//! u̇ = Σ r_k U(ġ ⊙ z + g ⊙ ż) + Σ ṙ_k u_k
//! ```

use super::tangent::Room;
use super::{Gaussian, Mixture, NEGLIGIBLE, Table, add};
use crate::batch::Batch;
use crate::model::curved::Curved;
use crate::model::rotation::padded;
use crate::model::{Model, same_shape};
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
        same_shape(self.dim, x, slope)?;
        let want = Prediction::Velocity;
        self.predict(x, first, level, want, velocity)?;
        let tables: Vec<Table> = self.parts.iter().map(|part| Table::new(part, self.dim, level, want)).collect();
        let mut room = Room::new(self.parts.len(), self.dim);
        for i in 0..x.rows() {
            self.responsibilities(x.row(i), level, &tables, &mut room);
            self.slope_row(level, velocity.row(i), &room, slope.row_mut(i));
        }
        Ok(())
    }
}

impl Mixture {
    fn slope_row(&self, level: &Level, velocity: &[f64], room: &Room, out: &mut [f64]) {
        let size = level.alpha + level.sigma;
        let (alpha, sigma) = (level.alpha / size, level.sigma / size);
        out.fill(0.0);
        // Σ ṙ_k u_k = Σ r_k l̇_k u_k − (Σ r l̇) u
        let mut mean = 0.0;
        for (k, part) in self.parts.iter().enumerate() {
            let r = room.weights[k];
            if r < NEGLIGIBLE {
                continue;
            }
            // `responsibilities` works with x; y is smaller by the size.
            let z: Vec<f64> = room.z[k * padded(self.dim)..][..self.dim].iter().map(|z| z / size).collect();
            let own = Own::new(part, alpha, sigma, &z, velocity);
            mean += r * own.log_rate;
            own.add(part, r, out);
        }
        for (out, u) in out.iter_mut().zip(velocity) {
            *out -= mean * u;
        }
    }
}

/// What one component contributes.
struct Own {
    /// `l̇`.
    log_rate: f64,
    /// `ġ ⊙ z + g ⊙ ż + l̇ g ⊙ z`, in the axes of the component.
    inner: Vec<f64>,
}

impl Own {
    fn new(part: &Gaussian, alpha: f64, sigma: f64, z: &[f64], velocity: &[f64]) -> Self {
        let shifted: Vec<f64> = velocity.iter().zip(&part.mean).map(|(u, m)| u + m).collect();
        let mut z_rate = vec![0.0; padded(z.len())];
        part.axes.turn(&shifted, &mut z_rate);
        let mut log_rate = 0.0;
        let mut factors = Vec::with_capacity(z.len());
        for (i, (z, z_rate)) in z.iter().zip(&z_rate).enumerate() {
            let e = part.axes.eigenvalue(i);
            let v = alpha * alpha * e + sigma * sigma;
            let v_rate = 2.0 * (sigma - alpha * e);
            log_rate += -0.5 * v_rate / v - z * z_rate / v + 0.5 * z * z * v_rate / (v * v);
            let g = (sigma - alpha * e) / v;
            factors.push((g, (1.0 + e) / v - g * v_rate / v));
        }
        let terms = factors.iter().zip(z).zip(&z_rate);
        let inner = terms.map(|((&(g, g_rate), z), z_rate)| g_rate * z + g * z_rate + log_rate * g * z).collect();
        Self { log_rate, inner }
    }

    /// Adds `r (U inner − l̇ m)`.
    fn add(self, part: &Gaussian, r: f64, out: &mut [f64]) {
        let mut turned = vec![0.0; padded(out.len())];
        part.axes.turn_back(&self.inner, &mut turned);
        add(out, r, &turned[..out.len()]);
        for (out, m) in out.iter_mut().zip(&part.mean) {
            *out -= r * self.log_rate * m;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Model, digits, gmm8};
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
