//! Runs a claim and writes its evidence.

use crate::claim::Claim;
use crate::lab::{Lab, Observer};
use ansatz_core::{Error, Evidence, Result, Scale, Seed, render, write_atomic};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// How a claim is to be run.
pub struct Options {
    /// How large.
    pub scale: Scale,
    /// The first of its seeds.
    pub seed: Seed,
    /// Where the evidence goes; `out/claim-NN-SCALE` if not given. Made if it is not there.
    pub folder: Option<PathBuf>,
    /// After this time every run of the experiment ends with what it has.
    pub time_limit: Option<Duration>,
    /// When it becomes true, the experiment ends and is not checked.
    pub interrupt: Arc<AtomicBool>,
    /// Who sees the progress.
    pub observer: Option<Observer>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            scale: Scale::Laptop,
            seed: Seed(1),
            folder: None,
            time_limit: None,
            interrupt: Arc::default(),
            observer: None,
        }
    }
}

/// What a run of a claim left.
#[derive(Debug)]
pub struct Outcome {
    /// The record; `evidence.verdict.exit_code()` is the command's exit code.
    pub evidence: Evidence,
    /// Where it lies: `evidence.json`, `bars.csv`, `frontier.csv`, a picture a frontier (`frontier.svg`,
    /// `frontier-2.svg`, …), `report.html`, and the experiment's own files.
    pub folder: PathBuf,
}

/// Runs `claim` and writes its evidence. A claim that is only planned comes out as not checked.
///
/// An experiment that breaks off with an error has failed, with a note of the reason, unless the reason is the
/// environment: then nothing was shown either way, and the error is returned after the evidence is written.
///
/// # Errors
/// [`Error::Environment`] or [`Error::Io`] of the experiment; [`Error::Io`] if the evidence cannot be written.
pub fn run_claim(claim: &Claim, options: Options) -> Result<Outcome> {
    let Options { scale, seed, folder, time_limit, interrupt, observer } = options;
    let default = || PathBuf::from("out").join(format!("claim-{:02}-{scale}", claim.number));
    let folder = folder.unwrap_or_else(default);
    std::fs::create_dir_all(&folder).map_err(|e| Error::io("create", &folder, e))?;
    let seeds = match scale {
        Scale::Smoke => 1,
        Scale::Laptop => 3,
        Scale::Paper => 5,
    };
    let seeds = (0..seeds).map(|i| Seed(seed.0.wrapping_add(i))).collect();
    let evidence = Evidence::begin(claim.subject(), scale, seeds, claim.bars);
    let mut lab = Lab::new(evidence, folder.clone(), time_limit, interrupt, observer);
    let error = if let Some(experiment) = claim.run {
        experiment(&mut lab).err()
    } else {
        lab.note("planned: there is nothing to run yet");
        None
    };
    let outcome = Outcome { evidence: lab.finish(error.as_ref()), folder };
    outcome.write()?;
    match error {
        Some(error) if of_environment(&error) => Err(error),
        _ => Ok(outcome),
    }
}

/// Whether the error says something about the machine rather than about the claim.
pub(crate) fn of_environment(error: &Error) -> bool {
    matches!(error, Error::Environment { .. } | Error::Io { .. })
}

impl Outcome {
    fn write(&self) -> Result<()> {
        let write = |name: &str, text: String| write_atomic(&self.folder.join(name), text.as_bytes());
        write("bars.csv", render::bars_csv(&self.evidence))?;
        write("frontier.csv", render::frontier_csv(&self.evidence.frontiers))?;
        for (i, frontier) in self.evidence.frontiers.iter().enumerate() {
            write(&picture_name(i), render::svg(frontier)?)?;
        }
        write("report.html", render::page(&self.evidence)?)?;
        // Last: where it is, everything else is.
        write("evidence.json", self.evidence.to_json()?)
    }
}

