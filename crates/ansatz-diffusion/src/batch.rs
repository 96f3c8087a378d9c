//! Samples as rows of one block of numbers.

use ansatz_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// `rows` samples of `dim` coordinates each, row after row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    dim: usize,
    data: Vec<f64>,
}

impl Batch {
    /// A batch of zeros.
    pub fn zeros(rows: usize, dim: usize) -> Self {
        Self { dim, data: vec![0.0; rows * dim] }
    }

    /// The batch whose rows follow one another in `data`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `dim` is 0 or the length is no multiple of it; [`Error::NotFinite`] for a number that is
    /// not finite.
    pub fn new(dim: usize, data: Vec<f64>) -> Result<Self> {
        if dim == 0 || !data.len().is_multiple_of(dim) {
            let allowed = format!("a multiple of the dimension, {dim}, which is at least 1");
            return Err(Error::parameter("the length of the batch", data.len(), allowed));
        }
        let batch = Self { dim, data };
        batch.finite("the batch", || "its start".to_owned())?;
        Ok(batch)
    }

    /// Number of samples.
    pub fn rows(&self) -> usize {
        // A batch of dimension 0 cannot be made, but `zeros` takes any.
        self.data.len().checked_div(self.dim).unwrap_or(0)
    }

    /// Coordinates of a sample.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Sample `i`.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.data[i * self.dim..(i + 1) * self.dim]
    }

    /// Sample `i`, to be changed.
    pub fn row_mut(&mut self, i: usize) -> &mut [f64] {
        &mut self.data[i * self.dim..(i + 1) * self.dim]
    }

    /// All numbers, row after row.
    pub fn data(&self) -> &[f64] {
        &self.data
    }

    /// All numbers, to be changed.
    pub fn data_mut(&mut self) -> &mut [f64] {
        &mut self.data
    }

    /// The samples `from..to` as a batch of their own.
    #[must_use]
    pub fn slice(&self, from: usize, to: usize) -> Self {
        Self { dim: self.dim, data: self.data[from * self.dim..to * self.dim].to_vec() }
    }

    /// One batch of the rows of all `parts`, which have the same dimension.
    pub(crate) fn join(dim: usize, parts: impl IntoIterator<Item = Self>) -> Self {
        Self { dim, data: parts.into_iter().flat_map(|part| part.data).collect() }
    }

    /// Refuses a batch with a number that is not finite: `quantity` is what it is, `place` where it arose.
    pub(crate) fn finite(&self, quantity: &str, place: impl FnOnce() -> String) -> Result<()> {
        match self.data.iter().position(|v| !v.is_finite()) {
            None => Ok(()),
            Some(i) => Err(Error::NotFinite {
                quantity: quantity.to_owned(),
                place: format!("{}, sample {}, coordinate {}", place(), i / self.dim, i % self.dim),
            }),
        }
    }
}

/// `√(mean (a − b)²)` over all samples and coordinates; not-a-number if the shapes differ.
pub fn rmse(a: &Batch, b: &Batch) -> f64 {
    if (a.dim, a.data.len()) != (b.dim, b.data.len()) {
        return f64::NAN;
    }
    let sum: f64 = a.data.iter().zip(&b.data).map(|(x, y)| (x - y) * (x - y)).sum();
    (sum / a.data.len() as f64).sqrt()
}

/// The median over the samples of `√(mean (a − b)²)` over their coordinates: not moved by one sample that has gone
/// astray. Not-a-number if the shapes differ or there are no samples.
pub fn median_error(a: &Batch, b: &Batch) -> f64 {
    if (a.dim, a.data.len()) != (b.dim, b.data.len()) || a.rows() == 0 {
        return f64::NAN;
    }
    let one = |i: usize| {
        let sum: f64 = a.row(i).iter().zip(b.row(i)).map(|(x, y)| (x - y) * (x - y)).sum();
        (sum / a.dim as f64).sqrt()
    };
    let mut errors: Vec<f64> = (0..a.rows()).map(one).collect();
    errors.sort_by(f64::total_cmp);
    let n = errors.len();
    0.5 * (errors[(n - 1) / 2] + errors[n / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_batches_are_refused() {
        assert!(Batch::new(0, vec![]).is_err());
        assert!(Batch::new(2, vec![1.0; 3]).is_err());
        let error = Batch::new(2, vec![1.0, 2.0, 3.0, f64::NAN]).unwrap_err().to_string();
        assert_eq!(error, "the batch is not finite at its start, sample 1, coordinate 1");
    }

    #[test]
    fn one_lost_sample_moves_the_mean_and_not_the_median() {
        let a = Batch::zeros(5, 2);
        let mut b = a.clone();
        b.row_mut(3).fill(1e6);
        b.row_mut(1).fill(1.0);
        assert_eq!(median_error(&a, &b), 0.0);
        assert!(rmse(&a, &b) > 1e5);
        assert!(rmse(&a, &Batch::zeros(4, 2)).is_nan());
        assert_eq!(Batch::join(2, [b.slice(0, 2), b.slice(2, 5)]), b);
    }
}
