//! One webhook per channel and character, which carries the character's name and face.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{ApplicationId, ChannelId, GuildId, WebhookId, outbound::Persona};
use serde_json::json;

use super::names;
use crate::{
    bounded::Bounded,
    error::SpeakError,
    rest::{
        Body, Rest,
        route::{HookAddress, Route},
    },
    wire,
};

/// Channels whose webhooks are remembered.
const CHANNELS: usize = 10_000;
/// How long it is believed that a channel or its guild takes no more webhooks, or not this one.
const FULL: Duration = Duration::from_mins(10);
/// Refused names that are remembered per channel.
const REFUSED: usize = 64;

/// A webhook of ours. Its token is a secret, so there is no `Debug`.
pub(super) struct Hook {
    pub(super) id: WebhookId,
    token: Box<str>,
    name: Box<str>,
    /// Discord's name of its picture.
    pub(super) avatar: Option<Box<str>>,
}

impl Hook {
    pub(super) fn address(&self) -> HookAddress<'_> {
        HookAddress { id: self.id, token: &self.token }
    }
}

/// By which way a character can speak in a channel.
pub(super) enum Way {
    /// Through its own webhook.
    Own(Arc<Hook>),
    /// Through another character's webhook, naming itself: the channel takes no more webhooks.
    Borrowed(Arc<Hook>),
    /// Through the bot account: no webhook is to be had.
    Plain,
}

/// What is known of a channel.
#[derive(Clone, Default)]
struct Known {
    hooks: Vec<Arc<Hook>>,
    full_until: Option<Instant>,
    /// Names (or faces under these names) that Discord does not take, and until when that is believed.
    refused: Vec<(Arc<str>, Instant)>,
}

impl Known {
    fn takes(&self, name: &str, now: Instant) -> bool {
        self.full_until.is_none_or(|until| until <= now)
            && !self.refused.iter().any(|(refused, until)| **refused == *name && now < *until)
    }
}

/// The webhooks that are known, and who looks for more.
pub(super) struct Webhooks {
    application: ApplicationId,
    known: Mutex<Bounded<ChannelId, Known>>,
    /// Held while a channel's webhooks are listed or created, so that two messages do not create two. Channels
    /// share gates by their ids, which bounds their number.
    gates: [tokio::sync::Mutex<()>; 64],
}

impl Webhooks {
    pub(super) fn new(application: ApplicationId) -> Self {
        Self {
            application,
            known: Mutex::new(Bounded::new(CHANNELS)),
            gates: std::array::from_fn(|_| tokio::sync::Mutex::new(())),
        }
    }

    /// Finds or makes the way for a persona in a channel.
    pub(super) async fn way(
        &self,
        rest: &Rest,
        channel: ChannelId,
        persona: &Persona,
    ) -> Result<Way, SpeakError> {
        let name = names::webhook_name(&persona.name);
        if let Some(way) = self.known_way(channel, &name) {
            return Ok(way);
        }
        let _gate = self.gate(channel).lock().await;
        if let Some(way) = self.known_way(channel, &name) {
            return Ok(way);
        }
        let made = match self.listed(rest, channel).await {
            Ok(known) => match known.hooks.iter().find(|hook| *hook.name == *name) {
                Some(hook) => return Ok(Way::Own(Arc::clone(hook))),
                None => self.create(rest, channel, &name, persona).await,
            },
            Err(error) => Err(error),
        };
        match made {
            Ok(hook) => Ok(Way::Own(hook)),
            // Nothing allows webhooks here: the governor remembers that for a while.
            Err(SpeakError::Forbidden { .. }) => Ok(Way::Plain),
            // 30007: 15 webhooks in the channel; 30058: 1,000 in the guild; 50024: no channel for webhooks.
            Err(SpeakError::Rejected { code: 30_007 | 30_058 | 50_024, .. }) => {
                self.change(channel, |known| known.full_until = Some(Instant::now() + FULL));
                Ok(self.known_way(channel, &name).unwrap_or(Way::Plain))
            }
            // The name or the face is not to Discord's taste; the character must not be silenced by that.
            Err(error @ SpeakError::Rejected { .. }) => {
                tracing::warn!(%channel, name, %error, "a character cannot have a webhook of its own here");
                let now = Instant::now();
                self.change(channel, |known| {
                    known.refused.retain(|(_, until)| now < *until);
                    known.refused.truncate(REFUSED - 1);
                    known.refused.push((name.as_str().into(), now + FULL));
                });
                Ok(self.known_way(channel, &name).unwrap_or(Way::Plain))
            }
            Err(error) => Err(error),
        }
    }

    /// The webhook with this id, to change what it said.
    pub(super) async fn by_id(
        &self,
        rest: &Rest,
        channel: ChannelId,
        id: WebhookId,
    ) -> Result<Arc<Hook>, SpeakError> {
        let find = |known: &Known| known.hooks.iter().find(|hook| hook.id == id).cloned();
        if let Some(hook) = self.get(channel).as_ref().and_then(find) {
            return Ok(hook);
        }
        let _gate = self.gate(channel).lock().await;
        find(&self.listed(rest, channel).await?)
            .ok_or(SpeakError::Gone { operation: "finding the webhook", code: 10_015 })
    }

