//! A front as a folder of files: what a user takes home from a search.
//!
//! | file | content |
//! |---|---|
//! | `front.json` | target, provenance and, for each program, errors, bounds and the names of its files |
//! | `programs/NN.json` | the program with double-double constants; `NN.f64.json` with constants that are doubles |
//! | `certificates/NN.real.json`, `NN.f64.json` | the proofs, for `ansatz check` |
//! | `ancestry/NN.json` | every generation back to the identity |

use super::front::Front;
use crate::anchors;
use crate::program::About;
use crate::target::{Format, Weight};
use ansatz_core::{Error, Frontier, Result, write_atomic};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

impl Front {
    /// The front beside every classical family of the table: the picture of error against operations.
    ///
    /// # Errors
    /// If an error is not finite.
    pub fn frontier(&self, classical: &anchors::Table) -> Result<Frontier> {
        let measure = match self.target.weight {
            Weight::Relative => "max relative error",
            Weight::Absolute => "max absolute error",
            Weight::Ulp(Format::F32) => "max error in ulp of binary32",
            Weight::Ulp(Format::F64) => "max error in ulp of binary64",
        };
        let title = format!("{} on {}", self.target.name, self.target.interval);
        let mut picture = Frontier::new(title, "operations", measure);
        let found = self.entries.iter().filter(|e| e.operations >= 2).map(|e| (e.operations as f64, e.bound()));
        picture.ours(if self.target.is_certifiable() { "discovered, proved" } else { "discovered, sampled" }, found)?;
        for (family, structure) in classical.columns() {
            let column = classical.anchors.iter().filter(|a| a.family == family && a.structure == structure);
            let name = match structure {
                anchors::Structure::Plain => family.to_string(),
                _ => format!("{family}, {structure}"),
            };
            let points = column.filter(|a| a.operations >= 2).map(|a| (a.operations as f64, a.error));
            picture.rival(&name, points)?;
        }
        Ok(picture)
    }

    /// Writes the folder; files of an earlier front are replaced.
    ///
    /// # Errors
    /// [`Error::Io`] if a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        for name in ["programs", "certificates", "ancestry"] {
            let path = folder.join(name);
            std::fs::create_dir_all(&path).map_err(|e| Error::io("create", &path, e))?;
        }
        let function = self.target.expression().map(ToString::to_string);
        let measure = match self.target.weight {
            Weight::Relative => "relative error",
            Weight::Absolute => "absolute error",
            Weight::Ulp(_) => "error in ulp",
        };
        let target = format!("{} on {}, {measure}", self.target.name, self.target.interval);
        let mut entries: Vec<Value> = Vec::new();
        let mut stems = BTreeSet::new();
        for entry in &self.entries {
            // By measured time, several programs of one modelled cost may stand on the front.
            let plain = format!("{:02}", entry.cost.ceil());
            let mut stem = plain.clone();
            for i in 2.. {
                if stems.insert(stem.clone()) {
                    break;
                }
                stem = format!("{plain}-{i}");
            }
            let about = |bound: String| {
                let name = format!("{} operations for {}", entry.operations, self.target.name);
                About { name, target: target.clone(), bound }
            };
            let real = entry.proof.as_ref().map_or_else(
                || format!("{:e} at sample points", entry.error),
                |c| format!("{:e} over the reals, proved in certificates/{stem}.real.json", c.bound),
            );
            let double = entry.executed.as_ref().map_or_else(
                |reason| format!("none as executed: {reason}"),
                |c| format!("{:e} as executed in binary64, proved in certificates/{stem}.f64.json", c.bound),
            );
            let program = format!("programs/{stem}.json");
            let rounded = format!("programs/{stem}.f64.json");
            write_atomic(&folder.join(&program), entry.program.to_json(Some(&about(real))).as_bytes())?;
            write_atomic(&folder.join(&rounded), entry.rounded.to_json(Some(&about(double))).as_bytes())?;
            let mut proofs = Vec::new();
            for (proof, kind) in [(entry.proof.as_ref(), "real"), (entry.executed.as_ref().ok(), "f64")] {
                let name = format!("certificates/{stem}.{kind}.json");
                proofs.push(proof.map(|_| name.clone()));
                if let Some(proof) = proof {
                    proof.write(&folder.join(&name))?;
                }
            }
            let ancestry = serde_json::to_string(&entry.ancestry())
                .map_err(|e| Error::refused(format!("an ancestry cannot be written down: {e}")))?;
            write_atomic(&folder.join(format!("ancestry/{stem}.json")), ancestry.as_bytes())?;
            let mut document = json!({
                "operations": entry.operations,
                "cost": entry.cost,
                "formula": entry.program.to_string(),
                "error": entry.error,
                "bound": entry.proof.as_ref().map(|c| c.bound),
                "program": program,
                "certificate": proofs[0],
                "f64": {
                    "program": rounded,
                    "error": entry.rounded_error,
                    "bound": entry.executed.as_ref().ok().map(|c| c.bound),
                    "certificate": proofs[1],
                    "refused": entry.executed.as_ref().err(),
                },
                "ancestry": format!("ancestry/{stem}.json"),
            });
            if let Some(modelled) = self.cost.nanoseconds(&entry.program.shape) {
                document["ns"] = json!({
                    "modelled": modelled,
                    "measured": entry.time.as_ref().map(|t| t.throughput.minimum),
                    "timing": entry.time,
                });
            }
            entries.push(document);
        }
        let interval = self.target.interval;
        let document = json!({
            "format": "ansatz front",
            "version": 1,
            "target": self.target.name,
            "function": function,
            "interval": [interval.lo, interval.hi],
            "open": [interval.lo_open, interval.hi_open],
            "weight": self.target.weight,
            "operations": self.ops.to_string(),
            "costs": self.cost,
            "provenance": self.provenance,
            "entries": entries,
            "refused": self.refused,
        });
        write_atomic(&folder.join("front.json"), format!("{document:#}\n").as_bytes())
    }
}
