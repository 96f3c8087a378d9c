//! Unsigned integers of a few bits each, packed without gaps, the least significant bit first.

/// Appends integers to bytes.
pub(crate) struct BitWriter<'a> {
    bytes: &'a mut Vec<u8>,
    buffer: u64,
    filled: u32,
}

impl<'a> BitWriter<'a> {
    pub(crate) fn new(bytes: &'a mut Vec<u8>) -> Self {
        Self { bytes, buffer: 0, filled: 0 }
    }

    /// Appends the low `width` bits of `value`; `width` is at most 32.
    pub(crate) fn push(&mut self, value: u32, width: u32) {
        let value = u64::from(value) & ((1u64 << width) - 1);
        self.buffer |= value << self.filled;
        self.filled += width;
        while self.filled >= 8 {
            self.bytes.push(self.buffer as u8);
            self.buffer >>= 8;
            self.filled -= 8;
        }
    }

    /// Writes what is left, padded with zeros to a whole byte.
    pub(crate) fn finish(self) {
        if self.filled > 0 {
            self.bytes.push(self.buffer as u8);
        }
    }
}

/// Takes integers from bytes; beyond their end all bits are zero.
pub(crate) struct BitReader<'a> {
    bytes: &'a [u8],
    buffer: u64,
    filled: u32,
}

impl<'a> BitReader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, buffer: 0, filled: 0 }
    }

    /// The next `width` bits; `width` is at most 32.
    pub(crate) fn take(&mut self, width: u32) -> u32 {
        while self.filled < width {
            let (&byte, rest) = self.bytes.split_first().unwrap_or((&0, &[]));
            self.bytes = rest;
            self.buffer |= u64::from(byte) << self.filled;
            self.filled += 8;
        }
        let value = self.buffer & ((1u64 << width) - 1);
        self.buffer >>= width;
        self.filled -= width;
        value as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansatz_core::Seed;

    #[test]
    fn what_is_packed_is_read_back() {
        let mut stream = Seed(1).stream("bits", 0);
        for _ in 0..50 {
            let parts: Vec<(u32, u32)> = (0..40)
                .map(|_| {
                    let width = stream.below(33) as u32;
                    ((stream.bits() & ((1u64 << width) - 1)) as u32, width)
                })
                .collect();
            let mut bytes = Vec::new();
            let mut writer = BitWriter::new(&mut bytes);
            for &(value, width) in &parts {
                writer.push(value, width);
            }
            writer.finish();
            let total: u32 = parts.iter().map(|(_, width)| width).sum();
            assert_eq!(bytes.len(), total.div_ceil(8) as usize);
            let mut reader = BitReader::new(&bytes);
            assert!(parts.iter().all(|&(value, width)| reader.take(width) == value));
            assert_eq!(reader.take(9), 0);
        }
    }
}
