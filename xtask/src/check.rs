//! `cargo xtask test`: every check, none of them hidden by the failure of another.

use crate::{Outcome, cargo, readme, root};
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// How one step ended.
enum Step {
    Passed(String),
    Failed(String),
    Skipped(String),
}

pub(crate) fn all() -> Result<Outcome> {
    type Run = fn() -> Result<Step>;
    let steps: [(&str, Run); 8] = [
        ("format", format),
        ("lints", lints),
        ("tests", tests),
        ("documentation", documentation),
        ("smoke claims", smoke),
        ("MPI", mpi),
        ("dependencies", dependencies),
        ("README", readme),
    ];
    let mut report = Vec::new();
    let mut outcome = Outcome::Holds;
    for (name, step) in steps {
        eprintln!("── {name}");
        let (word, detail) = match step()? {
            Step::Passed(detail) => ("passed ", detail),
            Step::Skipped(detail) => ("skipped", detail),
            Step::Failed(detail) => {
                outcome = Outcome::Fails;
                ("FAILED ", detail)
            }
        };
        report.push(format!("{word}  {name}{}{detail}", if detail.is_empty() { "" } else { ": " }));
    }
    println!("\n{}", report.join("\n"));
    Ok(outcome)
}

/// Whether a cargo subcommand is there, after an attempt to install the toolchain component that brings it.
fn component(subcommand: &str, component: &str) -> bool {
    let there = || cargo(&[subcommand, "--version"]).output().is_ok_and(|output| output.status.success());
    if there() {
        return true;
    }
    eprintln!("installing the component {component}");
    let added = Command::new("rustup").args(["component", "add", component]).current_dir(root()).status();
    added.is_ok_and(|status| status.success()) && there()
}

/// The crate that needs an MPI library, where there is one.
fn mpi() -> Result<Step> {
    if !Command::new("mpicc").arg("--version").output().is_ok_and(|output| output.status.success()) {
        return Ok(Step::Skipped("there is no mpicc (Debian: libopenmpi-dev, openmpi-bin, libclang-dev)".into()));
    }
    judged(&["test", "--quiet", "--manifest-path", "crates/ansatz-mpi/Cargo.toml"])
}

fn judged(args: &[&str]) -> Result<Step> {
    let line = format!("cargo {}", args.join(" "));
    let status = cargo(args).status().with_context(|| format!("cannot start {line}"))?;
    Ok(if status.success() { Step::Passed(String::new()) } else { Step::Failed(line) })
}

fn format() -> Result<Step> {
    if !component("fmt", "rustfmt") {
        return Ok(Step::Skipped("rustfmt is neither installed nor installable".into()));
    }
    judged(&["fmt", "--all", "--check"])
}

fn lints() -> Result<Step> {
    if !component("clippy", "clippy") {
        return Ok(Step::Skipped("clippy is neither installed nor installable".into()));
    }
    judged(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"])
}

/// Unit, integration and documentation tests, counted.
fn tests() -> Result<Step> {
    let mut command = cargo(&["test", "--workspace", "--no-fail-fast"]);
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start cargo test")?;
    let mut counts = [0u64; 3];
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = String::from_utf8_lossy(&line.context("cannot read the output of cargo test")?).into_owned();
            println!("{line}");
            for (total, count) in counts.iter_mut().zip(count(&line)) {
                *total += count;
            }
        }
    }
    let status = child.wait().context("cannot wait for cargo test")?;
    let [passed, failed, ignored] = counts;
    let detail = format!("{passed} passed, {failed} failed, {ignored} ignored");
    Ok(if status.success() && failed == 0 && passed > 0 { Step::Passed(detail) } else { Step::Failed(detail) })
}

fn documentation() -> Result<Step> {
    Ok(match crate::docs()? {
        Outcome::Holds => Step::Passed(String::new()),
        _ => Step::Failed("cargo xtask docs".into()),
    })
}

/// Passed, failed and ignored tests of a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
fn count(line: &str) -> [u64; 3] {
    let Some(result) = line.strip_prefix("test result: ") else { return [0; 3] };
    let number = |word: &str| {
        let before = result.split(&format!(" {word}")).next().unwrap_or("");
        before.rsplit(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0)
    };
    ["passed", "failed", "ignored"].map(number)
}

/// Every built claim at the scale that takes seconds.
fn smoke() -> Result<Step> {
    let claims = readme::claims()?;
    let built: Vec<String> = claims.iter().filter(|claim| claim.built).map(|claim| claim.number.clone()).collect();
    if built.is_empty() {
        return Ok(Step::Skipped("no claim is built yet".into()));
    }
    let mut failed = Vec::new();
    for number in &built {
        let out = root().join("target/smoke").join(number);
        let mut command = readme::ansatz(&["claim", "run", number, "--scale", "smoke", "--quiet", "--out"]);
        let status = command.arg(out).status().context("cannot start the ansatz command")?;
        if !status.success() {
            failed.push(format!("{number} (exit code {})", status.code().unwrap_or(-1)));
        }
    }
    Ok(if failed.is_empty() {
        Step::Passed(format!("claim {}", built.join(", ")))
    } else {
        Step::Failed(format!("claim {}", failed.join(", ")))
    })
}

fn dependencies() -> Result<Step> {
    if !cargo(&["deny", "--version"]).output().is_ok_and(|output| output.status.success()) {
        return Ok(Step::Skipped("cargo-deny is not installed".into()));
    }
    judged(&["deny", "check"])
}

fn readme() -> Result<Step> {
    Ok(if readme::is_current()? {
        Step::Passed(String::new())
    } else {
        Step::Failed("its table or picture is out of date: cargo xtask readme".into())
    })
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn counts_are_read_from_the_result_line() {
        let line = "test result: FAILED. 37 passed; 2 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.02s";
        assert_eq!(count(line), [37, 2, 1]);
        assert_eq!(count("test passed_5 ... ok"), [0, 0, 0]);
    }
}
