//! The derivative of a mixture's prediction along a direction, in closed form.
//!
//! With `ẋ`, `α̇`, `σ̇` the direction, `ż = Uᵀ(ẋ − α̇ m)`, `V̇ = 2(α α̇ e + σ σ̇)` and `f = Σ_k r_k (c m_k + U (g ⊙ z))`,
//!
//! ```text
//! q_k = Σ (−½ V̇/V − z ż/V + ½ z² V̇/V²)        ṙ_k = r_k (q_k − Σ_j r_j q_j)
//! ḟ   = Σ_k (ṙ_k c + r_k ċ) m_k + U ((ṙ_k g + r_k ġ) ⊙ z + r_k g ⊙ ż)
//! ```
//!
//! Half as much again as a prediction.

use super::block::{Table, softmax};
use super::{Mixture, NEGLIGIBLE, add};
use crate::batch::Batch;
use crate::model::axes::Axes;
use crate::model::rotation::padded;
use crate::model::{Direction, same_shape};
use crate::prediction::Prediction;
use crate::schedule::{Level, Rate};
use ansatz_core::Result;

/// What a prediction takes of a component, `(g(e), ġ(e))` and `(c, ċ)`.
struct Factors {
    level: Level,
    rate: Rate,
    want: Prediction,
}

impl Factors {
    /// `V` and `V̇`.
    fn variance(&self, e: f64) -> (f64, f64) {
        let (a2, s2) = (self.level.alpha * self.level.alpha * e, self.level.sigma * self.level.sigma);
        (a2 + s2, 2.0 * (a2 * self.rate.log_alpha + s2 * self.rate.log_sigma))
    }

    /// `g = n/V` and its derivative.
    fn g(&self, e: f64) -> (f64, f64) {
        let (v, dv) = self.variance(e);
        let (alpha, sigma) = (self.level.alpha, self.level.sigma);
        let (da, ds) = (alpha * self.rate.log_alpha, sigma * self.rate.log_sigma);
        let (n, dn) = match self.want {
            Prediction::Data => (alpha * e, da * e),
            Prediction::Noise => (sigma, ds),
            Prediction::Score => (-1.0, 0.0),
            Prediction::V => (alpha * sigma * (1.0 - e), (da * sigma + alpha * ds) * (1.0 - e)),
            Prediction::Velocity => (sigma - alpha * e, ds - da * e),
        };
        (n / v, (dn - n * dv / v) / v)
    }

    fn c(&self) -> (f64, f64) {
        match self.want {
            Prediction::Data => (1.0, 0.0),
            Prediction::Noise | Prediction::Score => (0.0, 0.0),
            Prediction::V => (-self.level.sigma, -self.level.sigma * self.rate.log_sigma),
            Prediction::Velocity => (-1.0, 0.0),
        }
    }
}

/// Intermediate values of one sample.
pub(super) struct Room {
    shifted: Vec<f64>,
    /// Coordinates along the axes of every component, padded.
    pub(super) z: Vec<f64>,
    pub(super) weights: Vec<f64>,
    turned: Vec<f64>,
}

impl Room {
    pub(super) fn new(parts: usize, dim: usize) -> Self {
        let stride = padded(dim);
        Self {
            shifted: vec![0.0; dim],
            z: vec![0.0; parts * stride],
            weights: vec![0.0; parts],
            turned: vec![0.0; stride],
        }
    }
}

impl Mixture {
    /// Writes `z` of each component, and its responsibility at `x`, to `room`.
    pub(super) fn responsibilities(&self, x: &[f64], level: &Level, tables: &[Table], room: &mut Room) {
        let (d, stride) = (self.dim, padded(self.dim));
        for (k, (part, table)) in self.parts.iter().zip(tables).enumerate() {
            for ((y, x), m) in room.shifted.iter_mut().zip(x).zip(&part.mean) {
                *y = x - level.alpha * m;
            }
            let z = &mut room.z[k * stride..(k + 1) * stride];
            part.axes.turn(&room.shifted, z);
            room.weights[k] = table.log_density(&z[..d]);
        }
        softmax(&mut room.weights);
    }

    /// [`Model::tangent`](crate::model::Model::tangent), row by row.
    pub(super) fn tangent_rows(
        &self,
        x: &Batch,
        level: &Level,
        want: Prediction,
        direction: &Direction,
        out: &mut Batch,
    ) -> Result<()> {
        same_shape(self.dim, x, out)?;
        same_shape(self.dim, direction.x, out)?;
        self.defined(level, want)?;
        let factors = Factors { level: *level, rate: direction.level, want };
        let tables: Vec<Table> = self.parts.iter().map(|part| Table::new(part, self.dim, level, want)).collect();
        let mut room = Room::new(self.parts.len(), self.dim);
        let mut moving = Room::new(self.parts.len(), self.dim);
        for i in 0..x.rows() {
            self.responsibilities(x.row(i), level, &tables, &mut room);
            self.tangent_row(direction.x.row(i), &factors, &mut room, &mut moving, out.row_mut(i));
        }
        Ok(())
    }

    /// `room` takes `z` and `r`, `moving` takes `ż` and `q`.
    fn tangent_row(&self, v: &[f64], of: &Factors, room: &mut Room, moving: &mut Room, out: &mut [f64]) {
        let (d, stride) = (self.dim, padded(self.dim));
        let shift = of.level.alpha * of.rate.log_alpha;
        let mut mean = 0.0;
        for (k, part) in self.parts.iter().enumerate() {
            let r = room.weights[k];
            if r < NEGLIGIBLE {
                continue;
            }
            for ((y, v), m) in moving.shifted.iter_mut().zip(v).zip(&part.mean) {
                *y = v - shift * m;
            }
            let (z, dz) = (&room.z[k * stride..][..d], &mut moving.z[k * stride..][..stride]);
            part.axes.turn(&moving.shifted, dz);
            let dz = &dz[..d];
            let mut q = 0.0;
            for (i, (z, dz)) in z.iter().zip(dz).enumerate() {
                let (v, dv) = of.variance(part.axes.eigenvalue(i));
                q += (0.5 * dv * (z * z / v - 1.0) - z * dz) / v;
            }
            moving.weights[k] = q;
            mean += r * q;
        }
        out.fill(0.0);
        let (c, dc) = of.c();
        for (k, part) in self.parts.iter().enumerate() {
            let r = room.weights[k];
            if r < NEGLIGIBLE {
                continue;
            }
            let dr = r * (moving.weights[k] - mean);
            if (c, dc) != (0.0, 0.0) {
                add(out, dr * c + r * dc, &part.mean);
            }
            let (z, dz) = (&room.z[k * stride..][..d], &mut moving.z[k * stride..][..stride]);
            let mut combine = |i: usize, (g, dg): (f64, f64)| dz[i] = (dr * g + r * dg) * z[i] + r * g * dz[i];
            if let Axes::Isotropic(e) = part.axes {
                let factors = of.g(e);
                (0..d).for_each(|i| combine(i, factors));
            } else {
                (0..d).for_each(|i| combine(i, of.g(part.axes.eigenvalue(i))));
            }
            part.axes.turn_back(&dz[..d], &mut room.turned);
            add(out, 1.0, &room.turned[..d]);
        }
    }
}
