//! What a sampler does to Gaussian data, in closed form: the features by which schedules are compared without a model.
//!
//! For data `N(m, e)` in one coordinate every prediction is affine in `x`, so a whole sampling is: `x_end = R x_start + O m`. The
//! exact flow keeps `(x − α m)/√V`, `V = α² e + σ²`, hence `R* = √(V_end/V_start)`, `O* = α_end − R* α_start`. A mixture of
//! Gaussians is, near each of its parts and along each axis, such a case; so is any smooth density, nearly.

use crate::plan::{Combination, Plan, Term};
use crate::prediction::Prediction;
use crate::schedule::{Level, Schedule};
use crate::usf::{Afs, SolverSchedule};
use ansatz_core::Result;

/// Variances of the data, evenly spread in their logarithm.
const VARIANCES: [f64; 10] = [1e-4, 3e-4, 1e-3, 4e-3, 1.5e-2, 6e-2, 0.2, 0.7, 2.0, 6.0];
/// How many features there are.
pub(super) const COUNT: usize = 2 * VARIANCES.len();
/// Errors below this are as good as none.
const FLOOR: f64 = 1e-5;

/// `log10(|R − R*| + 1e-5)` and `log10(|O − O*| + 1e-5)` for each variance; 3 at most.
pub(super) fn features(sampler: &SolverSchedule, schedule: &dyn Schedule) -> Result<Vec<f64>> {
    let plan = sampler.plan(schedule)?;
    let ends = [sampler.nodes[0], sampler.nodes[sampler.nodes.len() - 1]];
    let [start, end] = [schedule.level(ends[0])?, schedule.level(ends[1])?];
    let mut features = Vec::with_capacity(COUNT);
    for e in VARIANCES {
        let (r, o) = response(&plan, sampler.afs.as_ref(), e);
        let variance = |level: &Level| level.alpha.powi(2) * e + level.sigma.powi(2);
        let exact = (variance(&end) / variance(&start)).sqrt();
        for wrong in [r - exact, o - (end.alpha - exact * start.alpha)] {
            // Not-a-number, of an overflow, becomes the largest.
            features.push((wrong.abs() + FLOOR).log10().min(3.0));
        }
    }
    Ok(features)
}

/// `(R, O)` of a plan.
fn response(plan: &Plan, afs: Option<&Afs>, e: f64) -> (f64, f64) {
    let mut points: Vec<(f64, f64)> = Vec::with_capacity(plan.evaluations());
    let mut answers: Vec<(f64, f64)> = Vec::with_capacity(plan.evaluations());
    let value = |combination: &Combination, points: &[(f64, f64)], answers: &[(f64, f64)]| {
        combination.0.iter().fold((0.0, 0.0), |(r, o), &(term, c)| {
            let (a, b) = match term {
                Term::Start => (1.0, 0.0),
                Term::Point(k) => points[k],
                Term::Answer(k) => answers[k],
                // Solver schedules draw none.
                Term::Noise(_) => (0.0, 0.0),
            };
            (r + c * a, o + c * b)
        })
    };
    for (k, stage) in plan.stages().iter().enumerate() {
        let (r, o) = value(&stage.point, &points, &answers);
        let Level { alpha, sigma, .. } = stage.level;
        // x̂_0 = m + g (x − α m)
        let g = alpha * e / (alpha * alpha * e + sigma * sigma);
        let data = match afs.filter(|_| k == 0) {
            None => (g * r, g * o + 1.0 - g * alpha),
            Some(Afs::Zero) => (0.0, 0.0),
            Some(Afs::Average(_)) => (0.0, 1.0),
        };
        let answer = match stage.want {
            Prediction::Data => data,
            _ => ((r - alpha * data.0) / sigma, (o - alpha * data.1) / sigma),
        };
        points.push((r, o));
        answers.push(answer);
    }
    value(plan.result(), &points, &answers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Component, Covariance, Mixture};
    use crate::schedule::VpLinear;
    use crate::search::FlowError;
    use crate::usf::preset;
    use crate::{Batch, Path};

    #[test]
    fn responses_are_those_of_the_model() {
        let schedule = VpLinear::default();
        let path = Path::whole(&schedule).unwrap();
        let (mean, e) = (0.8, 0.06);
        let component = Component { weight: 1.0, mean: vec![mean], covariance: Covariance::Isotropic(e), class: 0 };
        let model = Mixture::new(vec![component]).unwrap();
        let start = Batch::new(1, vec![0.0, 1.0, -0.7]).unwrap();
        let objective = FlowError::new(&model, path, start, None, 1e-8).unwrap();
        for (name, sampler) in preset::all(&path, 6, Some(&[mean])).unwrap() {
            let (r, o) = response(&sampler.plan(&schedule).unwrap(), sampler.afs.as_ref(), e);
            let x = objective.transport(&sampler).unwrap();
            for (x, start) in x.data().iter().zip([0.0, 1.0, -0.7]) {
                assert!((r * start + o * mean - x).abs() < 1e-10 * (1.0 + x.abs()), "{name}");
            }
        }
    }
}
