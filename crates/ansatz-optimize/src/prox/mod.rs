//! Resolvents `J_{ηG} = (I + ηG)⁻¹` that cost next to nothing: projections, and the shrinkage of the ℓ₁ norm.

mod bounds;
mod l1;
mod product;
mod simplex;

pub use bounds::Bounds;
pub use l1::L1;
pub use product::Product;
pub use simplex::Simplex;

/// A maximally monotone operator `G`, by its resolvent.
pub trait Resolvent: Sync {
    /// What it is called.
    fn name(&self) -> String;

    /// `u ← (I + ηG)⁻¹ u`, in place. A projection does not depend on `η`.
    fn apply(&self, eta: f64, u: &mut [f64]);
}

/// `G = 0`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Free;

impl Resolvent for Free {
    fn name(&self) -> String {
        "nothing".to_owned()
    }

    fn apply(&self, _: f64, _: &mut [f64]) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::{distance_squared, dot};
    use ansatz_core::Seed;

    /// A resolvent is firmly non-expansive: `‖Jx − Jy‖² ≤ ⟨Jx − Jy, x − y⟩`.
    #[test]
    fn all_are_firmly_non_expansive() {
        let all: [Box<dyn Resolvent>; 5] = [
            Box::new(Free),
            Box::new(Simplex::default()),
            Box::new(Bounds::new(-0.5, 1.5).unwrap()),
            Box::new(L1::new(0.7).unwrap()),
            Box::new(Product::new(vec![(6, Box::new(Simplex::default())), (6, Box::new(L1::new(0.1).unwrap()))])),
        ];
        let mut stream = Seed(3).stream("pairs", 0);
        for g in all {
            for _ in 0..200 {
                let eta = 0.1 + stream.uniform();
                let [x, y] = [(); 2].map(|()| (0..12).map(|_| 2.0 * stream.normal()).collect::<Vec<f64>>());
                let (mut jx, mut jy) = (x.clone(), y.clone());
                g.apply(eta, &mut jx);
                g.apply(eta, &mut jy);
                let moved: Vec<f64> = jx.iter().zip(&jy).map(|(a, b)| a - b).collect();
                let apart: Vec<f64> = x.iter().zip(&y).map(|(a, b)| a - b).collect();
                assert!(distance_squared(&jx, &jy) <= dot(&moved, &apart) + 1e-12, "{}", g.name());
            }
        }
    }
}
