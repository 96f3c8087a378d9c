//! Editing of data with a flow model: their structure is kept by features that are shared between inversion and edit.
//!
//! * [`AttnModel`]: a flow model with conditions that lets the values of its self-attention be looked at and replaced;
//! * [`RfEdit`]: inverts a sample under its own condition, records values, and samples again under another condition with the
//!   recorded values;
//! * [`Features`]: what was recorded, which can be saved;
//! * [`Templates`]: an attention model made by hand, whose edits are known in advance.

mod features;
mod rf_edit;
mod templates;

pub use features::{Features, Key};
pub use rf_edit::{Edit, RfEdit};
pub use templates::Templates;

use crate::batch::Batch;
use crate::schedule::Level;
use ansatz_core::Result;

/// Takes part in a model's evaluation: sees the values of each block of self-attention, and may replace them.
pub trait Hook {
    /// Called once a block and evaluation, with the values `V` of all tokens of all samples before they are mixed.
    ///
    /// # Errors
    /// Whatever makes the evaluation pointless: it is broken off with this error.
    fn on_values(&mut self, block: usize, values: &mut [f64]) -> Result<()>;
}

/// The hook that does nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHook;

impl Hook for NoHook {
    fn on_values(&mut self, _block: usize, _values: &mut [f64]) -> Result<()> {
        Ok(())
    }
}

/// A flow model made of blocks of self-attention, with conditions such as classes or texts.
pub trait AttnModel: Sync {
    /// Coordinates of a sample.
    fn dim(&self) -> usize;

    /// Number of blocks, counted from 0.
    fn blocks(&self) -> usize;

    /// Number of conditions, counted from 0.
    fn conditions(&self) -> usize;

    /// Writes the velocity `ε − x̂_0` at `x` and `level` under a condition (none is the model without one) to `out`, and calls the
    /// hook once for each block, in order.
    ///
    /// # Errors
    /// [`ansatz_core::Error::Parameter`] for shapes that do not fit or a condition that does not exist; those of the hook.
    fn velocity(
        &self,
        x: &Batch,
        condition: Option<usize>,
        level: &Level,
        hook: &mut dyn Hook,
        out: &mut Batch,
    ) -> Result<()>;
}
