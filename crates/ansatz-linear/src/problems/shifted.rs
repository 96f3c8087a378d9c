//! Laplacians with a random shift: a sequence of independent systems whose best relaxation parameter varies.
//!
//! `A = −Δ + c I` on `n` × `n` points (see [`laplacian_2d`]), `c` from a shifted Beta distribution, and right-hand sides
//! from the standard normal distribution, conditioned on `‖b‖₂ ≤ n`. The context is `c`.
//!
//! Source: Khodak et al. 2024, arXiv:2310.02246, §4, with 10 × 10 points.

use super::{laplacian_2d, laplacian_radius};
use crate::sequence::{Sequence, System};
use crate::theory::optimal_omega;
use crate::{Csr, Solution};
use ansatz_core::{Result, Seed, Stream};

/// The distribution of the shift `c = −0.15 + 0.6 X`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shifts {
    /// `X ~ Beta(½, 3/2)`: most shifts near the least, some far.
    HighVariance,
    /// `X ~ Beta(2, 6)`.
    LowVariance,
}

impl Shifts {
    /// The interval that the paper's learners are given for the contexts.
    pub const INTERVAL: (f64, f64) = (-0.15, 0.65);

    fn draw(self, stream: &mut Stream) -> f64 {
        // A Beta(a/2, b/2) variate is the share of the first `a` among the squares of `a + b` normal ones.
        let (a, b) = match self {
            Self::HighVariance => (1, 3),
            Self::LowVariance => (4, 12),
        };
        let mut squares = |count| (0..count).map(|_| stream.normal().powi(2)).sum::<f64>();
        let (first, second) = (squares(a), squares(b));
        -0.15 + 0.6 * first / (first + second)
    }
}

/// A sequence of shifted Laplacians.
#[derive(Debug)]
pub struct ShiftedLaplacian {
    base: Csr,
    points: usize,
    shifts: Shifts,
    seed: Seed,
    length: u64,
    // The system now.
    next: u64,
    a: Csr,
    b: Vec<f64>,
    context: f64,
}

impl ShiftedLaplacian {
    /// `length` systems on `points` × `points` points. System `t` depends on `seed` and `t` alone.
    ///
    /// # Errors
    /// `Error::Parameter` if there are no points.
    pub fn new(points: usize, shifts: Shifts, length: u64, seed: Seed) -> Result<Self> {
        let base = laplacian_2d(points, points)?;
        let (a, b) = (base.clone(), vec![0.0; points * points]);
        Ok(Self { base, points, shifts, seed, length, next: 0, a, b, context: 0.0 })
    }

    /// The relaxation parameter that minimises the spectral radius of successive over-relaxation for the shift `c`.
    ///
    /// # Errors
    /// `Error::Parameter` if the matrix with that shift is not positive definite.
    pub fn optimal_omega(&self, c: f64) -> Result<f64> {
        optimal_omega(laplacian_radius(self.points, c))
    }
}

impl Sequence for ShiftedLaplacian {
    fn left(&self) -> u64 {
        self.length.saturating_sub(self.next)
    }

    fn system(&mut self) -> Result<System<'_>> {
        let mut stream = self.seed.stream("shifted laplacian", self.next);
        self.context = self.shifts.draw(&mut stream);
        self.a.assign_shifted(&self.base, 1.0, self.context)?;
        loop {
            self.b.iter_mut().for_each(|b| *b = stream.normal());
            // About one half of all draws are longer than their expected length.
            if self.b.iter().map(|b| b * b).sum::<f64>() <= self.b.len() as f64 {
                break;
            }
        }
        Ok(System { a: &self.a, b: &self.b, x0: None, context: self.context })
    }

    fn advance(&mut self, _: Solution) {
        self.next += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifts_have_the_moments_of_their_distribution() {
        // Mean a/(a+b), variance ab/((a+b)²(a+b+1)).
        for (shifts, a, b) in [(Shifts::HighVariance, 0.5, 1.5), (Shifts::LowVariance, 2.0, 6.0)] {
            let mut stream = Seed(1).stream("shifts", 0);
            let n = 40_000;
            let draws: Vec<f64> = (0..n).map(|_| (shifts.draw(&mut stream) + 0.15) / 0.6).collect();
            assert!(draws.iter().all(|x| (0.0..=1.0).contains(x)));
            let mean = draws.iter().sum::<f64>() / f64::from(n);
            let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(n);
            let expected: f64 = a * b / ((a + b) * (a + b) * (a + b + 1.0));
            // Six standard deviations of the mean; the variance's own deviation is bounded by that of a two-point law.
            assert!((mean - a / (a + b)).abs() < 6.0 * (expected / f64::from(n)).sqrt(), "{mean}");
            assert!((variance - expected).abs() < 6.0 * (0.25 * expected / f64::from(n)).sqrt(), "{variance}");
        }
    }

    #[test]
    fn a_system_depends_on_its_place_alone() {
        let mut sequence = ShiftedLaplacian::new(4, Shifts::HighVariance, 3, Seed(7)).unwrap();
        let mut seen = Vec::new();
        for _ in 0..3 {
            let system = sequence.system().unwrap();
            assert!(system.b.iter().map(|b| b * b).sum::<f64>() <= 16.0);
            seen.push((system.context, system.b.to_vec()));
            let again = sequence.system().unwrap();
            assert_eq!((again.context, again.b), (seen[seen.len() - 1].0, &seen[seen.len() - 1].1[..]));
            sequence.advance(Solution::default());
        }
        assert!(seen[0].0 != seen[1].0 && seen[1].1 != seen[2].1);
    }
}
