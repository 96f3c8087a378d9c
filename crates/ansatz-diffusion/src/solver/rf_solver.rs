//! RF-Solver: Taylor steps on rectified flows, for sampling and above all for inversion.
//!
//! In `τ` the flow is `dZ/dτ = v(Z, τ)`, `v = ε − x̂_0`. A step over `h`, negative when sampling and positive when inverting, is
//!
//! ```text
//! Z' = Z + h v + h²/2 v^(1) + h³/6 v^(2)       v^(k) = d^k v/dτ^k along the path
//! ```
//!
//! cut off after the order. Derivatives are from differences of `v`:
//!
//! | derivative | order 2 | order 3 |
//! |---|---|---|
//! | steps of the nodes | `v` at `h/2` | `v` at `h/3` and `2h/3` |
//! | short steps `Δ` | `v` at `Δ` | `v` at `Δ` and `2Δ` |
//!
//! each point reached by the velocity before it. With the steps of the nodes everything cancels to Runge–Kutta methods: order 2 is
//! exactly the explicit midpoint rule, `Z' = Z + h v(Z + h/2 v, τ + h/2)`, and order 3 Heun's third-order method. With short steps
//! the derivative is local, the constant large where steps are few, and the order falls to 1 once `h` is below `Δ`.
//! [`Curved`](crate::model::Curved) models, which know `v^(1)`, have [`carry_exact`].
//!
//! `p` evaluations a step of order `p`. Any schedule: see `τ` in others than that of flows.
//!
//! Source: Wang, Pu, Qi, Guo, Ma, Huang, Chen, Li and Shan 2025, arXiv:2411.04746, section 3.2; the cancellation is ours.

use super::straight::{level, moved, tau};
use super::{Solver, enough};
use crate::grid::{Grid, Path};
use crate::plan::{Builder, Plan};
use crate::prediction::Prediction;
use crate::schedule::{Level, Schedule};
use ansatz_core::{Error, Result};

/// How derivatives of the velocity are found.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Derivative {
    /// By differences over parts of the step: the released form.
    #[default]
    Midpoint,
    /// By differences over this length `Δ > 0` of `τ`, in the direction of the step: the printed form, with 0.01.
    Difference(f64),
}

/// RF-Solver of order 1 to 3.
///
/// ```
/// use ansatz_core::{Run, Seed};
/// use ansatz_diffusion::solver::{RfSolver, Steps};
/// use ansatz_diffusion::{Grid, Path, Sampling, model, rmse, schedule::Flow};
/// let (model, schedule) = (model::gmm8()?, Flow::default());
/// let path = Path::new(&schedule, 1.0, 0.0)?;
/// let solver = RfSolver::new(2)?;
/// let method = Steps { solver: &solver, grid: Grid::Time, evaluations: 60, denoise: false };
/// let data = model.draws(Seed(1), 4);
/// let noise = Sampling::new(path.reversed(), &method).transport(&model, &data, &mut Run::new(Seed(1)))?.x;
/// let back = Sampling::new(path, &method).transport(&model, &noise, &mut Run::new(Seed(1)))?.x;
/// assert!(rmse(&back, &data) < 0.05);
/// # Ok::<(), ansatz_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RfSolver {
    order: usize,
    derivative: Derivative,
}

impl RfSolver {
    /// Order 1 (Euler), 2 or 3, in the released form.
    ///
    /// # Errors
    /// [`Error::Parameter`] for another order.
    pub fn new(order: usize) -> Result<Self> {
        if (1..=3).contains(&order) {
            Ok(Self { order, derivative: Derivative::Midpoint })
        } else {
            Err(Error::parameter("the order of RF-Solver", order, "1, 2 or 3"))
        }
    }

