//! The `ansatz` command: parsing, progress, tables and pictures. No mathematics.

mod certify;
mod claim;
mod discover;
mod emit;
mod linear;
mod progress;

use ansatz_core::{Error, Result};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Discovers, certifies and emits numerical methods, and re-runs the experiments that they stand on.
#[derive(Parser)]
#[command(name = "ansatz", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Search programs for a function, from the identity: a front of error against cost, with proofs
    Discover(discover::Discover),
    /// Prove an error bound for a program, over the reals or as executed
    Certify(certify::Certify),
    /// Verify a certificate anew, with an arithmetic of its own
    Check(certify::Check),
    /// Write a program as code: Rust, C, Python, LaTeX or JSON
    Emit(emit::Emit),
    /// Solve linear systems, alone or in sequence, with a relaxation parameter that can be learnt
    Linear(linear::Linear),
    /// List the claims, show one, or run the experiment that it stands on
    Claim(claim::Claim),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; clap gives them the status 0.
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let outcome = match cli.command {
        Command::Discover(command) => command.run(),
        Command::Certify(command) => command.run(),
        Command::Check(command) => command.run(),
        Command::Emit(command) => command.run(),
        Command::Linear(command) => command.run(),
        Command::Claim(command) => command.run(),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::from(code_of(&error))
    })
}

/// 1 for a statement that does not hold, 2 for usage and environment.
fn code_of(error: &Error) -> u8 {
    if matches!(error, Error::Refused { .. }) { 1 } else { 2 }
}

/// Prints to standard output; a reader that has gone away is no error.
fn print(text: &str) -> Result<()> {
    use std::io::Write;
    match writeln!(std::io::stdout(), "{text}") {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(Error::io("write", "standard output", e)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_grammar_is_consistent() {
        Cli::command().debug_assert();
    }
}
