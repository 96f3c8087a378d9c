//! The inner solvers: one line of a half-sweep.
//!
//! Each minimises `‖A v − y‖² + Σ δᵢ vᵢ²` over the `k` entries of `v`, where `A` holds the rows of the fixed factor at
//! the places of the line's known entries.

use super::kernel::{Panel, padded};
use crate::least_squares::{DenseRows, Sketched, minimise_by_qr};
use crate::vector::dot;
use ansatz_core::{Error, Result, Run, Seed};
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::prelude::*;
use faer::{Accum, Par, Side};
use serde::{Deserialize, Serialize};

/// Conjugate gradients that do not lower the gradient to this fraction are helped by a sketch.
const REDUCTION: f64 = 0.3;
/// A gradient below this, relative to `‖A‖ ‖y‖`, is rounding error.
const NOISE: f64 = 1e-13;

/// How the least-squares problems of a half-sweep are solved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Inner {
    /// So many steps of conjugate gradients on the normal equations, from the line as it is: `(4 i + 4) s k` operations
    /// for `i` steps on a line with `s` entries. Where they do not lower the gradient to a third, the line is solved by
    /// [`Sketched`](Self::Sketched).
    WarmCg(u32),
    /// The normal equations by Cholesky's decomposition: `s k² + k³/3` operations.
    Exact,
    /// LSQR, preconditioned by a sketch where that is shorter than the line, else a QR decomposition.
    Sketched,
}

impl Default for Inner {
    fn default() -> Self {
        Self::WarmCg(3)
    }
}

/// What solving lines came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// `‖y − A v‖²` at the end.
    pub(crate) square: f64,
    /// Multiplications and additions.
    pub(crate) operations: u64,
    /// Lines that conjugate gradients have left to the sketch.
    pub(crate) rescued: u64,
}

/// A solver of lines, with its memory.
#[derive(Debug)]
pub(crate) struct LineSolver<'a> {
    inner: Inner,
    k: usize,
    /// The ridge `δ` of each unknown.
    ridge: &'a [f64],
    seed: Seed,
    panel: Panel,
    y: Vec<f64>,
    t: Vec<f64>,
    at: Vec<f64>,
    v: Vec<f64>,
    r: Vec<f64>,
    p: Vec<f64>,
    z: Vec<f64>,
}

impl<'a> LineSolver<'a> {
    pub(crate) fn new(inner: Inner, ridge: &'a [f64], seed: Seed) -> Self {
        let k = ridge.len();
        let vector = || vec![0.0; padded(k)];
        Self {
            inner,
            k,
            ridge,
            seed,
            panel: Panel::default(),
            y: Vec::new(),
            t: Vec::new(),
            at: Vec::new(),
            v: vector(),
            r: vector(),
            p: vector(),
            z: vector(),
        }
    }

    /// Improves the line `v` with number `number`, whose known entries are `values` at the rows `index` of `fixed`.
    pub(crate) fn solve(
        &mut self,
        number: usize,
        fixed: &[f64],
        index: &[u32],
        values: &[f64],
        v: &mut [f64],
    ) -> Result<Tally> {
        if index.is_empty() {
            v.fill(0.0);
            return Ok(Tally::default());
        }
        let k = self.k;
        self.panel.gather(fixed, k, index);
        self.y.clear();
        self.y.extend_from_slice(values);
        let rows = self.panel.entries().len() / self.panel.stride();
        self.y.resize(rows, 0.0);
        self.t.resize(rows, 0.0);
        self.at.resize(rows, 0.0);
        self.v[..k].copy_from_slice(v);
        // t = y − A v,   r = Aᵀ t − δ v
        self.panel.residual_gradient(&self.y, &self.v, &mut self.t, &mut self.r);
        for i in 0..k {
            self.r[i] -= self.ridge[i] * self.v[i];
        }
        let pass = 4 * (index.len() * k) as u64;
        let mut tally = Tally { operations: pass, ..Tally::default() };
        match self.inner {
            Inner::WarmCg(steps) => {
                tally.operations += u64::from(steps) * pass;
                if !self.conjugate_gradients(steps) {
                    tally.operations += self.sketched(number)?;
                    tally.rescued = 1;
                }
            }
            Inner::Exact => tally.operations += self.exact(number)?,
            Inner::Sketched => tally.operations += self.sketched(number)?,
        }
        v.copy_from_slice(&self.v[..k]);
        tally.square = dot(&self.t, &self.t);
        Ok(tally)
    }

