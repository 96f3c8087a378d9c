//! Scaled sign: `C(v) = (‖v‖₁/d) sign(v)`, with `sign(0) = 1`.
//!
//! `δ = ‖v‖₁²/(d ‖v‖₂²)`, at least `1/d` and `2/π` for normal entries; `32 + d` bits.
//!
//! Source: Karimireddy, Rebjock, Stich & Jaggi 2019, arXiv:1901.09847.

use super::{Compressor, check_length, push_single, singles};
use crate::bits::{BitReader, BitWriter};
use ansatz_core::{Result, Stream};

/// Signs, and one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScaledSign;

impl Compressor for ScaledSign {
    fn name(&self) -> String {
        "sign".to_owned()
    }

    fn check(&self, _: usize) -> Result<()> {
        Ok(())
    }

    fn delta(&self, dim: usize) -> f64 {
        1.0 / dim.max(1) as f64
    }

    fn encode(&self, v: &[f64], _: &mut Stream, message: &mut Vec<u8>) {
        push_single(v.iter().map(|value| value.abs()).sum::<f64>() / v.len().max(1) as f64, message);
        let mut writer = BitWriter::new(message);
        for &value in v {
            writer.push(u32::from(value < 0.0), 1);
        }
        writer.finish();
    }

    fn decode(&self, message: &[u8], v: &mut [f64]) -> Result<()> {
        check_length(message, 4 + v.len().div_ceil(8))?;
        let scale = singles(&message[..4]).next().unwrap_or(0.0);
        let mut signs = BitReader::new(&message[4..]);
        for v in v.iter_mut() {
            *v = if signs.take(1) == 1 { -scale } else { scale };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::{distance_squared, dot};
    use ansatz_core::Seed;

    #[test]
    fn the_error_is_the_one_of_the_formula() {
        let mut stream = Seed(1).stream("v", 0);
        let v: Vec<f64> = (0..50).map(|i| if i % 7 == 0 { 0.0 } else { stream.normal() }).collect();
        let (mut message, mut back) = (Vec::new(), vec![0.0; 50]);
        ScaledSign.encode(&v, &mut stream, &mut message);
        ScaledSign.decode(&message, &mut back).unwrap();
        let sum: f64 = v.iter().map(|x| x.abs()).sum();
        // ‖v − s sign(v)‖² = ‖v‖² − 2 s ‖v‖₁ + d s² at s = ‖v‖₁/d.
        let expected = dot(&v, &v) - sum * sum / 50.0;
        assert!((distance_squared(&v, &back) - expected).abs() < 1e-6);
    }
}
