//! CMA-ES: minimises a function of a few real variables of which only the ranking of values is used.
//!
//! For coefficient fits that must not rely on derivatives or on a smooth error measure. A generation samples `λ` points
//! `x = m + σ B D z` (`z` normal, `C = B D² Bᵀ`), ranks them, and moves the mean, the covariance and the step:
//!
//! ```text
//! m  ← m + σ Σ wᵢ yᵢ                              (the best half, weights falling as a logarithm)
//! pσ ← (1 − cσ) pσ + √(cσ (2 − cσ) μ) C^(−1/2) y
//! pc ← (1 − cc) pc + hσ √(cc (2 − cc) μ) y
//! C  ← (1 + c1 δ − c1 − cμ Σ wᵢ) C + c1 pc pcᵀ + cμ Σ wᵢ° yᵢ yᵢᵀ   (the worse half with negative weights)
//! σ  ← σ exp((cσ/dσ) (‖pσ‖/E‖N(0, I)‖ − 1))
//! ```
//!
//! Besides the samples, the mean itself is evaluated once a generation. The best point ever is kept.
//! Work: `λ + 1` evaluations and `O(λ n² + n³)` operations a generation, for `n` up to about 30.
//!
//! Source: Hansen 2016, "The CMA Evolution Strategy: A Tutorial", arXiv:1604.00772, with the default parameters of its
//! Table 1. Population, step and stopping rule are those that Real et al. 2023, arXiv:2312.08472, fit constants with.

use crate::number::hex;
use ansatz_core::{Error, Result, Stopped, Stream};
use serde::{Deserialize, Serialize};

/// The parameters that a user chooses; all others follow from the dimension.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cma {
    /// Samples a generation, `λ ≥ 4`. [`Cma::small_population`] gives the tutorial's, which needs fewer evaluations on
    /// functions with one minimum; the default is more robust and the one of the published searches.
    pub population: usize,
    /// The initial standard deviation `σ` in every coordinate.
    #[serde(with = "hex::double")]
    pub step: f64,
    /// At most so many generations.
    pub generations: u64,
    /// Stop when a value is at most this; `−∞` to search on.
    #[serde(with = "hex::double")]
    pub target: f64,
    /// Never stop for lack of progress before this generation; afterwards when the best value is older than half of the
    /// generations so far.
    pub patience: u64,
}

impl Default for Cma {
    fn default() -> Self {
        Self { population: 128, step: 0.1, generations: 10_000, target: f64::NEG_INFINITY, patience: 100 }
    }
}

/// What a minimisation found.
#[derive(Clone, Debug, PartialEq)]
pub struct Minimum {
    /// The best point evaluated, samples and means alike; the initial point if no value was finite.
    pub x: Vec<f64>,
    /// Its value; infinite if no value was finite.
    pub value: f64,
    /// Function evaluations.
    pub evaluations: u64,
    /// Generations.
    pub generations: u64,
    /// Why it ended: at the target, for lack of progress, at the limit of generations, or because the distribution left
    /// the range of doubles.
    pub stopped: Stopped,
}

impl Cma {
    /// The tutorial's default population, `4 + ⌊3 ln n⌋`.
    pub fn small_population(n: usize) -> usize {
        4 + (3.0 * (n.max(1) as f64).ln()) as usize
    }

    /// Minimises `f` from `x0`. A value of `f` that is not finite counts as worse than every other.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `x0` is empty or not finite, the population is below 4, or the step is not positive.
    ///
    /// ```
    /// use ansatz_core::{Seed, Stopped};
    /// use ansatz_functions::discover::cma::Cma;
    /// let cma = Cma { target: 1e-10, ..Cma::default() };
    /// let best = cma.minimise(&[1.0, 1.0], &mut Seed(1).stream("fit", 0), |x| x[0].powi(2) + (x[1] - 3.0).powi(2))?;
    /// assert_eq!(best.stopped, Stopped::Target);
    /// assert!((best.x[1] - 3.0).abs() < 1e-4);
    /// # Ok::<(), ansatz_core::Error>(())
    /// ```
    pub fn minimise(&self, x0: &[f64], stream: &mut Stream, mut f: impl FnMut(&[f64]) -> f64) -> Result<Minimum> {
        let mut state = State::new(self, x0)?;
        loop {
            if let Some(stopped) = state.stopped() {
                return Ok(state.minimum(stopped));
            }
            let points = state.ask(stream);
            let values: Vec<f64> = points.iter().map(|x| f(x)).collect();
            state.tell(&points, &values);
        }
    }
}

