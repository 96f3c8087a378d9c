//! The published evolution: NSGA-II over programs whose constants are trained by CMA-ES.
//!
//! For whoever wants the paper's search itself, as a rival of [`Discovery`](super::Discovery) or on targets where fits
//! by derivatives fail. A generation:
//!
//! ```text
//! parents  ← the first S of the last generation's children, by non-dominated sort of (−E, 1/max(2, cost)) and crowding
//! child i  ← parent i mod S: with probability ½ an unmutated copy, which keeps its constants and its error;
//!            else mutated (insert, remove, switch) until its form is another one, and trained:
//!            c ← CMA-ES: minimise max_j w_j |P(c, x_j) − f_j| over 1024 equispaced x_j, from c = ±10^U(−8, 0)
//! E        ← max w |P − f| over 10,000 random inputs, on which nothing was trained
//! ```
//!
//! Nothing of a parent survives but by the unmutated copies. Beside the population, which forgets, an archive keeps the
//! best programs of each cost seen, with their ancestry; it breeds nothing, and the front is made of it.
//!
//! With several workers this is a synchronous form of the paper's dNSGA-II, where each worker keeps the S best of the
//! 2S programs that it received, mutates each twice, and sends the 2S children to random workers: here the children of
//! all workers are shuffled and dealt once a generation. Every child has a random stream of its own, addressed by its
//! generation and place, so that results depend neither on the clock nor on the number of threads.
//!
//! What differs from the published search:
//!
//! * programs are kept in canonical form, so that "another form" is not fooled by names, by the order of commuting
//!   operands or by constants that could be folded. The renaming of a vertex, one of the published mutations, is
//!   therefore no mutation here: it never changes the form, and would be drawn again;
//! * a mutation that leaves a program without its input begins again from the parent;
//! * the random inputs are drawn once a search, not once a program: each costs an evaluation of the target in 57
//!   digits, some 30 µs;
//! * a child whose cost no selection stage accepts is not trained, since nothing could come of it.
//!
//! Work: a generation of CMA-ES takes 129 evaluations of a program on 1024 points, a training 100 to 10,000 such
//! generations. With five operations, one evaluation takes about a microsecond.
//!
//! Source: Real et al. 2023, "AutoNumerics-Zero: Automated Discovery of State-of-the-Art Mathematical Functions",
//! arXiv:2312.08472.

mod evolution;
mod nsga;
mod objective;
mod saved;

pub use evolution::Evolution;
pub use saved::EvolutionSnapshot;

use super::cma::Cma;
use super::cost::Cost;
use crate::program::{Op, OpSet};
use ansatz_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// Parameters of the evolution; the defaults are the paper's.
///
/// ```
/// use ansatz_core::{Run, Seed};
/// use ansatz_functions::discover::{Evolution, Explorer, Faithful};
/// use ansatz_functions::target::Target;
///
/// let target = Target::named("exp2")?;
/// let method = Faithful { max_cost: 3, inputs: 100, ..Faithful::small_machine() };
/// let mut run = Run::new(Seed(1)).evaluation_limit(300_000);
/// let mut evolution = Evolution::begin(&method, &target, run.seed())?;
/// evolution.run(&mut run, 1, |_| Ok(None))?;
/// // c/(x + c') reaches 2.98e-2 with two operations.
/// assert!(evolution.best()[2] < 0.1);
/// # Ok::<(), ansatz_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Faithful {
    /// The operations that may be used.
    pub ops: OpSet,
    /// What an operation costs; a program is charged 2 at least.
    pub cost: Cost,
    /// Dearer programs are not trained and count as failed. Not in the paper; a limit of the machine.
    pub max_cost: usize,
    /// Parents of a generation, for each worker, `S`.
    pub parents: usize,
    /// Children of a generation, for each worker.
    pub children: usize,
    /// Populations. With one, this is plain NSGA-II; with more, their children are dealt to all each generation.
    pub workers: usize,
    /// Whether parents compete with their children. Off in the paper.
    pub elitism: bool,
    /// The probability that a child is an unmutated copy.
    pub identity_rate: f64,
    /// At most so many mutations until a child is left as a copy.
    pub retries: u64,
    /// Where parents come from; empty for one stage that takes all of them from anywhere.
    pub stages: Vec<Stage>,
    /// What selection compares.
    pub fitness: Fitness,
    /// Begin again from the identity after so many generations without a better program at some cost.
    pub patience: Option<u64>,
    /// Begin again from the identity if a goal is missed.
    pub hurdles: Vec<Hurdle>,
    /// Where the constants of a training begin, and what of them is inherited.
    pub constants: Constants,
    /// The training. Programs with fewer than two constants are not trained.
    pub cma: Cma,
    /// Equispaced points that a program is trained on.
    pub points: usize,
    /// Random inputs that it is selected on.
    pub inputs: usize,
}

