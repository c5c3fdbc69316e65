//! Who may use a command, and where.
//! <https://docs.discord.com/developers/interactions/application-commands#permissions>

use serde_json::Value;

use super::Core;
use super::model::{Channel, Command, State};
use crate::errors::ApiError;
use crate::permissions::Permissions;

/// Interaction contexts: in a guild, in the direct messages with the bot.
const IN_GUILD: u64 = 0;
const IN_BOT_DM: u64 = 1;

impl State {
    /// Whether a user may use a command in a channel. One that does not exist there is unknown (10063); one that the
    /// user has no right to is forbidden (50013).
    pub(crate) fn may_use_command(
        &self,
        user: u64,
        channel: &Channel,
        command: &Command,
        now_ms: u64,
    ) -> Result<(), ApiError> {
        let here = if channel.guild_id.is_some() { IN_GUILD } else { IN_BOT_DM };
        let in_context = match command.body.get("contexts").and_then(Value::as_array) {
            Some(contexts) => contexts.iter().any(|c| c.as_u64() == Some(here)),
            None => here == IN_GUILD || command.body.get("dm_permission") != Some(&Value::Bool(false)),
        };
        let for_adults = command.body.get("nsfw") == Some(&Value::Bool(true));
        let misplaced = command.guild_id.is_some() && command.guild_id != channel.guild_id;
        if misplaced || !in_context || (for_adults && here == IN_GUILD && !self.is_age_restricted(channel)) {
            return Err(ApiError::UNKNOWN_COMMAND);
        }
        if here != IN_GUILD {
            return Ok(());
        }
        let rights = self.channel_permissions(user, channel.id, now_ms);
        if !rights.contains(Permissions::USE_APPLICATION_COMMANDS) {
            return Err(ApiError::MISSING_PERMISSIONS);
        }
        let wanted = match command.body.get("default_member_permissions").and_then(Value::as_str) {
            None => Permissions::NONE,
            // "0" hides it from everybody but administrators.
            Some("0") => Permissions::ADMINISTRATOR,
            Some(bits) => Permissions(bits.parse().unwrap_or(Permissions::ADMINISTRATOR.0)),
        };
        if rights.contains(wanted) { Ok(()) } else { Err(ApiError::MISSING_PERMISSIONS) }
    }

    /// A thread is age-restricted when its channel is.
    pub fn is_age_restricted(&self, channel: &Channel) -> bool {
        let parent = channel.parent_id.filter(|_| channel.is_thread()).and_then(|id| self.channels.get(&id));
        parent.unwrap_or(channel).nsfw
    }
}

impl Core {
    /// Commands that a user may choose from in a channel, of every application that is there.
    pub fn usable_commands(&self, user: u64, channel_id: u64) -> Vec<Value> {
        let Some(channel) = self.state.channels.get(&channel_id) else { return Vec::new() };
        let now = self.now_ms();
        let there = |bot: u64| match channel.guild_id {
            Some(guild) => self.state.is_member(bot, guild),
            None => channel.recipients.contains(&bot),
        };
        let all = self.state.applications.values().filter(|a| there(a.bot_user_id));
        all.flat_map(|a| {
            let may = |c: &&Command| self.state.may_use_command(user, channel, c, now).is_ok();
            a.commands.iter().filter(may).map(|c| super::render::command(a.id, c, true))
        })
        .collect()
    }
}
