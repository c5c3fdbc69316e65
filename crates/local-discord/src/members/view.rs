//! Looking at the world from outside: channels, what applications sent, and what would change there by another's hand.

use std::time::Duration;

use super::{Member, MemberError, Place, Post, Watch};
use crate::errors::ApiError;
use crate::permissions::Permissions;
use crate::server::LocalDiscord;
use crate::world::{ChannelPatch, Guild, RolePatch, State, World};

/// The same, from the server's handle.
impl LocalDiscord {
    /// See [`World::member`].
    pub fn member(&self, name: &str) -> Member {
        self.world().member(name)
    }

    /// See [`World::channel`].
    pub fn channel(&self, place: impl Into<Place>) -> Result<ChannelView, MemberError> {
        self.world().channel(place)
    }

    /// See [`World::sent`].
    pub fn sent(&self) -> Vec<Post> {
        self.world().sent()
    }

    /// See [`World::look`].
    pub fn look(&self, post: &Post) -> Option<Post> {
        self.world().look(post)
    }

    /// See [`World::watch`].
    pub fn watch(&self) -> Watch {
        self.world().watch()
    }

    /// See [`World::next_message`].
    pub fn next_message<F>(
        &self,
        within: Duration,
        wanted: F,
    ) -> impl Future<Output = Result<Post, MemberError>> + Send + use<F>
    where
        F: FnMut(&Post) -> bool + Send,
    {
        self.world().next_message(within, wanted)
    }

    /// See [`World::until`].
    pub async fn until<T>(
        &self,
        within: Duration,
        look: impl FnMut(&State) -> Option<T>,
    ) -> Result<T, MemberError> {
        self.world().until(within, look).await
    }

    /// What a program needs to log in as the bot of that name.
    pub fn bot(&self, name: &str) -> Option<BotLogin> {
        self.world().read(|state| {
            let found = state.applications.values().find(|a| a.name == name)?;
            Some(BotLogin {
                application_id: found.id,
                user_id: found.bot_user_id,
                token: found.token.clone(),
            })
        })
    }
}

/// A bot's login, also after its world came back from a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotLogin {
    pub application_id: u64,
    pub user_id: u64,
    /// Without `Bot `.
    pub token: String,
}

/// A channel to look at, with everything that is in it.
#[derive(Clone, Debug)]
pub struct ChannelView {
    world: World,
    id: u64,
}

impl World {
    /// A channel by name or id.
    pub fn channel(&self, place: impl Into<Place>) -> Result<ChannelView, MemberError> {
        let id = match place.into() {
            Place::Id(id) => id,
            Place::Name(name) => self
                .read(|s| s.channel_named(&name).map(|c| c.id))
                .ok_or_else(|| MemberError::UnknownChannel(format!("#{name}")))?,
        };
        Ok(ChannelView { world: self.clone(), id })
    }

    /// A message as it is now; `None` if it is gone.
    pub fn look(&self, post: &Post) -> Option<Post> {
        self.read(|state| {
            let message = state.messages.get(&post.channel_id)?.get(&post.id)?;
            Some(Post::from_json(&state.message_json(message, 0)))
        })
    }

    /// The webhooks of a channel, oldest first: id, name, and whether an application owns it.
    pub fn webhooks(&self, place: impl Into<Place>) -> Result<Vec<(u64, String, bool)>, MemberError> {
        let channel = self.channel(place)?.id();
        Ok(self.read(|state| {
            let here = state.webhooks.values().filter(|h| h.channel_id == channel);
            here.map(|h| (h.id, h.name.clone(), h.application_id.is_some())).collect()
        }))
    }

    /// Deletes all webhooks of a channel, as a moderator would; gives their number.
    pub fn delete_webhooks(&self, place: impl Into<Place>) -> Result<usize, MemberError> {
        let hooks = self.webhooks(place)?;
        self.with(|core| hooks.iter().for_each(|(id, ..)| core.remove_webhook(*id)));
        Ok(hooks.len())
    }

    /// Gives the bot's managed role other permissions, in every guild, as an administrator would.
    pub fn set_bot_permissions(&self, bot: &str, permissions: Permissions) -> Result<(), MemberError> {
        let user = self.read(|s| s.applications.values().find(|a| a.name == bot).map(|a| a.bot_user_id));
        let user = user.ok_or_else(|| MemberError::UnknownUser(bot.to_owned()))?;
        self.with(|core| {
            let role = |g: &Guild| g.roles.values().find(|r| r.bot_id == Some(user)).map(|r| (g.id, r.id));
            for (guild, role) in core.state.guilds.values().filter_map(role).collect::<Vec<_>>() {
                let patch = RolePatch { permissions: Some(permissions), ..RolePatch::default() };
                core.force_role(guild, role, patch)?;
            }
            Ok(())
        })
        .map_err(|error: ApiError| error.into())
    }

    /// Marks a channel as age-restricted, or not, in its owner's name.
    pub fn set_age_restricted(&self, place: impl Into<Place>, yes: bool) -> Result<(), MemberError> {
        let channel = self.channel(place)?.id();
        self.with(|core| {
            let guild = core.state.channels.get(&channel).and_then(|c| c.guild_id);
            let owner = guild.and_then(|g| core.state.guilds.get(&g)).map(|g| g.owner_id);
            let owner = owner.ok_or(ApiError::CANNOT_EXECUTE_ON_DM)?;
            core.patch_channel(owner, channel, ChannelPatch { nsfw: Some(yes), ..ChannelPatch::default() })
        })?;
        Ok(())
    }

    /// Every message that applications sent and that is still there, by bot, webhook or response; oldest first.
    pub fn sent(&self) -> Vec<Post> {
        self.read(|state| {
            let bots: Vec<u64> = state.applications.values().map(|a| a.bot_user_id).collect();
            let all = state.messages.values().flat_map(|log| log.values());
            let mut sent: Vec<Post> = all
                .filter(|m| {
                    m.application_id.is_some()
                        || matches!(m.author, crate::world::Author::Webhook { .. })
                        || bots.contains(&m.author.id())
                })
                .map(|m| Post::from_json(&state.message_json(m, 0)))
                .collect();
            sent.sort_by_key(|post| post.id);
            sent
        })
    }
}

impl ChannelView {
    pub fn id(&self) -> u64 {
        self.id
    }

    /// All messages, ephemeral ones too, oldest first.
    pub fn messages(&self) -> Vec<Post> {
        self.world.read(|state| {
            let log = state.messages.get(&self.id);
            log.map_or_else(Vec::new, |log| {
                log.values().map(|m| Post::from_json(&state.message_json(m, 0))).collect()
            })
        })
    }
}
