//! The names of the classical families.

use std::fmt;

/// Where a series is expanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Centre {
    /// At zero, an end or an inner point of the interval.
    Zero,
    /// In the middle of the interval.
    Middle,
}

/// A classical way to approximate a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Taylor polynomial, by Horner's rule.
    Taylor(Centre),
    /// Chebyshev series cut off, by Horner's rule.
    Chebyshev,
    /// Best polynomial, by Horner's rule.
    Polynomial,
    /// Best polynomial, preconditioned after Knuth and Eve.
    Preconditioned,
    /// Padé approximant by two Horner's rules.
    Pade(Centre),
    /// Best quotient by two Horner's rules.
    Rational,
    /// Padé approximant as a continued fraction.
    PadeFraction(Centre),
    /// Best quotient as a continued fraction.
    Fraction,
    /// Diagonal Padé approximant of an exponential as a continued fraction, squared repeatedly.
    Squaring,
    /// The same form with its constants levelled.
    TunedSquaring,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 13] = [
        Self::Taylor(Centre::Zero),
        Self::Taylor(Centre::Middle),
        Self::Chebyshev,
        Self::Polynomial,
        Self::Preconditioned,
        Self::Pade(Centre::Zero),
        Self::Pade(Centre::Middle),
        Self::Rational,
        Self::PadeFraction(Centre::Zero),
        Self::PadeFraction(Centre::Middle),
        Self::Fraction,
        Self::Squaring,
        Self::TunedSquaring,
    ];

    /// Whether Real et al. 2023 compare with it: polynomials and quotients, all by Horner's rule.
    pub fn in_paper(self) -> bool {
        matches!(self, Self::Taylor(_) | Self::Chebyshev | Self::Polynomial | Self::Pade(_) | Self::Rational)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |c: &Centre| if *c == Centre::Zero { "0" } else { "the middle" };
        match self {
            Self::Taylor(c) => write!(f, "Taylor at {}", place(c)),
            Self::Chebyshev => f.write_str("Chebyshev series"),
            Self::Polynomial => f.write_str("minimax polynomial"),
            Self::Preconditioned => f.write_str("Knuth/Eve polynomial"),
            Self::Pade(c) => write!(f, "Padé at {}", place(c)),
            Self::Rational => f.write_str("minimax rational"),
            Self::PadeFraction(c) => write!(f, "Padé fraction at {}", place(c)),
            Self::Fraction => f.write_str("minimax continued fraction"),
            Self::Squaring => f.write_str("scaling and squaring"),
            Self::TunedSquaring => f.write_str("scaling and squaring, tuned"),
        }
    }
}
