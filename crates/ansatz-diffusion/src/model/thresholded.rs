//! Thresholding: predicted pixels are kept within the range that pixels have.
//!
//! Strong guidance drives the predicted data out of `[−m, m]`. With static thresholding they are cut off there. With dynamic
//! thresholding each sample is cut off at `s = max(q, m)`, `q` the `p`-quantile of its `|x̂_0|`, and shrunk back:
//!
//! ```text
//! x̂_0 ← clamp(x̂_0, −s, s) · m/s
//! ```
//!
//! A sample within the range is left as it is, to the last bit. The other predictions follow from the new `x̂_0` and the same
//! `x`. It is for models of pixels: latent variables have no such range. `O(d)` a sample.
//!
//! Source: Saharia et al. 2022, arXiv:2205.11487, section 2.3, with `p = 0.995` and `m = 1`.

use super::{Model, same_shape};
use crate::batch::Batch;
use crate::prediction::Prediction;
use crate::schedule::Level;
use ansatz_core::{Error, Result};

/// How predicted data are kept within `[−max, max]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Threshold {
    /// Cut off there.
    Static {
        /// The largest value `m > 0` that data have.
        max: f64,
    },
    /// Cut off at a quantile, sample by sample, and shrunk.
    Dynamic {
        /// The quantile, in (0, 1].
        p: f64,
        /// The largest value `m > 0` that data have.
        max: f64,
    },
}

impl Threshold {
    /// Static, within [−1, 1].
    pub const STATIC: Self = Self::Static { max: 1.0 };
    /// Dynamic, with the published quantile 0.995 and [−1, 1].
    pub const DYNAMIC: Self = Self::Dynamic { p: 0.995, max: 1.0 };

    /// This, if its parameters are possible.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a largest value that is not positive and finite, or a quantile outside (0, 1].
    pub fn checked(self) -> Result<Self> {
        let (Self::Static { max } | Self::Dynamic { max, .. }) = self;
        if !(max > 0.0 && max.is_finite()) {
            return Err(Error::parameter("the threshold", max, "greater than 0 and finite"));
        }
        if let Self::Dynamic { p, .. } = self
            && !(p > 0.0 && p <= 1.0)
        {
            return Err(Error::parameter("the quantile of the threshold", p, "greater than 0 and at most 1"));
        }
        Ok(self)
    }

    /// A sentence of warning if data with these second moments, one a coordinate, do not lie within `[−max, max]`, as latent
    /// variables do not: thresholding then changes what is sampled.
    pub fn doubt(self, second_moments: &[f64]) -> Option<String> {
        let (Self::Static { max } | Self::Dynamic { max, .. }) = self;
        let largest = second_moments.iter().fold(0.0f64, |largest, m| largest.max(*m)).sqrt();
        // A hundredth is granted to models of pixels whose Gaussians reach a little beyond.
        (largest > 1.01 * max).then(|| {
            format!(
                "the data of this model do not lie in [-{max}, {max}] (root mean square {largest:.2} in a coordinate), so thresholding changes what is sampled"
            )
        })
    }

    /// Where a sample is cut off, and what it is multiplied by; none if it is within the range.
    fn cut(self, sample: &[f64]) -> Option<(f64, f64)> {
        let (Self::Static { max } | Self::Dynamic { max, .. }) = self;
        if sample.iter().all(|x| x.abs() <= max) {
            return None;
        }
        match self {
            Self::Static { .. } => Some((max, 1.0)),
            Self::Dynamic { p, .. } => {
                let s = quantile(sample.iter().map(|x| x.abs()).collect(), p).max(max);
                Some((s, max / s))
            }
        }
    }
}

/// The `p`-quantile of a list that is not empty, interpolated linearly between its values in order.
fn quantile(mut values: Vec<f64>, p: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = p * (values.len() - 1) as f64;
    let (below, above) = (values[at.floor() as usize], values[at.ceil() as usize]);
    below + (above - below) * at.fract()
}

