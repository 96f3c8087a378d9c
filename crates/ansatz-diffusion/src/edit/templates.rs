//! An attention model made by hand: a Gaussian flow whose mean is what blocks of self-attention make of templates.
//!
//! A sample is `T` tokens of width `w`. Block `b` has a template `m_{b,c}` for each condition `c`; its values, queries and keys are
//!
//! ```text
//! V_j = m_{b,c,j} + κ x_j,   softmax_j(−γ (i − j)²/2) V_j → out_{b,i}
//! ```
//!
//! and the data under `c` are Gaussian with mean `μ = Σ_b out_b` and standard deviation `s`: the velocity is
//! `(σ − α s²)/(α² s² + σ²) (x − α μ) − μ`. With `κ = 0` it is the exact flow of that Gaussian, and an edit with the values of some
//! blocks shared in all intervals is the flow whose mean is made of both conditions' templates: what editing must give is known.
//! It is for tests of editing, and an example of how a model takes a [`Hook`].

use super::{AttnModel, Hook};
use crate::batch::Batch;
use crate::schedule::Level;
use ansatz_core::{Error, Result};

/// Templates mixed by attention over positions.
#[derive(Clone, Debug, PartialEq)]
pub struct Templates {
    tokens: usize,
    width: usize,
    /// Of each block and condition; the last condition is none.
    blocks: Vec<Vec<Vec<f64>>>,
    /// `κ`.
    own: f64,
    /// `γ`.
    sharpness: f64,
    /// `s`.
    spread: f64,
}

impl Templates {
    /// The model of these templates, `templates[block][condition]` with `tokens × width` numbers each; the mean over the
    /// conditions is the template of none.
    ///
    /// # Errors
    /// [`Error::Parameter`] for no block, condition or token, templates of other lengths, a spread that is not positive, or a
    /// negative sharpness; [`Error::NotFinite`] for a number that is not finite.
    pub fn new(
        tokens: usize,
        width: usize,
        templates: Vec<Vec<Vec<f64>>>,
        own: f64,
        sharpness: f64,
        spread: f64,
    ) -> Result<Self> {
        let conditions = templates.first().map_or(0, Vec::len);
        if tokens * width == 0 || conditions == 0 {
            return Err(Error::parameter("the templates", "empty", "at least one block, condition and token"));
        }
        let fits = |block: &Vec<Vec<f64>>| {
            block.len() == conditions && block.iter().all(|template| template.len() == tokens * width)
        };
        if !templates.iter().all(fits) {
            let allowed = format!("{conditions} in each block, of {tokens} × {width} numbers");
            return Err(Error::parameter("the templates", "of different sizes", allowed));
        }
        if !(spread > 0.0 && spread.is_finite()) {
            return Err(Error::parameter("spread", spread, "greater than 0 and finite"));
        }
        if !(sharpness >= 0.0 && sharpness.is_finite()) {
            return Err(Error::parameter("sharpness", sharpness, "0 or greater, and finite"));
        }
        if !own.is_finite() || templates.iter().flatten().flatten().any(|v| !v.is_finite()) {
            return Err(Error::NotFinite { quantity: "a number of the templates".into(), place: "the model".into() });
        }
        let blocks = templates.into_iter().map(with_none).collect();
        Ok(Self { tokens, width, blocks, own, sharpness, spread })
    }

    /// Three blocks, three conditions, four tokens of width 2, with values that also depend on the state.
    pub fn example() -> Self {
        let template = |block: usize, condition: usize| {
            let value = |i: usize| (1.3 * block as f64 + 2.1 * condition as f64 + 0.7 * i as f64).sin();
            (0..8).map(value).collect()
        };
        let block = |block: usize| with_none((0..3).map(|condition| template(block, condition)).collect());
        let blocks = (0..3).map(block).collect();
        Self { tokens: 4, width: 2, blocks, own: 0.05, sharpness: 1.5, spread: 0.3 }
    }

    /// The same with another `κ`: 0 makes the mean independent of the state.
    #[must_use]
    pub fn with_own(self, own: f64) -> Self {
        Self { own, ..self }
    }

    /// The mean of the data, for `κ = 0`, if block `b` has the template of condition `conditions[b]`.
    pub fn mean(&self, conditions: &[usize]) -> Vec<f64> {
        let mut mean = vec![0.0; self.dim()];
        for (block, &condition) in self.blocks.iter().zip(conditions) {
            self.mix(&block[condition], &mut mean);
        }
        mean
    }

    /// `s`.
    pub fn spread(&self) -> f64 {
        self.spread
    }

    /// Adds the attention over positions of `values` to `out`.
    fn mix(&self, values: &[f64], out: &mut [f64]) {
        for i in 0..self.tokens {
            let weight = |j: usize| (-0.5 * self.sharpness * (i as f64 - j as f64).powi(2)).exp();
            let sum: f64 = (0..self.tokens).map(weight).sum();
            for j in 0..self.tokens {
                for k in 0..self.width {
                    out[i * self.width + k] += weight(j) / sum * values[j * self.width + k];
                }
            }
        }
    }
}

