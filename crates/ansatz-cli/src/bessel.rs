//! `ansatz bessel`: logarithms of modified Bessel functions.

use crate::print;
use ansatz_core::{Error, Result};
use ansatz_functions::special::LogBessel;
use ansatz_functions::special::log_bessel::{Branch, Kind, Mode, Scaling, branch_of};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Bessel {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// log I_v(x), the modified Bessel function of the first kind
    LogI(Log),
    /// log K_v(x), the modified Bessel function of the second kind
    LogK(Log),
}

/// Where the expansions meet.
#[derive(Clone, Copy, ValueEnum)]
enum Lines {
    /// Where each has converged
    Strict,
    /// Where they were published
    Paper,
}

#[derive(Args)]
struct Log {
    /// Order; several with commas
    #[arg(long, value_delimiter = ',', required = true, allow_hyphen_values = true)]
    v: Vec<f64>,
    /// Argument; several with commas, as many as orders, or one of either
    #[arg(long, value_delimiter = ',', required = true, allow_hyphen_values = true)]
    x: Vec<f64>,
    /// Leave out the factor e^x of I, or e^-x of K
    #[arg(long)]
    scaled: bool,
    /// Where the expansions meet
    #[arg(long, value_enum, default_value = "strict")]
    mode: Lines,
    /// Digits to print, 1 to 17
    #[arg(long, default_value_t = 17)]
    digits: usize,
    /// Also tell which expansion is used, and what it leaves out
    #[arg(long)]
    explain: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Bessel {
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self.verb {
            Verb::LogI(command) => command.run(LogBessel::i(), "log I"),
            Verb::LogK(command) => command.run(LogBessel::k(), "log K"),
        }
    }
}

impl Log {
    fn run(self, function: LogBessel, name: &str) -> Result<ExitCode> {
        if !(1..=17).contains(&self.digits) {
            return Err(Error::parameter(
                "digits",
                self.digits,
                "1 to 17, which tell every double from its neighbours",
            ));
        }
        let mode = match self.mode {
            Lines::Strict => Mode::Strict,
            Lines::Paper => Mode::Paper,
        };
        let scaling = if self.scaled { Scaling::Exponential } else { Scaling::None };
        let function = LogBessel { mode, scaling, ..function };
        let count = self.v.len().max(self.x.len());
        let mut values = vec![0.0; count];
        function.fill(&self.v, &self.x, &mut values)?;
        let at = |numbers: &[f64], i: usize| numbers[if numbers.len() == 1 { 0 } else { i }];
        let mut rows = Vec::new();
        for (i, value) in values.into_iter().enumerate() {
            let (v, x) = (at(&self.v, i), at(&self.x, i));
            if self.json {
                rows.push(self.row(function.kind, mode, v, x, value));
                continue;
            }
            print(&significant(value, self.digits))?;
            if self.explain {
                print(&explain(function.kind, mode, v, x, name))?;
            }
        }
        if self.json {
            print(&format!("{:#}", Value::from(rows)))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn row(&self, kind: Kind, mode: Mode, v: f64, x: f64, value: f64) -> Value {
        let branch = branch_of(kind, mode, v, x).filter(|_| self.explain);
        json!({
            "v": v,
            "x": x,
            // JSON has no infinity; as text it is at least not lost.
            "value": if value.is_finite() { json!(value) } else { json!(value.to_string()) },
            "scaled": self.scaled,
            "branch": branch.map(Branch::name),
            "left_out": branch.map(|branch| branch.truncation(kind, v, x)),
        })
    }
}

fn explain(kind: Kind, mode: Mode, v: f64, x: f64, name: &str) -> String {
    let Some(branch) = branch_of(kind, mode, v, x) else {
        return format!("  {name} at v = {v}, x = {x} is a limit");
    };
    let left_out = branch.truncation(kind, v, x);
    format!("  {name} at v = {v}, x = {x} by {}; it leaves out {left_out:.1e} of the function", branch.name())
}

/// `value` with so many significant digits: in positions as long as that is short.
fn significant(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    let scientific = format!("{value:.*e}", digits - 1);
    let exponent = scientific.split_once('e').and_then(|(_, exponent)| exponent.parse::<i32>().ok()).unwrap_or(0);
    // A number is read more easily without its exponent, as long as no digit is lost or made up.
    match usize::try_from(digits as i32 - 1 - exponent) {
        Ok(places) if (-4..17).contains(&exponent) => format!("{value:.places$}"),
        _ => scientific,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits() {
        assert_eq!(significant(13600.339159426481, 17), "13600.339159426481");
        assert_eq!(significant(-0.00012345, 3), "-0.000123");
        assert_eq!(significant(2.5e-13, 2), "2.5e-13");
        assert_eq!(significant(123456.0, 2), "1.2e5");
        assert_eq!(significant(0.0, 3), "0.00");
        assert_eq!(significant(f64::NEG_INFINITY, 3), "-inf");
    }
}
