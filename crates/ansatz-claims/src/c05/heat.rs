//! The second experiment: the heat equation, stepped by conjugate gradients with symmetric over-relaxation.

use super::{Chooser, best_fixed, omegas, picture, worse};
use crate::lab::Lab;
use ansatz_core::{Error, Result, Scale, Stopped};
use ansatz_linear::problems::Heat;
use ansatz_linear::sequence::{Relaxed, fixed, solve};
use ansatz_linear::{Scheme, Solver};
use rayon::prelude::*;

pub(super) const DEVIATION: &str = "heat: totals with fixed ω, deviation from an independent implementation (relative)";
pub(super) const ERROR: &str = "heat: ChebCB's last solution, error against exact steps (max norm, relative)";
pub(super) const TIME_GAUSS_SEIDEL: &str = "heat 100: seconds, ChebCB / ω = 1";
pub(super) const TIME_PLAIN: &str = "heat 100: seconds, ChebCB / plain CG";
pub(super) const OVERHEAD: &str = "heat 100: seconds, learning / solving of ChebCB";

/// Bins of the binned learner, as in the paper.
const BINS: usize = 6;
/// The size whose runs are timed.
const TIMED: usize = 100;
/// Steps that a timed run makes before the next one has its turn.
const TURN: u64 = 250;

/// Totals over 5000 steps that an independent implementation of this experiment (NumPy, SciPy) has given:
/// cells, parameter, iterations. The parameter 0 stands for no preconditioner.
const INDEPENDENT: [(usize, f64, f64); 12] = [
    (25, 0.0, 85_422.0),
    (25, 1.0, 32_800.0),
    (25, 1.5, 32_296.0),
    (25, 1.75, 44_898.0),
    (50, 0.0, 164_441.0),
    (50, 1.0, 60_725.0),
    (50, 1.5, 43_952.0),
    (50, 1.75, 50_776.0),
    (100, 0.0, 325_008.0),
    (100, 1.0, 117_568.0),
    (100, 1.5, 77_269.0),
    (100, 1.75, 63_834.0),
];

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    let sizes: &[usize] = lab.pick(&[25], &[25, 50, 100], &[25, 50, 100, 200, 400]);
    for &cells in sizes {
        if lab.interrupted() {
            return Ok(());
        }
        simulation(lab, cells)?;
    }
    Ok(())
}

/// The runs of one resolution.
struct Runs {
    plain: Relaxed,
    // (seed, how it was chosen, run); fixed parameters under the first seed.
    chosen: Vec<(usize, Chooser, Relaxed)>,
    /// The solution of ChebCB from the first seed after the last step.
    last: Vec<f64>,
}

