//! The state of a training, whole: what a checkpoint holds.

use super::training::Point;
use ansatz_core::{Checkpoint, Error, Result};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

const KIND: &str = "distributed-training";
const VERSION: u32 = 1;

/// What every member keeps, the same for all, and what its workers keep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    /// Rounds made.
    pub(super) round: u64,
    pub(super) x: Vec<f64>,
    pub(super) h: Vec<f64>,
    /// Gradients computed, and bytes sent by workers, in all.
    pub(super) gradients: u64,
    pub(super) bytes: u64,
    pub(super) history: Vec<Point>,
    /// Which of all workers have sent a message yet.
    pub(super) started: Vec<bool>,
    /// The vectors of the workers: in a file of all, elsewhere of those that the member holds.
    pub(super) memories: Vec<Vec<Vec<f64>>>,
}

/// A state, and of what.
#[derive(Serialize, Deserialize)]
pub(super) struct Saved {
    /// Problem, method, compressor, seed: a state goes on only where all are the same.
    pub(super) setting: String,
    pub(super) state: State,
}

/// Where states are saved, and how often.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    pub(super) every: u64,
}

impl Place {
    pub(super) fn checkpoint(&self) -> Result<Checkpoint> {
        Checkpoint::new(&self.path, KIND, VERSION)
    }

    /// The saved state, if there is one; and why it is not the newest, if so.
    ///
    /// # Errors
    /// [`Error::Format`] if it is one of another setting.
    pub(super) fn load(&self, setting: &str) -> Result<(Option<State>, Option<String>)> {
        match self.checkpoint()?.load::<Saved>()? {
            Some(restored) if restored.state.setting == setting => Ok((Some(restored.state.state), restored.warning)),
            Some(restored) => {
                let reason =
                    format!("it was saved by another run ({}), not by this ({setting})", restored.state.setting);
                Err(Error::format(&self.path, reason))
            }
            None => Ok((None, None)),
        }
    }
}
