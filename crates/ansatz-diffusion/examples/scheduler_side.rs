//! Our side of the comparisons with the schedulers of other people under `peers/`: numbers on standard output.
//!
//! * `single ORDER paper|taylor noise|data α:σ …`: DPM-Solver or DPM-Solver++ singlestep through these nodes;
//! * `multi ORDER paper|taylor official|exact noise|data ode|sde LOWER first|same α:σ …`: the multistep ones, with orders lowered
//!   at the end below `LOWER` steps, and a last step of order 1 or not;
//! * `dynamic P` and any of these: the same with dynamic thresholding within [−1, 1];
//! * `euler|heun edm|flow T …`: Runge–Kutta methods at these times;
//! * `draws K DIM ROWS`: the noise of the first `K` steps of `sde`, a sample a line, step after step;
//! * `clock DIM STEPS`: for each line on standard input, the seconds that the steps of one DPM-Solver++(2M) sampling of one
//!   sample took without the model.
//!
//! The model is gmm8, the seed 1; start states come on standard input, a state a line.

use ansatz_core::{Error, Result, Run, Seed};
use ansatz_diffusion::model::{Threshold, Thresholded, gmm8};
use ansatz_diffusion::schedule::{Edm, Flow, Schedule, VpLinear};
use ansatz_diffusion::solver::Variable;
use ansatz_diffusion::solver::{
    DpmMultistep, DpmSolver, Expansion, Form, Orders, RungeKutta, Solver, Steps, Tail, Third,
};
use ansatz_diffusion::{Batch, Grid, Path, Sampling, Stepper, Walk, step_noise};
use std::io::{Read, Write};
use std::time::{Duration, Instant};

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

/// Levels as somebody else has computed them; node `i` of `n` is time `n − i`.
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

    /// Between the nodes there is nothing.
    fn time(&self, _lambda: f64) -> f64 {
        f64::NAN
    }

    fn rates(&self, _t: f64) -> (f64, f64) {
        (f64::NAN, f64::NAN)
    }
}

fn run(args: &[&str]) -> Result<()> {
    let (kept, args) = match args {
        ["dynamic", p, rest @ ..] => (Some(Threshold::Dynamic { p: number(p)?, max: 1.0 }), rest),
        _ => (None, args),
    };
    match args {
        ["single", order, shape, of, nodes @ ..] => {
            let solver = DpmSolver::new(number(order)? as usize, Orders::Fast, form(shape)?)?;
            let solver = if expansion(of)? == Expansion::Data { solver.plus_plus() } else { solver };
            listed(&solver, nodes, kept)
        }
        ["multi", order, shape, third, of, noise, lower, last, nodes @ ..] => {
            let third = if *third == "exact" { Third::Exact } else { Third::Official };
            let tail = Tail { lower_below: number(lower)? as usize, first_at_end: *last == "first" };
            let solver = DpmMultistep::new(number(order)? as usize)?.form(form(shape)?).third(third).tail(tail);
            let solver = solver.expanding(expansion(of)?);
            listed(&if *noise == "sde" { solver.stochastic() } else { solver }, nodes, kept)
        }
        [method @ ("euler" | "heun"), schedule, times @ ..] => {
            let schedule: &dyn Schedule = if *schedule == "edm" { &Edm::default() } else { &Flow::default() };
            let times: Vec<f64> = times.iter().map(|text| number(text)).collect::<Result<_>>()?;
            let [first, .., last] = times[..] else {
                return Err(Error::parameter("the number of times", times.len(), "at least 2"));
            };
            let heun = *method == "heun";
            let solver = if heun { RungeKutta::heun(Variable::Time) } else { RungeKutta::euler(Variable::Time) };
            let evaluations = (times.len() - 1) * if heun { 2 } else { 1 };
            carry(Path::new(schedule, first, last)?, &solver, Grid::Times(times), evaluations, kept)
        }
        ["draws", count, dim, rows] => {
            let (count, dim, rows) = (number(count)? as usize, number(dim)? as usize, number(rows)? as usize);
            (0..count).try_for_each(|k| show(&step_noise(Seed(1), k, 0, rows, dim)))
        }
        ["clock", dim, steps] => clock(number(dim)? as usize, number(steps)? as usize),
        _ => Err(Error::parameter("the command", args.join(" "), "single, multi, euler, heun, draws or clock")),
    }
}

fn listed(solver: &dyn Solver, nodes: &[&str], kept: Option<Threshold>) -> Result<()> {
    let pair = |text: &&str| {
        let (alpha, sigma) = text.split_once(':').ok_or_else(|| Error::parameter("a node", text, "alpha:sigma"))?;
        Ok((number(alpha)?, number(sigma)?))
    };
    let schedule = Listed(nodes.iter().map(pair).collect::<Result<_>>()?);
    let n = nodes.len().saturating_sub(1);
    let times = (0..=n).rev().map(|i| i as f64).collect();
    carry(Path::whole(&schedule)?, solver, Grid::Times(times), n, kept)
}

fn carry(path: Path, solver: &dyn Solver, grid: Grid, evaluations: usize, kept: Option<Threshold>) -> Result<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|e| Error::io("read", "standard input", e))?;
    let start = Batch::new(8, text.split_whitespace().map(number).collect::<Result<_>>()?)?;
    let method = Steps { solver, grid, evaluations, denoise: false };
    let model = gmm8()?;
    let sampling = Sampling::new(path, &method);
    let mut run = Run::new(Seed(1));
    let samples = match kept {
        Some(threshold) => sampling.transport(&Thresholded::new(&model, threshold)?, &start, &mut run)?,
        None => sampling.transport(&model, &start, &mut run)?,
    };
    show(&samples.x)
}

/// Times whole samplings but for the model's answers, which are made before the clock runs.
fn clock(dim: usize, steps: usize) -> Result<()> {
    let schedule = VpLinear::default();
    let path = Path::whole(&schedule)?;
    let plan = DpmMultistep::new(2)?.plan(&path, &Grid::Time, steps)?;
    let normal = |k| step_noise(Seed(1), k, 0, 1, dim);
    for line in std::io::stdin().lines() {
        line.map_err(|e| Error::io("read", "standard input", e))?;
        let mut answers: Vec<Batch> = (0..steps).map(normal).collect();
        let mut walk = Walk::begin(plan.clone(), normal(steps))?;
        let mut took = Duration::ZERO;
        while let Some(answer) = answers.pop() {
            let begun = Instant::now();
            walk.step(answer)?;
            took += begun.elapsed();
        }
        line_out(&took.as_secs_f64().to_string())?;
    }
    Ok(())
}

fn form(name: &str) -> Result<Form> {
    match name {
        "paper" => Ok(Form::Paper),
        "taylor" => Ok(Form::Taylor),
        _ => Err(Error::unknown("form", name, ["paper", "taylor"])),
    }
}

fn expansion(name: &str) -> Result<Expansion> {
    match name {
        "noise" => Ok(Expansion::Noise),
        "data" => Ok(Expansion::Data),
        _ => Err(Error::unknown("expansion", name, ["noise", "data"])),
    }
}

fn number(text: &str) -> Result<f64> {
    text.parse().map_err(|_| Error::parameter("a number", text, "a decimal number"))
}

fn show(x: &Batch) -> Result<()> {
    (0..x.rows()).try_for_each(|i| line_out(&x.row(i).iter().map(f64::to_string).collect::<Vec<_>>().join(" ")))
}

fn line_out(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(|e| Error::io("write", "standard output", e))
}
