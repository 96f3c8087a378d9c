//! Linear systems in sequence: solvers, preconditioners, and parameters that are tuned online.
//!
//! * [`Csr`]: sparse matrices by rows; [`LinearOperator`] and [`Preconditioner`]: what methods need of them;
//! * [`krylov`] and [`stationary`]: solvers that keep their residuals and count their work; [`precondition`]; [`direct`];
//! * [`bandit`]: learners that choose a parameter from what its values have cost;
//! * [`sequence`]: a sequence of systems, solved with a parameter that is chosen anew for each;
//! * [`problems`]: sequences, given or of experiments; [`format`](mod@format): matrices and vectors in files;
//! * [`theory`] and [`bounds`]: what is known about the best parameters.

pub mod bandit;
pub mod bounds;
mod csr;
pub mod direct;
pub mod format;
pub mod krylov;
mod operator;
pub mod precondition;
pub mod problems;
pub mod sequence;
mod solution;
mod solver;
pub mod stationary;
mod sweep;
pub mod theory;
mod vector;

pub use csr::Csr;
pub use operator::{Identity, LinearOperator, Preconditioner};
pub use solution::Solution;
pub use solver::{Scheme, Solver};
