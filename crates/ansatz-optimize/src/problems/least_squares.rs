//! Least squares with rows of length one: a finite sum that is cocoercive on average.
//!
//! ```text
//! F(u) = (1/n) Σ F_i(u),   F_i(u) = a_i (a_i·u − b_i),   ‖a_i‖ = 1
//! ```
//!
//! so that the average constant is `L = 1`, while `F` itself may be much smoother. Rows are normal with entry `j` scaled
//! by `j^−decay`, then normalised; `b = A x + noise`, both standard normal.

use crate::inclusion::FiniteSum;
use crate::vector::{add_scaled, dot, norm};
use ansatz_core::{Error, Result, Seed};

/// Least squares.
#[derive(Clone, Debug)]
pub struct LeastSquares {
    name: String,
    dim: usize,
    rows: Vec<f64>,
    right: Vec<f64>,
}

impl LeastSquares {
    /// `n` rows of `dim` entries, drawn from `seed`.
    ///
    /// # Errors
    /// [`Error::Parameter`] without rows or entries, or if `decay` is not finite.
    pub fn random(n: usize, dim: usize, decay: f64, seed: Seed) -> Result<Self> {
        for (name, value) in [("the number of rows", n), ("the number of unknowns", dim)] {
            if value == 0 {
                return Err(Error::parameter(name, 0, "at least 1"));
            }
        }
        if !decay.is_finite() {
            return Err(Error::parameter("decay", decay, "finite"));
        }
        let mut stream = seed.stream("least squares", 0);
        let x: Vec<f64> = (0..dim).map(|_| stream.normal()).collect();
        let (mut rows, mut right) = (Vec::with_capacity(n * dim), Vec::with_capacity(n));
        for _ in 0..n {
            let mut row: Vec<f64> = (1..=dim).map(|j| (j as f64).powf(-decay) * stream.normal()).collect();
            let length = norm(&row);
            row.iter_mut().for_each(|value| *value /= length);
            right.push(dot(&row, &x) + stream.normal());
            rows.extend(row);
        }
        let name = format!("least squares, {n} × {dim}, decay {decay}, data of seed {}", seed.0);
        Ok(Self { name, dim, rows, right })
    }

    /// The minimiser, by the normal equations and Gaussian elimination; `dim³/3` operations.
    ///
    /// # Errors
    /// [`Error::Refused`] if the rows do not span the space.
    pub fn solution(&self) -> Result<Vec<f64>> {
        let d = self.dim;
        let mut system = vec![0.0; d * (d + 1)];
        for (row, b) in self.rows.chunks_exact(d).zip(&self.right) {
            for (i, a) in row.iter().enumerate() {
                add_scaled(*a, row, &mut system[i * (d + 1)..i * (d + 1) + d]);
                system[i * (d + 1) + d] += a * b;
            }
        }
        // Symmetric and positive definite: no pivoting.
        for k in 0..d {
            let (above, below) = system.split_at_mut((k + 1) * (d + 1));
            let pivot = &above[k * (d + 1)..];
            if pivot[k] <= 0.0 {
                return Err(Error::refused("the rows of the least-squares problem do not span the space"));
            }
            for row in below.chunks_exact_mut(d + 1) {
                add_scaled(-row[k] / pivot[k], pivot, row);
            }
        }
        let mut x = vec![0.0; d];
        for k in (0..d).rev() {
            let row = &system[k * (d + 1)..(k + 1) * (d + 1)];
            x[k] = (row[d] - dot(&row[k + 1..d], &x[k + 1..])) / row[k];
        }
        Ok(x)
    }
}

impl FiniteSum for LeastSquares {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn components(&self) -> usize {
        self.right.len()
    }

    fn dim(&self) -> usize {
        self.dim
    }

    fn average_constant(&self) -> f64 {
        1.0
    }

    /// The largest eigenvalue of `AᵀA/n`, by 1000 steps of the power method.
    fn constant(&self) -> f64 {
        let (mut x, mut size) = (vec![1.0; self.dim], 0.0);
        for _ in 0..1000 {
            let mut next = vec![0.0; self.dim];
            self.rows.chunks_exact(self.dim).for_each(|row| add_scaled(dot(row, &x), row, &mut next));
            size = norm(&next);
            next.iter_mut().for_each(|value| *value /= size);
            x = next;
        }
        size / self.right.len() as f64
    }

    fn full(&self, u: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        let share = 1.0 / self.right.len() as f64;
        for (row, b) in self.rows.chunks_exact(self.dim).zip(&self.right) {
            add_scaled(share * (dot(row, u) - b), row, out);
        }
    }

    fn add_difference(&self, i: usize, weight: f64, a: &[f64], b: &[f64], out: &mut [f64]) {
        let row = &self.rows[i * self.dim..(i + 1) * self.dim];
        add_scaled(weight * (dot(row, a) - dot(row, b)), row, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problems::tests::components_sum_to_the_operator;

    #[test]
    fn components_sum_up_and_the_solution_solves() {
        let problem = LeastSquares::random(200, 30, 1.0, Seed(2)).unwrap();
        components_sum_to_the_operator(&problem);
        let mut f = vec![1.0; 30];
        problem.full(&problem.solution().unwrap(), &mut f);
        assert!(norm(&f) < 1e-12, "{}", norm(&f));
        let smoothness = problem.constant();
        assert!(smoothness > 1.0 / 30.0 && smoothness < 1.0, "{smoothness}");
        assert!(LeastSquares::random(0, 3, 1.0, Seed(1)).is_err());
        assert!(LeastSquares::random(3, 5, 1.0, Seed(1)).unwrap().solution().is_err());
    }
}
