//! Reads a text word by word: which words of our lists stand in it. Whole words only; `docs/state.md` has the rules.

use std::{
    collections::HashMap,
    ops,
    sync::{LazyLock, Mutex, PoisonError},
};

use unicode_segmentation::UnicodeSegmentation;

mod feelings;
mod manners;
mod subjects;

/// Words of a message that are read; what comes later does not change what the message is about.
const WORDS: usize = 400;
/// Words before a feeling word in which a negation is looked for.
const NEGATES: usize = 3;
/// A stem in the lists (`programm*`) has at least so many letters: shorter ones begin words of other meaning.
const STEM: usize = 5;

/// The lists in which a word stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks(u64);

impl Marks {
    pub(super) const NONE: Self = Self(0);
    /// Pleasant.
    pub(super) const PRAISE: Self = Self(1);
    /// Unpleasant.
    pub(super) const BLAME: Self = Self(1 << 1);
    /// Anger; unpleasant too.
    pub(super) const ANGER: Self = Self(1 << 2);
    /// Sorrow; unpleasant too.
    pub(super) const SORROW: Self = Self(1 << 3);
    pub(super) const NEGATION: Self = Self(1 << 4);
    pub(super) const QUESTION: Self = Self(1 << 5);
    pub(super) const LAUGHTER: Self = Self(1 << 6);
    pub(super) const WOW: Self = Self(1 << 7);
    pub(super) const BORED: Self = Self(1 << 8);
    pub(super) const REGRET: Self = Self(1 << 9);
    pub(super) const SHORT: Self = Self(1 << 10);
    pub(super) const STORY: Self = Self(1 << 11);
    pub(super) const DEPTH: Self = Self(1 << 12);
    pub(super) const BRIEF: Self = Self(1 << 13);
    pub(super) const AT_LENGTH: Self = Self(1 << 14);
    pub(super) const TELL: Self = Self(1 << 15);
    pub(super) const SUPPORT: Self = Self(1 << 16);
    pub(super) const CREATIVE: Self = Self(1 << 17);
    pub(super) const ANALYSIS: Self = Self(1 << 18);
    pub(super) const PLAY: Self = Self(1 << 19);
    pub(super) const DEBATE: Self = Self(1 << 20);
    /// A question word that makes a question of the sentence it begins.
    pub(super) const OPENS: Self = Self(1 << 21);
    /// Wonders, without asking.
    pub(super) const WONDER: Self = Self(1 << 22);
    /// Something short that is asked for with the words of a story.
    pub(super) const JOKE: Self = Self(1 << 23);
    /// The first of the subjects; they follow in the order of `Topic::ALL`.
    const FIRST_SUBJECT: u32 = 32;

