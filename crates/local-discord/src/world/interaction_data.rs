//! `data` of an interaction: what was run, pressed, chosen or filled in, with the objects that its ids name.
//! <https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object-interaction-data>

use serde_json::{Map, Value, json};

use super::Core;
use super::interactions::{NewInteraction, Use, find_component};
use super::modal_answers;
use super::model::{Attachment, Message, interaction_type};
use super::render::{bits, sid};
use super::render_message::attachment_json;
use crate::errors::ApiError;

const STRING_SELECT: u64 = 3;
const FILE_UPLOAD: u64 = 19;

/// What an id in options, values or a target names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    User,
    Role,
    /// A user or a role.
    Either,
    Channel,
    Attachment,
    Message,
}

impl Named {
    /// By option type. <https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-option-type>
    fn of_option(kind: u64) -> Option<Self> {
        Some(match kind {
            6 => Self::User,
            7 => Self::Channel,
            8 => Self::Role,
            9 => Self::Either,
            11 => Self::Attachment,
            _ => return None,
        })
    }

    /// By component type: only selects of entities and uploads name something. A string select's values name nothing,
    /// even if they look like ids.
    fn of_component(kind: u64) -> Option<Self> {
        Some(match kind {
            5 => Self::User,
            6 => Self::Role,
            7 => Self::Either,
            8 => Self::Channel,
            FILE_UPLOAD => Self::Attachment,
            _ => return None,
        })
    }
}

type Names = Vec<(Named, u64)>;

impl Core {
    /// Type, `data` and, for components and modals, the message that it is about.
    pub(super) fn interaction_data(
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
                let data = self.component_data(new, guild_id, *message_id, custom_id, values)?;
                Ok((interaction_type::COMPONENT, data, Some(*message_id)))
            }
            Use::ModalSubmit { opened_by, components } => {
                let opener = self.state.interactions.get(opened_by).ok_or(ApiError::UNKNOWN_INTERACTION)?;
                let modal = opener.modal.as_ref().filter(|_| opener.user_id == new.user_id);
                let modal = modal.ok_or(ApiError::UNKNOWN_INTERACTION)?;
                modal_answers::check(modal, components)?;
                let mut names = Names::new();
                names_of_components(components, &mut names);
                let resolved = self.resolve(new, guild_id, &names)?;
                let data =
                    json!({"custom_id": modal["custom_id"], "components": components, "resolved": resolved});
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
        let command = application.commands.iter().find(|c| c.id == command_id);
        let command = command.ok_or(ApiError::UNKNOWN_COMMAND)?;
        let channel = self.state.channels.get(&new.channel_id).ok_or(ApiError::UNKNOWN_CHANNEL)?;
        self.state.may_use_command(new.user_id, channel, command, self.now_ms())?;
        let mut data = json!({"id": command_id.to_string(), "name": command.name, "type": command.kind});
        if let Some(guild) = command.guild_id {
            data["guild_id"] = sid(guild);
        }
        let mut names = Names::new();
        names_of_options(options, &mut names);
        match (command.kind, target_id) {
            (1, None) => {}
            (2, Some(id)) if self.state.users.contains_key(&id) => names.push((Named::User, id)),
            (2, Some(_)) => return Err(ApiError::UNKNOWN_USER),
            (3, Some(id)) => {
                self.message_seen_by(new.user_id, new.channel_id, id)?;
                names.push((Named::Message, id));
            }
            _ => {
                return Err(ApiError::field(
                    "data.target_id",
                    "BASE_TYPE_REQUIRED",
                    "This field is required",
                ));
            }
        }
        if let Some(target) = target_id {
            data["target_id"] = sid(target);
        }
        if !options.is_empty() {
            data["options"] = json!(options);
        }
        let resolved = self.resolve(new, guild_id, &names)?;
        if resolved.as_object().is_some_and(|r| !r.is_empty()) {
            data["resolved"] = resolved;
        }
        Ok(data)
    }

    fn component_data(
        &self,
        new: &NewInteraction,
        guild_id: Option<u64>,
        message_id: u64,
        custom_id: &str,
        values: &[String],
    ) -> Result<Value, ApiError> {
        let message = self.message_seen_by(new.user_id, new.channel_id, message_id)?;
        if self.application_behind(message) != Some(new.application_id) {
            return Err(ApiError::UNKNOWN_APPLICATION);
        }
        let wrong = |text: &str| ApiError::field("data", "COMPONENT_VALIDATION_FAILED", text);
        let component = find_component(&message.components, custom_id);
        let component = component.ok_or_else(|| wrong("The message has no such component."))?;
        if component["disabled"] == true {
            return Err(wrong("The component is disabled."));
        }
        chosen(component, values).map_err(|problem| wrong(&problem))?;
        let kind = component["type"].as_u64().unwrap_or(0);
        let mut data = json!({"custom_id": custom_id, "component_type": kind, "id": component["id"]});
        if kind != 2 {
            data["values"] = json!(values);
        }
        // Without this key, clients take a string select's values as they are.
        if let Some(named) = Named::of_component(kind) {
            let names: Names = values.iter().filter_map(|v| Some((named, v.parse().ok()?))).collect();
            let resolved = self.resolve(new, guild_id, &names)?;
            let found = |id: &str| {
                resolved.as_object().is_some_and(|kinds| kinds.values().any(|k| k.get(id).is_some()))
            };
            if !values.iter().all(|value| found(value)) {
                return Err(wrong("A value names nothing that is here."));
            }
            data["resolved"] = resolved;
        }
        Ok(data)
    }

