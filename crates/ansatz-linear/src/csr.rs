//! Sparse matrices by rows.
//!
//! A thin type of our own beside faer's: relaxation sweeps ask for "the entries of row `i` left of the diagonal" in
//! their innermost loop, so the place of the diagonal is kept with each row; 32-bit columns halve the traffic of
//! indices; and whether the matrix is symmetric is found out once, when it is made, not before every solve.
//! [`Csr::to_faer`] hands over to the direct factorisations.

use crate::{Adjoint, LinearOperator};
use ansatz_core::{Error, Result};
use faer::sparse::{SparseColMat, Triplet};

/// Two mirror entries may differ by so much, relative to the larger, in a matrix that counts as symmetric.
const SYMMETRY_TOLERANCE: f64 = 1e-12;

/// A sparse matrix by rows, columns ascending within each.
#[derive(Clone, Debug, PartialEq)]
pub struct Csr {
    cols: usize,
    // Row `i` is `starts[i]..starts[i + 1]`; its entries from the diagonal on begin at `upper[i]`.
    starts: Vec<usize>,
    upper: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f64>,
    symmetric: bool,
}

impl Csr {
    /// The `rows` × `cols` matrix with these entries (row, column, value), in any order; several of one place add up.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a matrix without rows or columns, with 2³² columns or more, or an entry outside it;
    /// [`Error::NotFinite`] for an entry that is not finite.
    ///
    /// ```
    /// use ansatz_linear::Csr;
    /// let a = Csr::from_triplets(2, 2, &[(0, 0, 2.0), (1, 1, 1.0), (0, 1, -1.0), (1, 1, 1.0)])?;
    /// assert_eq!(a.row(0), (&[0, 1][..], &[2.0, -1.0][..]));
    /// assert_eq!((a.diagonal(), a.is_symmetric()), (vec![2.0, 2.0], false));
    /// # Ok::<(), ansatz_core::Error>(())
    /// ```
    pub fn from_triplets(rows: usize, cols: usize, entries: &[(usize, usize, f64)]) -> Result<Self> {
        if rows == 0 || cols == 0 || u32::try_from(cols).is_err() {
            return Err(Error::parameter(
                "the matrix",
                format!("{rows} × {cols}"),
                "at least 1 × 1, and at most 2³² wide",
            ));
        }
        let mut counts = vec![0usize; rows + 1];
        for &(i, j, value) in entries {
            if i >= rows || j >= cols {
                let allowed = format!("within the {rows} × {cols} matrix");
                return Err(Error::parameter("an entry", format!("at row {}, column {}", i + 1, j + 1), allowed));
            }
            if !value.is_finite() {
                return Err(Error::NotFinite {
                    quantity: "an entry of the matrix".to_owned(),
                    place: format!("row {}, column {}", i + 1, j + 1),
                });
            }
            counts[i + 1] += 1;
        }
        for i in 0..rows {
            counts[i + 1] += counts[i];
        }
        let mut next = counts.clone();
        let mut placed = vec![(0u32, 0.0); entries.len()];
        for &(i, j, value) in entries {
            placed[next[i]] = (j as u32, value);
            next[i] += 1;
        }
        let mut matrix = Self {
            cols,
            starts: vec![0],
            upper: Vec::with_capacity(rows),
            columns: Vec::with_capacity(entries.len()),
            values: Vec::with_capacity(entries.len()),
            symmetric: false,
        };
        for i in 0..rows {
            let row = &mut placed[counts[i]..counts[i + 1]];
            // Stable: entries of one place are added in the order in which they were given.
            row.sort_by_key(|&(j, _)| j);
            let start = matrix.columns.len();
            for &(j, value) in row.iter() {
                if matrix.columns.len() > start && matrix.columns.last() == Some(&j) {
                    if let Some(last) = matrix.values.last_mut() {
                        *last += value;
                    }
                } else {
                    matrix.columns.push(j);
                    matrix.values.push(value);
                }
            }
            matrix.upper.push(start + matrix.columns[start..].partition_point(|&j| (j as usize) < i));
            matrix.starts.push(matrix.columns.len());
        }
        matrix.symmetric = matrix.find_symmetry();
        Ok(matrix)
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.upper.len()
    }

    /// The number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// The number of entries that are stored.
    pub fn entries(&self) -> usize {
        self.columns.len()
    }

    /// Whether it equals its transpose, up to a relative difference of 1e-12 in each entry.
    pub fn is_symmetric(&self) -> bool {
        self.symmetric
    }

