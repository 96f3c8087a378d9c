//! Linear systems in sequence: solvers, preconditioners, and parameters that are tuned online.
//!
//! * [`Csr`]: sparse matrices by rows; [`LinearOperator`] and [`Preconditioner`]: what methods need of them;
//! * [`krylov`] and [`stationary`]: solvers that keep their residuals and count their work; [`precondition`]; [`direct`];
//! * [`bandit`]: learners that choose a parameter from what its values have cost;
//! * [`sequence`]: a sequence of systems, solved with a parameter that is chosen anew for each;
//! * [`problems`]: sequences to try methods on; [`theory`]: what is known about their best parameters.

pub mod bandit;
mod csr;
pub mod direct;
pub mod krylov;
mod operator;
pub mod precondition;
pub mod problems;
pub mod sequence;
mod solution;
pub mod stationary;
pub mod theory;
mod vector;

pub use csr::Csr;
pub use operator::{Identity, LinearOperator, Preconditioner};
pub use solution::Solution;
