//! 27 · USF and S³ (Liu et al. 2024, arXiv:2312.07243).
//!
//! The paper searches sampler schedules of image models by FID. Here the score is the root mean square error against the exact
//! flow of the digits, from 128 start states for the search and 128 others for every figure: what a schedule is worth is
//! what it does on noises that it was not chosen by. Rivals are all multistep presets (order, prediction, grid, corrector,
//! falling orders, analytic first step), the best of which is taken with hindsight, on the very noises that it is compared
//! on; and the published samplers at their default settings.

use crate::claim::{Claim, Status};
use crate::lab::Lab;
use ansatz_core::{Bar, Error, Frontier, Result, Run, Scale, Seed, Stopped};
use ansatz_diffusion::model::{Guided, Mixture, Model, digits, gmm8, gmm8_smooth};
use ansatz_diffusion::plan::Plan;
use ansatz_diffusion::schedule::{Level, VpLinear};
use ansatz_diffusion::search::{Candidate, FlowError, Found, Moves, Objective, Population, Predictor, S3, kendall_tau};
use ansatz_diffusion::solver::{
    Bh, Ddim, Deis, DpmMultistep, DpmSolver, Expansion, Extrapolation, Form, Orders, Solver, Steps, Tail, Third, UniPc,
};
use ansatz_diffusion::usf::preset::{self, Multistep};
use ansatz_diffusion::usf::{Afs, Scale as Factor, SolverSchedule};
use ansatz_diffusion::{Batch, Grid, Path, Prediction, Stepper, Walk, start_noise, start_points};
use std::time::Instant;

pub(crate) const CLAIM: Claim = Claim {
    number: 27,
    slug: "usf-s3",
    title: "USF and S³",
    citation: "Liu, Ning, Yang, Wang: A Unified Sampling Framework for Solver Searching of Diffusion Probabilistic Models, ICLR 2024",
    arxiv: Some("2312.07243"),
    statement: "One framework holds the exponential integrators of diffusion models, every decision free at every step; a search in it finds, for one model and 5 to 10 calls, samplers better than all that it contains.",
    status: Status::Built,
    bars: BARS,
    run: Some(run),
};

const LARGE: &[Scale] = &[Scale::Laptop, Scale::Paper];
const PAPER: &[Scale] = &[Scale::Paper];
/// The numbers of calls that are searched for.
const CALLS: [usize; 3] = [5, 8, 10];
/// Seeds of the comparison of guided search and plain evolution.
const REPEATS: u64 = 5;
/// Samplers that the guided search may evaluate in that comparison, and those after which plain evolution is given up.
const GUIDED: usize = 300;
const PLAIN: usize = 900;

const IDENTITY: &str = "largest relative difference of a preset from the dedicated sampler";
const REPLAY: &str = "presets and searched schedules that change on the way through JSON";
const THREADS: &str = "gmm8: candidates that differ between a search on one thread and on three";
const REACHED: &str = "digits, 5 calls: evaluations of plain evolution for the level of the guided search at 300";
const TAU: &str = "digits, 5 calls: Kendall's τ of the predictor on the schedules of another search";
const UNIFORM: &str = "digits, 5 calls: error of the best schedule with one prediction and order / of the free one";
const GUIDANCE: &str = "digits, guidance 2: error of the schedule found without guidance / DPM-Solver++(2M)'s";
const NETWORK: &str = "trained network: Fréchet distance of features at 5 calls / the best preset's";

/// The inequalities. Errors are root mean squares over 128 start states that the search has not seen.
pub(crate) const BARS: &[Bar] = &[
    Bar::at_most("digits, 5 calls: error of the found schedule / of the best preset", 0.70).only_at(LARGE),
    Bar::at_most("digits, 8 calls: error of the found schedule / of the best preset", 0.70).only_at(LARGE),
    Bar::at_most("digits, 10 calls: error of the found schedule / of the best preset", 0.70).only_at(LARGE),
    Bar::at_most("digits, 5 calls: error of the found schedule / of UniPC-3 or DPM-Solver++(3M)", 0.5).only_at(LARGE),
    Bar::at_most("digits, 8 calls: error of the found schedule / of UniPC-3 or DPM-Solver++(3M)", 0.5).only_at(LARGE),
    Bar::at_most("digits, 10 calls: error of the found schedule / of UniPC-3 or DPM-Solver++(3M)", 0.5).only_at(LARGE),
    Bar::at_least(REACHED, 450.0).only_at(LARGE).in_the_median(),
    Bar::at_least(TAU, 0.5).only_at(LARGE).in_the_median(),
    Bar::at_most(IDENTITY, 1e-12),
    Bar::at_most(REPLAY, 0.0),
    Bar::at_most(THREADS, 0.0),
    Bar::at_least(UNIFORM, 1.15).only_at(LARGE),
    Bar::at_most(GUIDANCE, 1.0).only_at(LARGE),
    Bar::at_most(NETWORK, 0.8).only_at(PAPER),
];

