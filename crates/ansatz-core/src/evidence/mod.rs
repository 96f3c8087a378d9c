//! The record of one run of a claim: what was measured, with what, and what was left out.

mod bar;
mod environment;

pub use bar::{Bar, BarRecord, BarStatus, Comparison, Deciding};
pub use environment::{Environment, utc_now};

use crate::{Error, Frontier, Result, Seed};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

/// The version of the evidence file's layout.
pub const SCHEMA: u32 = 1;

/// How large a claim's experiment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Seconds: shows that everything runs.
    Smoke,
    /// Minutes on two cores: where the bars are meant to hold.
    Laptop,
    /// The setting of the paper.
    Paper,
}

impl Scale {
    /// All scales, the smallest first.
    pub const ALL: [Self; 3] = [Self::Smoke, Self::Laptop, Self::Paper];

    /// Its name, as the user types it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Smoke => "smoke",
            Self::Laptop => "laptop",
            Self::Paper => "paper",
        }
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scale {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|scale| scale.name() == name);
        known.ok_or_else(|| Error::unknown("scale", name, Self::ALL.map(Self::name)))
    }
}

/// What a run of a claim came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every bar of this scale was measured and holds.
    Holds,
    /// A bar does not hold, or was declared and never measured.
    Fails,
    /// No bar fails, but one could not be checked, or none applies at this scale.
    NotChecked,
}

impl Verdict {
    /// The exit code of the command: 0 holds, 1 fails, 3 not checked (2 is for errors).
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Holds => 0,
            Self::Fails => 1,
            Self::NotChecked => 3,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Holds => "holds",
            Self::Fails => "fails",
            Self::NotChecked => "not checked",
        })
    }
}

/// Which claim an evidence is of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    /// Its number in the registry.
    pub number: u32,
    /// Its short name.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// Authors, year and place of the paper.
    pub citation: String,
    /// What is claimed.
    pub statement: String,
}

/// A file that a run left beside its evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Artefact {
    /// Its name in the output folder.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// The CRC-32 of its content, in hexadecimal.
    pub crc32: String,
}

impl Artefact {
    /// The record of a file called `name` with this content.
    pub fn of(name: impl Into<String>, content: &[u8]) -> Self {
        let crc32 = format!("{:08x}", crc32fast::hash(content));
        Self { name: name.into(), bytes: content.len() as u64, crc32 }
    }
}

/// The record of one run of a claim. Everything shown anywhere is made from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The layout of this record: [`SCHEMA`].
    pub schema: u32,
    /// Name and version of the program that made it.
    pub program: String,
    /// What was checked.
    pub claim: Subject,
    /// At which scale.
    pub scale: Scale,
    /// From which seeds.
    pub seeds: Vec<Seed>,
    /// What it came to.
    pub verdict: Verdict,
    /// The bars, in the order of the claim.
    pub bars: Vec<BarRecord>,
    /// The work–error curves.
    pub frontiers: Vec<Frontier>,
    /// Files beside this one.
    pub artefacts: Vec<Artefact>,
    /// What was left out, and why.
    pub omissions: Vec<String>,
    /// What else must be known.
    pub notes: Vec<String>,
    /// When the run began, UTC, as in "2026-01-31T12:00:00Z".
    pub started: String,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// On what it ran.
    pub environment: Environment,
}

impl Evidence {
    /// The record of a run that begins now: its bars are not measured yet.
    pub fn begin(claim: Subject, scale: Scale, seeds: Vec<Seed>, bars: &[Bar]) -> Self {
        Self {
            schema: SCHEMA,
            program: concat!("ansatz ", env!("CARGO_PKG_VERSION")).to_owned(),
            claim,
            scale,
            seeds,
            verdict: Verdict::NotChecked,
            bars: bars.iter().map(|bar| BarRecord::declared(bar, scale)).collect(),
            frontiers: Vec::new(),
            artefacts: Vec::new(),
            omissions: Vec::new(),
            notes: Vec::new(),
            started: utc_now(),
            seconds: 0.0,
            environment: Environment::here(),
        }
    }

    /// The bar called `name`, to be measured.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the nearest bar if none is called so.
    pub fn bar(&mut self, name: &str) -> Result<&mut BarRecord> {
        match self.bars.iter().position(|bar| bar.name == name) {
            Some(i) => Ok(&mut self.bars[i]),
            None => Err(Error::unknown("bar", name, self.bars.iter().map(|bar| bar.name.as_str()))),
        }
    }

    /// Ends the record: sets the time it took and the verdict that follows from the bars.
    pub fn finish(&mut self, took: Duration) {
        self.seconds = took.as_secs_f64();
        let any = |statuses: &[BarStatus]| self.bars.iter().any(|bar| statuses.contains(&bar.status));
        self.verdict = if any(&[BarStatus::Fails, BarStatus::NotMeasured]) {
            Verdict::Fails
        } else if any(&[BarStatus::NotChecked]) || !any(&[BarStatus::Holds]) {
            Verdict::NotChecked
        } else {
            Verdict::Holds
        };
    }

    /// How many bars hold, of how many that apply at this scale.
    pub fn score(&self) -> (usize, usize) {
        let count = |wanted: fn(BarStatus) -> bool| self.bars.iter().filter(|bar| wanted(bar.status)).count();
        (count(|s| s == BarStatus::Holds), count(|s| s != BarStatus::NotApplicable))
    }

