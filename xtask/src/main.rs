//! Repository chores: `cargo xtask test|ci|peers NN|docs|readme`.

mod check;
mod peers;
mod readme;

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const USAGE: &str = "usage: cargo xtask COMMAND

  test       format, lints, tests, documentation, smoke claims, licences, README: what CI runs
  ci         the same
  peers NN   run other people's software on the inputs of system NN and compare
  docs       the reference documentation, warnings refused
  readme     rewrite the generated parts of README.md";

/// How a chore ended, as an exit code of the product: 0 holds, 1 fails, 2 usage or environment, 3 not checked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Holds,
    Fails,
    NotChecked,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match args[..] {
        ["test" | "ci"] => check::all(),
        ["peers", number] => peers::run(number),
        ["docs"] => docs(),
        ["readme"] => readme::write(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(Outcome::Holds) => ExitCode::SUCCESS,
        Ok(Outcome::Fails) => ExitCode::from(1),
        Ok(Outcome::NotChecked) => ExitCode::from(3),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// The repository's root.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The cargo that runs this program, in the repository's root.
fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
    command.args(args).current_dir(root());
    command
}

/// The reference of the libraries; the command of the same name would overwrite the facade's page.
fn docs() -> Result<Outcome> {
    let mut command = cargo(&["doc", "--quiet", "--workspace", "--no-deps", "--lib"]);
    let status = command.env("RUSTDOCFLAGS", "-D warnings").status().context("cannot start cargo doc")?;
    if !status.success() {
        return Ok(Outcome::Fails);
    }
    println!("{}", root().join("target/doc/ansatz/index.html").display());
    Ok(Outcome::Holds)
}
