//! The texts that are searched, and how much searching is allowed.

use std::cell::OnceCell;

use super::{Key, pairs::Pairs};
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
    /// What stands before it for expressions that ask who said it: `\x01Name: `.
    mark: Option<String>,
    marked: OnceCell<String>,
    pairs: OnceCell<Pairs>,
    lower: OnceCell<String>,
    exact_words: OnceCell<Prepared>,
    lower_words: OnceCell<Prepared>,
}

impl Text {
    pub(super) fn new(plain: String) -> Self {
        Self {
            plain,
            mark: None,
            marked: OnceCell::new(),
            pairs: OnceCell::new(),
            lower: OnceCell::new(),
            exact_words: OnceCell::new(),
            lower_words: OnceCell::new(),
        }
    }

    /// A message. With `named`, plain keys see the name as well.
    pub(super) fn said(name: &str, text: &str, named: bool) -> Self {
        if named {
            return Self { mark: Some("\u{1}".to_owned()), ..Self::new(format!("{name}: {text}")) };
        }
        Self { mark: Some(format!("\u{1}{name}: ")), ..Self::new(text.to_owned()) }
    }

    /// Whether the key comes up; `false` as well when there is no work left.
    pub(super) fn holds(&self, key: &Key, how: Compare, work: &mut Work) -> bool {
        let wanted = key.text();
        if wanted.is_empty() || key.is_broken() {
            return false;
        }
        let bytes = self.plain.len() as u64 + 1;
        if let Some(pattern) = key.pattern() {
            let text = if key.asks_who() { self.marked() } else { &self.plain };
            return work.pay(bytes * REGEX_COST) && pattern.is_match(text);
        }
        // Comparing whole words goes back after a false start, at worst by a key's length.
        let price = if how.whole_words { bytes * (1 + wanted.len() as u64 / 4) } else { bytes };
        if !work.pay(price) {
            return false;
        }
        if self.pairs.get_or_init(|| Pairs::of(&names::folded(&self.plain))).lack(key.first_word()) {
            return false;
        }
        match (how.whole_words, how.case_sensitive) {
            (true, true) => {
                let words = self.exact_words.get_or_init(|| Prepared::everything(&self.plain, Case::Exact));
                names::find_in(words, wanted).is_some()
            }
            (true, false) => {
                let words = self.lower_words.get_or_init(|| Prepared::everything(&self.plain, Case::Folded));
                names::find_name(words, key.words()).is_some()
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

    fn marked(&self) -> &str {
        let Some(mark) = &self.mark else { return &self.plain };
        self.marked.get_or_init(|| format!("{mark}{}", self.plain))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_no_is_never_wrong() {
        // Letters whose lower case is special, beside everyday ones.
        const LETTERS: &[&str] =
            &["a", "B", "ß", "ẞ", "Σ", "ς", "İ", "\u{307}", "\u{212A}", "ſ", "猫", "é", "'s", "_"];
        let mut dice = fastrand::Rng::with_seed(11);
        let mut found = 0;
        for _ in 0..20_000 {
            let mut any = |most: usize| {
                let pieces = (0..dice.usize(1..most)).map(|_| match dice.usize(0..5) {
                    0 => " ",
                    _ => LETTERS[dice.usize(0..LETTERS.len())],
                });
                pieces.collect::<String>()
            };
            let (key, text) = (Key::new(&any(4)), Text::new(any(10)));
            if key.text().is_empty() {
                continue;
            }
            let exact = Prepared::everything(&text.plain, Case::Exact);
            let folded = Prepared::everything(&text.plain, Case::Folded);
            for (case_sensitive, whole_words, holds) in [
                (true, true, names::find_in(&exact, key.text()).is_some()),
                (false, true, names::find_in(&folded, key.text()).is_some()),
                (true, false, text.plain.contains(key.text())),
                (false, false, text.plain.to_lowercase().contains(&key.text().to_lowercase())),
            ] {
                let how = Compare { case_sensitive, whole_words };
                assert_eq!(text.holds(&key, how, &mut Work::new()), holds, "{key:?} in {text:?}: {how:?}");
                found += u32::from(holds);
            }
        }
        assert!(found > 5_000, "{found}");
    }

    #[test]
    fn folding_does_not_ask_whether_a_letter_is_lower_case_already() {
        for c in '\0'..=char::MAX {
            let lower: String = c.to_lowercase().collect();
            assert_eq!(names::folded(&lower), names::folded(&c.to_string()), "{c:?}");
        }
    }
}
