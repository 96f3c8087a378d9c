//! `ansatz linear solve`: systems from Matrix Market files, alone or in sequence, with a parameter that can be learnt.

use crate::complete::Complete;
use crate::print;
use crate::progress::{self, Style};
use crate::tune::Tune;
use ansatz_core::{Checkpoint, Error, Result, Run, Seed, Stopped, Stream, StreamState, write_atomic};
use ansatz_linear::bandit::{ChebCb, Learner, TsallisInf, TsallisInfBins, grid};
use ansatz_linear::format::{matrix_market_text, npy_bytes, read_columns, read_matrix};
use ansatz_linear::problems::Given;
use ansatz_linear::sequence::{Relaxation, Sequence};
use ansatz_linear::sequence::{Relaxed, System, fixed, solve};
use ansatz_linear::{Scheme, Solution, Solver};
use clap::{Args, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

#[derive(Args)]
pub(crate) struct Linear {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Solve A x = b, or a sequence of such systems: exit code 0 if all converged, 1 if not, 2 for bad input
    Solve(Solve),
    /// Find the relaxation parameter of least iterations by trying: golden sections, or a grid
    Tune(Tune),
    /// Complete a matrix of low rank from some of its entries: exit code 0 if it converged, 1 if not, 2 for bad input
    Complete(Complete),
}

/// The method.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Method {
    /// Conjugate gradients, preconditioned by symmetric successive over-relaxation
    SsorCg,
    /// Successive over-relaxation
    Sor,
    /// Conjugate gradients
    Cg,
    /// Conjugate gradients, preconditioned by incomplete Cholesky factorisation without fill-in
    PcgIc0,
    /// Conjugate gradients, preconditioned by the diagonal
    PcgJacobi,
    /// Jacobi's iteration
    Jacobi,
    /// Conjugate gradients, preconditioned by Chebyshev's polynomial of --degree
    PcgChebyshev,
    /// MINRES, for symmetric matrices that need not be definite
    Minres,
    /// GMRES, for any square matrix, restarted after --restart steps
    Gmres,
    /// BiCGSTAB, for any square matrix
    Bicgstab,
    /// LSQR: least squares, for any matrix
    Lsqr,
}

impl Method {
    pub(crate) fn scheme(self, restart: u32, degree: u32) -> Scheme {
        match self {
            Self::PcgChebyshev => Scheme::ChebyshevCg(degree),
            Self::Minres => Scheme::Minres,
            Self::Gmres => Scheme::Gmres(restart),
            Self::Bicgstab => Scheme::BiCgStab,
            Self::Lsqr => Scheme::Lsqr,
            Self::SsorCg => Scheme::SsorCg,
            Self::Sor => Scheme::Sor,
            Self::Cg => Scheme::Cg,
            Self::PcgIc0 => Scheme::IncompleteCholeskyCg,
            Self::PcgJacobi => Scheme::DiagonalCg,
            Self::Jacobi => Scheme::Jacobi,
        }
    }

    pub(crate) fn name(self) -> String {
        self.to_possible_value().map_or(String::new(), |value| value.get_name().to_owned())
    }
}

/// Who chooses the relaxation parameter.
#[derive(Clone, Copy, ValueEnum)]
enum Tuner {
    /// The best for each system, from its context: the mean of the diagonal, or what --contexts says
    Chebcb,
    /// The best fixed one
    TsallisInf,
    /// The best fixed one in each of six bins of the context
    TsallisInfBins,
}

#[derive(Args)]
struct Solve {
    /// A matrix (Matrix Market), or a folder of them: a sequence, in the order of the names
    matrix: PathBuf,
    /// Its right-hand side, of which every column makes a system; for a folder, one with files of the same names
    #[arg(long)]
    rhs: PathBuf,
    /// The method
    #[arg(long, value_enum, default_value = "ssor-cg")]
    method: Method,
    /// The relaxation parameter, between 0 and 2 [default: 1]
    #[arg(long, conflicts_with = "tune", allow_hyphen_values = true)]
    omega: Option<f64>,
    /// Learn the relaxation parameter over the sequence, from the iterations of its systems
    #[arg(long, value_enum)]
    tune: Option<Tuner>,
    /// The parameters to learn from, as LO:HI:COUNT
    #[arg(long, default_value = "1:1.95:20", requires = "tune")]
    grid: String,
    /// A file that keeps what was learnt: if it is there the learner goes on from it, and it is written in the end
    #[arg(long, requires = "tune")]
    learner: Option<PathBuf>,
    /// The contexts to expect, as LO:HI [default: those of the given systems]
    #[arg(long, requires = "tune")]
    interval: Option<String>,
    /// A file with a number for each system, one a line, that says something about its matrix
    #[arg(long, requires = "tune")]
    contexts: Option<PathBuf>,
    /// Start each solve from the solution of the system before
    #[arg(long)]
    warm: bool,
    /// Stop at this residual, relative to the right-hand side; for sor and jacobi, to the initial residual
    #[arg(long, default_value_t = 1e-8)]
    rtol: f64,
    /// Steps of GMRES between restarts
    #[arg(long, default_value_t = 30)]
    restart: u32,
    /// Degree of Chebyshev's polynomial
    #[arg(long, default_value_t = 4)]
    degree: u32,
    /// At most so many iterations a system
    #[arg(long, default_value_t = 10_000)]
    max_iterations: u64,
    /// File for the solution: .npy or .mtx; for a folder of matrices, a folder, which gets a .npy of each name
    #[arg(long)]
    out: Option<PathBuf>,
    /// Seed of the learner's choices
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Time limit in seconds
    #[arg(long)]
    time: Option<f64>,
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

/// Where the solutions go.
enum Output {
    None,
    Npy(PathBuf),
    MatrixMarket(PathBuf),
    Folder(PathBuf),
}

impl Linear {
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self.verb {
            Verb::Solve(command) => command.run(),
            Verb::Tune(command) => command.run(),
            Verb::Complete(command) => command.run(),
        }
    }
}

