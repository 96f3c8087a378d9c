//! How a schedule is changed: crossover, mutation, repair.

use crate::grid::Path;
use crate::prediction::Prediction;
use crate::usf::{Afs, Corrector, Derivative, Scale, SolverSchedule, StepDecision};
use ansatz_core::{Error, Result, Stream};
use serde::{Deserialize, Serialize};

/// Draws until a child is one that can be run, and new.
const TRIES: usize = 50;

/// Probabilities and sizes of the changes. The defaults are those of the released search for variance-preserving models, with
/// the differences that [`search`](crate::search) names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moves {
    /// That a child has two parents.
    pub crossover: f64,
    /// That a step is inserted.
    pub insert: f64,
    /// That a step is deleted.
    pub delete: f64,
    /// For each decision of each step: that it is drawn anew.
    pub step: f64,
    /// That the analytic first step is drawn anew.
    pub afs: f64,
    /// The largest standard deviation of a node's relative change.
    pub node: f64,
    /// The largest standard deviation of the change of a relaxation.
    pub relaxation: f64,
    /// Every step has this prediction and this order, or the largest that it can have, and the scale and corrector of the
    /// preset that it comes from; only the nodes are searched.
    pub uniform: Option<(Prediction, usize)>,
}

impl Default for Moves {
    fn default() -> Self {
        Self {
            crossover: 0.3,
            insert: 0.2,
            delete: 0.2,
            step: 0.3,
            afs: 0.3,
            node: 0.08,
            relaxation: 0.06,
            uniform: None,
        }
    }
}

impl Moves {
    /// Checks the parameters.
    ///
    /// # Errors
    /// [`Error::Parameter`] for the first one that is out of range.
    pub fn validate(&self) -> Result<()> {
        let probabilities = [
            ("crossover", self.crossover),
            ("insert", self.insert),
            ("delete", self.delete),
            ("step", self.step),
            ("afs", self.afs),
        ];
        if let Some((name, value)) = probabilities.into_iter().find(|(_, p)| !(0.0..=1.0).contains(p)) {
            return Err(Error::parameter(name, value, "from 0 to 1"));
        }
        for (name, value) in [("node", self.node), ("relaxation", self.relaxation)] {
            if !(value > 0.0 && value < 1.0) {
                return Err(Error::parameter(name, value, "above 0 and below 1"));
            }
        }
        match self.uniform {
            Some((prediction, _)) if !matches!(prediction, Prediction::Noise | Prediction::Data) => {
                Err(Error::parameter("the uniform prediction", prediction, "noise or data"))
            }
            Some((_, order)) if !(1..=4).contains(&order) => {
                Err(Error::parameter("the uniform order", order, "from 1 to 4"))
            }
            _ => Ok(()),
        }
    }

    /// A child of one or two of `parents` that can be run and that `accept` takes; none after many draws.
    pub(super) fn child(
        &self,
        parents: &[&SolverSchedule],
        path: &Path,
        mean: Option<&[f64]>,
        stream: &mut Stream,
        mut accept: impl FnMut(&mut SolverSchedule, &mut Stream) -> bool,
    ) -> Option<SolverSchedule> {
        for _ in 0..TRIES {
            let first = parents[stream.below(parents.len())];
            let mut child = if stream.chance(self.crossover) {
                crossover(first, parents[stream.below(parents.len())], stream)
            } else {
                first.clone()
            };
            self.mutate(&mut child, mean, stream);
            self.repair(&mut child);
            if accept(&mut child, stream) && child.check(path.schedule).is_ok() {
                return Some(child);
            }
        }
        None
    }

