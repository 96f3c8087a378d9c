//! The subdifferential of `λ ‖u‖₁`: shrinkage by `ηλ`.

use super::Resolvent;
use crate::vector::positive;
use ansatz_core::Result;

/// `λ ‖u‖₁`.
#[derive(Clone, Copy, Debug)]
pub struct L1 {
    lambda: f64,
}

impl L1 {
    /// With the weight `λ`.
    ///
    /// # Errors
    /// `Error::Parameter` if it is not positive.
    pub fn new(lambda: f64) -> Result<Self> {
        positive("lambda", lambda)?;
        Ok(Self { lambda })
    }
}

impl Resolvent for L1 {
    fn name(&self) -> String {
        format!("{} ‖u‖₁", self.lambda)
    }

    fn apply(&self, eta: f64, u: &mut [f64]) {
        let by = eta * self.lambda;
        for u in u.iter_mut() {
            *u = u.signum() * (u.abs() - by).max(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_shrink_towards_zero() {
        let mut u = [-2.0, 0.5, 7.0, 0.0];
        L1::new(0.5).unwrap().apply(2.0, &mut u);
        assert_eq!(u, [-1.0, 0.0, 6.0, 0.0]);
        assert!(L1::new(-1.0).is_err());
    }
}