/// One stage of the selection: the best so many of those left over that lie in both windows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Parents that it selects, if there are as many.
    pub quota: usize,
    /// Accepted quality, `−E`.
    pub quality: Window,
    /// Accepted speed, `1/max(2, cost)`.
    pub speed: Window,
}

/// A range of a fitness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// At least this.
    pub min: Option<f64>,
    /// Less than this.
    pub max: Option<f64>,
}

impl Window {
    fn holds(self, value: f64) -> bool {
        self.min.is_none_or(|min| value >= min) && self.max.is_none_or(|max| value < max)
    }
}

/// What selection compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fitness {
    /// Quality `−E` and speed `1/max(2, cost)`, of which neither counts more.
    #[default]
    Both,
    /// Quality alone.
    Quality,
    /// Quality while the error is above the target; of those that reach it, speed.
    QualityUntil(f64),
}

impl Fitness {
    /// The fitnesses of a program, the larger the better.
    fn of(self, error: f64, speed: f64) -> Vec<f64> {
        match self {
            Self::Both => vec![-error, speed],
            Self::Quality => vec![-error],
            // An error above a target is positive, so whoever reaches it is fitter.
            Self::QualityUntil(target) => vec![if error <= target { speed } else { -error }],
        }
    }
}

/// A goal that an attempt must reach in time. There is none for the speed: the identity is as fast as anything.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hurdle {
    /// Generations since the last beginning.
    pub generations: u64,
    /// The least error seen by then must be at most this.
    pub error: f64,
}

/// Where the constants of a training begin. A new constant is `±10^U(−decades, 0)`, both signs alike likely.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Constants {
    /// The sign is inherited, the magnitude drawn afresh for every training: the paper's non-anchored kind.
    Redrawn {
        /// The range of magnitudes.
        decades: f64,
    },
    /// The initial value is inherited, in a mutated child multiplied by `U(1/(1 + spread), 1 + spread)`.
    Anchored {
        /// The range of magnitudes of new constants.
        decades: f64,
        /// How much an inherited value changes.
        spread: f64,
    },
    /// The trained value is inherited.
    Lamarckian {
        /// The range of magnitudes of new constants.
        decades: f64,
    },
}

impl Constants {
    fn decades(self) -> f64 {
        match self {
            Self::Redrawn { decades } | Self::Anchored { decades, .. } | Self::Lamarckian { decades } => decades,
        }
    }
}

impl Default for Faithful {
    fn default() -> Self {
        Self {
            ops: OpSet::arithmetic(),
            cost: Cost::Count,
            max_cost: 30,
            parents: 5,
            children: 10,
            workers: 1,
            elitism: false,
            identity_rate: 0.5,
            retries: 1_000_000,
            stages: Vec::new(),
            fitness: Fitness::Both,
            patience: None,
            hurdles: Vec::new(),
            constants: Constants::Redrawn { decades: 8.0 },
            cma: Cma::default(),
            points: 1024,
            inputs: 10_000,
        }
    }
}

