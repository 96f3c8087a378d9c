//! Whether a schedule can be carried out; if not, which step is at fault.

use super::decision::{Afs, Derivative, MAX_ORDER, Scale, SolverSchedule, StepDecision};
use crate::prediction::Prediction;
use crate::schedule::{Level, Schedule};
use ansatz_core::{Error, Result};

/// Nodes nearer than this in `λ` make the systems for derivatives singular.
const LEAST_GAP: f64 = 1e-6;

impl SolverSchedule {
    /// Checks every decision, and returns the levels of the nodes.
    ///
    /// # Errors
    /// [`Error::Parameter`] or [`Error::NotFinite`], naming the step (from 1): nodes that are not one more than steps, not
    /// strictly monotone, outside the schedule or nearer than 1e-6 in `λ`; a prediction other than noise or data; an order
    /// above 4 or above the number of nodes so far; a start point or an active node before the first; active nodes that are
    /// too few, repeated or the start point itself; a scale that is not for this derivative; a number that is not finite; a
    /// corrector of the last step, after which the model is not asked.
    pub fn check(&self, schedule: &dyn Schedule) -> Result<Vec<Level>> {
        self.check_shape()?;
        let levels = self.nodes.iter().map(|&t| schedule.level(t)).collect::<Result<Vec<_>>>()?;
        self.check_on(&levels)?;
        Ok(levels)
    }

    fn check_shape(&self) -> Result<()> {
        let n = self.steps.len();
        if n == 0 {
            return Err(Error::parameter("the number of steps", 0, "at least 1"));
        }
        if self.nodes.len() != n + 1 {
            return Err(Error::parameter(
                "the number of nodes",
                self.nodes.len(),
                format!("one more than steps, {}", n + 1),
            ));
        }
        if self.evaluations() == 0 {
            return Err(Error::parameter("the number of evaluations", 0, "at least 1"));
        }
        if let Some(Afs::Average(mean)) = &self.afs
            && mean.iter().any(|v| !v.is_finite())
        {
            return Err(Error::NotFinite { quantity: "the mean of the data".into(), place: "the first step".into() });
        }
        Ok(())
    }

    /// As [`SolverSchedule::check`], with these levels for the nodes.
    pub(super) fn check_on(&self, levels: &[Level]) -> Result<()> {
        self.check_shape()?;
        let n = self.steps.len();
        if levels.len() != n + 1 {
            return Err(Error::parameter("the number of levels", levels.len(), format!("that of nodes, {}", n + 1)));
        }
        for (i, pair) in levels.windows(2).enumerate() {
            let gap = pair[1].lambda - pair[0].lambda;
            let along = levels[n].lambda - levels[0].lambda;
            if !gap.is_finite() {
                let allowed = "one between times at which lambda is finite";
                return Err(Error::parameter(format!("step {}", i + 1), span(pair), allowed));
            }
            // Where every gap has the sign of the whole, no two nodes are nearer than neighbours are.
            if gap.abs() < LEAST_GAP || gap.signum() != along.signum() {
                let allowed = format!("one along the way, of at least {LEAST_GAP:e} in lambda; it is {gap:.3e}");
                return Err(Error::parameter(format!("step {}", i + 1), span(pair), allowed));
            }
        }
        for (i, step) in self.steps.iter().enumerate() {
            check_step(step, i + 1, n)?;
        }
        Ok(())
    }
}

fn span(pair: &[Level]) -> String {
    format!("from time {} to {}", pair[0].t, pair[1].t)
}

fn check_step(step: &StepDecision, i: usize, n: usize) -> Result<()> {
    let refuse = |what: &str, given: String, allowed: String| {
        Err(Error::parameter(format!("{what} of step {i}"), given, allowed))
    };
    if !matches!(step.prediction, Prediction::Noise | Prediction::Data) {
        return refuse("the prediction", step.prediction.to_string(), "noise or data".into());
    }
    let most = MAX_ORDER.min(i);
    if !(1..=most).contains(&step.order) {
        return refuse("the order", step.order.to_string(), format!("from 1 to {most}, as {i} nodes are known"));
    }
    if !(1..=i).contains(&step.start) {
        return refuse("the start", step.start.to_string(), format!("from 1 to {i}, the first node"));
    }
    if step.derivatives.len() + 1 != step.order {
        let allowed = format!("{}, one less than its order", step.order - 1);
        return refuse("the number of derivatives", step.derivatives.len().to_string(), allowed);
    }
    for (k, derivative) in step.derivatives.iter().enumerate() {
        check_derivative(derivative, step, k + 1, i)?;
    }
    let own = [("the relaxation", step.relaxation)];
    let corrected = step.corrector.map(|corrector| ("the corrector's relaxation", corrector.relaxation));
    for (name, value) in own.into_iter().chain(corrected) {
        if !value.is_finite() {
            return Err(Error::NotFinite { quantity: name.into(), place: format!("step {i}") });
        }
    }
    match step.corrector {
        Some(_) if i == n => {
            refuse("the corrector", "given".into(), "left out: the model is not asked after it".into())
        }
        Some(corrector) => check_scale(corrector.scale, 1, i),
        None => Ok(()),
    }
}

