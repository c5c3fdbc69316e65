//! Interactions from the user's side: they start here and are dispatched to their application alone.
//! <https://docs.discord.com/developers/interactions/receiving-and-responding>

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::Core;
use super::access::Actor;
use super::model::{Interaction, Message, interaction_type, message_flag};
use super::render::{bits, sid};
use crate::dispatch::{Audience, Dispatch};
use crate::errors::ApiError;
use crate::intents::Intents;
use crate::permissions::Permissions;

/// What a user does.
#[derive(Debug, Clone)]
pub enum Use {
    /// Runs a command; `options` as in interaction data (`[{name, type, value, …}]`), sub-commands nested.
    Command { command_id: u64, options: Vec<Value>, target_id: Option<u64> },
    /// Types into an option with autocomplete: the one marked `"focused": true`.
    Autocomplete { command_id: u64, options: Vec<Value> },
    /// Presses a button or chooses from a select.
    Component { message_id: u64, custom_id: String, values: Vec<String> },
    /// Submits the modal that an interaction opened; `components` as in interaction data.
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
        let commands = matches!(new.what, Use::Command { .. } | Use::Autocomplete { .. });
        if commands {
            let wanted = Permissions::USE_APPLICATION_COMMANDS;
            self.state.require(new.user_id, new.channel_id, wanted, now)?;
        }
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

