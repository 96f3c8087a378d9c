//! What a discovered program is compared with: the classical approximations, and programs known from the literature.

mod exchange;
mod forms;
mod linear;
pub mod literature;
mod polynomial;
mod problem;
mod remez;

pub use problem::Structure;
pub use remez::{Approximant, MAX_DEGREE, remez_polynomial, remez_rational};