    /// The list of a subject.
    pub(super) const fn subject(number: usize) -> Self {
        Self(1 << (Self::FIRST_SUBJECT + number as u32))
    }

    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// How many lists.
    pub(super) const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    pub(super) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl ops::BitOrAssign for Marks {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// A list: its mark and its words, with commas between. `a b` is a phrase, `abcde*` every word that begins so.
type List = (Marks, &'static str);

/// Every list, ready to be looked up.
struct Lexicon {
    words: HashMap<String, Marks>,
    stems: HashMap<String, Marks>,
    /// Bytes of the longest stem: of a word of thousands of letters only the beginning is looked up.
    longest_stem: usize,
    /// By first word.
    phrases: HashMap<String, Vec<(Vec<String>, Marks)>>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::load);

fn lists() -> impl Iterator<Item = (Marks, &'static str)> {
    let items = |(marks, list): &List| {
        let marks = *marks;
        list.split(',').map(str::trim).filter(|item| !item.is_empty()).map(move |item| (marks, item))
    };
    feelings::LISTS.iter().chain(manners::LISTS).chain(subjects::LISTS).flat_map(items)
}

impl Lexicon {
    fn load() -> Self {
        let (words, stems, phrases) = (HashMap::new(), HashMap::new(), HashMap::new());
        let mut lexicon = Self { words, stems, longest_stem: 0, phrases };
        for (marks, item) in lists() {
            if let Some(stem) = item.strip_suffix('*').map(fold) {
                lexicon.longest_stem = lexicon.longest_stem.max(stem.len());
                *lexicon.stems.entry(stem).or_default() |= marks;
                continue;
            }
            let mut words = Reading::unmarked(item).tokens.into_iter().filter(|token| token.text != "\n");
            let Some(first) = words.next() else { continue };
            let rest: Vec<String> = words.map(|token| token.text).collect();
            if rest.is_empty() {
                *lexicon.words.entry(first.text).or_default() |= marks;
            } else {
                lexicon.phrases.entry(first.text).or_default().push((rest, marks));
            }
        }
        lexicon
    }

    fn word(&self, word: &str) -> Marks {
        let mut marks = self.words.get(word).copied().unwrap_or_default();
        let ends = word.char_indices().map(|(at, _)| at).skip(STEM);
        for at in ends.take_while(|at| *at <= self.longest_stem) {
            marks |= self.stems.get(&word[..at]).copied().unwrap_or_default();
        }
        marks |= self.stems.get(word).copied().unwrap_or_default();
        marks
    }
}

/// A word or a sign of a text.
#[derive(Clone, Debug)]
pub(super) struct Token {
    /// In lower case.
    pub(super) text: String,
    /// Whether it is a word; else punctuation or a picture.
    pub(super) word: bool,
    /// Its lists, and those of a phrase that begins here.
    marks: Marks,
}

/// A text that was read.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading {
    pub(super) tokens: Vec<Token>,
    /// Characters of it that are the writer's own.
    pub(super) chars: usize,
    emphasis: bool,
}

impl Reading {
    /// Reads what the writer said: not quoted lines, links, code, or Discord's `<…>` marks.
    pub(super) fn of(text: &str) -> Self {
        let mut reading = Self::unmarked(text);
        reading.mark();
        reading
    }

    fn unmarked(text: &str) -> Self {
        let mut reading = Self::default();
        let mut code = false;
        for line in text.lines() {
            if line.trim_start().starts_with("```") {
                code = !code;
                continue;
            }
            if code || line.starts_with("> ") || line.starts_with(">>> ") {
                continue;
            }
            for chunk in line.split_whitespace() {
                if reading.tokens.len() >= WORDS {
                    break;
                }
                reading.chunk(chunk);
            }
            reading.sign("\n");
        }
        reading
    }

    fn chunk(&mut self, chunk: &str) {
        if chunk.starts_with("http://") || chunk.starts_with("https://") || is_discord_mark(chunk) {
            return;
        }
        self.chars += chunk.chars().count() + 1;
        self.emphasis |= chunk.contains("!!");
        if feelings::EMOTICONS.contains(&fold(chunk).as_str()) {
            return self.sign(&fold(chunk));
        }
        for piece in chunk.split_word_bounds() {
            if piece.contains(char::is_alphanumeric) {
                let word = fold(piece);
                self.tokens.push(Token { text: without_elision(&word), word: true, marks: Marks::NONE });
            } else {
                let sign: String = piece.chars().filter(|&c| c != '\u{FE0F}' && !is_skin(c)).collect();
                if !sign.is_empty() {
                    self.sign(&sign);
                }
            }
        }
    }

    fn sign(&mut self, sign: &str) {
        self.tokens.push(Token { text: sign.to_owned(), word: false, marks: Marks::NONE });
    }

    fn mark(&mut self) {
        for at in 0..self.tokens.len() {
            let mut marks = LEXICON.word(&self.tokens[at].text);
            for (rest, of_phrase) in LEXICON.phrases.get(&self.tokens[at].text).into_iter().flatten() {
                if self.follows(at + 1, rest) {
                    marks |= *of_phrase;
                }
            }
            self.tokens[at].marks = marks;
        }
    }

    /// Whether these words stand at a place.
    pub(super) fn follows(&self, at: usize, words: &[impl AsRef<str>]) -> bool {
        self.tokens
            .get(at..at + words.len())
            .is_some_and(|here| here.iter().zip(words).all(|(token, word)| token.text == word.as_ref()))
    }

    /// How many words stand in any of these lists.
    pub(super) fn count(&self, marks: Marks) -> usize {
        self.tokens.iter().filter(|token| token.marks.meets(marks)).count()
    }

    /// Whether a word of these lists stands in the text.
    pub(super) fn has(&self, marks: Marks) -> bool {
        self.tokens.iter().any(|token| token.marks.meets(marks))
    }

    /// Whether there is nothing to read.
    pub(super) fn is_empty(&self) -> bool {
        self.tokens.iter().all(|token| token.text == "\n")
    }

    /// How many question marks end a question: `???` is one.
    pub(super) fn questions_asked(&self) -> usize {
        let asks = |token: &Token| !token.word && token.text.contains(['?', '？', '؟']);
        let ends = |pair: &[Token]| asks(&pair[0]) && !asks(&pair[1]);
        self.tokens.windows(2).filter(|pair| ends(pair)).count()
    }

    /// Words, without signs.
    pub(super) fn words(&self) -> usize {
        self.tokens.iter().filter(|token| token.word).count()
    }

    /// Whether a word makes it a question that wants more than yes or no.
    pub(super) fn asks_openly(&self) -> bool {
        self.opens() || (self.asks() && self.has(Marks::QUESTION))
    }

    /// How much a text asks: its question words and one for the question mark. Without a question mark only the first
    /// word can make it a question, and "what a …" does not: "the day when we met" asks nothing.
    pub(super) fn questions(&self) -> usize {
        let asked = if self.asks() { self.count(Marks::QUESTION) + 1 } else { usize::from(self.opens()) };
        asked + self.count(Marks::WONDER)
    }

    fn opens(&self) -> bool {
        let mut words = self.tokens.iter().filter(|token| token.word);
        let (first, second) = (words.next(), words.next());
        let exclaims =
            matches!(second.map(|token| token.text.as_str()), Some("a" | "an" | "ein" | "eine" | "für"));
        first.is_some_and(|token| token.marks.meets(Marks::OPENS)) && second.is_some() && !exclaims
    }

    /// Whether a question mark stands in the text.
    pub(super) fn asks(&self) -> bool {
        self.tokens.iter().any(|token| !token.word && token.text.contains(['?', '？', '؟']))
    }

    /// From -1 (all unpleasant) to 1: pleasant words minus unpleasant ones, by their number and one.
    ///
    /// A negation turns praise into blame; what is blamed and denied counts for nothing. `!!` adds to the side that
    /// leads.
    pub(super) fn sentiment(&self) -> f64 {
        let (mut good, mut bad) = (0.0_f64, 0.0_f64);
        for (at, token) in self.tokens.iter().enumerate() {
            let negated = self.negated(at);
            if token.marks.meets(Marks::PRAISE) {
                *(if negated { &mut bad } else { &mut good }) += 1.0;
            }
            if token.marks.meets(Marks::BLAME.and(Marks::ANGER).and(Marks::SORROW)) && !negated {
                bad += 1.0;
            }
        }
        if self.emphasis && good > bad {
            good += 1.0;
        } else if self.emphasis && bad > good {
            bad += 1.0;
        }
        (good - bad) / (good + bad + 1.0)
    }

    /// How kind the words are, from -1 to 1, by their number and one: praise against anger. What is unpleasant without
    /// being angry weighs a third (a bad day is nobody's fault), and sorrow nothing.
    pub(super) fn kindness(&self) -> f64 {
        let (mut kind, mut harsh) = (0.0_f64, 0.0_f64);
        for (at, token) in self.tokens.iter().enumerate() {
            let negated = self.negated(at);
            if token.marks.meets(Marks::PRAISE) && !negated {
                kind += 1.0;
            }
            if token.marks.meets(Marks::ANGER) && !negated {
                harsh += 1.0;
            } else if token.marks.meets(Marks::BLAME) && !negated {
                harsh += 1.0 / 3.0;
            }
        }
        (kind - harsh) / (kind + harsh + 1.0)
    }

    /// Whether the word is denied: by a negation shortly before it in the same clause, or, as German and French have
    /// it, by one right behind it. A bare `no` denies only the next word ("no that's great"), and "never so happy" is
    /// happy.
    fn negated(&self, at: usize) -> bool {
        let before = self.tokens[..at].iter().rev().take_while(|token| token.word).take(NEGATES);
        let before: Vec<&Token> = before.collect();
        let denied = before.iter().enumerate().any(|(far, token)| {
            let so = self.tokens[at].text == "so" || before[..far].iter().any(|token| token.text == "so");
            match token.text.as_str() {
                "no" => far == 0,
                "never" | "nie" if so => false,
                _ => token.marks.meets(Marks::NEGATION),
            }
        });
        let mut after = self.tokens[at + 1..].iter().take_while(|token| token.word).take(2);
        denied || after.any(|token| matches!(token.text.as_str(), "nicht" | "pas"))
    }

    /// Whether a phrase stands in the text; a plural `s` more or less is the same word.
    pub(super) fn says(&self, phrase: &str) -> bool {
        let wanted: Vec<String> =
            phrase.unicode_words().map(|word| singular(&fold(word)).to_owned()).collect();
        if wanted.is_empty() {
            return false;
        }
        self.tokens.windows(wanted.len()).any(|here| {
            here.iter().zip(&wanted).all(|(token, word)| token.word && singular(&token.text) == word)
        })
    }
}

/// Phrases whose lists are remembered: those of a few hundred cards.
const PHRASES: usize = 4_096;
/// Bytes of a phrase that is remembered: cards come from strangers.
const PHRASE_BYTES: usize = 64;

/// What cards say again and again: the same phrases are compared with every message. It only saves reading them anew,
/// and is emptied when it is full.
static READ: LazyLock<Mutex<HashMap<String, Marks>>> = LazyLock::new(Mutex::default);

/// The lists of all words of a short text.
pub(super) fn marks_of(text: &str) -> Marks {
    if let Some(marks) = READ.lock().unwrap_or_else(PoisonError::into_inner).get(text) {
        return *marks;
    }
    let mut marks = Marks::NONE;
    for token in Reading::of(text).tokens {
        marks |= token.marks;
    }
    if text.len() <= PHRASE_BYTES {
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        if read.len() >= PHRASES {
            read.clear();
        }
        read.insert(text.to_owned(), marks);
    }
    marks
}

/// Lower case, one apostrophe, `ss` for `ß`.
pub(super) fn fold(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    for c in word.chars() {
        match c {
            '\u{2019}' | '\u{2BC}' => folded.push('\''),
            'ß' | 'ẞ' => folded.push_str("ss"),
            '\u{FE0F}' => {}
            _ => folded.extend(c.to_lowercase()),
        }
    }
    folded
}

/// `l'école` is `école`; a possessive is its owner.
fn without_elision(word: &str) -> String {
    match word.split_once('\'') {
        Some(("l" | "d" | "j" | "c" | "n" | "s" | "m" | "t" | "qu", rest)) if rest.chars().count() > 1 => {
            rest.to_owned()
        }
        Some((owner, "s")) if !matches!(owner, "it" | "that" | "what" | "he" | "she" | "there" | "let") => {
            owner.to_owned()
        }
        _ => word.to_owned(),
    }
}

fn singular(word: &str) -> &str {
    match word.strip_suffix('s') {
        Some(short) if short.chars().count() >= 3 && !short.ends_with(['s', 'u', 'i']) => short,
        _ => word,
    }
}

fn is_discord_mark(chunk: &str) -> bool {
    ["<@", "<#", "<:", "<a:", "<t:", "</", "<id:"].iter().any(|start| chunk.starts_with(start))
        && chunk.contains('>')
}

fn is_skin(c: char) -> bool {
    ('\u{1F3FB}'..='\u{1F3FF}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_written_as_they_are_looked_up() {
        for (_, item) in lists() {
            assert_eq!(item.to_lowercase(), item, "lower case");
            let stem = item.strip_suffix('*');
            assert!(stem.is_none_or(|stem| stem.chars().count() >= STEM), "{item}: too short for a stem");
            assert!(!item.trim_end_matches('*').contains('*'), "{item}");
            let reading = Reading::of(item.trim_end_matches('*'));
            let found = reading.tokens.first().is_some_and(|token| token.marks != Marks::NONE);
            assert!(found, "{item}: is never found, it is read as {:?}", reading.tokens);
        }
    }
}
