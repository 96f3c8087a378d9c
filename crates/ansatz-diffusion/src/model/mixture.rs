//! Gaussian mixtures: models whose predictions are known in closed form at every level of noise.
//!
//! Data `x_0 ~ Σ_k w_k N(m_k, C_k)` seen through noise are the mixture `Σ_k w_k N(α m_k, α² C_k + σ² I)`. With
//! `C_k = U diag(e) Uᵀ`, `z = Uᵀ(x − α m_k)` and `V = α² e + σ²`,
//!
//! ```text
//! r_k ∝ w_k exp(−½ Σ ln V − ½ Σ z²/V)                  the responsibilities, by log-sum-exp
//! x̂_0 = Σ_k r_k (m_k + U (α e/V ⊙ z))
//! ε̂   = Σ_k r_k U (σ/V ⊙ z)
//! ```
//!
//! and score, v and velocity from the same sums, with no division by `α` or `σ`: all are finite at both ends. A data set is
//! the mixture of its points, each with covariance `s² I` ([`Mixture::empirical`]).
//!
//! Cost of a prediction for one sample: `2 K d²` multiplications with full covariances, `4 K d` with multiples of `I`, and `K`
//! exponentials.
//!
//! Source: the posterior mean of a Gaussian mixture is textbook material; Efron 2011, "Tweedie's formula and selection
//! bias".

mod block;
mod curved;
mod tangent;

use super::axes::{Axes, Covariance};
use super::guided::Conditional;
use super::rotation::padded;
use super::{Direction, Model, same_shape};
use crate::batch::Batch;
use crate::prediction::Prediction;
use crate::schedule::Level;
use ansatz_core::{Error, Result, Seed, Stream};
use block::{Room, Table};

/// Components whose responsibility is below this change no digit of a double and are passed over.
const NEGLIGIBLE: f64 = 1e-32;
/// Doubles that are kept between the two passes over a block.
const CACHED: usize = 1 << 15;

/// One Gaussian of a mixture.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Its share, relative to the sum of all.
    pub weight: f64,
    /// Its mean.
    pub mean: Vec<f64>,
    /// Its covariance.
    pub covariance: Covariance,
    /// Its class, from 0, for guidance. Components may share a class.
    pub class: usize,
}

#[derive(Clone, Debug)]
struct Gaussian {
    log_weight: f64,
    mean: Vec<f64>,
    axes: Axes,
    class: usize,
    /// How many components before this one have axes of their own.
    slot: usize,
}

/// A Gaussian mixture.
///
/// ```
/// use ansatz_diffusion::model::{Component, Covariance, Mixture, Model};
/// use ansatz_diffusion::schedule::{Schedule, VpLinear};
/// use ansatz_diffusion::{Batch, Prediction};
/// let bump = |x: f64| Component { weight: 1.0, mean: vec![x], covariance: Covariance::Isotropic(0.01), class: 0 };
/// let model = Mixture::new(vec![bump(-1.0), bump(1.0)])?;
/// // Half-way between the two the best guess is their mean.
/// let mut guess = Batch::zeros(1, 1);
/// model.predict(&Batch::zeros(1, 1), 0, &VpLinear::default().level(0.3)?, Prediction::Data, &mut guess)?;
/// assert!(guess.data()[0].abs() < 1e-15);
/// # Ok::<(), ansatz_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Mixture {
    dim: usize,
    parts: Vec<Gaussian>,
    classes: usize,
}

