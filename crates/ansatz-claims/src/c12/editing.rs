//! Feature sharing on the attention model made by hand.

use crate::lab::Lab;
use ansatz_core::Result;
use ansatz_diffusion::edit::{AttnModel, RfEdit, Templates};
use ansatz_diffusion::schedule::Flow;
use ansatz_diffusion::{Batch, Grid, Path, rmse};

pub(super) const SAME: &str =
    "attention by hand, no injection, same condition: mean square error / Euler's at equal evaluations";
pub(super) const NEARER: &str =
    "attention by hand: largest ratio of the distance to the source from 0 over 2 and 4 to 8 of 15 injected intervals";
pub(super) const SHARED: &str =
    "attention by hand, everything shared in 400 steps: error against the flow of the mixed templates";

const STEPS: usize = 15;

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    let model = Templates::example();
    let schedule = Flow::default();
    let path = Path::new(&schedule, 1.0, 0.0)?;
    for seed in lab.seeds() {
        let mean = model.mean(&[0, 0, 0]);
        let mut data = Batch::zeros(50, model.dim());
        for i in 0..data.rows() {
            let mut stream = seed.stream("templates", i as u64);
            for (x, m) in data.row_mut(i).iter_mut().zip(&mean) {
                *x = m + model.spread() * stream.normal();
            }
        }
        let trip = |order: usize| {
            let edit = RfEdit { order, steps: 2 * STEPS / order, ..RfEdit::new(&model, STEPS, 0) };
            Ok::<_, ansatz_core::Error>(rmse(&edit.run(&model, &path, &Grid::Time, &data, (0, 0))?.edited, &data))
        };
        lab.measure(SAME, (trip(2)? / trip(1)?).powi(2))?;
        let mut distances = Vec::new();
        for inject in [0, 2, 4, 8, 15] {
            let edit = RfEdit::new(&model, STEPS, inject).run(&model, &path, &Grid::Time, &data, (0, 2))?;
            distances.push(rmse(&edit.edited, &data));
        }
        // All of them is no point of the sequence: the distance of a mixture of two ends is convex, with its least in between.
        let growth = distances[..4].windows(2).map(|pair| pair[1] / pair[0]).fold(0.0, f64::max);
        lab.measure(NEARER, growth)?;
        let words: Vec<String> = distances.iter().map(|d| format!("{d:.3}")).collect();
        lab.note(format!(
            "attention by hand, seed {}: distance to the source with 0, 2, 4, 8, 15 of 15 injected intervals: {}",
            seed.0,
            words.join(", ")
        ));
    }
    shared(lab, path)
}

/// Without the state in the values the edit is known: the noise of the source through the flow of the mixed templates.
fn shared(lab: &mut Lab, path: Path) -> Result<()> {
    let model = Templates::example().with_own(0.0);
    let noise: Vec<f64> = (0..model.dim()).map(|i| (2.3 * i as f64).sin()).collect();
    let at = |mean: Vec<f64>| {
        let x = noise.iter().zip(mean).map(|(e, m)| m + model.spread() * e).collect();
        Batch::new(model.dim(), x)
    };
    let steps = 400;
    let edit = RfEdit::new(&model, steps, steps);
    let edited = edit.run(&model, &path, &Grid::Time, &at(model.mean(&[0, 0, 0]))?, (0, 2))?.edited;
    // Blocks 1 and 2 of three are shared.
    lab.measure(SHARED, rmse(&edited, &at(model.mean(&[2, 0, 0]))?))
}
