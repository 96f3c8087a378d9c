//! 35 · Logarithms of modified Bessel functions (Plesner, Sørensen & Hauberg 2024, arXiv:2409.08729).
//!
//! "Relative errors of the order of machine precision, without underflow or overflow": measured against values of proved
//! digits, on the identities that the functions fulfil, and on a million pairs from the whole plane. The von Mises–Fisher
//! distribution in 2048, 8192 and 32768 dimensions, for which the paper needs the logarithms, is fitted to samples of its
//! own, and the fitted concentration compared with the exact root in 57 digits.
//!
//! The paper's speed-ups are over other people's software; `peers/35` times both side by side. Here are nanoseconds a value.

mod accuracy;
mod exact;
mod fits;
mod invariants;
mod speed;

use crate::claim::{Claim, Status};
use crate::lab::Lab;
use ansatz_core::{Bar, Result, Scale};

/// Where samples are drawn in full, and where times mean something.
const FULL: &[Scale] = &[Scale::Laptop, Scale::Paper];

pub(crate) const CLAIM: Claim = Claim {
    number: 35,
    slug: "log-bessel",
    title: "log-Bessel",
    citation: "Plesner, Sørensen, Hauberg: Accurate Computation of the Logarithm of Modified Bessel Functions on GPUs, ICS 2024",
    arxiv: Some("2409.08729"),
    statement: "Logarithms of modified Bessel functions to machine precision, without overflow at any order and argument; \
                von Mises–Fisher distributions are fitted in 2048, 8192 and 32768 dimensions.",
    status: Status::Built,
    bars: &[
        Bar::at_most(accuracy::LARGEST, 1e-13),
        Bar::at_most(accuracy::MEDIAN, 3e-16),
        Bar::at_most(accuracy::BEYOND, 1e-13),
        Bar::at_most(accuracy::PAPER, 1e-12),
        Bar::at_most(invariants::NOT_FINITE, 0.0),
        Bar::at_most(invariants::WRONSKIAN, 2e-13),
        Bar::at_most(invariants::JUMP, 1e-13),
        Bar::at_most(invariants::ORDER, 0.0),
        Bar::at_most(speed::HANKEL, 150.0).only_at(FULL),
        Bar::at_most(speed::DEBYE, 150.0).only_at(FULL),
        Bar::at_most(speed::SERIES, 500.0).only_at(FULL),
        Bar::at_most(speed::INTEGRAL, 4000.0).only_at(FULL),
        Bar::at_most(fits::STORED, 1e-10),
        Bar::at_most(fits::ROOT, 1e-10),
        Bar::at_most(fits::TRUTH, 0.02).only_at(FULL),
        Bar::at_most(fits::STEPS, 5.0),
    ],
    run: Some(run),
};

fn run(lab: &mut Lab) -> Result<()> {
    accuracy::run(lab)?;
    invariants::run(lab)?;
    speed::run(lab)?;
    fits::run(lab)?;
    lab.omit("times beside SciPy's, the share of its values that are not finite, and 20,000 fresh points against Arb: peers/35");
    lab.omit(
        "the paper's image features: they need a trained network; samples with known parameters stand in for them",
    );
    Ok(())
}

/// The larger of two errors; not-a-number is larger than every other.
fn worse(a: f64, b: f64) -> f64 {
    if b > a || b.is_nan() { b } else { a }
}
