//! Methods by the names of the command line, with the step sizes of their theory times a factor.

use super::{Anchored, Extragradient, FiniteSum, Halpern, HalpernForb, HalpernVr, Method, VrExtragradient};
use crate::vector::positive;
use ansatz_core::{Error, Result};

/// The names.
pub const METHODS: [&str; 6] = ["halpern-vr", "halpern-forb", "halpern", "eg", "eag", "vr-eg"];

/// The method of this name for the operator `f`: with `scale = 1` its steps are those of its theory. `restart` is for
/// `halpern-vr` and `halpern`.
///
/// # Errors
/// [`Error::Unknown`] with the nearest name; [`Error::Parameter`] if `scale` is not positive, or a method cannot restart.
pub fn named(name: &str, f: &dyn FiniteSum, scale: f64, restart: bool) -> Result<Box<dyn Method>> {
    positive("the scale of the steps", scale)?;
    if restart && METHODS.contains(&name) && !matches!(name, "halpern-vr" | "halpern") {
        return Err(Error::parameter("restart", true, format!("left out for {name}; halpern-vr and halpern have it")));
    }
    let n = f.components();
    Ok(match name {
        "halpern-vr" => Box::new(HalpernVr { eta: 0.25 * scale / f.average_constant(), restart }),
        "halpern-forb" => {
            let theory = HalpernForb::theory(n, f.average_constant());
            Box::new(HalpernForb { gamma: scale * theory.gamma, ..theory })
        }
        "halpern" => Box::new(Halpern { eta: scale / f.constant(), restart }),
        // Any step below 1/L converges, and below 1/(√3 L) the one with an anchor.
        "eg" | "eag" => {
            let eta = 0.5 * scale / f.constant();
            if name == "eg" { Box::new(Extragradient { eta }) } else { Box::new(Anchored { eta }) }
        }
        "vr-eg" => {
            let theory = VrExtragradient::theory(n, f.average_constant());
            Box::new(VrExtragradient { gamma: scale * theory.gamma })
        }
        _ => return Err(Error::unknown("method", name, METHODS)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problems::QuadraticSaddle;

    #[test]
    fn names_are_known_and_restarts_are_refused_where_there_are_none() {
        let f = QuadraticSaddle::new(5).unwrap();
        for name in METHODS {
            assert!(named(name, &f, 1.0, false).is_ok());
            assert_eq!(named(name, &f, 1.0, true).is_ok(), matches!(name, "halpern-vr" | "halpern"), "{name}");
        }
        assert!(named("halpern-rv", &f, 1.0, false).err().unwrap().to_string().contains("\"halpern-vr\""));
        assert!(named("eg", &f, 0.0, false).is_err());
    }
}
