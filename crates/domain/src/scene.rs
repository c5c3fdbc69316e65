//! What attention and prompt see of a channel: plain data, filled by the caller from the store.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::{
    CharacterId, MessageId, Timestamp, Untrusted, UserId,
    character::Character,
    event::{Activity, ChannelKind, Identity},
    limits,
    pace::Pace,
    rules::Rules,
};

/// The rules where nobody set any.
static DEFAULT_RULES: LazyLock<Rules> = LazyLock::new(Rules::default);

/// Standings where nothing is known.
static NO_STANDINGS: Standings = Standings(BTreeMap::new());

/// A channel at the moment of a decision.
#[derive(Clone, Debug)]
pub struct Scene<'a> {
    /// Who the bot is.
    pub identity: Identity,
    /// The server's characters in order; who of them may speak here is for the rules to say.
    pub cast: &'a [Arc<Character>],
    /// What was said before the message in question, oldest first.
    pub history: &'a [Line],
    /// Whose message the message in question replies to, known from our receipts.
    pub reply_target: Option<CharacterId>,
    /// Which character spoke last here.
    pub last_speaker: Option<CharacterId>,
    /// Whom `/chat` named.
    pub addressed: Option<CharacterId>,
    /// Whether the words came by a command: what silences chatter does not refuse who asks expressly.
    pub by_command: bool,
    /// The time of the decision.
    pub now: Timestamp,
    /// The rules of the channel.
    pub rules: &'a Rules,
    /// Whether Discord keeps the channel for adults.
    pub age_restricted: bool,
    /// The minute of the day in the rules' time zone, where that is known.
    pub local_minute: Option<u16>,
    /// Answers within the last minute.
    pub pace: Pace,
    /// What may still be spent.
    pub budget: Budget,
    /// What the writer is doing, as Discord tells.
    pub presence: &'a [Activity],
    /// Whose message the thread hangs on, known from our receipts.
    pub thread_of: Option<CharacterId>,
    /// Whether a picture hangs on the replied-to message or on one just before.
    pub picture_near: bool,
    /// Turns of this channel that are decided on and not yet part of the history.
    pub pending: usize,
    /// When somebody last spoke unasked here.
    pub unasked_at: Option<Timestamp>,
    /// How each character stands with the writer and in the channel.
    pub standings: &'a Standings,
}

impl<'a> Scene<'a> {
    /// A scene of which no more is known; the rest are fields to fill.
    pub fn new(identity: Identity, cast: &'a [Arc<Character>], history: &'a [Line], now: Timestamp) -> Self {
        Self {
            identity,
            cast,
            history,
            reply_target: None,
            last_speaker: None,
            addressed: None,
            by_command: false,
            now,
            rules: &DEFAULT_RULES,
            age_restricted: false,
            local_minute: None,
            pace: Pace::default(),
            budget: Budget::Free,
            presence: &[],
            thread_of: None,
            picture_near: false,
            pending: 0,
            unasked_at: None,
            standings: &NO_STANDINGS,
        }
    }

    /// A member of the cast by id.
    pub fn member(&self, id: &CharacterId) -> Option<&'a Arc<Character>> {
        self.cast.iter().find(|character| character.id == *id)
    }
}

/// How much of what was said in a place a character has before its eyes; the rest it must remember.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Lines at most.
    pub lines: usize,
    /// What is older belongs to another conversation, unless it is among the newest [`Sight::LEAST`] lines.
    pub within: Duration,
}

impl Sight {
    /// Lines that are seen however old they are: who comes back knows what was said last.
    pub const LEAST: usize = 8;

    /// What is seen in a place of a kind.
    pub const fn of(kind: ChannelKind) -> Self {
        let hours = Duration::from_hours;
        match kind {
            // Many people and conversations follow each other.
            ChannelKind::Text => Self { lines: limits::SCENE_MESSAGES, within: hours(6) },
            // One conversation, however slow.
            ChannelKind::Thread => Self { lines: limits::SCENE_MESSAGES, within: hours(24 * 14) },
            // One person, whose conversation goes on from day to day.
            ChannelKind::Direct => Self { lines: limits::SCENE_MESSAGES, within: hours(24 * 3) },
            // Asides to what is spoken.
            ChannelKind::Voice => Self { lines: limits::SCENE_MESSAGES / 2, within: hours(2) },
        }
    }

    /// The lines of a history, oldest first, that are seen at a moment.
    pub fn seen(self, history: &[Line], now: Timestamp) -> &[Line] {
        let newest = &history[history.len().saturating_sub(self.lines)..];
        let old = newest.iter().take_while(|line| now.since(line.at) > self.within).count();
        &newest[old.min(newest.len().saturating_sub(Self::LEAST))..]
    }
}

/// Whether a model may still be paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Budget {
    /// There is something left, or nothing limits it.
    #[default]
    Free,
    /// It is spent for now.
    Spent,
}

/// How characters stand; who is not in it stands neutral.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standings(pub BTreeMap<CharacterId, Standing>);

impl Standings {
    /// A character's standing.
    pub fn of(&self, character: &CharacterId) -> Standing {
        self.0.get(character).copied().unwrap_or_default()
    }
}

/// How one character stands with the writer of a message and in its channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// How near they are to each other: −100 to 100, 0 for strangers.
    pub relation: i8,
    /// How often it answered here lately, where more is known than the scene's history shows.
    pub answered_lately: u16,
    /// When it last spoke here.
    pub spoke_at: Option<Timestamp>,
    /// When it last answered this writer here, where more is known than the scene's history shows.
    pub answered_writer_at: Option<Timestamp>,
    /// What its mood adds to the chance that it joins in, in percent: −20 to 20.
    pub sociability: i8,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn line(hours_ago: i64) -> Line {
        Line {
            who: Speaker::Person { id: UserId(1), name: "alice".into() },
            text: "x".into(),
            message: None,
            at: Timestamp(-hours_ago * 3_600_000),
        }
    }

    #[test]
    fn a_channel_is_seen_back_to_the_last_pause_and_a_few_lines_in_any_case() {
        let text = Sight::of(ChannelKind::Text);
        let now = Timestamp(0);
        let old: Vec<_> = (0..30).rev().map(|hour| line(20 + hour)).collect();
        assert_eq!(text.seen(&old, now).len(), Sight::LEAST);
        let fresh: Vec<_> = old.iter().cloned().chain((0..20).map(|_| line(1))).collect();
        assert_eq!(text.seen(&fresh, now).len(), 20);
        assert_eq!(Sight::of(ChannelKind::Thread).seen(&fresh, now).len(), limits::SCENE_MESSAGES);
        assert_eq!(Sight::of(ChannelKind::Direct).seen(&old, now).len(), 30);
        assert!(text.seen(&[], now).is_empty());
    }
}
