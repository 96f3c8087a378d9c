//! Every `f32` of an interval, or all 2^32: no bound is as tight, and none covers more.
//!
//! Each result is compared with the function to a proved relative `2^-45`; the inputs whose error might be the largest
//! are then compared again in ball arithmetic, so that the worst input and its error are exact. One core does some
//! 10^8 inputs a second, and the outcome does not depend on the number of threads.

mod kernel;
mod oracle;

pub use kernel::Kernel;

use super::real::ulp;
use crate::ball::Ball;
use crate::number::Scalar;
use crate::target::{Format, Target, Weight};
use ansatz_core::{Error, Result};
use oracle::{Known, Run, runs};
use rayon::prelude::*;
use serde::Serialize;

/// Bins of the histogram in one unit.
pub const BINS_A_UNIT: usize = 16;
const BINS: usize = 4 * BINS_A_UNIT + 1;
/// Inputs of one task.
const CHUNK: u32 = 1 << 18;
const BLOCK: usize = 1024;
/// Candidates for the worst input that a task keeps.
const KEEP: usize = 256;

/// Which inputs are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All numbers of the target's interval.
    Interval,
    /// All 2^32 bit patterns.
    All,
}

/// What an exhaustive check found. Errors are in the target's measure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exhaustive {
    /// Inputs whose result was compared with the function.
    pub compared: u64,
    /// Finite inputs where the function is not defined, or not known well enough.
    pub unknown: u64,
    /// Results that are not finite although the function, rounded to `f32`, is, or the reverse; or of the wrong sign
    /// at infinity. Their error is infinite.
    pub wrong_class: u64,
    /// NaN results for the inputs of `unknown`.
    pub unknown_nan: u64,
    /// The largest error.
    pub max: f64,
    /// A proved bound of the largest error: above `max` only by rounding, or by the oracle's error if many inputs
    /// share the largest error.
    pub bound: f64,
    /// The input of the largest error, the first in the order of the bit patterns.
    pub worst: f32,
    /// Counts of errors: bin `i` is from `i/16` units on, the last is open. The unit is that of the measure in ULP,
    /// and 2^-23 in absolute and relative measure.
    pub histogram: Vec<u64>,
    /// Results at NaN, +∞, −∞, if all bit patterns were run.
    pub special: Vec<f32>,
}

/// Runs `kernel` on every input of the scope and compares with the target.
///
/// # Errors
/// What [`Target::validate`] refuses; [`Error::Refused`] if the target is no closed form or the interval holds no `f32`.
pub fn exhaustive(kernel: &(impl Fn(&[f32], &mut [f32]) + Sync), target: &Target, scope: Scope) -> Result<Exhaustive> {
    target.validate()?;
    if !target.is_certifiable() {
        return Err(Error::refused(format!("{} is given by a callback, whose values are not exact", target.name)));
    }
    let ranges = match scope {
        Scope::Interval => within(target),
        Scope::All => vec![(0, f32::MAX.to_bits()), (0x8000_0000, (-f32::MAX).to_bits())],
    };
    if ranges.is_empty() {
        return Err(Error::refused("the interval holds no binary32 number"));
    }
    let runs: Vec<Run> = ranges.into_iter().flat_map(|(first, last)| runs(target, first, last)).collect();
    let chunks: Vec<(&Run, u32, u32)> = runs.iter().flat_map(chunks).collect();
    let found: Vec<Found> = chunks.par_iter().map(|&(run, a, b)| scan(kernel, target.weight, run, a, b)).collect();
    let slack = runs.iter().map(|run| margin(target.weight, run.known.largest())).fold(0.0, f64::max);
    let mut total = Found::default();
    for part in found {
        total.join(part, slack);
    }
    let mut result = settle(total, kernel, target, slack);
    if scope == Scope::All {
        let x = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
        result.special = vec![0.0; x.len()];
        kernel(&x, &mut result.special);
    }
    Ok(result)
}

/// The bit patterns of the target's interval, by sign.
fn within(target: &Target) -> Vec<(u32, u32)> {
    let i = target.interval;
    let inside =
        |x: f64| (if i.lo_open { x > i.lo } else { x >= i.lo }) && (if i.hi_open { x < i.hi } else { x <= i.hi });
    // Magnitudes in the order of their bits: the first and the last that lie inside.
    let side = |sign: u32| {
        let value = |bits: u32| f64::from(f32::from_bits(bits | sign));
        // Towards the far end, a magnitude is inside until it passes it; near zero it is outside until it reaches it.
        let short = |bits: u32| if sign == 0 { value(bits) <= i.hi } else { value(bits) >= i.lo };
        let before = |bits: u32| if sign == 0 { value(bits) < i.lo } else { value(bits) > i.hi };
        let mut first = partition(before);
        let mut end = partition(short);
        while first < end && !inside(value(first)) {
            first += 1;
        }
        while first < end && !inside(value(end - 1)) {
            end -= 1;
        }
        (first < end).then(|| (first | sign, (end - 1) | sign))
    };
    [0, 0x8000_0000].into_iter().filter_map(side).collect()
}

