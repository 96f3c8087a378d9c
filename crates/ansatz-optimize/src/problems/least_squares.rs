//! Least squares with rows of length one: a finite sum that is cocoercive on average.
//!
//! ```text
//! F(u) = (1/n) Σ F_i(u),   F_i(u) = a_i (a_i·u − b_i),   ‖a_i‖ = 1
//! ```
//!
//! so that the average constant is `L = 1`, while `F` itself may be much smoother. Rows are normal with entry `j` scaled
//! by `j^−decay`, then normalised; `b = A x + noise`, both standard normal, without the part of the noise that `A` could
//! fit. So `x`, which does not depend on `n`, is the solution, and the components do not vanish there.

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
    solution: Vec<f64>,
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
        let (mut rows, mut noise) = (Vec::with_capacity(n * dim), Vec::with_capacity(n));
        for _ in 0..n {
            let mut row: Vec<f64> = (1..=dim).map(|j| (j as f64).powf(-decay) * stream.normal()).collect();
            let length = norm(&row);
            for value in &mut row {
                *value /= length;
            }
            noise.push(stream.normal());
            rows.extend(row);
        }
        let mut right: Vec<f64> = rows.chunks_exact(dim).map(|row| dot(row, &x)).collect();
        // Twice, since one fit is only as good as the condition of the normal equations.
        let fits = n > dim && fit(&rows, dim, &mut noise) && fit(&rows, dim, &mut noise);
        if fits {
            add_scaled(1.0, &noise, &mut right);
        }
        let name = format!("least squares, {n} × {dim}, decay {decay}, data of seed {}", seed.0);
        Ok(Self { name, dim, rows, right, solution: x })
    }

    /// The minimiser.
    pub fn solution(&self) -> &[f64] {
        &self.solution
    }
}

/// Takes from `noise` its best fit by the rows, by Gaussian elimination on the normal equations: `dim³/3` operations, and
/// `n dim²` to set them up. False if the rows do not span the space.
fn fit(rows: &[f64], d: usize, noise: &mut [f64]) -> bool {
    let mut system = vec![0.0; d * (d + 1)];
    for (row, b) in rows.chunks_exact(d).zip(&*noise) {
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
            return false;
        }
        for row in below.chunks_exact_mut(d + 1) {
            add_scaled(-row[k] / pivot[k], pivot, row);
        }
    }
    let mut w = vec![0.0; d];
    for k in (0..d).rev() {
        let row = &system[k * (d + 1)..(k + 1) * (d + 1)];
        w[k] = (row[d] - dot(&row[k + 1..d], &w[k + 1..])) / row[k];
    }
    for (noise, row) in noise.iter_mut().zip(rows.chunks_exact(d)) {
        *noise -= dot(row, &w);
    }
    true
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
            for row in self.rows.chunks_exact(self.dim) {
                add_scaled(dot(row, &x), row, &mut next);
            }
            size = norm(&next);
            for value in &mut next {
                *value /= size;
            }
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
        problem.full(problem.solution(), &mut f);
        assert!(norm(&f) < 1e-13, "{}", norm(&f));
        let residual = dot(&problem.rows[..30], problem.solution()) - problem.right[0];
        assert!(residual.abs() > 1e-3, "a component does not vanish where the sum does");
        let smoothness = problem.constant();
        assert!(smoothness > 1.0 / 30.0 && smoothness < 1.0, "{smoothness}");
        assert!(LeastSquares::random(0, 3, 1.0, Seed(1)).is_err());
        // Fewer rows than unknowns: no noise, and what it was made of still solves it.
        let few = LeastSquares::random(3, 5, 1.0, Seed(1)).unwrap();
        let mut f = vec![1.0; 5];
        few.full(few.solution(), &mut f);
        assert!(norm(&f) < 1e-15);
    }
}
