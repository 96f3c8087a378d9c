//! The momentum number that a model's stiffness asks for.
//!
//! A step of GHVB is stable if `z = δ ρ` lies in its region, `δ` the step in `σ/α` and `ρ` the spectral radius of `∂ε/∂x̄ = α ∂ε/∂x`.
//! The largest number whose region contains the `z` of a run has the highest order that does not amplify errors.
//!
//! Some pilot samples are carried from the start to the nodes at a quarter, half and three quarters of the path by DDIM. At each
//! node three directional derivatives (differences of two predictions) span a Krylov space per sample, in which the
//! projected derivative (Arnoldi) gives its `ρ`. The largest `z` over the nodes counts, and of the samples the one at the upper fifth: a
//! single sample at a border of classes has a large derivative for a moment and goes astray with any number.
//!
//! Thirteen evaluations for the pilots, once for a model, a guidance scale and a path; the number for another grid or number of steps
//! follows from the same figures.
//!
//! Source: ours; the regions are those of Wizadwongsa et al. 2024, arXiv:2307.11118; Saad 2011, section 6.2, for the projection.

use super::plms;
use crate::batch::Batch;
use crate::grid::{Grid, Path};
use crate::model::Model;
use crate::multistep::Multistep;
use crate::prediction::Prediction;
use crate::schedule::Level;
use ansatz_core::{Error, Result, Seed};

/// Dimension of the Krylov spaces.
const KRYLOV: usize = 3;
/// Which of the pilot samples decides: a fifth of them is stiffer.
const QUANTILE: f64 = 0.8;

/// How stiff a model is along a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Stiffness {
    /// The levels at which it was measured, and `ρ` there, multiplied by `σ/α`: 1 for data of no width.
    pub nodes: Vec<(Level, f64)>,
    /// Predictions asked of the model for the pilots.
    pub evaluations: u64,
}

impl Stiffness {
    /// Measures it from the pilot samples `start`, the states of the first samples at the start of the path. `seed` is for the
    /// directions in which derivatives are taken.
    ///
    /// # Errors
    /// [`Error::Parameter`] for no pilots, another dimension than the model's, or a path on which `σ/α` is not finite;
    /// [`Error::NotFinite`] if an answer of the model is not finite.
    pub fn measure(model: &dyn Model, path: &Path, start: &Batch, seed: Seed) -> Result<Self> {
        if start.rows() == 0 || start.dim() != model.dim() {
            let given = format!("{} × {}", start.rows(), start.dim());
            let allowed = format!("at least one sample of the model's dimension, {}", model.dim());
            return Err(Error::parameter("the pilot samples", given, allowed));
        }
        let nodes = plms::nodes(path, &Grid::Time, 4, "GHVB")?;
        let mut pilots = Pilots { model, x: start.clone(), evaluations: 0, seed };
        let mut answer = pilots.noise(&start.clone(), &nodes[0])?;
        let mut measured = Vec::new();
        for pair in nodes[..4].windows(2) {
            let (scale, step) = plms::noise_step(&pair[0], &pair[1]);
            for (x, noise) in pilots.x.data_mut().iter_mut().zip(answer.data()) {
                *x = scale * *x + step * noise;
            }
            answer = pilots.noise(&pilots.x.clone(), &pair[1])?;
            let mut radii = pilots.radii(&pair[1], &answer)?;
            radii.sort_by(f64::total_cmp);
            let decides = radii[((radii.len() - 1) as f64 * QUANTILE).round() as usize];
            measured.push((pair[1], decides * pair[1].sigma));
        }
        Ok(Self { nodes: measured, evaluations: pilots.evaluations })
    }

    /// The largest `z` of a run of `steps` steps on `grid`.
    ///
    /// # Errors
    /// See [`Grid::nodes`].
    pub fn largest(&self, path: &Path, grid: &Grid, steps: usize) -> Result<f64> {
        let nodes = grid.nodes(path, steps)?;
        let at = |(level, size): &(Level, f64)| {
            // The step that this level lies in: its length, relative to where it begins.
            let inside = |pair: &&[Level]| (pair[0].t - level.t) * (pair[1].t - level.t) <= 0.0;
            let step = nodes.windows(2).find(inside).map_or(0.0, |pair| 1.0 - pair[1].ratio() / pair[0].ratio());
            size * step.abs()
        };
        Ok(self.nodes.iter().map(at).fold(0.0, f64::max))
    }

    /// The momentum number for such a run: the largest of at most `most` whose region contains its `z`, in tenths.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `most` is not in [0.1, 5]; otherwise as [`Stiffness::largest`].
    pub fn number(&self, path: &Path, grid: &Grid, steps: usize, most: f64) -> Result<f64> {
        if !(0.1..=5.0).contains(&most) {
            return Err(Error::parameter("the largest momentum number", most, "between 0.1 and 5"));
        }
        let z = self.largest(path, grid, steps)?;
        let tenths = (10.0 * most + 1e-9).floor() as u32;
        for tenth in (2..=tenths).rev() {
            let number = f64::from(tenth) / 10.0;
            if Multistep::ghvb(number)?.real_limit() >= z {
                return Ok(number);
            }
        }
        Ok(0.1)
    }
}

struct Pilots<'a> {
    model: &'a dyn Model,
    x: Batch,
    evaluations: u64,
    seed: Seed,
}

