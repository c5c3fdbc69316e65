//! Discord's JSON of users, members, roles, channels and guilds.

use serde_json::{Map, Value, json};

use super::model::{
    Application, Channel, Command, Guild, Member, Presence, Role, State, User, VoiceState, Webhook,
    channel_type,
};
use crate::clock::timestamp;
use crate::permissions::{Overwrite, OverwriteKind, Permissions};

/// A snowflake as Discord prints it.
pub(crate) fn sid(id: u64) -> Value {
    Value::String(id.to_string())
}

pub(crate) fn sid_opt(id: Option<u64>) -> Value {
    id.map_or(Value::Null, sid)
}

fn sids(ids: &[u64]) -> Value {
    ids.iter().map(|id| sid(*id)).collect()
}

pub(crate) fn time_opt(ms: Option<u64>) -> Value {
    ms.map_or(Value::Null, |ms| Value::String(timestamp(ms)))
}

pub(crate) fn bits(set: Permissions) -> Value {
    Value::String(set.0.to_string())
}

/// A user object.
pub(crate) fn user(user: &User) -> Value {
    let mut object = json!({
        "id": user.id.to_string(),
        "username": user.username,
        "avatar": user.avatar,
        "discriminator": if user.bot { "0001" } else { "0" },
        "public_flags": 0,
        "flags": 0,
        "banner": user.banner,
        "accent_color": null,
        "global_name": user.global_name,
        "avatar_decoration_data": null,
        "collectibles": null,
        "display_name_styles": null,
        "banner_color": null,
        "clan": null,
        "primary_guild": null,
    });
    if user.bot {
        object["bot"] = Value::Bool(true);
    }
    object
}

/// The current user, with what only it may know.
pub(crate) fn current_user(me: &User) -> Value {
    let mut object = user(me);
    object["mfa_enabled"] = Value::Bool(false);
    object["locale"] = Value::from("en-US");
    object["premium_type"] = Value::from(0);
    object["email"] = Value::Null;
    object["verified"] = Value::Bool(true);
    object
}

/// A guild member object, without its `user`.
pub(crate) fn bare_member(member: &Member) -> Value {
    json!({
        "avatar": member.avatar,
        "banner": null,
        "communication_disabled_until": time_opt(member.timeout_until_ms),
        "flags": 0,
        "joined_at": timestamp(member.joined_ms),
        "nick": member.nick,
        "pending": false,
        "premium_since": null,
        "roles": sids(&member.roles),
        "mute": member.mute,
        "deaf": member.deaf,
    })
}

pub(crate) fn role(role: &Role) -> Value {
    let mut object = json!({
        "id": role.id.to_string(),
        "name": role.name,
        "description": null,
        "permissions": bits(role.permissions),
        "position": role.position,
        "color": role.color,
        "colors": {"primary_color": role.color, "secondary_color": null, "tertiary_color": null},
        "hoist": role.hoist,
        "managed": role.managed,
        "mentionable": role.mentionable,
        "icon": null,
        "unicode_emoji": null,
        "flags": 0,
    });
    if let Some(bot) = role.bot_id {
        object["tags"] = json!({"bot_id": bot.to_string()});
    }
    object
}

fn overwrite(overwrite: &Overwrite) -> Value {
    json!({
        "id": overwrite.id.to_string(),
        "type": match overwrite.kind { OverwriteKind::Role => 0, OverwriteKind::Member => 1 },
        "allow": bits(overwrite.allow),
        "deny": bits(overwrite.deny),
    })
}

pub(crate) fn voice_state(state: &VoiceState, guild_id: u64) -> Value {
    json!({
        "guild_id": guild_id.to_string(),
        "channel_id": sid_opt(state.channel_id),
        "user_id": state.user_id.to_string(),
        "session_id": state.session_id,
        "deaf": state.deaf,
        "mute": state.mute,
        "self_deaf": state.self_deaf,
        "self_mute": state.self_mute,
        "self_stream": false,
        "self_video": state.self_video,
        "suppress": state.suppress,
        "request_to_speak_timestamp": null,
    })
}

pub(crate) fn presence(user_id: u64, guild_id: u64, presence: &Presence) -> Value {
    let client = if presence.status == "offline" { json!({}) } else { json!({"desktop": presence.status}) };
    json!({
        "user": {"id": user_id.to_string()},
        "guild_id": guild_id.to_string(),
        "status": presence.status,
        "activities": presence.activities,
        "client_status": client,
    })
}

