//! The error of a program at many points in doubles: what its constants are trained on, and what it is selected on.

use super::super::fit::Nodes;
use super::super::lanes::{Lanes, Single};
use super::super::problem::{Point, Problem};
use super::super::tape::{Tape, Workspace};
use crate::target::{Target, Weight};
use ansatz_core::{Result, Seed};
use rayon::prelude::*;

/// Points of a block: long enough that the choice of the operation costs little beside its work, short enough that the
/// values of a program stay in the nearest cache.
const BLOCK: usize = 64;

/// A program's values at the points of a block, kept between evaluations.
pub(super) type Values = Workspace<Single<BLOCK>, BLOCK>;

/// A target at points fixed once for a whole search.
#[derive(Debug)]
pub(super) struct Samples {
    blocks: Vec<Nodes<Single<BLOCK>>>,
}

impl Samples {
    /// Equispaced points, the ends of the interval included; an end that is open, or where the weight is infinite, is
    /// moved inward by 2^-40 of the length.
    pub(super) fn equispaced(target: &Target, points: usize) -> Result<Self> {
        let interval = target.interval;
        let length = interval.hi - interval.lo;
        let inside = length * 2f64.powi(-40);
        let (lo, hi) = (interval.lo + inside, interval.hi - inside);
        let position = |i: usize| {
            if i == 0 {
                if interval.lo_open { lo } else { interval.lo }
            } else if i == points - 1 {
                if interval.hi_open { hi } else { interval.hi }
            } else {
                interval.lo + length * (i as f64 / (points - 1) as f64)
            }
        };
        let sample = |i: usize| match Problem::point(target, position(i)) {
            Err(_) if target.weight == Weight::Relative && (i == 0 || i == points - 1) => {
                Problem::point(target, if i == 0 { lo } else { hi })
            }
            result => result,
        };
        Ok(Self::of(&(0..points).into_par_iter().map(sample).collect::<Result<Vec<_>>>()?))
    }

    /// Uniformly random points of the seed's stream `name`.
    pub(super) fn random(target: &Target, points: usize, seed: Seed, name: &str) -> Result<Self> {
        let interval = target.interval;
        let mut stream = seed.stream(name, 0);
        let inputs: Vec<f64> = (0..points).map(|_| stream.uniform_in(interval.lo, interval.hi)).collect();
        // A draw of an open end, or of a zero of f, is a chance of 2^-53 a point.
        Ok(Self::of(&inputs.into_par_iter().map(|x| Problem::point(target, x)).collect::<Result<Vec<_>>>()?))
    }

    /// In blocks; the last is filled with its last point.
    fn of(points: &[Point]) -> Self {
        let blocks = points.chunks(BLOCK).map(|chunk| {
            let mut block = chunk.to_vec();
            block.resize(BLOCK, chunk[chunk.len() - 1]);
            Point::pack(&block)
        });
        Self { blocks: blocks.collect() }
    }

    /// The largest weighted error; infinite if any value is not finite. `values` must be [`prepared`](Self::values).
    pub(super) fn error(&self, tape: &Tape, constants: &[f64], values: &mut Values) -> f64 {
        struct Job<'a>(&'a Samples, &'a Tape, &'a [f64], &'a mut Values);
        impl pulp::NullaryFnOnce for Job<'_> {
            type Output = f64;
            #[inline(always)]
            fn call(self) -> f64 {
                let Self(samples, tape, constants, values) = self;
                let mut largest = Single::splat(0.0);
                values.set_constants(constants);
                for nodes in &samples.blocks {
                    values.set_input(&nodes.x);
                    largest = largest.max_magnitude(&values.run(tape, nodes));
                }
                let largest = largest.max_abs();
                if largest.is_finite() { largest } else { f64::INFINITY }
            }
        }
        pulp::Arch::new().dispatch(Job(self, tape, constants, values))
    }

    /// Memory for the evaluation of a tape.
    pub(super) fn values(&self, tape: &Tape) -> Values {
        let mut values = Values::new();
        values.prepare(tape, &self.blocks[0].x);
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::samples;

    #[test]
    fn errors_are_those_of_the_plain_evaluation() {
        let target = Target::named("exp2").unwrap();
        let training = Samples::equispaced(&target, 1000).unwrap();
        for program in [samples::five(), samples::ten()] {
            let tape = Tape::new(&program.shape).unwrap();
            let constants: Vec<f64> = program.constants.iter().map(|c| c.hi).collect();
            let error = training.error(&tape, &constants, &mut training.values(&tape));
            let plain = (0..1000).map(|i| {
                let x = if i == 0 { 2f64.powi(-40) } else { f64::from(i) / 999.0 };
                let point = Problem::point(&target, x).unwrap();
                (program.eval(&x) * point.weight.hi - point.goal.hi).abs()
            });
            assert_eq!(error, plain.fold(0.0, f64::max));
        }
    }

    #[test]
    fn a_pole_on_a_point_is_an_infinite_error() {
        let target = Target::named("exp2").unwrap();
        let training = Samples::equispaced(&target, 1025).unwrap();
        let program = samples::five();
        let tape = Tape::new(&program.shape).unwrap();
        // x + c/x + c' vanishes at x = 1/2 for c = 1/4, c' = −1.
        let error = training.error(&tape, &[0.25, 1.0, -1.0, 0.0], &mut training.values(&tape));
        assert_eq!(error, f64::INFINITY);
    }

    #[test]
    fn a_zero_at_a_closed_end_is_stepped_over() {
        let target = Target::parse("sin(x)", "[0, 1]", Weight::Relative).unwrap();
        let training = Samples::equispaced(&target, 65).unwrap();
        assert_eq!(training.blocks[0].x.max_abs(), 63.0 / 64.0);
        // x itself: 1 − x/sin x is largest at 1.
        let shape = super::super::super::mutate::identity().shape;
        let tape = Tape::new(&shape).unwrap();
        let error = training.error(&tape, &[], &mut training.values(&tape));
        assert!((error - (1.0 / 1f64.sin() - 1.0)).abs() < 1e-12);
    }

    #[test]
    fn random_points_are_the_seeds() {
        let target = Target::named("exp2").unwrap();
        let program = samples::five();
        let tape = Tape::new(&program.shape).unwrap();
        let error = |seed| {
            let inputs = Samples::random(&target, 100, Seed(seed), "validation").unwrap();
            let constants: Vec<f64> = program.constants.iter().map(|c| c.hi).collect();
            inputs.error(&tape, &constants, &mut inputs.values(&tape))
        };
        assert_eq!(error(1).to_bits(), error(1).to_bits());
        assert_ne!(error(1).to_bits(), error(2).to_bits());
    }
}
