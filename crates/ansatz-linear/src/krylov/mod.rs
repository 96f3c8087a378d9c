//! Krylov subspace methods.
//!
//! | method | matrix | minimises | products an iteration |
//! |---|---|---|---|
//! | [`ConjugateGradients`] | symmetric positive definite | the error in the norm of `A` | 1 |
//! | [`Minres`] | symmetric | the residual | 1 |
//! | [`Gmres`] | square | the residual, until it restarts | 1, and all vectors before |
//! | [`BiCgStab`] | square | nothing for certain | 2 |
//! | [`Lsqr`] | any | the residual | 1 and 1 with the adjoint |

mod bicgstab;
mod cg;
mod gmres;
mod lsqr;
mod minres;

pub use bicgstab::BiCgStab;
pub use cg::ConjugateGradients;
pub use gmres::Gmres;
pub use lsqr::{LeastSquares, Lsqr};
pub use minres::Minres;

use crate::vector::check;
use crate::{LinearOperator, Preconditioner};
use ansatz_core::{Error, Result};

/// Checks the sizes of a square system and that its data are finite; gives the initial guess, which is zero if there is
/// none or nothing is asked for.
fn start(a: &impl LinearOperator, m: &impl Preconditioner, b: &[f64], x0: Option<&[f64]>) -> Result<Vec<f64>> {
    let n = a.rows();
    if a.cols() != n {
        return Err(Error::parameter("the matrix", format!("{n} × {}", a.cols()), "square"));
    }
    if let Some(size) = m.size().filter(|&size| size != n) {
        return Err(Error::parameter("the preconditioner's size", size, format!("{n}, the size of the matrix")));
    }
    check("the right-hand side", b, n)?;
    let zero = || vec![0.0; n];
    let Some(x0) = x0 else { return Ok(zero()) };
    check("the initial guess", x0, n)?;
    Ok(if b.iter().all(|b| *b == 0.0) { zero() } else { x0.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Csr, Identity};
    use ansatz_core::{Run, Seed, Stopped};

    /// A square matrix without symmetry, well enough conditioned, and a right-hand side.
    pub(super) fn without_symmetry(n: usize) -> (Csr, Vec<f64>) {
        let mut stream = Seed(8).stream("matrix without symmetry", n as u64);
        let mut entries: Vec<_> = (0..4 * n).map(|_| (stream.below(n), stream.below(n), stream.normal())).collect();
        entries.extend((0..n).map(|i| (i, i, 6.0 + stream.normal())));
        (Csr::from_triplets(n, n, &entries).unwrap(), (0..n).map(|_| stream.normal()).collect())
    }

    #[test]
    fn sizes_and_numbers_are_checked_by_all() {
        let (a, b) = without_symmetry(9);
        let wide = Csr::from_triplets(2, 3, &[(0, 0, 1.0)]).unwrap();
        let mut bad = b.clone();
        bad[4] = f64::INFINITY;
        let refusals = |a: &Csr, b: &[f64], x0: Option<&[f64]>| {
            let run = &mut Run::new(Seed(0));
            [
                Minres::default().solve(a, &Identity, b, x0, run).unwrap_err().to_string(),
                Gmres::default().solve(a, &Identity, b, x0, run).unwrap_err().to_string(),
                BiCgStab::default().solve(a, &Identity, b, x0, run).unwrap_err().to_string(),
                ConjugateGradients::default().solve(a, &Identity, b, x0, run).unwrap_err().to_string(),
            ]
        };
        assert!(refusals(&wide, &b, None).iter().all(|e| e.contains("2 × 3, but must be square")));
        assert!(refusals(&a, &b[1..], None).iter().all(|e| e.contains("of length 8, but must be of length 9")));
        assert!(refusals(&a, &bad, None).iter().all(|e| e.contains("the right-hand side is not finite at entry 5")));
        assert!(refusals(&a, &b, Some(&bad)).iter().all(|e| e.contains("the initial guess is not finite")));
    }

    #[test]
    fn nothing_asked_is_nothing_done() {
        let (a, b) = without_symmetry(9);
        let run = &mut Run::new(Seed(0));
        let solutions = [
            Minres::default().solve(&a, &Identity, &[0.0; 9], Some(&b), run).unwrap(),
            Gmres::default().solve(&a, &Identity, &[0.0; 9], Some(&b), run).unwrap(),
            BiCgStab::default().solve(&a, &Identity, &[0.0; 9], Some(&b), run).unwrap(),
        ];
        for solution in solutions {
            assert_eq!((solution.stopped, solution.work.iterations), (Stopped::Converged, 0));
            assert_eq!(solution.x, [0.0; 9]);
        }
    }
}
