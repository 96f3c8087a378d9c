//! The von Mises–Fisher distribution on the unit sphere of any dimension.
//!
//! `f(x) = C_p(κ) e^{κ μ·x}` on `|x| = 1` in `R^p`, with `log C_p(κ) = ν log κ − (p/2) log 2π − log I_ν(κ)`, `ν = p/2 − 1`:
//! the Gaussian distribution of directions, for features whose length says nothing. In a thousand dimensions `I_ν(κ)` is no
//! double any more; its logarithm is.
//!
//! A density costs `p` operations and one [`log_ive`]; a fit two passes over the data and a few ratios of Bessel functions.
//!
//! ```
//! use ansatz_core::Seed;
//! use ansatz_functions::special::VonMisesFisher;
//! let mut mean = vec![0.0; 2048];
//! mean[7] = 1.0;
//! let model = VonMisesFisher::new(mean, 1500.0)?;
//! let samples = model.sample(200, Seed(1))?;
//! let fit = VonMisesFisher::fit(&samples, 2048)?;
//! assert!((fit.model.kappa() / 1500.0 - 1.0).abs() < 0.05);
//! # Ok::<(), ansatz_core::Error>(())
//! ```
//!
//! Sources: Mardia and Jupp 2000, *Directional Statistics*, §9.3; Plesner, Sørensen and Hauberg 2024, arXiv:2409.08729.

mod fit;
mod sample;

pub use fit::{Fit, concentration};

use super::log_bessel::{bessel_i_ratio, bessel_i_ratio_complement, log_ive};
use ansatz_core::{Error, Result};
use std::f64::consts::{LN_2, PI, TAU};

/// How far from 1 the length of a unit vector may be: what single precision leaves.
const UNIT: f64 = 1e-6;

/// A von Mises–Fisher distribution.
#[derive(Clone, Debug, PartialEq)]
pub struct VonMisesFisher {
    mean: Vec<f64>,
    kappa: f64,
}

impl VonMisesFisher {
    /// The distribution around the unit vector `mean` with concentration `kappa`; 0 is the uniform distribution.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `mean` has fewer than 2 entries or is no unit vector, or if `kappa` is negative or not
    /// finite.
    pub fn new(mut mean: Vec<f64>, kappa: f64) -> Result<Self> {
        dimension(mean.len())?;
        if !(kappa >= 0.0 && kappa.is_finite()) {
            return Err(Error::parameter("kappa", kappa, "finite and not negative"));
        }
        let length = unit("the mean direction", &mean)?;
        for m in &mut mean {
            *m /= length;
        }
        Ok(Self { mean, kappa })
    }

    /// The mean direction `μ`.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// The concentration `κ`.
    pub fn kappa(&self) -> f64 {
        self.kappa
    }

    /// The dimension `p` of the space around the sphere.
    pub fn dimension(&self) -> usize {
        self.mean.len()
    }

    /// The length of the expectation, `A_p(κ) = I_{p/2}(κ)/I_{p/2−1}(κ)`.
    pub fn resultant(&self) -> f64 {
        bessel_i_ratio(order(self.mean.len()), self.kappa)
    }

    /// `log C_p(κ) + κ`, the logarithm of the density at `μ`.
    pub fn log_peak(&self) -> f64 {
        let half = 0.5 * self.mean.len() as f64;
        if self.kappa == 0.0 {
            // One over the area of the sphere, 2 π^{p/2}/Γ(p/2).
            return libm::lgamma(half) - LN_2 - half * PI.ln();
        }
        let order = half - 1.0;
        order * self.kappa.ln() - half * TAU.ln() - log_ive(order, self.kappa)
    }

    /// The logarithm of the density at the unit vector `x`, with respect to the area of the sphere.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `x` has another dimension or is no unit vector.
    pub fn log_pdf(&self, x: &[f64]) -> Result<f64> {
        if x.len() != self.mean.len() {
            return Err(Error::parameter("the dimension of x", x.len(), format!("{}, as the mean's", self.mean.len())));
        }
        unit("x", x)?;
        Ok(self.log_peak() + self.kappa * (dot(x, &self.mean) - 1.0))
    }

    /// The differential entropy, `−log C_p(κ) − κ A_p(κ)`.
    pub fn entropy(&self) -> f64 {
        self.kappa * bessel_i_ratio_complement(order(self.mean.len()), self.kappa) - self.log_peak()
    }
}

