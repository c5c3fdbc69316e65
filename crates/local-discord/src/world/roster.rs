//! Who is a member: joining, leaving, members' roles and names.

use serde_json::{Value, json};

use super::Core;
use super::guilds::MemberPatch;
use super::model::{Guild, Image, Member, Role};
use super::render;
use super::voice::VoicePatch;
use crate::dispatch::{Audience, Dispatch};
use crate::errors::ApiError;
use crate::intents::Intents;
use crate::permissions::Permissions;

impl Core {
    /// Adds a user to a guild. A bot gets `GUILD_CREATE`, the others `GUILD_MEMBER_ADD`.
    pub fn join_guild(&mut self, user: u64, guild_id: u64) -> Result<(), ApiError> {
        let now = self.now_ms();
        if !self.state.users.contains_key(&user) {
            return Err(ApiError::UNKNOWN_USER);
        }
        let guild = self.state.guilds.get_mut(&guild_id).ok_or(ApiError::UNKNOWN_GUILD)?;
        if guild.members.contains_key(&user) {
            return Ok(());
        }
        let member = Member {
            user_id: user,
            nick: None,
            avatar: None,
            // A bot comes with the role that was made for it.
            roles: guild.roles.values().filter(|r| r.bot_id == Some(user)).map(|r| r.id).collect(),
            joined_ms: now,
            deaf: false,
            mute: false,
            timeout_until_ms: None,
        };
        let mut data = self.state.member_json(&member);
        data["guild_id"] = Value::from(guild_id.to_string());
        if let Some(guild) = self.state.guilds.get_mut(&guild_id) {
            guild.members.insert(user, member);
        }
        let intent = Intents::GUILD_MEMBERS;
        let dispatch = Dispatch::new("GUILD_MEMBER_ADD", intent, Audience::Guild(guild_id), data);
        self.emit(dispatch.guild(Some(guild_id)));
        let application = self.state.applications.values().find(|a| a.bot_user_id == user).map(|a| a.id);
        if let Some(id) = application
            && let Some(data) = self.state.guild_create_json(id, guild_id)
        {
            let dispatch = Dispatch::new("GUILD_CREATE", Intents::GUILDS, Audience::Application(id), data);
            self.emit(dispatch.guild(Some(guild_id)));
        }
        Ok(())
    }

    /// Takes a user out of a guild, without asking.
    pub fn leave_guild(&mut self, user: u64, guild_id: u64) -> Result<(), ApiError> {
        let user_json = self.state.user_json(user);
        let guild = self.state.guilds.get(&guild_id).ok_or(ApiError::UNKNOWN_GUILD)?;
        if guild.voice_states.contains_key(&user) {
            self.set_voice_state(user, guild_id, VoicePatch::default())?;
        }
        let guild = self.state.guilds.get_mut(&guild_id).ok_or(ApiError::UNKNOWN_GUILD)?;
        guild.members.remove(&user).ok_or(ApiError::UNKNOWN_MEMBER)?;
        guild.presences.remove(&user);
        let data = json!({"guild_id": guild_id.to_string(), "user": user_json});
        let intent = Intents::GUILD_MEMBERS;
        let dispatch = Dispatch::new("GUILD_MEMBER_REMOVE", intent, Audience::Guild(guild_id), data);
        self.emit(dispatch.guild(Some(guild_id)));
        let application = self.state.applications.values().find(|a| a.bot_user_id == user).map(|a| a.id);
        if let Some(id) = application {
            let data = json!({"id": guild_id.to_string()});
            let dispatch = Dispatch::new("GUILD_DELETE", Intents::GUILDS, Audience::Application(id), data);
            self.emit(dispatch.guild(Some(guild_id)));
        }
        Ok(())
    }

    /// Kicks a member who stands below the actor.
    pub fn kick(&mut self, by: u64, user: u64, guild_id: u64) -> Result<(), ApiError> {
        self.state.require_in_guild(by, guild_id, Permissions::KICK_MEMBERS, self.now_ms())?;
        self.outranks(by, user, guild_id)?;
        self.leave_guild(user, guild_id)
    }

    /// Changes a member.
    pub fn patch_member(
        &mut self,
        by: u64,
        user: u64,
        guild_id: u64,
        patch: MemberPatch,
    ) -> Result<Value, ApiError> {
        let now = self.now_ms();
        let needed = [
            (patch.nick.is_some() && by == user, Permissions::CHANGE_NICKNAME),
            (patch.nick.is_some() && by != user, Permissions::MANAGE_NICKNAMES),
            (patch.roles.is_some(), Permissions::MANAGE_ROLES),
            (patch.mute.is_some(), Permissions::MUTE_MEMBERS),
            (patch.deaf.is_some(), Permissions::DEAFEN_MEMBERS),
            (patch.timeout_until_ms.is_some(), Permissions::MODERATE_MEMBERS),
        ];
        let wanted =
            needed.iter().filter(|(asked, _)| *asked).fold(Permissions::NONE, |sum, (_, p)| sum | *p);
        self.state.require_in_guild(by, guild_id, wanted, now)?;
        if by != user {
            self.outranks(by, user, guild_id)?;
        }
        if let Some(roles) = &patch.roles {
            let rank = self.state.rank(by, guild_id);
            let guild = self.state.guilds.get(&guild_id).ok_or(ApiError::UNKNOWN_GUILD)?;
            let held = guild.members.get(&user).map(|m| m.roles.clone()).unwrap_or_default();
            for id in roles.iter().chain(&held).filter(|id| roles.contains(id) != held.contains(id)) {
                assignable(guild, *id, rank)?;
            }
        }
        self.member_mut(user, guild_id)?;
        Ok(self.changing_sight(guild_id, |core| core.apply_member(user, guild_id, patch)))
    }

