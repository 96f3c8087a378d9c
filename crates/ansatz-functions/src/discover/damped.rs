//! The damped normal equations `(A + λ diag A) δ = g` of a Levenberg–Marquardt step.
//!
//! `A + λ diag A = L D Lᵀ` with a unit triangular `L` and a diagonal `D`: no square roots, one division a row, and the
//! same bits whatever the scale of the constants, as far as powers of two go. One factorisation serves every right-hand
//! side. Cost: k³/6 products to factorise, k² to solve.

use super::tape::MAX_CONSTANTS;

/// A symmetric matrix of which the lower triangle is used, or a triangular one.
pub(crate) type Square = [[f64; MAX_CONSTANTS]; MAX_CONSTANTS];
/// A vector of as many entries as there are constants.
pub(crate) type Column = [f64; MAX_CONSTANTS];

/// Memory for matrices of all sizes.
#[derive(Debug)]
pub(crate) struct Damped {
    lower: Square,
    inverse: Column,
}

impl Damped {
    pub(crate) fn new() -> Self {
        Self { lower: [[0.0; MAX_CONSTANTS]; MAX_CONSTANTS], inverse: [0.0; MAX_CONSTANTS] }
    }

    /// Factorises the leading `k × k` part of `a`; false if it is not positive definite in doubles.
    #[inline(always)]
    pub(crate) fn factorise(&mut self, a: &Square, lambda: f64, k: usize) -> bool {
        // Loops of a length known in advance stay in registers.
        match k {
            1 => self.factorise_leading(a, lambda, 1),
            2 => self.factorise_leading(a, lambda, 2),
            3 => self.factorise_leading(a, lambda, 3),
            4 => self.factorise_leading(a, lambda, 4),
            5 => self.factorise_leading(a, lambda, 5),
            _ => self.factorise_leading(a, lambda, k.min(MAX_CONSTANTS)),
        }
    }

    #[inline(always)]
    fn factorise_leading(&mut self, a: &Square, lambda: f64, k: usize) -> bool {
        for i in 0..k {
            let mut d = a[i][i] * (1.0 + lambda);
            if a[i][i] == 0.0 {
                // A constant without influence keeps its value.
                self.lower[i] = [0.0; MAX_CONSTANTS];
                self.inverse[i] = 0.0;
                continue;
            }
            // The row times D first, then divided by it.
            let mut row = [0.0; MAX_CONSTANTS];
            for j in 0..i {
                let mut s = a[i][j];
                for m in 0..j {
                    s -= row[m] * self.lower[j][m];
                }
                row[j] = s;
            }
            for j in 0..i {
                let l = row[j] * self.inverse[j];
                d -= l * row[j];
                self.lower[i][j] = l;
            }
            if !(d > 0.0 && d.is_finite()) {
                return false;
            }
            self.inverse[i] = 1.0 / d;
        }
        true
    }

    /// Solves for one right-hand side in place.
    #[inline(always)]
    pub(crate) fn solve(&self, x: &mut Column, k: usize) {
        match k {
            1 => self.solve_leading(x, 1),
            2 => self.solve_leading(x, 2),
            3 => self.solve_leading(x, 3),
            4 => self.solve_leading(x, 4),
            5 => self.solve_leading(x, 5),
            _ => self.solve_leading(x, k.min(MAX_CONSTANTS)),
        }
    }

    #[inline(always)]
    fn solve_leading(&self, x: &mut Column, k: usize) {
        for i in 0..k {
            for m in 0..i {
                x[i] -= self.lower[i][m] * x[m];
            }
        }
        for i in 0..k {
            x[i] *= self.inverse[i];
        }
        for i in (0..k).rev() {
            for m in i + 1..k {
                x[i] -= self.lower[m][i] * x[m];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansatz_core::Seed;

    #[test]
    fn the_solution_satisfies_the_damped_equations() {
        let mut stream = Seed(2).stream("damped", 0);
        let mut damped = Damped::new();
        for k in [1, 2, 5, 9, 32] {
            // A = BᵀB with columns of very different sizes; one column is zero.
            let b: Vec<Vec<f64>> = (0..k + 3)
                .map(|_| {
                    (0..k).map(|j| if j == 4 { 0.0 } else { stream.normal() * 10f64.powi(j as i32 % 7) }).collect()
                })
                .collect();
            let mut a = Damped::new().lower;
            for i in 0..k {
                for j in 0..=i {
                    a[i][j] = b.iter().map(|row| row[i] * row[j]).sum();
                }
            }
            let mut g = [0.0; MAX_CONSTANTS];
            g[..k].iter_mut().enumerate().for_each(|(j, g)| *g = stream.normal() * 10f64.powi(j as i32 % 7));
            for lambda in [1e-3, 10.0] {
                assert!(damped.factorise(&a, lambda, k));
                let mut x = g;
                damped.solve(&mut x, k);
                for i in (0..k).filter(|&i| i != 4) {
                    let (mut sum, mut size) = (-g[i], g[i].abs());
                    for j in 0..k {
                        let entry = if i == j { a[i][i] * (1.0 + lambda) } else { a[i.max(j)][i.min(j)] };
                        sum += entry * x[j];
                        size += (entry * x[j]).abs();
                    }
                    assert!(sum.abs() <= 1e-10 * size, "k {k}, row {i}: {sum}");
                }
                assert!(k < 5 || x[4] == 0.0);
            }
        }
    }

    #[test]
    fn an_indefinite_matrix_is_refused() {
        let mut a = Damped::new().lower;
        (a[0][0], a[1][0], a[1][1]) = (1.0, 2.0, 1.0);
        assert!(!Damped::new().factorise(&a, 1e-3, 2));
        a[1][1] = f64::NAN;
        assert!(!Damped::new().factorise(&a, 1e-3, 2));
    }
}
