//! The approximation problem behind each family: find `R` with `f(x) ≈ s(x)·R(u(x))`, and where its error is extreme.

use crate::number::{Big, Scalar};
use crate::program::{Op, Program};
use crate::target::{Format, Target, Weight};
use ansatz_core::{Error, Result};
use std::f64::consts::PI;
use std::fmt;

/// How the function is written with the help of a factor `s` and a variable `u`: `f(x) ≈ s(x)·R(u(x))`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Structure {
    /// `R(x)`.
    Plain,
    /// `R(x²)`, for even functions.
    Even,
    /// `x·R(x²)`, for odd functions.
    Odd,
    /// `(x − z)·R(x)`, for functions that vanish at `z`.
    Zero(f64),
    /// `√x·R(x)`.
    Root,
    /// `√x·R(x²)`.
    RootEven,
}

impl fmt::Display for Structure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain => f.write_str("r(x)"),
            Self::Even => f.write_str("r(x²)"),
            Self::Odd => f.write_str("x·r(x²)"),
            Self::Zero(0.0) => f.write_str("x·r(x)"),
            Self::Zero(z) if *z < 0.0 => write!(f, "(x + {})·r(x)", -z),
            Self::Zero(z) => write!(f, "(x − {z})·r(x)"),
            Self::Root => f.write_str("√x·r(x)"),
            Self::RootEven => f.write_str("√x·r(x²)"),
        }
    }
}

impl Structure {
    /// Whether `u = x²`.
    fn squares(self) -> bool {
        matches!(self, Self::Even | Self::Odd | Self::RootEven)
    }

    /// The operations that `s` and `u` cost.
    pub fn operations(self) -> usize {
        match self {
            Self::Plain => 0,
            Self::Even => 1,
            Self::Zero(z) => 1 + usize::from(z != 0.0),
            Self::Odd | Self::Root => 2,
            Self::RootEven => 3,
        }
    }

    /// The factor `s(x)`.
    fn factor(self, x: &Big) -> Big {
        match self {
            Self::Plain | Self::Even => Big::from_f64(1.0),
            Self::Odd => x.clone(),
            Self::Zero(z) => x.sub(&Big::from_f64(z)),
            Self::Root | Self::RootEven => x.sqrt(),
        }
    }

    /// `s(x)·R(u(x))` with the program of `R` built by `inner` from the node of `u`.
    pub(super) fn program(self, inner: impl FnOnce(&mut crate::program::Builder, u16) -> u16) -> Program {
        let mut p = Program::builder();
        let x = p.input();
        let u = if self.squares() { p.op(Op::Mul, &[x, x]) } else { x };
        let r = inner(&mut p, u);
        let s = match self {
            Self::Plain | Self::Even => return p.finish(r),
            Self::Odd | Self::Zero(0.0) => x,
            Self::Zero(z) => {
                let z = p.constant(z);
                p.op(Op::Sub, &[x, z])
            }
            Self::Root | Self::RootEven => p.op(Op::Sqrt, &[x]),
        };
        let f = p.op(Op::Mul, &[s, r]);
        p.finish(f)
    }
}

/// A point with all that the error `w·(R(u) − g)` needs there.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) u: f64,
    pub(super) big: Big,
    pub(super) g: Big,
    pub(super) w: Big,
}

impl Sample {
    /// The weighted error of the value `r`.
    pub(super) fn error(&self, r: &Big) -> Big {
        r.sub(&self.g).mul(&self.w)
    }
}

/// A sample and the error there.
#[derive(Clone, Debug)]
pub(super) struct Extremum {
    pub(super) sample: Sample,
    pub(super) error: f64,
}

/// Grid points between the ends. The best approximations below have at most two dozen extrema.
const GRID: usize = 400;

/// A target seen through a structure, sampled on a Chebyshev grid of `u`.
pub(super) struct Problem<'a> {
    target: &'a Target,
    pub(super) structure: Structure,
    /// The sign of the `x` that belongs to `u`.
    negative: bool,
    pub(super) lo: f64,
    pub(super) hi: f64,
    pub(super) grid: Vec<Sample>,
}