pub(crate) fn webhook(hook: &Webhook, owner: Option<&User>, with_token: bool) -> Value {
    let mut object = json!({
        "id": hook.id.to_string(),
        "type": 1,
        "application_id": sid_opt(hook.application_id),
        "avatar": hook.avatar,
        "channel_id": hook.channel_id.to_string(),
        "guild_id": hook.guild_id.to_string(),
        "name": hook.name,
    });
    if let Some(owner) = owner {
        object["user"] = user(owner);
    }
    if with_token {
        object["token"] = Value::from(hook.token.clone());
        object["url"] = Value::from(format!("https://discord.com/api/webhooks/{}/{}", hook.id, hook.token));
    }
    object
}

/// An application command; localisations only when asked for.
pub(crate) fn command(application_id: u64, command: &Command, with_localizations: bool) -> Value {
    let mut object = Map::new();
    object.insert("id".into(), sid(command.id));
    object.insert("application_id".into(), sid(application_id));
    object.insert("version".into(), sid(command.version));
    if let Some(guild) = command.guild_id {
        object.insert("guild_id".into(), sid(guild));
    }
    object.insert("type".into(), Value::from(command.kind));
    object.insert("name".into(), Value::from(command.name.clone()));
    for (key, value) in &command.body {
        if with_localizations || !key.ends_with("_localizations") {
            object.insert(key.clone(), value.clone());
        }
    }
    Value::Object(object)
}

impl State {
    /// A user object by id; a stub for users that are gone.
    pub(crate) fn user_json(&self, id: u64) -> Value {
        let gone = || User {
            id,
            username: "deleted_user".into(),
            global_name: None,
            avatar: None,
            banner: None,
            bot: false,
        };
        self.users.get(&id).map_or_else(|| user(&gone()), user)
    }

    /// A guild member object with its `user`.
    pub(crate) fn member_json(&self, member: &Member) -> Value {
        let mut object = bare_member(member);
        object["user"] = self.user_json(member.user_id);
        object
    }

    /// A member as interactions carry it: with the permissions in the channel.
    pub(crate) fn member_in_channel_json(
        &self,
        guild_id: u64,
        user_id: u64,
        channel_id: u64,
        now_ms: u64,
    ) -> Value {
        let Some(member) = self.guilds.get(&guild_id).and_then(|g| g.members.get(&user_id)) else {
            return Value::Null;
        };
        let mut object = self.member_json(member);
        object["permissions"] = bits(self.channel_permissions(user_id, channel_id, now_ms));
        object
    }

    /// A channel, direct message or thread.
    pub(crate) fn channel_json(&self, channel: &Channel) -> Value {
        let mut object = json!({
            "id": channel.id.to_string(),
            "type": channel.kind,
            "last_message_id": sid_opt(channel.last_message_id),
            "flags": channel.flags,
        });
        let Some(guild_id) = channel.guild_id else {
            object["recipients"] = channel.recipients.iter().map(|id| self.user_json(*id)).collect();
            return object;
        };
        object["guild_id"] = sid(guild_id);
        object["name"] = Value::from(channel.name.clone());
        object["parent_id"] = sid_opt(channel.parent_id);
        object["rate_limit_per_user"] = Value::from(channel.rate_limit_per_user);
        if channel.kind == channel_type::CATEGORY {
            object.as_object_mut().map(|map| map.shift_remove("last_message_id"));
        }
        if channel.thread.is_some() {
            thread_fields(channel, &mut object);
            return object;
        }
        object["topic"] = channel.topic.clone().map_or(Value::Null, Value::from);
        object["position"] = Value::from(channel.position);
        object["permission_overwrites"] = channel.overwrites.iter().map(overwrite).collect();
        object["nsfw"] = Value::Bool(channel.nsfw);
        if channel.last_pin_ms.is_some() {
            object["last_pin_timestamp"] = time_opt(channel.last_pin_ms);
        }
        if matches!(channel.kind, channel_type::VOICE | channel_type::STAGE) {
            object["bitrate"] = Value::from(channel.bitrate);
            object["user_limit"] = Value::from(channel.user_limit);
            object["rtc_region"] = channel.rtc_region.clone().map_or(Value::Null, Value::from);
        }
        if channel.is_forum() {
            object["available_tags"] = Value::from(channel.available_tags.clone());
            object["default_reaction_emoji"] = Value::Null;
            object["default_sort_order"] = Value::Null;
            object["default_forum_layout"] = Value::from(0);
        }
        if let Some(minutes) = channel.default_auto_archive_duration {
            object["default_auto_archive_duration"] = Value::from(minutes);
        }
        object
    }

