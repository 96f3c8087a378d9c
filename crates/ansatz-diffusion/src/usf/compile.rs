//! From decisions to the coefficients of a plan.

use super::decision::{Corrector, Derivative, Scale, SolverSchedule, StepDecision};
use crate::phi::phi;
use crate::plan::{Combination, Plan, Stage, Term};
use crate::prediction::Prediction;
use crate::schedule::{Level, Schedule};
use ansatz_core::Result;

/// A node that has been passed.
struct Node {
    level: Level,
    /// The state, corrected if it was.
    state: Combination,
    /// The stage in which the model was asked, and what for.
    stage: usize,
    want: Prediction,
}

impl Node {
    /// The prediction of this kind, as terms.
    fn prediction(&self, kind: Prediction) -> Result<[(Term, f64); 2]> {
        // Both kinds come from one evaluation, at the point where it was made, which a corrector may have left.
        let (p, q) = kind.from_other(self.want, &self.level)?;
        Ok([(Term::Point(self.stage), p), (Term::Answer(self.stage), q)])
    }
}

impl SolverSchedule {
    /// The plan. With an analytic first step, its first stage is the one whose answer is not asked but put in.
    ///
    /// # Errors
    /// See [`SolverSchedule::check`].
    pub fn plan(&self, schedule: &dyn Schedule) -> Result<Plan> {
        self.plan_on(&self.check(schedule)?)
    }

    /// The plan with these levels for the nodes, whatever the times are: for nodes given by `λ`, which loses digits on the way
    /// to a time and back.
    ///
    /// # Errors
    /// See [`SolverSchedule::check`].
    pub fn plan_on(&self, levels: &[Level]) -> Result<Plan> {
        self.check_on(levels)?;
        let mut stages: Vec<Stage> = Vec::new();
        let mut nodes: Vec<Node> = Vec::new();
        let mut here = Combination::of(Term::Start);
        for (i, &level) in levels.iter().enumerate() {
            // The kind that the step from here expands is asked for, so that nothing needs to be converted there.
            let Some(next) = self.steps.get(i) else { break };
            let want = next.prediction;
            let mut node = ask(&mut stages, level, want, here);
            if let Some((step, corrector)) = i.checked_sub(1).and_then(|at| with_corrector(&self.steps[at])) {
                nodes.push(node);
                // The new node is now the last one: what was `a` nodes back is one further.
                let corrected = advance(&corrected_step(step, corrector), &nodes, &level)?;
                node = match nodes.pop() {
                    Some(node) if !corrector.implicit => Node { state: corrected, ..node },
                    _ => ask(&mut stages, level, want, corrected),
                };
            }
            nodes.push(node);
            here = advance(next, &nodes, &levels[i + 1])?;
        }
        Plan::new(stages, here)
    }
}

fn ask(stages: &mut Vec<Stage>, level: Level, want: Prediction, point: Combination) -> Node {
    let stage = stages.len();
    stages.push(Stage { level, want, point });
    Node { level, state: Combination::of(Term::Point(stage)), stage, want }
}

fn with_corrector(step: &StepDecision) -> Option<(&StepDecision, Corrector)> {
    step.corrector.map(|corrector| (step, corrector))
}

/// The decisions of the corrector: one order more, the new node active everywhere.
fn corrected_step(step: &StepDecision, corrector: Corrector) -> StepDecision {
    let with_new = |derivative: &Derivative| {
        let active = [1].into_iter().chain(derivative.active.iter().map(|a| a + 1)).collect();
        Derivative { active, scale: derivative.scale }
    };
    let mut derivatives: Vec<Derivative> = step.derivatives.iter().map(with_new).collect();
    let highest = step.derivatives.last().map_or(vec![1], |last| with_new(last).active);
    derivatives.push(Derivative { active: highest, scale: Scale::Taylor });
    derivatives[0].scale = corrector.scale;
    StepDecision {
        order: step.order + 1,
        start: step.start + 1,
        derivatives,
        relaxation: corrector.relaxation,
        corrector: None,
        prediction: step.prediction,
    }
}

