//! Channels and their permission overwrites; direct messages.

use serde_json::Value;

use super::Core;
use super::model::{Channel, channel_type};
use crate::dispatch::{Audience, Dispatch};
use crate::errors::ApiError;
use crate::intents::Intents;
use crate::permissions::{Overwrite, OverwriteKind, Permissions};

const MAX_CHANNELS: usize = 500;

/// A channel to be.
#[derive(Debug, Clone, Default)]
pub struct NewChannel {
    pub name: String,
    /// See [`channel_type`].
    pub kind: u8,
    pub topic: Option<String>,
    pub parent_id: Option<u64>,
    pub nsfw: bool,
    pub rate_limit_per_user: u64,
    pub position: Option<i64>,
    pub overwrites: Vec<Overwrite>,
}

/// Changes of a channel or thread; `None` leaves a part as it is.
#[derive(Debug, Clone, Default)]
pub struct ChannelPatch {
    pub name: Option<String>,
    pub topic: Option<Option<String>>,
    pub nsfw: Option<bool>,
    pub position: Option<i64>,
    pub parent_id: Option<Option<u64>>,
    pub rate_limit_per_user: Option<u64>,
    pub bitrate: Option<u64>,
    pub user_limit: Option<u64>,
    pub overwrites: Option<Vec<Overwrite>>,
    pub available_tags: Option<Vec<Value>>,
    pub default_auto_archive_duration: Option<u64>,
    pub archived: Option<bool>,
    pub locked: Option<bool>,
    pub invitable: Option<bool>,
    pub auto_archive_duration: Option<u64>,
    pub applied_tags: Option<Vec<u64>>,
}

impl Core {
    /// A channel as the user sees it.
    pub fn channel_for(&self, user: u64, channel_id: u64) -> Result<Value, ApiError> {
        self.state.visible_channel(user, channel_id).map(|c| self.state.channel_json(c))
    }

    /// The channels of a guild that the user sees, without threads.
    pub fn list_channels(&self, user: u64, guild_id: u64) -> Result<Vec<Value>, ApiError> {
        self.state.require_in_guild(user, guild_id, Permissions::NONE, 0)?;
        let all = self.state.channels.values().filter(|c| c.guild_id == Some(guild_id) && !c.is_thread());
        Ok(all.filter(|c| self.state.can_view(user, c.id)).map(|c| self.state.channel_json(c)).collect())
    }

    /// Makes a channel in a guild.
    pub fn create_channel(&mut self, user: u64, guild_id: u64, new: NewChannel) -> Result<Value, ApiError> {
        self.state.require_in_guild(user, guild_id, Permissions::MANAGE_CHANNELS, self.now_ms())?;
        let here =
            self.state.channels.values().filter(|c| c.guild_id == Some(guild_id) && !c.is_thread()).count();
        if here >= MAX_CHANNELS {
            return Err(ApiError::MAX_GUILD_CHANNELS);
        }
        let id = self.add_channel(guild_id, new);
        self.announce_channel("CHANNEL_CREATE", id);
        Ok(self.state.channels.get(&id).map_or(Value::Null, |c| self.state.channel_json(c)))
    }

    /// Puts a channel into the state, without asking and without a dispatch.
    pub(crate) fn add_channel(&mut self, guild_id: u64, new: NewChannel) -> u64 {
        let id = self.next_id();
        let siblings =
            self.state.channels.values().filter(|c| c.guild_id == Some(guild_id) && !c.is_thread());
        let position = new.position.unwrap_or(siblings.count() as i64);
        let spoken = matches!(new.kind, channel_type::VOICE | channel_type::STAGE);
        let dashed = || new.name.trim().to_lowercase().split_whitespace().collect::<Vec<_>>().join("-");
        let name = if spoken || new.kind == channel_type::CATEGORY { new.name.clone() } else { dashed() };
        let inherit = new.parent_id.and_then(|p| self.state.channels.get(&p)).map(|p| p.overwrites.clone());
        let overwrites = if new.overwrites.is_empty() { inherit.unwrap_or_default() } else { new.overwrites };
        let channel = Channel {
            id,
            kind: new.kind,
            guild_id: Some(guild_id),
            name,
            topic: new.topic,
            nsfw: new.nsfw,
            position,
            parent_id: new.parent_id,
            overwrites,
            rate_limit_per_user: new.rate_limit_per_user,
            bitrate: if spoken { 64_000 } else { 0 },
            ..Channel::default()
        };
        self.state.channels.insert(id, channel);
        id
    }

