//! Solvers of the probability-flow equation.
//!
//! Steps of a given number: [`Ddim`], [`DpmSolver`], [`DpmMultistep`], [`UniPc`], [`Deis`], [`Plms`], [`Ghvb`], [`RfSolver`], [`FireFlow`], [`RungeKutta`]; each
//! compiles to a [`Plan`], and those of multistep solvers take [`Momentum`]. [`V3`] is one that knows statistics of its model. Steps
//! chosen by their error: a
//! [`Pair`] of two orders, [`DpmPair`] or [`DormandPrince`], under [`Adaptive`]. [`Steps`] and [`Adaptive`] are the two kinds of
//! [`Method`] that [`Sampling`](crate::Sampling) runs. [`named`] knows them by name.

mod adaptive;
mod automatic;
mod ddim;
mod deis;
mod dormand_prince;
mod dpm_multistep;
mod dpm_pair;
mod dpm_solver;
mod fireflow;
mod ghvb;
mod interpolate;
mod momentum;
mod named;
mod plms;
mod rf_exact;
mod rf_solver;
mod runge_kutta;
mod semilinear;
pub(crate) mod straight;
mod unipc;
mod v3;

pub use adaptive::{Adaptive, AdaptiveState, AdaptiveWalk, Attempt, Control, Norm, Pair};
pub use automatic::{Stiffness, automatic_number};
pub use ddim::Ddim;
pub use deis::{Deis, Extrapolation};
pub use dormand_prince::DormandPrince;
pub use dpm_multistep::{DpmMultistep, Tail, Third};
pub use dpm_pair::DpmPair;
pub use dpm_solver::{DpmSolver, Orders};
pub use fireflow::FireFlow;
pub use ghvb::Ghvb;
pub use momentum::{Kind, Momentum};
pub use named::{NAMES, multistep, named};
pub use plms::{Plms, Spacing, WarmUp};
pub use rf_exact::carry_exact;
pub use rf_solver::{Derivative, RfSolver};
pub use runge_kutta::{RungeKutta, Variable};
pub use semilinear::{Expansion, Form};
pub use unipc::{Bh, UniPc};
pub use v3::{Corrector, V3, V3State, V3Walk};

use crate::batch::Batch;
use crate::grid::{Grid, Path};
use crate::plan::{Combination, Plan, Stage, Term};
use crate::prediction::Prediction;
use crate::stepper::{Stepper, Walk};
use ansatz_core::{Error, Result, Seed};
use std::fmt::Debug;

/// A solver whose steps are fixed beforehand.
pub trait Solver: Sync + Debug {
    /// Its name in tables.
    fn name(&self) -> String;

    /// Its order of convergence.
    fn order(&self) -> usize;

    /// Who published it.
    fn citation(&self) -> &'static str;

    /// The plan that goes along `path` with at most `evaluations` questions to the model.
    ///
    /// # Errors
    /// [`Error::Parameter`] if these are fewer than one step takes, the grid is impossible, or the solver's variable has no
    /// finite value at an end.
    fn plan(&self, path: &Path, grid: &Grid, evaluations: usize) -> Result<Plan>;
}

/// A way to get from one end of a path to the other.
pub trait Method: Sync + Debug {
    /// Its name in tables.
    fn name(&self) -> String;

    /// Whether the samples of a batch share something, such as the step size, so that each depends on the others.
    fn couples(&self) -> bool {
        false
    }

    /// A sampling that begins with `start`.
    ///
    /// # Errors
    /// As [`Solver::plan`]; [`Error::NotFinite`] if the start is not finite.
    fn begin<'a>(&'a self, path: &Path<'a>, start: Batch) -> Result<Box<dyn Stepper + Send + 'a>>;

    /// The same for samples from index `first` on in a run of this seed: what a method needs to know that draws noise in
    /// its steps.
    ///
    /// # Errors
    /// As [`Method::begin`].
    fn begin_at<'a>(
        &'a self,
        path: &Path<'a>,
        start: Batch,
        _seed: Seed,
        _first: usize,
    ) -> Result<Box<dyn Stepper + Send + 'a>> {
        self.begin(path, start)
    }
}

/// A solver with its grid and its number of evaluations.
#[derive(Debug)]
pub struct Steps<'a> {
    /// The solver.
    pub solver: &'a dyn Solver,
    /// Where the steps are.
    pub grid: Grid,
    /// Questions to the model, at most; with `denoise` one more.
    pub evaluations: usize,
    /// Whether the end state is replaced by the data predicted there: takes away the noise that is left at the end time.
    pub denoise: bool,
}

impl Steps<'_> {
    /// The plan.
    ///
    /// # Errors
    /// See [`Solver::plan`].
    pub fn plan(&self, path: &Path) -> Result<Plan> {
        let plan = self.solver.plan(path, &self.grid, self.evaluations)?;
        if !self.denoise {
            return Ok(plan);
        }
        let (mut stages, result) = (plan.stages().to_vec(), plan.result().clone());
        stages.push(Stage { level: path.to, want: Prediction::Data, point: result });
        let last = stages.len() - 1;
        Plan::new(stages, Combination::of(Term::Answer(last)))
    }
}

impl Method for Steps<'_> {
    fn name(&self) -> String {
        self.solver.name()
    }

    fn begin<'a>(&'a self, path: &Path<'a>, start: Batch) -> Result<Box<dyn Stepper + Send + 'a>> {
        Ok(Box::new(Walk::begin(self.plan(path)?, start)?))
    }

    fn begin_at<'a>(
        &'a self,
        path: &Path<'a>,
        start: Batch,
        seed: Seed,
        first: usize,
    ) -> Result<Box<dyn Stepper + Send + 'a>> {
        Ok(Box::new(Walk::begin_at(self.plan(path)?, start, seed, first)?))
    }
}

/// Refuses a budget that does not suffice for one step.
fn enough(evaluations: usize, step: usize, name: &str) -> Result<()> {
    if evaluations >= step {
        Ok(())
    } else {
        Err(Error::parameter("the number of evaluations", evaluations, format!("at least {step} for {name}")))
    }
}

/// Refuses a start where `λ` has no value, and an end that is pure noise: for solvers that may end at pure data.
fn finite_start(path: &Path, name: &str) -> Result<()> {
    if path.to.lambda == f64::INFINITY && path.from.lambda.is_finite() { Ok(()) } else { finite_lambda(path, name) }
}

/// Refuses levels between which `λ` has no length, or where dividing by `α` has no meaning.
fn finite_lambda(path: &Path, name: &str) -> Result<()> {
    for level in [path.from, path.to] {
        if !level.lambda.is_finite() {
            let allowed = format!("one at which lambda is finite, because {name} steps in it");
            return Err(Error::parameter("an end of the path, time", level.t, allowed));
        }
    }
    Ok(())
}
