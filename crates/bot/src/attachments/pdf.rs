//! The text of a PDF.

use lopdf::{Document, LoadOptions};

use super::text;

/// Pages that are read.
const PAGES: usize = 50;

/// Bytes that one stream, or all of a page, may unpack to.
const UNPACKED_BYTES: usize = 16 << 20;

/// What is written on the first pages.
pub(crate) struct Written {
    /// Their text; may be empty, as it is of pictures of pages.
    pub(crate) text: String,
    /// Whether there is more than that.
    pub(crate) more: bool,
}

/// Reads what is written on the first pages; the number says how many characters were cut off.
///
/// # Errors
/// Why not.
pub(super) fn read(bytes: &[u8]) -> Result<(String, u32), String> {
    let Written { text, more } = written(bytes, PAGES, text::CHARS * 8, &|| true)?;
    let (text, cut) = text::capped(&text).map_err(|_| "holds no text that can be read".to_owned())?;
    // Nobody knows how many characters further pages have; that something is missing is what counts.
    Ok((text, cut.max(u32::from(more))))
}

/// Reads at most so many pages, until there are so many bytes of text, or nobody waits any more.
///
/// # Errors
/// Why not, as the rest of a sentence that begins with the file's name.
pub(crate) fn written(
    bytes: &[u8],
    most_pages: usize,
    most_bytes: usize,
    waits: &dyn Fn() -> bool,
) -> Result<Written, String> {
    let options = LoadOptions::with_max_decompressed_size(UNPACKED_BYTES);
    let document = Document::load_mem_with_options(bytes, options).map_err(|error| match error {
        lopdf::Error::InvalidPassword | lopdf::Error::Decryption(_) => locked(),
        _ => "is damaged".to_owned(),
    })?;
    if document.is_encrypted() {
        return Err(locked());
    }
    let pages: Vec<u32> = document.get_pages().into_keys().collect();
    let (mut whole, mut read) = (String::new(), 0);
    for page in pages.iter().take(most_pages) {
        // A page that cannot be read leaves the others readable.
        let chunks = document.extract_text_chunks_with_limit(&[*page], UNPACKED_BYTES);
        for chunk in chunks.into_iter().flatten() {
            whole.push_str(&chunk);
        }
        whole.push('\n');
        read += 1;
        if whole.len() > most_bytes || !waits() {
            break;
        }
    }
    Ok(Written { text: tidy(&whole), more: read < pages.len() })
}

fn locked() -> String {
    "is locked with a password".to_owned()
}

/// Without what cannot be shown and without runs of empty lines.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines() {
        let line: String =
            line.chars().filter(|c| !c.is_control() && *c != char::REPLACEMENT_CHARACTER).collect();
        let line = line.trim_end();
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}
