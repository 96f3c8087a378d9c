//! What a discovered program is compared with: the classical approximations, and programs known from the literature.

mod exchange;
mod expansions;
mod forms;
mod level;
mod linear;
pub mod literature;
mod polynomial;
mod problem;
mod remez;
mod squaring;

pub use level::{Levelled, level, measure};
pub use problem::Structure;
pub use remez::{Approximant, MAX_DEGREE, remez_polynomial, remez_rational};
