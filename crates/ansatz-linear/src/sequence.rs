//! A sequence of linear systems, solved with a parameter that is chosen anew for each.
//!
//! ```text
//! for t = 1, 2, …:   ω ← learner(context),   x, k ← solve(A, b, ω),   learner ← k
//! ```
//!
//! The cost `k` is the number of iterations: that is all the learner sees. No matrix is looked at for its sake.
//!
//! Source: Khodak et al. 2024, arXiv:2310.02246.

use crate::bandit::{Choice, Learner};
use crate::{Csr, Solution};
use ansatz_core::{Error, Result, Run, Seed, Stopped, Stream, Work};
use std::time::Instant;

/// One system of a sequence.
#[derive(Clone, Copy, Debug)]
pub struct System<'a> {
    /// The matrix.
    pub a: &'a Csr,
    /// The right-hand side.
    pub b: &'a [f64],
    /// The initial guess; zero if there is none.
    pub x0: Option<&'a [f64]>,
    /// A number that is known beforehand and says something about the matrix.
    pub context: f64,
}

/// Systems that come one after the other; the next may depend on the solution of the last.
pub trait Sequence {
    /// How many there are still to solve.
    fn left(&self) -> u64;

    /// The system now; asked again, the same.
    ///
    /// # Errors
    /// Of the problem, such as a file that cannot be read.
    fn system(&mut self) -> Result<System<'_>>;

    /// Goes on to the next system.
    fn advance(&mut self, solution: Solution);
}

/// A solver with one relaxation parameter.
pub trait Relaxation {
    /// Solves `system` with the parameter `omega`.
    ///
    /// # Errors
    /// As the solver itself.
    fn solve(&self, system: &System<'_>, omega: f64, run: &mut Run) -> Result<Solution>;
}

/// Always the same choice of a function of the context: a fixed parameter, or one that theory gives.
pub struct Policy<F> {
    choose: F,
}

impl<F: FnMut(f64) -> Result<f64>> Policy<F> {
    /// The policy that takes `choose(context)`.
    pub fn new(choose: F) -> Self {
        Self { choose }
    }
}

impl<F: FnMut(f64) -> Result<f64>> Learner for Policy<F> {
    fn actions(&self) -> &[f64] {
        &[]
    }

    fn choose(&mut self, context: f64, _: &mut Stream) -> Result<Choice> {
        Ok(Choice { index: 0, value: (self.choose)(context)?, probability: 1.0 })
    }

    fn observe(&mut self, _: f64) -> Result<()> {
        Ok(())
    }
}

/// The policy that always takes `value`.
pub fn fixed(value: f64) -> Policy<impl FnMut(f64) -> Result<f64>> {
    Policy::new(move |_| Ok(value))
}

/// What solving a sequence came to.
#[derive(Clone, Debug)]
pub struct Relaxed {
    /// What was chosen for each system.
    pub choices: Vec<Choice>,
    /// The iterations of each system; the limit of iterations for one that did not converge.
    pub costs: Vec<u64>,
    /// How many systems did not converge.
    pub failures: u64,
    /// The work of all solves; its seconds are those of the solves alone.
    pub work: Work,
    /// The time that the learner took, in seconds.
    pub learning_seconds: f64,
    /// Why it ended: [`Stopped::Exhausted`] after the last system.
    pub stopped: Stopped,
}

impl Relaxed {
    /// Joins what came of the next part of the same sequence.
    pub fn append(&mut self, part: Self) {
        self.choices.extend(part.choices);
        self.costs.extend(part.costs);
        self.failures += part.failures;
        self.work += &part.work;
        self.learning_seconds += part.learning_seconds;
        self.stopped = part.stopped;
    }

    /// The iterations of all systems together.
    pub fn total(&self) -> u64 {
        self.costs.iter().sum()
    }

    /// The mean iterations of the systems from `start` on.
    pub fn mean_from(&self, start: usize) -> f64 {
        let costs = self.costs.get(start..).unwrap_or_default();
        costs.iter().sum::<u64>() as f64 / costs.len() as f64
    }

