//! `ansatz discover`: the search, its files, its table and its picture.

use crate::print;
use crate::progress::{self, Style};
use crate::timed;
use ansatz_core::render::{frontier_csv, svg, text_table};
use ansatz_core::{Checkpoint, Error, Result, Run, Seed, Stopped, write_atomic};
use ansatz_functions::anchors;
use ansatz_functions::discover::{
    Cost, Discovery, Enumeration, Evolution, Exhaustive, Explorer, Faithful, Front, Search,
};
use ansatz_functions::program::OpSet;
use ansatz_functions::target::{Format, Interval, Target, Weight};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The saved state of a search, in its folder.
const CHECKPOINT: &str = "search.checkpoint";
/// Time between two checkpoints.
const SAVE_EVERY: Duration = Duration::from_secs(10);

/// The largest cost that is searched by measured time: room for a few divisions.
const MOST_TIME: usize = 40;

/// How the error is measured.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Measure {
    /// |P/f − 1|
    Relative,
    /// |P − f|
    Absolute,
    /// |P − f| in units in the last place of binary32
    Ulp32,
    /// |P − f| in units in the last place of binary64
    Ulp64,
}

impl From<Measure> for Weight {
    fn from(measure: Measure) -> Self {
        match measure {
            Measure::Relative => Self::Relative,
            Measure::Absolute => Self::Absolute,
            Measure::Ulp32 => Self::Ulp(Format::F32),
            Measure::Ulp64 => Self::Ulp(Format::F64),
        }
    }
}

/// What to approximate, as every command that needs it takes it.
#[derive(Args)]
pub(crate) struct Problem {
    /// A named function (exp2, log2, cos, erf, …) or an expression of x, such as "sin(x)/x"
    function: String,
    /// Interval, such as 0..1, (0,1] or 0..pi/2; a named function has one of its own
    #[arg(long, allow_hyphen_values = true)]
    on: Option<String>,
    /// How the error is measured; a named function has a measure of its own, otherwise relative
    #[arg(long, value_enum)]
    error: Option<Measure>,
}

impl Problem {
    pub(crate) fn target(&self) -> Result<Target> {
        let mut target = match (Target::named(&self.function), &self.on) {
            (Ok(target), _) => target,
            (Err(_), Some(on)) => Target::parse(&self.function, on, Weight::Relative)?,
            // An expression needs an interval; a name that is neither is told apart by its own error.
            (Err(unknown), None) => {
                let word = self.function.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                return Err(if word {
                    unknown
                } else {
                    Error::parameter("on", "missing", "an interval, such as --on 0..1")
                });
            }
        };
        if let Some(on) = &self.on {
            target.interval = Interval::parse(on)?;
        }
        if let Some(measure) = self.error {
            target.weight = measure.into();
        }
        target.validate()?;
        Ok(target)
    }
}

/// How programs are searched.
#[derive(Clone, Copy, ValueEnum)]
enum Method {
    /// Evolution from the identity with fits by Levenberg–Marquardt: the fast one
    Evolve,
    /// The published method: NSGA-II, constants by CMA-ES
    Faithful,
    /// Every program, up to six operations
    Exhaustive,
}

#[derive(Args)]
pub(crate) struct Discover {
    #[command(flatten)]
    problem: Problem,
    /// How programs are searched
    #[arg(long, value_enum, default_value = "evolve")]
    method: Method,
    /// Operations that programs may use, such as "+-*/" or "+-*/,sqrt"
    #[arg(long, default_value = "+-*/", allow_hyphen_values = true)]
    ops: String,
    /// What an operation costs: "count", weights such as "div=5,mul=1", "time" as measured on this machine, or the
    /// cost.json of such a search, which repeats it
    #[arg(long, default_value = "count")]
    cost: String,
    /// The format in which programs are timed, with --cost time
    #[arg(long, value_enum, default_value = "f64")]
    format: crate::emit::Numbers,
    /// The largest cost searched; 12, or 40 with --cost time, where an addition costs about 1
    #[arg(long)]
    max_ops: Option<usize>,
    /// Time for the search, in minutes
    #[arg(long)]
    minutes: Option<f64>,
    /// Time for the search, in seconds
    #[arg(long, conflicts_with = "minutes")]
    time: Option<f64>,
    /// Coefficient fits for the search, counted at the end of an epoch: repeats a search bit by bit
    #[arg(long)]
    evals: Option<u64>,
    /// Stop when the least error is below this
    #[arg(long)]
    target: Option<f64>,
    /// Seed of all randomness
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Threads; 0 means all cores. Does not change results
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Folder for the results
    #[arg(long)]
    out: Option<PathBuf>,
    /// Go on with the search that is saved in the folder
    #[arg(long)]
    resume: bool,
    /// Print the front as JSON instead of a table
    #[arg(long)]
    json: bool,
    /// How progress is shown
    #[arg(long, value_enum, default_value = "auto")]
    progress: Style,
    /// No progress, only the result
    #[arg(long)]
    quiet: bool,
}

