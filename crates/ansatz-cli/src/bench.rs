//! `ansatz bench`: programs compiled and timed.

use crate::emit::Numbers;
use crate::print;
use ansatz_core::render::text_table;
use ansatz_core::{Environment, Error, Result, shown};
use ansatz_functions::bench::{Compiler, Options, Quantity, Timing, time};
use ansatz_functions::program::Program;
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// Which compiler.
#[derive(Clone, Copy, ValueEnum)]
enum Through {
    /// rustc, or what RUSTC names
    Rust,
    /// cc, or what CC names
    C,
}

#[derive(Args)]
pub(crate) struct Bench {
    /// The programs' files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The format that the programs compute in; their constants are rounded to it
    #[arg(long, value_enum, default_value = "f64")]
    format: Numbers,
    /// The language that the programs are compiled through
    #[arg(long, value_enum, default_value = "rust")]
    lang: Through,
    /// The interval of the arguments, to which iterates are clamped
    #[arg(long, default_value = "0.1..0.9", allow_hyphen_values = true)]
    on: String,
    /// Windows of some 20 µs for each program and measure
    #[arg(long, default_value_t = 1000)]
    windows: usize,
    /// Repetitions among which the windows are divided
    #[arg(long, default_value_t = 5)]
    repetitions: usize,
    /// Print all figures as JSON instead of a table
    #[arg(long)]
    json: bool,
}

impl Bench {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let on = ansatz_functions::target::Interval::parse(&self.on)?;
        let options = Options {
            compiler: match self.lang {
                Through::Rust => Compiler::Rust,
                Through::C => Compiler::C,
            },
            windows: self.windows,
            repetitions: self.repetitions,
            interval: [on.lo, on.hi],
            ..Options::new(self.format.into())
        };
        options.validate()?;
        let programs: Vec<Program> = self.files.iter().map(Program::read).collect::<Result<_>>()?;
        let timings = time(&programs, &options)?;
        if self.json { self.document(&programs, &timings) } else { self.table(&programs, &timings) }?;
        Ok(ExitCode::SUCCESS)
    }

    fn table(&self, programs: &[Program], timings: &[Timing]) -> Result<()> {
        let pair = |q: Option<&Quantity>| {
            q.map_or_else(|| "–".to_owned(), |q| format!("{} ({})", shown(q.minimum), shown(q.median)))
        };
        let ratio = |q: &Quantity| {
            let [lo, hi] = q.ratio_spread;
            format!("{:.3} ({lo:.3}–{hi:.3})", q.ratio)
        };
        let rows = self.files.iter().zip(programs).zip(timings).map(|((file, program), timing)| {
            let code = timing.code.map_or_else(
                || "–".to_owned(),
                |c| {
                    let calls = if c.calls > 0 { format!(", {} calls", c.calls) } else { String::new() };
                    format!("{} bit, {} fma, {} div{calls}", c.vector_bits, c.fused, c.divisions)
                },
            );
            vec![
                file.display().to_string(),
                program.shape.operations().to_string(),
                pair(Some(&timing.throughput)),
                ratio(&timing.throughput),
                pair(timing.latency.as_ref()),
                pair(timing.composed.as_ref()),
                timing.composed.as_ref().map_or("–".into(), ratio),
                code,
            ]
        });
        let header = [
            "program",
            "ops",
            "ns/element",
            "ratio",
            "latency ns",
            "composed ns",
            "composed ratio",
            "code of the loop",
        ];
        print(&text_table(160, &header, rows))?;
        let pinned = if timings.iter().all(|t| t.pinned) { "kept on one core" } else { "not kept on one core" };
        print(&format!(
            "Least time (median) of {} windows, {pinned}. Ratios are medians against the polynomial of degree 8 for 2^x by\n\
             Horner's rule without fused operations, with the range of {} repetitions. Below 1 is faster.",
            self.windows, self.repetitions
        ))
    }

    fn document(&self, programs: &[Program], timings: &[Timing]) -> Result<()> {
        let entries: Vec<_> = self
            .files
            .iter()
            .zip(programs)
            .zip(timings)
            .map(|((file, program), timing)| {
                json!({
                    "program": file.display().to_string(),
                    "formula": program.to_string(),
                    "operations": program.shape.operations(),
                    "timing": timing,
                })
            })
            .collect();
        let document = json!({
            "format": "ansatz bench",
            "version": 1,
            "unit": "ns",
            "numbers": ansatz_functions::target::Format::from(self.format),
            "windows": self.windows,
            "repetitions": self.repetitions,
            "environment": Environment::here(),
            "entries": entries,
        });
        let text = serde_json::to_string_pretty(&document)
            .map_err(|e| Error::refused(format!("the result cannot be written down: {e}")))?;
        print(&text)
    }
}
