//! Asking back: what people mention of their doings, and when a character may ask about it.
//!
//! A follow-up is a direction for the model, not a text. The person's own words are not in the direction: they stand
//! in the conversation already, where they are fenced.

use std::{collections::VecDeque, time::Duration};

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::{
    lexicon::{Reading, Token},
    once::push,
    share::Share,
};
use crate::{MessageId, Timestamp, Untrusted, UserId, character::Character};

/// Time between two questions in a channel.
const COOL_DOWN: Duration = Duration::from_mins(5);
/// In this time…
const WINDOW: Duration = Duration::from_mins(15);
/// …at most so many questions.
const IN_WINDOW: usize = 3;
/// What was asked about before is not asked about again.
const ASKED: usize = 20;
/// Mentions that wait for a question.
const WAITING: usize = 8;
/// Mentions that one message can add.
const PER_MESSAGE: usize = 3;
/// A mention older than this is no longer asked about.
const STALE: Duration = Duration::from_hours(1);
/// Words of a mention.
const WORDS: usize = 4;
/// Characters of one of them.
const WORD_CHARS: usize = 24;

/// How readily a character asks back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CuriosityLevel {
    /// One time in ten.
    Low,
    /// Three in ten.
    #[default]
    Medium,
    /// Six in ten.
    High,
    /// Eight in ten.
    Maximum,
}

impl CuriosityLevel {
    /// The level of that name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name.trim() {
            "low" => Self::Low,
            "medium" => Self::Medium,
            "high" => Self::High,
            "maximum" => Self::Maximum,
            _ => return None,
        })
    }

    /// The chance of a question, given that there is something to ask about.
    pub const fn chance(self) -> Share {
        Share::percent(match self {
            Self::Low => 10,
            Self::Medium => 30,
            Self::High => 60,
            Self::Maximum => 80,
        })
    }
}

/// What somebody said about their doings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wonder {
    /// They got something.
    Got,
    /// They finished something.
    Finished,
    /// They began something.
    Started,
    /// They intend something.
    Plans,
    /// They work on something.
    WorksOn,
    /// They play something.
    Plays,
    /// They watch something.
    Watches,
    /// They read something.
    Reads,
}

impl Wonder {
    const fn about(self) -> &'static str {
        match self {
            Self::Got => "what they just got",
            Self::Finished => "what they just finished",
            Self::Started => "what they just started",
            Self::Plans => "what they are planning",
            Self::WorksOn => "what they are working on",
            Self::Plays => "what they are playing",
            Self::Watches => "what they are watching",
            Self::Reads => "what they are reading",
        }
    }
}

/// Something that could be asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUp {
    /// What kind of doing.
    pub kind: Wonder,
    /// The person's words for it: at most four, in lower case, words only. Escape or fence them nevertheless.
    pub topic: Untrusted,
    /// Who said it.
    pub person: UserId,
    /// Where.
    pub message: MessageId,
    /// When.
    pub at: Timestamp,
}

impl FollowUp {
    /// What the character is told: in our words only.
    pub fn direction(&self) -> String {
        format!(
            "If it fits, end with one short question (under 15 words) about {} that shows you listened. Ask only one.",
            self.kind.about()
        )
    }
}

/// What a channel's characters may ask about, and what they asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Curiosity {
    waiting: VecDeque<FollowUp>,
    asked: VecDeque<Untrusted>,
    times: VecDeque<Timestamp>,
}

impl Curiosity {
    pub(super) fn hear(&mut self, reading: &Reading, person: UserId, message: MessageId, at: Timestamp) {
        self.waiting.retain(|known| at.since(known.at) <= STALE);
        for (kind, topic) in mentions(reading).into_iter().take(PER_MESSAGE) {
            let topic = Untrusted::new(topic);
            if !self.asked.contains(&topic) {
                self.waiting.retain(|known| known.topic != topic);
                push(&mut self.waiting, FollowUp { kind, topic, person, message, at }, WAITING);
            }
        }
    }

