//! The handwritten digits.
//!
//! 1797 images of 8 × 8 pixels with values from 0 to 16, the test part of "Optical Recognition of Handwritten Digits"
//! (Alpaydin and Kaynak 1998, UCI Machine Learning Repository, doi:10.24432/C50P49, CC BY 4.0).

use crate::bits::BitReader;

/// Number of images.
pub const DIGITS: usize = 1797;
/// Pixels of an image.
pub const PIXELS: usize = 64;

/// 64 pixels of five bits and a label of four each.
static PACKED: &[u8] = include_bytes!("../../data/digits.bin");

/// The images, row by row, with pixels from 0 to 16; and their labels.
pub fn digit_images() -> (Vec<[u8; PIXELS]>, Vec<u8>) {
    let mut bits = BitReader::new(PACKED);
    let image = |_| {
        let mut pixels = [0; PIXELS];
        for pixel in &mut pixels {
            *pixel = bits.take(5) as u8;
        }
        (pixels, bits.take(4) as u8)
    };
    (0..DIGITS).map(image).unzip()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_images_are_those_of_the_repository() {
        let (images, labels) = digit_images();
        // The numbers of each class in the test part, as the data set's description gives them.
        let mut counts = [0; 10];
        for label in labels {
            counts[usize::from(label)] += 1;
        }
        assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
        assert!(images.iter().flatten().all(|&pixel| pixel <= 16));
        assert_eq!(images[0][..8], [0, 0, 5, 13, 9, 1, 0, 0]);
        assert_eq!(PACKED.len(), (DIGITS * (PIXELS * 5 + 4)).div_ceil(8));
    }
}
