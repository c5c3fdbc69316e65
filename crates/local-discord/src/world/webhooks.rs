//! Webhooks. <https://docs.discord.com/developers/resources/webhook>

use serde_json::{Value, json};

use super::Core;
use super::access::Actor;
use super::draft::{Draft, Posted};
use super::model::{Channel, Message, Webhook};
use super::render;
use super::threads::NewThread;
use crate::dispatch::{Audience, Dispatch};
use crate::errors::ApiError;
use crate::intents::Intents;
use crate::permissions::Permissions;

/// Webhooks per channel.
const MAX_PER_CHANNEL: usize = 15;

/// Changes of a webhook; `None` leaves a part as it is.
#[derive(Debug, Clone, Default)]
pub struct WebhookPatch {
    pub name: Option<String>,
    /// Hash of a stored image.
    pub avatar: Option<Option<String>>,
    pub channel_id: Option<u64>,
}

impl Core {
    /// Makes a webhook; it belongs to the application of the user who made it.
    pub fn create_webhook(
        &mut self,
        user: u64,
        channel_id: u64,
        name: String,
        avatar: Option<String>,
    ) -> Result<Value, ApiError> {
        self.state.require(user, channel_id, Permissions::MANAGE_WEBHOOKS, self.now_ms())?;
        let channel = self.state.channels.get(&channel_id).ok_or(ApiError::UNKNOWN_CHANNEL)?;
        let guild_id = channel.guild_id.filter(|_| !channel.is_thread());
        let guild_id = guild_id.ok_or(ApiError::CANNOT_EXECUTE_ON_TYPE)?;
        if self.state.webhooks.values().filter(|h| h.channel_id == channel_id).count() >= MAX_PER_CHANNEL {
            return Err(ApiError::MAX_WEBHOOKS);
        }
        let id = self.next_id();
        let application_id = self.state.applications.values().find(|a| a.bot_user_id == user).map(|a| a.id);
        let token = self.token(68);
        let hook = Webhook { id, token, guild_id, channel_id, name, avatar, application_id, user_id: user };
        let object = render::webhook(&hook, self.state.users.get(&user), true);
        self.state.webhooks.insert(id, hook);
        self.announce_webhooks(guild_id, channel_id);
        Ok(object)
    }

    /// Webhooks of a channel.
    pub fn channel_webhooks(&self, user: u64, channel_id: u64) -> Result<Vec<Value>, ApiError> {
        self.state.require(user, channel_id, Permissions::MANAGE_WEBHOOKS, self.now_ms())?;
        Ok(self.list_webhooks(user, |h| h.channel_id == channel_id))
    }

    /// Webhooks of a guild.
    pub fn guild_webhooks(&self, user: u64, guild_id: u64) -> Result<Vec<Value>, ApiError> {
        self.state.require_in_guild(user, guild_id, Permissions::MANAGE_WEBHOOKS, self.now_ms())?;
        Ok(self.list_webhooks(user, |h| h.guild_id == guild_id))
    }

    /// One webhook for somebody who may manage it.
    pub fn webhook_for(&self, user: u64, id: u64) -> Result<Value, ApiError> {
        let hook = self.managed_webhook(user, id)?;
        Ok(self.webhook_json(user, hook))
    }

    /// One webhook by its token: 10015 if it is gone, 50027 if the token is wrong.
    pub fn webhook_by_token(&self, id: u64, token: &str) -> Result<&Webhook, ApiError> {
        let hook = self.state.webhooks.get(&id).ok_or(ApiError::UNKNOWN_WEBHOOK)?;
        if hook.token == token { Ok(hook) } else { Err(ApiError::INVALID_WEBHOOK_TOKEN) }
    }

    /// A webhook as its token shows it: without its user.
    pub fn webhook_json_by_token(&self, id: u64) -> Value {
        self.state.webhooks.get(&id).map_or(Value::Null, |hook| render::webhook(hook, None, true))
    }

    /// Changes a webhook for somebody who may manage it.
    pub fn patch_webhook(&mut self, user: u64, id: u64, patch: WebhookPatch) -> Result<Value, ApiError> {
        self.managed_webhook(user, id)?;
        if let Some(to) = patch.channel_id {
            self.state.require(user, to, Permissions::MANAGE_WEBHOOKS, self.now_ms())?;
        }
        self.change_webhook(id, patch);
        let hook = self.state.webhooks.get(&id).ok_or(ApiError::UNKNOWN_WEBHOOK)?;
        Ok(self.webhook_json(user, hook))
    }

    /// Changes a webhook by its token; without its user in the answer.
    pub fn patch_webhook_by_token(
        &mut self,
        id: u64,
        token: &str,
        patch: WebhookPatch,
    ) -> Result<Value, ApiError> {
        self.webhook_by_token(id, token)?;
        self.change_webhook(id, WebhookPatch { channel_id: None, ..patch });
        self.webhook_by_token(id, token).map(|hook| render::webhook(hook, None, true))
    }

    pub fn delete_webhook(&mut self, user: u64, id: u64) -> Result<(), ApiError> {
        self.managed_webhook(user, id)?;
        self.remove_webhook(id);
        Ok(())
    }

