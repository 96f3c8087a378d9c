//! RF-Edit: editing of data by rectified flows with shared attention features.
//!
//! 1. The data are inverted to noise under the source condition, without guidance. In the intervals next to the noise the values
//!    `V` of self-attention of some blocks are recorded at every evaluation.
//! 2. From that noise the flow is sampled under the target condition on the same grid. In the first `inject` intervals, which are
//!    those, the recorded values stand in for the blocks' own; queries and keys remain those of the edit.
//!
//! More injected intervals keep more of the source and edit less. Steps are those of [`RfSolver`](crate::solver::RfSolver), order 1
//! or 2 in the midpoint form. In order 2 the stages of both directions are not at the same times within an interval: the first
//! one is at the end where the step begins. They are paired by their number, as published.
//!
//! `order` evaluations a step and direction; with guidance other than 1 two network calls for each in the edit.
//!
//! Source: Wang et al. 2025, arXiv:2411.04746, section 3.3.

use super::features::{Recorder, Replacer};
use super::{AttnModel, Features, Hook};
use crate::batch::Batch;
use crate::grid::{Grid, Path};
use crate::schedule::Level;
use crate::solver::straight::{level, size, tau};
use ansatz_core::{Error, Result};
use std::collections::BTreeMap;
use std::ops::Range;

/// Parameters of an edit.
#[derive(Clone, Debug, PartialEq)]
pub struct RfEdit {
    /// Order of the steps, 1 or 2.
    pub order: usize,
    /// Number of steps in each direction.
    pub steps: usize,
    /// Intervals from the noise in which features are shared: 0 to `steps`.
    pub inject: usize,
    /// Blocks whose values are shared; the published choice is the second half.
    pub blocks: Range<usize>,
    /// Scale of classifier-free guidance in the edit; the inversion has none.
    pub guidance: f64,
}

/// An edit, and what it went through.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The noise that the data were inverted to.
    pub noise: Batch,
    /// The edited data.
    pub edited: Batch,
    /// What was recorded.
    pub features: Features,
    /// Evaluations of the model that one sample took, both directions together.
    pub evaluations: u64,
}

impl RfEdit {
    /// Second-order steps that share the second half of a model's blocks, without guidance.
    pub fn new(model: &dyn AttnModel, steps: usize, inject: usize) -> Self {
        Self { order: 2, steps, inject, blocks: model.blocks() / 2..model.blocks(), guidance: 1.0 }
    }

    /// Edits `data` from condition `source` to `target`; `path` goes from noise to data.
    ///
    /// # Errors
    /// See [`RfEdit::invert`] and [`RfEdit::edit`].
    pub fn run(
        &self,
        model: &dyn AttnModel,
        path: &Path,
        grid: &Grid,
        data: &Batch,
        (source, target): (usize, usize),
    ) -> Result<Edit> {
        let (noise, features) = self.invert(model, path, grid, data, source)?;
        let edited = self.edit(model, path, grid, &noise, &features, target)?;
        let evaluations = 2 * (self.order * self.steps) as u64;
        Ok(Edit { noise, edited, features, evaluations })
    }

    /// The noise of `data` under `source`, and the features of the intervals next to it. `path` goes from noise to data.
    ///
    /// # Errors
    /// [`Error::Parameter`] for parameters out of their range, a condition that does not exist, or shapes that do not fit;
    /// [`Error::NotFinite`] if a state is not finite.
    pub fn invert(
        &self,
        model: &dyn AttnModel,
        path: &Path,
        grid: &Grid,
        data: &Batch,
        source: usize,
    ) -> Result<(Batch, Features)> {
        let nodes = self.checked(model, path, grid, source)?;
        let mut features = Features {
            times: nodes.iter().map(|node| node.t).collect(),
            intervals: self.inject,
            blocks: self.blocks.clone(),
            values: BTreeMap::new(),
        };
        let mut x = data.clone();
        for interval in (0..self.steps).rev() {
            let ask = |stage: usize, x: &Batch, level: &Level, out: &mut Batch| {
                let mut recorder = Recorder { features: &mut features, interval, stage };
                model.velocity(x, Some(source), level, &mut recorder, out)
            };
            x = self.step(path, [&nodes[interval + 1], &nodes[interval]], &x, ask)?;
            x.finite("the state", || format!("interval {interval} of the inversion"))?;
        }
        Ok((x, features))
    }

