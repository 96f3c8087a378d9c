//! The step that DPM-Solver, DPM-Solver++ and their multistep and stochastic variants have in common.
//!
//! In `λ = ln(α/σ)` the probability-flow equation and its stochastic counterpart are linear but for the model's prediction
//! `m`, the noise or the data. From `s` to `t`, `h = λ_t − λ_s`, the linear part is solved exactly and `m` is expanded in `λ`
//! at `s`:
//!
//! ```text
//! x_t = c x_s + Σ_k w_k h^{k−1} m^{(k−1)}(λ_s) + ν z
//!
//! expanded             c                 w_k               ν
//! noise                α_t/α_s           −σ_t h φ_k(h)      0
//! data                 σ_t/σ_s            α_t h φ_k(−h)     0
//! noise, stochastic    α_t/α_s           −2 σ_t h φ_k(h)    σ_t √(e^{2h} − 1)
//! data, stochastic     (σ_t/σ_s) e^−h     2 α_t h φ_k(−2h)  σ_t √(1 − e^{−2h})
//! ```
//!
//! Derivatives come from differences `D_i = m(λ_s + r_i h) − m(λ_s)`: of inner nodes, `0 < r_i < 1`, in a singlestep method,
//! and of nodes passed before, `r_i < 0`, in a multistep one. The formulas are the same.
//!
//! Source: Lu et al. 2022, arXiv:2206.00927 and arXiv:2211.01095.

use crate::phi::phi;
use crate::plan::{Combination, Term};
use crate::prediction::Prediction;
use crate::schedule::Level;

/// Which prediction is expanded along the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expansion {
    /// The noise: DPM-Solver.
    Noise,
    /// The data: DPM-Solver++, stable under strong guidance.
    Data,
}

impl Expansion {
    /// What the model is asked for.
    pub(super) fn prediction(self) -> Prediction {
        match self {
            Self::Noise => Prediction::Noise,
            Self::Data => Prediction::Data,
        }
    }
}

/// Which of the two forms of the orders 2 and 3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// The paper's main form.
    #[default]
    Paper,
    /// Derivatives from differences, put into the Taylor expansion.
    Taylor,
}

/// One step from `s`: stage `base` asked there, the others at inner or earlier nodes.
pub(super) struct Step {
    of: Expansion,
    /// Whether noise is added: the draw of this number.
    draw: Option<usize>,
    s: Level,
    base: usize,
    /// The other nodes and their stages.
    pub(super) asked: Vec<(Level, usize)>,
}

impl Step {
    pub(super) fn new(of: Expansion, s: Level, base: usize) -> Self {
        Self { of, draw: None, s, base, asked: Vec::new() }
    }

    /// The same with noise, the `k`-th draw of the plan.
    pub(super) fn with_noise(self, k: usize) -> Self {
        Self { draw: Some(k), ..self }
    }

    fn h(&self, t: &Level) -> f64 {
        t.lambda - self.s.lambda
    }

    /// `w_k`. An infinite `h`, from pure noise or to pure data, has `w_1` only, and that in the data.
    fn weight(&self, k: u32, t: &Level) -> f64 {
        let h = self.h(t);
        // The stochastic equation's kernel: twice as steep in the data, twice as high in the noise.
        let twice = if self.draw.is_some() { 2.0 } else { 1.0 };
        match (self.of, k) {
            (Expansion::Noise, 1) => -twice * t.sigma * h.exp_m1(),
            (Expansion::Noise, _) => -twice * t.sigma * h * phi(k, h),
            (Expansion::Data, 1) => -t.alpha * (-twice * h).exp_m1(),
            (Expansion::Data, _) => t.alpha * twice * h * phi(k, -twice * h),
        }
    }

    /// `c x_s + w_1 m(λ_s) + ν z`.
    pub(super) fn first(&self, t: &Level) -> Combination {
        let h = self.h(t);
        let c = match (self.of, self.draw) {
            (Expansion::Noise, _) => (t.log_alpha - self.s.log_alpha).exp(),
            (Expansion::Data, None) => t.sigma / self.s.sigma,
            (Expansion::Data, Some(_)) => t.sigma / self.s.sigma * (-h).exp(),
        };
        let sum = Combination::of(Term::Point(self.base)).scaled(c).plus(self.weight(1, t), Term::Answer(self.base));
        match (self.of, self.draw) {
            (_, None) => sum,
            (Expansion::Noise, Some(k)) => sum.plus(t.sigma * (2.0 * h).exp_m1().sqrt(), Term::Noise(k)),
            (Expansion::Data, Some(k)) => sum.plus(t.sigma * (-(-2.0 * h).exp_m1()).sqrt(), Term::Noise(k)),
        }
    }

    /// Adds `c D`, `D = m − m(λ_s)` of the stage.
    fn difference(&self, sum: Combination, c: f64, stage: usize) -> Combination {
        sum.plus(c, Term::Answer(stage)).plus(-c, Term::Answer(self.base))
    }

    /// `r_i = (λ_i − λ_s)/h` and the stage of node `i`.
    fn node(&self, i: usize, t: &Level) -> (f64, usize) {
        let (level, stage) = self.asked[i];
        ((level.lambda - self.s.lambda) / self.h(t), stage)
    }

    /// `c x_s + w_1 m + (w_1/2) D_1/r_1`, or with `w_2 D_1/r_1` in the Taylor form.
    pub(super) fn second(&self, t: &Level, form: Form) -> Combination {
        let (r, stage) = self.node(0, t);
        let c = match form {
            Form::Paper => self.weight(1, t) / (2.0 * r),
            Form::Taylor => self.weight(2, t) / r,
        };
        self.difference(self.first(t), c, stage)
    }

    /// `c x_s + w_1 m + w_2 D_2/r_2`, of order 3 for `r = 1/3, 2/3`; in the Taylor form both derivatives for any nodes.
    pub(super) fn third(&self, t: &Level, form: Form) -> Combination {
        match form {
            Form::Paper => {
                let (r, stage) = self.node(1, t);
                self.difference(self.first(t), self.weight(2, t) / r, stage)
            }
            Form::Taylor => self.curved(t, 2.0),
        }
    }

    /// `c x_s + w_1 m + w_2 D' + w_3 D''` with `d_i = D_i/r_i`,
    /// `D' = (r_2 d_1 − r_1 d_2)/(r_2 − r_1)` and `D'' = factor · (d_2 − d_1)/(r_2 − r_1)`: the second derivative for 2.
    pub(super) fn curved(&self, t: &Level, factor: f64) -> Combination {
        let ((r1, one), (r2, two)) = (self.node(0, t), self.node(1, t));
        let (slope, curve) = (self.weight(2, t), factor * self.weight(3, t));
        let c1 = (slope * r2 - curve) / (r1 * (r2 - r1));
        let c2 = (curve - slope * r1) / (r2 * (r2 - r1));
        self.difference(self.difference(self.first(t), c1, one), c2, two)
    }
}
