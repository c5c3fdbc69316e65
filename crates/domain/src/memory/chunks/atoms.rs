//! What a block that is too long falls into: sentences, items, rows and lines; words where one of these is too long,
//! and characters where a word is.

use std::ops::Range;

use super::blocks::{Shape, trimmed};

/// Characters that weigh as much as a word: longer words, addresses and encoded data are that many tokens more.
const WORD_CHARS: usize = 8;

/// White space that weighs as much as a word: nobody reads it, but a passage has an end.
pub(super) const SPACE_CHARS: usize = 32;

/// A piece of a block.
pub(super) struct Atom {
    /// Without the white space around it.
    pub(super) range: Range<usize>,
    pub(super) words: usize,
    /// Whether something new begins with it, and not the rest of a sentence.
    pub(super) begins: bool,
}

/// How many words a text counts as. Long words count more, and every character of a script that does without
/// spaces is one: models of language and of meaning count about like that.
pub(super) fn words(text: &str) -> usize {
    let mut count = Count::default();
    text.chars().filter(|c| count.counts(*c)).count()
}

/// How far one is within a word or within white space.
#[derive(Default)]
struct Count {
    word: usize,
    space: usize,
}

impl Count {
    /// Whether a character makes one word more of what was before.
    fn counts(&mut self, c: char) -> bool {
        if c.is_whitespace() {
            self.word = 0;
            self.space += 1;
            return self.space.is_multiple_of(SPACE_CHARS);
        }
        self.space = 0;
        if dense(c) {
            self.word = 0;
            return true;
        }
        self.word += 1;
        self.word % WORD_CHARS == 1
    }
}

/// Characters that say as much as a word or a syllable: Chinese, Japanese, Korean, Thai and their neighbours.
fn dense(c: char) -> bool {
    matches!(c, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1100}'..='\u{11FF}' | '\u{1780}'..='\u{17FF}'
        | '\u{2E80}'..='\u{9FFF}' | '\u{A960}'..='\u{A97F}' | '\u{AC00}'..='\u{D7FF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{FF00}'..='\u{FFEF}' | '\u{20000}'..='\u{3FFFF}')
}

/// A block's pieces of at most so many words, in order. Between them there is only white space.
pub(super) struct Atoms<'a> {
    text: &'a str,
    shape: Shape,
    most: usize,
    /// What is left of the block.
    rest: Range<usize>,
    /// What is left of a sentence or line that is too long.
    long: Range<usize>,
}

impl<'a> Atoms<'a> {
    pub(super) fn new(text: &'a str, range: Range<usize>, shape: Shape, most: usize) -> Self {
        Self { text, shape, most, long: range.start..range.start, rest: range }
    }

    /// The next sentence, item, row or line.
    fn unit(&mut self) -> Option<Range<usize>> {
        loop {
            let rest = &self.text[self.rest.clone()];
            if rest.is_empty() {
                return None;
            }
            let length = match self.shape {
                Shape::Text | Shape::Heading(_) => sentence(rest),
                Shape::List | Shape::Table | Shape::Code => rest.find('\n').map_or(rest.len(), |end| end + 1),
            };
            let unit = self.rest.start..self.rest.start + length;
            self.rest.start = unit.end;
            let unit = trimmed(self.text, unit);
            if !unit.is_empty() {
                return Some(unit);
            }
        }
    }

    /// The next piece of what is too long.
    fn piece(&mut self) -> Atom {
        let rest = &self.text[self.long.clone()];
        let length = piece(rest, self.most);
        let range = trimmed(self.text, self.long.start..self.long.start + length);
        self.long = trimmed(self.text, self.long.start + length..self.long.end);
        Atom { words: words(&self.text[range.clone()]), range, begins: false }
    }
}

impl Iterator for Atoms<'_> {
    type Item = Atom;

    fn next(&mut self) -> Option<Atom> {
        if !self.long.is_empty() {
            return Some(self.piece());
        }
        let unit = self.unit()?;
        let words = words(&self.text[unit.clone()]);
        if words <= self.most {
            return Some(Atom { range: unit, words, begins: true });
        }
        self.long = unit;
        Some(Atom { begins: true, ..self.piece() })
    }
}