    /// Conjugate gradients on `(AᵀA + δ) v = Aᵀ y`; whether they have lowered the gradient as they should.
    fn conjugate_gradients(&mut self, steps: u32) -> bool {
        self.p.copy_from_slice(&self.r);
        let first = dot(&self.r, &self.r);
        let mut rho = first;
        for _ in 0..steps {
            if rho == 0.0 {
                break;
            }
            // z = (AᵀA + δ) p
            self.panel.normal_product(&self.p, &mut self.at, &mut self.z);
            for i in 0..self.k {
                self.z[i] += self.ridge[i] * self.p[i];
            }
            let alpha = rho / dot(&self.p, &self.z);
            if !alpha.is_finite() {
                // The rows do not see this direction, or the numbers have left their range.
                break;
            }
            for i in 0..self.k {
                self.v[i] += alpha * self.p[i];
                self.r[i] -= alpha * self.z[i];
            }
            for (t, at) in self.t.iter_mut().zip(&self.at) {
                *t -= alpha * at;
            }
            let before = std::mem::replace(&mut rho, dot(&self.r, &self.r));
            let beta = rho / before;
            for i in 0..self.k {
                self.p[i] = self.r[i] + beta * self.p[i];
            }
        }
        // A last line of defence is the square, which not-a-number does not pass either.
        rho <= REDUCTION * REDUCTION * first || first <= NOISE * NOISE * self.panel.square() * dot(&self.y, &self.y)
    }

    /// The correction of `v` by the normal equations.
    fn exact(&mut self, number: usize) -> Result<u64> {
        let (s, k) = (self.panel.rows(), self.k);
        let a = MatRef::from_row_major_slice_with_stride(self.panel.entries(), s, k, self.panel.stride());
        let mut gram = Mat::<f64>::zeros(k, k);
        triangular::matmul(
            gram.as_mut(),
            BlockStructure::TriangularLower,
            Accum::Replace,
            a.transpose(),
            BlockStructure::Rectangular,
            a,
            BlockStructure::Rectangular,
            1.0,
            Par::Seq,
        );
        for i in 0..k {
            gram[(i, i)] += self.ridge[i];
        }
        let Ok(factor) = gram.as_ref().llt(Side::Lower) else {
            // Fewer entries than unknowns, or dependent rows: the QR decomposition does not square the condition number.
            return self.sketched(number);
        };
        let step = factor.solve(Mat::from_fn(k, 1, |i, _| self.r[i]));
        self.p.fill(0.0);
        for i in 0..k {
            self.p[i] = step[(i, 0)];
        }
        self.correct();
        Ok((s * k * k + k * k * k / 3 + 4 * s * k) as u64)
    }

    /// The correction of `v` by least squares with the rows of the ridge below those of the panel.
    fn sketched(&mut self, number: usize) -> Result<u64> {
        let (s, k) = (self.panel.rows(), self.k);
        let mut entries = Vec::with_capacity((s + k) * k);
        for i in 0..s {
            entries.extend_from_slice(self.panel.row(i));
        }
        let mut rhs = self.t[..s].to_vec();
        for i in 0..k {
            let root = self.ridge[i].sqrt();
            entries.extend((0..k).map(|j| if i == j { root } else { 0.0 }));
            rhs.push(-root * self.v[i]);
        }
        let stacked = DenseRows::new(&entries, s + k, k, k)?;
        let method = Sketched::default();
        let long = (s + k) as f64 > 2.0 * method.oversampling * k as f64;
        let solved =
            if long { method.solve(stacked, &rhs, None, number as u64, &mut Run::new(self.seed)).ok() } else { None };
        let (step, operations) = if let Some(solution) = solved {
            let iterations = solution.work.iterations as usize;
            let sketch = 2 * method.sparsity * (s + k) * k + 8 * k * k * k;
            (solution.x, sketch + iterations * (4 * (s + k) * k + 2 * k * k))
        } else if let Ok(step) = minimise_by_qr(stacked, &rhs) {
            (step, 2 * (s + k) * k * k)
        } else {
            let place = format!("line {} of a factor cannot be solved for", number + 1);
            return Err(Error::refused(format!("{place}: its entries do not determine it; a ridge does")));
        };
        self.p[..k].copy_from_slice(&step);
        self.correct();
        Ok((operations + 4 * s * k) as u64)
    }

