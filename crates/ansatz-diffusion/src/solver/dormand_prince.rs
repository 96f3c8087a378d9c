//! The pair of Dormand and Prince, orders 4 and 5: the "RK45" with which diffusion models are sampled as a black box.
//!
//! Seven stages, of which the last is the first of the next step: six evaluations a step. Steps in `t` or in `λ`.
//!
//! Source: Dormand and Prince 1980, J. Comput. Appl. Math. 6, 19–26; on diffusion models: Song et al. 2021,
//! arXiv:2011.13456.

use super::runge_kutta::Slopes;
use super::{Attempt, Pair, Variable};
use crate::plan::{Builder, Plan};
use crate::prediction::Prediction;
use crate::schedule::{Level, Schedule};
use ansatz_core::Result;

/// Dormand–Prince 5(4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DormandPrince {
    /// The variable of its steps.
    pub variable: Variable,
}

const C: [f64; 7] = [0.0, 0.2, 0.3, 0.8, 8.0 / 9.0, 1.0, 1.0];

const A: [&[f64]; 6] = [
    &[0.2],
    &[3.0 / 40.0, 9.0 / 40.0],
    &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
    &[19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
    &[9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
    &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
];

/// The weights of order 4.
const LOW: [f64; 7] =
    [5179.0 / 57600.0, 0.0, 7571.0 / 16695.0, 393.0 / 640.0, -92097.0 / 339200.0, 187.0 / 2100.0, 1.0 / 40.0];

impl Pair for DormandPrince {
    fn name(&self) -> String {
        format!("RK45 in {}", if self.variable == Variable::Time { "t" } else { "λ" })
    }

    fn order(&self) -> usize {
        5
    }

    fn variable(&self) -> Variable {
        self.variable
    }

    fn attempt(&self, schedule: &dyn Schedule, from: &Level, to: &Level) -> Result<Attempt> {
        let (start, end) = (self.variable.at(from), self.variable.at(to));
        let h = end - start;
        let mut builder = Builder::new();
        let mut slopes = Slopes { known: Vec::new() };
        for (i, c) in C.into_iter().enumerate() {
            let level = match c {
                0.0 => *from,
                1.0 => *to,
                _ => self.variable.level(schedule, start + c * h)?,
            };
            let stage = if i == 0 {
                builder.ask_here(level, Prediction::Velocity)
            } else {
                builder.ask(level, Prediction::Velocity, slopes.point(h, A[i - 1]))
            };
            let (p, q) = self.variable.derivative(schedule, &level)?;
            slopes.known.push((stage, p, q));
        }
        // The weights of order 5 are the last row: its point is the result.
        let (high, low) = (slopes.point(h, A[5]), slopes.point(h, &LOW));
        let (stages, _) = builder.stages();
        Ok(Attempt { high: Plan::new(stages, high)?, low, reuse: Some(6) })
    }
}
