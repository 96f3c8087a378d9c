//! The generated parts of README.md: the table of systems, from the registry of claims, and the picture of the front.

use crate::{Outcome, cargo, root};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::process::Command;

const BEGIN: &str = "<!-- systems:begin -->";
const END: &str = "<!-- systems:end -->";

/// What is recorded of claim 01 at laptop scale: the picture is drawn from it.
const EVIDENCE: &str = "evidence/01-autonumerics-zero.laptop.json";
const PICTURE: &str = "docs/img/exp2-front.svg";

/// A registered claim.
pub(crate) struct Claim {
    /// Two digits.
    pub(crate) number: String,
    /// Whether its experiment can be run, or is only planned.
    pub(crate) built: bool,
}

/// The product's command.
pub(crate) fn ansatz(args: &[&str]) -> Command {
    let mut command = cargo(&["run", "--quiet", "--package", "ansatz-cli", "--"]);
    command.args(args);
    command
}

/// What the command prints.
fn printed(args: &[&str]) -> Result<String> {
    let output = ansatz(args).output().context("cannot start the ansatz command")?;
    if !output.status.success() {
        bail!("ansatz {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The registered claims.
pub(crate) fn claims() -> Result<Vec<Claim>> {
    let value: Value = serde_json::from_str(&printed(&["claim", "list", "--json"])?)?;
    let list = value["claims"].as_array().context("ansatz claim list --json printed no list")?;
    let claim = |value: &Value| {
        let number = value["number"].as_u64().context("a claim has no number")?;
        Ok(Claim { number: format!("{number:02}"), built: value["status"] == "built" })
    };
    list.iter().map(claim).collect()
}

/// README.md as it is and as it should be.
fn versions() -> Result<(String, String)> {
    let old = std::fs::read_to_string(root().join("README.md")).context("cannot read README.md")?;
    let (Some(begin), Some(end)) = (old.find(BEGIN), old.find(END)) else {
        bail!("README.md has lost its markers {BEGIN} and {END}");
    };
    let table = printed(&["claim", "table", "--evidence", "evidence"])?;
    let new = format!("{}\n{}\n{}", &old[..begin + BEGIN.len()], table.trim_end(), &old[end..]);
    Ok((old, new))
}

/// The picture of the front, drawn from the recorded evidence; none if nothing is recorded.
fn picture() -> Result<Option<String>> {
    if !root().join(EVIDENCE).is_file() {
        return Ok(None);
    }
    let file = root().join("target/readme.svg");
    printed(&["report", EVIDENCE, "--frontier", "exp2", "--out", &file.to_string_lossy()])?;
    std::fs::read_to_string(&file).context("cannot read the picture").map(Some)
}

/// Whether the generated parts are those of the registry and the recorded evidence.
pub(crate) fn is_current() -> Result<bool> {
    let (old, new) = versions()?;
    let drawn = std::fs::read_to_string(root().join(PICTURE)).ok();
    Ok(old == new && picture()?.is_none_or(|picture| drawn.as_ref() == Some(&picture)))
}

/// Rewrites the generated parts.
pub(crate) fn write() -> Result<Outcome> {
    let (old, new) = versions()?;
    if old != new {
        std::fs::write(root().join("README.md"), new).context("cannot write README.md")?;
        println!("README.md: the table of systems is new");
    }
    match picture()? {
        Some(picture) => {
            std::fs::create_dir_all(root().join("docs/img")).context("cannot create docs/img")?;
            std::fs::write(root().join(PICTURE), picture).context("cannot write the picture of the front")?;
            println!("{PICTURE}: drawn from {EVIDENCE}");
        }
        None => println!("{PICTURE}: left as it is, there is no {EVIDENCE}"),
    }
    Ok(Outcome::Holds)
}
