//! Discord's JSON as far as it is read: only the fields that are used, so that a new kind of embed, component or
//! channel setting never makes a frame unreadable, and a guild of 100,000 members costs no more than its channels.
//!
//! Source: Discord documentation, "Message", "Channel", "Guild", "User", "Webhook", "Receiving and Responding".

mod interactions;

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};

pub(crate) use self::interactions::{CommandOption, Component, Data, Interaction, Resolved};

/// An id: Discord writes it as a string because JavaScript cannot hold it as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Id(pub(crate) u64);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdVisitor)
    }
}

struct IdVisitor;

impl Visitor<'_> for IdVisitor {
    type Value = Id;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Id, E> {
        text.parse().map(Id).map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, id: u64) -> Result<Id, E> {
        Ok(Id(id))
    }
}

/// A gateway frame with its payload.
#[derive(Deserialize)]
pub(crate) struct Frame<T> {
    pub(crate) d: T,
}

#[derive(Deserialize)]
pub(crate) struct User {
    pub(crate) id: Id,
    #[serde(default)]
    pub(crate) username: String,
    #[serde(default)]
    pub(crate) global_name: Option<String>,
    #[serde(default)]
    pub(crate) bot: bool,
    #[serde(default)]
    pub(crate) system: bool,
}

#[derive(Deserialize)]
pub(crate) struct Member {
    #[serde(default)]
    pub(crate) nick: Option<String>,
    #[serde(default)]
    pub(crate) user: Option<User>,
    /// In interactions: what the member may do in the channel, as a decimal number.
    #[serde(default)]
    pub(crate) permissions: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Only {
    pub(crate) id: Id,
}

#[derive(Deserialize)]
pub(crate) struct Reference {
    /// 0 is a reply, 1 a forward.
    #[serde(default, rename = "type")]
    pub(crate) kind: Option<u8>,
    #[serde(default)]
    pub(crate) message_id: Option<Id>,
}

#[derive(Deserialize)]
pub(crate) struct Referenced {
    pub(crate) author: Only,
    #[serde(default)]
    pub(crate) attachments: Vec<Attachment>,
    #[serde(default)]
    pub(crate) embeds: Vec<Embed>,
}

/// An embed, as far as there is something to see in it.
#[derive(Deserialize)]
pub(crate) struct Embed {
    #[serde(default)]
    pub(crate) image: Option<Media>,
    #[serde(default)]
    pub(crate) thumbnail: Option<Media>,
}

#[derive(Deserialize)]
pub(crate) struct Media {
    #[serde(default)]
    pub(crate) url: Option<String>,
    /// Discord's copy.
    #[serde(default)]
    pub(crate) proxy_url: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Attachment {
    #[serde(default)]
    pub(crate) filename: String,
    #[serde(default)]
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) content_type: Option<String>,
    #[serde(default)]
    pub(crate) size: u64,
}

#[derive(Deserialize)]
pub(crate) struct Message {
    pub(crate) id: Id,
    pub(crate) channel_id: Id,
    #[serde(default)]
    pub(crate) guild_id: Option<Id>,
    #[serde(default)]
    pub(crate) channel_type: Option<u8>,
    pub(crate) author: User,
    #[serde(default)]
    pub(crate) member: Option<Member>,
    #[serde(default)]
    pub(crate) content: String,
    #[serde(default, rename = "type")]
    pub(crate) kind: u8,
    #[serde(default)]
    pub(crate) mentions: Vec<Only>,
    #[serde(default, rename = "message_reference")]
    pub(crate) reference: Option<Reference>,
    #[serde(default, rename = "referenced_message")]
    pub(crate) referenced: Option<Referenced>,
    #[serde(default)]
    pub(crate) attachments: Vec<Attachment>,
    #[serde(default)]
    pub(crate) embeds: Vec<Embed>,
    #[serde(default)]
    pub(crate) webhook_id: Option<Id>,
    #[serde(default)]
    pub(crate) application_id: Option<Id>,
}

/// A message, as far as it matters whether it still stands as it did.
#[derive(Deserialize)]
pub(crate) struct Standing {
    pub(crate) id: Id,
    #[serde(default)]
    pub(crate) content: String,
    #[serde(default)]
    pub(crate) edited_timestamp: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    pub(crate) attachments: Vec<serde::de::IgnoredAny>,
    #[serde(default)]
    pub(crate) interaction_metadata: Option<Only>,
}

/// `MESSAGE_UPDATE`: everything but the ids may be missing.
#[derive(Deserialize)]
pub(crate) struct Edit {
    pub(crate) id: Id,
    pub(crate) channel_id: Id,
    #[serde(default)]
    pub(crate) content: Option<String>,
    #[serde(default)]
    pub(crate) edited_timestamp: Option<serde::de::IgnoredAny>,
}

/// `MESSAGE_DELETE` and `MESSAGE_DELETE_BULK`.
#[derive(Deserialize)]
pub(crate) struct Deleted {
    pub(crate) channel_id: Id,
    #[serde(default)]
    pub(crate) id: Option<Id>,
    #[serde(default)]
    pub(crate) ids: Vec<Id>,
}

/// A set of permissions: a decimal number of any length in a string.
#[derive(Clone, Copy)]
pub(crate) struct Bits(pub(crate) u64);

impl<'de> Deserialize<'de> for Bits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bits: u128 = text.parse().map_err(D::Error::custom)?;
        // Whatever stands above the lowest 64 is nothing that is known here.
        Ok(Self((bits & u128::from(u64::MAX)) as u64))
    }
}

