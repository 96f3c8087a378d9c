//! Named, independent random streams from one seed.
//!
//! A [`Seed`] is an integer. Each draw of a method comes from a [`Stream`] that is addressed by a name and an index,
//! so that adding a draw in one place never shifts the numbers of another, and work that is split among threads by
//! index gives the same numbers for every thread count. The generator is `ChaCha8` (D. J. Bernstein 2008), whose
//! output is fixed by its specification; the name and index select one of its 2^64 streams.

use chacha20::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

/// The root of all randomness of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seed(pub u64);

/// A random stream; same seed, name and index give the same numbers on every machine.
#[derive(Debug)]
pub struct Stream {
    generator: ChaCha8Rng,
}

/// The saved state of a [`Stream`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamState {
    seed: [u8; 32],
    stream: u64,
    // As text: JSON numbers do not hold 128 bits everywhere.
    position: String,
}

impl Seed {
    /// The stream `index` of the family `name`.
    ///
    /// ```
    /// use ansatz_core::Seed;
    /// let mut a = Seed(1).stream("mutation", 0);
    /// let mut b = Seed(1).stream("mutation", 1);
    /// assert_ne!(a.bits(), b.bits());
    /// ```
    pub fn stream(self, name: &str, index: u64) -> Stream {
        // The name goes into the key and the index into the stream number, so families cannot overlap.
        let mut key = [0u8; 32];
        key[..8].copy_from_slice(&self.0.to_le_bytes());
        key[8..16].copy_from_slice(&fnv1a(name.as_bytes(), 0xcbf2_9ce4_8422_2325).to_le_bytes());
        key[16..24].copy_from_slice(&fnv1a(name.as_bytes(), 0x6c62_272e_07bb_0142).to_le_bytes());
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(index);
        Stream { generator }
    }
}

/// FNV-1a hash with a chosen offset basis: spreads names over keys; not a cryptographic claim.
fn fnv1a(bytes: &[u8], basis: u64) -> u64 {
    bytes.iter().fold(basis, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

impl Stream {
    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// Uniform in [0, 1), a multiple of 2^-53.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * 2f64.powi(-53)
    }

    /// Uniform in [lo, hi).
    pub fn uniform_in(&mut self, lo: f64, hi: f64) -> f64 {
        lo + (hi - lo) * self.uniform()
    }

    /// Uniform integer below `n`, without bias (Lemire 2019, arXiv:1805.10941). `n = 0` gives 0.
    pub fn below(&mut self, n: usize) -> usize {
        let n = n as u64;
        let threshold = if n == 0 { 0 } else { n.wrapping_neg() % n };
        loop {
            let product = u128::from(self.bits()) * u128::from(n);
            if product as u64 >= threshold {
                return (product >> 64) as usize;
            }
        }
    }

    /// A fair coin with probability `p` of `true`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Standard normal variate (Box–Muller; one of the pair, so that no hidden half is carried in the state).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// The state, to be saved in a checkpoint.
    pub fn state(&self) -> StreamState {
        StreamState {
            seed: self.generator.get_seed(),
            stream: self.generator.get_stream(),
            position: self.generator.get_word_pos().to_string(),
        }
    }

    /// The stream that continues from a saved state; `None` if the state is not one of ours.
    pub fn from_state(state: &StreamState) -> Option<Self> {
        let mut generator = ChaCha8Rng::from_seed(state.seed);
        generator.set_stream(state.stream);
        generator.set_word_pos(state.position.parse().ok()?);
        Some(Self { generator })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_reproducible_and_distinct() {
        let draw = |seed, name, index| {
            let mut stream = Seed(seed).stream(name, index);
            [stream.bits(), stream.bits(), stream.bits()]
        };
        assert_eq!(draw(1, "a", 0), draw(1, "a", 0));
        let all = [draw(1, "a", 0), draw(2, "a", 0), draw(1, "b", 0), draw(1, "a", 1)];
        for (i, x) in all.iter().enumerate() {
            for y in &all[..i] {
                assert_ne!(x, y);
            }
        }
    }

    #[test]
    fn a_restored_stream_continues() {
        let mut stream = Seed(7).stream("x", 3);
        for _ in 0..1001 {
            stream.bits();
        }
        let mut copy = Stream::from_state(&stream.state()).unwrap();
        for _ in 0..100 {
            assert_eq!(stream.bits(), copy.bits());
        }
    }

    #[test]
    fn moments_are_those_of_the_distribution() {
        let mut stream = Seed(1).stream("moments", 0);
        let n = 200_000;
        let (mut mean, mut square, mut below) = (0.0, 0.0, [0usize; 7]);
        for _ in 0..n {
            let z = stream.normal();
            mean += z;
            square += z * z;
            below[stream.below(7)] += 1;
        }
        let n = f64::from(n);
        // Six standard deviations: false alarm 2e-9.
        assert!((mean / n).abs() < 6.0 / n.sqrt());
        assert!((square / n - 1.0).abs() < 6.0 * (2.0 / n).sqrt());
        for count in below {
            assert!((count as f64 - n / 7.0).abs() < 6.0 * (n / 7.0 * 6.0 / 7.0).sqrt());
        }
    }
}
