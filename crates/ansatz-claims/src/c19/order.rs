//! Orders: the conditions in exact weights, and what is observed on `u' = cos(s) u`.

use super::worse;
use crate::lab::Lab;
use ansatz_core::{Error, Result, Run};
use ansatz_diffusion::model::Function;
use ansatz_diffusion::schedule::Edm;
use ansatz_diffusion::solver::{Ghvb, Kind, Momentum, Plms, Solver, Steps};
use ansatz_diffusion::{Batch, Grid, Multistep, Path, Prediction, Sampling};

pub(super) const DEFECT: &str = "order conditions of GHVB: largest defect up to its order, r ≤ 5";
pub(super) const HB: &str = "HB, β = 0.5: distance of the observed order from 1, r = 1 to 5";
pub(super) const GHVB_3: &str = "GHVB 2.5, exact history: distance of the observed order from 3";
pub(super) const GHVB_4: &str = "GHVB 3.5, exact history: distance of the observed order from 4";
pub(super) const WARM_UP: &str = "GHVB 1.5 to 4.5, published first steps: distance of the observed order from 2";

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    let mut defect = 0.0;
    for order in 1..=5 {
        for beta in [1.0, 0.9, 0.8, 0.6, 0.4, 0.2] {
            let method = Multistep::ghvb(f64::from(order) - 1.0 + beta)?;
            defect = (1..=order).map(|p| method.defect(p).abs()).fold(defect, worse);
        }
    }
    lab.measure(DEFECT, defect)?;
    let mut run = lab.run(lab.seeds()[0]);
    let mut hb = 0.0;
    for order in 1..=5 {
        let solver = Momentum::new(Box::new(Plms::new(order)?), Kind::HeavyBall, 0.5)?;
        hb = worse(hb, (sampled(&solver, &mut run)? - 1.0).abs());
    }
    lab.measure(HB, hb)?;
    for (bar, number, order) in [(GHVB_3, 2.5, 3.0), (GHVB_4, 3.5, 4.0)] {
        let method = Multistep::ghvb(number)?;
        let (coarse, fine) = (marched(&method, 160), marched(&method, 320));
        lab.measure(bar, ((coarse / fine).log2() - order).abs())?;
    }
    let mut warm_up = 0.0;
    for number in [1.5, 2.5, 3.5, 4.5] {
        warm_up = worse(warm_up, (sampled(&Ghvb::new(number)?, &mut run)? - 2.0).abs());
    }
    lab.measure(WARM_UP, warm_up)
}

/// The observed order of a solver from 1280 to 2560 steps: `dx/dσ = cos(σ) x` from `σ = 3` to 0, as a model that predicts
/// `cos(σ) x` for noise.
fn sampled(solver: &dyn Solver, run: &mut Run) -> Result<f64> {
    let schedule = Edm::default();
    let path = Path::new(&schedule, 3.0, 0.0)?;
    let model = Function::new(1, Prediction::Noise, |x, level, out| {
        out.data_mut()[0] = level.sigma.cos() * x.data()[0];
        Ok(())
    });
    let mut error = |evaluations| {
        let method = Steps { solver, grid: Grid::Time, evaluations, denoise: false };
        let x = Sampling::new(path, &method).transport(&model, &Batch::new(1, vec![1.0])?, run)?.x;
        Ok::<_, Error>((x.data()[0] - (-3f64.sin()).exp()).abs())
    };
    Ok((error(1280)? / error(2560)?).log2())
}

/// The largest error at the nodes of `n` steps from 0 to 2 with the exact history before: `v` from 60/β earlier values. (At
/// the end alone the leading term of order 3 happens to vanish.)
fn marched(method: &Multistep, n: usize) -> f64 {
    let (step, keep) = (2.0 / n as f64, method.keep());
    let exact = |s: f64| s.sin().exp();
    let slope = |s: f64, u: f64| s.cos() * u;
    let at = |j: i32| f64::from(j) * step;
    let weights = method.weights();
    let earlier = (60.0 / (1.0 - keep)) as i32;
    // v_0, v_{−1}, … newest first, and w_{−1} = Σ c_i v_{−i}/β.
    let mut v = vec![slope(at(-earlier), exact(at(-earlier)))];
    for j in 1 - earlier..0 {
        v.insert(0, keep * v[0] + (1.0 - keep) * slope(at(j), exact(at(j))));
    }
    let mut w: f64 = weights.iter().zip(&v).map(|(c, v)| c * v / (1.0 - keep)).sum();
    let before = (1..weights.len() as i32).map(|i| slope(at(-i), exact(at(-i))));
    let mut slopes: Vec<f64> = before.collect();
    let (mut u, mut largest) = (exact(0.0), 0.0);
    for j in 0..n as i32 {
        slopes.insert(0, slope(at(j), u));
        w = keep * w + weights.iter().zip(&slopes).map(|(c, f)| c * f).sum::<f64>();
        u += step * w;
        largest = worse(largest, (u - exact(at(j + 1))).abs());
    }
    largest
}
