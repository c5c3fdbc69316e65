//! A character: what the program needs of a Character Card, checked and in our own words.
//!
//! [`crate::card`] reads the files; the specifications are Character Card V2 (malfoyslastname) and V3 (kwaroran).

use serde::{Deserialize, Serialize};

use crate::{CharacterId, chat::Sampling};

pub use crate::{
    lore::{LoreEntry, LorePosition, Lorebook},
    state::Manner,
};

/// Somebody of the cast.
///
/// The texts may hold the macros `{{char}}` and `{{user}}`; they are replaced when a prompt is assembled.
#[derive(Clone, Debug, PartialEq)]
pub struct Character {
    /// The stable id.
    pub id: CharacterId,
    /// The name shown: 1–80 characters.
    pub name: String,
    /// What others call the character, where that differs from the name (V3); replaces `{{char}}`.
    pub nickname: Option<String>,
    /// Further names that the character listens to.
    pub aliases: Vec<String>,
    /// Who it is.
    pub description: String,
    /// Its manner.
    pub personality: String,
    /// Where and when it is.
    pub scenario: String,
    /// How it opens a conversation.
    pub first_mes: String,
    /// Example dialogues, each after a line `<START>`.
    pub mes_example: String,
    /// Instructions that replace our default ones; may hold `{{original}}`.
    pub system_prompt: String,
    /// Instructions that stand after the history; may hold `{{original}}`.
    pub post_history_instructions: String,
    /// Tags for galleries; never in a prompt.
    pub tags: Vec<String>,
    /// The author's notes for people; never in a prompt.
    pub creator_notes: String,
    /// One line for galleries.
    pub tagline: String,
    /// `0xRRGGBB` for panels.
    pub color: Option<u32>,
    /// What it likes to talk about.
    pub topics: Vec<String>,
    /// The set of rules that shapes its answers, by name.
    pub framework: Option<String>,
    /// Hints for a voice, as the card has them.
    pub voice: Option<serde_json::Map<String, serde_json::Value>>,
    /// Emoji it reacts with.
    pub reaction_emoji: Vec<String>,
    /// Its own sampling; what is absent comes from the model's profile.
    pub sampling: Sampling,
    /// The short form for small models.
    pub small: SmallProfile,
    /// Whether it may speak in age-restricted channels only.
    pub age_restricted: bool,
    /// Games, music and the like that it cares for, beside its topics.
    pub activities: Vec<String>,
    /// What it knows and remembers only when it comes up.
    pub book: Option<Lorebook>,
    /// How its state behaves.
    pub manner: Manner,
}

impl Character {
    /// What others call the character: the nickname, else the name.
    pub fn called(&self) -> &str {
        self.nickname.as_deref().unwrap_or(&self.name)
    }

    /// Everything the character listens to: name, nickname, aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str())
            .chain(self.nickname.as_deref())
            .chain(self.aliases.iter().map(String::as_str))
    }
}

/// A character in a few words, for models that lose the thread in a long prompt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SmallProfile {
    /// Two or three sentences.
    pub description: String,
    /// A few lines of dialogue that show the tone.
    pub lines: Vec<ExampleLine>,
}

/// Something that was said and how the character answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExampleLine {
    /// What somebody says.
    pub user: String,
    /// What the character answers.
    pub char: String,
}
