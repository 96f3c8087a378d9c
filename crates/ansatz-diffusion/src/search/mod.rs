//! S³: searching the solver schedule of one model for one number of evaluations.
//!
//! For whoever samples one model very often: an hour once, and every later sampling is better at the same cost. The decisions
//! of a [`SolverSchedule`](crate::usf::SolverSchedule) are changed at random, and what gives the lowest score is kept:
//!
//! ```text
//! evaluate the presets
//! until the budget is spent:
//!     train the predictor P on all that was evaluated                 (unless there is none)
//!     for some generations: children of the best by P, ranked by P    (cheap: the model is not asked)
//!     evaluate the best children by P, and add them
//! child ← crossover of two of the best, or one of them; then mutations: nodes, orders, predictions, estimates of
//!         derivatives, relaxations, correctors, analytic first step, steps inserted and deleted
//! ```
//!
//! Without predictor the children themselves are evaluated: plain evolution. Each number of evaluations has a population of
//! its own; a child with another number goes to that population if there is one with budget left, and otherwise gets steps
//! inserted or deleted.
//!
//! The score is the [`Objective`]'s: the same start noises for all candidates, or their ranking is noise. A search finds what is
//! good on those; what it is worth is measured on others. Every child has a random stream of its own, addressed by population
//! and place, so that results depend neither on the clock nor on the number of threads.
//!
//! What differs from the published search:
//!
//! * [`Predictor`]: a small network on the *response* of a schedule to Gaussian data of several variances, where sampler and
//!   exact flow are both known numbers, rather than a recurrent network on embeddings of the decisions. It ranks better with
//!   a few hundred examples;
//! * the size of a mutation is drawn anew for every child, over one and a half decades, so that the search can both roam and
//!   settle;
//! * the starting point of a step and the scale of the first derivative are searched too; predictions by empirical model
//!   statistics are not;
//! * numbers of evaluations take turns instead of being drawn.
//!
//! Sources: Liu, Ning, Yang and Wang 2024, arXiv:2312.07243; the loss of the predictor: Liu et al. 2023, arXiv:2306.08860.

mod evolve;
mod method;
mod mlp;
mod moves;
mod objective;
mod predictor;
mod response;
mod saved;

pub use evolve::Search;
pub use method::{Candidate, Found, Population, S3};
pub use moves::Moves;
pub use objective::{FlowError, Objective};
pub use predictor::{Features, Predictor, Trained, kendall_tau};
pub use saved::SearchSnapshot;
