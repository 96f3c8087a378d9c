//! Krylov subspace methods.

mod cg;

pub use cg::ConjugateGradients;
