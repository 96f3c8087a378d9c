//! What a claim's experiment is handed: the scale, the seeds, runs that can be stopped, and a place for what it measures.

use crate::runner::of_environment;
use ansatz_core::{
    Artefact, BarStatus, Error, Event, Evidence, Frontier, Result, Run, Scale, Seed, Verdict, write_atomic,
};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Who watches the runs of a claim: shared, since an experiment makes many runs, one after the other or at once.
pub type Observer = Arc<Mutex<dyn FnMut(&Event) + Send>>;

/// Names that the runner itself writes.
const TAKEN: [&str; 4] = ["evidence.json", "bars.csv", "frontier.csv", "report.html"];

/// The bench of one claim's experiment.
pub struct Lab {
    evidence: Evidence,
    folder: PathBuf,
    started: Instant,
    time_limit: Option<Duration>,
    interrupt: Arc<AtomicBool>,
    observer: Option<Observer>,
}

impl Lab {
    pub(crate) fn new(
        evidence: Evidence,
        folder: PathBuf,
        time_limit: Option<Duration>,
        interrupt: Arc<AtomicBool>,
        observer: Option<Observer>,
    ) -> Self {
        Self { evidence, folder, started: Instant::now(), time_limit, interrupt, observer }
    }

    /// How large the experiment is to be.
    pub fn scale(&self) -> Scale {
        self.evidence.scale
    }

    /// The value for this scale.
    pub fn pick<T>(&self, smoke: T, laptop: T, paper: T) -> T {
        match self.scale() {
            Scale::Smoke => smoke,
            Scale::Laptop => laptop,
            Scale::Paper => paper,
        }
    }

    /// The seeds to repeat the experiment with: consecutive numbers from the user's; 1 at smoke, 3 at laptop, 5 at
    /// paper scale.
    pub fn seeds(&self) -> Vec<Seed> {
        self.evidence.seeds.clone()
    }

    /// A run from `seed` that ends with the claim's time limit, on interruption, and shows its progress.
    pub fn run(&self, seed: Seed) -> Run {
        let mut run = Run::new(seed).interrupt(Arc::clone(&self.interrupt));
        if let Some(limit) = self.time_limit {
            run = run.time_limit(limit.saturating_sub(self.started.elapsed()));
        }
        if let Some(observer) = &self.observer {
            let observer = Arc::clone(observer);
            run = run.observer(move |event| {
                // A watcher that panicked elsewhere is no reason to stop measuring.
                let mut observer = observer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                observer(event);
            });
        }
        run
    }

    /// As [`run`](Self::run), ending after `limit` if that is earlier.
    pub fn run_within(&self, seed: Seed, limit: Duration) -> Run {
        let left = self.time_limit.map_or(limit, |all| all.saturating_sub(self.started.elapsed()).min(limit));
        self.run(seed).time_limit(left)
    }

    /// Whether the user has asked to stop: the experiment then returns what it has.
    pub fn interrupted(&self) -> bool {
        self.interrupt.load(Ordering::Relaxed)
    }

    /// The folder that the evidence is written to.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Records a value of the bar `bar`. Of several values, one a seed, the worst decides; not-a-number never holds.
    ///
    /// # Errors
    /// [`Error::Unknown`] if the claim declares no such bar.
    pub fn measure(&mut self, bar: &str, value: f64) -> Result<()> {
        self.evidence.bar(bar)?.measure(value);
        Ok(())
    }

    /// Records that the bar `bar` could not be checked here, and why: a missing peer, a machine too small.
    ///
    /// # Errors
    /// [`Error::Unknown`] if the claim declares no such bar.
    pub fn not_checked(&mut self, bar: &str, reason: impl Into<String>) -> Result<()> {
        self.evidence.bar(bar)?.not_checked(reason);
        Ok(())
    }

    /// Whether the bar `bar` is meant for this scale: an experiment may leave out what only serves another.
    ///
    /// # Errors
    /// [`Error::Unknown`] if the claim declares no such bar.
    pub fn applies(&mut self, bar: &str) -> Result<bool> {
        Ok(self.evidence.bar(bar)?.status != BarStatus::NotApplicable)
    }

    /// Records something that must be known to read the figures.
    pub fn note(&mut self, note: impl Into<String>) {
        self.evidence.notes.push(note.into());
    }

    /// Records what was left out, and why.
    pub fn omit(&mut self, omission: impl Into<String>) {
        self.evidence.omissions.push(omission.into());
    }

    /// Records a work–error curve; its picture is drawn beside the evidence.
    pub fn frontier(&mut self, frontier: Frontier) {
        self.evidence.frontiers.push(frontier);
    }

    /// Writes a file beside the evidence, and records it.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `name` is not a plain file name, is one that the runner writes, or was written before;
    /// [`Error::Io`] if it cannot be written.
    pub fn artefact(&mut self, name: &str, content: impl AsRef<[u8]>) -> Result<PathBuf> {
        let plain = Path::new(name).components().eq([Component::Normal(name.as_ref())]) && !name.contains('\\');
        let taken = TAKEN.contains(&name)
            || (name.starts_with("frontier") && Path::new(name).extension().is_some_and(|e| e == "svg"))
            || self.evidence.artefacts.iter().any(|artefact| artefact.name == name);
        if !plain || taken {
            return Err(Error::parameter("artefact", format!("{name:?}"), "a plain file name that is not taken"));
        }
        let path = self.folder.join(name);
        write_atomic(&path, content.as_ref())?;
        self.evidence.artefacts.push(Artefact::of(name, content.as_ref()));
        Ok(path)
    }

    /// Ends the experiment, `error` being why it broke off if it did.
    pub(crate) fn finish(mut self, error: Option<&Error>) -> Evidence {
        if let Some(error) = error {
            self.note(format!("the experiment broke off: {error}"));
        }
        if self.interrupted() {
            self.note("interrupted: what was measured is of an experiment cut short, and decides nothing");
            for bar in &mut self.evidence.bars {
                if bar.status != BarStatus::NotApplicable {
                    bar.status = BarStatus::NotChecked;
                    bar.reason = Some("interrupted".to_owned());
                }
            }
        }
        self.evidence.finish(self.started.elapsed());
        // What did not come to its end does not hold, whatever its bars say.
        match error {
            Some(error) if of_environment(error) || self.interrupted() => self.evidence.verdict = Verdict::NotChecked,
            Some(_) => self.evidence.verdict = Verdict::Fails,
            None => {}
        }
        self.evidence
    }
}
