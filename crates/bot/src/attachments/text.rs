//! Text files, whatever program saved them.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Characters of a file that are kept: a prompt with a context of 32,000 tokens takes about that.
pub(super) const CHARS: usize = 40_000;

/// Reads a text; the number says how many characters were cut off.
///
/// # Errors
/// Why not.
pub(super) fn read(bytes: &[u8]) -> Result<(String, u32), String> {
    capped(&decoded(bytes)?)
}

/// The whole text.
///
/// # Errors
/// Why it cannot be read, as the rest of a sentence that begins with the file's name.
pub(crate) fn decoded(bytes: &[u8]) -> Result<String, String> {
    if bytes.is_empty() {
        return Err("is empty".to_owned());
    }
    let (text, _, broken) = encoding(bytes).decode(bytes);
    // One letter in a hundred may be broken; programs and pictures have far more.
    let odd =
        text.chars().filter(|&c| (c.is_control() && !c.is_whitespace()) || c == char::REPLACEMENT_CHARACTER);
    let (odd, all) = (odd.count(), text.chars().count());
    if odd * 100 > all || (broken && all < 100) {
        return Err("holds no text that can be read".to_owned());
    }
    Ok(text.into_owned())
}

/// Trims and cuts.
///
/// # Errors
/// When nothing is left.
pub(super) fn capped(text: &str) -> Result<(String, u32), String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("holds no text".to_owned());
    }
    Ok(match text.char_indices().nth(CHARS) {
        Some((end, _)) => (text[..end].to_owned(), text[end..].chars().count() as u32),
        None => (text.to_owned(), 0),
    })
}

/// By the mark at the beginning, else UTF-8 if it is that, else UTF-16 if every other byte is a zero as in Western
/// texts, else what old programs of the West wrote.
fn encoding(bytes: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    let zeros = |from: usize| {
        let looked_at = bytes.iter().take(2_000).skip(from).step_by(2);
        let zeros = looked_at.clone().filter(|byte| **byte == 0).count();
        zeros * 10 > looked_at.count() * 4
    };
    if zeros(1) {
        UTF_16LE
    } else if zeros(0) {
        UTF_16BE
    } else if std::str::from_utf8(bytes).is_ok() {
        UTF_8
    } else {
        WINDOWS_1252
    }
}