    /// Whether the webhook is known to be ours.
    pub(super) fn is_ours(&self, channel: ChannelId, id: WebhookId) -> bool {
        self.get(channel).is_some_and(|known| known.hooks.iter().any(|hook| hook.id == id))
    }

    /// Forgets a channel's webhooks: one of them was deleted under us.
    pub(super) fn forget(&self, channel: ChannelId) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&channel);
    }

    /// Gives the webhooks that carry a persona's name in a guild its face of now; they keep the one with which they
    /// were made. How many there were.
    pub(super) async fn show_face(
        &self,
        rest: &Rest,
        guild: GuildId,
        persona: &Persona,
    ) -> Result<usize, SpeakError> {
        let name = names::webhook_name(&persona.name);
        let all: Vec<wire::Webhook> = rest.fetch(&Route::list_guild_webhooks(guild), Body::Empty).await?;
        let ours = all.into_iter().filter(|hook| {
            hook.application_id == Some(wire::Id(self.application.0)) && hook.name.as_deref() == Some(&*name)
        });
        let avatar = avatar(persona);
        let mut changed = 0;
        for wire in ours {
            let channel = wire.channel_id.map(|id| ChannelId(id.0));
            let Some(hook) = hook(wire) else { continue };
            let body = Body::json(&json!({ "avatar": avatar }))?;
            match rest.send(&Route::change_webhook(hook.address()), body).await {
                Ok(_) => changed += 1,
                // Deleted meanwhile: its successor is made with the new face.
                Err(SpeakError::Gone { .. }) => {}
                Err(error) => return Err(error),
            }
            // The address of its face is another one now.
            if let Some(channel) = channel {
                self.forget(channel);
            }
        }
        Ok(changed)
    }

    fn gate(&self, channel: ChannelId) -> &tokio::sync::Mutex<()> {
        // Snowflakes differ most above their 22 lowest bits.
        &self.gates[((channel.0 ^ (channel.0 >> 22)) % 64) as usize]
    }

    fn get(&self, channel: ChannelId) -> Option<Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&channel).cloned()
    }

    fn change(&self, channel: ChannelId, change: impl FnOnce(&mut Known)) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&channel) {
            change(known);
            return;
        }
        let mut new = Known::default();
        change(&mut new);
        known.insert(channel, new);
    }

    /// The way that is already known, without asking Discord.
    fn known_way(&self, channel: ChannelId, name: &str) -> Option<Way> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(&channel)?;
        if let Some(hook) = known.hooks.iter().find(|hook| *hook.name == *name) {
            return Some(Way::Own(Arc::clone(hook)));
        }
        if !known.takes(name, Instant::now()) {
            return Some(known.hooks.first().map_or(Way::Plain, |hook| Way::Borrowed(Arc::clone(hook))));
        }
        None
    }

    /// A channel's webhooks, listed when they are not known yet.
    async fn listed(&self, rest: &Rest, channel: ChannelId) -> Result<Known, SpeakError> {
        if let Some(known) = self.get(channel) {
            return Ok(known);
        }
        let all: Vec<wire::Webhook> = rest.fetch(&Route::list_webhooks(channel), Body::Empty).await?;
        let ours = all.into_iter().filter(|hook| hook.application_id == Some(wire::Id(self.application.0)));
        let hooks = ours.filter_map(hook).map(Arc::new).collect();
        self.change(channel, |known| known.hooks = hooks);
        Ok(self.get(channel).unwrap_or_default())
    }

    async fn create(
        &self,
        rest: &Rest,
        channel: ChannelId,
        name: &str,
        persona: &Persona,
    ) -> Result<Arc<Hook>, SpeakError> {
        let operation = "creating a webhook";
        let body = Body::json(&json!({ "name": name, "avatar": avatar(persona) }))?;
        let made: wire::Webhook = match rest.fetch(&Route::create_webhook(channel), body).await {
            Err(SpeakError::Uncertain { cause, .. }) => {
                // It may exist now: the next message lists the webhooks again. Nothing was said yet, and that is
                // certain.
                self.forget(channel);
                return Err(SpeakError::Unreachable { operation, cause });
            }
            made => made?,
        };
        let made = hook(made)
            .map(Arc::new)
            .ok_or(SpeakError::Unreadable { operation, cause: "the new webhook has no token".into() })?;
        self.change(channel, |known| known.hooks.push(Arc::clone(&made)));
        Ok(made)
    }
}

/// A face as Discord takes it. Source: Discord documentation, "API Reference", section "Image Data".
fn avatar(persona: &Persona) -> Option<String> {
    persona.avatar.as_ref().map(|png| format!("data:image/png;base64,{}", STANDARD.encode(png)))
}

fn hook(hook: wire::Webhook) -> Option<Hook> {
    Some(Hook {
        id: WebhookId(hook.id.0),
        token: hook.token?.into(),
        name: hook.name.unwrap_or_default().into(),
        avatar: hook.avatar.map(Into::into),
    })
}
