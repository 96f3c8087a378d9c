//! `ansatz emit`: a program as code.

use crate::print;
use ansatz_core::{Error, Result, write_atomic};
use ansatz_functions::certify::Certificate;
use ansatz_functions::emit::{Bound, Emission, Language, emit};
use ansatz_functions::program::Program;
use ansatz_functions::target::{Format, Interval, Target};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

/// A format of floating-point numbers.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Numbers {
    /// IEEE binary32
    F32,
    /// IEEE binary64
    F64,
}

impl From<Numbers> for Format {
    fn from(numbers: Numbers) -> Self {
        match numbers {
            Numbers::F32 => Self::F32,
            Numbers::F64 => Self::F64,
        }
    }
}

#[derive(Args)]
pub(crate) struct Emit {
    /// A certificate, which holds program, function and bound; or a front.json with --ops
    file: PathBuf,
    /// Which program of a front: the best with at most so many operations
    #[arg(long)]
    ops: Option<usize>,
    /// rust, c, python, latex or json
    #[arg(long, default_value = "rust")]
    lang: String,
    /// The format that the code computes in
    #[arg(long, value_enum, default_value = "f64")]
    format: Numbers,
    /// Name of the emitted function
    #[arg(long, default_value = "f")]
    name: String,
    /// With a test that compares with the program's bits and with true values
    #[arg(long)]
    test: bool,
    /// Where the code is written; standard output if not given
    #[arg(long)]
    out: Option<PathBuf>,
}

impl Emit {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let language = Language::from_name(&self.lang)?;
        let format = Format::from(self.format);
        let (path, certificate) = self.certificate()?;
        let interval = Interval {
            lo: certificate.interval.lo,
            hi: certificate.interval.hi,
            lo_open: certificate.interval.lo_open,
            hi_open: certificate.interval.hi_open,
        };
        let mut target = Target::parse(&certificate.function, "0..1", certificate.weight)?;
        target.interval = interval;
        let code = matches!(language, Language::Rust | Language::C | Language::Python);
        let program: Program = if code { certificate.program.rounded_to(format) } else { certificate.program.clone() };
        let mut emission = Emission::new(language, &self.name, &target);
        emission.format = format;
        emission.test = self.test;
        // The bound of another program, such as one whose constants had to be rounded for the format, is not this one's.
        emission.bound = Bound::certified(&certificate, &program, path.display().to_string()).ok();
        let text = emit(&program, &emission)?;
        match &self.out {
            Some(out) if out.exists() => {
                return Err(Error::parameter("out", out.display(), "a file that does not exist yet"));
            }
            Some(out) => write_atomic(out, text.as_bytes())?,
            None => print(text.trim_end())?,
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The certificate: the file itself, or the one that a front names for the wanted number of operations.
    fn certificate(&self) -> Result<(PathBuf, Certificate)> {
        let text = std::fs::read_to_string(&self.file).map_err(|e| Error::io("read", &self.file, e))?;
        let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        if value["format"] == "ansatz program" {
            let allowed =
                "a certificate or a front.json: `ansatz certify PROGRAM FUNCTION --out FILE` makes a program's";
            return Err(Error::parameter("the file", self.file.display(), allowed));
        }
        let front = Some(value).filter(|value| value["format"] == "ansatz front");
        let Some(front) = front else {
            if self.ops.is_some() {
                return Err(Error::parameter("ops", self.file.display(), "used with the front.json of a discovery"));
            }
            return Ok((self.file.clone(), Certificate::read(&self.file)?));
        };
        let limit = self.ops.unwrap_or(usize::MAX) as f64;
        let entries = front["entries"].as_array().map(Vec::as_slice).unwrap_or_default();
        let cost = |entry: &serde_json::Value| entry["cost"].as_f64().unwrap_or(f64::INFINITY);
        let entry = entries.iter().rev().find(|entry| cost(entry) <= limit).ok_or_else(|| {
            let costs: Vec<String> = entries.iter().map(|entry| cost(entry).to_string()).collect();
            Error::parameter("ops", limit, format!("at least the least of the front's costs, {}", costs.join(", ")))
        })?;
        // Code wants the program whose constants are doubles, with the bound as executed.
        let executed = entry["f64"]["certificate"].as_str();
        if let (None, Some(reason)) = (executed, entry["f64"]["refused"].as_str()) {
            eprintln!(
                "warning: this program has no bound as executed in binary64, and its code states the one over the reals: {reason}"
            );
        }
        let name = executed.or(entry["certificate"].as_str()).ok_or_else(|| {
            Error::refused(format!(
                "{} has no certificate for the program: its function is sampled",
                self.file.display()
            ))
        })?;
        let path = self.file.with_file_name("").join(name);
        Ok((path.clone(), Certificate::read(&path)?))
    }
}
