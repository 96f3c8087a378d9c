//! Matrix games: `min_x max_y ⟨A x, y⟩` over two simplices.
//!
//! ```text
//! F(x, y) = (Aᵀ y, −A x) = (1/n) Σ F_i,   F_i(x, y) = (n y_i A_{i·}ᵀ, −n x_i A_{·i})
//! ```
//!
//! `x` chooses a column and pays, `y` chooses a row and is paid. A component costs a row and a column of the matrix. From
//! the uniform strategies.
//!
//! Instances: the policeman and the burglar (Nemirovski 2013, lecture notes on mirror descent), where the burglar chooses
//! one of `n` houses, `i`, of wealth `|w_i|`, and the policeman, who waits at house `j`, catches him with probability
//! `exp(−0.8 |i − j|)`; and Nemirovski's two families (Nemirovski, Juditsky, Lan & Shapiro 2009, SIAM J. Optim. 19).

use super::mersenne::Mersenne;
use crate::inclusion::FiniteSum;
use crate::prox::{Product, Simplex};
use crate::vector::{add_scaled, check, dot, norm};
use ansatz_core::{Error, Result, Seed};

/// A square matrix game.
#[derive(Clone, Debug)]
pub struct MatrixGame {
    name: String,
    n: usize,
    rows: Vec<f64>,
    columns: Vec<f64>,
}

impl MatrixGame {
    /// The game of the `n` × `n` matrix `rows`, row by row.
    ///
    /// # Errors
    /// [`Error::Parameter`] if it is empty or not square; [`Error::NotFinite`] for an entry that is not finite.
    pub fn new(name: &str, rows: Vec<f64>) -> Result<Self> {
        let n = rows.len().isqrt();
        if n == 0 || n * n != rows.len() {
            return Err(Error::parameter("the number of entries", rows.len(), "the square of a positive number"));
        }
        if let Some(at) = rows.iter().position(|value| !value.is_finite()) {
            let place = format!("row {}, column {}", at / n + 1, at % n + 1);
            return Err(Error::NotFinite { quantity: "the matrix".to_owned(), place });
        }
        let columns = (0..n * n).map(|at| rows[(at % n) * n + at / n]).collect();
        Ok(Self { name: name.to_owned(), n, rows, columns })
    }

    fn by_entry(name: &str, n: usize, entry: impl Fn(usize, usize) -> f64) -> Result<Self> {
        Self::new(name, (0..n * n).map(|at| entry(at / n, at % n)).collect())
    }

    /// The policeman and the burglar with `n` houses, of wealth drawn from `seed`.
    ///
    /// # Errors
    /// [`Error::Parameter`] without houses.
    pub fn policeman(n: usize, seed: Seed) -> Result<Self> {
        let mut stream = seed.stream("wealth", 0);
        let wealth: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
        let name = format!("policeman and burglar, {n} houses, data of seed {}", seed.0);
        Self::by_entry(&name, n, |i, j| wealth[i].abs() * escape(i, j))
    }

    /// The instance of the published experiment: the wealth is of normal numbers of NumPy's legacy generator, and it scales
    /// the columns.
    ///
    /// # Errors
    /// [`Error::Parameter`] without houses.
    pub fn policeman_published(n: usize, seed: u32) -> Result<Self> {
        let mut legacy = Mersenne::new(seed);
        let wealth: Vec<f64> = (0..n).map(|_| legacy.normal()).collect();
        let name = format!("policeman and burglar, {n} houses, published data {seed}");
        Self::by_entry(&name, n, |i, j| wealth[j].abs() * escape(i, j))
    }

    /// Nemirovski's first family: `A_ij = ((i + j − 1)/(2n − 1))^α`, from 1.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `n` is 0.
    pub fn nemirovski_1(n: usize, alpha: f64) -> Result<Self> {
        let entry = |i: usize, j: usize| ((i + j + 1) as f64 / (2 * n - 1) as f64).powf(alpha);
        Self::by_entry(&format!("Nemirovski 1, n = {n}, α = {alpha}"), n, entry)
    }

    /// Nemirovski's second family: `A_ij = ((|i − j| + 1)/(2n − 1))^α`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `n` is 0.
    pub fn nemirovski_2(n: usize, alpha: f64) -> Result<Self> {
        let entry = |i: usize, j: usize| ((i.abs_diff(j) + 1) as f64 / (2 * n - 1) as f64).powf(alpha);
        Self::by_entry(&format!("Nemirovski 2, n = {n}, α = {alpha}"), n, entry)
    }

    /// The constraint: both players choose probabilities.
    pub fn strategies(&self) -> Product {
        Product::new(vec![(self.n, Box::new(Simplex::default())), (self.n, Box::new(Simplex::default()))])
    }

