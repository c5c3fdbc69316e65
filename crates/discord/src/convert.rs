//! Discord's frames as events of the domain. Pure: what it needs to know of channels comes from the directory.

use std::collections::BTreeMap;

use domain::{
    ApplicationId, ChannelId, GuildId, InteractionId, MessageId, Timestamp, Untrusted, UserId, WebhookId,
    command::{CommandCall, Interaction, OptionValue},
    event::{
        Attachment, Author, AuthorKind, ChannelKind, Event, GuildSeen, Identity, Message, Place, ReplyTo,
    },
};
use serde::Deserialize;

use crate::{
    gateway::directory::Directory,
    wire::{self, CommandOption, Frame},
};

/// A channel that arrives without a name because the bot may not see it (documentation, "Channel Flags",
/// `OBFUSCATED`).
const OBFUSCATED: u64 = 1 << 17;

/// What a frame means.
pub(crate) enum Translated {
    /// Nothing for the domain; the directory may have changed.
    Nothing,
    Event(Event),
    /// A message in a guild channel that the directory does not know.
    Unplaced(Box<wire::Message>),
    /// Nobody has written down here what such a frame means.
    Unknown,
}

/// Reads a dispatch.
pub(crate) fn translate(
    kind: &str,
    json: &str,
    directory: &Directory,
) -> Result<Translated, serde_json::Error> {
    Ok(match kind {
        "READY" => {
            let ready: wire::Ready = payload(json)?;
            Translated::Event(Event::Connected(Identity {
                user: UserId(ready.user.id.0),
                application: ApplicationId(ready.application.id.0),
            }))
        }
        "GUILD_CREATE" => guild_seen(&payload(json)?, directory),
        "CHANNEL_CREATE" | "CHANNEL_UPDATE" | "THREAD_CREATE" | "THREAD_UPDATE" => {
            let channel: wire::Channel = payload(json)?;
            match place(&channel, channel.guild_id) {
                Some(place) => directory.insert(place),
                None => directory.remove(ChannelId(channel.id.0)),
            }
            Translated::Nothing
        }
        "CHANNEL_DELETE" | "THREAD_DELETE" => {
            let gone: wire::Only = payload(json)?;
            directory.remove(ChannelId(gone.id.0));
            Translated::Nothing
        }
        "THREAD_LIST_SYNC" => {
            let list: wire::Threads = payload(json)?;
            for place in list.threads.iter().filter_map(|thread| place(thread, Some(list.guild_id))) {
                directory.insert(place);
            }
            Translated::Nothing
        }
        "MESSAGE_CREATE" => created(payload(json)?, directory),
        "MESSAGE_UPDATE" => {
            let edit: wire::Edit = payload(json)?;
            match (edit.content, edit.edited_timestamp) {
                // Without a time of edit only links were unfolded.
                (Some(content), Some(_)) => Translated::Event(Event::MessageEdited {
                    channel: ChannelId(edit.channel_id.0),
                    message: MessageId(edit.id.0),
                    content: content.into(),
                }),
                _ => Translated::Nothing,
            }
        }
        "MESSAGE_DELETE" | "MESSAGE_DELETE_BULK" => {
            let gone: wire::Deleted = payload(json)?;
            Translated::Event(Event::MessagesDeleted {
                channel: ChannelId(gone.channel_id.0),
                messages: gone.id.into_iter().chain(gone.ids).map(|id| MessageId(id.0)).collect(),
            })
        }
        "INTERACTION_CREATE" => interaction(payload(json)?, directory),
        _ => Translated::Unknown,
    })
}

fn payload<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, serde_json::Error> {
    serde_json::from_str::<Frame<T>>(json).map(|frame| frame.d)
}

/// A channel's place; `None` for what holds no messages itself (categories, forums) or may not be seen.
pub(crate) fn place(channel: &wire::Channel, guild: Option<wire::Id>) -> Option<Place> {
    if channel.flags.is_some_and(|flags| flags & OBFUSCATED != 0) {
        return None;
    }
    let kind = kind(channel.kind)?;
    Some(Place {
        guild: guild.map(|id| GuildId(id.0)),
        channel: ChannelId(channel.id.0),
        parent: channel.parent_id.filter(|_| kind == ChannelKind::Thread).map(|id| ChannelId(id.0)),
        kind,
    })
}

/// Source: Discord documentation, "Channel Types".
fn kind(number: u8) -> Option<ChannelKind> {
    match number {
        0 | 5 => Some(ChannelKind::Text),
        1 | 3 => Some(ChannelKind::Direct),
        2 | 13 => Some(ChannelKind::Voice),
        10..=12 => Some(ChannelKind::Thread),
        _ => None,
    }
}

fn guild_seen(guild: &wire::Guild, directory: &Directory) -> Translated {
    if guild.unavailable {
        return Translated::Nothing;
    }
    let channels: Vec<_> = guild
        .channels
        .iter()
        .chain(&guild.threads)
        .filter_map(|channel| {
            let place = place(channel, Some(guild.id))?;
            directory.insert(place);
            Some((place, channel.last_message_id.map(|id| MessageId(id.0))))
        })
        .collect();
    Translated::Event(Event::GuildSeen(GuildSeen {
        guild: GuildId(guild.id.0),
        channels,
        activities: Vec::new(),
        voices: Vec::new(),
    }))
}

fn created(message: wire::Message, directory: &Directory) -> Translated {
    let channel = ChannelId(message.channel_id.0);
    let place = match message.guild_id {
        None => Some(direct(channel)),
        Some(_) => directory.get(channel),
    };
    match place {
        Some(place) => Translated::Event(Event::Message(Box::new(self::message(message, place)))),
        None => Translated::Unplaced(Box::new(message)),
    }
}

