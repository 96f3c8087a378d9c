//! How fast, and how well, the search fits constants: fits per second of one core, on programs that it really meets.
//!
//! A short search fills an archive. Children of its programs, drawn as the search draws them and with a given number of
//! operations, one of each form, are then fitted in double precision from the four starts and within the limits of the
//! search. The time is that of the processor, so that other work on the machine does not count, the median of three
//! passes. Speed is worth nothing without quality: afterwards every form is fitted from more starts and for longer, and
//! the fits that had come within 1e-3 of the least error so known are counted.

use super::Explorer;
use super::batch::{Batch, QUICK, RANDOM_STARTS, REFINE, Start};
use super::fit::{Scratch, fit};
use super::mutate::constants_finite;
use super::search::{Discovery, Search};
use super::tape::Tape;
use crate::program::Program;
use crate::target::Target;
use ansatz_core::{Error, Result, Run, Seed};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Fits of the search that fills the archive.
const WARM_UP: u64 = 20_000;
/// Further starts of each form when the least error is looked for.
const MORE_STARTS: usize = 8;
/// So many drawings in a row without a new form: there are no more.
const IDLE: usize = 100_000;
/// A fit is as good as the best known if its error is at most so much larger, relatively.
const CLOSE: f64 = 1e-3;

/// What [`throughput`] measured, on one thread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Throughput {
    /// Distinct programs.
    pub programs: u64,
    /// Fits of a program's constants from one start.
    pub fits: u64,
    /// Damped steps of all fits.
    pub steps: u64,
    /// Constants of all programs.
    pub constants: u64,
    /// Processor time of all fits, in seconds (elapsed time where the system does not tell it).
    pub seconds: f64,
    /// Fits whose error is within 1e-3 of the least known for their form.
    pub settled: u64,
    /// Programs of which at least one fit is.
    pub solved: u64,
}

impl Throughput {
    /// Fits per second.
    pub fn rate(&self) -> f64 {
        self.fits as f64 / self.seconds
    }

    /// Nanoseconds of one damped step.
    pub fn step_time(&self) -> f64 {
        1e9 * self.seconds / self.steps as f64
    }
}

/// A moment on the clock of this thread.
struct Watch {
    cpu: Option<Duration>,
    wall: Instant,
}

impl Watch {
    fn start() -> Self {
        Self { cpu: cpu(), wall: Instant::now() }
    }

    /// Seconds since the start: of the processor if the system counts them, else elapsed ones.
    fn seconds(&self) -> f64 {
        match (self.cpu, cpu()) {
            (Some(before), Some(after)) => after.saturating_sub(before).as_secs_f64(),
            _ => self.wall.elapsed().as_secs_f64(),
        }
    }
}

