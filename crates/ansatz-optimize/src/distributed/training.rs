//! The rounds of a distributed method: gradients, messages, steps; and what they cost.
//!
//! Every member of the group holds some of the workers, gathers the messages of all, and makes the same step: nobody is
//! a server, and the sum over the workers is in their order however they are shared out. Draws come from streams that
//! worker and round address. So results do not depend on the size of the group, bit for bit.
//!
//! A round costs every worker a gradient and a compression, and every member the reading of `n` messages. What is
//! counted as sent is the messages of the workers, as encoded.

use super::communicator::{Communicator, share};
use super::compress::draw;
use super::compress::{Compressor, Dense};
use super::method::{Combination, Local, Method, Start};
use super::packet::{pack, pack_fault, unpack};
use super::saved::{Place, Saved, State};
use super::{Problem, on_threads};
use crate::vector::{add_scaled, check, norm};
use ansatz_core::{Checkpoint, Error, Result, Run, Seed, Stopped, Stream, Work};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The name of the count of what workers send.
const BYTES: &str = "bytes sent";
/// Iterates that are longer than this have gone astray.
const DIVERGED: f64 = 1e12;

/// A distributed method at work.
#[derive(Clone)]
pub struct Training<'a> {
    method: &'a dyn Method,
    compressor: &'a dyn Compressor,
    rounds: u64,
    every: u64,
    threads: usize,
    participants: Option<usize>,
    place: Option<Place>,
}

/// How far a training was after some round.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Rounds made.
    pub round: u64,
    /// Bytes sent by all workers together.
    pub bytes: u64,
    /// The error, in the problem's measure.
    pub error: f64,
}

/// What a training came to.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The last iterate.
    pub x: Vec<f64>,
    /// The error before the first round and after every so many.
    pub history: Vec<Point>,
    /// What the workers of this member keep: the method's vectors, in its order.
    pub memories: Vec<Vec<Vec<f64>>>,
    /// Rounds as iterations, gradients as evaluations, and "bytes sent" by name.
    pub work: Work,
    /// [`Stopped::EvaluationLimit`] after the last round, or the run's reason.
    pub stopped: Stopped,
}

impl Trained {
    /// The error at the end.
    pub fn error(&self) -> f64 {
        self.history.last().map_or(f64::NAN, |point| point.error)
    }

    /// The first record with an error of at most `error`.
    pub fn reached(&self, error: f64) -> Option<Point> {
        self.history.iter().find(|point| point.error <= error).copied()
    }

    /// The mean error over the records of the last `rounds` rounds.
    pub fn floor(&self, rounds: u64) -> f64 {
        let last = self.history.last().map_or(0, |point| point.round);
        let errors = self.history.iter().filter(|point| point.round + rounds > last).map(|point| point.error);
        let (count, sum) = errors.fold((0u32, 0.0), |(count, sum), error| (count + 1, sum + error));
        sum / f64::from(count)
    }
}

impl<'a> Training<'a> {
    /// 1000 rounds of `method`, its messages shortened by `compressor`, on one thread.
    pub fn new(method: &'a dyn Method, compressor: &'a dyn Compressor) -> Self {
        Self { method, compressor, rounds: 1000, every: 1, threads: 1, participants: None, place: None }
    }

    /// Ends after so many rounds.
    #[must_use]
    pub fn rounds(mut self, rounds: u64) -> Self {
        self.rounds = rounds;
        self
    }

    /// Records the error every so many rounds, and after the last. Where it costs as much as a round, that matters.
    #[must_use]
    pub fn record_every(mut self, rounds: u64) -> Self {
        self.every = rounds;
        self
    }

    /// Shares the workers among so many threads.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Lets only so many workers, drawn anew each round, take part: the others compute nothing and stay as they are.
    #[must_use]
    pub fn participants(mut self, workers: usize) -> Self {
        self.participants = Some(workers);
        self
    }

    /// Saves the state to `path` every so many rounds and when the run stops, and goes on from the state that is there.
    #[must_use]
    pub fn checkpoint(mut self, path: impl Into<PathBuf>, every: u64) -> Self {
        self.place = Some(Place { path: path.into(), every });
        self
    }

    /// Minimises `problem` on the threads of this process.
    ///
    /// The run makes one step a record.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a parameter out of range, and for a step size with which the iterates pass `10¹²`;
    /// [`Error::NotFinite`] with the worker whose gradient is not; those of a checkpoint. A run that ends early is none.
    pub fn solve(&self, problem: &dyn Problem, run: &mut Run) -> Result<Trained> {
        let seed = run.seed();
        let lead = |group: &mut dyn Communicator| self.member(problem, group, seed, Some(run));
        on_threads(self.threads, lead, |group| self.member(problem, group, seed, None).map(drop))
    }

