//! The bound over the reals: Taylor expansion in balls, piece by piece.
//!
//! On a piece `[m − h, m + h]` the weighted error `e = w (P − f)` is expanded twice: at the exact midpoint, which
//! gives its Taylor coefficients to some fifty digits, and over the whole piece, which encloses the coefficients at
//! every point of it. Then `|e(m + t)| ≤ |Σ_{k<K} e_k t^k| + |e_K([piece])| h^K` (Lagrange's remainder), and the
//! polynomial is bounded by the mean-value form on quarters of the piece. Pieces whose bound stands out are halved.
//!
//! Zeros that cancel. Where the denominator of the error and its numerator both vanish at a point `z` known exactly
//! (0 or an end point; as for `erf` at 0 with relative error), both are divided by `x − z`. If `g(z) = 0`, then
//! `g(x)/(x − z) = ∫₀¹ g′(z + s(x − z)) ds`, so its `k`-th Taylor coefficient at any point of a piece that contains
//! `z` lies in the enclosure of the `(k+1)`-st of `g`: the division is a shift of the series.

use super::fraction::run;
use super::interval::Interval as Coarse;
use crate::ball::Ball;
use crate::number::Scalar;
use crate::program::Program;
use crate::series::Series;
use crate::target::{Format, Target, Weight};
use ansatz_core::{Error, Result};

/// Halvings of the interval before a piece that has no bound is given up.
const DEPTH: u32 = 110;

/// A piece with its bound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounded {
    pub(super) lo: f64,
    pub(super) hi: f64,
    pub(super) bound: f64,
    /// The error is at least this at the midpoint.
    least: f64,
    depth: u32,
}

impl Bounded {
    fn middle(&self) -> f64 {
        middle(self.lo, self.hi)
    }
}

fn middle(lo: f64, hi: f64) -> f64 {
    lo + (hi - lo) / 2.0
}

/// The pieces in order, and the greatest lower bound found with its point.
pub(super) struct Cover {
    pub(super) pieces: Vec<Bounded>,
    pub(super) lower: f64,
    pub(super) worst: f64,
}

/// A program and a function to be compared.
pub(super) struct Comparison<'a> {
    pub(super) program: &'a Program,
    pub(super) target: &'a Target,
    /// Taylor coefficients; the last bounds the remainder.
    pub(super) order: usize,
}

/// The error as a fraction, and the function.
struct Parts {
    top: Series<Ball>,
    bottom: Series<Ball>,
    f: Ball,
}