    /// Columns and values of row `i`.
    #[inline]
    pub fn row(&self, i: usize) -> (&[u32], &[f64]) {
        let range = self.starts[i]..self.starts[i + 1];
        (&self.columns[range.clone()], &self.values[range])
    }

    /// Columns and values of row `i` left of the diagonal.
    #[inline]
    pub fn lower(&self, i: usize) -> (&[u32], &[f64]) {
        let range = self.starts[i]..self.upper[i];
        (&self.columns[range.clone()], &self.values[range])
    }

    /// Columns and values of row `i` from the diagonal on.
    #[inline]
    pub fn upper(&self, i: usize) -> (&[u32], &[f64]) {
        let range = self.upper[i]..self.starts[i + 1];
        (&self.columns[range.clone()], &self.values[range])
    }

    /// Columns and values of row `i` right of the diagonal.
    #[inline]
    pub fn strictly_upper(&self, i: usize) -> (&[u32], &[f64]) {
        let (columns, values) = self.upper(i);
        let skip = usize::from(columns.first() == Some(&(i as u32)));
        (&columns[skip..], &values[skip..])
    }

    /// The diagonal; 0 where no entry is stored.
    pub fn diagonal(&self) -> Vec<f64> {
        (0..self.rows().min(self.cols))
            .map(|i| match self.upper(i) {
                (columns, values) if columns.first() == Some(&(i as u32)) => values[0],
                _ => 0.0,
            })
            .collect()
    }

    /// All entries as (row, column, value), by rows.
    pub fn triplets(&self) -> impl Iterator<Item = (usize, usize, f64)> {
        (0..self.rows()).flat_map(|i| {
            let (columns, values) = self.row(i);
            columns.iter().zip(values).map(move |(&j, &value)| (i, j as usize, value))
        })
    }

    /// The matrix `alpha · self + shift · I`.
    ///
    /// # Errors
    /// See [`Csr::assign_shifted`].
    pub fn shifted(&self, alpha: f64, shift: f64) -> Result<Self> {
        let mut result = self.clone();
        result.assign_shifted(self, alpha, shift)?;
        Ok(result)
    }

    /// Sets this matrix to `alpha · base + shift · I` without allocation, if it has the pattern of `base`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the patterns differ, a place of the diagonal is not stored, or a factor is not finite.
    pub fn assign_shifted(&mut self, base: &Self, alpha: f64, shift: f64) -> Result<()> {
        for (name, value) in [("alpha", alpha), ("shift", shift)] {
            if !value.is_finite() {
                return Err(Error::parameter(name, value, "finite"));
            }
        }
        if self.starts != base.starts || self.columns.len() != base.columns.len() || self.cols != base.cols {
            return Err(Error::parameter("base", "a matrix of another pattern", "one of the same pattern"));
        }
        self.columns.copy_from_slice(&base.columns);
        self.upper.copy_from_slice(&base.upper);
        self.symmetric = base.symmetric;
        for (value, &old) in self.values.iter_mut().zip(&base.values) {
            *value = alpha * old;
        }
        for i in 0..self.upper.len() {
            let at = self.upper[i];
            if at == self.starts[i + 1] || self.columns[at] as usize != i {
                return Err(Error::parameter("base", format!("without an entry ({0}, {0})", i + 1), "a full diagonal"));
            }
            self.values[at] += shift;
        }
        Ok(())
    }

    /// The transpose.
    #[must_use]
    pub fn transpose(&self) -> Self {
        let mut starts = vec![0usize; self.cols + 1];
        for &j in &self.columns {
            starts[j as usize + 1] += 1;
        }
        for j in 0..self.cols {
            starts[j + 1] += starts[j];
        }
        let mut next = starts.clone();
        let (mut columns, mut values) = (vec![0u32; self.entries()], vec![0.0; self.entries()]);
        for (i, j, value) in self.triplets() {
            columns[next[j]] = i as u32;
            values[next[j]] = value;
            next[j] += 1;
        }
        let upper = (0..self.cols)
            .map(|j| starts[j] + columns[starts[j]..starts[j + 1]].partition_point(|&i| (i as usize) < j))
            .collect();
        Self { cols: self.rows(), starts, upper, columns, values, symmetric: self.symmetric }
    }

