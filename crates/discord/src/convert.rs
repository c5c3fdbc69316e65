//! Discord's frames as events of the domain. Pure: what it needs to know of channels comes from the directory.

mod guilds;
mod interactions;
mod members;
mod messages;
mod permissions;

use domain::{
    ApplicationId, ChannelId, GuildId, MessageId, UserId,
    event::{ChannelKind, Event, GuildSeen, Identity, Place},
};
use serde::Deserialize;

pub(crate) use self::{
    messages::message,
    permissions::{Changed, permissions_changed},
};
use crate::{
    gateway::directory::Directory,
    wire::{self, Frame},
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
            let identity = Identity {
                user: UserId(ready.user.id.0),
                application: ApplicationId(ready.application.id.0),
            };
            Translated::Event(Event::Connected { identity, guilds: Some(guilds::of_shard(&ready)) })
        }
        "GUILD_CREATE" => guild_seen(&payload(json)?, directory),
        "CHANNEL_CREATE" | "CHANNEL_UPDATE" | "THREAD_CREATE" | "THREAD_UPDATE" => {
            let channel: wire::Channel = payload(json)?;
            learn(&channel, channel.guild_id, directory);
            guilds::channel(&channel, directory)
        }
        "CHANNEL_DELETE" | "THREAD_DELETE" => {
            let gone: wire::ChannelGone = payload(json)?;
            directory.remove(ChannelId(gone.id.0));
            guilds::channel_gone(&gone, directory)
        }
        "THREAD_LIST_SYNC" => {
            let list: wire::ThreadListSync = payload(json)?;
            for thread in &list.threads {
                learn(thread, Some(list.guild_id), directory);
            }
            guilds::threads(&list, directory)
        }
        "GUILD_ROLE_CREATE" | "GUILD_ROLE_UPDATE" => guilds::role(&payload(json)?, directory),
        "GUILD_ROLE_DELETE" => guilds::role_gone(&payload(json)?, directory),
        "GUILD_UPDATE" => guilds::owner(&payload(json)?, directory),
        "GUILD_DELETE" => guilds::gone(&payload(json)?, directory),
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
        "INTERACTION_CREATE" => interactions::interaction(payload(json)?, directory),
        "TYPING_START" => Translated::Event(members::typing(&payload(json)?, directory)),
        "PRESENCE_UPDATE" => members::presence(&payload(json)?),
        "GUILD_MEMBER_ADD" => Translated::Event(members::joined(payload(json)?)),
        "GUILD_MEMBER_REMOVE" => Translated::Event(members::left(payload(json)?)),
        "VOICE_STATE_UPDATE" => members::voice(&payload(json)?),
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

/// Notes in the directory what a channel is. Forums are noted too: their posts are as age-restricted as they are.
pub(crate) fn learn(
    channel: &wire::Channel,
    guild: Option<wire::Id>,
    directory: &Directory,
) -> Option<Place> {
    let id = ChannelId(channel.id.0);
    let place = place(channel, guild);
    let age_restricted = channel.nsfw.unwrap_or(false);
    if place.is_some() || FORUMS.contains(&channel.kind) {
        directory.insert(id, place, age_restricted);
    } else {
        directory.remove(id);
    }
    place
}

/// Forum and media channels.
const FORUMS: [u8; 2] = [15, 16];

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
            let place = learn(channel, Some(guild.id), directory)?;
            Some((place, channel.last_message_id.map(|id| MessageId(id.0))))
        })
        .collect();
    let activities = guild.presences.iter().map(|presence| (presence, members::activities(presence)));
    let voices = guild.voice_states.iter();
    Translated::Event(Event::GuildSeen(GuildSeen {
        guild: GuildId(guild.id.0),
        channels,
        activities: activities
            .filter(|(_, activities)| !activities.is_empty())
            .map(|(presence, activities)| (UserId(presence.user.id.0), activities))
            .collect(),
        voices: voices
            .filter_map(|in_voice| Some((UserId(in_voice.user.0), ChannelId(in_voice.channel?.0))))
            .collect(),
        plan: directory.plans().set(guilds::plan(guild)),
    }))
}

fn created(message: wire::Message, directory: &Directory) -> Translated {
    let channel = ChannelId(message.channel_id.0);
    let place = match message.guild_id {
        None => Some(direct(channel)),
        Some(_) => directory.get(channel),
    };
    match place {
        Some(place) => {
            let age_restricted = directory.age_restricted(&place);
            Translated::Event(Event::Message(Box::new(self::message(message, place, age_restricted))))
        }
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

#[cfg(test)]
mod tests;