    /// Changes a channel or thread.
    pub fn patch_channel(
        &mut self,
        user: u64,
        channel_id: u64,
        patch: ChannelPatch,
    ) -> Result<Value, ApiError> {
        let now = self.now_ms();
        let channel = self.state.visible_channel(user, channel_id)?;
        if channel.is_dm() {
            return Err(ApiError::CANNOT_EXECUTE_ON_DM);
        }
        let is_thread = channel.is_thread();
        let rights = self.state.channel_permissions(user, channel_id, now);
        if is_thread {
            self.may_patch_thread(user, channel_id, &patch, rights)?;
        } else if !rights.contains(Permissions::MANAGE_CHANNELS) {
            return Err(ApiError::MISSING_PERMISSIONS);
        }
        if let Some(overwrites) = &patch.overwrites {
            let granted = overwrites.iter().fold(Permissions::NONE, |sum, o| sum | o.allow | o.deny);
            if !rights.contains(Permissions::MANAGE_ROLES) || !rights.contains(granted) {
                return Err(ApiError::MISSING_PERMISSIONS);
            }
        }
        self.changing_overwrites(channel_id, |core| {
            if let Some(channel) = core.state.channels.get_mut(&channel_id) {
                apply(channel, patch, now);
            }
            core.announce_channel(if is_thread { "THREAD_UPDATE" } else { "CHANNEL_UPDATE" }, channel_id);
        });
        Ok(self.state.channels.get(&channel_id).map_or(Value::Null, |c| self.state.channel_json(c)))
    }

    /// Deletes a channel with its threads, messages and webhooks; closes a direct message.
    pub fn delete_channel(&mut self, user: u64, channel_id: u64) -> Result<Value, ApiError> {
        let now = self.now_ms();
        let channel = self.state.visible_channel(user, channel_id)?.clone();
        let object = self.state.channel_json(&channel);
        if channel.is_dm() {
            return Ok(object);
        }
        let wanted =
            if channel.is_thread() { Permissions::MANAGE_THREADS } else { Permissions::MANAGE_CHANNELS };
        self.state.require(user, channel_id, wanted, now)?;
        let threads: Vec<u64> = self
            .state
            .channels
            .values()
            .filter(|c| c.is_thread() && c.parent_id == Some(channel_id))
            .map(|c| c.id)
            .collect();
        for id in threads.into_iter().chain([channel_id]) {
            let Some(gone) = self.state.channels.get(&id).cloned() else { continue };
            if gone.is_thread() {
                self.announce_thread_deleted(&gone);
            } else {
                self.announce_channel("CHANNEL_DELETE", id);
            }
            self.state.channels.remove(&id);
            self.state.messages.remove(&id);
        }
        self.state.webhooks.retain(|_, hook| hook.channel_id != channel_id);
        for child in self.state.channels.values_mut().filter(|c| c.parent_id == Some(channel_id)) {
            child.parent_id = None;
        }
        Ok(object)
    }

    /// Sets a permission overwrite. Needs `MANAGE_ROLES`, and one can only give or deny what one has.
    pub fn put_overwrite(
        &mut self,
        user: u64,
        channel_id: u64,
        overwrite: Overwrite,
    ) -> Result<(), ApiError> {
        let rights = self.state.require(user, channel_id, Permissions::MANAGE_ROLES, self.now_ms())?;
        if !rights.contains(overwrite.allow | overwrite.deny) {
            return Err(ApiError::MISSING_PERMISSIONS);
        }
        let guild_id = self.state.channels.get(&channel_id).and_then(|c| c.guild_id);
        let guild = guild_id.and_then(|g| self.state.guilds.get(&g)).ok_or(ApiError::CANNOT_EXECUTE_ON_DM)?;
        let known = match overwrite.kind {
            OverwriteKind::Role => guild.roles.contains_key(&overwrite.id),
            OverwriteKind::Member => guild.members.contains_key(&overwrite.id),
        };
        if !known {
            return Err(ApiError::UNKNOWN_OVERWRITE);
        }
        self.force_overwrite(channel_id, overwrite);
        Ok(())
    }

    /// Sets a permission overwrite without asking (faults, seeds).
    pub(crate) fn force_overwrite(&mut self, channel_id: u64, overwrite: Overwrite) {
        self.changing_overwrites(channel_id, |core| {
            if let Some(channel) = core.state.channels.get_mut(&channel_id) {
                channel.overwrites.retain(|o| o.id != overwrite.id);
                channel.overwrites.push(overwrite);
                core.announce_channel("CHANNEL_UPDATE", channel_id);
            }
        });
    }

    pub fn delete_overwrite(&mut self, user: u64, channel_id: u64, id: u64) -> Result<(), ApiError> {
        self.state.require(user, channel_id, Permissions::MANAGE_ROLES, self.now_ms())?;
        let channel = self.state.channels.get(&channel_id).ok_or(ApiError::UNKNOWN_CHANNEL)?;
        if channel.overwrites.iter().all(|o| o.id != id) {
            return Err(ApiError::UNKNOWN_OVERWRITE);
        }
        self.changing_overwrites(channel_id, |core| {
            if let Some(channel) = core.state.channels.get_mut(&channel_id) {
                channel.overwrites.retain(|o| o.id != id);
                core.announce_channel("CHANNEL_UPDATE", channel_id);
            }
        });
        Ok(())
    }

