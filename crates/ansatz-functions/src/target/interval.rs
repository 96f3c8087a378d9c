//! How intervals are written: `0..1`, `[0, 1]`, `(0, 1]`, `-pi..pi/2`.

use super::Interval;
use crate::{ball::Ball, expr::Expr, number::Scalar};
use ansatz_core::{Error, Result};
use std::fmt;

impl Interval {
    /// The closed interval from `lo` to `hi`.
    pub fn closed(lo: f64, hi: f64) -> Self {
        Self { lo, hi, lo_open: false, hi_open: false }
    }

    /// Reads `a..b` (closed), `[a, b]`, `(a, b]`, `[a, b)` or `(a, b)`; inside brackets `..` will do for the comma.
    /// The ends are expressions without `x`, rounded to the nearest double.
    ///
    /// # Errors
    /// [`Error::Syntax`] with the position, or [`Error::Parameter`] if an end is not finite, or the interval is empty
    /// or reversed.
    pub fn parse(text: &str) -> Result<Self> {
        let fault = |at: usize, reason: &str| Error::Syntax { input: text.to_owned(), at, reason: reason.to_owned() };
        let start = text.len() - text.trim_start().len();
        let end = text.trim_end().len();
        let (Some(first), Some(last)) = (text[start.min(end)..end].chars().next(), text.trim_end().chars().last())
        else {
            return Err(fault(0, "expected an interval such as 0..1 or (0, 1]"));
        };
        // A parenthesis may also belong to the first or last expression: (1+1)/2..3.
        let bracketed = matches!(last, ']' | ')') && closes_at_end(&text[start..end]);
        let (from, to) = if bracketed { (start + 1, end - 1) } else { (start, end) };
        let Some((at, width)) = separator(&text[from..to]) else {
            return Err(fault(to, "expected \"..\" or \",\" between two ends"));
        };
        let lo = end_point(text, from, from + at)?;
        let hi = end_point(text, from + at + width, to)?;
        let interval = Self { lo, hi, lo_open: bracketed && first == '(', hi_open: bracketed && last == ')' };
        interval.check()?;
        Ok(interval)
    }

    /// Refuses an interval that is empty, reversed or not finite.
    ///
    /// # Errors
    /// [`Error::Parameter`].
    pub fn check(&self) -> Result<()> {
        let Self { lo, hi, .. } = *self;
        let allowed = if !lo.is_finite() || !hi.is_finite() {
            "between finite ends"
        } else if lo > hi {
            "from the lower to the higher end"
        } else if lo == hi {
            "longer than a point"
        } else {
            return Ok(());
        };
        Err(Error::parameter("interval", self, allowed))
    }

    /// Whether `x` lies in the interval.
    pub fn contains(&self, x: f64) -> bool {
        (self.lo < x || self.lo == x && !self.lo_open) && (x < self.hi || x == self.hi && !self.hi_open)
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (left, right) = (if self.lo_open { '(' } else { '[' }, if self.hi_open { ')' } else { ']' });
        write!(f, "{left}{}, {}{right}", self.lo, self.hi)
    }
}

/// Whether the bracket that opens the text is closed by its last character, kinds not regarded.
fn closes_at_end(text: &str) -> bool {
    let mut depth = 0usize;
    for (i, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return i > 0 && i + c.len_utf8() == text.len();
                }
            }
            _ if depth == 0 => return false,
            _ => {}
        }
    }
    false
}

/// Place and width of the first comma or pair of points outside parentheses.
fn separator(text: &str) -> Option<(usize, usize)> {
    let mut depth = 0i32;
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => return Some((i, 1)),
            '.' if depth == 0 && text[i..].starts_with("..") => return Some((i, 2)),
            _ => {}
        }
    }
    None
}

/// The double next to the expression in `text[from..to]`.
fn end_point(text: &str, from: usize, to: usize) -> Result<f64> {
    let part = &text[from..to];
    let fault = |at: usize, reason: String| Error::Syntax { input: text.to_owned(), at: from + at, reason };
    let word = part.trim().trim_start_matches(['+', '-', '−']).to_ascii_lowercase();
    if matches!(word.as_str(), "inf" | "infinity" | "∞" | "nan") {
        return Err(Error::parameter("end of the interval", part.trim(), "a finite number"));
    }
    let expr = Expr::parse(part).map_err(|error| match error {
        Error::Syntax { at, reason, .. } => fault(at, reason),
        other => other,
    })?;
    if expr.depends_on_x() {
        return Err(fault(part.len() - part.trim_start().len(), "an end of the interval cannot depend on x".into()));
    }
    let value = expr.eval(&Ball::ZERO).to_f64();
    if value.is_finite() {
        Ok(value)
    } else {
        Err(Error::parameter("end of the interval", part.trim(), "a finite number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let pi = std::f64::consts::PI;
        for (text, lo, hi, lo_open, hi_open) in [
            ("0..1", 0.0, 1.0, false, false),
            (" -9 .. 9 ", -9.0, 9.0, false, false),
            ("0...5", 0.0, 0.5, false, false),
            ("0..pi/2", 0.0, pi / 2.0, false, false),
            ("(0,1]", 0.0, 1.0, true, false),
            ("[ -ln2/2, ln2/2 )", -0.34657359027997264, 0.34657359027997264, false, true),
            ("(0..1)", 0.0, 1.0, true, true),
            ("(1+1)/2..(3)", 1.0, 3.0, false, false),
            ("((1+1)/2, (3)]", 1.0, 3.0, true, false),
            ("0.1..1e2", 0.1, 100.0, false, false),
        ] {
            let interval = Interval::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(interval, Interval { lo, hi, lo_open, hi_open }, "{text}");
            assert_eq!(Interval::parse(&interval.to_string()).unwrap(), interval);
        }
    }

    #[test]
    fn refusals_are_one_sentence() {
        for (text, sentence) in [
            ("1..0", "interval is [1, 0], but must be from the lower to the higher end"),
            ("(2, 2]", "interval is (2, 2], but must be longer than a point"),
            ("0..inf", "end of the interval is inf, but must be a finite number"),
            ("0..1/0", "end of the interval is 1/0, but must be a finite number"),
            ("", "cannot read \"\" at position 1: expected an interval such as 0..1 or (0, 1]"),
            ("1", "cannot read \"1\" at position 2: expected \"..\" or \",\" between two ends"),
            ("0..x", "cannot read \"0..x\" at position 4: an end of the interval cannot depend on x"),
            ("0..1+", "cannot read \"0..1+\" at position 6: expected a number, x, a function or \"(\""),
            ("0..pii", "unknown function \"pii\""),
        ] {
            let error = Interval::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(sentence), "{text}: {error}");
        }
    }
}
