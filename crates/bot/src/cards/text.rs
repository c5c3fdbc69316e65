//! The encodings in which people's programs save JSON.

use super::Problem;

/// UTF-8 with or without a byte order mark, or UTF-16 with one. NUL bytes at the end are padding.
pub(super) fn decode(bytes: &[u8]) -> Result<String, Problem> {
    let text = if let Some(units) = bytes.strip_prefix(b"\xFF\xFE") {
        utf16(units, u16::from_le_bytes)
    } else if let Some(units) = bytes.strip_prefix(b"\xFE\xFF") {
        utf16(units, u16::from_be_bytes)
    } else {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        std::str::from_utf8(bytes).ok().map(str::to_owned)
    };
    let mut text = text.ok_or(Problem::NotText)?;
    text.truncate(text.trim_end_matches('\0').len());
    Ok(text)
}

/// Whether bytes are meant to be text, if perhaps in an encoding that is not read.
pub(super) fn seems(bytes: &[u8]) -> bool {
    let marked =
        [b"\xFF\xFE".as_slice(), b"\xFE\xFF", b"\xEF\xBB\xBF"].iter().any(|mark| bytes.starts_with(mark));
    marked || bytes.trim_ascii_start().starts_with(b"{") || std::str::from_utf8(bytes).is_ok()
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    text.ok().filter(|_| rest.is_empty())
}
