//! No compression: every entry, in single or double precision.
//!
//! `32 d` or `64 d` bits. In double precision `C(v) = v` exactly, which is what tests of methods need.

use super::{Compressor, check_length, push_single, singles};
use ansatz_core::{Result, Stream};

/// Every entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dense {
    /// In single precision.
    #[default]
    Single,
    /// In double precision: without any error.
    Double,
}

impl Compressor for Dense {
    fn name(&self) -> String {
        match self {
            Self::Single => "none".to_owned(),
            Self::Double => "none64".to_owned(),
        }
    }

    fn check(&self, _: usize) -> Result<()> {
        Ok(())
    }

    fn delta(&self, _: usize) -> f64 {
        1.0
    }

    fn precision(&self) -> Dense {
        *self
    }

    fn encode(&self, v: &[f64], _: &mut Stream, message: &mut Vec<u8>) {
        match self {
            Self::Single => {
                for &value in v {
                    push_single(value, message);
                }
            }
            Self::Double => {
                for value in v {
                    message.extend_from_slice(&value.to_le_bytes());
                }
            }
        }
    }

    fn decode(&self, message: &[u8], v: &mut [f64]) -> Result<()> {
        match self {
            Self::Single => {
                check_length(message, 4 * v.len())?;
                v.iter_mut().zip(singles(message)).for_each(|(v, value)| *v = value);
            }
            Self::Double => {
                check_length(message, 8 * v.len())?;
                v.iter_mut().zip(message.as_chunks::<8>().0).for_each(|(v, chunk)| *v = f64::from_le_bytes(*chunk));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansatz_core::Seed;

    #[test]
    fn single_precision_rounds_and_double_does_not() {
        let v = [0.1, -1e300, 3.0, -0.0];
        for (dense, expected) in
            [(Dense::Single, [f64::from(0.1f32), f64::NEG_INFINITY, 3.0, -0.0]), (Dense::Double, v)]
        {
            let (mut message, mut back) = (Vec::new(), [1.0; 4]);
            dense.encode(&v, &mut Seed(1).stream("x", 0), &mut message);
            dense.decode(&message, &mut back).unwrap();
            assert_eq!(back, expected);
        }
    }
}
