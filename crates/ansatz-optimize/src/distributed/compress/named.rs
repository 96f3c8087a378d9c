//! Compressors by the names of the command line.

use super::{Compressor, Dense, Quantised, RandK, ScaledSign, Size, TopK};
use ansatz_core::{Error, Result};

/// The names, and what follows the colon.
pub const COMPRESSORS: [&str; 6] = ["topk:K", "randk:K", "sign", "quant:BITS", "none", "none64"];

/// The compressor of this name: `topk:20` keeps 20 entries and `topk:0.1` a tenth of them.
///
/// # Errors
/// [`Error::Unknown`] with the nearest name, [`Error::Parameter`] if the number after the colon cannot be read.
///
/// ```
/// use ansatz_optimize::distributed::compress::named;
/// assert_eq!(named("topk:0.1")?.delta(200), 0.1);
/// assert!(named("topk:many").is_err());
/// # Ok::<(), ansatz_core::Error>(())
/// ```
pub fn named(name: &str) -> Result<Box<dyn Compressor>> {
    let (kind, number) = name.split_once(':').map_or((name, None), |(kind, number)| (kind, Some(number)));
    Ok(match (kind, number) {
        ("topk", Some(number)) => Box::new(TopK { size: size(number)? }),
        ("randk", Some(number)) => Box::new(RandK { size: size(number)? }),
        ("quant", Some(number)) => {
            let bits = number.parse().map_err(|_| Error::parameter("quant", format!("{number:?}"), "bits, 2 to 16"))?;
            Box::new(Quantised { bits })
        }
        ("topk" | "randk" | "quant", None) => {
            return Err(Error::parameter("the compressor", name, format!("followed by a number, as in {kind}:4")));
        }
        ("sign", None) => Box::new(ScaledSign),
        ("none", None) => Box::new(Dense::Single),
        ("none64", None) => Box::new(Dense::Double),
        _ => return Err(Error::unknown("compressor", name, COMPRESSORS)),
    })
}

fn size(number: &str) -> Result<Size> {
    if let Ok(k) = number.parse() {
        return Ok(Size::Count(k));
    }
    let allowed = "a number of entries, or a part of them greater than 0 and at most 1, such as 0.1";
    match number.parse::<f64>() {
        Ok(fraction) if fraction > 0.0 && fraction <= 1.0 => Ok(Size::Fraction(fraction)),
        _ => Err(Error::parameter("K", format!("{number:?}"), allowed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in ["topk:20", "topk:0.1", "topk:1.0", "randk:3", "sign", "quant:4", "none", "none64"] {
            assert_eq!(named(name).unwrap().name(), name);
        }
        for bad in ["topk", "topk:0.0", "topk:1.5", "topk:-1", "sign:3", "quant:x", "zip"] {
            assert!(named(bad).is_err(), "{bad}");
        }
    }
}
