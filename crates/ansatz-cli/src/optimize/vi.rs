//! `ansatz optimize vi`: games, saddle points and least squares as monotone inclusions.

use super::files::{limit, read_npy, write_npy};
use crate::print;
use crate::progress::{self, Style};
use ansatz_core::render::{frontier_csv, svg, text_table};
use ansatz_core::{Error, Frontier, Result, Run, Seed, shown, write_atomic};
use ansatz_optimize::inclusion::{Budget, FiniteSum, Inclusion, Solution, named};
use ansatz_optimize::problems::{LeastSquares, MatrixGame, QuadraticSaddle};
use ansatz_optimize::prox::{Bounds, Free, L1, Resolvent};
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The built-in problems, each followed by a size.
const PROBLEMS: [&str; 6] =
    ["policeman", "policeman-published", "nemirovski-1", "nemirovski-2", "saddle", "least-squares"];

#[derive(Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Vi {
    /// policeman:N, policeman-published:N, nemirovski-1:N, nemirovski-2:N (matrix games), saddle:N, least-squares:N,
    /// or a .npy file with the square matrix of a game: what who chooses columns pays to who chooses rows
    problem: String,
    /// Unknowns of least-squares
    #[arg(long, default_value_t = 64)]
    dim: usize,
    /// For least-squares: l1:WEIGHT or box:LO:HI
    #[arg(long, allow_hyphen_values = true)]
    constraint: Option<String>,
    /// halpern-vr, halpern-forb, halpern, eg, eag or vr-eg
    #[arg(long, default_value = "halpern-vr")]
    method: String,
    /// Methods to run beside it
    #[arg(long, value_delimiter = ',')]
    compare: Vec<String>,
    /// Steps, as a multiple of those of each method's theory
    #[arg(long, default_value_t = 1.0, allow_hyphen_values = true)]
    scale: f64,
    /// Start anew each time the residual has halved: halpern-vr and halpern
    #[arg(long)]
    restart: bool,
    /// Evaluations of all components that may be spent, in epochs
    #[arg(long, default_value_t = 1000.0, allow_hyphen_values = true)]
    epochs: f64,
    /// Epochs between two looks at the residual
    #[arg(long, default_value_t = 1.0, allow_hyphen_values = true)]
    every: f64,
    /// End at this operator residual
    #[arg(long, default_value_t = 0.0, allow_hyphen_values = true)]
    tol: f64,
    /// Seed of data and choices
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Time limit in seconds
    #[arg(long)]
    time: Option<f64>,
    /// Folder for the last iterate (u.npy) and the residuals (frontier.csv, .svg)
    #[arg(long)]
    out: Option<PathBuf>,
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

/// An operator, with its constraint and start.
struct Setting {
    f: Box<dyn FiniteSum>,
    g: Box<dyn Resolvent>,
    start: Vec<f64>,
}

impl Vi {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let setting = self.setting()?;
        let problem = Inclusion::new(&*setting.f, &*setting.g, setting.start)?;
        let time = self.time.map(limit).transpose()?;
        let budget = Budget::epochs(self.epochs).look_every(self.every).tol(self.tol);
        let interrupt = progress::interrupt();
        let mut done: Vec<(&'static str, Solution)> = Vec::new();
        for (i, name) in std::iter::once(&self.method).chain(&self.compare).enumerate() {
            let method = named(name, problem.f, self.scale, self.restart && i == 0)?;
            let mut run = Run::new(Seed(self.seed)).interrupt(interrupt.clone());
            run = run.observer(progress::observer(if self.quiet { Style::None } else { self.progress }));
            run = time.into_iter().fold(run, Run::time_limit);
            done.push((method.name(), method.solve(&problem, &budget, &mut run)?));
        }
        self.write(&problem, &done)?;
        self.show(&problem, &done)
    }