    /// The record as JSON.
    ///
    /// # Errors
    /// [`Error::Refused`] if it cannot be written down.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string_pretty(self)
            .map(|text| text + "\n")
            .map_err(|e| Error::refused(format!("the evidence cannot be written as JSON: {e}")))
    }

    /// Reads a record back.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read; [`Error::Format`] if it is not evidence, or of a later version.
    pub fn read(path: &Path) -> Result<Self> {
        #[derive(Deserialize)]
        struct Head {
            schema: u32,
        }
        let text = std::fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
        let head: Head = serde_json::from_str(&text)
            .map_err(|e| Error::format(path, format!("it is no Ansatz evidence, or truncated: {e}")))?;
        if head.schema != SCHEMA {
            let reason = format!("it has evidence schema {}, and this version reads {SCHEMA}", head.schema);
            return Err(Error::format(path, reason));
        }
        serde_json::from_str(&text).map_err(|e| Error::format(path, format!("the evidence is damaged: {e}")))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A record with a bar of every status and two frontiers, for this and the renderings' tests.
    pub(crate) fn example() -> Evidence {
        const BARS: &[Bar] = &[
            Bar::at_most("error", 1e-3),
            Bar::at_least("gain, \"quoted\" & <marked>", 10.0),
            Bar::at_most("peer", 1.0),
            Bar::at_most("forgotten", 1.0),
            Bar::at_most("big", 1.0).only_at(&[Scale::Paper]),
        ];
        let claim = Subject {
            number: 7,
            slug: "example".into(),
            title: "An example".into(),
            citation: "A. Author 2024".into(),
            statement: "x < y & z".into(),
        };
        let mut evidence = Evidence::begin(claim, Scale::Laptop, vec![Seed(1), Seed(2)], BARS);
        evidence.bar("error").unwrap().measure(5e-4);
        evidence.bar("gain, \"quoted\" & <marked>").unwrap().measure(f64::NAN);
        evidence.bar("peer").unwrap().not_checked("the peer is not installed");
        let mut front = Frontier::new("2^x on [0, 1]", "operations", "max relative error");
        front.floor = Some(1e-17);
        front.ours("found", [(2.0, 2.9e-2), (3.0, 8.7e-4)]).unwrap();
        front.rival("Taylor </script>", [(2.0, 1.5e-1), (4.0, 3.3e-2)]).unwrap();
        evidence.frontiers.push(front);
        evidence.artefacts.push(Artefact::of("f.json", b"123456789"));
        evidence.omissions.push("speed: <no> timer".into());
        evidence.notes.push("a note".into());
        evidence.finish(Duration::from_millis(1500));
        evidence
    }

    #[test]
    fn the_verdict_follows_from_the_bars() {
        let claim = example().claim;
        let verdict = |scale, act: &dyn Fn(&mut Evidence)| {
            let bars = [Bar::at_most("a", 1.0), Bar::at_most("b", 1.0).only_at(&[Scale::Laptop])];
            let mut evidence = Evidence::begin(claim.clone(), scale, vec![Seed(1)], &bars);
            act(&mut evidence);
            evidence.finish(Duration::ZERO);
            (evidence.verdict, evidence.verdict.exit_code(), evidence.score())
        };
        let measure = |name: &'static str, value| move |e: &mut Evidence| e.bar(name).unwrap().measure(value);
        assert_eq!(verdict(Scale::Smoke, &measure("a", 1.0)), (Verdict::Holds, 0, (1, 1)));
        assert_eq!(verdict(Scale::Smoke, &measure("a", 1.1)), (Verdict::Fails, 1, (0, 1)));
        assert_eq!(verdict(Scale::Laptop, &measure("a", 1.0)), (Verdict::Fails, 1, (1, 2)), "b was never measured");
        let unchecked = |e: &mut Evidence| e.bar("a").unwrap().not_checked("why");
        assert_eq!(verdict(Scale::Smoke, &unchecked), (Verdict::NotChecked, 3, (0, 1)));
        let mut empty = Evidence::begin(claim.clone(), Scale::Smoke, vec![], &[]);
        empty.finish(Duration::ZERO);
        assert_eq!(empty.verdict, Verdict::NotChecked, "a claim without bars shows nothing");
        let error = example().bar("eror").unwrap_err().to_string();
        assert_eq!(error, "unknown bar \"eror\"; did you mean \"error\"?");
    }

    #[test]
    fn json_round_trip_and_refusals() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("evidence.json");
        let evidence = example();
        std::fs::write(&path, evidence.to_json().unwrap()).unwrap();
        // Compared as text: a not-a-number does not equal itself.
        assert_eq!(Evidence::read(&path).unwrap().to_json().unwrap(), evidence.to_json().unwrap());
        assert_eq!(evidence.artefacts[0].crc32, "cbf43926", "the check value of CRC-32");
        let text = evidence.to_json().unwrap();
        let refused = |content: &str, why: &str| {
            std::fs::write(&path, content).unwrap();
            let error = Evidence::read(&path).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        };
        refused(&text[..text.len() / 2], "it is no Ansatz evidence, or truncated");
        refused("[]", "it is no Ansatz evidence");
        refused(&text.replace("\"schema\": 1", "\"schema\": 2"), "it has evidence schema 2, and this version reads 1");
        refused(&text.replace("\"verdict\": \"fails\"", "\"verdict\": \"maybe\""), "the evidence is damaged");
    }

    #[test]
    fn scales_have_names() {
        for scale in Scale::ALL {
            assert_eq!(scale.name().parse::<Scale>().unwrap(), scale);
        }
        let error = "labtop".parse::<Scale>().unwrap_err().to_string();
        assert_eq!(error, "unknown scale \"labtop\"; did you mean \"laptop\"?");
    }
}
