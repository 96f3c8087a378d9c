//! Evidence and frontiers as comma-separated values (RFC 4180), numbers with all their digits.

use crate::{Evidence, Frontier};
use std::fmt::Write;

/// The bars: one row a bar; `values` holds all measured values, separated by blanks.
pub fn bars_csv(evidence: &Evidence) -> String {
    let mut out = "name,comparison,threshold,measured,status,values,reason\r\n".to_owned();
    for bar in &evidence.bars {
        let values: Vec<String> = bar.values.iter().map(|v| digits(v.0)).collect();
        let measured = bar.measured.map_or(String::new(), |m| digits(m.0));
        let fields = [
            field(&bar.name),
            bar.comparison.to_string(),
            digits(bar.threshold),
            measured,
            field(&bar.status.to_string()),
            values.join(" "),
            field(bar.reason.as_deref().unwrap_or_default()),
        ];
        _ = write!(out, "{}\r\n", fields.join(","));
    }
    out
}

/// The points of frontiers: one row a point; `pareto` is 1 where no other point of that problem beats it in both.
pub fn frontier_csv(frontiers: &[Frontier]) -> String {
    let mut out = "problem,method,ours,work unit,work,error norm,error,pareto\r\n".to_owned();
    for frontier in frontiers {
        let front = frontier.pareto();
        for (i, series) in frontier.series.iter().enumerate() {
            for &point in &series.points {
                let fields = [
                    field(&frontier.title),
                    field(&series.name),
                    u8::from(series.ours).to_string(),
                    field(&frontier.work),
                    digits(point.work),
                    field(&frontier.error),
                    digits(point.error),
                    u8::from(front.contains(&(i, point))).to_string(),
                ];
                _ = write!(out, "{}\r\n", fields.join(","));
            }
        }
    }
    out
}

/// The shortest text that reads back as the same double.
fn digits(value: f64) -> String {
    if value == 0.0 || (1e-4..1e15).contains(&value.abs()) { value.to_string() } else { format!("{value:e}") }
}

/// A text field, quoted where it must be.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::tests::example;

    #[test]
    fn rows_have_all_columns_and_all_digits() {
        let evidence = example();
        let bars = bars_csv(&evidence);
        let lines: Vec<&str> = bars.trim_end().split("\r\n").collect();
        assert_eq!(lines.len(), 1 + evidence.bars.len());
        assert_eq!(lines[1], "error,≤,0.001,0.0005,holds,0.0005,");
        assert_eq!(lines[2], "\"gain, \"\"quoted\"\" & <marked>\",≥,10,NaN,FAILS,NaN,");
        assert_eq!(lines[3], "peer,≤,1,,not checked,,the peer is not installed");
        let points = frontier_csv(&evidence.frontiers);
        let lines: Vec<&str> = points.trim_end().split("\r\n").collect();
        assert_eq!(lines[1], "\"2^x on [0, 1]\",found,1,operations,2,max relative error,0.029,1");
        assert!(lines[3].ends_with("0.15,0") && lines.len() == 5);
        for value in [0.1 + 0.2, 2.1917812e-15, -1e300, 5e-324, f64::INFINITY] {
            assert_eq!(digits(value).parse::<f64>().unwrap(), value);
        }
    }
}
