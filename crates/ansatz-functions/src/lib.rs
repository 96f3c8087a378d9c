//! Discover, certify and emit approximations of functions.

pub mod anchors;
pub mod discover;
pub mod emit;
pub mod number;
pub mod program;
pub mod target;
