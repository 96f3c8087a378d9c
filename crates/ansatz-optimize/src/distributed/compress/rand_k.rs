//! Rand-K: `K` entries drawn without replacement, unscaled.
//!
//! `δ = K/d`; `K (32 + ⌈log₂ d⌉)` bits. Costs `O(d)`.
//!
//! Source: Stich, Cordonnier & Jaggi 2018, arXiv:1809.07599.

use super::{Compressor, Size, sparse};
use ansatz_core::{Result, Stream};

/// Random entries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RandK {
    /// How many.
    pub size: Size,
}

impl Compressor for RandK {
    fn name(&self) -> String {
        format!("randk:{}", self.size)
    }

    fn check(&self, dim: usize) -> Result<()> {
        self.size.check(dim)
    }

    fn delta(&self, dim: usize) -> f64 {
        self.size.of(dim) as f64 / dim as f64
    }

    fn encode(&self, v: &[f64], stream: &mut Stream, message: &mut Vec<u8>) {
        sparse::encode(v, &draw(v.len(), self.size.of(v.len()), stream), message);
    }

    fn decode(&self, message: &[u8], v: &mut [f64]) -> Result<()> {
        sparse::decode(message, self.size.of(v.len()), v)
    }
}

/// `k` of the first `n` integers, ascending: the first steps of a shuffle.
pub(in crate::distributed) fn draw(n: usize, k: usize, stream: &mut Stream) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..n).collect();
    for i in 0..k.min(n) {
        let j = i + stream.below(n - i);
        indices.swap(i, j);
    }
    indices.truncate(k);
    indices.sort_unstable();
    indices
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansatz_core::Seed;

    #[test]
    fn every_entry_is_drawn_as_often() {
        let mut counts = [0u32; 10];
        let draws = 20_000;
        let mut stream = Seed(1).stream("draws", 0);
        for _ in 0..draws {
            let drawn = draw(10, 3, &mut stream);
            assert!(drawn.len() == 3 && drawn.windows(2).all(|pair| pair[0] < pair[1]));
            for &i in &drawn {
                counts[i] += 1;
            }
        }
        // Six standard deviations of a binomial count.
        let (mean, deviation) = (0.3 * f64::from(draws), (0.21 * f64::from(draws)).sqrt());
        assert!(counts.iter().all(|&count| (f64::from(count) - mean).abs() < 6.0 * deviation), "{counts:?}");
        assert_eq!(draw(4, 4, &mut stream), [0, 1, 2, 3]);
    }
}
