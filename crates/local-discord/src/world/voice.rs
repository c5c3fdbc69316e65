//! Voice states, presences and typing.

use serde_json::{Value, json};

use super::Core;
use super::messages::channel_audience;
use super::model::{Presence, VoiceState, channel_type};
use super::render::{self, sid};
use crate::dispatch::{Audience, Dispatch};
use crate::errors::ApiError;
use crate::intents::Intents;
use crate::permissions::Permissions;

/// A change of one's voice state. Gateway op 4 and members that act use it.
#[derive(Debug, Clone, Copy, Default)]
pub struct VoicePatch {
    /// `None` leaves.
    pub channel_id: Option<u64>,
    pub self_mute: bool,
    pub self_deaf: bool,
}

impl Core {
    /// Joins, moves, leaves or mutes; dispatches `VOICE_STATE_UPDATE`. Returns the new state's session id.
    pub fn set_voice_state(
        &mut self,
        user: u64,
        guild_id: u64,
        patch: VoicePatch,
    ) -> Result<String, ApiError> {
        let now = self.now_ms();
        if let Some(channel_id) = patch.channel_id {
            let wanted = Permissions::VIEW_CHANNEL | Permissions::CONNECT;
            self.state.require(user, channel_id, wanted, now)?;
            let channel = self.state.channels.get(&channel_id).filter(|c| c.guild_id == Some(guild_id));
            let channel = channel.ok_or(ApiError::UNKNOWN_CHANNEL)?;
            if !matches!(channel.kind, channel_type::VOICE | channel_type::STAGE) {
                return Err(ApiError::CANNOT_EXECUTE_ON_TYPE);
            }
        }
        let fresh = self.token(32);
        let guild = self.state.guilds.get_mut(&guild_id).ok_or(ApiError::UNKNOWN_GUILD)?;
        let member = guild.members.get(&user).ok_or(ApiError::UNKNOWN_MEMBER)?;
        let (mute, deaf) = (member.mute, member.deaf);
        let before = guild.voice_states.get(&user);
        let session_id = before.map_or(fresh, |v| v.session_id.clone());
        let state = VoiceState {
            user_id: user,
            channel_id: patch.channel_id,
            session_id: session_id.clone(),
            self_mute: patch.self_mute,
            self_deaf: patch.self_deaf,
            mute,
            deaf,
            ..VoiceState::default()
        };
        if patch.channel_id.is_some() {
            guild.voice_states.insert(user, state.clone());
        } else {
            guild.voice_states.remove(&user);
        }
        self.announce_voice_state(guild_id, &state);
        Ok(session_id)
    }

    pub(crate) fn announce_voice_state(&mut self, guild_id: u64, state: &VoiceState) {
        let mut data = render::voice_state(state, guild_id);
        let member = self.state.guilds.get(&guild_id).and_then(|g| g.members.get(&state.user_id));
        if let Some(member) = member {
            data["member"] = self.state.member_json(member);
        }
        let intent = Intents::GUILD_VOICE_STATES;
        let dispatch = Dispatch::new("VOICE_STATE_UPDATE", intent, Audience::Guild(guild_id), data);
        self.emit(dispatch.guild(Some(guild_id)));
    }

    /// Sets what is shown above a voice channel. Being connected suffices; others need `MANAGE_CHANNELS` too.
    pub fn set_voice_status(
        &mut self,
        user: u64,
        channel_id: u64,
        status: Option<&str>,
    ) -> Result<(), ApiError> {
        let now = self.now_ms();
        let channel = self.state.visible_channel(user, channel_id)?;
        let guild_id = channel.guild_id.filter(|_| channel.kind == channel_type::VOICE);
        let guild_id = guild_id.ok_or(ApiError::CANNOT_EXECUTE_ON_TYPE)?;
        let here = self.state.guilds.get(&guild_id).and_then(|g| g.voice_states.get(&user));
        let connected = here.is_some_and(|v| v.channel_id == Some(channel_id));
        let extra = if connected { Permissions::NONE } else { Permissions::MANAGE_CHANNELS };
        self.state.require(user, channel_id, Permissions::SET_VOICE_CHANNEL_STATUS | extra, now)?;
        if let Some(channel) = self.state.channels.get_mut(&channel_id) {
            channel.voice_status = status.map(str::to_owned);
        }
        let data = json!({"id": channel_id.to_string(), "guild_id": guild_id.to_string(), "status": status});
        let name = "VOICE_CHANNEL_STATUS_UPDATE";
        let dispatch = Dispatch::new(name, Intents::GUILDS, Audience::Channel(channel_id), data);
        self.emit(dispatch.guild(Some(guild_id)).channel(channel_id));
        Ok(())
    }

    /// Sets a user's presence in every guild where they are a member.
    pub fn set_presence(&mut self, user: u64, status: &str, activities: &[Value]) {
        let guilds: Vec<u64> =
            self.state.guilds.values().filter(|g| g.members.contains_key(&user)).map(|g| g.id).collect();
        for guild_id in guilds {
            let presence = Presence { status: status.to_owned(), activities: activities.to_vec() };
            let data = render::presence(user, guild_id, &presence);
            if let Some(guild) = self.state.guilds.get_mut(&guild_id) {
                guild.presences.insert(user, presence);
            }
            let dispatch =
                Dispatch::new("PRESENCE_UPDATE", Intents::GUILD_PRESENCES, Audience::Guild(guild_id), data);
            self.emit(dispatch.guild(Some(guild_id)));
        }
    }

    /// Shows "… is typing" for ten seconds.
    pub fn start_typing(&mut self, user: u64, channel_id: u64) -> Result<(), ApiError> {
        let now = self.now_ms();
        self.state.require(user, channel_id, Permissions::SEND_MESSAGES, now)?;
        let guild = self.state.channels.get(&channel_id).and_then(|c| c.guild_id);
        let mut data = json!({
            "channel_id": channel_id.to_string(), "user_id": user.to_string(), "timestamp": now / 1_000,
        });
        if let Some(guild_id) = guild {
            data["guild_id"] = sid(guild_id);
            let member = self.state.guilds.get(&guild_id).and_then(|g| g.members.get(&user));
            data["member"] = member.map_or(Value::Null, |m| self.state.member_json(m));
        }
        let intent =
            if guild.is_some() { Intents::GUILD_MESSAGE_TYPING } else { Intents::DIRECT_MESSAGE_TYPING };
        let audience = channel_audience(&self.state, channel_id);
        self.emit(Dispatch::new("TYPING_START", intent, audience, data).guild(guild).channel(channel_id));
        Ok(())
    }
}
