//! Guilds, their members' lists, and roles.

use serde_json::{Value, json};

use super::Core;
use super::model::Role;
use super::render;
use crate::dispatch::{Audience, Dispatch};
use crate::errors::ApiError;
use crate::intents::Intents;
use crate::permissions::Permissions;

const MAX_ROLES: usize = 250;

/// Changes of a member; `None` leaves a part as it is.
#[derive(Debug, Clone, Default)]
pub struct MemberPatch {
    pub nick: Option<Option<String>>,
    pub roles: Option<Vec<u64>>,
    pub mute: Option<bool>,
    pub deaf: Option<bool>,
    pub timeout_until_ms: Option<Option<u64>>,
}

/// A role to be, or changes of one.
#[derive(Debug, Clone, Default)]
pub struct RolePatch {
    pub name: Option<String>,
    pub permissions: Option<Permissions>,
    pub color: Option<u32>,
    pub hoist: Option<bool>,
    pub mentionable: Option<bool>,
}

impl Core {
    pub fn guild_for(&self, user: u64, guild_id: u64, with_counts: bool) -> Result<Value, ApiError> {
        self.state.require_in_guild(user, guild_id, Permissions::NONE, 0)?;
        let guild = self.state.guilds.get(&guild_id).ok_or(ApiError::UNKNOWN_GUILD)?;
        Ok(super::State::guild_json(guild, with_counts))
    }

    /// The guilds of a user, in the short form.
    pub fn guilds_of(&self, user: u64, after: u64, limit: usize) -> Vec<Value> {
        let mine = self.state.guilds.range(after + 1..).filter(|(_, g)| g.members.contains_key(&user));
        mine.take(limit)
            .map(|(id, guild)| {
                json!({
                    "id": id.to_string(),
                    "name": guild.name,
                    "icon": guild.icon,
                    "banner": null,
                    "owner": guild.owner_id == user,
                    "permissions": render::bits(self.state.guild_permissions(user, *id, self.now_ms())),
                    "features": [],
                    "approximate_member_count": guild.members.len(),
                    "approximate_presence_count": guild.presences.len(),
                })
            })
            .collect()
    }

    pub fn member_for(&self, by: u64, user: u64, guild_id: u64) -> Result<Value, ApiError> {
        self.state.require_in_guild(by, guild_id, Permissions::NONE, 0)?;
        let guild = self.state.guilds.get(&guild_id).ok_or(ApiError::UNKNOWN_GUILD)?;
        if !self.state.users.contains_key(&user) {
            return Err(ApiError::UNKNOWN_USER);
        }
        guild.members.get(&user).map(|m| self.state.member_json(m)).ok_or(ApiError::UNKNOWN_MEMBER)
    }

