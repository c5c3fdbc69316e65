//! What still stands in a channel, to be compared with what is remembered of it.

use std::collections::{BTreeMap, BTreeSet};

use domain::{ChannelId, MessageId, Untrusted};

use super::Speaker;
use crate::{
    error::SpeakError,
    rest::{Body, route::Route},
    wire,
};

/// Messages of one page; Discord gives no more at once.
const PAGE: usize = 100;

/// "Unknown Channel" (Discord documentation, "JSON Error Codes").
const UNKNOWN_CHANNEL: u64 = 10_003;
/// "Unknown Message".
const UNKNOWN_MESSAGE: u64 = 10_008;

/// What stands in a part of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// From which message on it is known what stands there: all of them, where the channel began after it.
    pub since: MessageId,
    /// What stands there, with its words if they were changed after they were sent.
    messages: BTreeMap<MessageId, Option<Untrusted>>,
    /// Interactions that something in there answers.
    interactions: BTreeSet<u64>,
}

impl Standing {
    /// Nothing, from a message on.
    const fn empty(since: MessageId) -> Self {
        Self { since, messages: BTreeMap::new(), interactions: BTreeSet::new() }
    }

    /// Whether a message stands there, or what answers the interaction with this number.
    pub fn has(&self, message: MessageId) -> bool {
        self.messages.contains_key(&message) || self.interactions.contains(&message.get())
    }

    /// The words of a message that was edited after it was sent.
    pub fn edited(&self, message: MessageId) -> Option<&Untrusted> {
        self.messages.get(&message)?.as_ref()
    }
}

impl Speaker {
    /// What stands in a channel: its newest messages before one, at most 100; `None` when the channel is no more.
    ///
    /// `known` is a message that once stood there. Without the permission to read the history Discord lists nothing
    /// at all (documentation, "Get Channel Messages"), which is told from an empty channel by asking for that one; then
    /// it is [`SpeakError::Forbidden`].
    pub async fn standing(
        &self,
        channel: ChannelId,
        before: MessageId,
        known: MessageId,
    ) -> Result<Option<Standing>, SpeakError> {
        let page: Vec<wire::Standing> =
            match self.compared(&Route::messages_before(channel, before, PAGE)).await? {
                Compared::Found(page) => page,
                Compared::NoChannel => return Ok(None),
                Compared::NoMessage => Vec::new(),
            };
        if page.is_empty() {
            return match self.compared::<serde::de::IgnoredAny>(&Route::get_message(channel, known)).await? {
                Compared::NoMessage => Ok(Some(Standing::empty(MessageId(0)))),
                Compared::NoChannel => Ok(None),
                Compared::Found(_) => {
                    let cause = "it lists no messages, and yet has one".to_owned();
                    Err(SpeakError::Unreadable { operation: "comparing messages", cause })
                }
            };
        }
        let oldest = page.iter().map(|message| message.id.0).min().unwrap_or_default();
        let mut standing = Standing::empty(MessageId(if page.len() < PAGE { 0 } else { oldest }));
        for message in page {
            let wire::Standing { id, content, edited_timestamp, attachments, interaction_metadata } = message;
            // A message without words and files is one whose words the bot may not read.
            let readable = !content.is_empty() || !attachments.is_empty();
            let edited = (edited_timestamp.is_some() && readable).then(|| content.into());
            standing.messages.insert(MessageId(id.0), edited);
            standing.interactions.extend(interaction_metadata.map(|interaction| interaction.id.0));
        }
        Ok(Some(standing))
    }

    async fn compared<T: serde::de::DeserializeOwned>(
        &self,
        route: &Route,
    ) -> Result<Compared<T>, SpeakError> {
        match self.inner.rest.fetch(route, Body::Empty).await {
            Ok(found) => Ok(Compared::Found(found)),
            Err(SpeakError::Gone { code: UNKNOWN_CHANNEL, .. }) => Ok(Compared::NoChannel),
            Err(SpeakError::Gone { code: UNKNOWN_MESSAGE, .. }) => Ok(Compared::NoMessage),
            Err(error) => Err(error),
        }
    }
}

/// What Discord says about something that was there once.
enum Compared<T> {
    Found(T),
    NoChannel,
    NoMessage,
}
