//! Methods by the names of the command line.

use super::{CompressedSgd, EControl, Ef21, Ef21Sgdm, ErrorFeedback, IdealFeedback, Method, Problem, Sgd, Start};
use ansatz_core::{Error, Result};

/// The names.
pub const METHODS: [&str; 8] =
    ["econtrol", "econtrol-m", "ef21", "ef21-sgdm", "ec", "ec-ideal", "compressed-sgd", "sgd"];

/// The parameters that methods may have; each takes those that it knows.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The step size `γ`.
    pub gamma: f64,
    /// The strength `η` of EControl's feedback.
    pub eta: f64,
    /// The weight `β` of the newest gradient where there is momentum.
    pub beta: f64,
    /// How the first message is sent.
    pub start: Start,
}

impl Default for Setting {
    fn default() -> Self {
        Self { gamma: 0.05, eta: 0.1, beta: 0.1, start: Start::Dense }
    }
}

/// The method of this name.
///
/// # Errors
/// [`Error::Unknown`] with the nearest name; [`Error::Refused`] for `ec-ideal` if `problem` has no known solution.
pub fn named(name: &str, setting: &Setting, problem: &dyn Problem) -> Result<Box<dyn Method>> {
    let Setting { gamma, eta, beta, start } = *setting;
    Ok(match name {
        "econtrol" => Box::new(EControl { gamma, eta, beta: 1.0, start }),
        "econtrol-m" => Box::new(EControl { gamma, eta, beta, start }),
        "ef21" => Box::new(Ef21 { gamma, start }),
        "ef21-sgdm" => Box::new(Ef21Sgdm { gamma, beta, start }),
        "ec" => Box::new(ErrorFeedback { gamma }),
        "ec-ideal" => Box::new(IdealFeedback::new(gamma, problem)?),
        "compressed-sgd" => Box::new(CompressedSgd { gamma }),
        "sgd" => Box::new(Sgd { gamma }),
        _ => return Err(Error::unknown("method", name, METHODS)),
    })
}
