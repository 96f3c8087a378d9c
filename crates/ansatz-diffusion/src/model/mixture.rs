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

mod tangent;

use super::guided::Conditional;
use super::{Direction, Model, same_shape};
use crate::batch::Batch;
use crate::prediction::Prediction;
use crate::schedule::Level;
use ansatz_core::{Error, Result, Seed, Stream};
use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::{Mat, Par, Spec};

/// Components whose responsibility is below this change no digit of a double and are passed over.
const NEGLIGIBLE: f64 = 1e-32;

/// A covariance, as it is given.
#[derive(Clone, Debug, PartialEq)]
pub enum Covariance {
    /// A multiple of the identity.
    Isotropic(f64),
    /// The variances of independent coordinates.
    Diagonal(Vec<f64>),
    /// The whole matrix, row by row.
    Full(Vec<f64>),
}

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

/// The covariance as predictions use it.
#[derive(Clone, Debug)]
enum Axes {
    Isotropic(f64),
    Diagonal(Vec<f64>),
    /// Eigenvalues, and the eigenvectors: coordinate `i` of eigenvector `j` at `i d + j`.
    Rotated(Vec<f64>, Vec<f64>),
}

#[derive(Clone, Debug)]
struct Gaussian {
    log_weight: f64,
    mean: Vec<f64>,
    axes: Axes,
    class: usize,
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
            Ok(Gaussian { log_weight: (c.weight / total).ln(), mean: c.mean, axes, class: c.class })
        };
        let parts = components.into_iter().enumerate().map(part).collect::<Result<_>>()?;
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
        let mut z: Vec<f64> = (0..self.dim).map(|_| stream.normal()).collect();
        let mut x = part.mean.clone();
        part.axes.spread(&mut z, f64::sqrt, 1.0, &mut x);
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

    /// Writes `z` of each component, and its weight in the prediction at `x`, to `room`; returns the sum of the weights.
    fn responsibilities(&self, x: &[f64], class: Option<usize>, level: &Level, room: &mut Room) -> f64 {
        let (a2, s2) = (level.alpha * level.alpha, level.sigma * level.sigma);
        let mut top = f64::NEG_INFINITY;
        for (k, part) in self.parts.iter().enumerate() {
            if class.is_some_and(|class| class != part.class) {
                room.weights[k] = f64::NEG_INFINITY;
                continue;
            }
            for ((y, x), m) in room.shifted.iter_mut().zip(x).zip(&part.mean) {
                *y = x - level.alpha * m;
            }
            let z = &mut room.z[k * self.dim..(k + 1) * self.dim];
            room.weights[k] = part.log_weight + part.axes.log_density(&room.shifted, a2, s2, z);
            top = top.max(room.weights[k]);
        }
        let mut sum = 0.0;
        for weight in &mut room.weights {
            *weight = (*weight - top).exp();
            sum += *weight;
        }
        sum
    }

    /// The prediction for one sample, from the components of `class` or from all.
    fn row(&self, x: &[f64], class: Option<usize>, level: &Level, want: Prediction, room: &mut Room, out: &mut [f64]) {
        let (alpha, sigma) = (level.alpha, level.sigma);
        let (a2, s2) = (alpha * alpha, sigma * sigma);
        let sum = self.responsibilities(x, class, level, room);
        // prediction = Σ r (c m + U (g(e) ⊙ z))
        let c = match want {
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
        out.fill(0.0);
        for (k, part) in self.parts.iter().enumerate() {
            let r = room.weights[k] / sum;
            if r < NEGLIGIBLE {
                continue;
            }
            if c != 0.0 {
                add(out, c * r, &part.mean);
            }
            part.axes.spread(&mut room.z[k * self.dim..(k + 1) * self.dim], g, r, out);
        }
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
        let mut room = Room::new(self.parts.len(), self.dim);
        for i in 0..x.rows() {
            self.row(x.row(i), class(i), level, want, &mut room, out.row_mut(i));
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

/// Intermediate values of one sample.
struct Room {
    shifted: Vec<f64>,
    z: Vec<f64>,
    weights: Vec<f64>,
}

impl Room {
    fn new(parts: usize, dim: usize) -> Self {
        Self { shifted: vec![0.0; dim], z: vec![0.0; parts * dim], weights: vec![0.0; parts] }
    }
}

impl Axes {
    fn new(covariance: Covariance, dim: usize, k: usize) -> Result<Self> {
        let refuse = |value: f64| {
            let name = format!("the covariance of component {k}");
            let given = format!("one with the eigenvalue {value}");
            Err(Error::parameter(name, given, "finite, with no eigenvalue below 0"))
        };
        let count = |len: usize, wanted: usize| {
            let name = format!("the length of the covariance of component {k}");
            if len == wanted { Ok(()) } else { Err(Error::parameter(name, len, wanted.to_string())) }
        };
        let valid = |e: f64| e >= 0.0 && e.is_finite();
        match covariance {
            Covariance::Isotropic(e) if valid(e) => Ok(Self::Isotropic(e)),
            Covariance::Isotropic(e) => refuse(e),
            Covariance::Diagonal(e) => {
                count(e.len(), dim)?;
                match e.iter().find(|e| !valid(**e)) {
                    Some(wrong) => refuse(*wrong),
                    None => Ok(Self::Diagonal(e)),
                }
            }
            Covariance::Full(c) => {
                count(c.len(), dim * dim)?;
                if let Some(wrong) = c.iter().find(|v| !v.is_finite()) {
                    return refuse(*wrong);
                }
                let scale = c.iter().fold(0.0f64, |m, v| m.max(v.abs()));
                let skew = |i: usize, j: usize| (c[i * dim + j] - c[j * dim + i]).abs() > 1e-12 * scale;
                if (0..dim).any(|i| (0..i).any(|j| skew(i, j))) {
                    return Err(Error::parameter(
                        format!("the covariance of component {k}"),
                        "not symmetric",
                        "symmetric",
                    ));
                }
                let matrix = Mat::from_fn(dim, dim, |i, j| c[i * dim + j]);
                let (mut diagonal, mut vectors) = (Diag::<f64>::zeros(dim), Mat::<f64>::zeros(dim, dim));
                // One thread: the bits must not depend on how many there are.
                let scratch = self_adjoint_evd_scratch::<f64>(dim, ComputeEigenvectors::Yes, Par::Seq, Spec::default());
                let mut memory = MemBuffer::new(scratch);
                let (values, axes) = (diagonal.as_mut(), Some(vectors.as_mut()));
                let stack = MemStack::new(&mut memory);
                if self_adjoint_evd(matrix.as_ref(), values, axes, Par::Seq, stack, Spec::default()).is_err() {
                    return refuse(f64::NAN);
                }
                let mut values: Vec<f64> = (0..dim).map(|j| diagonal[j]).collect();
                // Rounding may carry an eigenvalue that is 0 to the other side.
                for e in &mut values {
                    if *e < 0.0 && *e > -1e-12 * scale * dim as f64 {
                        *e = 0.0;
                    }
                }
                if let Some(wrong) = values.iter().find(|e| !valid(**e)) {
                    return refuse(*wrong);
                }
                let columns = (0..dim * dim).map(|at| vectors[(at / dim, at % dim)]).collect();
                Ok(Self::Rotated(values, columns))
            }
        }
    }

    /// Writes `z = Uᵀ y` and returns `−½ Σ ln V − ½ Σ z²/V`, `V = a² e + s²`.
    fn log_density(&self, y: &[f64], a2: f64, s2: f64, z: &mut [f64]) -> f64 {
        let of = |values: &[f64], z: &[f64]| {
            let mut sum = 0.0;
            for (e, z) in values.iter().zip(z) {
                let v = a2 * e + s2;
                sum += v.ln() + z * z / v;
            }
            -0.5 * sum
        };
        match self {
            Self::Isotropic(e) => {
                self.turn(y, z);
                let v = a2 * e + s2;
                let square: f64 = y.iter().map(|y| y * y).sum();
                -0.5 * (y.len() as f64 * v.ln() + square / v)
            }
            Self::Diagonal(e) | Self::Rotated(e, _) => {
                self.turn(y, z);
                of(e, z)
            }
        }
    }

    /// Writes `z = Uᵀ y`.
    fn turn(&self, y: &[f64], z: &mut [f64]) {
        match self {
            Self::Isotropic(_) | Self::Diagonal(_) => z.copy_from_slice(y),
            Self::Rotated(_, u) => {
                z.fill(0.0);
                for (y, row) in y.iter().zip(u.chunks_exact(z.len())) {
                    add(z, *y, row);
                }
            }
        }
    }

    /// Eigenvalue `i`.
    fn eigenvalue(&self, i: usize) -> f64 {
        match self {
            Self::Isotropic(e) => *e,
            Self::Diagonal(e) | Self::Rotated(e, _) => e[i],
        }
    }

    /// Adds `r U (g(e) ⊙ z)` to `out`; `z` is used up.
    fn spread(&self, z: &mut [f64], g: impl Fn(f64) -> f64, r: f64, out: &mut [f64]) {
        match self {
            Self::Isotropic(e) => add(out, r * g(*e), z),
            Self::Diagonal(e) => {
                for ((out, z), e) in out.iter_mut().zip(&*z).zip(e) {
                    *out += r * g(*e) * z;
                }
            }
            Self::Rotated(e, u) => {
                for (z, e) in z.iter_mut().zip(e) {
                    *z *= r * g(*e);
                }
                for (out, row) in out.iter_mut().zip(u.chunks_exact(z.len())) {
                    *out += dot(row, z);
                }
            }
        }
    }

    fn least(&self) -> f64 {
        match self {
            Self::Isotropic(e) => *e,
            Self::Diagonal(e) | Self::Rotated(e, _) => e.iter().copied().fold(f64::INFINITY, f64::min),
        }
    }

    fn matrix(&self, d: usize) -> Vec<f64> {
        let entry = |i: usize, j: usize| match self {
            Self::Isotropic(e) => {
                if i == j {
                    *e
                } else {
                    0.0
                }
            }
            Self::Diagonal(e) => {
                if i == j {
                    e[i]
                } else {
                    0.0
                }
            }
            Self::Rotated(e, u) => (0..d).map(|k| u[i * d + k] * e[k] * u[j * d + k]).sum(),
        };
        (0..d * d).map(|at| entry(at / d, at % d)).collect()
    }
}

/// `sum += c v`.
fn add(sum: &mut [f64], c: f64, v: &[f64]) {
    for (sum, v) in sum.iter_mut().zip(v) {
        *sum += c * v;
    }
}

/// Scalar product in four interleaved sums: a fixed order that the compiler can put into vectors.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (a4, b4) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = a4.remainder().iter().zip(b4.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a4.zip(b4) {
        for i in 0..4 {
            sums[i] += x[i] * y[i];
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}