/// A minimisation between two generations: [`ask`](Self::ask) for points, [`tell`](Self::tell) their values.
/// Saved with serde (every number to the last bit) and continued with the same [`Stream`], it goes on as if it had
/// never been interrupted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    parameters: Cma,
    #[serde(with = "hex_vec")]
    mean: Vec<f64>,
    #[serde(with = "hex::double")]
    step: f64,
    /// `C`, row by row.
    #[serde(with = "hex_vec")]
    covariance: Vec<f64>,
    /// `B`, the eigenvectors of `C` as columns, row by row.
    #[serde(with = "hex_vec")]
    axes: Vec<f64>,
    /// `D`, the roots of the eigenvalues.
    #[serde(with = "hex_vec")]
    lengths: Vec<f64>,
    #[serde(with = "hex_vec")]
    path_step: Vec<f64>,
    #[serde(with = "hex_vec")]
    path_covariance: Vec<f64>,
    generation: u64,
    evaluations: u64,
    #[serde(with = "hex_vec")]
    best: Vec<f64>,
    #[serde(with = "hex::double")]
    best_value: f64,
    best_generation: u64,
}

impl State {
    /// Before the first generation.
    ///
    /// # Errors
    /// As [`Cma::minimise`].
    pub fn new(parameters: &Cma, x0: &[f64]) -> Result<Self> {
        let n = x0.len();
        if n == 0 {
            return Err(Error::parameter("x0", "empty", "a point with at least one coordinate"));
        }
        if let Some(x) = x0.iter().find(|x| !x.is_finite()) {
            return Err(Error::parameter("x0", x, "finite in every coordinate"));
        }
        if parameters.population < 4 {
            return Err(Error::parameter("population", parameters.population, "at least 4"));
        }
        if !(parameters.step > 0.0 && parameters.step.is_finite()) {
            return Err(Error::parameter("step", parameters.step, "positive and finite"));
        }
        Ok(Self {
            parameters: parameters.clone(),
            mean: x0.to_vec(),
            step: parameters.step,
            covariance: identity(n),
            axes: identity(n),
            lengths: vec![1.0; n],
            path_step: vec![0.0; n],
            path_covariance: vec![0.0; n],
            generation: 0,
            evaluations: 0,
            best: x0.to_vec(),
            best_value: f64::INFINITY,
            best_generation: 0,
        })
    }

    /// The points of the next generation: `λ` samples, then the mean.
    pub fn ask(&self, stream: &mut Stream) -> Vec<Vec<f64>> {
        let n = self.mean.len();
        let mut points = Vec::with_capacity(self.parameters.population + 1);
        for _ in 0..self.parameters.population {
            let z: Vec<f64> = self.lengths.iter().map(|d| d * stream.normal()).collect();
            let y = multiply(&self.axes, &z);
            points.push((0..n).map(|i| self.mean[i] + self.step * y[i]).collect());
        }
        points.push(self.mean.clone());
        points
    }

