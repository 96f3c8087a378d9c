//! `ansatz report`: evidence that was written before, shown again as tables, a page, a picture or CSV.

use crate::print;
use ansatz_core::render::{bars_csv, bars_table, frontier_csv, frontier_table, page, summary, svg};
use ansatz_core::{Error, Evidence, Result, write_atomic};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Report {
    /// Evidence: the evidence.json of a run, or a recorded summary
    evidence: PathBuf,
    /// File to write: .html for the page, .svg for the picture, .csv for its points, .bars.csv for the bars; tables on
    /// the terminal if not given
    #[arg(long)]
    out: Option<PathBuf>,
    /// Which of several frontiers the picture shows: its number, or how its title begins
    #[arg(long, default_value = "1")]
    frontier: String,
}

impl Report {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let evidence = Evidence::read(&self.evidence)?;
        let Some(out) = &self.out else {
            print(&bars_table(&evidence, 100))?;
            for frontier in &evidence.frontiers {
                print(&frontier_table(frontier, 100))?;
            }
            print(&summary(&evidence, 100))?;
            return Ok(ExitCode::SUCCESS);
        };
        let text = self.render(&evidence, out)?;
        write_atomic(out, text.as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }

    /// What the ending of the file's name asks for.
    fn render(&self, evidence: &Evidence, out: &Path) -> Result<String> {
        let name = out.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        let ends = |ending: &str| name.ends_with(ending);
        if ends(".html") {
            page(evidence)
        } else if ends(".bars.csv") {
            Ok(bars_csv(evidence))
        } else if ends(".csv") {
            Ok(frontier_csv(&evidence.frontiers))
        } else if ends(".svg") {
            let wanted = self.frontier.parse::<usize>().ok();
            let mut numbered = (1..).zip(&evidence.frontiers);
            let frontier = numbered.find(|(i, f)| Some(*i) == wanted || f.title.starts_with(&self.frontier));
            let (_, frontier) = frontier.ok_or_else(|| {
                let titles: Vec<&str> = evidence.frontiers.iter().map(|f| f.title.as_str()).collect();
                Error::parameter(
                    "frontier",
                    &self.frontier,
                    format!("a number from 1 or one of: {}", titles.join("; ")),
                )
            })?;
            svg(frontier)
        } else {
            Err(Error::parameter("out", out.display(), "a file that ends in .html, .svg, .csv or .bars.csv"))
        }
    }
}
