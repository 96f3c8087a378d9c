//! Top-K: the `K` entries of largest magnitude, of equal ones the first.
//!
//! `δ = K/d`; `K (32 + ⌈log₂ d⌉)` bits. Costs `O(d + K log K)`.
//!
//! Source: Stich, Cordonnier & Jaggi 2018, arXiv:1809.07599.

use super::{Compressor, Size, sparse};
use ansatz_core::{Result, Stream};

/// The largest entries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TopK {
    /// How many.
    pub size: Size,
}

impl TopK {
    /// Keeps `k` entries.
    pub fn new(k: usize) -> Self {
        Self { size: Size::Count(k) }
    }

    /// Keeps this part of the entries, at least one.
    pub fn fraction(fraction: f64) -> Self {
        Self { size: Size::Fraction(fraction) }
    }
}

impl Compressor for TopK {
    fn name(&self) -> String {
        format!("topk:{}", self.size)
    }

    fn check(&self, dim: usize) -> Result<()> {
        self.size.check(dim)
    }

    fn delta(&self, dim: usize) -> f64 {
        self.size.of(dim) as f64 / dim as f64
    }

    fn encode(&self, v: &[f64], _: &mut Stream, message: &mut Vec<u8>) {
        sparse::encode(v, &largest(v, self.size.of(v.len())), message);
    }

    fn decode(&self, message: &[u8], v: &mut [f64]) -> Result<()> {
        sparse::decode(message, self.size.of(v.len()), v)
    }
}

/// The indices of the `k` largest entries, ascending.
fn largest(v: &[f64], k: usize) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..v.len()).collect();
    if k < v.len() {
        // A total order, so that the set does not depend on how the selection goes about it.
        indices.select_nth_unstable_by(k, |&i, &j| v[j].abs().total_cmp(&v[i].abs()).then(i.cmp(&j)));
        indices.truncate(k);
        indices.sort_unstable();
    }
    indices
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansatz_core::Seed;

    #[test]
    fn the_largest_are_kept_and_ties_go_to_the_first() {
        assert_eq!(largest(&[1.0, -3.0, 3.0, -3.0, 0.0], 2), [1, 2]);
        assert_eq!(largest(&[0.0; 4], 3), [0, 1, 2]);
        assert_eq!(largest(&[1.0, 2.0], 2), [0, 1]);
        let mut stream = Seed(1).stream("ties", 0);
        for k in [1, 5, 30, 64] {
            // Few distinct magnitudes: many ties.
            let v: Vec<f64> = (0..64).map(|_| stream.below(7) as f64 - 3.0).collect();
            let mut sorted: Vec<usize> = (0..64).collect();
            sorted.sort_by(|&i, &j| v[j].abs().total_cmp(&v[i].abs()));
            sorted.truncate(k);
            sorted.sort_unstable();
            assert_eq!(largest(&v, k), sorted, "a stable sort keeps the first of equals");
        }
    }

    #[test]
    fn the_message_says_the_kept_entries() {
        let (v, mut back, mut message) = ([0.5, -2.0, 0.1, 1.5], [9.0; 4], Vec::new());
        let c = TopK::fraction(0.5);
        c.encode(&v, &mut Seed(1).stream("x", 0), &mut message);
        c.decode(&message, &mut back).unwrap();
        assert_eq!(back, [0.0, -2.0, 0.0, 1.5]);
        assert_eq!(c.name(), "topk:0.5");
        assert!(c.check(4).is_ok() && TopK::new(5).check(4).is_err() && TopK::new(0).check(4).is_err());
        assert!(TopK::fraction(0.0).check(4).is_err() && TopK::fraction(1.1).check(4).is_err());
    }
}
