//! Whole sentences, and not many.

use super::Cleaned;

/// The sentence that passes this many characters is the last.
const ENOUGH_CHARS: usize = 90;

/// Signs that end a sentence, and what may stand behind them.
const ENDS: &[char] = &['.', '!', '?', '…'];
const CLOSERS: &[char] = &['"', '”', '’', '\'', ')', '*', '_'];

/// The whole sentences of a reply up to the first that says enough. A reply without any stays as it is.
///
/// While the text still grows, a sentence counts only when something follows it: `3.` may become `3.14`.
pub(super) fn shortened(cleaned: Cleaned, whole: bool) -> Cleaned {
    let Cleaned { text, over } = cleaned;
    let whole = whole || over;
    let mut kept = 0;
    for (chars, (at, c)) in text.char_indices().enumerate() {
        if !ENDS.contains(&c) {
            continue;
        }
        let behind = text[at + c.len_utf8()..].trim_start_matches(CLOSERS);
        let ends = if behind.is_empty() { whole } else { behind.starts_with(char::is_whitespace) };
        if ends {
            kept = text.len() - behind.len();
            if chars >= ENOUGH_CHARS {
                return Cleaned { text: text[..kept].to_owned(), over: true };
            }
        }
    }
    if kept == 0 && whole {
        return Cleaned { text, over };
    }
    Cleaned { text: text[..kept].to_owned(), over }
}
