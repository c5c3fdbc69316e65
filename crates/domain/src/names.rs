//! Names: found in a text as whole words, and made harmless for prompts.

use unicode_segmentation::UnicodeSegmentation;

/// Characters of a name in a prompt.
const NAME_CHARS: usize = 32;

/// Where in a text a name stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// The first place where `name` stands as a whole word in `text`, whatever the case.
///
/// - Words are Unicode's (UAX #29), so `ann` is not found in `Hannah`, `annex` or `ann_2`.
/// - A possessive counts: `Mira's`, `Miraʼs`, `Miras'`, `miras’`.
/// - A name of several words matches across any white space: `old  tom`.
/// - Scripts written without spaces (Han, Kana, Hangul with its particles, Thai, Lao, Khmer, Burmese) have no word
///   boundaries that could be told without a dictionary: a name whose first or last letter is of such a script
///   may touch other letters on that side. A single such letter is too weak a sign and must stand alone.
/// - Arabic and Hebrew write "and", "to", "the" and the like as one letter before the word: a name of three letters or
///   more may have such particles before it, in the order in which these languages put them (`ولميرا`, `ולמירה`).
/// - Quoted lines (`> …`), links and Discord's `<…>` marks (mentions, custom emoji) are not searched.
pub fn find(text: &str, name: &str) -> Option<Found> {
    find_in(&Prepared::new(text), name)
}

/// Whether upper and lower case differ in a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// They are the same.
    Folded,
    /// They differ.
    Exact,
}

/// A text made ready to be searched for many names.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Folded characters with the bytes of the original they come from.
    chars: Vec<(char, usize, usize)>,
    case: Case,
}

impl Prepared {
    /// Folds a text and blanks what its writer did not say: quoted lines, links, marks.
    pub fn new(text: &str) -> Self {
        Self::skipping(text, Case::Folded, &skipped_ranges(text))
    }

    /// The same with nothing blanked.
    pub fn everything(text: &str, case: Case) -> Self {
        Self::skipping(text, case, &[])
    }

    fn skipping(text: &str, case: Case, skipped: &[(usize, usize)]) -> Self {
        let mut next_skipped = skipped.iter().peekable();
        let mut chars = Vec::with_capacity(text.len());
        for (at, c) in text.char_indices() {
            if skipped.is_empty() && c.is_ascii() {
                let c = if case == Case::Folded { c.to_ascii_lowercase() } else { c };
                chars.push((c, at, at + 1));
                continue;
            }
            while next_skipped.peek().is_some_and(|range| range.1 <= at) {
                next_skipped.next();
            }
            let end = at + c.len_utf8();
            if next_skipped.peek().is_some_and(|range| range.0 <= at) {
                // A private-use character: part of no name and no space.
                chars.push(('\u{E000}', at, end));
            } else if case == Case::Exact {
                chars.push((c, at, end));
            } else {
                chars.extend(fold(c).map(|folded| (folded, at, end)));
            }
        }
        Self { chars, case }
    }
}

/// A name made ready to be looked for in many texts, whatever the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    folded: Vec<char>,
}

impl Name {
    /// Folds a name.
    pub fn new(name: &str) -> Self {
        Self { folded: words_of(name, Case::Folded) }
    }
}

/// As [`find`], in a prepared text.
pub fn find_in(text: &Prepared, name: &str) -> Option<Found> {
    matches(text, &words_of(name, text.case)).next()
}

/// As [`find_in`], for a prepared name.
pub fn find_name(text: &Prepared, name: &Name) -> Option<Found> {
    matches(text, &name.folded).next()
}

/// Every place where `name` stands, in order; see [`find`]. Places do not overlap.
pub fn find_all(text: &Prepared, name: &str) -> Vec<Found> {
    let mut end = 0;
    let wanted = words_of(name, text.case);
    let apart = |found: &Found| {
        let free = found.start >= end;
        if free {
            end = found.end;
        }
        free
    };
    matches(text, &wanted).filter(apart).collect()
}

/// Every place where folded words stand as whole words.
fn matches<'a>(text: &'a Prepared, wanted: &'a [char]) -> impl Iterator<Item = Found> + 'a {
    let ends = wanted.first().copied().zip(wanted.last().copied());
    let spaceless = wanted.len() > 1;
    let chars = &text.chars;
    ends.into_iter().flat_map(move |(first, last)| {
        (0..chars.len()).filter_map(move |start| {
            if chars[start].0 != first {
                return None;
            }
            let end = match_at(chars, start, wanted)?;
            let before = start.checked_sub(1).and_then(|i| chars.get(i)).map(|c| c.0);
            let opens = before.is_none_or(|c| !joins(c))
                || (spaceless && is_spaceless(first))
                || !joins(first)
                || (wanted.len() >= PREFIXED && has_particles(&chars[..start], first));
            let cut = chars.get(end).is_some_and(|next| clings(next.0));
            let closes =
                !cut && (ends_word(&chars[end..], last) || (spaceless && is_spaceless(last)) || !joins(last));
            (opens && closes).then(|| Found { start: chars[start].1, end: chars[end - 1].2 })
        })
    })
}

