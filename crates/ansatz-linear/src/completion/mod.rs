//! Matrices of low rank from some of their entries.
//!
//! * [`Observations`]: what is known; [`Factors`]: a matrix `U Vᵀ`;
//! * [`AltMin`]: alternating minimisation with inexact inner solves, `O(|Ω| k)` operations a sweep; its [`Inner`] solver
//!   is a parameter, so exact alternating least squares is the same method with another one;
//! * [`SoftImpute`]: the convex relaxation, to compare with;
//! * [`Planted`]: matrices that are known in full, to test with;
//! * [`subspace_distance`] and [`incoherence`]: what the theory of alternating minimisation speaks of.
//!
//! ```
//! use ansatz_core::{Run, Seed};
//! use ansatz_linear::completion::{AltMin, Observations};
//! // A matrix of rank 1, of which two thirds are known.
//! let entry = |i: usize, j: usize| (i + 1) as f64 * (1.0 + j as f64 / 5.0);
//! let places: Vec<(usize, usize)> =
//!     (0..20).flat_map(|i| (0..15).map(move |j| (i, j))).filter(|(i, j)| (i + j) % 3 > 0).collect();
//! let (rows, columns): (Vec<usize>, Vec<usize>) = places.iter().copied().unzip();
//! let values: Vec<f64> = places.iter().map(|&(i, j)| entry(i, j)).collect();
//! let known = Observations::from_triplets(20, 15, &rows, &columns, &values)?;
//! let fit = AltMin { rank: 1, ..AltMin::default() }.fit(&known, &mut Run::new(Seed(1)))?;
//! assert!((fit.factors().entry(9, 9) - entry(9, 9)).abs() < 1e-6);
//! # Ok::<(), ansatz_core::Error>(())
//! ```

mod alt_min;
mod diagnostics;
mod factors;
mod half_sweep;
mod inner;
mod kernel;
mod observations;
mod planted;
mod soft_impute;
mod spectral;

pub use alt_min::{AltMin, Completion, Sweep};
pub use diagnostics::{incoherence, subspace_distance};
pub use factors::Factors;
pub use inner::Inner;
pub use observations::{Duplicates, Observations};
pub use planted::Planted;
pub use soft_impute::{Imputed, SoftImpute};