    /// Minimises `problem` as a member of `group`; all members call this with the same training, problem and seed. The
    /// run of rank 0 decides when to stop.
    ///
    /// # Errors
    /// See [`solve`](Self::solve); and those of the group.
    pub fn solve_in(&self, problem: &dyn Problem, group: &mut dyn Communicator, run: &mut Run) -> Result<Trained> {
        let seed = run.seed();
        let leads = group.rank() == 0;
        self.member(problem, group, seed, leads.then_some(run))
    }

    fn check(&self, problem: &dyn Problem) -> Result<()> {
        let (workers, dim) = (problem.workers(), problem.dim());
        if workers == 0 || dim == 0 {
            let value = format!("of {workers} workers and dimension {dim}");
            return Err(Error::parameter("the problem", value, "of at least one worker and dimension 1"));
        }
        self.method.check(workers, dim)?;
        self.compressor.check(dim)?;
        for (name, value) in [("rounds", self.rounds), ("the rounds between two records", self.every)] {
            if value == 0 {
                return Err(Error::parameter(name, 0, "at least 1"));
            }
        }
        if self.place.as_ref().is_some_and(|place| place.every == 0) {
            return Err(Error::parameter("the rounds between two checkpoints", 0, "at least 1"));
        }
        match self.participants {
            Some(m) if !(1..=workers).contains(&m) => {
                Err(Error::parameter("participants", m, format!("from 1 to {workers}, the number of workers")))
            }
            _ => Ok(()),
        }
    }

    /// Everything that decides about the iterates.
    fn setting(&self, problem: &dyn Problem, seed: Seed) -> String {
        let part = self.participants.map_or(String::new(), |m| format!(", {m} workers a round"));
        format!(
            "{}; {} with {}; {}; record every {}{part}; seed {}",
            problem.name(),
            self.method.name(),
            self.method.parameters(),
            self.compressor.name(),
            self.every,
            seed.0
        )
    }

    fn member(
        &self,
        problem: &dyn Problem,
        group: &mut dyn Communicator,
        seed: Seed,
        mut run: Option<&mut Run>,
    ) -> Result<Trained> {
        self.check(problem)?;
        let setting = self.setting(problem, seed);
        let mut state = self.begin(problem, group, &setting, run.as_deref_mut())?;
        let mut checkpoint = match &self.place {
            Some(place) if group.rank() == 0 => Some(place.checkpoint()?),
            _ => None,
        };
        let mut desk = Desk::new(problem.dim());
        let stopped = loop {
            let last = state.round == self.rounds;
            let due = last || state.round.is_multiple_of(self.every);
            let verdict = run
                .as_deref_mut()
                .and_then(|run| if due { record(problem, &mut state, run) } else { run.stop_requested() });
            let verdict = agree(group, verdict)?.or_else(|| last.then_some(Stopped::EvaluationLimit));
            if let Some(why) = verdict {
                self.save(group, checkpoint.as_mut(), &setting, &state)?;
                break why;
            }
            if self.place.as_ref().is_some_and(|place| state.round.is_multiple_of(place.every) && state.round > 0) {
                self.save(group, checkpoint.as_mut(), &setting, &state)?;
            }
            self.round(problem, group, seed, &mut state, &mut desk)?;
        };
        let work = work(&state);
        Ok(Trained { x: state.x, history: state.history, memories: state.memories, work, stopped })
    }

    /// The saved state, or the first one. Rank 0 reads the file and tells the others.
    fn begin(
        &self,
        problem: &dyn Problem,
        group: &mut dyn Communicator,
        setting: &str,
        run: Option<&mut Run>,
    ) -> Result<State> {
        let own = share(group, problem.workers());
        if let Some(place) = &self.place {
            let loaded = if group.rank() == 0 { place.load(setting) } else { Ok((None, None)) };
            let (loaded, warning) = together(group, loaded)?;
            if let (Some(run), Some(warning)) = (run, warning) {
                run.message(warning);
            }
            let said = group.all_gather(to_bytes(&loaded)?)?;
            if let Some(mut state) = from_bytes::<Option<State>>(&said[0])? {
                if state.round > self.rounds {
                    let allowed = format!("at least {}, which the saved state has made", state.round);
                    return Err(Error::parameter("rounds", self.rounds, allowed));
                }
                state.memories = state.memories.drain(own).collect();
                // A last record may have been out of turn.
                state.history.retain(|point| point.round.is_multiple_of(self.every));
                return Ok(state);
            }
        }
        let (x, dim) = (problem.start(), problem.dim());
        check("the start", &x, dim)?;
        let memories = vec![vec![vec![0.0; dim]; self.method.vectors()]; own.len()];
        let started = vec![false; problem.workers()];
        Ok(State { round: 0, x, h: vec![0.0; dim], gradients: 0, bytes: 0, history: Vec::new(), started, memories })
    }

