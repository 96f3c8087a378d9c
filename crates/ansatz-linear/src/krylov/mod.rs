//! Krylov subspace methods.

mod cg;
mod lsqr;

pub use cg::ConjugateGradients;
pub use lsqr::{LeastSquares, Lsqr};
