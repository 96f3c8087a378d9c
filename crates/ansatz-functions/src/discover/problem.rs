//! A target sampled once for a whole search: fitting nodes, and a finer grid on which errors are measured.

use super::fit::Nodes;
use super::lanes::{Double, Lanes, Single};
use super::tape::{Tape, Workspace};
use crate::number::{Big, Dd, Scalar};
use crate::target::{Format, Target, Weight};
use ansatz_core::{Error, Result};

/// Fitting nodes: Chebyshev points of the interval.
pub(crate) const NODES: usize = 32;
/// Points of the grid, in blocks of [`NODES`].
const BLOCKS: usize = 8;
pub(crate) const GRID: usize = NODES * BLOCKS;

/// The target at the nodes and on the grid.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) target: Target,
    pub(crate) single: Nodes<Single<NODES>>,
    pub(crate) double: Nodes<Double<NODES>>,
    /// Grid points in increasing order.
    pub(crate) grid: Vec<Point>,
    blocks: Vec<Nodes<Double<NODES>>>,
}

/// One sample: the point, the weight and the weighted value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    pub(crate) x: Dd,
    pub(crate) weight: Dd,
    pub(crate) goal: Dd,
}

impl Point {
    /// The samples as lanes.
    pub(crate) fn pack<L: Lanes<N>, const N: usize>(points: &[Self]) -> Nodes<L> {
        let column = |f: fn(&Self) -> Dd| L::from_dd(&points.iter().map(f).collect::<Vec<_>>());
        Nodes { x: column(|p| p.x), weight: column(|p| p.weight), goal: column(|p| p.goal) }
    }
}

/// The weight of the error at a point where the function is `f`; `None` where it is infinite.
pub(crate) fn weight(weight: Weight, f: &Big) -> Option<Big> {
    let one = Big::from_f64(1.0);
    let value = match weight {
        Weight::Absolute => one,
        Weight::Relative => one.div(&f.abs()),
        Weight::Ulp(format) => {
            let (digits, least) = match format {
                Format::F32 => (23, -149),
                Format::F64 => (52, -1074),
            };
            // The binade of f, by its double: a rounding up to a power of two only moves the binade's edge.
            let magnitude = f.to_f64().abs();
            let exponent = if magnitude == 0.0 { -1074 } else { exponent(magnitude) };
            Big::from_f64(2.0).powi(-(exponent - digits).max(least))
        }
    };
    value.is_finite().then_some(value)
}

/// `⌊log2 x⌋` of a positive double.
fn exponent(x: f64) -> i32 {
    let bits = (x.to_bits() >> 52) as i32;
    if bits == 0 { -1022 - (x.to_bits().leading_zeros() as i32 - 11) } else { bits - 1023 }
}

impl Problem {
    /// Samples the target: about 300 evaluations of the function in 57 digits.
    pub(crate) fn new(target: &Target) -> Result<Self> {
        let interval = target.interval;
        let length = interval.hi - interval.lo;
        // The i-th of n Chebyshev points, increasing; computed so that both ends keep their relative distance.
        let chebyshev = |i: usize, n: usize| {
            let half_angle = std::f64::consts::FRAC_PI_4 * (2 * i + 1) as f64 / n as f64;
            let x = if 2 * i < n {
                interval.lo + length * half_angle.sin().powi(2)
            } else {
                interval.hi - length * half_angle.cos().powi(2)
            };
            x.clamp(interval.lo, interval.hi)
        };
        let nodes = (0..NODES).map(|i| Self::point(target, chebyshev(i, NODES))).collect::<Result<Vec<_>>>()?;
        let mut grid: Vec<f64> = (0..GRID).map(|i| chebyshev(i, GRID)).collect();
        // The ends themselves, or a point very near to them where they are left out.
        grid[0] = if interval.lo_open { interval.lo + length * 2f64.powi(-40) } else { interval.lo };
        grid[GRID - 1] = if interval.hi_open { interval.hi - length * 2f64.powi(-40) } else { interval.hi };
        let mut grid = grid.into_iter().map(|x| Self::point(target, x)).collect::<Result<Vec<_>>>();
        if grid.is_err() && target.weight == Weight::Relative {
            // A zero of f at a closed end has no relative error: the end itself is left out.
            grid = (0..GRID).map(|i| Self::point(target, chebyshev(i, GRID))).collect();
        }
        let grid = grid?;
        Ok(Self {
            target: target.clone(),
            single: Point::pack(&nodes),
            double: Point::pack(&nodes),
            blocks: grid.chunks(NODES).map(Point::pack).collect(),
            grid,
        })
    }

    /// The sample at `x`.
    pub(crate) fn point(target: &Target, x: f64) -> Result<Point> {
        let (weight, goal) = Self::sample(target, &Big::from_f64(x))?;
        Ok(Point { x: Dd::from(x), weight: weight.to_dd(), goal: goal.to_dd() })
    }

    /// Weight and weighted value at `x`, in 57 digits.
    pub(crate) fn sample(target: &Target, x: &Big) -> Result<(Big, Big)> {
        let f = target.value(x)?;
        let weight = weight(target.weight, &f).ok_or_else(|| Error::NotFinite {
            quantity: format!("the relative error of {} (the function is 0)", target.name),
            place: format!("x = {}", x.to_f64()),
        })?;
        let goal = weight.mul(&f);
        Ok((weight, goal))
    }

    /// The weighted errors on the grid, in increasing order of x; entries are not finite where the program is not.
    pub(crate) fn residuals(
        &self,
        tape: &Tape,
        constants: &[Dd],
        work: &mut Workspace<Double<NODES>, NODES>,
        out: &mut Vec<f64>,
    ) {
        struct Job<'a>(&'a Problem, &'a Tape, &'a [Dd], &'a mut Workspace<Double<NODES>, NODES>, &'a mut Vec<f64>);
        impl pulp::NullaryFnOnce for Job<'_> {
            type Output = ();
            #[inline(always)]
            fn call(self) {
                let Self(problem, tape, constants, work, out) = self;
                for nodes in &problem.blocks {
                    work.prepare(tape, &nodes.x);
                    out.extend_from_slice(&work.residual(tape, nodes, constants).0);
                }
            }
        }
        out.clear();
        pulp::Arch::new().dispatch(Job(self, tape, constants, work, out));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_of_doubles() {
        for (x, e) in [(1.0, 0), (1.99, 0), (2.0, 1), (0.75, -1), (f64::MIN_POSITIVE, -1022), (5e-324, -1074)] {
            assert_eq!(exponent(x), e);
        }
    }

    #[test]
    fn an_ulp_is_the_spacing_of_the_format() {
        let ulp = |format, f: f64| 1.0 / weight(Weight::Ulp(format), &Big::from_f64(f)).unwrap().to_f64();
        assert_eq!(ulp(Format::F32, 1.5), 2f64.powi(-23));
        assert_eq!(ulp(Format::F32, -4.0), 2f64.powi(-21));
        assert_eq!(ulp(Format::F64, 1.0), f64::EPSILON);
        assert!(weight(Weight::Relative, &Big::from_f64(0.0)).is_none());
    }
}
