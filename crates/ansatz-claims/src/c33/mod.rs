//! 33 · EControl (Gao, Islamov & Stich 2024, arXiv:2311.05645).
//!
//! The paper's synthetic problem, with all its rivals at their best step sizes; the linear speed-up with the number of
//! workers; and logistic regression on the handwritten digits with one class a worker, in bits of real messages. The
//! networks of the paper's last experiment are not part of this program.

mod digits;
mod identities;
mod quadratic;
mod speedup;

use crate::claim::{Claim, Status};
use crate::lab::Lab;
use ansatz_core::{Bar, Error, Result, Run, Scale, Seed, Stopped};
use ansatz_optimize::distributed::compress::Compressor;
use ansatz_optimize::distributed::{Method, Problem, Setting, Trained, Training, named};
use rayon::prelude::*;

const FULL: &[Scale] = &[Scale::Laptop, Scale::Paper];

pub(crate) const CLAIM: Claim = Claim {
    number: 33,
    slug: "econtrol",
    title: "EControl",
    citation: "Gao, Islamov, Stich: EControl: Fast Distributed Optimization with Compression and Error Control, ICLR 2024",
    arxiv: Some("2311.05645"),
    statement: "Workers that disagree and send a tenth of their entries converge as if they sent all: linearly without \
                noise, where error feedback stalls, and with noise to nearly the accuracy of an oracle, where EF21 \
                amplifies it; faster by the number of workers.",
    status: Status::Built,
    bars: &[
        Bar::at_most(digits::BITS_GD, 0.10).only_at(FULL),
        Bar::at_most(quadratic::EXACT[0], 1e-20),
        Bar::at_most(quadratic::EXACT[1], 1e-20),
        Bar::at_least(quadratic::STALLS[0], 1e-2),
        Bar::at_least(quadratic::STALLS[1], 1.0),
        Bar::at_least(quadratic::COMPRESSED[0], 10.0),
        Bar::at_least(quadratic::COMPRESSED[1], 10.0),
        Bar::at_most(quadratic::NOISY_IDEAL, 1.7),
        Bar::at_most(quadratic::NOISY_EF21, 0.3),
        Bar::at_most(quadratic::NOISY_EC, 0.02),
        Bar::at_most(speedup::STEEPEST, 1.15).only_at(FULL),
        Bar::at_least(speedup::FLATTEST, 0.85).only_at(FULL),
        Bar::at_most(speedup::SGD, 2.0).only_at(FULL),
        Bar::at_most(digits::ROUNDS, 1100.0).only_at(FULL),
        Bar::at_most(digits::BITS_EF21, 0.75).only_at(FULL),
        Bar::at_least(digits::EC, 9e-5).only_at(FULL),
        Bar::at_least(digits::ACCURACY, -1.0).only_at(FULL),
        Bar::at_most(digits::BITS_SGD, 0.15).only_at(FULL),
        Bar::at_most(identities::ACCOUNT, 1e-12),
        Bar::at_most(identities::EF21, 0.0),
        Bar::at_most(identities::SGD, 1e-12),
        Bar::at_most(identities::THREADS, 0.0),
        Bar::at_most(identities::BYTES, 0.0),
    ],
    run: Some(run),
};

fn run(lab: &mut Lab) -> Result<()> {
    identities::run(lab)?;
    quadratic::run(lab)?;
    if lab.scale() == Scale::Smoke {
        lab.omit("the speed-up with the number of workers, and the digits: laptop scale");
    } else {
        speedup::run(lab)?;
        digits::run(lab)?;
    }
    lab.omit("image networks (ResNet-18 and VGG-13 on CIFAR-10): not part of this program");
    lab.note(
        "messages hold single precision; SGD in double precision on the quadratic problem, where its error falls below \
         what single precision resolves. EC-Ideal knows the gradients at the solution: an oracle, not a rival",
    );
    Ok(())
}

/// One of several trainings of a study.
#[derive(Clone, Copy, Debug)]
struct Job<'a> {
    method: &'a str,
    setting: Setting,
    rounds: u64,
    every: u64,
    /// The error at which to end.
    target: Option<f64>,
}

/// All of them, in parallel; `None` for one that diverges.
fn train(
    lab: &Lab,
    problem: &dyn Problem,
    compressor: &dyn Compressor,
    seed: Seed,
    what: &str,
    jobs: &[Job],
) -> Result<Vec<Option<Trained>>> {
    let one = |job: &Job| {
        let method = named(job.method, &job.setting, problem)?;
        let mut run = lab.run(seed);
        run = job.target.into_iter().fold(run, Run::target);
        run.message(format!("{what}: {}, γ = {}", method.name(), job.setting.gamma));
        train_one(problem, &*method, compressor, job, &mut run)
    };
    jobs.par_iter().map(one).collect()
}

fn train_one(
    problem: &dyn Problem,
    method: &dyn Method,
    compressor: &dyn Compressor,
    job: &Job,
    run: &mut Run,
) -> Result<Option<Trained>> {
    let training = Training::new(method, compressor).rounds(job.rounds).record_every(job.every);
    match training.solve(problem, run) {
        Ok(trained) if matches!(trained.stopped, Stopped::EvaluationLimit | Stopped::Target) => Ok(Some(trained)),
        Ok(trained) => {
            let reason = format!("{} was stopped half-way: {}", method.name(), trained.stopped);
            Err(Error::Environment { what: "a whole training".into(), reason })
        }
        // A step size that is too large says so, and is no candidate.
        Err(Error::Parameter { name, .. }) if name == "gamma" => Ok(None),
        Err(other) => Err(other),
    }
}
