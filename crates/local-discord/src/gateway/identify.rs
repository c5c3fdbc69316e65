//! The start of a session: is this client who it says, and may it have what it asks for?

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::budget::TooManyStarts;
use super::protocol::{CloseCode, Identify, PresenceUpdate};
use super::session::{Session, SessionInfo};
use super::{Gateway, Inner, pump};
use crate::intents::Intents;
use crate::world::Identity;

/// Why there is no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Close(CloseCode),
    /// Come back later: `INVALID SESSION (false)`.
    Invalid,
}

impl From<CloseCode> for Refused {
    fn from(code: CloseCode) -> Self {
        Self::Close(code)
    }
}

/// Who a token belongs to; clients may or may not write `Bot ` before it.
pub(super) fn authenticate(gateway: &Inner, token: &str) -> Result<Identity, CloseCode> {
    let token = token.strip_prefix("Bot ").unwrap_or(token);
    gateway.world.identify(token).ok_or(CloseCode::AuthenticationFailed)
}

/// Makes a session whose log begins with READY and its guilds. No connection is attached yet.
pub(super) fn start(gateway: &Gateway, version: u64, identify: &Identify) -> Result<Arc<Session>, Refused> {
    let inner = &gateway.inner;
    let identity = authenticate(inner, &identify.token)?;
    let intents = allowed_intents(identify.intents, &identity)?;
    let shard = identify.shard.unwrap_or((0, 1));
    if shard.0 >= shard.1 {
        return Err(CloseCode::InvalidShard.into());
    }
    match inner.starts.spend(identity.application_id, shard.0, Instant::now()) {
        Ok(()) => {}
        Err(TooManyStarts::Concurrency) => return Err(Refused::Invalid),
        Err(TooManyStarts::Total) => {
            // Discord ends all sessions and resets the token.
            inner.sessions.end_all_of(identity.application_id);
            return Err(CloseCode::AuthenticationFailed.into());
        }
    }
    let online = PresenceUpdate { status: "online".into(), activities: Vec::new() };
    set_presence(inner, identity.bot_user_id, identify.presence.as_ref().unwrap_or(&online))?;

    let waiting = inner.options.log.backlog.saturating_mul(2);
    let view = inner.world.ready(identity.application_id, waiting).ok_or(CloseCode::AuthenticationFailed)?;
    let info = SessionInfo {
        id: inner.world.with(|core| core.token(32)),
        application_id: identity.application_id,
        bot_user_id: identity.bot_user_id,
        intents,
        shard,
        generation: inner.faults.generation(),
    };
    let guilds: Vec<u64> = view.guilds.iter().copied().filter(|id| info.serves(Some(*id))).collect();
    if guilds.len() > inner.options.guilds_per_shard {
        return Err(CloseCode::ShardingRequired.into());
    }
    let ready = json!({
        "v": version,
        "user_settings": {},
        "user": view.user,
        "session_type": "normal",
        "session_id": info.id,
        "resume_gateway_url": gateway.url(),
        "relationships": [],
        "private_channels": [],
        "presences": [],
        "guilds": guilds.iter().map(|id| json!({"id": id.to_string(), "unavailable": true})).collect::<Value>(),
        "guild_join_requests": [],
        "geo_ordered_rtc_regions": [],
        "game_relationships": [],
        "auth": {},
        "application": view.application,
        "shard": [shard.0, shard.1],
        "_trace": ["[\"local-discord\",{\"micros\":0}]"],
    });
    let session = Arc::new(Session::new(info, inner.options.log));
    session.push("READY", Arc::from(ready.to_string()));
    if intents.contains(Intents::GUILDS) {
        let large_from = identify.large_threshold.unwrap_or(50).clamp(50, 250) as usize;
        for id in guilds {
            if let Some(guild) = inner.world.guild_create(session.info.application_id, id) {
                let guild = trimmed(guild, &session.info, large_from);
                session.push("GUILD_CREATE", Arc::from(guild.to_string()));
            }
        }
    }
    inner.sessions.insert(Arc::clone(&session), inner.options.max_sessions);
    tokio::spawn(pump::run(Arc::clone(inner), Arc::clone(&session), view.subscription));
    Ok(session)
}

/// Intents that exist, the privileged ones only if they are switched on.
fn allowed_intents(bits: u64, identity: &Identity) -> Result<Intents, CloseCode> {
    let intents = Intents(bits);
    if !Intents::KNOWN.contains(intents) {
        return Err(CloseCode::InvalidIntents);
    }
    let privileged = [
        (Intents::GUILD_MEMBERS, identity.guild_members),
        (Intents::GUILD_PRESENCES, identity.presence),
        (Intents::MESSAGE_CONTENT, identity.message_content),
    ];
    if privileged.iter().any(|(intent, enabled)| intents.contains(*intent) && !enabled) {
        return Err(CloseCode::DisallowedIntents);
    }
    Ok(intents)
}

/// Sets what others see of the bot.
pub(super) fn set_presence(gateway: &Inner, bot: u64, presence: &PresenceUpdate) -> Result<(), CloseCode> {
    let status = match presence.status.as_str() {
        "invisible" => "offline",
        known @ ("online" | "idle" | "dnd" | "offline") => known,
        _ => return Err(CloseCode::DecodeError),
    };
    gateway.world.with(|core| core.set_presence(bot, status, &presence.activities));
    Ok(())
}

/// Without the presences intent there are no presences, and a large guild comes with nobody but the bot and those
/// in its voice channels. <https://docs.discord.com/developers/events/gateway-events#guild-create>
fn trimmed(mut guild: Value, info: &SessionInfo, large_from: usize) -> Value {
    let presences = info.intents.contains(Intents::GUILD_PRESENCES);
    if !presences {
        guild["presences"] = json!([]);
    }
    let large = guild["member_count"].as_u64().unwrap_or(0) as usize > large_from;
    guild["large"] = Value::Bool(large);
    if large && !presences {
        let me = info.bot_user_id.to_string();
        let voices: Vec<String> = guild["voice_states"]
            .as_array()
            .map(|list| list.iter().filter_map(|v| v["user_id"].as_str().map(str::to_owned)).collect())
            .unwrap_or_default();
        if let Some(members) = guild["members"].as_array_mut() {
            members.retain(|m| {
                m["user"]["id"].as_str().is_some_and(|id| id == me || voices.iter().any(|voice| voice == id))
            });
        }
    }
    guild
}
