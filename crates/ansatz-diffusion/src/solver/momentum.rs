//! Momentum for any multistep solver: a larger region of stability, at the price of the order.
//!
//! A step of a multistep solver is `x_{n+1} = A_n x_n + B_n D_n` with a direction `D_n`, a mean (weights of sum 1) of the answers so
//! far. Momentum smooths the direction:
//!
//! ```text
//! heavy ball:  v ← (1 − β) v + β D_n                           x_{n+1} = A_n x_n + B_n v
//! Nesterov:    v ← (1 − β) v + β D_n                           x_{n+1} = A_n x_n + B_n ((1 − β) v + β D_n)
//! ```
//!
//! `v` begins as the first direction; where the solver asks for data, whose second-order steps begin with the second one, as that.
//! As the smoothed direction of the last step is `(x_n − A_{n−1} x_{n−1})/B_{n−1}`, no state is needed beside the last two points.
//!
//! `β = 1` is the solver itself, a smaller one stretches its region by `(2 − β)/β` along the real axis. Order 1 for `β < 1`. No further
//! evaluations.
//!
//! Source: Wizadwongsa et al. 2024, arXiv:2307.11118, sections 4.1 and appendix on variants.

use super::Solver;
use crate::grid::{Grid, Path};
use crate::multistep::valid_beta;
use crate::plan::{Combination, Plan, Stage, Term};
use crate::prediction::Prediction;
use ansatz_core::{Error, Result};

/// Which momentum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Polyak's heavy ball.
    HeavyBall,
    /// Nesterov's, which looks ahead.
    Nesterov,
}

/// A multistep solver with momentum.
#[derive(Debug)]
pub struct Momentum {
    base: Box<dyn Solver>,
    kind: Kind,
    beta: f64,
}

impl Momentum {
    /// Gives `base` momentum `β`. Whether it is a multistep solver shows when a plan is made.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `β` is not in (0, 1].
    pub fn new(base: Box<dyn Solver>, kind: Kind, beta: f64) -> Result<Self> {
        valid_beta(beta)?;
        Ok(Self { base, kind, beta })
    }
}

impl Solver for Momentum {
    fn name(&self) -> String {
        let kind = if self.kind == Kind::HeavyBall { "HB" } else { "NT" };
        format!("{} + {kind} {}", self.base.name(), self.beta)
    }

    fn order(&self) -> usize {
        if self.beta < 1.0 { 1 } else { self.base.order() }
    }

    fn citation(&self) -> &'static str {
        "Wizadwongsa, Chinchuthakun, Khungurn, Raj, Suwajanakorn: Diffusion Sampling with Momentum for Mitigating Divergence Artifacts, ICLR 2024, arXiv:2307.11118"
    }

    fn plan(&self, path: &Path, grid: &Grid, evaluations: usize) -> Result<Plan> {
        let plan = self.base.plan(path, grid, evaluations)?;
        if self.beta < 1.0 { with_momentum(&plan, self.kind, self.beta) } else { Ok(plan) }
    }
}

/// Adds `c (x_n − A x_{n−1})/B`: `c` times the direction of the step that led to the point of stage `n`.
pub(super) fn carried(sum: Combination, c: f64, n: usize, (scale, step): (f64, f64)) -> Combination {
    sum.plus(c / step, Term::Point(n)).plus(-c * scale / step, Term::Point(n - 1))
}

/// A step of a multistep plan.
struct Step {
    /// `A` and `B`.
    size: (f64, f64),
    /// `B D`: weights of the answers.
    direction: Vec<(Term, f64)>,
}

impl Step {
    /// Reads the combination that leads from the point of stage `n` on.
    fn read(combination: &Combination, n: usize) -> Result<Self> {
        let refuse = |what: String| {
            let allowed = "one whose steps combine the last point and answers: only a multistep solver takes momentum";
            Err(Error::parameter("the solver", what, allowed))
        };
        let (mut scale, mut sum, mut direction) = (0.0, 0.0, Vec::new());
        for &(term, c) in &combination.0 {
            match term {
                Term::Point(k) if k == n => scale += c,
                Term::Answer(_) => {
                    sum += c;
                    direction.push((term, c));
                }
                other => return refuse(format!("one that uses {other:?} in step {n}")),
            }
        }
        if sum == 0.0 || scale == 0.0 {
            return refuse(format!("one whose step {n} has no direction"));
        }
        Ok(Self { size: (scale, sum), direction })
    }
}

