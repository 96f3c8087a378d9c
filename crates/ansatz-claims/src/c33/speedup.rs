//! The floor of the error falls as 1/n with the number of workers.

use super::{Job, train};
use crate::lab::Lab;
use ansatz_core::{Frontier, Result, Seed};
use ansatz_optimize::distributed::compress::TopK;
use ansatz_optimize::distributed::{Setting, Start};
use ansatz_optimize::problems::Quadratic;

pub(super) const STEEPEST: &str = "speed-up: −d log(floor)/d log(n), n = 1 to 32, at most";
pub(super) const FLATTEST: &str = "speed-up: −d log(floor)/d log(n), n = 1 to 32, at least";
pub(super) const SGD: &str = "speed-up: floor of EControl / SGD, largest over n";

const WORKERS: [usize; 6] = [1, 2, 4, 8, 16, 32];
const METHODS: [&str; 3] = ["econtrol", "sgd", "ef21"];
const ROUNDS: u64 = 3000;
const LAST: u64 = 500;

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    let mut front = Frontier::new("quadratic, A = I, σ = 10: the floor by workers", "workers", "‖x − x*‖², floor");
    front.log_work = true;
    front
        .caption
        .push_str("γ = 0.01, d = 100, a tenth of the entries sent; mean error of the last 500 of 3000 rounds.");
    for (k, seed) in lab.seeds().into_iter().enumerate() {
        let floors = floors(lab, seed)?;
        let slope = slope(&floors[0]);
        lab.measure(STEEPEST, -slope)?;
        lab.measure(FLATTEST, -slope)?;
        let ratios = floors[0].iter().zip(&floors[1]).map(|(a, b)| a / b);
        lab.measure(SGD, ratios.fold(0.0, f64::max))?;
        if k == 0 {
            for (method, floors) in METHODS.iter().zip(&floors) {
                let points = WORKERS.iter().zip(floors).map(|(&n, &floor)| (n as f64, floor));
                if *method == "econtrol" { front.ours(method, points)? } else { front.rival(method, points)? }
            }
        }
    }
    lab.frontier(front);
    Ok(())
}

/// For every method, the floor for every number of workers.
fn floors(lab: &Lab, seed: Seed) -> Result<Vec<Vec<f64>>> {
    let mut floors = vec![Vec::new(); METHODS.len()];
    for workers in WORKERS {
        let problem = Quadratic { workers, dim: 100, zeta: 10.0, sigma: 10.0, alike: true }.build(seed)?;
        let setting = Setting { gamma: 0.01, eta: 0.1, start: Start::Compressed, ..Setting::default() };
        let jobs = METHODS.map(|method| Job { method, setting, rounds: ROUNDS, every: 1, target: None });
        let done = train(lab, &problem, &TopK::new(10), seed, &format!("{workers} workers"), &jobs)?;
        for (floors, trained) in floors.iter_mut().zip(done) {
            floors.push(trained.map_or(f64::INFINITY, |trained| trained.floor(LAST)));
        }
    }
    Ok(floors)
}

/// The slope of the least-squares line through (log n, log floor).
fn slope(floors: &[f64]) -> f64 {
    let points: Vec<(f64, f64)> = WORKERS.iter().zip(floors).map(|(&n, floor)| ((n as f64).ln(), floor.ln())).collect();
    let count = points.len() as f64;
    let (mx, my) = points.iter().fold((0.0, 0.0), |(x, y), p| (x + p.0 / count, y + p.1 / count));
    let (xy, xx) = points.iter().fold((0.0, 0.0), |(xy, xx), (x, y)| (xy + (x - mx) * (y - my), xx + (x - mx).powi(2)));
    xy / xx
}