    /// The same with derivatives found in another way.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a `Δ` that is not in (0, 0.5].
    pub fn by(self, derivative: Derivative) -> Result<Self> {
        match derivative {
            Derivative::Difference(delta) if !(delta > 0.0 && delta <= 0.5) => {
                Err(Error::parameter("delta", delta, "greater than 0, at most 0.5"))
            }
            _ => Ok(Self { derivative, ..self }),
        }
    }

    /// Asks at `τ + c` from the base, where `Z = Z_base + c u` of stage `along`.
    fn ahead(
        builder: &mut Builder,
        schedule: &dyn Schedule,
        s: &Level,
        base: usize,
        c: f64,
        along: usize,
    ) -> Result<usize> {
        let at = level(schedule, (tau(s) + c).clamp(0.0, 1.0))?;
        Ok(builder.ask(at, Prediction::Velocity, moved(base, s, &at, &[(c, along)])))
    }
}

impl Solver for RfSolver {
    fn name(&self) -> String {
        match (self.order, self.derivative) {
            (1, _) => "RF-Solver-1".to_owned(),
            (order, Derivative::Midpoint) => format!("RF-Solver-{order}"),
            (order, Derivative::Difference(delta)) => format!("RF-Solver-{order}, Δ = {delta}"),
        }
    }

    fn order(&self) -> usize {
        self.order
    }

