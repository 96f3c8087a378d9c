//! Covariances, as they are given and as predictions use them.

use super::rotation::Matrix;
use ansatz_core::{Error, Result};
use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::{Mat, Par, Spec};

/// A covariance, as it is given.
#[derive(Clone, Debug, PartialEq)]
pub enum Covariance {
    /// A multiple of the identity.
    Isotropic(f64),
    /// The variances of independent coordinates.
    Diagonal(Vec<f64>),
    /// The whole matrix, row by row.
    Full(Vec<f64>),
}

/// The covariance as predictions use it.
#[derive(Clone, Debug)]
pub(super) enum Axes {
    Isotropic(f64),
    Diagonal(Vec<f64>),
    Rotated {
        /// Eigenvalues.
        values: Vec<f64>,
        /// Coordinate `i` of eigenvector `j` at `(i, j)`.
        vectors: Matrix,
        /// The same at `(j, i)`.
        transposed: Matrix,
    },
}

impl Axes {
    pub(super) fn new(covariance: Covariance, dim: usize, k: usize) -> Result<Self> {
        let refuse = |value: f64| {
            let name = format!("the covariance of component {k}");
            let given = format!("one with the eigenvalue {value}");
            Err(Error::parameter(name, given, "finite, with no eigenvalue below 0"))
        };
        let count = |len: usize, wanted: usize| {
            let name = format!("the length of the covariance of component {k}");
            if len == wanted { Ok(()) } else { Err(Error::parameter(name, len, wanted.to_string())) }
        };
        let valid = |e: f64| e >= 0.0 && e.is_finite();
        match covariance {
            Covariance::Isotropic(e) if valid(e) => Ok(Self::Isotropic(e)),
            Covariance::Isotropic(e) => refuse(e),
            Covariance::Diagonal(e) => {
                count(e.len(), dim)?;
                match e.iter().find(|e| !valid(**e)) {
                    Some(wrong) => refuse(*wrong),
                    None => Ok(Self::Diagonal(e)),
                }
            }
            Covariance::Full(c) => {
                count(c.len(), dim * dim)?;
                if let Some(wrong) = c.iter().find(|v| !v.is_finite()) {
                    return refuse(*wrong);
                }
                let scale = c.iter().fold(0.0f64, |m, v| m.max(v.abs()));
                let skew = |i: usize, j: usize| (c[i * dim + j] - c[j * dim + i]).abs() > 1e-12 * scale;
                if (0..dim).any(|i| (0..i).any(|j| skew(i, j))) {
                    return Err(Error::parameter(
                        format!("the covariance of component {k}"),
                        "not symmetric",
                        "symmetric",
                    ));
                }
                let matrix = Mat::from_fn(dim, dim, |i, j| c[i * dim + j]);
                let (mut diagonal, mut vectors) = (Diag::<f64>::zeros(dim), Mat::<f64>::zeros(dim, dim));
                // One thread: the bits must not depend on how many there are.
                let scratch = self_adjoint_evd_scratch::<f64>(dim, ComputeEigenvectors::Yes, Par::Seq, Spec::default());
                let mut memory = MemBuffer::new(scratch);
                let (values, axes) = (diagonal.as_mut(), Some(vectors.as_mut()));
                let stack = MemStack::new(&mut memory);
                if self_adjoint_evd(matrix.as_ref(), values, axes, Par::Seq, stack, Spec::default()).is_err() {
                    return refuse(f64::NAN);
                }
                let mut values: Vec<f64> = (0..dim).map(|j| diagonal[j]).collect();
                // Rounding may carry an eigenvalue that is 0 to the other side.
                for e in &mut values {
                    if *e < 0.0 && *e > -1e-12 * scale * dim as f64 {
                        *e = 0.0;
                    }
                }
                if let Some(wrong) = values.iter().find(|e| !valid(**e)) {
                    return refuse(*wrong);
                }
                let transposed = Matrix::new(dim, |i, j| vectors[(j, i)]);
                Ok(Self::Rotated { values, vectors: Matrix::new(dim, |i, j| vectors[(i, j)]), transposed })
            }
        }
    }

    /// Writes `z = Uᵀ y`; `z` is padded.
    pub(super) fn turn(&self, y: &[f64], z: &mut [f64]) {
        match self {
            Self::Isotropic(_) | Self::Diagonal(_) => z[..y.len()].copy_from_slice(y),
            Self::Rotated { vectors, .. } => vectors.products(y, z),
        }
    }

    /// Writes `y = U z`; `y` is padded.
    pub(super) fn turn_back(&self, z: &[f64], y: &mut [f64]) {
        match self {
            Self::Isotropic(_) | Self::Diagonal(_) => y[..z.len()].copy_from_slice(z),
            Self::Rotated { transposed, .. } => transposed.products(z, y),
        }
    }

    /// Eigenvalue `i`.
    pub(super) fn eigenvalue(&self, i: usize) -> f64 {
        match self {
            Self::Isotropic(e) => *e,
            Self::Diagonal(e) | Self::Rotated { values: e, .. } => e[i],
        }
    }

    /// Adds `U (√e ⊙ z)` to `out`: a normal sample from a standard one.
    pub(super) fn spread(&self, z: &[f64], out: &mut [f64]) {
        match self {
            Self::Isotropic(e) => out.iter_mut().zip(z).for_each(|(out, z)| *out += e.sqrt() * z),
            Self::Diagonal(e) => out.iter_mut().zip(z).zip(e).for_each(|((out, z), e)| *out += e.sqrt() * z),
            Self::Rotated { values, vectors, .. } => {
                for (i, out) in out.iter_mut().enumerate() {
                    *out += values
                        .iter()
                        .zip(z)
                        .enumerate()
                        .map(|(j, (e, z))| vectors.get(i, j) * e.sqrt() * z)
                        .sum::<f64>();
                }
            }
        }
    }

    /// The least variance.
    pub(super) fn least(&self) -> f64 {
        match self {
            Self::Isotropic(e) => *e,
            Self::Diagonal(e) | Self::Rotated { values: e, .. } => e.iter().copied().fold(f64::INFINITY, f64::min),
        }
    }

    /// The matrix, row by row.
    pub(super) fn matrix(&self, d: usize) -> Vec<f64> {
        let entry = |i: usize, j: usize| match self {
            Self::Isotropic(e) if i == j => *e,
            Self::Diagonal(e) if i == j => e[i],
            Self::Isotropic(_) | Self::Diagonal(_) => 0.0,
            Self::Rotated { values, vectors, .. } => {
                values.iter().enumerate().map(|(k, e)| vectors.get(i, k) * e * vectors.get(j, k)).sum()
            }
        };
        (0..d * d).map(|at| entry(at / d, at % d)).collect()
    }
}