    fn find_symmetry(&self) -> bool {
        if self.rows() != self.cols {
            return false;
        }
        // A zero that is stored on one side only makes no difference.
        let same = |a: f64, b: f64| (a - b).abs() <= SYMMETRY_TOLERANCE * a.abs().max(b.abs());
        let mirror = self.transpose();
        (0..self.rows()).all(|i| {
            let ((ja, a), (jb, b)) = (self.row(i), mirror.row(i));
            let (mut p, mut q) = (0, 0);
            while p < ja.len() || q < jb.len() {
                let (left, right) = (ja.get(p).copied(), jb.get(q).copied());
                let column = left.unwrap_or(u32::MAX).min(right.unwrap_or(u32::MAX));
                let take = |at: &mut usize, here: Option<u32>, values: &[f64]| {
                    if here == Some(column) {
                        *at += 1;
                        values[*at - 1]
                    } else {
                        0.0
                    }
                };
                if !same(take(&mut p, left, a), take(&mut q, right, b)) {
                    return false;
                }
            }
            true
        })
    }

    /// The first entry that differs from its mirror image: row, column, value, and the other's value.
    fn asymmetry(&self) -> Option<(usize, usize, f64, f64)> {
        let at = |i: usize, j: usize| {
            let (columns, values) = self.row(i);
            columns.binary_search(&(j as u32)).map_or(0.0, |at| values[at])
        };
        let pairs = self.triplets().map(|(i, j, value)| (i, j, value, at(j, i)));
        let same = |a: f64, b: f64| (a - b).abs() <= SYMMETRY_TOLERANCE * a.abs().max(b.abs());
        pairs.into_iter().find(|&(.., value, mirror)| !same(value, mirror))
    }

    /// The matrix as faer's, for its direct factorisations.
    ///
    /// # Errors
    /// [`Error::Refused`] with faer's reason; the indices of a `Csr` give none.
    pub fn to_faer(&self) -> Result<SparseColMat<usize, f64>> {
        let triplets: Vec<_> = self.triplets().map(|(i, j, value)| Triplet::new(i, j, value)).collect();
        SparseColMat::try_new_from_triplets(self.rows(), self.cols, &triplets)
            .map_err(|e| Error::refused(format!("the matrix cannot be handed to the factorisation: {e:?}")))
    }

    /// The matrix's size, if it is square.
    ///
    /// # Errors
    /// [`Error::Parameter`] if it is not.
    pub fn require_square(&self) -> Result<usize> {
        if self.rows() != self.cols {
            return Err(Error::parameter("the matrix", format!("{} × {}", self.rows(), self.cols), "square"));
        }
        Ok(self.rows())
    }

    /// The matrix's size, if it is symmetric.
    ///
    /// # Errors
    /// [`Error::Parameter`] if it is not, with what asks for it.
    pub fn require_symmetric(&self, by: &str) -> Result<usize> {
        let n = self.require_square()?;
        if !self.symmetric {
            let place = self.asymmetry().map_or(String::new(), |(i, j, here, mirror)| {
                let (i, j) = (i + 1, j + 1);
                format!(": the entry in row {i}, column {j} is {here}, that in row {j}, column {i} is {mirror}")
            });
            return Err(Error::parameter("the matrix", "not symmetric", format!("symmetric for {by}{place}")));
        }
        Ok(n)
    }

    /// The diagonal, if no entry of it is zero.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the matrix is not square, or with the first row whose diagonal is zero.
    pub fn require_diagonal(&self) -> Result<Vec<f64>> {
        self.require_square()?;
        let diagonal = self.diagonal();
        match diagonal.iter().position(|&d| d == 0.0) {
            Some(i) => Err(Error::parameter(format!("the diagonal in row {}", i + 1), 0, "different from 0")),
            None => Ok(diagonal),
        }
    }
}

impl LinearOperator for Csr {
    fn rows(&self) -> usize {
        self.rows()
    }

    fn cols(&self) -> usize {
        self.cols
    }

    fn apply(&self, x: &[f64], y: &mut [f64]) {
        for (i, out) in y.iter_mut().enumerate().take(self.rows()) {
            let (columns, values) = self.row(i);
            *out = columns.iter().zip(values).map(|(&j, &a)| a * x[j as usize]).sum();
        }
    }
}

