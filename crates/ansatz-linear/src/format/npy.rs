//! NumPy's array files.

use ansatz_core::{Error, Result};
use npyz::WriterBuilder;

/// Columns of equal length as an NPY file of doubles: a vector if there is one, else an array with a row an entry.
///
/// # Errors
/// [`Error::Parameter`] without columns, or if their lengths differ.
pub fn npy_bytes(columns: &[Vec<f64>]) -> Result<Vec<u8>> {
    let n = super::matrix_market::common_length(columns)?;
    let shape = if columns.len() == 1 { vec![n as u64] } else { vec![n as u64, columns.len() as u64] };
    written(&shape, (0..n).flat_map(|i| columns.iter().map(move |column| column[i])))
}

/// A matrix of `columns` columns, by rows, as an NPY file of doubles.
///
/// # Errors
/// [`Error::Parameter`] if there is no column, or the last row is not full.
pub fn npy_matrix(entries: &[f64], columns: usize) -> Result<Vec<u8>> {
    if columns == 0 || !entries.len().is_multiple_of(columns) {
        let value = format!("{} entries in {columns} columns", entries.len());
        return Err(Error::parameter("the matrix", value, "of full rows"));
    }
    written(&[(entries.len() / columns) as u64, columns as u64], entries.iter().copied())
}

fn written(shape: &[u64], values: impl IntoIterator<Item = f64>) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let write = |bytes: &mut Vec<u8>| -> std::io::Result<()> {
        let mut writer = npyz::WriteOptions::new().default_dtype().shape(shape).writer(bytes).begin_nd()?;
        writer.extend(values)?;
        writer.finish()
    };
    write(&mut bytes).map_err(|e| Error::refused(format!("the array cannot be written down: {e}")))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_read_back_bit_by_bit() {
        let columns = vec![vec![1.0, -0.0, 1e-310], vec![f64::MAX, 0.1, 2.0]];
        let bytes = npy_bytes(&columns).unwrap();
        let file = npyz::NpyFile::new(&bytes[..]).unwrap();
        assert_eq!(file.shape(), [3, 2]);
        let back: Vec<f64> = file.into_vec().unwrap();
        let expected = [1.0, f64::MAX, -0.0, 0.1, 1e-310, 2.0];
        assert!(back.iter().zip(expected).all(|(a, b)| a.to_bits() == b.to_bits()), "{back:?}");
        let bytes = npy_bytes(&columns[..1]).unwrap();
        let file = npyz::NpyFile::new(&bytes[..]).unwrap();
        assert_eq!(file.shape(), [3]);
        let bytes = npy_matrix(&expected, 2).unwrap();
        let file = npyz::NpyFile::new(&bytes[..]).unwrap();
        assert_eq!(file.shape(), [3, 2]);
        assert_eq!(file.into_vec::<f64>().unwrap(), expected);
        assert!(npy_matrix(&expected, 4).is_err() && npy_matrix(&[], 0).is_err());
        assert!(npy_bytes(&[]).is_err() && npy_bytes(&[vec![1.0], vec![]]).is_err());
    }
}