    /// `v ← v + p` and `t ← t − A p`.
    fn correct(&mut self) {
        self.panel.normal_product(&self.p, &mut self.at, &mut self.z);
        for i in 0..self.k {
            self.v[i] += self.p[i];
        }
        for (t, at) in self.t.iter_mut().zip(&self.at) {
            *t -= at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Line {
        fixed: Vec<f64>,
        index: Vec<u32>,
        values: Vec<f64>,
    }

    fn line(s: usize, k: usize) -> Line {
        let mut stream = Seed(6).stream("line", (s * k) as u64);
        Line {
            fixed: (0..3 * s * k).map(|_| stream.normal()).collect(),
            index: (0..s as u32).map(|i| 3 * i + 1).collect(),
            values: (0..s).map(|_| stream.normal()).collect(),
        }
    }

    fn solve(line: &Line, inner: Inner, ridge: &[f64], v: &[f64]) -> (Vec<f64>, Tally) {
        let mut v = v.to_vec();
        let mut solver = LineSolver::new(inner, ridge, Seed(1));
        let tally = solver.solve(0, &line.fixed, &line.index, &line.values, &mut v).unwrap();
        (v, tally)
    }

    #[test]
    fn all_solvers_agree_where_they_are_exact() {
        for (s, k) in [(200, 10), (18, 10), (4, 10), (100, 3)] {
            let line = line(s, k);
            let ridge: Vec<f64> = (0..k).map(|i| 0.5 + i as f64).collect();
            let start: Vec<f64> = (0..k).map(|i| (i as f64).sin()).collect();
            let (exact, tally) = solve(&line, Inner::Exact, &ridge, &start);
            // The gradient vanishes, and the square is that of the residual.
            let mut gradient: Vec<f64> = ridge.iter().zip(&exact).map(|(d, v)| -d * v).collect();
            let mut square = 0.0;
            for (&i, y) in line.index.iter().zip(&line.values) {
                let row = &line.fixed[i as usize * k..][..k];
                let r = y - dot(row, &exact);
                square += r * r;
                crate::vector::add_scaled(r, row, &mut gradient);
            }
            assert!(gradient.iter().all(|g| g.abs() < 1e-11), "{gradient:?}");
            assert!((tally.square / square - 1.0).abs() < 1e-10);
            for inner in [Inner::WarmCg(40), Inner::Sketched] {
                let (v, other) = solve(&line, inner, &ridge, &start);
                assert!(v.iter().zip(&exact).all(|(v, e)| (v - e).abs() < 1e-9), "{inner:?}, s = {s}");
                assert!((other.square / square - 1.0).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn a_line_that_conjugate_gradients_cannot_solve_is_rescued() {
        // Three scales of the columns, with equal parts of the gradient: one step lowers none of them for good.
        let mut line = line(300, 12);
        let scale = |j: usize| [1.0, 2.0, 4.0][j % 3];
        for (j, a) in line.fixed.iter_mut().enumerate() {
            *a *= scale(j);
        }
        for (value, &i) in line.values.iter_mut().zip(&line.index) {
            let row = &line.fixed[i as usize * 12..][..12];
            *value += row.iter().enumerate().map(|(j, a)| a / (scale(j) * scale(j))).sum::<f64>();
        }
        let ridge = [1e-14; 12];
        let (exact, _) = solve(&line, Inner::Exact, &ridge, &[0.0; 12]);
        let (v, tally) = solve(&line, Inner::WarmCg(1), &ridge, &[0.0; 12]);
        assert_eq!(tally.rescued, 1);
        assert!(v.iter().zip(&exact).all(|(v, e)| (v - e).abs() < 1e-9));
        // At the solution nothing is left to do, and nobody is called for help.
        let (_, tally) = solve(&line, Inner::WarmCg(1), &ridge, &exact);
        assert_eq!(tally.rescued, 0);
    }

    #[test]
    fn a_line_without_entries_is_zero() {
        let mut empty = line(5, 3);
        (empty.index, empty.values) = (Vec::new(), Vec::new());
        let (v, tally) = solve(&empty, Inner::WarmCg(3), &[1e-10; 3], &[1.0, 2.0, 3.0]);
        assert_eq!((v, tally.square, tally.operations), (vec![0.0; 3], 0.0, 0));
    }
}