    /// The application that hears when a component of this message is used: a webhook's owner, or the bot's.
    pub(crate) fn application_behind(&self, message: &Message) -> Option<u64> {
        let author = message.author.id();
        let of_bot = || self.state.applications.values().find(|a| a.bot_user_id == author).map(|a| a.id);
        message.application_id.or_else(of_bot)
    }

    /// A message that this user sees: others' ephemeral ones do not exist.
    fn message_seen_by(&self, user: u64, channel_id: u64, message_id: u64) -> Result<&Message, ApiError> {
        let message = self.message(channel_id, message_id)?;
        let hidden = message.visible_to.is_some_and(|only| only != user);
        if hidden { Err(ApiError::UNKNOWN_MESSAGE) } else { Ok(message) }
    }

    /// The objects that ids in options, values or a target name.
    fn resolve(
        &self,
        new: &NewInteraction,
        guild_id: Option<u64>,
        names: &[(Named, u64)],
    ) -> Result<Value, ApiError> {
        let now = self.now_ms();
        let mut resolved: Map<String, Value> = Map::new();
        let mut put = |kind: &str, id: u64, object: Value| {
            let slot = resolved.entry(kind).or_insert_with(|| json!({}));
            slot[id.to_string()] = object;
        };
        let guild = guild_id.and_then(|g| self.state.guilds.get(&g));
        for &(named, id) in names {
            if matches!(named, Named::User | Named::Either) && self.state.users.contains_key(&id) {
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
            let role = guild.and_then(|g| g.roles.get(&id));
            if let Some(role) = role.filter(|_| matches!(named, Named::Role | Named::Either)) {
                put("roles", id, super::render::role(role));
            }
            if let Some(channel) = self.state.channels.get(&id).filter(|_| named == Named::Channel) {
                let mut object = self.state.channel_json(channel);
                object["permissions"] = bits(self.state.channel_permissions(new.user_id, id, now));
                put("channels", id, object);
            }
            if named == Named::Attachment {
                let file = self.uploaded(id).ok_or_else(|| {
                    ApiError::field("data.attachments", "ATTACHMENT_NOT_FOUND", "Attachment data not found")
                })?;
                put("attachments", id, attachment_json(&file, &self.state.base_url));
            }
            if named == Named::Message
                && let Ok(message) = self.message(new.channel_id, id)
            {
                put("messages", id, self.state.message_json(message, new.user_id));
            }
        }
        Ok(Value::Object(resolved))
    }

    /// A file that was uploaded for an interaction.
    fn uploaded(&self, id: u64) -> Option<Attachment> {
        let file = self.state.files.by_id.get(&id)?;
        Some(super::files::describe(id, file, None, true))
    }
}

/// Checks values against a select's options and bounds. Buttons take none.
pub(super) fn chosen(component: &Value, values: &[String]) -> Result<(), String> {
    let kind = component["type"].as_u64().unwrap_or(0);
    if kind == 2 {
        return if values.is_empty() { Ok(()) } else { Err("A button has no values.".to_owned()) };
    }
    let (min, max) =
        (component["min_values"].as_u64().unwrap_or(1), component["max_values"].as_u64().unwrap_or(1));
    if !(min..=max).contains(&(values.len() as u64)) {
        return Err(format!("Must be between {min} and {max} in length."));
    }
    if values.iter().enumerate().any(|(n, value)| values[..n].contains(value)) {
        return Err("The same value was chosen twice.".to_owned());
    }
    if kind == STRING_SELECT {
        let options = component["options"].as_array().map_or(&[][..], Vec::as_slice);
        if let Some(odd) = values.iter().find(|v| !options.iter().any(|o| o["value"] == v.as_str())) {
            return Err(format!("{odd:?} is none of the options."));
        }
    }
    Ok(())
}

/// Sub-commands (1) and their groups (2) hold options.
fn names_of_options(options: &[Value], names: &mut Names) {
    for option in options {
        let kind = option["type"].as_u64().unwrap_or(0);
        if matches!(kind, 1 | 2) {
            names_of_options(option["options"].as_array().map_or(&[], Vec::as_slice), names);
        }
        let id = option["value"].as_str().and_then(|v| v.parse().ok());
        names.extend(Named::of_option(kind).zip(id));
    }
}

fn names_of_components(components: &[Value], names: &mut Names) {
    for component in components {
        if let Some(named) = component["type"].as_u64().and_then(Named::of_component) {
            let values = component["values"].as_array().into_iter().flatten();
            names.extend(values.filter_map(|v| Some((named, v.as_str()?.parse().ok()?))));
        }
        names_of_components(component["components"].as_array().map_or(&[], Vec::as_slice), names);
        names_of_components(component.get("component").map_or(&[], std::slice::from_ref), names);
    }
}
