//! How a character grows with a guild: milestones whose unlocks reach the prompt.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{
    manner::Stage,
    once::{Once, push},
    topics::{Topic, topics_in},
};
use crate::{Timestamp, UserId, character::Character};

/// People that are told apart; of more, the one goes who was not there for the longest time.
const PEOPLE: usize = 256;
/// Conversations that are followed at the same time.
const RUNS: usize = 32;
/// A pause that ends a conversation.
const PAUSE: Duration = Duration::from_mins(15);
/// The exchange from which on a conversation is one of some depth.
const DEEP: u32 = 3;
/// Sentences of a kind in a prompt.
const SENTENCES: usize = 2;

/// How long a character has been around.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Fewer than 50 answers.
    #[default]
    New,
    /// From 50.
    Acquainted,
    /// From 100.
    Familiar,
    /// From 500.
    Experienced,
    /// From 1,000.
    Veteran,
    /// From 5,000.
    Legendary,
}

impl Level {
    /// All of them, ascending.
    pub const ALL: [Self; 6] =
        [Self::New, Self::Acquainted, Self::Familiar, Self::Experienced, Self::Veteran, Self::Legendary];

    /// The answers from which on it is reached.
    pub const fn from(self) -> u64 {
        match self {
            Self::New => 0,
            Self::Acquainted => 50,
            Self::Familiar => 100,
            Self::Experienced => 500,
            Self::Veteran => 1_000,
            Self::Legendary => 5_000,
        }
    }

    /// The level of so many answers.
    pub fn of(answers: u64) -> Self {
        Self::ALL.into_iter().rev().find(|level| level.from() <= answers).unwrap_or_default()
    }

    const fn tone(self) -> Option<&'static str> {
        match self {
            Self::New => None,
            Self::Acquainted => {
                Some("You are getting to know this place; you are a little less formal than at first.")
            }
            Self::Familiar => Some("You know the people here; you talk to them casually."),
            Self::Experienced => Some("You are at home here; you banter with people at ease."),
            Self::Veteran => {
                Some("You have been here for a long time; you say what you think, as among friends.")
            }
            Self::Legendary => Some("You are part of what this place is; people and you go back a long way."),
        }
    }

    const fn quirks(self) -> &'static [&'static str] {
        match self {
            Self::New => &[],
            Self::Acquainted => &["You come back to what somebody told you before, if it is in sight."],
            Self::Familiar => &[
                "You pick up earlier remarks as call-backs.",
                "You go by what people here like, where you know it.",
            ],
            Self::Experienced => &[
                "You keep running jokes alive when somebody gives the cue.",
                "You tease people kindly, those who tease back.",
            ],
            Self::Veteran => &[
                "You use the words that people here use among themselves.",
                "You guess what somebody will say next, and say so.",
            ],
            Self::Legendary => &[
                "You sometimes tell newcomers how things are done here.",
                "You may smile at your own habits.",
            ],
        }
    }

    /// What comes before the topics.
    const fn knowledge(self) -> Option<&'static str> {
        match self {
            Self::New | Self::Acquainted => None,
            Self::Familiar => Some("You have talked a lot here about"),
            Self::Experienced => Some("You can go into detail, and draw lines between things, about"),
            Self::Veteran => Some("People here take you for somebody who knows about"),
            Self::Legendary => Some("You have thought longer than most about"),
        }
    }
}

/// A character answered somebody.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// The turn's number; of each turn only the first telling counts.
    pub turn: u64,
    /// Whom; nobody when it spoke unasked or to another character.
    pub person: Option<UserId>,
    /// What was answered.
    pub text: &'a str,
    /// When.
    pub at: Timestamp,
}

/// A conversation with a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Run {
    person: UserId,
    exchanges: u32,
    last: Timestamp,
}

/// One character's life in one guild.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Growth {
    answers: u64,
    people: VecDeque<UserId>,
    topics: BTreeMap<Topic, u32>,
    runs: VecDeque<Run>,
    deep: u64,
    longest: u32,
    turns: Once,
}