/// The first magnitude of a finite number for which `holds` is false; it is true before and false after.
fn partition(holds: impl Fn(u32) -> bool) -> u32 {
    let (mut lo, mut hi) = (0, f32::INFINITY.to_bits());
    while lo < hi {
        let middle = lo + (hi - lo) / 2;
        if holds(middle) { lo = middle + 1 } else { hi = middle }
    }
    lo
}

fn chunks(run: &Run) -> impl Iterator<Item = (&Run, u32, u32)> {
    let count = (run.last - run.first) / CHUNK;
    (0..=count).map(move |i| {
        let first = run.first + i * CHUNK;
        (run, first, run.last.min(first + (CHUNK - 1)))
    })
}

/// What a task finds.
#[derive(Default)]
struct Found {
    compared: u64,
    unknown: u64,
    wrong_class: u64,
    unknown_nan: u64,
    first_wrong: Option<u32>,
    /// The largest error against the oracle.
    max: f64,
    /// Inputs whose error may be the largest, in the order of their bit patterns.
    candidates: Vec<(f64, u32)>,
    /// The largest error among candidates that were dropped for want of room.
    dropped: f64,
    histogram: Vec<u64>,
}

/// How far the error against the oracle may be from the true one, in the measure: `2^-45 |f|` and some rounding.
fn margin(weight: Weight, largest: f64) -> f64 {
    match weight {
        Weight::Relative => 2f64.powi(-44),
        Weight::Absolute => 2f64.powi(-44) * largest,
        Weight::Ulp(Format::F32) => 2f64.powi(-20),
        Weight::Ulp(Format::F64) => 2f64.powi(9),
    }
}

impl Found {
    fn join(&mut self, part: Self, margin: f64) {
        self.compared += part.compared;
        self.unknown += part.unknown;
        self.wrong_class += part.wrong_class;
        self.unknown_nan += part.unknown_nan;
        self.first_wrong = self.first_wrong.or(part.first_wrong);
        self.max = self.max.max(part.max);
        self.dropped = self.dropped.max(part.dropped);
        self.candidates.extend(part.candidates);
        self.histogram.resize(BINS, 0);
        for (sum, n) in self.histogram.iter_mut().zip(part.histogram) {
            *sum += n;
        }
        self.prune(margin);
    }

    /// Keeps the candidates whose true error may still be the largest.
    fn prune(&mut self, margin: f64) {
        let least = self.max - 2.0 * margin;
        self.candidates.retain(|&(error, _)| error >= least);
        for (error, _) in self.candidates.drain(KEEP.min(self.candidates.len())..) {
            self.dropped = self.dropped.max(error);
        }
    }
}

/// Runs the kernel on the bit patterns `first ..= last` of a run.
fn scan(kernel: &(impl Fn(&[f32], &mut [f32]) + Sync), weight: Weight, run: &Run, first: u32, last: u32) -> Found {
    let mut found = Found { histogram: vec![0; BINS], ..Found::default() };
    let (mut x, mut out) = ([0f32; BLOCK], [0f32; BLOCK]);
    let (mut f, mut errors) = ([0f64; BLOCK], [0f64; BLOCK]);
    let scale = BINS_A_UNIT as f64 * if matches!(weight, Weight::Ulp(_)) { 1.0 } else { 2f64.powi(23) };
    let slack = margin(weight, run.known.largest());
    let mut start = first;
    loop {
        let n = ((last - start) as usize + 1).min(BLOCK);
        for (bits, x) in (start..).zip(&mut x[..n]) {
            *x = f32::from_bits(bits);
        }
        kernel(&x[..n], &mut out[..n]);
        match run.known {
            Known::Nothing => {
                found.unknown += n as u64;
                found.unknown_nan += out[..n].iter().filter(|y| y.is_nan()).count() as u64;
            }
            Known::Infinite(value) => {
                found.compared += n as u64;
                for (bits, &y) in (start..).zip(&out[..n]) {
                    if f64::from(y) != value {
                        found.wrong_class += 1;
                        found.first_wrong = found.first_wrong.or(Some(bits));
                    }
                }
            }
            Known::Polynomial { .. } => {
                found.compared += n as u64;
                run.known.values(&x[..n], &mut f[..n]);
                for ((e, &y), &f) in errors[..n].iter_mut().zip(&out[..n]).zip(&f[..n]) {
                    *e = (f64::from(y) - f).abs() * per_unit(weight, f);
                }
                let mut most = 0.0;
                for &e in &errors[..n] {
                    // NaN counts as infinite.
                    most = if e <= most { most } else { e };
                    found.histogram[((e * scale) as usize).min(BINS - 1)] += 1;
                }
                if !most.is_finite() || most >= found.max - 2.0 * slack {
                    for (bits, &e) in (start..).zip(&errors[..n]) {
                        if !e.is_finite() {
                            found.wrong_class += 1;
                            found.first_wrong = found.first_wrong.or(Some(bits));
                        } else if e >= found.max - 2.0 * slack {
                            found.max = found.max.max(e);
                            found.candidates.push((e, bits));
                        }
                    }
                    found.prune(slack);
                }
            }
        }
        if (last - start) as usize == n - 1 {
            return found;
        }
        start += n as u32;
    }
}

