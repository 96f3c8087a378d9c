//! 12 · RF-Solver and RF-Edit (Wang et al. 2025, arXiv:2411.04746).
//!
//! The statement on inversion is checked on the exact flow of the digits as ten Gaussians: a hundred images are carried to
//! noise and back by each solver, at the same number of evaluations, and the noise is compared with that of the exact flow. A
//! round trip alone says little: errors of the way there can cancel on the way back, as Heun's do, so both are measured.
//! Orders and the identity with the midpoint rule are checked on mixtures. Editing is checked where its outcome is known, on an
//! attention model made by hand; what the paper shows of images needs a trained transformer.

mod editing;
mod inversion;
mod order;

use crate::claim::{Claim, Status};
use crate::lab::Lab;
use ansatz_core::{Bar, Result, Scale};

const LARGE: &[Scale] = &[Scale::Laptop, Scale::Paper];
const PAPER: &[Scale] = &[Scale::Paper];

/// Bars that need a trained network.
const IMAGES: [&str; 4] = [
    "trained transformer, no injection, same class: MSE / Euler's at equal evaluations",
    "trained transformer: largest ratio of the distance to the source from one injection to the next",
    "trained transformer, some injection: distance to the source / without, at 85 % of its target rate",
    "trained transformer: edits by Euler that those by order 2 do not dominate",
];

pub(crate) const CLAIM: Claim = Claim {
    number: 12,
    slug: "rf-solver",
    title: "RF-Solver",
    citation: "Wang, Pu, Qi, Guo, Ma, Huang, Chen, Li, Shan: Taming Rectified Flow for Inversion and Editing, ICML 2025",
    arxiv: Some("2411.04746"),
    statement: "Second-order Taylor steps invert rectified flows far more accurately than Euler's or Heun's at the same \
                number of evaluations; features shared between inversion and edit keep the source's structure.",
    status: Status::Built,
    bars: &[
        Bar::at_most(inversion::NOISE_20, 0.1).only_at(LARGE),
        Bar::at_most(inversion::NOISE_30, 0.03).only_at(LARGE),
        Bar::at_most(inversion::TRIP, 0.5).only_at(LARGE),
        Bar::at_most(inversion::TRIP_120, 0.05).only_at(LARGE),
        Bar::at_most(inversion::HEUN, 0.2).only_at(LARGE),
        Bar::at_most(inversion::FORWARD, 0.6).only_at(LARGE),
        Bar::at_most(inversion::FLOOR, 1e-2).only_at(LARGE),
        Bar::at_most(order::FIRST, 0.15),
        Bar::at_most(order::SECOND, 0.15),
        Bar::at_most(order::THIRD, 0.15),
        Bar::at_most(order::EXACT_SECOND, 0.15),
        Bar::at_most(order::EXACT_THIRD, 0.15),
        Bar::at_most(order::DIFFERENCE, 0.15),
        Bar::at_most(order::BELOW, 0.15),
        Bar::at_most(order::IDENTITY, 1e-14),
        Bar::at_most(editing::SAME, 0.5),
        Bar::at_most(editing::NEARER, 1.0),
        Bar::at_most(editing::SHARED, 1e-3),
        Bar::at_most(IMAGES[0], 0.5).only_at(PAPER),
        Bar::at_most(IMAGES[1], 1.0).only_at(PAPER),
        Bar::at_most(IMAGES[2], 0.8).only_at(PAPER),
        Bar::at_most(IMAGES[3], 0.0).only_at(PAPER),
    ],
    run: Some(run),
};

fn run(lab: &mut Lab) -> Result<()> {
    order::run(lab)?;
    editing::run(lab)?;
    if lab.scale() == Scale::Smoke {
        lab.omit("inversion of the digits: laptop scale");
    } else {
        inversion::run(lab)?;
    }
    let reason = "a trained flow transformer and the features of a classifier are not part of this program";
    for bar in IMAGES {
        if lab.applies(bar)? {
            lab.not_checked(bar, reason)?;
        }
    }
    lab.omit(format!("editing of images: {reason}; a model made by hand, whose edits are known, stands in for it"));
    lab.omit("the schedulers of other people's software: side by side in peers/12");
    Ok(())
}
