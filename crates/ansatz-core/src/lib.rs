//! The words that every method of Ansatz speaks, and no mathematics.
//!
//! * [`Error`]: one sentence that names the parameter, its value and what is allowed;
//! * [`Seed`] and [`Stream`]: named, independent, resumable random streams.

mod error;
mod seed;

pub use error::{Error, Result};
pub use seed::{Seed, Stream, StreamState};
