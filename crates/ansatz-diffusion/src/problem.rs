//! Error against work of several methods on one exact model.

use crate::batch::{Batch, median_error, rmse};
use crate::grid::{Grid, Path};
use crate::model::Model;
use crate::reference::reference;
use crate::sampling::Sampling;
use crate::solver::{
    Adaptive, Control, Ddim, DormandPrince, DpmPair, DpmSolver, Method, RungeKutta, Solver, Steps, Variable,
};
use ansatz_core::{Error, Frontier, Result, Run, Stopped};

/// Start states on a model, and their exact ends: what all methods are measured by.
pub struct Problem<'a> {
    model: &'a dyn Model,
    path: Path<'a>,
    start: Batch,
    exact: Batch,
    floor: f64,
}

/// What a method came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Predictions asked of the model for the batch.
    pub evaluations: u64,
    /// Root mean square error against the exact flow, over all samples and coordinates.
    pub rmse: f64,
    /// The median over the samples of their own root mean square errors.
    pub median: f64,
    /// Steps taken back.
    pub rejected: u64,
}

impl<'a> Problem<'a> {
    /// Solves for the exact ends with local errors of `rtol`, and once more a hundred times looser to see how far they are
    /// to be believed: [`Problem::floor`].
    ///
    /// # Errors
    /// As [`reference()`].
    pub fn new(model: &'a dyn Model, path: Path<'a>, start: Batch, rtol: f64) -> Result<Self> {
        let exact = reference(model, &path, &start, rtol)?.x;
        let floor = rmse(&exact, &reference(model, &path, &start, 100.0 * rtol)?.x);
        Ok(Self { model, path, start, exact, floor })
    }

    /// The exact ends.
    pub fn exact(&self) -> &Batch {
        &self.exact
    }

    /// By how much the exact ends change when they are computed a hundred times less accurately: more than their own error.
    pub fn floor(&self) -> f64 {
        self.floor
    }

    /// Runs a method on all start states, and on all cores; one that couples the samples of a batch gets them as one batch.
    ///
    /// # Errors
    /// Those of the method; [`Error::Environment`] if the run was stopped, as half a sampling has no error.
    pub fn score(&self, method: &dyn Method, run: &mut Run) -> Result<Score> {
        let sampling = Sampling::new(self.path, method).threads(0).batch(16);
        let sampling = if method.couples() { sampling.together() } else { sampling };
        let samples = sampling.transport(self.model, &self.start, run)?;
        if samples.stopped != Stopped::Converged {
            let reason = format!("{} was stopped half-way: {}", method.name(), samples.stopped);
            return Err(Error::Environment { what: "a whole sampling".into(), reason });
        }
        Ok(Score {
            evaluations: samples.work.evaluations,
            rmse: rmse(&samples.x, &self.exact),
            median: median_error(&samples.x, &self.exact),
            rejected: samples.work.count("rejected steps"),
        })
    }

    /// Runs a solver of fixed steps.
    ///
    /// # Errors
    /// See [`Problem::score`].
    pub fn fixed(&self, solver: &dyn Solver, grid: &Grid, evaluations: usize, run: &mut Run) -> Result<Score> {
        self.score(&Steps { solver, grid: grid.clone(), evaluations, denoise: false }, run)
    }

    /// The least number of evaluations, of at most `limit`, with which a solver of falling error reaches `target`.
    ///
    /// # Errors
    /// See [`Problem::score`].
    pub fn evaluations_to(
        &self,
        target: f64,
        solver: &dyn Solver,
        grid: &Grid,
        limit: usize,
        run: &mut Run,
    ) -> Result<Option<usize>> {
        let mut reaches = |n: usize| Ok::<_, Error>(self.fixed(solver, grid, n, run)?.rmse <= target);
        let (mut fails, mut holds) = (0, 1);
        while !reaches(holds)? {
            if holds == limit {
                return Ok(None);
            }
            (fails, holds) = (holds, limit.min(2 * holds));
        }
        while holds - fails > 1 {
            let middle = usize::midpoint(fails, holds);
            if reaches(middle)? { holds = middle } else { fails = middle }
        }
        Ok(Some(holds))
    }