impl<'a> Problem<'a> {
    /// Samples `f/s` over the interval. At an end where `f/s` or the weight has no finite value, the sampling starts
    /// 2^-60 of the width further in.
    ///
    /// # Errors
    /// If the interval is empty or `f/s` is not finite inside.
    pub(super) fn new(target: &'a Target, structure: Structure) -> Result<Self> {
        target.interval.check()?;
        let (a, b) = (target.interval.lo, target.interval.hi);
        let negative = structure.squares() && -a > b;
        let (lo, hi) = if structure.squares() {
            let (near, far) = if negative { (-b, -a) } else { (a, b) };
            let near = near.max(0.0);
            (square(near, true), square(far, false))
        } else {
            (a, b)
        };
        let mut problem = Self { target, structure, negative, lo, hi, grid: Vec::with_capacity(GRID + 1) };
        let inward = (hi - lo) * 2f64.powi(-60);
        if problem.sample(lo).is_err() {
            problem.lo = (lo + inward).max(lo.next_up());
        }
        if problem.sample(hi).is_err() {
            problem.hi = (hi - inward).min(hi.next_down());
        }
        for u in chebyshev_extrema(problem.lo, problem.hi, GRID) {
            let sample = problem.sample(u)?;
            problem.grid.push(sample);
        }
        Ok(problem)
    }

    /// The point `u` with `g = f/s` and the weight.
    ///
    /// # Errors
    /// If one of them is not finite.
    pub(super) fn sample(&self, u: f64) -> Result<Sample> {
        let big = Big::from_f64(u);
        let x = self.argument(&big);
        let f = self.target.value(&x)?;
        let s = self.structure.factor(&x);
        let g = f.div(&s);
        let w = match self.target.weight {
            Weight::Absolute => s.abs(),
            Weight::Relative => s.div(&f).abs(),
            Weight::Ulp(format) => s.abs().div(&Big::from_f64(unit(f.to_f64(), format))),
        };
        if g.is_finite() && w.is_finite() { Ok(Sample { u, big, g, w }) } else { Err(self.not_finite(&x)) }
    }

    /// `g(u)` alone.
    ///
    /// # Errors
    /// If it is not finite.
    pub(super) fn value(&self, u: &Big) -> Result<Big> {
        let x = self.argument(u);
        let g = self.target.value(&x)?.div(&self.structure.factor(&x));
        if g.is_finite() { Ok(g) } else { Err(self.not_finite(&x)) }
    }

    fn argument(&self, u: &Big) -> Big {
        let x = if self.structure.squares() { u.sqrt() } else { u.clone() };
        if self.negative { x.neg() } else { x }
    }

    fn not_finite(&self, x: &Big) -> Error {
        Error::NotFinite {
            quantity: format!("{} seen as {}, or its error,", self.target.name, self.structure),
            place: format!("x = {}", x.to_f64()),
        }
    }

    /// The largest error of each sign run of `w·(R − g)`, in order of `u`: consecutive entries alternate in sign.
    /// `None` if `R` is not finite somewhere. The value of an extremum is accurate to about 1e-12 of itself.
    pub(super) fn extrema(&self, r: impl Fn(&Big) -> Big) -> Option<Vec<Extremum>> {
        let errors: Vec<f64> = self.grid.iter().map(|s| s.error(&r(&s.big)).to_f64()).collect();
        if errors.iter().any(|e| !e.is_finite()) {
            return None;
        }
        let mut extrema = Vec::new();
        let mut start = 0;
        while start < errors.len() {
            let run = errors[start..].iter().take_while(|e| (**e > 0.0) == (errors[start] > 0.0)).count();
            let top = (start..start + run).max_by(|&i, &j| errors[i].abs().total_cmp(&errors[j].abs()))?;
            extrema.push(self.refine(top, &errors, &r)?);
            start += run;
        }
        Some(extrema)
    }

    /// The largest weighted error of `R` in modulus, infinite if it is not finite somewhere.
    pub(super) fn worst(&self, r: impl Fn(&Big) -> Big) -> f64 {
        let extrema = self.extrema(r).unwrap_or_default();
        if extrema.is_empty() { f64::INFINITY } else { extrema.iter().map(|e| e.error.abs()).fold(0.0, f64::max) }
    }

