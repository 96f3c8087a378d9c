//! `ansatz vmf`: von Mises–Fisher distributions fitted to features, and samples of them.

use crate::print;
use ansatz_core::{Error, Result, Seed, write_atomic};
use ansatz_functions::special::VonMisesFisher;
use clap::{Args, Subcommand};
use npyz::WriterBuilder;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Vmf {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// The mean direction and concentration of greatest likelihood
    Fit(Fit),
    /// Draw samples
    Sample(Sample),
}

#[derive(Args)]
struct Fit {
    /// Unit vectors, one a row: an NPY array of single or double precision
    features: PathBuf,
    /// Take the directions of vectors of any length
    #[arg(long)]
    normalise: bool,
    /// File for the mean direction, as NPY
    #[arg(long)]
    out: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Sample {
    /// The mean direction, a unit vector as NPY; or the dimension, for a mean along the first axis
    mean: String,
    /// The concentration, 0 or greater
    #[arg(long, allow_hyphen_values = true)]
    kappa: f64,
    /// Number of samples
    #[arg(long, default_value_t = 16)]
    count: usize,
    /// Seed of all randomness
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// File for the samples, as NPY: an array of count × dimension
    #[arg(long)]
    out: PathBuf,
}

impl Vmf {
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self.verb {
            Verb::Fit(command) => command.run(),
            Verb::Sample(command) => command.run(),
        }
    }
}

impl Fit {
    fn run(self) -> Result<ExitCode> {
        let (shape, features) = read_npy(&self.features)?;
        let [_, p] = shape[..] else {
            let reason = format!("its shape is {shape:?}, but must be that of a matrix with a vector in each row");
            return Err(Error::format(&self.features, reason));
        };
        let p = p as usize;
        let fitted = if self.normalise {
            VonMisesFisher::fit_directions(&features, p)
        } else {
            VonMisesFisher::fit(&features, p)
        };
        let fit = fitted.map_err(|error| Error::format(&self.features, error.to_string()))?;
        if let Some(out) = &self.out {
            write_npy(out, &[p as u64], fit.model.mean())?;
        }
        let (kappa, entropy, peak) = (fit.model.kappa(), fit.model.entropy(), fit.model.log_peak());
        if self.json {
            let text = json!({
                "count": fit.count,
                "dimension": p,
                "kappa": kappa,
                "resultant": fit.resultant,
                "entropy": entropy,
                "log_peak": peak,
                "steps": fit.steps,
                "out": self.out,
            });
            return print(&format!("{text:#}")).map(|()| ExitCode::SUCCESS);
        }
        print(&format!("{} vectors in {p} dimensions; their mean has length {:.6}", fit.count, fit.resultant))?;
        print(&format!("κ = {kappa}, after {} Newton steps", fit.steps))?;
        print(&format!("log density at the mean direction {peak:.6}, entropy {entropy:.6}"))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Sample {
    fn run(self) -> Result<ExitCode> {
        let mean = match self.mean.parse::<usize>() {
            // A sphere of more dimensions than this fits no memory, and its mean must not be tried.
            Ok(p) if !(2..=1 << 28).contains(&p) => return Err(Error::parameter("the dimension", p, "2 to 2^28")),
            Ok(p) => {
                let mut mean = vec![0.0; p];
                mean[0] = 1.0;
                mean
            }
            Err(_) => read_npy(Path::new(&self.mean))?.1,
        };
        let model = VonMisesFisher::new(mean, self.kappa)?;
        let samples = model.sample(self.count, Seed(self.seed))?;
        let p = model.dimension();
        write_npy(&self.out, &[self.count as u64, p as u64], &samples)?;
        print(&format!("{} samples in {p} dimensions, κ = {}, in {}", self.count, self.kappa, self.out.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The shape and the entries, row by row.
fn read_npy(path: &Path) -> Result<(Vec<u64>, Vec<f64>)> {
    let bytes = std::fs::read(path).map_err(|error| Error::io("read", path, error))?;
    let open = || npyz::NpyFile::new(&bytes[..]).map_err(|error| Error::format(path, error.to_string()));
    let file = open()?;
    let shape = file.shape().to_vec();
    if file.order() == npyz::Order::Fortran && shape.len() > 1 {
        return Err(Error::format(path, "it is stored by columns; save it in C order"));
    }
    if let Ok(entries) = file.into_vec::<f64>() {
        return Ok((shape, entries));
    }
    let entries = open()?.into_vec::<f32>();
    let entries = entries.map_err(|_| Error::format(path, "its entries are not of single or double precision"))?;
    Ok((shape, entries.into_iter().map(f64::from).collect()))
}

fn write_npy(path: &Path, shape: &[u64], entries: &[f64]) -> Result<()> {
    let mut bytes = Vec::new();
    let written = npyz::WriteOptions::new().default_dtype().shape(shape).writer(&mut bytes).begin_nd();
    let written = written.and_then(|mut writer| {
        writer.extend(entries.iter().copied())?;
        writer.finish()
    });
    written.map_err(|error| Error::io("write", path, error))?;
    write_atomic(path, &bytes)
}
