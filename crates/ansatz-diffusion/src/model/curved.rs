//! Models that know how their velocity changes along the flow.

use super::Model;
use crate::batch::Batch;
use crate::schedule::Level;
use ansatz_core::Result;

/// A model whose velocity `u = ε − x̂_0` has a known derivative along the straight path.
pub trait Curved: Model {
    /// Writes `u` at `x` and `level`, and `du/dτ = ∂u/∂τ + (∂u/∂y) u` in `y = x/(α + σ)`, `τ = σ/(α + σ)`. Both exist at both
    /// ends, without noise and without signal.
    ///
    /// # Errors
    /// As [`Model::predict`].
    fn velocity_and_slope(
        &self,
        x: &Batch,
        first: usize,
        level: &Level,
        velocity: &mut Batch,
        slope: &mut Batch,
    ) -> Result<()>;
}