    /// What `character` would ask about now: the newest of what the person it answers said, or anybody's.
    pub(super) fn wonder(
        &self,
        character: &Character,
        person: Option<UserId>,
        now: Timestamp,
        dice: &mut Rng,
    ) -> Option<&FollowUp> {
        let lately = self.times.iter().filter(|time| now.since(**time) < WINDOW).count();
        let cooling = self.times.iter().any(|time| now.since(*time) < COOL_DOWN);
        if lately >= IN_WINDOW || cooling {
            return None;
        }
        let fresh = |known: &&FollowUp| {
            now.since(known.at) <= STALE && person.is_none_or(|person| known.person == person)
        };
        let about = self.waiting.iter().rev().find(fresh)?;
        (dice.f64() < character.manner.curiosity.chance().get()).then_some(about)
    }

    pub(super) fn asked(&mut self, about: &FollowUp, at: Timestamp) {
        self.waiting.retain(|known| known.topic != about.topic);
        if !self.asked.contains(&about.topic) {
            push(&mut self.asked, about.topic.clone(), ASKED);
        }
        push(&mut self.times, at, IN_WINDOW);
    }

    pub(super) fn forget_person(&mut self, person: UserId) {
        self.waiting.retain(|known| known.person != person);
    }

    pub(super) fn forget_messages(&mut self, messages: &[MessageId]) {
        self.waiting.retain(|known| !messages.contains(&known.message));
    }
}

/// How somebody begins to tell of their doings, and whether it counts only when said of oneself.
const OPENINGS: &[(Wonder, bool, &[&str])] = &[
    (Wonder::Got, false, &["just", "got"]),
    (Wonder::Got, false, &["just", "bought"]),
    (Wonder::Got, false, &["finally", "got"]),
    (Wonder::Finished, false, &["just", "finished"]),
    (Wonder::Finished, false, &["finally", "finished"]),
    (Wonder::Started, false, &["just", "started"]),
    (Wonder::Plans, true, &["thinking", "about"]),
    (Wonder::Plans, true, &["thinking", "of"]),
    (Wonder::Plans, true, &["planning", "to"]),
    (Wonder::Plans, true, &["planning"]),
    (Wonder::Plans, true, &["going", "to"]),
    (Wonder::Plans, true, &["gonna"]),
    (Wonder::Plans, true, &["might"]),
    (Wonder::WorksOn, true, &["working", "on"]),
    (Wonder::Plays, true, &["playing"]),
    (Wonder::Watches, true, &["watching"]),
    (Wonder::Reads, true, &["reading"]),
    (Wonder::Plans, true, &["plane"]),
    (Wonder::Plans, true, &["planen"]),
    (Wonder::Plans, true, &["überlege"]),
    (Wonder::WorksOn, true, &["arbeite", "an"]),
    (Wonder::WorksOn, true, &["arbeite", "gerade", "an"]),
    (Wonder::WorksOn, true, &["bastle", "an"]),
    (Wonder::WorksOn, true, &["baue"]),
    (Wonder::Plays, true, &["spiele"]),
    (Wonder::Plays, true, &["spielen"]),
    (Wonder::Watches, true, &["schaue"]),
    (Wonder::Watches, true, &["gucke"]),
    (Wonder::Reads, true, &["lese"]),
];

/// Words before an opening that make it the writer's own.
const OF_ONESELF: &[&[&str]] = &[
    &["i'm"],
    &["im"],
    &["i", "am"],
    &["i"],
    &["we're"],
    &["we", "are"],
    &["we"],
    &["been"],
    &["currently"],
    &["just"],
    &["was"],
    &["ich"],
    &["wir"],
];

/// German puts the doing at the end: "ich habe mir ein Fahrrad gekauft".
const CLOSINGS: &[(&str, Wonder)] = &[
    ("gekauft", Wonder::Got),
    ("bekommen", Wonder::Got),
    ("besorgt", Wonder::Got),
    ("angefangen", Wonder::Started),
    ("begonnen", Wonder::Started),
    ("fertiggestellt", Wonder::Finished),
    ("durchgespielt", Wonder::Finished),
    ("abgeschlossen", Wonder::Finished),
    ("durchgelesen", Wonder::Finished),
];

