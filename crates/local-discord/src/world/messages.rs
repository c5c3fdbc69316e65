//! Messages: create, edit, delete, list.

use serde_json::{Value, json};

use super::Core;
use super::access::Actor;
use super::draft::{Draft, DraftReference, Edit, Page, Posted, number_components};
use super::files::{NewFile, small_enough};
use super::media;
use super::mentions;
use super::model::{Attachment, Author, Channel, Message, NonceRecord, Reference, State, message_flag};
use super::render::sid;
use super::render_message::settable_flags;
use crate::dispatch::{Audience, Dispatch};
use crate::errors::ApiError;
use crate::intents::Intents;
use crate::permissions::Permissions;
use crate::snowflake;

/// Discord's limit for a message's text, in characters.
pub(crate) const MAX_CONTENT: usize = 2_000;
/// How long a nonce is remembered.
const NONCE_MS: u64 = 5 * 60 * 1_000;
const MAX_NONCES: usize = 10_000;

impl Core {
    /// Posts a message and dispatches `MESSAGE_CREATE`.
    pub fn create_message(
        &mut self,
        actor: &Actor,
        channel_id: u64,
        draft: Draft,
    ) -> Result<Posted, ApiError> {
        let now = self.now_ms();
        let channel = self.state.channels.get(&channel_id).ok_or(ApiError::UNKNOWN_CHANNEL)?.clone();
        let rights = self.rights_to_post(actor, &channel, &draft, now)?;
        if let Some(known) = self.by_nonce(actor, channel_id, &draft) {
            return Ok(known);
        }
        let reference = self.resolve_reference(&channel, draft.reference.as_ref())?;
        let replied = reference.as_ref().filter(|r| r.kind == 0).and_then(|r| self.author_of(r));
        let marks = mentions::resolve(
            &self.state,
            channel.guild_id,
            &draft.content,
            draft.allowed_mentions.as_ref(),
            rights,
            replied,
        );
        let id = draft.id.unwrap_or_else(|| self.next_id());
        let ephemeral = draft.visible_to.is_some();
        let attachments = self.store_files(channel_id, draft.files, ephemeral);
        let is_reply = reference.as_ref().is_some_and(|r| r.kind == 0);
        let mut message = Message {
            id,
            channel_id,
            guild_id: channel.guild_id,
            author: self.author(actor),
            kind: draft.kind.unwrap_or(if is_reply { 19 } else { 0 }),
            content: draft.content,
            created_ms: now,
            edited_ms: None,
            tts: draft.tts,
            mention_everyone: marks.everyone,
            mentions: marks.users,
            mention_roles: marks.roles,
            attachments,
            embeds: draft.embeds,
            components: number_components(draft.components),
            reactions: Vec::new(),
            nonce: draft.nonce,
            pinned_ms: None,
            flags: settable_flags(draft.flags)
                | if ephemeral { message_flag::EPHEMERAL } else { 0 }
                | if draft.may_be_empty { message_flag::LOADING } else { 0 },
            application_id: draft.application_id,
            reference,
            interaction: draft.interaction,
            thread_id: None,
            visible_to: draft.visible_to,
        };
        media::complete(&mut message, &self.state.base_url);
        if draft.enforce_nonce {
            self.remember_nonce(&message, now);
        }
        Ok(self.insert_message(message))
    }

    /// Stores a finished message, moves the channel's marks, and dispatches it.
    pub(crate) fn insert_message(&mut self, message: Message) -> Posted {
        let (id, channel_id, author) = (message.id, message.channel_id, message.author.id());
        let json = self.state.message_json(&message, author);
        let data = self.state.dispatched_message(&message, json.clone());
        let audience = audience_of(&message, &self.state);
        let dispatch = Dispatch::new("MESSAGE_CREATE", message_intent(message.guild_id), audience, data)
            .guild(message.guild_id)
            .channel(channel_id);
        let ephemeral = message.visible_to.is_some();
        let log = self.state.messages.entry(channel_id).or_default();
        log.insert(id, message);
        if log.len() > self.limits.messages_per_channel {
            log.pop_first();
        }
        if !ephemeral {
            self.mark_posted(channel_id, id, author);
        }
        self.emit(dispatch);
        Posted { id, json, new: true }
    }

