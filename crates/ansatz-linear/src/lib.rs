//! Linear systems in sequence: solvers, preconditioners, and parameters that are tuned online.
//!
//! * [`Csr`]: sparse matrices by rows; [`LinearOperator`] and [`Preconditioner`]: what methods need of them;
//! * [`krylov`] and [`stationary`]: solvers that keep their residuals and count their work; [`precondition`]; [`direct`];
//! * [`least_squares`]: dense least squares with a sketch as preconditioner; [`completion`]: matrices of low rank from
//!   some of their entries;
//! * [`bandit`]: learners that choose a parameter from what its values have cost;
//! * [`search`]: the best value of a parameter by trying, to compare with;
//! * [`sequence`]: a sequence of systems, solved with a parameter that is chosen anew for each;
//! * [`problems`]: sequences, given or of experiments; [`format`](mod@format): matrices and vectors in files;
//! * [`theory`] and [`bounds`]: what is known about the best parameters.

pub mod bandit;
pub mod bounds;
pub mod completion;
mod csr;
pub mod direct;
pub mod format;
pub mod krylov;
pub mod least_squares;
mod operator;
pub mod precondition;
pub mod problems;
pub mod search;
pub mod sequence;
mod solution;
mod solver;
pub mod stationary;
mod sweep;
pub mod theory;
mod vector;

pub use csr::Csr;
pub use operator::{Adjoint, Identity, LinearOperator, Preconditioner};
pub use solution::Solution;
pub use solver::{Scheme, Solver};
