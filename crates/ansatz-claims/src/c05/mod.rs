//! 05 · Learning to relax (Khodak, Chow, Balcan & Talwalkar 2024, arXiv:2310.02246).
//!
//! Two experiments of the paper, with its data, and its baselines in the same run: successive over-relaxation on
//! Laplacians with random shifts, and conjugate gradients with symmetric over-relaxation in a simulation of the heat
//! equation. The learners draw at random, so the median of the seeds decides. All is counted in iterations; seconds are compared only as the ratio of interleaved runs.

mod heat;
mod shifted;

use crate::claim::{Claim, Status};
use crate::lab::Lab;
use ansatz_core::{Bar, Frontier, Result, Scale, Stream};
use ansatz_linear::bandit::{
    ChebCb, EpsilonGreedy, Learner, TsallisInf, TsallisInfBins, Ucb, grid, tsallis_probabilities,
};
use ansatz_linear::problems::laplacian_radius;
use ansatz_linear::sequence::{Policy, Relaxed, fixed};
use ansatz_linear::theory::optimal_omega;

/// Where the paper's experiments are run in full.
const FULL: &[Scale] = &[Scale::Laptop, Scale::Paper];
const PAPER: &[Scale] = &[Scale::Paper];

pub(crate) const CLAIM: Claim = Claim {
    number: 5,
    slug: "learning-to-relax",
    title: "Learning to Relax",
    citation: "Khodak, Chow, Balcan, Talwalkar: Learning to Relax: Setting Solver Parameters Across a Sequence of Linear System Instances, ICLR 2024",
    arxiv: Some("2310.02246"),
    statement: "From nothing but iteration counts, Tsallis-INF comes near the best fixed relaxation parameter of a \
                sequence of linear systems, and ChebCB, which sees a scalar context, near the best one for each system: \
                below every fixed parameter for SOR, and for SSOR-CG in a heat equation of any resolution.",
    status: Status::Built,
    bars: &[
        Bar::at_most("heat 100: ChebCB / best fixed ω", 0.88).in_the_median().only_at(FULL),
        Bar::at_most("heat 50: ChebCB / best fixed ω", 0.88).in_the_median().only_at(FULL),
        Bar::at_most("heat 25: ChebCB / best fixed ω", 0.88).in_the_median().only_at(FULL),
        Bar::at_most("heat 200: ChebCB / best fixed ω", 0.88).in_the_median().only_at(PAPER),
        Bar::at_most("heat 400: ChebCB / best fixed ω", 0.88).in_the_median().only_at(PAPER),
        Bar::at_most("heat 50: ChebCB / instance-optimal ω", 1.06).in_the_median().only_at(FULL),
        Bar::at_most("heat 25: ChebCB / instance-optimal ω", 1.06).in_the_median().only_at(FULL),
        Bar::at_most("heat 100: Tsallis-INF / best fixed ω", 1.12).in_the_median().only_at(FULL),
        Bar::at_most("heat 50: Tsallis-INF / best fixed ω", 1.12).in_the_median().only_at(FULL),
        Bar::at_most("heat 25: Tsallis-INF / best fixed ω", 1.12).in_the_median().only_at(FULL),
        Bar::at_most("heat 100: ChebCB / plain CG", 0.20).in_the_median().only_at(FULL),
        Bar::at_most(heat::DEVIATION, 0.005).only_at(FULL),
        Bar::at_most(heat::ERROR, 1e-6),
        Bar::at_most(heat::TIME_GAUSS_SEIDEL, 1.0).only_at(FULL),
        Bar::at_most(heat::TIME_PLAIN, 1.0).only_at(FULL),
        Bar::at_most(heat::OVERHEAD, 0.03).only_at(FULL),
        Bar::at_most("SOR, high variance: ChebCB / best fixed ω", 0.70).in_the_median().only_at(FULL),
        Bar::at_most("SOR, low variance: ChebCB / best fixed ω", 0.82).in_the_median().only_at(FULL),
        Bar::at_most("SOR, high variance: ChebCB / exact ω*", 1.25).in_the_median().only_at(FULL),
        Bar::at_most("SOR, low variance: ChebCB / exact ω*", 1.15).in_the_median().only_at(FULL),
        Bar::at_most("SOR, high variance: Tsallis-INF / best fixed ω, last half", 1.15).in_the_median().only_at(FULL),
        Bar::at_most("SOR, low variance: Tsallis-INF / best fixed ω, last half", 1.15).in_the_median().only_at(FULL),
        Bar::at_most("SOR: ChebCB / Gauss–Seidel", 0.5).in_the_median(),
        Bar::at_most("Tsallis-INF: |Σp − 1|", 1e-12),
        Bar::at_least("Tsallis-INF: least probability", f64::MIN_POSITIVE),
    ],
    run: Some(run),
};