    /// Members by id, in pages.
    pub fn list_members(
        &self,
        by: u64,
        guild_id: u64,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Value>, ApiError> {
        self.state.require_in_guild(by, guild_id, Permissions::NONE, 0)?;
        let guild = self.state.guilds.get(&guild_id).ok_or(ApiError::UNKNOWN_GUILD)?;
        let page = guild.members.range(after.saturating_add(1)..).take(limit);
        Ok(page.map(|(_, m)| self.state.member_json(m)).collect())
    }

    /// Members whose user name, display name or nickname starts with the text.
    pub fn search_members(
        &self,
        by: u64,
        guild_id: u64,
        text: &str,
        limit: usize,
    ) -> Result<Vec<Value>, ApiError> {
        self.state.require_in_guild(by, guild_id, Permissions::NONE, 0)?;
        let guild = self.state.guilds.get(&guild_id).ok_or(ApiError::UNKNOWN_GUILD)?;
        let text = text.to_lowercase();
        let starts = |name: Option<&str>| name.is_some_and(|n| n.to_lowercase().starts_with(&text));
        let hit = |id: &u64, nick: Option<&str>| {
            let user = self.state.users.get(id);
            let global = user.and_then(|u| u.global_name.as_deref());
            starts(nick) || starts(user.map(|u| u.username.as_str())) || starts(global)
        };
        let found = guild.members.iter().filter(|(id, m)| hit(id, m.nick.as_deref())).take(limit);
        Ok(found.map(|(_, m)| self.state.member_json(m)).collect())
    }

    pub fn list_roles(&self, by: u64, guild_id: u64) -> Result<Vec<Value>, ApiError> {
        self.state.require_in_guild(by, guild_id, Permissions::NONE, 0)?;
        let guild = self.state.guilds.get(&guild_id).ok_or(ApiError::UNKNOWN_GUILD)?;
        Ok(guild.roles.values().map(render::role).collect())
    }

    pub fn role_for(&self, by: u64, guild_id: u64, role: u64) -> Result<Value, ApiError> {
        self.state.require_in_guild(by, guild_id, Permissions::NONE, 0)?;
        let found = self.state.guilds.get(&guild_id).and_then(|g| g.roles.get(&role));
        found.map(render::role).ok_or(ApiError::UNKNOWN_ROLE)
    }

    /// Makes a role at the bottom, above `@everyone`. One can only give what one has.
    pub fn create_role(&mut self, by: u64, guild_id: u64, patch: RolePatch) -> Result<Value, ApiError> {
        let rights = self.state.require_in_guild(by, guild_id, Permissions::MANAGE_ROLES, self.now_ms())?;
        let everyone = self.state.guilds.get(&guild_id).and_then(|g| g.roles.get(&guild_id));
        let permissions = patch.permissions.or(everyone.map(|r| r.permissions)).unwrap_or_default();
        if patch.permissions.is_some() && !rights.contains(permissions) {
            return Err(ApiError::MISSING_PERMISSIONS);
        }
        let id = self.next_id();
        let guild = self.state.guilds.get_mut(&guild_id).ok_or(ApiError::UNKNOWN_GUILD)?;
        if guild.roles.len() >= MAX_ROLES {
            return Err(ApiError::MAX_GUILD_ROLES);
        }
        for role in guild.roles.values_mut().filter(|r| r.id != guild_id) {
            role.position += 1;
        }
        let role = Role {
            id,
            name: patch.name.unwrap_or_else(|| "new role".to_owned()),
            color: patch.color.unwrap_or(0),
            hoist: patch.hoist.unwrap_or(false),
            position: 1,
            permissions,
            managed: false,
            mentionable: patch.mentionable.unwrap_or(false),
            bot_id: None,
        };
        let object = render::role(&role);
        guild.roles.insert(id, role);
        self.emit_role("GUILD_ROLE_CREATE", guild_id, json!({"role": object}));
        Ok(object)
    }

    pub fn patch_role(
        &mut self,
        by: u64,
        guild_id: u64,
        id: u64,
        patch: RolePatch,
    ) -> Result<Value, ApiError> {
        let rights = self.state.require_in_guild(by, guild_id, Permissions::MANAGE_ROLES, self.now_ms())?;
        self.role_below(by, guild_id, id)?;
        if patch.permissions.is_some_and(|p| !rights.contains(p)) {
            return Err(ApiError::MISSING_PERMISSIONS);
        }
        self.force_role(guild_id, id, patch)
    }

    /// Changes a role without asking (faults, seeds).
    pub(crate) fn force_role(&mut self, guild_id: u64, id: u64, patch: RolePatch) -> Result<Value, ApiError> {
        self.changing_sight(guild_id, |core| core.apply_role(guild_id, id, patch))
    }

    fn apply_role(&mut self, guild_id: u64, id: u64, patch: RolePatch) -> Result<Value, ApiError> {
        let guild = self.state.guilds.get_mut(&guild_id).ok_or(ApiError::UNKNOWN_GUILD)?;
        let role = guild.roles.get_mut(&id).ok_or(ApiError::UNKNOWN_ROLE)?;
        role.name = patch.name.unwrap_or_else(|| role.name.clone());
        role.permissions = patch.permissions.unwrap_or(role.permissions);
        role.color = patch.color.unwrap_or(role.color);
        role.hoist = patch.hoist.unwrap_or(role.hoist);
        role.mentionable = patch.mentionable.unwrap_or(role.mentionable);
        let object = render::role(role);
        self.emit_role("GUILD_ROLE_UPDATE", guild_id, json!({"role": object}));
        Ok(object)
    }

    pub fn delete_role(&mut self, by: u64, guild_id: u64, id: u64) -> Result<(), ApiError> {
        self.state.require_in_guild(by, guild_id, Permissions::MANAGE_ROLES, self.now_ms())?;
        self.role_below(by, guild_id, id)?;
        let guild = self.state.guilds.get_mut(&guild_id).ok_or(ApiError::UNKNOWN_GUILD)?;
        if id == guild_id || guild.roles.get(&id).is_some_and(|r| r.managed) {
            return Err(ApiError::INVALID_ROLE);
        }
        self.changing_sight(guild_id, |core| core.drop_role(guild_id, id));
        Ok(())
    }

    /// Gives the guild to another member.
    pub fn set_owner(&mut self, guild_id: u64, user: u64) -> Result<(), ApiError> {
        if !self.state.is_member(user, guild_id) {
            return Err(ApiError::UNKNOWN_MEMBER);
        }
        self.changing_sight(guild_id, |core| {
            let Some(guild) = core.state.guilds.get_mut(&guild_id) else { return };
            guild.owner_id = user;
            let data = super::State::guild_json(guild, false);
            let dispatch = Dispatch::new("GUILD_UPDATE", Intents::GUILDS, Audience::Guild(guild_id), data);
            core.emit(dispatch.guild(Some(guild_id)));
        });
        Ok(())
    }

    fn drop_role(&mut self, guild_id: u64, id: u64) {
        let Some(guild) = self.state.guilds.get_mut(&guild_id) else { return };
        guild.roles.remove(&id);
        for member in guild.members.values_mut() {
            member.roles.retain(|r| *r != id);
        }
        for channel in self.state.channels.values_mut().filter(|c| c.guild_id == Some(guild_id)) {
            channel.overwrites.retain(|o| o.id != id);
        }
        self.emit_role("GUILD_ROLE_DELETE", guild_id, json!({"role_id": id.to_string()}));
    }

    fn role_below(&self, by: u64, guild_id: u64, id: u64) -> Result<(), ApiError> {
        let rank = self.state.rank(by, guild_id);
        let guild = self.state.guilds.get(&guild_id).ok_or(ApiError::UNKNOWN_GUILD)?;
        let role = guild.roles.get(&id).ok_or(ApiError::UNKNOWN_ROLE)?;
        if role.position < rank { Ok(()) } else { Err(ApiError::MISSING_PERMISSIONS) }
    }

    fn emit_role(&mut self, name: &'static str, guild_id: u64, mut data: Value) {
        data["guild_id"] = Value::from(guild_id.to_string());
        let dispatch = Dispatch::new(name, Intents::GUILDS, Audience::Guild(guild_id), data);
        self.emit(dispatch.guild(Some(guild_id)));
    }
}
