//! The search for programs.

pub mod cma;