fn simulation(lab: &mut Lab, cells: usize) -> Result<()> {
    let steps = lab.pick(400, 5000, 5000);
    let runs = all(lab, cells, steps)?;
    let everything = || runs.chosen.iter().map(|(_, _, run)| run).chain([&runs.plain]);
    if let Some(cut) = everything().find(|run| run.stopped != Stopped::Exhausted) {
        lab.omit(format!("heat {cells}: {}", cut.stopped));
        return Ok(());
    }
    let reference = Heat::new(cells, steps)?.reference();
    let scale = reference.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let error = runs.last.iter().zip(&reference).map(|(x, r)| (x - r).abs()).fold(0.0, worse) / scale;
    lab.measure(ERROR, error)?;

    let fixed = || runs.chosen.iter().filter(|(_, c, _)| matches!(c, Chooser::Fixed(_))).map(|(_, c, run)| (*c, run));
    let (omega, best) = best_fixed(fixed()).ok_or_else(|| Error::refused("no fixed parameter was run"))?;
    // The systems of all runs agree up to the tolerance of the solves, so the least count of any fixed parameter in a
    // step is what the best parameter for that step costs.
    let instance: Vec<u64> =
        (0..best.costs.len()).map(|t| fixed().map(|(_, run)| run.costs[t]).min().unwrap_or(0)).collect();
    let optimal = instance.iter().sum::<u64>() as f64;
    if lab.scale() != Scale::Smoke {
        compare(lab, cells, &runs, best.total() as f64, optimal)?;
    }
    let totals: Vec<String> = runs
        .chosen
        .iter()
        .filter(|(_, c, _)| !matches!(c, Chooser::Fixed(_)))
        .map(|(s, c, run)| format!("{} {} (seed {})", c.name(), run.total(), lab.seeds()[*s].0))
        .collect();
    let columns: Vec<String> = fixed().map(|(c, run)| format!("{} {}", c.name(), run.total())).collect();
    lab.note(format!(
        "heat {cells}, {steps} steps, total iterations: plain CG {}, {}; instance-optimal on this grid {optimal}; {}",
        runs.plain.total(),
        columns.join(", "),
        totals.join(", ")
    ));
    let failures: u64 = everything().map(|run| run.failures).sum();
    if failures > 0 {
        lab.note(format!("heat {cells}: {failures} solves reached the limit of iterations, and count as that many"));
    }
    let wanted = |s: usize, c: Chooser| s == 0 && !matches!(c, Chooser::Fixed(w) if w != omega && w != 1.0 && w != 1.5);
    let shown = runs.chosen.iter().filter(|(s, c, _)| wanted(*s, *c));
    let shown = shown.map(|(_, c, run)| (c.name(), c.is_ours(), &run.costs[..]));
    let others = [
        ("plain CG".to_owned(), false, &runs.plain.costs[..]),
        ("instance-optimal ω".to_owned(), false, &instance[..]),
    ];
    let title = format!("Heat equation, {} unknowns, {steps} steps, SSOR-CG", (cells - 1) * (cells - 1));
    lab.frontier(picture(title, shown.chain(others))?);
    Ok(())
}

/// The bars of one resolution.
fn compare(lab: &mut Lab, cells: usize, runs: &Runs, best: f64, optimal: f64) -> Result<()> {
    for (_, chooser, run) in &runs.chosen {
        let total = run.total() as f64;
        match chooser {
            Chooser::ChebCb => {
                lab.measure(&format!("heat {cells}: ChebCB / best fixed ω"), total / best)?;
                if cells <= 50 {
                    lab.measure(&format!("heat {cells}: ChebCB / instance-optimal ω"), total / optimal)?;
                }
                if cells == 100 {
                    lab.measure("heat 100: ChebCB / plain CG", total / runs.plain.total() as f64)?;
                }
            }
            Chooser::TsallisInf if cells <= 100 => {
                lab.measure(&format!("heat {cells}: Tsallis-INF / best fixed ω"), total / best)?;
            }
            _ => {}
        }
    }
    for (_, omega, expected) in INDEPENDENT.iter().filter(|(of, ..)| *of == cells) {
        let total = if *omega == 0.0 {
            runs.plain.total()
        } else {
            let found = runs.chosen.iter().find(|(_, c, _)| *c == Chooser::Fixed(*omega));
            found.ok_or_else(|| Error::refused(format!("ω = {omega} was not run")))?.2.total()
        };
        lab.measure(DEVIATION, (total as f64 / expected - 1.0).abs())?;
    }
    Ok(())
}

