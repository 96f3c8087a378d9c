//! The bound of a program as executed: the bound over the reals plus what rounding adds, stretch by stretch.

use super::computed;
use super::file::Piece;
use super::interval::Interval;
use super::real::{Comparison, Cover, ulp};
use super::rounding;
use crate::ball::Ball;
use crate::number::{Dd, Scalar};
use crate::program::Program;
use crate::target::{Format, Weight};
use ansatz_core::{Error, Result};

/// Stretches of the analysis before it stops refining.
const LIMIT: usize = 40_000;
/// Halvings of a piece.
const DEPTH: u32 = 90;
/// Points at which the executed program is measured for the lower bound.
const SAMPLES: usize = 1000;

/// What is proved of an executed program.
pub(super) struct Executed {
    pub(super) pieces: Vec<Piece>,
    pub(super) lower: f64,
    pub(super) worst: f64,
    /// The statement holds for `|x|` from here on.
    pub(super) from: f64,
    /// The running error analysis holds for `|x|` from here on.
    pub(super) analysed_from: f64,
}

#[derive(Clone, Copy)]
struct Stretch {
    piece: usize,
    lo: f64,
    hi: f64,
    rounding: f64,
    depth: u32,
}

/// The program whose constants are numbers of the format.
pub(super) fn in_format(program: &Program, format: Format) -> Program {
    let nearest = |c: &Dd| match format {
        Format::F32 => f64::from(f32::from_dd(*c)),
        Format::F64 => f64::from_dd(*c),
    };
    let constants = program.constants.iter().map(|c| Dd::from(nearest(c))).collect();
    Program { shape: program.shape.clone(), constants }
}

/// Towards zero by ratio, elsewhere by difference.
fn middle(lo: f64, hi: f64) -> f64 {
    if lo > 0.0 && hi / lo > 4.0 || hi < 0.0 && lo / hi > 4.0 {
        lo.signum() * lo.abs().sqrt() * hi.abs().sqrt()
    } else {
        lo + (hi - lo) / 2.0
    }
}

/// Adds the rounding to a cover whose bounds are `pieces`.
pub(super) fn executed(
    real: &Comparison,
    cover: &Cover,
    mut pieces: Vec<Piece>,
    format: Format,
    slack: f64,
) -> Result<Executed> {
    let analysed_from = covered_from(real, format, &pieces)?;
    let mut open: Vec<Stretch> = Vec::new();
    for (piece, p) in pieces.iter().enumerate() {
        let near = analysed_from;
        let parts = if near > 0.0 && p.lo < near && p.hi > -near {
            vec![(p.lo, p.hi.min(-near)), (p.lo.max(near), p.hi)]
        } else {
            vec![(p.lo, p.hi)]
        };
        let stretch = |(lo, hi)| Stretch { piece, lo, hi, rounding: f64::INFINITY, depth: 0 };
        open.extend(parts.into_iter().filter(|(lo, hi)| lo <= hi).map(stretch));
    }
    let mut done: Vec<Stretch> = Vec::new();
    let mut reached: f64 = 0.0;
    loop {
        while let Some(mut s) = open.pop() {
            let bound = pieces[s.piece].bound;
            s.rounding = unit_rounding(real, format, bound, s.lo, s.hi);
            let m = middle(s.lo, s.hi);
            reached = reached.max(bound + unit_rounding(real, format, bound, m, m));
            if s.rounding.is_finite() {
                done.push(s);
                continue;
            }
            if s.depth >= DEPTH || m <= s.lo || s.hi <= m {
                return Err(Error::refused(format!(
                    "rounding cannot be bounded on [{:e}, {:e}]: a value may overflow, vanish or have no result there",
                    s.lo, s.hi
                )));
            }
            let (lo, hi, depth) = (s.lo, s.hi, s.depth + 1);
            open.extend([Stretch { lo: m, hi, depth, ..s }, Stretch { lo, hi: m, depth, ..s }]);
        }
        let total = |s: &Stretch| pieces[s.piece].bound + s.rounding;
        let Some((at, top)) = done.iter().enumerate().max_by(|a, b| total(a.1).total_cmp(&total(b.1))) else { break };
        let (s, m) = (*top, middle(top.lo, top.hi));
        if total(&s) <= slack * reached || done.len() >= LIMIT || s.depth >= DEPTH || m <= s.lo || s.hi <= m {
            break;
        }
        done.swap_remove(at);
        let depth = s.depth + 1;
        open.extend([Stretch { lo: m, depth, ..s }, Stretch { hi: m, depth, ..s }]);
    }
    for s in &done {
        let rounding = &mut pieces[s.piece].rounding;
        *rounding = rounding.max(s.rounding);
    }
    let from = if limit_holds(real, format, &pieces, analysed_from) {
        let interval = real.target.interval;
        let zero_is_out = interval.lo == 0.0 && interval.lo_open || interval.hi == 0.0 && interval.hi_open;
        if analysed_from == 0.0 || zero_is_out { 0.0 } else { smallest(format) }
    } else {
        analysed_from
    };
    let (mut lower, mut worst) = (0.0, cover.worst);
    for s in done.iter().step_by(done.len().div_ceil(SAMPLES)) {
        let m = middle(s.lo, s.hi);
        let x = if format == Format::F32 { f64::from(m as f32) } else { m };
        let error = measured(real, format, x);
        if (s.lo..=s.hi).contains(&x) && error > lower {
            (lower, worst) = (error, x);
        }
    }
    Ok(Executed { pieces, lower, worst, from, analysed_from })
}

