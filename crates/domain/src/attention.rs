//! Who answers a message, and why: one table of reasons to stay silent, one of reasons to speak.
//!
//! Pure: the same message, scene and dice give the same verdict.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{CharacterId, event::Message, scene::Scene};

mod gates;
mod reasons;

/// Nobody, or who answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Nobody answers.
    Silent {
        /// Why not.
        gate: Gate,
    },
    /// A character of the channel's cast answers.
    Answer {
        /// Who.
        character: CharacterId,
        /// Why.
        reason: Reason,
    },
}

/// Why nobody answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// Written by the bot's own account.
    OwnAccount,
    /// Written through one of our webhooks, that is, by one of our characters.
    OwnWebhook,
    /// Written by another bot.
    ForeignBot,
    /// Written through somebody else's webhook.
    ForeignWebhook,
    /// Written by Discord.
    System,
    /// Neither text nor file.
    Empty,
    /// The writer asked not to be heard.
    IgnoreTag,
    /// Nobody of the cast is meant.
    NotAddressed,
}

/// Why a character answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// `/chat` named it.
    Addressed,
    /// The message replies to something it said.
    Reply,
    /// Its name or an alias stands in the text.
    Named,
    /// The bot is mentioned and this character spoke last or is the channel's host.
    Mention,
    /// A direct message.
    Direct,
    /// The person who was just answered goes on, and nobody spoke in between.
    FollowUp,
}

/// Decides who answers `message`.
///
/// The dice decide only between characters who share the very name that was called.
pub fn decide(message: &Message, scene: &Scene<'_>, dice: &mut fastrand::Rng) -> Verdict {
    for (gate, closed) in gates::GATES {
        if closed(message, scene) {
            return Verdict::Silent { gate: *gate };
        }
    }
    for (reason, pick) in reasons::REASONS {
        if let Some(character) = pick(message, scene, dice) {
            return Verdict::Answer { character: character.id.clone(), reason: *reason };
        }
    }
    Verdict::Silent { gate: Gate::NotAddressed }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent { gate } => write!(f, "silent: {gate}"),
            Self::Answer { character, reason } => write!(f, "{character} answers: {reason}"),
        }
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OwnAccount => "the bot's own message",
            Self::OwnWebhook => "a character's own message",
            Self::ForeignBot => "written by another bot",
            Self::ForeignWebhook => "written by another webhook",
            Self::System => "a notice by Discord",
            Self::Empty => "nothing to read",
            Self::IgnoreTag => "marked #ignore",
            Self::NotAddressed => "nobody was addressed",
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Addressed => "addressed by command",
            Self::Reply => "a reply to its message",
            Self::Named => "called by name",
            Self::Mention => "the bot was mentioned",
            Self::Direct => "a direct message",
            Self::FollowUp => "the person just answered went on",
        })
    }
}
