//! Direct solution, for references and for systems that are solved once.

use crate::Csr;
use crate::vector::check;
use ansatz_core::{Error, Result};
use faer::prelude::*;

/// Solves `a x = b` by sparse LU factorisation with partial pivoting (faer), sequentially.
///
/// # Errors
/// [`Error::Parameter`] if `a` is not square or `b` has another length; [`Error::NotFinite`] if `b` is not finite;
/// [`Error::Refused`] if `a` is singular.
pub fn solve(a: &Csr, b: &[f64]) -> Result<Vec<f64>> {
    let n = a.require_square()?;
    check("the right-hand side", b, n)?;
    let lu = a.to_faer()?.sp_lu().map_err(|e| Error::refused(format!("the matrix cannot be factorised: {e:?}")))?;
    let x = lu.solve(Mat::from_fn(n, 1, |i, _| b[i]));
    let x: Vec<f64> = (0..n).map(|i| x[(i, 0)]).collect();
    if x.iter().any(|v| !v.is_finite()) {
        return Err(Error::refused("the matrix is singular"));
    }
    Ok(x)
}