impl Mixture {
    /// The mixture of these components; weights are divided by their sum.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there are none, their dimensions differ or are 0, a weight is not positive, a covariance is
    /// not symmetric with eigenvalues of at least 0, or classes are left out between 0 and the largest;
    /// [`Error::NotFinite`] for a number that is not finite.
    pub fn new(components: Vec<Component>) -> Result<Self> {
        let dim = components.first().map_or(0, |c| c.mean.len());
        if dim == 0 {
            return Err(Error::parameter("the mixture", "empty", "at least one component of at least one coordinate"));
        }
        let total: f64 = components.iter().map(|c| c.weight).sum();
        let classes = components.iter().map(|c| c.class).max().unwrap_or(0).saturating_add(1);
        if let Some(empty) = (0..classes).find(|class| components.iter().all(|c| c.class != *class)) {
            return Err(Error::parameter(format!("class {empty}"), "empty", "the class of at least one component"));
        }
        let part = |(k, c): (usize, Component)| {
            if !(c.weight > 0.0 && total.is_finite()) {
                return Err(Error::parameter(
                    format!("the weight of component {k}"),
                    c.weight,
                    "greater than 0 and finite",
                ));
            }
            if c.mean.len() != dim {
                let allowed = format!("that of the first component, {dim}");
                return Err(Error::parameter(format!("the dimension of component {k}"), c.mean.len(), allowed));
            }
            if c.mean.iter().any(|v| !v.is_finite()) {
                return Err(Error::NotFinite { quantity: "a mean".into(), place: format!("component {k}") });
            }
            let axes = Axes::new(c.covariance, dim, k)?;
            Ok(Gaussian { log_weight: (c.weight / total).ln(), mean: c.mean, axes, class: c.class, slot: 0 })
        };
        let mut parts = components.into_iter().enumerate().map(part).collect::<Result<Vec<_>>>()?;
        let mut slot = 0;
        for part in &mut parts {
            part.slot = slot;
            slot += usize::from(matches!(part.axes, Axes::Rotated { .. }));
        }
        Ok(Self { dim, parts, classes })
    }

    /// A data set as a model: every point (a row) with covariance `s² I` and the same weight; `labels` are their classes, if
    /// they have any. A prediction for one sample reads all points.
    ///
    /// # Errors
    /// As [`Mixture::new`]; [`Error::Parameter`] if `s` is not positive, or there are not as many labels as points.
    pub fn empirical(points: &Batch, s: f64, labels: Option<&[usize]>) -> Result<Self> {
        if !(s > 0.0 && s.is_finite()) {
            return Err(Error::parameter("s", s, "greater than 0 and finite"));
        }
        if let Some(labels) = labels.filter(|labels| labels.len() != points.rows()) {
            return Err(Error::parameter(
                "the number of labels",
                labels.len(),
                format!("that of points, {}", points.rows()),
            ));
        }
        let component = |i: usize| Component {
            weight: 1.0,
            mean: points.row(i).to_vec(),
            covariance: Covariance::Isotropic(s * s),
            class: labels.map_or(0, |labels| labels[i]),
        };
        Self::new((0..points.rows()).map(component).collect())
    }

    /// The mean of the mixture.
    pub fn mean(&self) -> Vec<f64> {
        let mut mean = vec![0.0; self.dim];
        for part in &self.parts {
            add(&mut mean, part.log_weight.exp(), &part.mean);
        }
        mean
    }

    /// The mean of a class.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no such class.
    pub fn class_mean(&self, class: usize) -> Result<Vec<f64>> {
        let parts = || self.parts.iter().filter(|part| part.class == class);
        if parts().next().is_none() {
            return Err(Error::parameter("class", class, format!("below {}", self.classes)));
        }
        let total: f64 = parts().map(|part| part.log_weight.exp()).sum();
        let mut mean = vec![0.0; self.dim];
        for part in parts() {
            add(&mut mean, part.log_weight.exp() / total, &part.mean);
        }
        Ok(mean)
    }

    /// The covariance of the mixture, row by row: `Σ_k w_k (C_k + m_k m_kᵀ) − m mᵀ`.
    pub fn covariance(&self) -> Vec<f64> {
        let (d, mean) = (self.dim, self.mean());
        let mut sum = vec![0.0; d * d];
        for part in &self.parts {
            let w = part.log_weight.exp();
            let own = part.axes.matrix(d);
            for i in 0..d {
                for j in 0..d {
                    sum[i * d + j] += w * (own[i * d + j] + (part.mean[i] - mean[i]) * (part.mean[j] - mean[j]));
                }
            }
        }
        sum
    }

    /// The mean square of each coordinate.
    pub fn second_moments(&self) -> Vec<f64> {
        let (d, mean, covariance) = (self.dim, self.mean(), self.covariance());
        (0..d).map(|i| covariance[i * d + i] + mean[i] * mean[i]).collect()
    }

