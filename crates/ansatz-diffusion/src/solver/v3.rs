//! DPM-Solver-v3: a multistep predictor and corrector in the parameterisation that suits the model best at each level.
//!
//! With the [statistics](crate::ems) `l`, `s`, `b` of the model, one value a coordinate, `L = ∫ l`, `S = ∫ s` from `λ_s` on, and
//! `f = (1 − l) x/α − x̂_0`, the probability-flow equation is solved exactly but for the expansion of `g`, which the statistics
//! make as constant as they can:
//!
//! ```text
//! g(λ) = e^−S f − β(λ),   β = ∫ e^−S b                       g(λ_s) = f_s
//! x_t = (α_t/α_s) e^−L x_s − α_t e^−L (E_0 f_s + ∫ e^(L+S) β dλ + Σ_k E_k ĝ^(k)),   E_k = ∫ e^(L+S) (λ − λ_s)^k/k! dλ
//! ```
//!
//! all in the coordinates. The derivatives `ĝ^(k)` come from `n` other nodes, `δ_j = λ_j − λ_s`: those of the polynomial through
//! all of them, or, *pseudo*, the `k`-th from the `k` nearest of them, `k!` times the divided difference, which loses the order
//! beyond 2 and helps where there are few steps. The predictor takes nodes passed before; the corrector, once the model has
//! been asked at the new node, takes that and earlier ones, and keeps `f` while it moves `x`: no further question.
//!
//! One question a step. The global order is that of the predictor.
//!
//! Source: Zheng, Lu, Chen and Zhu 2023, arXiv:2310.13268, sections 3 and 4.

use super::Method;
use super::interpolate::{derivatives, pseudo_derivatives};
use crate::batch::Batch;
use crate::ems::{Ems, Leg};
use crate::grid::{Grid, Path};
use crate::prediction::Prediction;
use crate::schedule::Level;
use crate::stepper::{Query, Stepper, check_answer, nothing_asked};
use ansatz_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// Where the corrector is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Corrector {
    /// Nowhere.
    Off,
    /// At the nodes of at most half the time that the path starts with, where the noise is low.
    Half,
    /// At every node.
    #[default]
    Full,
}

/// DPM-Solver-v3.
///
/// ```
/// use ansatz_core::{Run, Seed};
/// use ansatz_diffusion::ems::Estimation;
/// use ansatz_diffusion::solver::V3;
/// use ansatz_diffusion::{Path, Sampling, model, schedule};
/// let (model, schedule) = (model::gmm8()?, schedule::VpLinear::default());
/// let path = Path::whole(&schedule)?;
/// let data = model.draws(Seed(1), 256);
/// let ems = Estimation::default().run(&model, &path, &data, &mut Run::new(Seed(1)))?;
/// let method = V3 { evaluations: 8, ..V3::new(&ems) };
/// let samples = Sampling::new(path, &method).sample(&model, 16, &mut Run::new(Seed(2)))?;
/// assert_eq!(samples.work.evaluations, 8);
/// # Ok::<(), ansatz_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct V3<'e> {
    /// The statistics of the model.
    pub ems: &'e Ems,
    /// Nodes that the predictor uses: 1, 2 or 3.
    pub order: usize,
    /// Whether the predictor's derivatives are pseudo ones.
    pub pseudo_predictor: bool,
    /// Where the corrector is used; never in order 1.
    pub corrector: Corrector,
    /// Whether the corrector uses a node more than the predictor, and pseudo derivatives.
    pub pseudo_corrector: bool,
    /// Whether the orders of the last steps fall to 1.
    pub tail: bool,
    /// Where the steps are.
    pub grid: Grid,
    /// Steps, and questions to the model.
    pub evaluations: usize,
}

impl<'e> V3<'e> {
    /// Order 3 with the corrector, 10 steps of equal length in `λ`, orders that fall at the end.
    pub fn new(ems: &'e Ems) -> Self {
        Self {
            ems,
            order: 3,
            pseudo_predictor: false,
            corrector: Corrector::Full,
            pseudo_corrector: false,
            tail: true,
            grid: Grid::LogSnr,
            evaluations: 10,
        }
    }

