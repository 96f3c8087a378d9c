//! Statistics in one NPZ file, which NumPy reads too.
//!
//! Arrays: `levels` (rows of `t`, `ln α`, `α`, `σ`, `λ`), `l`, `s`, `b` (a row a level), `mark`, `about` (samples, probes, dead, clipped),
//! and `schedule`, the name's UTF-8 bytes.

use super::{About, Ems};
use crate::schedule::Level;
use ansatz_core::{Error, Result, write_atomic};
use npyz::WriterBuilder;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// The largest array that is read, in bytes: a header that claims more is no statistics of ours.
const LARGEST: u64 = 1 << 32;

impl Ems {
    /// Writes the statistics to the file at `path`, by the name of a temporary one.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let row = |level: &Level| [level.t, level.log_alpha, level.alpha, level.sigma, level.lambda];
        let levels: Vec<f64> = self.levels.iter().flat_map(row).collect();
        let about = [self.about.samples, self.about.probes, self.about.dead, self.about.clipped];
        let about: Vec<f64> = about.iter().map(|&count| count as f64).collect();
        let name: Vec<f64> = self.schedule.bytes().map(f64::from).collect();
        let (n, d) = (self.levels.len() as u64, self.dim as u64);
        let arrays: [(&str, &[u64], &[f64]); 7] = [
            ("levels", &[n, 5], &levels),
            ("l", &[n, d], &self.l),
            ("s", &[n, d], &self.s),
            ("b", &[n, d], &self.b),
            ("mark", &[self.mark.len() as u64], &self.mark),
            ("about", &[4], &about),
            ("schedule", &[name.len() as u64], &name),
        ];
        let write = || -> std::io::Result<Vec<u8>> {
            let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
            // Stored, so that NumPy can map it, and without a time, so that the same statistics are the same bytes.
            let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
            for (name, shape, values) in arrays {
                zip.start_file(format!("{name}.npy"), options)?;
                let mut bytes = Vec::new();
                let mut array = npyz::WriteOptions::new().default_dtype().shape(shape).writer(&mut bytes).begin_nd()?;
                array.extend(values.iter().copied())?;
                array.finish()?;
                zip.write_all(&bytes)?;
            }
            Ok(zip.finish()?.into_inner())
        };
        write_atomic(path, &write().map_err(|e| Error::io("write", path, e))?)
    }

    /// The statistics in the file at `path`. Whether they belong to a model and a schedule is said by [`Ems::belong_to`] and
    /// [`Ems::fits`].
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read; [`Error::Format`] if it is not such a file.
    pub fn load(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|e| Error::io("read", path, e))?;
        parse(bytes).map_err(|reason| Error::format(path, reason))
    }
}

