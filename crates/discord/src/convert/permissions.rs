//! Frames that say that somebody may have changed what the bot may do.

use domain::{ChannelId, GuildId, UserId};
use serde::Deserialize;

use super::payload;
use crate::wire::{Id, Only};

/// Where permissions may be others now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Changed {
    Channel(ChannelId),
    Guild(GuildId),
}

#[derive(Deserialize)]
struct InGuild {
    guild_id: Id,
    #[serde(default)]
    user: Option<Only>,
}

/// Reads a dispatch for changes of permissions. The bot's own member is told of without any intent.
///
/// Source: Discord documentation, "Gateway", section "Caveats", and "Gateway Events".
pub(crate) fn permissions_changed(kind: &str, json: &str, own: UserId) -> Option<Changed> {
    match kind {
        "CHANNEL_UPDATE" => {
            payload::<Only>(json).ok().map(|channel| Changed::Channel(ChannelId(channel.id.0)))
        }
        "GUILD_ROLE_UPDATE" | "GUILD_MEMBER_UPDATE" => {
            let place: InGuild = payload(json).ok()?;
            let is_own = place.user.is_none_or(|user| user.id.0 == own.0);
            is_own.then_some(Changed::Guild(GuildId(place.guild_id.0)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn roles_overwrites_and_the_bots_own_member_change_permissions() {
        let told = |kind: &str, payload: serde_json::Value| {
            permissions_changed(kind, &json!({ "op": 0, "d": payload }).to_string(), UserId(7))
        };
        let (guild, channel) = (Some(Changed::Guild(GuildId(1))), Some(Changed::Channel(ChannelId(30))));
        assert_eq!(told("CHANNEL_UPDATE", json!({ "id": "30", "type": 0, "guild_id": "1" })), channel);
        assert_eq!(told("GUILD_ROLE_UPDATE", json!({ "guild_id": "1", "role": { "id": "5" } })), guild);
        assert_eq!(told("GUILD_MEMBER_UPDATE", json!({ "guild_id": "1", "user": { "id": "7" } })), guild);
        assert_eq!(told("GUILD_MEMBER_UPDATE", json!({ "guild_id": "1", "user": { "id": "8" } })), None);
        assert_eq!(told("CHANNEL_CREATE", json!({ "id": "30", "type": 0, "guild_id": "1" })), None);
        assert_eq!(told("CHANNEL_UPDATE", json!({ "type": 0 })), None);
    }
}
