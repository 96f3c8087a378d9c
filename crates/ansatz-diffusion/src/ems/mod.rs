//! Empirical model statistics: how a model is best parameterised at each level, coordinate by coordinate.
//!
//! The probability-flow equation may be split at will into a linear part, which is solved exactly, and a rest, which is
//! expanded. With any functions `l`, `s`, `b` of `λ`, one value a coordinate,
//!
//! ```text
//! dx/dλ = (d ln α/dλ − l) x − α f,   f = (σ ε − l x)/α = (1 − l) x/α − x̂_0,   df/dλ = s f + b + remainder
//! ```
//!
//! `l = 0` is noise prediction, `(l, s, b) = (1, 0, 0)` data prediction. The statistics of a model choose `l` so that `f` depends
//! least on `x`, and `s`, `b` so that the remainder is least in the mean square over the model's data:
//!
//! ```text
//! l = E[diag(σ ∂ε/∂x)]      s = cov(f, f')/var(f)      b = E[f'] − s E[f]        f' = df/dλ along the equation
//! ```
//!
//! They are [estimated](Estimation) once for a model and a schedule, kept in a [file](Ems::save), and used by
//! [`V3`](crate::solver::V3).
//!
//! Source: Zheng, Lu, Chen and Zhu 2023, arXiv:2310.13268.

mod estimate;
mod file;
mod integrals;

pub use estimate::{Estimation, Estimator, Moments};
pub(crate) use integrals::Leg;

use crate::batch::Batch;
use crate::grid::Path;
use crate::model::Model;
use crate::noise::start_points;
use crate::prediction::Prediction;
use crate::schedule::Level;
use ansatz_core::{Error, Result};

/// Points at which a model is recognised.
const POINTS: usize = 4;
/// How far levels and predictions may differ from those that the statistics were made for, relative to 1 and their size.
const SAME: f64 = 1e-9;

/// The statistics of a model on the levels of a schedule; linear in `λ` between them.
///
/// ```
/// use ansatz_core::{Run, Seed};
/// use ansatz_diffusion::ems::{Ems, Estimation};
/// use ansatz_diffusion::{Path, model, schedule};
/// let (model, schedule) = (model::gmm8()?, schedule::VpLinear::default());
/// let path = Path::whole(&schedule)?;
/// let data = model.draws(Seed(1), 64);
/// let statistics = Estimation { steps: 30, ..Estimation::default() }.run(&model, &path, &data, &mut Run::new(Seed(1)))?;
/// // At the noisy end the model is data prediction.
/// assert!(statistics.mean_l(0) > 0.99);
/// # Ok::<(), ansatz_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ems {
    schedule: String,
    dim: usize,
    /// `λ` rises.
    levels: Vec<Level>,
    /// Each: a row of `dim` values a level.
    l: Vec<f64>,
    s: Vec<f64>,
    b: Vec<f64>,
    /// Data predictions of the model at [`POINTS`] points of the middle level; empty if the statistics are nobody's.
    mark: Vec<f64>,
    /// What estimating them took, and where it had to give way.
    pub about: About,
}

/// Where statistics come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Samples that expectations were taken over.
    pub samples: usize,
    /// Random directions a sample for `l`.
    pub probes: usize,
    /// Values of `s` that were set to 0 because `f` does not vary there: constant or Gaussian coordinates.
    pub dead: usize,
    /// Values of `s` that were brought back to ±3.
    pub clipped: usize,
}

impl Ems {
    /// Statistics from outside, at rising `λ`: each of `l`, `s`, `b` has a row of `dim` values a level.
    ///
    /// # Errors
    /// [`Error::Parameter`] for fewer than two levels, some that do not rise in `λ`, or rows of other lengths;
    /// [`Error::NotFinite`] for a value that is not finite.
    pub fn new(
        schedule: String,
        levels: Vec<Level>,
        dim: usize,
        [l, s, b]: [Vec<f64>; 3],
        mark: Vec<f64>,
    ) -> Result<Self> {
        if levels.len() < 2 || dim == 0 {
            let given = format!("{} levels of dimension {dim}", levels.len());
            return Err(Error::parameter("the statistics", given, "at least 2 levels of dimension 1 or more"));
        }
        if !levels.iter().all(|level| level.lambda.is_finite()) {
            let place = "an end of the statistics".to_owned();
            return Err(Error::NotFinite { quantity: "lambda".into(), place });
        }
        if let Some(pair) = levels.windows(2).find(|pair| pair[1].lambda <= pair[0].lambda) {
            let given = format!("{}, {}", pair[0].lambda, pair[1].lambda);
            return Err(Error::parameter("lambda of the statistics", given, "strictly rising"));
        }
        if !(mark.is_empty() || mark.len() == POINTS * dim) {
            return Err(Error::parameter("the length of the model's mark", mark.len(), (POINTS * dim).to_string()));
        }
        for (name, values) in [("l", &l), ("s", &s), ("b", &b)] {
            if values.len() != levels.len() * dim {
                let allowed = format!("{} levels × {dim}", levels.len());
                return Err(Error::parameter(format!("the number of values of {name}"), values.len(), allowed));
            }
            if let Some(i) = values.iter().position(|value| !value.is_finite()) {
                let place = format!("level {}, coordinate {}", i / dim, i % dim);
                return Err(Error::NotFinite { quantity: name.to_owned(), place });
            }
        }
        Ok(Self { schedule, dim, levels, l, s, b, mark, about: About::default() })
    }

