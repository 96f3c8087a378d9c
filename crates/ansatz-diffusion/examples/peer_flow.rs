//! Our side of the comparisons of flow solvers with other people's software under `peers/`: states on standard output, one a line.
//!
//! * `steps SOLVER CALLS TIME…`: this solver of fixed steps, with so many evaluations a step, on gmm8 and the straight path at these
//!   times;
//! * `exact FROM TO`: the exact flow of gmm8 between two times of the straight path.
//!
//! The start states come on standard input, one a line.

use ansatz_core::{Error, Result, Run, Seed};
use ansatz_diffusion::model::gmm8;
use ansatz_diffusion::schedule::Flow;
use ansatz_diffusion::solver::{Steps, named};
use ansatz_diffusion::{Batch, Grid, Path, Sampling, reference};
use std::io::{Read, Write};

fn main() -> std::process::ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::from(2)
        }
    }
}

fn run(args: &[&str]) -> Result<()> {
    let (model, schedule) = (gmm8()?, Flow::default());
    match args {
        ["steps", name, calls, times @ ..] => {
            let times: Vec<f64> = times.iter().map(|text| number(text)).collect::<Result<_>>()?;
            let [first, .., last] = times[..] else {
                return Err(Error::parameter("the number of times", times.len(), "at least 2"));
            };
            let solver = named(name)?;
            let evaluations = (times.len() - 1) * number(calls)? as usize;
            let method = Steps { solver: &*solver, grid: Grid::Times(times), evaluations, denoise: false };
            let path = Path::new(&schedule, first, last)?;
            show(&Sampling::new(path, &method).transport(&model, &start()?, &mut Run::new(Seed(1)))?.x)
        }
        ["exact", from, to] => {
            let path = Path::new(&schedule, number(from)?, number(to)?)?;
            show(&reference(&model, &path, &start()?, 1e-12)?.x)
        }
        _ => Err(Error::parameter("the command", args.join(" "), "one of steps, exact")),
    }
}

fn number(text: &str) -> Result<f64> {
    text.parse().map_err(|_| Error::parameter("a number", text, "a decimal number"))
}

fn start() -> Result<Batch> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|e| Error::io("read", "standard input", e))?;
    Batch::new(8, text.split_whitespace().map(number).collect::<Result<_>>()?)
}

fn show(x: &Batch) -> Result<()> {
    (0..x.rows()).try_for_each(|i| {
        let text = x.row(i).iter().map(f64::to_string).collect::<Vec<_>>().join(" ");
        writeln!(std::io::stdout(), "{text}").map_err(|e| Error::io("write", "standard output", e))
    })
}
