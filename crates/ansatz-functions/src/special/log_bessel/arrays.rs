//! Whole arrays: checked, several values at once, on several threads, with the bits of single values.

use super::branch::{Branch, branch};
use super::lanes::Lanes;
use super::{Kind, Mode, Scaling, at_the_edge, debye, hankel, inside, series};
use ansatz_core::{Error, Result};
use rayon::prelude::*;

/// Values side by side.
const WIDTH: usize = 8;
/// Values that are sorted by branch together.
const BLOCK: usize = 512;

/// A function and how it is to be computed.
///
/// ```
/// use ansatz_functions::special::LogBessel;
/// let mut out = [0.0; 2];
/// // One order for all arguments; the scaled function on two threads.
/// LogBessel::k().scaled().threads(2).fill(&[2.5], &[1e-3, 1e3], &mut out)?;
/// assert_eq!(out[1], LogBessel::k().scaled().value(2.5, 1e3));
/// let error = LogBessel::i().fill(&[1.0], &[1.0, -2.0], &mut out).unwrap_err();
/// assert_eq!(error.to_string(), "x[1] is -2, but must be finite and not negative");
/// # Ok::<(), ansatz_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogBessel {
    /// Which function.
    pub kind: Kind,
    /// Its factor.
    pub scaling: Scaling,
    /// Where the branches meet.
    pub mode: Mode,
    /// Threads for arrays: 1 is the caller alone, 0 the pool that it is in, any other number a pool of its own, whose start
    /// takes some 0.1 ms. The values are the same for every number.
    pub threads: usize,
}

impl LogBessel {
    /// `log I_v(x)`, on one thread.
    pub const fn i() -> Self {
        Self { kind: Kind::I, scaling: Scaling::None, mode: Mode::Strict, threads: 1 }
    }

    /// `log K_v(x)`, on one thread.
    pub const fn k() -> Self {
        Self { kind: Kind::K, scaling: Scaling::None, mode: Mode::Strict, threads: 1 }
    }

    /// The function times `e^∓x`.
    #[must_use]
    pub const fn scaled(self) -> Self {
        Self { scaling: Scaling::Exponential, ..self }
    }

    /// With the branches of `mode`.
    #[must_use]
    pub const fn mode(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }

    /// On so many threads; 0 for those of the current pool.
    #[must_use]
    pub const fn threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    /// The value at `v` and `x`; not-a-number for negative `x`, for negative `v` of `I`, and for not-a-number.
    pub fn value(&self, v: f64, x: f64) -> f64 {
        let v = self.order(v);
        at_the_edge(self.kind, self.scaling, v, x).unwrap_or_else(|| inside(self.kind, self.scaling, self.mode, v, x))
    }

    /// `K` is even in its order.
    #[inline(always)]
    fn order(&self, v: f64) -> f64 {
        match self.kind {
            Kind::I => v,
            Kind::K => v.abs(),
        }
    }

    /// Writes the values at the pairs of `v` and `x` to `out`; either may be a single number for all.
    ///
    /// At `x = 0` values can be infinite, as those of [`value`](Self::value).
    ///
    /// # Errors
    /// [`Error::Parameter`] if the lengths do not fit, or with the index of the first number that is not finite or, of `x`
    /// or the orders of `I`, negative; `out` is unchanged then. [`Error::Environment`] if threads cannot be started.
    pub fn fill(&self, v: &[f64], x: &[f64], out: &mut [f64]) -> Result<()> {
        let length = if v.len() == 1 { x.len() } else { v.len() };
        if x.len() != length && x.len() != 1 {
            let allowed = format!("1 or as many as orders, {length}");
            return Err(Error::parameter("the number of arguments", x.len(), allowed));
        }
        if out.len() != length {
            return Err(Error::parameter("the length of the output", out.len(), format!("{length}, as the input's")));
        }
        // K is even in its order.
        let least = if self.kind == Kind::I { 0.0 } else { f64::MIN };
        allowed("v", v, least)?;
        allowed("x", x, 0.0)?;
        let fill = |start: usize, out: &mut [f64]| {
            let end = start + out.len();
            let v = if v.len() == 1 { v } else { &v[start..end] };
            let x = if x.len() == 1 { x } else { &x[start..end] };
            pulp::Arch::new().dispatch(Block { function: self, v, x, out });
        };
        match self.threads {
            1 => out.chunks_mut(BLOCK).enumerate().for_each(|(i, out)| fill(i * BLOCK, out)),
            0 => out.par_chunks_mut(BLOCK).enumerate().for_each(|(i, out)| fill(i * BLOCK, out)),
            threads => {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                let pool = pool.map_err(|error| Error::Environment {
                    what: format!("a pool of {threads} threads"),
                    reason: error.to_string(),
                })?;
                pool.install(|| out.par_chunks_mut(BLOCK).enumerate().for_each(|(i, out)| fill(i * BLOCK, out)));
            }
        }
        Ok(())
    }
}

