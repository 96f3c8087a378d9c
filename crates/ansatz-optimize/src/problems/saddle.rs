//! The saddle point that lower bounds are proved with: `min_x max_y ½ xᵀHx − hᵀx − ⟨Ax − b, y⟩`.
//!
//! ```text
//! F(x, y) = (H x − h − Aᵀ y, A x − b),   H = 2 AᵀA,   b = ¼ 1,   h = ¼ e_n,   4 A_{i,n−i} = 1,   4 A_{i,n−1−i} = −1
//! ```
//!
//! (indices from 1; the others are 0), without constraints, from `1/n` in every entry. Component `i` is
//! `n (x_i H_{·i} − h/n − y_i A_{i·}ᵀ, x_i A_{·i} − b/n)`: three columns.
//!
//! Source: Ouyang & Xu 2021, Math. Program. 185, arXiv:1808.02901.

use crate::inclusion::FiniteSum;
use crate::vector::{distance_squared, norm};
use ansatz_core::{Error, Result};

/// The saddle point problem.
#[derive(Clone, Debug)]
pub struct QuadraticSaddle {
    n: usize,
    /// Columns of `H`, and columns and rows of `A`, as the entries that are not zero.
    h: Vec<Vec<(usize, f64)>>,
    columns: Vec<Vec<(usize, f64)>>,
    rows: Vec<Vec<(usize, f64)>>,
}

impl QuadraticSaddle {
    /// With `n` unknowns on each side.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `n` is less than 2.
    pub fn new(n: usize) -> Result<Self> {
        if n < 2 {
            return Err(Error::parameter("n", n, "at least 2"));
        }
        let (mut columns, mut rows) = (vec![Vec::new(); n], vec![Vec::new(); n]);
        for i in 0..n {
            let mut entry = |j: usize, value| {
                rows[i].push((j, value));
                columns[j].push((i, value));
            };
            entry(n - 1 - i, 0.25);
            if i + 2 <= n {
                entry(n - 2 - i, -0.25);
            }
        }
        let column = |j: usize| {
            let mut dense = vec![0.0; n];
            for &(i, a) in &columns[j] {
                for &(k, b) in &rows[i] {
                    dense[k] += 2.0 * a * b;
                }
            }
            dense.into_iter().enumerate().filter(|(_, value)| *value != 0.0).collect()
        };
        let h = (0..n).map(column).collect();
        Ok(Self { n, h, columns, rows })
    }

    /// `1/n` everywhere.
    pub fn start(&self) -> Vec<f64> {
        vec![1.0 / self.n as f64; 2 * self.n]
    }

    /// The solution, by substitution: `A x = b`, `Aᵀ y = H x − h`.
    pub fn solution(&self) -> Vec<f64> {
        let n = self.n;
        let mut u = vec![0.0; 2 * n];
        // Row i: (x_{n−1−i} − x_{n−2−i})/4 = b_i, and the last row is x_0/4 = b.
        for j in 0..n {
            u[j] = 1.0 + if j == 0 { 0.0 } else { u[j - 1] };
        }
        let mut right = vec![0.0; n];
        for j in 0..n {
            for &(i, value) in &self.h[j] {
                right[i] += value * u[j];
            }
        }
        right[n - 1] -= 0.25;
        // Column j of A: rows n−1−j (¼) and n−2−j (−¼): y_{n−1−j} = 4 r_j + y_{n−2−j}, the last column y_0 = 4 r_{n−1}.
        for j in (0..n).rev() {
            let above = if j + 1 == n { 0.0 } else { u[n + n - 2 - j] };
            u[n + n - 1 - j] = 4.0 * right[j] + above;
        }
        u
    }

    /// The distance from the start to the solution.
    pub fn distance(&self) -> f64 {
        distance_squared(&self.start(), &self.solution()).sqrt()
    }

