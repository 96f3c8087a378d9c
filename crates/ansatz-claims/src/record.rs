//! The evidence that is kept with the source, and the overview made from it.

use crate::claim::{Claim, Status};
use crate::registry::CLAIMS;
use ansatz_core::{Error, Evidence, Result, Scale, shown, write_atomic};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// A kept record is smaller than this.
const SUMMARY_LIMIT: usize = 200_000;

/// Writes `evidence`, made small enough to be kept with the source, to `folder/NN-slug.SCALE.json`.
///
/// A record over 200 kB keeps of each method only the points that none of its own beats; nothing else is thinned.
///
/// # Errors
/// [`Error::Refused`] if it is too large even so; [`Error::Io`] if it cannot be written.
pub fn write_summary(evidence: &Evidence, folder: &Path) -> Result<PathBuf> {
    let mut text = evidence.to_json()?;
    if text.len() >= SUMMARY_LIMIT {
        let mut small = evidence.clone();
        for series in small.frontiers.iter_mut().flat_map(|frontier| &mut frontier.series) {
            series.points = series.pareto();
        }
        small.notes.push("dominated points were left out of this summary".to_owned());
        text = small.to_json()?;
    }
    if text.len() >= SUMMARY_LIMIT {
        let reason = format!("the evidence is {} bytes, and {SUMMARY_LIMIT} are kept at most", text.len());
        return Err(Error::refused(reason));
    }
    let name = format!("{:02}-{}.{}.json", evidence.claim.number, evidence.claim.slug, evidence.scale);
    std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
    let path = folder.join(name);
    write_atomic(&path, text.as_bytes())?;
    Ok(path)
}

/// The table of all systems in Markdown, from the registry and the records kept in `folder` at laptop scale.
///
/// # Errors
/// [`Error::Format`] if a record is damaged or is another claim's, [`Error::Io`] if it cannot be read.
pub fn readme_table(folder: &Path) -> Result<String> {
    let mut out = "| | system | paper | status | bars that hold | headline |\n|---|---|---|---|---|---|\n".to_owned();
    for claim in CLAIMS {
        let cells = row(claim, folder)?.map(|cell| cell.replace('|', "\\|").replace('\n', " "));
        _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    Ok(out)
}

fn row(claim: &Claim, folder: &Path) -> Result<[String; 6]> {
    let status = match claim.status {
        Status::Built => "built",
        Status::Planned => "planned",
    };
    let paper = match (claim.link(), claim.arxiv) {
        (Some(link), Some(id)) => format!("{}, [arXiv:{id}]({link})", claim.citation),
        _ => claim.citation.to_owned(),
    };
    let (bars, headline) = match record(claim, folder)? {
        Some(evidence) => overview(&evidence),
        None => Default::default(),
    };
    Ok([format!("{:02}", claim.number), claim.title.to_owned(), paper, status.to_owned(), bars, headline])
}

/// The kept record of `claim` at laptop scale, if there is one.
fn record(claim: &Claim, folder: &Path) -> Result<Option<Evidence>> {
    let path = folder.join(format!("{}.{}.json", claim.stem(), Scale::Laptop));
    // "Not there" only: a record that cannot be read must not pass as none.
    if !path.try_exists().map_err(|e| Error::io("read", &path, e))? {
        return Ok(None);
    }
    let evidence = Evidence::read(&path)?;
    let expected = (claim.number, claim.slug, Scale::Laptop);
    if (evidence.claim.number, evidence.claim.slug.as_str(), evidence.scale) != expected {
        let reason = format!("it is evidence of {} at {} scale", evidence.claim.slug, evidence.scale);
        return Err(Error::format(path, reason));
    }
    Ok(Some(evidence))
}

/// The cells "bars that hold" and "headline".
fn overview(evidence: &Evidence) -> (String, String) {
    let (held, total) = evidence.score();
    let date = evidence.started.split('T').next().unwrap_or_default();
    let headline = evidence.bars.first().map_or(String::new(), |bar| {
        let measured = bar.measured.map_or("not measured".to_owned(), |value| shown(value.0));
        format!("{}: {measured} (bar {})", bar.name, bar.inequality())
    });
    (format!("{held} of {total} ({date})"), headline)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansatz_core::{Bar, Frontier, Seed};
    use std::time::Duration;

    fn evidence(number: usize) -> Evidence {
        let bars = [Bar::at_most("error | worst", 1e-3), Bar::at_least("gain", 2.0)];
        let mut evidence = Evidence::begin(CLAIMS[number - 1].subject(), Scale::Laptop, vec![Seed(1)], &bars);
        evidence.bar("error | worst").unwrap().measure(2.5e-4);
        evidence.bar("gain").unwrap().measure(1.0);
        evidence.finish(Duration::from_secs(1));
        evidence.started = "2026-01-31T12:00:00Z".to_owned();
        evidence
    }

    #[test]
    fn the_table_has_every_system_and_the_kept_figures() {
        let folder = tempfile::tempdir().unwrap();
        write_summary(&evidence(39), folder.path()).unwrap();
        let table = readme_table(folder.path()).unwrap();
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 2 + 54);
        assert!(lines.iter().all(|line| line.replace("\\|", "").matches('|').count() == 7), "{table}");
        assert!(lines[2].starts_with("| 01 | AutoNumerics-Zero | Real, "));
        let expected = "| planned | 1 of 2 (2026-01-31) | error \\| worst: 2.500e-4 (bar ≤ 0.001) |";
        assert!(lines[40].ends_with(expected), "{}", lines[40]);
        // A system without evidence has its status and nothing else.
        let rest = lines[41].split("[arXiv:2310.13268](https://arxiv.org/abs/2310.13268) | ").nth(1).unwrap();
        assert!(["built |  |  |", "planned |  |  |"].contains(&rest), "{rest}");
    }

    #[test]
    fn damaged_and_exchanged_records_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = write_summary(&evidence(39), folder.path()).unwrap();
        assert!(path.ends_with("39-sinkhorn-newton-sparse.laptop.json"));
        std::fs::copy(&path, folder.path().join("40-dpm-solver-v3.laptop.json")).unwrap();
        let error = readme_table(folder.path()).unwrap_err().to_string();
        assert!(error.contains("it is evidence of sinkhorn-newton-sparse at laptop scale"), "{error}");
        std::fs::write(&path, "{").unwrap();
        assert!(readme_table(folder.path()).unwrap_err().to_string().contains("no Ansatz evidence"));
    }

    #[test]
    fn a_kept_record_is_small() {
        let folder = tempfile::tempdir().unwrap();
        let mut large = evidence(1);
        let mut front = Frontier::new("p", "w", "e");
        front.ours("ours", (0..9000).map(|i| (f64::from(i), 1.0 + f64::from(i % 90)))).unwrap();
        large.frontiers.push(front.clone());
        assert!(large.to_json().unwrap().len() > SUMMARY_LIMIT);
        let path = write_summary(&large, folder.path()).unwrap();
        assert!(std::fs::metadata(&path).unwrap().len() < SUMMARY_LIMIT as u64);
        let kept = Evidence::read(&path).unwrap();
        assert_eq!((kept.frontiers[0].series[0].points.len(), kept.notes.len()), (1, 1));
        front.rival("r", (0..9000).map(|i| (f64::from(i), 1.0 / (1.0 + f64::from(i))))).unwrap();
        large.frontiers.push(front);
        assert!(write_summary(&large, folder.path()).unwrap_err().to_string().contains("200000 are kept at most"));
    }
}
