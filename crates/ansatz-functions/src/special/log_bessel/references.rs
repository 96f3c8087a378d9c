//! Values of proved digits to measure errors against.
//!
//! From Arb's ball arithmetic at a precision at which all 22 digits are certain: orders and arguments evenly from
//! `(0, 150)²` and `(0, 1000) × (1, 10⁴)`, evenly in the logarithm from `[10⁻³, 10⁵] × [10⁻⁶, 10⁶]` and
//! `[10⁻⁶, 10⁶] × [10⁻³⁰⁰, 10⁸]`, and chosen ones. `peers/35/references.py` writes the table.

use crate::number::{Big, Dd, Scalar};

/// v, x, log I, log K.
const TABLE: &str = include_str!("references.csv");

/// The functions' logarithms at one point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reference {
    /// The order.
    pub v: f64,
    /// The argument.
    pub x: f64,
    /// `log I_v(x)`
    pub log_i: Dd,
    /// `log K_v(x)`
    pub log_k: Dd,
}

/// All of them.
pub fn references() -> Vec<Reference> {
    let row = |line: &str| {
        let mut words = line.split(',');
        let (v, x) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Reference { v, x, log_i: decimal(words.next()?)?, log_k: decimal(words.next()?)? })
    };
    TABLE.lines().filter_map(row).collect()
}

/// A decimal of any length as the nearest pair of doubles.
fn decimal(text: &str) -> Option<Dd> {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (sign, digits) = mantissa.strip_prefix('-').map_or((1.0, mantissa), |rest| (-1.0, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut value = Big::from_f64(0.0);
    let ten = Big::from_f64(10.0);
    for digit in whole.chars().chain(fraction.chars()) {
        value = value.mul(&ten).add(&Big::from_f64(digit.to_digit(10)?.into()));
    }
    let exponent = exponent.parse::<i32>().ok()? - i32::try_from(fraction.len()).ok()?;
    // Dividing by an exact power rounds once.
    let power = ten.powi(exponent.abs());
    let value = if exponent < 0 { value.div(&power) } else { value.mul(&power) };
    Some(value.mul(&Big::from_f64(sign)).to_dd())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_keeps_its_digits() {
        let all = references();
        assert_eq!(all.len(), TABLE.lines().count());
        for (reference, line) in all.iter().zip(TABLE.lines()) {
            let numbers: Vec<f64> = line.split(',').map(|number| number.parse().unwrap()).collect();
            assert_eq!([reference.v, reference.x, reference.log_i.hi, reference.log_k.hi], numbers[..]);
        }
        // log I_{1/2}(2) = log √(1/π) sinh 2; its digits after the sixteenth are in the lower part.
        let half = decimal("0.7160024296894680429821").unwrap();
        assert_eq!(half.hi, 0.716002429689468);
        assert!((half.lo - (0.7160024296894680429821 - half.hi)).abs() < 1e-16 && half.lo != 0.0);
        let pi = decimal("314159265358979323846264338327950288e-35").unwrap();
        assert_eq!((pi.hi, pi.lo), (std::f64::consts::PI, 1.2246467991473532e-16));
        assert_eq!(decimal("-2.5e2").unwrap().hi, -250.0);
        assert!(decimal("1.x").is_none());
    }
}
