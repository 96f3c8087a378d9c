//! Jacobi's preconditioner, `M = D`, the diagonal of the matrix.
//!
//! For matrices whose rows are scaled differently. One multiplication an entry.
//!
//! Source: Jacobi 1845; Saad 2003, "Iterative Methods for Sparse Linear Systems", §10.2.

use crate::{Csr, Preconditioner};
use ansatz_core::Result;

/// `M = D`.
#[derive(Clone, Debug)]
pub struct Diagonal {
    inverse: Vec<f64>,
}

impl Diagonal {
    /// The diagonal of `a`.
    ///
    /// # Errors
    /// `Error::Parameter` if `a` is not square or an entry of its diagonal is zero.
    pub fn new(a: &Csr) -> Result<Self> {
        Ok(Self { inverse: a.require_diagonal()?.iter().map(|d| 1.0 / d).collect() })
    }
}

impl Preconditioner for Diagonal {
    fn size(&self) -> Option<usize> {
        Some(self.inverse.len())
    }

    fn apply(&self, r: &[f64], z: &mut [f64]) {
        for ((z, r), d) in z.iter_mut().zip(r).zip(&self.inverse) {
            *z = r * d;
        }
    }
}
