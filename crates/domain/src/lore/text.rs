//! The texts that are searched, and how much searching is allowed.

use std::cell::OnceCell;

use super::Key;
use crate::names::{self, Case, Prepared};

/// Bytes that may be compared in one activation; far more than any honest book needs.
const WORK: u64 = 16 * 1024 * 1024;

/// An expression costs so many times its text.
const REGEX_COST: u64 = 8;

/// What is left of the allowed work. Counted, not timed: the same input always ends at the same place.
#[derive(Debug)]
pub(super) struct Work(u64);

impl Work {
    pub(super) fn new() -> Self {
        Self(WORK)
    }

    pub(super) fn spent(&self) -> bool {
        self.0 == 0
    }

    /// Takes a price; `false` once it cannot be paid.
    fn pay(&mut self, price: u64) -> bool {
        self.0 = self.0.saturating_sub(price);
        !self.spent()
    }
}

/// How plain keys are compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Compare {
    pub(super) case_sensitive: bool,
    pub(super) whole_words: bool,
}

/// A text, folded when first needed.
#[derive(Debug)]
pub(super) struct Text {
    plain: String,
    /// With who said it in front, for expressions that ask for it: `\x01Name: text`.
    marked: Option<String>,
    lower: OnceCell<String>,
    exact_words: OnceCell<Prepared>,
    lower_words: OnceCell<Prepared>,
}

impl Text {
    pub(super) fn new(plain: String) -> Self {
        Self {
            plain,
            marked: None,
            lower: OnceCell::new(),
            exact_words: OnceCell::new(),
            lower_words: OnceCell::new(),
        }
    }

    /// A message. With `named`, plain keys see the name as well.
    pub(super) fn said(name: &str, text: &str, named: bool) -> Self {
        let marked = Some(format!("\u{1}{name}: {text}"));
        let plain = if named { format!("{name}: {text}") } else { text.to_owned() };
        Self { marked, ..Self::new(plain) }
    }

    /// Whether the key comes up; `false` as well when there is no work left.
    pub(super) fn holds(&self, key: &Key, how: Compare, work: &mut Work) -> bool {
        let wanted = key.text();
        if wanted.is_empty() || key.is_broken() {
            return false;
        }
        let bytes = self.plain.len() as u64 + 1;
        if let Some(pattern) = key.pattern() {
            let text = self.marked.as_ref().filter(|_| key.asks_who()).unwrap_or(&self.plain);
            return work.pay(bytes * REGEX_COST) && pattern.is_match(text);
        }
        // Comparing whole words goes back after a false start, at worst by a key's length.
        let price = if how.whole_words { bytes * (1 + wanted.len() as u64 / 4) } else { bytes };
        if !work.pay(price) {
            return false;
        }
        if how.whole_words && self.surely_not(key, how) {
            return false;
        }
        match (how.whole_words, how.case_sensitive) {
            (true, true) => {
                let words = self.exact_words.get_or_init(|| Prepared::everything(&self.plain, Case::Exact));
                names::find_in(words, wanted).is_some()
            }
            (true, false) => {
                let words = self.lower_words.get_or_init(|| Prepared::everything(&self.plain, Case::Folded));
                names::find_in(words, wanted).is_some()
            }
            (false, true) => self.plain.contains(wanted),
            (false, false) => self.lower().contains(key.lower()),
        }
    }
}

impl Text {
    fn lower(&self) -> &str {
        self.lower.get_or_init(|| self.plain.to_lowercase())
    }

    /// A quick no for most keys. Only for ASCII, where upper and lower case are told by the letter alone.
    fn surely_not(&self, key: &Key, how: Compare) -> bool {
        if !key.lower().is_ascii() || !self.plain.is_ascii() {
            return false;
        }
        let (text, wanted) =
            if how.case_sensitive { (self.plain.as_str(), key.text()) } else { (self.lower(), key.lower()) };
        wanted.split_whitespace().next().is_some_and(|word| !text.contains(word))
    }
}

/// The content of an entry as other entries see it: without comments, with names instead of macros.
pub(super) fn recursed(content: &str, char: &str, user: &str) -> String {
    let mut out = String::with_capacity(content.len());
    let mut rest = content;
    while let Some(at) = rest.find("{{") {
        out.push_str(&rest[..at]);
        let Some(end) = rest[at..].find("}}") else {
            rest = &rest[at..];
            break;
        };
        let inside = rest[at + 2..at + end].trim();
        let name = inside.split(':').next().unwrap_or_default().trim().to_ascii_lowercase();
        match name.as_str() {
            "char" => out.push_str(char),
            "user" => out.push_str(user),
            "comment" => {}
            _ if inside.starts_with("//") => {}
            "hidden_key" => out.push_str(inside.split_once(':').map_or("", |(_, key)| key.trim())),
            _ => out.push_str(&rest[at..at + end + 2]),
        }
        rest = &rest[at + end + 2..];
    }
    out.push_str(rest);
    out
}
