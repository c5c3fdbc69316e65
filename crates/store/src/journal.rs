//! The inbox: what came in and how far its turn came.

use async_trait::async_trait;
use domain::{
    CharacterId, InteractionId, MessageId, Timestamp,
    cue::Cue,
    event::{Event, Message, Place},
    time::DISCORD_EPOCH_MS,
};
use serde::{Deserialize, Serialize};

use crate::{Part, Result, Trigger};

/// A turn: one message, command or cue and all that is done about it.
///
/// The number is the snowflake of the message, the interaction or the cue. Discord makes snowflakes unique across kinds;
/// should two kinds ever meet, [`Journal::accept`] answers [`crate::StoreError::Conflict`] and does not take one for
/// the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TurnId(pub u64);

impl TurnId {
    /// The turn of an event, or `None` for events that are not journalled.
    pub fn of(event: &Event) -> Option<Self> {
        Trigger::of(event).ok().map(|trigger| trigger.turn)
    }

    /// Where a reply settled at `at` stands among the snowflakes of its channel while it has no message of its own:
    /// at that time, and in any case after its trigger.
    pub const fn reply_position(self, at: Timestamp) -> u64 {
        let since_epoch = at.as_millis().saturating_sub(DISCORD_EPOCH_MS);
        let by_time = if since_epoch > 0 { since_epoch.cast_unsigned().saturating_mul(1 << 22) } else { 0 };
        let after_trigger = self.0.saturating_add(1);
        let position = if by_time > after_trigger { by_time } else { after_trigger };
        if position > i64::MAX.cast_unsigned() { i64::MAX.cast_unsigned() } else { position }
    }
}

impl From<MessageId> for TurnId {
    fn from(message: MessageId) -> Self {
        Self(message.get())
    }
}

impl From<InteractionId> for TurnId {
    fn from(interaction: InteractionId) -> Self {
        Self(interaction.get())
    }
}

impl std::fmt::Display for TurnId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Whether an event is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is journalled now; work on it.
    New,
    /// It was journalled before, finished or not; do nothing.
    Duplicate,
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nobody wanted to answer.
    Ignored {
        /// Why, for `/why` and the log.
        reason: String,
    },
    /// The answer is shown.
    Answered,
    /// It could not be answered.
    Failed {
        /// What went wrong, for the operator.
        cause: String,
    },
    /// The trigger was deleted or somebody stopped it.
    Cancelled,
}

/// An event that was accepted and is not finished.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    /// What came in, with later edits of its text applied.
    pub event: Event,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// The trigger was deleted meanwhile ([`crate::History::delete_messages`]): its text is gone and the turn should be
    /// abandoned.
    pub withdrawn: bool,
    /// What was done so far, if anything was staged or settled.
    pub turn: Option<TurnRecord>,
}

/// Everything staged so far of a turn.
#[derive(Clone, Debug, PartialEq)]
pub struct TurnRecord {
    /// The turn.
    pub turn: TurnId,
    /// Where the reply goes.
    pub place: Place,
    /// Who speaks.
    pub character: CharacterId,
    /// Its messages in order.
    pub parts: Vec<Part>,
    /// Whether the texts are final ([`crate::Outbox::settle`]).
    pub settled: bool,
}

/// The inbox.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Keeps a message, command or cue so that a crash cannot lose it; other events are `Invalid`.
    ///
    /// A message also gets its line in the history and moves the channel's cursor.
    async fn accept(&self, event: &Event, at: Timestamp) -> Result<Accepted>;

    /// Keeps a message that nobody may answer (foreign bots): a line in the history and the cursor only.
    ///
    /// Idempotent. A message that a receipt knows as a character's own, and messages of Discord itself, move the
    /// cursor only; when the receipt comes later the line goes then.
    async fn observe(&self, message: &Message) -> Result<()>;

    /// What was accepted and not finished, in accepted order: the work after a restart.
    async fn unfinished(&self) -> Result<Vec<Pending>>;

    /// Ends a turn that shows nothing (one that settled a reply is ended by [`crate::Outbox::complete`] or
    /// [`crate::Outbox::abandon`]). The event's text and token are removed from the inbox.
    ///
    /// The next turn of a chain is accepted in the same transaction; see [`crate::Outbox::complete`].
    async fn finish(&self, turn: TurnId, outcome: &Outcome, next: Option<&Cue>) -> Result<()>;

    /// The newest message seen in each channel, by channel id.
    ///
    /// Read it before live events of a new session are accepted: they move it past what was missed.
    async fn cursors(&self) -> Result<Vec<(Place, MessageId)>>;
}
