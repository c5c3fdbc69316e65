//! The world as a page needs it: one JSON with guilds, channels, members and what the host program says.

use serde_json::{Value, json};

use crate::permissions::Permissions;
use crate::world::{Channel, Guild, State, World};

/// Members listed per guild.
const MAX_MEMBERS: usize = 1_000;

/// What `me` sees.
pub(super) fn picture(world: &World, me: u64) -> Value {
    let now = world.clock().now_ms();
    let mut whole = world.read(|state| {
        let guilds = state.guilds.values().filter(|g| g.members.contains_key(&me));
        json!({
            "me": state.user_json(me),
            "guilds": guilds.map(|g| guild(state, g, me, now)).collect::<Value>(),
            "applications": state.applications.values().map(|a| json!({
                "id": a.id.to_string(), "name": a.name, "description": a.description,
                "bot": state.user_json(a.bot_user_id), "commands": a.commands.len(),
            })).collect::<Value>(),
        })
    });
    let dms = world.with(|core| {
        let mine = core.state.channels.values().filter(|c| c.is_dm() && c.recipients.contains(&me));
        mine.map(|c| core.dm_json(me, c.id)).collect::<Value>()
    });
    whole["dms"] = dms;
    whole
}

fn guild(state: &State, guild: &Guild, me: u64, now: u64) -> Value {
    let mut object = State::guild_json(guild, true);
    let members = guild.members.values().take(MAX_MEMBERS).map(|member| {
        let mut one = state.member_json(member);
        let id = member.user_id;
        one["status"] = Value::from(guild.presences.get(&id).map_or("offline", |p| p.status.as_str()));
        one["activities"] = guild.presences.get(&id).map_or_else(|| json!([]), |p| json!(p.activities));
        let voice = guild.voice_states.get(&id).and_then(|v| v.channel_id);
        one["voice"] = voice.map_or(Value::Null, |c| Value::from(c.to_string()));
        one
    });
    object["members"] = members.collect();
    let visible =
        state.channels.values().filter(|c| c.guild_id == Some(guild.id) && state.can_view(me, c.id));
    object["channels"] = visible.map(|c| channel(state, c, me, now)).collect();
    object
}

fn channel(state: &State, channel: &Channel, me: u64, now: u64) -> Value {
    let mut object = state.channel_json(channel);
    let rights = state.channel_permissions(me, channel.id, now);
    let wanted =
        if channel.is_thread() { Permissions::SEND_MESSAGES_IN_THREADS } else { Permissions::SEND_MESSAGES };
    object["can_send"] = Value::Bool(rights.contains(wanted));
    object
}

/// Commands that `me` can run in a channel, each with its application.
pub(super) fn commands(world: &World, me: u64, channel_id: u64) -> Vec<Value> {
    world.with(|core| {
        let mut all = core.usable_commands(me, channel_id);
        for command in &mut all {
            let id = command["application_id"].as_str().and_then(|id| id.parse::<u64>().ok());
            let Some(application) = id.and_then(|id| core.state.applications.get(&id)) else { continue };
            let bot = core.state.user_json(application.bot_user_id);
            command["application"] =
                json!({"id": application.id.to_string(), "name": application.name, "bot": bot});
        }
        all
    })
}
