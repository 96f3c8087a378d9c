//! Von Mises–Fisher distributions in many dimensions: fitted to samples of known parameters, the root checked exactly.

use super::exact::distance;
use super::worse;
use crate::lab::Lab;
use ansatz_core::{Result, Scale};
use ansatz_functions::special::VonMisesFisher;
use ansatz_functions::special::von_mises_fisher::concentration;
use std::time::Instant;

pub(super) const STORED: &str = "κ of four mean lengths: largest relative error against ball arithmetic";
pub(super) const ROOT: &str = "fitted κ: largest relative distance from the exact root for its samples";
pub(super) const TRUTH: &str = "fitted κ: largest relative distance from the true one";
pub(super) const STEPS: &str = "fitted κ: Newton steps";

/// Dimension, mean length, and the root to 18 digits by ball arithmetic.
const ROOTS: [(usize, f64, f64); 4] = [
    (2048, 0.5, 1365.06674170768887),
    (8192, 0.25, 2184.50196639621550),
    (32768, 0.8, 72816.0433635440890),
    (3, 0.9, 9.99999958776895401),
];

/// Dimension, concentration, samples.
const CASES: [(usize, f64, usize); 3] = [(2048, 1500.0, 5000), (8192, 4000.0, 5000), (32768, 50000.0, 1000)];

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    let mut worst = 0.0;
    for (p, resultant, root) in ROOTS {
        worst = worse(worst, (concentration(p, resultant)?.0 / root - 1.0).abs());
    }
    lab.measure(STORED, worst)?;
    for seed in lab.seeds() {
        for (p, kappa, samples) in CASES {
            if lab.interrupted() {
                return Ok(());
            }
            let samples = lab.pick(20, samples, samples);
            lab.run(seed).message(format!("von Mises–Fisher in {p} dimensions, seed {}", seed.0));
            let mut stream = seed.stream("mean direction", p as u64);
            let mean: Vec<f64> = (0..p).map(|_| stream.normal()).collect();
            let length = mean.iter().map(|m| m * m).sum::<f64>().sqrt();
            let model = VonMisesFisher::new(mean.iter().map(|m| m / length).collect(), kappa)?;
            let samples = model.sample(samples, seed)?;
            let start = Instant::now();
            let fit = VonMisesFisher::fit(&samples, p)?;
            let seconds = start.elapsed().as_secs_f64();
            let fitted = fit.model.kappa();
            lab.measure(ROOT, distance(p, fitted, fit.resultant)?)?;
            lab.measure(STEPS, f64::from(fit.steps))?;
            if lab.scale() != Scale::Smoke {
                lab.measure(TRUTH, (fitted / kappa - 1.0).abs())?;
                let along: f64 = fit.model.mean().iter().zip(model.mean()).map(|(a, b)| a * b).sum();
                lab.note(format!(
                    "p = {p}, {} samples of seed {}: κ = {fitted:.3} for {kappa}, the directions' cosine {along:.4}, {} \
                     steps, {seconds:.2} s",
                    fit.count, seed.0, fit.steps
                ));
            }
        }
    }
    Ok(())
}