/// The state at `t` by one step, `nodes` being those that are known.
fn advance(step: &StepDecision, nodes: &[Node], t: &Level) -> Result<Combination> {
    let back = |a: usize| &nodes[nodes.len() - a];
    let s = back(step.start);
    let h = t.lambda - s.level.lambda;
    let kind = step.prediction;
    // x_t = linear x_s + factor Σ h^{k+1} φ_{k+1}(signed) D_k
    let (linear, factor, signed) = match kind {
        Prediction::Data => (t.sigma / s.level.sigma, t.alpha, -h),
        _ => ((t.log_alpha - s.level.log_alpha).exp(), -t.sigma, h),
    };
    let mut sum = s.state.clone().scaled(linear);
    let mut add = |node: &Node, c: f64| -> Result<()> {
        for (term, weight) in node.prediction(kind)? {
            if weight != 0.0 {
                sum = std::mem::take(&mut sum).plus(c * weight, term);
            }
        }
        Ok(())
    };
    let mut own = factor * h * phi(1, signed);
    for (k, derivative) in (1..).zip(&step.derivatives) {
        let relaxed = if k == 1 { 1.0 + step.relaxation * h } else { 1.0 };
        let scale = scale(derivative.scale, signed) * relaxed;
        let ratios: Vec<f64> = derivative.active.iter().map(|&a| (back(a).level.lambda - s.level.lambda) / h).collect();
        // h^k D_k by weights of the ratios, which are of the size of 1.
        let weights = difference_weights(&ratios, k);
        let c = factor * h * phi(k as u32 + 1, signed) * scale;
        for (&a, weight) in derivative.active.iter().zip(&weights) {
            add(back(a), c * weight)?;
            own -= c * weight;
        }
    }
    add(s, own)?;
    Ok(sum)
}

/// The factor of the first derivative.
fn scale(scale: Scale, h: f64) -> f64 {
    match scale {
        Scale::Taylor => 1.0,
        Scale::Times(c) => c,
        // E(h) − h = h² φ_2(h)
        Scale::Bh1 => 0.5 / phi(2, h),
        Scale::Bh2 => 0.5 * phi(1, h) / phi(2, h),
        Scale::ExpPlus => 1.0 + 0.5 * h.exp_m1(),
        Scale::ExpMinus => 1.0 - 0.5 * h.exp_m1(),
    }
}

/// `c` with `Σ_a c_a r_a^j/j! = [j = k]` for `j = 1..q`: the weights of the `k`-th derivative of the polynomial through 0 and
/// the values at `r`, at 0. By products over the nodes (Lagrange), without a linear system.
fn difference_weights(r: &[f64], k: usize) -> Vec<f64> {
    let factorial: f64 = (1..=k).map(|j| j as f64).product();
    let weight = |a: usize| {
        // The polynomial that is 1 at r_a and 0 at 0 and the others: x/r_a Π (x − r_b)/(r_a − r_b); its coefficient of x^k.
        let mut coefficients = vec![1.0 / r[a]];
        for (b, &other) in r.iter().enumerate() {
            if b != a {
                let scale = 1.0 / (r[a] - other);
                let mut next = vec![0.0; coefficients.len() + 1];
                for (power, c) in coefficients.iter().enumerate() {
                    next[power] -= c * other * scale;
                    next[power + 1] += c * scale;
                }
                coefficients = next;
            }
        }
        factorial * coefficients[k - 1]
    };
    (0..r.len()).map(weight).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_solve_their_system() {
        for r in [vec![-0.7], vec![-0.7, -1.9], vec![1.0, -0.4, -1.3], vec![0.3, 0.9, -0.2, -2.5]] {
            for k in 1..=r.len() {
                let c = difference_weights(&r, k);
                let mut factorial = 1.0;
                for j in 1..=r.len() {
                    factorial *= j as f64;
                    let sum: f64 = c.iter().zip(&r).map(|(c, r)| c * r.powi(j as i32) / factorial).sum();
                    assert!((sum - if j == k { 1.0 } else { 0.0 }).abs() < 1e-12, "{r:?}, derivative {k}, power {j}");
                }
            }
        }
    }
}
