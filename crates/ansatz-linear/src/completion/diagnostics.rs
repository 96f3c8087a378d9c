//! What the theory of alternating minimisation speaks of: the distance of subspaces, and incoherence.

use super::factors::by_rows;
use ansatz_core::{Error, Result};

/// The sine of the largest angle between the column spaces of `a` and `b`, both with `k` columns by rows:
/// `‖(I − Q_a Q_aᵀ) Q_b‖₂`, 0 for equal spaces, at most 1. Costs `O(m k²)` operations.
///
/// # Errors
/// [`Error::Parameter`] if `k` is 0, the lengths differ or are no multiple of it; [`Error::Refused`] for entries that
/// are not finite.
pub fn subspace_distance(a: &[f64], b: &[f64], k: usize) -> Result<f64> {
    check(a, k)?;
    if a.len() != b.len() {
        return Err(Error::parameter("the bases", format!("of {} and {} numbers", a.len(), b.len()), "of one length"));
    }
    let (a, b) = (by_rows(a, k).qr().compute_thin_Q(), by_rows(b, k).qr().compute_thin_Q());
    // From the part that is outside, not from the cosine: that would lose half of the digits of a small angle.
    let outside = &b - &a * (a.transpose() * &b);
    let values = outside.singular_values();
    let values = values.map_err(|e| Error::refused(format!("the bases have no singular values: {e:?}")))?;
    Ok(values.iter().copied().fold(0.0, f64::max).min(1.0))
}

/// `μ = max_i ‖Q_i‖ √(m/k)` for an orthonormal basis `Q` of the column space of `a` (`m × k`, by rows): 1 where all rows
/// matter alike, `√(m/k)` where a vector of the space is concentrated in one row.
///
/// # Errors
/// [`Error::Parameter`] if `k` is 0 or does not divide the length.
pub fn incoherence(a: &[f64], k: usize) -> Result<f64> {
    check(a, k)?;
    let q = by_rows(a, k).qr().compute_thin_Q();
    let length = |i: usize| (0..q.ncols()).map(|j| q[(i, j)] * q[(i, j)]).sum::<f64>();
    let largest = (0..q.nrows()).map(length).fold(0.0, f64::max);
    Ok((largest * q.nrows() as f64 / k as f64).sqrt())
}

fn check(a: &[f64], k: usize) -> Result<()> {
    if k == 0 || a.is_empty() || !a.len().is_multiple_of(k) {
        let value = format!("of {} numbers", a.len());
        return Err(Error::parameter("the basis", value, format!("a multiple of {k} > 0 numbers")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_and_concentration_of_known_spaces() {
        // Two lines in the plane, at an angle of 1e-9: the cosine would not see it.
        let distance = subspace_distance(&[1.0, 0.0], &[1.0, 1e-9], 1).unwrap();
        assert!((distance / 1e-9 - 1.0).abs() < 1e-6);
        assert_eq!(subspace_distance(&[3.0, 0.0], &[0.0, 2.0], 1).unwrap(), 1.0);
        // Another basis of the same plane in three dimensions.
        let (a, b) = ([1.0, 0.0, 0.0, 1.0, 0.0, 0.0], [2.0, 1.0, 1.0, -1.0, 0.0, 0.0]);
        assert!(subspace_distance(&a, &b, 2).unwrap() < 1e-15);
        assert!((incoherence(&a, 2).unwrap() - 1.5f64.sqrt()).abs() < 1e-15);
        assert!((incoherence(&[5.0; 8], 1).unwrap() - 1.0).abs() < 1e-15);
        assert!(incoherence(&a, 4).is_err() && subspace_distance(&a, &b[..4], 2).is_err());
    }
}