    fn citation(&self) -> &'static str {
        "Wang, Pu, Qi, Guo, Ma, Huang, Chen, Li, Shan: Taming Rectified Flow for Inversion and Editing, ICML 2025, arXiv:2411.04746"
    }

    fn plan(&self, path: &Path, grid: &Grid, evaluations: usize) -> Result<Plan> {
        enough(evaluations, self.order, &self.name())?;
        let nodes = grid.nodes(path, evaluations / self.order)?;
        let mut builder = Builder::new();
        for pair in nodes.windows(2) {
            let (s, t) = (&pair[0], &pair[1]);
            let h = tau(t) - tau(s);
            let first = builder.ask_here(*s, Prediction::Velocity);
            let part = match self.derivative {
                Derivative::Midpoint => h / self.order as f64,
                // Not past the end of the path: beyond, a model need not be defined.
                Derivative::Difference(delta) => {
                    let room = (tau(&path.to) - tau(s)).abs();
                    delta.min(room / (self.order as f64 - 1.0).max(1.0)).copysign(h)
                }
            };
            let terms = match self.order {
                1 => vec![(h, first)],
                2 => {
                    let second = Self::ahead(&mut builder, path.schedule, s, first, part, first)?;
                    // h v + h²/2 (v_2 − v)/Δ
                    let c = 0.5 * h * h / part;
                    vec![(h - c, first), (c, second)]
                }
                _ => {
                    let second = Self::ahead(&mut builder, path.schedule, s, first, part, first)?;
                    let third = Self::ahead(&mut builder, path.schedule, s, first, 2.0 * part, second)?;
                    // v^(1) = (−3 v + 4 v_2 − v_3)/(2 Δ), v^(2) = (v − 2 v_2 + v_3)/Δ²
                    let (slope, curve) = (h * h / (4.0 * part), h * h * h / (6.0 * part * part));
                    vec![(h - 3.0 * slope + curve, first), (4.0 * slope - 2.0 * curve, second), (curve - slope, third)]
                }
            };
            let terms: Vec<_> = terms.into_iter().filter(|(c, _)| c.abs() > 1e-15 * h.abs()).collect();
            builder.go(moved(first, s, t, &terms));
        }
        builder.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Combination, Term};
    use crate::schedule::{Flow, VpLinear};
    use crate::solver::{RungeKutta, Variable};

    fn coefficient(combination: &Combination, term: Term) -> f64 {
        combination.0.iter().filter(|(known, _)| *known == term).map(|(_, c)| c).sum()
    }

    #[test]
    fn the_released_forms_are_runge_kutta_methods() {
        let schedule = Flow::default();
        let rivals = [RungeKutta::euler, RungeKutta::midpoint, RungeKutta::third];
        for path in [Path::new(&schedule, 1.0, 0.0).unwrap(), Path::new(&schedule, 0.0, 1.0).unwrap()] {
            for (order, rival) in (1..=3).zip(rivals) {
                let own = RfSolver::new(order).unwrap().plan(&path, &Grid::Time, 12).unwrap();
                let known = rival(Variable::Time).plan(&path, &Grid::Time, 12).unwrap();
                let points = |plan: &Plan| {
                    let points = plan.stages().iter().map(|stage| stage.point.clone());
                    points.chain([plan.result().clone()]).collect::<Vec<_>>()
                };
                for (a, b) in points(&own).iter().zip(points(&known)) {
                    for (term, _) in a.0.iter().chain(&b.0) {
                        let (x, y) = (coefficient(a, *term), coefficient(&b, *term));
                        assert!((x - y).abs() < 1e-14, "order {order}, {term:?}: {x} for {y}");
                    }
                }
                for (a, b) in own.stages().iter().zip(known.stages()) {
                    assert!((a.level.t - b.level.t).abs() < 1e-15);
                }
            }
        }
    }

    #[test]
    fn stages_stay_on_the_path_and_signs_are_those_of_the_step() {
        let schedule = Flow::default();
        for (from, to) in [(1.0, 0.0), (0.0, 1.0)] {
            let path = Path::new(&schedule, from, to).unwrap();
            for order in [2, 3] {
                // Steps of 0.004, shorter than Δ.
                let solver = RfSolver::new(order).unwrap().by(Derivative::Difference(0.01)).unwrap();
                let plan = solver.plan(&path, &Grid::Time, order * 250).unwrap();
                for stages in plan.stages().chunks(order) {
                    let way = (stages[1].level.sigma - stages[0].level.sigma) * (to - from);
                    assert!(way > 0.0);
                    assert!(stages.iter().all(|stage| (0.0..=1.0).contains(&stage.level.sigma)));
                }
            }
        }
    }

    #[test]
    fn a_linear_field_is_solved_to_its_order() {
        // v = a + b τ along Z = τ: order 2 is exact whatever Δ; a wrong sign of v^(1) would show at once.
        let schedule = Flow::default();
        let path = Path::new(&schedule, 0.9, 0.1).unwrap();
        for derivative in [Derivative::Midpoint, Derivative::Difference(0.03)] {
            for order in [2, 3] {
                let solver = RfSolver::new(order).unwrap().by(derivative).unwrap();
                let plan = solver.plan(&path, &Grid::Time, 12).unwrap();
                let (mut points, mut answers): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
                let combine = |combination: &Combination, points: &[f64], answers: &[f64]| {
                    let value = |term: Term| match term {
                        Term::Point(k) => points[k],
                        Term::Answer(k) => answers[k],
                        _ => 2.0,
                    };
                    combination.0.iter().map(|&(term, c)| c * value(term)).sum::<f64>()
                };
                for stage in plan.stages() {
                    points.push(combine(&stage.point, &points, &answers));
                    answers.push(1.5 - 4.0 * stage.level.sigma);
                }
                let end = combine(plan.result(), &points, &answers);
                // ∫ from 0.9 to 0.1
                let known = 2.0 + 1.5 * -0.8 - 2.0 * (0.01 - 0.81);
                assert!((end - known).abs() < 1e-13, "{derivative:?}, order {order}: {end} for {known}");
            }
        }
    }

    #[test]
    fn impossible_parameters_are_refused() {
        assert!(RfSolver::new(0).is_err() && RfSolver::new(4).is_err());
        for delta in [0.0, -0.01, 0.6, f64::NAN] {
            assert!(RfSolver::new(2).unwrap().by(Derivative::Difference(delta)).is_err());
        }
        let schedule = VpLinear::default();
        let path = Path::whole(&schedule).unwrap();
        assert!(RfSolver::new(3).unwrap().plan(&path, &Grid::Time, 2).is_err());
    }
}