/// The least magnitude of the argument from which on the analysis holds: 0 if it can be.
fn covered_from(real: &Comparison, format: Format, pieces: &[Piece]) -> Result<f64> {
    let interval = real.target.interval;
    if interval.lo > 0.0 || interval.hi < 0.0 {
        return Ok(0.0);
    }
    let bound = pieces.iter().find(|p| p.lo <= 0.0 && 0.0 <= p.hi).map_or(0.0, |p| p.bound);
    let holds = |near: f64, far: f64| {
        let right = interval.hi <= 0.0 || unit_rounding(real, format, bound, near, far).is_finite();
        right && (interval.lo >= 0.0 || unit_rounding(real, format, bound, -far, -near).is_finite())
    };
    let powers: &[i32] =
        if format == Format::F32 { &[120, 100, 60, 40, 30, 20] } else { &[1000, 500, 250, 120, 60, 30] };
    if holds(0.0, 2f64.powi(-powers[0])) {
        return Ok(0.0);
    }
    let start = powers.iter().map(|&k| 2f64.powi(-k)).find(|&near| holds(near, 2.0 * near));
    start.ok_or_else(|| Error::refused("rounding cannot be bounded near x = 0"))
}

fn smallest(format: Format) -> f64 {
    match format {
        Format::F32 => f64::from(f32::from_bits(1)),
        Format::F64 => f64::from_bits(1),
    }
}

/// Whether the pieces' bounds also hold between zero and `from`, by the ranges of the computed values.
fn limit_holds(real: &Comparison, format: Format, pieces: &[Piece], from: f64) -> bool {
    if from == 0.0 {
        return true;
    }
    let least = smallest(format);
    pieces.iter().all(|p| {
        let right = (p.lo.max(least), p.hi.min(from));
        let left = (p.lo.max(-from), p.hi.min(-least));
        [right, left].into_iter().filter(|(lo, hi)| lo <= hi).all(|(lo, hi)| {
            let computed = match format {
                Format::F32 => computed::range(real.program, (lo as f32, hi as f32)),
                Format::F64 => computed::range(real.program, (lo, hi)),
            };
            let f = real.target.ball(&Ball::from_interval(lo, hi));
            let distance = computed.map(|(lo, hi)| Ball::from_interval(lo, hi).sub(&f).abs_upper());
            let unit = match real.target.weight {
                Weight::Absolute => 1.0,
                Weight::Relative => f.abs_lower(),
                Weight::Ulp(format) => ulp(format, f.abs_lower()),
            };
            distance.is_some_and(|d| (d / unit).next_up() <= p.bound + p.rounding)
        })
    })
}

/// The rounding error over `[lo, hi]` in the target's unit, where the error over the reals is at most `bound`.
fn unit_rounding(real: &Comparison, format: Format, bound: f64, lo: f64, hi: f64) -> f64 {
    let result = rounding::bound(real.program, format, Interval { lo, hi });
    let weight = real.target.weight;
    let f = if weight == Weight::Absolute { 0.0 } else { real.target.ball(&Ball::from_interval(lo, hi)).abs_lower() };
    let per = |unit: f64| if unit > 0.0 { (result.absolute / unit).next_up() } else { f64::INFINITY };
    let error = match weight {
        Weight::Absolute => result.absolute,
        Weight::Ulp(unit) => per(ulp(unit, f)),
        // |P̂ − P|/|f| = |P̂/P − 1| |P/f|
        Weight::Relative => per(f).min((result.relative * (1.0 + bound).next_up()).next_up()),
    };
    if error.is_nan() { f64::INFINITY } else { error }
}

/// A lower bound of the error of the executed program at `x`.
fn measured(real: &Comparison, format: Format, x: f64) -> f64 {
    let value = match format {
        Format::F32 => f64::from(real.program.eval(&(x as f32))),
        Format::F64 => real.program.eval(&x),
    };
    let f = real.target.ball(&Ball::from_f64(x));
    let distance = Ball::from_f64(value).sub(&f);
    let error = match real.target.weight {
        Weight::Absolute => distance.abs_lower(),
        Weight::Relative => distance.div(&f).abs_lower(),
        Weight::Ulp(unit) => (distance.abs_lower() / ulp(unit, f.abs_upper())).next_down(),
    };
    if error.is_finite() { error.max(0.0) } else { 0.0 }
}
