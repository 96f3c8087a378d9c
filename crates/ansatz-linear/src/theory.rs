//! What is known beforehand about relaxation parameters.

use ansatz_core::{Error, Result};

/// The relaxation parameter for which successive over-relaxation converges fastest, for a consistently ordered matrix
/// whose Jacobi iteration has only real eigenvalues, the largest of modulus `beta`:
/// `ω* = 1 + (β / (1 + √(1 − β²)))²`, with the spectral radius `ω* − 1`.
///
/// Source: Young 1954, Trans. AMS 76.
///
/// # Errors
/// [`Error::Parameter`] if `beta` is not in [0, 1).
pub fn optimal_omega(beta: f64) -> Result<f64> {
    if !(0.0..1.0).contains(&beta) {
        let allowed = "at least 0 and less than 1: otherwise the iteration diverges";
        return Err(Error::parameter("the spectral radius of Jacobi's iteration", beta, allowed));
    }
    Ok(1.0 + (beta / (1.0 + (1.0 - beta * beta).sqrt())).powi(2))
}

/// The spectral radius of successive over-relaxation with `omega` under the same conditions: `ω − 1` from `ω*` on, and
/// `¼ (ωβ + √(ω²β² − 4(ω − 1)))²` below.
///
/// # Errors
/// [`Error::Parameter`] if `beta` is not in [0, 1) or `omega` not in (0, 2).
pub fn sor_radius(beta: f64, omega: f64) -> Result<f64> {
    crate::precondition::check_omega(omega)?;
    if omega >= optimal_omega(beta)? {
        return Ok(omega - 1.0);
    }
    let product = omega * beta;
    Ok(0.25 * (product + (product * product - 4.0 * (omega - 1.0)).max(0.0).sqrt()).powi(2))
}