fn run(lab: &mut Lab) -> Result<()> {
    let schedule = VpLinear::default();
    let path = Path::whole(&schedule)?;
    lab.measure(IDENTITY, identity(&path)?)?;
    lab.measure(REPLAY, replay(&path)? as f64)?;
    threads(lab, &path)?;
    if lab.applies(REACHED)? {
        let model = digits()?;
        let starts = start_points(256, 64, &path.from);
        let of = |from| FlowError::new(&model, path, starts.slice(from, from + 128), Some(model.mean()), 1e-7);
        let bench = Bench { model: &model, path, objective: of(0)?, others: of(128)? };
        let found = bench.calls(lab)?;
        bench.guidance(lab, &found)?;
        bench.uniform(lab, &found[0])?;
        bench.predictor(lab)?;
    } else {
        lab.omit("the digits: laptop scale");
    }
    let reason = "a trained network and a network of features are not part of this program";
    if lab.applies(NETWORK)? {
        lab.not_checked(NETWORK, reason)?;
    }
    lab.omit(format!("image quality: {reason}; errors against the exact flow stand in for it"));
    lab.omit("predictions by empirical model statistics (EMS) as a decision, and skips of a network's blocks");
    Ok(())
}

/// A search that came to its end.
fn search(method: &S3, objective: &dyn Objective, run: &mut Run, threads: usize) -> Result<Found> {
    let found = method.search(objective, run, threads)?;
    if found.stopped == Stopped::Exhausted {
        return Ok(found);
    }
    let reason = format!("the search was stopped half-way: {}", found.stopped);
    Err(Error::Environment { what: "a whole search".into(), reason })
}

/// The digits, what is searched by and what is measured by.
struct Bench<'a> {
    model: &'a Mixture,
    path: Path<'a>,
    objective: FlowError<'a>,
    others: FlowError<'a>,
}

