//! A cheap guess at the order in which samplers would come out.
//!
//! A small network of the features of a schedule, trained by the pairwise hinge loss
//!
//! ```text
//! Σ max(0, 1 − sgn(s_a − s_b) (P_a − P_b))
//! ```
//!
//! over pairs whose scores differ by more than a few per cent. Only the order of its values means anything. Candidates that
//! diverged are left out.
//!
//! Source: Liu et al. 2023 (OMS-DPM), arXiv:2306.08860, for the loss; the features are this crate's (see
//! [`search`](crate::search)).

use super::method::Candidate;
use super::mlp::{Mlp, Pass};
use super::response;
use crate::prediction::Prediction;
use crate::schedule::Schedule;
use crate::usf::{Afs, Scale, SolverSchedule};
use ansatz_core::{Error, Result, Stream};
use serde::{Deserialize, Serialize};

/// Pairs of an epoch, at most: more of them rank no better.
const MOST_PAIRS: usize = 400;

/// What the network sees of a schedule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Features {
    /// Its response to Gaussian data.
    Response,
    /// Its decisions, step by step.
    Decisions,
    /// Both.
    #[default]
    Both,
}

/// Parameters of the predictor and of its use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predictor {
    /// What the network sees.
    pub features: Features,
    /// Neurons of each hidden layer.
    pub width: usize,
    /// Networks, each from its own start; their values are added.
    pub networks: usize,
    /// Passes over as many pairs as there are samplers, but at most 400.
    pub epochs: usize,
    /// Pairs of a step of Adam.
    pub batch: usize,
    /// The rate of Adam, falling to nothing as a cosine.
    pub rate: f64,
    /// Pairs count if their scores differ by more than this, relatively.
    pub gap: f64,
    /// Children a generation, when children are ranked by the predictor.
    pub offspring: usize,
    /// Generations between two trainings.
    pub generations: usize,
    /// The share of the true evaluations that goes to children of plain evolution instead.
    pub plain: f64,
}

impl Default for Predictor {
    fn default() -> Self {
        Self {
            features: Features::Both,
            width: 24,
            networks: 2,
            epochs: 60,
            batch: 32,
            rate: 4e-3,
            gap: 0.03,
            offspring: 100,
            generations: 6,
            plain: 0.2,
        }
    }
}

impl Predictor {
    /// Checks the parameters.
    ///
    /// # Errors
    /// [`Error::Parameter`] for the first one that is out of range.
    pub fn validate(&self) -> Result<()> {
        let counts = [
            ("width", self.width),
            ("networks", self.networks),
            ("epochs", self.epochs),
            ("batch", self.batch),
            ("offspring", self.offspring),
            ("generations", self.generations),
        ];
        if let Some((name, value)) = counts.into_iter().find(|(_, n)| !(1..=100_000).contains(n)) {
            return Err(Error::parameter(name, value, "from 1 to 100000"));
        }
        if !(self.rate > 0.0 && self.rate < 1.0) {
            return Err(Error::parameter("rate", self.rate, "above 0 and below 1"));
        }
        for (name, value) in [("gap", self.gap), ("plain", self.plain)] {
            if !(0.0..=1.0).contains(&value) {
                return Err(Error::parameter(name, value, "from 0 to 1"));
            }
        }
        Ok(())
    }

    /// Trains on what was evaluated; each network has the stream `stream(i)`.
    ///
    /// # Errors
    /// As [`SolverSchedule::check`]; [`Error::Parameter`] if no two candidates differ enough to be compared.
    pub fn train(
        &self,
        candidates: &[&Candidate],
        schedule: &dyn Schedule,
        stream: impl Fn(usize) -> Stream,
    ) -> Result<Trained> {
        self.validate()?;
        let kept: Vec<&&Candidate> = candidates.iter().filter(|candidate| !candidate.diverged).collect();
        let steps = kept.iter().map(|candidate| candidate.sampler.steps.len()).max().unwrap_or(0);
        let mut trained =
            Trained { features: self.features, steps, centre: Vec::new(), spread: Vec::new(), networks: Vec::new() };
        let raw = kept.iter().map(|c| trained.raw(&c.sampler, schedule)).collect::<Result<Vec<_>>>()?;
        let inputs = raw.first().map_or(0, Vec::len);
        let n = raw.len() as f64;
        for i in 0..inputs {
            let mean = raw.iter().map(|x| x[i]).sum::<f64>() / n;
            let variance = raw.iter().map(|x| (x[i] - mean).powi(2)).sum::<f64>() / n;
            trained.centre.push(mean);
            trained.spread.push(variance.sqrt().max(1e-3));
        }
        let rows: Vec<Vec<f64>> = raw.into_iter().map(|x| trained.scaled(x)).collect();
        let scores: Vec<f64> = kept.iter().map(|candidate| candidate.score).collect();
        let differ = |a: usize, b: usize| (scores[a] / scores[b]).ln().abs() > self.gap;
        if !(1..scores.len()).any(|b| differ(0, b)) {
            let allowed = "at least two with scores that differ";
            return Err(Error::parameter("the number of samplers to learn from", scores.len(), allowed));
        }
        let (mut a_pass, mut b_pass) = (Pass::default(), Pass::default());
        for network in 0..self.networks {
            let mut stream = stream(network);
            let mut net = Mlp::new(inputs, self.width, &mut stream);
            let batches = (self.epochs * rows.len().min(MOST_PAIRS)).div_ceil(self.batch);
            let mut gradient = vec![0.0; net.parameters()];
            for step in 0..batches {
                gradient.fill(0.0);
                for _ in 0..self.batch {
                    let (a, b) = (stream.below(rows.len()), stream.below(rows.len()));
                    if !differ(a, b) {
                        continue;
                    }
                    let sign = (scores[a] - scores[b]).signum();
                    let margin = sign * (net.value(&rows[a], &mut a_pass) - net.value(&rows[b], &mut b_pass));
                    if margin < 1.0 {
                        net.back(&rows[a], &mut a_pass, -sign, &mut gradient);
                        net.back(&rows[b], &mut b_pass, sign, &mut gradient);
                    }
                }
                for g in &mut gradient {
                    *g /= self.batch as f64;
                }
                let done = step as f64 / batches as f64;
                net.step(&gradient, 0.5 * self.rate * (1.0 + (std::f64::consts::PI * done).cos()), 1e-2);
            }
            trained.networks.push(net);
        }
        Ok(trained)
    }
}

