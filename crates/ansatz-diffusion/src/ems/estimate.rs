//! Estimating the statistics of a model: one sweep over the levels, expectations over a data set.
//!
//! At each level `x = α x_0 + σ z`, with the same `x_0`, `z` and directions `v` at all of them, so that the estimates are smooth in
//! `λ`. In data prediction nothing cancels at the noisy end:
//!
//! ```text
//! 1 − l = E[v ⊙ (α ∂x̂_0/∂x v)],  v = ±1          c = 1 − l,  l̇ = dl/dλ by differences
//! f  = c x/α − x̂_0                               f' = −(c + l̇) x/α + c x̂_0 − x̂_0'
//! ```
//!
//! with `x̂_0'` the derivative along the equation, one product with the Jacobian in the point and the level. Both are linear in
//! `c` and `l̇`, so the first and second moments of `x/α`, `x̂_0`, `x̂_0'` suffice, and the levels are independent: what has been
//! measured can be saved and gone on with.
//!
//! Where `f` hardly varies, `var f ≤ 10⁻³ E[f²]`, as in constant or Gaussian coordinates, `s` is 0/0: it is set to 0 there, and
//! `b` to the mean of `f'`. Values of `s` beyond ±3 are brought back. Both are counted.
//!
//! A level costs a prediction and `1 + probes` derivatives a sample; a derivative costs half as much again as a prediction
//! with mixtures, two predictions by differences.
//!
//! Source: Zheng, Lu, Chen and Zhu 2023, arXiv:2310.13268, section 3 and appendices; the treatment of dead coordinates is
//! not in it.

use super::{About, Ems, mark};
use crate::batch::Batch;
use crate::grid::{Grid, Path};
use crate::model::{Direction, Model};
use crate::prediction::Prediction;
use crate::schedule::{Level, Rate, Schedule};
use ansatz_core::{Error, Result, Run, Seed, Stopped, Work};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Samples that one thread takes at a time; sums are made per piece, in order.
const PIECE: usize = 64;
/// Moments that are kept of a coordinate at a level.
const KEPT: usize = 9;
/// `s` where `var f` is at most this share of `E[f²]` means nothing.
const DEAD: f64 = 1e-3;
/// The largest `|s|`.
const LARGEST: f64 = 3.0;

/// How statistics are estimated.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimation {
    /// Steps between the levels, uniform in `λ`.
    pub steps: usize,
    /// Random directions a sample, for `l`.
    pub probes: usize,
    /// `l` at every level, if it is not to be estimated: 1 keeps data prediction, as the paper does for large images.
    pub fixed_l: Option<f64>,
}

impl Default for Estimation {
    /// 120 steps, one direction: with 1024 samples or more.
    fn default() -> Self {
        Self { steps: 120, probes: 1, fixed_l: None }
    }
}

impl Estimation {
    /// The statistics of `model` on the levels of `path`, expectations taken over the rows of `data`.
    ///
    /// # Errors
    /// As [`Estimator::begin`] and [`Estimator::advance`]; [`Error::Environment`] if the run was stopped before the end.
    pub fn run(&self, model: &dyn Model, path: &Path, data: &Batch, run: &mut Run) -> Result<Ems> {
        let mut estimator = Estimator::begin(self, path, data, run.seed())?;
        match estimator.carry(model, run, |_| Ok(()))? {
            Stopped::Converged => estimator.finish(model),
            why => {
                let reason = format!("the estimation {why}, with {} of its levels", estimator.moments().done());
                Err(Error::Environment { what: "the whole of the statistics".into(), reason })
            }
        }
    }
}

/// What an estimation has measured so far: all that is saved of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    estimation: Estimation,
    seed: Seed,
    /// What it was begun with: the levels' ends, and the data.
    begun_with: (Level, Level, u64),
    dim: usize,
    samples: usize,
    /// `KEPT` rows of `dim` values a level that is done.
    sums: Vec<f64>,
}

