//! How many tokens a text has: counted by a model family's own tokenizer where the edge has it ([`Counter`]), else
//! estimated, rather too many than too few.
//!
//! The estimate, by kind of character, for byte-level vocabularies of 30,000 entries and more:
//!
//! - a word of ASCII letters: one token per four letters begun; one per two beyond the twelfth, and a new word at
//!   each change from lower to upper case (nobody's vocabulary has `xQzKv…` whole);
//! - digits and punctuation: one each; the space before a word: none; other white space: one each;
//! - letters of two bytes (Latin with marks, Greek, Cyrillic, Hebrew, Arabic): one each;
//! - characters of three bytes (Han, Kana, Hangul, Indic and South-East Asian scripts, symbols): two each;
//! - of four bytes (emoji, rare Han): three each.
//!
//! English comes out 10–30 % high, other scripts higher for models that know them well.

use std::{fmt, sync::Arc};

/// Tokens that a chat format adds around every message.
pub const PER_MESSAGE: u32 = 5;

/// The estimate.
pub fn estimate(text: &str) -> u32 {
    let mut tokens = 0_u32;
    let mut word = 0_u32;
    let mut before = b'\n';
    for &byte in text.as_bytes() {
        if byte.is_ascii_alphabetic() {
            if byte.is_ascii_uppercase() && before.is_ascii_lowercase() {
                word = 0;
            }
            if (word < 12 && word.is_multiple_of(4)) || (word >= 12 && word.is_multiple_of(2)) {
                tokens += 1;
            }
            word += 1;
        } else {
            word = 0;
            // A character's first byte tells how many there are; the others have told already.
            tokens += match byte {
                b' ' if before != b' ' => 0,
                0x80..=0xBF => 0,
                0x00..=0xDF => 1,
                0xE0..=0xEF => 2,
                0xF0..=0xFF => 3,
            };
        }
        before = byte;
    }
    tokens
}

/// Counts the tokens of texts. A cheap handle; the default is the estimate.
///
/// Equal texts have equal counts, and a text without characters has none. Whoever makes one from a tokenizer
/// remembers counts: the same lines are counted again for every answer.
#[derive(Clone, Default)]
pub struct Counter(Option<Arc<Exact>>);

struct Exact {
    name: String,
    count: Box<dyn Fn(&str) -> u32 + Send + Sync>,
}

/// How often a cut is moved towards its budget before what fits is taken.
const CUTS: usize = 6;

impl Counter {
    /// The estimate of this module.
    pub const ESTIMATE: Self = Self(None);