/// The length of the longest beginning of at most so many words: up to white space if there is any, else as it comes.
fn piece(text: &str, most: usize) -> usize {
    let (mut count, mut words, mut space) = (Count::default(), 0, None);
    for (at, c) in text.char_indices() {
        if c.is_whitespace() {
            space = Some(at);
        }
        if count.counts(c) {
            if words == most {
                // A text begins with no white space, so something comes before it.
                return space.unwrap_or(at);
            }
            words += 1;
        }
    }
    text.len()
}

/// Words with a point that no sentence ends with.
const SHORT: &[&str] = &[
    "dr", "mr", "mrs", "ms", "prof", "st", "sr", "jr", "no", "nr", "vs", "fig", "pp", "vol", "ed", "e.g",
    "i.e", "cf", "ca", "z.b", "d.h", "bzw", "evtl", "usw", "bspw", "hr", "fr", "abs", "art", "op", "approx",
    "gen", "capt",
];

/// The length of the first sentence, with the white space behind it.
fn sentence(text: &str) -> usize {
    let mut chars = text.char_indices().peekable();
    // Where the word that ends here began.
    let mut word = 0;
    while let Some((at, c)) = chars.next() {
        if c.is_whitespace() {
            word = at + c.len_utf8();
            continue;
        }
        let closes = matches!(c, '。' | '！' | '？' | '｡');
        if !closes && !matches!(c, '.' | '!' | '?' | '…' | '؟' | '।' | '։') {
            continue;
        }
        let mut end = at + c.len_utf8();
        while let Some(&(at, c)) = chars.peek() {
            if !matches!(
                c,
                '.' | '!'
                    | '?'
                    | '…'
                    | '。'
                    | '！'
                    | '？'
                    | '"'
                    | '\''
                    | ')'
                    | ']'
                    | '”'
                    | '’'
                    | '»'
                    | '」'
                    | '』'
                    | '*'
                    | '_'
            ) {
                break;
            }
            end = at + c.len_utf8();
            chars.next();
        }
        let spaced = chars.peek().is_none_or(|(_, c)| c.is_whitespace());
        if !spaced && !closes {
            continue;
        }
        let start = word;
        while let Some(&(at, c)) = chars.peek() {
            if !c.is_whitespace() {
                break;
            }
            end = at + c.len_utf8();
            word = end;
            chars.next();
        }
        let goes_on = chars.peek().is_some_and(|(_, c)| c.is_lowercase());
        if closes || !(goes_on || (c == '.' && is_short(&text[start..at]))) {
            return end;
        }
    }
    text.len()
}

fn is_short(word: &str) -> bool {
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    let mut letters = word.chars();
    match (letters.next(), letters.next()) {
        // An initial.
        (Some(only), None) => only.is_alphabetic(),
        _ => word.len() <= 8 && SHORT.iter().any(|short| short.eq_ignore_ascii_case(word)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(text: &str) -> Vec<&str> {
        Atoms::new(text, 0..text.len(), Shape::Text, 200).map(|atom| &text[atom.range]).collect()
    }

    #[test]
    fn sentences_end_where_a_reader_would_end_them() {
        assert_eq!(sentences("One. Two! “Three?” Four"), ["One.", "Two!", "“Three?”", "Four"]);
        assert_eq!(
            sentences("Dr. Ash met J. Roe at 3.5 km, e.g. at sea. Then… she left."),
            ["Dr. Ash met J. Roe at 3.5 km, e.g. at sea.", "Then… she left."]
        );
        assert_eq!(sentences("海は広い。船は小さい。"), ["海は広い。", "船は小さい。"]);
    }

    #[test]
    fn long_words_and_scripts_without_spaces_count_more() {
        assert_eq!(words("one two  three"), 3);
        assert_eq!(words(&"x".repeat(17)), 3);
        assert_eq!(words("海は広い"), 4);
        assert_eq!(words(&format!("a{}b", " ".repeat(64))), 4);
    }

    #[test]
    fn a_word_without_end_is_cut_where_it_must_be() {
        let text = "é".repeat(1_000);
        let atoms: Vec<_> = Atoms::new(&text, 0..text.len(), Shape::Text, 10).collect();
        assert!(atoms.iter().all(|atom| atom.words <= 10) && atoms.len() == 13, "{}", atoms.len());
        assert_eq!(atoms.iter().filter(|atom| atom.begins).count(), 1);
    }
}