    /// Draws one sample of the mixture itself.
    pub fn draw(&self, stream: &mut Stream) -> Vec<f64> {
        let mut at = stream.uniform();
        let last = self.parts.len() - 1;
        let chosen = self.parts.iter().take(last).position(|part| {
            at -= part.log_weight.exp();
            at < 0.0
        });
        let part = &self.parts[chosen.unwrap_or(last)];
        let z: Vec<f64> = (0..self.dim).map(|_| stream.normal()).collect();
        let mut x = part.mean.clone();
        part.axes.spread(&z, &mut x);
        x
    }

    /// `rows` samples of the mixture itself; sample `i` has a stream of its own.
    pub fn draws(&self, seed: Seed, rows: usize) -> Batch {
        let mut batch = Batch::zeros(rows, self.dim);
        for i in 0..rows {
            batch.row_mut(i).copy_from_slice(&self.draw(&mut seed.stream("mixture", i as u64)));
        }
        batch
    }

    /// Refuses a level at which a prediction does not exist.
    fn defined(&self, level: &Level, want: Prediction) -> Result<()> {
        if level.sigma == 0.0 && (want == Prediction::Score || self.parts.iter().any(|part| part.axes.least() == 0.0)) {
            let allowed = format!("greater than 0, where {want} is defined");
            return Err(Error::parameter("sigma", 0, allowed));
        }
        Ok(())
    }

    fn evaluate(
        &self,
        x: &Batch,
        class: impl Fn(usize) -> Option<usize>,
        level: &Level,
        want: Prediction,
        out: &mut Batch,
    ) -> Result<()> {
        same_shape(self.dim, x, out)?;
        self.defined(level, want)?;
        let tables: Vec<Table> = self.parts.iter().map(|part| Table::new(part, self.dim, level, want)).collect();
        // Blocks of rows whose rotated coordinates fit into the cache.
        let rows = (CACHED / (self.parts.len() * padded(self.dim))).clamp(4, 64);
        let mut room = Room::new(self, rows);
        for first in (0..x.rows()).step_by(rows) {
            let range = first..x.rows().min(first + rows);
            self.block(x, range, &class, level, &tables, &mut room, out);
        }
        Ok(())
    }
}

impl Model for Mixture {
    fn dim(&self) -> usize {
        self.dim
    }

    fn predict(&self, x: &Batch, _first: usize, level: &Level, want: Prediction, out: &mut Batch) -> Result<()> {
        self.evaluate(x, |_| None, level, want, out)
    }

    fn tangent(
        &self,
        x: &Batch,
        _first: usize,
        level: &Level,
        want: Prediction,
        direction: &Direction,
        out: &mut Batch,
    ) -> Result<()> {
        self.tangent_rows(x, level, want, direction, out)
    }
}

impl Conditional for Mixture {
    fn classes(&self) -> usize {
        self.classes
    }

    fn predict_class(
        &self,
        x: &Batch,
        classes: &[usize],
        level: &Level,
        want: Prediction,
        out: &mut Batch,
    ) -> Result<()> {
        if classes.len() != x.rows() {
            return Err(Error::parameter(
                "the number of classes",
                classes.len(),
                format!("that of samples, {}", x.rows()),
            ));
        }
        if let Some(wrong) = classes.iter().find(|&&class| class >= self.classes) {
            return Err(Error::parameter("class", wrong, format!("below {}", self.classes)));
        }
        self.evaluate(x, |i| Some(classes[i]), level, want, out)
    }
}

