//! The program file: a program as readable JSON that holds its constants to the last bit.
//!
//! Constants are hexadecimal floating-point strings (`hi` and the rest `lo` of a double-double), each with a decimal
//! beside it for people; `formula` is for people too and is not read. A file that is truncated, foreign, of a later
//! version, or that does not describe a straight-line program is refused with one sentence.

use super::text::decimal;
use super::{Node, Op, Program, Shape};
use crate::number::{Dd, hex};
use ansatz_core::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::Path;

const FORMAT: &str = "ansatz program";
const VERSION: u32 = 1;

/// What a file says about its program; free text for people.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The program's name.
    pub name: String,
    /// What it approximates, where, and in which measure of error.
    pub target: String,
    /// The error bound and where it comes from.
    pub bound: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "format")]
    _format: String,
    #[serde(rename = "version")]
    _version: u32,
    #[serde(rename = "about")]
    _about: Option<About>,
    #[serde(rename = "formula")]
    _formula: String,
    nodes: Vec<Value>,
    constants: Vec<FileConstant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileConstant {
    hi: String,
    lo: String,
    decimal: String,
}

impl Program {
    /// The program as JSON, with what is to be said about it.
    ///
    /// ```
    /// use ansatz_functions::program::{Op, Program};
    /// let mut p = Program::builder();
    /// let x = p.input();
    /// let c = p.constant(0.1);
    /// let sum = p.op(Op::Add, &[x, c]);
    /// let program = p.finish(sum);
    /// let text = program.to_json(None);
    /// assert_eq!(Program::from_json(&text, "sum.json")?, program);
    /// # Ok::<(), ansatz_core::Error>(())
    /// ```
    pub fn to_json(&self, about: Option<&About>) -> String {
        // Written by hand, so that a node and a constant take a line each.
        let about = about.map_or_else(String::new, |about| {
            let [name, target, bound] = [&about.name, &about.target, &about.bound].map(|text| json!(text));
            format!(
                "  \"about\": {{\n    \"name\": {name},\n    \"target\": {target},\n    \"bound\": {bound}\n  }},\n"
            )
        });
        let nodes = self.shape.nodes.iter().map(|node| match node {
            Node::Input => "    \"x\"".to_owned(),
            Node::Const(index) => format!("    {{\"constant\": {index}}}"),
            Node::Op(op, _) => format!("    {{\"{}\": {:?}}}", op.name(), node.operands()),
        });
        let constants = self.constants.iter().map(|c| {
            let (hi, lo, decimal) = (hex::format(c.hi), hex::format(c.lo), decimal(*c));
            format!("    {{\"hi\": \"{hi}\", \"lo\": \"{lo}\", \"decimal\": \"{decimal}\"}}")
        });
        let list = |name: &str, items: Vec<String>| match items.join(",\n") {
            none if none.is_empty() => format!("  \"{name}\": []"),
            items => format!("  \"{name}\": [\n{items}\n  ]"),
        };
        format!(
            "{{\n  \"format\": \"{FORMAT}\",\n  \"version\": {VERSION},\n{about}  \"formula\": {},\n{},\n{}\n}}\n",
            json!(self.to_string()),
            list("nodes", nodes.collect()),
            list("constants", constants.collect()),
        )
    }

    /// Reads what [`to_json`](Self::to_json) wrote; `path` is named in errors.
    ///
    /// # Errors
    /// [`Error::Format`] if the text is truncated, not a program file, of a later version, or not a sound program.
    pub fn from_json(text: &str, path: impl AsRef<Path>) -> Result<Self> {
        parse(text).map_err(|reason| Error::format(path, reason))
    }

