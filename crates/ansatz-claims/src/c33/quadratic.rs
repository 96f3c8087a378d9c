//! Five workers that disagree, 200 unknowns, a tenth of the entries sent.

use super::{Job, train};
use crate::lab::Lab;
use ansatz_core::{Frontier, Result, Scale, Seed, shown};
use ansatz_optimize::distributed::compress::{Dense, TopK};
use ansatz_optimize::distributed::{Problem, Setting, Start, Trained};
use ansatz_optimize::problems::{Quadratic, QuadraticProblem};

pub(super) const EXACT: [&str; 2] = [
    "quadratic, σ = 0, ζ = 10: ‖x − x*‖² of EControl after 1500 rounds",
    "quadratic, σ = 0, ζ = 100: ‖x − x*‖² of EControl after 1500 rounds",
];
pub(super) const STALLS: [&str; 2] = [
    "quadratic, σ = 0, ζ = 10: ‖x − x*‖² where EC stalls at best",
    "quadratic, σ = 0, ζ = 100: ‖x − x*‖² where EC stalls at best",
];
pub(super) const COMPRESSED: [&str; 2] = [
    "quadratic, σ = 0, ζ = 10: ‖x − x*‖² where compressed SGD stalls at best",
    "quadratic, σ = 0, ζ = 100: ‖x − x*‖² where compressed SGD stalls at best",
];
pub(super) const NOISY_IDEAL: &str = "quadratic, σ = 10, ζ = 100: floor of EControl / EC-Ideal, mean of 5 seeds";
pub(super) const NOISY_EF21: &str = "quadratic, σ = 10, ζ = 100: floor of EControl / EF21, mean of 5 seeds";
pub(super) const NOISY_EC: &str = "quadratic, σ = 10, ζ = 100: floor of EControl / EC, mean of 5 seeds";

const ROUNDS: u64 = 1500;
/// A floor is the mean error of so many last rounds.
const LAST: u64 = 50;
/// Step sizes and feedback strengths that are tried.
const GAMMAS: [f64; 8] = [1e-3, 3e-3, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5];
const ETAS: [f64; 4] = [0.05, 0.1, 0.2, 0.5];
const METHODS: [&str; 6] = ["sgd", "compressed-sgd", "ec", "ec-ideal", "ef21", "ef21-sgdm"];

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    let seeds = lab.seeds();
    for (k, zeta) in [10.0, 100.0].into_iter().enumerate() {
        for &seed in &seeds {
            exact(lab, k, zeta, seed)?;
        }
    }
    for &seed in &seeds {
        noisy(lab, seed)?;
    }
    if lab.scale() != Scale::Smoke {
        table(lab, seeds[0])?;
    }
    Ok(())
}

fn problem(zeta: f64, sigma: f64, seed: Seed) -> Result<QuadraticProblem> {
    Quadratic { zeta, sigma, ..Quadratic::default() }.build(seed)
}

fn job(method: &str, gamma: f64, eta: f64) -> Job<'_> {
    // The paper's zero start, which is a first message that is compressed.
    let setting = Setting { gamma, eta, start: Start::Compressed, ..Setting::default() };
    Job { method, setting, rounds: ROUNDS, every: 1, target: None }
}

/// Without noise: EControl to the last digits, EC and compressed SGD at their best.
fn exact(lab: &mut Lab, k: usize, zeta: f64, seed: Seed) -> Result<()> {
    let problem = problem(zeta, 0.0, seed)?;
    let mut jobs = vec![job("econtrol", 0.1, 0.1)];
    for method in ["ec", "compressed-sgd"] {
        jobs.extend(GAMMAS.map(|gamma| job(method, gamma, 0.1)));
    }
    let done = train(lab, &problem, &TopK::fraction(0.1), seed, &format!("quadratic, ζ = {zeta}"), &jobs)?;
    let floor = |trained: &Option<Trained>| trained.as_ref().map_or(f64::INFINITY, |trained| trained.floor(LAST));
    let best = |range: std::ops::Range<usize>| done[range].iter().map(floor).fold(f64::INFINITY, f64::min);
    lab.measure(EXACT[k], done[0].as_ref().map_or(f64::INFINITY, Trained::error))?;
    lab.measure(STALLS[k], best(1..1 + GAMMAS.len()))?;
    lab.measure(COMPRESSED[k], best(1 + GAMMAS.len()..jobs.len()))?;
    Ok(())
}

