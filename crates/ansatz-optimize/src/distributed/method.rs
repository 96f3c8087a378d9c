//! What a method of distributed optimisation is: what each worker proposes to send, what it makes of what was sent, and
//! how the messages move all.
//!
//! ```text
//! worker i:  v_i = propose(g_i),   Δ_i = C(v_i) is sent,   accept(Δ_i)
//! all:       h ← h + (1/n) Σ Δ_i   or   h = (1/n) Σ Δ_i,   then   x ← x − γ h
//! ```

use ansatz_core::Result;

/// What a worker has in its hands in a round.
#[derive(Clone, Copy, Debug)]
pub struct Local<'a> {
    /// The worker, from 0.
    pub worker: usize,
    /// Whether this is its first round.
    pub first: bool,
    /// Its gradient `g_i`.
    pub gradient: &'a [f64],
}

/// What becomes of the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combination {
    /// `h ← h + (1/n) Σ Δ_i`: messages are changes, and a worker that is silent changes nothing.
    Sum,
    /// `h = mean Δ_i` of the workers that spoke.
    Mean,
}

/// How the first message of a worker is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// Every entry, in single precision: the estimate of the gradient starts right.
    #[default]
    Dense,
    /// Compressed like every other.
    Compressed,
}

/// A method.
pub trait Method: Sync {
    /// Its name.
    fn name(&self) -> &'static str;

    /// Its parameters, as part of a name.
    fn parameters(&self) -> String;

    /// Authors, year and arXiv number of its source.
    fn citation(&self) -> &'static str;

    /// Refuses parameters out of range, and what does not fit `workers` workers in dimension `dim`.
    ///
    /// # Errors
    /// `Error::Parameter` that names the parameter, its value and what is allowed.
    fn check(&self, workers: usize, dim: usize) -> Result<()>;

    /// The step size `γ`.
    fn gamma(&self) -> f64;

    /// How many vectors a worker keeps. They are zero at first.
    fn vectors(&self) -> usize;

    /// What becomes of the messages.
    fn combination(&self) -> Combination;

    /// How the first message is sent.
    fn start(&self) -> Start {
        Start::Compressed
    }

    /// Whether messages are compressed at all.
    fn compresses(&self) -> bool {
        true
    }

    /// Writes to `v` what is to be sent.
    fn propose(&self, local: &Local, memory: &mut [Vec<f64>], v: &mut [f64]);

    /// Takes note of what was sent: `delta` is what the receiver reads.
    fn accept(&self, local: &Local, memory: &mut [Vec<f64>], delta: &[f64]);
}
