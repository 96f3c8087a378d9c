//! The generated parts of README.md: the table of systems, from the registry of claims, and the picture of the front.

use crate::{Outcome, cargo, root};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::process::Command;

const BEGIN: &str = "<!-- systems:begin -->";
const END: &str = "<!-- systems:end -->";

/// One line of the table.
pub(crate) struct Claim {
    /// Two digits.
    pub(crate) number: String,
    /// Whether its experiment can be run, or is only planned.
    pub(crate) built: bool,
    title: String,
    citation: String,
}

/// The product's command.
pub(crate) fn ansatz(args: &[&str]) -> Command {
    let mut command = cargo(&["run", "--quiet", "--package", "ansatz-cli", "--"]);
    command.args(args);
    command
}

/// The registered claims; none as long as the command cannot list them.
pub(crate) fn claims() -> Result<Option<Vec<Claim>>> {
    let output = ansatz(&["claim", "list", "--json"]).output().context("cannot start the ansatz command")?;
    if !output.status.success() || output.stdout.is_empty() {
        return Ok(None);
    }
    let value: Value = serde_json::from_slice(&output.stdout).context("ansatz claim list --json printed no JSON")?;
    let list = value.get("claims").unwrap_or(&value).as_array().context("ansatz claim list --json printed no list")?;
    list.iter().map(claim).collect::<Result<_>>().map(Some)
}

fn claim(value: &Value) -> Result<Claim> {
    let text = |field: &str| {
        let value = value.get(field).with_context(|| format!("a claim has no {field}"))?;
        Ok::<_, anyhow::Error>(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    Ok(Claim {
        number: format!("{:0>2}", text("number")?),
        built: text("status")?.eq_ignore_ascii_case("built"),
        title: text("title")?,
        citation: text("citation")?,
    })
}

fn table(claims: &[Claim]) -> String {
    let built = claims.iter().filter(|claim| claim.built).count();
    let mut text =
        format!("{built} of {} are built.\n\n| | system | source | state |\n|---|---|---|---|\n", claims.len());
    for claim in claims {
        let cell = |text: &str| text.replace('|', "\\|");
        let state = if claim.built { format!("`ansatz claim run {}`", claim.number) } else { "planned".into() };
        text += &[&claim.number, &cell(&claim.title), &cell(&claim.citation), &state]
            .iter()
            .fold(String::from("|"), |row, cell| row + " " + cell + " |");
        text += "\n";
    }
    text
}

/// README.md as it is and as it should be; none as long as the command lists no claims.
fn versions() -> Result<Option<(String, String)>> {
    let path = root().join("README.md");
    let old = std::fs::read_to_string(&path).context("cannot read README.md")?;
    let Some(claims) = claims()? else { return Ok(None) };
    let (Some(begin), Some(end)) = (old.find(BEGIN), old.find(END)) else {
        bail!("README.md has lost its markers {BEGIN} and {END}");
    };
    let new = format!("{}\n{}{}", &old[..begin + BEGIN.len()], table(&claims), &old[end..]);
    Ok(Some((old, new)))
}

/// Whether the table is that of the registry.
pub(crate) fn is_current() -> Result<Option<bool>> {
    Ok(versions()?.map(|(old, new)| old == new))
}

/// Rewrites the table, and takes the picture from the newest evidence of claim 01 if there is one.
pub(crate) fn write() -> Result<Outcome> {
    let Some((old, new)) = versions()? else {
        println!("not checked: the command lists no claims yet");
        return Ok(Outcome::NotChecked);
    };
    if old != new {
        std::fs::write(root().join("README.md"), new).context("cannot write README.md")?;
        println!("README.md: the table of systems is new");
    }
    let picture = root().join("evidence/01/frontier.svg");
    if picture.is_file() {
        let target = root().join("docs/img/exp2-front.svg");
        std::fs::copy(&picture, &target).context("cannot copy the picture of the front")?;
        println!("docs/img/exp2-front.svg: from evidence/01");
    } else {
        println!("docs/img/exp2-front.svg: left as it is, there is no evidence/01/frontier.svg");
    }
    Ok(Outcome::Holds)
}
