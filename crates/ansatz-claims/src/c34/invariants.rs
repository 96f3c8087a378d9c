//! What holds exactly: thresholds that do nothing, and the moments of the stochastic equation.

use super::{CONSTANT, IDENTITY, MOMENTS, WEAK, whole};
use crate::lab::Lab;
use ansatz_core::{Error, Result, Seed};
use ansatz_diffusion::model::{Component, Covariance, Guided, Mixture, Model, Threshold, Thresholded, gmm8};
use ansatz_diffusion::plan::{Combination, Plan, Term};
use ansatz_diffusion::schedule::{Schedule, VpLinear};
use ansatz_diffusion::solver::{DpmMultistep, Form, Solver, Steps};
use ansatz_diffusion::{Batch, Grid, Path, Prediction, Sampling, start_noise};

/// A threshold at the largest prediction, or above it, changes no bit of any.
pub(super) fn identity(lab: &mut Lab) -> Result<()> {
    let model = gmm8()?;
    let guided = Guided::new(&model, vec![0, 2, 4], 8.0)?;
    let mut changed = 0;
    for t in [0.01, 0.1, 0.3, 0.6, 0.9] {
        let level = VpLinear::default().level(t)?;
        let x = start_noise(lab.seeds()[0], 0, 64, 8, &level);
        for want in Prediction::ALL {
            let mut plain = Batch::zeros(64, 8);
            guided.predict(&x, 0, &level, want, &mut plain)?;
            let mut data = plain.clone();
            Prediction::Data.convert(want, &level, &x, &mut data)?;
            let largest = data.data().iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
            for max in [largest, 1.5 * largest] {
                for threshold in [Threshold::Static { max }, Threshold::Dynamic { p: 0.995, max }] {
                    let mut kept = Batch::zeros(64, 8);
                    Thresholded::new(&guided, threshold)?.predict(&x, 0, &level, want, &mut kept)?;
                    changed += plain.data().iter().zip(kept.data()).filter(|(a, b)| a.to_bits() != b.to_bits()).count();
                }
            }
        }
    }
    lab.measure(IDENTITY, changed as f64)
}

/// With one data point the marginals are `N(α x_0, σ²)` and a stochastic step is exact, however long: the variances, followed
/// through the plans.
pub(super) fn constant(lab: &mut Lab, path: Path) -> Result<()> {
    let mut worst = 0.0f64;
    for order in 1..=3 {
        for form in [Form::Paper, Form::Taylor] {
            let solver = DpmMultistep::new(order)?.form(form).stochastic();
            for (grid, n) in [(Grid::LogSnr, 1), (Grid::LogSnr, 2), (Grid::Time, 7), (Grid::KARRAS, 40)] {
                worst = worst.max(variance_error(&solver.plan(&path, &grid, n)?, path));
            }
        }
    }
    lab.measure(CONSTANT, worst)
}

/// The largest relative error of the variance at the points of a plan that adds independent noise in every step, if all
/// answers are the same and the start has the right variance.
fn variance_error(plan: &Plan, path: Path) -> f64 {
    let mut variances: Vec<f64> = Vec::new();
    let levels = plan.stages().iter().map(|stage| stage.level).chain([path.to]);
    let points = plan.stages().iter().map(|stage| &stage.point).chain([plan.result()]);
    let mut worst = 0.0f64;
    for (level, Combination(terms)) in levels.zip(points) {
        let part = |&(term, c): &(Term, f64)| match term {
            Term::Start => c * c * path.from.sigma.powi(2),
            Term::Point(k) => c * c * variances.get(k).copied().unwrap_or(f64::NAN),
            Term::Noise(_) => c * c,
            Term::Answer(_) => 0.0,
        };
        let variance: f64 = terms.iter().map(part).sum();
        worst = worst.max((variance / level.sigma.powi(2) - 1.0).abs());
        variances.push(variance);
    }
    worst
}

/// The mean and the variance with which `steps` of a stochastic solver end for normal data, exactly: every point is linear
/// in the start and in the draws, since the model is linear. The start is what samplings start with, of mean 0.
fn moments_of_steps(solver: &dyn Solver, path: Path, steps: usize, mean: f64, variance: f64) -> Result<(f64, f64)> {
    let plan = solver.plan(&path, &Grid::LogSnr, steps)?;
    // A constant, the factor of the start, those of the draws.
    let size = 2 + plan.draws();
    let (mut points, mut answers): (Vec<Vec<f64>>, Vec<Vec<f64>>) = (Vec::new(), Vec::new());
    let value = |Combination(terms): &Combination, points: &[Vec<f64>], answers: &[Vec<f64>]| {
        let mut sum = vec![0.0; size];
        for &(term, c) in terms {
            match term {
                Term::Start => sum[1] += c,
                Term::Noise(k) => sum[2 + k] += c,
                Term::Point(k) => sum.iter_mut().zip(&points[k]).for_each(|(sum, x)| *sum += c * x),
                Term::Answer(k) => sum.iter_mut().zip(&answers[k]).for_each(|(sum, x)| *sum += c * x),
            }
        }
        sum
    };
    for stage in plan.stages() {
        let point = value(&stage.point, &points, &answers);
        // x̂_0 = m + α c/(α² c + σ²) (x − α m)
        let (alpha, sigma) = (stage.level.alpha, stage.level.sigma);
        let gain = alpha * variance / (alpha * alpha * variance + sigma * sigma);
        let mut answer: Vec<f64> = point.iter().map(|x| gain * x).collect();
        answer[0] += mean * (1.0 - gain * alpha);
        points.push(point);
        answers.push(answer);
    }
    let end = value(plan.result(), &points, &answers);
    let start = path.from.alpha.hypot(path.from.sigma);
    Ok((end[0], end[1].powi(2) * start.powi(2) + end[2..].iter().map(|c| c * c).sum::<f64>()))
}

