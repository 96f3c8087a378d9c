//! A photograph of which half the pixels are missing.
//!
//! The picture is "camera" of scikit-image (Lav Varshney, public domain by CC0), 512 × 512 pixels of grey.

use crate::lab::Lab;
use ansatz_core::{Error, Result, Seed};
use ansatz_linear::completion::{AltMin, Imputed, Observations, SoftImpute};
use std::time::Instant;

pub(super) const PSNR: &str = "camera, half of the pixels, k = 40: PSNR on missing pixels (dB)";
pub(super) const GAIN: &str = "camera, half of the pixels: PSNR over the best of soft-thresholding (dB)";
pub(super) const SPEED: &str =
    "camera, half of the pixels: seconds, soft-thresholding / ours with the search for the ridge";

const RANK: usize = 40;
const RIDGES: [f64; 4] = [2.0, 1.0, 0.5, 0.25];
const THRESHOLDS: [f64; 4] = [8.0, 4.0, 2.5, 1.5];
const PICTURE: &[u8] = include_bytes!("../../data/camera.png");

pub(super) fn run(lab: &mut Lab) -> Result<()> {
    let picture = Picture::read()?;
    for seed in lab.seeds() {
        let (known, missing) = picture.mask(seed)?;
        let started = Instant::now();
        let (ridge, ours) = alternating(lab, &known, &missing, seed)?;
        let own_time = started.elapsed().as_secs_f64();
        let started = Instant::now();
        let (threshold, other) = thresholding(lab, &known, &missing, seed)?;
        let other_time = started.elapsed().as_secs_f64();
        if lab.interrupted() {
            return Ok(());
        }
        lab.measure(PSNR, ours)?;
        lab.measure(GAIN, ours - other)?;
        lab.measure(SPEED, other_time / own_time)?;
        lab.note(format!(
            "camera, seed {}: {ours:.2} dB with ridge {ridge} in {own_time:.2} s; soft-thresholding {other:.2} dB at {threshold} in {other_time:.2} s, one thread each",
            seed.0
        ));
    }
    lab.note("camera: Lav Varshney, CC0, as in scikit-image; both methods get the entries less their mean");
    Ok(())
}

struct Picture {
    width: usize,
    height: usize,
    // In [0, 1], by rows.
    grey: Vec<f64>,
}

impl Picture {
    fn read() -> Result<Self> {
        let broken = |e: png::DecodingError| Error::format("camera.png", e.to_string());
        let mut reader = png::Decoder::new(std::io::Cursor::new(PICTURE)).read_info().map_err(broken)?;
        let size = reader.output_buffer_size().unwrap_or(0);
        let mut bytes = vec![0; size];
        let info = reader.next_frame(&mut bytes).map_err(broken)?;
        let (width, height) = (info.width as usize, info.height as usize);
        if info.color_type != png::ColorType::Grayscale || info.bit_depth != png::BitDepth::Eight {
            return Err(Error::format("camera.png", "it is not a picture of 8-bit grey"));
        }
        Ok(Self { width, height, grey: bytes[..width * height].iter().map(|&b| f64::from(b) / 255.0).collect() })
    }

    /// Each pixel is known or missing with probability ½; both less the mean of the known ones.
    fn mask(&self, seed: Seed) -> Result<(Observations, Observations)> {
        let mut stream = seed.stream("missing pixels", 0);
        let mut parts: [(Vec<usize>, Vec<usize>, Vec<f64>); 2] = Default::default();
        for (cell, &value) in self.grey.iter().enumerate() {
            let part = &mut parts[usize::from(stream.chance(0.5))];
            part.0.push(cell / self.width);
            part.1.push(cell % self.width);
            part.2.push(value);
        }
        let all = |(rows, columns, values): &(Vec<usize>, Vec<usize>, Vec<f64>)| {
            Observations::from_triplets(self.height, self.width, rows, columns, values)
        };
        let (known, missing) = (all(&parts[0])?, all(&parts[1])?);
        let mean = known.mean();
        Ok((known.centred(mean), missing.centred(mean)))
    }
}

/// Peak signal-to-noise ratio for values in [0, 1].
fn psnr(rmse: f64) -> f64 {
    -20.0 * rmse.log10()
}

/// The ridge that predicts a tenth of the known pixels best, and the PSNR on the missing ones of the fit to all known
/// pixels with it.
fn alternating(lab: &Lab, known: &Observations, missing: &Observations, seed: Seed) -> Result<(f64, f64)> {
    let parts = known.split(&[0.9, 0.1], seed)?;
    let method = |ridge| AltMin { rank: RANK, ridge, change: 1e-3, max_sweeps: 20, threads: 1, ..AltMin::default() };
    let mut best = (f64::INFINITY, RIDGES[0]);
    for ridge in RIDGES {
        let fit = method(ridge).fit_with_holdout(&parts[0], Some(&parts[1]), &mut lab.run(seed))?;
        let error = fit.holdout().unwrap_or(f64::INFINITY);
        if error < best.0 {
            best = (error, ridge);
        }
    }
    let fit = method(best.1).fit(known, &mut lab.run(seed))?;
    Ok((best.1, psnr(fit.factors().rmse(missing)?)))
}

/// The best PSNR over the thresholds, 25 steps each from the result of the one before.
fn thresholding(lab: &Lab, known: &Observations, missing: &Observations, seed: Seed) -> Result<(f64, f64)> {
    let mut last: Option<Imputed> = None;
    let mut best = (THRESHOLDS[0], f64::NEG_INFINITY);
    for lambda in THRESHOLDS {
        let method = SoftImpute { lambda, max_rank: 0, change: 0.0, max_steps: 25 };
        let imputed = method.fit(known, last.as_ref(), &mut lab.run(seed))?;
        let value = psnr(imputed.rmse(missing));
        if value > best.1 {
            best = (lambda, value);
        }
        last = Some(imputed);
    }
    Ok(best)
}
