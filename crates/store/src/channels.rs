//! Channels as a whole: read to be taken along, cleared and brought back, summed up.

use async_trait::async_trait;
use domain::{
    ChannelId, Timestamp, UserId,
    audience::Audience,
    memory::{Item, Source},
    scene::Line,
};

use crate::Result;

/// Lines of a cleared channel that can be brought back; of a longer one the oldest are gone at once. The history keeps
/// half as many for good ([`crate::Retention::per_channel`]).
pub const CLEARED_LINES: u32 = 10_000;

/// Where a line stands in its channel: by its snowflake, then by the engine's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineAt {
    /// The snowflake.
    pub position: u64,
    /// The engine's number.
    pub row: u64,
}

/// A channel that was cleared and can still be brought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cleared {
    /// When it was cleared first.
    pub at: Timestamp,
    /// Who cleared it first.
    pub by: UserId,
    /// How many lines would come back.
    pub lines: u64,
}

/// What is done with a whole channel.
///
/// What is cleared is no part of the history any more: nobody sees, recalls or learns it. It is set aside, where
/// deletions and edits on Discord reach it, until it is brought back or dropped for good.
#[async_trait]
pub trait Channels: Send + Sync {
    /// A page of a channel's lines, the newest first, those before a line only if one is given.
    async fn lines(
        &self,
        channel: ChannelId,
        before: Option<LineAt>,
        limit: u32,
    ) -> Result<Vec<(LineAt, Line)>>;

    /// The newest remembered lines of a channel that are not part of an episode yet, oldest first; none of those that
    /// were imported.
    async fn untold_of(&self, channel: ChannelId, limit: u32) -> Result<Vec<Item>>;

    /// The episodes of a channel of a level that an audience may hear, the one made last first.
    async fn episodes_of(
        &self,
        channel: ChannelId,
        level: u8,
        audience: &Audience,
        limit: u32,
    ) -> Result<Vec<Item>>;

    /// Clears a channel: sets its lines aside, beside those of an earlier time that are there already, and removes what
    /// is remembered of the talk (not what somebody had characters remember by a command there), the texts of its replies' messages, their receipts' prompts, their alternatives and its
    /// counts. Which message is whose, the cursor and unfinished turns stay; the lines of the latter's replies are not
    /// set aside, because they may yet be taken back. Answers how many lines were set aside.
    async fn clear(&self, channel: ChannelId, at: Timestamp, by: UserId) -> Result<u64>;

    /// What can be brought back.
    async fn cleared(&self, channel: ChannelId) -> Result<Option<Cleared>>;

    /// Puts a channel's lines back, if it was cleared after a moment: they are remembered and learned from anew. Lines of
    /// people who opted out since are gone. Answers how many came back.
    async fn bring_back(&self, channel: ChannelId, cleared_after: Timestamp) -> Result<Option<u64>>;

    /// Drops for good what was cleared at a moment or before; answers how many channels that were.
    async fn drop_cleared(&self, until: Timestamp) -> Result<u64>;

    /// Forgets everything that was made of a source, in several transactions where that is much: who was interrupted
    /// calls it again. Answers how many items that were.
    async fn unmake(&self, source: Source) -> Result<u64>;
}
