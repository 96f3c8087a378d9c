//! 29 · Matrix completion by robust alternating minimisation (Gu, Song, Yin & Zhang 2024, arXiv:2302.11068).
//!
//! A theory paper without experiments: what its theorems rest on is measured here for the first time. Recovery of
//! planted matrices; the time of a sweep, which must grow like the rank and not like its square, beside exact
//! alternating least squares in the same run; the number of sweeps, which inexact inner solves must not raise; how many
//! entries are needed, beside the convex relaxation; noise; a photograph of which half the pixels are missing; and the
//! sketch, where plain conjugate gradients fail.
//!
//! Times are ratios or exponents of times taken in turns in one run, the least of several repetitions each.

mod image;
mod recovery;
mod robust;
mod sketch;
mod timing;
mod transition;

use crate::claim::{Claim, Status};
use crate::lab::Lab;
use ansatz_core::{Bar, Result, Scale, Seed};

/// Where the experiments have the size that the bars are about.
const FULL: &[Scale] = &[Scale::Laptop, Scale::Paper];

pub(crate) const CLAIM: Claim = Claim {
    number: 29,
    slug: "matrix-completion-altmin",
    title: "Matrix completion",
    citation: "Gu, Song, Yin, Zhang: Low Rank Matrix Completion via Robust Alternating Minimization in Nearly Linear Time, ICLR 2024",
    arxiv: Some("2302.11068"),
    statement: "Alternating minimisation whose inner regressions are solved inexactly, in O(|Ω| k) operations a sweep, \
                recovers matrices of low rank in as many sweeps as exact alternating least squares, whose sweeps take \
                O(|Ω| k²) operations.",
    status: Status::Built,
    bars: &[
        Bar::at_most(timing::OURS, 1.25).only_at(FULL),
        Bar::at_least(timing::EXACT, 1.6).only_at(FULL),
        Bar::at_least(timing::RATIO, 3.0).only_at(FULL),
        Bar::at_most(timing::ENTRIES_MOST, 1.15).only_at(FULL),
        Bar::at_least(timing::ENTRIES_LEAST, 0.9).only_at(FULL),
        Bar::at_most(recovery::ERROR, 1e-7),
        Bar::at_most(recovery::SWEEPS, 80.0),
        Bar::at_most(recovery::CONDITIONED_ERROR, 1e-6).only_at(FULL),
        Bar::at_most(recovery::CONDITIONED_SWEEPS, 300.0).only_at(FULL),
        Bar::at_most(recovery::NOISE, 1.3),
        Bar::at_most(robust::SWEEPS, 1.0),
        Bar::at_most(robust::DECAYING, 1.0),
        Bar::at_most(robust::FLOOR_MOST, 2.0),
        Bar::at_least(robust::FLOOR_LEAST, 0.5),
        Bar::at_least(transition::RATE, 0.9).only_at(FULL),
        Bar::at_most(transition::ENTRIES, 0.7).only_at(FULL),
        Bar::at_least(image::PSNR, 23.0).only_at(FULL),
        Bar::at_least(image::GAIN, -0.5).only_at(FULL),
        Bar::at_least(image::SPEED, 10.0).only_at(FULL),
        Bar::at_most(sketch::ITERATIONS, 60.0),
        Bar::at_most(sketch::ERROR, 1e-10),
        Bar::at_least(sketch::PLAIN, 1e-10),
    ],
    run: Some(run),
};

fn run(lab: &mut Lab) -> Result<()> {
    sketch::run(lab)?;
    recovery::run(lab)?;
    robust::run(lab)?;
    if lab.scale() == Scale::Smoke {
        lab.omit("times, the number of entries needed, and the photograph: laptop scale");
        return Ok(());
    }
    for part in [timing::run, transition::run, image::run] {
        if lab.interrupted() {
            return Ok(());
        }
        part(lab)?;
    }
    lab.omit("the form of the theory with independent sets of entries, which needs many times the entries: a test of the library");
    Ok(())
}

/// The larger of two errors; not-a-number is larger than every other.
fn worse(a: f64, b: f64) -> f64 {
    if b > a || b.is_nan() { b } else { a }
}

/// The slope of `log y` over `log x` by least squares.
fn exponent(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let (mx, my) = (logs.iter().map(|p| p.0).sum::<f64>() / n, logs.iter().map(|p| p.1).sum::<f64>() / n);
    let covariance: f64 = logs.iter().map(|(x, y)| (x - mx) * (y - my)).sum();
    covariance / logs.iter().map(|(x, _)| (x - mx).powi(2)).sum::<f64>()
}

/// The seed of the experiment that is made once.
fn first(lab: &Lab) -> Seed {
    lab.seeds()[0]
}
