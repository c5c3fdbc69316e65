//! What a card without our own fields gets instead.

use unicode_segmentation::UnicodeSegmentation;

use crate::{CharacterId, character::ExampleLine};

/// Characters of a derived description for small models.
const DESCRIPTION_CHARS: usize = 240;

/// Characters of a derived example line, and how many of them there are.
const LINE_CHARS: usize = 160;
const LINES: usize = 3;

/// The name as a slug; a name without any of `a-z0-9` gets a number that depends on nothing but the name.
pub(super) fn id(name: &str) -> CharacterId {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') && !matches!(c, '\'' | '’') {
            slug.push('-');
        }
    }
    slug.truncate(64);
    CharacterId::new(slug.trim_end_matches('-')).unwrap_or_else(|_| numbered(name))
}

/// `character-` and an FNV-1a hash of the name.
fn numbered(name: &str) -> CharacterId {
    let hash = name.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    let slug = format!("character-{hash:016x}");
    match CharacterId::new(&slug) {
        Ok(id) => id,
        Err(_) => unreachable!("`character-` and sixteen hexadecimal digits are a slug"),
    }
}

/// The first sentences of the description.
pub(super) fn small_description(description: &str) -> String {
    let who = "You are {{char}}. ";
    let mut taken = String::from(who);
    let plain = description.split_whitespace().collect::<Vec<_>>().join(" ");
    let room = |taken: &str, more: &str| {
        taken.chars().count() + more.trim_end().chars().count() <= DESCRIPTION_CHARS
    };
    for sentence in plain.split_sentence_bounds() {
        if !room(&taken, sentence) {
            break;
        }
        taken.push_str(sentence);
    }
    if taken == who {
        // One very long sentence: as many words as fit.
        for word in plain.split_inclusive(' ') {
            if !room(&taken, word) {
                break;
            }
            taken.push_str(word);
        }
    }
    taken.trim_end().to_owned()
}

/// The first short exchanges of the example dialogues.
pub(super) fn small_lines(examples: &str) -> Vec<ExampleLine> {
    let mut lines = Vec::new();
    let mut user: Option<&str> = None;
    for line in examples.lines().map(str::trim) {
        if let Some(said) = labelled(line, &["{{user}}:", "<user>:"]) {
            user = Some(said);
        } else if let (Some(said), Some(answer)) = (user, labelled(line, &["{{char}}:", "<bot>:"])) {
            let fits = |text: &str| !text.is_empty() && text.chars().count() <= LINE_CHARS;
            if fits(said) && fits(answer) {
                lines.push(ExampleLine { user: said.to_owned(), char: answer.to_owned() });
            }
            user = None;
        }
    }
    lines.truncate(LINES);
    lines
}

/// What follows one of the labels.
fn labelled<'a>(line: &'a str, labels: &[&str]) -> Option<&'a str> {
    labels.iter().find_map(|label| {
        let head = line.get(..label.len())?;
        head.eq_ignore_ascii_case(label).then(|| line[label.len()..].trim())
    })
}
