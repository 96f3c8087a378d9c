//! The simplex `{u ≥ 0, Σ u = r}`: Euclidean projection.
//!
//! `P(u)_i = max(u_i − τ, 0)` with the `τ` that makes the sum right. `τ` is found by leaving out, again and again, what
//! is below the `τ` of all that is left; each pass costs the entries that are left, and a few passes do.
//!
//! Source: Michelot 1986, J. Optim. Theory Appl. 50; Condat 2016, Math. Program. 158.

use super::Resolvent;
use crate::vector::positive;
use ansatz_core::Result;

/// Probabilities, up to their sum.
#[derive(Clone, Copy, Debug)]
pub struct Simplex {
    radius: f64,
}

impl Default for Simplex {
    fn default() -> Self {
        Self { radius: 1.0 }
    }
}

impl Simplex {
    /// Sum `radius`.
    ///
    /// # Errors
    /// `Error::Parameter` if it is not positive.
    pub fn new(radius: f64) -> Result<Self> {
        positive("the sum of a simplex", radius)?;
        Ok(Self { radius })
    }
}

impl Resolvent for Simplex {
    fn name(&self) -> String {
        format!("simplex of sum {}", self.radius)
    }

    fn apply(&self, _: f64, u: &mut [f64]) {
        let tau = threshold(u, self.radius);
        for u in u.iter_mut() {
            *u = (*u - tau).max(0.0);
        }
    }
}

/// The `τ` with `Σ max(u − τ, 0) = radius`.
fn threshold(u: &[f64], radius: f64) -> f64 {
    let mut left: Vec<f64> = u.to_vec();
    loop {
        let tau = (left.iter().sum::<f64>() - radius) / left.len() as f64;
        let before = left.len();
        // τ only rises, so what is below it now is below it at the end.
        left.retain(|&value| value > tau);
        if left.len() == before || left.is_empty() {
            return tau;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansatz_core::Seed;

    /// By sorting: the textbook algorithm.
    fn by_sorting(u: &[f64], radius: f64) -> Vec<f64> {
        let mut sorted = u.to_vec();
        sorted.sort_by(|a, b| b.total_cmp(a));
        let (mut sum, mut tau) = (0.0, 0.0);
        for (i, value) in sorted.iter().enumerate() {
            sum += value;
            let candidate = (sum - radius) / (i + 1) as f64;
            if *value > candidate {
                tau = candidate;
            }
        }
        u.iter().map(|u| (u - tau).max(0.0)).collect()
    }

    #[test]
    fn the_projection_is_that_of_the_textbook() {
        let mut stream = Seed(1).stream("u", 0);
        for n in [1, 2, 3, 10, 500] {
            for scale in [1e-3, 1.0, 1e3] {
                let u: Vec<f64> = (0..n).map(|_| scale * stream.normal()).collect();
                let mut p = u.clone();
                Simplex::new(2.0).unwrap().apply(1.0, &mut p);
                assert!((p.iter().sum::<f64>() - 2.0).abs() < 1e-10, "{n} {scale}");
                for (a, b) in p.iter().zip(by_sorting(&u, 2.0)) {
                    assert!(*a >= 0.0 && (a - b).abs() <= 1e-12 * scale.max(1.0), "{n} {scale}: {a} {b}");
                }
            }
        }
        let mut equal = [5.0; 4];
        Simplex::default().apply(1.0, &mut equal);
        assert_eq!(equal, [0.25; 4]);
        assert!(Simplex::new(0.0).is_err());
    }
}