    /// A tokenizer's own counting; `name` says which, for receipts.
    pub fn new(name: impl Into<String>, count: impl Fn(&str) -> u32 + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(Exact { name: name.into(), count: Box::new(count) })))
    }

    /// What counts.
    pub fn name(&self) -> &str {
        self.0.as_ref().map_or("an estimate", |exact| &exact.name)
    }

    /// Tokens of a text.
    pub fn count(&self, text: &str) -> u32 {
        match &self.0 {
            _ if text.is_empty() => 0,
            Some(exact) => (exact.count)(text),
            None => estimate(text),
        }
    }

    /// The beginning of `text` with at most `budget` tokens: the longest for the estimate, nearly the longest for a
    /// tokenizer, ended at a word where that costs little.
    pub fn truncate<'t>(&self, text: &'t str, budget: u32) -> &'t str {
        if self.0.is_none() {
            return truncate(text, budget);
        }
        let kept = self.fitting(text, budget, |bytes| &text[..text.floor_char_boundary(bytes)]);
        self.tidied(text, kept, at_word(kept), budget)
    }

    /// The end of `text` with at most `budget` tokens, begun at a word where that costs little.
    pub fn truncate_front<'t>(&self, text: &'t str, budget: u32) -> &'t str {
        let kept = self.fitting(text, budget, |bytes| &text[text.ceil_char_boundary(text.len() - bytes)..]);
        let tidy = match kept.find(char::is_whitespace) {
            Some(space) if space < kept.len() / 2 => kept[space..].trim_start(),
            _ => kept,
        };
        self.tidied(text, kept, tidy, budget)
    }

    /// The tidier version of what is kept of a text, unless nothing was cut or it costs more.
    fn tidied<'t>(&self, text: &'t str, kept: &'t str, tidy: &'t str, budget: u32) -> &'t str {
        if kept.len() == text.len() || self.count(tidy) > budget { kept } else { tidy }
    }

    /// The largest part that fits, or nearly; `part` gives the part of at most so many bytes. Counts need not grow with
    /// every byte: what is given back has been counted.
    fn fitting<'t>(&self, text: &'t str, budget: u32, part: impl Fn(usize) -> &'t str) -> &'t str {
        let whole = self.count(text);
        if whole <= budget {
            return text;
        }
        // Tokens are spread about evenly, so a guess or two come close.
        let (mut fits, mut too_long) = ("", text.len());
        let (mut bytes, mut tokens) = (text.len(), whole);
        for _ in 0..CUTS {
            let guess = (bytes as u64 * u64::from(budget) / u64::from(tokens.max(1))) as usize;
            let tried = part(guess.clamp(fits.len(), too_long));
            if tried.len() <= fits.len() {
                break;
            }
            bytes = tried.len();
            tokens = self.count(tried);
            if tokens <= budget {
                fits = tried;
                if tokens + tokens / 16 >= budget {
                    break;
                }
            } else {
                too_long = bytes;
            }
        }
        fits
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Counter").field(&self.name()).finish()
    }
}

impl PartialEq for Counter {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

/// The longest beginning of `text` with at most `budget` tokens, ended at a word where that costs little.
pub fn truncate(text: &str, budget: u32) -> &str {
    if estimate(text) <= budget {
        return text;
    }
    // The estimate grows with the text, so the longest fitting prefix can be found by halving.
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let fitting = ends.partition_point(|&end| estimate(&text[..end]) <= budget);
    let end = fitting.checked_sub(1).and_then(|i| ends.get(i)).copied().unwrap_or(0);
    at_word(&text[..end])
}

/// Without a last word that may be cut in two, unless that is half of it.
fn at_word(cut: &str) -> &str {
    match cut.rfind(char::is_whitespace) {
        Some(space) if space > cut.len() / 2 => cut[..space].trim_end(),
        _ => cut,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_script_is_badly_under_counted() {
        // Real counts of common vocabularies (between the smallest and the largest) bound the estimate from below.
        for (text, least) in [
            ("The quick brown fox jumps over the lazy dog.", 10),
            ("Der schnelle braune Fuchs springt über den faulen Hund.", 13),
            ("Съешь же ещё этих мягких французских булок", 15),
            ("敏捷的棕色狐狸跳过懒狗", 11),
            ("素早い茶色の狐がのろまな犬を飛び越える", 19),
            ("다람쥐 헌 쳇바퀴에 타고파", 12),
            ("नमस्ते दुनिया", 9),
            ("สวัสดีชาวโลก", 10),
            ("مرحبا بالعالم", 8),
            ("😀😃😄😁", 8),
            ("123456789", 9),
            ("aGVsbG8gd29ybGQhIQ", 8),
            ("{\"a\": [1, 2]}", 10),
        ] {
            let estimate = estimate(text);
            assert!(estimate >= least, "{text}: {estimate} < {least}");
            assert!(estimate <= text.len() as u32, "{text}: more tokens than bytes");
        }
    }

    #[test]
    fn truncation_keeps_to_the_budget() {
        let text = "one two three four five six seven";
        assert_eq!(truncate(text, 100), text);
        assert_eq!(truncate(text, 4), "one two three");
        assert_eq!(truncate(text, 0), "");
        assert_eq!(truncate("狐狸狐狸", 5), "狐狸");
    }
}