    /// Changes a message and dispatches `MESSAGE_UPDATE`.
    pub fn edit_message(
        &mut self,
        actor: &Actor,
        channel_id: u64,
        message_id: u64,
        edit: Edit,
    ) -> Result<Posted, ApiError> {
        let now = self.now_ms();
        let message = self.message(channel_id, message_id)?;
        // An interaction also opens messages that its application posted through a webhook.
        let posted_by = |id: u64| message.application_id == Some(id);
        let own = message.author.id() == actor.id(&self.state)
            || matches!(actor, Actor::Interaction(id) if posted_by(*id));
        if let Actor::User(user) = actor {
            self.state.visible_channel(*user, channel_id)?;
            let only_flags = edit.content.is_none()
                && edit.embeds.is_none()
                && edit.components.is_none()
                && edit.keep.is_none()
                && edit.files.is_empty();
            if !own && !only_flags {
                return Err(ApiError::CANNOT_EDIT_OTHERS);
            }
            if !own {
                self.state.require(*user, channel_id, Permissions::MANAGE_MESSAGES, now)?;
            }
        } else if !own {
            return Err(ApiError::UNKNOWN_MESSAGE);
        }
        let mut message = message.clone();
        self.apply_edit(actor, &mut message, edit, now)?;
        Ok(self.replace_message(message))
    }

    /// Puts a changed message in place and dispatches it.
    pub(crate) fn replace_message(&mut self, message: Message) -> Posted {
        let (id, channel_id) = (message.id, message.channel_id);
        let json = self.state.message_json(&message, message.author.id());
        let data = self.state.dispatched_message(&message, json.clone());
        let audience = audience_of(&message, &self.state);
        let dispatch = Dispatch::new("MESSAGE_UPDATE", message_intent(message.guild_id), audience, data)
            .guild(message.guild_id)
            .channel(channel_id);
        self.state.messages.entry(channel_id).or_default().insert(id, message);
        self.emit(dispatch);
        Posted { id, json, new: false }
    }

    /// Deletes a message: one's own, or another's with `MANAGE_MESSAGES`.
    pub fn delete_message(
        &mut self,
        actor: &Actor,
        channel_id: u64,
        message_id: u64,
    ) -> Result<(), ApiError> {
        let now = self.now_ms();
        let author = match actor {
            Actor::User(user) => {
                self.state.visible_channel(*user, channel_id)?;
                self.message(channel_id, message_id)?.author.id()
            }
            Actor::Webhook { .. } | Actor::Interaction(_) => {
                self.message(channel_id, message_id)?.author.id()
            }
        };
        if author != actor.id(&self.state) {
            let Actor::User(user) = actor else { return Err(ApiError::UNKNOWN_MESSAGE) };
            self.state.require(*user, channel_id, Permissions::MANAGE_MESSAGES, now)?;
        }
        self.remove_message(channel_id, message_id);
        Ok(())
    }

    /// Removes a message without asking, and dispatches `MESSAGE_DELETE`.
    pub(crate) fn remove_message(&mut self, channel_id: u64, message_id: u64) {
        let Some(message) = self.state.messages.get_mut(&channel_id).and_then(|log| log.remove(&message_id))
        else {
            return;
        };
        let mut data = json!({"id": message_id.to_string(), "channel_id": channel_id.to_string()});
        if let Some(guild) = message.guild_id {
            data["guild_id"] = sid(guild);
        }
        let audience = audience_of(&message, &self.state);
        let dispatch = Dispatch::new("MESSAGE_DELETE", message_intent(message.guild_id), audience, data)
            .guild(message.guild_id)
            .channel(channel_id);
        self.emit(dispatch);
    }

