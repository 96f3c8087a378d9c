//! Least squares with dense matrices that have more rows than columns.

mod dense;
mod sketched;

pub use dense::{DenseRows, minimise_by_qr, with_condition};
pub use sketched::{Sketched, sparse_embedding};