fn check_derivative(derivative: &Derivative, step: &StepDecision, k: usize, i: usize) -> Result<()> {
    let active = &derivative.active;
    let refuse = |allowed: String| {
        let name = format!("the list of active nodes of derivative {k} of step {i}");
        Err(Error::parameter(name, format!("{active:?}"), allowed))
    };
    if active.len() < k {
        return refuse(format!("at least {k} nodes"));
    }
    if active.iter().any(|a| !(1..=i).contains(a)) {
        return refuse(format!("nodes from 1 to {i}"));
    }
    if active.contains(&step.start) {
        return refuse(format!("without the start point, {}", step.start));
    }
    if (1..active.len()).any(|at| active[..at].contains(&active[at])) {
        return refuse("without repetitions".into());
    }
    check_scale(derivative.scale, k, i)
}

fn check_scale(scale: Scale, k: usize, i: usize) -> Result<()> {
    match scale {
        Scale::Times(c) if !c.is_finite() => {
            Err(Error::NotFinite { quantity: format!("the scale of derivative {k}"), place: format!("step {i}") })
        }
        Scale::Bh1 | Scale::Bh2 | Scale::ExpPlus | Scale::ExpMinus if k > 1 => {
            let name = format!("the scale of derivative {k} of step {i}");
            Err(Error::parameter(name, format!("{scale:?}"), "Taylor or a number: others are for the first derivative"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::{Flow, VpLinear};
    use crate::usf::Corrector;

    fn good() -> SolverSchedule {
        let step = |order| StepDecision::multistep(Prediction::Data, order);
        SolverSchedule { nodes: vec![1.0, 0.5, 0.2, 1e-3], steps: vec![step(1), step(2), step(3)], afs: None }
    }

    #[test]
    fn faults_name_their_step() {
        let schedule = VpLinear::default();
        assert_eq!(good().check(&schedule).unwrap().len(), 4);
        let refused = |change: &dyn Fn(&mut SolverSchedule), text: &str| {
            let mut bad = good();
            change(&mut bad);
            let error = bad.check(&schedule).unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
            // What cannot be checked cannot be compiled either.
            assert_eq!(bad.plan(&schedule).unwrap_err().to_string(), error);
        };
        refused(&|s| s.steps[1].order = 3, "the order of step 2 is 3, but must be from 1 to 2, as 2 nodes are known");
        refused(&|s| s.steps[2].order = 0, "the order of step 3 is 0");
        refused(&|s| s.steps[2].order = 2, "the number of derivatives of step 3 is 2, but must be 1");
        refused(&|s| s.steps[0].start = 2, "the start of step 1 is 2");
        refused(&|s| s.steps[1].start = 0, "the start of step 2 is 0");
        refused(&|s| s.steps[0].prediction = Prediction::V, "the prediction of step 1 is v, but must be noise or data");
        refused(
            &|s| s.steps[2].derivatives[1].active = vec![2],
            "derivative 2 of step 3 is [2], but must be at least 2",
        );
        refused(
            &|s| s.steps[1].derivatives[0].active = vec![1],
            "step 2 is [1], but must be without the start point, 1",
        );
        refused(&|s| s.steps[1].derivatives[0].active = vec![3], "step 2 is [3], but must be nodes from 1 to 2");
        refused(
            &|s| s.steps[2].derivatives[0].active = vec![2, 2],
            "step 3 is [2, 2], but must be without repetitions",
        );
        refused(&|s| s.steps[2].derivatives[1].scale = Scale::Bh2, "the scale of derivative 2 of step 3 is Bh2");
        refused(&|s| s.steps[1].derivatives[0].scale = Scale::Times(f64::NAN), "derivative 1 is not finite at step 2");
        refused(&|s| s.steps[1].relaxation = f64::INFINITY, "the relaxation is not finite at step 2");
        refused(&|s| s.steps[2].corrector = Some(Corrector::default()), "the corrector of step 3 is given");
        let broken = Corrector { relaxation: f64::NAN, ..Corrector::default() };
        refused(&|s| s.steps[0].corrector = Some(broken), "the corrector's relaxation is not finite at step 1");
        refused(&|s| s.nodes[2] = 0.5, "step 2 is from time 0.5 to 0.5");
        refused(&|s| s.nodes[2] = 0.5 - 1e-8, "step 2 is from time 0.5 to 0.49999999");
        refused(&|s| s.nodes[2] = 0.7, "step 2 is from time 0.5 to 0.7");
        refused(&|s| s.nodes[2] = f64::NAN, "time is NaN");
        refused(&|s| s.nodes.truncate(3), "the number of nodes is 3, but must be one more than steps, 4");
        refused(&|s| s.steps.clear(), "the number of steps is 0");
        refused(&|s| s.afs = Some(Afs::Average(vec![f64::NAN])), "the mean of the data is not finite");
        let one = SolverSchedule { nodes: vec![1.0, 1e-3], steps: good().steps[..1].to_vec(), afs: Some(Afs::Zero) };
        assert!(one.check(&schedule).unwrap_err().to_string().contains("the number of evaluations is 0"));
        let error = good().check(&Flow::default()).unwrap_err().to_string();
        assert!(
            error.contains("step 1 is from time 1 to 0.5, but must be one between times at which lambda is finite")
        );
    }
}