/// `ν = p/2 − 1`
fn order(p: usize) -> f64 {
    0.5 * p as f64 - 1.0
}

fn dimension(p: usize) -> Result<()> {
    if p < 2 { Err(Error::parameter("the dimension", p, "at least 2")) } else { Ok(()) }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The length of a vector that ought to be 1.
fn unit(name: &str, x: &[f64]) -> Result<f64> {
    let length = dot(x, x).sqrt();
    // Not-a-number is not within any distance.
    if (length - 1.0).abs() <= UNIT {
        Ok(length)
    } else {
        Err(Error::parameter(format!("the length of {name}"), length, format!("1 to within {UNIT:e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn densities_in_two_and_three_dimensions() {
        // p = 3: C = κ/(4π sinh κ); p = 2, κ = 2: 1/(2π I_0(2)) with I_0(2) = 2.2795853023360673.
        let model = VonMisesFisher::new(vec![0.0, 0.0, 1.0], 2.5).unwrap();
        let x = [0.6, 0.0, 0.8];
        let expected = (2.5 / (4.0 * PI * 2.5f64.sinh())).ln() + 2.5 * 0.8;
        assert!((model.log_pdf(&x).unwrap() - expected).abs() < 1e-14);
        assert!((model.resultant() - (1.0 / 2.5f64.tanh() - 0.4)).abs() < 1e-15);
        let circle = VonMisesFisher::new(vec![1.0, 0.0], 2.0).unwrap();
        let expected = -(TAU * 2.2795853023360673).ln() - 2.0;
        assert!((circle.log_pdf(&[-1.0, 0.0]).unwrap() - expected).abs() < 1e-14);
    }

    #[test]
    fn the_density_and_its_entropy_integrate() {
        // ∫ f = 1 and −∫ f log f over the sphere in p = 5 dimensions, by t = μ·x: area of S³ times (1 − t²) dt.
        let model = VonMisesFisher::new(vec![1.0, 0.0, 0.0, 0.0, 0.0], 3.0).unwrap();
        let (n, mut mass, mut entropy) = (20_000, 0.0, 0.0);
        for i in 0..n {
            let t = -1.0 + (f64::from(i) + 0.5) * 2.0 / f64::from(n);
            let log = model.log_peak() + 3.0 * (t - 1.0);
            let weight = 2.0 * PI * PI * (1.0 - t * t) * 2.0 / f64::from(n) * log.exp();
            mass += weight;
            entropy -= weight * log;
        }
        assert!((mass - 1.0).abs() < 1e-8);
        assert!((entropy - model.entropy()).abs() < 1e-7);
    }

    #[test]
    fn no_concentration_is_the_limit_of_little() {
        for p in [2usize, 3, 100, 32768] {
            let mut mean = vec![0.0; p];
            mean[p - 1] = 1.0;
            let [none, little] = [0.0, 1e-9].map(|kappa| VonMisesFisher::new(mean.clone(), kappa).unwrap());
            let scale = 1e-14 * none.log_peak().abs().max(1.0) * if p > 100 { 10.0 } else { 1.0 };
            assert!((none.log_peak() - little.log_peak()).abs() < 1.1e-9 + scale, "{p}");
            assert!((none.entropy() - little.entropy()).abs() < 1.1e-9 + scale);
            assert_eq!(none.resultant(), 0.0);
        }
    }

    #[test]
    fn bad_input_is_refused_with_a_sentence() {
        let sentence = |result: Result<VonMisesFisher>| result.unwrap_err().to_string();
        assert_eq!(sentence(VonMisesFisher::new(vec![1.0], 1.0)), "the dimension is 1, but must be at least 2");
        let error = sentence(VonMisesFisher::new(vec![1.0, 1.0], 1.0));
        assert!(error.starts_with("the length of the mean direction is 1.414"), "{error}");
        assert!(sentence(VonMisesFisher::new(vec![f64::NAN, 1.0], 1.0)).contains("NaN"));
        assert!(sentence(VonMisesFisher::new(vec![0.0, 1.0], -1.0)).starts_with("kappa is -1"));
        assert!(sentence(VonMisesFisher::new(vec![0.0, 1.0], f64::INFINITY)).starts_with("kappa is inf"));
        let model = VonMisesFisher::new(vec![0.0, 1.0], 1.0).unwrap();
        assert!(model.log_pdf(&[1.0]).is_err() && model.log_pdf(&[1.0, 1.0]).is_err());
    }
}
