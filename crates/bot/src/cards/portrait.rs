//! Portraits of cards that members bring: a server keeps fifty of them in memory, and nobody sees more of a face than
//! a few hundred pixels.

use std::io::Cursor;

use image::{
    DynamicImage, ExtendedColorType, ImageDecoder as _, ImageEncoder as _, Limits,
    codecs::png::{CompressionType, FilterType, PngDecoder, PngEncoder},
};

use super::{Card, Problem};

/// Bytes of a brought portrait.
const BYTES: usize = 1024 * 1024;

/// Pixels on its longest side, the first that gives a file of so few bytes.
const SIDES: [u32; 4] = [1_024, 768, 512, 384];

/// Pixels of what is decoded, in millions; a telephone makes 12 to 24.
pub(super) const MEGAPIXELS: u64 = 33;

/// Bytes that decoding may take: those pixels, with four channels.
const DECODED: u64 = 4 * MEGAPIXELS * 1_000_000;

impl Card {
    /// The card with a portrait that a server can keep: as it is, or made smaller, which is noted.
    ///
    /// # Errors
    /// The portrait is damaged, or too large to be decoded.
    pub(crate) fn with_small_portrait(mut self) -> Result<Self, Problem> {
        let Some(portrait) = self.portrait() else { return Ok(self) };
        if let Some(small) = smaller(portrait)? {
            self.portrait = Some(small);
            self.notes.push("its picture was made smaller; an export has it as it is kept here".to_owned());
        }
        Ok(self)
    }
}

/// A picture made smaller; `None` if it is small enough. It is decoded in any case: Discord would refuse a damaged
/// one when the character speaks for the first time.
fn smaller(bytes: &[u8]) -> Result<Option<Vec<u8>>, Problem> {
    let damaged = |error: image::ImageError| Problem::BrokenPicture(error.to_string());
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODED);
    let decoder = PngDecoder::with_limits(Cursor::new(bytes), limits).map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MEGAPIXELS * 1_000_000 || decoder.total_bytes() > DECODED {
        return Err(Problem::TooLargeToDecode { width, height });
    }
    let picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    if bytes.len() <= BYTES && width.max(height) <= SIDES[0] {
        return Ok(None);
    }
    let mut small = Vec::new();
    for side in SIDES {
        small = encoded(&picture, side).map_err(damaged)?;
        if small.len() <= BYTES {
            break;
        }
    }
    Ok(Some(small))
}

fn encoded(picture: &DynamicImage, side: u32) -> Result<Vec<u8>, image::ImageError> {
    let fits = picture.width().max(picture.height()) <= side;
    let small = if fits { picture.clone() } else { picture.thumbnail(side, side) };
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
    let (width, height) = (small.width(), small.height());
    if small.color().has_alpha() {
        encoder.write_image(&small.to_rgba8(), width, height, ExtendedColorType::Rgba8)?;
    } else {
        encoder.write_image(&small.to_rgb8(), width, height, ExtendedColorType::Rgb8)?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, RgbImage, RgbaImage};

    use super::*;
    use crate::cards;

    fn png(picture: impl Into<DynamicImage>) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.into().write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    /// A picture that no encoder makes small.
    fn noise(side: u32) -> RgbaImage {
        let mut dice = fastrand::Rng::with_seed(7);
        RgbaImage::from_fn(side, side, |_, _| image::Rgba([0; 4].map(|_: u8| dice.u8(..))))
    }

    fn side(bytes: &[u8]) -> (u32, u32) {
        let picture = image::load_from_memory(bytes).unwrap();
        (picture.width(), picture.height())
    }

    #[test]
    fn a_small_portrait_stays_as_it_came_and_a_large_one_becomes_small() {
        assert_eq!(smaller(&png(RgbImage::new(400, 600))).unwrap(), None);
        let wide = smaller(&png(RgbImage::new(2_048, 1_024))).unwrap().unwrap();
        assert_eq!(side(&wide), (1_024, 512));
        let noise = smaller(&png(noise(800))).unwrap().unwrap();
        assert!(noise.len() <= BYTES && side(&noise).0 >= 384, "{:?}", side(&noise));
    }

    #[test]
    fn a_card_keeps_its_text_and_says_what_became_of_its_picture() {
        let text = r#"{"name":"Quill","description":"A pen."}"#;
        let card = cards::read(text.as_bytes(), "quill.json").unwrap();
        let large = card.clone().with_portrait(&png(RgbImage::new(3_000, 3_000)));
        let small = large.with_small_portrait().unwrap();
        assert_eq!((small.text(), side(small.portrait().unwrap())), (text, (1_024, 1_024)));
        assert!(small.notes().iter().any(|note| note.contains("smaller")));
        assert!(card.with_small_portrait().unwrap().notes().is_empty());
    }

    #[test]
    fn a_portrait_that_cannot_be_shown_is_refused() {
        let whole = png(noise(64));
        assert!(matches!(smaller(&whole[..whole.len() / 2]), Err(Problem::BrokenPicture(_))));
        // The header alone claims it: nothing is decoded.
        let mut vast = png(RgbImage::new(1, 1));
        vast[16..24].copy_from_slice(&[0, 0, 0x20, 0, 0, 0, 0x20, 0]);
        let sum = crc32(&vast[12..29]);
        vast[29..33].copy_from_slice(&sum.to_be_bytes());
        assert!(matches!(smaller(&vast), Err(Problem::TooLargeToDecode { width: 8_192, height: 8_192 })));
    }

    /// PNG, annex D.
    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xEDB8_8320 * (sum & 1)))
        })
    }
}
