//! Logistic regression on the digits, one class a worker: what accuracy costs in bits.

use super::{Job, train};
use crate::lab::Lab;
use ansatz_core::{Frontier, Result, Seed, shown};
use ansatz_optimize::distributed::compress::{Dense, TopK};
use ansatz_optimize::distributed::{Problem, Setting, Start, Trained};
use ansatz_optimize::problems::digits_by_class;

pub(super) const BITS_GD: &str = "digits, f − f* ≤ 1e-6: bits of EControl / of gradient descent at its best γ";
pub(super) const BITS_EF21: &str = "digits, f − f* ≤ 1e-6: bits of EControl / of EF21 at its best γ";
pub(super) const ROUNDS: &str = "digits: rounds of EControl to f − f* ≤ 1e-6, γ = 4, η = 0.1";
pub(super) const EC: &str = "digits: f − f* of EC after 4000 rounds, least for γ = 0.5, 2 or 4";
pub(super) const ACCURACY: &str = "digits, batches of 16: test accuracy of EControl − SGD, points";
pub(super) const BITS_SGD: &str = "digits, batches of 16: bits of EControl / of SGD";

const LAMBDA: f64 = 1e-3;
/// Entries of a message.
const KEPT: usize = 32;
const TARGET: f64 = 1e-6;
/// Where the curves end.
const END: Option<f64> = Some(2e-7);
const EVERY: u64 = 10;
const GAMMAS: [f64; 4] = [1.0, 2.0, 4.0, 8.0];

fn job(method: &str, gamma: f64, rounds: u64, target: Option<f64>) -> Job<'_> {
    let setting = Setting { gamma, eta: 0.1, start: Start::Dense, ..Setting::default() };
    Job { method, setting, rounds, every: EVERY, target }
}

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    let seed = lab.seeds()[0];
    full(lab, seed)?;
    for seed in lab.seeds() {
        batches(lab, seed)?;
    }
    Ok(())
}

/// With exact gradients nothing is random: one seed.
fn full(lab: &mut Lab, seed: Seed) -> Result<()> {
    let problem = digits_by_class(LAMBDA, None)?;
    let mut jobs = vec![job("econtrol", 4.0, 1500, END)];
    jobs.extend([0.5, 2.0, 4.0].map(|gamma| job("ec", gamma, 4000, None)));
    jobs.extend(GAMMAS.map(|gamma| job("ef21", gamma, 4000, END)));
    jobs.extend(GAMMAS.map(|gamma| job("ef21-sgdm", gamma, 4000, END)));
    let mut done = train(lab, &problem, &TopK::new(KEPT), seed, "digits", &jobs)?;
    let dense = GAMMAS.map(|gamma| job("sgd", gamma, 2500, END));
    done.extend(train(lab, &problem, &Dense::Single, seed, "digits", &dense)?);
    jobs.extend(dense);
    let runs = |method: &'static str| {
        let pairs = jobs.iter().zip(&done).filter(move |(job, _)| job.method == method);
        pairs.filter_map(|(job, trained)| trained.as_ref().map(|trained| (job, trained)))
    };
    // A method that does not get there has spent all its bits and more: a lower bound.
    let bytes = |trained: &Trained| trained.reached(TARGET).map_or(f64::INFINITY, |point| point.bytes as f64);
    let best = |method| {
        runs(method).min_by(|(_, a), (_, b)| bytes(a).total_cmp(&bytes(b)).then(a.error().total_cmp(&b.error())))
    };
    let least = |trained: &Trained| trained.history.iter().map(|p| p.error).fold(f64::INFINITY, f64::min);
    let own = done[0].as_ref();
    lab.measure(ROUNDS, own.and_then(|t| t.reached(TARGET)).map_or(f64::INFINITY, |point| point.round as f64))?;
    let own = own.map_or(f64::INFINITY, bytes);
    for (bar, method) in [(BITS_GD, "sgd"), (BITS_EF21, "ef21")] {
        lab.measure(bar, own / best(method).map_or(f64::NAN, |(_, trained)| bytes(trained)))?;
    }
    lab.measure(EC, runs("ec").map(|(_, trained)| trained.error()).fold(f64::INFINITY, f64::min))?;
    let lowest = runs("ec").map(|(_, trained)| least(trained)).fold(f64::INFINITY, f64::min);
    lab.note(format!("digits: f − f* of EC goes up and down; the lowest on the way is {}", shown(lowest)));
    let mut front = Frontier::new("digits, one class a worker", "bits sent, a worker", problem.measure());
    front.log_work = true;
    front
        .caption
        .push_str("Logistic regression, 650 weights, 32 sent a round, the first message dense; best γ of each.");
    let mut figures = Vec::new();
    for method in ["econtrol", "ef21", "ef21-sgdm", "ec", "sgd"] {
        let Some((job, trained)) = best(method) else { continue };
        let mbit = |bytes: f64| 8e-6 * bytes / problem.workers() as f64;
        let reached = trained.reached(TARGET).map_or("not reached".to_owned(), |point| {
            format!("round {}, {} Mbit a worker", point.round, shown(mbit(point.bytes as f64)))
        });
        figures.push(format!("{method} (γ = {}): {reached}", job.setting.gamma));
        let points = trained.history.iter().skip(1).step_by(5).filter(|p| p.error > 0.0);
        let points = points.map(|p| (1e6 * mbit(p.bytes as f64), p.error));
        if method == "econtrol" { front.ours(method, points)? } else { front.rival(method, points)? }
    }
    lab.note(format!("digits, f − f* ≤ 1e-6: {}", figures.join("; ")));
    lab.frontier(front);
    Ok(())
}

/// Gradients of 16 samples; a fifth of the samples kept for the test.
fn batches(lab: &mut Lab, seed: Seed) -> Result<()> {
    let problem = digits_by_class(LAMBDA, Some(5))?.batch(Some(16));
    let own = train(lab, &problem, &TopK::new(KEPT), seed, "digits in batches", &[job("econtrol", 0.5, 2000, None)])?;
    let sgd = train(lab, &problem, &Dense::Single, seed, "digits in batches", &[job("sgd", 0.5, 2000, None)])?;
    let [Some(own), Some(sgd)] = [&own[0], &sgd[0]] else {
        lab.measure(ACCURACY, f64::NEG_INFINITY)?;
        return lab.measure(BITS_SGD, f64::INFINITY);
    };
    let (a, b) = (100.0 * problem.accuracy(&own.x), 100.0 * problem.accuracy(&sgd.x));
    lab.note(format!("digits in batches, seed {}: test accuracy {a:.2} %, of SGD {b:.2} %", seed.0));
    lab.measure(ACCURACY, a - b)?;
    let sent = |trained: &Trained| trained.work.count("bytes sent") as f64;
    lab.measure(BITS_SGD, sent(own) / sent(sgd))
}

#[cfg(test)]
mod tests {
    /// Two crates bring the digits along, packed in their own ways.
    #[test]
    fn the_digits_of_both_domains_are_the_same() {
        let (images, labels) = ansatz_optimize::problems::digit_images();
        let (others, classes) = ansatz_diffusion::model::digit_images();
        assert_eq!(images.len(), others.rows());
        for (i, image) in images.iter().enumerate() {
            assert_eq!(usize::from(labels[i]), classes[i]);
            assert!(image.iter().zip(others.row(i)).all(|(&pixel, &value)| f64::from(pixel) / 8.0 - 1.0 == value));
        }
    }
}
