//! What can be learned about people without any model: plain statements about oneself, in English.
//!
//! It stands in where the model is too small to keep a notebook. A pattern says what it is sure of and stays silent
//! otherwise: no questions, no "if I", no negations, nothing quoted.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    Aspect,
    learning::{Batch, Learned},
};

/// How sure such a note is: people joke, and patterns do not notice.
const CONFIDENCE: u8 = 70;

/// Characters of a line that are looked at.
const LINE_CHARS: usize = 600;

/// A way to say something about oneself.
struct Pattern {
    regex: Regex,
    aspect: Aspect,
    /// The attribute; `$1` and so on are what was said.
    attribute: &'static str,
    note: &'static str,
    single: bool,
    importance: u8,
}

/// Words that may stand between a subject and what it does.
const ADVERB: &str = r"(?:really |absolutely |totally |just |also |still |actually |usually )*";

/// A few words, up to the end of the clause.
const THING: &str =
    r"([\p{L}\p{N}][\p{L}\p{N}'’ &-]{0,60}?)(?:\s+(?:because|but|so|and i|though|since|when|which)\b.*)?";

/// Expression, aspect, attribute, note, whether there is only one, importance.
type Row = (&'static str, Aspect, &'static str, &'static str, bool, u8);

static PATTERNS: LazyLock<Vec<Pattern>> = LazyLock::new(|| ROWS.iter().filter_map(Pattern::of).collect());

const ROWS: &[Row] = &[
    (r"(?:please )?(?:you can )?call me NAME", Aspect::Wish, "name", "wants to be called $1", true, 9),
    (r"my name(?: is|['’]s) NAME", Aspect::Fact, "name", "is called $1", true, 9),
    (
        r"(?:i|we) (?:have|got|own|adopted) (?:a|an|two|three) ((?:[\p{L}-]+ ){0,2}[\p{L}-]+),? (?:called|named) NAME",
        Aspect::Fact,
        "$1",
        "has a $1 called $2",
        false,
        7,
    ),
    (
        r"my (cat|dog|bird|rabbit|horse|hamster|sister|brother|son|daughter|wife|husband|partner|girlfriend|boyfriend|mother|father|mum|mom|dad)(?:['’]s name)?(?: is|['’]s) (?:called |named )?CAPITAL",
        Aspect::Fact,
        "$1",
        "has a $1 called $2",
        false,
        7,
    ),
    (r"i ADVERBlive in (?:a |an |the )?THING", Aspect::Fact, "home", "lives in $1", true, 7),
    (r"i(?:['’]m| am) (?:originally )?from THING", Aspect::Fact, "origin", "is from $1", true, 6),
    (r"i ADVERBwork (as|at|for|in) ((?:a |an |the )?)THING", Aspect::Fact, "job", "works $1 $2 $3", true, 7),
    (
        r"i(?:['’]m| am) (?:a|an) ((?:[\p{L}-]+ )?(?:teacher|nurse|doctor|student|engineer|programmer|developer|artist|writer|driver|cook|chef|baker|farmer|musician|designer|lawyer|scientist|mechanic|electrician|carpenter|gardener|librarian|pilot))",
        Aspect::Fact,
        "job",
        "is a $1",
        true,
        7,
    ),
    (
        r"my birthday(?: is|['’]s)(?: on)? THING",
        Aspect::Fact,
        "birthday",
        "has their birthday on $1",
        true,
        8,
    ),
    (r"i(?:['’]m| am) allergic to THING", Aspect::Fact, "allergy", "is allergic to $1", false, 9),
    (
        r"my fav(?:ou?rite)? ([\p{L}]+(?: [\p{L}]+)?)(?: is|['’]s| are) THING",
        Aspect::Preference,
        "favourite $1",
        "their favourite $1 is $2",
        true,
        6,
    ),
    (r"i ADVERB(?:love|adore|enjoy) THING", Aspect::Interest, "likes", "loves $1", false, 5),
    (r"i(?:['’]m| am) ADVERBinto THING", Aspect::Interest, "likes", "is into $1", false, 5),
    (
        r"i ADVERB(?:hate|dislike|can['’]?t stand|cannot stand|don['’]?t like) THING",
        Aspect::Preference,
        "dislikes",
        "dislikes $1",
        false,
        5,
    ),
    (r"i ADVERBprefer THING", Aspect::Preference, "prefers", "prefers $1", false, 5),
];

/// What people say of themselves plainly.
pub fn notice(batch: Batch<'_>) -> Vec<Learned> {
    let mut notes = Vec::new();
    for (number, line) in batch.lines.iter().enumerate() {
        let Some(person) = super::learning::speaker(line) else { continue };
        let text = line.draft.text.raw();
        let end = text.char_indices().nth(LINE_CHARS).map_or(text.len(), |(end, _)| end);
        for clause in clauses(&text[..end]) {
            let whole = PATTERNS.iter().find_map(|pattern| pattern.read(clause));
            let Some(note) = whole.or_else(|| in_passing(clause)) else { continue };
            let (aspect, attribute, text, single, importance) = note;
            let learned = Learned {
                person,
                name: line.draft.who.clone(),
                aspect,
                attribute,
                single,
                text,
                importance,
                confidence: CONFIDENCE,
                lines: vec![number],
            };
            notes.extend(super::learning::sound(learned, &[person]));
        }
    }
    notes
}

/// What of somebody there is only one, said beside something else: "I quit, I work as a postwoman now". Missed, the
/// older statement would stand. What one likes or hates is not taken from a part: there the tone is in the rest.
fn in_passing(clause: &str) -> Option<(Aspect, String, String, bool, u8)> {
    const NOT_SO: [&str; 10] =
        ["if", "when", "said", "says", "told", "wish", "imagine", "pretend", "suppose", "until"];
    let hedged = clause
        .split(|c: char| !c.is_alphabetic())
        .any(|word| NOT_SO.iter().any(|hedge| hedge.eq_ignore_ascii_case(word)));
    if hedged {
        return None;
    }
    let singles = || PATTERNS.iter().filter(|pattern| pattern.single);
    clause.split([',', ':']).find_map(|part| singles().find_map(|pattern| pattern.read(part.trim())))
}

/// Without "now" and the like: notes say what is so now.
fn without_now(said: &str) -> &str {
    let ends = [" now", " again", " these days", " at the moment", " currently"];
    ends.iter().find_map(|end| said.strip_suffix(end)).unwrap_or(said)
}

/// The statements of a text: what ends in a question mark, and quoted lines, are none.
fn clauses(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('>'));
    let sentences = lines.flat_map(|line| line.split_inclusive(['.', '!', '?', ';', '\n']));
    sentences.filter(|sentence| !sentence.contains('?') && !sentence.contains('"')).map(|sentence| {
        sentence
            .trim_matches(|c: char| c.is_whitespace() || matches!(c, '.' | '!' | ';' | ',' | ':' | ')' | '~'))
    })
}

