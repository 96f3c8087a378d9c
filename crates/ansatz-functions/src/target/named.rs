//! The functions that have a usual interval and error measure of their own.

use super::{Target, Weight};
use ansatz_core::{Error, Result};

/// Name, expression, interval, weight. Relative error where the function does not vanish inside the interval.
const NAMED: &[(&str, &str, &str, Weight)] = &[
    ("exp2", "2^x", "(0, 1]", Weight::Relative),
    ("exp", "exp(x)", "[-ln2/2, ln2/2]", Weight::Relative),
    ("expm1", "expm1(x)", "[-ln2/2, ln2/2]", Weight::Absolute),
    ("ln", "ln(x)", "[0.5, 1]", Weight::Absolute),
    ("log2", "log2(x)", "[1, 2]", Weight::Absolute),
    ("log10", "log10(x)", "[1, 10]", Weight::Absolute),
    ("sqrt", "sqrt(x)", "[1, 4]", Weight::Relative),
    ("sin", "sin(x)", "(0, pi/2]", Weight::Relative),
    ("cos", "cos(x)", "[0, pi/2]", Weight::Absolute),
    ("tan", "tan(x)", "(0, pi/4]", Weight::Relative),
    ("asin", "asin(x)", "(0, 1/2]", Weight::Relative),
    ("acos", "acos(x)", "[0, 1/2]", Weight::Relative),
    ("atan", "atan(x)", "(0, 1]", Weight::Relative),
    ("sinh", "sinh(x)", "(0, 1]", Weight::Relative),
    ("cosh", "cosh(x)", "[0, 1]", Weight::Relative),
    ("tanh", "tanh(x)", "(0, 1]", Weight::Relative),
    ("logistic", "logistic(x)", "[-4, 4]", Weight::Relative),
    ("gelu", "gelu(x)", "[-4, 4]", Weight::Absolute),
    ("erf", "erf(x)", "(0, 2]", Weight::Relative),
    ("erfc", "erfc(x)", "[0, 5]", Weight::Relative),
    ("airy", "airy(-7*x)", "[0, 1]", Weight::Absolute),
    ("wavy", "wavy(7)", "[0, 1]", Weight::Relative),
    ("i_half", "i_half(x)", "[0, 1]", Weight::Absolute),
];

impl Target {
    /// The named functions.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMED.iter().map(|(name, ..)| *name)
    }

    /// The function of that name on its usual interval with its usual error measure.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the nearest name.
    pub fn named(name: &str) -> Result<Self> {
        let Some((name, expression, interval, weight)) = NAMED.iter().find(|(known, ..)| *known == name) else {
            return Err(Error::unknown("function", name, Self::names()));
        };
        let mut target = Self::parse(expression, interval, *weight)?;
        (*name).clone_into(&mut target.name);
        Ok(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::Interval;

    #[test]
    fn every_named_target_is_valid() {
        for name in Target::names() {
            let target = Target::named(name).unwrap_or_else(|error| panic!("{name}: {error}"));
            target.validate().unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(target.name, name);
        }
        let exp2 = Target::named("exp2").unwrap();
        assert_eq!(exp2.interval, Interval { lo: 0.0, hi: 1.0, lo_open: true, hi_open: false });
        assert_eq!(exp2.weight, Weight::Relative);
        assert_eq!(Target::named("exp3").unwrap_err().to_string(), r#"unknown function "exp3"; did you mean "exp"?"#);
    }
}