    /// Commands that a user may choose from in a guild: the application's global and guild ones.
    pub fn usable_commands(&self, guild_id: Option<u64>) -> Vec<Value> {
        let here = |g: Option<u64>| g.is_none() || g == guild_id;
        let all = self
            .state
            .applications
            .values()
            .filter(|a| guild_id.is_none_or(|guild| self.state.is_member(a.bot_user_id, guild)));
        all.flat_map(|a| {
            a.commands.iter().filter(move |c| here(c.guild_id)).map(|c| super::render::command(a.id, c, true))
        })
        .collect()
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

    fn interaction_data(
        &self,
        new: &NewInteraction,
        guild_id: Option<u64>,
    ) -> Result<(u8, Value, Option<u64>), ApiError> {
        match &new.what {
            Use::Command { command_id, options, target_id } => {
                let data = self.command_data(new, guild_id, *command_id, options, *target_id)?;
                Ok((interaction_type::COMMAND, data, None))
            }
            Use::Autocomplete { command_id, options } => {
                let data = self.command_data(new, guild_id, *command_id, options, None)?;
                Ok((interaction_type::AUTOCOMPLETE, data, None))
            }
            Use::Component { message_id, custom_id, values } => {
                let message = self.message(new.channel_id, *message_id)?;
                if message.visible_to.is_some_and(|only| only != new.user_id) {
                    return Err(ApiError::UNKNOWN_MESSAGE);
                }
                let component = find_component(&message.components, custom_id);
                let component = component.filter(|c| c["disabled"] != true);
                let component = component
                    .ok_or_else(|| ApiError::field("data", "COMPONENT_VALIDATION_FAILED", "No component"))?;
                let mut data = json!({
                    "custom_id": custom_id, "component_type": component["type"], "id": component["id"],
                });
                if component["type"] != 2 {
                    data["values"] = json!(values);
                }
                // A string select's values name nothing: without this key, clients take them as they are.
                if (5..=8).any(|kind| component["type"] == kind) {
                    data["resolved"] = self.resolved_values(new, guild_id, values);
                }
                Ok((interaction_type::COMPONENT, data, Some(*message_id)))
            }
            Use::ModalSubmit { opened_by, components } => {
                let opener = self.state.interactions.get(opened_by).ok_or(ApiError::UNKNOWN_INTERACTION)?;
                let modal = opener.modal.as_ref().filter(|_| opener.user_id == new.user_id);
                let modal = modal.ok_or(ApiError::UNKNOWN_INTERACTION)?;
                let data = json!({"custom_id": modal["custom_id"], "components": components, "resolved": {}});
                Ok((interaction_type::MODAL_SUBMIT, data, opener.message_id))
            }
        }
    }

    fn command_data(
        &self,
        new: &NewInteraction,
        guild_id: Option<u64>,
        command_id: u64,
        options: &[Value],
        target_id: Option<u64>,
    ) -> Result<Value, ApiError> {
        let application = self.application(new.application_id)?;
        let found = application.commands.iter().find(|c| c.id == command_id);
        let command = found.filter(|c| c.guild_id.is_none() || c.guild_id == guild_id);
        let command = command.ok_or(ApiError::UNKNOWN_COMMAND)?;
        let mut data = json!({"id": command_id.to_string(), "name": command.name, "type": command.kind});
        if let Some(guild) = command.guild_id {
            data["guild_id"] = sid(guild);
        }
        let mut named = Vec::new();
        collect_ids(options, &mut named);
        if let Some(target) = target_id {
            data["target_id"] = sid(target);
            named.push(target);
        }
        if !options.is_empty() {
            data["options"] = json!(options);
        }
        let resolved = self.resolve(new, guild_id, &named);
        if resolved.as_object().is_some_and(|r| !r.is_empty()) {
            data["resolved"] = resolved;
        }
        Ok(data)
    }

    fn resolved_values(&self, new: &NewInteraction, guild_id: Option<u64>, values: &[String]) -> Value {
        let ids: Vec<u64> = values.iter().filter_map(|v| v.parse().ok()).collect();
        self.resolve(new, guild_id, &ids)
    }

    /// The objects that ids in options or values name.
    fn resolve(&self, new: &NewInteraction, guild_id: Option<u64>, ids: &[u64]) -> Value {
        let now = self.now_ms();
        let mut resolved: Map<String, Value> = Map::new();
        let mut put = |kind: &str, id: u64, object: Value| {
            let slot = resolved.entry(kind).or_insert_with(|| json!({}));
            slot[id.to_string()] = object;
        };
        let guild = guild_id.and_then(|g| self.state.guilds.get(&g));
        for &id in ids {
            if self.state.users.contains_key(&id) {
                put("users", id, self.state.user_json(id));
                if let Some(guild) = guild.filter(|g| g.members.contains_key(&id)) {
                    let mut member = self.state.member_in_channel_json(guild.id, id, new.channel_id, now);
                    if let Some(map) = member.as_object_mut() {
                        for absent in ["user", "deaf", "mute"] {
                            map.shift_remove(absent);
                        }
                    }
                    put("members", id, member);
                }
            }
            if let Some(role) = guild.and_then(|g| g.roles.get(&id)) {
                put("roles", id, super::render::role(role));
            }
            if let Some(channel) = self.state.channels.get(&id) {
                let mut object = self.state.channel_json(channel);
                object["permissions"] = bits(self.state.channel_permissions(new.user_id, id, now));
                put("channels", id, object);
            }
            if let Ok(message) = self.message(new.channel_id, id) {
                put("messages", id, self.state.message_json(message, new.user_id));
            }
        }
        Value::Object(resolved)
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

/// Ids in options: users (6), channels (7), roles (8), mentionables (9); sub-commands (1, 2) hold options.
fn collect_ids(options: &[Value], ids: &mut Vec<u64>) {
    for option in options {
        match option["type"].as_u64() {
            Some(1 | 2) => collect_ids(option["options"].as_array().map_or(&[], Vec::as_slice), ids),
            Some(6..=9) => ids.extend(option["value"].as_str().and_then(|v| v.parse::<u64>().ok())),
            _ => {}
        }
    }
}

/// A component of a message by its custom id, at any depth.
pub(crate) fn find_component<'a>(components: &'a [Value], custom_id: &str) -> Option<&'a Value> {
    components.iter().find_map(|component| {
        if component["custom_id"] == custom_id {
            return Some(component);
        }
        let children = component["components"].as_array().map_or(&[][..], Vec::as_slice);
        let accessory = component.get("accessory").map_or(&[][..], std::slice::from_ref);
        find_component(children, custom_id).or_else(|| find_component(accessory, custom_id))
    })
}

/// True for messages that only their reader sees.
pub(crate) fn is_ephemeral(message: &Message) -> bool {
    message.flags & message_flag::EPHEMERAL != 0
}