    fn setting(&self) -> Result<Setting> {
        let game = |game: MatrixGame| {
            let (g, start) = (Box::new(game.strategies()), game.uniform());
            Setting { f: Box::new(game), g, start }
        };
        let file = Path::new(&self.problem);
        let (kind, size) = self.problem.split_once(':').unwrap_or((&self.problem, ""));
        if self.constraint.is_some() && kind != "least-squares" {
            return Err(Error::parameter(
                "constraint",
                "set",
                "left out but for least-squares: the others have theirs",
            ));
        }
        if file.extension().is_some_and(|extension| extension == "npy") {
            let (matrix, width) = read_npy(file)?;
            if width * width != matrix.len() {
                return Err(Error::format(file, "the matrix of a game must be square here"));
            }
            return MatrixGame::new(&self.problem, matrix).map(game);
        }
        if !PROBLEMS.contains(&kind) {
            return Err(Error::unknown("problem", kind, PROBLEMS));
        }
        let n: usize = match size.parse() {
            Ok(n) if (1..=100_000).contains(&n) => n,
            _ => return Err(Error::parameter("the size", format!("{size:?}"), format!("a number, as in {kind}:100"))),
        };
        let seed = Seed(self.seed);
        Ok(match kind {
            "policeman" => game(MatrixGame::policeman(n, seed)?),
            "policeman-published" => game(MatrixGame::policeman_published(n, self.seed as u32)?),
            "nemirovski-1" => game(MatrixGame::nemirovski_1(n, 1.0)?),
            "nemirovski-2" => game(MatrixGame::nemirovski_2(n, 1.0)?),
            "saddle" => {
                let saddle = QuadraticSaddle::new(n)?;
                let start = saddle.start();
                Setting { f: Box::new(saddle), g: Box::new(Free), start }
            }
            _ => {
                let rows = LeastSquares::random(n, self.dim, 1.0, seed)?;
                Setting { f: Box::new(rows), g: self.constraint()?, start: vec![0.0; self.dim] }
            }
        })
    }

    fn constraint(&self) -> Result<Box<dyn Resolvent>> {
        let Some(text) = &self.constraint else { return Ok(Box::new(Free)) };
        let words: Vec<&str> = text.split(':').collect();
        let allowed = "l1:WEIGHT or box:LO:HI";
        let number =
            |word: &str| word.parse::<f64>().map_err(|_| Error::parameter("constraint", format!("{text:?}"), allowed));
        Ok(match words[..] {
            ["l1", weight] => Box::new(L1::new(number(weight)?)?),
            ["box", lo, hi] => Box::new(Bounds::new(number(lo)?, number(hi)?)?),
            _ => return Err(Error::parameter("constraint", format!("{text:?}"), allowed)),
        })
    }

    fn write(&self, problem: &Inclusion, done: &[(&str, Solution)]) -> Result<()> {
        let (Some(folder), Some((name, first))) = (&self.out, done.first()) else { return Ok(()) };
        std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
        write_npy(&folder.join("u.npy"), &first.u)?;
        let mut front = Frontier::new(problem.f.name(), "evaluations of components", "operator residual");
        let points = |solution: &Solution| {
            solution.history.iter().map(|look| (look.evaluations as f64, look.residual)).collect::<Vec<_>>()
        };
        front.ours(name, points(first))?;
        for (name, solution) in &done[1..] {
            front.rival(name, points(solution))?;
        }
        write_atomic(&folder.join("frontier.svg"), svg(&front)?.as_bytes())?;
        write_atomic(&folder.join("frontier.csv"), frontier_csv(&[front]).as_bytes())
    }

    fn show(&self, problem: &Inclusion, done: &[(&str, Solution)]) -> Result<ExitCode> {
        let n = problem.f.components() as f64;
        if self.json {
            let methods: Vec<_> = done
                .iter()
                .map(|(name, solution)| {
                    json!({
                        "method": name,
                        "residual": solution.residual(),
                        "least_residual": solution.least(),
                        "work": solution.work,
                        "history": solution.history,
                        "stopped": solution.stopped,
                    })
                })
                .collect();
            let (name, projected) = (problem.f.name(), problem.projected);
            let text = json!({ "problem": name, "components": n, "start_projected": projected, "methods": methods });
            print(&format!("{text:#}"))?;
        } else {
            let rows = done.iter().map(|(name, solution)| {
                vec![
                    (*name).to_owned(),
                    solution.work.iterations.to_string(),
                    shown(solution.work.evaluations as f64 / n),
                    solution.work.count("refreshes").to_string(),
                    shown(solution.residual()),
                    shown(solution.least()),
                    solution.stopped.to_string(),
                ]
            });
            print(&format!("{}, {n} components, constraint: {}", problem.f.name(), problem.g.name()))?;
            let header = ["method", "steps", "epochs", "refreshes", "residual", "least", "ended"];
            print(text_table(120, &header, rows).trim_end())?;
        }
        let missed = done.first().is_some_and(|(_, solution)| self.tol > 0.0 && !solution.stopped.succeeded());
        Ok(ExitCode::from(u8::from(missed)))
    }
}