    /// Deletes 2-100 messages that are less than 14 days old, and dispatches one `MESSAGE_DELETE_BULK`.
    pub fn bulk_delete(&mut self, user: u64, channel_id: u64, ids: &[u64]) -> Result<(), ApiError> {
        const TWO_WEEKS_MS: u64 = 14 * 24 * 60 * 60 * 1_000;
        let now = self.now_ms();
        self.state.require(user, channel_id, Permissions::MANAGE_MESSAGES, now)?;
        let guild_id = self.state.channels.get(&channel_id).and_then(|c| c.guild_id);
        let Some(guild) = guild_id else { return Err(ApiError::CANNOT_EXECUTE_ON_DM) };
        if !(2..=100).contains(&ids.len()) {
            return Err(ApiError::BULK_DELETE_COUNT);
        }
        if ids.iter().any(|id| snowflake::created_ms(*id) + TWO_WEEKS_MS < now) {
            return Err(ApiError::BULK_DELETE_TOO_OLD);
        }
        let Some(log) = self.state.messages.get_mut(&channel_id) else { return Ok(()) };
        let gone: Vec<String> =
            ids.iter().filter(|id| log.remove(id).is_some()).map(ToString::to_string).collect();
        if gone.is_empty() {
            return Ok(());
        }
        let data = json!({"ids": gone, "channel_id": channel_id.to_string(), "guild_id": guild.to_string()});
        let dispatch = Dispatch::new(
            "MESSAGE_DELETE_BULK",
            Intents::GUILD_MESSAGES,
            Audience::Channel(channel_id),
            data,
        )
        .guild(guild_id)
        .channel(channel_id);
        self.emit(dispatch);
        Ok(())
    }

    /// One message as JSON for a user who may read the history.
    pub fn read_message(&self, user: u64, channel_id: u64, message_id: u64) -> Result<Value, ApiError> {
        self.state.require(user, channel_id, Permissions::READ_MESSAGE_HISTORY, self.now_ms())?;
        let message = self.message(channel_id, message_id)?;
        if message.visible_to.is_some_and(|only| only != user) {
            return Err(ApiError::UNKNOWN_MESSAGE);
        }
        Ok(self.state.message_json(message, user))
    }

    /// A page of history, newest first. Empty without `READ_MESSAGE_HISTORY`.
    pub fn list_messages(&self, user: u64, channel_id: u64, page: Page) -> Result<Vec<Value>, ApiError> {
        let channel = self.state.visible_channel(user, channel_id)?;
        if !channel.is_text() {
            return Err(ApiError::CANNOT_SEND_IN_NON_TEXT);
        }
        let set = self.state.channel_permissions(user, channel_id, self.now_ms());
        let log = self.state.messages.get(&channel_id);
        let Some(log) = log.filter(|_| set.contains(Permissions::READ_MESSAGE_HISTORY)) else {
            return Ok(Vec::new());
        };
        let seen = |m: &&Message| m.visible_to.is_none_or(|only| only == user);
        let older = |end: u64, n: usize| log.range(..end).rev().map(|(_, m)| m).filter(seen).take(n);
        let newer = |start: u64, n: usize| log.range(start..).map(|(_, m)| m).filter(seen).take(n);
        let mut found: Vec<&Message> = if let Some(after) = page.after {
            newer(after.saturating_add(1), page.limit).collect()
        } else if let Some(around) = page.around {
            let half = page.limit / 2;
            older(around, half).chain(newer(around, page.limit - half)).collect()
        } else {
            older(page.before.unwrap_or(u64::MAX), page.limit).collect()
        };
        found.sort_by_key(|m| std::cmp::Reverse(m.id));
        Ok(found.into_iter().map(|m| self.state.message_json(m, user)).collect())
    }

    /// A message that exists: 10008 otherwise.
    pub(crate) fn message(&self, channel_id: u64, message_id: u64) -> Result<&Message, ApiError> {
        let log = self.state.messages.get(&channel_id);
        log.and_then(|log| log.get(&message_id)).ok_or(ApiError::UNKNOWN_MESSAGE)
    }

