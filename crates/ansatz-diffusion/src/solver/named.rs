//! The solvers by name.

use super::{
    Bh, Ddim, Deis, DpmMultistep, DpmSolver, Expansion, Form, Orders, RungeKutta, Solver, Third, UniPc, Variable,
};
use ansatz_core::{Error, Result};

/// The names that [`named`] knows.
pub const NAMES: [&str; 37] = [
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
/// # Errors
/// [`Error::Unknown`] with the nearest name.
pub fn named(name: &str) -> Result<Box<dyn Solver>> {
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
