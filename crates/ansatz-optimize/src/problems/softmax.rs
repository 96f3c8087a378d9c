//! Logistic regression with several classes, its samples shared out among workers.
//!
//! ```text
//! f_i(W) = mean over the samples of worker i of ( log Σ_c exp(w_c·x) − w_y·x ) + (λ/2) ‖W‖²
//! ```
//!
//! `W` has a row for each class, in one vector. A sample is made of its features and a constant 1; the weight of that is
//! regularised like all others. With one class a worker, workers disagree as much as they can.

use super::digits::{PIXELS, digit_images};
use crate::distributed::Problem;
use crate::vector::{add_scaled, dot};
use ansatz_core::{Error, Result, Stream};

/// Samples with labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples {
    /// Features, the constant included: a row a sample.
    pub features: Vec<Vec<f64>>,
    /// Classes, from 0.
    pub labels: Vec<usize>,
}

/// The problem.
#[derive(Clone, Debug)]
pub struct Softmax {
    name: String,
    /// The samples of each worker.
    shares: Vec<Samples>,
    classes: usize,
    width: usize,
    lambda: f64,
    batch: Option<usize>,
    least: f64,
    test: Samples,
}

impl Softmax {
    /// With `shares[i]` for worker `i`, and the weight `lambda` of the regularisation.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no worker, one has no samples, rows differ in length, or `lambda` is negative;
    /// [`Error::NotFinite`] for a feature that is not finite.
    pub fn new(name: &str, shares: Vec<Samples>, classes: usize, lambda: f64) -> Result<Self> {
        let width = shares.first().and_then(|share| share.features.first()).map_or(0, Vec::len);
        if width == 0 || shares.iter().any(|share| share.labels.is_empty()) {
            return Err(Error::parameter("the samples of a worker", "empty", "at least one sample with features"));
        }
        for (i, share) in shares.iter().enumerate() {
            let fits = share.features.len() == share.labels.len()
                && share.features.iter().all(|row| row.len() == width)
                && share.labels.iter().all(|&label| label < classes);
            if !fits {
                let value = format!("not {width} features and a label below {classes} for every sample");
                return Err(Error::parameter(format!("the data of worker {}", i + 1), value, "that"));
            }
            if let Some(j) = share.features.iter().position(|row| row.iter().any(|value| !value.is_finite())) {
                let place = format!("sample {} of worker {}", j + 1, i + 1);
                return Err(Error::NotFinite { quantity: "a feature".to_owned(), place });
            }
        }
        if !(lambda >= 0.0 && lambda.is_finite()) {
            return Err(Error::parameter("lambda", lambda, "at least 0 and finite"));
        }
        let name = format!("{name}, {} workers, λ = {lambda}", shares.len());
        Ok(Self { name, shares, classes, width, lambda, batch: None, least: 0.0, test: Samples::default() })
    }

    /// The least value of `f`, if it is known: errors are counted from there.
    #[must_use]
    pub fn least(mut self, least: f64) -> Self {
        self.least = least;
        self
    }

    /// Estimates gradients from so many samples, drawn with replacement; from all where a worker has fewer.
    #[must_use]
    pub fn batch(mut self, batch: Option<usize>) -> Self {
        self.batch = batch;
        if let Some(batch) = batch {
            self.name = format!("{}, batches of {batch}", self.name);
        }
        self
    }

    /// Samples for [`accuracy`](Self::accuracy).
    #[must_use]
    pub fn test(mut self, test: Samples) -> Self {
        self.test = test;
        self
    }

    /// `f(W)`.
    pub fn value(&self, w: &[f64]) -> f64 {
        let mut z = vec![0.0; self.classes];
        let mean = |share: &Samples, z: &mut [f64]| {
            let one = |(x, &y): (&Vec<f64>, &usize)| {
                self.scores(w, x, z);
                log_sum_exp(z) - z[y]
            };
            let losses = share.features.iter().zip(&share.labels).map(one);
            losses.sum::<f64>() / share.labels.len() as f64
        };
        let sum: f64 = self.shares.iter().map(|share| mean(share, &mut z)).sum();
        sum / self.shares.len() as f64 + 0.5 * self.lambda * dot(w, w)
    }

    /// The part of the test samples whose class has the largest score; not-a-number without test samples.
    pub fn accuracy(&self, w: &[f64]) -> f64 {
        let mut z = vec![0.0; self.classes];
        let right = |(x, &y): (&Vec<f64>, &usize)| {
            self.scores(w, x, &mut z);
            u32::from((0..self.classes).all(|c| c == y || z[c] < z[y]))
        };
        let right: u32 = self.test.features.iter().zip(&self.test.labels).map(right).sum();
        f64::from(right) / self.test.labels.len() as f64
    }

    fn scores(&self, w: &[f64], x: &[f64], z: &mut [f64]) {
        for (z, row) in z.iter_mut().zip(w.chunks_exact(self.width)) {
            *z = dot(row, x);
        }
    }

    /// `g ← g + weight ∇loss` of one sample.
    fn add_gradient(&self, w: &[f64], x: &[f64], y: usize, weight: f64, z: &mut [f64], g: &mut [f64]) {
        self.scores(w, x, z);
        let total = log_sum_exp(z);
        for (c, row) in g.chunks_exact_mut(self.width).enumerate() {
            let p = (z[c] - total).exp();
            add_scaled(weight * (p - f64::from(u8::from(c == y))), x, row);
        }
    }
}

impl Problem for Softmax {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn workers(&self) -> usize {
        self.shares.len()
    }

    fn dim(&self) -> usize {
        self.classes * self.width
    }

    fn start(&self) -> Vec<f64> {
        vec![0.0; self.dim()]
    }