/// The templates of a block with their mean as that of no condition.
fn with_none(mut block: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let n = block.len() as f64;
    let mean = |i: usize| block.iter().map(|template| template[i]).sum::<f64>() / n;
    let mean = (0..block[0].len()).map(mean).collect();
    block.push(mean);
    block
}

impl AttnModel for Templates {
    fn dim(&self) -> usize {
        self.tokens * self.width
    }

    fn blocks(&self) -> usize {
        self.blocks.len()
    }

    fn conditions(&self) -> usize {
        self.blocks[0].len() - 1
    }

    fn velocity(
        &self,
        x: &Batch,
        condition: Option<usize>,
        level: &Level,
        hook: &mut dyn Hook,
        out: &mut Batch,
    ) -> Result<()> {
        let dim = self.dim();
        if x.dim() != dim || (out.rows(), out.dim()) != (x.rows(), dim) {
            let given = format!("{} × {} for {} × {}", x.rows(), x.dim(), out.rows(), out.dim());
            return Err(Error::parameter("the shape of the batch", given, format!("rows of {dim}, in and out")));
        }
        if let Some(wrong) = condition.filter(|&c| c >= self.conditions()) {
            return Err(Error::parameter("the condition", wrong, format!("below {}", self.conditions())));
        }
        let condition = condition.unwrap_or(self.conditions());
        let mut means = Batch::zeros(x.rows(), dim);
        for (b, block) in self.blocks.iter().enumerate() {
            let tokens = (0..x.rows()).flat_map(|i| x.row(i).iter().zip(&block[condition]));
            let mut values: Vec<f64> = tokens.map(|(x, m)| m + self.own * x).collect();
            hook.on_values(b, &mut values)?;
            for i in 0..x.rows() {
                self.mix(&values[i * dim..(i + 1) * dim], means.row_mut(i));
            }
        }
        let (alpha, sigma, variance) = (level.alpha, level.sigma, self.spread * self.spread);
        let factor = (sigma - alpha * variance) / (alpha * alpha * variance + sigma * sigma);
        for ((out, x), mean) in out.data_mut().iter_mut().zip(x.data()).zip(means.data()) {
            *out = factor * (x - alpha * mean) - mean;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::RfEdit;
    use crate::schedule::Flow;
    use crate::{Grid, Path};

    /// Where the flow of a Gaussian carries its noise: `μ + s ε`.
    fn exact(model: &Templates, noise: &[f64], mean: &[f64]) -> Vec<f64> {
        noise.iter().zip(mean).map(|(e, m)| m + model.spread * e).collect()
    }

    #[test]
    fn edits_are_what_the_shared_templates_make() {
        let model = Templates::example().with_own(0.0);
        let schedule = Flow::default();
        let path = Path::new(&schedule, 1.0, 0.0).unwrap();
        let noise = Batch::new(8, (0..8).map(|i| (2.3 * f64::from(i)).sin()).collect()).unwrap();
        let data = Batch::new(8, exact(&model, noise.row(0), &model.mean(&[0, 0, 0]))).unwrap();
        let steps = 400;
        for (inject, blocks, mixed) in
            [(0, 1..3, [2, 2, 2]), (steps, 1..3, [2, 0, 0]), (steps, 2..3, [2, 2, 0]), (steps, 0..3, [0, 0, 0])]
        {
            let edit = RfEdit { blocks, ..RfEdit::new(&model, steps, inject) };
            let run = edit.run(&model, &path, &Grid::Time, &data, (0, 2)).unwrap();
            let known = exact(&model, noise.row(0), &model.mean(&mixed));
            for (own, known) in run.edited.data().iter().zip(&known) {
                assert!((own - known).abs() < 2e-3, "{inject} {mixed:?}: {own} for {known}");
            }
            for (own, known) in run.noise.data().iter().zip(noise.data()) {
                assert!((own - known).abs() < 1e-2, "noise {own} for {known}");
            }
        }
    }

    #[test]
    fn impossible_models_are_refused() {
        let template = || vec![0.0; 4];
        assert!(Templates::new(2, 2, vec![], 0.0, 1.0, 0.3).is_err());
        assert!(Templates::new(2, 2, vec![vec![template()], vec![]], 0.0, 1.0, 0.3).is_err());
        assert!(Templates::new(2, 2, vec![vec![vec![0.0; 3]]], 0.0, 1.0, 0.3).is_err());
        assert!(Templates::new(2, 2, vec![vec![template()]], 0.0, 1.0, 0.0).is_err());
        assert!(Templates::new(2, 2, vec![vec![template()]], f64::NAN, 1.0, 0.3).is_err());
        assert!(Templates::new(2, 2, vec![vec![template()]], 0.0, 1.0, 0.3).is_ok());
    }
}
