//! What happened, on its way to gateway sessions and to the web client.

use std::sync::{Arc, OnceLock};

use serde_json::Value;
use tokio::sync::mpsc;

use crate::intents::Intents;

/// Who may learn of a dispatch. Resolved when it is emitted, with the permissions of that moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Every application whose bot is a member of the guild.
    Guild(u64),
    /// Every application whose bot may view the channel (in a DM: whose bot is a recipient).
    Channel(u64),
    /// Every application whose bot is in the channel's guild but may not view the channel: it gets the obfuscated
    /// form. Who sees everything gets the true form already, and not this one.
    Blind(u64),
    /// One application, e.g. for its interactions.
    Application(u64),
    /// These users only: the recipients of a DM, or who started an interaction.
    Users(Vec<u64>),
}

/// One event as the gateway sends it in `t` and `d`.
#[derive(Debug)]
pub struct Dispatch {
    /// The event's name, e.g. `MESSAGE_CREATE`.
    pub name: &'static str,
    pub guild_id: Option<u64>,
    pub channel_id: Option<u64>,
    /// Any of these intents lets it through; empty: it is always sent.
    pub intent: Intents,
    pub audience: Audience,
    pub data: Arc<Value>,
    json: OnceLock<Arc<str>>,
    stripped: OnceLock<Arc<str>>,
}

impl Dispatch {
    pub fn new(name: &'static str, intent: Intents, audience: Audience, data: Value) -> Self {
        Self {
            name,
            guild_id: None,
            channel_id: None,
            intent,
            audience,
            data: Arc::new(data),
            json: OnceLock::new(),
            stripped: OnceLock::new(),
        }
    }

    /// Names the guild: shards and web clients sort by it.
    #[must_use]
    pub fn guild(mut self, id: Option<u64>) -> Self {
        self.guild_id = id;
        self
    }

    /// Names the channel.
    #[must_use]
    pub fn channel(mut self, id: u64) -> Self {
        self.channel_id = Some(id);
        self
    }

    /// `d` as text; serialised once, however many sessions receive it.
    pub fn json(&self) -> Arc<str> {
        self.json.get_or_init(|| Arc::from(self.data.to_string())).clone()
    }

    /// `d` as a session without the message-content intent gets it. Use it if [`Dispatch::hides_content_from`].
    pub fn json_without_content(&self) -> Arc<str> {
        let strip = || {
            let mut data = Value::clone(&self.data);
            strip_content(&mut data);
            Arc::from(data.to_string())
        };
        self.stripped.get_or_init(strip).clone()
    }

    /// True if this is a message whose content `bot_user` only gets with the message-content intent:
    /// not its own, not a direct message, not one that mentions it.
    /// <https://docs.discord.com/developers/events/gateway#message-content-intent>
    pub fn hides_content_from(&self, bot_user: u64) -> bool {
        if !matches!(self.name, "MESSAGE_CREATE" | "MESSAGE_UPDATE") || self.guild_id.is_none() {
            return false;
        }
        let me = bot_user.to_string();
        let own = self.data["author"]["id"] == me.as_str();
        let mentioned =
            self.data["mentions"].as_array().is_some_and(|m| m.iter().any(|u| u["id"] == me.as_str()));
        !own && !mentioned
    }
}

/// Empties what the message-content intent guards.
pub fn strip_content(message: &mut Value) {
    if let Some(content) = message.get_mut("content") {
        *content = Value::from("");
    }
    for key in ["embeds", "attachments", "components"] {
        if let Some(list) = message.get_mut(key) {
            *list = Value::Array(Vec::new());
        }
    }
    if let Some(map) = message.as_object_mut() {
        map.shift_remove("poll");
    }
    if let Some(replied) = message.get_mut("referenced_message").filter(|m| m.is_object()) {
        strip_content(replied);
    }
}

/// Which dispatches a subscriber wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// What one application may learn: a gateway session.
    Application(u64),
    /// Everything: the web client, the members that act, tests.
    Everything,
}

/// The receiving end of a subscription.
///
/// It is bounded: who does not read is cut off (`recv` then ends), as Discord drops a session that falls behind.
#[derive(Debug)]
pub struct Subscription {
    receiver: mpsc::Receiver<Arc<Dispatch>>,
}

impl Subscription {
    /// The next dispatch; `None` once the world cut this subscription off.
    pub async fn recv(&mut self) -> Option<Arc<Dispatch>> {
        self.receiver.recv().await
    }

    /// A dispatch that already waits, if any.
    pub fn try_recv(&mut self) -> Option<Arc<Dispatch>> {
        self.receiver.try_recv().ok()
    }
}

/// The sending end, kept by the world.
#[derive(Debug)]
pub(crate) struct Subscriber {
    pub(crate) scope: Scope,
    sender: mpsc::Sender<Arc<Dispatch>>,
}

impl Subscriber {
    pub(crate) fn pair(scope: Scope, capacity: usize) -> (Self, Subscription) {
        let (sender, receiver) = mpsc::channel(capacity.max(1));
        (Self { scope, sender }, Subscription { receiver })
    }

    /// False if the subscriber is gone or too slow and must be removed.
    pub(crate) fn offer(&self, dispatch: &Arc<Dispatch>) -> bool {
        self.sender.try_send(Arc::clone(dispatch)).is_ok()
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.sender.is_closed()
    }
}
