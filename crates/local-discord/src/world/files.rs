//! Bytes of attachments and avatars, bounded.

use bytes::Bytes;

use super::Core;
use super::model::bytes_base64::Blob;
use super::model::{Attachment, Image, StoredFile};

/// A file that comes with a message.
#[derive(Debug, Clone)]
pub struct NewFile {
    pub filename: String,
    pub description: Option<String>,
    pub content_type: Option<String>,
    pub bytes: Bytes,
}

impl Core {
    /// Keeps a file and gives the attachment that names it.
    pub(crate) fn store_file(&mut self, channel_id: u64, file: NewFile, ephemeral: bool) -> Attachment {
        let id = self.next_id();
        let filename = safe_name(&file.filename);
        let content_type = file.content_type.or_else(|| guess_type(&filename).map(str::to_owned));
        let (width, height) = image_size(&file.bytes).unzip();
        let attachment = Attachment {
            id,
            filename: filename.clone(),
            description: file.description,
            content_type: content_type.clone(),
            size: file.bytes.len() as u64,
            channel_id,
            ephemeral,
            width,
            height,
        };
        let files = &mut self.state.files;
        files.total += file.bytes.len();
        files.by_id.insert(id, StoredFile { channel_id, filename, content_type, bytes: Blob(file.bytes) });
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

/// Width and height of a PNG, from its header.
fn image_size(bytes: &[u8]) -> Option<(u32, u32)> {
    if bytes.len() < 24 || !bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return None;
    }
    let number = |at: usize| bytes[at..at + 4].iter().fold(0_u32, |n, b| n << 8 | u32::from(*b));
    Some((number(16), number(20)))
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
