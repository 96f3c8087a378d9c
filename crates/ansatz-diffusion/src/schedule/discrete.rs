//! Tables of discrete diffusion, continued to all times.
//!
//! A DDPM has `N` levels with `ᾱ_i = Π (1 − β_j)`. They stand at the times `t_i = (i + 1)/N`, `ln α = ½ ln ᾱ` is piecewise
//! linear between them and continued beyond the first and the last by their segments, and `σ² = 1 − α²`. A network that
//! was trained with the table is asked with the label `1000 (t − 1/N)`. The inverse interpolates the same segments: binary
//! search, `O(ln N)`.
//!
//! Source: Ho, Jain and Abbeel 2020, arXiv:2006.11239; continuous times: Lu et al. 2022, arXiv:2206.00927, section 3.4.

use super::{Schedule, preserving, preserving_log_alpha, preserving_rates};
use ansatz_core::{Error, Result};
use std::f64::consts::FRAC_PI_2;

/// How the `β` of a table come about.
#[derive(Clone, Debug, PartialEq)]
pub enum Betas {
    /// Equally spaced from `first` to `last`.
    Linear {
        /// `β` of the first level.
        first: f64,
        /// `β` of the last level.
        last: f64,
        /// Number of levels `N`.
        count: usize,
    },
    /// The square roots equally spaced: the table of latent diffusion.
    ScaledLinear {
        /// `β` of the first level.
        first: f64,
        /// `β` of the last level.
        last: f64,
        /// Number of levels `N`.
        count: usize,
    },
    /// From `ᾱ(t) = cos²(½π (t + 0.008)/1.008)`, no `β` above 0.999 (Nichol and Dhariwal 2021).
    SquaredCosine {
        /// Number of levels `N`.
        count: usize,
    },
    /// As listed.
    List(Vec<f64>),
}

impl Betas {
    /// The DDPM table: `10⁻⁴` to 0.02 in 1000 levels.
    pub const LINEAR: Self = Self::Linear { first: 1e-4, last: 0.02, count: 1000 };
    /// The table of Stable Diffusion: 0.00085 to 0.012 in 1000 levels.
    pub const SCALED_LINEAR: Self = Self::ScaledLinear { first: 0.00085, last: 0.012, count: 1000 };
    /// The cosine table in 1000 levels.
    pub const SQUARED_COSINE: Self = Self::SquaredCosine { count: 1000 };

    fn list(&self) -> Vec<f64> {
        let spaced = |first: f64, last: f64, count: usize| {
            let step = (last - first) / (count.max(2) - 1) as f64;
            (0..count).map(move |i| first + step * i as f64)
        };
        match *self {
            Self::Linear { first, last, count } => spaced(first, last, count).collect(),
            Self::ScaledLinear { first, last, count } => {
                spaced(first.sqrt(), last.sqrt(), count).map(|root| root * root).collect()
            }
            Self::SquaredCosine { count } => {
                let square = |i: usize| (FRAC_PI_2 * (i as f64 / count as f64 + 0.008) / 1.008).cos().powi(2);
                (0..count).map(|i| (1.0 - square(i + 1) / square(i)).min(0.999)).collect()
            }
            Self::List(ref list) => list.clone(),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Linear { .. } => "ddpm-linear",
            Self::ScaledLinear { .. } => "scaled-linear",
            Self::SquaredCosine { .. } => "squared-cosine",
            Self::List(_) => "a table",
        }
    }
}

/// Levels with less signal than this are left out of a table: below, `λ` falls without bound in a few of them.
const LEAST_LAMBDA: f64 = -5.1;

/// A table of discrete diffusion in continuous time.
#[derive(Clone, Debug, PartialEq)]
pub struct Discrete {
    name: &'static str,
    /// Number of levels of the table, those left out included.
    count: usize,
    /// `ln α` at `(i + 1)/N`, falling.
    log_alpha: Vec<f64>,
}