impl Solve {
    fn run(self) -> Result<ExitCode> {
        let solver = self.solver()?;
        let mut run = Run::new(Seed(self.seed)).interrupt(progress::interrupt());
        run = run.observer(progress::observer(if self.quiet { Style::None } else { self.progress }));
        if let Some(seconds) = self.time {
            let limit = Duration::try_from_secs_f64(seconds).ok().filter(|limit| !limit.is_zero());
            let allowed = "greater than 0 and finite";
            run = run.time_limit(limit.ok_or_else(|| Error::parameter("time", seconds, allowed))?);
        }
        let (names, mut given) = self.read()?;
        let output = self.output()?;
        let mut kept = self.kept()?;
        let (mut tuned, mut stream) = self.tuner(&given, kept.as_ref())?;
        let mut constant = fixed(self.omega.unwrap_or(1.0));
        let learner: &mut dyn Learner = match &mut tuned {
            Some(tuned) => tuned.learner(),
            None => &mut constant,
        };
        // A single system shows its own residuals, a sequence its mean number of iterations.
        let report = if given.count() == 1 && self.tune.is_none() {
            let System { a, b, x0, context } = given.system()?;
            let omega = self.omega.unwrap_or(1.0);
            let solution = solver.solve(&System { a, b, x0, context }, omega, &mut run)?;
            if let Stopped::NotANumber { iteration } = solution.stopped {
                let place = format!("iteration {iteration}: the method diverges for this matrix");
                return Err(Error::NotFinite { quantity: "the residual".to_owned(), place });
            }
            given.advance(solution);
            None
        } else {
            Some(solve(&mut given, &solver, learner, &mut stream, &mut run)?)
        };
        write(&output, &names, given.solutions())?;
        let actions = learner.actions().to_vec();
        if let (Some(kept), Some(tuned)) = (&mut kept, tuned) {
            kept.file.save(&Saved { tuned, stream: stream.state() })?;
        }
        self.show(&names, &given, report.as_ref(), &actions)
    }

    fn solver(&self) -> Result<Solver> {
        let scheme = self.method.scheme(self.restart, self.degree);
        if !scheme.has_omega() && (self.omega.is_some() || self.tune.is_some()) {
            let allowed = "one with a relaxation parameter (ssor-cg, sor, jacobi), if it is set or tuned";
            return Err(Error::parameter("method", self.method.name(), allowed));
        }
        if self.max_iterations == 0 {
            return Err(Error::parameter("max-iterations", 0, "at least 1"));
        }
        Ok(Solver { scheme, rtol: self.rtol, max_iterations: self.max_iterations })
    }

    /// The systems, with a name for each file.
    fn read(&self) -> Result<(Vec<String>, Given)> {
        let (names, mut given) = read_systems(&self.matrix, &self.rhs, self.warm)?;
        if let Some(path) = &self.contexts {
            given.set_contexts(&numbers(path)?)?;
        }
        Ok((names, given))
    }

    /// The file of the learner, with what is in it.
    fn kept(&self) -> Result<Option<Kept>> {
        let Some(path) = &self.learner else { return Ok(None) };
        let file = Checkpoint::new(path, "linear-learner", 1)?;
        let restored = file.load::<Saved>()?;
        if let Some(warning) = restored.as_ref().and_then(|restored| restored.warning.as_ref()) {
            eprintln!("warning: {warning}");
        }
        Ok(Some(Kept { file, saved: restored.map(|restored| restored.state) }))
    }

