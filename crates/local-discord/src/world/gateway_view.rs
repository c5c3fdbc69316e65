//! What a gateway session learns at its start: READY and `GUILD_CREATE`.

use serde_json::{Value, json};

use super::channels::obfuscated;
use super::model::{Guild, State};
use super::render;
use super::{Core, World};
use crate::clock::timestamp;
use crate::dispatch::{Scope, Subscription};
use crate::permissions::Permissions;

/// What `READY` says, and the dispatches that follow from that very moment.
#[derive(Debug)]
pub struct ReadyView {
    /// The current user.
    pub user: Value,
    /// `{id, flags}` of the application.
    pub application: Value,
    /// Ids of all guilds of the bot, of all shards.
    pub guilds: Vec<u64>,
    /// Everything that happens after this view; nothing is lost between the two.
    pub subscription: Subscription,
}

/// Who a bot token belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    pub application_id: u64,
    pub bot_user_id: u64,
    /// Privileged intents that are switched on.
    pub message_content: bool,
    pub guild_members: bool,
    pub presence: bool,
}

impl World {
    /// The application of a bot token (without `Bot `).
    pub fn identify(&self, token: &str) -> Option<Identity> {
        self.with(|core| core.state.identify(token))
    }

    /// The start of a session, with its subscription made under the same lock.
    pub fn ready(&self, application_id: u64, capacity: usize) -> Option<ReadyView> {
        self.with(|core| core.ready(application_id, capacity))
    }

    /// `GUILD_CREATE` as the application sees the guild: all of it but channels hidden from its bot.
    pub fn guild_create(&self, application_id: u64, guild_id: u64) -> Option<Value> {
        self.read(|state| state.guild_create_json(application_id, guild_id))
    }
}

impl Core {
    fn ready(&mut self, application_id: u64, capacity: usize) -> Option<ReadyView> {
        let application = self.state.applications.get(&application_id)?;
        let bot = application.bot_user_id;
        let user = render::current_user(self.state.users.get(&bot)?);
        let flags = self.state.application_json(application)["flags"].clone();
        let guilds =
            self.state.guilds.values().filter(|g| g.members.contains_key(&bot)).map(|g| g.id).collect();
        let subscription = self.subscribe(Scope::Application(application_id), capacity);
        let application = json!({"id": application_id.to_string(), "flags": flags});
        Some(ReadyView { user, application, guilds, subscription })
    }
}

impl State {
    pub(crate) fn identify(&self, token: &str) -> Option<Identity> {
        // The first part of a token names its bot, but few applications live here: look at all.
        self.applications.values().find(|a| a.token == token).map(|a| Identity {
            application_id: a.id,
            bot_user_id: a.bot_user_id,
            message_content: a.message_content,
            guild_members: a.guild_members,
            presence: a.presence,
        })
    }

    pub(crate) fn guild_create_json(&self, application_id: u64, guild_id: u64) -> Option<Value> {
        let bot = self.applications.get(&application_id)?.bot_user_id;
        let guild = self.guilds.get(&guild_id)?;
        let me = guild.members.get(&bot)?;
        let mut object = Self::guild_json(guild, false);
        object["joined_at"] = Value::from(timestamp(me.joined_ms));
        object["large"] = Value::Bool(guild.members.len() > 250);
        object["unavailable"] = Value::Bool(false);
        object["member_count"] = Value::from(guild.members.len());
        object["members"] = guild.members.values().take(1_000).map(|m| self.member_json(m)).collect();
        object["presences"] =
            guild.presences.iter().map(|(user, p)| render::presence(*user, guild_id, p)).collect();
        object["voice_states"] = guild.voice_states.values().map(|v| gateway_voice_state(guild, v)).collect();
        let (channels, threads) = self.channels_seen_by(bot, guild_id);
        object["channels"] = channels;
        object["threads"] = threads;
        for empty in ["stage_instances", "guild_scheduled_events", "soundboard_sounds"] {
            object[empty] = json!([]);
        }
        Some(object)
    }

    /// Channels and active threads of a guild. Channels that the bot may not view come obfuscated.
    fn channels_seen_by(&self, bot: u64, guild_id: u64) -> (Value, Value) {
        let (mut channels, mut threads) = (Vec::new(), Vec::new());
        for channel in self.channels.values().filter(|c| c.guild_id == Some(guild_id)) {
            let visible =
                self.channel_permissions(bot, channel.id, u64::MAX).contains(Permissions::VIEW_CHANNEL);
            let mut object = self.channel_json(channel);
            if let Some(thread) = &channel.thread {
                if visible && !thread.archived {
                    let me = thread.members.get(&bot);
                    if let Some(at) = me {
                        object["member"] = Self::thread_member_json(channel.id, bot, *at);
                    }
                    threads.push(object);
                }
                continue;
            }
            if !visible {
                object = obfuscated(channel, object);
            }
            channels.push(object);
        }
        (Value::from(channels), Value::from(threads))
    }
}

/// Inside `GUILD_CREATE` voice states have no `guild_id`.
fn gateway_voice_state(guild: &Guild, state: &super::model::VoiceState) -> Value {
    let mut object = render::voice_state(state, guild.id);
    if let Some(map) = object.as_object_mut() {
        map.shift_remove("guild_id");
    }
    object
}
