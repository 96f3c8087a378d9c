//! The exact flow: the probability-flow equation solved so well that samplers' errors can be measured against it.
//!
//! For each sample by itself, in a variable in which the equation is smooth:
//!
//! ```text
//! y = x/σ:  dy/dλ = e^λ x̂_0(σ y, λ)      where λ is finite at both ends
//! dx/dt = α' x̂_0 + σ' ε = p x + q u       otherwise
//! ```
//!
//! by Gragg's modified midpoint rule with extrapolation in the square of the step (Bulirsch and Stoer), up to order 16, with
//! step-size control. It shares nothing with the samplers but the model.
//!
//! About 50 evaluations a step; some thousand for `rtol = 10⁻¹¹`.
//!
//! Source: Hairer, Nørsett and Wanner 1993, section II.9.

use crate::batch::Batch;
use crate::grid::Path;
use crate::model::Model;
use crate::prediction::Prediction;
use crate::solver::Variable;
use ansatz_core::{Error, Result};
use rayon::prelude::*;

/// Half the substeps of each column of the extrapolation.
const COLUMNS: [usize; 8] = [1, 2, 3, 4, 5, 6, 7, 8];
/// A column is believed from this one on.
const FIRST_TRUSTED: usize = 3;

/// The exact flow of some states.
#[derive(Clone, Debug)]
pub struct Reference {
    /// The end states.
    pub x: Batch,
    /// Evaluations of the model, the largest number that a sample took.
    pub evaluations: u64,
}

/// Carries `start` along `path` with a local error of `rtol (1 + |y|)` a step, each sample by itself and on all cores.
///
/// # Errors
/// [`Error::Parameter`] if `rtol` is not between 1e-14 and 1e-2, too small for steps that can be made, or the dimension is not
/// the model's; [`Error::NotFinite`] if a state is not finite.
pub fn reference(model: &dyn Model, path: &Path, start: &Batch, rtol: f64) -> Result<Reference> {
    if !(1e-14..=1e-2).contains(&rtol) {
        return Err(Error::parameter("rtol", rtol, "between 1e-14 and 1e-2"));
    }
    if start.dim() != model.dim() {
        return Err(Error::parameter(
            "the dimension of the start",
            start.dim(),
            format!("the model's, {}", model.dim()),
        ));
    }
    let one = |i: usize| Flow { model, path, index: i, rtol, evaluations: 0 }.carry(start.row(i));
    let ends: Vec<(Batch, u64)> = (0..start.rows()).into_par_iter().map(one).collect::<Result<_>>()?;
    let evaluations = ends.iter().map(|(_, n)| *n).max().unwrap_or(0);
    Ok(Reference { x: Batch::join(start.dim(), ends.into_iter().map(|(x, _)| x)), evaluations })
}

struct Flow<'a> {
    model: &'a dyn Model,
    path: &'a Path<'a>,
    index: usize,
    rtol: f64,
    evaluations: u64,
}

