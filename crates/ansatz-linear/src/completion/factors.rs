//! A matrix of low rank, `X = U Vᵀ`, and its forms.

use super::Observations;
use crate::vector::dot;
use ansatz_core::{Error, Result};
use faer::{MatMut, MatRef};
use serde::{Deserialize, Serialize};

/// `X = U Vᵀ`, `m × n` of rank `k` at most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Factors {
    pub(crate) k: usize,
    pub(crate) u: Vec<f64>,
    pub(crate) v: Vec<f64>,
}

impl Factors {
    /// The matrix with the factors `u` (`m × k`) and `v` (`n × k`), both by rows.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `k` is 0 or does not divide the lengths; [`Error::NotFinite`] for entries that are not.
    pub fn new(k: usize, u: Vec<f64>, v: Vec<f64>) -> Result<Self> {
        let misshapen = |factor: &[f64]| factor.is_empty() || !factor.len().is_multiple_of(k);
        if k == 0 || misshapen(&u) || misshapen(&v) {
            let value = format!("of {} and {} numbers", u.len(), v.len());
            return Err(Error::parameter("the factors", value, format!("not empty, with {k} > 0 numbers a row")));
        }
        if let Some(at) = u.iter().chain(&v).position(|x| !x.is_finite()) {
            return Err(Error::NotFinite { quantity: "a factor".to_owned(), place: format!("entry {}", at + 1) });
        }
        Ok(Self { k, u, v })
    }

    /// The number of rows of `X`.
    pub fn rows(&self) -> usize {
        self.u.len() / self.k
    }

    /// The number of columns of `X`.
    pub fn columns(&self) -> usize {
        self.v.len() / self.k
    }

    /// The rank.
    pub fn rank(&self) -> usize {
        self.k
    }

    /// `U` by rows.
    pub fn u(&self) -> &[f64] {
        &self.u
    }

    /// `V` by rows.
    pub fn v(&self) -> &[f64] {
        &self.v
    }

    /// The entry of `X` in row `i` and column `j`, counted from 0.
    ///
    /// # Panics
    /// If there is no such entry; [`predict`](Self::predict) refuses instead.
    pub fn entry(&self, i: usize, j: usize) -> f64 {
        dot(&self.u[i * self.k..][..self.k], &self.v[j * self.k..][..self.k])
    }

    /// The entries of `X` at these places.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a place outside the matrix.
    pub fn predict(&self, places: &[(usize, usize)]) -> Result<Vec<f64>> {
        let (m, n) = (self.rows(), self.columns());
        let entry = |&(i, j): &(usize, usize)| {
            if i >= m || j >= n {
                let value = format!("row {}, column {}", i + 1, j + 1);
                return Err(Error::parameter("the place", value, format!("within the {m} × {n} matrix")));
            }
            Ok(self.entry(i, j))
        };
        places.iter().map(entry).collect()
    }

    /// The root mean square of the differences at the entries of `known`, which has the same size.
    ///
    /// # Errors
    /// [`Error::Parameter`] if it has not.
    pub fn rmse(&self, known: &Observations) -> Result<f64> {
        if (known.rows(), known.columns()) != (self.rows(), self.columns()) {
            let value = format!("{} × {}", known.rows(), known.columns());
            let allowed = format!("{} × {}, as the factors are", self.rows(), self.columns());
            return Err(Error::parameter("the matrix of entries", value, allowed));
        }
        let square: f64 = known.triplets().map(|(i, j, value)| (self.entry(i, j) - value).powi(2)).sum();
        Ok((square / known.count() as f64).sqrt())
    }

    /// `‖U‖² + ‖V‖²`.
    pub(crate) fn squares(&self) -> f64 {
        dot(&self.u, &self.u) + dot(&self.v, &self.v)
    }

    /// The other way round: `Xᵀ = V Uᵀ`.
    pub(crate) fn swap(&mut self) {
        std::mem::swap(&mut self.u, &mut self.v);
    }

    /// Makes the columns of `U` orthonormal, and carries `V` along so that `X` stays: `U = Q R`, `U ← Q`, `V ← V Rᵀ`.
    pub(crate) fn orthonormalise(&mut self) {
        let qr = by_rows(&self.u, self.k).qr();
        by_rows_mut(&mut self.u, self.k).copy_from(qr.compute_thin_Q());
        let carried = by_rows(&self.v, self.k) * qr.thin_R().transpose();
        by_rows_mut(&mut self.v, self.k).copy_from(carried);
    }