/// What turns `|P − f|` into the measure. At the foot of a binade, where `f` in `f64` may be on the wrong side, the
/// smaller unit counts.
#[inline]
fn per_unit(weight: Weight, f: f64) -> f64 {
    let (digits, lowest) = match weight {
        Weight::Absolute => return 1.0,
        Weight::Relative => return 1.0 / f.abs(),
        Weight::Ulp(Format::F32) => (23, -126),
        Weight::Ulp(Format::F64) => (52, -1022),
    };
    let exponent = ((f * (1.0 - 2f64.powi(-44))).to_bits() >> 52 & 0x7ff) as i32 - 1023;
    // 2^(digits − exponent); at most 2^1074, which overflows only where the measure is of no use to binary32.
    f64::from_bits(((1023 + digits - exponent.max(lowest)).min(2046) as u64) << 52)
}

/// Decides between the candidates in ball arithmetic.
fn settle(found: Found, kernel: &impl Fn(&[f32], &mut [f32]), target: &Target, margin: f64) -> Exhaustive {
    let (mut max, mut bound, mut worst) = (0.0, 0.0, 0.0);
    for &(_, bits) in &found.candidates {
        let (x, mut y) = (f32::from_bits(bits), [0.0]);
        kernel(&[x], &mut y);
        let f = target.ball(&Ball::from_f64(f64::from(x)));
        let distance = Ball::from_f64(f64::from(y[0])).sub(&f);
        let (least, most) = match target.weight {
            Weight::Absolute => (distance.abs_lower(), distance.abs_upper()),
            Weight::Relative => {
                let ratio = distance.div(&f);
                (ratio.abs_lower(), ratio.abs_upper())
            }
            Weight::Ulp(unit) => {
                let [low, high] = [f.abs_lower(), f.abs_upper()].map(|f| ulp(unit, f));
                (distance.abs_lower() / high, distance.abs_upper() / low * (1.0 + 2f64.powi(-50)))
            }
        };
        if least > max {
            (max, worst) = (least, x);
        }
        bound = most.max(bound);
    }
    if found.dropped > 0.0 {
        bound = bound.max(found.dropped + margin);
    }
    if let Some(bits) = found.first_wrong {
        (max, bound, worst) = (f64::INFINITY, f64::INFINITY, f32::from_bits(bits));
    }
    let Found { compared, unknown, wrong_class, unknown_nan, histogram, .. } = found;
    Exhaustive { compared, unknown, wrong_class, unknown_nan, max, bound, worst, histogram, special: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::{Op, Program};

    fn horner(coefficients: &[f64], fused: bool) -> Program {
        let mut p = Program::builder();
        let x = p.input();
        let mut sum = p.constant(coefficients[coefficients.len() - 1]);
        for &c in coefficients.iter().rev().skip(1) {
            let c = p.constant(c);
            sum = if fused {
                p.op(Op::Fma, &[sum, x, c])
            } else {
                let product = p.op(Op::Mul, &[sum, x]);
                p.op(Op::Add, &[product, c])
            };
        }
        p.finish(sum)
    }

    const DEGREE_6: [f64; 7] = [
        1.0,
        0.69314706325531005859375,
        0.240229070186614990234375,
        5.54862879216670989990234375e-2,
        9.67352092266082763671875e-3,
        1.248489017598330974578857421875e-3,
        2.15564403333701193332672119140625e-4,
    ];

    fn run(kernel: &Kernel, target: &Target, scope: Scope) -> Exhaustive {
        exhaustive(&|x: &[f32], out: &mut [f32]| kernel.run(x, out), target, scope).unwrap()
    }

    #[test]
    fn the_degree_six_polynomial_has_its_known_worst_input() {
        let target = Target::parse("2^x", "7.450580596923828125e-9..1", Weight::Absolute).unwrap();
        let kernel = Kernel::new(&horner(&DEGREE_6, true)).unwrap();
        let found = run(&kernel, &target, Scope::Interval);
        assert_eq!(found.compared, u64::from(1f32.to_bits() - 2f32.powi(-27).to_bits()) + 1);
        assert_eq!(found.worst.to_bits(), 0x3f72_b3d5);
        let unit = 2f64.powi(-23);
        assert!((found.max / unit - 0.895619).abs() < 5e-7, "{}", found.max / unit);
        assert!(found.bound >= found.max && found.bound < found.max * 1.000_001);
        assert_eq!(found.histogram.iter().sum::<u64>(), found.compared);
        assert_eq!((found.wrong_class, found.unknown), (0, 0));
    }

    #[test]
    fn a_small_interval_agrees_with_one_by_one_comparison() {
        for (function, weight) in [("exp(x)", Weight::Ulp(Format::F32)), ("sin(x) + 2", Weight::Relative)] {
            let target = Target::parse(function, "(0.9999, 1.0001)", weight).unwrap();
            let program = horner(&DEGREE_6, false);
            let found = run(&Kernel::new(&program).unwrap(), &target, Scope::Interval);
            let (mut max, mut worst, mut count) = (0.0, 0.0, 0);
            for bits in 0.9f32.to_bits()..1.1f32.to_bits() {
                let x = f32::from_bits(bits);
                if f64::from(x) <= 0.9999 || f64::from(x) >= 1.0001 {
                    continue;
                }
                count += 1;
                let f = target.ball(&Ball::from_f64(f64::from(x)));
                let distance = Ball::from_f64(f64::from(program.eval(&x))).sub(&f);
                let unit = if weight == Weight::Relative { f.abs_upper() } else { ulp(Format::F32, f.abs_upper()) };
                let error = distance.abs_lower() / unit;
                if error > max {
                    (max, worst) = (error, x);
                }
            }
            assert_eq!((found.compared, found.worst), (count, worst));
            assert!((found.max / max - 1.0).abs() < 1e-15);
        }
    }

    fn doubling() -> Kernel {
        let mut p = Program::builder();
        let x = p.input();
        let y = p.op(Op::Double, &[x]);
        Kernel::new(&p.finish(y)).unwrap()
    }

    #[test]
    fn overflow_and_undefined_values_are_classified() {
        let target = Target::parse("x + x", "[-3.5e38, -1e38]", Weight::Ulp(Format::F32)).unwrap();
        let found = run(&doubling(), &target, Scope::Interval);
        let all = f32::MAX.to_bits() - 1e38f32.to_bits() + 1;
        assert!(found.compared.abs_diff(u64::from(all)) <= 1 && found.unknown == 0 && found.wrong_class == 0);
        assert_eq!((found.max, found.bound), (0.0, 0.0));
        // The result must be infinite from half of the largest number on, and is not.
        let kernel = |x: &[f32], out: &mut [f32]| out.copy_from_slice(x);
        let found = exhaustive(&kernel, &target, Scope::Interval).unwrap();
        assert_eq!(found.wrong_class, u64::from(f32::MAX.to_bits() - (f32::MAX / 2.0).to_bits()));
        assert_eq!(found.worst, -(f32::MAX / 2.0).next_up());
    }

    #[test]
    #[ignore = "4.3·10^9 inputs take half a minute"]
    fn all_bit_patterns_are_run() {
        let target = Target::parse("x + x", "1..2", Weight::Ulp(Format::F32)).unwrap();
        let found = run(&doubling(), &target, Scope::All);
        assert_eq!((found.compared, found.unknown, found.wrong_class), (2 * u64::from(f32::INFINITY.to_bits()), 0, 0));
        assert_eq!((found.max, found.bound), (0.0, 0.0));
        assert!(
            found.special[0].is_nan() && found.special[1] == f32::INFINITY && found.special[2] == f32::NEG_INFINITY
        );
    }

    #[test]
    fn a_kernel_that_fails_at_one_input_is_found() {
        let target = Target::parse("x", "1..2", Weight::Ulp(Format::F32)).unwrap();
        let broken = |value: f32| {
            move |x: &[f32], out: &mut [f32]| {
                for (x, out) in x.iter().zip(out) {
                    *out = if x.to_bits() == 0x3fab_cdef { value } else { *x };
                }
            }
        };
        let found = exhaustive(&broken(f32::NAN), &target, Scope::Interval).unwrap();
        assert_eq!((found.wrong_class, found.worst.to_bits(), found.max), (1, 0x3fab_cdef, f64::INFINITY));
        let found = exhaustive(&broken(f32::from_bits(0x3fab_cdef + 3)), &target, Scope::Interval).unwrap();
        assert_eq!((found.wrong_class, found.worst.to_bits(), found.max), (0, 0x3fab_cdef, 3.0));
    }
}
