//! What must hold whatever the problem: the account of errors, the methods that EControl contains, and independence of
//! the threads.

use crate::lab::Lab;
use ansatz_core::{Result, Run, Seed};
use ansatz_optimize::distributed::compress::{Compressor, Dense, TopK};
use ansatz_optimize::distributed::{Combination, EControl, Ef21, Local, Method, Sgd, Start, Trained, Training};
use ansatz_optimize::problems::Quadratic;

pub(super) const ACCOUNT: &str = "|Σg − Σh − e| / max |Σg| after 1000 rounds";
pub(super) const EF21: &str = "η = 0: largest difference from EF21 in 300 rounds";
pub(super) const SGD: &str = "C = identity: largest relative difference from SGD in 300 rounds";
pub(super) const THREADS: &str = "largest difference between one thread and three in 300 rounds";
pub(super) const BYTES: &str = "bytes sent − K (32 + ⌈log₂ d⌉)/8 a message";

/// EControl that also adds up its gradients and its estimates.
struct Accounts(EControl);

impl Method for Accounts {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn parameters(&self) -> String {
        self.0.parameters()
    }

    fn citation(&self) -> &'static str {
        self.0.citation()
    }

    fn check(&self, workers: usize, dim: usize) -> Result<()> {
        self.0.check(workers, dim)
    }

    fn gamma(&self) -> f64 {
        self.0.gamma()
    }

    fn vectors(&self) -> usize {
        self.0.vectors() + 2
    }

    fn combination(&self) -> Combination {
        self.0.combination()
    }

    fn start(&self) -> Start {
        self.0.start()
    }

    fn propose(&self, local: &Local, memory: &mut [Vec<f64>], v: &mut [f64]) {
        self.0.propose(local, &mut memory[..2], v);
    }

    fn accept(&self, local: &Local, memory: &mut [Vec<f64>], delta: &[f64]) {
        self.0.accept(local, &mut memory[..2], delta);
        let [_, h, gradients, estimates] = memory else { return };
        for j in 0..h.len() {
            gradients[j] += local.gradient[j];
            estimates[j] += h[j];
        }
    }
}

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    for seed in lab.seeds() {
        account(lab, seed)?;
        relations(lab, seed)?;
    }
    Ok(())
}

fn account(lab: &mut Lab, seed: Seed) -> Result<()> {
    for start in [Start::Dense, Start::Compressed] {
        let problem = Quadratic { sigma: 10.0, ..Quadratic::default() }.build(seed)?;
        let method = Accounts(EControl { start, ..EControl::default() });
        let trained = Training::new(&method, &TopK::fraction(0.1)).rounds(1000).solve(&problem, &mut lab.run(seed))?;
        let (mut difference, mut size) = (0.0f64, 0.0f64);
        for memory in &trained.memories {
            let [e, _, gradients, estimates] = &memory[..] else { continue };
            for j in 0..e.len() {
                difference = difference.max((gradients[j] - estimates[j] - e[j]).abs());
                size = size.max(gradients[j].abs());
            }
        }
        lab.measure(ACCOUNT, difference / size)?;
    }
    Ok(())
}

fn relations(lab: &mut Lab, seed: Seed) -> Result<()> {
    let problem = Quadratic { sigma: 1.0, ..Quadratic::default() }.build(seed)?;
    let top = TopK::fraction(0.1);
    let solve = |method: &dyn Method, compressor: &dyn Compressor, threads| {
        let training = Training::new(method, compressor).rounds(300).threads(threads);
        training.solve(&problem, &mut Run::new(seed))
    };
    let ours = EControl { start: Start::Compressed, ..EControl::default() };
    let off = EControl { eta: 0.0, ..ours.clone() };
    let ef21 = Ef21 { gamma: off.gamma, start: Start::Compressed };
    lab.measure(EF21, difference(&solve(&off, &top, 1)?, &solve(&ef21, &top, 1)?))?;
    let sgd = solve(&Sgd { gamma: ours.gamma }, &Dense::Double, 1)?;
    let size = sgd.x.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    lab.measure(SGD, difference(&solve(&ours, &Dense::Double, 1)?, &sgd) / size)?;
    let one = solve(&ours, &top, 1)?;
    lab.measure(THREADS, difference(&one, &solve(&ours, &top, 3)?))?;
    // 20 entries of 32 bits and indices of 8, five workers, 300 rounds.
    lab.measure(BYTES, one.work.count("bytes sent") as f64 - 300.0 * 5.0 * 20.0 * (32.0 + 8.0) / 8.0)
}

/// The largest difference of the last iterates, and of the errors on the way.
fn difference(a: &Trained, b: &Trained) -> f64 {
    let largest = |pairs: &mut dyn Iterator<Item = (f64, f64)>| pairs.fold(0.0f64, |m, (a, b)| m.max((a - b).abs()));
    let errors = largest(&mut a.history.iter().map(|p| p.error).zip(b.history.iter().map(|p| p.error)));
    largest(&mut a.x.iter().copied().zip(b.x.iter().copied())).max(errors)
}