    /// The learner and the stream of its draws: the kept ones, if there are, else new ones.
    fn tuner(&self, given: &Given, kept: Option<&Kept>) -> Result<(Option<Tuned>, Stream)> {
        let new = || Seed(self.seed).stream("choices", 0);
        let Some(saved) = kept.and_then(|kept| kept.saved.as_ref()) else {
            return Ok((self.new_learner(given)?, new()));
        };
        let path = self.learner.clone().unwrap_or_default();
        let fits = matches!(
            (self.tune, &saved.tuned),
            (Some(Tuner::Chebcb), Tuned::ChebCb(_))
                | (Some(Tuner::TsallisInf), Tuned::TsallisInf(_))
                | (Some(Tuner::TsallisInfBins), Tuned::Bins(_))
        );
        if !fits {
            return Err(Error::parameter(
                "tune",
                "another tuner",
                format!("the one that is kept in {}", path.display()),
            ));
        }
        let stream = Stream::from_state(&saved.stream);
        let stream = stream.ok_or_else(|| Error::format(path, "its random stream is not one of ours"))?;
        Ok((Some(saved.tuned.clone()), stream))
    }

    /// A learner that has seen nothing.
    fn new_learner(&self, given: &Given) -> Result<Option<Tuned>> {
        let Some(tuner) = self.tune else { return Ok(None) };
        if given.count() < 2 {
            let allowed = "left out for a single system: a parameter is learnt over several";
            return Err(Error::parameter("tune", "set", allowed));
        }
        let words: Vec<Option<f64>> = self.grid.split(':').map(|word| word.parse().ok()).collect();
        let [Some(lo), Some(hi), Some(count)] = words[..] else {
            return Err(Error::parameter("grid", format!("{:?}", self.grid), "LO:HI:COUNT, such as 1:1.95:20"));
        };
        let possible = lo > 0.0 && hi < 2.0 && (1.0..=10_000.0).contains(&count) && count.fract() == 0.0;
        if !possible {
            let allowed = "at most 10,000 values greater than 0 and less than 2";
            return Err(Error::parameter("grid", format!("{:?}", self.grid), allowed));
        }
        let omegas = grid(lo, hi, count as usize)?;
        let interval = match &self.interval {
            Some(text) => range("interval", text)?,
            None => given.contexts().unwrap_or((0.0, 0.0)),
        };
        if !matches!(tuner, Tuner::TsallisInf) && interval.0 == interval.1 {
            let value = format!("{} for every system", interval.0);
            let allowed = "different from system to system for this tuner; tsallis-inf needs none";
            return Err(Error::parameter("the context", value, allowed));
        }
        Ok(Some(match tuner {
            Tuner::Chebcb => Tuned::ChebCb(ChebCb::new(omegas, interval)?),
            Tuner::TsallisInf => Tuned::TsallisInf(TsallisInf::new(omegas)?),
            Tuner::TsallisInfBins => Tuned::Bins(TsallisInfBins::new(&omegas, interval, 6)?),
        }))
    }

    fn output(&self) -> Result<Output> {
        let Some(out) = &self.out else { return Ok(Output::None) };
        let extension = out.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        match (self.matrix.is_dir(), extension.as_str()) {
            (true, _) if out.is_file() => Err(Error::parameter("out", out.display(), "a folder, as the matrices are")),
            (true, _) => Ok(Output::Folder(out.clone())),
            (false, "npy") => Ok(Output::Npy(out.clone())),
            (false, "mtx") => Ok(Output::MatrixMarket(out.clone())),
            (false, _) => Err(Error::parameter("out", out.display(), "the name of a .npy or .mtx file")),
        }
    }

    fn show(&self, names: &[String], given: &Given, report: Option<&Relaxed>, actions: &[f64]) -> Result<ExitCode> {
        let solutions = given.solutions();
        let solved = solutions.iter().filter(|s| s.stopped.succeeded()).count();
        let iterations: u64 = solutions.iter().map(|s| s.work.iterations).sum();
        let estimate = report.and_then(|r| r.best_fixed_estimate(actions));
        if self.json {
            let systems: Vec<Value> = solutions
                .iter()
                .enumerate()
                .map(|(i, solution)| {
                    json!({
                        "name": names[i],
                        "omega": report.map_or(self.omega, |r| Some(r.choices[i].value)),
                        "iterations": solution.work.iterations,
                        "residual": solution.residual(),
                        "residuals": (solutions.len() == 1).then_some(&solution.residuals),
                        "work": solution.work,
                        "stopped": solution.stopped,
                    })
                })
                .collect();
            print(&format!(
                "{:#}",
                json!({
                    "method": self.method.name(),
                    "systems": systems,
                    "iterations": iterations,
                    "converged": solved,
                    "given": given.count(),
                    "best_fixed_estimate": estimate.map(|(omega, total)| json!({ "omega": omega, "iterations": total })),
                })
            ))?;
        } else if let ([solution], None) = (solutions, report) {
            print(&format!(
                "{}: {} after {}; residual {:.3e}",
                self.method.name(),
                solution.stopped,
                solution.work,
                solution.residual()
            ))?;
        } else {
            let mean = iterations as f64 / solutions.len().max(1) as f64;
            print(&format!(
                "{}: {solved} of {} systems solved in {iterations} iterations, {mean:.1} a system",
                self.method.name(),
                given.count()
            ))?;
            if let Some((omega, total)) = estimate.filter(|_| self.tune.is_some()) {
                print(&format!("the best fixed parameter is estimated to be {omega:.3}, with {total:.0} iterations"))?;
            }
        }
        Ok(ExitCode::from(u8::from(solved < given.count())))
    }
}

