//! What a claim is, and how one is found.

use crate::lab::Lab;
use crate::registry::CLAIMS;
use ansatz_core::{Bar, Error, Result, Subject};
use serde::Serialize;

/// A statement of a paper that can be checked, with its bars and the code that checks it. In JSON all but the code.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Claim {
    /// Its number in the registry, from 1.
    pub number: u32,
    /// Its short name, as the user types it.
    pub slug: &'static str,
    /// The system's name.
    pub title: &'static str,
    /// Authors, title, place and year of the paper.
    pub citation: &'static str,
    /// The paper's arXiv number, if it has one.
    pub arxiv: Option<&'static str>,
    /// What is claimed; of a planned system, what it does.
    pub statement: &'static str,
    /// Whether it can be run.
    pub status: Status,
    /// The inequalities that must hold. The first one is the headline: the figure that overviews show.
    pub bars: &'static [Bar],
    /// The experiment: builds the problem, runs the method and its rivals, measures. `None` while it is planned.
    #[serde(skip)]
    pub run: Option<Experiment>,
}

/// A claim's experiment.
pub type Experiment = fn(&mut Lab) -> Result<()>;

/// How far a system is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The claim runs.
    Built,
    /// Registered, not written yet.
    Planned,
}

impl Claim {
    /// A system that is registered and not written yet.
    pub(crate) const fn planned(
        number: u32,
        slug: &'static str,
        title: &'static str,
        citation: &'static str,
        arxiv: Option<&'static str>,
        statement: &'static str,
    ) -> Self {
        Self { number, slug, title, citation, arxiv, statement, status: Status::Planned, bars: &[], run: None }
    }

    /// Number and short name, as in "01-autonumerics-zero": the stem of file names.
    pub fn stem(&self) -> String {
        format!("{:02}-{}", self.number, self.slug)
    }

    /// Where the paper can be read.
    pub fn link(&self) -> Option<String> {
        self.arxiv.map(|id| format!("https://arxiv.org/abs/{id}"))
    }

    /// The claim as evidence names it.
    pub fn subject(&self) -> Subject {
        let arxiv = self.arxiv.map_or(String::new(), |id| format!(", arXiv:{id}"));
        Subject {
            number: self.number,
            slug: self.slug.to_owned(),
            title: self.title.to_owned(),
            citation: format!("{}{arxiv}", self.citation),
            statement: self.statement.to_owned(),
        }
    }
}

/// The claim with this number ("1", "01") or short name.
///
/// # Errors
/// [`Error::Unknown`] with the nearest name.
pub fn find(name: &str) -> Result<&'static Claim> {
    let number = name.parse::<u32>().ok();
    let found = CLAIMS.iter().find(|claim| claim.slug == name || Some(claim.number) == number);
    found.ok_or_else(|| Error::unknown("claim", name, CLAIMS.iter().map(|claim| claim.slug)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_found_by_number_and_name() {
        for name in ["39", "039", "sinkhorn-newton-sparse"] {
            assert_eq!(find(name).unwrap().number, 39);
        }
        let error = find("sinkhorn-newton").unwrap_err().to_string();
        assert_eq!(error, "unknown claim \"sinkhorn-newton\"; did you mean \"sinkhorn-newton-sparse\"?");
        assert!(find("55").is_err() && find("0").is_err());
        assert_eq!(find("1").unwrap().stem(), "01-autonumerics-zero");
    }

    #[test]
    fn the_registry_can_be_listed_as_json() {
        let list = serde_json::to_value(CLAIMS).unwrap();
        assert_eq!(list[38]["slug"], "sinkhorn-newton-sparse");
        assert_eq!(list[38]["number"], 39);
        assert_eq!(list[38]["status"], if CLAIMS[38].run.is_some() { "built" } else { "planned" });
        assert!(list[0].get("run").is_none());
    }

    #[test]
    fn the_registry_is_complete_and_consistent() {
        assert_eq!(CLAIMS.len(), 54);
        for (i, claim) in CLAIMS.iter().enumerate() {
            let name = claim.stem();
            assert_eq!(claim.number as usize, i + 1);
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(!claim.slug.is_empty() && claim.slug.chars().all(plain), "{name}");
            assert!(claim.slug.parse::<u32>().is_err(), "{name} must not look like a number");
            assert!(CLAIMS[..i].iter().all(|other| other.slug != claim.slug), "{name} occurs twice");
            for text in [claim.title, claim.citation, claim.statement] {
                assert!(!text.is_empty() && text.trim() == text, "{name}");
            }
            let year = |s: &str| s.len() == 4 && s.starts_with("20") && s.chars().all(|c| c.is_ascii_digit());
            assert!(claim.citation.split(|c: char| !c.is_alphanumeric()).any(year), "{name} cites no year");
            if let Some(id) = claim.arxiv {
                let (month, serial) = id.split_once('.').unwrap();
                assert!(month.len() == 4 && (4..=5).contains(&serial.len()), "{name}: {id}");
                assert!(id.chars().all(|c| c.is_ascii_digit() || c == '.'), "{name}: {id}");
            }
            assert_eq!(claim.status == Status::Built, claim.run.is_some(), "{name}");
            assert_eq!(claim.run.is_some(), !claim.bars.is_empty(), "{name}: what runs has bars, and only that");
            for (j, bar) in claim.bars.iter().enumerate() {
                assert!(claim.bars[..j].iter().all(|other| other.name != bar.name), "{name}: bar {:?} twice", bar.name);
                assert!(bar.threshold.is_finite() && !bar.scales.is_empty(), "{name}: bar {:?}", bar.name);
            }
        }
    }
}
