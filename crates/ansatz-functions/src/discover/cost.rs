//! What a program costs.

use crate::bench::{Calibration, Options, calibrate};
use crate::program::{Node, Op, OpSet, Shape};
use crate::target::Format;
use ansatz_core::{Error, Result, write_atomic};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The cost that a search trades against the error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cost {
    /// The number of operations.
    #[default]
    Count,
    /// A weight for each operation; those that are not listed weigh 1.
    Weighted(Vec<(Op, f64)>),
    /// Time, by a table that was measured: whole numbers of the time of an addition or product. A search goes by the
    /// table alone, which is part of its method and is saved with it: the same table gives the same bits on every
    /// machine, and a resumed search keeps the one it began with. What the programs of a front really take is measured
    /// afterwards ([`Front::timed`](super::Front::timed)).
    Measured(Calibration),
}

/// What a saved table says it is.
const FORMAT: &str = "ansatz cost";

#[derive(Serialize, Deserialize)]
struct File {
    format: String,
    version: u32,
    table: Calibration,
}

impl Cost {
    /// The weight of one operation.
    pub fn weight(&self, op: Op) -> f64 {
        let table = match self {
            Self::Count => return 1.0,
            Self::Weighted(table) => table,
            Self::Measured(calibration) => &calibration.weights,
        };
        table.iter().find(|(o, _)| *o == op).map_or(1.0, |(_, weight)| *weight)
    }

    /// Times the operations on this machine: throughput in vectorised loops, see [`calibrate`]. Takes some seconds.
    ///
    /// # Errors
    /// [`Error::Environment`] if there is no `rustc`.
    pub fn measured(ops: &OpSet, format: Format) -> Result<Self> {
        calibrate(ops, &Options::new(format)).map(Self::Measured)
    }

    /// The time of a shape in nanoseconds an element, memory included, by the measured table; `None` if there is none.
    pub fn nanoseconds(&self, shape: &Shape) -> Option<f64> {
        if let Self::Measured(calibration) = self { Some(calibration.nanoseconds(shape)) } else { None }
    }

