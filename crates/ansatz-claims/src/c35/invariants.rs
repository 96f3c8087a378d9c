//! What the functions must fulfil everywhere: finite values, the Wronskian, no jumps, monotonicity in the order.

use super::worse;
use crate::lab::Lab;
use ansatz_core::{Result, Seed, Stream};
use ansatz_functions::special::LogBessel;
use ansatz_functions::special::log_bessel::{Branch, Kind, Mode, branch_of, log_iv_slope, log_kv_slope};
use ansatz_functions::special::{log_iv, log_ive, log_kv, log_kve};

pub(super) const NOT_FINITE: &str = "values that are not finite, of I and K at a million pairs";
pub(super) const WRONSKIAN: &str = "Wronskian: largest deviation / max(1, |log|)";
pub(super) const JUMP: &str = "largest jump across a line between branches / max(1, |log|)";
pub(super) const ORDER: &str = "pairs of orders at which I does not fall or K does not grow";

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    for seed in lab.seeds() {
        lab.measure(NOT_FINITE, not_finite(seed, lab.pick(100_000, 1_000_000, 1_000_000))? as f64)?;
        let mut stream = seed.stream("points of the invariants", 0);
        let (mut deviation, mut against) = (0.0, 0);
        for _ in 0..lab.pick(20_000, 200_000, 1_000_000) {
            let (v, x) = (log_uniform(&mut stream, 1e-3, 1e5), log_uniform(&mut stream, 1e-6, 1e6));
            deviation = worse(deviation, wronskian(v, x));
            against += order(v, x);
        }
        lab.measure(WRONSKIAN, deviation)?;
        lab.measure(ORDER, f64::from(against))?;
        lab.measure(JUMP, jumps(&mut stream, lab.pick(1_000, 10_000, 100_000)))?;
    }
    Ok(())
}

fn log_uniform(stream: &mut Stream, lo: f64, hi: f64) -> f64 {
    (lo.ln() + stream.uniform() * (hi / lo).ln()).exp()
}

/// `v` evenly from `[0, 10⁶]` for half of the pairs, and evenly in the logarithm for the others; `x` from `[10⁻³⁰⁰, 10⁸]`.
fn not_finite(seed: Seed, count: usize) -> Result<usize> {
    let mut stream = seed.stream("pairs of the whole plane", 0);
    let (mut v, mut x) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for i in 0..count {
        v.push(if i % 2 == 0 { stream.uniform_in(0.0, 1e6) } else { log_uniform(&mut stream, 1e-6, 1e6) });
        x.push((1e-300f64.ln() + stream.uniform() * (1e8f64.ln() - 1e-300f64.ln())).exp());
    }
    let mut out = vec![0.0; count];
    let mut bad = 0;
    for function in [LogBessel::i(), LogBessel::k(), LogBessel::i().scaled(), LogBessel::k().scaled()] {
        function.threads(0).fill(&v, &x, &mut out)?;
        bad += out.iter().filter(|value| !value.is_finite()).count();
    }
    Ok(bad)
}

/// `log(I_v K_{v+1} + I_{v+1} K_v) + log x`, relative to the largest logarithm.
fn wronskian(v: f64, x: f64) -> f64 {
    let logs = [log_iv(v, x), log_kv(v + 1.0, x), log_iv(v + 1.0, x), log_kv(v, x)];
    let (a, b) = (logs[0] + logs[1], logs[2] + logs[3]);
    let sum = a.max(b) + (-(a - b).abs()).exp().ln_1p();
    (sum + x.ln()).abs() / logs.iter().fold(1.0, |size, log| worse(size, log.abs()))
}

/// 0, 1 or 2: for `I` and for `K` whether a larger order goes the wrong way. The scaled logarithms change by about
/// `(w² − v²)/2x` for large `x`, and the order grows by enough for that to be above their rounding.
fn order(v: f64, x: f64) -> u32 {
    let (i, k) = (log_ive(v, x), log_kve(v, x));
    let w = (1.02 * v * v + 1e-12 * x * (1.0 + worse(i.abs(), k.abs()))).sqrt();
    let wrong = |right: bool| u32::from(!right);
    wrong(log_ive(w, x) < i) + wrong(log_kve(w, x) > k)
}

/// Steps from one double to the next across every line between branches, less what the function itself changes by.
fn jumps(stream: &mut Stream, count: usize) -> f64 {
    let mut worst = 0.0;
    for _ in 0..count {
        let large = 30.0 + log_uniform(stream, 1e-3, 1e8);
        // The largest order of Hankel's expansion there.
        let mut border = (3.0 * large).sqrt() * (1.0 + 4.0 * f64::EPSILON);
        while branch_of(Kind::I, Mode::Strict, border, large) != Some(Branch::Hankel) {
            border = border.next_down();
        }
        let (v, x) = (stream.uniform_in(0.0, 20.0), stream.uniform_in(1e-3, 30.0));
        for kind in [Kind::I, Kind::K] {
            let across = |a, b| jump(kind, a, b);
            worst = worse(worst, across((v, 30.0), (v, 30f64.next_up())));
            worst = worse(worst, across((20.0, x), (20f64.next_up(), x)));
            worst = worse(worst, across((border, large), (border.next_up(), large)));
        }
        worst = worse(worst, jump(Kind::K, (v, 1e-9f64.next_down()), (v, 1e-9)));
    }
    worst
}

fn jump(kind: Kind, a: (f64, f64), b: (f64, f64)) -> f64 {
    let (function, slope) = match kind {
        Kind::I => (log_iv as fn(f64, f64) -> f64, log_iv_slope as fn(f64, f64) -> f64),
        Kind::K => (log_kv as fn(f64, f64) -> f64, log_kv_slope as fn(f64, f64) -> f64),
    };
    if branch_of(kind, Mode::Strict, a.0, a.1) == branch_of(kind, Mode::Strict, b.0, b.1) {
        // No line: it must not count as a small jump.
        return f64::NAN;
    }
    let (at, step) = (function(a.0, a.1), slope(a.0, a.1) * (b.1 - a.1));
    (function(b.0, b.1) - at - step).abs() / at.abs().max(1.0)
}