impl Discover {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let target = self.problem.target()?;
        let ops = OpSet::parse(&self.ops)?;
        let folder = self.folder(&target)?;
        let seed = Seed(self.seed);
        let (front, stopped) = match self.method {
            Method::Evolve => {
                // What can be refused is refused before anything is measured.
                let mut method = Discovery { ops, ..Discovery::default() };
                method.max_cost = self.max_ops.unwrap_or(method.max_cost);
                method.validate()?;
                method.cost = if self.cost == "time" {
                    timed::cost(&method.ops, self.format.into(), &folder, self.resume, |line| self.say(line))?
                } else {
                    Cost::parse(&self.cost)?
                };
                if let (Cost::Measured(_), None) = (&method.cost, self.max_ops) {
                    method.max_cost = MOST_TIME;
                }
                method.validate()?;
                self.search::<Search>(&method, &target, seed, &folder)?
            }
            Method::Faithful => {
                self.counts_only()?;
                let mut method = Faithful { ops, ..Faithful::small_machine() };
                method.max_cost = self.max_ops.unwrap_or(method.max_cost);
                self.search::<Evolution>(&method, &target, seed, &folder)?
            }
            Method::Exhaustive => {
                self.counts_only()?;
                let mut method = Exhaustive { ops, ..Exhaustive::default() };
                method.max_operations = self.max_ops.unwrap_or(method.max_operations);
                self.search::<Enumeration>(&method, &target, seed, &folder)?
            }
        };
        self.present(&front, stopped, &folder)
    }

    /// Refuses a cost other than the number of operations, for the methods that know no other.
    fn counts_only(&self) -> Result<()> {
        if self.cost == "count" {
            return Ok(());
        }
        Err(Error::parameter("cost", format!("{:?}", self.cost), "count: only --method evolve knows others"))
    }

    /// Begins or resumes a search in the folder, and writes the front that it ends in.
    fn search<S: Explorer + Send>(
        &self,
        method: &S::Method,
        target: &Target,
        seed: Seed,
        folder: &Path,
    ) -> Result<(Front, Stopped)> {
        let limit = self.limit()?;
        let (kind, version) = S::KIND;
        let mut checkpoint = Checkpoint::new(folder.join(CHECKPOINT), kind, version)?;
        let saved = checkpoint.load::<S::Saved>();
        let (mut search, spent) = match (self.resume, saved) {
            (true, Ok(Some(saved))) => {
                if let Some(warning) = saved.warning {
                    eprintln!("warning: {warning}");
                }
                let (old, saved_seed, elapsed) = S::about(&saved.state);
                if old != method || saved_seed != seed {
                    let allowed = "those of the saved search: the same operations, costs, --max-ops and --seed";
                    return Err(Error::parameter("the search's parameters", "others", allowed));
                }
                let spent = Duration::try_from_secs_f64(elapsed).unwrap_or_default();
                (S::resume(saved.state, target)?, spent)
            }
            (true, Err(error)) => return Err(error),
            (true, Ok(None)) => {
                return Err(Error::parameter("resume", folder.display(), "a folder with a saved search"));
            }
            (false, Ok(None)) => (S::begin(method, target, seed)?, Duration::ZERO),
            (false, _) => {
                let allowed = "a folder without a saved search; --resume goes on with the one that is there";
                return Err(Error::parameter("out", folder.display(), allowed));
            }
        };
        std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;

        let mut run = Run::new(seed)
            .already_spent(spent)
            .observer(progress::observer(self.style()))
            .interrupt(progress::interrupt());
        if let Some(limit) = limit {
            run = run.time_limit(limit);
        }
        if let Some(fits) = self.evals {
            run = run.evaluation_limit(fits);
        }
        if let Some(error) = self.target {
            run = run.target(error);
        }
        let started = Instant::now();
        let elapsed = || (spent + started.elapsed()).as_secs_f64();
        let mut last = started;
        let stopped = search.run(&mut run, self.threads, |search| {
            if last.elapsed() >= SAVE_EVERY {
                last = Instant::now();
                checkpoint.save(&search.save(elapsed()))?;
            }
            Ok(None)
        })?;
        checkpoint.save(&search.save(elapsed()))?;
        self.say(&format!("the search {stopped}; levelling and proving what it found"));
        let front = timed::front(search.front()?, |line| self.say(line))?;
        front.write(folder)?;
        Ok((front, stopped))
    }

    /// Table and pictures of a front, beside the classical approximations.
    fn present(&self, front: &Front, stopped: Stopped, folder: &Path) -> Result<ExitCode> {
        self.say("recomputing the classical approximations");
        // As many operations as programs were searched with; the largest cost is no number of operations where it is time.
        let searched = if matches!(front.cost, Cost::Measured(_)) { 0 } else { self.max_ops.unwrap_or(12) };
        let most = front.entries.iter().map(|e| e.operations).fold(searched, usize::max);
        let anchors = anchors::table(&front.target, most.min(40))?;
        let mut pictures = vec![front.frontier(&anchors)?];
        write_atomic(&folder.join("front.svg"), svg(&pictures[0])?.as_bytes())?;
        if let Some(picture) = timed::picture(front, &anchors)? {
            write_atomic(&folder.join("time.svg"), svg(&picture)?.as_bytes())?;
            pictures.push(picture);
        }
        write_atomic(&folder.join("front.csv"), frontier_csv(&pictures).as_bytes())?;
        if self.json {
            let path = folder.join("front.json");
            return print(&std::fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e))?)
                .map(|()| ExitCode::SUCCESS);
        }
        report(front, &anchors, timed::report(front, pictures.get(1)), folder, stopped)?;
        Ok(ExitCode::SUCCESS)
    }

    fn style(&self) -> Style {
        if self.quiet { Style::None } else { self.progress }
    }

    /// A line of progress, unless nobody wants to see any.
    fn say(&self, line: &str) {
        if self.style() != Style::None {
            eprintln!("{line}");
        }
    }

    /// The time limit; a minute if nothing else limits the search.
    fn limit(&self) -> Result<Option<Duration>> {
        let positive = |name: &str, value: f64, unit: f64| {
            Duration::try_from_secs_f64(value * unit)
                .ok()
                .filter(|d| !d.is_zero())
                .ok_or_else(|| Error::parameter(name, value, "greater than 0 and finite"))
        };
        if self.evals == Some(0) {
            return Err(Error::parameter("evals", 0, "at least 1"));
        }
        match (self.minutes, self.time) {
            (Some(minutes), _) => positive("minutes", minutes, 60.0).map(Some),
            (_, Some(seconds)) => positive("time", seconds, 1.0).map(Some),
            (None, None) => Ok(self.evals.is_none().then_some(Duration::from_secs(60))),
        }
    }

    /// The folder for the results: the one that was asked for, or the first free one of that function.
    fn folder(&self, target: &Target) -> Result<PathBuf> {
        if let Some(out) = &self.out {
            return Ok(out.clone());
        }
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let name: String = target.name.chars().map(plain).collect();
        let mut folder = Path::new("out").join(name.trim_matches('-'));
        if self.resume {
            return Ok(folder);
        }
        for i in 2..10_000 {
            if !folder.exists() {
                return Ok(folder);
            }
            folder.set_file_name(format!("{}-{i}", name.trim_matches('-')));
        }
        Err(Error::parameter("out", folder.display(), "a new folder: there are 10,000 of this name already"))
    }
}