    /// Reads a program file.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read, else as [`from_json`](Self::from_json).
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|source| Error::io("read", path, source))?;
        let text = String::from_utf8(bytes).map_err(|_| Error::format(path, "it is not a text file"))?;
        Self::from_json(&text, path)
    }

    /// What is wrong with the program, if anything: evaluation of a program without fault cannot panic.
    pub fn fault(&self) -> Option<String> {
        let nodes = &self.shape.nodes;
        if nodes.is_empty() {
            return Some("it has no nodes".to_owned());
        }
        if nodes.len() > usize::from(u16::MAX) {
            return Some(format!("it has {} nodes, more than {}", nodes.len(), u16::MAX));
        }
        for (i, node) in nodes.iter().enumerate() {
            if let Some(late) = node.operands().iter().find(|&&operand| usize::from(operand) >= i) {
                return Some(format!("node {i} reads node {late}, which does not come before it"));
            }
            if let Node::Const(index) = node
                && usize::from(*index) >= self.constants.len()
            {
                return Some(format!("node {i} reads constant {index} of {}", self.constants.len()));
            }
        }
        for (i, c) in self.constants.iter().enumerate() {
            if !c.hi.is_finite() || !c.lo.is_finite() {
                return Some(format!("constant {i} is not finite"));
            }
            if c.hi + c.lo != c.hi {
                return Some(format!("the two parts of constant {i} overlap"));
            }
        }
        None
    }
}

fn parse(text: &str) -> Result<Program, String> {
    // The head alone first: a later version may have other fields, and should be refused for its version.
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let what = if error.is_eof() { "it is truncated" } else { "it is not JSON" };
        format!("{what} (line {}, column {})", error.line(), error.column())
    })?;
    match value.get("format").and_then(Value::as_str) {
        Some(FORMAT) => {}
        Some(other) => return Err(format!("it is of the format {other:?}, not {FORMAT:?}")),
        None => return Err("it is not a program file: it does not name its format".to_owned()),
    }
    match value.get("version").and_then(Value::as_u64) {
        Some(1) => {}
        Some(later) if later > u64::from(VERSION) => {
            return Err(format!("it is of version {later}, later than this program's {VERSION}"));
        }
        _ => return Err("its version is not a positive integer".to_owned()),
    }
    let file: File = serde_json::from_value(value).map_err(|error| error.to_string())?;
    let nodes = file.nodes.iter().enumerate().map(|(i, node)| read_node(i, node)).collect::<Result<_, _>>()?;
    let constants = file.constants.iter().enumerate().map(|(i, c)| read_constant(i, c)).collect::<Result<_, _>>()?;
    let program = Program { shape: Shape { nodes }, constants };
    program.fault().map_or(Ok(program), Err)
}

fn read_node(i: usize, node: &Value) -> Result<Node, String> {
    if node.as_str() == Some("x") {
        return Ok(Node::Input);
    }
    let strange = || format!("node {i} is {node}, but must be \"x\", a constant or an operation");
    let map = node.as_object().filter(|map| map.len() == 1).ok_or_else(strange)?;
    let (name, value) = map.iter().next().ok_or_else(strange)?;
    if name == "constant" {
        let index = value.as_u64().and_then(|index| u16::try_from(index).ok()).ok_or_else(strange)?;
        return Ok(Node::Const(index));
    }
    let op = Op::from_name(name).ok_or_else(|| format!("node {i} has the unknown operation {name:?}"))?;
    let args: Vec<u16> = Vec::deserialize(value).map_err(|_| strange())?;
    if args.len() != op.arity() {
        return Err(format!("node {i} gives {name} {} operands instead of {}", args.len(), op.arity()));
    }
    let mut operands = [0; 3];
    operands[..args.len()].copy_from_slice(&args);
    Ok(Node::Op(op, operands))
}