/// `sum += c v`.
fn add(sum: &mut [f64], c: f64, v: &[f64]) {
    for (sum, v) in sum.iter_mut().zip(v) {
        *sum += c * v;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digits;
    use crate::schedule::{Schedule, VpLinear};
    use crate::start_noise;
    use ansatz_core::Seed;

    /// The formulas of the head, one sample and one component after the other, with dense matrices.
    fn plainly(model: &Mixture, x: &[f64], class: Option<usize>, level: &Level, want: Prediction) -> Vec<f64> {
        let d = model.dim;
        let mut logarithms = Vec::new();
        let mut guesses = Vec::new();
        for part in model.parts.iter().filter(|part| class.is_none_or(|class| class == part.class)) {
            let values: Vec<f64> = (0..d).map(|i| part.axes.eigenvalue(i)).collect();
            let vector = |i: usize, j: usize| match &part.axes {
                Axes::Rotated { vectors, .. } => vectors.get(i, j),
                Axes::Isotropic(_) | Axes::Diagonal(_) => f64::from(u8::from(i == j)),
            };
            let z: Vec<f64> =
                (0..d).map(|j| (0..d).map(|i| vector(i, j) * (x[i] - level.alpha * part.mean[i])).sum()).collect();
            let v: Vec<f64> = values.iter().map(|e| level.alpha.powi(2) * e + level.sigma.powi(2)).collect();
            let density: f64 = z.iter().zip(&v).map(|(z, v)| v.ln() + z * z / v).sum();
            logarithms.push(part.log_weight - 0.5 * density);
            let guess = |i: usize| {
                let along = |j: usize| vector(i, j) * level.alpha * values[j] / v[j] * z[j];
                part.mean[i] + (0..d).map(along).sum::<f64>()
            };
            guesses.push((0..d).map(guess).collect::<Vec<f64>>());
        }
        let top = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logarithms.iter().map(|l| (l - top).exp()).sum();
        let mut data = vec![0.0; d];
        for (l, guess) in logarithms.iter().zip(&guesses) {
            add(&mut data, (l - top).exp() / sum, guess);
        }
        let (p, q) = want.from_other(Prediction::Data, level).unwrap();
        data.iter().zip(x).map(|(data, x)| p * x + q * data).collect()
    }

    #[test]
    fn blocks_give_the_formulas_and_rows_do_not_know_one_another() {
        let mut stream = Seed(2).stream("mixed", 0);
        let full = |stream: &mut Stream| {
            let a: Vec<f64> = (0..25).map(|_| stream.normal()).collect();
            (0..25)
                .map(|at| {
                    (0..5).map(|k| a[at / 5 * 5 + k] * a[at % 5 * 5 + k]).sum::<f64>()
                        + f64::from(u8::from(at % 6 == 0))
                })
                .collect()
        };
        let component = |k: usize, stream: &mut Stream| Component {
            weight: 1.0 + k as f64,
            mean: (0..5).map(|_| stream.normal()).collect(),
            covariance: match k % 3 {
                0 => Covariance::Full(full(stream)),
                1 => Covariance::Diagonal((0..5).map(|_| stream.uniform_in(0.1, 1.0)).collect()),
                _ => Covariance::Isotropic(0.3),
            },
            class: k % 2,
        };
        let mixed = Mixture::new((0..7).map(|k| component(k, &mut stream)).collect()).unwrap();
        let schedule = VpLinear::default();
        for (model, rows) in [(mixed, 150), (digits().unwrap(), 40)] {
            let x = start_noise(Seed(4), 0, rows, model.dim, &schedule.level(1.0).unwrap());
            for t in [1.0, 0.4, 0.03] {
                let level = schedule.level(t).unwrap();
                for want in [Prediction::Data, Prediction::Noise, Prediction::V, Prediction::Velocity] {
                    let mut all = Batch::zeros(rows, model.dim);
                    let class = |i: usize| i.is_multiple_of(3).then_some(i % 2);
                    model.evaluate(&x, class, &level, want, &mut all).unwrap();
                    for i in 0..rows {
                        let plain = plainly(&model, x.row(i), class(i), &level, want);
                        // Noise and data are each smaller than x/σ and x/α; what is lost is relative to those.
                        let size = 1.0 / level.alpha.min(level.sigma);
                        for (a, b) in all.row(i).iter().zip(&plain) {
                            assert!((a - b).abs() < 1e-12 * size * (1.0 + b.abs()), "{want} at {t}: {a} for {b}");
                        }
                        let mut alone = Batch::zeros(1, model.dim);
                        model.evaluate(&x.slice(i, i + 1), |_| class(i), &level, want, &mut alone).unwrap();
                        assert_eq!(alone.row(0), all.row(i));
                    }
                }
            }
        }
    }
}
