//! The certificate: a file that states a bound and carries what is needed to prove it again.
//!
//! JSON. Doubles are hexadecimal literals, so that nothing is lost; the one sentence for people is `statement`, which
//! the checker derives anew and compares.

use super::Arithmetic;
use crate::number::hex;
use crate::program::{Node, Program};
use crate::target::{Format, Interval, Weight};
use ansatz_core::{Error, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The first field of every certificate.
pub const FORMAT: &str = "ansatz certificate";
/// The version that this library writes, and the latest that it reads.
pub const VERSION: u32 = 1;

/// A stretch of the interval, end points included, with what was proved on it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    /// Lower end.
    #[serde(with = "hex::double")]
    pub lo: f64,
    /// Upper end: the next piece's lower end.
    #[serde(with = "hex::double")]
    pub hi: f64,
    /// Bound of the weighted distance between program and function over the reals.
    #[serde(with = "hex::double")]
    pub bound: f64,
    /// Bound of what rounding adds when the program is executed; 0 over the reals.
    #[serde(with = "hex::double")]
    pub rounding: f64,
}

/// The bounds of the interval, as they stand in the file.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// Lower end.
    #[serde(with = "hex::double")]
    pub lo: f64,
    /// Upper end.
    #[serde(with = "hex::double")]
    pub hi: f64,
    /// Whether the lower end is left out.
    pub lo_open: bool,
    /// Whether the upper end is left out.
    pub hi_open: bool,
}

/// A proved bound: for every real `x` (or every number of the format) in the interval, the weighted distance between
/// the program and the function is at most `bound`. Over the reals, where the program divides zero by zero its limit
/// counts as its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// What is proved, for people.
    pub statement: String,
    /// The function, as a closed form in `x`.
    pub function: String,
    /// Where.
    pub interval: Span,
    /// How the distance is measured.
    pub weight: Weight,
    /// Over the reals, or as executed in a format.
    pub arithmetic: Arithmetic,
    /// The program. As executed, its constants are numbers of the format.
    pub program: Program,
    /// The bound: the maximum of `bound + rounding` over the pieces.
    #[serde(with = "hex::double")]
    pub bound: f64,
    /// The error is at least this at `worst`: how much of the bound could be superfluous.
    #[serde(with = "hex::double")]
    pub lower: f64,
    /// The point of `lower`.
    #[serde(with = "hex::double")]
    pub worst: f64,
    /// As executed, the statement covers `|x|` from here on.
    #[serde(with = "hex::double")]
    pub executed_from: f64,
    /// The running error analysis covers `|x|` from here on; below, the ranges of the computed values do.
    #[serde(with = "hex::double")]
    pub analysed_from: f64,
    /// The proof: consecutive pieces that cover the interval.
    pub pieces: Vec<Piece>,
    /// FNV-1a of the file without this field: notices accidents, not malice (against that, the bound is proved anew).
    pub checksum: String,
}

impl From<Interval> for Span {
    fn from(i: Interval) -> Self {
        Self { lo: i.lo, hi: i.hi, lo_open: i.lo_open, hi_open: i.hi_open }
    }
}

impl Certificate {
    /// The sentence that the numbers amount to.
    pub fn sentence(&self) -> String {
        let Span { lo, hi, lo_open, hi_open } = self.interval;
        let (open, close) = (if lo_open { '(' } else { '[' }, if hi_open { ')' } else { ']' });
        let distance = match self.weight {
            Weight::Relative => "|P/f - 1|".to_owned(),
            Weight::Absolute => "|P - f|".to_owned(),
            Weight::Ulp(format) => format!("|P - f|/ulp{}(f)", if format == Format::F32 { 32 } else { 64 }),
        };
        let numbers = match self.arithmetic {
            Arithmetic::Real => "real".to_owned(),
            Arithmetic::F32 => "binary32".to_owned(),
            Arithmetic::F64 => "binary64".to_owned(),
        };
        let from =
            if self.executed_from > 0.0 { format!(" with |x| >= {:e}", self.executed_from) } else { String::new() };
        let function = &self.function;
        // Rounded up in the last shown digit, so that the sentence is never stronger than the proof.
        let bound = shown_above(self.bound);
        format!("{distance} <= {bound} for f = {function} and all {numbers} x in {open}{lo:?}, {hi:?}{close}{from}")
    }

