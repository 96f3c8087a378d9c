//! UniPC: a multistep predictor, and a corrector that needs no further evaluation.
//!
//! In data prediction, `m = x̂_0`, from `s` to `t` with `h = λ_t − λ_s`, the predictor of order `p` uses the `p − 1` nodes before
//! `s`, and the corrector, after the model has been asked at the predicted point, that node too:
//!
//! ```text
//! x_t = (σ_t/σ_s) x_s + α_t Σ_k h^(k+1) φ_{k+1}(−h) m^(k)         m^(k) from the polynomial through m_s and the others
//! x_t = (σ_t/σ_s) x_s − α_t (e^−h − 1) m_s − ½ α_t B(h) D          where there is one other node, D = (m_1 − m_s)/r_1,
//! ```
//!
//! `r_1 = (λ_1 − λ_s)/h`, with `B = −h` (bh1) or `B = e^−h − 1` (bh2). In noise prediction `σ_t/σ_s`, `α_t`, `−h` become `α_t/α_s`,
//! `−σ_t`, `h`, and `B` is `h` or `e^h − 1`. The model is not asked again at the corrected point: what it answered at the predicted one
//! is kept. Without the corrector, bh2 of order 2 is the multistep DPM-Solver++ of order 2, and order 3 that of order 3 with
//! the exact second derivative.
//!
//! One evaluation a step, order `p`, `p + 1` with the corrector. The first and, with a tail, the last steps have lower orders.
//!
//! Source: Zhao, Bai, Rao, Zhou and Lu 2023, arXiv:2302.04867.

use super::interpolate::derivatives;
use super::{Solver, enough, finite_lambda};
use crate::grid::{Grid, Path};
use crate::phi::phi;
use crate::plan::{Builder, Combination, Plan, Term};
use crate::prediction::Prediction;
use crate::schedule::Level;
use ansatz_core::{Error, Result};

/// The function `B(h)` of the rule with one other node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bh {
    /// `B = h`: for few steps without guidance.
    One,
    /// `B = e^h − 1`.
    #[default]
    Two,
}

/// UniPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UniPc {
    /// Nodes of the predictor: 1, 2 or 3.
    pub order: usize,
    /// The function `B`.
    pub bh: Bh,
    /// Whether the corrector is used.
    pub corrector: bool,
    /// Whether the model is asked for the data, else for the noise.
    pub data: bool,
    /// Whether the orders of the last steps fall to 1.
    pub tail: bool,
}

impl UniPc {
    /// In data prediction with `B = e^h − 1`, the corrector and a tail, as published.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an order other than 1, 2 or 3.
    pub fn new(order: usize) -> Result<Self> {
        Self { order, bh: Bh::Two, corrector: true, data: true, tail: true }.checked()
    }

    fn checked(self) -> Result<Self> {
        if (1..=3).contains(&self.order) {
            Ok(self)
        } else {
            Err(Error::parameter("the order of UniPC", self.order, "1, 2 or 3"))
        }
    }

    /// The factor of `x_s`, and those of the answers, from `s`, asked in stage `base`, to `t`, with other nodes and their
    /// stages.
    fn update(&self, s: &Level, base: usize, t: &Level, others: &[(Level, usize)]) -> (f64, Vec<(usize, f64)>) {
        let h = t.lambda - s.lambda;
        // x_t = scale x_s + factor Σ h^(k+1) φ_{k+1}(z) m^(k)
        let (scale, factor, z) = if self.data {
            let log_sigma = |level: &Level| level.log_alpha - level.lambda;
            ((log_sigma(t) - log_sigma(s)).exp(), t.alpha, -h)
        } else {
            ((t.log_alpha - s.log_alpha).exp(), -t.sigma, h)
        };
        let deltas: Vec<f64> = others.iter().map(|(level, _)| level.lambda - s.lambda).collect();
        let weights: Vec<f64> = if let [delta] = deltas[..] {
            let b = match self.bh {
                Bh::One => h,
                Bh::Two => h * phi(1, z),
            };
            vec![factor * 0.5 * b * h / delta]
        } else {
            let slopes = derivatives(&deltas);
            let moment = |k: usize| h.powi(k as i32 + 1) * phi(k as u32 + 1, z);
            let weight = |j: usize| (0..slopes.len()).map(|k| moment(k + 1) * slopes[k][j]).sum::<f64>();
            (0..deltas.len()).map(|j| factor * weight(j)).collect()
        };
        let mut answers = vec![(base, factor * h * phi(1, z) - weights.iter().sum::<f64>())];
        answers.extend(others.iter().zip(weights).map(|(&(_, stage), weight)| (stage, weight)));
        (scale, answers)
    }
}

impl Solver for UniPc {
    fn name(&self) -> String {
        let kind = if self.corrector { "UniPC" } else { "UniP" };
        let bh = if self.bh == Bh::One { " bh1" } else { "" };
        let noise = if self.data { "" } else { " in noise" };
        format!("{kind}-{}{bh}{noise}", self.order)
    }

    fn order(&self) -> usize {
        // A tail keeps the order of the whole below 3: its last step is of local order 2, with the corrector of none.
        let order = self.order + usize::from(self.corrector);
        if self.tail { order.min(2) } else { order }
    }

    fn citation(&self) -> &'static str {
        "Zhao, Bai, Rao, Zhou, Lu: UniPC: A Unified Predictor-Corrector Framework for Fast Sampling of Diffusion Models, NeurIPS 2023, arXiv:2302.04867"
    }

    fn plan(&self, path: &Path, grid: &Grid, evaluations: usize) -> Result<Plan> {
        self.checked()?;
        finite_lambda(path, &self.name())?;
        enough(evaluations, 1, &self.name())?;
        let nodes = grid.nodes(path, evaluations)?;
        let want = if self.data { Prediction::Data } else { Prediction::Noise };
        let mut builder = Builder::new();
        // The nodes asked, the newest last, each with its stage.
        let mut asked: Vec<(Level, usize)> = Vec::new();
        // The last prediction, of which the corrector takes back the answers: its factors and how many nodes it used.
        let mut predicted: Option<(Vec<(usize, f64)>, usize)> = None;
        for (i, pair) in nodes.windows(2).enumerate() {
            let (here, next) = (&pair[0], &pair[1]);
            let stage = builder.ask_here(*here, want);
            let mut state = Combination::of(Term::Point(stage));
            if let (true, Some((answers, used)), Some(&(s, base))) = (self.corrector, predicted.take(), asked.last()) {
                // The corrected point is the predicted one but for the answers.
                let earlier = asked.iter().rev().skip(1).take(used - 1);
                let others: Vec<_> = earlier.copied().chain([(*here, stage)]).collect();
                for (known, weight) in self.update(&s, base, here, &others).1 {
                    state = state.plus(weight, Term::Answer(known));
                }
                for (known, weight) in answers {
                    state = state.plus(-weight, Term::Answer(known));
                }
            }
            asked.push((*here, stage));
            let left = if self.tail { evaluations - i } else { usize::MAX };
            let used = self.order.min(i + 1).min(left);
            let others: Vec<_> = asked.iter().rev().skip(1).take(used - 1).copied().collect();
            let (scale, answers) = self.update(here, stage, next, &others);
            let mut point = state.scaled(scale);
            for &(known, weight) in &answers {
                point = point.plus(weight, Term::Answer(known));
            }
            builder.go(point);
            predicted = Some((answers, used));
        }
        builder.finish()
    }
}