    /// Saves the state of all workers. Collective.
    fn save(
        &self,
        group: &mut dyn Communicator,
        checkpoint: Option<&mut Checkpoint>,
        setting: &str,
        state: &State,
    ) -> Result<()> {
        if self.place.is_none() {
            return Ok(());
        }
        let mut memories = Vec::new();
        for part in group.all_gather(to_bytes(&state.memories)?)? {
            memories.extend(from_bytes::<Vec<Vec<Vec<f64>>>>(&part)?);
        }
        let saved = match checkpoint {
            Some(checkpoint) => {
                let state = State { memories, ..state.clone() };
                checkpoint.save(&Saved { setting: setting.to_owned(), state })
            }
            None => Ok(()),
        };
        together(group, saved)
    }

    /// One round.
    fn round(
        &self,
        problem: &dyn Problem,
        group: &mut dyn Communicator,
        seed: Seed,
        state: &mut State,
        desk: &mut Desk,
    ) -> Result<()> {
        let workers = problem.workers();
        let present = self.present(workers, seed, state.round);
        let mut messages = Vec::new();
        let mut fault = None;
        for (i, memory) in share(group, workers).zip(&mut state.memories) {
            if !present[i] || fault.is_some() {
                messages.push(None);
                continue;
            }
            let at = At { worker: i, round: state.round, first: !state.started[i], x: &state.x };
            match self.work(problem, &at, seed, memory, desk) {
                Ok(message) => messages.push(Some(message)),
                // The others hear of it, so that all end with the same sentence.
                Err(Error::NotFinite { quantity, place }) => fault = Some((quantity, place)),
                Err(other) => return Err(other),
            }
        }
        let packet = match fault {
            Some((quantity, place)) => pack_fault(&quantity, &place),
            None => pack(&messages),
        };
        let said = group.all_gather(packet)?;
        self.step(&said, &present, state, desk)
    }

    /// A worker's part: its gradient, and the message.
    fn work(
        &self,
        problem: &dyn Problem,
        at: &At,
        seed: Seed,
        memory: &mut [Vec<f64>],
        desk: &mut Desk,
    ) -> Result<Vec<u8>> {
        let broken = |quantity: &str| Error::NotFinite {
            quantity: format!("the {quantity} of worker {}", at.worker + 1),
            place: format!("round {}", at.round + 1),
        };
        let index = at.round * problem.workers() as u64 + at.worker as u64;
        problem.gradient(at.worker, at.x, &mut seed.stream("gradients", index), &mut desk.gradient);
        if desk.gradient.iter().any(|value| !value.is_finite()) {
            return Err(broken("gradient"));
        }
        let local = Local { worker: at.worker, first: at.first, gradient: &desk.gradient };
        self.method.propose(&local, memory, &mut desk.v);
        let mut message = Vec::new();
        let encoding = self.encoding(at.first);
        encoding.encode(&desk.v, &mut seed.stream("compression", index), &mut message);
        // What the others will read is what was sent, its rounding included.
        encoding.decode(&message, &mut desk.delta)?;
        if desk.delta.iter().any(|value| !value.is_finite()) {
            return Err(broken("message, in single precision,"));
        }
        self.method.accept(&local, memory, &desk.delta);
        Ok(message)
    }