/// A learner whose state can be kept.
#[derive(Clone, Serialize, Deserialize)]
enum Tuned {
    ChebCb(ChebCb),
    TsallisInf(TsallisInf),
    Bins(TsallisInfBins),
}

impl Tuned {
    fn learner(&mut self) -> &mut dyn Learner {
        match self {
            Self::ChebCb(learner) => learner,
            Self::TsallisInf(learner) => learner,
            Self::Bins(learner) => learner,
        }
    }
}

/// What the file of a learner holds.
#[derive(Serialize, Deserialize)]
struct Saved {
    tuned: Tuned,
    stream: StreamState,
}

struct Kept {
    file: Checkpoint,
    saved: Option<Saved>,
}

/// LO:HI as numbers.
pub(crate) fn range(name: &str, text: &str) -> Result<(f64, f64)> {
    let words: Vec<Option<f64>> = text.split(':').map(|word| word.parse().ok()).collect();
    match words[..] {
        [Some(lo), Some(hi)] if lo < hi => Ok((lo, hi)),
        _ => Err(Error::parameter(name, format!("{text:?}"), "LO:HI, such as 1:1.95")),
    }
}

/// The systems of a matrix or a folder of them, with a name for each file.
pub(crate) fn read_systems(matrix: &Path, rhs: &Path, warm: bool) -> Result<(Vec<String>, Given)> {
    let mut given = Given::new(warm);
    let mut names = Vec::new();
    if matrix.is_dir() {
        for path in matrices(matrix)? {
            let name = path.file_name().unwrap_or_default();
            let a = Arc::new(read_matrix(&path)?);
            for b in read_columns(&rhs.join(name), a.rows())? {
                given.push(Arc::clone(&a), b).map_err(|e| in_file(&path, &e))?;
                names.push(path.file_stem().unwrap_or_default().to_string_lossy().into_owned());
            }
        }
    } else {
        let a = Arc::new(read_matrix(matrix)?);
        for b in read_columns(rhs, a.rows())? {
            given.push(Arc::clone(&a), b)?;
            names.push(String::new());
        }
    }
    Ok((names, given))
}

/// The Matrix Market files of a folder, by name.
fn matrices(folder: &Path) -> Result<Vec<PathBuf>> {
    let list = std::fs::read_dir(folder).map_err(|e| Error::io("read", folder, e))?;
    let mut paths = Vec::new();
    for entry in list {
        let path = entry.map_err(|e| Error::io("read", folder, e))?.path();
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("mtx")) {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() {
        return Err(Error::format(folder, "there is no .mtx file in it"));
    }
    Ok(paths)
}

/// The numbers of a text file, one a line.
fn numbers(path: &Path) -> Result<Vec<f64>> {
    let text = std::fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
    let number = |(i, line): (usize, &str)| {
        line.trim().parse().map_err(|_| Error::format(path, format!("line {}: {line:?} is not a number", i + 1)))
    };
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(number).collect()
}

/// An error that says in which file.
fn in_file(path: &Path, error: &Error) -> Error {
    Error::format(path, error.to_string())
}

fn write(output: &Output, names: &[String], solutions: &[Solution]) -> Result<()> {
    let columns = || solutions.iter().map(|solution| solution.x.clone()).collect::<Vec<_>>();
    match output {
        // A run that was stopped before its first solution has nothing to write.
        _ if solutions.is_empty() => Ok(()),
        Output::None => Ok(()),
        Output::Npy(path) => write_atomic(path, &npy_bytes(&columns())?),
        Output::MatrixMarket(path) => write_atomic(path, matrix_market_text(&columns())?.as_bytes()),
        Output::Folder(folder) => {
            std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
            let mut start = 0;
            while start < solutions.len() {
                // The columns of one file follow each other.
                let count = names[start..solutions.len()].iter().take_while(|name| **name == names[start]).count();
                let path = folder.join(format!("{}.npy", names[start]));
                write_atomic(&path, &npy_bytes(&columns()[start..start + count])?)?;
                start += count;
            }
            Ok(())
        }
    }
}
