//! Whether a target makes sense, found out before any work.
//!
//! The interval is bisected until the ball over each piece is defined and, where the error is relative to `f`, free of
//! zero; what is left at the smallest width is the place to name. A zero or a singularity *at an open end* is no
//! fault: `sin(x)/x` and the relative error of `sin` have limits there, and a function that has none is refused when a
//! bound is to be proved.

use super::{Target, Weight};
use crate::{
    ball::Ball,
    number::{Big, Scalar},
};
use ansatz_core::{Error, Result};

/// Points at which every function, also a callback, is evaluated.
const SAMPLES: usize = 64;
/// Pieces that are looked at before the matter is left to the certificate.
const PIECES: usize = 3000;
/// Bisections of the interval to the smallest piece.
const DEPTH: i32 = 30;

impl Target {
    /// Refuses a target that cannot be approximated in its error measure; every fault is one sentence.
    ///
    /// A zero of `f` is a fault with relative error and with error in units in the last place, unless it is an open
    /// end of the interval. Of a callback, 65 samples are looked at. Costs up to 0.5 s.
    ///
    /// # Errors
    /// * [`Error::Parameter`]: the interval is empty, reversed or not finite;
    /// * [`Error::NotFinite`]: `f` is not finite at a point, which is named;
    /// * [`Error::Refused`]: `f` vanishes at a point, which is named.
    pub fn validate(&self) -> Result<()> {
        self.interval.check()?;
        let samples = self.sample()?;
        let divides = self.weight != Weight::Absolute;
        if divides {
            for pair in samples.windows(2) {
                let [(a, fa), (b, fb)] = [pair[0], pair[1]];
                for (x, f) in [(a, fa), (b, fb)] {
                    if f == 0.0 && self.interval.contains(x) {
                        return Err(self.zero(x));
                    }
                }
                if fa * fb < 0.0 || (fa < 0.0) != (fb < 0.0) && fa != 0.0 && fb != 0.0 {
                    return Err(self.zero(self.root(a, b, fa < 0.0)?));
                }
            }
        }
        if self.is_certifiable() {
            let largest = samples.iter().map(|(_, f)| f.abs()).fold(0.0, f64::max);
            return self.search(divides, largest);
        }
        Ok(())
    }

    /// Points from end to end and the values there; an open end is left out.
    fn sample(&self) -> Result<Vec<(f64, f64)>> {
        let super::Interval { lo, hi, .. } = self.interval;
        (0..=SAMPLES)
            .map(|i| {
                let s = i as f64 / SAMPLES as f64;
                if i == SAMPLES { hi } else { lo * (1.0 - s) + hi * s }
            })
            .filter(|&x| self.interval.contains(x))
            .map(|x| Ok((x, self.value(&Big::from_f64(x))?.to_f64())))
            .collect()
    }

    /// A change of sign between `a` and `b`, to the last bit.
    fn root(&self, mut a: f64, mut b: f64, rising: bool) -> Result<f64> {
        for _ in 0..200 {
            let middle = a + (b - a) * 0.5;
            if middle <= a || middle >= b {
                break;
            }
            let value = self.value(&Big::from_f64(middle))?.to_f64();
            if value == 0.0 {
                return Ok(middle);
            }
            if (value < 0.0) == rising { a = middle } else { b = middle }
        }
        let size = |x: f64| Ok::<_, Error>(self.value(&Big::from_f64(x))?.to_f64().abs());
        Ok(if size(a)? < size(b)? { a } else { b })
    }

    /// Bisects the interval for zeros and singularities that the samples missed.
    fn search(&self, divides: bool, largest: f64) -> Result<()> {
        let interval = self.interval;
        let least = (interval.hi - interval.lo) * 2f64.powi(-DEPTH);
        let mut pieces = vec![(interval.lo, interval.hi)];
        for _ in 0..PIECES {
            let Some((a, b)) = pieces.pop() else { break };
            let value = self.ball(&Ball::from_interval(a, b));
            if value.is_finite() && !(divides && value.contains_zero()) {
                continue;
            }
            let middle = a + (b - a) * 0.5;
            if b - a > least && a < middle && middle < b {
                pieces.extend([(middle, b), (a, middle)]);
                continue;
            }
            // An open end need not be a point of the domain.
            if a == interval.lo && interval.lo_open || b == interval.hi && interval.hi_open {
                continue;
            }
            // The enclosure may fail where the function does not; beside a zero or a pole the values tell.
            for x in [a, middle, b] {
                let f = self.value(&Big::from_f64(x))?.to_f64().abs();
                if value.is_finite() && f < 1e-4 * largest {
                    return Err(self.zero(if f == 0.0 { x } else { rounded(middle, least) }));
                }
                if !value.is_finite() && f > 1e4 * largest {
                    return Err(self.not_finite(rounded(middle, least)));
                }
            }
        }
        Ok(())
    }

