//! Least squares with a few unknowns: running triangular factor, minimum norm, and bounds.
//!
//! `Regression` keeps, of rows `φᵀ θ ≈ y` that come one by one, only the triangular factor `R` and `z = Qᵀ y` of the
//! QR decomposition, by Givens rotations: `O(m²)` a row, with the accuracy of a decomposition of all rows together
//! (Björck 1996, "Numerical Methods for Least Squares Problems", §3.2). The minimum-norm solution comes from a
//! one-sided Jacobi singular value decomposition (Hestenes 1958), the one within bounds from the active-set method of
//! Stark & Parker 1995 ("Bounded-variable least-squares", Computational Statistics 10).

use serde::{Deserialize, Serialize};

/// Singular values below this fraction of the largest count as 0.
const RANK_TOLERANCE: f64 = 1e-13;

/// Running least squares for `m` unknowns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Regression {
    m: usize,
    rows: u64,
    // R by rows, m × m with zeros below the diagonal; z = Qᵀ y; the squared residual that no θ can lower.
    r: Vec<f64>,
    z: Vec<f64>,
    rest: f64,
}

impl Regression {
    pub(super) fn new(m: usize) -> Self {
        Self { m, rows: 0, r: vec![0.0; m * m], z: vec![0.0; m], rest: 0.0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Adds the row `φᵀ θ ≈ y`.
    pub(super) fn add(&mut self, phi: &[f64], y: f64) {
        let m = self.m;
        let (mut row, mut y) = (phi.to_vec(), y);
        for j in 0..m {
            if row[j] == 0.0 {
                continue;
            }
            let diagonal = self.r[j * m + j];
            let length = diagonal.hypot(row[j]);
            let (c, s) = (diagonal / length, row[j] / length);
            for k in j..m {
                let (old, new) = (self.r[j * m + k], row[k]);
                self.r[j * m + k] = c * old + s * new;
                row[k] = c * new - s * old;
            }
            (self.z[j], y) = (c * self.z[j] + s * y, c * y - s * self.z[j]);
        }
        self.rest += y * y;
        self.rows += 1;
    }

    /// The `θ` of least norm among those with the least sum of squares.
    pub(super) fn minimum_norm(&self) -> Vec<f64> {
        let columns: Vec<Vec<f64>> = (0..self.m).map(|j| self.column(j)).collect();
        minimum_norm(columns, &self.z)
    }

    /// The sum of squares at `θ`.
    pub(super) fn square(&self, theta: &[f64]) -> f64 {
        let mut square = self.rest;
        for i in 0..self.m {
            let product: f64 = (i..self.m).map(|j| self.r[i * self.m + j] * theta[j]).sum();
            square += (product - self.z[i]).powi(2);
        }
        square
    }

    fn column(&self, j: usize) -> Vec<f64> {
        (0..self.m).map(|i| self.r[i * self.m + j]).collect()
    }

    /// The `θ` with the least sum of squares among those with `|θⱼ| ≤ boundⱼ`, from the unbounded solution `start`.
    ///
    /// Starts with the entries at their bounds that `start` has outside, and in each pass frees the bounded entry along
    /// which the sum of squares falls fastest, or ends if it falls along none.
    pub(super) fn bounded(&self, bound: &[f64], start: &[f64]) -> Vec<f64> {
        let m = self.m;
        let mut theta: Vec<f64> = start.iter().zip(bound).map(|(t, b)| t.clamp(-b, *b)).collect();
        let mut free: Vec<bool> = start.iter().zip(bound).map(|(t, b)| t.abs() < *b).collect();
        let scale = self.z.iter().chain(&self.r).fold(0.0f64, |s, v| s.max(v.abs()));
        let tolerance = 1e-12 * scale * scale.max(f64::MIN_POSITIVE);
        // An entry that was freed and driven straight back: it is looked at again only after another has moved.
        let mut barred: Option<usize> = None;
        let mut solve = free.iter().any(|&f| f);
        // Each pass lowers the sum of squares, so no set of free entries comes twice; 3^m bounds their number, and a few
        // dozen passes are what is seen. The limit is a guard against rounding, and θ is within its bounds at every time.
        for _ in 0..40 * m {
            if !solve {
                let gradient = self.descent(&theta);
                let gain = |j: usize| {
                    let outward = gradient[j] * theta[j] >= 0.0 && theta[j].abs() >= bound[j] && bound[j] > 0.0;
                    if free[j] || outward || bound[j] == 0.0 || barred == Some(j) { 0.0 } else { gradient[j].abs() }
                };
                let Some(best) = (0..m).max_by(|&i, &j| gain(i).total_cmp(&gain(j))) else { return theta };
                if gain(best) <= tolerance {
                    return theta;
                }
                free[best] = true;
            }
            // Least squares in the free entries, the others held.
            let held: Vec<f64> = (0..m)
                .map(|i| self.z[i] - (0..m).filter(|&j| !free[j]).map(|j| self.r[i * m + j] * theta[j]).sum::<f64>())
                .collect();
            let set: Vec<usize> = (0..m).filter(|&j| free[j]).collect();
            let goal = minimum_norm(set.iter().map(|&j| self.column(j)).collect(), &held);
            // As far towards it as the bounds allow.
            let (mut step, mut hit) = (1.0f64, None);
            for (&j, &g) in set.iter().zip(&goal) {
                if g.abs() > bound[j] {
                    let limit = bound[j].copysign(g);
                    let fraction = ((limit - theta[j]) / (g - theta[j])).clamp(0.0, 1.0);
                    if hit.is_none() || fraction < step {
                        (step, hit) = (fraction, Some((j, limit)));
                    }
                }
            }
            for (&j, &g) in set.iter().zip(&goal) {
                theta[j] = (theta[j] + step * (g - theta[j])).clamp(-bound[j], bound[j]);
            }
            if let Some((j, limit)) = hit {
                theta[j] = limit;
                free[j] = false;
                barred = (step == 0.0).then_some(j);
                solve = free.iter().any(|&f| f);
            } else {
                barred = None;
                solve = false;
            }
        }
        theta
    }

    /// `Rᵀ (z − R θ)`: half the direction in which the sum of squares falls.
    fn descent(&self, theta: &[f64]) -> Vec<f64> {
        let m = self.m;
        let rest: Vec<f64> =
            (0..m).map(|i| self.z[i] - (i..m).map(|j| self.r[i * m + j] * theta[j]).sum::<f64>()).collect();
        (0..m).map(|j| (0..=j).map(|i| self.r[i * m + j] * rest[i]).sum()).collect()
    }
}

/// The `x` of least norm among those that minimise `‖A x − b‖₂`, `A` given by its columns.
///
/// One-sided Jacobi rotations turn `A` into `A V` with orthogonal columns, whose lengths are the singular values.
fn minimum_norm(mut a: Vec<Vec<f64>>, b: &[f64]) -> Vec<f64> {
    let n = a.len();
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let mut v: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| f64::from(i == j)).collect()).collect();
    for _ in 0..60 {
        let mut rotated = false;
        for p in 0..n {
            for q in p + 1..n {
                let (aa, bb, ab) = (dot(&a[p], &a[p]), dot(&a[q], &a[q]), dot(&a[p], &a[q]));
                if ab.abs() <= f64::EPSILON * (aa * bb).sqrt() {
                    continue;
                }
                rotated = true;
                let tau = (bb - aa) / (2.0 * ab);
                let t = tau.signum() / (tau.abs() + tau.hypot(1.0));
                let c = 1.0 / t.hypot(1.0);
                for set in [&mut a, &mut v] {
                    let (left, right) = set.split_at_mut(q);
                    for (x, y) in left[p].iter_mut().zip(&mut right[0]) {
                        (*x, *y) = (c * (*x - t * *y), c * (*y + t * *x));
                    }
                }
            }
        }
        if !rotated {
            break;
        }
    }
    let squares: Vec<f64> = a.iter().map(|column| dot(column, column)).collect();
    let largest = squares.iter().copied().fold(0.0, f64::max);
    let mut x = vec![0.0; n];
    for j in 0..n {
        if squares[j] > RANK_TOLERANCE * RANK_TOLERANCE * largest {
            let coefficient = dot(&a[j], b) / squares[j];
            for i in 0..n {
                x[i] += coefficient * v[j][i];
            }
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansatz_core::{Seed, Stream};
    use faer::linalg::solvers::SolveLstsq;
    use faer::prelude::*;

    /// Rows of Chebyshev polynomials at random points, as in their use here.
    fn rows(m: usize, count: usize, spread: f64, stream: &mut Stream) -> Vec<(Vec<f64>, f64)> {
        (0..count)
            .map(|_| {
                let u = spread * stream.uniform_in(-1.0, 1.0);
                ((0..m).map(|j| (j as f64 * u.acos()).cos()).collect(), stream.normal())
            })
            .collect()
    }

    fn regression(m: usize, rows: &[(Vec<f64>, f64)]) -> Regression {
        let mut regression = Regression::new(m);
        for (phi, y) in rows {
            regression.add(phi, *y);
        }
        regression
    }

    #[test]
    fn running_factor_agrees_with_a_dense_decomposition() {
        let mut stream = Seed(2).stream("rows", 0);
        for (m, count) in [(1, 5), (3, 3), (6, 40), (6, 400)] {
            let rows = rows(m, count, 1.0, &mut stream);
            let a = Mat::from_fn(count, m, |i, j| rows[i].0[j]);
            let y = Mat::from_fn(count, 1, |i, _| rows[i].1);
            let dense = a.qr().solve_lstsq(&y);
            let ours = regression(m, &rows);
            let theta = ours.minimum_norm();
            let difference = (0..m).map(|j| (theta[j] - dense[(j, 0)]).abs()).fold(0.0, f64::max);
            assert!(difference < 1e-9, "{m} {count} {difference}");
            let square = (&a * &dense - &y).squared_norm_l2();
            assert!((ours.square(&theta) - square).abs() < 1e-9 * (1.0 + square));
        }
    }

    #[test]
    fn too_few_rows_give_the_solution_of_least_norm() {
        let mut stream = Seed(3).stream("rows", 0);
        for count in [1, 2, 4] {
            let rows = rows(6, count, 1.0, &mut stream);
            let ours = regression(6, &rows);
            let theta = ours.minimum_norm();
            assert!(ours.square(&theta) < 1e-20);
            // By the pseudo-inverse of a dense singular value decomposition.
            let a = Mat::from_fn(count, 6, |i, j| rows[i].0[j]);
            let y = Mat::from_fn(count, 1, |i, _| rows[i].1);
            let dense = a.thin_svd().unwrap().pseudoinverse() * &y;
            for j in 0..6 {
                assert!((theta[j] - dense[(j, 0)]).abs() < 1e-9);
            }
        }
    }

    /// The bounded solution by trying every choice of entries at a bound.
    fn enumerated(regression: &Regression, bound: &[f64]) -> f64 {
        let m = bound.len();
        let mut best = f64::INFINITY;
        for code in 0..3usize.pow(m as u32) {
            let digits: Vec<usize> = (0..m).map(|j| code / 3usize.pow(j as u32) % 3).collect();
            let mut theta: Vec<f64> = (0..m).map(|j| [0.0, -bound[j], bound[j]][digits[j]]).collect();
            let set: Vec<usize> = (0..m).filter(|&j| digits[j] == 0).collect();
            let held: Vec<f64> = (0..m)
                .map(|i| regression.z[i] - (0..m).map(|j| regression.r[i * m + j] * theta[j]).sum::<f64>())
                .collect();
            let columns = set.iter().map(|&j| regression.column(j)).collect();
            for (&j, value) in set.iter().zip(minimum_norm(columns, &held)) {
                theta[j] = value;
            }
            if theta.iter().zip(bound).all(|(t, b)| t.abs() <= b * (1.0 + 1e-12)) {
                best = best.min(regression.square(&theta));
            }
        }
        best
    }

    #[test]
    fn the_bounded_solution_is_the_best_of_all_active_sets() {
        let mut stream = Seed(4).stream("rows", 0);
        let mut active = 0;
        for case in 0..300 {
            let count = 1 + stream.below(30);
            let spread = [1.0, 0.2, 0.01][case % 3];
            let m = 2 + case % 4;
            let ours = regression(m, &rows(m, count, spread, &mut stream));
            let bound: Vec<f64> = (0..m).map(|j| 0.4 / (j.max(1)) as f64 * stream.uniform_in(0.5, 1.5)).collect();
            let start = ours.minimum_norm();
            let theta = ours.bounded(&bound, &start);
            assert!(theta.iter().zip(&bound).all(|(t, b)| t.abs() <= *b));
            active += theta.iter().zip(&bound).filter(|(t, b)| t.abs() == **b).count();
            let (square, best) = (ours.square(&theta), enumerated(&ours, &bound));
            assert!(square <= best + 1e-8 * (1.0 + best), "case {case}: {square} {best}");
        }
        assert!(active > 300, "the bounds must matter: {active}");
    }
}