impl Pilots<'_> {
    fn noise(&mut self, x: &Batch, level: &Level) -> Result<Batch> {
        let mut answer = Batch::zeros(x.rows(), x.dim());
        self.model.predict(x, 0, level, Prediction::Noise, &mut answer)?;
        self.evaluations += 1;
        answer.finite("the model's answer", || format!("a pilot at time {}", level.t))?;
        Ok(answer)
    }

    /// `ρ(∂ε/∂x)` at every pilot, where the answer is `here`.
    fn radii(&mut self, level: &Level, here: &Batch) -> Result<Vec<f64>> {
        let (rows, dim) = (self.x.rows(), self.x.dim());
        let krylov = KRYLOV.min(dim);
        // Short against the size of the state, long against the rounding of its differences.
        let short = 1e-5 * level.alpha.hypot(level.sigma);
        let mut directions = Batch::zeros(rows, dim);
        for i in 0..rows {
            let mut stream = self.seed.stream("derivative", i as u64);
            directions.row_mut(i).iter_mut().for_each(|v| *v = stream.normal());
            normalise(directions.row_mut(i));
        }
        let mut basis: Vec<Batch> = Vec::new();
        let mut projected = vec![vec![0.0; krylov * krylov]; rows];
        for j in 0..krylov {
            let mut moved = self.x.clone();
            moved.data_mut().iter_mut().zip(directions.data()).for_each(|(x, v)| *x += short * v);
            let mut image = self.noise(&moved, level)?;
            image.data_mut().iter_mut().zip(here.data()).for_each(|(a, b)| *a = (*a - b) / short);
            basis.push(directions);
            for (row, h) in projected.iter_mut().enumerate() {
                for (i, u) in basis.iter().enumerate() {
                    let w = image.row_mut(row);
                    let c: f64 = u.row(row).iter().zip(&*w).map(|(u, w)| u * w).sum();
                    h[i * krylov + j] = c;
                    w.iter_mut().zip(u.row(row)).for_each(|(w, u)| *w -= c * u);
                }
                let rest = normalise(image.row_mut(row));
                if j + 1 < krylov {
                    h[(j + 1) * krylov + j] = rest;
                }
            }
            directions = image;
        }
        Ok(projected.into_iter().map(|h| spectral_radius(h, krylov)).collect())
    }
}

/// Divides by the length, which is returned; zeros stay.
fn normalise(v: &mut [f64]) -> f64 {
    let length = v.iter().map(|v| v * v).sum::<f64>().sqrt();
    if length > 0.0 {
        for v in v {
            *v /= length;
        }
    }
    length
}

/// `lim |M^k|^(1/k)` of a small matrix, by squaring twenty times.
fn spectral_radius(mut matrix: Vec<f64>, n: usize) -> f64 {
    let mut log = 0.0;
    for k in 0..20 {
        let size = matrix.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        if size == 0.0 {
            return 0.0;
        }
        log += size.ln() / f64::from(1u32 << k);
        let entry = |i: usize, j: usize| (0..n).map(|l| matrix[i * n + l] * matrix[l * n + j] / (size * size)).sum();
        matrix = (0..n * n).map(|at| entry(at / n, at % n)).collect();
    }
    log.exp()
}

/// GHVB of the number that the model asks for, as a method of so many steps.
///
/// # Errors
/// See [`Stiffness::measure`] and [`Stiffness::number`].
pub fn automatic_number(model: &dyn Model, path: &Path, grid: &Grid, steps: usize, seed: Seed) -> Result<f64> {
    let start = crate::noise::start_noise(seed, 0, 64, model.dim(), &path.from);
    Stiffness::measure(model, path, &start, seed)?.number(path, grid, steps, 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Component, Covariance, Guided, Mixture, digits};
    use crate::noise::start_points;
    use crate::schedule::VpLinear;

    #[test]
    fn one_gaussian_is_as_stiff_as_its_formula() {
        // ε = σ (x − α m)/(α² e + σ²): σ ∂ε/∂x = σ²/(α² e + σ²) along each axis, and the narrowest decides.
        let variances = vec![0.3, 1.0, 2.0];
        let covariance = Covariance::Diagonal(variances);
        let component = Component { weight: 1.0, mean: vec![0.1, 0.2, -0.3], covariance, class: 0 };
        let (model, schedule) = (Mixture::new(vec![component]).unwrap(), VpLinear::default());
        let path = Path::whole(&schedule).unwrap();
        let start = start_points(4, 3, &path.from);
        let stiffness = Stiffness::measure(&model, &path, &start, Seed(1)).unwrap();
        assert_eq!(stiffness.evaluations, 13);
        for (level, size) in &stiffness.nodes {
            let known = level.sigma.powi(2) / (level.alpha.powi(2) * 0.3 + level.sigma.powi(2));
            assert!((size / known - 1.0).abs() < 1e-5, "{size} for {known}");
        }
    }

    #[test]
    fn fewer_steps_and_more_guidance_ask_for_more_momentum() {
        let (model, schedule) = (digits().unwrap(), VpLinear::default());
        let path = Path::whole(&schedule).unwrap();
        let start = start_points(20, 64, &path.from);
        let number = |scale, steps| {
            let guided = Guided::new(&model, (0..10).collect(), scale).unwrap();
            let stiffness = Stiffness::measure(&guided, &path, &start, Seed(1)).unwrap();
            stiffness.number(&path, &Grid::Time, steps, 4.0).unwrap()
        };
        let eight = [6, 10, 20, 40].map(|steps| number(8.0, steps));
        assert!(eight.windows(2).all(|pair| pair[1] > pair[0]) && eight[0] < 2.5 && eight[3] == 4.0, "{eight:?}");
        assert!(number(1.0, 10) > eight[1]);
    }

    #[test]
    fn radii_of_small_matrices_are_known() {
        assert!((spectral_radius(vec![0.0, -2.0, 2.0, 0.0], 2) - 2.0).abs() < 1e-5);
        assert!((spectral_radius(vec![3.0, 1e3, 0.0, -0.5], 2) - 3.0).abs() < 1e-4);
        assert_eq!(spectral_radius(vec![0.0, 1.0, 0.0, 0.0], 2), 0.0);
    }
}
