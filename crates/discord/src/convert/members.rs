//! What members do beside writing: they come and go, play, listen, talk and type.

use domain::{
    ChannelId, GuildId, Timestamp, UserId,
    event::{Activity, ActivityKind, Event},
};

use super::{Translated, direct, messages};
use crate::{gateway::directory::Directory, wire};

/// Activities that are told of one member; Discord's clients show as many as come, mostly one or two.
const ACTIVITIES: usize = 5;
/// Most characters of an activity's name or details; Discord's own clients write at most 128.
const LONGEST: usize = 128;

pub(super) fn typing(typing: &wire::Typing, directory: &Directory) -> Event {
    let channel = ChannelId(typing.channel_id.0);
    Event::Typing {
        place: match typing.guild_id {
            None => Some(direct(channel)),
            Some(_) => directory.get(channel),
        },
        channel,
        user: UserId(typing.user_id.0),
        at: Timestamp(typing.timestamp.saturating_mul(1_000)),
    }
}

pub(super) fn presence(presence: &wire::Presence) -> Translated {
    presence.guild_id.map_or(Translated::Nothing, |guild| {
        Translated::Event(Event::Presence {
            guild: GuildId(guild.0),
            user: UserId(presence.user.id.0),
            activities: activities(presence),
        })
    })
}

/// What somebody is doing. Somebody who is offline does nothing: Discord sends an empty list then.
pub(super) fn activities(presence: &wire::Presence) -> Vec<Activity> {
    presence.activities.iter().filter_map(activity).take(ACTIVITIES).collect()
}

/// Source: Discord documentation, "Gateway Events", section "Activity Object".
fn activity(activity: &wire::Activity) -> Option<Activity> {
    let kind = match activity.kind {
        0 => ActivityKind::Playing,
        1 => ActivityKind::Streaming,
        2 => ActivityKind::Listening,
        3 => ActivityKind::Watching,
        4 => ActivityKind::Custom,
        5 => ActivityKind::Competing,
        _ => return None,
    };
    let (details, state) = (shown(activity.details.as_deref()), shown(activity.state.as_deref()));
    if kind == ActivityKind::Custom {
        // Its name is always "Custom Status"; one without a text is an emoji only.
        return state.map(|text| Activity { kind, name: text.into(), details: None });
    }
    let details = match (details, state) {
        // A player's track is in the details, its artists in the state.
        (Some(track), Some(artists)) if kind == ActivityKind::Listening => {
            Some(format!("{track} – {artists}"))
        }
        (details, state) => details.or(state),
    };
    shown(Some(&activity.name)).map(|name| Activity {
        kind,
        name: name.into(),
        details: details.map(Into::into),
    })
}

fn shown(text: Option<&str>) -> Option<String> {
    let text: String = text?.trim().chars().take(LONGEST).collect();
    (!text.is_empty()).then_some(text)
}

pub(super) fn joined(member: wire::GuildMember) -> Event {
    Event::MemberJoined {
        guild: GuildId(member.guild_id.0),
        member: messages::person(member.user, member.nick),
    }
}

pub(super) fn left(member: wire::GuildMember) -> Event {
    Event::MemberLeft {
        guild: GuildId(member.guild_id.0),
        member: messages::person(member.user, member.nick),
    }
}

pub(super) fn voice(state: &wire::VoiceState) -> Translated {
    // A call in a direct message has no guild.
    state.guild.map_or(Translated::Nothing, |guild| {
        Translated::Event(Event::VoiceMoved {
            guild: GuildId(guild.0),
            user: UserId(state.user.0),
            channel: state.channel.map(|channel| ChannelId(channel.0)),
        })
    })
}
