//! Who sees what on a server, and which servers there are.
//!
//! Source: Discord documentation, "Gateway Events": a guild comes whole, then in changes of its roles, channels,
//! threads and owner.

use std::sync::Arc;

use domain::{
    ChannelId, GuildId, RoleId, UserId,
    audience::{GuildPlan, Overwrite, Shape, Whose},
    command::Permissions,
    event::{Event, ShardGuilds},
};

use super::{OBFUSCATED, Translated};
use crate::{gateway::directory::Directory, wire};

/// Which guilds READY tells of.
pub(super) fn of_shard(ready: &wire::Ready) -> ShardGuilds {
    let (shard, of) = ready.shard.unwrap_or((0, 1));
    ShardGuilds { shard, of, guilds: ready.guilds.iter().map(|guild| GuildId(guild.id.0)).collect() }
}

/// The plan of a guild as it came.
pub(super) fn plan(guild: &wire::Guild) -> GuildPlan {
    let mut plan = GuildPlan::new(GuildId(guild.id.0), guild.owner_id.map(|owner| UserId(owner.0)));
    for role in &guild.roles {
        note_role(&mut plan, role);
    }
    for channel in guild.channels.iter().chain(&guild.threads) {
        note(&mut plan, channel);
    }
    plan
}

/// A channel or thread is new or another.
pub(super) fn channel(channel: &wire::Channel, directory: &Directory) -> Translated {
    change(channel.guild_id, directory, |plan| note(plan, channel))
}

pub(super) fn channel_gone(gone: &wire::ChannelGone, directory: &Directory) -> Translated {
    let channel = ChannelId(gone.id.0);
    let plan = gone
        .guild_id
        .and_then(|guild| directory.plans().change(GuildId(guild.0), |plan| plan.remove_channel(channel)));
    Translated::Event(Event::ChannelGone { channel, plan })
}

/// All active threads below some channels: those that are not among them are not seen any more.
pub(super) fn threads(list: &wire::ThreadListSync, directory: &Directory) -> Translated {
    change(Some(list.guild_id), directory, |plan| {
        let before = plan.clone();
        plan.remove_threads(|parent| {
            list.channel_ids.as_ref().is_none_or(|below| below.contains(&wire::Id(parent.get())))
        });
        for thread in &list.threads {
            note(plan, thread);
        }
        *plan != before
    })
}

pub(super) fn role(role: &wire::GuildRole, directory: &Directory) -> Translated {
    change(Some(role.guild_id), directory, |plan| note_role(plan, &role.role))
}

pub(super) fn role_gone(gone: &wire::RoleGone, directory: &Directory) -> Translated {
    change(Some(gone.guild_id), directory, |plan| plan.remove_role(RoleId(gone.role_id.0)))
}

pub(super) fn owner(guild: &wire::GuildOwner, directory: &Directory) -> Translated {
    change(Some(guild.id), directory, |plan| {
        guild.owner_id.is_some_and(|owner| plan.set_owner(UserId(owner.0)))
    })
}

/// A guild is gone, unless it is only out of order.
pub(super) fn gone(gone: &wire::GuildGone, directory: &Directory) -> Translated {
    if gone.unavailable {
        return Translated::Nothing;
    }
    let guild = GuildId(gone.id.0);
    directory.plans().remove(guild);
    Translated::Event(Event::GuildLeft { guild })
}

fn change(
    guild: Option<wire::Id>,
    directory: &Directory,
    change: impl FnOnce(&mut GuildPlan) -> bool,
) -> Translated {
    let changed: Option<Arc<GuildPlan>> =
        guild.and_then(|guild| directory.plans().change(GuildId(guild.0), change));
    changed.map_or(Translated::Nothing, |plan| Translated::Event(Event::GuildChanged { plan }))
}

fn note_role(plan: &mut GuildPlan, role: &wire::Role) -> bool {
    plan.set_role(RoleId(role.id.0), Permissions(role.permissions.0))
}

/// What the bot may not see comes without its true face: it is no place and no source for as long.
fn note(plan: &mut GuildPlan, channel: &wire::Channel) -> bool {
    let id = ChannelId(channel.id.0);
    let hidden = channel.flags.is_some_and(|flags| flags & OBFUSCATED != 0);
    match shape(channel).filter(|_| !hidden) {
        Some(shape) => plan.set_channel(id, shape, channel.overwrites.iter().flatten().filter_map(overwrite)),
        None => plan.remove_channel(id),
    }
}

/// Source: Discord documentation, "Channel Types". A category says nothing and rules nothing: its overwrites are
/// copied to the channels that follow it.
fn shape(channel: &wire::Channel) -> Option<Shape> {
    let parent = channel.parent_id.map(|parent| ChannelId(parent.0));
    match channel.kind {
        0 | 5 | 15 | 16 => Some(Shape::Text),
        2 | 13 => Some(Shape::Voice),
        10 | 11 => parent.map(Shape::PublicThread),
        12 => parent.map(Shape::PrivateThread),
        _ => None,
    }
}

fn overwrite(overwrite: &wire::Overwrite) -> Option<Overwrite> {
    let whose = match overwrite.kind {
        0 => Whose::Role(RoleId(overwrite.id.0)),
        1 => Whose::Member(UserId(overwrite.id.0)),
        _ => return None,
    };
    Some(Overwrite { whose, allow: Permissions(overwrite.allow.0), deny: Permissions(overwrite.deny.0) })
}
