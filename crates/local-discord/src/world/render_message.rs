//! Discord's JSON of messages, attachments and reactions.

use serde_json::{Value, json};

use super::model::{Attachment, Author, Emoji, InteractionOrigin, Message, Reference, State, message_flag};
use super::render::{bare_member, sid, sid_opt, time_opt};
use crate::clock::timestamp;

impl State {
    /// A message as REST gives it to `viewer` (whose own reactions are marked).
    pub(crate) fn message_json(&self, message: &Message, viewer: u64) -> Value {
        let mut object = self.bare_message_json(message, viewer);
        if let Some(reference) = &message.reference {
            object["message_reference"] = reference_json(reference);
            if reference.kind == 0 && message.kind == 19 {
                object["referenced_message"] = self.replied_json(reference, viewer);
            }
            if reference.kind == 1 {
                object["message_snapshots"] = Value::from(reference.snapshots.clone());
            }
        }
        if let Some(thread) = message.thread_id.and_then(|id| self.channels.get(&id)) {
            object["thread"] = self.channel_json(thread);
        }
        object
    }

    /// A message as the gateway dispatches it: with `guild_id` and the author's `member`.
    pub(crate) fn dispatched_message(&self, message: &Message, mut object: Value) -> Value {
        let Some(guild_id) = message.guild_id else { return object };
        object["guild_id"] = sid(guild_id);
        let Some(guild) = self.guilds.get(&guild_id) else { return object };
        if let Author::User(id) = message.author
            && let Some(member) = guild.members.get(&id)
        {
            object["member"] = bare_member(member);
        }
        if let Some(mentions) = object["mentions"].as_array_mut() {
            for (user, id) in mentions.iter_mut().zip(&message.mentions) {
                if let Some(member) = guild.members.get(id) {
                    user["member"] = bare_member(member);
                }
            }
        }
        object
    }

    fn bare_message_json(&self, message: &Message, viewer: u64) -> Value {
        let mut object = json!({
            "id": message.id.to_string(),
            "channel_id": message.channel_id.to_string(),
            "type": message.kind,
            "content": message.content,
            "author": self.author_json(message),
            "timestamp": timestamp(message.created_ms),
            "edited_timestamp": time_opt(message.edited_ms),
            "tts": message.tts,
            "mention_everyone": message.mention_everyone,
            "mentions": message.mentions.iter().map(|id| self.user_json(*id)).collect::<Value>(),
            "mention_roles": message.mention_roles.iter().map(|id| sid(*id)).collect::<Value>(),
            "attachments": message.attachments.iter().map(|a| attachment_json(a, &self.base_url)).collect::<Value>(),
            "embeds": message.embeds,
            "components": message.components,
            "pinned": message.pinned_ms.is_some(),
            "flags": message.flags,
        });
        if !message.reactions.is_empty() {
            object["reactions"] =
                message.reactions.iter().map(|r| reaction(&r.emoji, &r.users, viewer)).collect();
        }
        if let Some(nonce) = &message.nonce {
            object["nonce"] = nonce.clone();
        }
        if let Author::Webhook { id, .. } = message.author {
            object["webhook_id"] = sid(id);
        }
        if let Some(id) = message.application_id {
            object["application_id"] = sid(id);
        }
        if let Some(origin) = &message.interaction {
            let application = message.application_id.unwrap_or_default();
            object["webhook_id"] = sid(application);
            object["interaction_metadata"] = self.origin_json(origin, message);
        }
        object
    }

    fn author_json(&self, message: &Message) -> Value {
        match &message.author {
            Author::User(id) => self.user_json(*id),
            Author::Webhook { id, name, avatar } => json!({
                "id": id.to_string(),
                "username": name,
                "avatar": avatar,
                "discriminator": "0000",
                "public_flags": 0,
                "flags": 0,
                "bot": true,
                "global_name": null,
                "clan": null,
                "primary_guild": null,
            }),
        }
    }