impl Discrete {
    /// The schedule of a table of `β`. Levels with `λ < −5.1` at its end are left out.
    ///
    /// # Errors
    /// [`Error::Parameter`] for fewer than two levels, or a `β` outside (0, 1).
    pub fn new(betas: &Betas) -> Result<Self> {
        let list = betas.list();
        if let Some((i, &beta)) = list.iter().enumerate().find(|&(_, &b)| !(b > 0.0 && b < 1.0)) {
            return Err(Error::parameter(format!("beta {i} of the table"), beta, "between 0 and 1, both excluded"));
        }
        let mut log_alpha: Vec<f64> = list
            .iter()
            .scan(0.0, |sum, beta| {
                *sum += 0.5 * (-beta).ln_1p();
                Some(*sum)
            })
            .collect();
        log_alpha.retain(|&value| {
            let (a, s) = preserving(value);
            a - s >= LEAST_LAMBDA
        });
        if log_alpha.len() < 2 {
            return Err(Error::parameter(
                "the length of the table",
                log_alpha.len(),
                "at least 2 levels that hold signal",
            ));
        }
        Ok(Self { name: betas.name(), count: list.len(), log_alpha })
    }

    /// What the network is told at time `t`, if it was trained with the indices 0 to 999 as labels: `1000 (t − 1/N)`.
    pub fn label(&self, t: f64) -> f64 {
        1000.0 * (t - 1.0 / self.count as f64)
    }

    /// The time of level `i` of the table.
    pub fn time_of(&self, i: usize) -> f64 {
        (i + 1) as f64 / self.count as f64
    }

    /// The segment that holds a value: `(index of its left knot)`.
    fn segment(&self, before: impl Fn(usize) -> bool) -> usize {
        let (mut lo, mut hi) = (0, self.log_alpha.len() - 1);
        while hi - lo > 1 {
            let mid = usize::midpoint(lo, hi);
            if before(mid) { lo = mid } else { hi = mid }
        }
        lo
    }

    fn slope(&self, i: usize) -> f64 {
        (self.log_alpha[i + 1] - self.log_alpha[i]) * self.count as f64
    }

    fn log_alpha(&self, t: f64) -> (f64, f64) {
        let i = self.segment(|i| self.time_of(i) <= t);
        let slope = self.slope(i);
        (self.log_alpha[i] + slope * (t - self.time_of(i)), slope)
    }
}

impl Schedule for Discrete {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn span(&self) -> (f64, f64) {
        (self.time_of(self.log_alpha.len() - 1), self.time_of(0))
    }

    fn domain(&self) -> (f64, f64) {
        // The first segment reaches α = 1 a little before time 0 or after: there the noise would turn imaginary.
        let zero = self.time_of(0) - self.log_alpha[0] / self.slope(0);
        (zero.max(0.0), self.span().0)
    }

    fn logarithms(&self, t: f64) -> (f64, f64) {
        preserving(self.log_alpha(t).0.min(0.0))
    }

    fn time(&self, lambda: f64) -> f64 {
        let value = preserving_log_alpha(lambda);
        let i = self.segment(|i| self.log_alpha[i] >= value);
        self.time_of(i) + (value - self.log_alpha[i]) / self.slope(i)
    }

    fn rates(&self, t: f64) -> (f64, f64) {
        let (log_alpha, slope) = self.log_alpha(t);
        preserving_rates(log_alpha, slope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knots_are_those_of_the_table() {
        let schedule = Discrete::new(&Betas::LINEAR).unwrap();
        let mut product = 1.0f64;
        for i in 0..1000 {
            product *= 1.0 - (1e-4 + f64::from(i) * (0.02 - 1e-4) / 999.0);
            let level = schedule.level(schedule.time_of(i as usize)).unwrap();
            assert!((level.alpha - product.sqrt()).abs() < 1e-13 * level.alpha);
            assert!((schedule.label(level.t) - f64::from(i)).abs() < 1e-9);
        }
    }

    #[test]
    fn the_cosine_table_loses_its_tail() {
        let schedule = Discrete::new(&Betas::SQUARED_COSINE).unwrap();
        let last = schedule.level(schedule.span().0).unwrap();
        assert!(last.lambda >= LEAST_LAMBDA && last.lambda < -5.0, "{}", last.lambda);
        assert!(last.t < 1.0);
    }

    #[test]
    fn impossible_tables_are_refused() {
        assert!(Discrete::new(&Betas::List(vec![0.1, 1.0])).is_err());
        assert!(Discrete::new(&Betas::List(vec![0.1])).is_err());
        assert!(Discrete::new(&Betas::Linear { first: 1e-4, last: 0.02, count: 0 }).is_err());
        let error = Discrete::new(&Betas::List(vec![0.1, -0.5])).unwrap_err().to_string();
        assert_eq!(error, "beta 1 of the table is -0.5, but must be between 0 and 1, both excluded");
    }
}
