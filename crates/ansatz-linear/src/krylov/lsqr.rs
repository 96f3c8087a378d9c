//! LSQR: least squares with large sparse or structured matrices.
//!
//! Minimises `‖A x − b‖² + damp² ‖x‖²` for any `A` that can be applied together with its adjoint, by the
//! bidiagonalisation of Golub & Kahan:
//!
//! ```text
//! β u ← A v − α u,   α v ← Aᵀ u − β v
//! ```
//!
//! whose bidiagonal least-squares problem is updated by one plane rotation an iteration. In exact arithmetic the
//! iterates are those of conjugate gradients on the normal equations `AᵀA x = Aᵀb`, without their squared condition
//! number in the rounding errors. Ends at `‖r‖ ≤ rtol ‖b‖`, or at `‖Aᵀr‖ ≤ rtol ‖A‖ ‖r‖` where the system is not
//! consistent, with the estimate of `‖A‖` (Frobenius) that the iteration builds up; either is confirmed on the true
//! residual. An iteration costs a product with `A` and one with `Aᵀ`, and five passes over vectors.
//!
//! Source: Paige & Saunders 1982, ACM TOMS 8, 43–71.

use crate::solution::PRODUCTS;
use crate::vector::{add_scaled, check, check_rtol, norm, residual, scale_and_add};
use crate::{Adjoint, LinearOperator};
use ansatz_core::{Error, Result, Run, Stopped, Work};

/// So often the iteration may start anew from the true residual before rounding errors are said to have the last word.
const RESTARTS: u32 = 5;

/// LSQR.
#[derive(Clone, Debug)]
pub struct Lsqr {
    /// The ridge `damp ≥ 0`.
    pub damp: f64,
    /// Stop at this residual relative to `b`, or at this gradient relative to `‖A‖ ‖r‖`.
    pub rtol: f64,
    /// At most so many iterations.
    pub max_iterations: u64,
}

impl Default for Lsqr {
    fn default() -> Self {
        Self { damp: 0.0, rtol: 1e-8, max_iterations: 10_000 }
    }
}

/// The solution of a least-squares problem, how it was come by, and why the iteration ended.
#[derive(Clone, Debug)]
pub struct LeastSquares {
    /// The last iterate.
    pub x: Vec<f64>,
    /// `(‖A x − b‖² + damp² ‖x‖²)^½` before the first iteration and after each.
    pub residuals: Vec<f64>,
    /// Half its gradient, `‖Aᵀ(b − A x) − damp² x‖`, before the first iteration and after each.
    pub gradients: Vec<f64>,
    /// Iterations; and "products" with the matrix and its adjoint, together.
    pub work: Work,
    /// [`Stopped::Converged`] at the tolerance, [`Stopped::EvaluationLimit`] at the limit of iterations,
    /// [`Stopped::Stalled`] if rounding errors keep the true residual above the tolerance, or the run's reason.
    pub stopped: Stopped,
}

impl Lsqr {
    /// Minimises from `x0`, or from zero.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `rtol` is outside (0, 1), `damp` is negative, or sizes differ; [`Error::NotFinite`] for
    /// data that are not finite. A run that ends early is no error.
    ///
    /// ```
    /// use ansatz_core::{Run, Seed};
    /// use ansatz_linear::{Csr, krylov::Lsqr};
    /// // The line through (0, 1), (1, 2), (2, 4) with least squares.
    /// let entries: Vec<_> = (0..3).flat_map(|i| [(i, 0, 1.0), (i, 1, i as f64)]).collect();
    /// let a = Csr::from_triplets(3, 2, &entries)?;
    /// let fit = Lsqr::default().solve(&a, &[1.0, 2.0, 4.0], None, &mut Run::new(Seed(0)))?;
    /// assert!((fit.x[0] - 5.0 / 6.0).abs() < 1e-12 && (fit.x[1] - 1.5).abs() < 1e-12);
    /// # Ok::<(), ansatz_core::Error>(())
    /// ```
    pub fn solve(&self, a: &impl Adjoint, b: &[f64], x0: Option<&[f64]>, run: &mut Run) -> Result<LeastSquares> {
        check_rtol(self.rtol)?;
        if !(self.damp >= 0.0 && self.damp.is_finite()) {
            return Err(Error::parameter("damp", self.damp, "at least 0 and finite"));
        }
        if b.len() != a.rows() {
            let value = format!("of length {}", b.len());
            return Err(Error::parameter("the right-hand side", value, format!("of length {}, the rows", a.rows())));
        }
        check("the right-hand side", b, a.rows())?;
        if let Some(x0) = x0 {
            check("the initial guess", x0, a.cols())?;
        }
        if self.damp == 0.0 {
            return Ok(self.iterate(a, b, x0, run));
        }
        // [A; damp I] x ≈ [b; 0]
        let mut b = b.to_vec();
        b.resize(a.rows() + a.cols(), 0.0);
        Ok(self.iterate(&Damped { a, damp: self.damp }, &b, x0, run))
    }

