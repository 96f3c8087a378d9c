//! Multistep DPM-Solver++ of order 1 to 3, its stochastic variants, and the multistep form of DPM-Solver.
//!
//! For samplings with few evaluations, above all under strong classifier-free guidance: one evaluation a step, and the
//! derivatives of the data prediction from the nodes passed before. With `h = λ_t − λ_s`, `r_0 = (λ_s − λ_{s−1})/h`,
//! `r_1 = (λ_{s−1} − λ_{s−2})/h`, `d_0 = (x̂_s − x̂_{s−1})/r_0` and `d_1 = (x̂_{s−1} − x̂_{s−2})/r_1`,
//!
//! ```text
//! order 1:  x_t = (σ_t/σ_s) x_s + α_t h φ_1(−h) x̂_s
//! order 2:  … + ½ α_t h φ_1(−h) d_0,   in the Taylor form  … + α_t h φ_2(−h) d_0
//! order 3:  … + α_t h φ_2(−h) D' + α_t h φ_3(−h) D'',   D' = d_0 + r_0/(r_0 + r_1) (d_0 − d_1),   D'' = c (d_0 − d_1)/(r_0 + r_1)
//! ```
//!
//! `c = 2` makes `D''` the second derivative and the method one of order 3. The published programs have `c = 1`, of order 2
//! in the limit and often better below twenty evaluations: [`Third`]. The first step is of order 1, the second of order 2; the
//! last ones have lower orders where steps are few: [`Tail`].
//!
//! The same formulas with the weights of the noise form are multistep DPM-Solver, with those of the stochastic equation
//! SDE-DPM-Solver++, which adds noise in every step. One evaluation a step.
//!
//! Source: Lu, Zhou, Bao, Chen, Li and Zhu 2022, arXiv:2211.01095, algorithm 2 and section 5.

use super::semilinear::{Expansion, Form, Step};
use super::{Solver, enough, finite_lambda};
use crate::grid::{Grid, Path};
use crate::plan::{Builder, Plan};
use crate::schedule::Level;
use ansatz_core::{Error, Result};

/// The factor of the second derivative in order 3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Third {
    /// 1, as in the published programs: of order 2 in the limit.
    #[default]
    Official,
    /// 2, as the expansion has it: of order 3.
    Exact,
}

/// The orders of the last steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// Below this number of steps the last ones are of order 2 and 1: the step next to the data, where `λ` runs fastest,
    /// then has no extrapolation. 10 by default, as in the published program, 15 elsewhere; 0 for never, [`usize::MAX`] for
    /// always.
    pub lower_below: usize,
    /// Whether the last step is of order 1 whatever their number. It always is where the path ends without noise.
    pub first_at_end: bool,
}

impl Default for Tail {
    fn default() -> Self {
        Self { lower_below: 10, first_at_end: false }
    }
}

/// Multistep DPM-Solver++, and its relatives.
///
/// ```
/// use ansatz_core::{Run, Seed};
/// use ansatz_diffusion::model::{Guided, digits};
/// use ansatz_diffusion::solver::{DpmMultistep, Steps};
/// use ansatz_diffusion::{Grid, Path, Sampling, schedule::VpLinear};
/// let (digits, schedule) = (digits()?, VpLinear::default());
/// let threes = Guided::new(&digits, vec![3], 8.0)?;
/// let (solver, notice) = DpmMultistep::new(3)?.under_guidance(8.0, 10);
/// assert_eq!(notice.unwrap(), "order 3 under guidance 8 with 10 evaluations is unstable: order 2 is used");
/// let method = Steps { solver: &solver, grid: Grid::LogSnr, evaluations: 10, denoise: false };
/// let samples = Sampling::new(Path::whole(&schedule)?, &method).sample(&threes, 2, &mut Run::new(Seed(1)))?;
/// assert_eq!(samples.work.evaluations, 10);
/// # Ok::<(), ansatz_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DpmMultistep {
    order: usize,
    of: Expansion,
    /// Of order 2, and of the second step in order 3.
    form: Form,
    third: Third,
    tail: Tail,
    stochastic: bool,
}

impl DpmMultistep {
    /// DPM-Solver++ of order 1, 2 or 3, with the paper's forms and the default tail.
    ///
    /// # Errors
    /// [`Error::Parameter`] for another order.
    pub fn new(order: usize) -> Result<Self> {
        if !(1..=3).contains(&order) {
            return Err(Error::parameter("the order of DPM-Solver++", order, "1, 2 or 3"));
        }
        let (form, third, tail) = (Form::default(), Third::default(), Tail::default());
        Ok(Self { order, of: Expansion::Data, form, third, tail, stochastic: false })
    }

