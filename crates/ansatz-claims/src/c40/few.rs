//! Few calls: on the digits without guidance, and under guidance.

use super::{
    CALLS, CLEAN, FEWER, FIRST, GUIDED, MEAN, NOISY, RATED, RATIOS, REFERENCE, error, forms, statistics,
    statistics_over,
};
use crate::lab::Lab;
use ansatz_core::{Error, Frontier, Result, Run, Stopped};
use ansatz_diffusion::model::{Guided, digits};
use ansatz_diffusion::solver::{
    Bh, Corrector, Ddim, Deis, DpmMultistep, Method, Solver, Steps, Tail, Third, UniPc, V3,
};
use ansatz_diffusion::{Grid, Path, Problem, Sampling, start_points};

/// Start points measured, and those that forms are chosen on.
const MEASURED: usize = 64;
const CHOSEN_ON: usize = 96;

const NEVER: Tail = Tail { lower_below: 0, first_at_end: false };
const ALWAYS: Tail = Tail { lower_below: usize::MAX, first_at_end: false };

/// A rival, and its name with the tail.
type Rival = (&'static str, Box<dyn Solver>);

/// The rivals whose best decides.
fn rivals() -> Result<Vec<Rival>> {
    let bh1 = |order| Ok::<_, Error>(UniPc { bh: Bh::One, ..UniPc::new(order)? });
    let all: [Rival; 8] = [
        ("DPM-Solver++(2M), tail", Box::new(DpmMultistep::new(2)?.tail(ALWAYS))),
        ("DPM-Solver++(2M)", Box::new(DpmMultistep::new(2)?.tail(NEVER))),
        ("DPM-Solver++(3M), tail", Box::new(DpmMultistep::new(3)?.tail(ALWAYS))),
        ("DPM-Solver++(3M)", Box::new(DpmMultistep::new(3)?.tail(NEVER))),
        ("UniPC-2 bh1", Box::new(bh1(2)?)),
        ("UniPC-2 bh2", Box::new(UniPc::new(2)?)),
        ("UniPC-3 bh1", Box::new(bh1(3)?)),
        ("UniPC-3 bh2", Box::new(UniPc::new(3)?)),
    ];
    Ok(all.into())
}

/// The headline: order 1 against DDIM, the chosen form against the best rival, what the statistics look like.
pub(super) fn calls(lab: &mut Lab, path: Path, run: &mut Run) -> Result<()> {
    let model = digits()?;
    run.message("digits: the exact flow");
    let points = start_points(MEASURED + CHOSEN_ON, 64, &path.from);
    let measured = Problem::new(&model, path, points.slice(0, MEASURED), 1e-11)?;
    let chosen_on = Problem::new(&model, path, points.slice(MEASURED, MEASURED + CHOSEN_ON), 1e-9)?;
    let mut frontier = Frontier::new(
        "digits: ten Gaussians in 64 dimensions, few calls",
        "evaluations of the model",
        "RMSE against the exact flow",
    );
    frontier.floor = Some(measured.floor());
    frontier.caption = format!(
        "uniform λ on vp-linear from t = 1 to 0.001, {MEASURED} samples, f64; statistics from 1024 samples of the model at 121 levels, measured once and not counted"
    );
    let curve = |solver: &dyn Solver, run: &mut Run| {
        CALLS
            .iter()
            .map(|&n| Ok((n as f64, measured.fixed(solver, &Grid::LogSnr, n, run)?.rmse)))
            .collect::<Result<Vec<_>>>()
    };
    let mut others: Vec<Vec<f64>> = Vec::new();
    for (name, solver) in rivals()? {
        run.message(format!("digits: {name}"));
        let points = curve(&*solver, run)?;
        others.push(points.iter().map(|point| point.1).collect());
        frontier.rival(name, points)?;
    }
    let ddim = curve(&Ddim, run)?;
    frontier.rival("DDIM", ddim.clone())?;
    frontier.rival("DPM-Solver++(3M, exact)", curve(&DpmMultistep::new(3)?.third(Third::Exact).tail(NEVER), run)?)?;
    frontier.rival("DEIS-tAB2", curve(&Deis::tab(2)?, run)?)?;
    frontier.rival("DEIS-tAB3", curve(&Deis::tab(3)?, run)?)?;
    let mut least = frontier.series.iter().flat_map(|s| &s.points).fold(f64::INFINITY, |m, p| m.min(p.error));
    for (k, seed) in lab.seeds().into_iter().enumerate() {
        let ems = statistics(lab, &model, &path, 120, 1024, seed)?;
        let last = ems.levels().len() - 1;
        lab.measure(NOISY, ems.mean_l(0))?;
        lab.measure(CLEAN, ems.mean_l(last))?;
        if k == 0 {
            let (about, values) = (ems.about, ems.levels().len() * ems.dim());
            lab.note(format!(
                "digits: of {values} values of s {} are 0 because f does not vary there, {} are cut to ±3",
                about.dead, about.clipped
            ));
        }
        let first = V3 { order: 1, ..V3::new(&ems) };
        let first: Vec<f64> = CALLS.iter().map(|&n| error(&measured, &first, n, run)).collect::<Result<_>>()?;
        let ratios = first.iter().zip(&ddim).zip(CALLS).filter(|&(_, n)| n <= 20).map(|((e, ddim), _)| e / ddim.1);
        lab.measure(FIRST, ratios.fold(0.0, f64::max))?;
        let (mut chosen, mut names, mut logarithm) = (Vec::new(), Vec::new(), 0.0);
        for (i, &n) in CALLS.iter().enumerate() {
            run.message(format!("digits: choosing the form for {n} calls"));
            let mut best: Option<(f64, V3)> = None;
            for form in forms(&ems) {
                let rated = error(&chosen_on, &form, n, run)?;
                if best.as_ref().is_none_or(|(error, _)| rated < *error) {
                    best = Some((rated, form));
                }
            }
            let Some((_, form)) = best else { continue };
            let own = error(&measured, &form, n, run)?;
            least = least.min(own);
            chosen.push((n as f64, own));
            names.push(format!("{n}: {}", form.name()));
            let rival = others.iter().fold(f64::INFINITY, |m, errors| m.min(errors[i]));
            if let Some(at) = RATED.iter().position(|&rated| rated == n) {
                lab.measure(RATIOS[at], own / rival)?;
            }
            if n <= 10 {
                logarithm += (own / rival).ln() / 4.0;
            }
            if n == 5 {
                let fewer = statistics(lab, &model, &path, 120, 128, seed)?;
                lab.measure(FEWER, error(&measured, &V3 { ems: &fewer, ..form }, n, run)? / own)?;
            }
        }
        lab.measure(MEAN, logarithm.exp())?;
        if k == 0 {
            frontier.ours("DPM-Solver-v3, form chosen on other points", chosen.clone())?;
            frontier.ours("DPM-Solver-v3-1", CALLS.iter().map(|&n| n as f64).zip(first))?;
            lab.note(format!("forms chosen, by calls: {}", names.join("; ")));
            pays(lab, &chosen, &others);
        }
    }
    lab.measure(REFERENCE, measured.floor() / least)?;
    lab.frontier(frontier);
    Ok(())
}

/// How many samples it takes until the calls spared have paid for the statistics.
fn pays(lab: &mut Lab, chosen: &[(f64, f64)], others: &[Vec<f64>]) {
    let best: Vec<f64> =
        (0..CALLS.len()).map(|i| others.iter().fold(f64::INFINITY, |m, errors| m.min(errors[i]))).collect();
    let Some(&(_, target)) = chosen.iter().find(|(n, _)| *n == 8.0) else { return };
    // Between numbers of calls the rival's error is taken as a power of them.
    let Some(i) = best.windows(2).position(|pair| pair[0] >= target && target >= pair[1]) else { return };
    let [a, b] = [CALLS[i], CALLS[i + 1]].map(|n| (n as f64).ln());
    let share = (best[i] / target).ln() / (best[i] / best[i + 1]).ln();
    let calls = (a + share * (b - a)).exp();
    // A prediction and two derivatives, of one and a half predictions each, at 121 levels for 1024 samples.
    let cost = 121.0 * 1024.0 * 4.0;
    lab.note(format!(
        "the best rival takes {calls:.1} calls for the error at 8: statistics that cost {cost:.1e} predictions pay after {:.1e} samples",
        cost / (calls - 8.0)
    ));
}

/// Classifier-free guidance: the guided model is another one, and gets statistics of its own, over samples of its own, as in
/// the paper for each scale. What those of the model without guidance do instead is noted.
pub(super) fn guidance(lab: &mut Lab, path: Path, run: &mut Run) -> Result<()> {
    let model = digits()?;
    let guided = Guided::new(&model, (0..10).collect(), 4.0)?;
    run.message("guidance 4: the exact flow");
    let problem = Problem::new(&guided, path, start_points(60, 64, &path.from), 1e-10)?;
    let solver = DpmMultistep::new(2)?;
    let many = Steps { solver: &solver, grid: Grid::LogSnr, evaluations: 60, denoise: false };
    let mut figures = Vec::new();
    for (k, seed) in lab.seeds().into_iter().enumerate() {
        let samples = Sampling::new(path, &many).threads(0).sample(&guided, 512, &mut lab.run(seed))?;
        if samples.stopped != Stopped::Converged {
            let reason = format!("the samples of the guided model were stopped half-way: {}", samples.stopped);
            return Err(Error::Environment { what: "the data of the statistics".into(), reason });
        }
        let ems = statistics_over(lab, &guided, &path, 120, &samples.x, seed)?;
        let form = V3 { order: 2, pseudo_corrector: true, ..V3::new(&ems) };
        for (bar, n) in GUIDED.into_iter().zip([8, 10]) {
            let own = error(&problem, &form, n, run)?;
            // As published programs have it: with a tail at so few calls.
            let rival = problem.fixed(&solver, &Grid::LogSnr, n, run)?.rmse;
            lab.measure(bar, own / rival)?;
            if k == 0 {
                let half = error(&problem, &V3 { corrector: Corrector::Half, ..form.clone() }, n, run)?;
                let off = error(&problem, &V3 { corrector: Corrector::Off, ..form.clone() }, n, run)?;
                let free = statistics(lab, &model, &path, 120, 1024, seed)?;
                let foreign = error(&problem, &V3 { ems: &free, ..form.clone() }, n, run)?;
                figures.push(format!(
                    "{n} calls: corrected {own:.4}, in the second half of the time {half:.4}, not {off:.4}; with statistics of the model without guidance {foreign:.4}; DPM-Solver++(2M) {rival:.4}"
                ));
            }
        }
        lab.measure(REFERENCE, problem.floor() / error(&problem, &form, 10, run)?)?;
    }
    lab.note(format!("guidance 4, errors of order 2 with {}", figures.join("; with ")));
    Ok(())
}
