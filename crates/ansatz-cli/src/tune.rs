//! `ansatz linear tune`: the relaxation parameter of least iterations, by trying.

use crate::linear::{Method, range, read_systems};
use crate::print;
use crate::progress::{self, Style};
use ansatz_core::{Error, Result, Run, Seed, Work};
use ansatz_linear::Solver;
use ansatz_linear::bandit::grid;
use ansatz_linear::search::{OMEGA_STARTS, Trial, best, golden_section, profile};
use ansatz_linear::sequence::{fixed, solve};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Tune {
    /// A matrix (Matrix Market), or a folder of them: the iterations of all systems count together
    matrix: PathBuf,
    /// Its right-hand side, of which every column makes a system; for a folder, one with files of the same names
    #[arg(long)]
    rhs: PathBuf,
    /// The method, one with a relaxation parameter
    #[arg(long, value_enum, default_value = "ssor-cg")]
    method: Method,
    /// Evaluations of the golden sections, which start from 1, 1.3, 1.5, 1.75 and 1.95
    #[arg(long, default_value_t = 12, conflicts_with = "points")]
    evals: usize,
    /// Instead, so many points evenly spaced over --range, such as 96
    #[arg(long)]
    points: Option<usize>,
    /// Where the points are, as LO:HI
    #[arg(long, default_value = "1:1.95", requires = "points")]
    range: String,
    /// Start each solve from the solution of the system before
    #[arg(long)]
    warm: bool,
    /// Stop a solve at this residual, relative to the right-hand side; for sor and jacobi, to the initial residual
    #[arg(long, default_value_t = 1e-8)]
    rtol: f64,
    /// At most so many iterations a system; one that reaches them counts as that many
    #[arg(long, default_value_t = 10_000)]
    max_iterations: u64,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    /// How progress is shown
    #[arg(long, value_enum, default_value = "auto")]
    progress: Style,
    /// Only the result
    #[arg(long)]
    quiet: bool,
}

impl Tune {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let scheme = self.method.scheme(1, 0);
        if !scheme.has_omega() {
            let allowed = "one with a relaxation parameter: ssor-cg, sor or jacobi";
            return Err(Error::parameter("method", self.method.name(), allowed));
        }
        if self.max_iterations == 0 {
            return Err(Error::parameter("max-iterations", 0, "at least 1"));
        }
        let solver = Solver { scheme, rtol: self.rtol, max_iterations: self.max_iterations };
        let (_, given) = read_systems(&self.matrix, &self.rhs, self.warm)?;
        let mut run = Run::new(Seed(0)).interrupt(progress::interrupt());
        run = run.observer(progress::observer(if self.quiet { Style::None } else { self.progress }));
        let mut work = Work::default();
        let mut stopped = None;
        let cost = |omega: f64| {
            // Interrupted, the search ends with what it has: the rest counts as hopeless.
            if stopped.is_some() {
                return Ok(f64::INFINITY);
            }
            let mut systems = given.clone();
            let none = &mut Seed(0).stream("none", 0);
            let solved = solve(&mut systems, &solver, &mut fixed(omega), none, &mut Run::new(Seed(0)))?;
            work += &solved.work;
            stopped = run.step(&work, solved.total() as f64);
            Ok(solved.total() as f64)
        };
        let trials = match self.points {
            None => golden_section(&OMEGA_STARTS, self.evals, cost)?,
            Some(points) => {
                let (lo, hi) = range("range", &self.range)?;
                if !(lo > 0.0 && hi < 2.0 && (2..=10_000).contains(&points)) {
                    let value = format!("{points} points in {}", self.range);
                    return Err(Error::parameter("the grid", value, "2 to 10,000 points between 0 and 2"));
                }
                profile(&grid(lo, hi, points)?, cost)?
            }
        };
        self.show(&trials)
    }

    fn show(&self, trials: &[Trial]) -> Result<ExitCode> {
        let tried: Vec<Trial> = trials.iter().copied().filter(|trial| trial.cost.is_finite()).collect();
        let Some(least) = best(&tried) else { return Err(Error::refused("no parameter was tried")) };
        if self.json {
            let list: Vec<_> =
                tried.iter().map(|trial| json!({ "omega": trial.value, "iterations": trial.cost })).collect();
            let result = json!({ "omega": least.value, "iterations": least.cost, "trials": list });
            print(&format!("{result:#}"))?;
        } else {
            for trial in &tried {
                print(&format!("{:.6}  {}", trial.value, trial.cost))?;
            }
            print(&format!("{}: best {:.6}, {} iterations", self.method.name(), least.value, least.cost))?;
        }
        // 1 if the search was cut short.
        Ok(ExitCode::from(u8::from(tried.len() < trials.len())))
    }
}
