//! Incomplete Cholesky factorisation without fill-in.
//!
//! `M = L Lᵀ`, `L` lower triangular with the pattern of the matrix, such that `L Lᵀ` equals the matrix wherever that has
//! an entry. For symmetric positive definite matrices; it exists for certain if the matrix is an H-matrix, such as a
//! discretised Laplacian. Setting up costs about `Σ rᵢ²` operations, `rᵢ` the entries of row `i` left of the diagonal,
//! an application two triangular solves.
//!
//! Source: Meijerink & van der Vorst 1977, Math. Comp. 31.

use crate::{Csr, Preconditioner};
use ansatz_core::{Error, Result};

/// `M = L Lᵀ`.
#[derive(Clone, Debug)]
pub struct IncompleteCholesky {
    // L by rows, without its diagonal, of which the inverse is kept; and Lᵀ by rows.
    lower: Csr,
    upper: Csr,
    inverse: Vec<f64>,
}

impl IncompleteCholesky {
    /// Factorises `a`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `a` is not symmetric, or with the row whose pivot is not positive, if the factorisation
    /// does not exist.
    pub fn new(a: &Csr) -> Result<Self> {
        let n = a.require_symmetric("incomplete Cholesky factorisation")?;
        a.require_diagonal()?;
        let diagonal = a.diagonal();
        let mut rows: Vec<Vec<(usize, f64)>> = Vec::with_capacity(n);
        let mut inverse: Vec<f64> = Vec::with_capacity(n);
        for i in 0..n {
            let (columns, values) = a.lower(i);
            let mut row: Vec<(usize, f64)> = Vec::with_capacity(columns.len());
            for (&j, &value) in columns.iter().zip(values) {
                // lᵢⱼ = (aᵢⱼ − Σ_{k<j} lᵢₖ lⱼₖ) / lⱼⱼ
                let j = j as usize;
                row.push((j, (value - common(&row, &rows[j])) * inverse[j]));
            }
            // lᵢᵢ² = aᵢᵢ − Σ lᵢₖ²
            let pivot = diagonal[i] - row.iter().map(|(_, l)| l * l).sum::<f64>();
            if !(pivot > 0.0 && pivot.is_finite()) {
                let value = format!("one whose incomplete Cholesky factorisation breaks down in row {}", i + 1);
                let allowed = format!("positive definite and nearly diagonally dominant (the pivot is {pivot:e})");
                return Err(Error::parameter("the matrix", value, allowed));
            }
            inverse.push(1.0 / pivot.sqrt());
            rows.push(row);
        }
        let triplets: Vec<_> =
            rows.iter().enumerate().flat_map(|(i, row)| row.iter().map(move |&(j, l)| (i, j, l))).collect();
        let lower = Csr::from_triplets(n, n, &triplets)?;
        let upper = lower.transpose();
        Ok(Self { lower, upper, inverse })
    }
}

/// `Σ lᵢₖ lⱼₖ` over the columns that both rows have.
fn common(a: &[(usize, f64)], b: &[(usize, f64)]) -> f64 {
    let (mut p, mut q, mut sum) = (0, 0, 0.0);
    while p < a.len() && q < b.len() {
        match a[p].0.cmp(&b[q].0) {
            std::cmp::Ordering::Less => p += 1,
            std::cmp::Ordering::Greater => q += 1,
            std::cmp::Ordering::Equal => {
                sum += a[p].1 * b[q].1;
                (p, q) = (p + 1, q + 1);
            }
        }
    }
    sum
}

impl Preconditioner for IncompleteCholesky {
    fn size(&self) -> Option<usize> {
        Some(self.inverse.len())
    }

    fn apply(&self, r: &[f64], z: &mut [f64]) {
        let n = self.inverse.len();
        for i in 0..n {
            let (columns, values) = self.lower.row(i);
            let sum = columns.iter().zip(values).fold(r[i], |sum, (&j, &l)| sum - l * z[j as usize]);
            z[i] = sum * self.inverse[i];
        }
        for i in (0..n).rev() {
            let (columns, values) = self.upper.row(i);
            let sum = columns.iter().zip(values).rev().fold(z[i], |sum, (&j, &l)| sum - l * z[j as usize]);
            z[i] = sum * self.inverse[i];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LinearOperator;
    use crate::problems::laplacian_2d;

    #[test]
    fn the_factor_agrees_with_the_matrix_on_its_pattern() {
        let a = laplacian_2d(4, 5).unwrap();
        let n = a.rows();
        let m = IncompleteCholesky::new(&a).unwrap();
        let mut l = vec![vec![0.0; n]; n];
        for (i, j, value) in m.lower.triplets() {
            l[i][j] = value;
        }
        for i in 0..n {
            l[i][i] = 1.0 / m.inverse[i];
        }
        for (i, j, value) in a.triplets() {
            let product: f64 = (0..n).map(|k| l[i][k] * l[j][k]).sum();
            assert!((product - value).abs() < 1e-14);
        }
    }

    #[test]
    fn without_fill_in_to_drop_it_is_the_inverse() {
        // A tridiagonal matrix has no fill-in.
        let entries: Vec<_> = (0..30usize)
            .flat_map(|i| [(i, i, 2.5), (i, (i + 1) % 30, if i < 29 { -1.0 } else { 0.0 })])
            .chain((1..30).map(|i| (i, i - 1, -1.0)))
            .collect();
        let a = Csr::from_triplets(30, 30, &entries).unwrap();
        let r: Vec<f64> = (0..30).map(|i| f64::from(i).cos()).collect();
        let (mut z, mut back) = (vec![0.0; 30], vec![0.0; 30]);
        IncompleteCholesky::new(&a).unwrap().apply(&r, &mut z);
        LinearOperator::apply(&a, &z, &mut back);
        assert!(back.iter().zip(&r).all(|(b, r)| (b - r).abs() < 1e-13));
    }

    #[test]
    fn a_breakdown_says_where() {
        let a = laplacian_2d(3, 3).unwrap().shifted(1.0, -3.0).unwrap();
        let error = IncompleteCholesky::new(&a).unwrap_err().to_string();
        assert!(error.starts_with("the matrix is one whose incomplete Cholesky factorisation breaks down in row 2"));
    }
}