    /// The replied-to message; `null` if it is deleted.
    fn replied_json(&self, reference: &Reference, viewer: u64) -> Value {
        let log = self.messages.get(&reference.channel_id);
        let found = reference.message_id.and_then(|id| log.and_then(|log| log.get(&id)));
        found.map_or(Value::Null, |m| {
            let mut object = self.bare_message_json(m, viewer);
            if let Some(reference) = &m.reference {
                object["message_reference"] = reference_json(reference);
            }
            object
        })
    }

    fn origin_json(&self, origin: &InteractionOrigin, message: &Message) -> Value {
        let mut owners = json!({});
        if let Some(guild) = message.guild_id {
            owners["0"] = sid(guild);
        }
        let mut object = json!({
            "id": origin.id.to_string(),
            "type": origin.kind,
            "user": self.user_json(origin.user_id),
            "authorizing_integration_owners": owners,
        });
        if let Some(name) = &origin.name {
            object["name"] = Value::from(name.clone());
            object["command_type"] = Value::from(origin.command_kind.max(1));
            match (origin.command_kind, origin.target_id) {
                (2, Some(user)) => object["target_user"] = self.user_json(user),
                (3, Some(message)) => object["target_message_id"] = sid(message),
                _ => {}
            }
        }
        if origin.kind == super::model::interaction_type::COMPONENT {
            object["interacted_message_id"] = sid(message.id);
        }
        if origin.kind == super::model::interaction_type::MODAL_SUBMIT {
            object["triggering_interaction_metadata"] = json!({
                "id": origin.id.to_string(), "type": 2, "user": self.user_json(origin.user_id),
                "authorizing_integration_owners": object["authorizing_integration_owners"],
                "name": "modal", "command_type": 1,
            });
        }
        object
    }
}

fn reference_json(reference: &Reference) -> Value {
    let mut object = json!({"type": reference.kind, "channel_id": reference.channel_id.to_string()});
    if let Some(id) = reference.message_id {
        object["message_id"] = sid(id);
    }
    if reference.guild_id.is_some() {
        object["guild_id"] = sid_opt(reference.guild_id);
    }
    object
}

/// An attachment with the address where this server serves it.
pub(crate) fn attachment_json(file: &Attachment, base: &str) -> Value {
    let url = attachment_url(file, base);
    let mut object = json!({
        "id": file.id.to_string(),
        "filename": file.filename,
        "size": file.size,
        "url": url,
        "proxy_url": url,
    });
    if let Some(text) = &file.description {
        object["description"] = Value::from(text.clone());
    }
    if let Some(kind) = &file.content_type {
        object["content_type"] = Value::from(kind.clone());
    }
    if let (Some(width), Some(height)) = (file.width, file.height) {
        object["width"] = Value::from(width);
        object["height"] = Value::from(height);
    }
    if file.ephemeral {
        object["ephemeral"] = Value::Bool(true);
    }
    object
}

/// Where an attachment is served.
pub(crate) fn attachment_url(file: &Attachment, base: &str) -> String {
    format!("{base}/attachments/{}/{}/{}", file.channel_id, file.id, file.filename)
}

/// An emoji inside a reaction.
pub(crate) fn emoji(emoji: &Emoji) -> Value {
    json!({"id": sid_opt(emoji.id), "name": emoji.name})
}

fn reaction(of: &Emoji, users: &[u64], viewer: u64) -> Value {
    json!({
        "emoji": emoji(of),
        "count": users.len(),
        "count_details": {"burst": 0, "normal": users.len()},
        "burst_colors": [],
        "me_burst": false,
        "burst_me": false,
        "me": users.contains(&viewer),
        "burst_count": 0,
    })
}

/// Flags that a sender may not set by itself are dropped.
pub(crate) fn settable_flags(flags: u64) -> u64 {
    flags
        & (message_flag::SUPPRESS_EMBEDS
            | message_flag::EPHEMERAL
            | message_flag::SUPPRESS_NOTIFICATIONS
            | message_flag::IS_VOICE_MESSAGE
            | message_flag::IS_COMPONENTS_V2)
}