fn run(lab: &mut Lab) -> Result<()> {
    simplex(lab)?;
    shifted::run(lab)?;
    heat::run(lab)
}

/// The probabilities of Tsallis-INF at random estimates, large and small.
fn simplex(lab: &mut Lab) -> Result<()> {
    let mut stream = lab.seeds()[0].stream("simplex", 0);
    let (mut deviation, mut least) = (0.0, f64::INFINITY);
    for t in [1, 10, 1_000_000] {
        for _ in 0..1000 {
            let k: Vec<f64> = (0..20).map(|_| 1e6 * stream.uniform()).collect();
            let p = tsallis_probabilities(&k, t);
            deviation = worse(deviation, (p.iter().sum::<f64>() - 1.0).abs());
            least = p.iter().copied().fold(least, f64::min);
        }
    }
    lab.measure("Tsallis-INF: |Σp − 1|", deviation)?;
    lab.measure("Tsallis-INF: least probability", least)
}

/// The larger of two errors; not-a-number is larger than every other.
fn worse(a: f64, b: f64) -> f64 {
    if b > a || b.is_nan() { b } else { a }
}

/// The paper's grid of relaxation parameters.
fn omegas() -> Result<Vec<f64>> {
    grid(1.0, 1.95, 20)
}

/// How the parameter of each system is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Chooser {
    Fixed(f64),
    Optimal,
    TsallisInf,
    TsallisInfBins,
    ChebCb,
    EpsilonGreedy,
    Ucb,
}

impl Chooser {
    /// Those that learn.
    const LEARNERS: [Self; 5] = [Self::TsallisInf, Self::TsallisInfBins, Self::ChebCb, Self::EpsilonGreedy, Self::Ucb];

    fn name(self) -> String {
        match self {
            Self::Fixed(omega) => format!("ω = {omega:.2}"),
            Self::Optimal => "exact ω*".to_owned(),
            Self::TsallisInf => "Tsallis-INF".to_owned(),
            Self::TsallisInfBins => "Tsallis-INF in bins".to_owned(),
            Self::ChebCb => "ChebCB".to_owned(),
            Self::EpsilonGreedy => "ε-greedy, ε = 0.1".to_owned(),
            Self::Ucb => "UCB1".to_owned(),
        }
    }

    /// The learner for contexts in `interval`, cut into `bins` where it needs bins.
    fn learner(self, interval: (f64, f64), bins: usize) -> Result<Box<dyn Learner>> {
        let omegas = omegas()?;
        Ok(match self {
            Self::Fixed(omega) => Box::new(fixed(omega)),
            Self::Optimal => Box::new(Policy::new(|c| optimal_omega(laplacian_radius(shifted::POINTS, c)))),
            Self::TsallisInf => Box::new(TsallisInf::new(omegas)?),
            Self::TsallisInfBins => Box::new(TsallisInfBins::new(&omegas, interval, bins)?),
            Self::ChebCb => Box::new(ChebCb::new(omegas, interval)?),
            Self::EpsilonGreedy => Box::new(EpsilonGreedy::new(omegas, 0.1)?),
            Self::Ucb => Box::new(Ucb::new(omegas)?),
        })
    }

    /// The stream of a learner's draws.
    fn stream(self, lab: &Lab, index: usize) -> Stream {
        lab.seeds()[index].stream(&format!("choices of {}", self.name()), 0)
    }

    fn is_ours(self) -> bool {
        matches!(self, Self::TsallisInf | Self::TsallisInfBins | Self::ChebCb)
    }
}

/// The least total among the fixed parameters, and which it is.
fn best_fixed<'a>(runs: impl Iterator<Item = (Chooser, &'a Relaxed)>) -> Option<(f64, &'a Relaxed)> {
    let fixed = runs.filter_map(|(chooser, run)| match chooser {
        Chooser::Fixed(omega) => Some((omega, run)),
        _ => None,
    });
    fixed.min_by_key(|(_, run)| run.total())
}

/// The paper's picture: how many systems are left after so many iterations, at a few times of the sequence.
fn picture<'a>(title: String, runs: impl Iterator<Item = (String, bool, &'a [u64])>) -> Result<Frontier> {
    const TIMES: usize = 24;
    let mut front = Frontier::new(title, "iterations", "systems left to solve");
    front.caption.push_str("Each curve ends where all systems are solved; learners from the first seed.");
    for (name, ours, costs) in runs {
        let mut spent = vec![0u64];
        spent.extend(costs.iter().scan(0, |sum, &cost| {
            *sum += cost;
            Some(*sum)
        }));
        let points: Vec<(f64, f64)> = (1..=TIMES)
            .map(|i| i * costs.len() / TIMES)
            .map(|solved| (spent[solved] as f64, (costs.len() - solved) as f64))
            .collect();
        if ours { front.ours(&name, points)? } else { front.rival(&name, points)? }
    }
    Ok(front)
}
