//! Least squares, preconditioned by the QR decomposition of a sketch.
//!
//! Minimises `‖A x − b‖` for a dense `A` with many more rows than columns, or a badly conditioned one. A random sparse
//! embedding `S` with `d = O(k)` rows keeps the lengths of all vectors in the range of `A` up to a constant factor, so
//! with
//!
//! ```text
//! Q R = S A,   minimise ‖A R⁻¹ w − b‖ by LSQR,   x = R⁻¹ w
//! ```
//!
//! the condition number of `A R⁻¹` is about `(1 + √(k/d))/(1 − √(k/d))`, whatever that of `A` is: 3 for the default
//! `d = 4 k`, hence a digit in about three iterations. Costs `O(s k)` for the sketch, `O(d k²)` for its decomposition,
//! and `O(s k + k²)` an iteration, where a QR decomposition of `A` costs `O(s k²)`.
//!
//! Source: Rokhlin & Tygert 2008, PNAS 105; Avron, Maymounkov & Toledo 2010, SIAM J. Sci. Comput. 32. The embedding:
//! Nelson & Nguyên 2013, arXiv:1211.1002. As inner solver of alternating minimisation: Gu et al. 2024,
//! arXiv:2302.11068.

use super::DenseRows;
use crate::krylov::{LeastSquares, Lsqr};
use crate::vector::check;
use crate::{Adjoint, LinearOperator};
use ansatz_core::{Error, Result, Run, Stream};
use faer::prelude::*;

/// LSQR with the preconditioner of a sketch.
#[derive(Clone, Debug)]
pub struct Sketched {
    /// Rows of the sketch for each column of the matrix, greater than 1.
    pub oversampling: f64,
    /// Entries in each column of the embedding.
    pub sparsity: usize,
    /// Stop at this residual relative to `b`, or at this gradient relative to `‖A R⁻¹‖ ‖r‖`.
    pub rtol: f64,
    /// At most so many iterations.
    pub max_iterations: u64,
}

impl Default for Sketched {
    fn default() -> Self {
        Self { oversampling: 4.0, sparsity: 8, rtol: 1e-10, max_iterations: 100 }
    }
}

impl Sketched {
    /// Minimises `‖a x − b‖` from `x0`, or from zero. The embedding is drawn from the stream "sketch" of the run's seed,
    /// number `index`.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a parameter out of range or sizes that differ; [`Error::NotFinite`] for data that are
    /// not finite; [`Error::Refused`] if the sketch has not full rank, since then as a rule neither has `a`.
    pub fn solve(
        &self,
        a: DenseRows<'_>,
        b: &[f64],
        x0: Option<&[f64]>,
        index: u64,
        run: &mut Run,
    ) -> Result<LeastSquares> {
        let k = a.cols();
        if !(self.oversampling > 1.0 && self.oversampling.is_finite()) {
            return Err(Error::parameter("oversampling", self.oversampling, "greater than 1 and finite"));
        }
        if self.sparsity == 0 {
            return Err(Error::parameter("sparsity", 0, "at least 1"));
        }
        check("the right-hand side", b, a.rows())?;
        let d = (self.oversampling * k as f64).ceil() as usize;
        let sketch = sparse_embedding(a, d, self.sparsity, &mut run.seed().stream("sketch", index));
        let qr = sketch.qr();
        let r = qr.thin_R();
        let triangle: Vec<f64> =
            (0..k).flat_map(|i| (0..k).map(move |j| if j < i { 0.0 } else { r[(i, j)] })).collect();
        let diagonal = || (0..k).map(|i| triangle[i * k + i].abs());
        let largest = diagonal().fold(0.0, f64::max);
        if let Some(i) = diagonal().position(|d| !(d > f64::EPSILON * largest && d.is_finite())) {
            let reason = format!("the sketch of the {} × {k} matrix has not full rank, by column {}", a.rows(), i + 1);
            return Err(Error::refused(reason));
        }
        let whitened = Whitened { a, triangle: &triangle };
        let start = x0.map(|x0| {
            let product = |i: usize| (i..k).map(|j| triangle[i * k + j] * x0[j]).sum();
            (0..k).map(product).collect::<Vec<f64>>()
        });
        let lsqr = Lsqr { damp: 0.0, rtol: self.rtol, max_iterations: self.max_iterations };
        let mut solution = lsqr.solve(&whitened, b, start.as_deref(), run)?;
        whitened.back(&mut solution.x);
        Ok(solution)
    }
}

/// The sketch `S A` with `d` rows (column by column): each row of `A` is added, with a random sign and the factor
/// `1/√sparsity`, to one random row in each of `sparsity` blocks of the sketch. Costs `sparsity · s · k` operations.
pub fn sparse_embedding(a: DenseRows<'_>, d: usize, sparsity: usize, stream: &mut Stream) -> Mat<f64> {
    let k = a.cols();
    let blocks = sparsity.clamp(1, d);
    let factor = 1.0 / (blocks as f64).sqrt();
    let mut sketch = vec![0.0; d * k];
    for i in 0..a.rows() {
        for block in 0..blocks {
            let (first, last) = (block * d / blocks, (block + 1) * d / blocks);
            let row = first + stream.below(last - first);
            let sign = if stream.bits() & 1 == 0 { factor } else { -factor };
            crate::vector::add_scaled(sign, a.row(i), &mut sketch[row * k..][..k]);
        }
    }
    Mat::from_fn(d, k, |i, j| sketch[i * k + j])
}

