//! Which words an item is found by, and which words of a text are looked for.
//!
//! An item is found by all its words. Of a question those are looked for that tell something: not "what" and "did".
//! Scripts that put no spaces between words are cut into pairs of letters, in items and in questions alike. Endings
//! are taken off when words are compared ([`stem`]), not before: the full-text index has rules of its own for that.

use std::{collections::HashSet, sync::LazyLock};

use regex::Regex;
use rust_stemmers::{Algorithm, Stemmer};

/// Words of a question that are looked for at most: enough for a long sentence.
pub const QUERY_TERMS: usize = 24;

/// Words of an item that are compared at most: a message of the greatest length has about as many.
const ITEM_TERMS: usize = 1_000;

/// Letters of a word that count: longer ones are no words.
const TERM_CHARS: usize = 40;

/// Words that say nothing of what a question is about.
const EMPTY: &[&str] = &[
    "a", "about", "after", "again", "all", "also", "am", "an", "and", "any", "anything", "are", "as", "at",
    "be", "because", "been", "before", "being", "between", "both", "but", "by", "can", "could", "d", "did",
    "do", "does", "doing", "don", "during", "each", "few", "for", "from", "had", "has", "have", "having",
    "he", "her", "here", "hers", "him", "his", "how", "i", "if", "in", "into", "is", "it", "its", "itself",
    "just", "ll", "m", "may", "me", "more", "most", "my", "no", "nor", "not", "now", "of", "off", "on",
    "once", "only", "or", "other", "our", "ours", "out", "over", "own", "re", "s", "same", "she", "should",
    "so", "some", "such", "t", "than", "that", "the", "their", "theirs", "them", "then", "there", "these",
    "they", "this", "those", "to", "too", "under", "until", "up", "us", "ve", "very", "was", "we", "were",
    "what", "when", "where", "which", "while", "who", "whom", "whose", "why", "will", "with", "would", "you",
    "your", "yours",
];

/// `<@1>`, `<#1>`, `<:name:1>`, `<t:1>` and the like: their numbers are no words.
///
/// Source: Discord documentation, "Reference", section "Message Formatting".
static MARKUP: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"<(?:@[!&]?\d+|#\d+|a?:(\w+):\d+|t:-?\d+(?::\w)?|/[^:>]+:\d+|id:\w+)>").ok()
});

static STEMMER: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::English));

/// What the full-text index holds of an item: the words of its name and of its text, in small letters, by spaces.
pub fn fold(who: &str, text: &str) -> String {
    let mut folded = String::with_capacity(who.len() + text.len() + 1);
    for word in words(who).chain(words(text)) {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(&word);
    }
    folded
}

/// The words of a question that are looked for: none twice, none that tells nothing, [`QUERY_TERMS`] at most.
pub fn query_terms(text: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    let telling = words(text).filter(|word| !EMPTY.contains(&word.as_str()));
    telling.filter(|word| seen.insert(stem(word))).take(QUERY_TERMS).collect()
}

/// A word without its ending, so that "camped" and "camping" are one.
pub fn stem(word: &str) -> String {
    STEMMER.stem(word).into_owned()
}

/// The stems of a text, one by one, as often as they stand there.
pub fn stems(text: &str) -> Vec<String> {
    words(text).take(ITEM_TERMS).map(|word| stem(&word)).collect()
}

/// Whether a word tells something of what a text is about.
pub fn is_telling(word: &str) -> bool {
    !EMPTY.contains(&word)
}

/// Whether a text ends with a question.
pub fn asks(text: &str) -> bool {
    // What a picture shows stands behind the words.
    let words = text.split("\n[").next().unwrap_or(text);
    words
        .trim_end_matches(|char: char| {
            !char.is_alphanumeric() && !matches!(char, '?' | '\u{ff1f}' | '.' | '!')
        })
        .ends_with(['?', '\u{ff1f}'])
}

/// The words of a text in small letters.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    let plain = match MARKUP.as_ref() {
        Some(markup) if text.contains('<') => markup.replace_all(text, " $1 ").into_owned(),
        _ => text.to_owned(),
    };
    let mut words = Vec::new();
    let mut word = String::new();
    let mut letters = Vec::new();
    for char in plain.chars() {
        if is_unspaced(char) {
            finish(&mut word, &mut words);
            letters.push(char);
            continue;
        }
        finish_letters(&mut letters, &mut words);
        if char.is_alphanumeric() || is_mark(char) {
            word.extend(char.to_lowercase());
        } else {
            finish(&mut word, &mut words);
        }
    }
    finish(&mut word, &mut words);
    finish_letters(&mut letters, &mut words);
    words.into_iter()
}

fn finish(word: &mut String, words: &mut Vec<String>) {
    if word.chars().any(char::is_alphanumeric) {
        words.push(word.chars().take(TERM_CHARS).collect());
    }
    word.clear();
}

/// Each two letters that stand beside each other; one that stands alone as it is.
fn finish_letters(letters: &mut Vec<char>, words: &mut Vec<String>) {
    match letters.as_slice() {
        [] => {}
        [one] => words.push(one.to_string()),
        several => words.extend(several.windows(2).map(|pair| pair.iter().collect::<String>())),
    }
    letters.clear();
}

/// Accents that stand behind their letter.
const fn is_mark(char: char) -> bool {
    matches!(char, '\u{300}'..='\u{36f}')
}

/// Letters of scripts that write words without spaces: Thai, Lao, Burmese, Khmer, kana, Han.
const fn is_unspaced(char: char) -> bool {
    matches!(char,
        '\u{0e01}'..='\u{0edf}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17dd}'
        | '\u{3041}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_looked_for_by_what_it_is_about() {
        assert_eq!(
            query_terms("When did Mira go to the harbour, and which Harbour was it?"),
            ["mira", "go", "harbour"]
        );
        assert_eq!(query_terms("Who are you?"), Vec::<String>::new());
        let many: Vec<String> = (0..100).map(|number| format!("word{number}")).collect();
        assert_eq!(query_terms(&many.join(" ")).len(), QUERY_TERMS);
    }

    #[test]
    fn items_hold_their_names_and_words_without_markup() {
        assert_eq!(fold("Mira ⚓", "<@123> saw <:blue_cat:456> in <#789>!"), "mira saw blue cat in");
    }

    #[test]
    fn unspaced_scripts_are_cut_alike_in_items_and_questions() {
        let item = fold("", "東京都に住んでいる");
        assert!(query_terms("東京").iter().all(|pair| item.split(' ').any(|word| word == pair)), "{item}");
        assert_eq!(fold("", "猫"), "猫");
    }

    #[test]
    fn endings_are_taken_off() {
        assert_eq!(stem("camping"), stem("camped"));
        assert_ne!(stem("camping"), stem("campus"));
    }
}
