//! 19 · HB and GHVB (Wizadwongsa et al. 2024, arXiv:2307.11118).
//!
//! The paper's theory is checked as it stands: regions of stability, orders, its linear example. Its tables of image quality
//! need trained networks; what they show, that high-order multistep samplers diverge under strong guidance at few steps and
//! momentum prevents it, is checked on the digits as ten Gaussians, whose guided flow is known: root mean square errors and
//! the largest values that occur. Momentum in the published sense costs accuracy where steps are many, GHVB does not: both are
//! bars.

mod guided;
mod order;
mod region;
mod toy;

use crate::claim::{Claim, Status};
use crate::lab::Lab;
use ansatz_core::{Bar, Result, Scale};

const LARGE: &[Scale] = &[Scale::Laptop, Scale::Paper];
const PAPER: &[Scale] = &[Scale::Paper];

/// Bars that need a trained network.
const IMAGES: [&str; 2] = [
    "trained transformer, guidance 5, 8 steps: magnitude score of GHVB 3.8 / of PLMS-4",
    "trained transformer, guidance 5, 8 steps: Fréchet distance of features, GHVB 3.8 / PLMS-4",
];

pub(crate) const CLAIM: Claim = Claim {
    number: 19,
    slug: "ghvb-momentum",
    title: "HB / GHVB momentum",
    citation: "Wizadwongsa, Chinchuthakun, Khungurn, Raj, Suwajanakorn: Diffusion Sampling with Momentum for Mitigating Divergence Artifacts, ICLR 2024",
    arxiv: Some("2307.11118"),
    statement: "Heavy-ball momentum enlarges the region of stability of multistep samplers and prevents their divergence \
                under strong guidance at few steps; GHVB does so and keeps the order.",
    status: Status::Built,
    bars: &[
        Bar::at_most(guided::HB_8, 0.35).only_at(LARGE),
        Bar::at_most(guided::HB_10, 0.35).only_at(LARGE),
        Bar::at_most(guided::GHVB_10, 0.70).only_at(LARGE),
        Bar::at_most(guided::GHVB_15, 0.85).only_at(LARGE),
        Bar::at_most(guided::GHVB_40, 1.1).only_at(LARGE),
        Bar::at_least(guided::HB_40, 2.0).only_at(LARGE),
        Bar::at_most(guided::DDIM, 0.65).only_at(LARGE),
        Bar::at_most(guided::DATA_10, 0.6).only_at(LARGE),
        Bar::at_most(guided::SIZE, 0.15).only_at(LARGE),
        Bar::at_least(guided::BLOWN, 20.0).only_at(LARGE),
        Bar::at_most(guided::AUTOMATIC, 1.2).only_at(LARGE),
        Bar::at_most(guided::FLOOR, 1e-2).only_at(LARGE),
        Bar::at_most(region::LIMITS, 1e-6),
        Bar::at_most(region::LOCUS, 1e-6),
        Bar::at_least(region::AREAS, 1.0),
        Bar::at_most(order::DEFECT, 1e-12),
        Bar::at_most(order::HB, 0.05),
        Bar::at_most(order::GHVB_3, 0.1),
        Bar::at_most(order::GHVB_4, 0.1),
        Bar::at_most(order::WARM_UP, 0.1),
        Bar::at_most(toy::KNOWN, 5e-4),
        Bar::at_most(toy::CALM, 0.05),
        Bar::at_least(toy::DIVERGES, 1.0),
        Bar::at_most(IMAGES[0], 1.0).only_at(PAPER),
        Bar::at_most(IMAGES[1], 1.0).only_at(PAPER),
    ],
    run: Some(run),
};

fn run(lab: &mut Lab) -> Result<()> {
    region::run(lab)?;
    order::run(lab)?;
    toy::run(lab)?;
    if lab.scale() == Scale::Smoke {
        lab.omit("guided sampling of the digits: laptop scale");
    } else {
        guided::run(lab)?;
    }
    let reason = "a trained guided transformer and the features of a classifier are not part of this program";
    for bar in IMAGES {
        if lab.applies(bar)? {
            lab.not_checked(bar, reason)?;
        }
    }
    lab.omit(format!("image quality (tables 1 and 2): {reason}; errors against the exact guided flow stand in for it"));
    lab.omit("momentum in operator splitting (LTSP), which needs a classifier's gradient apart from the noise");
    lab.omit("the schedulers of other people's software: side by side in peers/19");
    Ok(())
}

/// The larger of two; not-a-number is larger than every other.
fn worse(a: f64, b: f64) -> f64 {
    if b > a || b.is_nan() { b } else { a }
}
