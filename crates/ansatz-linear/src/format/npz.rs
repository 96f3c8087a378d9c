//! Archives of NumPy arrays: a ZIP file without compression, with an NPY file for each array.

use ansatz_core::{Error, Result};

/// A ZIP file holds less than this; more would need its 64-bit form.
const LIMIT: usize = u32::MAX as usize;
/// 1 January 1980, midnight: the same arrays give the same bytes.
const DATE: u16 = (1 << 5) | 1;

/// The archive with these members: a name, to which ".npy" is added, and the bytes of an NPY file.
///
/// # Errors
/// [`Error::Parameter`] for an archive of 4 GiB or more, or of more than 65,535 members.
pub fn npz_bytes(members: &[(&str, Vec<u8>)]) -> Result<Vec<u8>> {
    let size: usize = members.iter().map(|(name, bytes)| bytes.len() + 2 * name.len() + 100).sum();
    if size >= LIMIT || members.len() > usize::from(u16::MAX) {
        return Err(Error::parameter("the archive", format!("{size} bytes"), "smaller than 4 GiB"));
    }
    let (mut archive, mut directory) = (Vec::with_capacity(size), Vec::new());
    for (name, bytes) in members {
        let name = format!("{name}.npy");
        let start = archive.len() as u32;
        // Version 2.0, flag 11: the name is UTF-8; method 0: stored; time, date, checksum, both sizes, length of the
        // name, no extra field.
        let mut common = Vec::new();
        for word in [20u16, 1 << 11, 0, 0, DATE] {
            common.extend_from_slice(&word.to_le_bytes());
        }
        for long in [crc32fast::hash(bytes), bytes.len() as u32, bytes.len() as u32] {
            common.extend_from_slice(&long.to_le_bytes());
        }
        common.extend_from_slice(&(name.len() as u16).to_le_bytes());
        common.extend_from_slice(&0u16.to_le_bytes());
        archive.extend_from_slice(b"PK\x03\x04");
        archive.extend_from_slice(&common);
        archive.extend_from_slice(name.as_bytes());
        archive.extend_from_slice(bytes);
        directory.extend_from_slice(b"PK\x01\x02");
        directory.extend_from_slice(&20u16.to_le_bytes());
        directory.extend_from_slice(&common);
        // No comment, disk 0, no attributes.
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&start.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    let start = archive.len() as u32;
    archive.extend_from_slice(&directory);
    archive.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    for _ in 0..2 {
        archive.extend_from_slice(&(members.len() as u16).to_le_bytes());
    }
    archive.extend_from_slice(&(directory.len() as u32).to_le_bytes());
    archive.extend_from_slice(&start.to_le_bytes());
    archive.extend_from_slice(&[0; 2]);
    Ok(archive)
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

    #[test]
    fn members_are_found_by_the_directory() {
        let members = [("u", b"first".to_vec()), ("größe", vec![0; 300])];
        let archive = npz_bytes(&members).unwrap();
        let number = |at: usize, bytes: usize| {
            archive[at..at + bytes].iter().rev().fold(0usize, |sum, &b| sum << 8 | usize::from(b))
        };
        let end = archive.len() - 22;
        assert_eq!((&archive[end..end + 4], number(end + 10, 2)), (&b"PK\x05\x06"[..], 2));
        let mut at = number(end + 16, 4);
        for (name, bytes) in &members {
            let name = format!("{name}.npy");
            assert_eq!(&archive[at..at + 4], b"PK\x01\x02");
            assert_eq!(&archive[at + 46..at + 46 + name.len()], name.as_bytes());
            let (size, local) = (number(at + 24, 4), number(at + 42, 4));
            assert_eq!((number(at + 16, 4) as u32, size), (crc32fast::hash(bytes), bytes.len()));
            assert_eq!(&archive[local..local + 4], b"PK\x03\x04");
            assert_eq!(&archive[local + 30 + name.len()..][..size], &bytes[..]);
            at += 46 + name.len();
        }
        assert_eq!(at, end);
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
