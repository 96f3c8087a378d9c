//! Windows of time, of a program and of the reference in turn.

use super::kernel::{Float, Kernel, Kernels, Loop};
use super::{Options, Timing, assembly};
use ansatz_core::Result;
use serde::{Deserialize, Serialize};
use std::hint::black_box;
use std::time::Instant;

/// The length of a window in seconds: long against the clock's own time, short against a time slice of the system.
const WINDOW: f64 = 20e-6;
/// Steps of one dependent chain.
const STEPS: usize = 200;
/// Elements and applications of the composition.
const COMPOSED: (usize, usize) = (10_000, 100);

/// One measure of a program. Times in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantity {
    /// The least time of all windows.
    pub minimum: f64,
    /// The median of all windows.
    pub median: f64,
    /// The least and the greatest of the repetitions' medians.
    pub spread: [f64; 2],
    /// The median of the ratio to the reference, of neighbouring windows.
    pub ratio: f64,
    /// The least and the greatest of the repetitions' median ratios.
    pub ratio_spread: [f64; 2],
}

/// A kernel's job: what is timed.
struct Job<'k, T> {
    kernel: Kernel<'k, T>,
    times: usize,
    /// Calls in a window.
    calls: usize,
    samples: Vec<[f64; 2]>,
}

/// Times the programs `1..count`, each in turn with program 0.
///
/// # Errors
/// If a kernel is missing.
pub(super) fn measure<T: Float>(
    kernels: &Kernels<T>,
    count: usize,
    options: &Options,
    pinned: bool,
) -> Result<Vec<Timing>> {
    let throughput = quantities(kernels, count, Loop::Map, options.elements, 1, options)?;
    let optional = |wanted: bool, kind, n, times| {
        if wanted { quantities(kernels, count, kind, n, times, options).map(Some) } else { Ok(None) }
    };
    let latency = optional(options.latency, Loop::Chain, 1, STEPS)?;
    let composed = optional(options.composed, Loop::Compose, COMPOSED.0, COMPOSED.1)?;
    let timing = |i: usize| Timing {
        throughput: throughput[i],
        latency: latency.as_ref().map(|all| all[i]),
        composed: composed.as_ref().map(|all| all[i]),
        code: assembly::code(&kernels.assembly, &Loop::Map.symbol(i + 1)),
        pinned,
    };
    Ok((0..count - 1).map(timing).collect())
}

fn quantities<T: Float>(
    kernels: &Kernels<T>,
    count: usize,
    kind: Loop,
    elements: usize,
    times: usize,
    options: &Options,
) -> Result<Vec<Quantity>> {
    let mut buffers = Buffers::new(elements, options.interval);
    let mut job = |program| -> Result<Job<'_, T>> {
        let mut job = Job { kernel: kernels.get(kind, program)?, times, calls: 1, samples: Vec::new() };
        // The first calls warm up caches and clock.
        let once = (0..5).map(|_| job.window(&mut buffers)).fold(f64::INFINITY, f64::min);
        job.calls = (WINDOW / once.max(1e-9)).ceil() as usize;
        Ok(job)
    };
    let reference = job(0)?;
    let mut jobs: Vec<Job<'_, T>> = (1..count).map(&mut job).collect::<Result<_>>()?;
    let windows = options.windows / options.repetitions;
    for _ in 0..options.repetitions {
        for job in &mut jobs {
            for _ in 0..windows {
                let pair = [reference.window(&mut buffers), job.window(&mut buffers)];
                job.samples.push(pair);
            }
        }
    }
    let to_nanoseconds = 1e9 / (elements * times) as f64;
    Ok(jobs.iter().map(|job| quantity(&job.samples, windows, to_nanoseconds)).collect())
}

impl<T: Float> Job<'_, T> {
    /// The seconds that one call takes, from a window of calls.
    fn window(&self, buffers: &mut Buffers<T>) -> f64 {
        let [x, y] = buffers.slices();
        let start = Instant::now();
        for _ in 0..self.calls {
            self.kernel.run(black_box(x), black_box(&mut *y), self.times);
        }
        start.elapsed().as_secs_f64() / self.calls as f64
    }
}

/// Statistics of the pairs (reference, program), which lie one repetition behind the other.
fn quantity(samples: &[[f64; 2]], windows: usize, scale: f64) -> Quantity {
    let times: Vec<f64> = samples.iter().map(|[_, time]| time * scale).collect();
    // A clock too coarse to see the reference gives no ratio, but no division by zero either.
    let ratios: Vec<f64> = samples.iter().map(|[reference, time]| time / reference.max(1e-12)).collect();
    let spread = |values: &[f64]| {
        let medians = values.chunks_exact(windows).map(median);
        medians.fold([f64::INFINITY, 0.0], |[lo, hi]: [f64; 2], m| [lo.min(m), hi.max(m)])
    };
    Quantity {
        minimum: times.iter().copied().fold(f64::INFINITY, f64::min),
        median: median(&times),
        spread: spread(&times),
        ratio: median(&ratios),
        ratio_spread: spread(&ratios),
    }
}