impl Comparison<'_> {
    /// Covers the interval with pieces whose largest bound is at most `slack` times the error found at some point.
    pub(super) fn cover(&self, slack: f64, limit: usize) -> Result<Cover> {
        let (lo, hi) = (self.target.interval.lo, self.target.interval.hi);
        let mut ends = vec![lo];
        ends.extend((1..16).map(|i| lo + (hi - lo) * (f64::from(i) / 16.0)).filter(|&x| lo < x && x < hi));
        ends.push(hi);
        if lo < 0.0 && 0.0 < hi {
            // Zero is where functions vanish and programs divide: better an end than inside a piece.
            ends.push(0.0);
        }
        ends.sort_by(f64::total_cmp);
        ends.dedup();
        let negligible = self.negligible(&ends);
        let (mut lower, mut worst) = (0.0, middle(lo, hi));
        let mut done: Vec<Bounded> = Vec::new();
        let mut open: Vec<(f64, f64, u32)> = ends.windows(2).rev().map(|w| (w[0], w[1], 0)).collect();
        loop {
            // A piece without a bound is halved at once, so that a pole is found before work is spent elsewhere.
            while let Some((lo, hi, depth)) = open.pop() {
                let piece = self.piece(lo, hi, depth);
                if piece.least > lower {
                    (lower, worst) = (piece.least, piece.middle());
                }
                if piece.bound.is_finite() {
                    done.push(piece);
                } else {
                    let m = piece.middle();
                    if depth >= DEPTH || m <= lo || hi <= m {
                        return Err(self.explain(lo, hi));
                    }
                    open.extend([(m, hi, depth + 1), (lo, m, depth + 1)]);
                }
            }
            let Some((at, largest)) = done.iter().enumerate().max_by(|a, b| a.1.bound.total_cmp(&b.1.bound)) else {
                return Err(Error::parameter("interval", format!("{lo} to {hi}"), "more than one point"));
            };
            if largest.bound <= slack * lower || largest.bound <= negligible {
                break;
            }
            let (Bounded { lo, hi, depth, .. }, m) = (*largest, largest.middle());
            if done.len() >= limit || depth >= DEPTH || m <= lo || hi <= m {
                // What there is, is proved; it is only less tight than asked for.
                break;
            }
            done.swap_remove(at);
            open.extend([(m, hi, depth + 1), (lo, m, depth + 1)]);
        }
        done.sort_by(|a, b| a.lo.total_cmp(&b.lo));
        Ok(Cover { pieces: done, lower, worst })
    }

    /// An error that no arithmetic of use can tell from zero: `2^-100` of the function's size.
    fn negligible(&self, ends: &[f64]) -> f64 {
        let size = |w: &[f64]| self.target.ball(&Ball::from_f64(middle(w[0], w[1]))).abs_lower();
        let scale = match self.target.weight {
            Weight::Relative => 1.0,
            Weight::Absolute => ends.windows(2).map(size).fold(0.0, f64::max),
            Weight::Ulp(Format::F32) => 2f64.powi(24),
            Weight::Ulp(Format::F64) => 2f64.powi(53),
        };
        scale * 2f64.powi(-100)
    }

    /// `(N − f D)/D`, over `f` too if the error is relative, for the program `N/D`.
    fn parts(&self, at: &Ball, order: usize) -> Parts {
        let f = self.target.series(at, order);
        let program = run(self.program, &Series::variable(at.clone(), order));
        let relative = self.target.weight == Weight::Relative;
        let value = f.constant_term().clone();
        let (top, bottom) = match program.bottom {
            None if relative => (program.top.sub(&f), f),
            None => (program.top.sub(&f), Series::constant(Ball::ONE)),
            Some(d) if relative => (program.top.sub(&f.mul(&d)), d.mul(&f)),
            Some(d) => (program.top.sub(&f.mul(&d)), (*d).clone()),
        };
        Parts { top, bottom, f: value }
    }

    /// The factor that turns `|P − f|` into the target's unit, at most and at least, where `f` is as given.
    fn unit(&self, f: &Ball) -> (f64, f64) {
        match self.target.weight {
            Weight::Relative | Weight::Absolute => (1.0, 1.0),
            Weight::Ulp(format) => (1.0 / ulp(format, f.abs_lower()), 1.0 / ulp(format, f.abs_upper())),
        }
    }

    /// Bounds the error on a piece; infinite if it cannot be enclosed there.
    fn piece(&self, lo: f64, hi: f64, depth: u32) -> Bounded {
        let m = middle(lo, hi);
        let order = self.order;
        let at = self.parts(&Ball::from_f64(m), order);
        let at_ratio = at.top.div(&at.bottom);
        let least = at_ratio.constant_term().abs_lower() * self.unit(&at.f).1;
        let least = if at_ratio.constant_term().is_finite() { least.next_down().max(0.0) } else { 0.0 };
        let bound = self.expanded(lo, hi, &at_ratio).min(self.coarse(lo, hi));
        Bounded { lo, hi, bound: if bound.is_nan() { f64::INFINITY } else { bound }, least, depth }
    }

    /// The bound by expansion about the midpoint, where `at` are the coefficients.
    fn expanded(&self, lo: f64, hi: f64, at: &Series<Ball>) -> f64 {
        let (last, m) = (self.order, middle(lo, hi));
        if at.order() < last {
            return f64::INFINITY;
        }
        let over = self.parts(&Ball::from_interval(lo, hi), self.order + 4);
        let over_f = over.f.clone();
        let Some(over) = self.deflated(lo, hi, over).filter(|over| over.order() >= last) else { return f64::INFINITY };
        let rest = over.coefficient(last);
        // The midpoint is rounded: the larger half-width counts.
        let h = (m - lo).max(hi - m).next_up();
        let reach = Ball::from_interval(-h, h);
        let power = (0..last).fold(1.0, |p, _| (p * h).next_up());
        let rest = (rest.abs_upper() * power).next_up();
        let at: Vec<Ball> = (0..last).map(|k| at.coefficient(k)).collect();
        let slope: Vec<Ball> = (1..last).map(|k| at[k].mul(&Ball::from_f64(k as f64))).collect();
        let horner = |c: &[Ball], t: &Ball| c.iter().rev().fold(Ball::ZERO, |s, c| s.mul(t).add(c));
        let quarter = reach.scaled(-2);
        let mut largest: f64 = 0.0;
        for place in [-0.75, -0.25, 0.25, 0.75] {
            let t = Ball::from_f64(h).mul(&Ball::from_f64(place));
            let change = horner(&slope, &t.add(&quarter)).abs_upper() * (0.25 * h);
            largest = largest.max(horner(&at, &t).abs_upper() + change.next_up());
        }
        let bound = ((largest.next_up() + rest).next_up() * self.unit(&over_f).0).next_up();
        if bound.is_finite() { bound } else { f64::INFINITY }
    }

    /// The quotient over a piece, common zeros at known points divided out; `None` if the denominator may still vanish.
    fn deflated(&self, lo: f64, hi: f64, over: Parts) -> Option<Series<Ball>> {
        let Parts { mut top, mut bottom, .. } = over;
        for z in [0.0, self.target.interval.lo, self.target.interval.hi] {
            if !(lo..=hi).contains(&z) || !bottom.constant_term().contains_zero() {
                continue;
            }
            let there = self.parts(&Ball::from_f64(z), 4);
            for k in 0..4 {
                let zeros = there.top.coefficient(k).is_zero() && there.bottom.coefficient(k).is_zero();
                if !zeros || !bottom.constant_term().contains_zero() {
                    break;
                }
                (top, bottom) = (shifted(&top), shifted(&bottom));
            }
        }
        (!bottom.constant_term().contains_zero()).then(|| top.div(&bottom))
    }

    /// The bound without expansion: crude, but good enough next to a branch point such as `√x` at 0.
    fn coarse(&self, lo: f64, hi: f64) -> f64 {
        if self.target.weight == Weight::Relative {
            return f64::INFINITY;
        }
        let program = Coarse { lo, hi }.program(self.program);
        let f = self.target.ball(&Ball::from_interval(lo, hi));
        if !f.is_finite() {
            return f64::INFINITY;
        }
        let distance = program.minus(Coarse { lo: f.lower(), hi: f.upper() });
        let bound = (distance.magnitude() * self.unit(&f).0).next_up();
        if bound.is_nan() { f64::INFINITY } else { bound }
    }

    /// Whether the program provably changes sign through infinity: `1/P = D/N` is continuous and changes its sign.
    fn has_pole(&self, lo: f64, hi: f64) -> bool {
        let over = |x: Ball| run(self.program, &Series::variable(x, 0));
        let whole = over(Ball::from_interval(lo, hi));
        let [left, right] = [lo, hi].map(|x| over(Ball::from_f64(x)));
        let (left, right) = (left.top.constant_term(), right.top.constant_term());
        let opposite = left.is_positive() && right.is_negative() || left.is_negative() && right.is_positive();
        whole.bottom.is_some() && !whole.top.constant_term().contains_zero() && opposite
    }

    /// Why a piece has no bound.
    fn explain(&self, lo: f64, hi: f64) -> Error {
        let ends = [lo, hi].map(|x| (run(self.program, &Series::variable(Ball::from_f64(x), 0)), x));
        for (value, x) in &ends {
            if let Some(bottom) = &value.bottom
                && bottom.constant_term().is_zero()
                && !value.top.constant_term().contains_zero()
            {
                return Error::refused(format!("the program has a pole at x = {x:e}"));
            }
        }
        let whole = run(self.program, &Series::variable(Ball::from_interval(lo, hi), 0));
        let f = self.target.ball(&Ball::from_interval(lo, hi));
        if whole.bottom.is_none()
            && whole.top.constant_term().is_finite()
            && f.contains_zero()
            && self.target.weight == Weight::Relative
        {
            return Error::refused(format!(
                "f may be zero in [{lo:e}, {hi:e}] where the program is not, so that the relative error has no bound"
            ));
        }
        if self.has_pole(lo, hi) {
            return Error::refused(format!("the program has a pole in [{lo:e}, {hi:e}]"));
        }
        Error::refused(format!(
            "no bound could be proved on [{lo:e}, {hi:e}]: a division by zero or a root of a negative number is not excluded there"
        ))
    }
}

/// The series without its constant term, divided by `t`.
fn shifted(series: &Series<Ball>) -> Series<Ball> {
    let coefficients = series.coefficients().iter().skip(1).cloned().collect();
    Series::from_coefficients(coefficients, series.order().saturating_sub(1))
}

/// The unit in the last place of a format in the binade of `x ≥ 0`.
pub(super) fn ulp(format: Format, x: f64) -> f64 {
    let (digits, smallest) = if format == Format::F32 { (24, -149) } else { (53, -1074) };
    let exponent = if x >= f64::MIN_POSITIVE { (x.to_bits() >> 52) as i32 - 1022 } else { -1100 };
    let exponent = (exponent - digits).max(smallest);
    // 2^-1074 is below what powi reaches in one step on every platform.
    2f64.powi(exponent / 2) * 2f64.powi(exponent - exponent / 2)
}
