//! The box `{lo ≤ u ≤ hi}`: Euclidean projection, entry by entry.

use super::Resolvent;
use ansatz_core::{Error, Result};

/// The same bounds for every entry.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    lo: f64,
    hi: f64,
}

impl Bounds {
    /// From `lo` to `hi`; either may be infinite.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `lo` exceeds `hi` or one is not a number.
    pub fn new(lo: f64, hi: f64) -> Result<Self> {
        if lo <= hi {
            return Ok(Self { lo, hi });
        }
        Err(Error::parameter("the bounds", format!("{lo} and {hi}"), "in ascending order"))
    }
}

impl Resolvent for Bounds {
    fn name(&self) -> String {
        format!("box from {} to {}", self.lo, self.hi)
    }

    fn apply(&self, _: f64, u: &mut [f64]) {
        for u in u.iter_mut() {
            *u = u.max(self.lo).min(self.hi);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_clamped() {
        let mut u = [-2.0, 0.5, 7.0];
        Bounds::new(0.0, f64::INFINITY).unwrap().apply(3.0, &mut u);
        assert_eq!(u, [0.0, 0.5, 7.0]);
        assert!(Bounds::new(1.0, 0.0).is_err() && Bounds::new(f64::NAN, 1.0).is_err());
    }
}
