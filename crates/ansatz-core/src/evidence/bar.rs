//! One inequality of a claim, declared beforehand and measured in a run.

use super::Scale;
use crate::number::{Number, shown};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which side of the threshold is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// The measured value must not exceed the threshold.
    AtMost,
    /// The measured value must reach the threshold.
    AtLeast,
}

impl Comparison {
    /// Whether `measured` is on the good side of `threshold`. Not-a-number never is.
    pub fn holds(self, measured: f64, threshold: f64) -> bool {
        match self {
            Self::AtMost => measured <= threshold,
            Self::AtLeast => measured >= threshold,
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AtMost => "≤",
            Self::AtLeast => "≥",
        })
    }
}

/// Which of several measured values decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deciding {
    /// The worst one.
    #[default]
    Worst,
    /// The median, of an even number the worse of the two in the middle: for methods that draw at random, one value a
    /// seed. Not-a-number still is worse than every number, and one decides alone.
    Median,
}

/// A declared inequality.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bar {
    /// What is measured, with its unit or norm.
    pub name: &'static str,
    /// Which side is good.
    pub comparison: Comparison,
    /// The bar itself.
    pub threshold: f64,
    /// The scales at which it is meant to hold.
    pub scales: &'static [Scale],
    /// Which of several measured values decides.
    pub deciding: Deciding,
}

impl Bar {
    /// `name` must be at most `threshold`, at every scale.
    pub const fn at_most(name: &'static str, threshold: f64) -> Self {
        Self { name, comparison: Comparison::AtMost, threshold, scales: &Scale::ALL, deciding: Deciding::Worst }
    }

    /// `name` must be at least `threshold`, at every scale.
    pub const fn at_least(name: &'static str, threshold: f64) -> Self {
        Self { name, comparison: Comparison::AtLeast, threshold, scales: &Scale::ALL, deciding: Deciding::Worst }
    }

    /// The same bar, at these scales only; at the others it is listed as not applicable.
    #[must_use]
    pub const fn only_at(mut self, scales: &'static [Scale]) -> Self {
        self.scales = scales;
        self
    }

    /// The same bar, decided by the median of the measured values.
    #[must_use]
    pub const fn in_the_median(mut self) -> Self {
        self.deciding = Deciding::Median;
        self
    }
}

/// What became of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BarStatus {
    /// Measured, and every value is on the good side.
    Holds,
    /// Measured, and a value is not.
    Fails,
    /// Declared for this scale and never measured: counts as failed.
    NotMeasured,
    /// It could not be checked here; the reason is given.
    NotChecked,
    /// Not meant for this scale.
    NotApplicable,
}

impl fmt::Display for BarStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Holds => "holds",
            Self::Fails => "FAILS",
            Self::NotMeasured => "NOT MEASURED",
            Self::NotChecked => "not checked",
            Self::NotApplicable => "not applicable",
        })
    }
}

/// A bar in the record of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BarRecord {
    /// What is measured.
    pub name: String,
    /// Which side is good.
    pub comparison: Comparison,
    /// The bar itself.
    pub threshold: f64,
    /// The one of the measured values that decides.
    pub measured: Option<Number>,
    /// Which one that is.
    #[serde(default)]
    pub deciding: Deciding,
    /// All measured values, in order: one a seed, as a rule.
    pub values: Vec<Number>,
    /// What became of it.
    pub status: BarStatus,
    /// Why it was not checked.
    pub reason: Option<String>,
}

impl BarRecord {
    pub(super) fn declared(bar: &Bar, scale: Scale) -> Self {
        let applies = bar.scales.contains(&scale);
        Self {
            name: bar.name.to_owned(),
            comparison: bar.comparison,
            threshold: bar.threshold,
            measured: None,
            deciding: bar.deciding,
            values: Vec::new(),
            status: if applies { BarStatus::NotMeasured } else { BarStatus::NotApplicable },
            reason: None,
        }
    }

    /// Adds a measured value. The bar holds if the one that decides is on the good side; not-a-number is on neither.
    /// A value of a bar that does not apply at this scale is recorded, but decides nothing.
    pub fn measure(&mut self, value: f64) {
        self.values.push(Number(value));
        let decides = self.decides();
        self.measured = Some(Number(decides));
        match self.status {
            // "Not checked" stays: part of it could not be.
            BarStatus::NotApplicable | BarStatus::NotChecked => {}
            _ if self.comparison.holds(decides, self.threshold) => self.status = BarStatus::Holds,
            _ => self.status = BarStatus::Fails,
        }
    }

