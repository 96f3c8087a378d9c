//! Archives of NumPy arrays: a ZIP file without compression, with an NPY file for each array.

use ansatz_core::{Error, Result};
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// The archive with these members: a name, to which ".npy" is added, and the bytes of an NPY file. The same arrays give the
/// same bytes: the archive knows no time.
///
/// # Errors
/// [`Error::Refused`] for names that a ZIP file cannot hold.
pub fn npz_bytes(members: &[(&str, Vec<u8>)]) -> Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default());
    let write = || -> std::io::Result<Vec<u8>> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in members {
            archive.start_file(format!("{name}.npy"), options.large_file(bytes.len() >= u32::MAX as usize))?;
            archive.write_all(bytes)?;
        }
        Ok(archive.finish()?.into_inner())
    };
    write().map_err(|e| Error::refused(format!("the archive cannot be written down: {e}")))
}

/// The bytes of an NPY file with a vector of texts, which NumPy reads as an array of type `<U…`.
pub fn npy_texts(texts: &[String]) -> Vec<u8> {
    let width = texts.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(1);
    let mut head = format!("{{'descr': '<U{width}', 'fortran_order': False, 'shape': ({},), }}", texts.len());
    // The data begin at a multiple of 64 bytes: ten of magic and length, and the newline, count.
    while (10 + head.len() + 1) % 64 != 0 {
        head.push(' ');
    }
    head.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend_from_slice(&(head.len() as u16).to_le_bytes());
    bytes.extend_from_slice(head.as_bytes());
    for text in texts {
        let start = bytes.len();
        bytes.extend(text.chars().flat_map(|c| u32::from(c).to_le_bytes()));
        bytes.resize(start + 4 * width, 0);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn members_are_read_back() {
        let members = [("u", b"first".to_vec()), ("größe", vec![7; 300])];
        let bytes = npz_bytes(&members).unwrap();
        assert_eq!(bytes, npz_bytes(&members).unwrap());
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        for (name, expected) in &members {
            let mut content = Vec::new();
            archive.by_name(&format!("{name}.npy")).unwrap().read_to_end(&mut content).unwrap();
            assert_eq!(&content, expected);
        }
        assert_eq!(archive.len(), 2);
        assert!(npz_bytes(&[("u", Vec::new()), ("u", Vec::new())]).is_err());
    }

    #[test]
    fn texts_have_the_head_that_numpy_writes() {
        let bytes = npy_texts(&["aé".to_owned(), "xyz".to_owned()]);
        let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        assert_eq!((10 + length) % 64, 0);
        let head = std::str::from_utf8(&bytes[10..10 + length]).unwrap();
        assert!(head.starts_with("{'descr': '<U3', 'fortran_order': False, 'shape': (2,), }") && head.ends_with('\n'));
        let data: Vec<u32> =
            bytes[10 + length..].chunks(4).map(|c| u32::from_le_bytes(c.try_into().unwrap())).collect();
        assert_eq!(data, [0x61, 0xe9, 0, 0x78, 0x79, 0x7a]);
    }
}
