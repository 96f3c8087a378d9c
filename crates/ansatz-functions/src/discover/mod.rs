//! Discovery of programs for a function: from the identity to a front of error against cost.
//!
//! [`Discovery`] holds the parameters, [`Search`] is a search that can be run, stopped and run on, [`Front`] its result.
//! [`Faithful`] and [`Evolution`] are the same for the published method, which is slower by orders of magnitude.

mod archive;
mod batch;
pub mod cma;
mod cost;
mod damped;
mod enumerate;
mod exchange;
mod explorer;
mod faithful;
mod fit;
mod folder;
mod front;
mod lanes;
pub mod mutate;
mod problem;
mod search;
mod snapshot;
mod tape;
mod throughput;
mod timed;

pub use archive::Lineage;
pub use batch::Counters;
pub use cost::Cost;
pub use enumerate::{Enumeration, EnumerationSnapshot, Exhaustive};
pub use explorer::{Explorer, Round};
pub use faithful::{Constants, Evolution, EvolutionSnapshot, Faithful, Fitness, Hurdle, Stage, Window};
pub use front::{Front, FrontEntry, Provenance};
pub use search::{Ablation, Discovery, Search};
pub use snapshot::{Generation, Snapshot};
pub use throughput::{Throughput, throughput};
