//! A dense matrix by rows, and its least-squares problem by QR decomposition.

use crate::vector::dot;
use crate::{Adjoint, LinearOperator};
use ansatz_core::{Error, Result, Stream};
use faer::MatRef;
use faer::prelude::*;

/// A dense matrix by rows.
#[derive(Clone, Copy, Debug)]
pub struct DenseRows<'a> {
    entries: &'a [f64],
    rows: usize,
    cols: usize,
    stride: usize,
}

impl<'a> DenseRows<'a> {
    /// The `rows × cols` matrix whose row `i` is `entries[i * stride..][..cols]`.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a matrix without columns, a stride below the number of columns, or too few entries.
    pub fn new(entries: &'a [f64], rows: usize, cols: usize, stride: usize) -> Result<Self> {
        if cols == 0 || stride < cols {
            let value = format!("{cols} columns with a stride of {stride}");
            return Err(Error::parameter("the matrix", value, "at least one column, and no more than the stride"));
        }
        let needed = rows.saturating_sub(1) * stride + if rows > 0 { cols } else { 0 };
        if entries.len() < needed {
            return Err(Error::parameter("the entries", entries.len(), format!("{needed} or more")));
        }
        Ok(Self { entries, rows, cols, stride })
    }

    /// Row `i`.
    pub fn row(&self, i: usize) -> &'a [f64] {
        &self.entries[i * self.stride..][..self.cols]
    }

    /// The matrix as faer's.
    pub(crate) fn view(&self) -> MatRef<'a, f64> {
        if self.rows == 0 {
            return MatRef::from_row_major_slice(&[], 0, self.cols);
        }
        MatRef::from_row_major_slice_with_stride(self.entries, self.rows, self.cols, self.stride)
    }
}

impl LinearOperator for DenseRows<'_> {
    fn rows(&self) -> usize {
        self.rows
    }

    fn cols(&self) -> usize {
        self.cols
    }

    fn apply(&self, x: &[f64], y: &mut [f64]) {
        for (i, y) in y.iter_mut().enumerate().take(self.rows) {
            *y = dot(self.row(i), x);
        }
    }
}

impl Adjoint for DenseRows<'_> {
    fn apply_adjoint(&self, y: &[f64], x: &mut [f64]) {
        x.fill(0.0);
        for (i, y) in y.iter().enumerate().take(self.rows) {
            crate::vector::add_scaled(*y, self.row(i), x);
        }
    }
}

/// The minimiser of `‖A x − b‖` by Householder's QR decomposition, `2 s k²` operations.
///
/// # Errors
/// [`Error::Parameter`] if `a` has fewer rows than columns, or `b` another length; [`Error::Refused`] if `a` has not full
/// rank, or holds entries that are not finite.
pub fn minimise_by_qr(a: DenseRows<'_>, b: &[f64]) -> Result<Vec<f64>> {
    if a.rows < a.cols || b.len() != a.rows {
        let value = format!("{} × {} with {} right-hand sides", a.rows, a.cols, b.len());
        return Err(Error::parameter(
            "the problem",
            value,
            "of as many rows as columns or more, with one side for each",
        ));
    }
    let x = a.view().qr().solve_lstsq(Mat::from_fn(a.rows, 1, |i, _| b[i]));
    let x: Vec<f64> = (0..a.cols).map(|j| x[(j, 0)]).collect();
    if x.iter().any(|v| !v.is_finite()) {
        return Err(Error::refused(format!("the {} × {} matrix has not full rank", a.rows, a.cols)));
    }
    Ok(x)
}

/// The entries, by rows, of a random `s × k` matrix with singular values from 1 down to `1/condition` in equal ratios:
/// both bases are random, so that scaling the columns does not help.
///
/// # Errors
/// [`Error::Parameter`] unless `s ≥ k ≥ 1` and `condition ≥ 1`.
pub fn with_condition(s: usize, k: usize, condition: f64, stream: &mut Stream) -> Result<Vec<f64>> {
    if k == 0 || s < k {
        return Err(Error::parameter("the matrix", format!("{s} × {k}"), "of as many rows as columns or more"));
    }
    if !(condition >= 1.0 && condition.is_finite()) {
        return Err(Error::parameter("the condition number", condition, "at least 1 and finite"));
    }
    let mut orthonormal = |rows| Mat::from_fn(rows, k, |_, _| stream.normal()).qr().compute_thin_Q();
    let (left, right) = (orthonormal(s), orthonormal(k));
    let step = |l: usize| if k > 1 { l as f64 / (k - 1) as f64 } else { 0.0 };
    let scaled = Mat::from_fn(s, k, |i, l| left[(i, l)] * condition.powf(-step(l)));
    let a = scaled * right.transpose();
    Ok((0..s).flat_map(|i| (0..k).map(move |j| (i, j))).map(|(i, j)| a[(i, j)]).collect())
}
