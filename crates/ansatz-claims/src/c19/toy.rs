//! The paper's example (appendix C): `x' = [[0, 1], [−9, −10]] x` from (−1, 0) to time 3 in 26 steps.
//!
//! The steps times the fast eigenvalue, −9, are −27/26: outside the region of Adams–Bashforth of order 2, inside those with
//! momentum. Run as a sampling: in the variance-exploding schedule `dx/dσ = ε`, here from `σ = 3` to 0 with `ε = −A x`.

use super::worse;
use crate::lab::Lab;
use ansatz_core::Result;
use ansatz_diffusion::model::Function;
use ansatz_diffusion::schedule::Edm;
use ansatz_diffusion::solver::{Steps, named};
use ansatz_diffusion::{Batch, Grid, Path, Prediction, Sampling};

pub(super) const KNOWN: &str = "linear example: largest relative deviation of seven errors from known ones";
pub(super) const CALM: &str = "linear example: largest error of Euler, HB and GHVB";
pub(super) const DIVERGES: &str = "linear example: error of PLMS-2";

/// Errors `|x − x(3)|` to five digits, from an implementation in another language; whether they are of calm methods.
const ERRORS: [(&str, f64, bool); 7] = [
    ("plms-1", 1.3553e-2, true),
    ("plms-2", 1.4379, false),
    ("plms-3", 1.7473e6, false),
    ("plms-2+hb:0.8", 6.3189e-3, true),
    ("plms-2+hb:0.9", 2.8583e-3, true),
    ("ghvb:1.8", 7.1643e-4, true),
    ("ghvb:1.9", 4.7274e-2, true),
];

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    let model = Function::new(2, Prediction::Noise, |x, _, out| {
        let (a, b) = (x.data()[0], x.data()[1]);
        out.data_mut().copy_from_slice(&[-b, 9.0 * a + 10.0 * b]);
        Ok(())
    });
    // x(t) = p (1, −1) e^−t + q (1, −9) e^−9t with p + q = −1, p + 9 q = 0.
    let (p, q) = (-9.0 / 8.0, 1.0 / 8.0);
    let (slow, fast) = ((-3f64).exp(), (-27f64).exp());
    let exact = [p * slow + q * fast, -p * slow - 9.0 * q * fast];
    let schedule = Edm::default();
    let path = Path::new(&schedule, 3.0, 0.0)?;
    let mut run = lab.run(lab.seeds()[0]);
    let (mut deviation, mut calm) = (0.0, 0.0);
    for (name, known, is_calm) in ERRORS {
        let solver = named(name)?;
        let method = Steps { solver: &*solver, grid: Grid::Time, evaluations: 26, denoise: false };
        let x = Sampling::new(path, &method).transport(&model, &Batch::new(2, vec![-1.0, 0.0])?, &mut run)?.x;
        let error = (x.data()[0] - exact[0]).hypot(x.data()[1] - exact[1]);
        deviation = worse(deviation, (error / known - 1.0).abs());
        if is_calm {
            calm = worse(calm, error);
        }
        if name == "plms-2" {
            lab.measure(DIVERGES, error)?;
        }
    }
    lab.measure(KNOWN, deviation)?;
    lab.measure(CALM, calm)
}
