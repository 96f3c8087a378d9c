//! Axes: from values to positions, and where the ticks go.

/// A linear or logarithmic axis over a range that is never empty.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    log: bool,
    // In logarithms of base 10 if `log`.
    lo: f64,
    hi: f64,
}

impl Axis {
    /// An axis over the values, with a margin. A logarithmic one passes over values that are not positive.
    pub(super) fn over(values: impl IntoIterator<Item = f64>, log: bool) -> Self {
        let mapped = values.into_iter().filter(|&v| !log || v > 0.0).map(|v| if log { v.log10() } else { v });
        let (lo, hi) = mapped.fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), v| (lo.min(v), hi.max(v)));
        let (lo, hi) = if lo > hi { (0.0, 1.0) } else { (lo, hi) };
        // A single value gets room on both sides.
        let margin = if hi > lo { 0.04 * (hi - lo) } else { 0.5 * if log { 1.0 } else { lo.abs().max(1.0) } };
        Self { log, lo: lo - margin, hi: hi + margin }
    }

    /// The length of the range, of its logarithms to base 10 if it is logarithmic.
    pub(super) fn span(&self) -> f64 {
        self.hi - self.lo
    }

    /// The axis with the same middle and this length of its range.
    pub(super) fn widened(&self, span: f64) -> Self {
        let middle = f64::midpoint(self.lo, self.hi);
        Self { lo: middle - 0.5 * span, hi: middle + 0.5 * span, ..self.clone() }
    }

    /// Where `value` lies, from 0 to 1; values outside (and 0 on a logarithmic axis) lie on the edge.
    pub(super) fn place(&self, value: f64) -> f64 {
        let value = if self.log { value.max(f64::MIN_POSITIVE).log10() } else { value };
        ((value - self.lo) / (self.hi - self.lo)).clamp(0.0, 1.0)
    }

    /// Ticks as (position from 0 to 1, label), about `wanted` of them or fewer.
    pub(super) fn ticks(&self, wanted: usize) -> Vec<(f64, String)> {
        let span = self.hi - self.lo;
        let place = |at: f64| (at - self.lo) / span;
        if self.log && span < 2.5 {
            // Within a few decades: round numbers rather than powers of ten.
            let factors: &[f64] = if span < 1.2 { &[1.0, 2.0, 3.0, 5.0, 7.0] } else { &[1.0, 2.0, 5.0] };
            let decades = self.lo.floor() as i32..=self.hi.floor() as i32;
            let values = decades.flat_map(|k| factors.iter().map(move |m| m * 10f64.powi(k)));
            let values = values.filter(|v| (self.lo..=self.hi).contains(&v.log10()));
            return values.map(|v| (place(v.log10()), crate::shown(v))).collect();
        }
        let step = if self.log { whole_step(span, wanted) } else { round_step(span, wanted) };
        let multiples = (self.lo / step).ceil() as i64..=(self.hi / step).floor() as i64;
        let label = |at: f64| if self.log { power_label(at) } else { linear_label(at, step) };
        multiples.map(|k| k as f64 * step).map(|at| (place(at), label(at))).collect()
    }
}

/// The smallest of 1, 2, 3, 5 or a multiple of 5 decades that gives at most `wanted` ticks.
fn whole_step(span: f64, wanted: usize) -> f64 {
    let fits = |step: &f64| span / step <= wanted as f64;
    let multiple = 5.0 * (span / (5.0 * wanted as f64)).ceil();
    [1.0, 2.0, 3.0].into_iter().find(fits).unwrap_or(multiple)
}

/// The smallest of 1, 2, 5 times a power of ten that gives at most `wanted` ticks.
fn round_step(span: f64, wanted: usize) -> f64 {
    let power = 10f64.powf((span / wanted as f64).log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|m| m * power).find(|step| span / step <= wanted as f64).unwrap_or(10.0 * power)
}

/// 10 to the whole `exponent`.
fn power_label(exponent: f64) -> String {
    let exponent = exponent.round() as i32;
    if (0..=3).contains(&exponent) {
        return crate::shown(10f64.powi(exponent));
    }
    let raise = |c: char| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32('⁰' as u32 + digit.to_digit(10).unwrap_or(0)).unwrap_or(digit),
    };
    format!("10{}", exponent.to_string().chars().map(raise).collect::<String>())
}

fn linear_label(value: f64, step: f64) -> String {
    if value.abs() >= 1e6 {
        return crate::shown(value);
    }
    let digits = (-step.log10().floor()).clamp(0.0, 12.0) as usize;
    // `+ 0.0` turns -0 into 0.
    format!("{:.digits$}", value + 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis, wanted: usize) -> Vec<String> {
        axis.ticks(wanted).into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round_and_where_their_value_is() {
        let axis = Axis::over([2.0, 12.0], false);
        assert_eq!(labels(&axis, 8), ["2", "4", "6", "8", "10", "12"]);
        for (at, label) in axis.ticks(8) {
            assert!((axis.place(label.parse().unwrap()) - at).abs() < 1e-12);
        }
        assert_eq!(labels(&Axis::over([0.0, 0.1], false), 6), ["0.00", "0.02", "0.04", "0.06", "0.08", "0.10"]);
        let axis = Axis::over([0.15, 3e-17], true);
        assert_eq!(labels(&axis, 9), ["10⁻¹⁶", "10⁻¹⁴", "10⁻¹²", "10⁻¹⁰", "10⁻⁸", "10⁻⁶", "10⁻⁴", "10⁻²"]);
        assert_eq!(labels(&Axis::over([2.0, 30.0], true), 9), ["2", "5", "10", "20"]);
        assert_eq!(labels(&Axis::over([0.02, 0.06], true), 9), ["0.02", "0.03", "0.05"]);
        assert_eq!(labels(&Axis::over([1.0, 1e5], true), 9), ["1", "10", "100", "1000", "10⁴", "10⁵"]);
    }

    #[test]
    fn places_are_within_the_axis() {
        let axis = Axis::over([1e-3, 1.0], true);
        assert!((axis.place(1e-3 * 1000f64.sqrt()) - 0.5).abs() < 1e-12);
        assert_eq!((axis.place(0.0), axis.place(1e9)), (0.0, 1.0));
        for axis in [Axis::over([], true), Axis::over([5.0], false), Axis::over([0.0, -1.0], true)] {
            assert!(axis.place(5.0).is_finite() && !axis.ticks(5).is_empty());
        }
    }
}