impl Pattern {
    fn of((regex, aspect, attribute, note, single, importance): &Row) -> Option<Self> {
        let regex = regex
            .replace("ADVERB", ADVERB)
            .replace("THING", THING)
            .replace("CAPITAL", r"((?-i:\p{Lu})[\p{L}\p{N}'’-]{0,30})")
            .replace(
                "NAME",
                r"((?-i:[\p{Lu}\p{Lo}])[\p{L}\p{N}'’-]{0,30}(?: (?-i:\p{Lu})[\p{L}\p{N}'’-]{0,30})?)",
            );
        // "hey Mira, ", "Mira, ", "and ".
        let opening = r"(?:(?:hi|hey|hello|well|oh|and|btw|by the way|also|so|yes|yeah)(?: (?-i:\p{Lu})[\p{L}'’-]*)?[, ]+|(?-i:\p{Lu})[\p{L}'’-]+, )?";
        // One that cannot be read would be missed by the test that counts them.
        let regex = Regex::new(&format!("(?i)^{opening}{regex}$")).ok()?;
        Some(Self { regex, aspect: *aspect, attribute, note, single: *single, importance: *importance })
    }

    fn read(&self, clause: &str) -> Option<(Aspect, String, String, bool, u8)> {
        let found = self.regex.captures(clause)?;
        let fill = |text: &str| {
            let mut filled = text.to_owned();
            for number in 1..found.len() {
                let said = without_now(found.get(number).map_or("", |said| said.as_str()).trim());
                filled = filled.replace(&format!("${number}"), said);
            }
            filled.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let said = fill(self.note);
        // "it", "that" and the like mean something that is not in the clause.
        let last = said.rsplit(' ').next().unwrap_or_default().to_lowercase();
        let points = matches!(
            last.as_str(),
            "it" | "that" | "this" | "them" | "you" | "there" | "here" | "him" | "her"
        );
        (!points).then(|| (self.aspect, fill(self.attribute), said, self.single, self.importance))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ChannelId, GuildId, MessageId, Timestamp, UserId,
        memory::{Detail, Draft, Item, ItemId, Reach, Source},
    };

    fn line(text: &str) -> Item {
        let reach = Reach::Room { guild: Some(GuildId(1)), room: ChannelId(2) };
        let draft = Draft {
            reach,
            channel: Some(ChannelId(2)),
            character: None,
            owner: Some(UserId(7)),
            about: None,
            who: "Alice".into(),
            text: text.into(),
            at: Timestamp(1_790_000_000_000),
            until: None,
            position: 9,
            detail: Detail::Line,
            sources: vec![Source::Message(MessageId(9))],
        };
        Item { id: ItemId(1), draft }
    }

    fn noticed(text: &str) -> Vec<String> {
        let lines = [line(text)];
        let notes = notice(Batch { lines: &lines, character: None });
        notes
            .into_iter()
            .map(|note| format!("{}/{}: {}", note.aspect.name(), note.attribute, note.text))
            .collect()
    }

    #[test]
    fn every_pattern_can_be_read() {
        assert_eq!(PATTERNS.len(), ROWS.len());
    }

    #[test]
    fn plain_statements_about_oneself_are_noticed() {
        for (text, note) in [
            ("Call me Captain", "wish/name: wants to be called Captain"),
            ("hey, my name is Jo Marsh.", "fact/name: is called Jo Marsh"),
            ("I have a grey cat called Miso!", "fact/grey cat: has a grey cat called Miso"),
            ("hey Mira, I have a cat named Miso", "fact/cat: has a cat called Miso"),
            ("Mira, my dog is called Rex", "fact/dog: has a dog called Rex"),
            ("My sister is called Ines", "fact/sister: has a sister called Ines"),
            ("I live in Porto because of the sea", "fact/home: lives in Porto"),
            ("i'm from the north", "fact/origin: is from the north"),
            ("I work as a night nurse", "fact/job: works as a night nurse"),
            ("I'm a chemistry teacher", "fact/job: is a chemistry teacher"),
            ("My birthday is on the 3rd of May", "fact/birthday: has their birthday on the 3rd of May"),
            ("I'm allergic to peanuts", "fact/allergy: is allergic to peanuts"),
            ("my favorite colour is teal", "preference/favourite colour: their favourite colour is teal"),
            ("I really love rainy mornings", "interest/likes: loves rainy mornings"),
            ("I can't stand coriander", "preference/dislikes: dislikes coriander"),
        ] {
            assert_eq!(noticed(text), [note], "{text}");
        }
        assert_eq!(noticed("I live in Oslo. I love skiing!").len(), 2);
        for (text, note) in [
            ("I quit the night shift, I work as a postwoman now", "fact/job: works as a postwoman"),
            (
                "My favourite soup is tomato now, don't ask",
                "preference/favourite soup: their favourite soup is tomato",
            ),
            ("short news: I live in Vell again, the stairs were too much", "fact/home: lives in Vell"),
        ] {
            assert_eq!(noticed(text), [note], "{text}");
        }
    }

    #[test]
    fn questions_quotations_others_and_pointers_are_not() {
        for text in [
            "do I live in Porto?",
            "> I live in Porto",
            "she said \"I live in Porto\"",
            "he lives in Porto",
            "I love it",
            "I would love pizza",
            "if I live in Porto one day",
            "call me later",
            "my dog is tired",
            "call him Captain",
            "as she said, I live in Porto",
            "if all goes well, I live in Porto",
            "oh sure, I love polishing lenses at four in the morning",
        ] {
            assert_eq!(noticed(text), Vec::<String>::new(), "{text}");
        }
    }
}