impl Flow<'_> {
    fn variable(&self) -> Variable {
        let finite = self.path.from.lambda.is_finite() && self.path.to.lambda.is_finite();
        if finite { Variable::LogSnr } else { Variable::Time }
    }

    /// `dy/ds` at `s`, `s` being `λ` or `t`.
    fn derivative(&mut self, s: f64, y: &[f64]) -> Result<Vec<f64>> {
        self.evaluations += 1;
        let schedule = self.path.schedule;
        let variable = self.variable();
        let level = variable.level(schedule, s)?;
        let (scale, want, p, q) = match variable {
            Variable::LogSnr => (level.sigma, Prediction::Data, 0.0, level.lambda.exp()),
            Variable::Time => {
                let (p, q) = variable.derivative(schedule, &level)?;
                (1.0, Prediction::Velocity, p, q)
            }
        };
        let x = Batch::new(y.len(), y.iter().map(|y| scale * y).collect())?;
        let mut answer = Batch::zeros(1, y.len());
        self.model.predict(&x, self.index, &level, want, &mut answer)?;
        Ok(answer.data().iter().zip(x.data()).map(|(u, x)| p * x + q * u).collect())
    }

    /// Gragg's rule: `2 half` substeps of the step `h`.
    fn midpoint(&mut self, s: f64, y: &[f64], slope: &[f64], h: f64, half: usize) -> Result<Vec<f64>> {
        let n = 2 * half;
        let small = h / n as f64;
        let mut before = y.to_vec();
        let mut now: Vec<f64> = y.iter().zip(slope).map(|(y, k)| y + small * k).collect();
        for i in 1..n {
            let k = self.derivative(s + small * i as f64, &now)?;
            for ((before, now), k) in before.iter_mut().zip(&mut now).zip(k) {
                let next = *before + 2.0 * small * k;
                *before = std::mem::replace(now, next);
            }
        }
        // With an even number of substeps the error has even powers only.
        Ok(now)
    }

    fn carry(&mut self, x: &[f64]) -> Result<(Batch, u64)> {
        let variable = self.variable();
        let (from, to) = (self.path.from, self.path.to);
        let (mut s, end) = (variable.at(&from), variable.at(&to));
        let (first, last) = if variable == Variable::LogSnr { (from.sigma, to.sigma) } else { (1.0, 1.0) };
        let mut y: Vec<f64> = x.iter().map(|x| x / first).collect();
        let mut h = (end - s) / 50.0;
        let mut slope = self.derivative(s, &y)?;
        loop {
            let over = h.abs() >= (end - s).abs();
            if over {
                h = end - s;
            }
            match self.extrapolated(s, &y, &slope, h)? {
                Some((next, factor)) => {
                    y = next;
                    if over {
                        break;
                    }
                    s += h;
                    slope = self.derivative(s, &y)?;
                    h *= factor;
                }
                None => h *= 0.4,
            }
            if h.abs() < 1e-10 * (end - s).abs() {
                let allowed = format!("larger: the reference's step has shrunk to {h:e} at {s}");
                return Err(Error::parameter("rtol", format!("{:e}", self.rtol), allowed));
            }
        }
        let x = Batch::new(y.len(), y.iter().map(|y| last * y).collect())?;
        Ok((x, self.evaluations))
    }

    /// The step, if it converges within the columns, and by how much the next may differ.
    fn extrapolated(&mut self, s: f64, y: &[f64], slope: &[f64], h: f64) -> Result<Option<(Vec<f64>, f64)>> {
        let mut row: Vec<Vec<f64>> = Vec::new();
        for (j, &half) in COLUMNS.iter().enumerate() {
            // Neville's scheme in (1/half)².
            let mut fresh = vec![self.midpoint(s, y, slope, h, half)?];
            for k in 1..=j {
                let ratio = (half as f64 / COLUMNS[j - k] as f64).powi(2) - 1.0;
                let better = fresh[k - 1].iter().zip(&row[k - 1]).map(|(a, b)| a + (a - b) / ratio).collect();
                fresh.push(better);
            }
            if j >= FIRST_TRUSTED {
                let worst = fresh[j]
                    .iter()
                    .zip(&fresh[j - 1])
                    .zip(y)
                    .map(|((a, b), y)| (a - b).abs() / (1.0 + y.abs().max(a.abs())));
                let error = worst.fold(0.0, f64::max) / self.rtol;
                if error <= 1.0 {
                    // Column j has the order 2 j + 1 in the local error that is estimated; early convergence grows the step.
                    let wanted = 0.8 * error.max(1e-12).powf(-1.0 / (2 * j + 1) as f64);
                    let early = [1.0, 2.0, 1.6, 1.2, 1.0, 1.0, 0.8][(j - FIRST_TRUSTED).min(6)];
                    let factor = (wanted * early).clamp(0.3, 4.0);
                    return Ok(fresh.pop().map(|y| (y, factor)));
                }
            }
            row = fresh;
        }
        Ok(None)
    }
}
