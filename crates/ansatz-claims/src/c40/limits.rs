//! Limits: many steps, and statistics that make the sampler another solver.

use super::{DEGENERATE, ORDERS, REFERENCE, error, statistics};
use crate::lab::Lab;
use ansatz_core::{Result, Run, Scale};
use ansatz_diffusion::ems::Ems;
use ansatz_diffusion::model::{digits, gmm8, gmm8_smooth};
use ansatz_diffusion::solver::{Corrector, Ddim, DpmMultistep, Expansion, Form, Method, Solver, Steps, Tail, V3};
use ansatz_diffusion::{Batch, Grid, Path, Problem, Sampling, start_points};

/// The theorem: the global error falls with the order of the predictor.
pub(super) fn orders(lab: &mut Lab, path: Path, run: &mut Run) -> Result<()> {
    let model = gmm8_smooth()?;
    let problem = Problem::new(&model, path, start_points(lab.pick(16, 64, 64), 8, &path.from), 1e-13)?;
    let (levels, samples) = lab.pick((1200, 128), (4800, 1024), (4800, 4096));
    let seed = lab.seeds()[0];
    let ems = statistics(lab, &model, &path, levels, samples, seed)?;
    let (coarse, fine) = lab.pick((192, 384), (384, 768), (384, 768));
    let mut least = f64::INFINITY;
    for (order, bar) in [(2, ORDERS[0]), (3, ORDERS[1])] {
        let form = V3 { order, corrector: Corrector::Off, tail: false, ..V3::new(&ems) };
        let (coarse, fine) = (error(&problem, &form, coarse, run)?, error(&problem, &form, fine, run)?);
        least = least.min(fine);
        lab.measure(bar, ((coarse / fine).log2() - order as f64).abs())?;
    }
    lab.measure(REFERENCE, problem.floor() / least)
}

/// Data and noise prediction as statistics.
pub(super) fn degenerate(lab: &mut Lab, path: Path, run: &mut Run) -> Result<()> {
    let model = if lab.scale() == Scale::Smoke { gmm8()? } else { digits()? };
    let dim = ansatz_diffusion::model::Model::dim(&model);
    let start = start_points(16, dim, &path.from);
    let mut end = |method: &dyn Method| Ok(Sampling::new(path, method).transport(&model, &start, run)?.x);
    let far = |a: &Batch, b: &Batch| a.data().iter().zip(b.data()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let never = Tail { lower_below: 0, first_at_end: false };
    let taylor = DpmMultistep::new(2)?.form(Form::Taylor).tail(never);
    let noise = taylor.expanding(Expansion::Noise);
    let cases: [(&str, [f64; 3], usize, &dyn Solver); 3] = [
        (DEGENERATE[0], [1.0, 0.0, 0.0], 1, &Ddim),
        (DEGENERATE[1], [1.0, 0.0, 0.0], 2, &taylor),
        (DEGENERATE[2], [0.0, -1.0, 0.0], 2, &noise),
    ];
    for (bar, constants, order, solver) in cases {
        let ems = Ems::constant(&path, dim, constants)?;
        let ours = V3 { order, corrector: Corrector::Off, tail: false, ..V3::new(&ems) };
        let other = Steps { solver, grid: Grid::LogSnr, evaluations: ours.evaluations, denoise: false };
        let (ours, other) = (end(&ours)?, end(&other)?);
        lab.measure(bar, far(&ours, &other))?;
    }
    Ok(())
}
