//! The inner loops of alternating least squares: products with a panel of gathered rows, in the widest vectors of the
//! machine.
//!
//! A panel holds the rows `aᵢᵀ` of a matrix `A` (`s × k`) one after the other, padded with zeros to whole blocks of
//! [`LANES`] columns and [`ROWS`] rows, so that no loop has a remainder. What is asked of it are `AᵀA p` and
//! `Aᵀ(y − A v)`: each reads the panel once, four rows at a time, so that four products are under way at once and
//! the sum of the rows is loaded and stored once for four of them.

use pulp::{Arch, Simd, WithSimd};

/// Columns are padded to a multiple of this: a whole number of vectors of every width.
const LANES: usize = 8;
/// Rows are padded to a multiple of this.
const ROWS: usize = 4;

/// Rows of a factor, gathered and padded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Panel {
    entries: Vec<f64>,
    rows: usize,
    cols: usize,
    stride: usize,
}

/// `n` rounded up to whole vectors.
pub(crate) fn padded(n: usize) -> usize {
    n.next_multiple_of(LANES)
}

impl Panel {
    /// Gathers the rows `index` of the matrix `factor`, stored by rows of length `k`.
    pub(crate) fn gather(&mut self, factor: &[f64], k: usize, index: &[u32]) {
        let stride = padded(k);
        (self.rows, self.cols, self.stride) = (index.len(), k, stride);
        // The padding must be zero; where the shape changes, what was in its place before is not.
        self.entries.clear();
        self.entries.resize(index.len().next_multiple_of(ROWS) * stride, 0.0);
        for (row, &i) in self.entries.chunks_exact_mut(stride).zip(index) {
            row[..k].copy_from_slice(&factor[i as usize * k..][..k]);
        }
    }

    /// The number of rows without padding.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The distance between two rows.
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// The entries by rows, padding included.
    pub(crate) fn entries(&self) -> &[f64] {
        &self.entries
    }

    /// `‖A‖²` (Frobenius).
    pub(crate) fn square(&self) -> f64 {
        self.entries.iter().map(|a| a * a).sum()
    }

    /// Row `i`.
    pub(crate) fn row(&self, i: usize) -> &[f64] {
        &self.entries[i * self.stride..][..self.cols]
    }

    /// `t ← A p` and `z ← Aᵀ t`. `p` and `z` have the padded number of columns, `t` at least the padded number of rows.
    pub(crate) fn normal_product(&self, p: &[f64], t: &mut [f64], z: &mut [f64]) {
        Arch::new().dispatch(Normal { panel: self, y: None, p, t, z });
    }

    /// `t ← y − A v` and `z ← Aᵀ t`, where `y` has at least the padded number of rows.
    pub(crate) fn residual_gradient(&self, y: &[f64], v: &[f64], t: &mut [f64], z: &mut [f64]) {
        Arch::new().dispatch(Normal { panel: self, y: Some(y), p: v, t, z });
    }
}

struct Normal<'a> {
    panel: &'a Panel,
    y: Option<&'a [f64]>,
    p: &'a [f64],
    t: &'a mut [f64],
    z: &'a mut [f64],
}

impl WithSimd for Normal<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { panel, y, p, t, z } = self;
        let (p, _) = S::as_simd_f64s(p);
        let (z, _) = S::as_mut_simd_f64s(z);
        z.fill(simd.splat_f64s(0.0));
        let stride = panel.stride;
        for (block, rows) in panel.entries.chunks_exact(ROWS * stride).enumerate() {
            let (a, rest) = rows.split_at(stride);
            let (b, rest) = rest.split_at(stride);
            let (c, d) = rest.split_at(stride);
            let (a, b, c, d) = (S::as_simd_f64s(a).0, S::as_simd_f64s(b).0, S::as_simd_f64s(c).0, S::as_simd_f64s(d).0);
            let zero = simd.splat_f64s(0.0);
            let mut sums = [zero; ROWS];
            for ((((&p, &a), &b), &c), &d) in p.iter().zip(a).zip(b).zip(c).zip(d) {
                sums[0] = simd.mul_add_e_f64s(a, p, sums[0]);
                sums[1] = simd.mul_add_e_f64s(b, p, sums[1]);
                sums[2] = simd.mul_add_e_f64s(c, p, sums[2]);
                sums[3] = simd.mul_add_e_f64s(d, p, sums[3]);
            }
            let mut product = sums.map(|sum| simd.reduce_sum_f64s(sum));
            if let Some(y) = y {
                for (product, y) in product.iter_mut().zip(&y[block * ROWS..]) {
                    *product = y - *product;
                }
            }
            t[block * ROWS..][..ROWS].copy_from_slice(&product);
            let [ta, tb, tc, td] = product.map(|t| simd.splat_f64s(t));
            for ((((z, &a), &b), &c), &d) in z.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                let sum = simd.mul_add_e_f64s(b, tb, simd.mul_add_e_f64s(a, ta, *z));
                *z = simd.mul_add_e_f64s(d, td, simd.mul_add_e_f64s(c, tc, sum));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansatz_core::Seed;

    #[test]
    fn products_agree_with_the_plain_ones() {
        let mut stream = Seed(1).stream("panel", 0);
        let mut panel = Panel::default();
        // From large to small, so that the padding must be cleared.
        for (s, k) in [(37usize, 20usize), (4, 8), (5, 3), (1, 1), (0, 2), (12, 17)] {
            let factor: Vec<f64> = (0..40 * k).map(|_| stream.normal()).collect();
            let index: Vec<u32> = (0..s as u32).map(|i| (7 * i) % 40).collect();
            panel.gather(&factor, k, &index);
            let padded_vector = |draw: &mut dyn FnMut() -> f64| {
                let mut v: Vec<f64> = (0..k).map(|_| draw()).collect();
                v.resize(padded(k), 0.0);
                v
            };
            let p = padded_vector(&mut || stream.normal());
            let mut y: Vec<f64> = (0..s).map(|_| stream.normal()).collect();
            y.resize(s.next_multiple_of(ROWS), 0.0);
            let (mut t, mut z) = (vec![9.0; s.next_multiple_of(ROWS)], vec![9.0; padded(k)]);
            for with_y in [false, true] {
                if with_y {
                    panel.residual_gradient(&y, &p, &mut t, &mut z);
                } else {
                    panel.normal_product(&p, &mut t, &mut z);
                }
                let mut expected = vec![0.0; padded(k)];
                for (i, &row) in index.iter().enumerate() {
                    let row = &factor[row as usize * k..][..k];
                    assert_eq!(panel.row(i), row);
                    let product: f64 = row.iter().zip(&p).map(|(a, p)| a * p).sum();
                    let product = if with_y { y[i] - product } else { product };
                    assert!((t[i] - product).abs() < 1e-13);
                    for (e, a) in expected.iter_mut().zip(row) {
                        *e += a * product;
                    }
                }
                assert!(z.iter().zip(&expected).all(|(z, e)| (z - e).abs() < 1e-12), "{s} {k}");
            }
        }
    }
}