    /// An unbiased estimate of what the cheapest of `actions` would have cost in all systems, and which it is: costs
    /// weighted with the inverse probabilities of the choices, for a learner that draws them. Its standard deviation is large where an action was
    /// seldom taken. `None` if there is no action.
    pub fn best_fixed_estimate(&self, actions: &[f64]) -> Option<(f64, f64)> {
        let mut sums = vec![0.0; actions.len()];
        for (choice, &cost) in self.choices.iter().zip(&self.costs) {
            if let Some(sum) = sums.get_mut(choice.index) {
                *sum += cost as f64 / choice.probability;
            }
        }
        // An action that was never taken has no estimate.
        let taken = |i: usize| self.choices.iter().any(|choice| choice.index == i);
        let best = (0..sums.len()).filter(|&i| taken(i)).min_by(|&i, &j| sums[i].total_cmp(&sums[j]))?;
        Some((actions[best], sums[best]))
    }
}

/// Solves the systems that are left of `sequence` by `solver`, with the parameter that `learner` chooses.
///
/// A sequence that is solved in parts, with the same learner and stream, gives what the whole does.
///
/// The run counts one step a system; its error is the mean number of iterations so far.
///
/// # Errors
/// Those of the sequence, the solver and the learner, and [`Error::NotFinite`] if an iterate of a solve is not: a
/// solve that reaches its limit of iterations is a cost, not an error, and is counted in `failures`.
///
/// ```
/// use ansatz_core::{Run, Seed};
/// use ansatz_linear::bandit::{ChebCb, grid};
/// use ansatz_linear::problems::{ShiftedLaplacian, Shifts};
/// use ansatz_linear::sequence::{fixed, solve};
/// use ansatz_linear::{Scheme, Solver};
/// let systems = || ShiftedLaplacian::new(10, Shifts::HighVariance, 1000, Seed(1));
/// let sor = Solver::new(Scheme::Sor);
/// let mut learner = ChebCb::new(grid(1.0, 1.95, 20)?, Shifts::INTERVAL)?;
/// let mut run = Run::new(Seed(1));
/// let learnt = solve(&mut systems()?, &sor, &mut learner, &mut Seed(1).stream("choices", 0), &mut run)?;
/// let mut run = Run::new(Seed(1));
/// let gauss_seidel = solve(&mut systems()?, &sor, &mut fixed(1.0), &mut Seed(1).stream("none", 0), &mut run)?;
/// assert!(learnt.total() < gauss_seidel.total() / 4);
/// # Ok::<(), ansatz_core::Error>(())
/// ```
pub fn solve(
    sequence: &mut impl Sequence,
    solver: &impl Relaxation,
    learner: &mut (impl Learner + ?Sized),
    stream: &mut Stream,
    run: &mut Run,
) -> Result<Relaxed> {
    let mut relaxed = Relaxed {
        choices: Vec::new(),
        costs: Vec::new(),
        failures: 0,
        work: Work::default(),
        learning_seconds: 0.0,
        stopped: Stopped::Exhausted,
    };
    for t in 0..sequence.left() {
        let system = sequence.system()?;
        let started = Instant::now();
        let choice = learner.choose(system.context, stream)?;
        let chosen = Instant::now();
        let solution = solver.solve(&system, choice.value, &mut Run::new(Seed(0)))?;
        let solved = Instant::now();
        if let Stopped::NotANumber { iteration } = solution.stopped {
            let place = format!("iteration {iteration} of system {}, with the parameter {}", t + 1, choice.value);
            return Err(Error::NotFinite { quantity: "the residual".to_owned(), place });
        }
        let cost = solution.work.iterations;
        learner.observe(cost as f64)?;
        relaxed.learning_seconds += (chosen - started + solved.elapsed()).as_secs_f64();
        relaxed.choices.push(choice);
        relaxed.costs.push(cost);
        relaxed.failures += u64::from(!solution.stopped.succeeded());
        relaxed.work += &solution.work;
        relaxed.work.evaluations += 1;
        relaxed.work.seconds += (solved - chosen).as_secs_f64();
        sequence.advance(solution);
        let mean = relaxed.work.iterations as f64 / (t + 1) as f64;
        if let Some(why) = run.step(&relaxed.work, mean) {
            relaxed.stopped = why;
            break;
        }
    }
    Ok(relaxed)
}
