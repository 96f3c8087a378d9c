//! Models: what a sampler asks.
//!
//! * [`Model`]: a prediction for a batch at one level of noise; [`Function`] makes one of a closure, such as a network;
//! * [`Mixture`]: Gaussian mixtures and data sets, whose predictions are exact at every level;
//! * [`Curved`]: a model that knows how its velocity changes along the flow;
//! * [`Conditional`] and [`Guided`]: classes, and classifier-free guidance towards them;
//! * [`Thresholded`]: predicted pixels kept within their range;
//! * [`named`]: the models that come along; [`read`]: mixtures from a TOML file.

mod axes;
mod curved;
mod digits;
mod file;
mod guided;
mod mixture;
mod named;
mod rotation;
mod tangent;
mod thresholded;

pub use axes::Covariance;
pub use curved::Curved;
pub use digits::{DIGITS, digit_images, digits, digits_floored};
pub use file::{parse, read};
pub use guided::{Conditional, Guided};
pub use mixture::{Component, Mixture};
pub use named::{NAMES, gmm8, gmm8_smooth, named};
pub use tangent::Direction;
pub use thresholded::{Threshold, Thresholded};

use crate::batch::Batch;
use crate::prediction::Prediction;
use crate::schedule::Level;
use ansatz_core::{Error, Result};

/// What a sampler asks.
///
/// Each row of the answer must depend on the same row of `x` alone, so that samples do not depend on the batch that
/// they are in.
pub trait Model: Sync {
    /// Coordinates of a sample.
    fn dim(&self) -> usize;

    /// Writes the prediction of kind `want` at `x` and `level` to `out`, which has the shape of `x`.
    ///
    /// `first` is the index of the first row among all samples: a model that treats samples differently, as one with
    /// classes does, knows them by it.
    ///
    /// # Errors
    /// [`Error::Parameter`] if this kind does not exist at this level, or the shapes do not fit.
    fn predict(&self, x: &Batch, first: usize, level: &Level, want: Prediction, out: &mut Batch) -> Result<()>;

    /// Writes the derivative of that prediction along `direction` in the point and the level at once to `out`.
    ///
    /// Unless the model knows better, by a central difference: two predictions, with a relative error of about `10⁻⁸`
    /// in double precision.
    ///
    /// # Errors
    /// As [`Model::predict`]; [`Error::Parameter`] if the direction has another shape, or there is no noise to measure a
    /// step of the difference by.
    fn tangent(
        &self,
        x: &Batch,
        first: usize,
        level: &Level,
        want: Prediction,
        direction: &Direction,
        out: &mut Batch,
    ) -> Result<()> {
        tangent::difference(self, x, first, level, want, direction, out)
    }

    /// Network calls that one prediction takes: 2 under guidance.
    fn calls(&self) -> u64 {
        1
    }
}

/// A model from a closure `f(x, level, out)` that writes predictions of one kind.
///
/// ```
/// use ansatz_diffusion::model::{Function, Model};
/// use ansatz_diffusion::schedule::{Schedule, VpLinear};
/// use ansatz_diffusion::{Batch, Prediction};
/// // Standard normal data stay standard normal: the score is −x at every level.
/// let model = Function::new(2, Prediction::Score, |x, _level, out| {
///     for (out, x) in out.data_mut().iter_mut().zip(x.data()) {
///         *out = -x;
///     }
///     Ok(())
/// });
/// let (x, level) = (Batch::new(2, vec![1.0, -1.0])?, VpLinear::default().level(0.5)?);
/// let mut noise = Batch::zeros(1, 2);
/// model.predict(&x, 0, &level, Prediction::Noise, &mut noise)?;
/// assert!((noise.data()[0] - level.sigma).abs() < 1e-15);
/// # Ok::<(), ansatz_core::Error>(())
/// ```
pub struct Function<F> {
    dim: usize,
    kind: Prediction,
    f: F,
}

impl<F: Fn(&Batch, &Level, &mut Batch) -> Result<()> + Sync> Function<F> {
    /// The model of dimension `dim` whose predictions of kind `kind` the closure writes.
    pub fn new(dim: usize, kind: Prediction, f: F) -> Self {
        Self { dim, kind, f }
    }
}

impl<F: Fn(&Batch, &Level, &mut Batch) -> Result<()> + Sync> Model for Function<F> {
    fn dim(&self) -> usize {
        self.dim
    }

    fn predict(&self, x: &Batch, _first: usize, level: &Level, want: Prediction, out: &mut Batch) -> Result<()> {
        same_shape(self.dim, x, out)?;
        (self.f)(x, level, out)?;
        want.convert(self.kind, level, x, out)
    }
}

fn same_shape(dim: usize, x: &Batch, out: &Batch) -> Result<()> {
    if (x.dim(), x.rows()) == (out.dim(), out.rows()) && x.dim() == dim {
        Ok(())
    } else {
        let given = format!("{} × {} for {} × {}", x.rows(), x.dim(), out.rows(), out.dim());
        Err(Error::parameter("the shape of the batch", given, format!("rows of {dim} coordinates, in and out")))
    }
}