    fn mutate(&self, child: &mut SolverSchedule, mean: Option<&[f64]>, stream: &mut Stream) {
        if stream.chance(self.insert) {
            insert(child, stream);
        }
        if stream.chance(self.delete) {
            delete(child, stream);
        }
        // Most children change little: sizes over one and a half decades.
        let size = 10f64.powf(-1.5 * stream.uniform());
        let last = child.nodes.len() - 1;
        for t in &mut child.nodes[1..last] {
            if stream.chance(self.step) {
                *t *= 1.0 + size * self.node * stream.normal();
            }
        }
        child.nodes[1..last].sort_by(|a, b| b.total_cmp(a));
        if let (true, Some(mean)) = (stream.chance(self.afs) && self.uniform.is_none(), mean) {
            child.afs = match stream.uniform() {
                u if u < 0.3 => None,
                u if u < 0.6 => Some(Afs::Zero),
                _ => Some(Afs::Average(mean.to_vec())),
            };
        }
        if self.uniform.is_some() {
            return;
        }
        for step in &mut child.steps {
            if stream.chance(self.step) {
                step.order = [1, 1, 2, 2, 2, 2, 3, 3, 3, 4][stream.below(10)];
            }
            if stream.chance(self.step) {
                step.prediction = if stream.chance(0.5) { Prediction::Noise } else { Prediction::Data };
            }
            if stream.chance(self.step) {
                step.relaxation += size * self.relaxation * stream.normal();
            }
            if stream.chance(self.step) && !step.derivatives.is_empty() {
                // One or two nodes for the first derivative; the repair makes the list.
                step.derivatives[0].active = vec![0; 1 + stream.below(2)];
            }
            if stream.chance(0.5 * self.step) && !step.derivatives.is_empty() {
                step.derivatives[0].scale = [Scale::Taylor, Scale::Taylor, Scale::Bh1, Scale::Bh2][stream.below(4)];
            }
            if stream.chance(0.2 * self.step) {
                step.start = if stream.chance(0.7) { 1 } else { 2 };
            }
            if stream.chance(self.step) {
                let scale = [Scale::Taylor, Scale::Bh1, Scale::Bh2][stream.below(3)];
                step.corrector = stream.chance(0.5).then_some(Corrector { scale, ..Corrector::default() });
            }
            if let Some(corrector) = &mut step.corrector
                && stream.chance(self.step)
            {
                corrector.relaxation += size * self.relaxation * stream.normal();
            }
        }
    }

    /// Makes orders, lists and the last corrector fit the places of the steps.
    pub(super) fn repair(&self, child: &mut SolverSchedule) {
        let n = child.steps.len();
        for (at, step) in child.steps.iter_mut().enumerate() {
            let known = at + 1;
            if let Some((prediction, order)) = self.uniform {
                let (corrector, scale) = (step.corrector, step.derivatives.first().map(|first| first.scale));
                *step = StepDecision { corrector, ..StepDecision::multistep(prediction, order.min(known)) };
                if let (Some(first), Some(scale)) = (step.derivatives.first_mut(), scale) {
                    first.scale = scale;
                }
            }
            repair_step(step, known);
            if known == n {
                step.corrector = None;
            }
        }
    }

    /// Inserts or deletes steps until the model is asked so many times.
    pub(super) fn resize(&self, child: &mut SolverSchedule, evaluations: usize, stream: &mut Stream) {
        while child.evaluations() > evaluations && child.steps.len() > 1 {
            delete(child, stream);
        }
        while child.evaluations() < evaluations {
            insert(child, stream);
        }
        self.repair(child);
    }
}

fn repair_step(step: &mut StepDecision, known: usize) {
    step.order = step.order.min(known);
    step.start = step.start.min(known);
    step.derivatives.resize(step.order - 1, Derivative::default());
    let others = known - 1;
    for (k, derivative) in (1..).zip(&mut step.derivatives) {
        let count = derivative.active.len().clamp(k, others.max(k));
        derivative.active = (1..=known).filter(|a| *a != step.start).take(count).collect();
    }
}

/// Node and step at a random place, with the decisions of the step that is cut in two.
fn insert(child: &mut SolverSchedule, stream: &mut Stream) {
    let at = stream.below(child.steps.len());
    let (a, b) = (child.nodes[at], child.nodes[at + 1]);
    let share = stream.uniform_in(0.25, 0.75);
    // Between the two by a factor where there is one: nodes are spread over decades.
    let node = if a > 0.0 && b > 0.0 { a.powf(1.0 - share) * b.powf(share) } else { a + share * (b - a) };
    child.nodes.insert(at + 1, node);
    child.steps.insert(at, child.steps[at].clone());
}

