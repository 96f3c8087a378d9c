//! Stochastic quantisation to `b` bits an entry, scaled down so that it contracts.
//!
//! With `s = 2^(b−1) − 1` levels, `|v_j|/‖v‖₂` becomes one of its two neighbours among the multiples of `1/s`, at random,
//! so that it is right in the mean; `E‖Q(v) − v‖² ≤ ω ‖v‖²`, `ω = min(d/s², √d/s)`. Then `C = Q/(1 + ω)` contracts with
//! `δ = 1/(1 + ω)`. The message is the number `‖v‖₂/(1 + ω)`, and a sign and a level an entry: `32 + b d` bits.
//!
//! Source: Alistarh, Grubic, Li, Tomioka & Vojnovic 2017, arXiv:1610.02132.

use super::{Compressor, check_length, push_single, singles};
use crate::bits::{BitReader, BitWriter};
use crate::vector::norm;
use ansatz_core::{Error, Result, Stream};

/// A few bits an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantised {
    /// Bits of an entry, its sign included: from 2 to 16.
    pub bits: u32,
}

impl Quantised {
    fn levels(self) -> f64 {
        f64::from((1u32 << (self.bits.clamp(2, 16) - 1)) - 1)
    }

    /// The relative variance `ω`.
    fn variance(self, dim: usize) -> f64 {
        let (d, s) = (dim as f64, self.levels());
        (d / (s * s)).min(d.sqrt() / s)
    }
}

impl Compressor for Quantised {
    fn name(&self) -> String {
        format!("quant:{}", self.bits)
    }

    fn check(&self, _: usize) -> Result<()> {
        if (2..=16).contains(&self.bits) {
            return Ok(());
        }
        Err(Error::parameter("the bits of an entry", self.bits, "from 2 to 16"))
    }

    fn delta(&self, dim: usize) -> f64 {
        1.0 / (1.0 + self.variance(dim))
    }

    fn encode(&self, v: &[f64], stream: &mut Stream, message: &mut Vec<u8>) {
        let (length, s) = (norm(v), self.levels());
        push_single(length / (1.0 + self.variance(v.len())), message);
        let width = self.bits.clamp(2, 16) - 1;
        let mut writer = BitWriter::new(message);
        for &value in v {
            let exact = if length > 0.0 { (value.abs() / length * s).min(s) } else { 0.0 };
            let level = exact.floor() + f64::from(u8::from(stream.chance(exact.fract())));
            writer.push(level as u32, width);
            writer.push(u32::from(value < 0.0), 1);
        }
        writer.finish();
    }

    fn decode(&self, message: &[u8], v: &mut [f64]) -> Result<()> {
        let width = self.bits.clamp(2, 16) - 1;
        check_length(message, 4 + (v.len() * (width as usize + 1)).div_ceil(8))?;
        let unit = singles(&message[..4]).next().unwrap_or(0.0) / self.levels();
        let mut reader = BitReader::new(&message[4..]);
        for v in v {
            let size = unit * f64::from(reader.take(width));
            *v = if reader.take(1) == 1 { -size } else { size };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansatz_core::Seed;

    #[test]
    fn it_is_right_in_the_mean_up_to_its_scaling() {
        let v = [0.3, -1.0, 0.0, 2.0, -0.05];
        let c = Quantised { bits: 3 };
        let (draws, mut sums) = (20_000, [0.0; 5]);
        for index in 0..draws {
            let (mut message, mut back) = (Vec::new(), [0.0; 5]);
            c.encode(&v, &mut Seed(1).stream("draws", index), &mut message);
            c.decode(&message, &mut back).unwrap();
            sums.iter_mut().zip(back).for_each(|(sum, value)| *sum += value);
        }
        for (sum, value) in sums.iter().zip(v) {
            // A level is ‖v‖/3; its deviation is at most half of it. Six deviations of the mean.
            let tolerance = 6.0 * 0.5 * norm(&v) / 3.0 / (draws as f64).sqrt();
            assert!((sum / draws as f64 * (1.0 + c.variance(5)) - value).abs() < tolerance);
        }
        assert!(Quantised { bits: 1 }.check(5).is_err() && Quantised { bits: 17 }.check(5).is_err());
    }
}