impl Growth {
    /// Takes in an answer. Whether it was new.
    pub fn answered(&mut self, exchange: &Exchange<'_>) -> bool {
        if !self.turns.first(exchange.turn) {
            return false;
        }
        self.answers = self.answers.saturating_add(1);
        for topic in topics_in(exchange.text) {
            let count = self.topics.entry(topic).or_default();
            *count = count.saturating_add(1);
        }
        if let Some(person) = exchange.person {
            self.people.retain(|known| *known != person);
            push(&mut self.people, person, PEOPLE);
            self.talked(person, exchange.at);
        }
        true
    }

    fn talked(&mut self, person: UserId, at: Timestamp) {
        let known = self.runs.iter().position(|run| run.person == person);
        let before = known.and_then(|index| self.runs.remove(index));
        let before = before.filter(|run| at.since(run.last) <= PAUSE);
        let exchanges = before.map_or(0, |run| run.exchanges).saturating_add(1);
        push(&mut self.runs, Run { person, exchanges, last: at }, RUNS);
        self.longest = self.longest.max(exchanges);
        if exchanges >= DEEP {
            self.deep = self.deep.saturating_add(1);
        }
    }

    /// Answers in all.
    pub fn answers(&self) -> u64 {
        self.answers
    }

    /// Different people, up to 256.
    pub fn people(&self) -> usize {
        self.people.len()
    }

    /// Exchanges that were at least the third of a conversation.
    pub fn deep(&self) -> u64 {
        self.deep
    }

    /// The exchanges of the longest conversation.
    pub fn longest(&self) -> u32 {
        self.longest
    }

    /// The level.
    pub fn level(&self) -> Level {
        Level::of(self.answers)
    }

    /// The answers at which the next level is reached.
    pub fn next(&self) -> Option<u64> {
        Level::ALL.into_iter().map(Level::from).find(|from| *from > self.answers)
    }

    /// What it was asked about most, at most three.
    pub fn favourites(&self) -> Vec<Topic> {
        let mut topics: Vec<_> = self.topics.iter().collect();
        topics.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
        topics.into_iter().take(3).map(|(topic, _)| *topic).collect()
    }

    /// Forgets a person; the counts stay.
    pub fn forget_person(&mut self, person: UserId) {
        self.people.retain(|known| *known != person);
        self.runs.retain(|run| run.person != person);
    }

    /// What the character has become, in a few sentences: the card's own stages, or ours.
    pub(super) fn sentences(&self, character: &Character) -> Vec<String> {
        let stages: Vec<&Stage> =
            character.manner.stages.iter().filter(|stage| stage.at <= self.answers).collect();
        if !character.manner.stages.is_empty() {
            let spoken =
                |text: String| text.replace("{{char}}", character.called()).replace("{{user}}", "people");
            return own(&stages).into_iter().map(spoken).collect();
        }
        let level = self.level();
        let mut sentences: Vec<String> = level.tone().map(str::to_owned).into_iter().collect();
        sentences.extend(level.quirks().iter().take(SENTENCES).map(|quirk| (*quirk).to_owned()));
        let about: Vec<_> = self.favourites().into_iter().map(Topic::name).collect();
        if let Some(knows) = level.knowledge().filter(|_| !about.is_empty()) {
            sentences.push(format!("{knows} {}.", about.join(", ")));
        }
        sentences
    }
}

/// The newest tone, the newest quirks, the newest knowledge of the stages that are reached.
fn own(stages: &[&Stage]) -> Vec<String> {
    let newest = |texts: fn(&Stage) -> &[String]| {
        let last = stages.iter().rev().map(|stage| texts(stage)).find(|texts| !texts.is_empty());
        last.unwrap_or_default().iter().take(SENTENCES).cloned()
    };
    let tone = stages.iter().rev().find(|stage| !stage.tone.is_empty()).map(|stage| stage.tone.clone());
    let quirks = newest(|stage| &stage.quirks);
    let knowledge = newest(|stage| &stage.knowledge);
    tone.into_iter().chain(quirks).chain(knowledge).collect()
}