/// Refuses the first number that is not finite or is less than `least`, which is 0 or the least double.
fn allowed(name: &str, numbers: &[f64], least: f64) -> Result<()> {
    let is_allowed = |number: f64| (least..=f64::MAX).contains(&number);
    // Without a branch for each: most arrays are fine.
    if numbers.iter().fold(true, |all, &number| all & is_allowed(number)) {
        return Ok(());
    }
    match numbers.iter().position(|&number| !is_allowed(number)) {
        Some(i) => {
            let allowed = if least == 0.0 { "finite and not negative" } else { "finite" };
            Err(Error::parameter(format!("{name}[{i}]"), numbers[i], allowed))
        }
        None => Ok(()),
    }
}

/// At most [`BLOCK`] values, compiled for the widest vectors at hand.
struct Block<'a> {
    function: &'a LogBessel,
    v: &'a [f64],
    x: &'a [f64],
    out: &'a mut [f64],
}

/// The vectors of a block: indices of values that are computed alike.
#[derive(Clone, Copy)]
enum Group {
    Hankel,
    Debye,
    NearZero,
    Series,
}

/// By number.
const GROUPS: [Group; 4] = [Group::Hankel, Group::Debye, Group::NearZero, Group::Series];

impl pulp::NullaryFnOnce for Block<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { function, v, x, out } = self;
        let &LogBessel { kind, scaling, mode, .. } = function;
        let mut groups = [[0u16; BLOCK]; GROUPS.len()];
        let mut counts = [0; GROUPS.len()];
        let at = |i: usize| (function.order(v[if v.len() == 1 { 0 } else { i }]), x[if x.len() == 1 { 0 } else { i }]);
        for i in 0..out.len() {
            let (v, x) = at(i);
            if let Some(value) = at_the_edge(kind, scaling, v, x) {
                out[i] = value;
                continue;
            }
            let group = match branch(kind, mode, v, x) {
                Branch::Hankel => Group::Hankel,
                Branch::Debye if debye::is_tame(v, x) => {
                    if debye::is_near_zero(v, x) {
                        Group::NearZero
                    } else {
                        Group::Debye
                    }
                }
                Branch::Series if mode == Mode::Strict => Group::Series,
                _ => {
                    out[i] = inside(kind, scaling, mode, v, x);
                    continue;
                }
            } as usize;
            groups[group][counts[group]] = i as u16;
            counts[group] += 1;
        }
        for (group, (indices, &count)) in GROUPS.into_iter().zip(groups.iter().zip(&counts)) {
            for indices in indices[..count].chunks(WIDTH) {
                let (mut a, mut b) = ([0.0; WIDTH], [0.0; WIDTH]);
                for lane in 0..WIDTH {
                    // The last vector is filled up with its last value.
                    (a[lane], b[lane]) = at(indices[lane.min(indices.len() - 1)].into());
                }
                let (a, b) = (Lanes(a), Lanes(b));
                let values = match group {
                    Group::Hankel => hankel::value(kind, scaling, a, b),
                    Group::Debye => debye::value(kind, scaling, a, b),
                    Group::NearZero => debye::value_near_zero(kind, scaling, a, b),
                    Group::Series => series::value(scaling, a, b),
                };
                for (lane, &i) in indices.iter().enumerate() {
                    out[usize::from(i)] = values.0[lane];
                }
            }
        }
    }
}