#[derive(Deserialize)]
pub(crate) struct Overwrite {
    pub(crate) id: Id,
    /// 0 is a role, 1 a member.
    #[serde(rename = "type")]
    pub(crate) kind: u8,
    pub(crate) allow: Bits,
    pub(crate) deny: Bits,
}

#[derive(Deserialize)]
pub(crate) struct Role {
    pub(crate) id: Id,
    pub(crate) permissions: Bits,
}

/// `GUILD_ROLE_CREATE` and `GUILD_ROLE_UPDATE`.
#[derive(Deserialize)]
pub(crate) struct GuildRole {
    pub(crate) guild_id: Id,
    pub(crate) role: Role,
}

/// `GUILD_ROLE_DELETE`.
#[derive(Deserialize)]
pub(crate) struct RoleGone {
    pub(crate) guild_id: Id,
    pub(crate) role_id: Id,
}

/// `CHANNEL_DELETE` and `THREAD_DELETE`.
#[derive(Deserialize)]
pub(crate) struct ChannelGone {
    pub(crate) id: Id,
    #[serde(default)]
    pub(crate) guild_id: Option<Id>,
}

/// `GUILD_UPDATE`.
#[derive(Deserialize)]
pub(crate) struct GuildOwner {
    pub(crate) id: Id,
    #[serde(default)]
    pub(crate) owner_id: Option<Id>,
}

/// `GUILD_DELETE`, and an entry of READY's guilds.
#[derive(Deserialize)]
pub(crate) struct GuildGone {
    pub(crate) id: Id,
    /// An outage: the bot is still in it.
    #[serde(default)]
    pub(crate) unavailable: bool,
}

#[derive(Deserialize)]
pub(crate) struct Channel {
    pub(crate) id: Id,
    #[serde(rename = "type")]
    pub(crate) kind: u8,
    #[serde(default)]
    pub(crate) guild_id: Option<Id>,
    #[serde(default)]
    pub(crate) parent_id: Option<Id>,
    #[serde(default)]
    pub(crate) last_message_id: Option<Id>,
    /// Newer flags come as numbers beyond 32 bits.
    #[serde(default)]
    pub(crate) flags: Option<u64>,
    /// Age-restricted; threads go by their parent's.
    #[serde(default)]
    pub(crate) nsfw: Option<bool>,
    #[serde(default, rename = "permission_overwrites")]
    pub(crate) overwrites: Option<Vec<Overwrite>>,
}