/// A model whose predicted data are kept within a range.
///
/// ```
/// use ansatz_diffusion::model::{Guided, Model, Threshold, Thresholded, digits};
/// use ansatz_diffusion::schedule::{Schedule, VpLinear};
/// use ansatz_diffusion::{Batch, Prediction};
/// let digits = digits()?;
/// let guided = Guided::new(&digits, vec![3], 8.0)?;
/// let model = Thresholded::new(&guided, Threshold::DYNAMIC)?;
/// let mut data = Batch::zeros(1, 64);
/// model.predict(&Batch::zeros(1, 64), 0, &VpLinear::default().level(0.5)?, Prediction::Data, &mut data)?;
/// assert!(data.data().iter().all(|x| x.abs() <= 1.0));
/// # Ok::<(), ansatz_core::Error>(())
/// ```
pub struct Thresholded<'a> {
    model: &'a dyn Model,
    threshold: Threshold,
}

impl<'a> Thresholded<'a> {
    /// Keeps the data that `model` predicts within the range.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a largest value that is not positive and finite, a quantile outside (0, 1], or a model
    /// without coordinates.
    pub fn new(model: &'a dyn Model, threshold: Threshold) -> Result<Self> {
        if model.dim() == 0 {
            return Err(Error::parameter("the dimension of the model", 0, "at least 1: a quantile needs values"));
        }
        Ok(Self { model, threshold: threshold.checked()? })
    }
}