/// The file of the `i`-th frontier's picture, counted from 0.
fn picture_name(i: usize) -> String {
    if i == 0 { "frontier.svg".to_owned() } else { format!("frontier-{}.svg", i + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::Status;
    use ansatz_core::{Bar, BarStatus, Frontier, Verdict, Work};
    use std::sync::Mutex;
    use std::sync::atomic::Ordering;

    /// Newton's iteration for √2: a claim small enough to see through.
    const NEWTON: Claim = Claim {
        number: 99,
        slug: "newton",
        title: "Newton's square root",
        citation: "I. Newton 1669",
        arxiv: None,
        statement: "x ← (x + 2/x)/2 finds √2 in five steps",
        status: Status::Built,
        bars: &[
            Bar::at_most("error after five steps", 1e-12),
            Bar::at_least("digits gained in the last step", 5.0),
            Bar::at_most("error in extended precision", 1e-30).only_at(&[Scale::Paper]),
        ],
        run: Some(newton),
    };

    fn newton(lab: &mut Lab) -> Result<()> {
        for seed in lab.seeds() {
            let mut run = lab.run(seed).evaluation_limit(5);
            let (mut x, mut work, mut errors) = (1.0f64, Work::default(), Vec::new());
            loop {
                x = 0.5 * (x + 2.0 / x);
                work.evaluations += 1;
                errors.push((work.evaluations as f64, (x - 2f64.sqrt()).abs()));
                if run.step(&work, errors[errors.len() - 1].1).is_some() {
                    break;
                }
            }
            lab.measure("error after five steps", errors[4].1)?;
            lab.measure("digits gained in the last step", (errors[2].1 / errors[3].1).log10())?;
            if seed == lab.seeds()[0] {
                let mut front = Frontier::new("√2", "steps", "absolute error");
                front.ours("Newton", errors)?;
                lab.frontier(front);
                lab.artefact("root.txt", format!("{x}\n"))?;
            }
        }
        assert!(!lab.applies("error in extended precision")? || lab.scale() == Scale::Paper);
        lab.omit("other roots: one is enough");
        Ok(())
    }

    fn run_with(run: fn(&mut Lab) -> Result<()>, scale: Scale) -> (Result<Outcome>, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let claim = Claim { run: Some(run), ..NEWTON };
        let options = Options { scale, folder: Some(folder.path().join("new")), ..Options::default() };
        (run_claim(&claim, options), folder)
    }

    fn verdict(run: fn(&mut Lab) -> Result<()>) -> (Verdict, u8, Vec<BarStatus>) {
        let (outcome, _folder) = run_with(run, Scale::Laptop);
        let evidence = outcome.unwrap().evidence;
        (evidence.verdict, evidence.verdict.exit_code(), evidence.bars.iter().map(|bar| bar.status).collect())
    }

    #[test]
    fn a_claim_that_holds_leaves_all_its_files() {
        let (outcome, _folder) = run_with(newton, Scale::Laptop);
        let Outcome { evidence, folder } = outcome.unwrap();
        assert_eq!((evidence.verdict.exit_code(), evidence.score()), (0, (2, 2)));
        assert_eq!(evidence.seeds, [Seed(1), Seed(2), Seed(3)]);
        assert_eq!(evidence.bars[0].values.len(), 3);
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!(read("evidence.json"), evidence.to_json().unwrap());
        assert!(read("report.html").contains("Newton's square root"));
        assert_eq!(read("frontier.csv").lines().count(), 1 + 5);
        assert_eq!(read("bars.csv").lines().count(), 1 + 3);
        assert!(read("frontier.svg").starts_with("<svg"));
        assert!((read("root.txt").trim().parse::<f64>().unwrap() - 2f64.sqrt()).abs() < 1e-15);
        assert_eq!(evidence.artefacts[0].name, "root.txt");
    }

    #[test]
    fn bars_that_fail_are_missing_or_not_a_number_fail_the_claim() {
        use BarStatus::{Fails, Holds, NotApplicable, NotChecked, NotMeasured};
        let missing: fn(&mut Lab) -> Result<()> = |lab| lab.measure("error after five steps", 0.0);
        assert_eq!(verdict(missing), (Verdict::Fails, 1, vec![Holds, NotMeasured, NotApplicable]));
        let nan: fn(&mut Lab) -> Result<()> = |lab| {
            lab.measure("error after five steps", f64::NAN)?;
            lab.measure("digits gained in the last step", 6.0)
        };
        assert_eq!(verdict(nan), (Verdict::Fails, 1, vec![Fails, Holds, NotApplicable]));
        let one_bad_seed: fn(&mut Lab) -> Result<()> = |lab| {
            lab.measure("error after five steps", 1e-11)?;
            newton(lab)
        };
        assert_eq!(verdict(one_bad_seed), (Verdict::Fails, 1, vec![Fails, Holds, NotApplicable]));
        let unchecked: fn(&mut Lab) -> Result<()> = |lab| {
            lab.measure("error after five steps", 0.0)?;
            lab.not_checked("digits gained in the last step", "no peer")
        };
        assert_eq!(verdict(unchecked), (Verdict::NotChecked, 3, vec![Holds, NotChecked, NotApplicable]));
        // A bar for another scale fails where it applies, and only there.
        let (outcome, _folder) = run_with(newton, Scale::Paper);
        assert_eq!(outcome.unwrap().evidence.bars[2].status, NotMeasured);
    }

    #[test]
    fn errors_of_the_experiment_fail_it_and_those_of_the_environment_are_passed_on() {
        let misspelt: fn(&mut Lab) -> Result<()> = |lab| lab.measure("eror after five steps", 0.0);
        let (outcome, _folder) = run_with(misspelt, Scale::Smoke);
        let evidence = outcome.unwrap().evidence;
        assert_eq!(evidence.verdict, Verdict::Fails);
        assert!(evidence.notes[0].contains("did you mean \"error after five steps\"?"), "{:?}", evidence.notes);
        let late: fn(&mut Lab) -> Result<()> = |lab| newton(lab).and(Err(Error::refused("a pole")));
        assert_eq!(verdict(late).0, Verdict::Fails, "all bars hold, but it did not come to its end");
        let no_compiler: fn(&mut Lab) -> Result<()> =
            |_| Err(Error::Environment { what: "cc".into(), reason: "the emitted C is compiled".into() });
        let (outcome, folder) = run_with(no_compiler, Scale::Smoke);
        assert!(matches!(outcome.unwrap_err(), Error::Environment { .. }));
        let evidence = Evidence::read(&folder.path().join("new/evidence.json")).unwrap();
        assert_eq!(evidence.verdict, Verdict::NotChecked);
        assert_eq!(evidence.notes, ["the experiment broke off: cc is not available: the emitted C is compiled"]);
    }

    #[test]
    fn an_interrupted_claim_is_not_checked_whatever_it_measured() {
        let folder = tempfile::tempdir().unwrap();
        let flag = Arc::new(AtomicBool::new(true));
        let cut_short: fn(&mut Lab) -> Result<()> = |lab| {
            assert!(lab.interrupted() && lab.run(Seed(1)).stop_requested().is_some());
            lab.measure("error after five steps", 1.0)?;
            lab.measure("digits gained in the last step", 6.0)
        };
        let options =
            Options { interrupt: Arc::clone(&flag), folder: Some(folder.path().to_path_buf()), ..Options::default() };
        let claim = Claim { run: Some(cut_short), ..NEWTON };
        let evidence = run_claim(&claim, options).unwrap().evidence;
        assert_eq!((evidence.verdict.exit_code(), evidence.score()), (3, (0, 2)));
        assert!(flag.load(Ordering::Relaxed));
    }

    #[test]
    fn runs_carry_limit_and_observer_and_planned_claims_are_not_checked() {
        let folder = tempfile::tempdir().unwrap();
        let events = Arc::new(Mutex::new(0));
        let count = Arc::clone(&events);
        let options = Options {
            folder: Some(folder.path().to_path_buf()),
            time_limit: Some(Duration::ZERO),
            observer: Some(Arc::new(Mutex::new(move |_: &ansatz_core::Event| *count.lock().unwrap() += 1))),
            ..Options::default()
        };
        let limited: fn(&mut Lab) -> Result<()> = |lab| {
            let stopped = lab.run(Seed(1)).step(&Work::default(), 1.0);
            assert_eq!(stopped, Some(ansatz_core::Stopped::TimeLimit));
            Ok(())
        };
        run_claim(&Claim { run: Some(limited), ..NEWTON }, options).unwrap();
        assert_eq!(*events.lock().unwrap(), 1);
        let planned = Claim { run: None, bars: &[], status: Status::Planned, ..NEWTON };
        let options = Options { folder: Some(folder.path().to_path_buf()), ..Options::default() };
        let evidence = run_claim(&planned, options).unwrap().evidence;
        assert_eq!((evidence.verdict.exit_code(), evidence.notes.len()), (3, 1));
    }

    #[test]
    fn artefacts_stay_in_their_folder() {
        let escape: fn(&mut Lab) -> Result<()> = |lab| {
            for name in ["../a", "a/b", "/a", "", ".", "evidence.json", "frontier-2.svg", "a\\b"] {
                assert!(lab.artefact(name, "x").is_err(), "{name}");
            }
            lab.artefact("a.txt", "x")?;
            assert!(lab.artefact("a.txt", "y").is_err());
            newton(lab)
        };
        assert_eq!(verdict(escape).0, Verdict::Holds);
    }
}
