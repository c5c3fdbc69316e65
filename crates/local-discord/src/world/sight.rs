//! Who gains and who loses sight of channels when roles, overwrites or the owner change.
//! <https://docs.discord.com/developers/topics/threads#gaining-or-losing-access-to-channels>

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Core;
use super::channels::obfuscated;
use super::model::State;
use super::render::sid;
use crate::dispatch::{Audience, Dispatch};
use crate::intents::Intents;

/// By application: the channels of a guild, without threads, that its bot may view.
type Sight = BTreeMap<u64, BTreeSet<u64>>;

impl Core {
    /// Changes roles, members or the owner of a guild. Bots that see another set of channels after it get the channels
    /// in their new form, and the threads in what they see newly.
    pub(crate) fn changing_sight<R>(&mut self, guild_id: u64, change: impl FnOnce(&mut Self) -> R) -> R {
        let before = self.state.sight(guild_id);
        let result = change(self);
        for (application, now) in self.state.sight(guild_id) {
            let was = before.get(&application).cloned().unwrap_or_default();
            for channel in now.symmetric_difference(&was) {
                self.tell_channel(application, *channel, now.contains(channel));
            }
            self.tell_threads(application, guild_id, &now.difference(&was).copied().collect());
        }
        result
    }

    /// Changes a channel's overwrites and announces the channel. Bots that see it newly get its threads.
    pub(crate) fn changing_overwrites<R>(
        &mut self,
        channel_id: u64,
        change: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let guild = self.state.channels.get(&channel_id).and_then(|c| c.guild_id);
        let Some(guild_id) = guild else { return change(self) };
        let before = self.state.sight(guild_id);
        let result = change(self);
        for (application, now) in self.state.sight(guild_id) {
            let was = before.get(&application).cloned().unwrap_or_default();
            self.tell_threads(application, guild_id, &now.difference(&was).copied().collect());
        }
        result
    }

    fn tell_channel(&mut self, application: u64, channel_id: u64, visible: bool) {
        let Some(channel) = self.state.channels.get(&channel_id) else { return };
        let guild = channel.guild_id;
        let json = self.state.channel_json(channel);
        let data = if visible { json } else { obfuscated(channel, json) };
        let audience = Audience::Application(application);
        let dispatch = Dispatch::new("CHANNEL_UPDATE", Intents::GUILDS, audience, data);
        self.emit(dispatch.guild(guild).channel(channel_id));
    }

    fn tell_threads(&mut self, application: u64, guild_id: u64, gained: &BTreeSet<u64>) {
        let bot = self.state.applications.get(&application).map(|a| a.bot_user_id);
        let Some(bot) = bot.filter(|_| !gained.is_empty()) else { return };
        let within = |c: &super::Channel| c.parent_id.is_some_and(|parent| gained.contains(&parent));
        let active = |c: &super::Channel| c.thread.as_ref().is_some_and(|thread| !thread.archived);
        let (threads, members) = self.list_threads(bot, |c| within(c) && active(c));
        let data = json!({
            "guild_id": guild_id.to_string(),
            "channel_ids": gained.iter().map(|id| sid(*id)).collect::<Value>(),
            "threads": threads,
            "members": members,
        });
        let audience = Audience::Application(application);
        let dispatch = Dispatch::new("THREAD_LIST_SYNC", Intents::GUILDS, audience, data);
        self.emit(dispatch.guild(Some(guild_id)));
    }
}

impl State {
    fn sight(&self, guild_id: u64) -> Sight {
        let here: Vec<u64> = self
            .channels
            .values()
            .filter(|c| c.guild_id == Some(guild_id) && !c.is_thread())
            .map(|c| c.id)
            .collect();
        self.applications
            .values()
            .filter(|a| self.is_member(a.bot_user_id, guild_id))
            .map(|a| (a.id, here.iter().copied().filter(|id| self.can_view(a.bot_user_id, *id)).collect()))
            .collect()
    }
}
