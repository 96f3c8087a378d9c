//! The function on all `f32` of a range, in `f64`, with a proved error: Taylor polynomials on runs of bit patterns.
//!
//! A run is a range of bit patterns of one sign. On each the function is a polynomial of degree 8 about the middle;
//! truncation, rounding of the coefficients and rounding of the evaluation are bounded in balls, and runs on which
//! the sum exceeds `2^-45 |f|` are halved. A run of one number is its value, rounded.

use crate::ball::Ball;
use crate::number::Scalar;
use crate::series::Series;
use crate::target::Target;

/// Degree of the polynomials.
const DEGREE: usize = 8;
/// Proved relative error.
const TOLERANCE: f64 = 1.0 / (1u64 << 45) as f64;
/// From here on a real rounds to infinity in `f32`: `(2 − 2^-24) 2^127`.
const OVERFLOW: f64 = 340_282_356_779_733_661_637_539_395_458_142_568_448.0;

/// What is known of the function on a run.
#[derive(Clone, Debug)]
pub(super) enum Known {
    /// `|p(x − m) − f(x)| ≤ 2^-45 |f(x)|`, with `p` by Horner's rule in `f64`, and `|f| ≤ largest`.
    Polynomial { m: f64, coefficients: [f64; DEGREE + 1], largest: f64 },
    /// `|f|` is so large that `f` rounds to the infinity of this sign.
    Infinite(f64),
    /// Nothing: the function is not defined, or not enclosed.
    Nothing,
}

/// Bit patterns `first ..= last`, all of one sign.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) known: Known,
}

/// Splits the bit patterns `first ..= last` (of one sign, finite) into runs.
pub(super) fn runs(target: &Target, first: u32, last: u32) -> Vec<Run> {
    let mut done = Vec::new();
    let mut open = vec![(first, last)];
    while let Some((first, last)) = open.pop() {
        let known = known(target, first, last);
        match known {
            Some(known) => done.push(Run { first, last, known }),
            None if first == last => done.push(Run { first, last, known: Known::Nothing }),
            None => {
                let middle = first + (last - first) / 2;
                open.extend([(middle + 1, last), (first, middle)]);
            }
        }
    }
    done
}

/// `None`: to be halved.
fn known(target: &Target, first: u32, last: u32) -> Option<Known> {
    let [a, b] = [first, last].map(|bits| f64::from(f32::from_bits(bits)));
    let (lo, hi) = (a.min(b), a.max(b));
    let range = Ball::from_interval(lo, hi);
    let f = target.ball(&range);
    if !f.is_finite() {
        // No claim is made where the function seems undefined, so three points are reason enough to stop.
        let undefined = |x: f64| !target.ball(&Ball::from_f64(x)).is_finite();
        let middle = f64::from(f32::from_bits(first + (last - first) / 2));
        return [lo, middle, hi].into_iter().all(undefined).then_some(Known::Nothing);
    }
    if f.abs_lower() >= OVERFLOW {
        return Some(Known::Infinite(if f.is_negative() { f64::NEG_INFINITY } else { f64::INFINITY }));
    }
    if f.abs_upper() >= OVERFLOW {
        return None;
    }
    // Far below the smallest subnormal, absolute error is enough.
    let tolerance = (TOLERANCE * f.abs_lower()).max(2f64.powi(-175));
    let m = lo + (hi - lo) / 2.0;
    let at = target.series(&Ball::from_f64(m), DEGREE);
    let h = (m - lo).max(hi - m).next_up();
    let mut coefficients = [0.0; DEGREE + 1];
    let (mut power, mut error) = (1.0, 0.0);
    for (k, c) in coefficients.iter_mut().enumerate() {
        let exact = if first == last && k > 0 { Ball::ZERO } else { at.coefficient(k) };
        *c = exact.to_f64();
        // Rounding of the coefficient, of x − m and of Horner's rule, each below 2^-53 a step; the second order and
        // the rounding of this sum itself are covered by the generous count.
        let steps = (2 * DEGREE + k + 4) as f64 * 2f64.powi(-53);
        error += (exact.sub(&Ball::from_f64(*c)).abs_upper() + steps * c.abs()) * power;
        power = (power * h).next_up();
    }
    // Underflow in the evaluation.
    error += 2f64.powi(-1000);
    if first != last {
        let over: Series<Ball> = target.series(&range, DEGREE + 1);
        error += over.coefficient(DEGREE + 1).abs_upper() * power;
    }
    error *= 1.0 + 2f64.powi(-40);
    (error <= tolerance || first == last).then_some(Known::Polynomial { m, coefficients, largest: f.abs_upper() })
}

impl Known {
    /// An upper bound of `|f|` where it is a polynomial.
    pub(super) fn largest(&self) -> f64 {
        match self {
            Self::Polynomial { largest, .. } => *largest,
            _ => 0.0,
        }
    }

    /// The function's values, where they are known by a polynomial.
    pub(super) fn values(&self, x: &[f32], out: &mut [f64]) {
        if let Self::Polynomial { m, coefficients, .. } = self {
            for (x, out) in x.iter().zip(out) {
                let t = f64::from(*x) - m;
                *out = coefficients.iter().rev().fold(0.0, |sum, c| sum * t + c);
            }
        }
    }
}
