//! Executable claims: each re-runs the experiment that its paper stands on, and says in numbers whether it holds here.
//!
//! * [`CLAIMS`] lists every [`Claim`], built or planned; [`find`] looks one up;
//! * [`run_claim`] runs one at a [`Scale`](ansatz_core::Scale) and writes its evidence; its experiment works in a [`Lab`];
//! * [`write_summary`] keeps evidence with the source, [`readme_table`] makes the overview from it.
//!
//! One file a system; this is the only crate that knows every domain.

mod c01;
mod c03;
mod c05;
mod c09;
mod c12;
mod c19;
mod c27;
mod c29;
mod c33;
mod c34;
mod c35;
mod c40;
mod claim;
mod lab;
mod record;
mod registry;
mod runner;

pub use claim::{Claim, Experiment, Status, find};
pub use lab::{Lab, Observer};
pub use record::{readme_table, write_summary};
pub use registry::CLAIMS;
pub use runner::{Options, Outcome, run_claim};
