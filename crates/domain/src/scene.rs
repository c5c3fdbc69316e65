//! What attention and prompt see of a channel: plain data, filled by the caller from the store.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{CharacterId, MessageId, Timestamp, Untrusted, UserId, character::Character, event::Identity};

/// A channel at the moment of a decision.
#[derive(Clone, Debug)]
pub struct Scene<'a> {
    /// Who the bot is.
    pub identity: Identity,
    /// The channel's characters in order.
    pub cast: &'a [Arc<Character>],
    /// What was said before the message in question, oldest first.
    pub history: &'a [Line],
    /// Whose message the message in question replies to, known from our receipts.
    pub reply_target: Option<CharacterId>,
    /// Which character spoke last here.
    pub last_speaker: Option<CharacterId>,
    /// Whom `/chat` named.
    pub addressed: Option<CharacterId>,
    /// The time of the decision.
    pub now: Timestamp,
}

impl Scene<'_> {
    /// A member of the cast by id.
    pub fn member(&self, id: &CharacterId) -> Option<&Arc<Character>> {
        self.cast.iter().find(|character| character.id == *id)
    }
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// By whom.
    pub who: Speaker,
    /// What.
    pub text: Untrusted,
    /// Discord's id of it, where there is one.
    pub message: Option<MessageId>,
    /// When.
    pub at: Timestamp,
}

/// Who said something: told by ids, never by names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Speaker {
    /// A person.
    Person {
        /// The person's id.
        id: UserId,
        /// The name shown at the time.
        name: Untrusted,
    },
    /// One of our characters.
    Character(CharacterId),
    /// Another program's bot or webhook.
    OtherBot {
        /// Its user id or webhook id.
        id: UserId,
        /// The name shown at the time.
        name: Untrusted,
    },
}
