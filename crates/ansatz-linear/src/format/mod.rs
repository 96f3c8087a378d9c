//! Matrices, vectors and named entries in files.

mod matrix_market;
mod npy;
mod npz;
mod ratings;

pub use matrix_market::{matrix_market_text, read_columns, read_matrix};
pub use npy::{npy_bytes, npy_matrix};
pub use npz::{npy_texts, npz_bytes};
pub use ratings::{Ratings, read_ratings};