    /// Nodes of the step to node `m`, counted from 1.
    fn nodes_of(&self, m: usize) -> usize {
        let left = if self.tail { self.evaluations + 1 - m } else { usize::MAX };
        self.order.min(m).min(left)
    }

    /// Nodes that the corrector at node `m` uses; at most 1 for none.
    fn corrector_nodes(&self, m: usize, here: &Level, start: &Level) -> usize {
        let used = match self.corrector {
            Corrector::Off => false,
            Corrector::Half => here.t <= 0.5 * start.t,
            Corrector::Full => true,
        };
        if used && self.order > 1 { self.nodes_of(m) + usize::from(self.pseudo_corrector) } else { 0 }
    }
}

impl Method for V3<'_> {
    fn name(&self) -> String {
        let corrector = match (self.corrector, self.pseudo_corrector) {
            _ if self.order == 1 => "",
            (Corrector::Off, _) => "",
            (Corrector::Full, false) => ", corrected",
            (Corrector::Full, true) => ", pseudo-corrected",
            (Corrector::Half, false) => ", corrected in the second half",
            (Corrector::Half, true) => ", pseudo-corrected in the second half",
        };
        let pseudo = if self.pseudo_predictor && self.order > 2 { "pseudo-" } else { "" };
        let tail = if self.tail || self.order == 1 { "" } else { ", no tail" };
        format!("DPM-Solver-v3-{pseudo}{}{corrector}{tail}", self.order)
    }

    fn begin<'a>(&'a self, path: &Path<'a>, start: Batch) -> Result<Box<dyn Stepper + Send + 'a>> {
        Ok(Box::new(V3Walk::begin(self, path, start)?))
    }
}

/// What is saved of a sampling by DPM-Solver-v3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct V3State {
    nodes: Vec<Level>,
    /// The node of the next question, or the last.
    at: usize,
    /// The state there, before correction.
    x: Batch,
    /// The state at the node before, corrected.
    before: Batch,
    /// `f` at the last nodes, the newest first.
    f: Vec<Batch>,
}

/// A sampling by DPM-Solver-v3 half-way.
#[derive(Debug)]
pub struct V3Walk<'a> {
    method: &'a V3<'a>,
    now: V3State,
}

impl<'a> V3Walk<'a> {
    /// A sampling that begins with `start`.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an order other than 1, 2 or 3, no steps, a dimension, schedule or path that the statistics are not
    /// for; [`Error::NotFinite`] if the start is not finite.
    pub fn begin(method: &'a V3<'a>, path: &Path, start: Batch) -> Result<Self> {
        if !(1..=3).contains(&method.order) {
            return Err(Error::parameter("the order of DPM-Solver-v3", method.order, "1, 2 or 3"));
        }
        if start.dim() != method.ems.dim() {
            let allowed = format!("that of the statistics, {}", method.ems.dim());
            return Err(Error::parameter("the dimension of the start", start.dim(), allowed));
        }
        start.finite("the state", || "its start".to_owned())?;
        super::finite_lambda(path, &method.name())?;
        method.ems.fits(path)?;
        let nodes = method.grid.nodes(path, method.evaluations)?;
        let now = V3State { nodes, at: 0, before: start.clone(), x: start, f: Vec::new() };
        Ok(Self { method, now })
    }

    /// Goes on from a saved state; the method and its statistics must be those that it was saved with.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the state is of another number of steps or dimension.
    pub fn resume(method: &'a V3<'a>, state: V3State) -> Result<Self> {
        let (steps, dim) = (state.nodes.len().saturating_sub(1), state.x.dim());
        let whole = state.f.len() >= state.at.min(method.order)
            && state.at <= steps
            && state.f.iter().all(|f| f.data().len() == state.x.data().len())
            && state.before.data().len() == state.x.data().len();
        if steps != method.evaluations || dim != method.ems.dim() || !whole {
            let allowed = format!("one of {} steps of dimension {}", method.evaluations, method.ems.dim());
            return Err(Error::parameter("the saved state", format!("one of {steps} of dimension {dim}"), allowed));
        }
        Ok(Self { method, now: state })
    }

    /// The state, to be saved.
    pub fn saved(&self) -> &V3State {
        &self.now
    }

