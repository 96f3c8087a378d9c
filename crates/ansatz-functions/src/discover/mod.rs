//! Discovery of programs for a function: from the identity to a front of error against cost.
//!
//! [`Discovery`] holds the parameters, [`Search`] is a search that can be run, stopped and run on, [`Front`] its result.

mod archive;
mod batch;
pub mod cma;
mod cost;
mod exchange;
mod fit;
mod folder;
mod front;
mod lanes;
pub mod mutate;
mod problem;
mod search;
mod snapshot;
mod tape;
mod timed;

pub use archive::Lineage;
pub use batch::Counters;
pub use cost::Cost;
pub use front::{Front, FrontEntry, Provenance};
pub use search::{Ablation, Discovery, Search};
pub use snapshot::{Generation, Snapshot};
