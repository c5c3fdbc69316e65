//! Who acts, and what they may do and see.

use super::model::{Channel, State, channel_type};
use crate::dispatch::Audience;
use crate::errors::ApiError;
use crate::permissions::{self, Permissions, Subject};

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A human or a bot; permissions are checked.
    User(u64),
    /// A webhook, under a name and avatar of the moment.
    Webhook { id: u64, name: String, avatar: Option<String> },
    /// An application answering an interaction; its bot is the author, permissions are the interaction's.
    Interaction(u64),
}

impl State {
    /// A member's permissions in the guild as a whole; none for strangers.
    pub fn guild_permissions(&self, user_id: u64, guild_id: u64, now_ms: u64) -> Permissions {
        let Some((guild, subject)) = self.subject(user_id, guild_id, now_ms) else {
            return Permissions::NONE;
        };
        let everyone = guild.roles.get(&guild_id).map_or(Permissions::NONE, |r| r.permissions);
        let roles = subject.roles.iter().filter_map(|id| guild.roles.get(id)).map(|r| r.permissions);
        permissions::base(subject, everyone, roles)
    }

    /// A user's permissions in a channel or thread; in direct messages those of a recipient.
    pub fn channel_permissions(&self, user_id: u64, channel_id: u64, now_ms: u64) -> Permissions {
        let Some(channel) = self.channels.get(&channel_id) else { return Permissions::NONE };
        let Some(guild_id) = channel.guild_id else { return dm_permissions(channel, user_id) };
        let Some((_, subject)) = self.subject(user_id, guild_id, now_ms) else { return Permissions::NONE };
        let base = self.guild_permissions(user_id, guild_id, now_ms);
        if !channel.is_thread() {
            return permissions::in_channel(subject, base, &channel.overwrites);
        }
        let parent = channel.parent_id.and_then(|id| self.channels.get(&id));
        let overwrites = parent.map_or(&[][..], |p| &p.overwrites);
        let set = permissions::in_thread(subject, base, overwrites);
        let inside = channel.thread.as_ref().is_some_and(|t| t.members.contains_key(&user_id));
        let hidden = channel.kind == channel_type::PRIVATE_THREAD && !inside;
        if hidden && !set.contains(Permissions::MANAGE_THREADS) { Permissions::NONE } else { set }
    }

    /// True if the user sees the channel. Time-outs do not matter for this.
    pub fn can_view(&self, user_id: u64, channel_id: u64) -> bool {
        self.channel_permissions(user_id, channel_id, u64::MAX).contains(Permissions::VIEW_CHANNEL)
    }

    /// The channel, if the user sees it: 10003 if it does not exist, 50001 if it is hidden.
    pub(crate) fn visible_channel(&self, user_id: u64, channel_id: u64) -> Result<&Channel, ApiError> {
        let channel = self.channels.get(&channel_id).ok_or(ApiError::UNKNOWN_CHANNEL)?;
        if self.can_view(user_id, channel_id) { Ok(channel) } else { Err(ApiError::MISSING_ACCESS) }
    }

    /// 50001 without sight of the channel, 50013 without the permission.
    pub(crate) fn require(
        &self,
        user_id: u64,
        channel_id: u64,
        wanted: Permissions,
        now_ms: u64,
    ) -> Result<Permissions, ApiError> {
        self.visible_channel(user_id, channel_id)?;
        let set = self.channel_permissions(user_id, channel_id, now_ms);
        if set.contains(wanted) { Ok(set) } else { Err(ApiError::MISSING_PERMISSIONS) }
    }

    /// As [`State::require`], for the guild as a whole. Strangers get 10004.
    pub(crate) fn require_in_guild(
        &self,
        user_id: u64,
        guild_id: u64,
        wanted: Permissions,
        now_ms: u64,
    ) -> Result<Permissions, ApiError> {
        if !self.is_member(user_id, guild_id) {
            return Err(ApiError::UNKNOWN_GUILD);
        }
        let set = self.guild_permissions(user_id, guild_id, now_ms);
        if set.contains(wanted) { Ok(set) } else { Err(ApiError::MISSING_PERMISSIONS) }
    }

    pub fn is_member(&self, user_id: u64, guild_id: u64) -> bool {
        self.guilds.get(&guild_id).is_some_and(|g| g.members.contains_key(&user_id))
    }

    /// True if the application's sessions may learn of something meant for this audience.
    pub(crate) fn may_learn(&self, application_id: u64, audience: &Audience) -> bool {
        let Some(application) = self.applications.get(&application_id) else { return false };
        let bot = application.bot_user_id;
        match audience {
            Audience::Guild(id) => self.is_member(bot, *id),
            Audience::Channel(id) => self.can_view(bot, *id),
            Audience::Blind(id) => {
                let guild = self.channels.get(id).and_then(|c| c.guild_id);
                guild.is_some_and(|guild| self.is_member(bot, guild)) && !self.can_view(bot, *id)
            }
            Audience::Application(id) => *id == application_id,
            Audience::Users(users) => users.contains(&bot),
        }
    }

    /// The highest position among a member's roles; owners stand above all.
    pub(crate) fn rank(&self, user_id: u64, guild_id: u64) -> i64 {
        let Some(guild) = self.guilds.get(&guild_id) else { return -1 };
        if guild.owner_id == user_id {
            return i64::MAX;
        }
        let Some(member) = guild.members.get(&user_id) else { return -1 };
        member.roles.iter().filter_map(|id| guild.roles.get(id)).map(|r| r.position).max().unwrap_or(0)
    }

    fn subject(
        &self,
        user_id: u64,
        guild_id: u64,
        now_ms: u64,
    ) -> Option<(&super::model::Guild, Subject<'_>)> {
        let guild = self.guilds.get(&guild_id)?;
        let member = guild.members.get(&user_id)?;
        let subject = Subject {
            user_id,
            guild_id,
            owner: guild.owner_id == user_id,
            roles: &member.roles,
            timed_out: member.timeout_until_ms.is_some_and(|until| until > now_ms),
        };
        Some((guild, subject))
    }
}

/// In a direct message each recipient may do what needs no moderator.
fn dm_permissions(channel: &Channel, user_id: u64) -> Permissions {
    if channel.recipients.contains(&user_id) {
        Permissions::DEFAULT_EVERYONE | Permissions::PIN_MESSAGES
    } else {
        Permissions::NONE
    }
}