impl Adjoint for Csr {
    fn apply_adjoint(&self, y: &[f64], x: &mut [f64]) {
        x.fill(0.0);
        for (i, &y) in y.iter().enumerate().take(self.rows()) {
            let (columns, values) = self.row(i);
            for (&j, &a) in columns.iter().zip(values) {
                x[j as usize] += a * y;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansatz_core::Seed;

    fn random(rows: usize, cols: usize, count: usize) -> Csr {
        let mut stream = Seed(5).stream("entries", (rows * cols) as u64);
        let entries: Vec<_> = (0..count).map(|_| (stream.below(rows), stream.below(cols), stream.normal())).collect();
        Csr::from_triplets(rows, cols, &entries).unwrap()
    }

    #[test]
    fn product_and_transpose_agree_with_the_dense_ones() {
        for (rows, cols) in [(7, 7), (5, 9), (9, 4)] {
            let a = random(rows, cols, 40);
            let mut dense = vec![vec![0.0; cols]; rows];
            for (i, j, value) in a.triplets() {
                dense[i][j] += value;
            }
            let x: Vec<f64> = (0..cols).map(|j| (j as f64).cos()).collect();
            let mut y = vec![0.0; rows];
            a.apply(&x, &mut y);
            for i in 0..rows {
                let expected: f64 = (0..cols).map(|j| dense[i][j] * x[j]).sum();
                assert!((y[i] - expected).abs() < 1e-13);
                let (lower, upper) = (a.lower(i), a.upper(i));
                assert!(lower.0.iter().all(|&j| (j as usize) < i) && upper.0.iter().all(|&j| j as usize >= i));
                assert!(a.strictly_upper(i).0.iter().all(|&j| j as usize > i));
                assert_eq!(lower.0.len() + upper.0.len(), a.row(i).0.len());
            }
            let (mut back, mut expected) = (vec![0.0; cols], vec![0.0; cols]);
            a.apply_adjoint(&y, &mut back);
            a.transpose().apply(&y, &mut expected);
            assert!(back.iter().zip(&expected).all(|(b, e)| (b - e).abs() < 1e-13));
            let mirrored: Vec<_> = a.triplets().map(|(i, j, value)| (j, i, value)).collect();
            assert_eq!(a.transpose(), Csr::from_triplets(cols, rows, &mirrored).unwrap());
        }
    }

    #[test]
    fn symmetry_is_found_and_kept() {
        let a = random(8, 8, 30);
        assert!(!a.is_symmetric() && !random(3, 4, 5).is_symmetric());
        let both: Vec<_> = a.triplets().flat_map(|(i, j, value)| [(i, j, value), (j, i, value)]).collect();
        let mut both = both;
        both.extend((0..8).map(|i| (i, i, 1.0)));
        let s = Csr::from_triplets(8, 8, &both).unwrap();
        assert!(s.is_symmetric());
        let shifted = s.shifted(-2.0, 0.5).unwrap();
        assert!(shifted.is_symmetric());
        for ((_, _, old), (i, j, new)) in s.triplets().zip(shifted.triplets()) {
            assert_eq!(new, -2.0 * old + if i == j { 0.5 } else { 0.0 });
        }
        both.push((0, 5, 1e-9));
        assert!(!Csr::from_triplets(8, 8, &both).unwrap().is_symmetric());
    }

    #[test]
    fn bad_matrices_are_refused_in_a_sentence() {
        let refusal = |result: Result<Csr>| result.unwrap_err().to_string();
        assert_eq!(
            refusal(Csr::from_triplets(2, 2, &[(2, 0, 1.0)])),
            "an entry is at row 3, column 1, but must be within the 2 × 2 matrix"
        );
        assert_eq!(
            refusal(Csr::from_triplets(2, 2, &[(1, 0, f64::NAN)])),
            "an entry of the matrix is not finite at row 2, column 1"
        );
        assert!(refusal(Csr::from_triplets(0, 2, &[])).contains("at least 1 × 1"));
        let hole = Csr::from_triplets(2, 2, &[(0, 0, 1.0), (0, 1, 1.0)]).unwrap();
        assert_eq!(
            hole.require_diagonal().unwrap_err().to_string(),
            "the diagonal in row 2 is 0, but must be different from 0"
        );
        assert!(hole.shifted(1.0, 1.0).unwrap_err().to_string().contains("a full diagonal"));
        assert_eq!(
            hole.require_symmetric("conjugate gradients").unwrap_err().to_string(),
            "the matrix is not symmetric, but must be symmetric for conjugate gradients: the entry in row 1, column 2 is 1, \
             that in row 2, column 1 is 0"
        );
        assert!(random(3, 4, 5).require_square().unwrap_err().to_string().contains("3 × 4"));
    }
}
