//! 40 · DPM-Solver-v3 (Zheng et al. 2023, arXiv:2310.13268).
//!
//! The paper's statement is one of few calls: with statistics of the model, measured once, the sampler is ahead of
//! DPM-Solver++ and UniPC at 5 to 10 calls, for the same cost a call. Its figures are Fréchet distances of trained networks;
//! here the flow is known, and errors are measured against it. Which of the sampler's forms is used is chosen on start points of
//! its own, as the paper chooses per data set, and its error is held against the best of the rivals on the points
//! measured. Besides: what the statistics look like, that degenerate ones are other solvers, orders, and guidance.
//!
//! Errors are root mean squares over 64 evenly spread start points, the same in every run. The seeds change the samples that the
//! statistics are measured on.

mod few;
mod limits;

use crate::claim::{Claim, Status};
use crate::lab::Lab;
use ansatz_core::{Bar, Result, Run, Scale, Seed};
use ansatz_diffusion::ems::{Ems, Estimation};
use ansatz_diffusion::model::{Mixture, Model};
use ansatz_diffusion::schedule::VpLinear;
use ansatz_diffusion::solver::{Corrector, V3};
use ansatz_diffusion::{Batch, Path, Problem};

const LARGE: &[Scale] = &[Scale::Laptop, Scale::Paper];
const PAPER: &[Scale] = &[Scale::Paper];

/// The claim.
pub(crate) const CLAIM: Claim = Claim {
    number: 40,
    slug: "dpm-solver-v3",
    title: "DPM-Solver-v3",
    citation: "Zheng, Lu, Chen, Zhu: DPM-Solver-v3: Improved Diffusion ODE Solver with Empirical Model Statistics, NeurIPS 2023",
    arxiv: Some("2310.13268"),
    statement: "The best parameterisation of a diffusion equation at each noise level, from statistics of the model \
                measured once: at 5 to 10 calls ahead of DPM-Solver++ and UniPC, for the same cost a call.",
    status: Status::Built,
    bars: BARS,
    run: Some(run),
};

/// The inequalities. The best rival is the best of DPM-Solver++(2M), (3M) with and without tail, and UniPC-2 and -3 with
/// both functions; the sampler is of order 2 or 3, with a corrector and pseudo derivatives or without.
const BARS: &[Bar] = &[
    Bar::at_most(MEAN, 0.85).only_at(LARGE),
    Bar::at_most(RATIOS[0], 0.90).only_at(LARGE),
    Bar::at_most(RATIOS[1], 0.90).only_at(LARGE),
    Bar::at_most(RATIOS[2], 0.90).only_at(LARGE),
    Bar::at_most(RATIOS[3], 0.90).only_at(LARGE),
    Bar::at_most(RATIOS[4], 1.10).only_at(LARGE),
    Bar::at_most(RATIOS[5], 1.10).only_at(LARGE),
    Bar::at_most(RATIOS[6], 1.10).only_at(LARGE),
    Bar::at_most(FIRST, 0.75).only_at(LARGE),
    Bar::at_least(NOISY, 0.99).only_at(LARGE),
    Bar::at_most(CLEAN, 0.2).only_at(LARGE),
    Bar::at_least(FEWER, 1.0).only_at(LARGE),
    Bar::at_most(DEGENERATE[0], 1e-6),
    Bar::at_most(DEGENERATE[1], 1e-4),
    Bar::at_most(DEGENERATE[2], 1e-4),
    Bar::at_most(GUIDED[0], 1.0).only_at(LARGE),
    Bar::at_most(GUIDED[1], 1.0).only_at(LARGE),
    Bar::at_most(ORDERS[0], 0.2),
    Bar::at_most(ORDERS[1], 0.3),
    Bar::at_most(REFERENCE, 1e-2),
    Bar::at_most(IMAGES, 0.90).only_at(PAPER),
];