/// `A R⁻¹`.
struct Whitened<'a> {
    a: DenseRows<'a>,
    // By rows, zero below the diagonal.
    triangle: &'a [f64],
}

impl Whitened<'_> {
    /// `x ← R⁻¹ x`.
    fn back(&self, x: &mut [f64]) {
        let k = x.len();
        for i in (0..k).rev() {
            let row = &self.triangle[i * k..][..k];
            let sum: f64 = row[i + 1..].iter().zip(&x[i + 1..]).map(|(r, x)| r * x).sum();
            x[i] = (x[i] - sum) / row[i];
        }
    }
}

impl LinearOperator for Whitened<'_> {
    fn rows(&self) -> usize {
        self.a.rows()
    }

    fn cols(&self) -> usize {
        self.a.cols()
    }

    fn apply(&self, x: &[f64], y: &mut [f64]) {
        let mut back = x.to_vec();
        self.back(&mut back);
        self.a.apply(&back, y);
    }
}

impl Adjoint for Whitened<'_> {
    fn apply_adjoint(&self, y: &[f64], x: &mut [f64]) {
        self.a.apply_adjoint(y, x);
        // R⁻ᵀ, row by row of R so that it is read in order.
        let k = x.len();
        for i in 0..k {
            let row = &self.triangle[i * k..][..k];
            x[i] /= row[i];
            let value = x[i];
            for (x, r) in x[i + 1..].iter_mut().zip(&row[i + 1..]) {
                *x -= r * value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{minimise_by_qr, with_condition};
    use super::*;
    use ansatz_core::{Seed, Stopped};

    fn ill(s: usize, k: usize, condition: f64) -> (Vec<f64>, Vec<f64>) {
        let mut stream = Seed(9).stream("ill", (s * k) as u64);
        let entries = with_condition(s, k, condition, &mut stream).unwrap();
        let a = DenseRows::new(&entries, s, k, k).unwrap();
        let x: Vec<f64> = (0..k).map(|_| stream.normal()).collect();
        let mut b = vec![0.0; s];
        a.apply(&x, &mut b);
        let noise = 0.01 * crate::vector::norm(&b) / (s as f64).sqrt();
        let b = b.iter().map(|b| b + noise * stream.normal()).collect();
        (entries, b)
    }

    #[test]
    fn the_condition_number_does_not_count() {
        for (s, k) in [(30, 20), (900, 12)] {
            let (entries, b) = ill(s, k, 1e6);
            let a = DenseRows::new(&entries, s, k, k).unwrap();
            let fit = Sketched::default().solve(a, &b, None, 0, &mut Run::new(Seed(1))).unwrap();
            assert_eq!(fit.stopped, Stopped::Converged);
            assert!(fit.work.iterations <= 60, "{}", fit.work.iterations);
            let exact = minimise_by_qr(a, &b).unwrap();
            let difference: Vec<f64> = fit.x.iter().zip(&exact).map(|(x, e)| x - e).collect();
            let mut image = vec![0.0; s];
            a.apply(&difference, &mut image);
            assert!(crate::vector::norm(&image) < 1e-10 * crate::vector::norm(&b));
            // From the solution there is nothing left to do.
            let again = Sketched { rtol: 1e-7, ..Sketched::default() };
            let again = again.solve(a, &b, Some(&exact), 0, &mut Run::new(Seed(1))).unwrap();
            assert!(again.work.iterations <= 1);
        }
    }

    #[test]
    fn the_embedding_keeps_lengths() {
        let (entries, _) = ill(2000, 6, 1.0);
        let a = DenseRows::new(&entries, 2000, 6, 6).unwrap();
        let sketch = sparse_embedding(a, 120, 8, &mut Seed(2).stream("sketch", 0));
        // The columns of A are orthonormal.
        let gram = sketch.transpose() * &sketch;
        for i in 0..6 {
            for j in 0..6 {
                let expected = if i == j { 1.0 } else { 0.0 };
                assert!((gram[(i, j)] - expected).abs() < 0.5, "{gram:?}");
            }
        }
    }

    #[test]
    fn a_matrix_without_full_rank_is_refused() {
        let entries: Vec<f64> = (0..40).flat_map(|i| [f64::from(i), 2.0 * f64::from(i)]).collect();
        let a = DenseRows::new(&entries, 40, 2, 2).unwrap();
        let refused = Sketched::default().solve(a, &[1.0; 40], None, 0, &mut Run::new(Seed(0)));
        assert!(refused.unwrap_err().to_string().contains("has not full rank, by column 2"));
        assert!(DenseRows::new(&entries, 41, 2, 2).is_err() && DenseRows::new(&entries, 2, 3, 2).is_err());
    }
}