    fn add(&self, i: usize, scale_x: f64, scale_y: f64, out: &mut [f64]) {
        let (fx, fy) = out.split_at_mut(self.n);
        for &(k, value) in &self.h[i] {
            fx[k] += scale_x * value;
        }
        for &(k, value) in &self.rows[i] {
            fx[k] -= scale_y * value;
        }
        for &(k, value) in &self.columns[i] {
            fy[k] += scale_x * value;
        }
    }
}

impl FiniteSum for QuadraticSaddle {
    fn name(&self) -> String {
        format!("quadratic saddle, n = {}", self.n)
    }

    fn components(&self) -> usize {
        self.n
    }

    fn dim(&self) -> usize {
        2 * self.n
    }

    /// `√n` times the largest Frobenius norm of the three columns of a component.
    fn average_constant(&self) -> f64 {
        let square = |line: &[(usize, f64)]| line.iter().map(|(_, value)| value * value).sum::<f64>();
        let component = |i: usize| square(&self.h[i]) + square(&self.rows[i]) + square(&self.columns[i]);
        (self.n as f64 * (0..self.n).map(component).fold(0.0, f64::max)).sqrt()
    }

    /// By 2000 steps of the power method, which the neighbouring singular values hold up: right to three digits. With `D = diag(I, −I)` the transpose of the matrix `M` of `F` is `D M D`.
    fn constant(&self) -> f64 {
        let n = self.n;
        let mut u: Vec<f64> = (0..2 * n).map(|i| 1.0 + (i as f64).sin()).collect();
        let (mut out, mut size) = (vec![0.0; 2 * n], 0.0);
        for _ in 0..2000 {
            // Twice u ← D M u is u ← Mᵀ M u.
            for _ in 0..2 {
                out.fill(0.0);
                (0..n).for_each(|i| self.add(i, u[i], u[n + i], &mut out));
                for value in &mut out[n..] {
                    *value = -*value;
                }
                std::mem::swap(&mut u, &mut out);
            }
            size = norm(&u);
            for u in &mut u {
                *u /= size;
            }
        }
        size.sqrt()
    }

    fn full(&self, u: &[f64], out: &mut [f64]) {
        let n = self.n;
        out[..n].fill(0.0);
        out[n - 1] = -0.25;
        out[n..].fill(-0.25);
        (0..n).for_each(|i| self.add(i, u[i], u[n + i], out));
    }

    fn add_difference(&self, i: usize, weight: f64, a: &[f64], b: &[f64], out: &mut [f64]) {
        let (n, scale) = (self.n, weight * self.n as f64);
        self.add(i, scale * (a[i] - b[i]), scale * (a[n + i] - b[n + i]), out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problems::tests::components_sum_to_the_operator;

    #[test]
    fn components_sum_up_and_the_solution_solves() {
        for n in [2, 3, 10, 200] {
            let saddle = QuadraticSaddle::new(n).unwrap();
            components_sum_to_the_operator(&saddle);
            let mut f = vec![1.0; 2 * n];
            saddle.full(&saddle.solution(), &mut f);
            assert!(f.iter().all(|f| f.abs() < 1e-10), "{n}: {f:?}");
        }
        // The figures of the published experiment.
        assert!((QuadraticSaddle::new(200).unwrap().constant() - 0.80898).abs() < 2e-4);
        assert!((QuadraticSaddle::new(200).unwrap().distance() - 1639.07).abs() < 5e-3);
        assert!(QuadraticSaddle::new(1).is_err());
    }

    #[test]
    fn it_is_monotone() {
        let saddle = QuadraticSaddle::new(20).unwrap();
        let mut stream = ansatz_core::Seed(1).stream("pairs", 0);
        for _ in 0..50 {
            let [a, b] = [(); 2].map(|()| (0..40).map(|_| stream.normal()).collect::<Vec<f64>>());
            let (mut fa, mut fb) = (vec![0.0; 40], vec![0.0; 40]);
            saddle.full(&a, &mut fa);
            saddle.full(&b, &mut fb);
            crate::vector::add_scaled(-1.0, &fb, &mut fa);
            let apart: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
            assert!(crate::vector::dot(&fa, &apart) >= -1e-12);
        }
    }
}
