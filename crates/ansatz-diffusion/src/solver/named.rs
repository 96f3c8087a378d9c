//! The solvers by name.

use super::{Bh, Ddim, Deis, DpmSolver, Form, Orders, RungeKutta, Solver, UniPc, Variable};
use ansatz_core::{Error, Result};

/// The names that [`named`] knows.
pub const NAMES: [&str; 22] = [
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

/// The solver of this name; the Runge–Kutta methods in `t`.
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
        _ => return Err(Error::unknown("solver", name, NAMES)),
    })
}