    fn iterate(&self, a: &impl Adjoint, b: &[f64], x0: Option<&[f64]>, run: &mut Run) -> LeastSquares {
        let (rows, cols) = (a.rows(), a.cols());
        let mut x = x0.map_or_else(|| vec![0.0; cols], <[f64]>::to_vec);
        let length = norm(b);
        let (mut u, mut v, mut w) = (vec![0.0; rows], vec![0.0; cols], vec![0.0; cols]);
        let (mut au, mut av) = (vec![0.0; cols], vec![0.0; rows]);
        let (mut residuals, mut gradients) = (Vec::new(), Vec::new());
        let (mut iterations, mut products, mut restarts) = (0u64, 0u64, 0u32);
        let mut size = 0.0f64;
        let stopped = 'restart: loop {
            // β u = b − A x,   α v = Aᵀ u
            a.apply(&x, &mut u);
            let mut beta = residual(b, &mut u);
            a.apply_adjoint(&u, &mut v);
            products += 2;
            let gradient = norm(&v);
            let mut alpha = if beta > 0.0 { gradient / beta } else { 0.0 };
            if residuals.is_empty() {
                residuals.push(beta);
                gradients.push(gradient);
            } else if let (Some(last), Some(slope)) = (residuals.last_mut(), gradients.last_mut()) {
                (*last, *slope) = (beta, gradient);
            }
            // Before the first iteration there is no estimate of ‖A‖, but one product with its adjoint.
            size = size.max(alpha);
            if beta <= self.rtol * length || gradient == 0.0 || (iterations > 0 && alpha <= self.rtol * size) {
                break Stopped::Converged;
            }
            if iterations > 0 {
                if restarts == RESTARTS {
                    break Stopped::Stalled;
                }
                restarts += 1;
            }
            scale(1.0 / beta, &mut u);
            scale(1.0 / gradient, &mut v);
            w.copy_from_slice(&v);
            let (mut phi_bar, mut rho_bar) = (beta, alpha);
            let mut square = alpha * alpha;
            loop {
                if iterations == self.max_iterations {
                    break 'restart Stopped::EvaluationLimit;
                }
                a.apply(&v, &mut av);
                scale_and_add(&av, -alpha, &mut u);
                beta = norm(&u);
                if beta > 0.0 {
                    scale(1.0 / beta, &mut u);
                }
                a.apply_adjoint(&u, &mut au);
                scale_and_add(&au, -beta, &mut v);
                alpha = norm(&v);
                if alpha > 0.0 {
                    scale(1.0 / alpha, &mut v);
                }
                products += 2;
                square += alpha * alpha + beta * beta;
                size = square.sqrt();
                // The rotation that makes the bidiagonal matrix upper triangular.
                let rho = rho_bar.hypot(beta);
                let (c, s) = (rho_bar / rho, beta / rho);
                let theta = s * alpha;
                rho_bar = -c * alpha;
                let phi = c * phi_bar;
                phi_bar *= s;
                add_scaled(phi / rho, &w, &mut x);
                scale_and_add(&v, -theta / rho, &mut w);
                iterations += 1;
                let slope = phi_bar * alpha * c.abs();
                residuals.push(phi_bar);
                gradients.push(slope);
                let work = Work { iterations, evaluations: products, ..Work::default() };
                let why = run.step(&work, phi_bar);
                // Being done comes before being told to stop; not-a-number is not being done.
                if phi_bar <= self.rtol * length || slope <= self.rtol * size * phi_bar {
                    continue 'restart;
                }
                if let Some(why) = why {
                    break 'restart why;
                }
            }
        };
        let mut work = Work { iterations, ..Work::default() };
        work.add(PRODUCTS, products);
        LeastSquares { x, residuals, gradients, work, stopped }
    }
}

fn scale(factor: f64, x: &mut [f64]) {
    for x in x {
        *x *= factor;
    }
}

/// `[A; damp I]`.
struct Damped<'a, A> {
    a: &'a A,
    damp: f64,
}

impl<A: Adjoint> LinearOperator for Damped<'_, A> {
    fn rows(&self) -> usize {
        self.a.rows() + self.a.cols()
    }

    fn cols(&self) -> usize {
        self.a.cols()
    }

    fn apply(&self, x: &[f64], y: &mut [f64]) {
        let (top, bottom) = y.split_at_mut(self.a.rows());
        self.a.apply(x, top);
        for (y, x) in bottom.iter_mut().zip(x) {
            *y = self.damp * x;
        }
    }
}