impl Bench<'_> {
    /// The error of a solver at its defaults; none that diverges.
    fn published(&self, solver: &dyn Solver, evaluations: usize) -> Result<f64> {
        let method = Steps { solver, grid: Grid::LogSnr, evaluations, denoise: false };
        or_large(self.others.error(&method))
    }

    /// The searches for 5, 8 and 10 calls, against presets and published samplers.
    fn calls(&self, lab: &mut Lab) -> Result<Vec<SolverSchedule>> {
        let seed = lab.seeds()[0];
        let mut points = [const { Vec::new() }; 2];
        let mut found = Vec::new();
        for n in CALLS {
            let started = Instant::now();
            let method = S3 { evaluations: vec![n], ..S3::default() };
            let outcome = search(&method, &self.objective, &mut lab.run(seed), 0)?;
            let population = &outcome.populations[0];
            let best = population.best().ok_or_else(|| Error::refused("a search without a candidate"))?;
            let error = self.others.score(&best.sampler)?;
            let mut least = (f64::INFINITY, String::new());
            for (name, sampler) in preset::all(&self.path, n, self.objective.mean())? {
                let error = or_large(self.others.score(&sampler))?;
                if error < least.0 {
                    least = (error, name);
                }
            }
            let unipc = self.published(&UniPc::new(3)?, n)?;
            let plus = self.published(&DpmMultistep::new(3)?, n)?;
            let bar = |rival: &str| format!("digits, {n} calls: error of the found schedule / of {rival}");
            lab.measure(&bar("the best preset"), error / least.0)?;
            lab.measure(&bar("UniPC-3 or DPM-Solver++(3M)"), error / unipc.min(plus))?;
            let random = start_noise(seed, 0, 128, self.model.dim(), &self.path.from);
            let random = FlowError::new(self.model, self.path, random, None, 1e-7)?;
            let diverged = population.members.iter().filter(|candidate| candidate.diverged).count();
            lab.note(format!(
                "digits, {n} calls: {:.2e} on the samples of the search, {error:.2e} on others, {:.2e} from random starts; the best preset {:.2e} ({}); UniPC-3 {unipc:.2e}, DPM-Solver++(3M) {plus:.2e}",
                best.score, random.score(&best.sampler)?, least.0, least.1
            ));
            lab.note(format!(
                "digits, {n} calls: the search took {} in {:.0} s; {diverged} candidates diverged",
                outcome.work,
                started.elapsed().as_secs_f64()
            ));
            lab.artefact(&format!("best-{n}.json"), best.sampler.to_json("vp-linear", &format!("digits, {n} calls"))?)?;
            points[0].push((n as f64, error));
            points[1].push((n as f64, least.0));
            found.push(best.sampler.clone());
        }
        self.picture(lab, points)?;
        Ok(found)
    }

    fn picture(&self, lab: &mut Lab, [found, presets]: [Vec<(f64, f64)>; 2]) -> Result<()> {
        let title = "digits: solver schedules found for one model";
        let mut frontier = Frontier::new(title, "evaluations of the model", "RMSE against the exact flow");
        frontier.caption =
            "128 samples that the searches have not seen; presets: the best of more than a hundred, with hindsight"
                .into();
        frontier.ours("S³", found)?;
        frontier.rival("best preset", presets)?;
        let rivals: [Box<dyn Solver>; 4] = [
            Box::new(UniPc::new(3)?),
            Box::new(DpmMultistep::new(3)?),
            Box::new(DpmMultistep::new(2)?),
            Box::new(Ddim),
        ];
        for solver in rivals {
            let points = (5..=12).map(|n| Ok((n as f64, self.published(&*solver, n)?)));
            frontier.rival(&solver.name(), points.collect::<Result<Vec<_>>>()?)?;
        }
        lab.frontier(frontier);
        Ok(())
    }

    /// What was found without guidance, on the guided model, class by class. An analytic first step takes the mean that the
    /// guided model has at pure noise.
    fn guidance(&self, lab: &mut Lab, found: &[SolverSchedule]) -> Result<()> {
        let scale = 2.0;
        let starts = start_points(130, self.model.dim(), &self.path.from);
        let mut squares = [[0.0; 2]; CALLS.len()];
        for class in 0..10 {
            let guided = Guided::new(self.model, vec![class], scale)?;
            let rows: Vec<f64> = (0..13).flat_map(|i| starts.row(10 * i + class).to_vec()).collect();
            let start = Batch::new(self.model.dim(), rows)?;
            let objective = FlowError::new(&guided, self.path, start, None, 1e-7)?;
            let (own, all) = (self.model.class_mean(class)?, self.model.mean());
            let mean: Vec<f64> = own.iter().zip(&all).map(|(own, all)| scale * own + (1.0 - scale) * all).collect();
            for ((n, sampler), squares) in CALLS.into_iter().zip(found).zip(&mut squares) {
                let mut sampler = sampler.clone();
                if let Some(Afs::Average(average)) = &mut sampler.afs {
                    average.clone_from(&mean);
                }
                let solver = DpmMultistep::new(2)?;
                let method = Steps { solver: &solver, grid: Grid::LogSnr, evaluations: n, denoise: false };
                squares[0] += or_large(objective.score(&sampler))?.powi(2);
                squares[1] += objective.error(&method)?.powi(2);
            }
        }
        for (n, squares) in CALLS.into_iter().zip(squares) {
            let [own, plus] = squares.map(|sum: f64| (sum / 10.0).sqrt());
            lab.measure(GUIDANCE, own / plus)?;
            let warning = if own > plus { ": do not use it there" } else { "" };
            lab.note(format!(
                "digits, guidance 2, {n} calls: the found schedule {own:.2e}, DPM-Solver++(2M) {plus:.2e}{warning}"
            ));
        }
        Ok(())
    }

    /// One prediction and order for all steps, only the nodes free: the same budget, shared by the six.
    fn uniform(&self, lab: &mut Lab, free: &SolverSchedule) -> Result<()> {
        let mut least = (f64::INFINITY, String::new());
        for prediction in [Prediction::Noise, Prediction::Data] {
            for order in 1..=3 {
                let moves = Moves { uniform: Some((prediction, order)), ..Moves::default() };
                let method = S3 { moves, budget: 250, children: 25, predictor: None, ..S3::default() };
                let outcome = search(&method, &self.objective, &mut lab.run(lab.seeds()[0]), 0)?;
                if let Some(best) = outcome.populations[0].best() {
                    let error = or_large(self.others.score(&best.sampler))?;
                    if error < least.0 {
                        least = (error, format!("{prediction}, order {order}"));
                    }
                }
            }
        }
        let own = self.others.score(free)?;
        lab.note(format!(
            "digits, 5 calls: the best uniform schedule ({}) {:.2e}, the free one {own:.2e}",
            least.1, least.0
        ));
        lab.measure(UNIFORM, least.0 / own)
    }

    /// The guided search with 300 evaluations against plain evolution, and the predictor on what it has not seen.
    fn predictor(&self, lab: &mut Lab) -> Result<()> {
        let first = lab.seeds()[0].0;
        let plain = S3 { initial: 60, budget: PLAIN, children: 20, predictor: None, ..S3::default() };
        let mut searches = Vec::new();
        for seed in first..first + REPEATS {
            searches.push(search(&plain, &self.objective, &mut lab.run(Seed(seed)), 0)?.populations.swap_remove(0));
        }
        let mut levels = Vec::new();
        for (i, seed) in (first..first + REPEATS).enumerate() {
            let predictor = Predictor::default();
            let method = S3 { budget: GUIDED, children: 30, predictor: Some(predictor.clone()), ..plain.clone() };
            let guided = search(&method, &self.objective, &mut lab.run(Seed(seed)), 0)?.populations.swap_remove(0);
            let level = guided.best().map_or(f64::INFINITY, |best| best.score);
            // A level that is never reached is passed by at least the limit.
            let reached = searches[i].reached(level).unwrap_or(PLAIN);
            lab.measure(REACHED, reached as f64)?;
            let schedule = self.path.schedule;
            let members: Vec<&Candidate> = guided.members.iter().collect();
            let trained = predictor.train(&members, schedule, |i| Seed(seed).stream("held out", i as u64))?;
            let other = &searches[(i + 1) % searches.len()];
            let unseen = other.members.iter().take(GUIDED).filter(|candidate| {
                !candidate.diverged && guided.members.iter().all(|known| known.sampler != candidate.sampler)
            });
            let mut pairs = (Vec::new(), Vec::new());
            for candidate in unseen {
                pairs.0.push(trained.value(&candidate.sampler, schedule)?);
                pairs.1.push(candidate.score);
            }
            lab.measure(TAU, kendall_tau(&pairs.0, &pairs.1))?;
            let own = level_after(&searches[i], GUIDED);
            levels.push(format!("{level:.2e} for {own:.2e} (reached after {reached})"));
        }
        lab.note(format!(
            "digits, 5 calls: levels of guided search for plain evolution at {GUIDED}: {}",
            levels.join(", ")
        ));
        lab.note(format!("plain evolution was given up after {PLAIN} evaluations, which counts as reached there"));
        Ok(())
    }
}

