//! What a search minimises.

use crate::batch::{Batch, rmse};
use crate::grid::Path;
use crate::model::Model;
use crate::reference::reference;
use crate::solver::Method;
use crate::usf::SolverSchedule;
use ansatz_core::{Error, Result};

/// The quality of a sampler, the lower the better.
pub trait Objective: Sync {
    /// The way that samplers go.
    fn path(&self) -> Path<'_>;

    /// The mean of the data, for analytic first steps; none to search without.
    fn mean(&self) -> Option<&[f64]>;

    /// Samples that one score takes: every one of them costs the sampler's evaluations.
    fn samples(&self) -> usize;

    /// The score: the same for the same sampler, whenever it is asked.
    ///
    /// # Errors
    /// [`Error::NotFinite`] if the sampler diverges, which a search survives. All others end it.
    fn score(&self, sampler: &SolverSchedule) -> Result<f64>;
}

/// The root mean square error against the exact flow, from fixed start states.
pub struct FlowError<'a> {
    model: &'a dyn Model,
    path: Path<'a>,
    mean: Option<Vec<f64>>,
    start: Batch,
    exact: Batch,
}

impl<'a> FlowError<'a> {
    /// From these start states; `mean` allows analytic first steps. Solves for the exact ends, with local errors of `rtol`.
    ///
    /// # Errors
    /// As [`reference()`].
    pub fn new(model: &'a dyn Model, path: Path<'a>, start: Batch, mean: Option<Vec<f64>>, rtol: f64) -> Result<Self> {
        let exact = reference(model, &path, &start, rtol)?.x;
        Ok(Self { model, path, mean, start, exact })
    }

    /// The samples that a method gives.
    ///
    /// # Errors
    /// Those of the method and of the model.
    pub fn transport(&self, method: &dyn Method) -> Result<Batch> {
        let mut walk = method.begin(&self.path, self.start.clone())?;
        let mut answer = Batch::zeros(self.start.rows(), self.start.dim());
        while let Some(query) = walk.query() {
            self.model.predict(query.x, 0, &query.level, query.want, &mut answer)?;
            walk.step(answer.clone())?;
        }
        Ok(walk.state().clone())
    }

    /// The error of any method.
    ///
    /// # Errors
    /// [`Error::NotFinite`] if it diverges, else as [`FlowError::transport`].
    pub fn error(&self, method: &dyn Method) -> Result<f64> {
        let error = rmse(&self.transport(method)?, &self.exact);
        if error.is_finite() {
            Ok(error)
        } else {
            Err(Error::NotFinite { quantity: "the error".into(), place: "the end of the sampling".into() })
        }
    }
}

impl Objective for FlowError<'_> {
    fn path(&self) -> Path<'_> {
        self.path
    }

    fn mean(&self) -> Option<&[f64]> {
        self.mean.as_deref()
    }

    fn samples(&self) -> usize {
        self.start.rows()
    }

    fn score(&self, sampler: &SolverSchedule) -> Result<f64> {
        self.error(sampler)
    }
}