    /// The data that `noise` becomes under `target`, with features of its inversion.
    ///
    /// # Errors
    /// As [`RfEdit::invert`]; [`Error::Parameter`] if the grid is not that of the inversion, or a feature is missing: with
    /// its key.
    pub fn edit(
        &self,
        model: &dyn AttnModel,
        path: &Path,
        grid: &Grid,
        noise: &Batch,
        features: &Features,
        target: usize,
    ) -> Result<Batch> {
        let nodes = self.checked(model, path, grid, target)?;
        let times: Vec<f64> = nodes.iter().map(|node| node.t).collect();
        if times.len() != features.times.len() {
            let (own, recorded) = (times.len() - 1, features.times.len().saturating_sub(1));
            let allowed = format!("that of the inversion, {recorded} steps");
            return Err(Error::parameter("the grid of the edit", format!("{own} steps"), allowed));
        }
        if let Some((own, recorded)) = times.iter().zip(&features.times).find(|(a, b)| a != b) {
            let allowed = format!("that of the inversion, with time {recorded} there");
            return Err(Error::parameter("the grid of the edit", format!("one with time {own}"), allowed));
        }
        let mut x = noise.clone();
        for interval in 0..self.steps {
            let ask = |stage: usize, x: &Batch, level: &Level, out: &mut Batch| {
                let (inject, blocks) = (self.inject, self.blocks.clone());
                let mut replacer = Replacer { features, inject, blocks, interval, stage };
                self.guided(model, x, target, level, &mut replacer, out)
            };
            x = self.step(path, [&nodes[interval], &nodes[interval + 1]], &x, ask)?;
            x.finite("the state", || format!("interval {interval} of the edit"))?;
        }
        Ok(x)
    }

    /// `s v(x | c) + (1 − s) v(x)`, both with the hook.
    fn guided(
        &self,
        model: &dyn AttnModel,
        x: &Batch,
        target: usize,
        level: &Level,
        hook: &mut dyn Hook,
        out: &mut Batch,
    ) -> Result<()> {
        model.velocity(x, Some(target), level, hook, out)?;
        if self.guidance != 1.0 {
            let mut free = Batch::zeros(x.rows(), x.dim());
            model.velocity(x, None, level, hook, &mut free)?;
            for (out, free) in out.data_mut().iter_mut().zip(free.data()) {
                *out = self.guidance * *out + (1.0 - self.guidance) * free;
            }
        }
        Ok(())
    }

    fn checked(&self, model: &dyn AttnModel, path: &Path, grid: &Grid, condition: usize) -> Result<Vec<Level>> {
        if !(1..=2).contains(&self.order) {
            return Err(Error::parameter("the order of the steps", self.order, "1 or 2"));
        }
        if self.inject > self.steps {
            let allowed = format!("at most the number of steps, {}", self.steps);
            return Err(Error::parameter("the number of injected intervals", self.inject, allowed));
        }
        if self.blocks.is_empty() || self.blocks.end > model.blocks() {
            let given = format!("{} to {}", self.blocks.start, self.blocks.end);
            let allowed = format!("a range that is not empty within 0 to {}", model.blocks());
            return Err(Error::parameter("the blocks that share features", given, allowed));
        }
        if !(self.guidance >= 0.0 && self.guidance.is_finite()) {
            return Err(Error::parameter("the guidance scale", self.guidance, "0 or greater, and finite"));
        }
        if condition >= model.conditions() {
            return Err(Error::parameter("the condition", condition, format!("below {}", model.conditions())));
        }
        grid.nodes(path, self.steps)
    }

