//! Reactions. <https://docs.discord.com/developers/resources/message#reaction-object>

use serde_json::{Value, json};

use super::Core;
use super::messages::channel_audience;
use super::model::{Emoji, Message, Reaction};
use super::render::{bare_member, sid};
use super::render_message::emoji as emoji_json;
use crate::dispatch::Dispatch;
use crate::errors::ApiError;
use crate::intents::Intents;
use crate::permissions::Permissions;

/// Different emoji on one message.
const MAX_EMOJI: usize = 20;

impl Emoji {
    /// Reads an emoji as it stands in a path: a Unicode emoji or `name:id`.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        if let Some((name, id)) = text.rsplit_once(':') {
            let id = id.parse().map_err(|_| ApiError::UNKNOWN_EMOJI)?;
            return Ok(Self { id: Some(id), name: name.trim_start_matches("a:").to_owned() });
        }
        let plausible = !text.is_empty() && text.chars().count() <= 16 && !text.is_ascii();
        let keycap = text.contains('\u{20e3}');
        if !plausible && !keycap {
            return Err(ApiError::UNKNOWN_EMOJI);
        }
        Ok(Self { id: None, name: text.to_owned() })
    }

    /// Custom emoji are the same by id, others by their text.
    fn same(&self, other: &Self) -> bool {
        if self.id.is_some() || other.id.is_some() { self.id == other.id } else { self.name == other.name }
    }
}

impl Core {
    /// Adds a user's reaction; again is no error and no event.
    pub fn add_reaction(
        &mut self,
        user: u64,
        channel_id: u64,
        message_id: u64,
        emoji: &Emoji,
    ) -> Result<(), ApiError> {
        let now = self.now_ms();
        let rights = self.state.require(user, channel_id, Permissions::READ_MESSAGE_HISTORY, now)?;
        let message = self.message_for_reaction(user, channel_id, message_id)?;
        let full = message.reactions.len() >= MAX_EMOJI;
        let known = message.reactions.iter_mut().find(|r| r.emoji.same(emoji));
        match known {
            Some(reaction) if reaction.users.contains(&user) => return Ok(()),
            Some(reaction) => reaction.users.push(user),
            None if !rights.contains(Permissions::ADD_REACTIONS) => {
                return Err(ApiError::MISSING_PERMISSIONS);
            }
            None if full => return Err(ApiError::MAX_REACTIONS),
            None => message.reactions.push(Reaction { emoji: emoji.clone(), users: vec![user] }),
        }
        let author = message.author.id();
        let mut data = self.reaction_event(user, channel_id, message_id, emoji);
        let guild = self.state.channels.get(&channel_id).and_then(|c| c.guild_id);
        let member = guild.and_then(|g| self.state.guilds.get(&g)).and_then(|g| g.members.get(&user));
        if let Some(member) = member {
            let mut object = bare_member(member);
            object["user"] = self.state.user_json(user);
            data["member"] = object;
        }
        data["message_author_id"] = sid(author);
        self.emit_reaction("MESSAGE_REACTION_ADD", channel_id, data);
        Ok(())
    }

    /// Takes back a reaction: one's own, or another's with `MANAGE_MESSAGES`.
    pub fn remove_reaction(
        &mut self,
        by: u64,
        of: u64,
        channel_id: u64,
        message_id: u64,
        emoji: &Emoji,
    ) -> Result<(), ApiError> {
        let wanted = if by == of { Permissions::VIEW_CHANNEL } else { Permissions::MANAGE_MESSAGES };
        self.state.require(by, channel_id, wanted, self.now_ms())?;
        let message = self.message_for_reaction(by, channel_id, message_id)?;
        let reaction =
            message.reactions.iter_mut().find(|r| r.emoji.same(emoji)).ok_or(ApiError::UNKNOWN_EMOJI)?;
        let before = reaction.users.len();
        reaction.users.retain(|u| *u != of);
        let changed = reaction.users.len() != before;
        message.reactions.retain(|r| !r.users.is_empty());
        if changed {
            let data = self.reaction_event(of, channel_id, message_id, emoji);
            self.emit_reaction("MESSAGE_REACTION_REMOVE", channel_id, data);
        }
        Ok(())
    }

    /// Removes all reactions, or all of one emoji. Needs `MANAGE_MESSAGES`.
    pub fn clear_reactions(
        &mut self,
        by: u64,
        channel_id: u64,
        message_id: u64,
        only: Option<&Emoji>,
    ) -> Result<(), ApiError> {
        self.state.require(by, channel_id, Permissions::MANAGE_MESSAGES, self.now_ms())?;
        let message = self.message_for_reaction(by, channel_id, message_id)?;
        message.reactions.retain(|r| only.is_some_and(|e| !r.emoji.same(e)));
        let mut data = self.place(channel_id, message_id);
        let name = match only {
            Some(emoji) => {
                data["emoji"] = emoji_json(emoji);
                "MESSAGE_REACTION_REMOVE_EMOJI"
            }
            None => "MESSAGE_REACTION_REMOVE_ALL",
        };
        self.emit_reaction(name, channel_id, data);
        Ok(())
    }

    /// Who reacted with an emoji.
    pub fn list_reactions(
        &self,
        by: u64,
        channel_id: u64,
        message_id: u64,
        emoji: &Emoji,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Value>, ApiError> {
        self.state.require(by, channel_id, Permissions::READ_MESSAGE_HISTORY, self.now_ms())?;
        let message = self.message(channel_id, message_id)?;
        let reaction = message.reactions.iter().find(|r| r.emoji.same(emoji));
        let mut users: Vec<u64> = reaction.map(|r| r.users.clone()).unwrap_or_default();
        users.sort_unstable();
        Ok(users.into_iter().filter(|u| *u > after).take(limit).map(|u| self.state.user_json(u)).collect())
    }

    fn message_for_reaction(
        &mut self,
        by: u64,
        channel_id: u64,
        message_id: u64,
    ) -> Result<&mut Message, ApiError> {
        let log = self.state.messages.get_mut(&channel_id).ok_or(ApiError::UNKNOWN_MESSAGE)?;
        let message = log.get_mut(&message_id).ok_or(ApiError::UNKNOWN_MESSAGE)?;
        if message.visible_to.is_some_and(|only| only != by) {
            return Err(ApiError::UNKNOWN_MESSAGE);
        }
        Ok(message)
    }

    fn reaction_event(&self, user: u64, channel_id: u64, message_id: u64, emoji: &Emoji) -> Value {
        let mut data = self.place(channel_id, message_id);
        data["user_id"] = sid(user);
        data["emoji"] = emoji_json(emoji);
        data["burst"] = Value::Bool(false);
        data["type"] = Value::from(0);
        data
    }

    fn place(&self, channel_id: u64, message_id: u64) -> Value {
        let mut data = json!({"channel_id": channel_id.to_string(), "message_id": message_id.to_string()});
        if let Some(guild) = self.state.channels.get(&channel_id).and_then(|c| c.guild_id) {
            data["guild_id"] = sid(guild);
        }
        data
    }

    fn emit_reaction(&mut self, name: &'static str, channel_id: u64, data: Value) {
        let guild = self.state.channels.get(&channel_id).and_then(|c| c.guild_id);
        let intent = if guild.is_some() {
            Intents::GUILD_MESSAGE_REACTIONS
        } else {
            Intents::DIRECT_MESSAGE_REACTIONS
        };
        let audience = channel_audience(&self.state, channel_id);
        self.emit(Dispatch::new(name, intent, audience, data).guild(guild).channel(channel_id));
    }
}