/// With noise and the same small step for all: five seeds from this one on.
fn noisy(lab: &mut Lab, seed: Seed) -> Result<()> {
    let mut sums = [0.0; 4];
    for offset in 0..5 {
        let seed = Seed(seed.0.wrapping_add(1000 * offset));
        let problem = problem(100.0, 10.0, seed)?;
        let jobs = ["econtrol", "ec-ideal", "ef21", "ec"].map(|method| job(method, 3e-3, 0.1));
        let done = train(lab, &problem, &TopK::fraction(0.1), seed, "quadratic with noise", &jobs)?;
        for (sum, trained) in sums.iter_mut().zip(&done) {
            *sum += trained.as_ref().map_or(f64::INFINITY, |trained| trained.floor(LAST));
        }
    }
    lab.measure(NOISY_IDEAL, sums[0] / sums[1])?;
    lab.measure(NOISY_EF21, sums[0] / sums[2])?;
    lab.measure(NOISY_EC, sums[0] / sums[3])
}

/// The paper's comparison: every method at its best, in four settings; and its picture.
fn table(lab: &mut Lab, seed: Seed) -> Result<()> {
    for (sigma, zeta) in [(0.0, 10.0), (0.0, 100.0), (10.0, 10.0), (10.0, 100.0)] {
        let problem = problem(zeta, sigma, seed)?;
        let title = format!("quadratic, σ = {sigma}, ζ = {zeta}");
        let mut jobs: Vec<Job> = METHODS.iter().flat_map(|m| GAMMAS.map(|gamma| job(m, gamma, 0.1))).collect();
        jobs.extend(GAMMAS.iter().flat_map(|&gamma| ETAS.map(|eta| job("econtrol", gamma, eta))));
        let (dense, sparse): (Vec<Job>, Vec<Job>) = jobs.iter().partition(|job| job.method == "sgd");
        let mut done = train(lab, &problem, &Dense::Double, seed, &title, &dense)?;
        done.extend(train(lab, &problem, &TopK::fraction(0.1), seed, &title, &sparse)?);
        let jobs: Vec<Job> = dense.into_iter().chain(sparse).collect();
        let mut figures = Vec::new();
        let mut front = Frontier::new(title.clone(), "rounds", problem.measure());
        front.caption.push_str("Each method at its best step size (and η), by the mean error of the last 50 rounds.");
        for method in METHODS.iter().copied().chain(["econtrol"]) {
            let runs = jobs.iter().zip(&done).filter(|(job, _)| job.method == method);
            let runs = runs.filter_map(|(job, trained)| trained.as_ref().map(|trained| (job, trained)));
            let Some((job, best)) = runs.min_by(|(_, a), (_, b)| score(a).total_cmp(&score(b))) else { continue };
            let eta = if method == "econtrol" { format!(", η = {}", job.setting.eta) } else { String::new() };
            let reached = best.reached(1e-6).map_or(String::new(), |point| format!(", 1e-6 in round {}", point.round));
            figures.push(format!("{method} {} (γ = {}{eta}{reached})", shown(best.floor(LAST)), job.setting.gamma));
            let points = best.history.iter().filter(|p| p.round % 25 == 0).map(|p| (p.round as f64, p.error));
            if method == "econtrol" { front.ours(method, points)? } else { front.rival(method, points)? }
        }
        lab.note(format!("{title}, floors at the best step sizes: {}", figures.join("; ")));
        lab.frontier(front);
    }
    Ok(())
}

/// The floor; of those that reach the last digits, the rounds to 1e-6.
fn score(trained: &Trained) -> f64 {
    let floor = trained.floor(LAST);
    if floor > 1e-12 {
        return floor;
    }
    trained.reached(1e-6).map_or(floor, |point| 1e-20 * point.round as f64)
}
