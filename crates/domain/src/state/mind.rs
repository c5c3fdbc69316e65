//! One channel's state, and the two ways in which it changes.

use std::collections::{BTreeMap, VecDeque};

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::{
    activity::{Activity, LocalHour, Rhythm},
    contagion::{Air, Contagion},
    contexts::{Blend, Contexts},
    curiosity::{Curiosity, FollowUp},
    lexicon::Reading,
    mood::{self, Feeling, Mood},
    once::{Once, push},
    topics::{Topic, Topics},
    verbosity::{self, Verbosity},
};
use crate::{CharacterId, MessageId, Timestamp, UserId, character::Character, limits};

/// Characters whose moods a channel keeps; of more, those go whom nothing moved for the longest time.
const CHARACTERS: usize = 32;
/// Messages whose length is remembered.
const LENGTHS: usize = 5;

/// What a person wrote in a channel.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    /// The message's id: of each message only the first telling counts, and nothing older than the newest one.
    pub message: MessageId,
    /// Who wrote it. Bots are not heard; characters' own words are told with [`Mind::spoke`].
    pub person: UserId,
    /// What it says.
    pub text: &'a str,
    /// When it was sent.
    pub at: Timestamp,
    /// The hour that was, where these people live.
    pub hour: LocalHour,
    /// The characters that it was said to. It moves them most.
    pub to: &'a [CharacterId],
}

/// A character gave an answer.
#[derive(Clone, Copy, Debug)]
pub struct Spoke<'a> {
    /// The turn's number; of each turn only the first telling counts.
    pub turn: u64,
    /// Who spoke.
    pub character: &'a CharacterId,
    /// When.
    pub at: Timestamp,
    /// What it was told to ask about.
    pub asked: Option<&'a FollowUp>,
}

/// A character in a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Present {
    mood: Mood,
    spoke_at: Option<Timestamp>,
    /// When it was spoken to or spoke.
    touched: Timestamp,
}

/// The state of one channel. The default is a channel of which nothing is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mind {
    seen: Option<MessageId>,
    turns: Once,
    characters: BTreeMap<CharacterId, Present>,
    contagion: Contagion,
    topics: Topics,
    curiosity: Curiosity,
    contexts: Contexts,
    lengths: VecDeque<u16>,
    activity: Activity,
}

impl Mind {
    /// Takes in a person's message. Whether it was new: one that was heard before, or that is older than one that was,
    /// changes nothing.
    pub fn hear(&mut self, heard: &Heard<'_>) -> bool {
        if self.seen.is_some_and(|seen| heard.message <= seen) {
            return false;
        }
        self.seen = Some(heard.message);
        let reading = Reading::of(cut(heard.text));
        let silence = self.activity.last().map(|last| heard.at.since(last));
        let pull = mood::pull(&reading, silence);
        for id in heard.to.iter().take(limits::CHARACTERS.min(CHARACTERS)) {
            self.present(id, heard.at);
        }
        for (id, present) in &mut self.characters {
            present.mood.moved(pull, heard.to.contains(id), heard.at);
        }
        self.contagion.hear(heard.person, reading.sentiment(), heard.at);
        self.topics.hear(&reading, heard.at);
        self.curiosity.hear(&reading, heard.person, heard.message, heard.at);
        self.contexts.hear(&reading, heard.at);
        push(&mut self.lengths, u16::try_from(reading.chars).unwrap_or(u16::MAX), LENGTHS);
        self.activity.hear(heard.at, heard.hour);
        true
    }

    /// Takes in that a character spoke. Whether that was new.
    pub fn spoke(&mut self, spoke: &Spoke<'_>) -> bool {
        if !self.turns.first(spoke.turn) {
            return false;
        }
        let present = self.present(spoke.character, spoke.at);
        present.spoke_at = present.spoke_at.max(Some(spoke.at));
        if let Some(about) = spoke.asked {
            self.curiosity.asked(about, spoke.at);
        }
        true
    }

    /// A character's entry, made if need be.
    fn present(&mut self, id: &CharacterId, at: Timestamp) -> &mut Present {
        while self.characters.len() >= CHARACTERS && !self.characters.contains_key(id) {
            let stalest = self.characters.iter().min_by_key(|(_, present)| present.touched);
            let Some(stalest) = stalest.map(|(id, _)| id.clone()) else { break };
            self.characters.remove(&stalest);
        }
        let present = self.characters.entry(id.clone()).or_default();
        present.touched = present.touched.max(at);
        present
    }

    /// A character's mood.
    pub fn mood(&self, character: &CharacterId, now: Timestamp) -> Feeling {
        self.characters.get(character).map_or_else(Feeling::default, |present| present.mood.at(now))
    }

    /// When a character spoke last here.
    pub fn spoke_at(&self, character: &CharacterId) -> Option<Timestamp> {
        self.characters.get(character)?.spoke_at
    }

    /// The air of the channel.
    pub fn air(&self, now: Timestamp) -> Air {
        self.contagion.air(now)
    }

    /// What the channel has been talking about in the last hour, the newest first.
    pub fn topics(&self, now: Timestamp) -> Vec<Topic> {
        self.topics.current(now)
    }

    /// The kind of answer that fits a text; `None` when there is no text to go by.
    pub fn verbosity(&self, text: &str) -> Option<Verbosity> {
        let reading = Reading::of(cut(text));
        let usual = verbosity::usual(self.lengths.iter().map(|length| usize::from(*length)));
        (!reading.is_empty()).then(|| Verbosity::of(&reading, usual))
    }

    /// A character's framework, adapted to the conversation.
    pub fn blend(&self, character: &Character, now: Timestamp) -> Blend {
        Blend::of(character, &self.contexts, now)
    }

    /// What `character` would ask about now, if anything: of what `person` said, or anybody. Tell [`Mind::spoke`] once
    /// it was asked.
    pub fn wonder(
        &self,
        character: &Character,
        person: Option<UserId>,
        now: Timestamp,
        dice: &mut Rng,
    ) -> Option<FollowUp> {
        self.curiosity.wonder(character, person, now, dice).cloned()
    }

    /// When people write here.
    pub fn activity(&self) -> &Activity {
        &self.activity
    }

    /// What the channel's habits mean for speaking unasked now.
    pub fn rhythm(&self, now: Timestamp, hour: LocalHour) -> Rhythm {
        self.activity.rhythm(now, hour)
    }

    /// The newest message that was heard.
    pub fn seen(&self) -> Option<MessageId> {
        self.seen
    }

    /// Forgets what a person said; their share in counts without names stays.
    pub fn forget_person(&mut self, person: UserId) {
        self.contagion.forget(person);
        self.curiosity.forget_person(person);
    }

    /// Forgets the words of messages that are gone.
    pub fn forget_messages(&mut self, messages: &[MessageId]) {
        self.curiosity.forget_messages(messages);
    }
}

/// What of a text is read.
fn cut(text: &str) -> &str {
    text.char_indices().nth(limits::INCOMING_CHARS).map_or(text, |(at, _)| &text[..at])
}