    /// Takes the values of the points that [`ask`](Self::ask) gave, in their order, and adapts the distribution.
    ///
    /// # Panics
    /// If there are not `λ + 1` points and values.
    pub fn tell(&mut self, points: &[Vec<f64>], values: &[f64]) {
        let (n, lambda) = (self.mean.len(), self.parameters.population);
        assert!(
            points.len() == lambda + 1 && values.len() == lambda + 1,
            "as many points and values as were asked for"
        );
        let ranks = |value: f64| if value.is_finite() { value } else { f64::INFINITY };
        self.generation += 1;
        self.evaluations += values.len() as u64;
        for (point, &value) in points.iter().zip(values) {
            if ranks(value) < self.best_value {
                self.best_value = value;
                self.best.clone_from(point);
                self.best_generation = self.generation;
            }
        }
        let mut order: Vec<usize> = (0..lambda).collect();
        order.sort_by(|&a, &b| ranks(values[a]).total_cmp(&ranks(values[b])));

        let k = Rates::new(n, lambda);
        // yᵢ = (xᵢ − m)/σ, best first
        let steps: Vec<Vec<f64>> = order
            .iter()
            .map(|&i| points[i].iter().zip(&self.mean).map(|(x, m)| (x - m) / self.step).collect())
            .collect();
        let mut y = vec![0.0; n];
        for (weight, step) in k.weights.iter().zip(&steps).take(lambda / 2) {
            add_scaled(&mut y, *weight, step);
        }
        add_scaled(&mut self.mean, self.step, &y);

        decay(&mut self.path_step, 1.0 - k.c_sigma);
        let whitened = self.whiten(&y);
        add_scaled(&mut self.path_step, (k.c_sigma * (2.0 - k.c_sigma) * k.mu).sqrt(), &whitened);
        let length = norm(&self.path_step);
        let expected = (n as f64).sqrt() * (1.0 - 1.0 / (4.0 * n as f64) + 1.0 / (21.0 * (n * n) as f64));
        // While the step still grows quickly, hσ = 0 keeps the path from making C grow as well.
        let warm_up = (1.0 - (1.0 - k.c_sigma).powf(2.0 * self.generation as f64)).sqrt();
        let h = if length / warm_up < (1.4 + 2.0 / (n as f64 + 1.0)) * expected { 1.0 } else { 0.0 };
        decay(&mut self.path_covariance, 1.0 - k.c_c);
        add_scaled(&mut self.path_covariance, h * (k.c_c * (2.0 - k.c_c) * k.mu).sqrt(), &y);

        let delta = (1.0 - h) * k.c_c * (2.0 - k.c_c);
        let total: f64 = k.weights.iter().sum();
        decay(&mut self.covariance, 1.0 + k.c_1 * delta - k.c_1 - k.c_mu * total);
        add_outer(&mut self.covariance, k.c_1, &self.path_covariance);
        for (&weight, step) in k.weights.iter().zip(&steps) {
            // A negative weight is scaled so that C stays positive definite.
            let weight =
                if weight < 0.0 { weight * n as f64 / norm(&self.whiten(step)).powi(2).max(1e-300) } else { weight };
            add_outer(&mut self.covariance, k.c_mu * weight, step);
        }
        self.step *= ((k.c_sigma / k.d_sigma) * (length / expected - 1.0)).exp();
        if self.generation.is_multiple_of(k.eigen_interval) {
            self.decompose();
        }
    }

    /// Why the search is over, if it is.
    pub fn stopped(&self) -> Option<Stopped> {
        let Cma { generations, target, patience, .. } = self.parameters;
        let finite = |values: &[f64]| values.iter().all(|v| v.is_finite());
        if self.best_value <= target {
            Some(Stopped::Target)
        } else if !(self.step.is_finite() && finite(&self.mean) && finite(&self.lengths) && finite(&self.axes)) {
            Some(Stopped::NotANumber { iteration: self.generation })
        } else if self.generation >= patience.max(1) && 2 * (self.generation - self.best_generation) >= self.generation
        {
            Some(Stopped::Stalled)
        } else if self.generation >= generations {
            Some(Stopped::EvaluationLimit)
        } else {
            None
        }
    }

    /// The result so far.
    pub fn minimum(&self, stopped: Stopped) -> Minimum {
        Minimum {
            x: self.best.clone(),
            value: self.best_value,
            evaluations: self.evaluations,
            generations: self.generation,
            stopped,
        }
    }

    /// `C^(−1/2) y = B D⁻¹ Bᵀ y`
    fn whiten(&self, y: &[f64]) -> Vec<f64> {
        let n = y.len();
        let coordinates: Vec<f64> =
            (0..n).map(|j| (0..n).map(|i| self.axes[i * n + j] * y[i]).sum::<f64>() / self.lengths[j]).collect();
        multiply(&self.axes, &coordinates)
    }

    fn decompose(&mut self) {
        let (values, axes) = eigen(&self.covariance, self.mean.len());
        let largest = values.iter().copied().fold(0.0, f64::max);
        // What lies below the rounding of the largest is noise, and may even be negative.
        self.lengths = values.iter().map(|&value| value.max(largest * 1e-20).max(f64::MIN_POSITIVE).sqrt()).collect();
        self.axes = axes;
    }
}

/// The strategy parameters, Table 1 of the tutorial.
struct Rates {
    /// Of all ranks: positive for the better half, adding up to one; negative for the worse half.
    weights: Vec<f64>,
    /// `μ_eff`, the variance-effective number of the positive ones.
    mu: f64,
    c_sigma: f64,
    d_sigma: f64,
    c_c: f64,
    c_1: f64,
    c_mu: f64,
    eigen_interval: u64,
}