    /// Which prediction is expanded: the noise makes it multistep DPM-Solver.
    #[must_use]
    pub fn expanding(self, of: Expansion) -> Self {
        Self { of, ..self }
    }

    /// The form of order 2.
    #[must_use]
    pub fn form(self, form: Form) -> Self {
        Self { form, ..self }
    }

    /// The form of order 3.
    #[must_use]
    pub fn third(self, third: Third) -> Self {
        Self { third, ..self }
    }

    /// The orders of the last steps.
    #[must_use]
    pub fn tail(self, tail: Tail) -> Self {
        Self { tail, ..self }
    }

    /// Solves the stochastic equation: noise is added in every step, from the run's seed.
    #[must_use]
    pub fn stochastic(self) -> Self {
        Self { stochastic: true, ..self }
    }

    /// The same where that is stable, and order 2 instead of 3 with at most twelve evaluations under a guidance of 6 or more,
    /// with a sentence that says so. With guidance 8 of the digits, order 3 has errors of 1 to 400 there, order 2 ones of
    /// 0.1 to 0.3 from eight evaluations on.
    #[must_use]
    pub fn under_guidance(self, scale: f64, evaluations: usize) -> (Self, Option<String>) {
        if self.order < 3 || scale < 6.0 || evaluations > 12 {
            return (self, None);
        }
        let notice =
            format!("order 3 under guidance {scale} with {evaluations} evaluations is unstable: order 2 is used");
        (Self { order: 2, ..self }, Some(notice))
    }

    /// The order of step `i` of `n`.
    fn order_of(&self, i: usize, n: usize, path: &Path) -> usize {
        let last = i + 1 == n;
        if last && (self.tail.first_at_end || path.to.sigma == 0.0) {
            return 1;
        }
        let left = if n < self.tail.lower_below { n - i } else { self.order };
        self.order.min(i + 1).min(left)
    }

    /// Refuses ends that the equation's form cannot start or end with. In the data form pure noise at the start and pure
    /// data at the end are possible.
    fn possible(&self, path: &Path) -> Result<()> {
        let infinite = path.to.lambda == f64::INFINITY || path.from.lambda == f64::NEG_INFINITY;
        if self.of == Expansion::Noise || !infinite {
            finite_lambda(path, &self.name())?;
        }
        if self.stochastic && path.to.lambda < path.from.lambda {
            let allowed = "after the start in lambda: noise is taken away by the stochastic equation, not encoded";
            return Err(Error::parameter("the end of the path, time", path.to.t, allowed));
        }
        Ok(())
    }
}

impl Solver for DpmMultistep {
    fn name(&self) -> String {
        let sde = if self.stochastic { "SDE-" } else { "" };
        let plus = if self.of == Expansion::Data { "++" } else { "" };
        let form = match (self.order, self.form, self.third) {
            (2, Form::Taylor, _) => ", Taylor",
            (3, _, Third::Exact) => ", exact",
            _ => "",
        };
        let multi = if self.order > 1 { "M" } else { "" };
        format!("{sde}DPM-Solver{plus}({}{multi}{form})", self.order)
    }

    /// Of the moments in the stochastic case.
    fn order(&self) -> usize {
        if self.third == Third::Official { self.order.min(2) } else { self.order }
    }

    fn citation(&self) -> &'static str {
        "Lu, Zhou, Bao, Chen, Li, Zhu: DPM-Solver++, 2022, arXiv:2211.01095"
    }

    fn plan(&self, path: &Path, grid: &Grid, evaluations: usize) -> Result<Plan> {
        self.possible(path)?;
        enough(evaluations, 1, &self.name())?;
        let nodes = grid.nodes(path, evaluations)?;
        let mut builder = Builder::new();
        // Nodes passed before and their stages, the nearest first.
        let mut passed: Vec<(Level, usize)> = Vec::new();
        for (i, pair) in nodes.windows(2).enumerate() {
            let (s, t) = (pair[0], pair[1]);
            let stage = builder.ask_here(s, self.of.prediction());
            let mut step = Step::new(self.of, s, stage);
            if self.stochastic {
                step = step.with_noise(i);
            }
            let order = self.order_of(i, evaluations, path).min(passed.len() + 1);
            step.asked.clone_from(&passed);
            builder.go(match order {
                1 => step.first(&t),
                2 => step.second(&t, self.form),
                _ => step.curved(&t, if self.third == Third::Exact { 2.0 } else { 1.0 }),
            });
            // A node of pure noise is infinitely far in λ, and has no part in a difference.
            if s.lambda.is_finite() {
                passed.insert(0, (s, stage));
                passed.truncate(2);
            }
        }
        builder.finish()
    }
}
