//! The heat equation with a diffusion coefficient that varies in time, stepped implicitly.
//!
//! `u_t = κ(t) Δu + f(x, t)` on the unit square, zero on the boundary, `n` cells a side, by Crank and Nicolson's rule
//! with `κ` and `f` at the half step:
//!
//! ```text
//! (I − ½Δt κ Δₕ) u' = (I + ½Δt κ Δₕ) u + Δt f
//! κ(t) = max(0.1 sin 2πt, −10 sin 2πt),   f = 32 bump(x; (½ + ¼cos 16πt, ½ + ¼sin 16πt), 1/8)
//! u(0) = bump(x; (½, ½), ¼),   bump(x; c, r) = exp(1 − 1/(1 − min(1, ‖x − c‖²/r²)))
//! ```
//!
//! Each step is a linear system whose matrix is near the identity while `κ` is small and near the Laplacian while it is
//! large. The context is `κ` at the start of the step; the initial guess is the solution now.
//!
//! The reference solves every step exactly, up to rounding: in the basis of sines, which are the eigenvectors of `Δₕ`,
//! a step is a division.
//!
//! Source: Khodak et al. 2024, arXiv:2310.02246, §5.

use super::laplacian_2d;
use crate::sequence::{Sequence, System};
use crate::{Csr, LinearOperator, Solution};
use ansatz_core::{Error, Result};
use std::f64::consts::PI;

/// The sequence of systems of a simulation.
#[derive(Clone, Debug)]
pub struct Heat {
    cells: usize,
    dt: f64,
    steps: u64,
    step: u64,
    // −h² Δₕ, I − ½Δt κ Δₕ, right-hand side, solution and a product.
    base: Csr,
    a: Csr,
    b: Vec<f64>,
    u: Vec<f64>,
    product: Vec<f64>,
}

/// `κ(t)`.
fn coefficient(t: f64) -> f64 {
    let wave = (2.0 * PI * t).sin();
    (0.1 * wave).max(-10.0 * wave)
}

/// The centre of the source at time `t`.
fn centre(t: f64) -> (f64, f64) {
    (0.5 + (16.0 * PI * t).cos() / 4.0, 0.5 + (16.0 * PI * t).sin() / 4.0)
}

const SOURCE_RADIUS: f64 = 0.125;

/// `exp(1 − 1/(1 − s))` of the squared distance in units of the radius, `s < 1`; 0 beyond.
fn bump((x, y): (f64, f64), (cx, cy): (f64, f64), radius: f64) -> f64 {
    let s = ((x - cx).powi(2) + (y - cy).powi(2)) / (radius * radius);
    if s < 1.0 { (1.0 - 1.0 / (1.0 - s)).exp() } else { 0.0 }
}

/// The initial temperature at the inner points.
fn initial(cells: usize) -> Vec<f64> {
    let (points, h) = (cells - 1, 1.0 / cells as f64);
    let at = |k: usize| (h * (1 + k % points) as f64, h * (1 + k / points) as f64);
    (0..points * points).map(|k| bump(at(k), (0.5, 0.5), 0.25)).collect()
}

impl Heat {
    /// The interval of the contexts.
    pub const INTERVAL: (f64, f64) = (0.0, 10.0);

    /// The paper's simulation: `steps` steps of 1e-3 on `cells` cells a side, `(cells − 1)²` unknowns.
    ///
    /// # Errors
    /// [`Error::Parameter`] for fewer than 2 cells, or more than 10,000.
    pub fn new(cells: usize, steps: u64) -> Result<Self> {
        if !(2..=10_000).contains(&cells) {
            return Err(Error::parameter("cells", cells, "between 2 and 10,000"));
        }
        let points = cells - 1;
        let base = laplacian_2d(points, points)?;
        let n = points * points;
        let (a, u) = (base.clone(), initial(cells));
        Ok(Self { cells, dt: 1e-3, steps, step: 0, base, a, b: vec![0.0; n], u, product: vec![0.0; n] })
    }

    /// Sets the number of steps, those that were made included: a simulation can be run in parts.
    pub fn set_steps(&mut self, steps: u64) {
        self.steps = steps;
    }

    /// The solution now, by rows of the grid.
    pub fn solution(&self) -> &[f64] {
        &self.u
    }

    fn time(&self, steps: f64) -> f64 {
        steps * self.dt
    }

    /// `½ Δt κ / h²` at the half step `step + ½`.
    fn factor(&self, step: u64) -> f64 {
        0.5 * self.dt * coefficient(self.time(step as f64 + 0.5)) * (self.cells * self.cells) as f64
    }

    /// Calls `act` with the place and value of `Δt f` at the half step `step + ½`, where it is not 0.
    fn source(&self, step: u64, mut act: impl FnMut(usize, usize, f64)) {
        let centre = centre(self.time(step as f64 + 0.5));
        let h = 1.0 / self.cells as f64;
        let range = |c: f64| {
            let lo = ((c - SOURCE_RADIUS) / h).floor().max(1.0) as usize;
            let hi = ((c + SOURCE_RADIUS) / h).ceil() as usize;
            lo..(hi + 1).min(self.cells)
        };
        for j in range(centre.1) {
            for i in range(centre.0) {
                let value = bump((h * i as f64, h * j as f64), centre, SOURCE_RADIUS);
                if value > 0.0 {
                    act(i - 1, j - 1, 32.0 * self.dt * value);
                }
            }
        }
    }

