//! What is talked about: seventeen subjects, found by whole words in several languages.

use std::{collections::VecDeque, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    lexicon::{self, Marks, Reading},
    once::push,
};
use crate::{Timestamp, character::Character};

/// Subjects that are remembered per channel.
const RECENT: usize = 10;
/// How long a channel is still about something.
const CURRENT: Duration = Duration::from_hours(1);

/// A subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Topic {
    Gaming,
    Technology,
    Movies,
    Music,
    Sports,
    Food,
    Travel,
    Work,
    School,
    Health,
    Relationships,
    Money,
    Weather,
    Pets,
    Books,
    Politics,
    Religion,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Gaming,
        Self::Technology,
        Self::Movies,
        Self::Music,
        Self::Sports,
        Self::Food,
        Self::Travel,
        Self::Work,
        Self::School,
        Self::Health,
        Self::Relationships,
        Self::Money,
        Self::Weather,
        Self::Pets,
        Self::Books,
        Self::Politics,
        Self::Religion,
    ];

    /// Its name in a sentence.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gaming => "games",
            Self::Technology => "technology",
            Self::Movies => "films and series",
            Self::Music => "music",
            Self::Sports => "sports",
            Self::Food => "food",
            Self::Travel => "travel",
            Self::Work => "work",
            Self::School => "school and studies",
            Self::Health => "health",
            Self::Relationships => "friends and family",
            Self::Money => "money",
            Self::Weather => "the weather",
            Self::Pets => "animals",
            Self::Books => "books",
            Self::Politics => "politics",
            Self::Religion => "religion",
        }
    }

    /// Its list in the lexicon.
    pub(super) const fn mark(self) -> Marks {
        Marks::subject(self as usize)
    }
}

/// The subjects of a text, in the order of [`Topic::ALL`].
pub fn topics_in(text: &str) -> Vec<Topic> {
    topics_of(&Reading::of(text))
}

pub(super) fn topics_of(reading: &Reading) -> Vec<Topic> {
    Topic::ALL.into_iter().filter(|topic| reading.has(topic.mark())).collect()
}

/// A text, read once and then asked by several characters whether it is about what they care for.
#[derive(Clone, Debug)]
pub struct Words(Reading);

impl Words {
    /// Reads a text.
    pub fn of(text: &str) -> Self {
        Self(Reading::of(text))
    }

    /// How many of a character's topics the text touches.
    pub fn interests(&self, character: &Character) -> usize {
        self.touch(&character.topics)
    }

    /// How many of these words and phrases the text touches: each that stands in it, and one for each further subject
    /// that the two share. Seven words for computers do not make one sentence about computers seven matches.
    pub fn touch(&self, phrases: &[String]) -> usize {
        touched(phrases, &self.0)
    }
}

pub(super) fn touched(phrases: &[String], reading: &Reading) -> usize {
    let topics = topics_of(reading);
    if topics.is_empty() {
        return phrases.iter().filter(|phrase| reading.says(phrase)).count();
    }
    let mut about = Marks::NONE;
    for topic in topics {
        about |= topic.mark();
    }
    let (mut said, mut of_said, mut shared) = (0, Marks::NONE, Marks::NONE);
    for phrase in phrases {
        let subjects = lexicon::marks_of(phrase).both(about);
        if reading.says(phrase) {
            said += 1;
            of_said |= subjects;
        } else {
            shared |= subjects;
        }
    }
    said + shared.without(of_said).len()
}

/// Whether a text touches something that the character avoids: unasked, it stays out of that.
pub fn stays_out(character: &Character, text: &str) -> bool {
    // Most avoid nothing, and a text is not read for them.
    !character.manner.avoids.is_empty() && avoids(character, &Reading::of(text))
}

fn avoids(character: &Character, reading: &Reading) -> bool {
    touched(&character.manner.avoids, reading) > 0
}

/// A subject that came up in a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct CameUp {
    topic: Topic,
    at: Timestamp,
}

/// What a channel has been talking about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Topics(VecDeque<CameUp>);

impl Topics {
    pub(super) fn hear(&mut self, reading: &Reading, at: Timestamp) {
        for topic in topics_of(reading) {
            self.0.retain(|known| known.topic != topic);
            push(&mut self.0, CameUp { topic, at }, RECENT);
        }
    }

    /// The newest first.
    pub(super) fn current(&self, now: Timestamp) -> Vec<Topic> {
        self.0.iter().rev().filter(|known| now.since(known.at) <= CURRENT).map(|known| known.topic).collect()
    }
}
