//! Our side of the comparisons of momentum solvers with other people's software under `peers/`: numbers on standard output.
//!
//! * `steps SOLVER TIME…`: this solver on gmm8 and the DDPM table, at these times;
//! * `guided SCALE`: the exact flow of gmm8 under guidance to class `i mod 6`, from time 1 to 0.001 of the continuous schedule;
//! * `recurrence METHOD`: what is kept, the limit on the real axis, the weights;
//! * `inside METHOD`: for every point `x y` of the input 1 if it is in the region of stability, else 0.
//!
//! States come on standard input, one a line.

use ansatz_core::{Error, Result, Run, Seed};
use ansatz_diffusion::model::{Guided, gmm8};
use ansatz_diffusion::schedule::{Betas, Discrete, VpLinear};
use ansatz_diffusion::solver::{Steps, named};
use ansatz_diffusion::{Batch, Grid, Multistep, Path, Sampling, reference};
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
    match args {
        ["steps", name, times @ ..] => {
            let times: Vec<f64> = times.iter().map(|text| number(text)).collect::<Result<_>>()?;
            let [first, .., last] = times[..] else {
                return Err(Error::parameter("the number of times", times.len(), "at least 2"));
            };
            let schedule = Discrete::new(&Betas::LINEAR)?;
            let path = Path::new(&schedule, first, last)?;
            let solver = named(name)?;
            // PNDM begins with one evaluation more.
            let evaluations = times.len() - 1 + usize::from(*name == "pndm");
            let method = Steps { solver: &*solver, grid: Grid::Times(times), evaluations, denoise: false };
            show(&Sampling::new(path, &method).transport(&model, &states(8)?, &mut Run::new(Seed(1)))?.x)
        }
        ["guided", scale] => {
            let guided = Guided::new(&model, (0..6).collect(), number(scale)?)?;
            show(&reference(&guided, &Path::whole(&VpLinear::default())?, &states(8)?, 1e-12)?.x)
        }
        ["recurrence", name] => {
            let method: Multistep = name.parse()?;
            let numbers = [method.keep(), method.real_limit()].into_iter().chain(method.weights().iter().copied());
            line(numbers)
        }
        ["inside", name] => {
            let (method, points) = (name.parse::<Multistep>()?, states(2)?);
            (0..points.rows())
                .map(|i| method.stable(points.row(i)[0], points.row(i)[1]))
                .try_for_each(|inside| line([f64::from(u8::from(inside))]))
        }
        _ => Err(Error::parameter("the command", args.join(" "), "one of steps, guided, recurrence, inside")),
    }
}

fn number(text: &str) -> Result<f64> {
    text.parse().map_err(|_| Error::parameter("a number", text, "a decimal number"))
}

fn states(dim: usize) -> Result<Batch> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|e| Error::io("read", "standard input", e))?;
    Batch::new(dim, text.split_whitespace().map(number).collect::<Result<_>>()?)
}

fn show(x: &Batch) -> Result<()> {
    (0..x.rows()).try_for_each(|i| line(x.row(i).iter().copied()))
}

fn line(numbers: impl IntoIterator<Item = f64>) -> Result<()> {
    let text = numbers.into_iter().map(|v| v.to_string()).collect::<Vec<_>>().join(" ");
    writeln!(std::io::stdout(), "{text}").map_err(|e| Error::io("write", "standard output", e))
}