/// The variance falls to that of the marginal with the order of the solver, from 200 to 400 steps.
pub(super) fn weak_order(lab: &mut Lab, path: Path) -> Result<()> {
    let end = path.to;
    for (bar, order) in WEAK.into_iter().zip([1, 2]) {
        let solver = DpmMultistep::new(order)?.stochastic();
        for variance in [0.02, 0.3, 1.5] {
            let exact = end.alpha.powi(2) * variance + end.sigma.powi(2);
            let error =
                |steps| Ok::<_, Error>((moments_of_steps(&solver, path, steps, 0.5, variance)?.1 - exact).abs());
            lab.measure(bar, ((error(200)? / error(400)?).log2() - order as f64).abs())?;
        }
    }
    Ok(())
}

/// Mean and covariance of 20,000 samples of a Gaussian with independent coordinates along turned axes: of the second order
/// against those of the marginal at the end time, of the first order, whose bias shows with so many samples, against those
/// that its steps must give.
pub(super) fn moments(lab: &mut Lab, path: Path, seed: Seed) -> Result<()> {
    const N: usize = 20_000;
    const STEPS: usize = 200;
    // Mean and variance along the axes; the first two are turned by an angle with this cosine and sine.
    let along = [(0.3, 1.2), (-1.0, 0.3), (2.0, 0.02)];
    let (cos, sin) = (0.8, 0.6);
    let turned = |a: [f64; 3]| [cos * a[0] - sin * a[1], sin * a[0] + cos * a[1], a[2]];
    let matrix = |v: [f64; 3]| {
        let off = cos * sin * (v[0] - v[1]);
        let (first, second) = (cos * cos * v[0] + sin * sin * v[1], sin * sin * v[0] + cos * cos * v[1]);
        [first, off, 0.0, off, second, 0.0, 0.0, 0.0, v[2]]
    };
    let covariance = Covariance::Full(matrix(along.map(|(_, v)| v)).to_vec());
    let mean = turned(along.map(|(m, _)| m)).to_vec();
    let model = Mixture::new(vec![Component { weight: 1.0, mean, covariance, class: 0 }])?;
    let end = path.to;
    let marginal = along.map(|(m, v)| (end.alpha * m, end.alpha.powi(2) * v + end.sigma.powi(2)));
    for (bar, order) in MOMENTS.into_iter().zip([2, 1]) {
        let solver = DpmMultistep::new(order)?.stochastic();
        let method = Steps { solver: &solver, grid: Grid::LogSnr, evaluations: STEPS, denoise: false };
        let mut run = lab.run(seed);
        run.message(format!("one Gaussian: {}, seed {}", solver.name(), seed.0));
        let x = whole(Sampling::new(path, &method).threads(0).batch(1000).sample(&model, N, &mut run)?)?;
        let deviation = |expected: [(f64, f64); 3]| {
            deviation(&x, turned(expected.map(|(m, _)| m)), matrix(expected.map(|(_, v)| v)))
        };
        if order == 2 {
            lab.measure(bar, deviation(marginal))?;
            continue;
        }
        let mut own = marginal;
        for (own, (m, v)) in own.iter_mut().zip(along) {
            *own = moments_of_steps(&solver, path, STEPS, m, v)?;
        }
        lab.measure(bar, deviation(own))?;
        lab.note(format!(
            "one Gaussian, seed {}: moments of {} at {STEPS} calls are {:.1} standard errors from the exact ones at most: the bias of the first order",
            seed.0,
            solver.name(),
            deviation(marginal)
        ));
    }
    Ok(())
}

/// The largest deviation of mean and covariance of samples from the expected ones, in standard errors.
fn deviation(x: &Batch, mean: [f64; 3], covariance: [f64; 9]) -> f64 {
    let n = x.rows() as f64;
    let centred = |r: usize, i: usize| x.row(r)[i] - mean[i];
    let exact = |i: usize, j: usize| covariance[3 * i + j];
    let mut worst = 0.0f64;
    for i in 0..3 {
        let off = (0..x.rows()).map(|r| centred(r, i)).sum::<f64>() / n;
        worst = worst.max(off.abs() / (exact(i, i) / n).sqrt());
        for j in 0..=i {
            let c = (0..x.rows()).map(|r| centred(r, i) * centred(r, j)).sum::<f64>() / n;
            let error = ((exact(i, i) * exact(j, j) + exact(i, j).powi(2)) / n).sqrt();
            worst = worst.max((c - exact(i, j)).abs() / error);
        }
    }
    worst
}
