//! A guild in its owner's hands: roles, who may see what, and who may come.

use super::{MemberError, Place};
use crate::errors::ApiError;
use crate::permissions::{Overwrite, OverwriteKind, Permissions};
use crate::server::LocalDiscord;
use crate::world::{Core, Guild, NewChannel, RolePatch, State, World};

/// A guild, as its owner rules it. Everything is told to those who may know it, as Discord does.
#[derive(Clone, Debug)]
pub struct House {
    world: World,
    guild: u64,
}

impl LocalDiscord {
    /// See [`World::house`].
    pub fn house(&self, guild: &str) -> Result<House, MemberError> {
        self.world().house(guild)
    }
}

impl World {
    /// The guild of that name, in its owner's hands.
    pub fn house(&self, guild: &str) -> Result<House, MemberError> {
        let found = self.read(|s| s.guilds.values().find(|g| g.name == guild).map(|g| g.id));
        let guild = found.ok_or(ApiError::UNKNOWN_GUILD)?;
        Ok(House { world: self.clone(), guild })
    }
}

impl House {
    /// The guild's id.
    pub fn id(&self) -> u64 {
        self.guild
    }

    /// A new role, which nobody has yet; gives its id.
    pub fn makes_role(&self, name: &str, permissions: Permissions) -> Result<u64, MemberError> {
        let patch =
            RolePatch { name: Some(name.to_owned()), permissions: Some(permissions), ..RolePatch::default() };
        let role = self.rule(|core, owner| core.create_role(owner, self.guild, patch))?;
        Ok(role["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default())
    }

    /// Other permissions for a role; `@everyone` is one, too.
    pub fn changes_role(&self, name: &str, permissions: Permissions) -> Result<(), MemberError> {
        let role = self.role(name)?;
        let patch = RolePatch { permissions: Some(permissions), ..RolePatch::default() };
        self.rule(|core, owner| core.patch_role(owner, self.guild, role, patch)).map(drop)
    }

    /// Deletes a role, with its overwrites.
    pub fn deletes_role(&self, name: &str) -> Result<(), MemberError> {
        let role = self.role(name)?;
        self.rule(|core, owner| core.delete_role(owner, self.guild, role))
    }

    /// Gives a role to somebody.
    pub fn gives(&self, who: &str, role: &str) -> Result<(), MemberError> {
        self.sets_role(who, role, true)
    }

    /// Takes a role from somebody.
    pub fn takes(&self, who: &str, role: &str) -> Result<(), MemberError> {
        self.sets_role(who, role, false)
    }

    fn sets_role(&self, who: &str, role: &str, has: bool) -> Result<(), MemberError> {
        let (user, role) = (self.anybody(who)?, self.role(role)?);
        self.rule(|core, owner| core.set_role(owner, user, self.guild, role, has))
    }

    /// Makes an exception in a channel for `@everyone`, a role or a member; one that was there before goes.
    pub fn excepts(
        &self,
        place: impl Into<Place>,
        whose: &str,
        allow: Permissions,
        deny: Permissions,
    ) -> Result<(), MemberError> {
        let channel = self.channel(place)?;
        let (id, kind) = self.whose(whose)?;
        self.rule(|core, owner| core.put_overwrite(owner, channel, Overwrite { id, kind, allow, deny }))
    }

    /// Hides a channel from `@everyone`, a role or a member.
    pub fn hides(&self, place: impl Into<Place>, whose: &str) -> Result<(), MemberError> {
        self.excepts(place, whose, Permissions::NONE, Permissions::VIEW_CHANNEL)
    }

    /// Shows a channel to `@everyone`, a role or a member, whatever else holds.
    pub fn shows(&self, place: impl Into<Place>, whose: &str) -> Result<(), MemberError> {
        self.excepts(place, whose, Permissions::VIEW_CHANNEL, Permissions::NONE)
    }

    /// Takes a channel's exception back.
    pub fn clears(&self, place: impl Into<Place>, whose: &str) -> Result<(), MemberError> {
        let channel = self.channel(place)?;
        let (id, _) = self.whose(whose)?;
        self.rule(|core, owner| core.delete_overwrite(owner, channel, id))
    }

    /// A new channel of a type, see [`crate::world::channel_type`]; gives its id.
    pub fn makes_channel(&self, name: &str, kind: u8) -> Result<u64, MemberError> {
        let new = NewChannel { name: name.to_owned(), kind, ..NewChannel::default() };
        let channel = self.rule(|core, owner| core.create_channel(owner, self.guild, new))?;
        Ok(channel["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default())
    }

    /// Deletes a channel or thread.
    pub fn deletes_channel(&self, place: impl Into<Place>) -> Result<(), MemberError> {
        let channel = self.channel(place)?;
        self.rule(|core, owner| core.delete_channel(owner, channel)).map(drop)
    }

    /// Gives the guild to another member.
    pub fn hands_over(&self, to: &str) -> Result<(), MemberError> {
        let user = self.anybody(to)?;
        self.rule(|core, _| core.set_owner(self.guild, user))
    }

    /// Throws somebody out: a member or a bot.
    pub fn throws_out(&self, who: &str) -> Result<(), MemberError> {
        let user = self.anybody(who)?;
        self.rule(|core, _| core.leave_guild(user, self.guild))
    }

    /// Lets somebody in: a user or a bot.
    pub fn lets_in(&self, who: &str) -> Result<(), MemberError> {
        let user = self.anybody(who)?;
        self.rule(|core, _| core.join_guild(user, self.guild))
    }

    fn rule<R>(&self, act: impl FnOnce(&mut Core, u64) -> Result<R, ApiError>) -> Result<R, MemberError> {
        let done = self.world.with(|core| {
            let owner = core.state.guilds.get(&self.guild).map(|g| g.owner_id);
            act(core, owner.ok_or(ApiError::UNKNOWN_GUILD)?)
        });
        Ok(done?)
    }

    fn read<R>(&self, look: impl FnOnce(&State, &Guild) -> Option<R>) -> Option<R> {
        self.world.read(|s| look(s, s.guilds.get(&self.guild)?))
    }

    fn role(&self, name: &str) -> Result<u64, MemberError> {
        let role = self.read(|_, g| g.roles.values().find(|r| r.name == name).map(|r| r.id));
        Ok(role.ok_or(ApiError::UNKNOWN_ROLE)?)
    }

    fn anybody(&self, who: &str) -> Result<u64, MemberError> {
        let user = self.world.read(|s| s.anybody(who));
        user.ok_or_else(|| MemberError::UnknownUser(who.to_owned()))
    }

    fn whose(&self, name: &str) -> Result<(u64, OverwriteKind), MemberError> {
        match self.role(name) {
            Ok(role) => Ok((role, OverwriteKind::Role)),
            Err(_) => Ok((self.anybody(name)?, OverwriteKind::Member)),
        }
    }

    fn channel(&self, place: impl Into<Place>) -> Result<u64, MemberError> {
        match place.into() {
            Place::Id(id) => Ok(id),
            Place::Name(name) => {
                let here = self.guild;
                let found = self.world.read(|s| {
                    let mut all = s.channels.values().filter(|c| c.guild_id == Some(here) && c.name == name);
                    all.next().map(|c| c.id)
                });
                found.ok_or_else(|| MemberError::UnknownChannel(format!("#{name}")))
            }
        }
    }
}