    /// Climbs from the grid point `top` to the extremum near it, by parabolas through three points.
    fn refine(&self, top: usize, errors: &[f64], r: &impl Fn(&Big) -> Big) -> Option<Extremum> {
        let sign = errors[top].signum();
        let height = |u: f64| -> Option<(Sample, f64)> {
            let sample = self.sample(u).ok()?;
            let e = sample.error(&r(&sample.big)).to_f64() * sign;
            e.is_finite().then_some((sample, e))
        };
        let at = |i: usize| (self.grid[i].clone(), errors[i] * sign);
        let last = errors.len() - 1;
        // At an end, the maximum may still lie inside the first cell.
        let (mut a, mut m, mut b) = if top == 0 || top == last {
            let inner = if top == 0 { 1 } else { last - 1 };
            let (end, inner) = (at(top), at(inner));
            let mid = height(f64::midpoint(end.0.u, inner.0.u))?;
            if mid.1 <= end.1 {
                return Some(Extremum { sample: end.0, error: end.1 * sign });
            }
            if top == 0 { (end, mid, inner) } else { (inner, mid, end) }
        } else {
            (at(top - 1), at(top), at(top + 1))
        };
        for _ in 0..8 {
            let (da, db) = (m.0.u - a.0.u, b.0.u - m.0.u);
            let (fa, fb) = ((m.1 - a.1) / da, (m.1 - b.1) / db);
            let v = m.0.u + 0.5 * (fa * db - fb * da) / (fa + fb);
            // A vertex at the middle point, or outside by rounding, means that the climb is over.
            if !(v > a.0.u && v < b.0.u) || (v - m.0.u).abs() <= 1e-9 * (b.0.u - a.0.u) {
                break;
            }
            let new = height(v)?;
            let gain = (new.1 - m.1) / m.1.abs();
            let left = v < m.0.u;
            if new.1 > m.1 {
                let old = std::mem::replace(&mut m, new);
                if left { b = old } else { a = old }
            } else if left {
                a = new;
            } else {
                b = new;
            }
            if gain.abs() < 1e-14 {
                break;
            }
        }
        Some(Extremum { sample: m.0, error: m.1 * sign })
    }
}

/// The extrema of the Chebyshev polynomial of degree `n` on `[lo, hi]`, ascending, ends included.
fn chebyshev_extrema(lo: f64, hi: f64, n: usize) -> impl Iterator<Item = f64> {
    (0..=n).map(move |i| {
        // sin² is accurate near the lower end, where the function may be singular.
        let s = (0.5 * PI * i as f64 / n as f64).sin();
        if i == n { hi } else { lo + (hi - lo) * s * s }
    })
}

/// The zeros of the Chebyshev polynomial of degree `n` on `[lo, hi]`, ascending.
pub(super) fn chebyshev_zeros(lo: f64, hi: f64, n: usize) -> Vec<f64> {
    let angle = |i: usize| 0.5 * PI * (i as f64 + 0.5) / n as f64;
    (0..n).map(|i| lo + (hi - lo) * angle(i).sin().powi(2)).collect()
}

/// `x²` rounded into the interval: up for the lower end, down for the upper.
fn square(x: f64, lower: bool) -> f64 {
    let product = x * x;
    let rest = Big::from_f64(x).mul(&Big::from_f64(x)).sub(&Big::from_f64(product)).to_f64();
    if lower && rest > 0.0 {
        product.next_up()
    } else if !lower && rest < 0.0 {
        product.next_down()
    } else {
        product
    }
}

/// The unit in the last place of the binade of `f`, that of the smallest normal number below it.
fn unit(f: f64, format: Format) -> f64 {
    let (digits, lowest) = match format {
        Format::F32 => (23, -126),
        Format::F64 => (52, -1022),
    };
    // The exponent of a double is in its bits; subnormal doubles read as the lowest one.
    let exponent = ((f.to_bits() >> 52 & 0x7ff) as i32 - 1023).max(lowest);
    2f64.powi(exponent) * 2f64.powi(-digits)
}