    fn apply_member(&mut self, user: u64, guild_id: u64, patch: MemberPatch) -> Value {
        let Ok(member) = self.member_mut(user, guild_id) else { return Value::Null };
        if let Some(nick) = patch.nick {
            member.nick = nick;
        }
        if let Some(roles) = patch.roles {
            member.roles = roles;
        }
        if let Some(mute) = patch.mute {
            member.mute = mute;
        }
        if let Some(deaf) = patch.deaf {
            member.deaf = deaf;
        }
        if let Some(until) = patch.timeout_until_ms {
            member.timeout_until_ms = until;
        }
        self.announce_member(user, guild_id)
    }

    /// Gives or takes one role.
    pub fn set_role(
        &mut self,
        by: u64,
        user: u64,
        guild_id: u64,
        role: u64,
        has: bool,
    ) -> Result<(), ApiError> {
        self.state.require_in_guild(by, guild_id, Permissions::MANAGE_ROLES, self.now_ms())?;
        let rank = self.state.rank(by, guild_id);
        let guild = self.state.guilds.get(&guild_id).ok_or(ApiError::UNKNOWN_GUILD)?;
        assignable(guild, role, rank)?;
        let member = self.member_mut(user, guild_id)?;
        let had = member.roles.contains(&role);
        if had == has {
            return Ok(());
        }
        self.changing_sight(guild_id, |core| {
            let Ok(member) = core.member_mut(user, guild_id) else { return };
            if has {
                member.roles.push(role);
            } else {
                member.roles.retain(|r| *r != role);
            }
            core.announce_member(user, guild_id);
        });
        Ok(())
    }

    /// Changes a user's own name and avatar; the guilds learn of it.
    pub fn patch_self(
        &mut self,
        user: u64,
        name: Option<String>,
        avatar: Option<Option<Image>>,
    ) -> Result<Value, ApiError> {
        let avatar = avatar.map(|image| image.map(|image| self.store_image(image)));
        let me = self.state.users.get_mut(&user).ok_or(ApiError::UNKNOWN_USER)?;
        me.username = name.unwrap_or_else(|| me.username.clone());
        me.avatar = avatar.unwrap_or_else(|| me.avatar.clone());
        let object = render::current_user(me);
        let dispatch =
            Dispatch::new("USER_UPDATE", Intents::NONE, Audience::Users(vec![user]), object.clone());
        self.emit(dispatch);
        let guilds: Vec<u64> =
            self.state.guilds.values().filter(|g| g.members.contains_key(&user)).map(|g| g.id).collect();
        for guild in guilds {
            self.announce_member(user, guild);
        }
        Ok(object)
    }

    /// Dispatches a member as it is now, and gives its JSON.
    pub(crate) fn announce_member(&mut self, user: u64, guild_id: u64) -> Value {
        let member = self.state.guilds.get(&guild_id).and_then(|g| g.members.get(&user));
        let Some(member) = member else { return Value::Null };
        let object = self.state.member_json(member);
        let mut data = object.clone();
        data["guild_id"] = Value::from(guild_id.to_string());
        let intent = Intents::GUILD_MEMBERS;
        let dispatch = Dispatch::new("GUILD_MEMBER_UPDATE", intent, Audience::Guild(guild_id), data);
        self.emit(dispatch.guild(Some(guild_id)));
        object
    }

    fn member_mut(&mut self, user: u64, guild_id: u64) -> Result<&mut Member, ApiError> {
        let guild = self.state.guilds.get_mut(&guild_id).ok_or(ApiError::UNKNOWN_GUILD)?;
        guild.members.get_mut(&user).ok_or(ApiError::UNKNOWN_MEMBER)
    }

    fn outranks(&self, by: u64, user: u64, guild_id: u64) -> Result<(), ApiError> {
        if !self.state.is_member(user, guild_id) {
            return Err(ApiError::UNKNOWN_MEMBER);
        }
        let above = self.state.rank(by, guild_id) > self.state.rank(user, guild_id);
        if above { Ok(()) } else { Err(ApiError::MISSING_PERMISSIONS) }
    }
}

/// Only roles below one's own can be given or taken, and never managed ones.
fn assignable(guild: &Guild, role: u64, rank: i64) -> Result<&Role, ApiError> {
    let role = guild.roles.get(&role).ok_or(ApiError::UNKNOWN_ROLE)?;
    if role.id == guild.id || role.managed {
        return Err(ApiError::INVALID_ROLE);
    }
    if role.position < rank { Ok(role) } else { Err(ApiError::MISSING_PERMISSIONS) }
}
