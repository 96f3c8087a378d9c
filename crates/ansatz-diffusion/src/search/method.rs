//! The parameters of the search, what it evaluates, and what it comes to.

use super::evolve::Search;
use super::moves::Moves;
use super::objective::Objective;
use super::predictor::Predictor;
use crate::usf::SolverSchedule;
use ansatz_core::{Error, Result, Run, Stopped, Work};
use serde::{Deserialize, Serialize};

/// The origin of what is no preset.
pub(super) const FOUND: &str = "search";

/// Parameters of the search.
///
/// ```
/// use ansatz_core::{Run, Seed};
/// use ansatz_diffusion::search::{FlowError, S3};
/// use ansatz_diffusion::{Path, model, schedule::VpLinear, start_points};
/// let (model, schedule) = (model::gmm8()?, VpLinear::default());
/// let path = Path::whole(&schedule)?;
/// let objective = FlowError::new(&model, path, start_points(32, 8, &path.from), Some(model.mean()), 1e-8)?;
/// let method = S3 { evaluations: vec![5], budget: 400, ..S3::default() };
/// let found = method.search(&objective, &mut Run::new(Seed(1)), 0)?;
/// let population = &found.populations[0];
/// let preset = population.members.iter().filter(|c| c.origin != "search").map(|c| c.score).fold(f64::INFINITY, f64::min);
/// assert!(population.best().unwrap().score < 0.9 * preset);
/// # Ok::<(), ansatz_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3 {
    /// Evaluations of the model that samplers may take: each number has a population of its own.
    pub evaluations: Vec<usize>,
    /// Samplers to be evaluated for each of them.
    pub budget: usize,
    /// Presets to begin with, drawn at random if there are more.
    pub initial: usize,
    /// Samplers evaluated in a round.
    pub children: usize,
    /// The best so many have children.
    pub parents: usize,
    /// How children differ from their parents.
    pub moves: Moves,
    /// What ranks children before they are evaluated; none for plain evolution.
    pub predictor: Option<Predictor>,
}

impl Default for S3 {
    fn default() -> Self {
        Self {
            evaluations: vec![5],
            budget: 1500,
            initial: 300,
            children: 60,
            parents: 15,
            moves: Moves::default(),
            predictor: Some(Predictor::default()),
        }
    }
}

impl S3 {
    /// Checks the parameters.
    ///
    /// # Errors
    /// [`Error::Parameter`] for the first one that is out of range.
    pub fn validate(&self) -> Result<()> {
        let list = format!("{:?}", self.evaluations);
        let distinct = (1..self.evaluations.len()).all(|i| !self.evaluations[..i].contains(&self.evaluations[i]));
        if self.evaluations.is_empty() || !distinct || self.evaluations.iter().any(|n| !(1..=100).contains(n)) {
            return Err(Error::parameter("evaluations", list, "distinct numbers from 1 to 100"));
        }
        let counts = [
            ("budget", self.budget),
            ("initial", self.initial),
            ("children", self.children),
            ("parents", self.parents),
        ];
        if let Some((name, value)) = counts.into_iter().find(|(_, n)| !(1..=1_000_000).contains(n)) {
            return Err(Error::parameter(name, value, "from 1 to 1000000"));
        }
        self.moves.validate()?;
        self.predictor.as_ref().map_or(Ok(()), Predictor::validate)
    }

    /// Searches from the beginning until the budget is spent or the run says stop, on `threads` threads (0: all cores).
    ///
    /// # Errors
    /// As [`Search::begin`] and [`Search::run`].
    pub fn search(&self, objective: &dyn Objective, run: &mut Run, threads: usize) -> Result<Found> {
        let mut search = Search::begin(self, objective, run.seed())?;
        let stopped = search.run(run, threads, |_| Ok(()))?;
        Ok(Found { work: search.work().clone(), populations: search.populations, agreement: search.agreement, stopped })
    }
}

/// A sampler that was evaluated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The sampler.
    pub sampler: SolverSchedule,
    /// Its score; 1e6 if it diverged.
    pub score: f64,
    /// Whether it diverged.
    pub diverged: bool,
    /// The preset that it is, or "search".
    pub origin: String,
}

/// All samplers with one number of evaluations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Population {
    /// The number of evaluations.
    pub evaluations: usize,
    /// In the order in which they were evaluated.
    pub members: Vec<Candidate>,
}

impl Population {
    /// The best member; of equal ones the first.
    pub fn best(&self) -> Option<&Candidate> {
        self.members.iter().min_by(|a, b| a.score.total_cmp(&b.score))
    }

    /// The best preset.
    pub fn best_preset(&self) -> Option<&Candidate> {
        let presets = self.members.iter().filter(|candidate| candidate.origin != FOUND);
        presets.min_by(|a, b| a.score.total_cmp(&b.score))
    }

    /// The members, the best first.
    pub fn ranked(&self) -> Vec<&Candidate> {
        let mut ranked: Vec<&Candidate> = self.members.iter().collect();
        ranked.sort_by(|a, b| a.score.total_cmp(&b.score));
        ranked
    }

    /// After how many members the best score was at most `score`.
    pub fn reached(&self, score: f64) -> Option<usize> {
        self.members.iter().position(|candidate| candidate.score <= score).map(|at| at + 1)
    }

    pub(super) fn knows(&self, sampler: &SolverSchedule) -> bool {
        self.members.iter().any(|candidate| candidate.sampler == *sampler)
    }
}

/// What a search came to.
#[derive(Clone, Debug)]
pub struct Found {
    /// The populations, in the order of the parameters.
    pub populations: Vec<Population>,
    /// `evaluations`: samplers evaluated; `model calls`: their evaluations of the model; `sample evaluations`: those times the
    /// samples of a score; `trainings` of the predictor and samplers that it `ranked`.
    pub work: Work,
    /// Kendall's τ between prediction and score, of the children of each round that the predictor chose.
    pub agreement: Vec<f64>,
    /// Why it ended.
    pub stopped: Stopped,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_parameters_are_named() {
        let refuse = |method: S3| method.validate().unwrap_err().to_string();
        S3::default().validate().unwrap();
        assert!(refuse(S3 { evaluations: vec![5, 5], ..S3::default() }).contains("evaluations is [5, 5]"));
        assert!(refuse(S3 { evaluations: vec![], ..S3::default() }).contains("distinct numbers from 1 to 100"));
        assert!(refuse(S3 { budget: 0, ..S3::default() }).contains("budget is 0"));
    }
}
