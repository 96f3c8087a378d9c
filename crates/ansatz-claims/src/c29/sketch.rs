//! The sketch: a badly conditioned line, where conjugate gradients on the normal equations fail.

use super::worse;
use crate::lab::Lab;
use ansatz_core::{Result, Run, Seed, Stream};
use ansatz_linear::LinearOperator;
use ansatz_linear::krylov::Lsqr;
use ansatz_linear::least_squares::{DenseRows, Sketched, minimise_by_qr, with_condition};

pub(super) const ITERATIONS: &str = "lines of 1.5 k and 20 k entries, condition number 1e6: iterations with a sketch";
pub(super) const ERROR: &str =
    "lines of 1.5 k and 20 k entries, condition number 1e6: ‖A (v − v*)‖ / ‖A v*‖ with a sketch";
pub(super) const PLAIN: &str =
    "lines of 1.5 k and 20 k entries, condition number 1e6: the same after 60 plain iterations";

const LIMIT: u64 = 60;

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    let k = 20;
    for seed in lab.seeds() {
        for s in [3 * k / 2, 20 * k] {
            let mut stream: Stream = seed.stream("line of known condition", s as u64);
            let entries = with_condition(s, k, 1e6, &mut stream)?;
            let a = DenseRows::new(&entries, s, k, k)?;
            let line: Vec<f64> = (0..k).map(|_| stream.normal()).collect();
            let mut y = vec![0.0; s];
            a.apply(&line, &mut y);
            // Noise of 1 %: the error of every method, the decomposition that is the reference included, is about the
            // rounding error times the condition number times what is left over.
            let noise = 0.01 * (y.iter().map(|y| y * y).sum::<f64>() / s as f64).sqrt();
            for y in &mut y {
                *y += noise * stream.normal();
            }
            let exact = minimise_by_qr(a, &y)?;
            let error = |v: &[f64]| {
                let (mut image, mut difference) = (vec![0.0; s], vec![0.0; s]);
                a.apply(&exact, &mut image);
                a.apply(v, &mut difference);
                let square = |x: f64| x * x;
                let distance: f64 = image.iter().zip(&difference).map(|(a, b)| square(a - b)).sum();
                (distance / image.iter().map(|a| square(*a)).sum::<f64>()).sqrt()
            };
            let sketched = Sketched { max_iterations: LIMIT, ..Sketched::default() };
            let solution = sketched.solve(a, &y, None, 0, &mut Run::new(seed))?;
            lab.measure(ITERATIONS, solution.work.iterations as f64)?;
            lab.measure(ERROR, worse(0.0, error(&solution.x)))?;
            let plain = Lsqr { rtol: 1e-14, max_iterations: LIMIT, damp: 0.0 };
            let plain = plain.solve(&a, &y, None, &mut Run::new(Seed(0)))?;
            lab.measure(PLAIN, error(&plain.x))?;
        }
    }
    lab.note(format!("k = {k}; the sketch has 4 k rows, more than the shorter lines have entries; plain means LSQR, which is conjugate gradients on the normal equations without their rounding errors"));
    Ok(())
}