/// Words that stand before what is meant.
const FILLERS: &[&str] = &[
    "lot", "lots", "of", "a", "an", "the", "my", "our", "some", "this", "that", "new", "to", "through",
    "with", "for", "again", "gerade", "heute", "endlich", "eben", "jetzt", "mir", "uns", "ich", "wir", "ein",
    "eine", "einen", "einem", "einer", "der", "die", "das", "den", "dem", "mein", "meine", "meinen",
    "meinem", "unser", "unsere", "neues", "neue", "neuen", "auch", "mal", "wieder", "schon",
];

/// Words that end it.
const ENDS: &[&str] = &[
    "be", "and", "but", "because", "so", "which", "who", "when", "while", "or", "it's", "its", "is", "was",
    "i", "you", "lol", "right", "now", "today", "tonight", "tomorrow", "und", "aber", "weil", "oder", "wenn",
    "als", "ist", "war", "du", "zu", "nach",
];

/// Words that are nothing by themselves.
const EMPTY: &[&str] = &[
    "something",
    "nothing",
    "stuff",
    "things",
    "thing",
    "them",
    "etwas",
    "nichts",
    "sachen",
    "around",
    "this",
    "what",
];

fn mentions(reading: &Reading) -> Vec<(Wonder, String)> {
    let mut found: Vec<(Wonder, String)> = Vec::new();
    let tokens = &reading.tokens;
    let mut at = 0;
    while at < tokens.len() {
        let opening = OPENINGS
            .iter()
            .filter(|(_, own, words)| reading.follows(at, words) && (!own || of_oneself(tokens, at)))
            .max_by_key(|(.., words)| words.len());
        let told = match opening {
            Some((kind, _, words)) => topic(&tokens[at + words.len()..]).map(|topic| (*kind, topic)),
            None => closing(tokens, at),
        };
        if let Some(told) = told.filter(|told| !found.iter().any(|known| known.1 == told.1)) {
            found.push(told);
        }
        at += opening.map_or(1, |(.., words)| words.len());
    }
    found
}

/// Whether the writer speaks of themselves, or begins with the doing: "playing chess tonight".
fn of_oneself(tokens: &[Token], at: usize) -> bool {
    let before = &tokens[..at];
    before.last().is_none_or(|last| !last.word)
        || OF_ONESELF.iter().any(|words| {
            let here = before.len().checked_sub(words.len()).map(|start| &before[start..]);
            here.is_some_and(|here| here.iter().zip(*words).all(|(token, word)| token.text == *word))
        })
}

fn topic(rest: &[Token]) -> Option<String> {
    let is = |list: &[&str], token: &Token| list.contains(&token.text.as_str());
    let words: Vec<&str> = rest
        .iter()
        .skip_while(|token| token.word && is(FILLERS, token))
        .take_while(|token| token.word && !is(ENDS, token))
        .take(WORDS)
        .map(|token| token.text.as_str())
        .collect();
    told(&words)
}

fn told(words: &[&str]) -> Option<String> {
    let cut = |word: &&str| word.chars().take(WORD_CHARS).collect::<String>();
    let topic = words.iter().map(cut).collect::<Vec<_>>().join(" ");
    let empty = words.iter().all(|word| EMPTY.contains(word));
    (topic.chars().count() > 3 && !empty).then_some(topic)
}

/// "habe … gekauft" with what stands between.
fn closing(tokens: &[Token], at: usize) -> Option<(Wonder, String)> {
    if !matches!(tokens[at].text.as_str(), "habe" | "hab" | "haben") {
        return None;
    }
    let clause: Vec<&Token> = tokens[at + 1..].iter().take_while(|token| token.word).take(10).collect();
    let end = clause.iter().position(|token| CLOSINGS.iter().any(|(word, _)| token.text == *word))?;
    let kind = CLOSINGS.iter().find(|(word, _)| clause[end].text == *word)?.1;
    let own = tokens[..at].last().is_some_and(|before| matches!(before.text.as_str(), "ich" | "wir"))
        || clause.first().is_some_and(|first| matches!(first.text.as_str(), "ich" | "wir"))
        || tokens[..at].last().is_none_or(|before| !before.word);
    let words: Vec<&str> = clause[..end]
        .iter()
        .map(|token| token.text.as_str())
        .skip_while(|word| FILLERS.contains(word))
        .take(WORDS)
        .collect();
    if own { Some((kind, told(&words)?)) } else { None }
}
