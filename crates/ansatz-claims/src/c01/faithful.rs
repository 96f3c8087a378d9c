//! The published method on one machine: NSGA-II over zero-knowledge mutations, constants by CMA-ES.

use super::FRONT;
use crate::lab::Lab;
use ansatz_core::{Bar, Result, Scale, Seed, Stopped};
use ansatz_functions::discover::{Evolution, Explorer, Faithful, FrontEntry};
use ansatz_functions::target::Target;
use std::time::Duration;

/// Names of the bars; operations and thresholds are those of the front at 2 to 5 operations.
const BARS: [&str; 4] = [
    "NSGA-II with CMA-ES, 2 operations: proved relative error",
    "NSGA-II with CMA-ES, 3 operations: proved relative error",
    "NSGA-II with CMA-ES, 4 operations: proved relative error",
    "NSGA-II with CMA-ES, 5 operations: proved relative error",
];

pub(super) const fn bar(i: usize) -> Bar {
    Bar::at_most(BARS[i], FRONT[i].2)
}

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    let mut errors: Vec<[f64; 4]> = Vec::new();
    for seed in lab.seeds() {
        if lab.interrupted() {
            return Ok(());
        }
        errors.push(evolve(lab, seed)?);
    }
    for (i, name) in BARS.into_iter().enumerate() {
        if lab.applies(name)? {
            let mut all: Vec<f64> = errors.iter().map(|errors| errors[i]).collect();
            all.sort_by(f64::total_cmp);
            // The median of the runs.
            lab.measure(name, all[all.len() / 2])?;
        }
    }
    Ok(())
}

/// The proved errors at 2 to 5 operations of one run, which ends once all are below the bars, or after five minutes of
/// the ten that are allowed.
fn evolve(lab: &mut Lab, seed: Seed) -> Result<[f64; 4]> {
    let method = Faithful::small_machine();
    let mut run = lab.run_within(seed, Duration::from_secs(lab.pick(60, 300, 3600)));
    let mut wanted = 5;
    if lab.scale() == Scale::Smoke {
        (run, wanted) = (run.evaluation_limit(2_000_000), 2);
    }
    let mut evolution = Evolution::begin(&method, &Target::named("exp2")?, seed)?;
    let stopped = Explorer::run(&mut evolution, &mut run, 0, |evolution| {
        let best = evolution.best();
        let met = |&(_, n, most): &(&str, usize, f64)| best[..=n].iter().any(|&error| error < 0.995 * most);
        Ok(FRONT[..wanted - 1].iter().all(met).then_some(Stopped::Target))
    })?;
    let front = evolution.front()?;
    let errors = [2, 3, 4, 5].map(|n| front.at(n).map_or(f64::INFINITY, FrontEntry::bound));
    lab.note(format!(
        "seed {}, NSGA-II with CMA-ES: {:?} in {} generations; it {stopped} after {:.0} s",
        seed.0,
        errors.map(|error| format!("{error:.2e}")),
        evolution.generations(),
        run.elapsed().as_secs_f64()
    ));
    Ok(errors)
}