/// Numbers of calls, and those whose ratios have bars.
const CALLS: [usize; 9] = [5, 6, 8, 10, 12, 15, 20, 25, 30];
const RATED: [usize; 7] = [5, 6, 8, 10, 15, 20, 25];
const RATIOS: [&str; 7] = [
    "digits: error at 5 calls / the best rival's",
    "digits: error at 6 calls / the best rival's",
    "digits: error at 8 calls / the best rival's",
    "digits: error at 10 calls / the best rival's",
    "digits: error at 15 calls / the best rival's",
    "digits: error at 20 calls / the best rival's",
    "digits: error at 25 calls / the best rival's",
];
const MEAN: &str = "digits: error at 5, 6, 8, 10 calls / the best rival's, geometric mean";
const FIRST: &str = "digits: error of order 1 / DDIM's, the largest ratio at 5 to 20 calls";
const NOISY: &str = "digits: mean l at the noisy end";
const CLEAN: &str = "digits: mean l at the clean end";
const FEWER: &str = "digits: error at 5 calls with statistics of 128 samples / of 1024";
const DEGENERATE: [&str; 3] = [
    "l, s, b = 1, 0, 0: largest difference of order 1 from DDIM",
    "l, s, b = 1, 0, 0: largest difference of order 2 from DPM-Solver++(2M, Taylor)",
    "l, s, b = 0, -1, 0: largest difference of order 2 from DPM-Solver(2M, Taylor)",
];
const GUIDED: [&str; 2] = [
    "guidance 4: error of order 2, pseudo-corrected, at 8 calls / DPM-Solver++(2M)'s",
    "guidance 4: error of order 2, pseudo-corrected, at 10 calls / DPM-Solver++(2M)'s",
];
const ORDERS: [&str; 2] = [
    "gmm8-smooth: distance of the observed order of the predictor of order 2 from 2",
    "gmm8-smooth: distance of the observed order of the predictor of order 3 from 3",
];
const REFERENCE: &str = "error of the reference / smallest error measured against it";
const IMAGES: &str = "CIFAR-10: FID at 5 to 10 calls, the paper's network / UniPC's";

fn run(lab: &mut Lab) -> Result<()> {
    let schedule = VpLinear::default();
    let path = Path::whole(&schedule)?;
    let mut run = lab.run(lab.seeds()[0]);
    limits::orders(lab, path, &mut run)?;
    limits::degenerate(lab, path, &mut run)?;
    if lab.scale() == Scale::Smoke {
        lab.omit("the digits, 64 dimensions, and guidance: laptop scale");
    } else {
        few::calls(lab, path, &mut run)?;
        few::guidance(lab, path, &mut run)?;
    }
    let reason = "the paper's networks and an Inception network are not part of this program";
    if lab.applies(IMAGES)? {
        lab.not_checked(IMAGES, reason)?;
    }
    lab.omit(format!("image quality (FID): {reason}; errors against the exact flow of mixtures stand in for it"));
    lab.omit("UniPC and DEIS of other people, and the published quadrature: side by side in peers/40");
    lab.note("l, s and b are linear between their levels and integrated exactly there, where the published program has the trapezoidal rule and moves the nodes of a sampling to levels");
    Ok(())
}

/// The statistics of a mixture on this number of levels and one, from so many samples of it, drawn with this seed.
fn statistics(lab: &Lab, model: &Mixture, path: &Path, steps: usize, samples: usize, seed: Seed) -> Result<Ems> {
    statistics_over(lab, model, path, steps, &model.draws(seed, samples), seed)
}

/// The statistics of any model over these samples of it.
fn statistics_over(lab: &Lab, model: &dyn Model, path: &Path, steps: usize, data: &Batch, seed: Seed) -> Result<Ems> {
    let mut run = lab.run(seed);
    run.message(format!("statistics from {} samples, seed {}", data.rows(), seed.0));
    Estimation { steps, ..Estimation::default() }.run(model, path, data, &mut run)
}

/// The error of a form of the sampler.
fn error(problem: &Problem, form: &V3, calls: usize, run: &mut Run) -> Result<f64> {
    Ok(problem.score(&V3 { evaluations: calls, ..form.clone() }, run)?.rmse)
}

/// The forms among which one is chosen.
fn forms(ems: &Ems) -> Vec<V3<'_>> {
    let mut forms = Vec::new();
    for (order, pseudo_predictor) in [(2, false), (3, false), (3, true)] {
        for (corrector, pseudo_corrector) in
            [(Corrector::Off, false), (Corrector::Full, false), (Corrector::Full, true)]
        {
            forms.push(V3 { order, pseudo_predictor, corrector, pseudo_corrector, ..V3::new(ems) });
        }
    }
    forms
}
