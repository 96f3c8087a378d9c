//! The solvers by name.

use super::{Ddim, DpmSolver, Form, Orders, RungeKutta, Solver, Variable};
use ansatz_core::{Error, Result};

/// The names that [`named`] knows.
pub const NAMES: [&str; 12] = [
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
        _ => return Err(Error::unknown("solver", name, NAMES)),
    })
}