/// A trained predictor.
#[derive(Clone, Debug)]
pub struct Trained {
    features: Features,
    steps: usize,
    centre: Vec<f64>,
    spread: Vec<f64>,
    networks: Vec<Mlp>,
}

impl Trained {
    /// A number that is lower for better samplers; its size means nothing.
    ///
    /// # Errors
    /// As [`SolverSchedule::check`].
    pub fn value(&self, sampler: &SolverSchedule, schedule: &dyn Schedule) -> Result<f64> {
        let x = self.scaled(self.raw(sampler, schedule)?);
        let mut pass = Pass::default();
        Ok(self.networks.iter().map(|net| net.value(&x, &mut pass)).sum())
    }

    fn scaled(&self, mut x: Vec<f64>) -> Vec<f64> {
        for ((x, centre), spread) in x.iter_mut().zip(&self.centre).zip(&self.spread) {
            *x = ((*x - centre) / spread).clamp(-5.0, 5.0);
        }
        x
    }

    fn raw(&self, sampler: &SolverSchedule, schedule: &dyn Schedule) -> Result<Vec<f64>> {
        let mut x = Vec::new();
        if self.features != Features::Decisions {
            x.extend(response::features(sampler, schedule)?);
        }
        if self.features != Features::Response {
            decisions(sampler, schedule, self.steps, &mut x)?;
        }
        Ok(x)
    }
}

/// The decisions of the first `steps` steps as numbers, zeros where there are fewer.
fn decisions(sampler: &SolverSchedule, schedule: &dyn Schedule, steps: usize, x: &mut Vec<f64>) -> Result<()> {
    x.push(f64::from(u8::from(sampler.afs == Some(Afs::Zero))));
    x.push(f64::from(u8::from(matches!(sampler.afs, Some(Afs::Average(_))))));
    for at in 0..steps {
        let Some(step) = sampler.steps.get(at) else {
            x.extend([0.0; 9]);
            continue;
        };
        let first = step.derivatives.first();
        let kind = |scale: Scale| f64::from(u8::from(first.is_some_and(|first| first.scale == scale)));
        x.extend([
            schedule.level(sampler.nodes[at + 1])?.lambda,
            f64::from(u8::from(step.prediction == Prediction::Noise)),
            step.order as f64,
            step.start as f64,
            first.map_or(0.0, |first| first.active.len() as f64),
            step.relaxation,
            kind(Scale::Bh1),
            kind(Scale::Bh2),
            f64::from(u8::from(step.corrector.is_some())),
        ]);
    }
    Ok(())
}

/// Kendall's τ of two lists: the share of pairs in the same order less that in the opposite one. Ties of either count for
/// neither; not-a-number with fewer than two entries, or lists of different lengths.
pub fn kendall_tau(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len();
    if n != b.len() {
        return f64::NAN;
    }
    let sign = |x: f64, y: f64| if x == y { 0.0 } else { (x - y).signum() };
    let pairs = (0..n).flat_map(|j| (0..j).map(move |i| (i, j)));
    pairs.map(|(i, j)| sign(a[i], a[j]) * sign(b[i], b[j])).sum::<f64>() / (0.5 * n as f64 * (n as f64 - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tau_of_known_lists() {
        assert_eq!(kendall_tau(&[1.0, 2.0, 3.0], &[10.0, 20.0, 30.0]), 1.0);
        assert_eq!(kendall_tau(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]), -1.0);
        assert!((kendall_tau(&[1.0, 2.0, 3.0, 4.0], &[2.0, 1.0, 3.0, 4.0]) - 4.0 / 6.0).abs() < 1e-15);
        assert!(kendall_tau(&[1.0], &[1.0]).is_nan() && kendall_tau(&[1.0, 2.0], &[1.0]).is_nan());
    }

    #[test]
    fn bad_parameters_are_named() {
        let refuse = |predictor: Predictor| predictor.validate().unwrap_err().to_string();
        Predictor::default().validate().unwrap();
        assert!(refuse(Predictor { width: 0, ..Predictor::default() }).contains("width is 0"));
        assert!(refuse(Predictor { rate: f64::NAN, ..Predictor::default() }).contains("rate is NaN"));
        assert!(refuse(Predictor { plain: 2.0, ..Predictor::default() }).contains("plain is 2"));
    }
}
