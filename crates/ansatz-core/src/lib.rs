//! The words that every method of Ansatz speaks, and no mathematics.
//!
//! * [`Error`]: one sentence that names the parameter, its value and what is allowed;
//! * [`Seed`] and [`Stream`]: named, independent, resumable random streams;
//! * [`Run`]: limits, interruption, progress and trace of one run; [`Stopped`] says why it ended, [`Work`] what it cost;
//! * [`Checkpoint`]: saved states that survive a crash;
//! * [`Frontier`]: error against work of several methods; [`Evidence`]: the record of a checked claim;
//! * [`render`]: both as terminal table, CSV, SVG and one offline HTML page.

mod checkpoint;
mod disk;
mod error;
mod evidence;
mod frontier;
mod number;
pub mod render;
mod run;
mod seed;
mod stopped;
mod work;

pub use checkpoint::{Checkpoint, Restored};
pub use disk::write_atomic;
pub use error::{Error, Result};
pub use evidence::{
    Artefact, Bar, BarRecord, BarStatus, Comparison, Deciding, Environment, Evidence, SCHEMA, Scale, Subject, Verdict,
    utc_now,
};
pub use frontier::{Frontier, Point, Series};
pub use number::{Number, shown};
pub use run::{Event, Run, StopSignal, TraceEntry};
pub use seed::{Seed, Stream, StreamState};
pub use stopped::Stopped;
pub use work::Work;
