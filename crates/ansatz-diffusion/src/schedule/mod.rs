//! Noise schedules: how much of a sample is left at time `t`, and how much noise is in it.
//!
//! A diffused sample is `x_t = α_t x_0 + σ_t ε` with `ε ~ N(0, I)`. Everything that a sampler needs is in `α`, `σ` and
//! `λ = ln(α/σ)`, half the logarithm of the signal-to-noise ratio, which falls as `t` grows. A schedule gives them for
//! every time, and the time for every `λ`.

mod cosine;
mod discrete;
mod edm;
mod flow;
mod linear;

pub use cosine::VpCosine;
pub use discrete::{Betas, Discrete};
pub use edm::{Edm, VarianceExploding};
pub use flow::{Flow, image_shift};
pub use linear::VpLinear;

use ansatz_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// One level of noise, with all that steps need to know of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// The schedule's time.
    pub t: f64,
    /// `ln α`; `−∞` where nothing is left of the sample.
    pub log_alpha: f64,
    /// The factor of the sample.
    pub alpha: f64,
    /// The factor of the noise.
    pub sigma: f64,
    /// `ln(α/σ)`, from the logarithms rather than from the rounded `α` and `σ`.
    pub lambda: f64,
}

impl Level {
    /// The level at time `t` with these logarithms.
    pub fn new(t: f64, log_alpha: f64, log_sigma: f64) -> Self {
        let lambda = log_alpha - log_sigma;
        Self { t, log_alpha, alpha: log_alpha.exp(), sigma: log_sigma.exp(), lambda }
    }

    /// The noise-to-signal ratio `σ/α = e^−λ`: the time of the EDM schedule.
    pub fn ratio(&self) -> f64 {
        (-self.lambda).exp()
    }
}

/// By how much a level changes, per unit of something: of `λ` along a schedule.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rate {
    /// Of the time.
    pub t: f64,
    /// Of `ln α`.
    pub log_alpha: f64,
    /// Of `ln σ`.
    pub log_sigma: f64,
}

impl Rate {
    /// The level that is `h` units away from `level` on the tangent.
    pub fn from(&self, level: &Level, h: f64) -> Level {
        let log_sigma = level.log_alpha - level.lambda + h * self.log_sigma;
        Level::new(level.t + h * self.t, level.log_alpha + h * self.log_alpha, log_sigma)
    }
}

/// A noise schedule.
///
/// ```
/// use ansatz_diffusion::schedule::{Schedule, VpLinear};
/// let schedule = VpLinear::default();
/// let level = schedule.level(0.5)?;
/// assert!((level.alpha.powi(2) + level.sigma.powi(2) - 1.0).abs() < 1e-15);
/// assert!((schedule.level_at(level.lambda)?.t - 0.5).abs() < 1e-14);
/// # Ok::<(), ansatz_core::Error>(())
/// ```
pub trait Schedule: Sync + std::fmt::Debug {
    /// Its name in files and tables.
    fn name(&self) -> String;

    /// The times that a sampler starts and ends with unless it is told otherwise: `(start, end)`, `start > end`.
    fn span(&self) -> (f64, f64);

    /// The times that have a level: `[lo, hi]`. At `lo` the noise may be 0 and at `hi` the signal, `λ` then infinite.
    fn domain(&self) -> (f64, f64);

    /// `(ln α, ln σ)` at a time of the domain.
    fn logarithms(&self, t: f64) -> (f64, f64);

    /// The time of `λ`, without a look at the domain.
    fn time(&self, lambda: f64) -> f64;

    /// `(dα/dt, dσ/dt)` at a time inside the domain.
    fn rates(&self, t: f64) -> (f64, f64);

    /// The level at time `t`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `t` is outside the domain or not a number.
    fn level(&self, t: f64) -> Result<Level> {
        let (lo, hi) = self.domain();
        if !(lo..=hi).contains(&t) {
            return Err(Error::parameter(
                "time",
                t,
                format!("between {lo} and {hi}, where {} is defined", self.name()),
            ));
        }
        let (log_alpha, log_sigma) = self.logarithms(t);
        Ok(Level::new(t, log_alpha, log_sigma))
    }

    /// By how much a level of this schedule changes with `λ`.
    ///
    /// # Errors
    /// [`Error::Parameter`] where `λ` has no finite derivative.
    fn rate(&self, level: &Level) -> Result<Rate> {
        let (alpha, sigma) = self.rates(level.t);
        let (log_alpha, log_sigma) = (alpha / level.alpha, sigma / level.sigma);
        let lambda = log_alpha - log_sigma;
        let rate = Rate { t: 1.0 / lambda, log_alpha: log_alpha / lambda, log_sigma: log_sigma / lambda };
        if rate.t.is_finite() && rate.log_alpha.is_finite() && rate.log_sigma.is_finite() {
            Ok(rate)
        } else {
            let allowed = format!("one at which lambda has a derivative in {}", self.name());
            Err(Error::parameter("time", level.t, allowed))
        }
    }

