//! RF-Solver with exact derivatives, for models that know the derivative of their velocity along the flow.
//!
//! ```text
//! order 2:  Z' = Z + h v + h²/2 v^(1)
//! order 3:  Z_c = Z + c h v + (c h)²/2 v^(1),  c = 2/3;   Z' = Z + h v + h²/4 (v^(1) + v^(1)(Z_c, τ + c h))
//! ```
//!
//! Two evaluations a step of order 2 (a velocity, and its derivative at about the same price), four of order 3.
//!
//! Source: Wang et al. 2025, arXiv:2411.04746, for the expansion; Chan and Tsai 2010, Numer. Algorithms 53, 171–194, for
//! two-derivative Runge–Kutta methods.

use super::straight::{level, size, tau};
use crate::batch::Batch;
use crate::grid::{Grid, Path};
use crate::model::Curved;
use ansatz_core::{Error, Result};

/// Carries `start` along `path` in `steps` steps of order 1, 2 or 3, and says how many evaluations one sample took.
///
/// # Errors
/// [`Error::Parameter`] for another order, an impossible grid or another dimension than the model's; [`Error::NotFinite`] if
/// a state is not finite.
pub fn carry_exact(
    model: &dyn Curved,
    path: &Path,
    grid: &Grid,
    steps: usize,
    order: usize,
    start: &Batch,
) -> Result<(Batch, u64)> {
    if !(1..=3).contains(&order) {
        return Err(Error::parameter("the order of RF-Solver", order, "1, 2 or 3"));
    }
    let nodes = grid.nodes(path, steps)?;
    let mut y = scaled(start, 1.0 / size(&nodes[0]));
    let mut evaluations = 0;
    let mut ask = |y: &Batch, at: f64| {
        let level = level(path.schedule, at)?;
        let (mut velocity, mut slope) = (Batch::zeros(y.rows(), y.dim()), Batch::zeros(y.rows(), y.dim()));
        model.velocity_and_slope(&scaled(y, size(&level)), 0, &level, &mut velocity, &mut slope)?;
        evaluations += if order == 1 { 1 } else { 2 };
        Ok::<_, Error>((velocity, slope))
    };
    for (n, pair) in nodes.windows(2).enumerate() {
        let (s, h) = (tau(&pair[0]), tau(&pair[1]) - tau(&pair[0]));
        let (v, slope) = ask(&y, s)?;
        y = match order {
            1 => sum(&y, &[(h, &v)]),
            2 => sum(&y, &[(h, &v), (0.5 * h * h, &slope)]),
            _ => {
                let c = 2.0 / 3.0 * h;
                let ahead = sum(&y, &[(c, &v), (0.5 * c * c, &slope)]);
                let (_, second) = ask(&ahead, s + c)?;
                sum(&y, &[(h, &v), (0.25 * h * h, &slope), (0.25 * h * h, &second)])
            }
        };
        y.finite("the state", || format!("step {n}"))?;
    }
    Ok((scaled(&y, size(&path.to)), evaluations))
}

fn scaled(x: &Batch, c: f64) -> Batch {
    let mut scaled = x.clone();
    scaled.data_mut().iter_mut().for_each(|v| *v *= c);
    scaled
}

fn sum(start: &Batch, terms: &[(f64, &Batch)]) -> Batch {
    let mut sum = start.clone();
    for (c, term) in terms {
        sum.data_mut().iter_mut().zip(term.data()).for_each(|(sum, v)| *sum += c * v);
    }
    sum
}
