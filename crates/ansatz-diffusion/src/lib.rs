//! Samplers of diffusion and flow models, measured on models that are known exactly.
//!
//! A sampling is put together from parts that do not know of one another:
//!
//! * [`schedule`]: how much noise there is at time `t`;
//! * [`Prediction`]: what the model predicts, with exact conversions between the five kinds;
//! * [`Grid`]: where the nodes are;
//! * [`solver`]: how to get from node to node, fixed or adaptive;
//! * [`usf`]: one framework for the exponential integrators, each decision free at each step;
//! * [`search`]: the search for the best of them for one model;
//! * [`ems`]: statistics of a model that tell a solver how to parameterise it;
//! * [`model`]: what is asked, from closed-form mixtures to a closure, with or without [guidance](model::Guided);
//! * [`edit`]: editing of data by attention models, with features shared between inversion and edit.
//!
//! [`Sampling`] runs them; a [`Stepper`] is the same half-way, for callers who keep the loop. Because the [mixtures](model::Mixture)
//! are exact at every level, a sampler's error is measured against the exact flow ([`reference()`]), not against more of its own
//! steps.
//!
//! ```
//! use ansatz_core::{Run, Seed};
//! use ansatz_diffusion::{Grid, Path, Sampling, model, reference, rmse, schedule, solver, start_noise};
//! let (model, schedule) = (model::gmm8()?, schedule::VpLinear::default());
//! let path = Path::whole(&schedule)?;
//! let solver = solver::DpmSolver::fast(3)?;
//! let method = solver::Steps { solver: &solver, grid: Grid::LogSnr, evaluations: 30, denoise: false };
//! let samples = Sampling::new(path, &method).sample(&model, 16, &mut Run::new(Seed(1)))?;
//! let exact = reference(&model, &path, &start_noise(Seed(1), 0, 16, 8, &path.from), 1e-10)?;
//! assert!(rmse(&samples.x, &exact.x) < 0.05);
//! # Ok::<(), ansatz_core::Error>(())
//! ```

mod batch;
pub mod edit;
pub mod ems;
mod grid;
pub mod model;
mod multistep;
mod noise;
mod phi;
pub mod plan;
mod prediction;
mod problem;
mod reference;
mod sampling;
pub mod schedule;
pub mod search;
pub mod solver;
mod stepper;
pub mod usf;

pub use batch::{Batch, median_error, rmse};
pub use grid::{Grid, Path};
pub use multistep::Multistep;
pub use noise::{start_noise, start_points, step_noise};
pub use prediction::Prediction;
pub use problem::{Problem, Score};
pub use reference::{Reference, reference};
pub use sampling::{Samples, Sampling};
pub use stepper::{Query, Stepper, Walk};