fn delete(child: &mut SolverSchedule, stream: &mut Stream) {
    if child.steps.len() > 1 {
        let at = stream.below(child.steps.len() - 1);
        child.nodes.remove(at + 1);
        child.steps.remove(at);
    }
}

/// Of parents of one length: nodes, steps and first step from either, as wholes or step by step. Of others: the first.
fn crossover(a: &SolverSchedule, b: &SolverSchedule, stream: &mut Stream) -> SolverSchedule {
    let mut child = a.clone();
    if a.steps.len() != b.steps.len() {
        return child;
    }
    if stream.chance(0.5) {
        child.nodes.clone_from(&b.nodes);
    }
    if stream.chance(0.5) {
        child.afs.clone_from(&b.afs);
    }
    // Half of the time step by step, a quarter all steps, a quarter none.
    let mixed = stream.chance(0.5);
    if mixed {
        for (own, other) in child.steps.iter_mut().zip(&b.steps) {
            if stream.chance(0.5) {
                own.clone_from(other);
            }
        }
    } else if stream.chance(0.5) {
        child.steps.clone_from(&b.steps);
    }
    child
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::VpLinear;
    use crate::usf::preset;
    use ansatz_core::Seed;

    #[test]
    fn children_can_be_run_and_differ() {
        let schedule = VpLinear::default();
        let path = Path::whole(&schedule).unwrap();
        let mean = [0.5; 3];
        let presets = preset::all(&path, 6, Some(&mean)).unwrap();
        let parents: Vec<&SolverSchedule> = presets.iter().map(|(_, sampler)| sampler).collect();
        let moves = Moves::default();
        let mut stream = Seed(3).stream("moves", 0);
        let (mut orders, mut lengths) = ([0; 5], [0; 12]);
        let (mut starts, mut corrected, mut changed) = (0, 0, 0);
        for _ in 0..2000 {
            let resize = |child: &mut SolverSchedule, stream: &mut Stream| {
                moves.resize(child, 6, stream);
                true
            };
            let child = moves.child(&parents, &path, Some(&mean), &mut stream, resize).unwrap();
            assert_eq!(child.evaluations(), 6);
            changed += usize::from(!parents.contains(&&child));
            child.plan(&schedule).unwrap();
            lengths[child.steps.len()] += 1;
            for step in &child.steps {
                orders[step.order] += 1;
                starts += usize::from(step.start > 1);
                corrected += usize::from(step.corrector.is_some());
            }
        }
        assert!(orders[1..].iter().all(|&n| n > 100) && starts > 100 && corrected > 100, "{orders:?} {starts}");
        assert!(changed > 1900, "{changed}");
        assert!(lengths[6] > 100 && lengths[7] > 100, "{lengths:?}");
    }

    #[test]
    fn uniform_schedules_stay_uniform() {
        let schedule = VpLinear::default();
        let path = Path::whole(&schedule).unwrap();
        let moves = Moves { uniform: Some((Prediction::Data, 3)), ..Moves::default() };
        let presets = preset::all(&path, 5, None).unwrap();
        let parents: Vec<&SolverSchedule> = presets.iter().map(|(_, sampler)| sampler).collect();
        let mut stream = Seed(3).stream("uniform", 0);
        for _ in 0..200 {
            let resize = |child: &mut SolverSchedule, stream: &mut Stream| {
                moves.resize(child, 5, stream);
                true
            };
            let child = moves.child(&parents, &path, None, &mut stream, resize).unwrap();
            for (i, step) in child.steps.iter().enumerate() {
                assert_eq!((step.prediction, step.order, step.start), (Prediction::Data, 3.min(i + 1), 1));
            }
        }
    }

    #[test]
    fn bad_parameters_are_named() {
        let refuse = |moves: Moves| moves.validate().unwrap_err().to_string();
        Moves::default().validate().unwrap();
        assert!(refuse(Moves { insert: 1.5, ..Moves::default() }).contains("insert is 1.5"));
        assert!(refuse(Moves { node: f64::NAN, ..Moves::default() }).contains("node is NaN"));
        assert!(refuse(Moves { uniform: Some((Prediction::V, 2)), ..Moves::default() }).contains("is v"));
        assert!(refuse(Moves { uniform: Some((Prediction::Data, 5)), ..Moves::default() }).contains("is 5"));
    }
}
