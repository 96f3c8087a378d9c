//! The loop: asks the model what a method wants to know, for all samples, until they are done.

use crate::batch::Batch;
use crate::grid::Path;
use crate::model::Model;
use crate::noise::start_noise;
use crate::solver::Method;
use crate::stepper::Stepper;
use ansatz_core::{Error, Result, Run, Stopped, Work};
use rayon::prelude::*;

/// A path, a method, and how the samples are spread over batches and threads, which changes no bit of them.
#[derive(Clone, Copy, Debug)]
pub struct Sampling<'a> {
    path: Path<'a>,
    method: &'a dyn Method,
    threads: usize,
    batch: usize,
    together: bool,
}

/// What a sampling gave.
#[derive(Clone, Debug)]
pub struct Samples {
    /// The samples, in the order of their indices; half-way states if it was stopped.
    pub x: Batch,
    /// `evaluations`: predictions that one sample took, the largest of all; `network calls`: the same times the calls of a
    /// prediction, 2 under guidance; `sample evaluations`: predictions of all samples together; `rejected steps`: steps
    /// taken back, of all batches together.
    pub work: Work,
    /// Why it ended.
    pub stopped: Stopped,
}

/// One batch half-way.
struct Lane<'a> {
    first: usize,
    stepper: Box<dyn Stepper + Send + 'a>,
}

impl<'a> Sampling<'a> {
    /// Samples along `path` by `method`, on one thread.
    pub fn new(path: Path<'a>, method: &'a dyn Method) -> Self {
        Self { path, method, threads: 1, batch: 64, together: false }
    }

    /// Uses so many threads; 0 for all cores.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Asks the model about so many samples at once, at most. Methods that couple the samples of a batch get one sample a
    /// batch whatever is said here, so that samples depend on seed and index only.
    #[must_use]
    pub fn batch(mut self, batch: usize) -> Self {
        self.batch = batch;
        self
    }

    /// Makes all samples one batch, and lets adaptive steps be shared by them: the setting in which papers count
    /// evaluations. Samples then depend on those beside them.
    #[must_use]
    pub fn together(mut self) -> Self {
        self.together = true;
        self
    }

    /// Draws `count` samples, from start states that depend on the seed of the run and on the index of the sample alone.
    ///
    /// # Errors
    /// See [`Sampling::transport`].
    pub fn sample(&self, model: &dyn Model, count: usize, run: &mut Run) -> Result<Samples> {
        if count == 0 {
            return Err(Error::parameter("count", 0, "at least 1"));
        }
        let start = start_noise(run.seed(), 0, count, model.dim(), &self.path.from);
        self.transport(model, &start, run)
    }

    /// Carries these states from the start of the path to its end. A run that is stopped early is no error: the states are
    /// left where they are, and `stopped` says why. The run is told the largest `σ/α` of the batches as its error: it falls
    /// as the noise goes.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an empty batch, an impossible method, or a model of another dimension; [`Error::NotFinite`] if a
    /// state or an answer of the model is not finite.
    pub fn transport(&self, model: &dyn Model, start: &Batch, run: &mut Run) -> Result<Samples> {
        if start.dim() != model.dim() {
            return Err(Error::parameter(
                "the dimension of the start",
                start.dim(),
                format!("the model's, {}", model.dim()),
            ));
        }
        if self.batch == 0 || start.rows() == 0 {
            return Err(Error::parameter("the number of samples in a batch", 0, "at least 1"));
        }
        let (rows, dim) = (start.rows(), start.dim());
        let size = match (self.together, self.method.couples()) {
            (true, _) => rows,
            (false, true) => 1,
            (false, false) => self.batch,
        };
        let lane = |first: usize| {
            let stepper = {
                let part = start.slice(first, rows.min(first + size));
                self.method.begin_at(&self.path, part, run.seed(), first)?
            };
            Ok(Lane { first, stepper })
        };
        let mut lanes: Vec<Lane> = (0..rows).step_by(size).map(lane).collect::<Result<_>>()?;
        let pool = match self.threads {
            1 => None,
            threads => {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                Some(pool.map_err(|e| Error::Environment { what: "a thread pool".into(), reason: e.to_string() })?)
            }
        };
        let stopped = loop {
            // The error of the first lane in order, so that it does not depend on which thread was faster.
            let outcomes: Vec<Result<()>> = match &pool {
                None => lanes.iter_mut().map(|lane| lane.advance(model)).collect(),
                Some(pool) => pool.install(|| lanes.par_iter_mut().map(|lane| lane.advance(model)).collect()),
            };
            outcomes.into_iter().collect::<Result<()>>()?;
            let left = lanes.iter().filter_map(|lane| lane.stepper.query()).map(|query| query.level.ratio());
            let Some(ratio) = left.reduce(f64::max) else { break Stopped::Converged };
            if let Some(why) = run.step(&work(&lanes, model), ratio) {
                break why;
            }
        };
        let work = work(&lanes, model);
        let x = Batch::join(dim, lanes.into_iter().map(|lane| lane.stepper.state().clone()));
        Ok(Samples { x, work, stopped })
    }
}

impl Lane<'_> {
    /// Asks one question, if there is one.
    fn advance(&mut self, model: &dyn Model) -> Result<()> {
        let Some(query) = self.stepper.query() else { return Ok(()) };
        let mut answer = Batch::zeros(query.x.rows(), query.x.dim());
        model.predict(query.x, self.first, &query.level, query.want, &mut answer)?;
        self.stepper.step(answer)
    }
}

fn work(lanes: &[Lane], model: &dyn Model) -> Work {
    let mut work = Work::default();
    let most = lanes.iter().map(|lane| lane.stepper.evaluations()).max().unwrap_or(0);
    work.evaluations = most;
    work.add("network calls", most * model.calls());
    let all = lanes.iter().map(|lane| lane.stepper.evaluations() * lane.stepper.state().rows() as u64).sum();
    work.add("sample evaluations", all);
    work.add("rejected steps", lanes.iter().map(|lane| lane.stepper.rejected()).sum());
    work
}
