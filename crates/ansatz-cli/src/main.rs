//! The `ansatz` command: parsing, progress, tables and pictures. No mathematics.

mod bench;
mod bessel;
mod certify;
mod claim;
mod complete;
mod discover;
mod emit;
mod ems;
mod invert;
mod linear;
mod optimize;
mod progress;
mod report;
mod sample;
mod search;
mod stability;
mod timed;
mod tune;
mod vmf;

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
    /// Compile programs and time them beside a reference
    Bench(bench::Bench),
    /// Draw samples of a diffusion model that is known exactly, by the solver of your choice; or ask about solvers
    Sample(Box<sample::Command>),
    /// The work–error curves of several methods on one problem
    Frontier(sample::Frontier),
    /// Solve linear systems, alone or in sequence, with a relaxation parameter that can be learnt; complete matrices
    Linear(linear::Linear),
    /// Logarithms of modified Bessel functions, at any order and argument
    Bessel(bessel::Bessel),
    /// Fit or sample von Mises–Fisher distributions of directions
    Vmf(vmf::Vmf),
    /// Optimise where evaluations or messages are what it costs: distributed with compression, monotone inclusions
    Optimize(optimize::Optimize),
    /// List the claims, show one, or run the experiment that it stands on
    Claim(claim::Claim),
    /// Show evidence again: as tables, or as a page, a picture or CSV with --out
    Report(report::Report),
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
    // Only these two can come to the verdict that a statement does not hold; elsewhere a refusal is bad input.
    let judges = matches!(cli.command, Command::Certify(_) | Command::Check(_));
    let outcome = match cli.command {
        Command::Discover(command) => command.run(),
        Command::Certify(command) => command.run(),
        Command::Check(command) => command.run(),
        Command::Emit(command) => command.run(),
        Command::Bench(command) => command.run(),
        Command::Sample(command) => command.run(),
        Command::Frontier(command) => command.run(),
        Command::Linear(command) => command.run(),
        Command::Bessel(command) => command.run(),
        Command::Vmf(command) => command.run(),
        Command::Optimize(command) => command.run(),
        Command::Claim(command) => command.run(),
        Command::Report(command) => command.run(),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::from(if judges && matches!(error, Error::Refused { .. }) { 1 } else { 2 })
    })
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
