//! Our side of the comparisons with other people's software under `peers/`: numbers on standard output, a state a line.
//!
//! * `steps ORDER paper|taylor TIME…`: DPM-Solver-fast of this order on gmm8 and the DDPM table, at these times;
//! * `adaptive RTOL`: DPM-Solver-23 on gmm8 from time 1 to 0.001 of the continuous schedule; first line: evaluations;
//! * `exact`: the exact flow on the same.
//!
//! The start states come on standard input, a state a line.

use ansatz_core::{Error, Result, Run, Seed};
use ansatz_diffusion::model::gmm8;
use ansatz_diffusion::schedule::{Betas, Discrete, VpLinear};
use ansatz_diffusion::solver::{Adaptive, Control, DpmPair, DpmSolver, Form, Method, Orders, Steps};
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
    let model = gmm8()?;
    let linear = VpLinear::default();
    match args {
        ["steps", order, form, times @ ..] => {
            let form = match *form {
                "paper" => Form::Paper,
                "taylor" => Form::Taylor,
                _ => return Err(Error::unknown("form", form, ["paper", "taylor"])),
            };
            let times: Vec<f64> = times.iter().map(|text| number(text)).collect::<Result<_>>()?;
            let [first, .., last] = times[..] else {
                return Err(Error::parameter("the number of times", times.len(), "at least 2"));
            };
            let schedule = Discrete::new(&Betas::LINEAR)?;
            let path = Path::new(&schedule, first, last)?;
            let solver = DpmSolver::new(number(order)? as usize, Orders::Fast, form)?;
            let evaluations = times.len() - 1;
            show(&carry(&path, &Steps { solver: &solver, grid: Grid::Times(times), evaluations, denoise: false })?.0)
        }
        ["adaptive", rtol] => {
            let rtol = number(rtol)?;
            let pair = DpmPair::new(3)?;
            let control = Control { rtol, atol: 0.0078 / 0.05 * rtol, ..Control::default() };
            let (x, evaluations) = carry(&Path::whole(&linear)?, &Adaptive { pair: &pair, control })?;
            line(&evaluations.to_string())?;
            show(&x)
        }
        ["exact"] => show(&reference(&model, &Path::whole(&linear)?, &start()?, 1e-12)?.x),
        _ => Err(Error::parameter("the command", args.join(" "), "one of steps, adaptive, exact")),
    }
}

fn carry(path: &Path, method: &dyn Method) -> Result<(Batch, u64)> {
    let samples = Sampling::new(*path, method).together().transport(&gmm8()?, &start()?, &mut Run::new(Seed(1)))?;
    Ok((samples.x, samples.work.evaluations))
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
    (0..x.rows()).try_for_each(|i| line(&x.row(i).iter().map(f64::to_string).collect::<Vec<_>>().join(" ")))
}

fn line(text: &str) -> Result<()> {
    writeln!(std::io::stdout(), "{text}").map_err(|e| Error::io("write", "standard output", e))
}