    /// The solution after all steps, each solved exactly. Cost: `O(n³)` in `n` cells at the ends, and `O(n²)` a step
    /// plus the transform of the source.
    pub fn reference(&self) -> Vec<f64> {
        let points = self.cells - 1;
        let h = 1.0 / self.cells as f64;
        // S = √(2h) sin(π i j h) is its own inverse.
        let sine: Vec<f64> = (0..points * points)
            .map(|k| (2.0 * h).sqrt() * (PI * ((1 + k % points) * (1 + k / points)) as f64 * h).sin())
            .collect();
        // The eigenvalues of −h²Δₕ: 4 sin²(π i h/2) + 4 sin²(π j h/2).
        let one: Vec<f64> = (1..=points).map(|i| 4.0 * (PI * i as f64 * h / 2.0).sin().powi(2)).collect();
        let transform = |u: &[f64]| {
            let half = multiply(&sine, u, points);
            // S (S u)ᵀ, and S is symmetric: the transposed result is transposed back.
            let mut result = vec![0.0; points * points];
            for j in 0..points {
                for i in 0..points {
                    let row = &half[j * points..(j + 1) * points];
                    result[j * points + i] =
                        row.iter().zip(&sine[i * points..(i + 1) * points]).map(|(a, s)| a * s).sum();
                }
            }
            result
        };
        let mut hat = transform(&initial(self.cells));
        let mut columns = vec![0.0; points * points];
        for step in 0..self.steps {
            let factor = self.factor(step);
            // Along x first, only in the rows that the source touches; then along y.
            let mut rows: Vec<(usize, Vec<f64>)> = Vec::new();
            self.source(step, |i, j, value| {
                if rows.last().is_none_or(|(row, _)| *row != j) {
                    rows.push((j, vec![0.0; points]));
                }
                if let Some((_, row)) = rows.last_mut() {
                    row.iter_mut().zip(&sine[i * points..(i + 1) * points]).for_each(|(r, s)| *r += value * s);
                }
            });
            columns.fill(0.0);
            for (j, row) in &rows {
                for k in 0..points {
                    let s = sine[j * points + k];
                    let out = &mut columns[k * points..(k + 1) * points];
                    out.iter_mut().zip(row).for_each(|(o, r)| *o += s * r);
                }
            }
            for j in 0..points {
                for i in 0..points {
                    let lambda = factor * (one[i] + one[j]);
                    let k = j * points + i;
                    hat[k] = ((1.0 - lambda) * hat[k] + columns[k]) / (1.0 + lambda);
                }
            }
        }
        transform(&hat)
    }
}

/// `A B` of square matrices by rows.
fn multiply(a: &[f64], b: &[f64], n: usize) -> Vec<f64> {
    let mut c = vec![0.0; n * n];
    for i in 0..n {
        for k in 0..n {
            let value = a[i * n + k];
            c[i * n..(i + 1) * n].iter_mut().zip(&b[k * n..(k + 1) * n]).for_each(|(c, b)| *c += value * b);
        }
    }
    c
}

impl Sequence for Heat {
    fn left(&self) -> u64 {
        self.steps.saturating_sub(self.step)
    }

    fn system(&mut self) -> Result<System<'_>> {
        let factor = self.factor(self.step);
        self.a.assign_shifted(&self.base, factor, 1.0)?;
        self.base.apply(&self.u, &mut self.product);
        for ((b, u), p) in self.b.iter_mut().zip(&self.u).zip(&self.product) {
            *b = u - factor * p;
        }
        let points = self.cells - 1;
        let mut b = std::mem::take(&mut self.b);
        self.source(self.step, |i, j, value| b[j * points + i] += value);
        self.b = b;
        let context = coefficient(self.time(self.step as f64)).clamp(Self::INTERVAL.0, Self::INTERVAL.1);
        Ok(System { a: &self.a, b: &self.b, x0: Some(&self.u), context })
    }

    fn advance(&mut self, solution: Solution) {
        self.u = solution.x;
        self.step += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::direct;

    #[test]
    fn the_reference_is_what_direct_solves_give() {
        let mut heat = Heat::new(12, 60).unwrap();
        let reference = heat.reference();
        for _ in 0..60 {
            let system = heat.system().unwrap();
            let x = direct::solve(system.a, system.b).unwrap();
            heat.advance(Solution { x, ..Solution::default() });
        }
        let scale = reference.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        assert!(scale > 0.1);
        for (u, r) in heat.solution().iter().zip(&reference) {
            assert!((u - r).abs() < 1e-12 * scale, "{u} {r}");
        }
    }

    #[test]
    fn with_a_constant_in_space_the_step_is_the_analytic_decay() {
        // One sine decays as the eigenvalue says; the source acts on a small disc only and is left out.
        let mut heat = Heat::new(16, 1).unwrap();
        let points = 15;
        let mode: Vec<f64> = (0..points * points)
            .map(|k| {
                let (x, y) = ((1 + k % points) as f64 / 16.0, (1 + k / points) as f64 / 16.0);
                (PI * x).sin() * (2.0 * PI * y).sin()
            })
            .collect();
        heat.step = 750;
        heat.u.clone_from(&mode);
        let lambda = heat.factor(750) * 4.0 * ((PI / 32.0).sin().powi(2) + (PI / 16.0).sin().powi(2));
        let mut source = vec![0.0; points * points];
        heat.source(750, |i, j, value| source[j * points + i] += value);
        assert!(source.iter().filter(|v| **v > 0.0).count() > 5);
        let system = heat.system().unwrap();
        let mut rhs = system.b.to_vec();
        rhs.iter_mut().zip(&source).for_each(|(b, s)| *b -= s);
        let x = direct::solve(system.a, &rhs).unwrap();
        for (x, m) in x.iter().zip(&mode) {
            assert!((x - m * (1.0 - lambda) / (1.0 + lambda)).abs() < 1e-13);
        }
    }
}
