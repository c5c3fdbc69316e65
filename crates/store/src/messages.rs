//! What is kept of single messages, to be compared with what stands on Discord; and channels that are no more.

use async_trait::async_trait;
use domain::{ChannelId, MessageId, Untrusted};

use crate::Result;

/// A message that something is kept of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptMessage {
    /// Its id. What somebody said by a command has the number of the interaction instead.
    pub message: MessageId,
    /// Its words; none for a message of a character's reply.
    pub text: Option<Untrusted>,
}

/// What happened to messages and channels while nobody listened.
#[async_trait]
pub trait Messages: Send + Sync {
    /// The newest `limit` messages of a channel between two ids (both included) that a line or a receipt is kept of,
    /// newest first. What is set aside of a cleared channel is not among them.
    async fn kept_messages(
        &self,
        channel: ChannelId,
        from: MessageId,
        until: MessageId,
        limit: u32,
    ) -> Result<Vec<KeptMessage>>;

    /// Removes everything of a channel that is no more: what [`crate::History::forget_channel`] removes, and its
    /// receipts, turns (unfinished ones, too), states, settings, what is set aside of it, and its cursor.
    async fn drop_channel(&self, channel: ChannelId) -> Result<()>;
}