    /// The singular value decomposition of `X`: the columns of `U` and `V` become singular vectors, and the singular
    /// values, descending, are returned.
    ///
    /// # Errors
    /// [`Error::Refused`] if the decomposition does not converge, as for entries that are not finite.
    pub(crate) fn decompose(&mut self) -> Result<Vec<f64>> {
        let (left, right) = (by_rows(&self.u, self.k).qr(), by_rows(&self.v, self.k).qr());
        let core = left.thin_R() * right.thin_R().transpose();
        let svd = core.svd();
        let svd =
            svd.map_err(|e| Error::refused(format!("the factors have no singular value decomposition: {e:?}")))?;
        by_rows_mut(&mut self.u, self.k).copy_from(left.compute_thin_Q() * svd.U());
        by_rows_mut(&mut self.v, self.k).copy_from(right.compute_thin_Q() * svd.V());
        let s = svd.S().column_vector();
        Ok((0..self.k).map(|i| s[i]).collect())
    }

    /// Multiplies column `i` of `U` with `by_u[i]` and of `V` with `by_v[i]`.
    pub(crate) fn scale(&mut self, by_u: &[f64], by_v: &[f64]) {
        for (factor, by) in [(&mut self.u, by_u), (&mut self.v, by_v)] {
            for row in factor.chunks_exact_mut(self.k) {
                for (x, by) in row.iter_mut().zip(by) {
                    *x *= by;
                }
            }
        }
    }
}

/// A matrix of `k` columns by rows, as faer's.
pub(crate) fn by_rows(entries: &[f64], k: usize) -> MatRef<'_, f64> {
    MatRef::from_row_major_slice(entries, entries.len() / k, k)
}

pub(crate) fn by_rows_mut(entries: &mut [f64], k: usize) -> MatMut<'_, f64> {
    let rows = entries.len() / k;
    MatMut::from_row_major_slice_mut(entries, rows, k)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansatz_core::Seed;

    fn random(m: usize, n: usize, k: usize) -> Factors {
        let mut stream = Seed(2).stream("factors", 0);
        let mut draw = |count: usize| (0..count).map(|_| stream.normal()).collect::<Vec<f64>>();
        Factors::new(k, draw(m * k), draw(n * k)).unwrap()
    }

    fn difference(a: &Factors, b: &Factors) -> f64 {
        let places = (0..a.rows()).flat_map(|i| (0..a.columns()).map(move |j| (i, j)));
        places.map(|(i, j)| (a.entry(i, j) - b.entry(i, j)).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn other_forms_are_the_same_matrix() {
        let x = random(9, 7, 3);
        let mut q = x.clone();
        q.orthonormalise();
        assert!(difference(&x, &q) < 1e-13);
        let gram = by_rows(&q.u, 3).transpose() * by_rows(&q.u, 3);
        assert!((0..3).all(|i| (0..3).all(|j| (gram[(i, j)] - f64::from(u8::from(i == j))).abs() < 1e-14)));
        let mut d = x.clone();
        let s = d.decompose().unwrap();
        assert!(s[0] >= s[1] && s[1] >= s[2] && s[2] > 0.0);
        let root: Vec<f64> = s.iter().map(|s| s.sqrt()).collect();
        d.scale(&root, &root);
        assert!(difference(&x, &d) < 1e-13);
        // Balanced, the squares are twice the sum of the singular values, the least there is.
        assert!((d.squares() - 2.0 * s.iter().sum::<f64>()).abs() < 1e-12 && d.squares() < x.squares());
    }

    #[test]
    fn places_outside_and_misshapen_factors_are_refused() {
        let x = random(4, 5, 2);
        assert_eq!(x.predict(&[(3, 4)]).unwrap(), [x.entry(3, 4)]);
        let error = x.predict(&[(0, 5)]).unwrap_err().to_string();
        assert_eq!(error, "the place is row 1, column 6, but must be within the 4 × 5 matrix");
        assert!(Factors::new(2, vec![1.0; 3], vec![1.0; 2]).is_err());
        assert!(Factors::new(1, vec![f64::NAN], vec![1.0]).is_err());
        let known = Observations::from_triplets(4, 4, &[0], &[0], &[1.0]).unwrap();
        assert!(x.rmse(&known).is_err());
    }
}
