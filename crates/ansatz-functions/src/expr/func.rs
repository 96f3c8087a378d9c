//! The functions that expressions know by name, and the numbers they act on.

use crate::{
    ball::Ball,
    number::{Big, Scalar},
};
use ansatz_core::{Error, Result};

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident: $($spelling:literal)|+;)*) => {
        /// A function of one variable that expressions know by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Func {
            $($(#[$doc])* $name,)*
        }

        impl Func {
            /// Every function with its spellings, of which the first is the canonical one.
            pub const ALL: &[(Self, &[&str])] = &[$((Self::$name, &[$($spelling),+]),)*];
        }
    };
}

functions! {
    /// `e^x`
    Exp: "exp";
    /// `2^x`
    Exp2: "exp2";
    /// `e^x − 1`
    Expm1: "expm1";
    /// Natural logarithm.
    Ln: "ln" | "log";
    /// Logarithm to base 2.
    Log2: "log2";
    /// Logarithm to base 10.
    Log10: "log10";
    /// Square root.
    Sqrt: "sqrt";
    /// Sine.
    Sin: "sin";
    /// Cosine.
    Cos: "cos";
    /// Tangent.
    Tan: "tan";
    /// Inverse sine.
    Asin: "asin" | "arcsin";
    /// Inverse cosine.
    Acos: "acos" | "arccos";
    /// Inverse tangent.
    Atan: "atan" | "arctan";
    /// Hyperbolic sine.
    Sinh: "sinh";
    /// Hyperbolic cosine.
    Cosh: "cosh";
    /// Hyperbolic tangent.
    Tanh: "tanh";
    /// `1/(1 + e^−x)`
    Logistic: "logistic" | "sigmoid";
    /// Gaussian error linear unit, `x Φ(x)`.
    Gelu: "gelu";
    /// Error function.
    Erf: "erf";
    /// Complementary error function.
    Erfc: "erfc";
    /// Airy function `Ai`.
    Airy: "airy" | "ai";
    /// Derivative of the Airy function `Ai`.
    AiryPrime: "airy_prime" | "ai_prime";
    /// Modified Bessel function of the first kind, order 1/2.
    BesselIHalf: "i_half" | "bessel_i_half";
}

impl Func {
    /// The canonical name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(f, _)| *f == self).map_or("", |(_, names)| names[0])
    }

    /// The function of that name or alias.
    ///
    /// # Errors
    /// [`Error::Unknown`], with the nearest name.
    pub fn from_name(name: &str) -> Result<Self> {
        let all = || Self::ALL.iter().flat_map(|(f, names)| names.iter().map(move |name| (*f, *name)));
        all()
            .find(|(_, known)| *known == name)
            .map(|(f, _)| f)
            .ok_or_else(|| Error::unknown("function", name, all().map(|(_, known)| known)))
    }
}

/// A number on which the named functions are defined. Outside its domain a function gives the type's not-a-number.
pub trait Analytic: Scalar {
    /// The constant that a ball encloses.
    #[must_use]
    fn of_ball(c: &Ball) -> Self;
    /// `f(self)`
    #[must_use]
    fn apply(&self, f: Func) -> Self;
    /// `self^n`
    #[must_use]
    fn powi(&self, n: i64) -> Self;
    /// `self^a`
    #[must_use]
    fn pow(&self, a: &Ball) -> Self;
    /// `base^self`
    #[must_use]
    fn power_of(&self, base: &Ball) -> Self;
}

impl Analytic for Ball {
    fn of_ball(c: &Ball) -> Self {
        c.clone()
    }
    fn apply(&self, f: Func) -> Self {
        match f {
            Func::Exp => self.exp(),
            Func::Exp2 => self.exp2(),
            Func::Expm1 => self.expm1(),
            Func::Ln => self.ln(),
            Func::Log2 => self.log2(),
            Func::Log10 => self.log10(),
            Func::Sqrt => self.sqrt(),
            Func::Sin => self.sin(),
            Func::Cos => self.cos(),
            Func::Tan => self.tan(),
            Func::Asin => self.asin(),
            Func::Acos => self.acos(),
            Func::Atan => self.atan(),
            Func::Sinh => self.sinh(),
            Func::Cosh => self.cosh(),
            Func::Tanh => self.tanh(),
            Func::Logistic => self.logistic(),
            Func::Gelu => self.gelu(),
            Func::Erf => self.erf(),
            Func::Erfc => self.erfc(),
            Func::Airy => self.airy().0,
            Func::AiryPrime => self.airy().1,
            Func::BesselIHalf => self.bessel_i_half(),
        }
    }
    fn powi(&self, n: i64) -> Self {
        Ball::powi(self, n)
    }
    fn pow(&self, a: &Ball) -> Self {
        Ball::pow(self, a)
    }
    fn power_of(&self, base: &Ball) -> Self {
        base.pow(self)
    }
}

/// By way of a ball, whose midpoint is kept: the error is a few units in the last place.
impl Analytic for Big {
    fn of_ball(c: &Ball) -> Self {
        c.midpoint()
    }
    fn apply(&self, f: Func) -> Self {
        Ball::exact(self).apply(f).midpoint()
    }
    fn powi(&self, n: i64) -> Self {
        Ball::exact(self).powi(n).midpoint()
    }
    fn pow(&self, a: &Ball) -> Self {
        Ball::exact(self).pow(a).midpoint()
    }
    fn power_of(&self, base: &Ball) -> Self {
        base.pow(&Ball::exact(self)).midpoint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_lead_back() {
        let names: Vec<&str> = Func::ALL.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        for (i, name) in names.iter().enumerate() {
            assert!(!names[..i].contains(name), "{name}");
        }
        for (f, _) in Func::ALL {
            assert_eq!(Func::from_name(f.name()).unwrap(), *f);
        }
        assert_eq!(Func::from_name("log").unwrap(), Func::Ln);
        assert_eq!(Func::from_name("tahn").unwrap_err().to_string(), r#"unknown function "tahn"; did you mean "tan"?"#);
    }
}