    fn rights_to_post(
        &mut self,
        actor: &Actor,
        channel: &Channel,
        draft: &Draft,
        now: u64,
    ) -> Result<Permissions, ApiError> {
        let rights = match actor {
            Actor::User(user) => self.member_rights(*user, channel, draft, now)?,
            Actor::Webhook { .. } => self.everyone_rights(channel) | Permissions::ATTACH_FILES,
            Actor::Interaction(_) => Permissions::ALL.without(Permissions::MENTION_EVERYONE),
        };
        if channel.thread.as_ref().is_some_and(|t| t.archived && t.locked)
            && !rights.contains(Permissions::MANAGE_THREADS)
        {
            return Err(ApiError::THREAD_ARCHIVED);
        }
        let empty = draft.content.trim().is_empty()
            && draft.embeds.is_empty()
            && draft.components.is_empty()
            && draft.files.is_empty()
            && !draft.has_poll
            && draft.reference.as_ref().is_none_or(|r| r.kind != 1);
        if empty && !draft.may_be_empty {
            return Err(ApiError::EmptyMessage);
        }
        too_long(&draft.content)?;
        Ok(rights)
    }

    fn member_rights(
        &self,
        user: u64,
        channel: &Channel,
        draft: &Draft,
        now: u64,
    ) -> Result<Permissions, ApiError> {
        let rights = self.state.require(user, channel.id, Permissions::SEND_MESSAGES, now)?;
        if !channel.is_text() {
            return Err(ApiError::CANNOT_SEND_IN_NON_TEXT);
        }
        if !draft.files.is_empty() && !rights.contains(Permissions::ATTACH_FILES) {
            return Err(ApiError::MISSING_PERMISSIONS);
        }
        draft.files.iter().try_for_each(small_enough)?;
        if draft.reference.is_some() && !rights.contains(Permissions::READ_MESSAGE_HISTORY) {
            return Err(ApiError::CANNOT_REPLY_WITHOUT_HISTORY);
        }
        let free = Permissions::MANAGE_MESSAGES | Permissions::MANAGE_CHANNELS | Permissions::BYPASS_SLOWMODE;
        if channel.rate_limit_per_user > 0 && !rights.intersects(free) {
            let log = self.state.messages.get(&channel.id);
            let last = log.and_then(|log| log.values().rev().find(|m| m.author == Author::User(user)));
            if last.is_some_and(|m| m.created_ms + channel.rate_limit_per_user * 1_000 > now) {
                return Err(ApiError::SLOWMODE);
            }
        }
        Ok(rights)
    }

    /// A webhook has what `@everyone` has in the channel.
    fn everyone_rights(&self, channel: &Channel) -> Permissions {
        let guild = channel.guild_id.and_then(|id| self.state.guilds.get(&id));
        let Some(guild) = guild else { return Permissions::NONE };
        let everyone = guild.roles.get(&guild.id).map_or(Permissions::NONE, |r| r.permissions);
        let own = channel.overwrites.iter().find(|o| o.id == guild.id);
        own.map_or(everyone, |o| everyone.without(o.deny) | o.allow)
    }

    fn by_nonce(&self, actor: &Actor, channel_id: u64, draft: &Draft) -> Option<Posted> {
        let nonce = draft.nonce.as_ref().filter(|_| draft.enforce_nonce).map(nonce_text)?;
        let (author, now) = (actor.id(&self.state), self.now_ms());
        let same = |r: &&NonceRecord| r.channel_id == channel_id && r.author_id == author && r.nonce == nonce;
        let record = self.state.nonces.iter().rev().find(same).filter(|r| r.at_ms + NONCE_MS > now)?;
        let message = self.message(channel_id, record.message_id).ok()?;
        Some(Posted { id: message.id, json: self.state.message_json(message, author), new: false })
    }

