//! `ansatz optimize`: optimisation where evaluations or messages are what it costs.

mod distributed;
mod files;
mod vi;

use ansatz_core::Result;
use clap::{Args, Subcommand};
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Optimize {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Minimise a sum of functions that workers hold, by compressed messages: exit code 1 if a target was set and missed
    Distributed(distributed::Distributed),
    /// Solve games, saddle points and least squares to a small operator residual: exit code 1 if --tol is missed
    Vi(vi::Vi),
}

impl Optimize {
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self.verb {
            Verb::Distributed(command) => command.run(),
            Verb::Vi(command) => command.run(),
        }
    }
}