impl Moments {
    /// Levels measured.
    pub fn done(&self) -> usize {
        self.sums.len() / (KEPT * self.dim).max(1)
    }

    /// Levels in all.
    pub fn levels(&self) -> usize {
        self.estimation.steps + 1
    }
}

/// An estimation half-way. What it has measured is saved with serde, and [resumed](Estimator::resume) to the same bits.
#[derive(Debug)]
pub struct Estimator<'a> {
    schedule: &'a dyn Schedule,
    levels: Vec<Level>,
    data: &'a Batch,
    threads: usize,
    now: Moments,
}

impl<'a> Estimator<'a> {
    /// An estimation that has measured nothing.
    ///
    /// # Errors
    /// [`Error::Parameter`] for fewer than two steps, no probe, fewer than two samples, or a path at an end of which `λ` is
    /// not finite; [`Error::NotFinite`] for data or a fixed `l` that are not finite.
    pub fn begin(estimation: &Estimation, path: &Path<'a>, data: &'a Batch, seed: Seed) -> Result<Self> {
        if estimation.steps < 2 {
            return Err(Error::parameter("the number of steps of the statistics", estimation.steps, "at least 2"));
        }
        if estimation.probes == 0 && estimation.fixed_l.is_none() {
            return Err(Error::parameter("the number of probes", 0, "at least 1, or l fixed"));
        }
        if data.rows() < 2 {
            return Err(Error::parameter("the number of samples", data.rows(), "at least 2"));
        }
        data.finite("the data", || "its start".to_owned())?;
        if estimation.fixed_l.is_some_and(|l| !l.is_finite()) {
            return Err(Error::NotFinite { quantity: "l".into(), place: "every level".into() });
        }
        let mut levels = Grid::LogSnr.nodes(path, estimation.steps)?;
        if path.to.lambda < path.from.lambda {
            levels.reverse();
        }
        let now = Moments {
            estimation: *estimation,
            seed,
            begun_with: (path.from, path.to, checksum(data)),
            dim: data.dim(),
            samples: data.rows(),
            sums: Vec::new(),
        };
        Ok(Self { schedule: path.schedule, levels, data, threads: 0, now })
    }

    /// Goes on with what was saved.
    ///
    /// # Errors
    /// As [`Estimator::begin`]; [`Error::Parameter`] if it was saved with another path, data, seed or parameters.
    pub fn resume(
        estimation: &Estimation,
        path: &Path<'a>,
        data: &'a Batch,
        seed: Seed,
        saved: Moments,
    ) -> Result<Self> {
        let fresh = Self::begin(estimation, path, data, seed)?;
        let same = (saved.estimation, saved.seed, saved.begun_with, saved.dim, saved.samples)
            == (fresh.now.estimation, fresh.now.seed, fresh.now.begun_with, fresh.now.dim, fresh.now.samples);
        let whole = saved.sums.len().is_multiple_of(KEPT * fresh.now.dim) && saved.done() <= saved.levels();
        if !(same && whole) {
            let allowed = "those of the saved estimation: the same data, path, steps, probes, fixed l and seed";
            return Err(Error::parameter("the parameters of the estimation", "others", allowed));
        }
        Ok(Self { now: saved, ..fresh })
    }

    /// Uses so many threads; 0, as it begins, for all cores. Changes no bit of the statistics.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// What has been measured.
    pub fn moments(&self) -> &Moments {
        &self.now
    }

