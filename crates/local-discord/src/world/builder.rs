//! Seeds: a bot cannot create guilds any more, so a world begins with them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::channels::NewChannel;
use super::model::{Application, Guild, Member, Presence, Role, State, User};
use super::{Core, World, WorldLimits};
use crate::clock::Clock;
use crate::permissions::{Overwrite, Permissions};

/// A bot with its application.
#[derive(Debug, Clone)]
pub struct BotSeed {
    pub name: String,
    /// Privileged intents that are switched on.
    pub message_content: bool,
    pub guild_members: bool,
    pub presence: bool,
    /// Permissions of its managed role in each guild.
    pub permissions: Permissions,
    /// A fixed token instead of a generated one; its first part must be the id in base64 for some clients.
    pub token: Option<String>,
}

impl BotSeed {
    /// A bot with all privileged intents and no permissions beyond those of `@everyone`.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            message_content: true,
            guild_members: true,
            presence: true,
            permissions: Permissions::NONE,
            token: None,
        }
    }

    #[must_use]
    pub fn permissions(mut self, permissions: Permissions) -> Self {
        self.permissions = permissions;
        self
    }
}

/// A guild with its channels and members, all by name.
#[derive(Debug, Clone, Default)]
pub struct GuildSeed {
    pub name: String,
    pub channels: Vec<NewChannel>,
    /// User names; made if they do not exist. The first one owns the guild.
    pub members: Vec<String>,
    /// Overwrites of `@everyone` by channel name.
    pub hidden_from_everyone: Vec<String>,
}

impl GuildSeed {
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Adds a channel of a type, see [`super::channel_type`].
    #[must_use]
    pub fn channel(mut self, name: &str, kind: u8) -> Self {
        self.channels.push(NewChannel { name: name.to_owned(), kind, ..NewChannel::default() });
        self
    }

    /// Adds a text channel that is marked as age-restricted.
    #[must_use]
    pub fn age_restricted(mut self, name: &str) -> Self {
        self.channels.push(NewChannel { name: name.to_owned(), nsfw: true, ..NewChannel::default() });
        self
    }

    #[must_use]
    pub fn member(mut self, name: &str) -> Self {
        self.members.push(name.to_owned());
        self
    }

    /// Only administrators and overwrites see this channel.
    #[must_use]
    pub fn hidden(mut self, channel: &str) -> Self {
        self.hidden_from_everyone.push(channel.to_owned());
        self
    }
}

/// Ids of what was seeded, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seeded {
    pub guilds: BTreeMap<String, u64>,
    pub channels: BTreeMap<String, u64>,
    pub users: BTreeMap<String, u64>,
    /// Application id, bot user id and token by the bot's name.
    pub bots: BTreeMap<String, (u64, u64, String)>,
}

/// Collects seeds and makes a world of them.
#[derive(Debug, Clone, Default)]
pub struct WorldBuilder {
    bots: Vec<BotSeed>,
    guilds: Vec<GuildSeed>,
    users: Vec<String>,
    limits: WorldLimits,
}

impl WorldBuilder {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a bot; it joins every guild.
    #[must_use]
    pub fn bot(mut self, bot: BotSeed) -> Self {
        self.bots.push(bot);
        self
    }

    #[must_use]
    pub fn guild(mut self, guild: GuildSeed) -> Self {
        self.guilds.push(guild);
        self
    }

    /// Adds a user who is in no guild yet.
    #[must_use]
    pub fn user(mut self, name: &str) -> Self {
        self.users.push(name.to_owned());
        self
    }

    #[must_use]
    pub fn limits(mut self, limits: WorldLimits) -> Self {
        self.limits = limits;
        self
    }

    pub fn build(self, clock: Clock) -> (World, Seeded) {
        let world = World::new(State::default(), clock, self.limits.clone());
        let seeded = world.with(|core| {
            let mut seeded = Seeded::default();
            for name in &self.users {
                core.seed_user(name, &mut seeded);
            }
            for bot in &self.bots {
                core.seed_bot(bot, &mut seeded);
            }
            for guild in &self.guilds {
                core.seed_guild(guild, &self.bots, &mut seeded);
            }
            seeded
        });
        (world, seeded)
    }
}

