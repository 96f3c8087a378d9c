//! Nanoseconds a value on one thread, by branch and on the usual ranges: the least of many short interleaved repetitions, so
//! that a machine with other work to do changes little.

use crate::lab::Lab;
use ansatz_core::{Result, Scale, Stream};
use ansatz_functions::special::LogBessel;
use std::time::Instant;

pub(super) const HANKEL: &str = "Hankel's expansion: ns a value, the slower of I and K";
pub(super) const DEBYE: &str = "Debye's expansion: ns a value, the slower of I and K";
pub(super) const SERIES: &str = "series of I: ns a value";
pub(super) const INTEGRAL: &str = "integral for K: ns a value";

const BARS: [&str; 4] = [HANKEL, DEBYE, SERIES, INTEGRAL];
const REPETITIONS: usize = 51;

/// Points of which the function's time is taken.
struct Range {
    name: &'static str,
    is_bar: bool,
    functions: &'static [LogBessel],
    v: Vec<f64>,
    x: Vec<f64>,
}

const BOTH: &[LogBessel] = &[LogBessel::i(), LogBessel::k()];
const I: &[LogBessel] = &[LogBessel::i()];
const K: &[LogBessel] = &[LogBessel::k()];

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    if lab.scale() == Scale::Smoke {
        return Ok(());
    }
    let count = lab.pick(1_000, 20_000, 100_000);
    let mut stream = lab.seeds()[0].stream("points of the times", 0);
    let mut range = |name, functions, point: fn(&mut Stream) -> (f64, f64)| {
        let (v, x) = (0..count).map(|_| point(&mut stream)).unzip();
        Range { name, is_bar: BARS.contains(&name), functions, v, x }
    };
    let ranges = [
        range(HANKEL, BOTH, |s| {
            let x = s.uniform_in(30.0, 1e4);
            (s.uniform() * (2.99 * x).sqrt(), x)
        }),
        range(DEBYE, BOTH, |s| (s.uniform_in(20.0, 1e3), s.uniform_in(0.0, 1e3))),
        range(SERIES, I, |s| (s.uniform_in(0.0, 20.0), s.uniform_in(0.0, 30.0))),
        range(INTEGRAL, K, |s| (s.uniform_in(0.0, 20.0), s.uniform_in(0.0, 30.0))),
        range("(0, 150)²", BOTH, |s| (s.uniform_in(0.0, 150.0), s.uniform_in(0.0, 150.0))),
        range("(0, 150) × (150, 1000)", BOTH, |s| (s.uniform_in(0.0, 150.0), s.uniform_in(150.0, 1e3))),
        range("(0, 1000) × (1, 10⁴)", BOTH, |s| (s.uniform_in(0.0, 1e3), s.uniform_in(1.0, 1e4))),
        range("(10³, 3·10⁴) × (1, 3·10⁴)", BOTH, |s| (s.uniform_in(1e3, 3e4), s.uniform_in(1.0, 3e4))),
    ];
    let mut out = vec![0.0; count];
    let mut times = vec![[f64::INFINITY; 2]; ranges.len()];
    for _ in 0..REPETITIONS {
        for (range, times) in ranges.iter().zip(&mut times) {
            for (function, least) in range.functions.iter().zip(times) {
                let start = Instant::now();
                function.fill(&range.v, &range.x, &mut out)?;
                *least = least.min(start.elapsed().as_secs_f64() * 1e9 / count as f64);
            }
        }
    }
    let mut usual = Vec::new();
    for (range, times) in ranges.iter().zip(&times) {
        let least: Vec<f64> = times.iter().copied().filter(|time| time.is_finite()).collect();
        if range.is_bar {
            lab.measure(range.name, least.iter().copied().fold(0.0, f64::max))?;
        } else {
            usual.push(format!("{}: {:.0} and {:.0}", range.name, least[0], least[1]));
        }
    }
    lab.note(format!("ns a value of log I and log K on one thread, (v, x) in {}", usual.join("; ")));
    Ok(())
}
