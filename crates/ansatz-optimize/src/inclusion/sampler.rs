//! Draws components.

use super::FiniteSum;
use ansatz_core::Stream;

/// Draws components as their operator asks for.
pub(super) struct Sampler {
    /// Cumulative probabilities, where they are not uniform.
    cumulative: Option<Vec<f64>>,
    order: Vec<usize>,
}

impl Sampler {
    pub(super) fn new(f: &dyn FiniteSum) -> Self {
        let cumulative = f.weights().map(|weights| {
            let total: f64 = weights.iter().sum();
            let sums = weights.iter().scan(0.0, |sum, weight| {
                *sum += weight / total;
                Some(*sum)
            });
            sums.collect()
        });
        Self { cumulative, order: (0..f.components()).collect() }
    }

    /// A component `i`, and `1/(n q_i)`.
    pub(super) fn one(&self, stream: &mut Stream) -> (usize, f64) {
        let n = self.order.len();
        let Some(sums) = &self.cumulative else { return (stream.below(n), 1.0) };
        let at = stream.uniform();
        let i = sums.partition_point(|&sum| sum <= at).min(n - 1);
        let q = sums[i] - if i == 0 { 0.0 } else { sums[i - 1] };
        (i, 1.0 / (n as f64 * q))
    }

    /// Calls `each` with `count` components: distinct ones if they are drawn uniformly.
    pub(super) fn batch(&mut self, count: usize, stream: &mut Stream, mut each: impl FnMut(usize, f64)) {
        if self.cumulative.is_some() {
            for _ in 0..count {
                let (i, weight) = self.one(stream);
                each(i, weight);
            }
            return;
        }
        // The first steps of a shuffle; whatever order there was before, the drawn ones are uniform.
        let n = self.order.len();
        for k in 0..count.min(n) {
            let j = k + stream.below(n - k);
            self.order.swap(k, j);
            each(self.order[k], 1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansatz_core::Seed;

    struct Weighted(Option<Vec<f64>>);

    impl FiniteSum for Weighted {
        fn name(&self) -> String {
            String::new()
        }

        fn components(&self) -> usize {
            4
        }

        fn dim(&self) -> usize {
            1
        }

        fn average_constant(&self) -> f64 {
            1.0
        }

        fn constant(&self) -> f64 {
            1.0
        }

        fn full(&self, _: &[f64], _: &mut [f64]) {}

        fn add_difference(&self, _: usize, _: f64, _: &[f64], _: &[f64], _: &mut [f64]) {}

        fn weights(&self) -> Option<&[f64]> {
            self.0.as_deref()
        }
    }

    #[test]
    fn estimates_are_right_in_the_mean() {
        for weights in [None, Some(vec![1.0, 2.0, 3.0, 4.0])] {
            let mut sampler = Sampler::new(&Weighted(weights));
            let values = [1.0, -2.0, 5.0, 3.0];
            let mut stream = Seed(1).stream("draws", 0);
            let draws = 40_000;
            let (mut single, mut batch) = (0.0, 0.0);
            for _ in 0..draws {
                let (i, weight) = sampler.one(&mut stream);
                single += weight * values[i];
                sampler.batch(2, &mut stream, |i, weight| batch += weight * values[i] / 2.0);
            }
            // The mean is 7/4; single values are at most 5 · 4/3 in size. Six standard deviations.
            for sum in [single, batch] {
                assert!((sum / f64::from(draws) - 1.75).abs() < 6.0 * 4.0 / f64::from(draws).sqrt());
            }
        }
    }

    #[test]
    fn uniform_batches_have_distinct_members() {
        let mut sampler = Sampler::new(&Weighted(None));
        let mut stream = Seed(1).stream("draws", 0);
        for _ in 0..100 {
            let mut seen = Vec::new();
            sampler.batch(3, &mut stream, |i, _| seen.push(i));
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), 3);
        }
    }
}
