//! Products of many vectors with one square matrix, for the widest vectors of the machine.
//!
//! `z = Mᵀ y` for the rows `y` of a block: four rows share each load of the matrix. Every sum runs over the coordinates in
//! their order, with fused multiplication, so that a row's bits depend neither on the rows beside it nor on the processor.

/// Columns that are summed at once; matrices are padded to a multiple of it.
const LANES: usize = 16;
/// Rows that share a load.
const ROWS: usize = 4;

/// A square matrix, its rows padded with zeros.
#[derive(Clone, Debug)]
pub(super) struct Matrix {
    dim: usize,
    stride: usize,
    entries: Vec<f64>,
}

/// `d` rounded up to whole lanes: the length that products have.
pub(super) fn padded(d: usize) -> usize {
    d.next_multiple_of(LANES)
}

impl Matrix {
    pub(super) fn new(dim: usize, entry: impl Fn(usize, usize) -> f64) -> Self {
        let stride = padded(dim);
        let mut entries = vec![0.0; dim * stride];
        for i in 0..dim {
            for j in 0..dim {
                entries[i * stride + j] = entry(i, j);
            }
        }
        Self { dim, stride, entries }
    }

    pub(super) fn get(&self, i: usize, j: usize) -> f64 {
        self.entries[i * self.stride + j]
    }

    /// Writes `z_j = Σ_i M_ij y_i` for every row `y`; rows of `y` have `dim` numbers, those of `z` [`padded`] many.
    pub(super) fn products(&self, y: &[f64], z: &mut [f64]) {
        struct Job<'a>(&'a Matrix, &'a [f64], &'a mut [f64]);
        impl pulp::NullaryFnOnce for Job<'_> {
            type Output = ();
            #[inline(always)]
            fn call(self) {
                let Self(matrix, y, z) = self;
                let (d, stride) = (matrix.dim, matrix.stride);
                let mut y = y.chunks_exact(ROWS * d);
                let mut z = z.chunks_exact_mut(ROWS * stride);
                for (y, z) in (&mut y).zip(&mut z) {
                    tile::<ROWS>(&matrix.entries, d, stride, y, z);
                }
                let (y, z) = (y.remainder(), z.into_remainder());
                for (y, z) in y.chunks_exact(d).zip(z.chunks_exact_mut(stride)) {
                    tile::<1>(&matrix.entries, d, stride, y, z);
                }
            }
        }
        pulp::Arch::new().dispatch(Job(self, y, z));
    }
}

#[inline(always)]
fn tile<const N: usize>(matrix: &[f64], d: usize, stride: usize, y: &[f64], z: &mut [f64]) {
    for at in (0..stride).step_by(LANES) {
        let mut sums = [[0.0; LANES]; N];
        for i in 0..d {
            let row = &matrix[i * stride + at..][..LANES];
            for n in 0..N {
                let c = y[n * d + i];
                for lane in 0..LANES {
                    sums[n][lane] = c.mul_add(row[lane], sums[n][lane]);
                }
            }
        }
        for n in 0..N {
            z[n * stride + at..][..LANES].copy_from_slice(&sums[n]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansatz_core::Seed;

    #[test]
    fn products_are_sums_whatever_stands_beside() {
        let mut stream = Seed(1).stream("rotation", 0);
        for d in [1, 3, 16, 33] {
            let entries: Vec<f64> = (0..d * d).map(|_| stream.normal()).collect();
            let matrix = Matrix::new(d, |i, j| entries[i * d + j]);
            for rows in [1, 4, 7] {
                let y: Vec<f64> = (0..rows * d).map(|_| stream.normal()).collect();
                let mut z = vec![f64::NAN; rows * padded(d)];
                matrix.products(&y, &mut z);
                for (y, z) in y.chunks(d).zip(z.chunks(padded(d))) {
                    let mut alone = vec![0.0; padded(d)];
                    matrix.products(y, &mut alone);
                    assert_eq!(alone, z);
                    for (j, z) in z.iter().enumerate() {
                        let sum = if j < d { (0..d).map(|i| matrix.get(i, j) * y[i]).sum() } else { 0.0f64 };
                        assert!((sum - z).abs() < 1e-13 * d as f64);
                    }
                }
            }
        }
    }
}