    /// The deciding one of the values; not-a-number if one of them is.
    fn decides(&self) -> f64 {
        let mut values: Vec<f64> = self.values.iter().map(|v| v.0).collect();
        if values.iter().any(|v| v.is_nan()) {
            return f64::NAN;
        }
        // The worst first.
        values.sort_by(|a, b| match self.comparison {
            Comparison::AtMost => b.total_cmp(a),
            Comparison::AtLeast => a.total_cmp(b),
        });
        let place = match self.deciding {
            Deciding::Worst => 0,
            Deciding::Median => values.len().saturating_sub(1) / 2,
        };
        values.get(place).copied().unwrap_or(f64::NAN)
    }

    /// Records that the bar could not be checked, and why. A bar that already fails stays failed.
    pub fn not_checked(&mut self, reason: impl Into<String>) {
        self.reason = Some(reason.into());
        if matches!(self.status, BarStatus::NotMeasured | BarStatus::Holds) {
            self.status = BarStatus::NotChecked;
        }
    }

    /// The inequality, as in "≤ 5.400e-15".
    pub fn inequality(&self) -> String {
        format!("{} {}", self.comparison, shown(self.threshold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(bar: Bar) -> BarRecord {
        BarRecord::declared(&bar, Scale::Laptop)
    }

    #[test]
    fn the_worst_value_decides() {
        let mut bar = record(Bar::at_most("e", 2.0));
        assert_eq!(bar.status, BarStatus::NotMeasured);
        bar.measure(1.0);
        bar.measure(2.0);
        bar.measure(0.5);
        assert_eq!((bar.status, bar.measured), (BarStatus::Holds, Some(Number(2.0))));
        bar.measure(2.5);
        bar.measure(1.0);
        assert_eq!((bar.status, bar.measured), (BarStatus::Fails, Some(Number(2.5))));
        let mut bar = record(Bar::at_least("g", 10.0));
        bar.measure(12.0);
        bar.measure(11.0);
        assert_eq!((bar.status, bar.measured), (BarStatus::Holds, Some(Number(11.0))));
        bar.measure(9.0);
        assert_eq!(bar.status, BarStatus::Fails);
    }

    #[test]
    fn the_median_decides_where_it_is_asked_to() {
        let mut bar = record(Bar::at_most("e", 2.0).in_the_median());
        for (value, deciding) in [(1.0, 1.0), (3.0, 3.0), (1.5, 1.5), (5.0, 3.0), (0.5, 1.5)] {
            bar.measure(value);
            assert_eq!(bar.measured, Some(Number(deciding)));
            assert_eq!(bar.status, if deciding <= 2.0 { BarStatus::Holds } else { BarStatus::Fails });
        }
        let mut bar = record(Bar::at_least("g", 10.0).in_the_median());
        for value in [12.0, 9.0, 11.0] {
            bar.measure(value);
        }
        assert_eq!((bar.status, bar.measured), (BarStatus::Holds, Some(Number(11.0))));
        bar.measure(f64::NAN);
        assert_eq!(bar.status, BarStatus::Fails);
    }

    #[test]
    fn not_a_number_never_holds() {
        for bar in [Bar::at_most("e", f64::INFINITY), Bar::at_least("e", f64::NEG_INFINITY)] {
            for order in [[f64::NAN, 1.0], [1.0, f64::NAN]] {
                let mut bar = record(bar);
                bar.measure(order[0]);
                bar.measure(order[1]);
                assert_eq!(bar.status, BarStatus::Fails);
                assert!(bar.measured.unwrap().0.is_nan());
            }
        }
    }

    #[test]
    fn unchecked_and_inapplicable_bars_say_so() {
        let mut bar = record(Bar::at_most("e", 1.0));
        bar.measure(0.5);
        bar.not_checked("no peer for the second half");
        bar.measure(0.6);
        assert_eq!(bar.status, BarStatus::NotChecked);
        let mut bar = record(Bar::at_most("e", 1.0));
        bar.measure(1.5);
        bar.not_checked("excuse");
        assert_eq!(bar.status, BarStatus::Fails, "a failure is not excused afterwards");
        let mut bar = record(Bar::at_most("e", 1.0).only_at(&[Scale::Paper]));
        bar.measure(5.0);
        assert_eq!((bar.status, bar.measured), (BarStatus::NotApplicable, Some(Number(5.0))));
    }
}