    /// The level whose half log signal-to-noise ratio is `lambda`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if no time of the domain has it.
    fn level_at(&self, lambda: f64) -> Result<Level> {
        let (lo, hi) = self.domain();
        let t = self.time(lambda);
        // Rounding may carry an end of the domain past itself.
        let slack = 1e-12 * (hi - lo);
        if !(lo - slack..=hi + slack).contains(&t) {
            let allowed = format!("a value that {} takes between times {lo} and {hi}", self.name());
            return Err(Error::parameter("lambda", lambda, allowed));
        }
        let t = t.clamp(lo, hi);
        let (log_alpha, log_sigma) = self.logarithms(t);
        // λ as asked: the steps are computed from it, and its round trip through t costs digits.
        Ok(Level { lambda, ..Level::new(t, log_alpha, log_sigma) })
    }
}

/// `ln σ = ½ ln(1 − α²)` of a variance-preserving schedule, without the cancellation near `α = 1`.
fn preserving(log_alpha: f64) -> (f64, f64) {
    (log_alpha, 0.5 * (-(2.0 * log_alpha).exp_m1()).ln())
}

/// `ln α` of the variance-preserving level with `λ`: `−½ ln(1 + e^−2λ)`.
fn preserving_log_alpha(lambda: f64) -> f64 {
    -0.5 * softplus(-2.0 * lambda)
}

/// `ln(1 + e^x)` without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// `(dα/dt, dσ/dt)` of a variance-preserving schedule from `ln α` and its derivative.
fn preserving_rates(log_alpha: f64, derivative: f64) -> (f64, f64) {
    let (alpha, sigma) = (log_alpha.exp(), (-(2.0 * log_alpha).exp_m1()).sqrt());
    (alpha * derivative, -alpha * alpha * derivative / sigma)
}

/// The schedule of this name, with its default parameters.
///
/// # Errors
/// [`Error::Unknown`] with the nearest name.
pub fn named(name: &str) -> Result<Box<dyn Schedule>> {
    Ok(match name {
        "vp-linear" => Box::new(VpLinear::default()),
        "vp-cosine" => Box::new(VpCosine::default()),
        "ddpm-linear" => Box::new(Discrete::new(&Betas::LINEAR)?),
        "scaled-linear" => Box::new(Discrete::new(&Betas::SCALED_LINEAR)?),
        "squared-cosine" => Box::new(Discrete::new(&Betas::SQUARED_COSINE)?),
        "ve" => Box::new(VarianceExploding::default()),
        "edm" => Box::new(Edm::default()),
        "flow" => Box::new(Flow::default()),
        _ => return Err(Error::unknown("schedule", name, NAMES)),
    })
}

/// The names that [`named`] knows.
pub const NAMES: [&str; 8] =
    ["vp-linear", "vp-cosine", "ddpm-linear", "scaled-linear", "squared-cosine", "ve", "edm", "flow"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_inverts_lambda() {
        for name in NAMES {
            let schedule = named(name).unwrap();
            let (start, end) = schedule.span();
            for i in 1..200 {
                let t = end + (start - end) * f64::from(i) / 200.0;
                let level = schedule.level(t).unwrap();
                let back = schedule.level_at(level.lambda).unwrap();
                // t is recovered as well as λ determines it: relative to its rounding, scaled by dt/dλ.
                assert!((back.t - t).abs() <= 1e-11 * t.abs().max(1e-3), "{name}: {t} came back as {}", back.t);
                assert!((back.alpha - level.alpha).abs() <= 1e-11 * level.alpha, "{name} {t}");
                assert!((back.sigma - level.sigma).abs() <= 1e-11 * level.sigma, "{name} {t}");
            }
        }
    }

    #[test]
    fn lambda_falls_with_time_and_is_the_ratio() {
        for name in NAMES {
            let schedule = named(name).unwrap();
            let (start, end) = schedule.span();
            let mut last = f64::INFINITY;
            for i in 1..300 {
                let level = schedule.level(end + (start - end) * f64::from(i) / 300.0).unwrap();
                assert!(level.lambda < last, "{name}");
                last = level.lambda;
                assert!((level.alpha / level.sigma / level.lambda.exp() - 1.0).abs() < 1e-13, "{name}");
            }
        }
    }

    #[test]
    fn rates_are_the_derivatives() {
        for name in NAMES {
            let schedule = named(name).unwrap();
            let (start, end) = schedule.span();
            for i in 1..50 {
                // Off the knots of the tables, where the derivative jumps.
                let t = end + (start - end) * (f64::from(i) + 0.003_14) / 50.5;
                let h = 1e-6 * t;
                let (a, b) = (schedule.level(t - h).unwrap(), schedule.level(t + h).unwrap());
                let (alpha, sigma) = schedule.rates(t);
                let near = |exact: f64, x: f64, y: f64| (exact - (y - x) / (2.0 * h)).abs() < 2e-6 * exact.abs() + 1e-8;
                assert!(near(alpha, a.alpha, b.alpha), "{name} {t}: {alpha}");
                assert!(near(sigma, a.sigma, b.sigma), "{name} {t}: {sigma}");
            }
        }
    }

    #[test]
    fn times_outside_are_refused_in_words() {
        let schedule = VpLinear::default();
        let sentence = "time is 1.5, but must be between 0 and 1, where vp-linear is defined";
        assert_eq!(schedule.level(1.5).unwrap_err().to_string(), sentence);
        assert!(schedule.level(f64::NAN).is_err());
        assert!(schedule.level_at(-7.0).is_err() && schedule.level_at(f64::NAN).is_err());
        assert!(named("vp-linera").unwrap_err().to_string().ends_with("did you mean \"vp-linear\"?"));
    }
}
