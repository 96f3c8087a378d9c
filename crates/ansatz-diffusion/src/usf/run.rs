//! A schedule as a method: the walk along its plan, the analytic first answer put in.

use super::decision::{Afs, SolverSchedule};
use crate::batch::Batch;
use crate::grid::Path;
use crate::prediction::Prediction;
use crate::solver::Method;
use crate::stepper::{Query, Stepper, Walk};
use ansatz_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// A walk whose first answer, if there is an analytic first step, was not asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScheduleWalk {
    walk: Walk,
    free: u64,
}

impl Stepper for ScheduleWalk {
    fn query(&self) -> Option<Query<'_>> {
        self.walk.query()
    }

    fn step(&mut self, answer: Batch) -> Result<()> {
        self.walk.step(answer)
    }

    fn state(&self) -> &Batch {
        self.walk.state()
    }

    fn evaluations(&self) -> u64 {
        self.walk.evaluations() - self.free
    }
}

impl SolverSchedule {
    /// A sampling that begins with `start`, at the first node.
    ///
    /// # Errors
    /// See [`SolverSchedule::check`]; [`Error::Parameter`] if the mean of the analytic first step has another dimension;
    /// [`Error::NotFinite`] if the start is not finite.
    pub fn walk(&self, path: &Path, start: Batch) -> Result<ScheduleWalk> {
        let ends = [self.nodes.first().copied(), self.nodes.last().copied()];
        if ends != [Some(path.from.t), Some(path.to.t)] {
            let given = format!("{} to {}", path.from.t, path.to.t);
            let allowed = format!(
                "that of the solver schedule, {:?} to {:?}",
                ends[0].unwrap_or(f64::NAN),
                ends[1].unwrap_or(f64::NAN)
            );
            return Err(Error::parameter("the path, from time", given, allowed));
        }
        let mut walk = Walk::begin(self.plan(path.schedule)?, start)?;
        let Some(afs) = &self.afs else { return Ok(ScheduleWalk { walk, free: 0 }) };
        let answer = walk.query().map(|query| analytic(afs, &query)).transpose()?;
        if let Some(answer) = answer {
            walk.step(answer)?;
        }
        Ok(ScheduleWalk { walk, free: 1 })
    }
}

/// What is taken for the first answer.
fn analytic(afs: &Afs, query: &Query) -> Result<Batch> {
    let mut answer = Batch::zeros(query.x.rows(), query.x.dim());
    if let Afs::Average(mean) = afs {
        if mean.len() != query.x.dim() {
            let allowed = format!("the model's, {}", query.x.dim());
            return Err(Error::parameter("the dimension of the mean of the data", mean.len(), allowed));
        }
        for i in 0..answer.rows() {
            answer.row_mut(i).copy_from_slice(mean);
        }
    }
    query.want.convert(Prediction::Data, &query.level, query.x, &mut answer)?;
    Ok(answer)
}

impl Method for SolverSchedule {
    fn name(&self) -> String {
        format!("solver schedule of {} steps", self.steps.len())
    }

    fn begin<'a>(&'a self, path: &Path<'a>, start: Batch) -> Result<Box<dyn Stepper + Send + 'a>> {
        Ok(Box::new(self.walk(path, start)?))
    }
}
