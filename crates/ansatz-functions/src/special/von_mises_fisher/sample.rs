//! Random directions by rejection from an envelope, exact in every dimension.
//!
//! The component along `μ` is `w = (1 − (1+b)z)/(1 − (1−b)z)` with `z` of a symmetric beta distribution,
//! `b = (p−1)/(2κ + √(4κ² + (p−1)²))`, accepted if `κw + (p−1) log(1 − x₀w) − c ≥ log u`, `x₀ = (1−b)/(1+b)`,
//! `c = κx₀ + (p−1) log(1 − x₀²)`. About two of three proposals are taken at worst. The rest is a uniform direction
//! perpendicular to `μ`.
//!
//! A sample costs `p` normal variates.
//!
//! Sources: Ulrich 1984; Wood 1994, Commun. Stat. Simul. 23; gamma variates: Marsaglia and Tsang 2000.

use super::{VonMisesFisher, dot};
use ansatz_core::{Error, Result, Seed, Stream};
use rayon::prelude::*;

impl VonMisesFisher {
    /// `count` samples, one after the other.
    ///
    /// Each is drawn from a stream of its own, on the threads of the caller's pool: same seed, same samples.
    ///
    /// # Errors
    /// [`Error::Parameter`] if so many numbers cannot be counted, [`Error::Environment`] if there is no memory for them.
    pub fn sample(&self, count: usize, seed: Seed) -> Result<Vec<f64>> {
        let p = self.dimension();
        let size = count.checked_mul(p).filter(|size| isize::try_from(*size).is_ok_and(|size| size < isize::MAX / 8));
        let size = size.ok_or_else(|| Error::parameter("count", count, format!("less, in {p} dimensions")))?;
        let mut samples = Vec::new();
        samples.try_reserve_exact(size).map_err(|error| Error::Environment {
            what: format!("the memory for {count} samples in {p} dimensions"),
            reason: error.to_string(),
        })?;
        samples.resize(size, 0.0);
        samples
            .par_chunks_mut(p)
            .enumerate()
            .for_each(|(i, x)| self.draw(&mut seed.stream("von Mises–Fisher", i as u64), x));
        Ok(samples)
    }

    fn draw(&self, stream: &mut Stream, x: &mut [f64]) {
        let (w, root) = self.along(stream);
        loop {
            for x in x.iter_mut() {
                *x = stream.normal();
            }
            // Once more for what rounding left of a draw that was nearly parallel.
            for _ in 0..2 {
                let along = dot(x, &self.mean);
                x.iter_mut().zip(&self.mean).for_each(|(x, m)| *x -= along * m);
            }
            let length = dot(x, x).sqrt();
            if length > 0.0 {
                x.iter_mut().zip(&self.mean).for_each(|(x, m)| *x = w * m + root * (*x / length));
                return;
            }
        }
    }

    /// The component `w` along `μ`, and `√(1 − w²)`.
    fn along(&self, stream: &mut Stream) -> (f64, f64) {
        let (kappa, q) = (self.kappa, (self.dimension() - 1) as f64);
        let b = q / (2.0 * kappa + (2.0 * kappa).hypot(q));
        let x0 = (1.0 - b) / (1.0 + b);
        // 1 − x₀² = 4b/(1+b)²
        let c = kappa * x0 + q * (4.0 * b / ((1.0 + b) * (1.0 + b))).ln();
        loop {
            let (g, h) = (gamma(0.5 * q, stream), gamma(0.5 * q, stream));
            let z = g / (g + h);
            let divisor = 1.0 - (1.0 - b) * z;
            let w = (1.0 - (1.0 + b) * z) / divisor;
            if kappa * w + q * (1.0 - x0 * w).ln() - c >= (1.0 - stream.uniform()).ln() {
                // 1 − w = 2bz/divisor and 1 + w = 2(1−z)/divisor, neither by a difference.
                return (w, 2.0 * (b * z * (1.0 - z)).sqrt() / divisor);
            }
        }
    }
}

/// A gamma variate of shape `a > 0`.
fn gamma(a: f64, stream: &mut Stream) -> f64 {
    if a < 1.0 {
        return gamma(a + 1.0, stream) * (1.0 - stream.uniform()).powf(1.0 / a);
    }
    let d = a - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let z = stream.normal();
        let v = (1.0 + c * z).powi(3);
        if v > 0.0 && (1.0 - stream.uniform()).ln() < 0.5 * z * z + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_distribution() {
        for (p, kappa) in [(2, 0.0), (2, 1.5), (3, 0.3), (3, 40.0), (10, 1e6), (64, 20.0)] {
            let mut mean = vec![0.0; p];
            (mean[0], mean[1]) = (0.6, -0.8);
            let model = VonMisesFisher::new(mean, kappa).unwrap();
            let n = 20_000;
            let samples = model.sample(n, Seed(5)).unwrap();
            let a = model.resultant();
            // E(μ·x) = A, Var(μ·x) = A′ = 1 − A² − (p−1)A/κ, and at κ = 0 it is 1/p.
            let q = (p - 1) as f64;
            let variance = match kappa {
                0.0 => 1.0 / p as f64,
                k if k > 1e5 => 0.5 * q / (k * k),
                k => 1.0 - a * a - q * a / k,
            };
            let t: Vec<f64> = samples.chunks(p).map(|x| dot(x, model.mean())).collect();
            let n = n as f64;
            let average = t.iter().sum::<f64>() / n;
            assert!((average - a).abs() < 6.0 * (variance / n).sqrt(), "{p} {kappa}: {average} {a}");
            let spread = t.iter().map(|t| (t - a).powi(2)).sum::<f64>() / n;
            // The kurtosis is below that of an exponential distribution, 9.
            assert!((spread / variance - 1.0).abs() < 6.0 * (8.0 / n).sqrt(), "{p} {kappa}: {spread} {variance}");
            assert!(samples.chunks(p).all(|x| (dot(x, x) - 1.0).abs() < 1e-13));
            // Nothing is preferred across: the component along (0.8, 0.6) averages 0.
            let across = samples.chunks(p).map(|x| 0.8 * x[0] + 0.6 * x[1]).sum::<f64>() / n;
            assert!(
                across.abs() < 6.0 * ((1.0 - a * a - variance).max(0.0) / q / n).sqrt() + 1e-12,
                "{p} {kappa}: {across}"
            );
        }
    }

    #[test]
    fn samples_do_not_depend_on_threads() {
        let model = VonMisesFisher::new(vec![0.0, 1.0, 0.0, 0.0], 3.0).unwrap();
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let many = rayon::ThreadPoolBuilder::new().num_threads(4).build().unwrap();
        let draw = |pool: &rayon::ThreadPool| pool.install(|| model.sample(100, Seed(2))).unwrap();
        assert_eq!(draw(&alone), draw(&many));
        assert_ne!(draw(&alone), model.sample(100, Seed(3)).unwrap());
        assert!(model.sample(usize::MAX / 2, Seed(1)).is_err());
    }
}