    fn remember_nonce(&mut self, message: &Message, now: u64) {
        let Some(nonce) = message.nonce.as_ref().map(nonce_text) else { return };
        let nonces = &mut self.state.nonces;
        while nonces.len() >= MAX_NONCES || nonces.front().is_some_and(|r| r.at_ms + NONCE_MS <= now) {
            nonces.pop_front();
        }
        nonces.push_back(NonceRecord {
            channel_id: message.channel_id,
            author_id: message.author.id(),
            nonce,
            message_id: message.id,
            at_ms: now,
        });
    }

    fn resolve_reference(
        &self,
        channel: &Channel,
        wanted: Option<&DraftReference>,
    ) -> Result<Option<Reference>, ApiError> {
        let Some(wanted) = wanted else { return Ok(None) };
        let from = wanted.channel_id.unwrap_or(channel.id);
        let target = self.state.messages.get(&from).and_then(|log| log.get(&wanted.message_id));
        let usable = target.filter(|_| from == channel.id || wanted.kind == 1);
        if usable.is_none() {
            if wanted.fail_if_not_exists {
                let code = "REPLIES_UNKNOWN_MESSAGE";
                return Err(ApiError::field("message_reference", code, "Unknown message"));
            }
            return Ok(None);
        }
        let snapshots = usable.filter(|_| wanted.kind == 1).map(|m| snapshot_of(&self.state, m));
        Ok(Some(Reference {
            kind: wanted.kind,
            message_id: Some(wanted.message_id),
            channel_id: from,
            guild_id: usable.and_then(|m| m.guild_id),
            snapshots: snapshots.into_iter().collect(),
        }))
    }

    fn author_of(&self, reference: &Reference) -> Option<u64> {
        let message = self.message(reference.channel_id, reference.message_id?).ok()?;
        match message.author {
            Author::User(id) => Some(id),
            Author::Webhook { .. } => None,
        }
    }

    fn author(&self, actor: &Actor) -> Author {
        match actor {
            Actor::User(_) | Actor::Interaction(_) => Author::User(actor.id(&self.state)),
            Actor::Webhook { id, name, avatar } => {
                Author::Webhook { id: *id, name: name.clone(), avatar: avatar.clone() }
            }
        }
    }

    fn store_files(&mut self, channel_id: u64, files: Vec<NewFile>, ephemeral: bool) -> Vec<Attachment> {
        files.into_iter().map(|file| self.store_file(channel_id, file, ephemeral)).collect()
    }

    fn apply_edit(
        &mut self,
        actor: &Actor,
        message: &mut Message,
        edit: Edit,
        now: u64,
    ) -> Result<(), ApiError> {
        if let Some(content) = edit.content {
            too_long(&content)?;
            let channel = self.state.channels.get(&message.channel_id);
            let rights = match actor {
                Actor::User(user) => self.state.channel_permissions(*user, message.channel_id, now),
                Actor::Webhook { .. } => channel.map_or(Permissions::NONE, |c| self.everyone_rights(c)),
                Actor::Interaction(_) => Permissions::NONE,
            };
            let replied = message.reference.as_ref().filter(|r| r.kind == 0).and_then(|r| self.author_of(r));
            let replied =
                replied.filter(|id| edit.allowed_mentions.is_some() || message.mentions.contains(id));
            let marks = mentions::resolve(
                &self.state,
                message.guild_id,
                &content,
                edit.allowed_mentions.as_ref(),
                rights,
                replied,
            );
            message.mentions = marks.users;
            message.mention_roles = marks.roles;
            message.mention_everyone = marks.everyone;
            message.content = content;
        }
        if let Some(embeds) = edit.embeds {
            message.embeds = embeds;
        }
        if let Some(components) = edit.components {
            message.components = number_components(components);
        }
        if let Some(flags) = edit.flags {
            // Components v2 cannot be taken back; ephemeral stays what it was.
            let fixed = message.flags & !message_flag::SUPPRESS_EMBEDS;
            message.flags =
                fixed | (flags & (message_flag::SUPPRESS_EMBEDS | message_flag::IS_COMPONENTS_V2));
        }
        if let Some(keep) = edit.keep {
            message.attachments.retain(|a| keep.iter().any(|k| k.id == a.id));
            for kept in keep {
                let found = message.attachments.iter_mut().find(|a| a.id == kept.id);
                if let (Some(attachment), Some(text)) = (found, kept.description) {
                    attachment.description = Some(text);
                }
            }
        }
        let ephemeral = message.visible_to.is_some();
        message.attachments.extend(self.store_files(message.channel_id, edit.files, ephemeral));
        media::complete(message, &self.state.base_url);
        message.flags &= !message_flag::LOADING;
        let empty = message.content.is_empty()
            && message.embeds.is_empty()
            && message.components.is_empty()
            && message.attachments.is_empty();
        if empty && message.reference.as_ref().is_none_or(|r| r.kind == 0) {
            return Err(ApiError::EmptyMessage);
        }
        message.edited_ms = Some(now);
        Ok(())
    }

