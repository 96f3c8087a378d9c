//! Compressors: a vector becomes a short message, and the message a vector near it.
//!
//! `C` is `δ`-contractive if `E‖C(v) − v‖² ≤ (1 − δ) ‖v‖²`. A message is what goes over the wire: bytes, with numbers in
//! single precision, and no more of them than the receiver needs who knows the compressor and the dimension. Both sides
//! work with the vector that the message says, so its rounding is an error like that of the compression.

mod dense;
mod named;
mod quantised;
mod rand_k;
mod scaled_sign;
mod sparse;
mod top_k;

pub use dense::Dense;
pub use named::{COMPRESSORS, named};
pub use quantised::Quantised;
pub use rand_k::RandK;
pub(super) use rand_k::draw;
pub use scaled_sign::ScaledSign;
pub use sparse::Size;
pub use top_k::TopK;

use ansatz_core::{Error, Result, Stream};

/// A compressor, with its wire format.
pub trait Compressor: Sync {
    /// What it is called on the command line, with its parameter.
    fn name(&self) -> String;

    /// Refuses parameters that make no sense in dimension `dim`.
    ///
    /// # Errors
    /// [`Error::Parameter`] that names the parameter.
    fn check(&self, dim: usize) -> Result<()>;

    /// The contraction `δ` that is guaranteed in dimension `dim`.
    fn delta(&self, dim: usize) -> f64;

    /// How messages that are not to be compressed are sent.
    fn precision(&self) -> Dense {
        Dense::Single
    }

    /// Appends the message for `v`; random choices come from `stream`.
    fn encode(&self, v: &[f64], stream: &mut Stream, message: &mut Vec<u8>);

    /// Writes to `v` what `message` says.
    ///
    /// # Errors
    /// [`Error::Parameter`] if it is no message of this compressor for a vector of this length.
    fn decode(&self, message: &[u8], v: &mut [f64]) -> Result<()>;
}

/// Refuses a message of another length than `expected`.
fn check_length(message: &[u8], expected: usize) -> Result<()> {
    if message.len() == expected {
        return Ok(());
    }
    Err(Error::parameter("the message", format!("{} bytes long", message.len()), format!("{expected} bytes long")))
}

/// Appends `value`, rounded to single precision.
fn push_single(value: f64, message: &mut Vec<u8>) {
    message.extend_from_slice(&(value as f32).to_le_bytes());
}

/// The numbers in single precision that the bytes say.
fn singles(bytes: &[u8]) -> impl Iterator<Item = f64> {
    bytes.as_chunks::<4>().0.iter().map(|chunk| f64::from(f32::from_le_bytes(*chunk)))
}

/// Bits that tell `n` things apart.
fn width(n: usize) -> u32 {
    usize::BITS - n.saturating_sub(1).leading_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::{distance_squared, dot};
    use ansatz_core::Seed;

    fn all() -> Vec<Box<dyn Compressor>> {
        let names = ["topk:7", "topk:0.1", "topk:1.0", "randk:0.25", "sign", "quant:2", "quant:4", "none", "none64"];
        names.iter().map(|name| named(name).unwrap()).collect()
    }

    fn vector(seed: u64, dim: usize) -> Vec<f64> {
        let mut stream = Seed(seed).stream("vectors", 0);
        // Heavy tails, so that some entries matter more than others.
        (0..dim).map(|_| stream.normal() * stream.normal().exp()).collect()
    }

    #[test]
    fn the_mean_error_obeys_the_contraction() {
        for c in all() {
            for (seed, dim) in [(1, 20), (2, 33), (3, 200)] {
                let v = vector(seed, dim);
                let (mut sum, mut back) = (0.0, vec![0.0; dim]);
                let draws = 400;
                for index in 0..draws {
                    let mut message = Vec::new();
                    c.encode(&v, &mut Seed(9).stream("draws", index), &mut message);
                    c.decode(&message, &mut back).unwrap();
                    sum += distance_squared(&v, &back);
                }
                let (mean, delta) = (sum / draws as f64 / dot(&v, &v), c.delta(dim));
                assert!(delta > 0.0 && delta <= 1.0, "{}: {delta}", c.name());
                // The mean of 400 draws may exceed its expectation a little.
                assert!(mean <= (1.0 - delta) * 1.05 + 1e-13, "{} in dimension {dim}: {mean} {delta}", c.name());
            }
        }
    }

    #[test]
    fn messages_have_the_size_of_their_format() {
        let cases = [
            ("topk:7", 200, 7 * 4 + 7),
            ("topk:32", 650, (32 * (32 + 10)) / 8),
            ("randk:20", 200, 20 * 4 + 20),
            ("sign", 200, 4 + 25),
            ("quant:4", 200, 4 + 100),
            ("none", 200, 800),
            ("none64", 200, 1600),
            ("topk:1", 1, 4),
        ];
        for (name, dim, bytes) in cases {
            let mut message = Vec::new();
            named(name).unwrap().encode(&vector(4, dim), &mut Seed(1).stream("x", 0), &mut message);
            assert_eq!(message.len(), bytes, "{name}");
        }
    }

    #[test]
    fn foreign_messages_are_refused_without_a_panic() {
        let dim = 37;
        for c in all() {
            let mut message = Vec::new();
            c.encode(&vector(5, dim), &mut Seed(1).stream("x", 0), &mut message);
            let mut v = vec![0.0; dim];
            assert!(c.decode(&message[1..], &mut v).is_err(), "{}", c.name());
            assert!(c.decode(&[&message[..], &[0]].concat(), &mut v).is_err(), "{}", c.name());
            let mut stream = Seed(2).stream("noise", 0);
            for _ in 0..200 {
                let noise: Vec<u8> = message.iter().map(|_| stream.bits() as u8).collect();
                // Whatever it says, it must not break: an index beyond the dimension is the one thing to refuse.
                let _ = c.decode(&noise, &mut v);
            }
        }
    }

    #[test]
    fn widths_tell_all_indices_apart() {
        assert_eq!([1, 2, 3, 4, 5, 200, 256, 257, 650].map(width), [0, 1, 2, 2, 3, 8, 8, 9, 10]);
    }
}
