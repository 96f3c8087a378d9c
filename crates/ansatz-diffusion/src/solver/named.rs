//! The solvers by name.

use super::{Ddim, DpmSolver, Form, Ghvb, Kind, Momentum, Orders, Plms, RungeKutta, Solver, Spacing, Variable};
use ansatz_core::{Error, Result};

/// The names that [`named`] knows.
pub const NAMES: [&str; 18] = [
    "ddim",
    "dpm-solver-1",
    "dpm-solver-2",
    "dpm-solver-3",
    "dpm-solver-fast-2",
    "dpm-solver-fast-3",
    "dpm-solver-taylor-2",
    "dpm-solver-taylor-3",
    "euler",
    "heun",
    "rk3",
    "rk4",
    "plms-2",
    "plms-4",
    "pndm",
    "ghvb:3.8",
    "plms-4+hb:0.8",
    "plms-4+nt:0.8",
];

/// The solver of this name; the Runge–Kutta methods in `t`. Some names have a number: `plms-1` to `plms-5`, `ghvb:NUMBER`,
/// both also as `plms-actual-…` and `ghvb-actual:…` with weights for the actual steps; and a multistep solver's name takes momentum,
/// `…+hb:BETA` or `…+nt:BETA`.
///
/// # Errors
/// [`Error::Unknown`] with the nearest name; [`Error::Parameter`] for a number that is none, or out of range.
pub fn named(name: &str) -> Result<Box<dyn Solver>> {
    if let Some(solver) = with_number(name)? {
        return Ok(solver);
    }
    Ok(match name {
        "ddim" => Box::new(Ddim),
        "dpm-solver-1" => Box::new(DpmSolver::fixed(1)?),
        "dpm-solver-2" => Box::new(DpmSolver::fixed(2)?),
        "dpm-solver-3" => Box::new(DpmSolver::fixed(3)?),
        "dpm-solver-fast-2" => Box::new(DpmSolver::fast(2)?),
        "dpm-solver-fast-3" => Box::new(DpmSolver::fast(3)?),
        "dpm-solver-taylor-2" => Box::new(DpmSolver::new(2, Orders::Fixed, Form::Taylor)?),
        "dpm-solver-taylor-3" => Box::new(DpmSolver::new(3, Orders::Fixed, Form::Taylor)?),
        "euler" => Box::new(RungeKutta::euler(Variable::Time)),
        "pndm" => Box::new(Plms::pndm()),
        "heun" => Box::new(RungeKutta::heun(Variable::Time)),
        "rk3" => Box::new(RungeKutta::third(Variable::Time)),
        "rk4" => Box::new(RungeKutta::fourth(Variable::Time)),
        _ => return Err(Error::unknown("solver", name, NAMES)),
    })
}

/// The solvers whose names have a number; none if it is another name.
fn with_number(name: &str) -> Result<Option<Box<dyn Solver>>> {
    let number = |text: &str| {
        text.parse::<f64>().map_err(|_| Error::parameter(format!("the number in {name:?}"), text, "a decimal number"))
    };
    for (mark, kind) in [("+hb:", Kind::HeavyBall), ("+nt:", Kind::Nesterov)] {
        if let Some((base, beta)) = name.rsplit_once(mark) {
            return Ok(Some(Box::new(Momentum::new(named(base)?, kind, number(beta)?)?)));
        }
    }
    for (mark, spacing) in [("ghvb:", Spacing::Equal), ("ghvb-actual:", Spacing::Actual)] {
        if let Some(text) = name.strip_prefix(mark) {
            return Ok(Some(Box::new(Ghvb::new(number(text)?)?.spaced(spacing))));
        }
    }
    for (mark, spacing) in [("plms-actual-", Spacing::Actual), ("plms-", Spacing::Equal)] {
        if let Some(order) = name.strip_prefix(mark).and_then(|text| text.parse().ok()) {
            return Ok(Some(Box::new(Plms::new(order)?.spaced(spacing))));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_solver() {
        for name in NAMES {
            assert!(!named(name).unwrap().name().is_empty());
        }
        for (name, known) in [
            ("ghvb:1.8", "GHVB 1.8"),
            ("ghvb-actual:2.5", "GHVB 2.5, actual steps"),
            ("plms-actual-3", "PLMS-3, actual steps"),
            ("plms-4+hb:0.8", "PLMS-4 + HB 0.8"),
            ("ddim+nt:0.5", "DDIM + NT 0.5"),
        ] {
            assert_eq!(named(name).unwrap().name(), known);
        }
        for name in ["ghvb:6", "ghvb:x", "plms-9", "plms-4+hb:2", "plms-4+hb:", "nothing+hb:0.5", "plms"] {
            assert!(named(name).is_err(), "{name}");
        }
    }
}
