//! Messages of characters: said, changed, deleted.

use domain::{
    ChannelId, GuildId, MessageId,
    event::{ChannelKind, Place},
    outbound::{MessageText, Persona},
};
use serde::Serialize;

use super::{
    Nonce, Sent, Speaker, names,
    webhooks::{Hook, Way},
};
use crate::{
    error::SpeakError,
    rest::{Body, route::Route},
    wire,
};

/// No links are unfolded below what a character says. Source: Discord documentation, "Message Flags".
const SUPPRESS_EMBEDS: u32 = 1 << 2;

/// Discord's own default picture, shown when another character's webhook is borrowed and the own face lies nowhere yet.
const NO_FACE: &str = "https://cdn.discordapp.com/embed/avatars/0.png";

/// Nobody can be pinged: an absent field would mean that everybody can.
#[derive(Serialize)]
pub(super) struct AllowedMentions {
    parse: [&'static str; 0],
}

pub(super) const NOBODY: AllowedMentions = AllowedMentions { parse: [] };

#[derive(Serialize)]
struct Post<'a> {
    content: &'a str,
    allowed_mentions: AllowedMentions,
    flags: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enforce_nonce: Option<bool>,
}

impl<'a> Post<'a> {
    fn new(content: &'a str) -> Self {
        Self {
            content,
            allowed_mentions: NOBODY,
            flags: SUPPRESS_EMBEDS,
            username: None,
            avatar_url: None,
            nonce: None,
            enforce_nonce: None,
        }
    }
}

#[derive(Serialize)]
struct Change<'a> {
    content: &'a str,
    allowed_mentions: AllowedMentions,
}

impl Speaker {
    /// Says a text as a character: through its webhook, or where there can be none (direct messages, missing
    /// permission, no room) through the bot account with the name before the text.
    ///
    /// [`SpeakError::Uncertain`] means that the text may stand in the channel: [`Speaker::find_said`] tells.
    pub async fn say(
        &self,
        place: &Place,
        persona: &Persona,
        text: &MessageText,
        nonce: Nonce,
    ) -> Result<Sent, SpeakError> {
        if place.kind != ChannelKind::Direct {
            // A webhook that was deleted under us is found out by saying something: once more with a new one.
            for last_try in [false, true] {
                let way = self.inner.webhooks.way(&self.inner.rest, place.webhook_channel(), persona).await?;
                let (hook, borrowed) = match way {
                    Way::Plain => break,
                    Way::Own(hook) => {
                        self.inner.faces.learn(persona, &hook);
                        (hook, false)
                    }
                    Way::Borrowed(hook) => (hook, true),
                };
                match self.say_through(place, persona, text, &hook, borrowed).await {
                    Err(SpeakError::Gone { code: 0 | 10_015 | 50_027, .. }) if !last_try => {
                        tracing::info!(webhook = %hook.id, "a webhook was deleted under us");
                        self.inner.webhooks.forget(place.webhook_channel());
                    }
                    said => return said,
                }
            }
        }
        self.say_plainly(place, persona, text, nonce).await
    }

    /// Gives a character's webhooks in a guild the face that it has now; without this they keep the one with which
    /// they were made. How many webhooks there were.
    pub async fn show_face(&self, guild: GuildId, persona: &Persona) -> Result<usize, SpeakError> {
        self.inner.webhooks.show_face(&self.inner.rest, guild, persona).await
    }

    async fn say_through(
        &self,
        place: &Place,
        persona: &Persona,
        text: &MessageText,
        hook: &Hook,
        borrowed: bool,
    ) -> Result<Sent, SpeakError> {
        let name = borrowed.then(|| names::webhook_name(&persona.name));
        let face = borrowed.then(|| self.inner.faces.of(persona)).flatten();
        let mut post = Post::new(text.as_str());
        post.username = name.as_deref();
        post.avatar_url = borrowed.then(|| face.as_deref().unwrap_or(NO_FACE));
        let route = Route::execute_webhook(hook.address(), thread(place));
        let said: wire::Only = self.inner.rest.fetch(&route, Body::json(&post)?).await.map_err(after_post)?;
        Ok(Sent { message: MessageId(said.id.0), webhook: Some(hook.id) })
    }

    async fn say_plainly(
        &self,
        place: &Place,
        persona: &Persona,
        text: &MessageText,
        nonce: Nonce,
    ) -> Result<Sent, SpeakError> {
        let content = names::plain(&persona.name, text.as_str());
        let mut post = Post::new(&content);
        post.nonce = Some(nonce.to_string());
        post.enforce_nonce = Some(true);
        let route = Route::create_message(place.channel);
        let said: wire::Only = self.inner.rest.fetch(&route, Body::json(&post)?).await?;
        Ok(Sent { message: MessageId(said.id.0), webhook: None })
    }

    /// Gives a message that was said another text.
    pub async fn rewrite(
        &self,
        place: &Place,
        persona: &Persona,
        sent: &Sent,
        text: &MessageText,
    ) -> Result<(), SpeakError> {
        let rest = &self.inner.rest;
        let plain;
        let (route, content) = if let Some(id) = sent.webhook {
            let hook = self.inner.webhooks.by_id(rest, place.webhook_channel(), id).await?;
            (Route::edit_webhook_message(hook.address(), sent.message, thread(place)), text.as_str())
        } else {
            plain = names::plain(&persona.name, text.as_str());
            (Route::edit_message(place.channel, sent.message), plain.as_str())
        };
        let changed = rest.send(&route, Body::json(&Change { content, allowed_mentions: NOBODY })?).await;
        if let Err(SpeakError::Gone { code: 10_015, .. }) = changed {
            self.inner.webhooks.forget(place.webhook_channel());
        }
        changed.map(drop)
    }

    /// Deletes a message that was said. One that is gone already counts as deleted.
    pub async fn delete(&self, place: &Place, sent: &Sent) -> Result<(), SpeakError> {
        let rest = &self.inner.rest;
        let route = match sent.webhook {
            Some(id) => {
                let hook = self.inner.webhooks.by_id(rest, place.webhook_channel(), id).await?;
                Route::delete_webhook_message(hook.address(), sent.message, thread(place))
            }
            None => Route::delete_message(place.channel, sent.message),
        };
        match rest.send(&route, Body::Empty).await {
            Ok(_) | Err(SpeakError::Gone { code: 10_008, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Shows that the bot types, for ten seconds or until it says something. Nobody misses it when it fails.
    pub async fn typing(&self, place: &Place) -> Result<(), SpeakError> {
        self.inner.rest.send(&Route::typing(place.channel), Body::Empty).await.map(drop)
    }
}

/// An answer to a post that cannot be read leaves open whether it was made under which id.
pub(super) fn after_post(error: SpeakError) -> SpeakError {
    match error {
        SpeakError::Unreadable { operation, cause } => SpeakError::Uncertain { operation, cause },
        error => error,
    }
}

pub(super) fn thread(place: &Place) -> Option<ChannelId> {
    (place.kind == ChannelKind::Thread && place.parent.is_some()).then_some(place.channel)
}