    /// From node `s` with `x` there to node `t`, with `f_s` and the `f` of other nodes.
    fn update(&self, x: &Batch, s: usize, t: usize, f_s: &Batch, others: &[(usize, &Batch)], pseudo: bool) -> Batch {
        let ems = self.method.ems;
        let level = |node: usize| &self.now.nodes[node];
        let at = level(s).lambda;
        let leg = ems.leg(at, level(t).lambda, others.len() + 1);
        let deltas: Vec<f64> = others.iter().map(|&(node, _)| level(node).lambda - at).collect();
        let weights = if pseudo { pseudo_derivatives(&deltas) } else { derivatives(&deltas) };
        // The factor of each g_j − g_s, coordinate by coordinate: Σ_k E_k ∂ĝ^(k)/∂g_j.
        let factors: Vec<Vec<f64>> = (0..others.len())
            .map(|j| (0..ems.dim()).map(|i| (0..others.len()).map(|k| leg.e[k + 1][i] * weights[k][j]).sum()).collect())
            .collect();
        let ways: Vec<Leg> = others.iter().map(|&(node, _)| ems.leg(at, level(node).lambda, 0)).collect();
        let alpha = level(t).alpha;
        let ratio = (level(t).log_alpha - level(s).log_alpha).exp();
        let mut out = Batch::zeros(x.rows(), x.dim());
        for row in 0..x.rows() {
            for i in 0..x.dim() {
                let f = f_s.row(row)[i];
                let mut sum = leg.e[0][i] * f + leg.c[i];
                for ((&(_, other), way), factor) in others.iter().zip(&ways).zip(&factors) {
                    let g = (-way.s[i]).exp() * other.row(row)[i] - way.b[i];
                    sum += factor[i] * (g - f);
                }
                out.row_mut(row)[i] = (-leg.l[i]).exp() * (ratio * x.row(row)[i] - alpha * sum);
            }
        }
        out
    }
}

impl Stepper for V3Walk<'_> {
    fn query(&self) -> Option<Query<'_>> {
        let V3State { nodes, at, x, .. } = &self.now;
        (at + 1 < nodes.len()).then(|| Query { x, level: nodes[*at], want: Prediction::Data })
    }

    fn step(&mut self, answer: Batch) -> Result<()> {
        let query = self.query().ok_or_else(nothing_asked)?;
        check_answer(&query, &answer, self.now.at)?;
        let (m, here, method) = (self.now.at, query.level, self.method);
        // f = (1 − l) x/α − x̂_0
        let l = method.ems.l_at(here.lambda);
        let mut f = answer;
        for row in 0..f.rows() {
            for ((f, x), l) in f.row_mut(row).iter_mut().zip(self.now.x.row(row)).zip(&l) {
                *f = (1.0 - l) * x / here.alpha - *f;
            }
        }
        let corrected = match method.corrector_nodes(m, &here, &self.now.nodes[0]) {
            q if m > 0 && q > 1 => {
                let earlier = self.now.f.iter().enumerate().skip(1).map(|(back, f)| (m - 1 - back, f));
                let others: Vec<_> = [(m, &f)].into_iter().chain(earlier).take(q - 1).collect();
                let pseudo = method.pseudo_corrector;
                Some(self.update(&self.now.before, m - 1, m, &self.now.f[0], &others, pseudo))
            }
            _ => None,
        };
        let now = &mut self.now;
        if let Some(corrected) = corrected {
            now.x = corrected;
        }
        now.f.insert(0, f);
        now.f.truncate(method.order + 1);
        let p = method.nodes_of(m + 1);
        let now = &self.now;
        let others: Vec<_> = now.f.iter().enumerate().skip(1).map(|(back, f)| (m - back, f)).take(p - 1).collect();
        let next = self.update(&now.x, m, m + 1, &now.f[0], &others, method.pseudo_predictor);
        let now = &mut self.now;
        now.before = std::mem::replace(&mut now.x, next);
        now.at += 1;
        now.x.finite("the state", || format!("node {}, lambda {}", m + 1, now.nodes[m + 1].lambda))
    }

    fn state(&self) -> &Batch {
        &self.now.x
    }

    fn evaluations(&self) -> u64 {
        self.now.at as u64
    }
}