    /// One member of a thread.
    pub(crate) fn thread_member_json(thread_id: u64, user_id: u64, joined_ms: u64) -> Value {
        json!({
            "id": thread_id.to_string(),
            "user_id": user_id.to_string(),
            "join_timestamp": timestamp(joined_ms),
            "flags": 1,
        })
    }

    /// A guild object as REST gives it.
    pub(crate) fn guild_json(guild: &Guild, with_counts: bool) -> Value {
        let mut object = guild_fields(guild);
        if with_counts {
            let online = guild.presences.values().filter(|p| p.status != "offline").count();
            object["approximate_member_count"] = Value::from(guild.members.len());
            object["approximate_presence_count"] = Value::from(online);
        }
        object
    }

    /// An application object; `private` adds what only its owner sees.
    pub(crate) fn application_json(&self, application: &Application) -> Value {
        let flags = application.flags
            | if application.presence { 1 << 13 } else { 0 }
            | if application.guild_members { 1 << 15 } else { 0 }
            | if application.message_content { 1 << 19 } else { 0 };
        let owner = self.user_json(application.owner_id);
        json!({
            "id": application.id.to_string(),
            "name": application.name,
            "icon": null,
            "description": application.description,
            "type": null,
            "summary": "",
            "bot": self.user_json(application.bot_user_id),
            "bot_public": true,
            "bot_require_code_grant": false,
            "verify_key": application.verify_key,
            "flags": flags,
            "flags_new": flags.to_string(),
            "eligible_oauth2_scopes": [],
            "hook": true,
            "interactions_endpoint_url": application.interactions_endpoint_url,
            "role_connections_verification_url": null,
            "redirect_uris": [],
            "owner": owner,
            "team": null,
            "tags": application.tags,
            "integration_types_config": {"0": {"oauth2_install_params":
                {"scopes": ["applications.commands", "bot"], "permissions": "0"}}},
            "approximate_guild_count":
                self.guilds.values().filter(|g| g.members.contains_key(&application.bot_user_id)).count(),
            "approximate_user_install_count": 0,
            "approximate_user_authorization_count": 0,
            "explicit_content_filter": 0,
            "event_webhooks_status": 1,
            "event_webhooks_url": null,
        })
    }
}

fn thread_fields(channel: &Channel, object: &mut Value) {
    let Some(thread) = &channel.thread else { return };
    let mut metadata = json!({
        "archived": thread.archived,
        "archive_timestamp": timestamp(thread.archive_ms),
        "auto_archive_duration": thread.auto_archive_duration,
        "locked": thread.locked,
        "create_timestamp": timestamp(thread.created_ms),
    });
    if channel.kind == channel_type::PRIVATE_THREAD {
        metadata["invitable"] = Value::Bool(thread.invitable);
    }
    object["owner_id"] = sid(channel.owner_id.unwrap_or_default());
    object["thread_metadata"] = metadata;
    object["message_count"] = Value::from(thread.message_count.min(50));
    object["member_count"] = Value::from(thread.members.len().min(50));
    object["total_message_sent"] = Value::from(thread.total_message_sent);
    if !channel.applied_tags.is_empty() {
        object["applied_tags"] = sids(&channel.applied_tags);
    }
}

fn guild_fields(guild: &Guild) -> Value {
    json!({
        "id": guild.id.to_string(),
        "name": guild.name,
        "icon": guild.icon,
        "description": guild.description,
        "home_header": null,
        "splash": null,
        "discovery_splash": null,
        "features": [],
        "banner": null,
        "owner_id": guild.owner_id.to_string(),
        "application_id": null,
        "region": "local",
        "afk_channel_id": null,
        "afk_timeout": 300,
        "system_channel_id": sid_opt(guild.system_channel_id),
        "system_channel_flags": 0,
        "widget_enabled": false,
        "widget_channel_id": null,
        "verification_level": 0,
        "roles": guild.roles.values().map(role).collect::<Value>(),
        "default_message_notifications": 1,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": null,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": null,
        "premium_tier": guild.premium_tier,
        "premium_subscription_count": 0,
        "preferred_locale": guild.preferred_locale,
        "rules_channel_id": null,
        "safety_alerts_channel_id": null,
        "public_updates_channel_id": null,
        "premium_progress_bar_enabled": false,
        "premium_progress_bar_enabled_user_updated_at": null,
        "nsfw": false,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "incidents_data": null,
        "inventory_settings": null,
    })
}
