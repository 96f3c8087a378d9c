//! Derivatives of a model's predictions along a direction in the point and the level at once.
//!
//! `d/dh f(x + h v, λ + h ρ)` at `h = 0`: one product with the Jacobian, never the Jacobian itself. The mixtures know it in
//! closed form; any other model gets central differences.

use super::{Model, same_shape};
use crate::batch::Batch;
use crate::prediction::Prediction;
use crate::schedule::{Level, Rate};
use ansatz_core::{Error, Result};

/// The step of a central difference, relative to the noise in the point, or in `λ`: between the rounding of networks in
/// single precision and the curvature of predictions.
const STEP: f64 = 1e-4;

/// A direction: how the point and its level change.
#[derive(Clone, Copy, Debug)]
pub struct Direction<'a> {
    /// Of the point, in its shape.
    pub x: &'a Batch,
    /// Of the level; zero if it stays.
    pub level: Rate,
}

/// The derivative by a central difference, two predictions: the default of [`Model::tangent`].
pub(super) fn difference<M: Model + ?Sized>(
    model: &M,
    x: &Batch,
    first: usize,
    level: &Level,
    want: Prediction,
    direction: &Direction,
    out: &mut Batch,
) -> Result<()> {
    same_shape(x.dim(), direction.x, out)?;
    same_shape(model.dim(), x, out)?;
    let size = (direction.x.data().iter().map(|v| v * v).sum::<f64>() / out.data().len() as f64).sqrt();
    let rate = (direction.level.log_alpha - direction.level.log_sigma).abs();
    let speed = (size / level.sigma).max(rate);
    if !speed.is_finite() {
        return Err(Error::parameter("the direction", speed, "finite, at a level with noise"));
    }
    if speed == 0.0 {
        out.data_mut().fill(0.0);
        return Ok(());
    }
    let h = STEP / speed;
    let at = |h: f64, out: &mut Batch| {
        let moved = x.data().iter().zip(direction.x.data()).map(|(x, v)| x + h * v).collect();
        model.predict(&Batch::new(x.dim(), moved)?, first, &direction.level.from(level, h), want, out)
    };
    let mut back = Batch::zeros(out.rows(), out.dim());
    at(h, out)?;
    at(-h, &mut back)?;
    for (out, back) in out.data_mut().iter_mut().zip(back.data()) {
        *out = (*out - back) / (2.0 * h);
    }
    Ok(())
}