    fn zero(&self, x: f64) -> Error {
        let Self { name, interval, .. } = self;
        let remedy = if x == interval.lo || x == interval.hi {
            "leave that end out with a round bracket or take the absolute error"
        } else {
            "take the absolute error or an interval without it"
        };
        Error::refused(format!("{name} has a zero at x = {x}, where the error relative to it is unbounded; {remedy}"))
    }
}

/// `x` to as many decimals as a width of `w` leaves meaning.
fn rounded(x: f64, w: f64) -> f64 {
    let scale = 10f64.powf((-w.log10()).floor() - 1.0);
    let short = (x * scale).round() / scale;
    if short.is_finite() { short } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::Interval;

    fn verdict(expression: &str, interval: &str, weight: Weight) -> String {
        let target = Target::parse(expression, interval, weight).unwrap();
        target.validate().err().map_or_else(String::new, |error| error.to_string())
    }

    #[test]
    fn sound_targets_pass() {
        for (expression, interval, weight) in [
            ("2^x", "(0,1]", Weight::Relative),
            ("sin(x)", "(0,1]", Weight::Relative),
            ("sin(x)/x", "(0,1]", Weight::Relative),
            ("sqrt(1 - x*x)", "-1..1", Weight::Absolute),
            ("sin(x)", "-1..1", Weight::Absolute),
            ("x^3 - 3*x + 10", "-2..2", Weight::Relative),
        ] {
            assert_eq!(verdict(expression, interval, weight), "", "{expression}");
        }
    }

    #[test]
    fn zeros_are_named_where_they_are() {
        for (expression, interval, place) in [
            ("sin(x)", "-1..1", "x = 0,"),
            ("sin(x)", "0..1", "x = 0,"),
            ("x - 0.3", "0..1", "x = 0.3,"),
            ("(x - 0.3)^2", "0..1", "x = 0.3,"),
            ("cos(x)", "0..2", "x = 1.570796326794896"),
            ("ln(x)", "0.5..1", "x = 1,"),
        ] {
            let sentence = verdict(expression, interval, Weight::Relative);
            assert!(sentence.contains(&format!("{expression} has a zero at {place}")), "{expression}: {sentence}");
        }
        assert!(verdict("sin(x)", "0..1", Weight::Relative).contains("round bracket"));
    }

    #[test]
    fn singular_points_are_named() {
        for (expression, interval, sentence) in [
            ("1/x", "0..1", "1/x is not finite at x = 0"),
            ("1/x", "-1..1", "1/x is not finite at x = 0"),
            ("ln(x)", "-1..1", "ln(x) is not finite at x = -1"),
            ("1/(x - 0.3)", "0..1", "1/(x - 0.3) is not finite at x = 0.3"),
            ("tan(x)", "0..2", "tan(x) is not finite at x = 1.57079"),
            ("1/0", "0..1", "1/0 is not finite at x = 0"),
        ] {
            let verdict = verdict(expression, interval, Weight::Absolute);
            assert!(verdict.starts_with(sentence), "{expression}: {verdict}");
        }
    }

    #[test]
    fn callbacks_are_sampled() {
        let target = |f: fn(f64) -> f64, weight| Target::callback("f", f, Interval::closed(-1.0, 1.0), weight);
        assert!(!target(f64::exp, Weight::Relative).is_certifiable());
        target(f64::exp, Weight::Relative).validate().unwrap();
        let error = target(f64::sin, Weight::Relative).validate().unwrap_err().to_string();
        assert!(error.contains("f has a zero at x = 0,"), "{error}");
        let error = target(f64::ln, Weight::Absolute).validate().unwrap_err().to_string();
        assert_eq!(error, "f is not finite at x = -1");
        let bad = Target::callback("f", f64::exp, Interval::closed(f64::NAN, 1.0), Weight::Absolute);
        assert_eq!(bad.validate().unwrap_err().to_string(), "interval is [NaN, 1], but must be between finite ends");
        assert!(!target(f64::exp, Weight::Relative).ball(&Ball::ONE).is_finite());
        assert!(!target(f64::exp, Weight::Relative).series(&Ball::ONE, 3).is_finite());
    }
}