fn with_momentum(plan: &Plan, kind: Kind, beta: f64) -> Result<Plan> {
    let stages = plan.stages();
    let want = stages[0].want;
    if let Some(other) = stages.iter().find(|stage| stage.want != want) {
        let what = format!("one that asks for {want} and {}", other.want);
        return Err(Error::parameter("the solver", what, "one that asks for the same thing always"));
    }
    let ends = stages[1..].iter().map(|stage| &stage.point).chain([plan.result()]);
    let steps: Vec<Step> = ends.enumerate().map(|(n, end)| Step::read(end, n)).collect::<Result<_>>()?;
    let plain = if want == Prediction::Data { 2 } else { 1 };
    let moved = |n: usize| {
        let step = &steps[n];
        let base = Combination::of(Term::Point(n)).scaled(step.size.0);
        let add = |sum: Combination, c: f64, from: &Step| {
            // c D of one step with the B of this one
            let c = c * step.size.1 / from.size.1;
            from.direction.iter().fold(sum, |sum, &(term, w)| sum.plus(c * w, term))
        };
        if n < plain {
            return add(base, 1.0, step);
        }
        // u_n: what is moved along. Nesterov's satisfies u_n = (1 − β) u_{n−1} + β (2 − β) D_n − β (1 − β) D_{n−1}.
        let fresh = match kind {
            Kind::HeavyBall => add(base, beta, step),
            Kind::Nesterov => {
                let ahead = add(base, beta * (2.0 - beta), step);
                add(ahead, -beta * (1.0 - beta), &steps[n - 1])
            }
        };
        carried(fresh, (1.0 - beta) * step.size.1, n, steps[n - 1].size)
    };
    let points = [stages[0].point.clone()].into_iter().chain((0..steps.len() - 1).map(moved));
    let fresh = stages.iter().zip(points).map(|(stage, point)| Stage { point, ..stage.clone() }).collect();
    Plan::new(fresh, moved(steps.len() - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Batch;
    use crate::schedule::{Edm, Level, VpLinear};
    use crate::solver::{DpmSolver, Plms};
    use crate::stepper::{Stepper, Walk};

    /// Runs a plan on `ε(x, σ) = sin(3 σ) − x`.
    fn run(plan: Plan) -> f64 {
        let mut walk = Walk::begin(plan, Batch::new(1, vec![0.7]).unwrap()).unwrap();
        while let Some(query) = walk.query() {
            let answer = answer(query.x.data()[0], &query.level);
            walk.step(Batch::new(1, vec![answer]).unwrap()).unwrap();
        }
        walk.state().data()[0]
    }

    fn answer(x: f64, level: &Level) -> f64 {
        (3.0 * level.sigma).sin() - x
    }

    #[test]
    fn plans_with_momentum_are_the_definition() {
        let schedule = Edm::default();
        let path = Path::new(&schedule, 2.0, 0.1).unwrap();
        let nodes = Grid::Quadratic.nodes(&path, 11).unwrap();
        for (kind, beta) in
            [(Kind::HeavyBall, 0.8), (Kind::HeavyBall, 0.3), (Kind::Nesterov, 0.7), (Kind::Nesterov, 1.0)]
        {
            let solver = Momentum::new(Box::new(Plms::new(3).unwrap()), kind, beta).unwrap();
            let own = run(solver.plan(&path, &Grid::Quadratic, 11).unwrap());
            let (mut x, mut v, mut f) = (0.7, None, Vec::new());
            for (n, pair) in nodes.windows(2).enumerate() {
                f.insert(0, answer(x, &pair[0]));
                let rule = crate::Multistep::adams_bashforth(3.min(n + 1)).unwrap();
                let d: f64 = rule.weights().iter().zip(&f).map(|(b, f)| b * f).sum();
                let now = (1.0 - beta) * v.unwrap_or(d) + beta * d;
                v = Some(now);
                let along = if kind == Kind::HeavyBall { now } else { (1.0 - beta) * now + beta * d };
                x += (pair[1].sigma - pair[0].sigma) * along;
            }
            assert!((own - x).abs() < 1e-12, "{kind:?} {beta}: {own} for {x}");
        }
    }

    #[test]
    fn only_multistep_plans_take_momentum() {
        let schedule = VpLinear::default();
        let path = Path::whole(&schedule).unwrap();
        let solver = Momentum::new(Box::new(DpmSolver::fixed(2).unwrap()), Kind::HeavyBall, 0.8).unwrap();
        let error = solver.plan(&path, &Grid::LogSnr, 10).unwrap_err().to_string();
        assert!(error.contains("only a multistep solver takes momentum"), "{error}");
        for beta in [0.0, 1.5, f64::NAN] {
            assert!(Momentum::new(Box::new(Plms::pndm()), Kind::HeavyBall, beta).is_err());
        }
    }
}