/// Time that this thread has spent on a processor (Linux).
fn cpu() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_ascii_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// Measures coefficient fits of programs with `operations` operations, at least `fits` of them, on this thread.
///
/// The same arguments give the same programs, starts and steps; only the time differs. Takes some five times as long as
/// the fits alone, and a second for the search before.
///
/// ```
/// use ansatz_core::Seed;
/// use ansatz_functions::{discover::throughput, target::Target};
///
/// let measured = throughput(&Target::named("exp2").unwrap(), 4, 400, Seed(1)).unwrap();
/// assert!(measured.fits >= 400 && measured.steps > measured.fits);
/// assert!(measured.solved * 2 > measured.programs);
/// ```
///
/// # Errors
/// If `operations` is not from 1 to 12, `fits` is 0 or above 10 million, or there are not enough forms.
pub fn throughput(target: &Target, operations: usize, fits: usize, seed: Seed) -> Result<Throughput> {
    if !(1..=12).contains(&operations) {
        return Err(Error::parameter("operations", operations, "from 1 to 12"));
    }
    if !(1..=10_000_000).contains(&fits) {
        return Err(Error::parameter("fits", fits, "from 1 to 10,000,000"));
    }
    let method = Discovery { effort: WARM_UP, ..Discovery::default() };
    let mut search = Search::begin(&method, target, seed)?;
    search.run(&mut Run::new(seed).evaluation_limit(WARM_UP), 1, |_| Ok(None))?;
    let programs = children(&search, operations, fits.div_ceil(RANDOM_STARTS.len()))?;

    let mut stream = seed.stream("throughput starts", 0);
    let mut begin = |program: &Program, start: Start| -> Vec<f64> {
        let mut constants = program.constants.clone();
        start.perturb(&mut constants, &mut stream);
        constants.iter().map(|c| c.hi).collect()
    };
    let starts: Vec<Vec<f64>> =
        programs.iter().flat_map(|p| RANDOM_STARTS.map(|start| (p, start))).map(|(p, s)| begin(p, s)).collect();

    let nodes = &search.problem.single;
    let (mut tape, mut scratch) = (Tape::default(), Scratch::new());
    let (mut steps, mut errors, mut seconds) = (0, Vec::new(), Vec::new());
    let mut constants: Vec<f64> = Vec::new();
    for _ in 0..3 {
        steps = 0;
        errors.clear();
        let watch = Watch::start();
        for (program, starts) in programs.iter().zip(starts.chunks(RANDOM_STARTS.len())) {
            tape.compile(&program.shape);
            for start in starts {
                constants.clone_from(start);
                let (error, spent) = fit(&tape, nodes, &mut constants, QUICK, &mut scratch);
                steps += spent as u64;
                errors.push(error);
            }
        }
        seconds.push(watch.seconds());
    }
    seconds.sort_by(f64::total_cmp);

    let (mut settled, mut solved) = (0, 0);
    for (program, errors) in programs.iter().zip(errors.chunks(RANDOM_STARTS.len())) {
        tape.compile(&program.shape);
        let mut best = errors.iter().copied().fold(f64::INFINITY, f64::min);
        for i in 0..MORE_STARTS {
            let mut constants = begin(program, if i % 2 == 0 { Start::Fresh } else { Start::Powers });
            best = best.min(fit(&tape, nodes, &mut constants, REFINE, &mut scratch).0);
        }
        let close = errors.iter().filter(|&&e| e <= best * (1.0 + CLOSE)).count() as u64;
        settled += close;
        solved += u64::from(close > 0);
    }
    Ok(Throughput {
        programs: programs.len() as u64,
        fits: starts.len() as u64,
        steps,
        constants: programs.iter().map(|p| p.constants.len() as u64).sum(),
        seconds: seconds[seconds.len() / 2],
        settled,
        solved,
    })
}

/// So many distinct children of the archive with so many operations and at least one constant.
fn children(search: &Search, operations: usize, count: usize) -> Result<Vec<Program>> {
    let known = BTreeMap::new();
    let stream = search.seed.stream("throughput programs", 0);
    let mut batch = Batch::new(&search.method, &search.problem, &search.state.archive, &known, stream);
    let (mut forms, mut programs) = (BTreeSet::new(), Vec::new());
    let mut idle = 0;
    while idle < IDLE {
        if programs.len() == count {
            return Ok(programs);
        }
        idle += 1;
        let Some(child) = batch.draw() else { continue };
        let program = child.program;
        let fits = search.method.level(&program.shape) == Some(operations)
            && (1..=super::tape::MAX_CONSTANTS).contains(&program.constants.len())
            && constants_finite(&program);
        if fits && forms.insert(program.shape.fingerprint()) {
            programs.push(program);
            idle = 0;
        }
    }
    Err(Error::refused(format!(
        "{count} programs with {operations} operations were asked for, and {} were found",
        programs.len()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_fits_the_same() {
        let target = Target::named("exp2").unwrap();
        let run = |seed| throughput(&target, 5, 2_000, Seed(seed)).unwrap();
        let (a, b, c) = (run(1), run(1), run(2));
        let counted = |t: &Throughput| (t.programs, t.fits, t.steps, t.constants, t.settled, t.solved);
        assert_eq!(counted(&a), counted(&b));
        assert_ne!(counted(&a), counted(&c));
        assert_eq!((a.programs, a.fits), (500, 2_000));
        assert!(a.seconds > 0.0 && a.constants >= a.programs && a.settled >= a.solved);
    }

    #[test]
    fn bad_arguments_are_named() {
        let target = Target::named("exp2").unwrap();
        let refuse = |operations, fits| throughput(&target, operations, fits, Seed(1)).unwrap_err().to_string();
        assert!(refuse(0, 10).contains("operations is 0"));
        assert!(refuse(6, 0).contains("fits is 0"));
        assert!(refuse(1, 1_000_000).contains("were found"));
    }
}
