//! A key of an entry: a plain text or a regular expression.

use regex::{Regex, RegexBuilder};

use super::pairs::Word;
use crate::names::{self, Name};

/// Bytes that a compiled expression may take. Unicode classes need some tens of kilobytes each.
const PROGRAM_BYTES: usize = 256 * 1024;

/// How deep groups may be nested in an expression.
const NESTING: u32 = 40;

/// What wakes an entry.
///
/// `/…/flags` is a regular expression, everything else a plain text. Expressions are matched by an engine whose time
/// grows linearly with the text, so none can hang; look-around and references back are therefore not to be had.
#[derive(Clone, Debug)]
pub struct Key {
    text: String,
    /// In lower case, for texts in lower case.
    lower: String,
    /// Its words, for whole words whatever the case.
    words: Name,
    /// What of its first word a text must hold, folded.
    first_word: Word,
    /// For an expression without slashes of its own.
    ignore_case: bool,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Plain,
    Pattern(Regex),
    /// An expression that cannot be used: never matches.
    Broken,
    /// Holds `{{char}}` or `{{user}}`: made anew when their values are known.
    Template {
        regex: bool,
    },
}

impl Key {
    /// A key as `SillyTavern` reads it: `/…/flags` is an expression.
    pub fn new(text: &str) -> Self {
        let text = text.trim();
        if has_macro(text) {
            return Self::of(text, Kind::Template { regex: false });
        }
        Self::of(text, slashed(text).map_or(Kind::Plain, |(body, flags)| compiled(body, flags)))
    }

    fn of(text: &str, kind: Kind) -> Self {
        Self {
            text: text.to_owned(),
            lower: text.to_lowercase(),
            words: Name::new(text),
            first_word: Word::of(&names::folded(text.split_whitespace().next().unwrap_or_default())),
            ignore_case: false,
            kind,
        }
    }

    /// A key of an entry with `use_regex` (V3): the whole text is an expression, with or without slashes.
    pub fn regex(text: &str, ignore_case: bool) -> Self {
        let text = text.trim();
        let flags = if ignore_case { "i" } else { "" };
        let kind = if has_macro(text) {
            Kind::Template { regex: true }
        } else {
            match slashed(text) {
                Some((body, flags)) => compiled(body, flags),
                None => compiled(text, flags),
            }
        };
        Self { ignore_case, ..Self::of(text, kind) }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// As other programs read it: expressions with slashes around them.
    pub fn written(&self) -> String {
        if !self.is_regex() || slashed(&self.text).is_some() {
            return self.text.clone();
        }
        let body = self.text.replace("\\/", "/").replace('/', "\\/");
        format!("/{body}/{}", if self.ignore_case { "i" } else { "" })
    }

    /// Whether it is an expression that cannot be used: too large, not valid, or of a kind we do not have.
    pub fn is_broken(&self) -> bool {
        matches!(self.kind, Kind::Broken)
    }

    /// Whether it is an expression.
    pub fn is_regex(&self) -> bool {
        matches!(self.kind, Kind::Pattern(_) | Kind::Broken | Kind::Template { regex: true })
    }

    /// The text in lower case.
    pub(super) fn lower(&self) -> &str {
        &self.lower
    }

    /// Its words, folded.
    pub(super) fn words(&self) -> &Name {
        &self.words
    }

    /// What every text that holds it has.
    pub(super) fn first_word(&self) -> &Word {
        &self.first_word
    }

    /// Whether it is an expression about who speaks: `\x01` is what stands before the name.
    pub(super) fn asks_who(&self) -> bool {
        self.text.contains("\\x01") || self.text.contains("\\u0001")
    }

    pub(super) fn is_template(&self) -> bool {
        matches!(self.kind, Kind::Template { .. })
    }

    /// The key with its macros replaced. Values are quoted inside expressions.
    pub(super) fn resolved(&self, char: &str, user: &str) -> Self {
        let Kind::Template { regex } = self.kind else {
            return self.clone();
        };
        let quote = regex || slashed(&self.text).is_some();
        let value = |value: &str| if quote { regex::escape(value) } else { value.to_owned() };
        let text = replaced(&self.text, "{{char}}", &value(char));
        let text = replaced(&text, "{{user}}", &value(user)).replace("{{", "{ {");
        if regex { Self::regex(&text, false) } else { Self::new(&text) }
    }

    /// The compiled expression.
    pub(super) fn pattern(&self) -> Option<&Regex> {
        match &self.kind {
            Kind::Pattern(regex) => Some(regex),
            Kind::Plain | Kind::Broken | Kind::Template { .. } => None,
        }
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// Two keys are the same if they are written the same way and are of one kind.
impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.is_regex() == other.is_regex()
    }
}

impl Eq for Key {}

impl PartialEq<&str> for Key {
    fn eq(&self, other: &&str) -> bool {
        self.text == *other
    }
}

fn has_macro(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.contains("{{char}}") || lower.contains("{{user}}")
}

/// Replaces a macro whatever its case.
fn replaced(text: &str, name: &str, value: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(found) = lower[at..].find(name) {
        out.push_str(&text[at..at + found]);
        out.push_str(value);
        at += found + name.len();
    }
    out.push_str(&text[at..]);
    out
}

/// The body and the flags of `/body/flags`. A slash inside the body must be escaped, as in `JavaScript`.
fn slashed(text: &str) -> Option<(&str, &str)> {
    let (body, flags) = text.strip_prefix('/')?.rsplit_once('/')?;
    let known = flags.chars().all(|flag| matches!(flag, 'd' | 'g' | 'i' | 'm' | 's' | 'u' | 'v' | 'y'));
    let mut escaped = false;
    let open = body.chars().any(|c| {
        let bare = c == '/' && !escaped;
        escaped = c == '\\' && !escaped;
        bare
    });
    (known && !body.is_empty() && !open).then_some((body, flags))
}

fn compiled(body: &str, flags: &str) -> Kind {
    let built = RegexBuilder::new(body)
        .case_insensitive(flags.contains('i'))
        .multi_line(flags.contains('m'))
        .dot_matches_new_line(flags.contains('s'))
        .size_limit(PROGRAM_BYTES)
        .dfa_size_limit(PROGRAM_BYTES)
        .nest_limit(NESTING)
        .build();
    built.map_or(Kind::Broken, Kind::Pattern)
}