    /// Writes a measured table to a file, for searches to come; other costs have nothing to write.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let Self::Measured(table) = self else { return Ok(()) };
        let file = File { format: FORMAT.into(), version: 1, table: table.clone() };
        let text = serde_json::to_string_pretty(&file)
            .map_err(|e| Error::refused(format!("a table of costs cannot be written down: {e}")))?;
        write_atomic(path, format!("{text}\n").as_bytes())
    }

    /// Reads a table that [`write`](Self::write) wrote.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read, [`Error::Format`] if it is no such table.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
        let file: File = serde_json::from_str(&text)
            .map_err(|e| Error::format(path, format!("it is not a table of measured costs ({e})")))?;
        if file.format != FORMAT || file.version != 1 {
            let what = format!("it is {:?} of version {}, not {FORMAT:?} of version 1", file.format, file.version);
            return Err(Error::format(path, what));
        }
        let cost = Self::Measured(file.table);
        cost.validate().map_err(|e| Error::format(path, e.to_string()))?;
        Ok(cost)
    }

    /// The cost of a shape: the weights of the operations that depend on the input and reach the result.
    pub fn of(&self, shape: &Shape) -> f64 {
        let live = shape.live();
        let mut depends = vec![false; shape.nodes.len()];
        let mut sum = 0.0;
        for (i, node) in shape.nodes.iter().enumerate() {
            depends[i] = matches!(node, Node::Input) || node.operands().iter().any(|&a| depends[usize::from(a)]);
            if let (Node::Op(op, _), true, true) = (node, live[i], depends[i]) {
                sum += self.weight(*op);
            }
        }
        sum
    }

    /// Reads `count`, a table such as `add=1,mul=1,div=5`, or the name of a file with a measured table, `….json`.
    /// (`time` needs operations and format besides: that is [`measured`](Self::measured).)
    ///
    /// # Errors
    /// If an operation is unknown, a weight is not positive and finite, or the file is not what it should be.
    pub fn parse(text: &str) -> Result<Self> {
        if text == "count" {
            return Ok(Self::Count);
        }
        if Path::new(text).extension().is_some_and(|e| e == "json") {
            return Self::read(Path::new(text));
        }
        let mut table = Vec::new();
        for pair in text.split(',') {
            let (name, weight) = pair.split_once('=').ok_or_else(|| {
                Error::parameter(
                    "cost",
                    format!("{text:?}"),
                    "count, time, a table such as add=1,div=5, or a cost.json",
                )
            })?;
            let op = Op::from_name(name.trim())
                .ok_or_else(|| Error::unknown("operation", name.trim(), Op::ALL.map(Op::name)))?;
            let weight: f64 = weight.trim().parse().unwrap_or(f64::NAN);
            table.push((op, weight));
        }
        let cost = Self::Weighted(table);
        cost.validate()?;
        Ok(cost)
    }

    /// Checks the weights.
    ///
    /// # Errors
    /// If one is not positive and finite.
    pub fn validate(&self) -> Result<()> {
        let table = match self {
            Self::Count => return Ok(()),
            Self::Weighted(table) => table,
            Self::Measured(calibration) => return calibration.validate(),
        };
        match table.iter().find(|(_, weight)| !(weight.is_finite() && *weight > 0.0)) {
            Some((op, weight)) => {
                Err(Error::parameter(format!("cost of {}", op.name()), weight, "positive and finite"))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Program;

    #[test]
    fn weights_add_up_over_what_depends_on_the_input() {
        let mut b = Program::builder();
        let x = b.input();
        let c = b.constant(2.0);
        let constant = b.op(Op::Mul, &[c, c]);
        let q = b.op(Op::Div, &[constant, x]);
        b.op(Op::Mul, &[x, x]);
        let y = b.op(Op::Add, &[q, x]);
        let mut program = b.finish(y);
        program.shape.nodes.push(Node::Op(Op::Mul, [y, y, 0]));
        assert_eq!(Cost::Count.of(&program.shape), 3.0);
        assert_eq!(Cost::parse("div=5,mul=2").unwrap().of(&program.shape), 8.0);
        assert!(Cost::parse("div=-1").is_err());
        assert!(Cost::parse("div").is_err());
        assert!(Cost::parse("dvi=1").unwrap_err().to_string().contains("div"));
    }

    fn table() -> Cost {
        Cost::Measured(Calibration {
            format: Format::F64,
            base: 0.05,
            operations: vec![(Op::Add, 0.02), (Op::Div, 0.25)],
            quantum: 0.02,
            weights: vec![(Op::Add, 1.0), (Op::Div, 12.0)],
            deviation: 0.1,
        })
    }

    #[test]
    fn a_measured_table_weighs_and_predicts() {
        let shape = crate::anchors::literature::f5().shape;
        assert_eq!(table().of(&shape), 12.0 + 12.0 + 3.0);
        // The subtraction is not in the table: it weighs 1 and takes nothing.
        assert!((table().nanoseconds(&shape).unwrap() - (0.05 + 2.0 * 0.25 + 2.0 * 0.02)).abs() < 1e-15);
        assert_eq!(Cost::Count.nanoseconds(&shape), None);
    }

    #[test]
    fn a_saved_table_is_read_back_and_a_foreign_file_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cost.json");
        table().write(&path).unwrap();
        assert_eq!(Cost::parse(path.to_str().unwrap()).unwrap(), table());
        let refuse = |from: &str, to: &str| {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.contains(from), "{text}");
            let other = folder.path().join("other.json");
            std::fs::write(&other, text.replacen(from, to, 1)).unwrap();
            Cost::read(&other).unwrap_err().to_string()
        };
        assert!(refuse("ansatz cost", "ansatz front").contains("it is \"ansatz front\" of version 1"));
        assert!(refuse("12.0", "-12.0").contains("cost of div is -12"));
        assert!(refuse("{", "").contains("it is not a table of measured costs"));
        assert!(matches!(Cost::parse("missing.json"), Err(Error::Io { .. })));
    }
}
