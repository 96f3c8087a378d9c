//! The first experiment: successive over-relaxation on Laplacians with random shifts.

use super::{Chooser, best_fixed, omegas, picture};
use crate::lab::Lab;
use ansatz_core::{Error, Result, Stopped};
use ansatz_linear::problems::{ShiftedLaplacian, Shifts};
use ansatz_linear::sequence::{Relaxed, solve};
use ansatz_linear::{Scheme, Solver};
use rayon::prelude::*;

/// Points a side.
pub(super) const POINTS: usize = 10;
/// Bins of the binned learner, as in the paper.
const BINS: usize = 5;

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    for (name, shifts) in [("high variance", Shifts::HighVariance), ("low variance", Shifts::LowVariance)] {
        if lab.interrupted() {
            return Ok(());
        }
        study(lab, name, shifts)?;
    }
    Ok(())
}

fn study(lab: &mut Lab, name: &str, shifts: Shifts) -> Result<()> {
    let systems = lab.pick(500, 5000, 5000);
    let mut choosers: Vec<Chooser> = omegas()?.into_iter().map(Chooser::Fixed).collect();
    choosers.push(Chooser::Optimal);
    choosers.extend(Chooser::LEARNERS);
    let seeds = lab.seeds().len();
    let jobs: Vec<(usize, Chooser)> = (0..seeds).flat_map(|s| choosers.iter().map(move |&c| (s, c))).collect();
    let bench = &*lab;
    let done: Vec<Relaxed> = jobs
        .par_iter()
        .map(|&(s, chooser)| {
            let seed = bench.seeds()[s];
            let mut run = bench.run(seed);
            run.message(format!("SOR, {name}: {}", chooser.name()));
            let mut sequence = ShiftedLaplacian::new(POINTS, shifts, systems, seed)?;
            let mut learner = chooser.learner(Shifts::INTERVAL, BINS)?;
            solve(&mut sequence, &Solver::new(Scheme::Sor), learner.as_mut(), &mut chooser.stream(bench, s), &mut run)
        })
        .collect::<Result<_>>()?;
    if let Some(cut) = done.iter().find(|run| run.stopped != Stopped::Exhausted) {
        lab.omit(format!("SOR, {name}: {}", cut.stopped));
        return Ok(());
    }
    for s in 0..seeds {
        let runs = || jobs.iter().zip(&done).filter(move |((of, _), _)| *of == s).map(|((_, c), run)| (*c, run));
        let get = |chooser: Chooser| {
            let found = runs().find(|(c, _)| *c == chooser).map(|(_, run)| run);
            found.ok_or_else(|| Error::refused(format!("{} was not run", chooser.name())))
        };
        let (omega, best) = best_fixed(runs()).ok_or_else(|| Error::refused("no fixed parameter was run"))?;
        let (chebyshev, tsallis, optimal) = (get(Chooser::ChebCb)?, get(Chooser::TsallisInf)?, get(Chooser::Optimal)?);
        let half = (systems / 2) as usize;
        let ratio = |a: &Relaxed, b: &Relaxed| a.total() as f64 / b.total() as f64;
        lab.measure(&format!("SOR, {name}: ChebCB / best fixed ω"), ratio(chebyshev, best))?;
        lab.measure(&format!("SOR, {name}: ChebCB / exact ω*"), ratio(chebyshev, optimal))?;
        let late = tsallis.mean_from(half) / best.mean_from(half);
        lab.measure(&format!("SOR, {name}: Tsallis-INF / best fixed ω, last half"), late)?;
        lab.measure("SOR: ChebCB / Gauss–Seidel", ratio(chebyshev, get(Chooser::Fixed(1.0))?))?;
        let means: Vec<String> = runs()
            .filter(|(c, _)| !matches!(c, Chooser::Fixed(_)))
            .map(|(c, run)| format!("{} {:.1}", c.name(), run.mean_from(0)))
            .collect();
        lab.note(format!(
            "SOR, {name}, seed {}: mean iterations: best fixed ω = {omega:.2} {:.1}, {}",
            lab.seeds()[s].0,
            best.mean_from(0),
            means.join(", ")
        ));
        if s == 0 {
            let wanted = |c: Chooser| !matches!(c, Chooser::Fixed(w) if w != omega && w != 1.5);
            let shown = runs().filter(|(c, _)| wanted(*c)).map(|(c, run)| (c.name(), c.is_ours(), &run.costs[..]));
            lab.frontier(picture(format!("SOR on {systems} shifted Laplacians, {name}"), shown)?);
        }
    }
    let failures: u64 = done.iter().map(|run| run.failures).sum();
    if failures > 0 {
        lab.note(format!("SOR, {name}: {failures} solves reached the limit of 10,000 sweeps, and count as that many"));
    }
    Ok(())
}
