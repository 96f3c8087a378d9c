//! The embedded pairs of DPM-Solver: orders 1 and 2, or 2 and 3, from the same evaluations.
//!
//! DPM-Solver-12 takes DPM-Solver-2 with `r_1 = ½` and compares with the first order; DPM-Solver-23 takes DPM-Solver-3 with
//! `r_1 = 1/3`, `r_2 = 2/3` and compares with the second order on the same `r_1`. Two and three evaluations a step, steps in `λ`.
//!
//! Source: Lu, Zhou, Bao, Chen, Li and Zhu 2022, arXiv:2206.00927, appendix C, algorithms 3 and 4.

use super::semilinear::Step;
use super::{Attempt, Expansion, Form, Pair, Variable};
use crate::plan::{Builder, Plan};
use crate::prediction::Prediction;
use crate::schedule::{Level, Schedule};
use ansatz_core::{Error, Result};

/// DPM-Solver-12 or -23.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DpmPair {
    order: usize,
}

impl DpmPair {
    /// The pair whose higher order is 2 or 3.
    ///
    /// # Errors
    /// [`Error::Parameter`] for another order.
    pub fn new(order: usize) -> Result<Self> {
        if (2..=3).contains(&order) {
            Ok(Self { order })
        } else {
            Err(Error::parameter("the order of the DPM-Solver pair", order, "2 or 3"))
        }
    }
}

impl Pair for DpmPair {
    fn name(&self) -> String {
        format!("DPM-Solver-{}{}", self.order - 1, self.order)
    }

    fn order(&self) -> usize {
        self.order
    }

    fn variable(&self) -> Variable {
        Variable::LogSnr
    }

    fn attempt(&self, schedule: &dyn Schedule, from: &Level, to: &Level) -> Result<Attempt> {
        let h = to.lambda - from.lambda;
        let mut builder = Builder::new();
        let mut step = Step::new(Expansion::Noise, *from, builder.ask_here(*from, Prediction::Noise));
        for i in 1..self.order {
            let level = schedule.level_at(from.lambda + h * i as f64 / self.order as f64)?;
            let point = if i == 1 { step.first(&level) } else { step.second(&level, Form::Taylor) };
            step.asked.push((level, builder.ask(level, Prediction::Noise, point)));
        }
        let (low, high) = if self.order == 2 {
            (step.first(to), step.second(to, Form::Paper))
        } else {
            (step.second(to, Form::Paper), step.third(to, Form::Paper))
        };
        let (stages, _) = builder.stages();
        Ok(Attempt { high: Plan::new(stages, high)?, low, reuse: None })
    }
}
