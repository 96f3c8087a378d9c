//! `cargo xtask peers NN`: installs what `peers/NN` names, where it can, and runs `peers/NN/run.py`.
//!
//! A peer that cannot be had is "not checked", with the reason, and never a pass.

use crate::{Outcome, root};
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

pub(crate) fn run(number: &str) -> Result<Outcome> {
    let folder = root().join("peers").join(number);
    let script = folder.join("run.py");
    if !number.chars().all(|c| c.is_ascii_digit()) || !script.is_file() {
        bail!("system {number} has no peers: there is no peers/{number}/run.py");
    }
    for package in words(&folder.join("apt.txt"))? {
        if let Err(reason) = debian_package(&package) {
            println!("not checked: {package} ({reason})");
        }
    }
    let work = root().join("target/peers").join(number);
    std::fs::create_dir_all(&work).with_context(|| format!("cannot create {}", work.display()))?;
    let Some(python) = environment(&work.join("venv"), &folder.join("requirements.txt"))? else {
        return Ok(Outcome::NotChecked);
    };
    let mut command = Command::new(python);
    let status = command.arg(&script).arg("--out").arg(&work).current_dir(root()).status();
    Ok(match status.context("cannot start run.py")?.code() {
        Some(0) => Outcome::Holds,
        Some(3) => Outcome::NotChecked,
        _ => Outcome::Fails,
    })
}

/// The lines of a file that are neither empty nor comments; none if there is no such file.
fn words(path: &Path) -> Result<Vec<String>> {
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect())
}

/// Sees to it that a Debian package is installed.
fn debian_package(package: &str) -> Result<(), String> {
    let run = |program: &str, args: &[&str]| {
        let output = Command::new(program).args(args).env("DEBIAN_FRONTEND", "noninteractive").output();
        output.map_err(|error| format!("cannot start {program}: {error}"))
    };
    let installed = || run("dpkg", &["-s", package]).is_ok_and(|output| output.status.success());
    if installed() {
        return Ok(());
    }
    if run("id", &["-u"])?.stdout != b"0\n" {
        return Err(format!("it is not installed, and apt-get install {package} needs root"));
    }
    eprintln!("installing the package {package}");
    // An out-of-date index is the usual reason for a failure; a failed update alone is none.
    let _ = run("apt-get", &["update", "-qq"]);
    let output = run("apt-get", &["install", "-y", "-qq", "--no-install-recommends", package])?;
    if output.status.success() && installed() {
        return Ok(());
    }
    let reason = String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or("no reason given").to_owned();
    Err(format!("apt-get could not install it: {reason}"))
}

/// The interpreter of a virtual environment with the requirements; none, with the reason printed, if there can be none.
/// A requirement that cannot be installed leaves the others: the script reports what it misses.
fn environment(folder: &Path, requirements: &Path) -> Result<Option<std::path::PathBuf>> {
    let python = folder.join("bin/python");
    if !python.is_file() {
        let made = Command::new("python3").args(["-m", "venv"]).arg(folder).output();
        let reason = match made {
            Ok(output) if output.status.success() => None,
            Ok(output) => Some(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).trim().to_owned()),
            Err(error) => Some(error.to_string()),
        };
        if let Some(reason) = reason {
            println!("not checked: python3 -m venv failed: {reason}");
            return Ok(None);
        }
    }
    for requirement in words(requirements)? {
        let mut command = Command::new(&python);
        command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", &requirement]);
        let status = command.status().context("cannot start pip")?;
        if !status.success() {
            println!("not checked: pip could not install {requirement}");
        }
    }
    Ok(Some(python))
}
