//! Other words for a reply that stands in the channel already.

use async_trait::async_trait;
use domain::{CharacterId, Timestamp, event::Event};

use crate::{Result, TurnId, TurnRecord};

/// One of the replies that a turn has had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// Its number: grows, and is never given again.
    pub n: u32,
    /// Who speaks.
    pub character: CharacterId,
    /// The whole reply as the history keeps it.
    pub reply_text: String,
    /// Its texts, one per message.
    pub parts: Vec<String>,
    /// Which model answered.
    pub model: String,
    /// When it was settled.
    pub at: Timestamp,
    /// Whether it is the one that stands in the channel, or is on its way there.
    pub current: bool,
}

/// Alternatives of replies, `limits::ALTERNATIVES` of a turn at most: the oldest go first.
///
/// They go with the turn ([`crate::Settings::prune`]), when it is abandoned, when the last message of the reply is
/// deleted, and when the channel is forgotten.
#[async_trait]
pub trait Alternatives: Send + Sync {
    /// Makes a finished turn unfinished again, for another reply: what stands in the channel is kept as an alternative,
    /// its messages become the posted parts of the new reply, numbered from 0, and nothing is settled. Its line in the
    /// history stays until the new reply is settled.
    ///
    /// The event takes the place of the one that was removed when the turn was finished, and must be of this turn
    /// ([`TurnId::of`]), of whatever kind: else `Invalid`. The turn is no longer counted with its old outcome.
    ///
    /// `None`, and nothing changed, when the turn is unknown or unfinished or its reply does not stand in the channel.
    async fn reopen(&self, turn: TurnId, event: &Event, at: Timestamp) -> Result<Option<TurnRecord>>;

    /// The replies that a turn has had, by number, as far as they are kept.
    async fn alternatives(&self, turn: TurnId) -> Result<Vec<Alternative>>;

    /// Settles an alternative as the turn's reply again, to be delivered and completed: of a finished turn, which is
    /// reopened, or of a reopened one, whose new reply is given up unless it is settled.
    ///
    /// The event is needed as by [`Alternatives::reopen`] and not used for a turn that is unfinished.
    ///
    /// `None`, and nothing changed, when there is no such turn or alternative.
    async fn choose(&self, turn: TurnId, event: &Event, n: u32, at: Timestamp) -> Result<Option<TurnRecord>>;
}
