//! The time of a sweep: like the rank with inexact inner solves, like its square with exact ones; like the number of
//! entries.

use super::{exponent, first};
use crate::lab::Lab;
use ansatz_core::{Frontier, Result};
use ansatz_linear::completion::{AltMin, Completion, Inner, Observations, Planted};
use std::time::Instant;

pub(super) const OURS: &str =
    "2000 × 2000, |Ω| = 1.2 M, k = 32, 64, 128: exponent in k of the time per sweep, three inner steps";
pub(super) const EXACT: &str = "2000 × 2000, |Ω| = 1.2 M, k = 32, 64, 128: exponent in k of the time per sweep, exact";
pub(super) const RATIO: &str = "2000 × 2000, |Ω| = 1.2 M, k = 128: time per sweep, exact / three inner steps";
pub(super) const ENTRIES_MOST: &str =
    "2000 × 2000, k = 32, |Ω| = 0.6 to 2.4 M: exponent in |Ω| of the time per sweep, at most";
pub(super) const ENTRIES_LEAST: &str =
    "2000 × 2000, k = 32, |Ω| = 0.6 to 2.4 M: exponent in |Ω| of the time per sweep, at least";

const SIDE: usize = 2000;
const ENTRIES: usize = 1_200_000;
const RANKS: [usize; 3] = [32, 64, 128];
/// Turns, of which the least time counts.
const REPETITIONS: usize = 7;

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    // (k, which method, least time)
    let mut jobs = Vec::new();
    for k in RANKS {
        let known = Planted::gaussian(SIDE, SIDE, k, first(lab), 0)?.observe(ENTRIES, 0.0, first(lab), 0)?;
        for inner in [Inner::WarmCg(3), Inner::Exact] {
            jobs.push(Job::begin(lab, known.clone(), k, inner)?);
        }
    }
    let k = RANKS[0];
    for factor in [0.5, 2.0] {
        let count = (factor * ENTRIES as f64) as usize;
        let known = Planted::gaussian(SIDE, SIDE, k, first(lab), 0)?.observe(count, 0.0, first(lab), 0)?;
        jobs.push(Job::begin(lab, known, k, Inner::WarmCg(3))?);
    }
    // In turns, so that what disturbs one disturbs all.
    for _ in 0..REPETITIONS {
        for job in &mut jobs {
            if lab.interrupted() {
                return Ok(());
            }
            // The quick ones several times in a turn: the least of few is too large where others compute, too.
            let sweeps = if job.method.inner == Inner::Exact { 1 } else { 3 };
            for _ in 0..sweeps {
                job.sweep(lab)?;
            }
        }
    }
    let times = |inner: Inner, entries: usize| {
        let chosen = jobs.iter().filter(move |job| job.method.inner == inner && job.known.count() == entries);
        chosen.map(|job| (job.method.rank as f64, job.least)).collect::<Vec<_>>()
    };
    let (ours, exact) = (times(Inner::WarmCg(3), ENTRIES), times(Inner::Exact, ENTRIES));
    lab.measure(OURS, exponent(&ours))?;
    lab.measure(EXACT, exponent(&exact))?;
    lab.measure(RATIO, exact[2].1 / ours[2].1)?;
    let same_rank = jobs.iter().filter(|job| job.method.inner != Inner::Exact && job.method.rank == k);
    let mut growth: Vec<(f64, f64)> = same_rank.map(|job| (job.known.count() as f64, job.least)).collect();
    growth.sort_by(|a, b| a.0.total_cmp(&b.0));
    let slope = exponent(&growth);
    lab.measure(ENTRIES_MOST, slope)?;
    lab.measure(ENTRIES_LEAST, slope)?;
    let shown =
        |points: &[(f64, f64)]| points.iter().map(|(x, t)| format!("{x}: {t:.3} s")).collect::<Vec<_>>().join(", ");
    lab.note(format!(
        "seconds of a sweep on one thread, the least of {REPETITIONS} turns: three inner steps by rank {}; exact {}; by entries {}",
        shown(&ours),
        shown(&exact),
        shown(&growth)
    ));
    let title = format!("{SIDE} × {SIDE}, {ENTRIES} entries: time of a sweep over the rank");
    let mut front = Frontier::new(title, "rank k", "seconds of a sweep");
    front.log_work = true;
    front.caption.push_str("One thread; the least of several sweeps taken in turns.");
    front.ours("three inner steps", ours)?;
    front.rival("exact", exact)?;
    lab.frontier(front);
    Ok(())
}

struct Job {
    known: Observations,
    method: AltMin,
    completion: Completion,
    least: f64,
}

impl Job {
    fn begin(lab: &Lab, known: Observations, rank: usize, inner: Inner) -> Result<Self> {
        let method = AltMin { rank, inner, tol: 0.0, change: 0.0, max_sweeps: 0, threads: 1, ..AltMin::default() };
        let start = AltMin { max_sweeps: 1, ..method.clone() };
        let completion = start.begin(&known, &lab.run(first(lab)))?;
        Ok(Self { known, method, completion, least: f64::INFINITY })
    }

    fn sweep(&mut self, lab: &Lab) -> Result<()> {
        self.method.max_sweeps += 1;
        let mut run = lab.run(first(lab));
        let started = Instant::now();
        self.method.advance(&self.known, None, &mut self.completion, &mut run, |_| Ok(()))?;
        self.least = self.least.min(started.elapsed().as_secs_f64());
        Ok(())
    }
}
