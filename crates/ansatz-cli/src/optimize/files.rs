//! What the verbs of `ansatz optimize` share: array files and limits.

use ansatz_core::{Error, Result, write_atomic};
use npyz::WriterBuilder;
use std::path::Path;
use std::time::Duration;

/// A time limit in seconds.
pub(super) fn limit(seconds: f64) -> Result<Duration> {
    let limit = Duration::try_from_secs_f64(seconds).ok().filter(|limit| !limit.is_zero());
    limit.ok_or_else(|| Error::parameter("time", seconds, "greater than 0 and finite"))
}

/// The numbers of an array file, row by row, and the length of a row.
pub(super) fn read_npy(path: &Path) -> Result<(Vec<f64>, usize)> {
    let bytes = std::fs::read(path).map_err(|e| Error::io("read", path, e))?;
    let file = npyz::NpyFile::new(&bytes[..]).map_err(|e| Error::format(path, e.to_string()))?;
    if file.order() != npyz::Order::C || !(1..=2).contains(&file.shape().len()) {
        return Err(Error::format(path, "it is not an array of one or two dimensions, row by row"));
    }
    let width = file.shape().get(1).map_or(1, |&width| width as usize);
    let reason = || Error::format(path, "it does not hold doubles or 64-bit integers");
    let numbers = match file.try_data::<f64>() {
        Ok(numbers) => numbers.collect::<std::io::Result<Vec<f64>>>(),
        Err(file) => match file.try_data::<i64>() {
            Ok(numbers) => numbers.map(|number| number.map(|number| number as f64)).collect(),
            Err(_) => return Err(reason()),
        },
    };
    Ok((numbers.map_err(|e| Error::io("read", path, e))?, width))
}

/// Writes a vector as an array of doubles.
pub(super) fn write_npy(path: &Path, x: &[f64]) -> Result<()> {
    let mut bytes = Vec::new();
    let written = npyz::WriteOptions::new().default_dtype().shape(&[x.len() as u64]).writer(&mut bytes).begin_nd();
    let written = written.and_then(|mut writer| {
        writer.extend(x.iter().copied())?;
        writer.finish()
    });
    written.map_err(|e| Error::io("write", path, e))?;
    write_atomic(path, &bytes)
}
