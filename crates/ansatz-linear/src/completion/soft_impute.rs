//! Soft-thresholded singular values: the convex relaxation of matrix completion.
//!
//! Minimises `½ ‖P_Ω(X − M)‖² + λ ‖X‖_*` by
//!
//! ```text
//! X ← S_λ(P_Ω(M) + P_Ω⊥(X)),   S_λ(U Σ Vᵀ) = U max(Σ − λ, 0) Vᵀ
//! ```
//!
//! with the whole matrix in memory: `16 n` bytes a row, and `O(m n²)` operations a step for the singular value
//! decomposition; with a limit on the rank `O(m n r)`, by subspace iteration from the vectors of the step before. For
//! small dense problems, and to compare with.
//!
//! Source: Mazumder, Hastie & Tibshirani 2010, JMLR 11, 2287–2322.

use super::Observations;
use super::factors::{by_rows, by_rows_mut};
use ansatz_core::{Error, Result, Run, Stopped, Work};
use faer::Mat;

/// Rounds of subspace iteration in a step; the vectors of the step before are near already.
const ROUNDS: usize = 2;

/// Soft-thresholded singular values.
#[derive(Clone, Debug)]
pub struct SoftImpute {
    /// The threshold `λ ≥ 0`.
    pub lambda: f64,
    /// Singular values beyond so many count as 0; 0 for no limit.
    pub max_rank: usize,
    /// Stop when a step changes `X` by less than this fraction (Frobenius).
    pub change: f64,
    /// At most so many steps.
    pub max_steps: u64,
}

impl Default for SoftImpute {
    fn default() -> Self {
        Self { lambda: 1.0, max_rank: 0, change: 1e-5, max_steps: 100 }
    }
}

/// A matrix in full, completed.
#[derive(Clone, Debug)]
pub struct Imputed {
    columns: usize,
    x: Vec<f64>,
    // Right singular vectors of the last step, by rows, where the rank is limited.
    basis: Vec<f64>,
    /// How many singular values the last step has left.
    pub rank: usize,
    /// Iterations are steps.
    pub work: Work,
    /// Why it ended.
    pub stopped: Stopped,
}

impl Imputed {
    /// The entry in row `i` and column `j`, counted from 0.
    ///
    /// # Panics
    /// If there is no such entry.
    pub fn entry(&self, i: usize, j: usize) -> f64 {
        self.x[i * self.columns + j]
    }

    /// The root mean square of the differences at the entries of `known`, which has the same size.
    pub fn rmse(&self, known: &Observations) -> f64 {
        let square: f64 = known.triplets().map(|(i, j, value)| (self.entry(i, j) - value).powi(2)).sum();
        (square / known.count() as f64).sqrt()
    }
}

impl SoftImpute {
    /// Completes the matrix, from `start` or from zero.
    ///
    /// # Errors
    /// [`Error::Parameter`] if a parameter is out of range or `start` has another size; [`Error::Refused`] if a singular
    /// value decomposition does not converge.
    pub fn fit(&self, known: &Observations, start: Option<&Imputed>, run: &mut Run) -> Result<Imputed> {
        let (m, n) = (known.rows(), known.columns());
        for (name, value) in [("lambda", self.lambda), ("change", self.change)] {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(Error::parameter(name, value, "at least 0 and finite"));
            }
        }
        if start.is_some_and(|start| start.columns != n || start.x.len() != m * n) {
            return Err(Error::parameter("the start", "of another size", format!("{m} × {n}")));
        }
        let width = if self.max_rank == 0 { 0 } else { self.max_rank.min(m).min(n) };
        let mut stream = run.seed().stream("subspace of soft-thresholding", 0);
        let basis = start.map(|start| start.basis.clone()).filter(|basis| basis.len() == n * width);
        let mut imputed = Imputed {
            columns: n,
            x: start.map_or_else(|| vec![0.0; m * n], |start| start.x.clone()),
            basis: basis.unwrap_or_else(|| (0..n * width).map(|_| stream.normal()).collect()),
            rank: 0,
            work: Work::default(),
            stopped: Stopped::EvaluationLimit,
        };
        let size = known.rms().max(f64::MIN_POSITIVE);
        while imputed.work.iterations < self.max_steps {
            let mut filled = imputed.x.clone();
            let mut square = 0.0;
            for (i, j, value) in known.triplets() {
                square += (filled[i * n + j] - value).powi(2);
                filled[i * n + j] = value;
            }
            let shrunk = self.shrink(&filled, &mut imputed, width)?;
            let (mut difference, mut length) = (0.0, 0.0);
            for (new, old) in shrunk.iter().zip(&imputed.x) {
                difference += (new - old).powi(2);
                length += old * old;
            }
            imputed.x = shrunk;
            imputed.work.iterations += 1;
            imputed.work.evaluations += 1;
            let why = run.step(&imputed.work, (square / known.count() as f64).sqrt() / size);
            if difference.sqrt() <= self.change * length.sqrt() {
                imputed.stopped = Stopped::Converged;
                break;
            }
            if let Some(why) = why {
                imputed.stopped = why;
                break;
            }
        }
        Ok(imputed)
    }

    /// `S_λ` of the matrix `filled`, by rows.
    fn shrink(&self, filled: &[f64], imputed: &mut Imputed, width: usize) -> Result<Vec<f64>> {
        let n = imputed.columns;
        let z = by_rows(filled, n);
        let failed = |e| Error::refused(format!("the matrix has no singular value decomposition: {e:?}"));
        let (u, s, v) = if width == 0 {
            let svd = z.thin_svd().map_err(failed)?;
            (svd.U().to_owned(), svd.S().column_vector().to_owned(), svd.V().to_owned())
        } else {
            let mut basis = by_rows(&imputed.basis, width).qr().compute_thin_Q();
            for _ in 1..ROUNDS {
                let image = (z * &basis).qr().compute_thin_Q();
                basis = (z.transpose() * image).qr().compute_thin_Q();
            }
            // Z Q = W, W = U S Cᵀ: Z ≈ U S (Q C)ᵀ
            let image = z * &basis;
            let svd = image.thin_svd().map_err(failed)?;
            let v = &basis * svd.V();
            by_rows_mut(&mut imputed.basis, width).copy_from(&v);
            (svd.U().to_owned(), svd.S().column_vector().to_owned(), v)
        };
        let left: Vec<usize> = (0..s.nrows()).filter(|&l| s[l] > self.lambda).collect();
        imputed.rank = left.len();
        let mut shrunk = vec![0.0; filled.len()];
        if !left.is_empty() {
            let r = left.len();
            let scaled = Mat::from_fn(u.nrows(), r, |i, l| u[(i, l)] * (s[l] - self.lambda));
            by_rows_mut(&mut shrunk, n).copy_from(scaled * v.get(.., ..r).transpose());
        }
        Ok(shrunk)
    }
}