/// Letters of a name at least that may have particles before it: shorter ones would make other words with them.
const PREFIXED: usize = 3;

/// Whether the word that ends `before` a name is nothing but particles that Arabic or Hebrew write with the next word.
fn has_particles(before: &[(char, usize, usize)], first: char) -> bool {
    let fits: fn(&[char]) -> bool = match first {
        '\u{5D0}'..='\u{5EA}' => hebrew_particles,
        '\u{620}'..='\u{64A}' | '\u{66E}'..='\u{6D3}' => arabic_particles,
        _ => return false,
    };
    let mut letters: Vec<char> = before
        .iter()
        .rev()
        .map(|found| found.0)
        .take_while(|c| joins(*c))
        // Vowel signs stand on the letters; no run of particles is longer.
        .filter(|c| !clings(*c))
        .take(6)
        .collect();
    letters.reverse();
    fits(&letters)
}

/// "And" or "then"; "with", "like" or "to"; "the", which melts into "to".
fn arabic_particles(letters: &[char]) -> bool {
    let rest = letters.strip_prefix(&['و']).or(letters.strip_prefix(&['ف'])).unwrap_or(letters);
    let article =
        rest.split_first().filter(|(c, _)| matches!(c, 'ب' | 'ك' | 'ل')).map_or(rest, |(_, rest)| rest);
    matches!(article, [] | ['ا', 'ل']) || matches!(rest, ['ل', 'ل'])
}

/// "And"; "that", "when" or "since"; "in", "like", "to" or "from"; "the".
fn hebrew_particles(letters: &[char]) -> bool {
    let rest = letters.strip_prefix(&['ו']).unwrap_or(letters);
    let rest = match rest {
        ['כ' | 'מ', 'ש', rest @ ..] | ['ש', rest @ ..] | rest => rest,
    };
    let rest =
        rest.split_first().filter(|(c, _)| matches!(c, 'ב' | 'כ' | 'ל' | 'מ')).map_or(rest, |(_, rest)| rest);
    matches!(rest, [] | ['ה'])
}

/// The index after the name if it stands at `start`.
fn match_at(chars: &[(char, usize, usize)], start: usize, wanted: &[char]) -> Option<usize> {
    let mut at = start;
    for &c in wanted {
        if c == ' ' {
            let spaces = chars[at..].iter().take_while(|found| found.0.is_whitespace()).count();
            if spaces == 0 {
                return None;
            }
            at += spaces;
        } else {
            if chars.get(at)?.0 != c {
                return None;
            }
            at += 1;
        }
    }
    Some(at)
}

/// Whether a name that ends in `last` is over when `rest` follows: nothing, no letter, or a possessive.
fn ends_word(rest: &[(char, usize, usize)], last: char) -> bool {
    let at = |i: usize| rest.get(i).map(|found| found.0);
    let free = |i: usize| at(i).is_none_or(|c| !joins(c));
    match at(0) {
        None => true,
        // `mira's`, and `james'`; but the apostrophe inside `d'artagnan` does not end the word `d`.
        Some(c) if is_apostrophe(c) => free(1) || (at(1) == Some('s') && free(2)),
        // `miras'`
        Some('s') => last != 's' && at(1).is_some_and(is_apostrophe) && free(2),
        Some(c) => !joins(c),
    }
}

/// Whether a character is part of a word.
fn joins(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || clings(c)
}

/// Whether a character is drawn on the letter before it: no name ends between the two, in any script.
fn clings(c: char) -> bool {
    is_mark(c)
        || matches!(c, '\u{E31}' | '\u{E34}'..='\u{E3A}' | '\u{E47}'..='\u{E4E}' | '\u{EB1}'
            | '\u{EB4}'..='\u{EBC}' | '\u{EC8}'..='\u{ECE}' | '\u{102B}'..='\u{103E}'
            | '\u{17B4}'..='\u{17D3}' | '\u{3099}' | '\u{309A}' | '\u{FF9E}' | '\u{FF9F}')
        // Vowel signs and viramas of the other Indic scripts; letters among them join anyway.
        || (matches!(c, '\u{980}'..='\u{DFF}') && !c.is_alphanumeric() && c != '\u{DF4}')
}

/// Marks that belong to the letter before them: a word goes on behind them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5C7}' | '\u{610}'..='\u{61A}'
        | '\u{64B}'..='\u{65F}' | '\u{900}'..='\u{903}' | '\u{93A}'..='\u{94F}' | '\u{1AB0}'..='\u{1AFF}'
        | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{200C}' | '\u{200D}' | '\u{FE20}'..='\u{FE2F}')
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2BC}' | '\u{FF07}')
}

