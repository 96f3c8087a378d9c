//! The decisions themselves.

use crate::prediction::Prediction;
use serde::{Deserialize, Serialize};

/// The largest order of a step.
pub const MAX_ORDER: usize = 4;

/// What the first derivative, or another, is multiplied with. `h' = h` for noise and `−h` for data, `E(h) = e^h − 1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// 1: the Taylor expansion.
    #[default]
    Taylor,
    /// Any number.
    Times(f64),
    /// `½ h'²/(E(h') − h')`: UniPC's `B_1(h) = h`.
    Bh1,
    /// `½ h' E(h')/(E(h') − h')`: UniPC's `B_2(h) = E(h)`, and DPM-Solver-2 as its paper has it.
    Bh2,
    /// `1 + ½ E(h')`.
    ExpPlus,
    /// `1 − ½ E(h')`.
    ExpMinus,
}

/// How one derivative is estimated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Derivative {
    /// The nodes whose predictions are used beside that of the start point: 1 is the node before the new one, 2 the one
    /// before that.
    pub active: Vec<usize>,
    /// What the estimate is multiplied with. All but [`Scale::Taylor`] and [`Scale::Times`] are for the first derivative.
    #[serde(default)]
    pub scale: Scale,
}

/// The step once more, when the answer at the new node is known: one order higher, with the new node active in every
/// derivative. The new answer itself stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Corrector {
    /// Whether the model is asked again at the corrected point, at the cost of an evaluation.
    pub implicit: bool,
    /// What the first derivative is multiplied with; the others keep the scales of the step.
    #[serde(default)]
    pub scale: Scale,
    /// As [`StepDecision::relaxation`].
    #[serde(default)]
    pub relaxation: f64,
}

/// The decisions for one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepDecision {
    /// What is expanded: [`Prediction::Noise`] or [`Prediction::Data`].
    pub prediction: Prediction,
    /// The order, 1 to 4.
    pub order: usize,
    /// The node that the step starts from: 1 is the one before the new one. Others make singlestep methods.
    pub start: usize,
    /// The derivatives, the first one first: `order − 1` of them.
    #[serde(default)]
    pub derivatives: Vec<Derivative>,
    /// The first derivative is multiplied with `1 + r h`; this is `r`.
    #[serde(default)]
    pub relaxation: f64,
    /// How the step is corrected, if it is.
    #[serde(default)]
    pub corrector: Option<Corrector>,
}

impl StepDecision {
    /// A step of this order from the last node, with derivatives of full accuracy from the `order − 1` nodes before it.
    pub fn multistep(prediction: Prediction, order: usize) -> Self {
        let active: Vec<usize> = (2..=order).collect();
        let derivative = Derivative { active, scale: Scale::Taylor };
        let derivatives = vec![derivative; order.saturating_sub(1)];
        Self { prediction, order, start: 1, derivatives, relaxation: 0.0, corrector: None }
    }
}

/// An analytic first step: what is taken for the answer at the first node, where the model need not be asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Afs {
    /// All is noise: `x̂_0 = 0`, `ε = x/σ`.
    Zero,
    /// `x̂_0` is the mean of the data, which this is.
    Average(Vec<f64>),
}

/// A sampler, decision by decision.
///
/// ```
/// use ansatz_diffusion::schedule::VpLinear;
/// use ansatz_diffusion::usf::{SolverSchedule, StepDecision};
/// use ansatz_diffusion::{Path, Prediction, Sampling, model};
/// let step = |order| StepDecision::multistep(Prediction::Data, order);
/// let sampler = SolverSchedule { nodes: vec![1.0, 0.5, 0.2, 1e-3], steps: vec![step(1), step(2), step(3)], afs: None };
/// let schedule = VpLinear::default();
/// let path = Path::new(&schedule, 1.0, 1e-3)?;
/// let samples = Sampling::new(path, &sampler).sample(&model::gmm8()?, 4, &mut ansatz_core::Run::new(ansatz_core::Seed(1)))?;
/// assert_eq!(samples.work.evaluations, 3);
/// # Ok::<(), ansatz_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SolverSchedule {
    /// The times of the nodes, both ends included: one more than steps.
    pub nodes: Vec<f64>,
    /// The steps, the first one first.
    pub steps: Vec<StepDecision>,
    /// The analytic first step, if there is one.
    pub afs: Option<Afs>,
}

impl SolverSchedule {
    /// Questions to the model: steps, less an analytic first one, plus implicit correctors.
    pub fn evaluations(&self) -> usize {
        let implicit = |step: &&StepDecision| step.corrector.is_some_and(|corrector| corrector.implicit);
        (self.steps.len() + self.steps.iter().filter(implicit).count()).saturating_sub(usize::from(self.afs.is_some()))
    }
}