impl Rates {
    fn new(n: usize, lambda: usize) -> Self {
        let raw: Vec<f64> = (1..=lambda).map(|i| (0.5 * (lambda as f64 + 1.0)).ln() - (i as f64).ln()).collect();
        let effective = |part: &[f64]| part.iter().sum::<f64>().powi(2) / part.iter().map(|w| w * w).sum::<f64>();
        let (better, worse) = raw.split_at(lambda / 2);
        let (mu, mu_minus) = (effective(better), effective(worse));
        let n = n as f64;
        let c_sigma = (mu + 2.0) / (n + mu + 5.0);
        let d_sigma = 1.0 + 2.0 * (((mu - 1.0) / (n + 1.0)).sqrt() - 1.0).max(0.0) + c_sigma;
        let c_c = (4.0 + mu / n) / (n + 4.0 + 2.0 * mu / n);
        let c_1 = 2.0 / ((n + 1.3).powi(2) + mu);
        let c_mu = (2.0 * (0.25 + mu + 1.0 / mu - 2.0) / ((n + 2.0).powi(2) + mu)).min(1.0 - c_1);
        // How much negative weight C can bear.
        let bearable = (1.0 + c_1 / c_mu).min(1.0 + 2.0 * mu_minus / (mu + 2.0)).min((1.0 - c_1 - c_mu) / (n * c_mu));
        let positive: f64 = raw.iter().filter(|w| **w > 0.0).sum();
        let negative: f64 = -raw.iter().filter(|w| **w < 0.0).sum::<f64>();
        let scale = |w: f64| if w >= 0.0 { w / positive } else { w * bearable / negative };
        let weights = raw.iter().map(|&w| scale(w)).collect();
        let eigen_interval = (1.0 / (10.0 * n * (c_1 + c_mu))).floor().max(1.0) as u64;
        Self { weights, mu, c_sigma, d_sigma, c_c, c_1, c_mu, eigen_interval }
    }
}

fn identity(n: usize) -> Vec<f64> {
    (0..n * n).map(|i| if i % (n + 1) == 0 { 1.0 } else { 0.0 }).collect()
}

fn multiply(matrix: &[f64], v: &[f64]) -> Vec<f64> {
    matrix.chunks(v.len()).map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum()).collect()
}

fn add_scaled(target: &mut [f64], factor: f64, v: &[f64]) {
    for (t, x) in target.iter_mut().zip(v) {
        *t += factor * x;
    }
}

fn add_outer(matrix: &mut [f64], factor: f64, v: &[f64]) {
    for (row, a) in matrix.chunks_mut(v.len()).zip(v) {
        add_scaled(row, factor * a, v);
    }
}

fn decay(v: &mut [f64], factor: f64) {
    for x in v {
        *x *= factor;
    }
}

