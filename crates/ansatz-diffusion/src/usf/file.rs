//! The schedule file: JSON that holds every number to the last bit.
//!
//! Numbers are written with as many decimals as tell them from their neighbours, and read back to the same bits. The noise
//! schedule is named, since times mean nothing without it. A file that is truncated, foreign, of a later version, or that
//! does not describe a sampler which can be run is refused with one sentence.

use super::decision::{Afs, SolverSchedule, StepDecision};
use crate::schedule;
use ansatz_core::{Error, Result, write_atomic};
use serde::{Deserialize, Serialize};
use std::path::Path;

const FORMAT: &str = "ansatz solver schedule";
const VERSION: u32 = 1;

/// Enough to tell what a file is.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: u32,
    /// What is to be said about it, for people.
    #[serde(default)]
    about: String,
    /// The noise schedule.
    schedule: String,
    nodes: Vec<f64>,
    afs: Option<Afs>,
    steps: Vec<StepDecision>,
}

impl SolverSchedule {
    /// The schedule as JSON: for the noise schedule of this name, with a remark for people.
    ///
    /// # Errors
    /// [`Error::Unknown`] for an unknown noise schedule; as [`SolverSchedule::check`].
    pub fn to_json(&self, noise: &str, about: &str) -> Result<String> {
        self.check(&*schedule::named(noise)?)?;
        let Self { nodes, steps, afs } = self.clone();
        let (about, schedule) = (about.to_owned(), noise.to_owned());
        let file = File { format: FORMAT.into(), version: VERSION, about, schedule, nodes, afs, steps };
        // All numbers are finite, the only thing that could stop it.
        serde_json::to_string_pretty(&file).map(|text| text + "\n").map_err(|e| Error::refused(e.to_string()))
    }

    /// Reads what [`to_json`](Self::to_json) wrote, and the name of the noise schedule; `path` is named in errors.
    ///
    /// # Errors
    /// [`Error::Format`] if the text is truncated, of another kind, of a later version, or no sampler that can be run.
    pub fn from_json(text: &str, path: impl AsRef<Path>) -> Result<(Self, String)> {
        parse(text).map_err(|reason| Error::format(path, reason))
    }

    /// Writes the file.
    ///
    /// # Errors
    /// See [`to_json`](Self::to_json); [`Error::Io`] if it cannot be written.
    pub fn write(&self, path: impl AsRef<Path>, noise: &str, about: &str) -> Result<()> {
        write_atomic(path.as_ref(), self.to_json(noise, about)?.as_bytes())
    }

    /// Reads a file, and the name of the noise schedule that it is for.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read, else as [`from_json`](Self::from_json).
    pub fn read(path: impl AsRef<Path>) -> Result<(Self, String)> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|source| Error::io("read", path, source))?;
        Self::from_json(&text, path)
    }
}

fn parse(text: &str) -> Result<(SolverSchedule, String), String> {
    let head: Head = serde_json::from_str(text).map_err(|e| format!("it is no solver schedule: {e}"))?;
    if head.format != FORMAT {
        return Err(format!("its format is {:?}, not {FORMAT:?}", head.format));
    }
    if head.version > VERSION {
        return Err(format!("it was written by a later version of Ansatz (version {})", head.version));
    }
    let file: File = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let noise = schedule::named(&file.schedule).map_err(|e| e.to_string())?;
    let sampler = SolverSchedule { nodes: file.nodes, steps: file.steps, afs: file.afs };
    sampler.check(&*noise).map_err(|e| e.to_string())?;
    Ok((sampler, file.schedule))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prediction::Prediction;
    use crate::usf::{Afs, Corrector, Scale, StepDecision};

    fn sampler() -> SolverSchedule {
        let mut steps: Vec<StepDecision> =
            (1..=4).map(|order| StepDecision::multistep(Prediction::Noise, order)).collect();
        steps[1].relaxation = 0.1 + 0.2;
        steps[1].corrector = Some(Corrector { implicit: true, scale: Scale::Bh1, relaxation: -1.0 / 3.0 });
        steps[2].derivatives[0].scale = Scale::ExpMinus;
        steps[3].derivatives[2].scale = Scale::Times(1e-300 / 3.0);
        let nodes = vec![1.0, 2.0 / 3.0, f64::from_bits(0.3f64.to_bits() + 1), 1.0 / 7.0, 1e-3];
        SolverSchedule { nodes, steps, afs: Some(Afs::Average(vec![-1.0 / 3.0, 5e-324])) }
    }

    #[test]
    fn every_bit_survives() {
        let text = sampler().to_json("vp-linear", "for a test").unwrap();
        let (back, noise) = SolverSchedule::from_json(&text, "a.json").unwrap();
        assert_eq!((&back, noise.as_str()), (&sampler(), "vp-linear"));
        assert!(back.nodes.iter().zip(&sampler().nodes).all(|(a, b)| a.to_bits() == b.to_bits()));
        assert_eq!(back.to_json("vp-linear", "for a test").unwrap(), text);
    }

    #[test]
    fn other_files_are_refused() {
        let text = sampler().to_json("vp-linear", "").unwrap();
        let refused = |text: &str, reason: &str| {
            let error = SolverSchedule::from_json(text, "a.json").unwrap_err().to_string();
            assert!(error.starts_with("cannot use a.json: ") && error.contains(reason), "{error}");
        };
        for length in 0..text.trim_end().len() {
            refused(&text[..length], "it is no solver schedule");
        }
        refused("{\"format\": \"ansatz program\", \"version\": 1}", "its format is \"ansatz program\"");
        refused(&text.replace("\"version\": 1", "\"version\": 2"), "a later version");
        refused(&text.replace("vp-linear", "vp-linera"), "unknown schedule \"vp-linera\"");
        refused(&text.replace("\"order\": 4", "\"order\": 5"), "the order of step 4 is 5");
        refused(&text.replace("\"implicit\": true", "\"implicit\": 1"), "invalid type");
        refused(&text.replace("\"start\": 1", "\"strat\": 1"), "strat");
        assert!(sampler().to_json("vp", "").is_err());
    }
}