/// The middle value; of an even number of values the mean of the two.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[half],
        _ => f64::midpoint(sorted[half - 1], sorted[half]),
    }
}

/// Arguments and results. They begin half a page apart within their pages: a load that waits for an earlier store
/// because the lower twelve bits of their addresses agree makes a short loop up to four times slower, or not, as the
/// allocator happens to place the arrays.
struct Buffers<T> {
    memory: Vec<T>,
    begin: [usize; 2],
    elements: usize,
}

/// Bytes of a page.
const PAGE: usize = 4096;

impl<T: Float> Buffers<T> {
    fn new(elements: usize, [lo, hi]: [f64; 2]) -> Self {
        let page = PAGE / size_of::<T>();
        let whole = elements.next_multiple_of(page);
        let mut memory = vec![T::from_f64(0.0); 2 * whole + 2 * page];
        let first = memory.as_ptr().align_offset(PAGE).min(page);
        let begin = [first, first + whole + page / 2];
        for i in 0..elements {
            let x = lo + (hi - lo) * (i as f64 + 0.5) / elements as f64;
            memory[begin[0] + i] = T::from_f64(x);
        }
        Self { memory, begin, elements }
    }

    fn slices(&mut self) -> [&mut [T]; 2] {
        let (x, y) = self.memory.split_at_mut(self.begin[1]);
        [&mut x[self.begin[0]..][..self.elements], &mut y[..self.elements]]
    }
}

#[cfg(test)]
mod tests {
    use super::super::{horner, reference, time};
    use super::*;
    use crate::anchors::literature::{f5, f10};
    use crate::target::Format;

    #[test]
    fn statistics_of_known_samples() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        // Two repetitions of three windows; the program takes 2, 4, 3 and then 6, 4, 5 times the reference.
        let samples = [[1.0, 2.0], [1.0, 4.0], [2.0, 6.0], [1.0, 6.0], [1.0, 4.0], [2.0, 10.0]];
        let q = quantity(&samples, 3, 10.0);
        assert_eq!((q.minimum, q.median, q.spread), (20.0, 50.0, [40.0, 60.0]));
        assert_eq!((q.ratio, q.ratio_spread), (4.0, [3.0, 5.0]));
    }

    #[test]
    fn buffers_are_aligned_and_in_the_interval() {
        let mut buffers = Buffers::<f32>::new(100, [0.1, 0.9]);
        let [x, y] = buffers.slices();
        assert!(x.as_ptr().align_offset(PAGE) == 0 && y.as_ptr().align_offset(64) == 0);
        assert_eq!(y.as_ptr().addr() % PAGE, PAGE / 2);
        assert!((x.len(), y.len()) == (100, 100) && x.is_sorted() && x[0] > 0.1 && x[99] < 0.9);
    }

    #[test]
    fn every_measure_is_positive_and_ordered() {
        for format in [Format::F32, Format::F64] {
            let options = Options { windows: 10, ..Options::new(format) };
            let timings = time(&[f5(), f10(), reference(), horner(&[1.0, 0.7, 0.2], true)], &options).unwrap();
            assert_eq!(timings.len(), 4);
            for timing in timings {
                for q in [Some(timing.throughput), timing.latency, timing.composed] {
                    let q = q.unwrap();
                    assert!(q.minimum > 0.0 && q.minimum <= q.spread[0] && q.spread[0] <= q.spread[1]);
                    assert!(q.median.is_finite() && q.ratio > 0.0 && q.ratio_spread[0] <= q.ratio_spread[1]);
                }
            }
        }
    }

    #[test]
    fn bad_options_are_named() {
        let refuse = |options: Options| time(&[f5()], &options).unwrap_err().to_string();
        let usual = Options::default;
        assert!(refuse(Options { windows: 3, ..usual() }).contains("windows is 3, but must be from 5"));
        assert!(refuse(Options { repetitions: 0, ..usual() }).contains("repetitions is 0"));
        assert!(refuse(Options { elements: 1, ..usual() }).contains("elements is 1"));
        assert!(refuse(Options { interval: [0.5, f64::NAN], ..usual() }).contains("interval is 0.5..NaN"));
        assert!(refuse(Options { interval: [0.0, 1e300], format: Format::F32, ..usual() }).contains("interval"));
        let mut huge = f5();
        huge.constants[0] = 1e300.into();
        let error = time(&[huge], &Options::new(Format::F32)).unwrap_err().to_string();
        assert!(error.contains("constant c1"), "{error}");
    }
}
