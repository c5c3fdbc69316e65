//! Bytes of attachments and avatars, bounded.

use bytes::Bytes;

use super::Core;
use super::model::bytes_base64::Blob;
use super::model::{Attachment, Image, StoredFile};
use crate::errors::ApiError;

/// Largest file of a message, in bytes, without a guild's boosts.
pub(crate) const MAX_FILE: usize = 10 << 20;

/// A file that comes with a message.
#[derive(Debug, Clone)]
pub struct NewFile {
    pub filename: String,
    pub description: Option<String>,
    pub content_type: Option<String>,
    pub bytes: Bytes,
}

impl NewFile {
    /// A file whose type follows from its name.
    pub fn new(filename: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self { filename: filename.into(), description: None, content_type: None, bytes: bytes.into() }
    }

    /// The same file, of this type whatever its name says.
    #[must_use]
    pub fn content_type(mut self, kind: impl Into<String>) -> Self {
        self.content_type = Some(kind.into());
        self
    }

    /// The same file with a text for those who do not see it.
    #[must_use]
    pub fn described(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }
}

impl Core {
    /// Takes a file that a user's client sends ahead, for an option of a command or a field of a modal. Gives the
    /// attachment's id, which is the value there.
    pub fn upload(&mut self, user: u64, channel_id: u64, file: NewFile) -> Result<u64, ApiError> {
        self.state.visible_channel(user, channel_id)?;
        small_enough(&file)?;
        Ok(self.store_file(channel_id, file, true).id)
    }

    /// Keeps a file and gives the attachment that names it.
    pub(crate) fn store_file(&mut self, channel_id: u64, file: NewFile, ephemeral: bool) -> Attachment {
        let id = self.next_id();
        let filename = safe_name(&file.filename);
        let content_type = file.content_type.or_else(|| guess_type(&filename).map(str::to_owned));
        let stored = StoredFile { channel_id, filename, content_type, bytes: Blob(file.bytes) };
        let attachment = describe(id, &stored, file.description, ephemeral);
        let files = &mut self.state.files;
        files.total += stored.bytes.0.len();
        files.by_id.insert(id, stored);
        while files.total > self.limits.file_bytes {
            let Some((_, oldest)) = files.by_id.pop_first() else { break };
            files.total -= oldest.bytes.0.len();
        }
        attachment
    }

    /// Keeps an avatar and gives its hash.
    pub(crate) fn store_image(&mut self, image: Image) -> String {
        let hash = match &image {
            Image::Bytes { bytes, .. } => fingerprint(&bytes.0),
            Image::Url(url) => fingerprint(url.as_bytes()),
        };
        let images = &mut self.state.images;
        if images.by_hash.insert(hash.clone(), image).is_none() {
            images.order.push_back(hash.clone());
        }
        while images.order.len() > self.limits.images {
            if let Some(oldest) = images.order.pop_front() {
                images.by_hash.remove(&oldest);
            }
        }
        hash
    }
}

/// Discord keeps letters, digits, dots, dashes and underscores of a file's name.
fn safe_name(name: &str) -> String {
    let keep = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let clean: String = name.chars().map(|c| if keep(c) { c } else { '_' }).take(260).collect();
    if clean.is_empty() { "unknown".to_owned() } else { clean }
}

fn guess_type(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    Some(match ending.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "txt" | "log" => "text/plain; charset=utf-8",
        "md" => "text/markdown; charset=utf-8",
        "json" => "application/json; charset=utf-8",
        "pdf" => "application/pdf",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "wav" => "audio/wav",
        "mp4" => "video/mp4",
        _ => return None,
    })
}

/// The attachment that names a kept file.
pub(super) fn describe(
    id: u64,
    file: &StoredFile,
    description: Option<String>,
    ephemeral: bool,
) -> Attachment {
    let (width, height) = image_size(&file.bytes.0).unzip();
    Attachment {
        id,
        filename: file.filename.clone(),
        description,
        content_type: file.content_type.clone(),
        size: file.bytes.0.len() as u64,
        channel_id: file.channel_id,
        ephemeral,
        width,
        height,
    }
}

/// 40005 for a file that Discord would not take.
pub(super) fn small_enough(file: &NewFile) -> Result<(), ApiError> {
    if file.bytes.len() > MAX_FILE { Err(ApiError::ENTITY_TOO_LARGE) } else { Ok(()) }
}

/// Width and height of a picture, from its header: PNG, GIF, JPEG or WebP.
fn image_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let big =
        |at: usize, n: usize| Some(bytes.get(at..at + n)?.iter().fold(0, |sum, b| sum << 8 | u32::from(*b)));
    let little = |at: usize, n: usize| {
        Some(bytes.get(at..at + n)?.iter().rev().fold(0, |sum, b| sum << 8 | u32::from(*b)))
    };
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some((big(16, 4)?, big(20, 4)?));
    }
    if bytes.starts_with(b"GIF8") {
        return Some((little(6, 2)?, little(8, 2)?));
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return match bytes.get(12..16)? {
            b"VP8X" => Some((little(24, 3)? + 1, little(27, 3)? + 1)),
            b"VP8L" => little(21, 4).map(|packed| ((packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1)),
            _ => Some((little(26, 2)? & 0x3FFF, little(28, 2)? & 0x3FFF)),
        };
    }
    if !bytes.starts_with(&[0xFF, 0xD8]) {
        return None;
    }
    let mut at = 2;
    loop {
        let marker = big(at, 2)?;
        // The frame headers SOF0 to SOF15, without DHT, JPG and DAC, hold the size.
        if (0xFFC0..=0xFFCF).contains(&marker) && ![0xFFC4, 0xFFC8, 0xFFCC].contains(&marker) {
            return Some((big(at + 7, 2)?, big(at + 5, 2)?));
        }
        at += 2 + big(at + 2, 2)? as usize;
    }
}

/// A 128-bit FNV-1a hash as 32 hex digits, the shape of Discord's image hashes.
fn fingerprint(bytes: &[u8]) -> String {
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for byte in bytes {
        hash ^= u128::from(*byte);
        hash = hash.wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013B);
    }
    format!("{hash:032x}")
}

#[cfg(test)]
mod tests {
    use super::image_size;

    #[test]
    fn a_picture_s_size_is_read_from_its_header() {
        let gif = b"GIF89a\x40\x01\xf0\x00\x00";
        let jpeg =
            [&[0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2][..], &[0xFF, 0xC0, 0, 17, 8, 0, 240, 1, 64, 3]].concat();
        let webp = b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x3f\x01\x00\xef\x00\x00";
        for picture in [&gif[..], &jpeg, webp] {
            assert_eq!(image_size(picture), Some((320, 240)));
            for end in 0..picture.len() - 2 {
                assert_ne!(image_size(&picture[..end]), Some((320, 240)), "cut at {end}");
            }
        }
        assert_eq!(image_size(b"just text"), None);
    }
}
