//! Predictions for blocks of rows, component by component, so that each matrix is read once for many rows.

use super::{Gaussian, Mixture, NEGLIGIBLE, add};
use crate::batch::Batch;
use crate::model::axes::Axes;
use crate::model::rotation::padded;
use crate::prediction::Prediction;
use crate::schedule::Level;
use std::ops::Range;

impl Mixture {
    /// The predictions for a few samples.
    #[allow(clippy::too_many_arguments, reason = "what the loop over blocks holds")]
    pub(super) fn block(
        &self,
        x: &Batch,
        range: Range<usize>,
        class: &impl Fn(usize) -> Option<usize>,
        level: &Level,
        tables: &[Table],
        room: &mut Room,
        out: &mut Batch,
    ) {
        let (d, stride, parts, n) = (self.dim, padded(self.dim), self.parts.len(), range.len());
        for (k, (part, table)) in self.parts.iter().zip(tables).enumerate() {
            for (y, i) in room.shifted.chunks_exact_mut(d).zip(range.clone()) {
                for ((y, x), m) in y.iter_mut().zip(x.row(i)).zip(&part.mean) {
                    *y = x - level.alpha * m;
                }
            }
            let slot = &mut room.z[part.slot * room.rows * stride..];
            if let Axes::Rotated { vectors, .. } = &part.axes {
                vectors.products(&room.shifted[..n * d], &mut slot[..n * stride]);
            }
            for (at, i) in range.clone().enumerate() {
                let others = class(i).is_some_and(|class| class != part.class);
                room.weights[at * parts + k] = if others {
                    f64::NEG_INFINITY
                } else if let Axes::Rotated { .. } = &part.axes {
                    table.log_density(&slot[at * stride..][..d])
                } else {
                    table.log_density(&room.shifted[at * d..][..d])
                };
            }
        }
        room.weights.chunks_exact_mut(parts).take(n).for_each(softmax);
        for i in range.clone() {
            out.row_mut(i).fill(0.0);
        }
        // prediction = Σ r (c m + U (g(e) ⊙ z))
        for (k, (part, table)) in self.parts.iter().zip(tables).enumerate() {
            room.chosen.clear();
            for (at, i) in range.clone().enumerate() {
                let r = room.weights[at * parts + k];
                if r < NEGLIGIBLE {
                    continue;
                }
                let out = out.row_mut(i);
                if table.mean != 0.0 {
                    add(out, table.mean * r, &part.mean);
                }
                if let Axes::Rotated { .. } = &part.axes {
                    let z = &room.z[(part.slot * room.rows + at) * stride..][..d];
                    let y = &mut room.shifted[room.chosen.len() * d..][..d];
                    for ((y, z), g) in y.iter_mut().zip(z).zip(&table.factors) {
                        *y = r * g * z;
                    }
                    room.chosen.push(i);
                } else {
                    for (((out, x), m), g) in out.iter_mut().zip(x.row(i)).zip(&part.mean).zip(&table.factors) {
                        *out += r * g * (x - level.alpha * m);
                    }
                }
            }
            if let Axes::Rotated { transposed, .. } = &part.axes {
                let n = room.chosen.len();
                transposed.products(&room.shifted[..n * d], &mut room.turned[..n * stride]);
                for (&i, turned) in room.chosen.iter().zip(room.turned.chunks_exact(stride)) {
                    add(out.row_mut(i), 1.0, &turned[..d]);
                }
            }
        }
    }
}

/// What a prediction needs to know of a component at one level.
pub(super) struct Table {
    /// `ln w − ½ Σ ln V`, `V = α² e + σ²`.
    constant: f64,
    /// `1/V`.
    inverse: Vec<f64>,
    /// The factor of the mean.
    mean: f64,
    /// `g(e)`, the factors of the coordinates along the axes.
    factors: Vec<f64>,
}

impl Table {
    pub(super) fn new(part: &Gaussian, dim: usize, level: &Level, want: Prediction) -> Self {
        let (alpha, sigma) = (level.alpha, level.sigma);
        let (a2, s2) = (alpha * alpha, sigma * sigma);
        let mean = match want {
            Prediction::Data => 1.0,
            Prediction::Noise | Prediction::Score => 0.0,
            Prediction::V => -sigma,
            Prediction::Velocity => -1.0,
        };
        let g = |e: f64| {
            let v = a2 * e + s2;
            match want {
                Prediction::Data => alpha * e / v,
                Prediction::Noise => sigma / v,
                Prediction::Score => -1.0 / v,
                Prediction::V => alpha * sigma * (1.0 - e) / v,
                Prediction::Velocity => (sigma - alpha * e) / v,
            }
        };
        let (determinant, inverse, factors) = match &part.axes {
            Axes::Isotropic(e) => {
                let v = a2 * e + s2;
                (dim as f64 * v.ln(), vec![1.0 / v; dim], vec![g(*e); dim])
            }
            Axes::Diagonal(values) | Axes::Rotated { values, .. } => {
                let v = |e: &f64| a2 * e + s2;
                let determinant = values.iter().map(|e| v(e).ln()).sum();
                (determinant, values.iter().map(|e| 1.0 / v(e)).collect(), values.iter().map(|e| g(*e)).collect())
            }
        };
        Self { constant: part.log_weight - 0.5 * determinant, inverse, mean, factors }
    }

    /// `ln w − ½ Σ ln V − ½ Σ z²/V`, in four interleaved sums: a fixed order that the compiler can put into vectors.
    pub(super) fn log_density(&self, z: &[f64]) -> f64 {
        let mut sums = [0.0; 4];
        let (z4, v4) = (z.chunks_exact(4), self.inverse.chunks_exact(4));
        let rest: f64 = z4.remainder().iter().zip(v4.remainder()).map(|(z, v)| z * z * v).sum();
        for (z, v) in z4.zip(v4) {
            for i in 0..4 {
                sums[i] += z[i] * z[i] * v[i];
            }
        }
        self.constant - 0.5 * ((sums[0] + sums[1]) + (sums[2] + sums[3]) + rest)
    }
}

/// Intermediate values of a block of rows.
pub(super) struct Room {
    rows: usize,
    /// `x − α m`, and later the scaled coordinates along the axes, of one component: `rows × d`.
    shifted: Vec<f64>,
    /// Coordinates along the axes, for every component with axes of its own: `rows × padded d` each.
    z: Vec<f64>,
    /// Responsibilities: `rows × components`.
    weights: Vec<f64>,
    /// Rows to which a component contributes, and its contributions.
    chosen: Vec<usize>,
    turned: Vec<f64>,
}

impl Room {
    pub(super) fn new(mixture: &Mixture, rows: usize) -> Self {
        let (d, stride) = (mixture.dim, padded(mixture.dim));
        let slots = mixture.parts.last().map_or(0, |part| part.slot + 1);
        Self {
            rows,
            shifted: vec![0.0; rows * d],
            z: vec![0.0; rows * stride * slots],
            weights: vec![0.0; rows * mixture.parts.len()],
            chosen: Vec::with_capacity(rows),
            turned: vec![0.0; rows * stride],
        }
    }
}

/// Weights from their logarithms: positive, of sum 1.
pub(super) fn softmax(weights: &mut [f64]) {
    let top = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for weight in &mut *weights {
        *weight = (*weight - top).exp();
        sum += *weight;
    }
    for weight in weights {
        *weight /= sum;
    }
}
