//! Threads and forum posts. <https://docs.discord.com/developers/topics/threads>

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Core;
use super::access::Actor;
use super::draft::{Draft, Posted};
use super::model::{Author, Channel, Message, Reference, Thread, channel_type, message_flag};
use super::render::sid;
use crate::dispatch::{Audience, Dispatch};
use crate::errors::ApiError;
use crate::intents::Intents;
use crate::permissions::Permissions;

/// A thread to be.
#[derive(Debug, Clone, Default)]
pub struct NewThread {
    pub name: String,
    /// See [`channel_type`]; ignored for threads of a message and of a forum.
    pub kind: Option<u8>,
    /// Minutes.
    pub auto_archive_duration: Option<u64>,
    pub rate_limit_per_user: u64,
    pub invitable: bool,
    pub applied_tags: Vec<u64>,
}

impl Core {
    /// Opens a thread from a message; it gets the message's id.
    pub fn thread_from_message(
        &mut self,
        user: u64,
        channel_id: u64,
        message_id: u64,
        new: NewThread,
    ) -> Result<Value, ApiError> {
        let now = self.now_ms();
        let wanted = Permissions::CREATE_PUBLIC_THREADS | Permissions::READ_MESSAGE_HISTORY;
        self.state.require(user, channel_id, wanted, now)?;
        let parent = self.state.channels.get(&channel_id).ok_or(ApiError::UNKNOWN_CHANNEL)?.clone();
        let mut message = self.message(channel_id, message_id)?.clone();
        if message.thread_id.is_some() || self.state.channels.contains_key(&message_id) {
            return Err(ApiError::THREAD_EXISTS);
        }
        let kind = match parent.kind {
            channel_type::TEXT => channel_type::PUBLIC_THREAD,
            channel_type::ANNOUNCEMENT => channel_type::ANNOUNCEMENT_THREAD,
            _ => return Err(ApiError::CANNOT_EXECUTE_ON_TYPE),
        };
        self.open_thread(&parent, message_id, kind, user, new);
        message.thread_id = Some(message_id);
        message.flags |= message_flag::HAS_THREAD;
        self.replace_message(message);
        self.thread_starter(&parent, message_id, user);
        Ok(self.created_thread(message_id, user))
    }

    /// Opens a thread without a message.
    pub fn thread_without_message(
        &mut self,
        user: u64,
        channel_id: u64,
        new: NewThread,
    ) -> Result<Value, ApiError> {
        let now = self.now_ms();
        let kind = new.kind.unwrap_or(channel_type::PRIVATE_THREAD);
        let wanted = match kind {
            channel_type::PRIVATE_THREAD => Permissions::CREATE_PRIVATE_THREADS,
            channel_type::PUBLIC_THREAD | channel_type::ANNOUNCEMENT_THREAD => {
                Permissions::CREATE_PUBLIC_THREADS
            }
            _ => return Err(ApiError::CANNOT_EXECUTE_ON_TYPE),
        };
        self.state.require(user, channel_id, wanted, now)?;
        let parent = self.state.channels.get(&channel_id).ok_or(ApiError::UNKNOWN_CHANNEL)?.clone();
        let fits = matches!(
            (parent.kind, kind),
            (channel_type::TEXT, channel_type::PUBLIC_THREAD | channel_type::PRIVATE_THREAD)
                | (channel_type::ANNOUNCEMENT, channel_type::ANNOUNCEMENT_THREAD)
        );
        if !fits {
            return Err(ApiError::CANNOT_EXECUTE_ON_TYPE);
        }
        let id = self.next_id();
        let name = new.name.clone();
        self.open_thread(&parent, id, kind, user, new);
        if kind != channel_type::PRIVATE_THREAD {
            let draft = Draft { kind: Some(18), content: name, may_be_empty: true, ..Draft::default() };
            let mut notice = self.system_message(&Actor::User(user), channel_id, parent.guild_id, draft);
            notice.reference = Some(Reference {
                kind: 0,
                message_id: None,
                channel_id: id,
                guild_id: parent.guild_id,
                snapshots: Vec::new(),
            });
            self.insert_message(notice);
        }
        Ok(self.created_thread(id, user))
    }

    /// Opens a post in a forum, with its first message. Returns the thread with that `message`.
    pub fn forum_post(
        &mut self,
        actor: &Actor,
        channel_id: u64,
        new: NewThread,
        draft: Draft,
    ) -> Result<(u64, Value, Posted), ApiError> {
        let now = self.now_ms();
        if let Actor::User(user) = actor {
            self.state.require(*user, channel_id, Permissions::SEND_MESSAGES, now)?;
        }
        let parent = self.state.channels.get(&channel_id).ok_or(ApiError::UNKNOWN_CHANNEL)?.clone();
        if !parent.is_forum() {
            return Err(ApiError::CANNOT_EXECUTE_ON_TYPE);
        }
        let id = self.next_id();
        let owner = actor.id(&self.state);
        self.open_thread(&parent, id, channel_type::PUBLIC_THREAD, owner, new);
        // A post's first message has the post's own id.
        let draft = Draft { id: Some(id), ..draft };
        let posted = match self.create_message(actor, id, draft) {
            Ok(posted) => posted,
            Err(error) => {
                self.drop_thread(id);
                return Err(error);
            }
        };
        let mut thread = self.created_thread(id, owner);
        thread["message"] = posted.json.clone();
        Ok((id, thread, posted))
    }

