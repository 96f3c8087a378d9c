//! Our side of the comparisons of multistep methods and of DPM-Solver-v3 under `peers/`: numbers on standard output.
//!
//! * `unipc ORDER bh1|bh2 noise|data corrected|plain tail|flat α:σ …`: UniPC through these nodes;
//! * `deis DEGREE tail|flat α:σ …`: DEIS in `ln ρ` through these nodes;
//! * `ems STEPS SAMPLES FILE`: statistics of gmm8 on the linear schedule from `t = 1` to 0.001, and the exact flow of the start
//!   states on it;
//! * `v3 FILE ORDER plain|pseudo off|full|pseudo tail|flat STEPS`: DPM-Solver-v3 with them.
//!
//! The model is gmm8; start states come on standard input, a state a line.

use ansatz_core::{Error, Result, Run, Seed};
use ansatz_diffusion::ems::{Ems, Estimation};
use ansatz_diffusion::model::gmm8;
use ansatz_diffusion::schedule::{Schedule, VpLinear};
use ansatz_diffusion::solver::{Bh, Corrector, Deis, Extrapolation, Method, Solver, Steps, UniPc, V3};
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

/// Levels as somebody else has computed them; node `i` of `n` is time `n − i`, and between them there is nothing.
#[derive(Debug)]
struct Listed(Vec<(f64, f64)>);

impl Schedule for Listed {
    fn name(&self) -> String {
        "listed".to_owned()
    }

    fn span(&self) -> (f64, f64) {
        ((self.0.len() - 1) as f64, 0.0)
    }

    fn domain(&self) -> (f64, f64) {
        (0.0, self.span().0)
    }

    fn logarithms(&self, t: f64) -> (f64, f64) {
        let (alpha, sigma) = self.0[self.0.len() - 1 - t as usize];
        (alpha.ln(), sigma.ln())
    }

    fn time(&self, _lambda: f64) -> f64 {
        f64::NAN
    }

    fn rates(&self, _t: f64) -> (f64, f64) {
        (f64::NAN, f64::NAN)
    }
}

fn run(args: &[&str]) -> Result<()> {
    let linear = VpLinear::default();
    let path = Path::whole(&linear)?;
    match args {
        ["unipc", order, bh, of, corrector, tail, nodes @ ..] => {
            let bh = if *bh == "bh1" { Bh::One } else { Bh::Two };
            let (data, corrector, tail) = (*of == "data", *corrector == "corrected", *tail == "tail");
            listed(&UniPc { bh, data, corrector, tail, ..UniPc::new(count(order)?)? }, nodes)
        }
        ["deis", degree, tail, nodes @ ..] => {
            let variable = Extrapolation::LogRatio;
            listed(&Deis { variable, tail: *tail == "tail", ..Deis::tab(count(degree)?)? }, nodes)
        }
        ["ems", steps, samples, file] => {
            let model = gmm8()?;
            let data = model.draws(Seed(1), count(samples)?);
            let estimation = Estimation { steps: count(steps)?, ..Estimation::default() };
            estimation.run(&model, &path, &data, &mut Run::new(Seed(1)))?.save(file.as_ref())?;
            show(&reference(&model, &path, &start()?, 1e-12)?.x)
        }
        ["v3", file, order, predictor, corrector, tail, steps] => {
            let ems = Ems::load(file.as_ref())?;
            let method = V3 {
                order: count(order)?,
                pseudo_predictor: *predictor == "pseudo",
                corrector: if *corrector == "off" { Corrector::Off } else { Corrector::Full },
                pseudo_corrector: *corrector == "pseudo",
                tail: *tail == "tail",
                evaluations: count(steps)?,
                ..V3::new(&ems)
            };
            carry(path, &method)
        }
        _ => Err(Error::parameter("the command", args.join(" "), "one of unipc, deis, ems, v3")),
    }
}

fn listed(solver: &dyn Solver, nodes: &[&str]) -> Result<()> {
    let pair = |text: &&str| {
        let (alpha, sigma) = text.split_once(':').ok_or_else(|| Error::parameter("a node", text, "alpha:sigma"))?;
        Ok((number(alpha)?, number(sigma)?))
    };
    let schedule = Listed(nodes.iter().map(pair).collect::<Result<_>>()?);
    let evaluations = nodes.len().saturating_sub(1);
    let grid = Grid::Times((0..=evaluations).rev().map(|i| i as f64).collect());
    carry(Path::whole(&schedule)?, &Steps { solver, grid, evaluations, denoise: false })
}

fn carry(path: Path, method: &dyn Method) -> Result<()> {
    show(&Sampling::new(path, method).transport(&gmm8()?, &start()?, &mut Run::new(Seed(1)))?.x)
}

fn number(text: &str) -> Result<f64> {
    text.parse().map_err(|_| Error::parameter("a number", text, "a decimal number"))
}

fn count(text: &str) -> Result<usize> {
    text.parse().map_err(|_| Error::parameter("a number", text, "a whole number"))
}

fn start() -> Result<Batch> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|e| Error::io("read", "standard input", e))?;
    Batch::new(8, text.split_whitespace().map(number).collect::<Result<_>>()?)
}

fn show(x: &Batch) -> Result<()> {
    let mut out = std::io::stdout().lock();
    for i in 0..x.rows() {
        let line = x.row(i).iter().map(f64::to_string).collect::<Vec<_>>().join(" ");
        writeln!(out, "{line}").map_err(|e| Error::io("write", "standard output", e))?;
    }
    Ok(())
}
