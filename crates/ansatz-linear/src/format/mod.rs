//! Matrices and vectors in files.

mod matrix_market;
mod npy;

pub use matrix_market::{matrix_market_text, read_columns, read_matrix};
pub use npy::npy_bytes;