    /// Joins a thread, or adds another user to it.
    pub fn join_thread(&mut self, by: u64, user: u64, thread_id: u64) -> Result<(), ApiError> {
        let now = self.now_ms();
        let wanted = if by == user { Permissions::VIEW_CHANNEL } else { Permissions::SEND_MESSAGES };
        self.state.require(by, thread_id, wanted, now)?;
        let channel = self.state.channels.get_mut(&thread_id).ok_or(ApiError::UNKNOWN_CHANNEL)?;
        let thread = channel.thread.as_mut().ok_or(ApiError::CANNOT_EXECUTE_ON_TYPE)?;
        if thread.archived {
            return Err(ApiError::THREAD_ARCHIVED);
        }
        if thread.members.insert(user, now).is_none() {
            self.announce_thread_to(user, thread_id);
            self.announce_thread_members(thread_id, &[user], &[]);
        }
        Ok(())
    }

    /// Leaves a thread, or removes another user from it (`MANAGE_THREADS`).
    pub fn leave_thread(&mut self, by: u64, user: u64, thread_id: u64) -> Result<(), ApiError> {
        let wanted = if by == user { Permissions::VIEW_CHANNEL } else { Permissions::MANAGE_THREADS };
        self.state.require(by, thread_id, wanted, self.now_ms())?;
        let channel = self.state.channels.get_mut(&thread_id).ok_or(ApiError::UNKNOWN_CHANNEL)?;
        let thread = channel.thread.as_mut().ok_or(ApiError::CANNOT_EXECUTE_ON_TYPE)?;
        if thread.members.remove(&user).is_some() {
            self.announce_thread_members(thread_id, &[], &[user]);
        }
        Ok(())
    }

    /// A thread's members.
    pub fn thread_members(&self, by: u64, thread_id: u64) -> Result<Vec<Value>, ApiError> {
        let channel = self.state.visible_channel(by, thread_id)?;
        let thread = channel.thread.as_ref().ok_or(ApiError::CANNOT_EXECUTE_ON_TYPE)?;
        Ok(thread
            .members
            .iter()
            .map(|(u, at)| super::State::thread_member_json(thread_id, *u, *at))
            .collect())
    }

    /// Threads that a user sees: active ones of a guild, or archived ones of a channel.
    pub fn list_threads(&self, user: u64, wanted: impl Fn(&Channel) -> bool) -> (Vec<Value>, Vec<Value>) {
        let threads = self.state.channels.values().rev().filter(|c| c.is_thread() && wanted(c));
        let seen: Vec<&Channel> = threads.filter(|c| self.state.can_view(user, c.id)).collect();
        let joined = |c: &&Channel| {
            let at = c.thread.as_ref()?.members.get(&user)?;
            Some(super::State::thread_member_json(c.id, user, *at))
        };
        let members = seen.iter().filter_map(joined).collect();
        (seen.into_iter().map(|c| self.state.channel_json(c)).collect(), members)
    }

    /// Dispatches a thread as it is now.
    pub(crate) fn announce_thread(&mut self, name: &'static str, thread_id: u64) {
        let Some(channel) = self.state.channels.get(&thread_id) else { return };
        let guild = channel.guild_id;
        let data = self.state.channel_json(channel);
        let dispatch = Dispatch::new(name, Intents::GUILDS, Audience::Channel(thread_id), data);
        self.emit(dispatch.guild(guild).channel(thread_id));
    }

    /// A bot that is added to a private thread had not heard of it before.
    /// <https://docs.discord.com/developers/events/gateway-events#thread-create>
    fn announce_thread_to(&mut self, user: u64, thread_id: u64) {
        let application = self.state.applications.values().find(|a| a.bot_user_id == user).map(|a| a.id);
        let private = self.state.channels.get(&thread_id).filter(|c| c.kind == channel_type::PRIVATE_THREAD);
        let Some((application, channel)) = application.zip(private) else { return };
        let guild = channel.guild_id;
        let data = self.created_thread(thread_id, user);
        let audience = Audience::Application(application);
        let dispatch = Dispatch::new("THREAD_CREATE", Intents::GUILDS, audience, data);
        self.emit(dispatch.guild(guild).channel(thread_id));
    }

