//! Messages that hold some of the entries: `K` values in single precision, then `K` indices of `⌈log₂ d⌉` bits,
//! padded to a byte. `K` is known to both sides.

use super::{check_length, push_single, singles, width};
use crate::bits::{BitReader, BitWriter};
use ansatz_core::{Error, Result};

/// How many entries are kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Size {
    /// So many.
    Count(usize),
    /// This part of all, rounded, at least one.
    Fraction(f64),
}

impl Size {
    /// The number of entries that are kept of `dim`.
    pub fn of(self, dim: usize) -> usize {
        match self {
            Self::Count(k) => k,
            Self::Fraction(fraction) => ((fraction * dim as f64).round() as usize).max(1),
        }
    }

    /// Refuses no entries, and more than there are.
    pub(super) fn check(self, dim: usize) -> Result<()> {
        match self {
            Self::Fraction(f) if !(f > 0.0 && f <= 1.0) => {
                Err(Error::parameter("the fraction of entries kept", f, "greater than 0 and at most 1"))
            }
            _ if (1..=dim).contains(&self.of(dim)) => Ok(()),
            _ => Err(Error::parameter("K", self.of(dim), format!("from 1 to {dim}, the dimension of the problem"))),
        }
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Count(k) => write!(f, "{k}"),
            // With its point, so that it is not read as a count.
            Self::Fraction(fraction) => write!(f, "{fraction:?}"),
        }
    }
}

/// Appends the entries of `v` at `indices`.
pub(super) fn encode(v: &[f64], indices: &[usize], message: &mut Vec<u8>) {
    for &i in indices {
        push_single(v[i], message);
    }
    let width = width(v.len());
    let mut writer = BitWriter::new(message);
    for &i in indices {
        writer.push(i as u32, width);
    }
    writer.finish();
}

/// Writes the `k` entries that `message` says to `v`, and zero to all others.
pub(super) fn decode(message: &[u8], k: usize, v: &mut [f64]) -> Result<()> {
    let width = width(v.len());
    check_length(message, 4 * k + (k * width as usize).div_ceil(8))?;
    v.fill(0.0);
    let dim = v.len();
    let mut indices = BitReader::new(&message[4 * k..]);
    for value in singles(&message[..4 * k]) {
        let i = indices.take(width) as usize;
        let entry =
            v.get_mut(i).ok_or_else(|| Error::parameter("an index of the message", i, format!("below {dim}")))?;
        *entry = value;
    }
    Ok(())
}