impl Faithful {
    /// For minutes on a few cores instead of days on thousands. What differs from the paper's parameters:
    ///
    /// * trained constants are inherited, new ones begin within a decade. For `2^x`, the form `c/(x + c') + c''` trained
    ///   from magnitudes over eight decades reaches its optimum in 4 of 60 trainings, its square in 2 of 60: they begin
    ///   beside a pole, and mostly on its wrong side. From the constants of the form with one operation less both did so
    ///   in 60 of 60;
    /// * a training has at most 500 generations: those that succeed need fewer, those that creep along a valley without
    ///   an end would go on to thousands;
    /// * nothing with more than five operations is trained (`max_cost`);
    /// * there are eight workers, so that there are always trainings enough for all cores.
    pub fn small_machine() -> Self {
        Self {
            workers: 8,
            max_cost: 5,
            constants: Constants::Lamarckian { decades: 1.0 },
            cma: Cma { generations: 500, ..Cma::default() },
            ..Self::default()
        }
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`Error::Parameter`] for the first one that is out of range.
    pub fn validate(&self) -> Result<()> {
        self.cost.validate()?;
        let within = |name: &'static str, value: usize, low: usize, high: usize| {
            if (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(Error::parameter(name, value, format!("from {low} to {high}")))
            }
        };
        within("max_cost", self.max_cost, 1, 60)?;
        within("parents", self.parents, 1, 10_000)?;
        within("children", self.children, self.parents, 100_000)?;
        within("workers", self.workers, 1, 10_000)?;
        within("points", self.points, 2, 1_000_000)?;
        within("inputs", self.inputs, 1, 1_000_000)?;
        within("population", self.cma.population, 4, 1_000_000)?;
        if !(self.cma.step > 0.0 && self.cma.step.is_finite()) {
            return Err(Error::parameter("step", self.cma.step, "positive and finite"));
        }
        if self.cma.generations == 0 {
            return Err(Error::parameter("generations", 0, "at least 1"));
        }
        if !(0.0..1.0).contains(&self.identity_rate) {
            return Err(Error::parameter("identity_rate", self.identity_rate, "from 0 to less than 1"));
        }
        if self.retries == 0 {
            return Err(Error::parameter("retries", 0, "at least 1"));
        }
        let decades = self.constants.decades();
        if !(decades > 0.0 && decades <= 300.0) {
            return Err(Error::parameter("decades", decades, "above 0 and at most 300"));
        }
        if let Constants::Anchored { spread, .. } = self.constants
            && !(spread > 0.0 && spread.is_finite())
        {
            return Err(Error::parameter("spread", spread, "positive and finite"));
        }
        if !self.stages.is_empty() {
            let quotas: usize = self.stages.iter().map(|stage| stage.quota).sum();
            if quotas != self.parents {
                return Err(Error::parameter("stages", format!("{quotas} parents in all"), "as many as parents"));
            }
        }
        for window in self.stages.iter().flat_map(|stage| [stage.quality, stage.speed]) {
            let bounds = [window.min, window.max];
            let empty = window.min.zip(window.max).is_some_and(|(min, max)| min >= max);
            if empty || bounds.into_iter().flatten().any(|bound| !bound.is_finite()) {
                let text = format!("the window {:?} to {:?}", window.min, window.max);
                return Err(Error::parameter("stages", text, "finite bounds, the lower below the upper"));
            }
        }
        if let Fitness::QualityUntil(target) = self.fitness
            && !(target >= 0.0 && target.is_finite())
        {
            return Err(Error::parameter("fitness", target, "a target error that is finite and not negative"));
        }
        if self.patience == Some(0) {
            return Err(Error::parameter("patience", 0, "at least 1"));
        }
        for hurdle in &self.hurdles {
            if hurdle.generations == 0 || !(hurdle.error >= 0.0 && hurdle.error.is_finite()) {
                let text = format!("{:e} after {}", hurdle.error, hurdle.generations);
                return Err(Error::parameter("hurdles", text, "a finite error after at least one generation"));
            }
        }
        let binary = [Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Fma];
        if !binary.iter().any(|&op| self.ops.has(op)) {
            return Err(Error::parameter(
                "ops",
                &self.ops,
                "a set with at least one of + - * / fma: without them no constant can enter a program",
            ));
        }
        Ok(())
    }

    /// The stages, the single one of the default included.
    fn stages(&self) -> Vec<Stage> {
        if self.stages.is_empty() {
            vec![Stage { quota: self.parents, ..Stage::default() }]
        } else {
            self.stages.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_parameters_are_named() {
        let refuse = |method: Faithful| method.validate().unwrap_err().to_string();
        let paper = Faithful::default();
        paper.validate().unwrap();
        Faithful::small_machine().validate().unwrap();
        let stage = |quota, min, max| Stage { quota, speed: Window { min, max }, ..Stage::default() };
        for (method, text) in [
            (Faithful { max_cost: 61, ..paper.clone() }, "max_cost is 61"),
            (Faithful { children: 4, ..paper.clone() }, "children is 4, but must be from 5"),
            (Faithful { points: 1, ..paper.clone() }, "points is 1"),
            (Faithful { identity_rate: 1.0, ..paper.clone() }, "identity_rate is 1"),
            (Faithful { identity_rate: f64::NAN, ..paper.clone() }, "identity_rate is NaN"),
            (Faithful { constants: Constants::Redrawn { decades: f64::INFINITY }, ..paper.clone() }, "decades is inf"),
            (Faithful { stages: vec![stage(3, None, None)], ..paper.clone() }, "stages is 3 parents"),
            (Faithful { stages: vec![stage(5, Some(0.3), Some(0.3))], ..paper.clone() }, "window"),
            (Faithful { fitness: Fitness::QualityUntil(-1.0), ..paper.clone() }, "fitness is -1"),
            (Faithful { hurdles: vec![Hurdle { generations: 0, error: 1.0 }], ..paper.clone() }, "hurdles"),
            (Faithful { cma: Cma { step: 0.0, ..Cma::default() }, ..paper.clone() }, "step is 0"),
            (Faithful { ops: OpSet::new([Op::Sqrt]), ..paper.clone() }, "ops is sqrt"),
        ] {
            let error = refuse(method);
            assert!(error.contains(text), "{error}");
        }
    }

    #[test]
    fn reductions_order_as_they_say() {
        assert_eq!(Fitness::Both.of(0.5, 0.25), [-0.5, 0.25]);
        assert_eq!(Fitness::Quality.of(0.5, 0.25), [-0.5]);
        let until = Fitness::QualityUntil(1e-3);
        // Short of the target the better one, beyond it the faster one, however good.
        assert!(until.of(2e-3, 0.1) > until.of(3e-3, 0.5));
        assert!(until.of(1e-3, 0.01) > until.of(1.1e-3, 0.5));
        assert!(until.of(9e-4, 0.2) > until.of(1e-9, 0.1));
    }
}