    fn gradient(&self, worker: usize, x: &[f64], stream: &mut Stream, g: &mut [f64]) {
        let share = &self.shares[worker];
        let count = share.labels.len();
        for (g, w) in g.iter_mut().zip(x) {
            *g = self.lambda * w;
        }
        let mut z = vec![0.0; self.classes];
        let mut add = |j: usize, weight| self.add_gradient(x, &share.features[j], share.labels[j], weight, &mut z, g);
        match self.batch {
            Some(batch) if batch < count => (0..batch).for_each(|_| add(stream.below(count), 1.0 / batch as f64)),
            _ => (0..count).for_each(|j| add(j, 1.0 / count as f64)),
        }
    }

    fn error(&self, x: &[f64]) -> f64 {
        self.value(x) - self.least
    }

    fn measure(&self) -> &'static str {
        if self.least == 0.0 { "f" } else { "f − f*" }
    }

    fn gradient_at_solution(&self, _: usize) -> Option<Vec<f64>> {
        None
    }
}

fn log_sum_exp(z: &[f64]) -> f64 {
    let largest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest + z.iter().map(|z| (z - largest).exp()).sum::<f64>().ln()
}

/// The least value of [`digits_by_class`] on all samples with `λ = 10⁻³`, by L-BFGS to a gradient of 2·10⁻⁹: right to
/// 10⁻¹⁴.
const LEAST: f64 = 0.264_190_421_914_042;

/// The digits, all of class `c` with worker `c`: pixels divided by 16. Every `k`-th sample of a class is kept for tests
/// if `test_every` is `Some(k)`. Errors are counted from the least value if that is known: all samples, `λ = 10⁻³`.
///
/// # Errors
/// [`Error::Parameter`] if `lambda` is negative, or `test_every` leaves nothing to train with.
pub fn digits_by_class(lambda: f64, test_every: Option<usize>) -> Result<Softmax> {
    if let Some(k) = test_every.filter(|&k| k < 2) {
        return Err(Error::parameter("test_every", k, "at least 2, so that samples are left to train with"));
    }
    let (images, labels) = digit_images();
    let (mut shares, mut test) = (vec![Samples::default(); 10], Samples::default());
    let mut seen = [0usize; 10];
    for (image, label) in images.iter().zip(labels) {
        let class = usize::from(label);
        let mut features: Vec<f64> = image.iter().map(|&pixel| f64::from(pixel) / 16.0).collect();
        features.push(1.0);
        seen[class] += 1;
        let tested = test_every.is_some_and(|k| seen[class].is_multiple_of(k));
        let samples = if tested { &mut test } else { &mut shares[class] };
        samples.features.push(features);
        samples.labels.push(class);
    }
    debug_assert_eq!(shares[0].features[0].len(), PIXELS + 1);
    let known = test_every.is_none() && lambda == 1e-3;
    let name = if test_every.is_some() { "digits by class, part kept for tests" } else { "digits by class" };
    let problem = Softmax::new(name, shares, 10, lambda)?.test(test);
    Ok(if known { problem.least(LEAST) } else { problem })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansatz_core::Seed;

    fn point(dim: usize) -> Vec<f64> {
        let mut stream = Seed(4).stream("point", 0);
        (0..dim).map(|_| 0.3 * stream.normal()).collect()
    }

    #[test]
    fn gradients_are_differences_of_the_value() {
        let problem = digits_by_class(1e-3, Some(5)).unwrap();
        let w = point(650);
        let (mut mean, mut g) = (vec![0.0; 650], vec![0.0; 650]);
        for i in 0..10 {
            problem.gradient(i, &w, &mut Seed(1).stream("g", 0), &mut g);
            add_scaled(0.1, &g, &mut mean);
        }
        let mut moved = w.clone();
        for j in [0, 20, 64, 65, 300, 649] {
            let h = 1e-5;
            moved[j] = w[j] + h;
            let right = problem.value(&moved);
            moved[j] = w[j] - h;
            let difference = (right - problem.value(&moved)) / (2.0 * h);
            moved[j] = w[j];
            assert!((difference - mean[j]).abs() < 1e-8, "{j}: {difference} {}", mean[j]);
        }
    }

    #[test]
    fn batches_are_right_in_the_mean() {
        let (all, some) = (digits_by_class(1e-3, None).unwrap(), digits_by_class(1e-3, None).unwrap().batch(Some(16)));
        let w = point(650);
        let (mut exact, mut g, mut mean) = (vec![0.0; 650], vec![0.0; 650], vec![0.0; 650]);
        all.gradient(3, &w, &mut Seed(1).stream("g", 0), &mut exact);
        for draw in 0..400 {
            some.gradient(3, &w, &mut Seed(1).stream("g", draw), &mut g);
            add_scaled(1.0 / 400.0, &g, &mut mean);
        }
        // Entries of a sample's gradient are below 1; 6400 samples.
        assert!(exact.iter().zip(&mean).all(|(e, m)| (e - m).abs() < 6.0 * 0.5 / 80.0));
    }

    #[test]
    fn accuracy_counts_the_test_samples() {
        let problem = digits_by_class(1e-3, Some(5)).unwrap();
        // A fifth of each class, rounded down.
        assert_eq!(problem.test.labels.len(), 355);
        // Without weights nobody's score is larger than the others'.
        assert_eq!(problem.accuracy(&vec![0.0; 650]), 0.0);
        assert!((problem.value(&vec![0.0; 650]) - 10f64.ln()).abs() < 1e-12);
        assert!(digits_by_class(1e-3, Some(1)).is_err() && digits_by_class(-1.0, None).is_err());
    }
}