fn norm(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Eigenvalues and eigenvectors (as columns) of a symmetric matrix by cyclic Jacobi rotations (Golub & Van Loan, §8.5).
///
/// At `n ≤ 30` this costs less than the sampling, its small eigenvalues are accurate, its bits do not depend on the
/// machine's vector width, and a linear-algebra library would be the largest dependency of the crate.
fn eigen(matrix: &[f64], n: usize) -> (Vec<f64>, Vec<f64>) {
    // The two halves differ by rounding only; the rotations assume that they do not.
    let mut a: Vec<f64> = (0..n * n).map(|k| 0.5 * (matrix[k] + matrix[k % n * n + k / n])).collect();
    let mut v = identity(n);
    for _ in 0..60 {
        let mut rotated = false;
        for p in 0..n {
            for q in p + 1..n {
                let (app, aqq, apq) = (a[p * n + p], a[q * n + q], a[p * n + q]);
                // Small against both diagonal elements, not against the largest: that keeps small eigenvalues accurate.
                if apq == 0.0 || apq.abs() <= 1e-17 * (app.abs() * aqq.abs()).sqrt() || !apq.is_finite() {
                    continue;
                }
                rotated = true;
                let theta = (aqq - app) / (2.0 * apq);
                let t = if theta < 0.0 { -1.0 } else { 1.0 } / (theta.abs() + theta.hypot(1.0));
                let c = 1.0 / t.hypot(1.0);
                let s = t * c;
                for i in 0..n {
                    let (x, y) = (a[i * n + p], a[i * n + q]);
                    (a[i * n + p], a[i * n + q]) = (c * x - s * y, s * x + c * y);
                    let (x, y) = (v[i * n + p], v[i * n + q]);
                    (v[i * n + p], v[i * n + q]) = (c * x - s * y, s * x + c * y);
                }
                for i in 0..n {
                    let (x, y) = (a[p * n + i], a[q * n + i]);
                    (a[p * n + i], a[q * n + i]) = (c * x - s * y, s * x + c * y);
                }
                (a[p * n + q], a[q * n + p]) = (0.0, 0.0);
            }
        }
        if !rotated {
            break;
        }
    }
    ((0..n).map(|i| a[i * n + i]).collect(), v)
}

/// Doubles as hexadecimal literals: decimal JSON does not promise the last bit, nor infinities.
mod hex_vec {
    use super::hex;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(values: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        values.iter().map(|&x| hex::format(x)).collect::<Vec<_>>().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        let read = |text: &String| {
            hex::parse(text).ok_or_else(|| D::Error::custom(format!("{text:?} is no hexadecimal double")))
        };
        texts.iter().map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansatz_core::Seed;

    fn sphere(x: &[f64]) -> f64 {
        x.iter().map(|x| x * x).sum()
    }

    fn ellipsoid(x: &[f64]) -> f64 {
        let last = (x.len() - 1) as f64;
        x.iter().enumerate().map(|(i, x)| 1e6f64.powf(i as f64 / last) * x * x).sum()
    }

    fn rosenbrock(x: &[f64]) -> f64 {
        x.windows(2).map(|w| 100.0 * (w[0] * w[0] - w[1]).powi(2) + (1.0 - w[0]).powi(2)).sum()
    }

    /// Median number of samples until 1e-10 over 11 seeds, all of which must get there.
    fn samples_to_target(population: usize, x0: &[f64], step: f64, f: impl Fn(&[f64]) -> f64) -> u64 {
        let mut counts: Vec<u64> = (1..=11)
            .map(|seed| {
                let cma = Cma { population, step, target: 1e-10, ..Cma::default() };
                let best = cma.minimise(x0, &mut Seed(seed).stream("cma", 0), &f).unwrap();
                assert_eq!(best.stopped, Stopped::Target, "{best:?}");
                assert_eq!(f(&best.x), best.value);
                // Without the evaluation of the mean, which other implementations do not make.
                best.generations * population as u64
            })
            .collect();
        counts.sort_unstable();
        counts[5]
    }

    #[test]
    fn as_many_evaluations_as_the_reference_implementation() {
        type Function = fn(&[f64]) -> f64;
        // Medians over 11 seeds of the `cma` package for Python, version 4, to a value of 1e-10:
        // small population with n = 5 and n = 10, population 128 with n = 10.
        let reference: [(Function, f64, f64, [f64; 3]); 3] = [
            (sphere, 1.0, 0.5, [792.0, 1660.0, 11520.0]),
            (ellipsoid, 1.0, 0.5, [1608.0, 4260.0, 16256.0]),
            (rosenbrock, 0.0, 0.1, [1864.0, 5130.0, 23552.0]),
        ];
        for (f, start, step, counts) in reference {
            let settings = [(5, Cma::small_population(5)), (10, Cma::small_population(10)), (10, 128)];
            for ((n, population), expected) in settings.into_iter().zip(counts) {
                let ours = samples_to_target(population, &vec![start; n], step, f) as f64;
                assert!(ours < 1.25 * expected && ours > 0.75 * expected, "n = {n}: {ours} against {expected}");
            }
        }
    }

    #[test]
    fn a_rotation_of_the_problem_costs_nothing() {
        let n = 6;
        // An orthogonal matrix: the eigenvectors of a random symmetric one.
        let mut stream = Seed(9).stream("rotation", 0);
        let random: Vec<f64> = (0..n * n).map(|_| stream.normal()).collect();
        let symmetric: Vec<f64> = (0..n * n).map(|k| random[k] + random[k % n * n + k / n]).collect();
        let (_, rotation) = eigen(&symmetric, n);
        let population = Cma::small_population(n);
        let straight = samples_to_target(population, &vec![1.0; n], 0.5, ellipsoid) as f64;
        let start: Vec<f64> = (0..n).map(|i| (0..n).map(|j| rotation[j * n + i]).sum()).collect();
        let turned = samples_to_target(population, &start, 0.5, |x| ellipsoid(&multiply(&rotation, x))) as f64;
        assert!((turned / straight - 1.0).abs() < 0.15, "{turned} against {straight}");
    }

    #[test]
    fn eigenvectors_diagonalise() {
        let mut stream = Seed(2).stream("eigen", 0);
        for n in [1, 2, 3, 8, 30] {
            // A product with its transpose, with scales over ten decades.
            let b: Vec<f64> =
                (0..n * n).map(|k| stream.normal() * 10f64.powf(-5.0 * (k / n) as f64 / n as f64)).collect();
            let a: Vec<f64> = (0..n * n).map(|k| (0..n).map(|j| b[k / n * n + j] * b[k % n * n + j]).sum()).collect();
            let (values, vectors) = eigen(&a, n);
            let scale = values.iter().copied().fold(0.0, f64::max);
            for i in 0..n {
                for j in 0..n {
                    let rebuilt: f64 = (0..n).map(|k| vectors[i * n + k] * values[k] * vectors[j * n + k]).sum();
                    assert!((rebuilt - a[i * n + j]).abs() < 1e-13 * scale);
                    let dot: f64 = (0..n).map(|k| vectors[k * n + i] * vectors[k * n + j]).sum();
                    assert!((dot - if i == j { 1.0 } else { 0.0 }).abs() < 1e-13);
                }
            }
        }
    }

    #[test]
    fn a_search_that_is_saved_and_continued_is_the_unbroken_one() {
        let cma = Cma { population: 20, generations: 300, ..Cma::default() };
        let whole = cma.minimise(&[0.0; 4], &mut Seed(4).stream("cma", 0), rosenbrock).unwrap();
        for split in [0, 1, 17, 150] {
            let mut stream = Seed(4).stream("cma", 0);
            let mut state = State::new(&cma, &[0.0; 4]).unwrap();
            for generation in 0.. {
                if generation == split {
                    let saved = serde_json::to_string(&(&state, stream.state())).unwrap();
                    let (copy, position): (State, ansatz_core::StreamState) = serde_json::from_str(&saved).unwrap();
                    assert_eq!(copy, state);
                    state = copy;
                    stream = Stream::from_state(&position).unwrap();
                }
                if state.stopped().is_some() {
                    break;
                }
                let points = state.ask(&mut stream);
                let values: Vec<f64> = points.iter().map(|x| rosenbrock(x)).collect();
                state.tell(&points, &values);
            }
            let stopped = state.stopped().unwrap();
            assert_eq!(state.minimum(stopped), whole);
        }
    }

    #[test]
    fn it_stops_when_the_best_is_half_as_old_as_the_search_but_not_before_100_generations() {
        let cma = Cma::default();
        let best = cma.minimise(&[1.0], &mut Seed(1).stream("cma", 0), |_| 1.0).unwrap();
        assert_eq!((best.stopped, best.generations, best.evaluations), (Stopped::Stalled, 100, 12_900));
        // Improves until generation 200, so that 400 is the first that is twice as old.
        let mut evaluations = 0;
        let count = |_: &[f64]| {
            evaluations += 1;
            -f64::from((evaluations - 1) / 129 + 1).min(200.0)
        };
        let best = cma.minimise(&[1.0, 2.0], &mut Seed(1).stream("cma", 0), count).unwrap();
        assert_eq!((best.stopped, best.generations), (Stopped::Stalled, 400));
        let few = Cma { generations: 7, ..Cma::default() };
        let best = few.minimise(&[1.0], &mut Seed(1).stream("cma", 0), sphere).unwrap();
        assert_eq!((best.stopped, best.generations), (Stopped::EvaluationLimit, 7));
    }

    #[test]
    fn failures_rank_last_and_bad_parameters_are_refused() {
        let cma = Cma { target: 1e-8, step: 0.5, ..Cma::default() };
        // Half of the plane has no value.
        let half = |x: &[f64]| if x[0] < 0.5 { f64::NAN } else { sphere(x) - 0.25 };
        let best = cma.minimise(&[2.0, 2.0], &mut Seed(1).stream("cma", 0), half).unwrap();
        assert!(best.stopped == Stopped::Target && best.x[0] >= 0.5, "{best:?}");
        let none = cma.minimise(&[2.0], &mut Seed(1).stream("cma", 0), |_| f64::NEG_INFINITY).unwrap();
        assert_eq!((none.x[0], none.value, none.stopped), (2.0, f64::INFINITY, Stopped::Stalled));
        let refusal = |cma: &Cma, x0: &[f64]| State::new(cma, x0).unwrap_err().to_string();
        assert_eq!(refusal(&cma, &[]), "x0 is empty, but must be a point with at least one coordinate");
        assert_eq!(refusal(&cma, &[f64::NAN]), "x0 is NaN, but must be finite in every coordinate");
        assert!(refusal(&Cma { population: 3, ..cma.clone() }, &[0.0]).starts_with("population is 3"));
        assert!(refusal(&Cma { step: 0.0, ..cma }, &[0.0]).starts_with("step is 0"));
    }
}