#[derive(Deserialize)]
pub(crate) struct Guild {
    pub(crate) id: Id,
    #[serde(default)]
    pub(crate) unavailable: bool,
    #[serde(default)]
    pub(crate) owner_id: Option<Id>,
    #[serde(default)]
    pub(crate) roles: Vec<Role>,
    #[serde(default)]
    pub(crate) channels: Vec<Channel>,
    #[serde(default)]
    pub(crate) threads: Vec<Channel>,
    #[serde(default)]
    pub(crate) presences: Vec<Presence>,
    #[serde(default)]
    pub(crate) voice_states: Vec<VoiceState>,
}

/// `PRESENCE_UPDATE`, and an entry of a guild's presences, which does not name the guild.
#[derive(Deserialize)]
pub(crate) struct Presence {
    pub(crate) user: Only,
    #[serde(default)]
    pub(crate) guild_id: Option<Id>,
    #[serde(default)]
    pub(crate) activities: Vec<Activity>,
}

#[derive(Deserialize)]
pub(crate) struct Activity {
    #[serde(rename = "type")]
    pub(crate) kind: u8,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) details: Option<String>,
    #[serde(default)]
    pub(crate) state: Option<String>,
}

/// `VOICE_STATE_UPDATE`, and an entry of a guild's voice states, which does not name the guild.
#[derive(Deserialize)]
pub(crate) struct VoiceState {
    #[serde(default, rename = "guild_id")]
    pub(crate) guild: Option<Id>,
    #[serde(default, rename = "channel_id")]
    pub(crate) channel: Option<Id>,
    #[serde(rename = "user_id")]
    pub(crate) user: Id,
}

/// `GUILD_MEMBER_ADD` and `GUILD_MEMBER_REMOVE`.
#[derive(Deserialize)]
pub(crate) struct GuildMember {
    pub(crate) guild_id: Id,
    pub(crate) user: User,
    #[serde(default)]
    pub(crate) nick: Option<String>,
}

/// `TYPING_START`.
#[derive(Deserialize)]
pub(crate) struct Typing {
    pub(crate) channel_id: Id,
    #[serde(default)]
    pub(crate) guild_id: Option<Id>,
    pub(crate) user_id: Id,
    /// Seconds since 1970.
    pub(crate) timestamp: i64,
}

/// `THREAD_LIST_SYNC`.
#[derive(Deserialize)]
pub(crate) struct ThreadListSync {
    pub(crate) guild_id: Id,
    /// Below which channels; without it, those of the whole guild.
    #[serde(default)]
    pub(crate) channel_ids: Option<Vec<Id>>,
    #[serde(default)]
    pub(crate) threads: Vec<Channel>,
}

#[derive(Deserialize)]
pub(crate) struct Ready {
    pub(crate) user: Only,
    pub(crate) application: Only,
    #[serde(default)]
    pub(crate) guilds: Vec<GuildGone>,
    /// Which shard of how many.
    #[serde(default)]
    pub(crate) shard: Option<(u32, u32)>,
}

#[derive(Deserialize)]
pub(crate) struct Application {
    pub(crate) id: Id,
    /// Which privileged intents are enabled; absent where nobody keeps count.
    #[serde(default)]
    pub(crate) flags: Option<u64>,
}

/// `GET /gateway/bot`.
#[derive(Deserialize)]
pub(crate) struct GatewayInfo {
    pub(crate) url: String,
    #[serde(default = "one")]
    pub(crate) shards: u32,
    pub(crate) session_start_limit: StartLimit,
}

fn one() -> u32 {
    1
}

#[derive(Deserialize)]
pub(crate) struct StartLimit {
    pub(crate) total: u32,
    pub(crate) remaining: u32,
    /// Milliseconds.
    pub(crate) reset_after: u64,
    pub(crate) max_concurrency: u16,
}

#[derive(Deserialize)]
pub(crate) struct Webhook {
    pub(crate) id: Id,
    #[serde(default)]
    pub(crate) name: Option<String>,
    /// The hash of its picture.
    #[serde(default)]
    pub(crate) avatar: Option<String>,
    #[serde(default)]
    pub(crate) token: Option<String>,
    #[serde(default)]
    pub(crate) application_id: Option<Id>,
    #[serde(default)]
    pub(crate) channel_id: Option<Id>,
}