    fn mark_posted(&mut self, channel_id: u64, message_id: u64, author: u64) {
        let now = self.now_ms();
        let Some(channel) = self.state.channels.get_mut(&channel_id) else { return };
        channel.last_message_id = Some(message_id);
        let mut woken = false;
        let mut joins = false;
        if let Some(thread) = &mut channel.thread {
            thread.message_count += 1;
            thread.total_message_sent += 1;
            woken = std::mem::replace(&mut thread.archived, false);
            joins = self.state.users.contains_key(&author) && !thread.members.contains_key(&author);
            if joins {
                thread.members.insert(author, now);
            }
        }
        if woken {
            self.announce_thread("THREAD_UPDATE", channel_id);
        }
        if joins {
            self.announce_thread_members(channel_id, &[author], &[]);
        }
    }
}

impl Actor {
    /// The id under which this actor's messages stand.
    pub(crate) fn id(&self, state: &State) -> u64 {
        match self {
            Self::User(id) | Self::Webhook { id, .. } => *id,
            Self::Interaction(application) => {
                state.applications.get(application).map_or(0, |a| a.bot_user_id)
            }
        }
    }
}

/// Ephemeral messages concern only their reader; all others the channel.
fn audience_of(message: &Message, state: &State) -> Audience {
    match message.visible_to {
        Some(user) => Audience::Users(vec![user]),
        None => channel_audience(state, message.channel_id),
    }
}

/// Who hears what happens in a channel.
pub(crate) fn channel_audience(state: &State, channel_id: u64) -> Audience {
    match state.channels.get(&channel_id).filter(|c| c.is_dm()) {
        Some(dm) => Audience::Users(dm.recipients.clone()),
        None => Audience::Channel(channel_id),
    }
}

/// The intent that lets a message through.
pub(crate) fn message_intent(guild_id: Option<u64>) -> Intents {
    if guild_id.is_some() { Intents::GUILD_MESSAGES } else { Intents::DIRECT_MESSAGES }
}

fn too_long(content: &str) -> Result<(), ApiError> {
    // Bytes bound characters from above: most texts need no counting.
    if content.len() > MAX_CONTENT && content.chars().count() > MAX_CONTENT {
        let text = format!("Must be {MAX_CONTENT} or fewer in length.");
        return Err(ApiError::field("content", "BASE_TYPE_MAX_LENGTH", text));
    }
    Ok(())
}

fn nonce_text(nonce: &Value) -> String {
    nonce.as_str().map_or_else(|| nonce.to_string(), str::to_owned)
}

/// What a forward carries of the original.
fn snapshot_of(state: &State, message: &Message) -> Value {
    let full = state.message_json(message, 0);
    let mut copy = json!({});
    for key in [
        "content",
        "embeds",
        "attachments",
        "timestamp",
        "edited_timestamp",
        "flags",
        "mentions",
        "mention_roles",
        "type",
        "components",
    ] {
        copy[key] = full[key].clone();
    }
    json!({"message": copy})
}
