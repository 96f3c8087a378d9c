//! 01 · AutoNumerics-Zero (Real et al. 2023, arXiv:2312.08472): programs for functions, found from nothing and proved.
//!
//! | part | statement |
//! |---|---|
//! | [`front`] | the front of 2^x at 2 to 10 operations, in two of three runs, beside every classical family |
//! | [`proofs`] | certificates of the published program, refusals, and all `f32` inputs of a kernel |
//! | [`functions`] | cos, Ai, I_{1/2}, erf and log2 |
//! | [`ablation`] | what each part of the search contributes, at equal numbers of fits |
//! | [`faithful`] | the published method itself: NSGA-II with CMA-ES |

mod ablation;
mod faithful;
mod front;
mod functions;
mod proofs;

use crate::claim::{Claim, Status};
use crate::lab::Lab;
use ansatz_core::{Bar, Result, Scale};

const FULL: &[Scale] = &[Scale::Laptop, Scale::Paper];

/// Operations and the largest relative error of 2^x on (0, 1] that the front must stay below there.
pub(crate) const FRONT: [(&str, usize, f64); 9] = [
    ("2^x, 2 operations: proved relative error", 2, 3.0e-2),
    ("2^x, 3 operations: proved relative error", 3, 8.8e-4),
    ("2^x, 4 operations: proved relative error", 4, 2.2e-4),
    ("2^x, 5 operations: proved relative error", 5, 4.4e-6),
    ("2^x, 6 operations: proved relative error", 6, 2.8e-7),
    ("2^x, 7 operations: proved relative error", 7, 6e-10),
    ("2^x, 8 operations: proved relative error", 8, 9.5e-12),
    ("2^x, 9 operations: proved relative error", 9, 1.5e-13),
    ("2^x, 10 operations: proved relative error", 10, 5.4e-15),
];

const fn of_front(i: usize) -> Bar {
    Bar::at_most(FRONT[i].0, FRONT[i].2)
}

pub(crate) const CLAIM: Claim = Claim {
    number: 1,
    slug: "autonumerics-zero",
    title: "AutoNumerics-Zero",
    citation: "Real, Rossini, de Souza, Garg, Firsching, Le, Chen, Verghese, Cubuk, Park: AutoNumerics-Zero: Automated Discovery of State-of-the-Art Mathematical Functions, 2023",
    arxiv: Some("2312.08472"),
    statement: "Evolves programs for mathematical functions from nothing; ten operations give 2^x on (0, 1] with a relative error below 5.4e-15.",
    status: Status::Built,
    bars: &[
        of_front(8).only_at(FULL),
        of_front(7).only_at(FULL),
        of_front(6).only_at(FULL),
        of_front(5).only_at(FULL),
        of_front(4).only_at(FULL),
        of_front(3).only_at(FULL),
        of_front(2),
        of_front(1),
        of_front(0),
        Bar::at_least(front::WHOLE, 2.0).only_at(FULL),
        Bar::at_least(front::GAIN, 1e6).only_at(FULL),
        Bar::at_least(front::ANCESTRY, 1.0),
        Bar::at_least(front::RECHECKED, 1.0),
        Bar::at_most(front::ANCHORS, 5e-3),
        Bar::at_most(front::ENUMERATED, 1.01),
        Bar::at_most(proofs::PUBLISHED_HIGH, 3.56e-15),
        Bar::at_least(proofs::PUBLISHED_LOW, 3.52e-15),
        Bar::at_most(proofs::TUNED, 2.21e-15),
        Bar::at_most(proofs::EXECUTED, 5.6e-15),
        Bar::at_least(proofs::REFUSED, 1.0),
        Bar::at_most(proofs::EXHAUSTIVE, 5e-7).only_at(FULL),
        Bar::at_most(proofs::WORST, 0.0).only_at(FULL),
        functions::bar(0).only_at(FULL),
        functions::bar(1).only_at(FULL),
        functions::bar(2).only_at(FULL),
        functions::bar(3).only_at(FULL),
        functions::bar(4).only_at(FULL),
        functions::bar(5).only_at(FULL),
        functions::bar(6).only_at(FULL),
        functions::bar(7).only_at(FULL),
        functions::bar(8).only_at(FULL),
        Bar::at_most(functions::SAMPLED, 1.0).only_at(FULL),
        Bar::at_least(ablation::VARIANTS[0].0, 100.0).only_at(FULL),
        Bar::at_least(ablation::VARIANTS[1].0, 100.0).only_at(FULL),
        Bar::at_least(ablation::VARIANTS[2].0, 100.0).only_at(FULL),
        faithful::bar(0),
        faithful::bar(1).only_at(FULL),
        faithful::bar(2).only_at(FULL),
        faithful::bar(3).only_at(FULL),
    ],
    run: Some(run),
};

fn run(lab: &mut Lab) -> Result<()> {
    // The longest part last: what fails, fails early.
    for part in [proofs::run, ablation::run, functions::run, faithful::run, front::run] {
        if lab.interrupted() {
            break;
        }
        part(lab)?;
    }
    Ok(())
}