    /// The same `l`, `s`, `b` at every level of `path` and for every coordinate: `(1, 0, 0)` makes
    /// [`V3`](crate::solver::V3) a solver in data prediction, `(0, −1, 0)` one in noise prediction.
    ///
    /// # Errors
    /// As [`Ems::new`]; [`Error::Parameter`] if `λ` is not finite at an end of the path.
    pub fn constant(path: &Path, dim: usize, [l, s, b]: [f64; 3]) -> Result<Self> {
        let mut levels = vec![path.from, path.to];
        levels.sort_by(|a, b| a.lambda.total_cmp(&b.lambda));
        let rows = [l, s, b].map(|value| vec![value; 2 * dim]);
        Self::new(path.schedule.name(), levels, dim, rows, Vec::new())
    }

    /// Coordinates of a sample.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The levels, by rising `λ`.
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// The name of the schedule.
    pub fn schedule(&self) -> &str {
        &self.schedule
    }

    /// `l` at level `i`.
    pub fn l(&self, i: usize) -> &[f64] {
        &self.l[i * self.dim..(i + 1) * self.dim]
    }

    /// `s` at level `i`.
    pub fn s(&self, i: usize) -> &[f64] {
        &self.s[i * self.dim..(i + 1) * self.dim]
    }

    /// `b` at level `i`.
    pub fn b(&self, i: usize) -> &[f64] {
        &self.b[i * self.dim..(i + 1) * self.dim]
    }

    /// The mean of `l` over the coordinates, at level `i`.
    pub fn mean_l(&self, i: usize) -> f64 {
        self.l(i).iter().sum::<f64>() / self.dim as f64
    }

    /// Refuses a path that these statistics were not made for: another schedule, or one that leaves their range.
    ///
    /// # Errors
    /// [`Error::Parameter`] with what differs.
    pub fn fits(&self, path: &Path) -> Result<()> {
        let (first, last) = (self.levels[0], self.levels[self.levels.len() - 1]);
        for end in [path.from, path.to] {
            let slack = SAME * (1.0 + end.lambda.abs());
            if !(first.lambda - slack..=last.lambda + slack).contains(&end.lambda) {
                let allowed = format!("between {} and {}, the range of the statistics", first.lambda, last.lambda);
                return Err(Error::parameter("lambda at an end of the path", end.lambda, allowed));
            }
        }
        let own = path.schedule;
        for level in &self.levels {
            // Levels outside the schedule's domain have no counterpart; they are not used either.
            let Ok(same) = own.level_at(level.lambda) else { continue };
            let near = |a: f64, b: f64| (a - b).abs() <= SAME * (1.0 + a.abs());
            if own.name() != self.schedule || !near(level.log_alpha, same.log_alpha) || !near(level.t, same.t) {
                let given = format!("{}, with time {} at lambda {}", own.name(), same.t, level.lambda);
                let allowed = format!("that of the statistics, {}, with time {} there", self.schedule, level.t);
                return Err(Error::parameter("the schedule", given, allowed));
            }
        }
        Ok(())
    }

    /// Refuses a model whose predictions are not those of the model that was measured: a guided or distilled model is
    /// another one, for which these statistics may still serve. Four predictions.
    ///
    /// # Errors
    /// [`Error::Parameter`] with how far the two are apart; those of the model.
    pub fn belong_to(&self, model: &dyn Model) -> Result<()> {
        let mark = mark(model, self.levels[self.levels.len() / 2])?;
        if self.mark.is_empty() || model.dim() != self.dim {
            let given = format!("one of dimension {}", model.dim());
            let allowed = format!("the one of dimension {} that the statistics were measured on", self.dim);
            return if self.mark.is_empty() { Ok(()) } else { Err(Error::parameter("the model", given, allowed)) };
        }
        let far = self.mark.iter().zip(&mark).map(|(a, b)| (a - b).abs() / (1.0 + a.abs())).fold(0.0, f64::max);
        if far <= 1e-6 {
            return Ok(());
        }
        let given = format!("another: its predictions differ by {far:.1e}");
        Err(Error::parameter("the model", given, "the one that the statistics were measured on"))
    }
}

/// What a model is recognised by: its data predictions at some points of a level.
fn mark(model: &dyn Model, level: Level) -> Result<Vec<f64>> {
    let x = start_points(POINTS, model.dim(), &level);
    let mut out = Batch::zeros(POINTS, model.dim());
    model.predict(&x, 0, &level, Prediction::Data, &mut out)?;
    Ok(out.data().to_vec())
}
