//! Sequences of linear systems: given ones, and those of experiments.

mod given;
mod heat;
mod laplacian;
mod shifted;

pub use given::Given;
pub use heat::Heat;
pub use laplacian::{laplacian_2d, laplacian_radius};
pub use shifted::{ShiftedLaplacian, Shifts};