/// Runs everything: three of them in turns on one thread where they are timed, the others side by side.
fn all(lab: &mut Lab, cells: usize, steps: u64) -> Result<Runs> {
    let (cg, plain_cg) = (Solver::new(Scheme::SsorCg), Solver::new(Scheme::Cg));
    let seeds = lab.seeds().len();
    let mut chosen = Vec::new();
    let mut plain = None;
    let mut last = None;
    if cells == TIMED {
        let timed = in_turns(lab, cells, steps)?;
        chosen.push((0, Chooser::Fixed(1.0), timed.gauss_seidel));
        chosen.push((0, Chooser::ChebCb, timed.chebyshev));
        (plain, last) = (Some(timed.plain), Some(timed.last));
    }
    // The learners that bars are about from every seed, the others from the first.
    let mut jobs: Vec<(usize, Chooser)> =
        (0..seeds).flat_map(|s| [Chooser::TsallisInf, Chooser::ChebCb].map(|c| (s, c))).collect();
    jobs.extend([Chooser::TsallisInfBins, Chooser::EpsilonGreedy, Chooser::Ucb].map(|c| (0, c)));
    jobs.extend(omegas()?.into_iter().map(|omega| (0, Chooser::Fixed(omega))));
    jobs.retain(|(s, c)| !chosen.iter().any(|(t, d, _)| s == t && c == d));
    let bench = &*lab;
    let done: Vec<(Relaxed, Heat)> = jobs
        .par_iter()
        .map(|&(s, chooser)| {
            let mut run = bench.run(bench.seeds()[s]);
            run.message(format!("heat {cells}: {}", chooser.name()));
            let mut heat = Heat::new(cells, steps)?;
            let mut learner = chooser.learner(Heat::INTERVAL, BINS)?;
            let mut stream = chooser.stream(bench, s);
            solve(&mut heat, &cg, learner.as_mut(), &mut stream, &mut run).map(|relaxed| (relaxed, heat))
        })
        .collect::<Result<_>>()?;
    for ((s, chooser), (relaxed, heat)) in jobs.into_iter().zip(done) {
        if (s, chooser) == (0, Chooser::ChebCb) {
            last = Some(heat.solution().to_vec());
        }
        chosen.push((s, chooser, relaxed));
    }
    let plain = if let Some(plain) = plain {
        plain
    } else {
        let (mut run, mut stream) = (lab.run(lab.seeds()[0]), lab.seeds()[0].stream("no choices", 0));
        solve(&mut Heat::new(cells, steps)?, &plain_cg, &mut fixed(0.0), &mut stream, &mut run)?
    };
    let last = last.ok_or_else(|| Error::refused("ChebCB was not run"))?;
    Ok(Runs { plain, chosen, last })
}

struct Timed {
    chebyshev: Relaxed,
    gauss_seidel: Relaxed,
    plain: Relaxed,
    last: Vec<f64>,
}

/// ChebCB, Gauss–Seidel (ω = 1) and plain conjugate gradients in turns, so that what disturbs one disturbs all.
fn in_turns(lab: &mut Lab, cells: usize, steps: u64) -> Result<Timed> {
    let (cg, plain_cg) = (Solver::new(Scheme::SsorCg), Solver::new(Scheme::Cg));
    let seed = lab.seeds()[0];
    let mut simulations = [Heat::new(cells, 0)?, Heat::new(cells, 0)?, Heat::new(cells, 0)?];
    let mut chebyshev = Chooser::ChebCb.learner(Heat::INTERVAL, BINS)?;
    let mut stream = Chooser::ChebCb.stream(lab, 0);
    let mut nothing = seed.stream("no choices", 0);
    let mut parts: [Option<Relaxed>; 3] = [None, None, None];
    let mut run = lab.run(seed);
    run.message(format!("heat {cells}: ChebCB, ω = 1 and plain CG in turns"));
    let mut made = 0;
    while made < steps {
        made = (made + TURN).min(steps);
        for (i, heat) in simulations.iter_mut().enumerate() {
            heat.set_steps(made);
            let part = match i {
                0 => solve(heat, &cg, chebyshev.as_mut(), &mut stream, &mut run)?,
                1 => solve(heat, &cg, &mut fixed(1.0), &mut nothing, &mut run)?,
                _ => solve(heat, &plain_cg, &mut fixed(0.0), &mut nothing, &mut run)?,
            };
            match &mut parts[i] {
                Some(whole) => whole.append(part),
                empty => *empty = Some(part),
            }
        }
        if run.stop_requested().is_some() {
            break;
        }
    }
    let [Some(chebyshev), Some(gauss_seidel), Some(plain)] = parts else {
        return Err(Error::refused("the simulation has no steps"));
    };
    let seconds = |run: &Relaxed| run.work.seconds + run.learning_seconds;
    if chebyshev.stopped == Stopped::Exhausted {
        lab.measure(TIME_GAUSS_SEIDEL, seconds(&chebyshev) / seconds(&gauss_seidel))?;
        lab.measure(TIME_PLAIN, seconds(&chebyshev) / seconds(&plain))?;
        lab.measure(OVERHEAD, chebyshev.learning_seconds / chebyshev.work.seconds)?;
    }
    let last = simulations[0].solution().to_vec();
    Ok(Timed { chebyshev, gauss_seidel, plain, last })
}
