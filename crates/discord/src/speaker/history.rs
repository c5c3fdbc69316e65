//! What stands in a channel: read back after a restart or an uncertain post.

use domain::{
    ChannelId, MessageId,
    event::{AuthorKind, Message, Place},
    outbound::{MessageText, Persona},
};

use super::{Sent, Speaker, names};
use crate::{
    convert,
    error::SpeakError,
    rest::{Body, route::Route},
    wire,
};

/// Messages of one page; Discord gives no more at once.
const PAGE: usize = 100;
/// Messages that are searched for one that was said.
const SEARCHED: usize = 300;

impl Speaker {
    /// The oldest `limit` messages after `after`, oldest first.
    pub async fn recent(
        &self,
        place: &Place,
        after: MessageId,
        limit: usize,
    ) -> Result<Vec<Message>, SpeakError> {
        let age_restricted = self.is_age_restricted(place);
        let mut all = Vec::new();
        let mut after = after;
        while all.len() < limit {
            let wanted = PAGE.min(limit - all.len());
            let mut page = self.page(place.channel, after, wanted).await?;
            page.sort_unstable_by_key(|message| message.id.0);
            let found = page.len();
            if let Some(newest) = page.last() {
                after = MessageId(newest.id.0);
            }
            all.extend(page.into_iter().map(|message| convert::message(message, *place, age_restricted)));
            if found < wanted {
                break;
            }
        }
        Ok(all)
    }

    /// The newest messages after `after`, at most 100, oldest first.
    pub async fn newest(
        &self,
        place: &Place,
        after: MessageId,
        limit: usize,
    ) -> Result<Vec<Message>, SpeakError> {
        let route = Route::newest_messages(place.channel, limit.clamp(1, PAGE));
        let mut page: Vec<wire::Message> = self.inner.rest.fetch(&route, Body::Empty).await?;
        page.retain(|message| message.id.0 > after.0);
        page.sort_unstable_by_key(|message| message.id.0);
        let age_restricted = self.is_age_restricted(place);
        Ok(page.into_iter().map(|message| convert::message(message, *place, age_restricted)).collect())
    }

    /// Every message after `after`, oldest first, in which a persona said a text: how [`SpeakError::Uncertain`] is
    /// resolved. The same words may have been said in another turn: the caller knows whose receipts it has.
    pub async fn find_said(
        &self,
        place: &Place,
        persona: &Persona,
        after: MessageId,
        text: &MessageText,
    ) -> Result<Vec<Sent>, SpeakError> {
        let name = names::webhook_name(&persona.name);
        let plain = names::plain(&persona.name, text.as_str());
        let messages = self.recent(place, after, SEARCHED).await?;
        // Discord takes white space off the ends.
        let said = messages.iter().filter_map(|message| {
            let webhook = match message.author.kind {
                AuthorKind::Webhook(id, owner) => {
                    let ours = owner == Some(self.inner.identity.application)
                        || self.inner.webhooks.is_ours(place.webhook_channel(), id);
                    let same = message.content.raw().trim() == text.as_str().trim();
                    (ours && same && message.author.name.raw() == name).then_some(Some(id))?
                }
                _ => (message.author.id == self.inner.identity.user
                    && message.content.raw().trim() == plain.trim())
                .then_some(None)?,
            };
            Some(Sent { message: message.id, webhook })
        });
        Ok(said.collect())
    }

    /// Where a channel stands, asked from Discord; `None` when it is no place for messages.
    pub async fn locate(&self, channel: ChannelId) -> Result<Option<Place>, SpeakError> {
        let found: wire::Channel = self.inner.rest.fetch(&Route::get_channel(channel), Body::Empty).await?;
        Ok(convert::learn(&found, found.guild_id, &self.inner.directory))
    }

    /// Where a channel stands, as far as the gateway told, without asking Discord.
    pub fn place(&self, channel: ChannelId) -> Option<Place> {
        self.inner.directory.get(channel)
    }

    /// Whether a place is age-restricted now, a thread by its parent. A direct message is not, nor is a place of
    /// which the gateway told nothing.
    pub fn is_age_restricted(&self, place: &Place) -> bool {
        self.inner.directory.age_restricted(place)
    }

    async fn page(
        &self,
        channel: ChannelId,
        after: MessageId,
        limit: usize,
    ) -> Result<Vec<wire::Message>, SpeakError> {
        self.inner.rest.fetch(&Route::messages_after(channel, after, limit), Body::Empty).await
    }
}