    /// Measures level after level until all are done or the run is to stop; `after` is called after each. The run is told the
    /// share that is left as its error.
    ///
    /// # Errors
    /// As [`Estimator::advance`], and those of `after`.
    pub fn carry(
        &mut self,
        model: &dyn Model,
        run: &mut Run,
        mut after: impl FnMut(&Moments) -> Result<()>,
    ) -> Result<Stopped> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build();
        let pool = pool.map_err(|e| Error::Environment { what: "a thread pool".into(), reason: e.to_string() })?;
        while self.now.done() < self.levels.len() {
            pool.install(|| self.advance(model))?;
            run.message(format!("statistics: {} of {} levels", self.now.done(), self.levels.len()));
            after(&self.now)?;
            let left = 1.0 - self.now.done() as f64 / self.levels.len() as f64;
            if let Some(why) = run.step(&self.work(model), left)
                && self.now.done() < self.levels.len()
            {
                return Ok(why);
            }
        }
        Ok(Stopped::Converged)
    }

    /// `evaluations`: predictions a sample; `derivatives`: products with the Jacobian a sample; `network calls`.
    pub fn work(&self, model: &dyn Model) -> Work {
        let (levels, each) = (self.now.done() as u64, 1 + self.now.estimation.probes as u64);
        let mut work = Work { evaluations: levels, ..Work::default() };
        work.add("derivatives", levels * each);
        work.add("network calls", levels * model.calls());
        work
    }

    /// Measures the next level.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a model of another dimension; [`Error::NotFinite`] if a prediction or a derivative is not finite.
    pub fn advance(&mut self, model: &dyn Model) -> Result<()> {
        if model.dim() != self.now.dim {
            let allowed = format!("the model's, {}", model.dim());
            return Err(Error::parameter("the dimension of the data", self.now.dim, allowed));
        }
        let Some(level) = self.levels.get(self.now.done()).copied() else { return Ok(()) };
        let rate = self.schedule.rate(&level)?;
        let pieces: Vec<usize> = (0..self.now.samples).step_by(PIECE).collect();
        let sums: Vec<Vec<f64>> =
            pieces.into_par_iter().map(|first| self.piece(model, &level, &rate, first)).collect::<Result<_>>()?;
        let mut total = vec![0.0; KEPT * self.now.dim];
        for sum in sums {
            for (total, sum) in total.iter_mut().zip(sum) {
                *total += sum;
            }
        }
        self.now.sums.extend(total);
        Ok(())
    }

    /// The sums over some samples: `v ⊙ α J v`, then `B`, `D`, `D'`, `BB`, `BD`, `DD`, `BD'`, `DD'`.
    fn piece(&self, model: &dyn Model, level: &Level, rate: &Rate, first: usize) -> Result<Vec<f64>> {
        let (d, seed) = (self.now.dim, self.now.seed);
        let last = self.now.samples.min(first + PIECE);
        let rows = last - first;
        let mut x = self.data.slice(first, last);
        for i in 0..rows {
            let mut stream = seed.stream("ems noise", (first + i) as u64);
            for x in x.row_mut(i) {
                *x = level.alpha * *x + level.sigma * stream.normal();
            }
        }
        let place = || format!("lambda {}, samples from {first}", level.lambda);
        let mut data = Batch::zeros(rows, d);
        model.predict(&x, first, level, Prediction::Data, &mut data)?;
        data.finite("the model's answer", place)?;
        // dx/dλ = (d ln α/dλ) x − σ ε, and σ ε = x − α x̂_0.
        let mut flow = x.clone();
        for (v, data) in flow.data_mut().iter_mut().zip(data.data()) {
            *v = (rate.log_alpha - 1.0) * *v + level.alpha * data;
        }
        let mut slope = Batch::zeros(rows, d);
        let direction = Direction { x: &flow, level: *rate };
        model.tangent(&x, first, level, Prediction::Data, &direction, &mut slope)?;
        slope.finite("the derivative of the model", place)?;
        let mut sums = vec![0.0; KEPT * d];
        for i in 0..rows {
            let values = x.row(i).iter().zip(data.row(i)).zip(slope.row(i));
            for (j, ((x, &data), &slope)) in values.enumerate() {
                let b = x / level.alpha;
                let terms = [b, data, slope, b * b, b * data, data * data, b * slope, data * slope];
                for (k, term) in terms.into_iter().enumerate() {
                    sums[(k + 1) * d + j] += term;
                }
            }
        }
        if self.now.estimation.fixed_l.is_some() {
            return Ok(sums);
        }
        let mut streams: Vec<_> = (first..last).map(|i| seed.stream("ems directions", i as u64)).collect();
        for _ in 0..self.now.estimation.probes {
            let mut v = Batch::zeros(rows, d);
            for (i, stream) in streams.iter_mut().enumerate() {
                for v in v.row_mut(i) {
                    *v = if stream.chance(0.5) { 1.0 } else { -1.0 };
                }
            }
            let mut jv = Batch::zeros(rows, d);
            let direction = Direction { x: &v, level: Rate::default() };
            model.tangent(&x, first, level, Prediction::Data, &direction, &mut jv)?;
            jv.finite("the derivative of the model", place)?;
            let scale = level.alpha / self.now.estimation.probes as f64;
            for i in 0..rows {
                for (sum, (v, jv)) in sums[..d].iter_mut().zip(v.row(i).iter().zip(jv.row(i))) {
                    *sum += scale * v * jv;
                }
            }
        }
        Ok(sums)
    }

    /// The statistics, once all levels are measured.
    ///
    /// # Errors
    /// [`Error::Parameter`] if some are not; as [`Ems::new`] if a statistic is not finite.
    pub fn finish(&self, model: &dyn Model) -> Result<Ems> {
        let (d, n) = (self.now.dim, self.levels.len());
        if self.now.done() < n {
            let allowed = format!("all {n} before the statistics can be computed");
            return Err(Error::parameter("the number of levels measured", self.now.done(), allowed));
        }
        let moment = |i: usize, k: usize, j: usize| self.now.sums[(i * KEPT + k) * d + j] / self.now.samples as f64;
        let l: Vec<f64> = match self.now.estimation.fixed_l {
            Some(l) => vec![l; n * d],
            None => (0..n * d).map(|at| 1.0 - moment(at / d, 0, at % d)).collect(),
        };
        let h = self.levels[1].lambda - self.levels[0].lambda;
        let slope = |i: usize, j: usize| {
            let l = |i: usize| l[i * d + j];
            match i {
                0 => (4.0 * l(1) - 3.0 * l(0) - l(2)) / (2.0 * h),
                i if i == n - 1 => (3.0 * l(i) - 4.0 * l(i - 1) + l(i - 2)) / (2.0 * h),
                i => (l(i + 1) - l(i - 1)) / (2.0 * h),
            }
        };
        let (mut s, mut b) = (vec![0.0; n * d], vec![0.0; n * d]);
        let mut about = About { samples: self.now.samples, probes: self.now.estimation.probes, ..About::default() };
        for i in 0..n {
            for j in 0..d {
                let [x, y, z, xx, xy, yy, xz, yz] = [1, 2, 3, 4, 5, 6, 7, 8].map(|k| moment(i, k, j));
                // f = c x − y, f' = p x + c y − z
                let c = 1.0 - l[i * d + j];
                let p = -(c + slope(i, j));
                let (f, square) = (c * x - y, c * c * xx - 2.0 * c * xy + yy);
                let rate = p * x + c * y - z;
                let product = c * p * xx + (c * c - p) * xy - c * xz - c * yy + yz;
                let variance = square - f * f;
                let ratio = (product - f * rate) / variance;
                let chosen = if variance <= DEAD * square || !ratio.is_finite() {
                    about.dead += 1;
                    0.0
                } else {
                    about.clipped += usize::from(ratio.abs() > LARGEST);
                    ratio.clamp(-LARGEST, LARGEST)
                };
                s[i * d + j] = chosen;
                b[i * d + j] = rate - chosen * f;
            }
        }
        let mark = mark(model, self.levels[n / 2])?;
        let ems = Ems::new(self.schedule.name(), self.levels.clone(), d, [l, s, b], mark)?;
        Ok(Ems { about, ..ems })
    }
}

/// FNV-1a over the bits: tells one data set from another.
fn checksum(data: &Batch) -> u64 {
    data.data()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, value| (hash ^ value.to_bits()).wrapping_mul(0x0000_0100_0000_01b3))
}
