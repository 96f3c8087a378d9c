//! The error at many points, in double-double against 57 digits: no proof, and what every proof must bound.

use crate::number::{Big, Dd, Scalar};
use crate::program::Program;
use crate::target::{Target, Weight};
use ansatz_core::{Error, Result};
use rayon::prelude::*;

/// The largest error of `program` over the reals at `points` equidistant inner points of the interval, in the target's
/// relative or absolute measure, and the point where it occurs.
///
/// Right to about 1e-29 of the values. One core does some 10^5 points of 2^x a second; points where the program
/// divides by zero are passed over, since its limit may be finite there.
///
/// # Errors
/// [`Error::Parameter`] for a measure in ULP or no points; [`Error::NotFinite`] if the function has no value at a point.
pub fn sampled(program: &Program, target: &Target, points: usize) -> Result<(f64, f64)> {
    if points == 0 {
        return Err(Error::parameter("points", points, "at least 1"));
    }
    if let Weight::Ulp(_) = target.weight {
        return Err(Error::parameter("the error measure", "ULP", "relative or absolute"));
    }
    let interval = target.interval;
    let error = |i: usize| {
        let x = interval.lo + (interval.hi - interval.lo) * ((i as f64 + 0.5) / points as f64);
        let f = target.value(&Big::from_f64(x))?.to_dd();
        let distance = program.eval(&Dd::from(x)) - f;
        let error = if target.weight == Weight::Relative { distance / f } else { distance };
        Ok((error.to_f64().abs(), x))
    };
    (0..points)
        .into_par_iter()
        .map(error)
        .filter(|sample| sample.as_ref().map_or(true, |(error, _)| error.is_finite()))
        .try_reduce(|| (0.0, interval.lo), |a, b| Ok(if b.0 > a.0 || (b.0 == a.0 && b.1 < a.1) { b } else { a }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anchors::literature::f10;

    #[test]
    fn samples_come_close_to_the_known_maximum_and_stay_below() {
        let target = Target::named("exp2").unwrap();
        let (error, x) = sampled(&f10(), &target, 20_000).unwrap();
        assert!(error < 3.5201e-15 && error > 3.51e-15, "{error:e} at {x}");
        assert!(sampled(&f10(), &target, 0).is_err());
    }
}