fn read_constant(i: usize, constant: &FileConstant) -> Result<Dd, String> {
    let read = |text: &str| {
        hex::parse(text).filter(|x| x.is_finite()).ok_or_else(|| {
            format!("constant {i} has {text:?}, which is not a finite hexadecimal floating-point number")
        })
    };
    let value = Dd { hi: read(&constant.hi)?, lo: read(&constant.lo)? };
    // Somebody who edits the decimal expects it to count.
    if decimal(value) == constant.decimal {
        Ok(value)
    } else {
        let (decimal, hex) = (&constant.decimal, decimal(value));
        Err(format!("the decimal {decimal} of constant {i} is not {hex}, the value of its hexadecimal form"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use ansatz_core::Seed;

    fn refusal(text: &str) -> String {
        Program::from_json(text, "p.json").unwrap_err().to_string()
    }

    #[test]
    fn every_kind_of_program_comes_back_with_the_same_bits() {
        for program in samples::all() {
            let about = About { name: "f".into(), target: "2^x \"on\" (0, 1]\n".into(), bound: "é".into() };
            for about in [None, Some(&about)] {
                let text = program.to_json(about);
                let back = Program::from_json(&text, "p.json").unwrap();
                assert_eq!(back.shape, program.shape);
                let bits =
                    |p: &Program| p.constants.iter().map(|c| (c.hi.to_bits(), c.lo.to_bits())).collect::<Vec<_>>();
                assert_eq!(bits(&back), bits(&program), "{text}");
                // It is standard JSON and says the same when it is written again.
                assert!(serde_json::from_str::<Value>(&text).is_ok());
                assert_eq!(back.to_json(about), text);
            }
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_refused_as_truncated() {
        let text = samples::ten().to_json(None);
        let end = text.trim_end().len();
        for cut in 0..end {
            if text.is_char_boundary(cut) {
                assert!(refusal(&text[..cut]).contains("it is truncated"), "{}", refusal(&text[..cut]));
            }
        }
    }

    #[test]
    fn changed_files_are_refused_or_mean_what_they_say() {
        // Every byte of a valid file is replaced: no panic, and what is accepted is a program without fault.
        let text = samples::five().to_json(None);
        let mut stream = Seed(1).stream("flip", 0);
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = b" 0179x{}[]\",:-ae"[stream.below(16)];
            if let Ok(program) =
                String::from_utf8(bytes).map_err(drop).and_then(|t| Program::from_json(&t, "p").map_err(drop))
            {
                assert_eq!(program.fault(), None);
                let _ = program.eval(&0.5);
            }
        }
    }

    #[test]
    fn each_fault_has_its_sentence() {
        let text = samples::five().to_json(None);
        let edit = |from: &str, to: &str| {
            assert!(text.contains(from), "{text}");
            refusal(&text.replacen(from, to, 1))
        };
        let cases = [
            (refusal("[1, 2"), "cannot use p.json: it is truncated (line 1, column 5)"),
            (refusal("program"), "it is not JSON"),
            (refusal("{\"a\": 1}"), "it is not a program file"),
            (
                edit("ansatz program", "ansatz certificate"),
                "of the format \"ansatz certificate\", not \"ansatz program\"",
            ),
            (edit("\"version\": 1", "\"version\": 2"), "version 2, later than this program's 1"),
            (edit("\"version\": 1", "\"version\": -1"), "not a positive integer"),
            (edit("\"nodes\"", "\"extra\": 0, \"nodes\""), "unknown field `extra`"),
            (edit("\"x\"", "\"y\""), "node 0 is \"y\""),
            (edit("{\"div\": [1, 0]}", "{\"div\": [2, 0]}"), "node 2 reads node 2, which does not come before it"),
            (edit("{\"div\": [1, 0]}", "{\"div\": [1, 9]}"), "node 2 reads node 9"),
            (edit("{\"div\": [1, 0]}", "{\"div\": [1]}"), "node 2 gives div 1 operands instead of 2"),
            (edit("{\"div\": [1, 0]}", "{\"mod\": [1, 0]}"), "node 2 has the unknown operation \"mod\""),
            (edit("{\"div\": [1, 0]}", "{\"div\": [1, -1]}"), "node 2 is {\"div\":[1,-1]}"),
            (edit("{\"constant\": 0}", "{\"constant\": 7}"), "node 1 reads constant 7 of 4"),
            (edit("\"hi\": \"0x", "\"hi\": \"0y"), "not a finite hexadecimal"),
            (edit("\"lo\": \"0x0p+0\"", "\"lo\": \"inf\""), "not a finite hexadecimal"),
            (edit("\"lo\": \"0x0p+0\"", "\"lo\": \"nan\""), "not a finite hexadecimal"),
            (edit("\"decimal\": \"2", "\"decimal\": \"3"), "of constant 0 is not 25.59"),
        ];
        for (sentence, part) in cases {
            assert!(sentence.contains(part), "{sentence:?} lacks {part:?}");
        }
        let empty = text[..text.find("    \"x\"").unwrap()].to_owned() + "], \"constants\": []}";
        assert!(refusal(&empty).contains("it has no nodes"));
        assert!(matches!(Program::read("no such file.json"), Err(Error::Io { .. })));
    }
}
