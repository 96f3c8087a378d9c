//! Sequences of linear systems to try methods on.

mod heat;
mod laplacian;
mod shifted;

pub use heat::Heat;
pub use laplacian::{laplacian_2d, laplacian_radius};
pub use shifted::{ShiftedLaplacian, Shifts};
