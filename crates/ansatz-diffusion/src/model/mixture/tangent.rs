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
use crate::schedule::Level;
use ansatz_core::Result;

/// What a prediction takes of a component, `(g(e), ġ(e))` and `(c, ċ)`.
struct Factors {
    level: Level,
    /// `α̇` and `σ̇`.
    rate: (f64, f64),
    want: Prediction,
}

impl Factors {
    /// `V` and `V̇`.
    fn variance(&self, e: f64) -> (f64, f64) {
        let (alpha, sigma, (da, ds)) = (self.level.alpha, self.level.sigma, self.rate);
        (alpha * alpha * e + sigma * sigma, 2.0 * (alpha * da * e + sigma * ds))
    }

    /// `g = n/V` and its derivative.
    fn g(&self, e: f64) -> (f64, f64) {
        let (v, dv) = self.variance(e);
        let (alpha, sigma, (da, ds)) = (self.level.alpha, self.level.sigma, self.rate);
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
            Prediction::V => (-self.level.sigma, -self.rate.1),
            Prediction::Velocity => (-1.0, 0.0),
        }
    }
}

/// Intermediate values of one sample.
struct Room {
    shifted: Vec<f64>,
    /// Coordinates along the axes of every component, padded.
    z: Vec<f64>,
    weights: Vec<f64>,
    turned: Vec<f64>,
}

impl Room {
    fn new(parts: usize, dim: usize) -> Self {
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
    fn responsibilities(&self, x: &[f64], level: &Level, tables: &[Table], room: &mut Room) {
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
        let rate = (level.alpha * direction.level.log_alpha, level.sigma * direction.level.log_sigma);
        self.tangent_along(x, level, want, direction.x, rate, out)
    }

    /// The derivative along `v` in the point and `(α̇, σ̇)` in the level, which exist at the ends of a path too.
    pub(super) fn tangent_along(
        &self,
        x: &Batch,
        level: &Level,
        want: Prediction,
        v: &Batch,
        rate: (f64, f64),
        out: &mut Batch,
    ) -> Result<()> {
        same_shape(self.dim, x, out)?;
        same_shape(self.dim, v, out)?;
        self.defined(level, want)?;
        let factors = Factors { level: *level, rate, want };
        let tables: Vec<Table> = self.parts.iter().map(|part| Table::new(part, self.dim, level, want)).collect();
        let mut room = Room::new(self.parts.len(), self.dim);
        let mut moving = Room::new(self.parts.len(), self.dim);
        for i in 0..x.rows() {
            self.responsibilities(x.row(i), level, &tables, &mut room);
            self.tangent_row(v.row(i), &factors, &mut room, &mut moving, out.row_mut(i));
        }
        Ok(())
    }

    /// `room` takes `z` and `r`, `moving` takes `ż` and `q`.
    fn tangent_row(&self, v: &[f64], of: &Factors, room: &mut Room, moving: &mut Room, out: &mut [f64]) {
        let (d, stride) = (self.dim, padded(self.dim));
        let shift = of.rate.0;
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