impl Core {
    /// Makes a human user. The shown name is the given one, the user name its lower-case form.
    pub fn create_user(&mut self, name: &str) -> u64 {
        let id = self.next_id();
        let name = shown_name(name);
        let keep = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '_' };
        let username = name.to_lowercase().chars().map(keep).take(32).collect();
        let user = User { id, username, global_name: Some(name), avatar: None, banner: None, bot: false };
        self.state.users.insert(id, user);
        id
    }

    fn seed_user(&mut self, name: &str, seeded: &mut Seeded) -> u64 {
        if let Some(id) = seeded.users.get(name) {
            return *id;
        }
        let id = self.create_user(name);
        seeded.users.insert(name.to_owned(), id);
        id
    }

    fn seed_bot(&mut self, seed: &BotSeed, seeded: &mut Seeded) {
        let owner_id = self.seed_user("bot-owner", seeded);
        let id = self.next_id();
        let user = User {
            id,
            username: seed.name.clone(),
            global_name: None,
            avatar: None,
            banner: None,
            bot: true,
        };
        self.state.users.insert(id, user);
        let head = URL_SAFE_NO_PAD.encode(id.to_string());
        let minted = format!("{head}.{}.{}", self.token(6), self.token(27));
        let token = seed.token.clone().unwrap_or(minted);
        let application = Application {
            id,
            name: seed.name.clone(),
            description: String::new(),
            bot_user_id: id,
            owner_id,
            token: token.clone(),
            verify_key: self.token(64).to_lowercase(),
            message_content: seed.message_content,
            guild_members: seed.guild_members,
            presence: seed.presence,
            interactions_endpoint_url: None,
            tags: Vec::new(),
            commands: Vec::new(),
            flags: 0,
        };
        self.state.applications.insert(id, application);
        seeded.bots.insert(seed.name.clone(), (id, id, token));
    }

    fn seed_guild(&mut self, seed: &GuildSeed, bots: &[BotSeed], seeded: &mut Seeded) {
        let now = self.now_ms();
        let members: Vec<u64> = seed.members.iter().map(|name| self.seed_user(name, seeded)).collect();
        let owner_id = members.first().copied().unwrap_or_else(|| self.seed_user("owner", seeded));
        let id = self.next_id();
        let everyone = role(id, "@everyone", 0, Permissions::DEFAULT_EVERYONE);
        let mut guild = Guild {
            id,
            name: seed.name.clone(),
            icon: None,
            description: None,
            owner_id,
            roles: BTreeMap::from([(id, everyone)]),
            members: BTreeMap::new(),
            system_channel_id: None,
            voice_states: BTreeMap::new(),
            presences: BTreeMap::new(),
            preferred_locale: "en-US".to_owned(),
            premium_tier: 0,
        };
        for user in members.iter().chain([&owner_id]) {
            guild.members.entry(*user).or_insert_with(|| member(*user, now, Vec::new()));
            guild.presences.insert(*user, Presence { status: "online".to_owned(), activities: Vec::new() });
        }
        for (position, bot) in (1_i64..).zip(bots) {
            let Some((_, user, _)) = seeded.bots.get(&bot.name) else { continue };
            let role_id = self.next_id();
            let managed = Role {
                managed: true,
                bot_id: Some(*user),
                ..role(role_id, &bot.name, position, bot.permissions)
            };
            guild.roles.insert(role_id, managed);
            guild.members.insert(*user, member(*user, now, vec![role_id]));
        }
        self.state.guilds.insert(id, guild);
        seeded.guilds.insert(seed.name.clone(), id);
        for new in &seed.channels {
            let channel = self.add_channel(id, new.clone());
            seeded.channels.insert(new.name.clone(), channel);
            if seed.hidden_from_everyone.contains(&new.name)
                && let Some(channel) = self.state.channels.get_mut(&channel)
            {
                channel.overwrites.push(Overwrite {
                    id,
                    kind: crate::permissions::OverwriteKind::Role,
                    allow: Permissions::NONE,
                    deny: Permissions::VIEW_CHANNEL,
                });
            }
        }
        let first =
            self.state.channels.values().find(|c| c.guild_id == Some(id) && c.is_text()).map(|c| c.id);
        if let Some(guild) = self.state.guilds.get_mut(&id) {
            guild.system_channel_id = first;
        }
    }
}

fn role(id: u64, name: &str, position: i64, permissions: Permissions) -> Role {
    Role {
        id,
        name: name.to_owned(),
        color: 0,
        hoist: false,
        position,
        permissions,
        managed: false,
        mentionable: false,
        bot_id: None,
    }
}

fn member(user_id: u64, joined_ms: u64, roles: Vec<u64>) -> Member {
    Member {
        user_id,
        nick: None,
        avatar: None,
        roles,
        joined_ms,
        deaf: false,
        mute: false,
        timeout_until_ms: None,
    }
}

/// A name as Discord would show it: one line of at most 32 characters.
/// <https://docs.discord.com/developers/resources/user#usernames-and-nicknames>
pub(crate) fn shown_name(name: &str) -> String {
    let shown: String = name.chars().filter(|c| !c.is_control()).take(32).collect();
    if shown.trim().is_empty() { "member".to_owned() } else { shown }
}
