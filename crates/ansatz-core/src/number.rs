//! Numbers that survive JSON: it has no infinities and no not-a-number, and a measurement may be either.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A double that is written to JSON as a number if it is finite, and as "NaN", "inf" or "-inf" if it is not.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() { serializer.serialize_f64(self.0) } else { serializer.collect_str(&self.0) }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Finite(f64),
            Name(String),
        }
        match Either::deserialize(deserializer)? {
            Either::Finite(value) => Ok(Self(value)),
            Either::Name(name) => match name.as_str() {
                "NaN" => Ok(Self(f64::NAN)),
                "inf" => Ok(Self(f64::INFINITY)),
                "-inf" => Ok(Self(f64::NEG_INFINITY)),
                _ => Err(serde::de::Error::custom(format!("{name:?} is not a number"))),
            },
        }
    }
}

/// For fields of type `f64`, by `#[serde(with = "…")]`: written as [`Number`] is.
pub(crate) mod exact {
    use super::Number;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
    pub(crate) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        Number(*value).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Number::deserialize(deserializer).map(|number| number.0)
    }
}

/// A number as people read it: four significant digits, powers of ten where it is long.
pub fn shown(value: f64) -> String {
    let magnitude = value.abs();
    if !value.is_finite() {
        value.to_string()
    } else if value.fract() == 0.0 && magnitude < 1e7 {
        // `+ 0.0` turns -0 into 0.
        format!("{}", value + 0.0)
    } else if (1e-3..1e5).contains(&magnitude) {
        let digits = (3 - magnitude.log10().floor() as i32).max(0) as usize;
        let text = format!("{value:.digits$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    } else {
        format!("{value:.3e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_every_number() {
        for value in [0.1, -0.0, 1e-320, 5e300, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            let text = serde_json::to_string(&Number(value)).unwrap();
            let back: Number = serde_json::from_str(&text).unwrap();
            assert!(back.0.to_bits() == value.to_bits() || (back.0.is_nan() && value.is_nan()), "{text}");
        }
        assert!(serde_json::from_str::<Number>("\"one\"").is_err());
    }

    #[test]
    fn numbers_are_shown_short() {
        let cases =
            [(0.0, "0"), (-0.0, "0"), (12.0, "12"), (2.1917812e-15, "2.192e-15"), (0.5, "0.5"), (1.25e7, "1.250e7")];
        for (value, text) in cases {
            assert_eq!(shown(value), text);
        }
        assert_eq!(
            (shown(1234.56), shown(0.0012345), shown(f64::NAN)),
            ("1235".into(), "0.001234".into(), "NaN".into())
        );
    }
}
