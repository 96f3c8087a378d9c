//! One run of a method: its seed, its limits, who watches it and what it has done so far.
//!
//! A method calls [`Run::step`] once an iteration and returns when it is told why to stop. The run owns what all
//! methods share (limits, interruption, progress, trace), the method owns its mathematics.

use crate::{Seed, Stopped, Work};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Least time between two events: 20 a second.
const EVENT_INTERVAL: Duration = Duration::from_millis(50);
/// The clock is read at least once in so many steps.
const CLOCK_STRIDE: u32 = 16;
/// A trace never holds more entries than this; it is thinned evenly when full.
const TRACE_CAPACITY: usize = 4096;

type Observer = Box<dyn FnMut(&Event) + Send>;

/// Progress, as it is shown to the observer. In JSON times are seconds.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// Steps made so far, this one included.
    pub iteration: u64,
    /// What they cost.
    pub work: Work,
    /// The error now, in the method's norm.
    #[serde(with = "crate::number::exact")]
    pub error: f64,
    /// Time spent, earlier parts of a resumed run included.
    #[serde(serialize_with = "seconds")]
    pub elapsed: Duration,
    /// Time until the limit, if there is one.
    #[serde(serialize_with = "maybe_seconds")]
    pub left: Option<Duration>,
    /// What the method has to say since the last event, if anything.
    pub message: Option<String>,
    /// Why the run ends, in its last event.
    pub stopped: Option<Stopped>,
}

/// One entry of the trace.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraceEntry {
    /// The step, counted from 1.
    pub iteration: u64,
    /// Evaluations spent by then.
    pub evaluations: u64,
    /// The error then.
    #[serde(with = "crate::number::exact")]
    pub error: f64,
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

#[allow(clippy::ref_option, reason = "the signature that serde asks for")]
fn maybe_seconds<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.as_secs_f64()).serialize(serializer)
}

/// Tells worker threads when to stop: shared by clones, cheap enough to ask in an inner loop (one clock reading).
#[derive(Clone, Debug)]
pub struct StopSignal {
    interrupt: Arc<AtomicBool>,
    deadline: Option<Instant>,
}

impl StopSignal {
    /// Why to stop, if the run was interrupted or is out of time.
    pub fn raised(&self) -> Option<Stopped> {
        if self.interrupt.load(Ordering::Relaxed) {
            Some(Stopped::Interrupted)
        } else if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            Some(Stopped::TimeLimit)
        } else {
            None
        }
    }
}

/// One run of a method.
///
/// ```
/// use ansatz_core::{Run, Seed, Stopped, Work};
/// let mut run = Run::new(Seed(1)).evaluation_limit(1000).target(1e-12);
/// // Newton's iteration for the square root of 2.
/// let (mut x, mut work) = (1.0f64, Work::default());
/// let stopped = loop {
///     x = 0.5 * (x + 2.0 / x);
///     work.evaluations += 1;
///     if let Some(why) = run.step(&work, (x * x - 2.0).abs()) {
///         break why;
///     }
/// };
/// assert_eq!(stopped, Stopped::Target);
/// assert_eq!(run.trace().len(), 5);
/// ```
pub struct Run {
    seed: Seed,
    started: Instant,
    spent_before: Duration,
    time_limit: Option<Duration>,
    evaluation_limit: Option<u64>,
    target: Option<f64>,
    observer: Option<Observer>,
    signal: StopSignal,
    iteration: u64,
    stopped: Option<Stopped>,
    message: Option<String>,
    // Steps until the clock is read again, and how many there were the last time.
    until_clock: u32,
    clock_stride: u32,
    clock: Instant,
    last_event: Option<Instant>,
    trace: Vec<TraceEntry>,
    trace_stride: u64,
}

impl Run {
    /// A run without limits that nobody watches.
    pub fn new(seed: Seed) -> Self {
        let now = Instant::now();
        Self {
            seed,
            started: now,
            spent_before: Duration::ZERO,
            time_limit: None,
            evaluation_limit: None,
            target: None,
            observer: None,
            signal: StopSignal { interrupt: Arc::new(AtomicBool::new(false)), deadline: None },
            iteration: 0,
            stopped: None,
            message: None,
            until_clock: 1,
            clock_stride: 1,
            clock: now,
            last_event: None,
            trace: Vec::new(),
            trace_stride: 1,
        }
    }