    /// Everybody's part: the sum of the messages, and the step.
    fn step(&self, said: &[Vec<u8>], present: &[bool], state: &mut State, desk: &mut Desk) -> Result<()> {
        let (mut worker, mut spoke) = (0, 0u64);
        desk.sum.fill(0.0);
        for packet in said {
            unpack(packet, |message| {
                let Some(started) = state.started.get_mut(worker) else {
                    return Err(Error::parameter("a message", "of nobody", "of one of the workers"));
                };
                if let Some(message) = message {
                    self.encoding(!*started).decode(message, &mut desk.delta)?;
                    add_scaled(1.0, &desk.delta, &mut desk.sum);
                    *started = true;
                    state.bytes += message.len() as u64;
                    spoke += 1;
                }
                worker += 1;
                Ok(())
            })?;
        }
        let share = match self.method.combination() {
            Combination::Sum => 1.0 / present.len() as f64,
            Combination::Mean => {
                state.h.fill(0.0);
                1.0 / spoke as f64
            }
        };
        // h ← h + mean Δ, x ← x − γ h
        add_scaled(share, &desk.sum, &mut state.h);
        add_scaled(-self.method.gamma(), &state.h, &mut state.x);
        state.round += 1;
        state.gradients += spoke;
        let length = norm(&state.x);
        if length.is_nan() || length > DIVERGED {
            let name = self.method.name();
            let allowed = format!("smaller for {name} here: ‖x‖ is {length:.1e} after round {}", state.round);
            return Err(Error::parameter("gamma", self.method.gamma(), allowed));
        }
        Ok(())
    }

    /// How a message is encoded.
    fn encoding(&self, first: bool) -> Encoding<'_> {
        if !self.method.compresses() || (first && self.method.start() == Start::Dense) {
            Encoding::Dense(self.compressor.precision())
        } else {
            Encoding::Compressed(self.compressor)
        }
    }

    /// Who takes part in a round.
    fn present(&self, workers: usize, seed: Seed, round: u64) -> Vec<bool> {
        let Some(m) = self.participants else { return vec![true; workers] };
        let mut present = vec![false; workers];
        for i in draw(workers, m, &mut seed.stream("participants", round)) {
            present[i] = true;
        }
        present
    }
}

/// A worker in a round.
struct At<'a> {
    worker: usize,
    round: u64,
    first: bool,
    x: &'a [f64],
}

/// Vectors that a round needs and nobody keeps.
struct Desk {
    gradient: Vec<f64>,
    v: Vec<f64>,
    delta: Vec<f64>,
    sum: Vec<f64>,
}

impl Desk {
    fn new(dim: usize) -> Self {
        let zeros = || vec![0.0; dim];
        Self { gradient: zeros(), v: zeros(), delta: zeros(), sum: zeros() }
    }
}

/// How one message is encoded.
enum Encoding<'a> {
    Dense(Dense),
    Compressed(&'a dyn Compressor),
}

impl Encoding<'_> {
    fn encode(&self, v: &[f64], stream: &mut Stream, message: &mut Vec<u8>) {
        match self {
            Self::Dense(dense) => dense.encode(v, stream, message),
            Self::Compressed(compressor) => compressor.encode(v, stream, message),
        }
    }

    fn decode(&self, message: &[u8], v: &mut [f64]) -> Result<()> {
        match self {
            Self::Dense(dense) => dense.decode(message, v),
            Self::Compressed(compressor) => compressor.decode(message, v),
        }
    }
}

fn work(state: &State) -> Work {
    let mut work = Work { iterations: state.round, evaluations: state.gradients, ..Work::default() };
    work.add(BYTES, state.bytes);
    work
}

/// Records the error, and asks the run whether to stop.
fn record(problem: &dyn Problem, state: &mut State, run: &mut Run) -> Option<Stopped> {
    let error = problem.error(&state.x);
    if state.history.last().is_none_or(|last| last.round < state.round) {
        state.history.push(Point { round: state.round, bytes: state.bytes, error });
    }
    run.step(&work(state), error)
}

/// What rank 0 has decided. Collective.
fn agree(group: &mut dyn Communicator, verdict: Option<Stopped>) -> Result<Option<Stopped>> {
    let said = group.all_gather(if group.rank() == 0 { to_bytes(&verdict)? } else { Vec::new() })?;
    from_bytes(said.first().map_or(&[], |bytes| bytes))
}

/// What all members have done; if one has failed, all do, so that nobody waits for it. Collective.
fn together<T>(group: &mut dyn Communicator, result: Result<T>) -> Result<T> {
    let failure = result.as_ref().err().map(ToString::to_string);
    let said = group.all_gather(to_bytes(&failure)?)?;
    let value = result?;
    for (rank, bytes) in said.iter().enumerate() {
        if let Some(reason) = from_bytes::<Option<String>>(bytes)? {
            return Err(Error::Environment { what: format!("member {rank} of the group"), reason });
        }
    }
    Ok(value)
}

/// Numbers survive: JSON of finite doubles is exact here, and nothing else is in a state.
fn to_bytes(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|e| Error::refused(format!("a state cannot be written down: {e}")))
}

fn from_bytes<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes)
        .map_err(|e| Error::refused(format!("a member of the group says what is no state: {e}")))
}
