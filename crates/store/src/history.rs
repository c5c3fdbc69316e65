//! What was said in the channels.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::{ChannelId, CharacterId, MessageId, Timestamp, Untrusted, UserId, scene::Line};

use crate::{Result, TurnId};

/// The newest answer in a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Who was answered.
    pub user: UserId,
    /// By whom.
    pub character: CharacterId,
    /// When it was settled.
    pub at: Timestamp,
}

/// What a turn must know about its channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SceneRecord {
    /// What was said, oldest first.
    pub history: Vec<Line>,
    /// The character whose message is replied to.
    pub reply_target: Option<CharacterId>,
    /// The character that spoke last in the channel, even after `before`.
    pub last_speaker: Option<CharacterId>,
    /// The newest answer to a person in the channel, even after `before`.
    pub last_answered: Option<Answered>,
    /// The character whose message this thread hangs on.
    pub thread_of: Option<CharacterId>,
    /// How much was said in the channel, also after `before`.
    pub messages: Counted,
    /// Whether the message `before` is among those counted: who journals it at the same moment cannot know.
    pub counts_it: bool,
}

/// How many messages a channel has had. A reply counts once, however many messages it takes; one that was abandoned
/// does not count. What is deleted or pruned later still does, what was forgotten does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// In all.
    pub total: u64,
    /// Of each character.
    pub by_character: BTreeMap<CharacterId, u64>,
}

/// What was said.
#[async_trait]
pub trait History: Send + Sync {
    /// The newest `limit` lines of a channel, those before a message only if one is given (by snowflake; the
    /// message itself is left out), and who spoke last, in one read. A reply to an earlier message counts as before
    /// it, even if it was still being said when the message came.
    ///
    /// A settled reply that is not posted yet stands where its time puts it, after its trigger.
    async fn scene(
        &self,
        channel: ChannelId,
        before: Option<MessageId>,
        limit: u32,
        reply_to: Option<MessageId>,
    ) -> Result<SceneRecord>;

    /// A message has another text now. Changes its line and the events of unfinished turns that answer it; answers
    /// those turns. Unknown messages, and a character's own, are left alone.
    async fn edit_message(
        &self,
        channel: ChannelId,
        message: MessageId,
        content: &Untrusted,
    ) -> Result<Vec<TurnId>>;

    /// Messages are gone: their lines and receipts are really removed, and the text of unfinished turns that answer
    /// them or go on from them. Answers those turns, to be cancelled and abandoned.
    ///
    /// A finished reply's line goes when the last of its messages is gone.
    async fn delete_messages(&self, channel: ChannelId, messages: &[MessageId]) -> Result<Vec<TurnId>>;

    /// Removes all lines of a channel, the alternatives of its replies, its counts, and what is remembered of it: of a
    /// long channel in several transactions, the lines in the last one; who was interrupted calls it again. Receipts,
    /// cursor and unfinished turns stay.
    async fn forget_channel(&self, channel: ChannelId) -> Result<()>;
}
