//! Preconditioners: approximations of a matrix whose inverse is cheap to apply.

mod chebyshev;
mod diagonal;
mod ic0;
mod ssor;

pub use chebyshev::Chebyshev;
pub use diagonal::Diagonal;
pub use ic0::IncompleteCholesky;
pub use ssor::Ssor;
pub(crate) use ssor::check_omega;
