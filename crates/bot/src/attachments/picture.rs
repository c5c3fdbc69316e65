//! Pictures: decoded under limits, made small, encoded anew.

use std::io::Cursor;

use domain::chat::{Picture, PictureFormat};
use image::{
    DynamicImage, ImageDecoder as _, ImageReader, Limits, codecs::jpeg::JpegEncoder, metadata::Orientation,
};

/// Pixels on the longest side of what a model gets: more is cut down by the models themselves.
const SIDE: u32 = 1_024;

/// Pixels on a side of what is decoded.
const LONGEST: u32 = 16_384;

/// Pixels of what is decoded; a telephone makes 12 to 24 million.
const PIXELS: u64 = 33_000_000;

/// Bytes that decoding may take.
const DECODED_BYTES: u64 = 160 << 20;

/// Of 100; below 80 letters in a screenshot fray.
const JPEG_QUALITY: u8 = 85;

/// Reads a picture.
///
/// # Errors
/// Why not.
pub(super) fn read(bytes: &[u8]) -> Result<Picture, String> {
    let damaged = |_| "is damaged".to_owned();
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_| "cannot be read".to_owned())?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST);
    limits.max_image_height = Some(LONGEST);
    limits.max_alloc = Some(DECODED_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| match error {
        image::ImageError::Limits(_) => too_many_pixels(),
        _ => "is damaged".to_owned(),
    })?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS || width.max(height) > LONGEST {
        return Err(too_many_pixels());
    }
    if width == 0 || height == 0 {
        return Err("is empty".to_owned());
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut decoded = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    if width.max(height) > SIDE {
        decoded = decoded.thumbnail(SIDE, SIDE);
    }
    decoded.apply_orientation(orientation);
    encoded(&decoded).map_err(damaged)
}

fn too_many_pixels() -> String {
    "has too many pixels".to_owned()
}

fn encoded(picture: &DynamicImage) -> Result<Picture, image::ImageError> {
    let mut bytes = Vec::new();
    let see_through =
        picture.color().has_alpha() && picture.to_rgba8().pixels().any(|pixel| pixel.0[3] < 255);
    let format = if see_through {
        picture.to_rgba8().write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png)?;
        PictureFormat::Png
    } else {
        picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY))?;
        PictureFormat::Jpeg
    };
    Ok(Picture { format, width: picture.width(), height: picture.height(), bytes: bytes.into() })
}
