//! The start of alternating minimisation: singular vectors of what is known, with zeros for what is not.
//!
//! `P_Ω(M)/p` has the expectation `M`, so its leading singular vectors are near those of `M` once enough entries are
//! known. They come from subspace iteration with a few vectors more than wanted: `4 q |Ω| (k + 10)` operations for `q`
//! rounds. Rows of `U` that are far longer than those of an incoherent matrix, whose known entries are few and large by
//! chance, are set to zero, as the theory asks for.
//!
//! Source: Jain, Netrapalli & Sanghavi 2013, arXiv:1212.0467; subspace iteration: Halko, Martinsson & Tropp 2011,
//! arXiv:0909.4061.

use super::factors::{by_rows, by_rows_mut};
use super::half_sweep::Workers;
use super::observations::Lines;
use super::{Factors, Observations};
use ansatz_core::{Error, Result, Seed};

/// Rounds of subspace iteration.
const ROUNDS: usize = 8;
/// Vectors beyond those that are wanted.
const MORE: usize = 10;
/// A row of `U` that is longer than so many times `√(k/m)` is set to zero.
const LONG: f64 = 6.0;

/// The leading `k` singular triples of `P_Ω(M)/p`: `U` with orthonormal columns, `V` times the singular values.
pub(crate) fn spectral_start(known: &Observations, k: usize, seed: Seed, workers: &Workers) -> Result<Factors> {
    let (m, n) = (known.rows(), known.columns());
    let width = (k + MORE).min(m).min(n);
    let mut stream = seed.stream("spectral start", 0);
    let mut x: Vec<f64> = (0..n * width).map(|_| stream.normal()).collect();
    let mut y = vec![0.0; m * width];
    for _ in 0..ROUNDS {
        orthonormalise(&mut x, width);
        product(&known.by_rows, &x, &mut y, width, workers);
        orthonormalise(&mut y, width);
        product(&known.by_columns, &y, &mut x, width, workers);
    }
    // P_Ω(M)ᵀ Y = X = Q R, R = A S Bᵀ: P_Ω(M) ≈ (Y B) S (Q A)ᵀ
    let qr = by_rows(&x, width).qr();
    let svd = qr.thin_R().svd();
    let svd = svd.map_err(|e| Error::refused(format!("the known entries have no singular vectors: {e:?}")))?;
    let (left, right) = (by_rows(&y, width) * svd.V(), qr.compute_thin_Q() * svd.U());
    let s = svd.S().column_vector();
    let p = known.density();
    let mut factors = Factors {
        k,
        u: (0..m).flat_map(|i| (0..k).map(move |l| (i, l))).map(|(i, l)| left[(i, l)]).collect(),
        v: (0..n).flat_map(|j| (0..k).map(move |l| (j, l))).map(|(j, l)| right[(j, l)] * s[l] / p).collect(),
    };
    let limit = LONG * LONG * k as f64 / m as f64;
    for row in factors.u.chunks_exact_mut(k) {
        if row.iter().map(|u| u * u).sum::<f64>() > limit {
            row.fill(0.0);
        }
    }
    Ok(factors)
}

fn orthonormalise(x: &mut [f64], width: usize) {
    let q = by_rows(x, width).qr().compute_thin_Q();
    by_rows_mut(x, width).copy_from(q);
}

/// `y ← S x` for the sparse matrix `S` of these lines, and `width` vectors at once.
fn product(lines: &Lines, x: &[f64], y: &mut [f64], width: usize, workers: &Workers) {
    workers.blocks(
        y,
        width,
        || (),
        |(), first, part| {
            for (i, out) in part.chunks_exact_mut(width).enumerate() {
                let (index, values) = lines.line(first + i);
                out.fill(0.0);
                for (&j, &value) in index.iter().zip(values) {
                    crate::vector::add_scaled(value, &x[j as usize * width..][..width], out);
                }
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_matrix_that_is_known_in_full_it_is_the_decomposition() {
        let mut stream = Seed(1).stream("matrix", 0);
        let (m, n, k) = (30, 20, 3);
        let mut draw = |count: usize| (0..count).map(|_| stream.normal()).collect::<Vec<f64>>();
        let x = Factors::new(k, draw(m * k), draw(n * k)).unwrap();
        let places: Vec<(usize, usize)> = (0..m).flat_map(|i| (0..n).map(move |j| (i, j))).collect();
        let (rows, columns): (Vec<usize>, Vec<usize>) = places.iter().copied().unzip();
        let known = Observations::from_triplets(m, n, &rows, &columns, &x.predict(&places).unwrap()).unwrap();
        let one = spectral_start(&known, k, Seed(0), &Workers::new(1).unwrap()).unwrap();
        assert!(one.rmse(&known).unwrap() < 1e-12 * known.rms());
        assert_eq!(one, spectral_start(&known, k, Seed(0), &Workers::new(2).unwrap()).unwrap());
    }

    #[test]
    fn a_row_that_is_far_longer_than_the_others_is_left_out() {
        // All weight of the leading vector lies in one row.
        let spike = Observations::from_triplets(50, 40, &[7, 8, 9], &[3, 4, 5], &[100.0, 1.0, 1.0]).unwrap();
        let start = spectral_start(&spike, 1, Seed(0), &Workers::new(1).unwrap()).unwrap();
        assert!(start.u[7] == 0.0 && (start.v[3].abs() / (100.0 * 2000.0 / 3.0) - 1.0).abs() < 1e-9);
    }
}