    pub(crate) fn announce_thread_members(&mut self, thread_id: u64, added: &[u64], removed: &[u64]) {
        let Some(channel) = self.state.channels.get(&thread_id) else { return };
        let Some((guild_id, thread)) = channel.guild_id.zip(channel.thread.as_ref()) else { return };
        let guild = self.state.guilds.get(&guild_id);
        let added: Vec<Value> = added
            .iter()
            .map(|user| {
                let at = thread.members.get(user).copied().unwrap_or_default();
                let mut object = super::State::thread_member_json(thread_id, *user, at);
                let member = guild.and_then(|g| g.members.get(user));
                object["member"] = member.map_or(Value::Null, |m| self.state.member_json(m));
                object
            })
            .collect();
        let data = json!({
            "id": thread_id.to_string(),
            "guild_id": guild_id.to_string(),
            "member_count": thread.members.len(),
            "added_members": added,
            "removed_member_ids": removed.iter().map(|id| sid(*id)).collect::<Value>(),
        });
        // With only GUILDS, Discord sends this event just for the bot itself; both intents let it through here.
        let intent = Intents::GUILDS | Intents::GUILD_MEMBERS;
        let dispatch = Dispatch::new("THREAD_MEMBERS_UPDATE", intent, Audience::Channel(thread_id), data);
        self.emit(dispatch.guild(Some(guild_id)).channel(thread_id));
    }

    fn open_thread(&mut self, parent: &Channel, id: u64, kind: u8, owner: u64, new: NewThread) {
        let now = self.now_ms();
        let human = self.state.users.contains_key(&owner);
        let members: BTreeMap<u64, u64> = human.then_some((owner, now)).into_iter().collect();
        let thread = Thread {
            invitable: kind != channel_type::PRIVATE_THREAD || new.invitable,
            auto_archive_duration: new
                .auto_archive_duration
                .or(parent.default_auto_archive_duration)
                .unwrap_or(4_320),
            archive_ms: now,
            created_ms: now,
            members,
            ..Thread::default()
        };
        let channel = Channel {
            id,
            kind,
            guild_id: parent.guild_id,
            name: new.name,
            parent_id: Some(parent.id),
            owner_id: Some(owner),
            rate_limit_per_user: new.rate_limit_per_user,
            applied_tags: new.applied_tags,
            thread: Some(thread),
            ..Channel::default()
        };
        let mut data = self.state.channel_json(&channel);
        data["newly_created"] = Value::Bool(true);
        let guild = channel.guild_id;
        self.state.channels.insert(id, channel);
        if let Some(parent) = self.state.channels.get_mut(&parent.id).filter(|p| p.is_forum()) {
            parent.last_message_id = Some(id);
        }
        let dispatch = Dispatch::new("THREAD_CREATE", Intents::GUILDS, Audience::Channel(id), data);
        self.emit(dispatch.guild(guild).channel(id));
    }

    fn thread_starter(&mut self, parent: &Channel, id: u64, user: u64) {
        let draft = Draft { kind: Some(21), may_be_empty: true, ..Draft::default() };
        let mut starter = self.system_message(&Actor::User(user), id, parent.guild_id, draft);
        starter.reference = Some(Reference {
            kind: 0,
            message_id: Some(id),
            channel_id: parent.id,
            guild_id: parent.guild_id,
            snapshots: Vec::new(),
        });
        self.insert_message(starter);
    }

    fn created_thread(&self, id: u64, user: u64) -> Value {
        let Some(channel) = self.state.channels.get(&id) else { return Value::Null };
        let mut object = self.state.channel_json(channel);
        let joined = channel.thread.as_ref().and_then(|t| t.members.get(&user));
        if let Some(at) = joined {
            object["member"] = super::State::thread_member_json(id, user, *at);
        }
        object
    }

    fn drop_thread(&mut self, id: u64) {
        if let Some(channel) = self.state.channels.remove(&id) {
            self.announce_thread_deleted(&channel);
        }
        self.state.messages.remove(&id);
    }

    pub(crate) fn announce_thread_deleted(&mut self, channel: &Channel) {
        let Some(guild_id) = channel.guild_id else { return };
        let data = json!({
            "id": channel.id.to_string(),
            "guild_id": guild_id.to_string(),
            "parent_id": channel.parent_id.map(|id| id.to_string()),
            "type": channel.kind,
        });
        let audience = channel.parent_id.map_or(Audience::Guild(guild_id), Audience::Channel);
        let dispatch = Dispatch::new("THREAD_DELETE", Intents::GUILDS, audience, data);
        self.emit(dispatch.guild(Some(guild_id)).channel(channel.id));
    }

    /// A message that Discord itself writes, under the name of who caused it.
    pub(crate) fn system_message(
        &mut self,
        actor: &Actor,
        channel_id: u64,
        guild_id: Option<u64>,
        draft: Draft,
    ) -> Message {
        Message {
            id: self.next_id(),
            channel_id,
            guild_id,
            author: Author::User(actor.id(&self.state)),
            kind: draft.kind.unwrap_or(0),
            content: draft.content,
            created_ms: self.now_ms(),
            edited_ms: None,
            tts: false,
            mention_everyone: false,
            mentions: Vec::new(),
            mention_roles: Vec::new(),
            attachments: Vec::new(),
            embeds: Vec::new(),
            components: Vec::new(),
            reactions: Vec::new(),
            nonce: None,
            pinned_ms: None,
            flags: 0,
            application_id: None,
            reference: None,
            interaction: None,
            thread_id: None,
            visible_to: None,
        }
    }
}
