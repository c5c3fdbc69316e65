//! Pinned messages. <https://docs.discord.com/developers/resources/message#get-channel-pins>

use serde_json::{Value, json};

use super::Core;
use super::access::Actor;
use super::draft::Draft;
use super::messages::channel_audience;
use super::model::{Message, Reference};
use super::render::{sid, time_opt};
use crate::clock::timestamp;
use crate::dispatch::Dispatch;
use crate::errors::ApiError;
use crate::intents::Intents;
use crate::permissions::Permissions;

const MAX_PINS: usize = 250;
/// Message type of "… pinned a message".
const PIN_NOTICE: u8 = 6;

impl Core {
    /// Pins a message, with the notice that Discord posts.
    pub fn pin(&mut self, user: u64, channel_id: u64, message_id: u64) -> Result<(), ApiError> {
        let now = self.now_ms();
        self.state.require(user, channel_id, Permissions::PIN_MESSAGES, now)?;
        let mut message = self.message(channel_id, message_id)?.clone();
        if message.pinned_ms.is_some() {
            return Ok(());
        }
        if self.pinned(channel_id).count() >= MAX_PINS {
            return Err(ApiError::MAX_PINS);
        }
        message.pinned_ms = Some(now);
        let guild_id = message.guild_id;
        self.replace_message(message);
        self.pins_changed(channel_id);
        let draft = Draft { kind: Some(PIN_NOTICE), may_be_empty: true, ..Draft::default() };
        let notice = self.notice(user, channel_id, guild_id, draft, message_id);
        self.insert_message(notice);
        Ok(())
    }

    /// Takes a pin off.
    pub fn unpin(&mut self, user: u64, channel_id: u64, message_id: u64) -> Result<(), ApiError> {
        self.state.require(user, channel_id, Permissions::PIN_MESSAGES, self.now_ms())?;
        let mut message = self.message(channel_id, message_id)?.clone();
        if message.pinned_ms.take().is_some() {
            self.replace_message(message);
            self.pins_changed(channel_id);
        }
        Ok(())
    }

    /// Pinned messages, the latest pin first.
    pub fn list_pins(&self, user: u64, channel_id: u64) -> Result<Vec<Value>, ApiError> {
        let found = self.pins_for(user, channel_id)?;
        Ok(found.into_iter().map(|m| self.state.message_json(m, user)).collect())
    }

    /// Pins with their times, in pages.
    pub fn page_pins(
        &self,
        user: u64,
        channel_id: u64,
        before_ms: Option<u64>,
        limit: usize,
    ) -> Result<Value, ApiError> {
        let mut found = self.pins_for(user, channel_id)?;
        found.retain(|m| before_ms.is_none_or(|end| m.pinned_ms.is_some_and(|at| at < end)));
        let has_more = found.len() > limit;
        let items: Vec<Value> = found
            .into_iter()
            .take(limit)
            .map(|m| json!({"pinned_at": time_opt(m.pinned_ms), "message": self.state.message_json(m, user)}))
            .collect();
        Ok(json!({"items": items, "has_more": has_more}))
    }

    fn pins_for(&self, user: u64, channel_id: u64) -> Result<Vec<&Message>, ApiError> {
        let channel = self.state.visible_channel(user, channel_id)?;
        if !channel.is_text() {
            return Err(ApiError::CANNOT_EXECUTE_ON_TYPE);
        }
        let set = self.state.channel_permissions(user, channel_id, self.now_ms());
        if !set.contains(Permissions::READ_MESSAGE_HISTORY) {
            return Ok(Vec::new());
        }
        let mut found: Vec<&Message> = self.pinned(channel_id).collect();
        found.sort_by_key(|m| std::cmp::Reverse((m.pinned_ms, m.id)));
        Ok(found)
    }

    fn pinned(&self, channel_id: u64) -> impl Iterator<Item = &Message> {
        let log = self.state.messages.get(&channel_id);
        log.into_iter().flat_map(|log| log.values()).filter(|m| m.pinned_ms.is_some())
    }

    fn notice(
        &mut self,
        user: u64,
        channel_id: u64,
        guild_id: Option<u64>,
        draft: Draft,
        about: u64,
    ) -> Message {
        let mut message = self.system_message(&Actor::User(user), channel_id, guild_id, draft);
        message.reference =
            Some(Reference { kind: 0, message_id: Some(about), channel_id, guild_id, snapshots: Vec::new() });
        message
    }

    fn pins_changed(&mut self, channel_id: u64) {
        let last = self.pinned(channel_id).filter_map(|m| m.pinned_ms).max();
        let Some(channel) = self.state.channels.get_mut(&channel_id) else { return };
        channel.last_pin_ms = last;
        let guild = channel.guild_id;
        let mut data = json!({
            "channel_id": channel_id.to_string(),
            "last_pin_timestamp": last.map_or(Value::Null, |ms| Value::from(timestamp(ms))),
        });
        if let Some(guild) = guild {
            data["guild_id"] = sid(guild);
        }
        let intent = if guild.is_some() { Intents::GUILDS } else { Intents::DIRECT_MESSAGES };
        let audience = channel_audience(&self.state, channel_id);
        self.emit(
            Dispatch::new("CHANNEL_PINS_UPDATE", intent, audience, data).guild(guild).channel(channel_id),
        );
    }
}