impl Model for Thresholded<'_> {
    fn dim(&self) -> usize {
        self.model.dim()
    }

    fn calls(&self) -> u64 {
        self.model.calls()
    }

    fn predict(&self, x: &Batch, first: usize, level: &Level, want: Prediction, out: &mut Batch) -> Result<()> {
        same_shape(self.dim(), x, out)?;
        self.model.predict(x, first, level, want, out)?;
        let mut data = out.clone();
        Prediction::Data.convert(want, level, x, &mut data)?;
        let mut back = None;
        for i in 0..x.rows() {
            let Some((s, factor)) = self.threshold.cut(data.row(i)) else { continue };
            let (p, q) = match back {
                Some(known) => known,
                None => *back.insert(want.from_other(Prediction::Data, level)?),
            };
            for ((out, data), x) in out.row_mut(i).iter_mut().zip(data.row(i)).zip(x.row(i)) {
                *out = p * x + q * (data.clamp(-s, s) * factor);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Function, Guided, digits};
    use crate::schedule::{Schedule, VpLinear};
    use crate::start_noise;
    use ansatz_core::Seed;

    #[test]
    fn quantiles_are_interpolated() {
        let values = || vec![4.0, 1.0, 2.0, 3.0, 10.0];
        assert_eq!(quantile(values(), 1.0), 10.0);
        assert_eq!(quantile(values(), 0.5), 3.0);
        assert!((quantile(values(), 0.995) - (4.0 + 6.0 * 0.98)).abs() < 1e-12);
        assert_eq!(quantile(vec![7.0], 0.995), 7.0);
    }

    #[test]
    fn each_sample_by_itself_and_every_prediction_consistently() {
        let values = [[0.5, -0.9, 0.2, 0.1], [3.0, -2.0, 0.5, 1.0]];
        let model = Function::new(4, Prediction::Data, move |_: &Batch, _: &Level, out: &mut Batch| {
            for (i, row) in values.iter().enumerate() {
                out.row_mut(i).copy_from_slice(row);
            }
            Ok(())
        });
        let level = VpLinear::default().level(0.4).unwrap();
        let x = start_noise(Seed(1), 0, 2, 4, &level);
        let of = |threshold, want| {
            let mut out = Batch::zeros(2, 4);
            Thresholded::new(&model, threshold).unwrap().predict(&x, 0, &level, want, &mut out).unwrap();
            out
        };
        assert_eq!(of(Threshold::STATIC, Prediction::Data).data(), [0.5, -0.9, 0.2, 0.1, 1.0, -1.0, 0.5, 1.0]);
        // |x̂_0| in order 0.5, 1, 2, 3: the quantile ½ is 1.5.
        let half = of(Threshold::Dynamic { p: 0.5, max: 1.0 }, Prediction::Data);
        assert_eq!(half.row(0), values[0]);
        for (value, known) in half.row(1).iter().zip([1.0, -1.0, 0.5 / 1.5, 1.0 / 1.5]) {
            assert!((value - known).abs() < 1e-15);
        }
        let wide = of(Threshold::Dynamic { p: 1.0, max: 2.0 }, Prediction::Data);
        for (value, known) in wide.row(1).iter().zip([2.0, -4.0 / 3.0, 1.0 / 3.0, 2.0 / 3.0]) {
            assert!((value - known).abs() < 1e-15);
        }
        for want in Prediction::ALL {
            let mut other = of(Threshold::Dynamic { p: 0.5, max: 1.0 }, want);
            Prediction::Data.convert(want, &level, &x, &mut other).unwrap();
            assert!(crate::rmse(&other, &half) < 1e-14, "{want}");
        }
    }

    #[test]
    fn samples_within_the_range_are_left_to_the_last_bit() {
        let digits = digits().unwrap();
        let guided = Guided::new(&digits, vec![3, 8], 8.0).unwrap();
        for t in [0.02, 0.3, 0.9] {
            let level = VpLinear::default().level(t).unwrap();
            let x = start_noise(Seed(2), 0, 6, 64, &level);
            for want in Prediction::ALL {
                let (mut plain, mut kept) = (Batch::zeros(6, 64), Batch::zeros(6, 64));
                guided.predict(&x, 0, &level, want, &mut plain).unwrap();
                let mut data = plain.clone();
                Prediction::Data.convert(want, &level, &x, &mut data).unwrap();
                let largest = data.data().iter().fold(0.0f64, |m, x| m.max(x.abs()));
                for threshold in [Threshold::Static { max: largest }, Threshold::Dynamic { p: 0.9, max: largest }] {
                    let model = Thresholded::new(&guided, threshold).unwrap();
                    model.predict(&x, 0, &level, want, &mut kept).unwrap();
                    assert_eq!(plain, kept, "{want} at {t}");
                }
                let model = Thresholded::new(&guided, Threshold::Static { max: 0.5 * largest }).unwrap();
                model.predict(&x, 0, &level, want, &mut kept).unwrap();
                assert_ne!(plain, kept, "{want} at {t}");
            }
        }
    }

    #[test]
    fn impossible_thresholds_are_refused() {
        let digits = digits().unwrap();
        let refused = |threshold| Thresholded::new(&digits, threshold).err().unwrap().to_string();
        let sentence = "the quantile of the threshold is 1.5, but must be greater than 0 and at most 1";
        assert_eq!(refused(Threshold::Dynamic { p: 1.5, max: 1.0 }), sentence);
        assert!(refused(Threshold::Dynamic { p: f64::NAN, max: 1.0 }).contains("NaN"));
        assert!(refused(Threshold::Dynamic { p: 0.0, max: 1.0 }).contains("is 0,"));
        assert!(refused(Threshold::Static { max: -1.0 }).starts_with("the threshold is -1"));
        assert!(Threshold::DYNAMIC.doubt(&digits.second_moments()).is_none());
        let latent = crate::model::gmm8().unwrap().second_moments();
        assert!(Threshold::DYNAMIC.doubt(&latent).unwrap().starts_with("the data of this model do not lie in [-1, 1]"));
        let empty = Function::new(0, Prediction::Data, |_: &Batch, _: &Level, _: &mut Batch| Ok(()));
        assert!(Thresholded::new(&empty, Threshold::DYNAMIC).is_err());
    }
}
