//! Problems with known solutions, to measure methods on.

mod deal;
mod digits;
mod game;
mod least_squares;
mod mersenne;
mod quadratic;
mod saddle;
mod softmax;

pub use deal::{Deal, deal};
pub use digits::{DIGITS, PIXELS, digit_images};
pub use game::MatrixGame;
pub use least_squares::LeastSquares;
pub use quadratic::{Quadratic, QuadraticProblem};
pub use saddle::QuadraticSaddle;
pub use softmax::{Samples, Softmax, digits_by_class};

#[cfg(test)]
mod tests {
    use crate::inclusion::FiniteSum;
    use crate::vector::add_scaled;
    use ansatz_core::Seed;

    /// `F(a) − F(b) = (1/n) Σ (F_i(a) − F_i(b))`.
    pub(super) fn components_sum_to_the_operator(f: &dyn FiniteSum) {
        let (n, dim) = (f.components(), f.dim());
        let mut stream = Seed(5).stream("points", 0);
        let [a, b] = [(); 2].map(|()| (0..dim).map(|_| stream.normal()).collect::<Vec<f64>>());
        let (mut whole, mut other, mut parts) = (vec![0.0; dim], vec![0.0; dim], vec![0.0; dim]);
        f.full(&a, &mut whole);
        f.full(&b, &mut other);
        add_scaled(-1.0, &other, &mut whole);
        (0..n).for_each(|i| f.add_difference(i, 1.0 / n as f64, &a, &b, &mut parts));
        assert!(whole.iter().zip(&parts).all(|(x, y)| (x - y).abs() < 1e-10), "{}", f.name());
    }
}
