//! The solvers by name.

use super::{
    Bh, Ddim, Deis, Derivative, DpmMultistep, DpmSolver, Expansion, FireFlow, Form, Ghvb, Kind, Momentum, Orders, Plms,
    RfSolver, RungeKutta, Solver, Spacing, Third, UniPc, Variable,
};
use ansatz_core::{Error, Result};

/// The names that [`named`] knows.
pub const NAMES: [&str; 47] = [
    "ddim",
    "dpm-solver-1",
    "dpm-solver-2",
    "dpm-solver-3",
    "dpm-solver-fast-2",
    "dpm-solver-fast-3",
    "dpm-solver-taylor-2",
    "dpm-solver-taylor-3",
    "dpm-solver-2m",
    "dpm-solver-3m",
    "dpmpp-1",
    "dpmpp-2s",
    "dpmpp-2s-taylor",
    "dpmpp-3s",
    "dpmpp-3s-taylor",
    "dpmpp-2m",
    "dpmpp-2m-taylor",
    "dpmpp-3m",
    "dpmpp-3m-exact",
    "sde-dpmpp-1",
    "sde-dpmpp-2m",
    "sde-dpmpp-2m-taylor",
    "sde-dpmpp-3m",
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
    "rf-2",
    "rf-3",
    "rf-2-difference",
    "fireflow",
    "unipc-1",
    "unipc-2",
    "unipc-3",
    "unipc-bh1-2",
    "unipc-bh1-3",
    "unip-2",
    "unip-3",
    "deis-tab-1",
    "deis-tab-2",
    "deis-tab-3",
];

/// The solver of this name; the Runge–Kutta methods in `t`. The names that begin with `dpmpp` are DPM-Solver++, singlestep
/// with `s`, which spends every evaluation, and multistep with `m`; those with `sde` add noise in every step.
///
/// Some names have a number: `plms-1` to `plms-5`, `ghvb:NUMBER`, both also as `plms-actual-…` and `ghvb-actual:…` with weights for
/// the actual steps; and a multistep solver's name takes momentum, `…+hb:BETA` or `…+nt:BETA`.
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
        "dpm-solver-2m" => Box::new(DpmMultistep::new(2)?.expanding(Expansion::Noise)),
        "dpm-solver-3m" => Box::new(DpmMultistep::new(3)?.expanding(Expansion::Noise)),
        "dpmpp-2s" => Box::new(DpmSolver::fast(2)?.plus_plus()),
        "dpmpp-2s-taylor" => Box::new(DpmSolver::new(2, Orders::Fast, Form::Taylor)?.plus_plus()),
        "dpmpp-3s" => Box::new(DpmSolver::fast(3)?.plus_plus()),
        "dpmpp-3s-taylor" => Box::new(DpmSolver::new(3, Orders::Fast, Form::Taylor)?.plus_plus()),
        "euler" => Box::new(RungeKutta::euler(Variable::Time)),
        "pndm" => Box::new(Plms::pndm()),
        "rf-1" => Box::new(RfSolver::new(1)?),
        "rf-2" => Box::new(RfSolver::new(2)?),
        "rf-3" => Box::new(RfSolver::new(3)?),
        "rf-2-difference" => Box::new(RfSolver::new(2)?.by(Derivative::Difference(0.01))?),
        "fireflow" => Box::new(FireFlow),
        "heun" => Box::new(RungeKutta::heun(Variable::Time)),
        "rk3" => Box::new(RungeKutta::third(Variable::Time)),
        "rk4" => Box::new(RungeKutta::fourth(Variable::Time)),
        "unipc-1" => Box::new(UniPc::new(1)?),
        "unipc-2" => Box::new(UniPc::new(2)?),
        "unipc-3" => Box::new(UniPc::new(3)?),
        "unipc-bh1-2" => Box::new(UniPc { bh: Bh::One, ..UniPc::new(2)? }),
        "unipc-bh1-3" => Box::new(UniPc { bh: Bh::One, ..UniPc::new(3)? }),
        "unip-2" => Box::new(UniPc { corrector: false, ..UniPc::new(2)? }),
        "unip-3" => Box::new(UniPc { corrector: false, ..UniPc::new(3)? }),
        "deis-tab-1" => Box::new(Deis::tab(1)?),
        "deis-tab-2" => Box::new(Deis::tab(2)?),
        "deis-tab-3" => Box::new(Deis::tab(3)?),
        _ => Box::new(multistep(name)?),
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

/// The multistep DPM-Solver++ of this name, from `dpmpp-1` to `sde-dpmpp-3m`: what guidance may lower the order of.
///
/// # Errors
/// [`Error::Unknown`] with the nearest name of all solvers.
pub fn multistep(name: &str) -> Result<DpmMultistep> {
    let (stochastic, rest) = name.strip_prefix("sde-").map_or((false, name), |rest| (true, rest));
    let solver = match rest {
        "dpmpp-1" => DpmMultistep::new(1)?,
        "dpmpp-2m" => DpmMultistep::new(2)?,
        "dpmpp-2m-taylor" => DpmMultistep::new(2)?.form(Form::Taylor),
        "dpmpp-3m" => DpmMultistep::new(3)?,
        "dpmpp-3m-exact" if !stochastic => DpmMultistep::new(3)?.third(Third::Exact),
        _ => return Err(Error::unknown("solver", name, NAMES)),
    };
    Ok(if stochastic { solver.stochastic() } else { solver })
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
            ("dpmpp-2m+hb:0.8", "DPM-Solver++(2M) + HB 0.8"),
        ] {
            assert_eq!(named(name).unwrap().name(), known);
        }
        for name in ["ghvb:6", "ghvb:x", "plms-9", "plms-4+hb:2", "plms-4+hb:", "nothing+hb:0.5", "plms"] {
            assert!(named(name).is_err(), "{name}");
        }
    }
}
