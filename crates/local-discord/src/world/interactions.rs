//! Interactions from the user's side: they start here and are dispatched to their application alone.
//! <https://docs.discord.com/developers/interactions/receiving-and-responding>

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::Core;
use super::access::Actor;
use super::model::{Interaction, Message, message_flag};
use super::render::{bits, sid};
use crate::dispatch::{Audience, Dispatch};
use crate::errors::ApiError;
use crate::intents::Intents;

/// What a user does.
#[derive(Debug, Clone)]
pub enum Use {
    /// Runs a command; `options` as in interaction data (`[{name, type, value, …}]`), sub-commands nested. An
    /// attachment's value is the id that [`Core::upload`] gave.
    Command { command_id: u64, options: Vec<Value>, target_id: Option<u64> },
    /// Types into an option with autocomplete: the one marked `"focused": true`.
    Autocomplete { command_id: u64, options: Vec<Value> },
    /// Presses a button or chooses from a select.
    Component { message_id: u64, custom_id: String, values: Vec<String> },
    /// Submits the modal that an interaction opened; `components` as in interaction data. It is held against the
    /// modal's own rules, as Discord's client does.
    ModalSubmit { opened_by: u64, components: Vec<Value> },
}

/// An interaction to be.
#[derive(Debug, Clone)]
pub struct NewInteraction {
    pub application_id: u64,
    pub user_id: u64,
    pub channel_id: u64,
    pub what: Use,
}

/// Interactions live as long as their token: 15 minutes.
pub(crate) const TOKEN_MS: u64 = 15 * 60 * 1_000;

impl Core {
    /// Starts an interaction and dispatches `INTERACTION_CREATE` to its application. Returns its id.
    pub fn start_interaction(&mut self, new: &NewInteraction) -> Result<u64, ApiError> {
        let now = self.now_ms();
        let channel = self.state.visible_channel(new.user_id, new.channel_id)?;
        let guild_id = channel.guild_id;
        self.application(new.application_id)?;
        let (kind, data, message_id) = self.interaction_data(new, guild_id)?;
        let id = self.next_id();
        let token = mint(id, &self.token(96));
        let interaction = Interaction {
            id,
            application_id: new.application_id,
            token,
            kind,
            data,
            user_id: new.user_id,
            guild_id,
            channel_id: new.channel_id,
            message_id,
            created_ms: now,
            callback: None,
            original: None,
            followups: Vec::new(),
            deferred_ephemeral: false,
            choices: Vec::new(),
            modal: None,
        };
        let payload = self.interaction_json(&interaction);
        let audience = Audience::Application(new.application_id);
        self.keep_interaction(interaction);
        let dispatch = Dispatch::new("INTERACTION_CREATE", Intents::NONE, audience, payload);
        self.emit(dispatch.guild(guild_id).channel(new.channel_id));
        Ok(id)
    }

    /// The token with which its application answers; `None` if it is long over.
    pub fn interaction_token(&self, id: u64) -> Option<String> {
        self.state.interactions.get(&id).map(|i| i.token.clone())
    }

    fn keep_interaction(&mut self, interaction: Interaction) {
        let now = self.now_ms();
        let all = &mut self.state.interactions;
        while let Some((_, oldest)) = all.first_key_value() {
            // One more minute, so that a late call still learns that its token expired.
            if oldest.created_ms + TOKEN_MS + 60_000 > now && all.len() < self.limits.interactions {
                break;
            }
            all.pop_first();
        }
        all.insert(interaction.id, interaction);
    }

    fn interaction_json(&self, interaction: &Interaction) -> Value {
        let now = self.now_ms();
        let (user, channel_id) = (interaction.user_id, interaction.channel_id);
        let bot = self.state.applications.get(&interaction.application_id).map_or(0, |a| a.bot_user_id);
        let channel = self.state.channels.get(&channel_id);
        let mut object = json!({
            "id": interaction.id.to_string(),
            "application_id": interaction.application_id.to_string(),
            "type": interaction.kind,
            "token": interaction.token,
            "version": 1,
            "data": interaction.data,
            "channel_id": channel_id.to_string(),
            "channel": channel.map_or(Value::Null, |c| self.state.channel_json(c)),
            "app_permissions": bits(self.state.channel_permissions(bot, channel_id, now)),
            "locale": "en-US",
            "entitlements": [],
            "entitlement_sku_ids": [],
            "attachment_size_limit": 10 * 1024 * 1024,
            "context": u8::from(interaction.guild_id.is_none()),
            "authorizing_integration_owners": {},
        });
        if let Some(guild_id) = interaction.guild_id {
            object["guild_id"] = sid(guild_id);
            object["guild"] = json!({"id": guild_id.to_string(), "locale": "en-US", "features": []});
            object["guild_locale"] = Value::from("en-US");
            object["member"] = self.state.member_in_channel_json(guild_id, user, channel_id, now);
            object["authorizing_integration_owners"]["0"] = sid(guild_id);
        } else {
            object["user"] = self.state.user_json(user);
            object["authorizing_integration_owners"]["0"] = Value::from("0");
        }
        let message = interaction.message_id.and_then(|id| self.message(channel_id, id).ok());
        if let Some(message) = message {
            object["message"] = self.state.message_json(message, bot);
        }
        object
    }

    /// The actor that answers for an application.
    pub(crate) fn answering(application_id: u64) -> Actor {
        Actor::Interaction(application_id)
    }
}

/// A token names its interaction, as Discord's do: it is found without an index.
fn mint(id: u64, secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("interaction:{id}:{secret}"))
}

/// The interaction that a token claims to belong to.
pub(crate) fn claimed_id(token: &str) -> Option<u64> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    text.strip_prefix("interaction:")?.split(':').next()?.parse().ok()
}

/// A component of a message or a modal by its custom id, at any depth.
pub(crate) fn find_component<'a>(components: &'a [Value], custom_id: &str) -> Option<&'a Value> {
    components.iter().find_map(|component| {
        if component["custom_id"] == custom_id {
            return Some(component);
        }
        let children = component["components"].as_array().map_or(&[][..], Vec::as_slice);
        // A section's accessory, a label's component.
        let single = |key: &str| component.get(key).map_or(&[][..], std::slice::from_ref);
        find_component(children, custom_id)
            .or_else(|| find_component(single("accessory"), custom_id))
            .or_else(|| find_component(single("component"), custom_id))
    })
}

/// True for messages that only their reader sees.
pub(crate) fn is_ephemeral(message: &Message) -> bool {
    message.flags & message_flag::EPHEMERAL != 0
}
