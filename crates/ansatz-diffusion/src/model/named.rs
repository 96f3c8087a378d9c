//! The models that come along, by name.

use super::{Component, Covariance, Mixture, digit_images, digits};
use ansatz_core::{Error, Result};

/// The names that [`named`] knows.
pub const NAMES: [&str; 4] = ["gmm8", "gmm8-smooth", "digits", "digits-empirical"];

/// The model of this name:
///
/// * `gmm8`: six Gaussians in 8 dimensions, see [`gmm8`]; `gmm8-smooth`: wider ones, see [`gmm8_smooth`];
/// * `digits`: the handwritten digits as ten Gaussians in 64 dimensions, see [`digits`];
/// * `digits-empirical`: the 1797 images themselves, each with standard deviation 0.1.
///
/// # Errors
/// [`Error::Unknown`] with the nearest name.
pub fn named(name: &str) -> Result<Mixture> {
    match name {
        "gmm8" => gmm8(),
        "gmm8-smooth" => gmm8_smooth(),
        "digits" => digits(),
        "digits-empirical" => {
            let (images, labels) = digit_images();
            Mixture::empirical(&images, 0.1, Some(&labels))
        }
        _ => Err(Error::unknown("model", name, NAMES)),
    }
}

/// Six round Gaussians in 8 dimensions that overlap little: means `1.5 sin(1.7 k + 2.3 j + 0.4 k j)`, variances
/// `0.05 (1 + ½ cos k)`, weights `k/21`, for `k = 1..6`, `j = 1..8`. Smooth, and without a file. Class `k − 1` each.
///
/// # Errors
/// None that can occur.
pub fn gmm8() -> Result<Mixture> {
    six(0.05)
}

/// As [`gmm8`], with five times the variances: the classes overlap, so that no start decides between them within few
/// steps, and the order of a solver shows at moderate numbers of evaluations.
///
/// # Errors
/// None that can occur.
pub fn gmm8_smooth() -> Result<Mixture> {
    six(0.25)
}

fn six(variance: f64) -> Result<Mixture> {
    let component = |k: u8| {
        let (class, k) = (usize::from(k) - 1, f64::from(k));
        let mean = (1..=8).map(|j| 1.5 * (1.7 * k + 2.3 * f64::from(j) + 0.4 * k * f64::from(j)).sin()).collect();
        Component { weight: k / 21.0, mean, covariance: Covariance::Isotropic(variance * (1.0 + 0.5 * k.cos())), class }
    };
    Mixture::new((1..=6).map(component).collect())
}