    /// The work–error curves of DPM-Solver and of the solvers to compare with, and what was left out.
    ///
    /// Fixed steps on the grid with these numbers of evaluations, adaptive ones with these tolerances. A run that breaks
    /// down is left out and named.
    ///
    /// # Errors
    /// [`Error::Environment`] if the run was stopped.
    pub fn frontier(
        &self,
        title: &str,
        grid: &Grid,
        budgets: &[usize],
        tolerances: &[f64],
        run: &mut Run,
    ) -> Result<(Frontier, Vec<String>)> {
        let mut frontier = Frontier::new(title, "evaluations of the model", "RMSE against the exact flow");
        frontier.log_work = true;
        frontier.floor = Some(self.floor);
        frontier.caption = format!(
            "{} on {} from t = {} to {}, {} samples, f64; one evaluation is one prediction for all of them; adaptive steps are shared by all",
            grid,
            self.path.schedule.name(),
            self.path.from.t,
            self.path.to.t,
            self.start.rows()
        );
        let mut left_out = Vec::new();
        let ours: [Box<dyn Solver>; 3] =
            [Box::new(DpmSolver::fast(3)?), Box::new(DpmSolver::fixed(2)?), Box::new(DpmSolver::fixed(3)?)];
        let rivals: [Box<dyn Solver>; 6] = [
            Box::new(Ddim),
            Box::new(RungeKutta::euler(Variable::Time)),
            Box::new(RungeKutta::heun(Variable::Time)),
            Box::new(RungeKutta::heun(Variable::LogSnr)),
            Box::new(RungeKutta::third(Variable::LogSnr)),
            Box::new(RungeKutta::fourth(Variable::LogSnr)),
        ];
        for (solver, own) in ours.iter().map(|s| (s, true)).chain(rivals.iter().map(|s| (s, false))) {
            let mut points = Vec::new();
            for &n in budgets {
                run.message(format!("{title}: {}, {n} evaluations", solver.name()));
                // Fewer evaluations than one step takes are no failure.
                if solver.plan(&self.path, grid, n).is_err() {
                    continue;
                }
                keep(
                    self.fixed(&**solver, grid, n, run),
                    &format!("{} with {n}", solver.name()),
                    &mut points,
                    &mut left_out,
                )?;
            }
            add(&mut frontier, &solver.name(), own, points)?;
        }
        let paper = |rtol: f64| Control { rtol, atol: 0.0078 / 0.05 * rtol, ..Control::default() };
        let two = DpmPair::new(2)?;
        let three = DpmPair::new(3)?;
        let generic = DormandPrince { variable: Variable::Time };
        let pairs: [(&dyn crate::solver::Pair, bool); 3] = [(&two, true), (&three, true), (&generic, false)];
        for (pair, own) in pairs {
            let mut points = Vec::new();
            for &rtol in tolerances {
                run.message(format!("{title}: {}, rtol {rtol:e}", pair.name()));
                let control = if own { paper(rtol) } else { Control::runge_kutta(rtol) };
                let score = self.score(&Adaptive { pair, control }, run);
                keep(score, &format!("{} with rtol {rtol:e}", pair.name()), &mut points, &mut left_out)?;
            }
            add(&mut frontier, &pair.name(), own, points)?;
        }
        Ok((frontier, left_out))
    }
}

fn add(frontier: &mut Frontier, name: &str, own: bool, points: Vec<(f64, f64)>) -> Result<()> {
    if own { frontier.ours(name, points) } else { frontier.rival(name, points) }
}

/// Keeps a score, or names the run that broke down.
fn keep(score: Result<Score>, name: &str, points: &mut Vec<(f64, f64)>, left_out: &mut Vec<String>) -> Result<()> {
    match score {
        Ok(score) => points.push((score.evaluations as f64, score.rmse)),
        Err(error @ Error::Environment { .. }) => return Err(error),
        Err(error) => left_out.push(format!("{name}: {error}")),
    }
    Ok(())
}