    /// A step of RF-Solver in `y` and `τ`.
    fn step(
        &self,
        path: &Path,
        [s, t]: [&Level; 2],
        x: &Batch,
        mut ask: impl FnMut(usize, &Batch, &Level, &mut Batch) -> Result<()>,
    ) -> Result<Batch> {
        let h = tau(t) - tau(s);
        let mut velocity = Batch::zeros(x.rows(), x.dim());
        ask(0, x, s, &mut velocity)?;
        let along = |velocity: &Batch, to: &Level, h: f64| {
            let mut moved = x.clone();
            for (x, v) in moved.data_mut().iter_mut().zip(velocity.data()) {
                *x = size(to) * (*x / size(s) + h * v);
            }
            moved
        };
        if self.order == 2 {
            let middle = level(path.schedule, tau(s) + 0.5 * h)?;
            let point = along(&velocity, &middle, 0.5 * h);
            ask(1, &point, &middle, &mut velocity)?;
        }
        Ok(along(&velocity, t, h))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::{Key, Templates};
    use crate::schedule::{Flow, Schedule};
    use ansatz_core::Seed;

    fn setting() -> (Templates, Flow, Batch) {
        let model = Templates::example();
        let mut stream = Seed(2).stream("edit", 0);
        let data = (0..3 * model.dim()).map(|_| stream.normal()).collect();
        (model.clone(), Flow::default(), Batch::new(model.dim(), data).unwrap())
    }

    #[test]
    fn features_are_those_of_the_intervals_at_the_noise_and_of_every_stage() {
        let (model, schedule, data) = setting();
        let path = Path::new(&schedule, 1.0, 0.0).unwrap();
        let edit = RfEdit { blocks: 1..3, ..RfEdit::new(&model, 15, 4) };
        let (_, features) = edit.invert(&model, &path, &Grid::Time, &data, 0).unwrap();
        let expected = (0..4)
            .flat_map(|interval| (0..2).flat_map(move |stage| (1..3).map(move |block| Key { interval, stage, block })));
        assert!(features.keys().eq(expected));
        assert_eq!(features.bytes(), 16 * 8 * data.data().len());
        let text = rmp_serde::to_vec(&features).unwrap();
        assert_eq!(rmp_serde::from_slice::<Features>(&text).unwrap(), features);
    }

    #[test]
    fn without_injection_the_edit_is_a_sampling() {
        let (model, schedule, data) = setting();
        let path = Path::new(&schedule, 1.0, 0.0).unwrap();
        let edit = RfEdit::new(&model, 10, 0);
        let run = edit.run(&model, &path, &Grid::Time, &data, (0, 2)).unwrap();
        assert!(run.features.is_empty());
        // The same by the solver on the model of that condition.
        use crate::model::Function;
        use crate::solver::{RfSolver, Steps};
        use crate::{Prediction, Sampling};
        let function = Function::new(model.dim(), Prediction::Velocity, |x: &Batch, level: &Level, out: &mut Batch| {
            model.velocity(x, Some(2), level, &mut crate::edit::NoHook, out)
        });
        let solver = RfSolver::new(2).unwrap();
        let method = Steps { solver: &solver, grid: Grid::Time, evaluations: 20, denoise: false };
        let mut run2 = ansatz_core::Run::new(Seed(1));
        let known = Sampling::new(path, &method).transport(&function, &run.noise, &mut run2).unwrap().x;
        assert!(crate::rmse(&run.edited, &known) < 1e-13);
    }

    #[test]
    fn injected_values_are_used_in_the_right_place() {
        // Recorded values are replaced by others that depend on the key: the edit must be the sampling in which the model's own
        // values are those, and it must look at each of them.
        let (model, schedule, data) = setting();
        let path = Path::new(&schedule, 1.0, 0.0).unwrap();
        let edit = RfEdit { blocks: 0..model.blocks(), ..RfEdit::new(&model, 6, 3) };
        let (noise, mut features) = edit.invert(&model, &path, &Grid::Time, &data, 1).unwrap();
        let marked = |key: Key, i: usize| {
            0.01 * (key.interval * 100 + key.stage * 10 + key.block) as f64 - 0.02 * (i % 5) as f64
        };
        for (key, values) in &mut features.values {
            for (i, value) in values.iter_mut().enumerate() {
                *value = marked(*key, i);
            }
        }
        let own = edit.edit(&model, &path, &Grid::Time, &noise, &features, 2).unwrap();
        // By hand: midpoint steps.
        struct Marked<F>(F, usize, usize);
        impl<F: Fn(Key, usize) -> f64> Hook for Marked<F> {
            fn on_values(&mut self, block: usize, values: &mut [f64]) -> Result<()> {
                if self.1 < 3 {
                    for (i, value) in values.iter_mut().enumerate() {
                        *value = self.0(Key { interval: self.1, stage: self.2, block }, i);
                    }
                }
                Ok(())
            }
        }
        let mut x = noise;
        for interval in 0..6 {
            let t = |part: f64| schedule.level(1.0 - (interval as f64 + part) / 6.0).unwrap();
            let mut v = Batch::zeros(x.rows(), x.dim());
            let mut point = x.clone();
            model.velocity(&x, Some(2), &t(0.0), &mut Marked(marked, interval, 0), &mut v).unwrap();
            point.data_mut().iter_mut().zip(v.data()).for_each(|(x, v)| *x -= v / 12.0);
            model.velocity(&point, Some(2), &t(0.5), &mut Marked(marked, interval, 1), &mut v).unwrap();
            x.data_mut().iter_mut().zip(v.data()).for_each(|(x, v)| *x -= v / 6.0);
        }
        assert!(crate::rmse(&own, &x) < 1e-12, "{}", crate::rmse(&own, &x));
    }

    #[test]
    fn what_cannot_be_is_refused_in_words() {
        let (model, schedule, data) = setting();
        let path = Path::new(&schedule, 1.0, 0.0).unwrap();
        let edit = RfEdit::new(&model, 8, 2);
        let (noise, features) = edit.invert(&model, &path, &Grid::Time, &data, 0).unwrap();
        let sentence =
            |edit: &RfEdit, grid: &Grid| edit.edit(&model, &path, grid, &noise, &features, 1).unwrap_err().to_string();
        let longer = RfEdit { inject: 3, ..edit.clone() };
        let error = sentence(&longer, &Grid::Time);
        assert!(error.starts_with("the feature of interval 2, stage 0, block 1 is missing"), "{error}");
        let other = RfEdit { steps: 9, ..edit.clone() };
        let error = sentence(&other, &Grid::Time);
        assert_eq!(error, "the grid of the edit is 9 steps, but must be that of the inversion, 8 steps");
        assert!(sentence(&edit, &Grid::Quadratic).contains("the grid of the edit is one with time"));
        let error = sentence(&RfEdit { inject: 9, ..edit.clone() }, &Grid::Time);
        assert_eq!(error, "the number of injected intervals is 9, but must be at most the number of steps, 8");
        assert!(sentence(&RfEdit { blocks: 1..9, ..edit.clone() }, &Grid::Time).contains("1 to 9"));
        assert!(sentence(&RfEdit { order: 3, ..edit.clone() }, &Grid::Time).contains("1 or 2"));
        assert!(sentence(&RfEdit { guidance: -1.0, ..edit.clone() }, &Grid::Time).contains("guidance"));
        assert!(edit.edit(&model, &path, &Grid::Time, &noise, &features, 9).is_err());
        let narrow = noise.slice(0, 1);
        let error = edit.edit(&model, &path, &Grid::Time, &narrow, &features, 1).unwrap_err().to_string();
        assert!(error.contains("as long as the values that it replaces"), "{error}");
    }
}
