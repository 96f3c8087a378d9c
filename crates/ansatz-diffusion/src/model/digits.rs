//! The handwritten digits, as data and as a mixture.
//!
//! 1797 images of 8 × 8 pixels with values from 0 to 16, the test part of "Optical Recognition of Handwritten Digits"
//! (Alpaydin and Kaynak 1998, UCI Machine Learning Repository, doi:10.24432/C50P49, CC BY 4.0).

use super::{Component, Covariance, Mixture};
use crate::batch::Batch;
use ansatz_core::Result;

/// Number of images.
pub const DIGITS: usize = 1797;
const PIXELS: usize = 64;

/// 64 pixels and a label each.
static BYTES: &[u8; DIGITS * (PIXELS + 1)] = include_bytes!("../../data/digits.bin");

/// The images as rows of values in [−1, 1] (`pixel/8 − 1`), and their labels.
pub fn digit_images() -> (Batch, Vec<usize>) {
    let mut images = Batch::zeros(DIGITS, PIXELS);
    let mut labels = Vec::with_capacity(DIGITS);
    for (i, image) in BYTES.chunks_exact(PIXELS + 1).enumerate() {
        for (value, byte) in images.row_mut(i).iter_mut().zip(image) {
            *value = f64::from(*byte) / 8.0 - 1.0;
        }
        labels.push(usize::from(image[PIXELS]));
    }
    (images, labels)
}

/// The digits as ten Gaussians in 64 dimensions: mean and covariance of each class, plus `10⁻⁴ I` (many pixels at the
/// border are always empty), weighted by its number of images. The eigenvalues span from `10⁻⁴` to 5.64: a model of many
/// scales with classes.
///
/// # Errors
/// None that can occur.
pub fn digits() -> Result<Mixture> {
    digits_floored(1e-4)
}

/// As [`digits`], with `floor I` instead of `10⁻⁴ I`: `10⁻³` for flows, which end without noise.
///
/// # Errors
/// [`ansatz_core::Error::Parameter`] if the floor leaves an eigenvalue below 0.
pub fn digits_floored(floor: f64) -> Result<Mixture> {
    let (images, labels) = digit_images();
    let component = |class: usize| {
        let own: Vec<&[f64]> = (0..DIGITS).filter(|&i| labels[i] == class).map(|i| images.row(i)).collect();
        let n = own.len() as f64;
        let mean: Vec<f64> = (0..PIXELS).map(|j| own.iter().map(|x| x[j]).sum::<f64>() / n).collect();
        let entry = |i: usize, j: usize| {
            let sum: f64 = own.iter().map(|x| (x[i] - mean[i]) * (x[j] - mean[j])).sum();
            sum / n + if i == j { floor } else { 0.0 }
        };
        let covariance = (0..PIXELS * PIXELS).map(|at| entry(at / PIXELS, at % PIXELS)).collect();
        Component { weight: n, mean, covariance: Covariance::Full(covariance), class }
    };
    Mixture::new((0..10).map(component).collect())
}