fn report(
    front: &Front,
    anchors: &anchors::Table,
    by_time: Option<String>,
    folder: &Path,
    stopped: Stopped,
) -> Result<()> {
    let rows = front.entries.iter().filter(|e| e.operations >= 1).map(|entry| {
        let classical = anchors.best(entry.operations, |_| true);
        vec![
            entry.operations.to_string(),
            entry.proof.as_ref().map_or(format!("~{:.3e}", entry.error), |c| format!("{:.3e}", c.bound)),
            entry.executed.as_ref().map_or("–".into(), |c| format!("{:.3e}", c.bound)),
            classical.map_or("–".into(), |a| format!("{:.3e} {}", a.error, a.family)),
            entry.program.to_string(),
        ]
    });
    let by_operations = || text_table(140, &["ops", "proved ≤", "as f64 ≤", "best classical", "program"], rows);
    print(&by_time.unwrap_or_else(by_operations))?;
    for reason in &front.refused {
        print(&format!("refused: {reason}"))?;
    }
    let c = front.provenance.counters;
    print(&format!(
        "\n{} programs, {} fits and {} deep fits in {} epochs; the search {stopped}.",
        c.programs, c.fits, c.deep_fits, front.provenance.epochs
    ))?;
    if !front.target.is_certifiable() {
        print("The target is given by code: its errors are sampled, nothing is proved.")?;
    }
    let shown = |name: &str| folder.join(name).display().to_string();
    print(&format!(
        "programs      {}\ncertificates  {}\nancestries    {}\npicture       {}\nall of it     {}",
        shown("programs"),
        shown("certificates"),
        shown("ancestry"),
        shown("front.svg"),
        shown("front.json")
    ))
}