    pub fn delete_webhook_by_token(&mut self, id: u64, token: &str) -> Result<(), ApiError> {
        self.webhook_by_token(id, token)?;
        self.remove_webhook(id);
        Ok(())
    }

    /// Removes a webhook without asking, as a moderator would from outside.
    pub fn remove_webhook(&mut self, id: u64) {
        if let Some(hook) = self.state.webhooks.remove(&id) {
            self.announce_webhooks(hook.guild_id, hook.channel_id);
        }
    }

    /// Posts through a webhook, into its channel, a thread of it, or (forum) a new thread.
    pub fn execute_webhook(
        &mut self,
        id: u64,
        name: Option<String>,
        avatar: Option<String>,
        thread_id: Option<u64>,
        new_thread: Option<NewThread>,
        draft: Draft,
    ) -> Result<Posted, ApiError> {
        let hook = self.state.webhooks.get(&id).ok_or(ApiError::UNKNOWN_WEBHOOK)?;
        let (channel_id, application_id) = (hook.channel_id, hook.application_id);
        let actor = Actor::Webhook {
            id,
            name: name.unwrap_or_else(|| hook.name.clone()),
            avatar: avatar.or_else(|| hook.avatar.clone()),
        };
        let draft = Draft { application_id, ..draft };
        let forum = self.state.channels.get(&channel_id).is_some_and(Channel::is_forum);
        match (thread_id, new_thread) {
            (Some(_), Some(_)) => Err(ApiError::FORUM_ONE_OF_THREAD),
            (None, None) if forum => Err(ApiError::FORUM_NEEDS_THREAD),
            (None, Some(_)) if !forum => Err(ApiError::ONLY_FORUM_THREADS),
            (None, Some(new)) => self.forum_post(&actor, channel_id, new, draft).map(|(_, _, posted)| posted),
            (None, None) => self.create_message(&actor, channel_id, draft),
            (Some(thread), None) => {
                let found = self.state.channels.get(&thread);
                if found.is_none_or(|t| !t.is_thread() || t.parent_id != Some(channel_id)) {
                    return Err(ApiError::UNKNOWN_CHANNEL);
                }
                self.create_message(&actor, thread, draft)
            }
        }
    }

    /// Where a webhook's message is: its channel, or the named thread of it.
    pub fn webhook_message(
        &self,
        id: u64,
        thread_id: Option<u64>,
        message_id: u64,
    ) -> Result<&Message, ApiError> {
        let hook = self.state.webhooks.get(&id).ok_or(ApiError::UNKNOWN_WEBHOOK)?;
        let channel_id = thread_id.unwrap_or(hook.channel_id);
        let channel = self.state.channels.get(&channel_id).ok_or(ApiError::UNKNOWN_CHANNEL)?;
        if channel_id != hook.channel_id && channel.parent_id != Some(hook.channel_id) {
            return Err(ApiError::UNKNOWN_CHANNEL);
        }
        let message = self.message(channel_id, message_id)?;
        if message.author.id() == id { Ok(message) } else { Err(ApiError::UNKNOWN_MESSAGE) }
    }

    fn managed_webhook(&self, user: u64, id: u64) -> Result<&Webhook, ApiError> {
        let hook = self.state.webhooks.get(&id).ok_or(ApiError::UNKNOWN_WEBHOOK)?;
        self.state.require(user, hook.channel_id, Permissions::MANAGE_WEBHOOKS, self.now_ms())?;
        Ok(hook)
    }

    fn list_webhooks(&self, user: u64, wanted: impl Fn(&Webhook) -> bool) -> Vec<Value> {
        self.state.webhooks.values().filter(|h| wanted(h)).map(|h| self.webhook_json(user, h)).collect()
    }

    /// Tokens of other applications' webhooks stay secret.
    fn webhook_json(&self, user: u64, hook: &Webhook) -> Value {
        let mine = self.state.applications.values().find(|a| a.bot_user_id == user).map(|a| a.id);
        let secret = hook.application_id.is_some() && hook.application_id != mine;
        render::webhook(hook, self.state.users.get(&hook.user_id), !secret)
    }

    fn change_webhook(&mut self, id: u64, patch: WebhookPatch) {
        let Some(hook) = self.state.webhooks.get_mut(&id) else { return };
        if let Some(name) = patch.name {
            hook.name = name;
        }
        if let Some(avatar) = patch.avatar {
            hook.avatar = avatar;
        }
        let from = hook.channel_id;
        hook.channel_id = patch.channel_id.unwrap_or(from);
        let (guild, to) = (hook.guild_id, hook.channel_id);
        self.announce_webhooks(guild, from);
        if to != from {
            self.announce_webhooks(guild, to);
        }
    }

    fn announce_webhooks(&mut self, guild_id: u64, channel_id: u64) {
        let data = json!({"guild_id": guild_id.to_string(), "channel_id": channel_id.to_string()});
        let audience = Audience::Channel(channel_id);
        let dispatch = Dispatch::new("WEBHOOKS_UPDATE", Intents::GUILD_WEBHOOKS, audience, data);
        self.emit(dispatch.guild(Some(guild_id)).channel(channel_id));
    }
}