    /// The direct message channel of two users; made at need.
    pub fn open_dm(&mut self, user: u64, with: u64) -> Result<u64, ApiError> {
        if !self.state.users.contains_key(&with) || user == with {
            return Err(ApiError::field("recipient_id", "USER_INVALID", "Invalid Recipient"));
        }
        let both = |c: &&Channel| c.is_dm() && c.recipients.contains(&user) && c.recipients.contains(&with);
        if let Some(known) = self.state.channels.values().find(both) {
            return Ok(known.id);
        }
        let id = self.next_id();
        let channel =
            Channel { id, kind: channel_type::DM, recipients: vec![user, with], ..Channel::default() };
        self.state.channels.insert(id, channel);
        Ok(id)
    }

    /// A direct message channel as one of its two users sees it: with the other as recipient.
    pub fn dm_json(&self, user: u64, channel_id: u64) -> Value {
        let Some(channel) = self.state.channels.get(&channel_id) else { return Value::Null };
        let mut object = self.state.channel_json(channel);
        object["recipients"] =
            channel.recipients.iter().filter(|id| **id != user).map(|id| self.state.user_json(*id)).collect();
        object
    }

    /// Dispatches a channel as it is now.
    pub(crate) fn announce_channel(&mut self, name: &'static str, channel_id: u64) {
        let Some(channel) = self.state.channels.get(&channel_id) else { return };
        let guild = channel.guild_id;
        let data = self.state.channel_json(channel);
        let hidden = (!channel.is_thread()).then(|| obfuscated(channel, data.clone()));
        let dispatch = Dispatch::new(name, Intents::GUILDS, Audience::Channel(channel_id), data);
        self.emit(dispatch.guild(guild).channel(channel_id));
        if let Some(data) = hidden {
            let dispatch = Dispatch::new(name, Intents::GUILDS, Audience::Blind(channel_id), data);
            self.emit(dispatch.guild(guild).channel(channel_id));
        }
    }

    fn may_patch_thread(
        &self,
        user: u64,
        channel_id: u64,
        patch: &ChannelPatch,
        rights: Permissions,
    ) -> Result<(), ApiError> {
        let channel = self.state.channels.get(&channel_id).ok_or(ApiError::UNKNOWN_CHANNEL)?;
        if rights.contains(Permissions::MANAGE_THREADS) {
            return Ok(());
        }
        let locked = channel.thread.as_ref().is_some_and(|t| t.locked);
        let opens = patch.archived == Some(false) && patch.name.is_none() && patch.locked.is_none();
        if opens && !locked && rights.contains(Permissions::SEND_MESSAGES) {
            return Ok(());
        }
        let own =
            channel.owner_id == Some(user) && patch.locked.is_none() && patch.rate_limit_per_user.is_none();
        if own && !locked { Ok(()) } else { Err(ApiError::MISSING_PERMISSIONS) }
    }
}

/// A channel as a bot sees it that may not view it: Discord's channel obfuscation of November 2026.
pub(crate) fn obfuscated(channel: &Channel, mut object: Value) -> Value {
    object["name"] = Value::from("___hidden___");
    object["flags"] = Value::from(channel.flags | 1 << 17);
    if object.get("topic").is_some() {
        object["topic"] = Value::Null;
    }
    object
}

fn apply(channel: &mut Channel, patch: ChannelPatch, now: u64) {
    fn set<T>(slot: &mut T, value: Option<T>) {
        if let Some(value) = value {
            *slot = value;
        }
    }
    set(&mut channel.name, patch.name);
    set(&mut channel.topic, patch.topic);
    set(&mut channel.nsfw, patch.nsfw);
    set(&mut channel.position, patch.position);
    set(&mut channel.parent_id, patch.parent_id);
    set(&mut channel.rate_limit_per_user, patch.rate_limit_per_user);
    set(&mut channel.bitrate, patch.bitrate);
    set(&mut channel.user_limit, patch.user_limit);
    set(&mut channel.overwrites, patch.overwrites);
    set(&mut channel.available_tags, patch.available_tags);
    set(&mut channel.applied_tags, patch.applied_tags);
    if patch.default_auto_archive_duration.is_some() {
        channel.default_auto_archive_duration = patch.default_auto_archive_duration;
    }
    let Some(thread) = &mut channel.thread else { return };
    if patch.archived.is_some_and(|archived| archived != thread.archived) {
        thread.archive_ms = now;
    }
    set(&mut thread.archived, patch.archived);
    set(&mut thread.locked, patch.locked);
    set(&mut thread.invitable, patch.invitable);
    set(&mut thread.auto_archive_duration, patch.auto_archive_duration);
}