/// The reason is what is wrong with the file.
fn parse(bytes: Vec<u8>) -> Result<Ems, String> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|e| format!("it is no NPZ file: {e}"))?;
    let mut array = |name: &str| -> Result<(Vec<u64>, Vec<f64>), String> {
        let fault = |e: String| format!("its array {name}: {e}");
        let file = zip.by_name(&format!("{name}.npy")).map_err(|e| fault(e.to_string()))?;
        if file.size() > LARGEST {
            return Err(fault(format!("{} bytes are too many", file.size())));
        }
        let mut bytes = Vec::new();
        file.take(LARGEST).read_to_end(&mut bytes).map_err(|e| fault(e.to_string()))?;
        let array = npyz::NpyFile::new(&bytes[..]).map_err(|e| fault(e.to_string()))?;
        if array.order() != npyz::Order::C {
            return Err(fault("it is not in C order".into()));
        }
        let shape = array.shape().to_vec();
        // The header's shape is believed only as far as there are bytes for it.
        let wanted = shape.iter().try_fold(8u64, |size, &n| size.checked_mul(n));
        if wanted.is_none_or(|wanted| wanted > bytes.len() as u64) {
            return Err(fault("it is shorter than its shape".into()));
        }
        let values = array.into_vec::<f64>().map_err(|e| fault(e.to_string()))?;
        Ok((shape, values))
    };
    let (shape, levels) = array("levels")?;
    let [n, 5] = shape[..] else {
        return Err("its array levels: it must have five columns".into());
    };
    let mut dim = None;
    let mut rows = Vec::new();
    for name in ["l", "s", "b"] {
        let (shape, values) = array(name)?;
        if shape.len() != 2 || shape[0] != n || *dim.get_or_insert(shape[1]) != shape[1] {
            return Err(format!("its array {name}: it must have {n} rows, of one length in l, s and b"));
        }
        rows.push(values);
    }
    let [l, s, b] = <[Vec<f64>; 3]>::try_from(rows).map_err(|_| "its arrays l, s, b are incomplete")?;
    let (_, mark) = array("mark")?;
    let (_, about) = array("about")?;
    let [samples, probes, dead, clipped] = about[..] else {
        return Err("its array about: it must have four numbers".into());
    };
    let count = |value: f64| value.max(0.0) as usize;
    let about = About { samples: count(samples), probes: count(probes), dead: count(dead), clipped: count(clipped) };
    let name = array("schedule")?.1.iter().map(|&byte| byte as u8).collect();
    let schedule = String::from_utf8(name).map_err(|_| "its array schedule: it is no name".to_owned())?;
    let level = |row: &[f64]| {
        let level = Level { t: row[0], log_alpha: row[1], alpha: row[2], sigma: row[3], lambda: row[4] };
        let exact = Level::new(level.t, level.log_alpha, level.log_alpha - level.lambda);
        // Kept to the bit, but only if the numbers are those of one level.
        let same = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs();
        if same(level.alpha, exact.alpha) && same(level.sigma, exact.sigma) {
            Ok(level)
        } else {
            Err(format!("its array levels: α and σ at time {} are not those of their logarithms", level.t))
        }
    };
    let levels = levels.chunks_exact(5).map(level).collect::<Result<_, _>>()?;
    let ems = Ems::new(schedule, levels, dim.unwrap_or(0) as usize, [l, s, b], mark).map_err(|e| e.to_string())?;
    Ok(Ems { about, ..ems })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ems::Estimation;
    use crate::model::{gmm8, named};
    use crate::schedule::{Discrete, VpLinear};
    use ansatz_core::{Run, Seed};

    #[test]
    fn a_file_is_read_back_to_the_bit_and_refused_elsewhere() {
        let (model, schedule) = (gmm8().unwrap(), VpLinear::default());
        let path = crate::Path::whole(&schedule).unwrap();
        let data = model.draws(Seed(1), 70);
        let ems = Estimation { steps: 12, ..Estimation::default() }
            .run(&model, &path, &data, &mut Run::new(Seed(1)))
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ems.npz");
        ems.save(&file).unwrap();
        let back = Ems::load(&file).unwrap();
        assert_eq!(back, ems);
        back.fits(&path).unwrap();
        back.belong_to(&model).unwrap();

        let error = back.belong_to(&named("gmm8-smooth").unwrap()).unwrap_err().to_string();
        assert!(error.starts_with("the model is another: its predictions differ by"), "{error}");
        assert!(back.belong_to(&named("digits").unwrap()).unwrap_err().to_string().contains("dimension 64"));
        let steeper = VpLinear::new(0.1, 19.0).unwrap();
        let error = back.fits(&crate::Path::new(&steeper, 0.9, 1e-2).unwrap()).unwrap_err().to_string();
        assert!(error.starts_with("the schedule is vp-linear, with time"), "{error}");
        let table = Discrete::new(&crate::schedule::Betas::LINEAR).unwrap();
        assert!(back.fits(&crate::Path::new(&table, 0.9, 1e-2).unwrap()).is_err());
        let error = back.fits(&crate::Path::new(&schedule, 1.0, 1e-4).unwrap()).unwrap_err().to_string();
        assert!(error.contains("the range of the statistics"), "{error}");
    }

    #[test]
    fn files_that_are_damaged_or_foreign_are_refused() {
        let schedule = VpLinear::default();
        let path = crate::Path::whole(&schedule).unwrap();
        let ems = Ems::constant(&path, 3, [1.0, 0.0, 0.0]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ems.npz");
        ems.save(&file).unwrap();
        let good = std::fs::read(&file).unwrap();
        // A changed byte is found by the archive's checksum or by the checks of the content, and never makes a panic.
        let mut unnoticed = 0;
        for i in 0..good.len() {
            let mut bytes = good.clone();
            bytes[i] ^= 0x41;
            unnoticed += usize::from(parse(bytes).is_ok_and(|other| other != ems));
        }
        assert_eq!(unnoticed, 0);
        for i in 0..good.len() {
            assert!(parse(good[..i].to_vec()).is_err());
        }
        std::fs::write(&file, b"PK nothing").unwrap();
        let error = Ems::load(&file).unwrap_err().to_string();
        assert!(error.starts_with("cannot use ") && error.contains("it is no NPZ file"), "{error}");
    }
}
