//! Discover, certify and emit approximations of functions.

pub mod anchors;
pub mod ball;
pub mod bench;
pub mod certify;
pub mod discover;
pub mod emit;
pub mod expr;
pub mod number;
pub mod program;
pub mod series;
pub mod special;
pub mod target;