/// Scripts whose words stand side by side, or carry particles without a space.
fn is_spaceless(c: char) -> bool {
    matches!(c, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1100}'..='\u{11FF}'
        | '\u{1780}'..='\u{17FF}' | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30FF}' | '\u{3130}'..='\u{318F}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{FF66}'..='\u{FF9F}' | '\u{20000}'..='\u{323AF}')
}

/// Case folding as far as the standard library goes: lower case, with the two everyday exceptions.
fn fold(c: char) -> impl Iterator<Item = char> {
    let (first, second) = match c {
        'ß' | 'ẞ' => ('s', Some('s')),
        'ς' => ('σ', None),
        _ => (c, None),
    };
    // `İ` lower-cases to `i` and a combining dot: the dot goes.
    first.to_lowercase().filter(|&c| c != '\u{307}').chain(second)
}

/// A text as names are looked for in it, whatever the case.
pub(crate) fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            folded.push(c.to_ascii_lowercase());
        } else {
            folded.extend(fold(c));
        }
    }
    folded
}

/// The name's words with single spaces between them.
fn words_of(name: &str, case: Case) -> Vec<char> {
    let mut folded = Vec::with_capacity(name.len());
    for word in name.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        match case {
            Case::Folded => folded.extend(word.chars().flat_map(fold)),
            Case::Exact => folded.extend(word.chars()),
        }
    }
    folded
}

/// Byte ranges that hold no speech of the writer: quoted lines, links, Discord's `<…>` marks.
fn skipped_ranges(text: &str) -> Vec<(usize, usize)> {
    let mut ranges = Vec::new();
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("> ") || line.starts_with(">>> ") {
            ranges.push((line_start, line_start + line.len()));
        } else {
            for (at, word) in line.split_word_bound_indices() {
                let here = line_start + at;
                if ranges.last().is_some_and(|last| last.1 > here) {
                    continue;
                }
                if let Some(length) = mark_length(&line[at..], word) {
                    ranges.push((here, here + length));
                }
            }
        }
        line_start += line.len();
    }
    ranges
}

/// The length of a link or a `<…>` mark that begins here.
fn mark_length(rest: &str, word: &str) -> Option<usize> {
    if rest.starts_with("https://") || rest.starts_with("http://") {
        return Some(rest.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(rest.len()));
    }
    if word == "<" && rest[1..].starts_with(['@', '#', ':', '/', 'a', 't', 'i']) {
        let length = rest.find('>')? + 1;
        let inner = &rest[1..length - 1];
        let marked = inner.starts_with(['@', '#', ':', '/']) || inner.contains(':');
        return (marked && length <= 120 && !inner.contains(['\n', '<'])).then_some(length);
    }
    None
}

/// A name that can stand in a prompt: one line, at most 32 characters, nothing that could be taken for the frame
/// of the prompt or that cannot be seen.
///
/// Gone are control characters, zero-width and direction marks, brackets, colons, quotes, markup and look-alikes of
/// them; white space becomes one space. What is left without any letter or digit is called `someone`.
pub fn escape_name(raw: &str) -> String {
    let mut plain = String::new();
    for c in raw.chars() {
        if c.is_whitespace() {
            if !plain.is_empty() && !plain.ends_with(' ') {
                plain.push(' ');
            }
        } else if is_plain(c) {
            plain.push(c);
        }
    }
    let plain = plain.trim_start_matches(|c| is_mark(c) || c == ' ');
    let mut name = String::new();
    let mut length = 0;
    for cluster in plain.graphemes(true) {
        length += cluster.chars().count();
        if length > NAME_CHARS {
            break;
        }
        name.push_str(cluster);
    }
    let name = name.trim_end();
    if name.chars().any(char::is_alphanumeric) { name.to_owned() } else { "someone".to_owned() }
}

/// Whether a character may stand in a name in a prompt.
fn is_plain(c: char) -> bool {
    if c.is_alphanumeric() {
        // Letters that are drawn as nothing.
        return !matches!(c, '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}');
    }
    // Of everything else only what names are made of: some punctuation, marks of letters, and pictures.
    matches!(c, '-' | '.' | '\'' | '\u{2019}' | '_' | '&' | '+' | '!' | '?' | '·' | '・')
        || (is_mark(c) && !matches!(c, '\u{200C}' | '\u{200D}'))
        || is_combining_letter(c)
        || is_picture(c)
}

/// Vowel signs and the like of scripts that need them (Indic scripts, Thai, Khmer, Burmese).
fn is_combining_letter(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{DFF}' | '\u{E31}'..='\u{E4E}' | '\u{EB1}'..='\u{ECE}' | '\u{F71}'..='\u{F84}'
        | '\u{102B}'..='\u{103E}' | '\u{17B4}'..='\u{17D3}')
        && !matches!(c, '\u{964}' | '\u{965}')
}

fn is_picture(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27BF}' | '\u{1F300}'..='\u{1FAFF}' | '\u{2B50}')
}
