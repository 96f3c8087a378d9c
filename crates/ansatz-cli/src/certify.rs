//! `ansatz certify` and `ansatz check`.

use crate::discover::Problem;
use crate::print;
use ansatz_core::{Error, Result};
use ansatz_functions::certify::{Arithmetic, Options, certify, check, prove};
use ansatz_functions::program::Program;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

/// In which numbers a program runs.
#[derive(Clone, Copy, ValueEnum)]
enum Numbers {
    /// Exact arithmetic, constants as they are
    Real,
    /// IEEE binary64, every operation rounded
    F64,
    /// IEEE binary32, every operation rounded
    F32,
}

#[derive(Args)]
pub(crate) struct Certify {
    /// The program's file
    program: PathBuf,
    /// What it approximates
    #[command(flatten)]
    problem: Problem,
    /// In which numbers the program runs
    #[arg(long = "as", value_enum, default_value = "real")]
    arithmetic: Numbers,
    /// Prove that the error is at most this, or say where it is not
    #[arg(long)]
    claim: Option<f64>,
    /// Where the certificate is written
    #[arg(long)]
    out: Option<PathBuf>,
    /// Print the certificate as JSON
    #[arg(long)]
    json: bool,
}

impl Certify {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let target = self.problem.target()?;
        let program = Program::read(&self.program)?;
        let arithmetic = match self.arithmetic {
            Numbers::Real => Arithmetic::Real,
            Numbers::F64 => Arithmetic::F64,
            Numbers::F32 => Arithmetic::F32,
        };
        let certificate = match self.claim {
            Some(claim) => prove(&program, &target, arithmetic, claim)?,
            None => certify(&program, &target, arithmetic, &Options::default())?,
        };
        if let Some(path) = &self.out {
            if path.exists() {
                return Err(Error::parameter("out", path.display(), "a file that does not exist yet"));
            }
            certificate.write(path)?;
        }
        if self.json {
            print(certificate.to_json().trim_end())?;
        } else {
            print(&format!(
                "{}\nproved on {} pieces; an error of {:.6e} occurs at x = {:?}",
                certificate.sentence(),
                certificate.pieces.len(),
                certificate.lower,
                certificate.worst
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Args)]
pub(crate) struct Check {
    /// Certificates
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

impl Check {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let mut code = ExitCode::SUCCESS;
        for path in &self.files {
            match check::check(path) {
                Ok(certificate) => print(&format!("{}: verified: {}", path.display(), certificate.sentence()))?,
                Err(error @ Error::Refused { .. }) => {
                    print(&format!("{}: {error}", path.display()))?;
                    code = ExitCode::from(1);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(code)
    }
}
