//! The five-point Laplacian.

use crate::Csr;
use ansatz_core::Result;
use std::f64::consts::PI;

/// The negative five-point Laplacian on `nx` × `ny` interior points, times the square of the mesh width: 4 on the
/// diagonal, −1 for each neighbour; zero outside. Points are numbered along `x` first.
///
/// # Errors
/// `Error::Parameter` for an empty grid, or one of 2³² points or more.
pub fn laplacian_2d(nx: usize, ny: usize) -> Result<Csr> {
    let mut entries = Vec::with_capacity(5 * nx * ny);
    for j in 0..ny {
        for i in 0..nx {
            let k = i + nx * j;
            if j > 0 {
                entries.push((k, k - nx, -1.0));
            }
            if i > 0 {
                entries.push((k, k - 1, -1.0));
            }
            entries.push((k, k, 4.0));
            if i + 1 < nx {
                entries.push((k, k + 1, -1.0));
            }
            if j + 1 < ny {
                entries.push((k, k + nx, -1.0));
            }
        }
    }
    Csr::from_triplets(nx * ny, nx * ny, &entries)
}

/// The spectral radius of Jacobi's iteration for that matrix on `n` × `n` points with `shift` added to its diagonal:
/// `4 cos(π/(n + 1)) / (4 + shift)`.
pub fn laplacian_radius(n: usize, shift: f64) -> f64 {
    4.0 * (PI / (n as f64 + 1.0)).cos() / (4.0 + shift)
}
