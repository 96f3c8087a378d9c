//! Half a sweep: every line of one factor is solved for, with the other factor fixed.
//!
//! Lines are independent of each other, so they are spread over threads in blocks of a fixed size; sums over lines are
//! taken in the order of the blocks. The result has the same bits for every number of threads.

use super::inner::{Inner, LineSolver, Tally};
use super::observations::Lines;
use ansatz_core::{Error, Result, Seed};
use rayon::prelude::*;

/// Lines that a thread takes at once.
const BLOCK: usize = 16;

/// Threads to work with.
#[derive(Debug)]
pub(crate) struct Workers(Option<rayon::ThreadPool>);

impl Workers {
    /// So many threads; 0 for all cores.
    pub(crate) fn new(threads: usize) -> Result<Self> {
        if threads == 1 {
            return Ok(Self(None));
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|e| Error::Environment { what: "a thread pool".into(), reason: e.to_string() })?;
        Ok(Self(Some(pool)))
    }

    /// Calls `work` with the number of the first line of each block, its part of `out` (`k` numbers a line), and a state
    /// that each thread makes for itself; gives the results in the order of the blocks.
    pub(crate) fn blocks<S, R: Send>(
        &self,
        out: &mut [f64],
        k: usize,
        state: impl Fn() -> S + Sync,
        work: impl Fn(&mut S, usize, &mut [f64]) -> R + Sync,
    ) -> Vec<R> {
        match &self.0 {
            None => {
                let mut own = state();
                out.chunks_mut(BLOCK * k).enumerate().map(|(i, part)| work(&mut own, BLOCK * i, part)).collect()
            }
            Some(pool) => pool.install(|| {
                let parts = out.par_chunks_mut(BLOCK * k).enumerate();
                parts.map_init(&state, |own, (i, part)| work(own, BLOCK * i, part)).collect()
            }),
        }
    }
}

/// Improves every line of `out` (`lines.count() × k`), with the factor `fixed` and the ridge `ridge` of each unknown.
pub(crate) fn half_sweep(
    lines: &Lines,
    fixed: &[f64],
    out: &mut [f64],
    ridge: &[f64],
    inner: Inner,
    seed: Seed,
    workers: &Workers,
) -> Result<Tally> {
    let k = ridge.len();
    let parts = workers.blocks(
        out,
        k,
        || LineSolver::new(inner, ridge, seed),
        |solver, first, part| {
            let mut sum = Tally::default();
            for (i, v) in part.chunks_exact_mut(k).enumerate() {
                let (index, values) = lines.line(first + i);
                let tally = solver.solve(first + i, fixed, index, values, v)?;
                sum.square += tally.square;
                sum.operations += tally.operations;
                sum.rescued += tally.rescued;
            }
            Ok(sum)
        },
    );
    let mut sum = Tally::default();
    for part in parts {
        let part: Tally = part?;
        sum.square += part.square;
        sum.operations += part.operations;
        sum.rescued += part.rescued;
    }
    Ok(sum)
}
