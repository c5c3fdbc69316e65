//! Commands, components and modals that somebody used.

use std::collections::BTreeMap;

use domain::{
    ChannelId, GuildId, InteractionId, MessageId, Timestamp, Untrusted, UserId,
    command::{CommandCall, ComponentCall, Interaction, ModalCall, OptionValue, Permissions},
    event::{Author, ChannelKind, Event, Place},
};

use super::{Translated, direct, messages, place};
use crate::{
    gateway::directory::Directory,
    wire::{self, CommandOption, Component, Data, Resolved},
};

/// Who used something, where, and what to answer: the same for everything that can be used.
struct Used {
    interaction: Interaction,
    author: Author,
    place: Place,
    permissions: Permissions,
    age_restricted: bool,
    at: Timestamp,
}

/// Source: Discord documentation, "Interaction Type".
pub(super) fn interaction(interaction: wire::Interaction, directory: &Directory) -> Translated {
    let (kind, message) = (interaction.kind, interaction.message.as_ref().map(|on| MessageId(on.id.0)));
    let Some((used, data)) = used(interaction, directory) else { return Translated::Unknown };
    let event = match kind {
        2 => command(used, data).map(Event::Command),
        3 => component(used, data, message).map(Event::Component),
        4 => command(used, data).map(Event::Autocomplete),
        5 => modal(used, data, message).map(Event::Modal),
        _ => None,
    };
    event.map_or(Translated::Unknown, Translated::Event)
}

fn used(interaction: wire::Interaction, directory: &Directory) -> Option<(Used, Data)> {
    let (nick, permissions, member) = match interaction.member {
        Some(member) => (member.nick, member.permissions, member.user),
        None => (None, None, None),
    };
    let channel = interaction.channel.as_ref().map(|channel| channel.id).or(interaction.channel_id)?;
    let channel = ChannelId(channel.0);
    let guild = interaction.guild_id;
    let place = directory
        .get(channel)
        .or_else(|| interaction.channel.as_ref().and_then(|channel| place(channel, guild)))
        .unwrap_or_else(|| match guild {
            Some(guild) => {
                Place { guild: Some(GuildId(guild.0)), channel, parent: None, kind: ChannelKind::Text }
            }
            None => direct(channel),
        });
    let id = InteractionId(interaction.id.0);
    let told = interaction.channel.as_ref().and_then(|channel| channel.nsfw).unwrap_or(false);
    let used = Used {
        interaction: Interaction { id, token: interaction.token },
        author: messages::person(member.or(interaction.user)?, nick),
        place,
        // A number that cannot be read allows nothing.
        permissions: Permissions(permissions.and_then(|bits| bits.parse().ok()).unwrap_or(0)),
        age_restricted: told || directory.age_restricted(&place),
        at: Timestamp(id.created_at().as_millis()),
    };
    Some((used, interaction.data?))
}

fn command(used: Used, data: Data) -> Option<Box<CommandCall>> {
    let name = data.name?;
    let Resolved { attachments, mut messages } = data.resolved;
    let target = match (data.kind, data.target_id) {
        (Some(3), Some(id)) => messages.remove(&id.0.to_string()),
        _ => None,
    };
    let mut collected = Collected { attachments, ..Collected::default() };
    collected.take(data.options);
    Some(Box::new(CommandCall {
        interaction: used.interaction,
        name,
        sub: (!collected.path.is_empty()).then(|| collected.path.join(" ")),
        options: collected.options,
        focused: collected.focused,
        author: used.author,
        permissions: used.permissions,
        target: target.map(|message| Box::new(messages::message(message, used.place, used.age_restricted))),
        age_restricted: used.age_restricted,
        place: used.place,
        at: used.at,
    }))
}

fn component(used: Used, data: Data, message: Option<MessageId>) -> Option<Box<ComponentCall>> {
    Some(Box::new(ComponentCall {
        interaction: used.interaction,
        id: data.custom_id?,
        values: data.values,
        author: used.author,
        place: used.place,
        permissions: used.permissions,
        message: message?,
        age_restricted: used.age_restricted,
        at: used.at,
    }))
}

fn modal(used: Used, data: Data, message: Option<MessageId>) -> Option<Box<ModalCall>> {
    let mut fields = BTreeMap::new();
    data.components.into_iter().for_each(|component| written(component, &mut fields));
    Some(Box::new(ModalCall {
        interaction: used.interaction,
        id: data.custom_id?,
        fields,
        author: used.author,
        place: used.place,
        permissions: used.permissions,
        message,
        age_restricted: used.age_restricted,
        at: used.at,
    }))
}

/// Gathers a modal's fields, in rows as they were sent until 2025 or in labels as since then.
fn written(component: Component, fields: &mut BTreeMap<String, Untrusted>) {
    if let (Some(id), Some(value)) = (component.custom_id, component.value) {
        fields.insert(id, value.into());
    }
    let inner = component.labelled.map(|component| *component);
    component.row.into_iter().chain(inner).for_each(|component| written(component, fields));
}

/// A command's options on the way out of their nests.
#[derive(Default)]
struct Collected {
    attachments: std::collections::HashMap<String, wire::Attachment>,
    /// Group and subcommand.
    path: Vec<String>,
    options: BTreeMap<String, OptionValue>,
    focused: Option<String>,
}

impl Collected {
    /// Source: Discord documentation, "Application Command Option Type".
    fn take(&mut self, options: Vec<CommandOption>) {
        for option in options {
            if matches!(option.kind, 1 | 2) {
                self.path.push(option.name);
                // Discord nests a command in a group in a command, never deeper, and each once.
                return self.take(option.options);
            }
            if option.focused {
                self.focused = Some(option.name.clone());
            }
            if let Some(value) = self.value(&option) {
                self.options.insert(option.name, value);
            }
        }
    }

    fn value(&mut self, option: &CommandOption) -> Option<OptionValue> {
        let text = option.value.as_str();
        let id = || text.and_then(|id| id.parse().ok());
        let value = match option.kind {
            4 => option.value.as_i64().map(OptionValue::Integer),
            5 => option.value.as_bool().map(OptionValue::Boolean),
            6 => id().map(|id| OptionValue::User(UserId(id))),
            7 => id().map(|id| OptionValue::Channel(ChannelId(id))),
            11 => {
                let file = self.attachments.remove(text?)?;
                Some(OptionValue::Attachment(messages::attachment(file)))
            }
            _ => None,
        };
        // What is being typed is a text whatever the option takes.
        value.or_else(|| text.map(|text| OptionValue::Text(text.into())))
    }
}
