//! What an iterative method needs of a matrix, and of a preconditioner.

/// A linear map `y = A x`.
pub trait LinearOperator {
    /// The length of `y`.
    fn rows(&self) -> usize;
    /// The length of `x`.
    fn cols(&self) -> usize;
    /// Writes `A x` to `y`. The lengths are those above: whoever calls sees to it.
    fn apply(&self, x: &[f64], y: &mut [f64]);
}

/// A linear map whose adjoint can be applied, too.
pub trait Adjoint: LinearOperator {
    /// Writes `Aᵀ y` to `x`. The lengths are those of the map: whoever calls sees to it.
    fn apply_adjoint(&self, y: &[f64], x: &mut [f64]);
}

/// An approximation `M` of a matrix whose inverse is cheap to apply.
pub trait Preconditioner {
    /// The length of the vectors; `None` for one that fits every length.
    fn size(&self) -> Option<usize>;
    /// Writes `M⁻¹ r` to `z`. The lengths are those above: whoever calls sees to it.
    fn apply(&self, r: &[f64], z: &mut [f64]);
}

/// No preconditioning, `M = I`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Identity;

impl Preconditioner for Identity {
    fn size(&self) -> Option<usize> {
        None
    }

    fn apply(&self, r: &[f64], z: &mut [f64]) {
        z.copy_from_slice(r);
    }
}