impl<A: Adjoint> Adjoint for Damped<'_, A> {
    fn apply_adjoint(&self, y: &[f64], x: &mut [f64]) {
        let (top, bottom) = y.split_at(self.a.rows());
        self.a.apply_adjoint(top, x);
        add_scaled(self.damp, bottom, x);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Csr;
    use crate::problems::laplacian_2d;
    use ansatz_core::Seed;
    use faer::prelude::*;

    fn random(rows: usize, cols: usize) -> (Csr, Vec<f64>) {
        let mut stream = Seed(3).stream("lsqr", (rows * cols) as u64);
        let entries: Vec<_> = (0..6 * rows).map(|e| (e % rows, stream.below(cols), stream.normal())).collect();
        let b = (0..rows).map(|_| stream.normal()).collect();
        (Csr::from_triplets(rows, cols, &entries).unwrap(), b)
    }

    /// The solution by QR decomposition of the dense `[A; damp I]`.
    fn by_qr(a: &Csr, damp: f64, b: &[f64]) -> Vec<f64> {
        let mut dense = Mat::<f64>::zeros(a.rows() + a.cols(), a.cols());
        for (i, j, value) in a.triplets() {
            dense[(i, j)] = value;
        }
        for j in 0..a.cols() {
            dense[(a.rows() + j, j)] = damp;
        }
        let rhs = Mat::from_fn(a.rows() + a.cols(), 1, |i, _| b.get(i).copied().unwrap_or(0.0));
        let x = dense.qr().solve_lstsq(rhs);
        (0..a.cols()).map(|j| x[(j, 0)]).collect()
    }

    #[test]
    fn it_agrees_with_a_qr_decomposition() {
        let (a, b) = random(90, 40);
        let mut stream = Seed(4).stream("start", 0);
        let start: Vec<f64> = (0..40).map(|_| stream.normal()).collect();
        for damp in [0.0, 0.7] {
            let exact = by_qr(&a, damp, &b);
            for x0 in [None, Some(&start[..])] {
                let lsqr = Lsqr { damp, rtol: 1e-13, ..Lsqr::default() };
                let fit = lsqr.solve(&a, &b, x0, &mut Run::new(Seed(0))).unwrap();
                assert_eq!(fit.stopped, Stopped::Converged);
                let error = fit.x.iter().zip(&exact).map(|(x, e)| (x - e).abs()).fold(0.0, f64::max);
                assert!(error < 1e-10, "{error}");
                assert_eq!(fit.residuals.len() as u64, fit.work.iterations + 1);
                assert!(fit.residuals.windows(2).all(|pair| pair[1] <= pair[0] * (1.0 + 1e-12)));
            }
        }
    }

    #[test]
    fn a_consistent_system_is_solved_and_limits_are_kept() {
        let a = laplacian_2d(12, 9).unwrap();
        let b: Vec<f64> = (0..108).map(|i| f64::from(i).sin()).collect();
        let exact = crate::direct::solve(&a, &b).unwrap();
        let fit = Lsqr { rtol: 1e-12, ..Lsqr::default() }.solve(&a, &b, None, &mut Run::new(Seed(0))).unwrap();
        assert!(fit.stopped == Stopped::Converged && fit.residuals.last().unwrap() < &1e-11);
        assert!(fit.x.iter().zip(&exact).all(|(x, e)| (x - e).abs() < 1e-9));
        let short = Lsqr { max_iterations: 7, ..Lsqr::default() };
        let fit = short.solve(&a, &b, None, &mut Run::new(Seed(0))).unwrap();
        assert_eq!((fit.stopped, fit.work.iterations), (Stopped::EvaluationLimit, 7));
        // The history of the gradient is that of the iterates.
        let (mut r, mut g) = (vec![0.0; 108], vec![0.0; 108]);
        a.apply(&fit.x, &mut r);
        let size = residual(&b, &mut r);
        a.apply_adjoint(&r, &mut g);
        assert!((fit.residuals[7] / size - 1.0).abs() < 1e-10);
        assert!((fit.gradients[7] / norm(&g) - 1.0).abs() < 1e-8);
        let zero = Lsqr::default().solve(&a, &[0.0; 108], None, &mut Run::new(Seed(0))).unwrap();
        assert!(zero.stopped == Stopped::Converged && zero.x.iter().all(|&x| x == 0.0));
    }

    #[test]
    fn bad_input_is_refused_in_a_sentence() {
        let (a, b) = random(20, 10);
        let refusal = |lsqr: &Lsqr, b: &[f64]| lsqr.solve(&a, b, None, &mut Run::new(Seed(0))).unwrap_err().to_string();
        assert!(refusal(&Lsqr::default(), &b[..3]).contains("of length 3, but must be of length 20"));
        assert!(refusal(&Lsqr { damp: -1.0, ..Lsqr::default() }, &b).starts_with("damp is -1"));
        let mut bad = b.clone();
        bad[4] = f64::NAN;
        assert!(refusal(&Lsqr::default(), &bad).contains("not finite at entry 5"));
    }
}