    /// The uniform strategies.
    pub fn uniform(&self) -> Vec<f64> {
        vec![1.0 / self.n as f64; 2 * self.n]
    }

    /// `‖A‖_F`.
    pub fn frobenius(&self) -> f64 {
        norm(&self.rows)
    }

    /// The duality gap `max_i (A x)_i − min_j (Aᵀ y)_j` of strategies `u = (x, y)`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `u` has another length.
    pub fn gap(&self, u: &[f64]) -> Result<f64> {
        let mut f = vec![0.0; 2 * self.n];
        check("u", u, 2 * self.n)?;
        self.full(u, &mut f);
        let largest = f[self.n..].iter().fold(f64::NEG_INFINITY, |m, value| m.max(-value));
        let least = f[..self.n].iter().fold(f64::INFINITY, |m, &value| m.min(value));
        Ok(largest - least)
    }
}

/// The probability that the burglar at `i` escapes from the policeman at `j`.
fn escape(i: usize, j: usize) -> f64 {
    1.0 - (-0.8 * i.abs_diff(j) as f64).exp()
}

/// `out ← sign (rows x)`.
fn product(rows: &[f64], x: &[f64], sign: f64, out: &mut [f64]) {
    for (out, row) in out.iter_mut().zip(rows.chunks_exact(x.len())) {
        *out = sign * dot(row, x);
    }
}

impl FiniteSum for MatrixGame {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn components(&self) -> usize {
        self.n
    }

    fn dim(&self) -> usize {
        2 * self.n
    }

    /// `√n` times the length of the longest row or column.
    fn average_constant(&self) -> f64 {
        let lines = self.rows.chunks_exact(self.n).chain(self.columns.chunks_exact(self.n));
        (self.n as f64).sqrt() * lines.map(norm).fold(0.0, f64::max)
    }

    /// `‖A‖₂`, by 300 steps of the power method on `AᵀA`.
    fn constant(&self) -> f64 {
        // Nothing in the start may be orthogonal to a singular vector by symmetry.
        let mut x: Vec<f64> = (0..self.n).map(|i| 1.0 + (i as f64).sin()).collect();
        let (mut y, mut size) = (vec![0.0; self.n], 0.0);
        for _ in 0..300 {
            product(&self.rows, &x, 1.0, &mut y);
            product(&self.columns, &y, 1.0, &mut x);
            size = norm(&x);
            if size == 0.0 {
                return 0.0;
            }
            for x in &mut x {
                *x /= size;
            }
        }
        size.sqrt()
    }

    fn full(&self, u: &[f64], out: &mut [f64]) {
        let ((x, y), (fx, fy)) = (u.split_at(self.n), out.split_at_mut(self.n));
        product(&self.columns, y, 1.0, fx);
        product(&self.rows, x, -1.0, fy);
    }

    fn add_difference(&self, i: usize, weight: f64, a: &[f64], b: &[f64], out: &mut [f64]) {
        let n = self.n;
        let scale = weight * n as f64;
        let (fx, fy) = out.split_at_mut(n);
        add_scaled(scale * (a[n + i] - b[n + i]), &self.rows[i * n..(i + 1) * n], fx);
        add_scaled(-scale * (a[i] - b[i]), &self.columns[i * n..(i + 1) * n], fy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problems::tests::components_sum_to_the_operator;

    #[test]
    fn components_sum_up() {
        components_sum_to_the_operator(&MatrixGame::policeman(12, Seed(1)).unwrap());
        components_sum_to_the_operator(&MatrixGame::nemirovski_1(5, 2.0).unwrap());
        components_sum_to_the_operator(&MatrixGame::nemirovski_2(5, 1.0).unwrap());
    }

    #[test]
    fn the_published_instance_has_the_published_norms() {
        let game = MatrixGame::policeman_published(500, 1).unwrap();
        assert!((game.constant() - 492.33).abs() < 5e-3, "{}", game.constant());
        assert!((game.frobenius() - 493.07).abs() < 5e-3, "{}", game.frobenius());
    }

    #[test]
    fn the_gap_vanishes_at_an_equilibrium() {
        // Matching pennies.
        let game = MatrixGame::new("pennies", vec![1.0, -1.0, -1.0, 1.0]).unwrap();
        assert_eq!(game.gap(&[0.5; 4]).unwrap(), 0.0);
        assert_eq!(game.gap(&[1.0, 0.0, 0.5, 0.5]).unwrap(), 1.0);
        assert!((game.constant() - 2.0).abs() < 1e-12);
        assert!(MatrixGame::new("x", vec![1.0; 3]).is_err() && MatrixGame::new("x", vec![f64::NAN]).is_err());
        assert!(game.gap(&[1.0]).is_err());
    }
}
