//! Classifier-free guidance: samples of a class, more typical of it than the data are.
//!
//! With scale `s` the prediction is `s · f(x | c) + (1 − s) · f(x)` for `f` any of noise, data, score, v or velocity: the
//! combination is the same for all, since they are affine in one another with the same `x`. `s = 1` is the class itself,
//! `s = 0` no class. Two network calls a prediction.
//!
//! Source: Ho and Salimans 2022, arXiv:2207.12598.

use super::{Model, same_shape};
use crate::batch::Batch;
use crate::prediction::Prediction;
use crate::schedule::Level;
use ansatz_core::{Error, Result};

/// A model that also knows classes.
pub trait Conditional: Model {
    /// Number of classes; they are counted from 0.
    fn classes(&self) -> usize;

    /// As [`Model::predict`], each row given its class.
    ///
    /// # Errors
    /// As [`Model::predict`], and [`Error::Parameter`] for a class that does not exist.
    fn predict_class(
        &self,
        x: &Batch,
        classes: &[usize],
        level: &Level,
        want: Prediction,
        out: &mut Batch,
    ) -> Result<()>;
}

/// A model under classifier-free guidance. Sample `i` gets class `classes[i mod n]` of the `n` given.
pub struct Guided<'a> {
    model: &'a dyn Conditional,
    classes: Vec<usize>,
    scale: f64,
}

impl<'a> Guided<'a> {
    /// Guides `model` towards the classes, which the samples take in turn.
    ///
    /// # Errors
    /// [`Error::Parameter`] for no class, one that does not exist, or a scale that is negative or not finite.
    pub fn new(model: &'a dyn Conditional, classes: Vec<usize>, scale: f64) -> Result<Self> {
        if !(scale >= 0.0 && scale.is_finite()) {
            return Err(Error::parameter("the guidance scale", scale, "0 or greater, and finite"));
        }
        if classes.is_empty() {
            return Err(Error::parameter("the number of classes", 0, "at least 1"));
        }
        if let Some(wrong) = classes.iter().find(|&&class| class >= model.classes()) {
            return Err(Error::parameter("class", wrong, format!("below {}", model.classes())));
        }
        Ok(Self { model, classes, scale })
    }
}

impl Model for Guided<'_> {
    fn dim(&self) -> usize {
        self.model.dim()
    }

    fn calls(&self) -> u64 {
        2 * self.model.calls()
    }

    fn predict(&self, x: &Batch, first: usize, level: &Level, want: Prediction, out: &mut Batch) -> Result<()> {
        same_shape(self.dim(), x, out)?;
        let classes: Vec<usize> = (0..x.rows()).map(|i| self.classes[(first + i) % self.classes.len()]).collect();
        self.model.predict_class(x, &classes, level, want, out)?;
        let mut free = Batch::zeros(x.rows(), x.dim());
        self.model.predict(x, first, level, want, &mut free)?;
        for (out, free) in out.data_mut().iter_mut().zip(free.data()) {
            *out = self.scale * *out + (1.0 - self.scale) * free;
        }
        Ok(())
    }
}
