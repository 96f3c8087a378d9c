//! `ansatz claim list|show|run|table`.

use crate::print;
use crate::progress::{self, Style};
use ansatz_claims::{CLAIMS, Claim as Registered, Options, Status, find, readme_table, run_claim, write_summary};
use ansatz_core::render::{bars_table, frontier_table, summary};
use ansatz_core::{Error, Result, Scale, Seed};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How large an experiment is.
#[derive(Clone, Copy, ValueEnum)]
enum Size {
    /// Seconds
    Smoke,
    /// Minutes on two cores; where the bars hold
    Laptop,
    /// The paper's own setting
    Paper,
}

#[derive(Args)]
pub(crate) struct Claim {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// All claims, built and planned
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// One claim: statement, citation, bars
    Show {
        /// Number or short name
        claim: String,
    },
    /// Run the experiment: exit code 0 if every bar holds, 1 if one fails, 2 for usage, 3 if not checked
    Run {
        /// Number or short name
        claim: String,
        /// How large
        #[arg(long, value_enum, default_value = "laptop")]
        scale: Size,
        /// First of its seeds
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Folder for the evidence
        #[arg(long)]
        out: Option<PathBuf>,
        /// Time limit in seconds for the whole experiment
        #[arg(long)]
        time: Option<f64>,
        /// Also write the summary of the evidence to this folder
        #[arg(long)]
        record: Option<PathBuf>,
        /// Print the evidence as JSON
        #[arg(long)]
        json: bool,
        /// How progress is shown
        #[arg(long, value_enum, default_value = "auto")]
        progress: Style,
        /// Only the verdict
        #[arg(long)]
        quiet: bool,
    },
    /// The Markdown table of all systems, from the recorded evidence
    Table {
        /// Folder of recorded evidence
        #[arg(long, default_value = "evidence")]
        evidence: PathBuf,
    },
}

impl Claim {
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self.verb {
            Verb::List { json } => list(json).map(|()| ExitCode::SUCCESS),
            Verb::Show { claim } => show(find(&claim)?).map(|()| ExitCode::SUCCESS),
            Verb::Table { evidence } => print(readme_table(&evidence)?.trim_end()).map(|()| ExitCode::SUCCESS),
            Verb::Run { claim, scale, seed, out, time, record, json, progress, quiet } => {
                let claim = find(&claim)?;
                let time_limit = time
                    .map(|seconds| {
                        Duration::try_from_secs_f64(seconds)
                            .ok()
                            .filter(|d| !d.is_zero())
                            .ok_or_else(|| Error::parameter("time", seconds, "greater than 0 and finite"))
                    })
                    .transpose()?;
                let scale = match scale {
                    Size::Smoke => Scale::Smoke,
                    Size::Laptop => Scale::Laptop,
                    Size::Paper => Scale::Paper,
                };
                let style = if quiet { Style::None } else { progress };
                let options = Options {
                    scale,
                    seed: Seed(seed),
                    folder: out,
                    time_limit,
                    interrupt: progress::interrupt(),
                    observer: Some(Arc::new(Mutex::new(progress::observer(style)))),
                };
                let outcome = run_claim(claim, options)?;
                let evidence = &outcome.evidence;
                if json {
                    print(&evidence.to_json()?)?;
                } else if quiet {
                    print(&summary(evidence, 100))?;
                } else {
                    print(&bars_table(evidence, 100))?;
                    for frontier in &evidence.frontiers {
                        print(&frontier_table(frontier, 100))?;
                    }
                    print(&summary(evidence, 100))?;
                    print(&format!("evidence: {}", outcome.folder.display()))?;
                }
                if let Some(folder) = record {
                    let path = write_summary(evidence, &folder)?;
                    eprintln!("recorded in {}", path.display());
                }
                Ok(ExitCode::from(evidence.verdict.exit_code()))
            }
        }
    }
}

fn status(claim: &Registered) -> &'static str {
    match claim.status {
        Status::Built => "built",
        Status::Planned => "planned",
    }
}

fn list(as_json: bool) -> Result<()> {
    if as_json {
        let claims: Vec<_> = CLAIMS
            .iter()
            .map(|c| {
                json!({
                    "number": c.number,
                    "slug": c.slug,
                    "title": c.title,
                    "citation": c.citation,
                    "arxiv": c.arxiv,
                    "statement": c.statement,
                    "status": status(c),
                })
            })
            .collect();
        return print(&format!("{:#}", json!({ "claims": claims })));
    }
    for claim in CLAIMS {
        print(&format!("{:02}  {:8} {:32} {}", claim.number, status(claim), claim.slug, claim.title))?;
    }
    Ok(())
}

fn show(claim: &Registered) -> Result<()> {
    print(&format!("{:02} {}: {} ({})\n{}", claim.number, claim.slug, claim.title, status(claim), claim.citation))?;
    if let Some(link) = claim.link() {
        print(&link)?;
    }
    print(&format!("\n{}", claim.statement))?;
    for bar in claim.bars {
        let scales: Vec<&str> = bar.scales.iter().map(|s| s.name()).collect();
        print(&format!("  {} {} {:e}  ({})", bar.name, bar.comparison, bar.threshold, scales.join(", ")))?;
    }
    Ok(())
}