    /// Stops once so much time is spent, counted from [`Run::new`]. A limit beyond what the clock can count is none.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = Some(limit);
        self.set_deadline();
        self
    }

    /// Time that an earlier part of this run has already spent: it counts in [`Run::elapsed`] and towards the limit.
    #[must_use]
    pub fn already_spent(mut self, spent: Duration) -> Self {
        self.spent_before = spent;
        self.set_deadline();
        self
    }

    /// Stops once [`Work::evaluations`] has reached `limit`.
    #[must_use]
    pub fn evaluation_limit(mut self, limit: u64) -> Self {
        self.evaluation_limit = Some(limit);
        self
    }

    /// Stops once the error is at most `target`.
    #[must_use]
    pub fn target(mut self, target: f64) -> Self {
        self.target = Some(target);
        self
    }

    /// Calls `observer` with the progress, at most 20 times a second, and once more when the run ends in a step.
    #[must_use]
    pub fn observer(mut self, observer: impl FnMut(&Event) + Send + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Stops as [`Stopped::Interrupted`] as soon as `flag` is true.
    #[must_use]
    pub fn interrupt(mut self, flag: Arc<AtomicBool>) -> Self {
        self.signal.interrupt = flag;
        self
    }

    fn set_deadline(&mut self) {
        let left = self.time_limit.map(|limit| limit.saturating_sub(self.spent_before));
        self.signal.deadline = left.and_then(|left| self.started.checked_add(left));
    }

    /// The root of all randomness of this run.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// Reports one step: what all steps have cost together, and the error now. The answer is why to stop, if so.
    ///
    /// Cheap enough for millions of calls a second: the clock is read in one of up to 16 steps, fewer where the
    /// steps are slow. A method whose steps turn slow after quick ones asks [`Run::stop_requested`] in between.
    pub fn step(&mut self, work: &Work, error: f64) -> Option<Stopped> {
        self.iteration += 1;
        self.record(work, error);
        self.until_clock -= 1;
        if self.until_clock == 0 {
            let now = Instant::now();
            let slow = now.duration_since(self.clock) > Duration::from_millis(1);
            self.clock_stride = if slow { 1 } else { CLOCK_STRIDE.min(2 * self.clock_stride) };
            self.until_clock = self.clock_stride;
            self.clock = now;
        }
        self.stopped = if error.is_nan() {
            Some(Stopped::NotANumber { iteration: self.iteration })
        } else if self.target.is_some_and(|target| error <= target) {
            Some(Stopped::Target)
        } else if self.evaluation_limit.is_some_and(|limit| work.evaluations >= limit) {
            Some(Stopped::EvaluationLimit)
        } else if self.signal.interrupt.load(Ordering::Relaxed) {
            Some(Stopped::Interrupted)
        } else if self.signal.deadline.is_some_and(|deadline| self.clock >= deadline) {
            Some(Stopped::TimeLimit)
        } else {
            None
        };
        let due = self.last_event.is_none_or(|last| self.clock.saturating_duration_since(last) >= EVENT_INTERVAL);
        if self.observer.is_some() && (due || self.stopped.is_some()) {
            self.notify(work, error);
        }
        self.stopped
    }

    fn notify(&mut self, work: &Work, error: f64) {
        let event = Event {
            iteration: self.iteration,
            work: work.clone(),
            error,
            elapsed: self.elapsed(),
            left: self.time_left(),
            message: self.message.take(),
            stopped: self.stopped,
        };
        if let Some(observer) = &mut self.observer {
            observer(&event);
        }
        // After the call: a slow observer must not be called again at once.
        self.last_event = Some(Instant::now());
    }

    fn record(&mut self, work: &Work, error: f64) {
        if (self.iteration - 1).is_multiple_of(self.trace_stride) {
            if self.trace.len() == TRACE_CAPACITY {
                let mut even = false;
                self.trace.retain(|_| {
                    even = !even;
                    even
                });
                self.trace_stride *= 2;
                if !(self.iteration - 1).is_multiple_of(self.trace_stride) {
                    return;
                }
            }
            self.trace.push(TraceEntry { iteration: self.iteration, evaluations: work.evaluations, error });
        }
    }

    /// Leaves a message for the next event; a newer one takes its place.
    pub fn message(&mut self, message: impl Into<String>) {
        if self.observer.is_some() {
            self.message = Some(message.into());
        }
    }

    /// Why to stop, if the last step ended the run, or it was interrupted, or is out of time. Leaves no trace.
    pub fn stop_requested(&self) -> Option<Stopped> {
        self.stopped.or_else(|| self.signal.raised())
    }

    /// A handle by which worker threads learn of interruption and the end of the time.
    pub fn signal(&self) -> StopSignal {
        self.signal.clone()
    }

    /// Steps made so far.
    pub fn iterations(&self) -> u64 {
        self.iteration
    }

    /// Time spent, earlier parts of a resumed run included.
    pub fn elapsed(&self) -> Duration {
        self.spent_before + self.started.elapsed()
    }

    /// Time until the limit; `None` without a limit.
    pub fn time_left(&self) -> Option<Duration> {
        self.time_limit.map(|limit| limit.saturating_sub(self.elapsed()))
    }

    /// The error step by step. A long trace is thinned: evenly spaced steps, the first always among them, 4096 at most.
    pub fn trace(&self) -> &[TraceEntry] {
        &self.trace
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("seed", &self.seed)
            .field("iteration", &self.iteration)
            .field("time_limit", &self.time_limit)
            .field("evaluation_limit", &self.evaluation_limit)
            .field("target", &self.target)
            .field("stopped", &self.stopped)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    fn steps(run: &mut Run, mut error: impl FnMut(u64) -> f64) -> (Stopped, u64) {
        let mut work = Work::default();
        loop {
            work.evaluations += 2;
            if let Some(why) = run.step(&work, error(work.evaluations)) {
                return (why, run.iterations());
            }
        }
    }

    #[test]
    fn each_limit_stops_with_its_reason() {
        let mut run = Run::new(Seed(1)).evaluation_limit(9);
        assert_eq!(steps(&mut run, |_| 1.0), (Stopped::EvaluationLimit, 5));
        let mut run = Run::new(Seed(1)).target(0.25);
        assert_eq!(steps(&mut run, |n| 1.0 / n as f64), (Stopped::Target, 2));
        assert_eq!(run.stop_requested(), Some(Stopped::Target));
        let mut run = Run::new(Seed(1));
        let error = |n| if n < 6 { f64::INFINITY } else { f64::NAN };
        assert_eq!(steps(&mut run, error), (Stopped::NotANumber { iteration: 3 }, 3));
    }

    #[test]
    fn the_flag_interrupts_run_and_workers() {
        let flag = Arc::new(AtomicBool::new(false));
        let mut run = Run::new(Seed(1)).interrupt(Arc::clone(&flag));
        let signal = run.signal();
        assert_eq!((run.step(&Work::default(), 1.0), run.stop_requested(), signal.raised()), (None, None, None));
        flag.store(true, Ordering::Relaxed);
        let interrupted = Some(Stopped::Interrupted);
        assert_eq!((run.stop_requested(), signal.raised()), (interrupted, interrupted));
        assert_eq!(run.step(&Work::default(), 1.0), interrupted);
    }

    #[test]
    fn time_limit_holds_for_quick_and_slow_steps() {
        for pause in [Duration::ZERO, Duration::from_millis(7)] {
            let start = Instant::now();
            let mut run = Run::new(Seed(1)).time_limit(Duration::from_millis(60));
            let (why, _) = steps(&mut run, |_| {
                if !pause.is_zero() {
                    std::thread::sleep(pause);
                }
                1.0
            });
            assert_eq!(why, Stopped::TimeLimit);
            assert!(start.elapsed() >= Duration::from_millis(60));
            assert!(start.elapsed() < Duration::from_secs(2), "stopped only after {:?}", start.elapsed());
            assert_eq!(run.time_left(), Some(Duration::ZERO));
        }
    }

    #[test]
    fn a_resumed_run_has_only_the_rest_of_its_time() {
        let hour = Duration::from_secs(3600);
        for run in [
            Run::new(Seed(1)).time_limit(hour).already_spent(hour),
            Run::new(Seed(1)).already_spent(2 * hour).time_limit(hour),
        ] {
            assert!(run.elapsed() >= hour);
            assert_eq!((run.stop_requested(), run.time_left()), (Some(Stopped::TimeLimit), Some(Duration::ZERO)));
        }
        // A limit that the clock cannot count is no limit, and no panic.
        assert_eq!(Run::new(Seed(1)).time_limit(Duration::MAX).stop_requested(), None);
    }

    #[test]
    fn events_are_throttled_and_the_last_one_says_why() {
        let seen = Arc::new(Mutex::new(Vec::<(Instant, Event)>::new()));
        let sink = Arc::clone(&seen);
        let mut run = Run::new(Seed(1))
            .time_limit(Duration::from_millis(230))
            .observer(move |event| sink.lock().unwrap().push((Instant::now(), event.clone())));
        run.message("begun");
        steps(&mut run, |_| 1.0);
        let seen = seen.lock().unwrap();
        assert!(seen.len() >= 2 && seen.len() <= 6, "{} events", seen.len());
        for pair in seen[..seen.len() - 1].windows(2) {
            assert!(pair[1].0 - pair[0].0 >= EVENT_INTERVAL);
        }
        assert_eq!(seen[0].1.message.as_deref(), Some("begun"));
        assert_eq!(seen[1].1.message, None);
        let last = &seen[seen.len() - 1].1;
        assert_eq!((last.stopped, last.iteration), (Some(Stopped::TimeLimit), run.iterations()));
    }

    #[test]
    fn a_long_trace_is_thinned_evenly() {
        let mut run = Run::new(Seed(1)).evaluation_limit(200_000);
        steps(&mut run, |n| 1.0 / n as f64);
        let trace = run.trace();
        assert!(trace.len() > TRACE_CAPACITY / 2 - 2 && trace.len() <= TRACE_CAPACITY, "{}", trace.len());
        for (i, entry) in trace.iter().enumerate() {
            assert_eq!(entry.iteration, 1 + i as u64 * run.trace_stride);
            assert_eq!(entry.evaluations, 2 * entry.iteration);
        }
    }

    #[test]
    fn events_and_traces_are_json_even_without_a_finite_error() {
        let entry = TraceEntry { iteration: 1, evaluations: 2, error: f64::INFINITY };
        let text = serde_json::to_string(&entry).unwrap();
        assert_eq!(text, r#"{"iteration":1,"evaluations":2,"error":"inf"}"#);
        assert_eq!(serde_json::from_str::<TraceEntry>(&text).unwrap(), entry);
        let packed = rmp_serde::to_vec_named(&entry).unwrap();
        assert_eq!(rmp_serde::from_slice::<TraceEntry>(&packed).unwrap(), entry);
        let event = Event {
            iteration: 1,
            work: Work::default(),
            error: f64::NAN,
            elapsed: Duration::from_millis(1500),
            left: Some(Duration::from_secs(2)),
            message: None,
            stopped: Some(Stopped::NotANumber { iteration: 1 }),
        };
        let value = serde_json::to_value(&event).unwrap();
        let field = |name: &str| value[name].to_string();
        assert_eq!((field("error"), field("elapsed"), field("left")), ("\"NaN\"".into(), "1.5".into(), "2.0".into()));
        assert_eq!(field("stopped"), r#"{"not-a-number":{"iteration":1}}"#);
    }

    #[test]
    fn a_million_steps_take_a_fraction_of_a_second() {
        let start = Instant::now();
        let mut run =
            Run::new(Seed(1)).evaluation_limit(2_000_000).time_limit(Duration::from_secs(60)).observer(|_| {});
        assert_eq!(steps(&mut run, |_| 1.0).1, 1_000_000);
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    }
}
