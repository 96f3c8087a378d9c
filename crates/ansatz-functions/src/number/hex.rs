//! Hexadecimal floating-point literals, as in C99: the text of a double that is exact and readable.
//!
//! Files hold numbers in this form, because decimal readers differ and JSON has neither infinities nor a promise of
//! 53 bits.
//!
//! ```
//! use ansatz_functions::number::hex;
//! assert_eq!(hex::format(12.0), "0x1.8p+3");
//! assert_eq!(hex::parse("0x1.8p+3"), Some(12.0));
//! ```

use super::Dd;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

const FRACTION: u64 = (1 << 52) - 1;

/// The shortest hexadecimal literal of `x`; `inf`, `-inf` or `nan` if it is not finite.
pub fn format(x: f64) -> String {
    if x.is_nan() {
        return "nan".into();
    }
    let sign = if x.is_sign_negative() { "-" } else { "" };
    if x.is_infinite() {
        return format!("{sign}inf");
    }
    let exponent = (x.to_bits() >> 52 & 0x7ff) as i32;
    let fraction = x.to_bits() & FRACTION;
    let (lead, exponent) = match (exponent, fraction) {
        (0, 0) => return format!("{sign}0x0p+0"),
        (0, _) => (0, -1022),
        _ => (1, exponent - 1023),
    };
    let digits = format!("{fraction:013x}");
    let digits = digits.trim_end_matches('0');
    let point = if digits.is_empty() { "" } else { "." };
    format!("{sign}0x{lead}{point}{digits}p{exponent:+}")
}

/// The double of a hexadecimal literal; `None` if the text is not one, or if no double has exactly that value.
pub fn parse(text: &str) -> Option<f64> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let magnitude = match rest {
        "inf" => f64::INFINITY,
        "nan" => f64::NAN,
        _ => magnitude(rest)?,
    };
    Some(if negative { -magnitude } else { magnitude })
}

fn magnitude(text: &str) -> Option<f64> {
    let text = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
    let (digits, exponent) = text.split_once(['p', 'P'])?;
    if exponent.len() > 6 {
        return None;
    }
    let mut exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || whole.len() + fraction.len() > 30 {
        return None;
    }
    let mut mantissa: u128 = 0;
    for c in whole.chars().chain(fraction.chars()) {
        mantissa = mantissa << 4 | u128::from(c.to_digit(16)?);
    }
    if mantissa == 0 {
        return Some(0.0);
    }
    exponent -= 4 * fraction.len() as i32;
    let zeros = mantissa.trailing_zeros();
    mantissa >>= zeros;
    exponent += zeros as i32;
    let bits = 128 - mantissa.leading_zeros() as i32;
    // The lowest bit must not fall below the last place of a subnormal, nor the highest above the largest double.
    if bits > 53 || exponent < -1074 || exponent + bits > 1024 {
        return None;
    }
    // Two exact steps, because 2^exponent itself may be no normal double.
    let step = exponent.clamp(-1022, 900);
    Some(mantissa as f64 * 2f64.powi(step) * 2f64.powi(exponent - step))
}

impl Serialize for Dd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (format(self.hi), format(self.lo)).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Dd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (hi, lo) = <(String, String)>::deserialize(deserializer)?;
        let read =
            |text: &str| parse(text).ok_or_else(|| D::Error::custom(format!("{text:?} is no hexadecimal double")));
        Ok(Self { hi: read(&hi)?, lo: read(&lo)? })
    }
}

/// For `#[serde(with = "hex::double")]` on `f64` fields: the double as its hexadecimal literal.
pub mod double {
    use super::{Deserialize, Deserializer, Error, Serialize, Serializer, format, parse};

    /// Writes the literal.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(x: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        format(*x).serialize(serializer)
    }

    /// Reads the literal.
    ///
    /// # Errors
    /// If the text is no hexadecimal double.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse(&text).ok_or_else(|| D::Error::custom(format!("{text:?} is no hexadecimal double")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansatz_core::Seed;

    #[test]
    fn known_literals() {
        for (x, text) in [
            (0.0, "0x0p+0"),
            (-0.0, "-0x0p+0"),
            (1.0, "0x1p+0"),
            (-0.1, "-0x1.999999999999ap-4"),
            (f64::MAX, "0x1.fffffffffffffp+1023"),
            (f64::MIN_POSITIVE, "0x1p-1022"),
            (5e-324, "0x0.0000000000001p-1022"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(format(x), text);
            assert_eq!(parse(text).map(f64::to_bits), Some(x.to_bits()));
        }
        assert!(parse("nan").is_some_and(f64::is_nan));
        assert_eq!(parse("0x10p-1"), Some(8.0));
        assert_eq!(parse("0x1p-1074"), Some(5e-324));
    }

    #[test]
    fn what_is_no_exact_double_is_refused() {
        for text in [
            "",
            "1.5",
            "0x",
            "0xp+0",
            "0x1",
            "0x1.8",
            "0x1p",
            "0x1.8p3x",
            "0x1.00000000000001p+0",
            "0x1p-1075",
            "0x1p+1024",
            "0x1p+99999999999",
            "0xgp+0",
            "--0x1p+0",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_bit_pattern_returns() {
        let mut stream = Seed(1).stream("hex", 0);
        for _ in 0..20_000 {
            let x = f64::from_bits(stream.bits());
            let back = parse(&format(x)).unwrap();
            assert!(back.to_bits() == x.to_bits() || x.is_nan() && back.is_nan(), "{x:e}");
        }
    }

    #[test]
    fn double_doubles_are_two_literals_in_json() {
        let x = Dd { hi: 0.1, lo: -(2f64.powi(-60)) };
        let text = serde_json::to_string(&x).unwrap();
        assert_eq!(text, r#"["0x1.999999999999ap-4","-0x1p-60"]"#);
        assert_eq!(serde_json::from_str::<Dd>(&text).unwrap(), x);
        assert!(serde_json::from_str::<Dd>(r#"["0.1","0x0p+0"]"#).is_err());
    }
}
