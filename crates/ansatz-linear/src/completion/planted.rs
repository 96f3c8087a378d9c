//! A matrix of low rank that is known in full, and random entries of it.

use super::factors::{by_rows, by_rows_mut};
use super::{Factors, Observations};
use ansatz_core::{Error, Result, Seed};

/// A matrix `M` of low rank, and which of its entries were seen.
#[derive(Clone, Debug)]
pub struct Planted {
    truth: Factors,
    seen: Vec<bool>,
    rms: f64,
}

impl Planted {
    /// The product of two factors with standard normal entries, from the stream number `index` of the family
    /// "planted matrix" of `seed`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if a side or the rank is 0.
    pub fn gaussian(m: usize, n: usize, k: usize, seed: Seed, index: u64) -> Result<Self> {
        let mut stream = seed.stream("planted matrix", index);
        let mut draw = |count: usize| (0..count).map(|_| stream.normal()).collect::<Vec<f64>>();
        let truth = Factors::new(k, draw(m * k), draw(n * k))?;
        Ok(Self::of(truth))
    }

    /// As [`gaussian`](Self::gaussian), with singular values from 1 down to `1/condition` in equal ratios, times
    /// `√(mn)`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if a side or the rank is 0, the rank larger than a side, or the condition number below 1.
    pub fn conditioned(m: usize, n: usize, k: usize, condition: f64, seed: Seed, index: u64) -> Result<Self> {
        if !(condition >= 1.0 && condition.is_finite()) {
            return Err(Error::parameter("the condition number", condition, "at least 1 and finite"));
        }
        if k > m.min(n) {
            return Err(Error::parameter("rank", k, format!("at most {}, the smaller side", m.min(n))));
        }
        let Self { mut truth, .. } = Self::gaussian(m, n, k, seed, index)?;
        for factor in [&mut truth.u, &mut truth.v] {
            let q = by_rows(factor, k).qr().compute_thin_Q();
            by_rows_mut(factor, k).copy_from(q);
        }
        let step = |l: usize| if k > 1 { l as f64 / (k - 1) as f64 } else { 0.0 };
        let values: Vec<f64> = (0..k).map(|l| ((m * n) as f64).sqrt() * condition.powf(-step(l))).collect();
        truth.scale(&values, &vec![1.0; k]);
        Ok(Self::of(truth))
    }

    fn of(truth: Factors) -> Self {
        let cells = truth.rows() * truth.columns();
        // ‖U Vᵀ‖² = tr(UᵀU VᵀV)
        let gram = |factor: &[f64]| by_rows(factor, truth.k).transpose() * by_rows(factor, truth.k);
        let (a, b) = (gram(&truth.u), gram(&truth.v));
        let square: f64 =
            (0..truth.k).flat_map(|i| (0..truth.k).map(move |j| (i, j))).map(|(i, j)| a[(i, j)] * b[(i, j)]).sum();
        Self { rms: (square / cells as f64).sqrt(), seen: vec![false; cells], truth }
    }

    /// The matrix.
    pub fn truth(&self) -> &Factors {
        &self.truth
    }

    /// The root mean square of its entries.
    pub fn rms(&self) -> f64 {
        self.rms
    }

    /// Shows `count` entries, every set of that size alike, with normal errors of standard deviation `noise`. What was
    /// shown before is forgotten.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there are not so many entries, or none is shown.
    pub fn observe(&mut self, count: usize, noise: f64, seed: Seed, index: u64) -> Result<Observations> {
        let (m, n) = (self.truth.rows(), self.truth.columns());
        if count == 0 || count > m * n {
            return Err(Error::parameter("the entries to show", count, format!("between 1 and {}", m * n)));
        }
        let mut stream = seed.stream("entries shown", index);
        let (mut rows, mut columns, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for cell in 0..m * n {
            // Each cell is taken with the probability of those still wanted among those still to come.
            self.seen[cell] = stream.below(m * n - cell) < count - values.len();
            if self.seen[cell] {
                let (i, j) = (cell / n, cell % n);
                rows.push(i);
                columns.push(j);
                let error = if noise > 0.0 { noise * stream.normal() } else { 0.0 };
                values.push(self.truth.entry(i, j) + error);
            }
        }
        Observations::from_triplets(m, n, &rows, &columns, &values)
    }

    /// The root mean square of the error of `entry` on the entries that were not shown; not-a-number if all were.
    pub fn unseen_rmse(&self, entry: impl Fn(usize, usize) -> f64) -> f64 {
        self.unseen(entry).0
    }

    /// As [`unseen_rmse`](Self::unseen_rmse), relative to the root mean square of these entries.
    pub fn unseen_error(&self, entry: impl Fn(usize, usize) -> f64) -> f64 {
        let (error, size) = self.unseen(entry);
        error / size
    }

    fn unseen(&self, entry: impl Fn(usize, usize) -> f64) -> (f64, f64) {
        let n = self.truth.columns();
        let (mut error, mut size, mut count) = (0.0, 0.0, 0u64);
        for (cell, _) in self.seen.iter().enumerate().filter(|(_, seen)| !**seen) {
            let (i, j) = (cell / n, cell % n);
            let truth = self.truth.entry(i, j);
            error += (entry(i, j) - truth).powi(2);
            size += truth * truth;
            count += 1;
        }
        ((error / count as f64).sqrt(), (size / count as f64).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_wanted_entries_are_shown_evenly() {
        let mut planted = Planted::gaussian(40, 30, 2, Seed(1), 0).unwrap();
        let mut hits = vec![0u32; 40 * 30];
        for index in 0..200 {
            let known = planted.observe(300, 0.0, Seed(1), index).unwrap();
            assert_eq!(known.count(), 300);
            for (i, j, value) in known.triplets() {
                assert_eq!(value, planted.truth().entry(i, j));
                hits[i * 30 + j] += 1;
            }
        }
        // Binomial(200, ¼): six standard deviations are 37.
        assert!(hits.iter().all(|&h| h.abs_diff(50) < 37));
        let truth = planted.truth().clone();
        assert_eq!(planted.unseen_error(|i, j| truth.entry(i, j)), 0.0);
        assert_eq!(planted.unseen_error(|i, j| 1.5 * truth.entry(i, j)), 0.5);
    }

    #[test]
    fn the_spectrum_is_the_wanted_one() {
        let planted = Planted::conditioned(50, 40, 3, 100.0, Seed(1), 0).unwrap();
        let s = planted.truth().clone().decompose().unwrap();
        let ratios: Vec<f64> = s.iter().map(|value| value / s[0]).collect();
        assert!((ratios[1] - 0.1).abs() < 1e-12 && (ratios[2] - 0.01).abs() < 1e-12);
        let square: f64 = s.iter().map(|s| s * s).sum();
        assert!((planted.rms() / (square / 2000.0).sqrt() - 1.0).abs() < 1e-12);
        assert!(Planted::conditioned(50, 40, 3, 0.5, Seed(1), 0).is_err());
        assert!(Planted::gaussian(5, 4, 0, Seed(1), 0).is_err());
    }
}