    /// Fills in the statement and the checksum.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        self.statement = self.sentence();
        self.checksum = self.digest();
        self
    }

    fn digest(&self) -> String {
        let bare = Self { checksum: String::new(), ..self.clone() };
        // A structure of strings, numbers and lists: nothing in it can fail to serialise.
        let text = serde_json::to_vec(&bare).unwrap_or_default();
        let step = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        format!("{:016x}", text.iter().fold(0xcbf2_9ce4_8422_2325, step))
    }

    /// The text of the file.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&self, path: &Path) -> Result<()> {
        let part = path.with_extension("part");
        std::fs::write(&part, self.to_json()).map_err(|e| Error::io("write", &part, e))?;
        std::fs::rename(&part, path).map_err(|e| Error::io("write", path, e))
    }

    /// Reads a file and checks that it is whole, of a known version and consistent in form. Proves nothing.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Format`] with one sentence.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
        Self::parse(&text).map_err(|reason| Error::format(path, reason))
    }

    /// Reads the text of a certificate; the error is the reason for refusal.
    ///
    /// # Errors
    /// A sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let value: serde_json::Value = serde_json::from_str(text).map_err(|e| {
            if e.is_eof() { "the file is truncated".to_owned() } else { format!("it is not JSON ({e})") }
        })?;
        if value.get("format").and_then(|f| f.as_str()) != Some(FORMAT) {
            return Err("it is not a certificate".into());
        }
        match value.get("version").and_then(serde_json::Value::as_u64) {
            Some(v) if v == u64::from(VERSION) => {}
            Some(v) => return Err(format!("its version is {v}, but this program reads version {VERSION}")),
            None => return Err("it has no version".into()),
        }
        let this: Self = serde_json::from_value(value).map_err(|e| format!("it is malformed: {e}"))?;
        if this.checksum != this.digest() {
            return Err("its checksum does not match: the file was changed or damaged".into());
        }
        this.consistent()?;
        Ok(this)
    }

    /// Whether the numbers can be read as a statement at all; the error is the reason if not.
    pub(super) fn consistent(&self) -> Result<(), String> {
        if self.statement != self.sentence() {
            return Err("its statement does not say what its numbers say".into());
        }
        let finite = |x: &f64| x.is_finite();
        let [a, b] = [self.executed_from, self.analysed_from];
        let numbers = [self.interval.lo, self.interval.hi, self.bound, self.lower, self.worst, a, b];
        if !numbers.iter().all(finite) || !self.program.constants.iter().all(|c| finite(&c.hi) && finite(&c.lo)) {
            return Err("it has a number that is not finite".into());
        }
        well_formed(&self.program)
    }
}

/// Whether every node reads earlier nodes and existing constants only.
pub(super) fn well_formed(program: &Program) -> Result<(), String> {
    if program.shape.nodes.is_empty() || program.shape.nodes.len() > usize::from(u16::MAX) {
        return Err("its program has no node, or too many".into());
    }
    for (i, node) in program.shape.nodes.iter().enumerate() {
        let constants = program.constants.len();
        let forward = node.operands().iter().any(|&a| usize::from(a) >= i);
        if forward || matches!(node, Node::Const(c) if usize::from(*c) >= constants) {
            return Err(format!("node {i} of its program reads a node or a constant that does not exist yet"));
        }
    }
    Ok(())
}

/// `x` in four significant decimals, rounded up.
pub(super) fn shown_above(x: f64) -> String {
    let text = format!("{x:.4e}");
    if text.parse::<f64>().is_ok_and(|shown| shown >= x) {
        return text;
    }
    // One unit of the fourth decimal more.
    let unit = 10f64.powi(x.abs().log10().floor() as i32 - 4);
    format!("{:.4e}", x + unit)
}