/// The best score of the first `count` members.
fn level_after(population: &Population, count: usize) -> f64 {
    population.members.iter().take(count).map(|candidate| candidate.score).fold(f64::INFINITY, f64::min)
}

/// An error, infinite if the sampler diverged.
fn or_large(error: Result<f64>) -> Result<f64> {
    match error {
        Err(Error::NotFinite { .. }) => Ok(f64::INFINITY),
        other => other,
    }
}

/// The largest relative difference of presets from the samplers that they stand for, on the same levels.
fn identity(path: &Path) -> Result<f64> {
    let model = gmm8_smooth()?;
    let start = start_noise(Seed(1), 0, 16, 8, &path.from);
    let carry = |plan: Plan| -> Result<Batch> {
        let mut walk = Walk::begin(plan, start.clone())?;
        while let Some(query) = walk.query() {
            let mut answer = Batch::zeros(16, 8);
            model.predict(query.x, 0, &query.level, query.want, &mut answer)?;
            walk.step(answer)?;
        }
        Ok(walk.state().clone())
    };
    let mut largest = 0.0f64;
    let mut compare = |solver: &dyn Solver, grid: &Grid, n: usize, own: &dyn Fn(Vec<f64>) -> Result<SolverSchedule>| {
        let plan = solver.plan(path, grid, n)?;
        let levels: Vec<Level> = plan.stages().iter().map(|stage| stage.level).chain([path.to]).collect();
        let sampler = own(levels.iter().map(|level| level.t).collect())?;
        let (ours, theirs) = (carry(sampler.plan_on(&levels)?)?, carry(plan)?);
        let size = theirs.data().iter().fold(0.0f64, |m, v| m.max(v.abs()));
        for (a, b) in ours.data().iter().zip(theirs.data()) {
            largest = largest.max((a - b).abs() / size);
        }
        Ok::<(), Error>(())
    };
    for grid in [Grid::LogSnr, Grid::Time, Grid::Quadratic] {
        compare(&Ddim, &grid, 9, &|nodes| preset::multistep(&Multistep::taylor(Prediction::Noise, 1), nodes))?;
        for (order, orders) in [(2, vec![2; 4]), (3, vec![3; 3])] {
            for form in [Form::Paper, Form::Taylor] {
                let single = DpmSolver::new(order, Orders::Fixed, form)?;
                for (solver, kind) in [(single, Prediction::Noise), (single.plus_plus(), Prediction::Data)] {
                    compare(&solver, &grid, 9, &|nodes| {
                        preset::singlestep(kind, &orders, form == Form::Taylor, nodes)
                    })?;
                }
            }
        }
        for order in 1..=3 {
            for tail in [false, true] {
                let lower = Tail { lower_below: if tail { usize::MAX } else { 0 }, first_at_end: false };
                let plus = DpmMultistep::new(order)?.tail(lower);
                let official = Multistep { tail, ..Multistep::dpm_solver_pp(order) };
                compare(&plus, &grid, 9, &|nodes| preset::multistep(&official, nodes))?;
                let exact = Multistep { curvature: 1.0, ..official };
                compare(&plus.third(Third::Exact), &grid, 9, &|nodes| preset::multistep(&exact, nodes))?;
                let noise = Multistep { prediction: Prediction::Noise, ..official };
                compare(&plus.expanding(Expansion::Noise), &grid, 9, &|nodes| preset::multistep(&noise, nodes))?;
                for (bh, scale) in [(Bh::One, Factor::Bh1), (Bh::Two, Factor::Bh2)] {
                    for (corrector, data) in [(true, true), (true, false), (false, true)] {
                        let prediction = if data { Prediction::Data } else { Prediction::Noise };
                        let method = Multistep { corrector, tail, ..Multistep::unipc(prediction, order, scale) };
                        let solver = UniPc { order, bh, corrector, data, tail };
                        compare(&solver, &grid, 9, &|nodes| preset::multistep(&method, nodes))?;
                    }
                }
                let deis = Deis { degree: order - 1, variable: Extrapolation::LogRatio, tail };
                let method = Multistep { tail, ..Multistep::taylor(Prediction::Noise, order) };
                compare(&deis, &grid, 9, &|nodes| preset::multistep(&method, nodes))?;
            }
        }
    }
    Ok(largest)
}