fn direct(channel: ChannelId) -> Place {
    Place { guild: None, channel, parent: None, kind: ChannelKind::Direct }
}

/// The place of a message whose channel nobody knows.
pub(crate) fn assumed(message: &wire::Message) -> Place {
    Place {
        guild: message.guild_id.map(|id| GuildId(id.0)),
        channel: ChannelId(message.channel_id.0),
        parent: None,
        kind: message.channel_type.and_then(kind).unwrap_or(ChannelKind::Text),
    }
}

/// A message at a place.
pub(crate) fn message(message: wire::Message, place: Place) -> Message {
    let id = MessageId(message.id.0);
    let reply = message.reference.filter(|to| to.kind.unwrap_or(0) == 0 && message.kind == 19);
    Message {
        id,
        place,
        author: Author {
            id: UserId(message.author.id.0),
            kind: author_kind(&message.author, message.kind, message.webhook_id, message.application_id),
            name: shown_name(message.author, message.member.and_then(|member| member.nick)),
        },
        content: message.content.into(),
        mentions: message.mentions.iter().map(|user| UserId(user.id.0)).collect(),
        reply_to: reply.and_then(|to| to.message_id).map(|to| ReplyTo {
            message: MessageId(to.0),
            author: message.referenced.map(|message| UserId(message.author.id.0)),
        }),
        attachments: message.attachments.into_iter().map(attachment).collect(),
        pictures: Vec::new(),
        replied_pictures: Vec::new(),
        age_restricted: false,
        // Discord makes the id when the message is sent, so both tell the same time.
        sent_at: id.created_at(),
    }
}

fn author_kind(
    author: &wire::User,
    message_kind: u8,
    webhook: Option<wire::Id>,
    application: Option<wire::Id>,
) -> AuthorKind {
    // 0 text, 19 reply, 20 and 23 answers to commands; everything else Discord writes itself ("Message Types").
    if author.system || !matches!(message_kind, 0 | 19 | 20 | 23) {
        return AuthorKind::System;
    }
    match webhook {
        // A bot's answer to an interaction comes by a webhook of its application too, but has the bot as author.
        Some(id) if id == author.id || application.is_none() => {
            AuthorKind::Webhook(WebhookId(id.0), application.map(|id| ApplicationId(id.0)))
        }
        _ if author.bot => AuthorKind::Bot,
        _ => AuthorKind::Human,
    }
}

fn shown_name(user: wire::User, nick: Option<String>) -> Untrusted {
    let chosen = |name: &String| !name.trim().is_empty();
    nick.filter(chosen).or(user.global_name.filter(chosen)).unwrap_or(user.username).into()
}

fn attachment(attachment: wire::Attachment) -> Attachment {
    Attachment {
        filename: attachment.filename.into(),
        url: attachment.url.into(),
        content_type: attachment.content_type.map(Untrusted::new),
        size: attachment.size,
    }
}

/// Source: Discord documentation, "Interaction Type": 2 is a command, 4 an autocomplete.
fn interaction(interaction: wire::Interaction, directory: &Directory) -> Translated {
    if !matches!(interaction.kind, 2 | 4) {
        return Translated::Unknown;
    }
    let (nick, member) = match interaction.member {
        Some(member) => (member.nick, member.user),
        None => (None, None),
    };
    let (Some(user), Some(data)) = (member.or(interaction.user), interaction.data) else {
        return Translated::Unknown;
    };
    let (Some(mut name), Some(channel)) =
        (data.name, interaction.channel.as_ref().map(|channel| channel.id).or(interaction.channel_id))
    else {
        return Translated::Unknown;
    };
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
    let (mut options, mut focused) = (BTreeMap::new(), None);
    collect(data.options, &mut name, &mut options, &mut focused);
    let id = InteractionId(interaction.id.0);
    let call = Box::new(CommandCall {
        interaction: Interaction { id, token: interaction.token },
        name,
        sub: None,
        options,
        focused,
        permissions: domain::command::Permissions::NONE,
        target: None,
        age_restricted: false,
        author: Author {
            id: UserId(user.id.0),
            kind: if user.bot { AuthorKind::Bot } else { AuthorKind::Human },
            name: shown_name(user, nick),
        },
        place,
        at: Timestamp(id.created_at().as_millis()),
    });
    Translated::Event(if interaction.kind == 4 { Event::Autocomplete(call) } else { Event::Command(call) })
}

/// Gathers option values; a subcommand's name joins the command's. Source: Discord documentation, "Application
/// Command Option Type".
fn collect(
    from: Vec<CommandOption>,
    name: &mut String,
    options: &mut BTreeMap<String, OptionValue>,
    focused: &mut Option<String>,
) {
    for option in from {
        if matches!(option.kind, 1 | 2) {
            name.push(' ');
            name.push_str(&option.name);
            // Discord nests a command in a group in a command, never deeper, and each once.
            return collect(option.options, name, options, focused);
        }
        if option.focused {
            *focused = Some(option.name.clone());
        }
        let text = option.value.as_str();
        let value = match option.kind {
            4 => option.value.as_i64().map(OptionValue::Integer),
            5 => option.value.as_bool().map(OptionValue::Boolean),
            6 => text.and_then(|id| id.parse().ok()).map(OptionValue::User),
            _ => None,
        };
        // What is being typed is a text whatever the option takes.
        if let Some(value) = value.or_else(|| text.map(|text| OptionValue::Text(text.into()))) {
            options.insert(option.name, value);
        }
    }
}

#[cfg(test)]
mod tests;