/// How many schedules are another after being written and read, or sample to other bits.
fn replay(path: &Path) -> Result<usize> {
    let model = gmm8()?;
    let starts = start_points(4, 8, &path.from);
    let objective = FlowError::new(&model, *path, starts, Some(model.mean()), 1e-5)?;
    let mut samplers: Vec<SolverSchedule> = Vec::new();
    for n in [3, 5, 10] {
        samplers.extend(preset::all(path, n, objective.mean())?.into_iter().map(|(_, sampler)| sampler));
    }
    let method = S3 { evaluations: vec![5, 6], budget: 250, initial: 50, predictor: None, ..S3::default() };
    let found = method.search(&objective, &mut Run::new(Seed(1)), 0)?;
    samplers.extend(found.populations.into_iter().flat_map(|p| p.members).map(|candidate| candidate.sampler));
    let mut changed = 0;
    for sampler in samplers {
        let (back, _) = SolverSchedule::from_json(&sampler.to_json("vp-linear", "")?, "memory")?;
        let same = match (objective.transport(&sampler), objective.transport(&back)) {
            (Ok(a), Ok(b)) => a.data().iter().zip(b.data()).all(|(a, b)| a.to_bits() == b.to_bits()),
            (Err(a), Err(b)) => a.to_string() == b.to_string(),
            _ => false,
        };
        changed += usize::from(back != sampler || !same);
    }
    Ok(changed)
}

/// The same search on one thread and on three.
fn threads(lab: &mut Lab, path: &Path) -> Result<()> {
    let model = gmm8()?;
    let objective = FlowError::new(&model, *path, start_points(32, 8, &path.from), Some(model.mean()), 1e-7)?;
    let method = S3 { evaluations: vec![5], budget: 200, initial: 80, ..S3::default() };
    let mut populations = Vec::new();
    for threads in [1, 3] {
        populations
            .push(search(&method, &objective, &mut lab.run(lab.seeds()[0]), threads)?.populations.swap_remove(0));
    }
    let (one, three) = (&populations[0].members, &populations[1].members);
    let differ = one.iter().zip(three).filter(|(a, b)| a != b).count() + one.len().abs_diff(three.len());
    lab.measure(THREADS, differ as f64)
}
