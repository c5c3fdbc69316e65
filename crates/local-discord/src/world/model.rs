//! The state: plain structs, so that a snapshot is just their JSON.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::permissions::{Overwrite, Permissions};
use crate::snowflake::Snowflakes;

/// Channel types. <https://docs.discord.com/developers/resources/channel#channel-object-channel-types>
pub mod channel_type {
    pub const TEXT: u8 = 0;
    pub const DM: u8 = 1;
    pub const VOICE: u8 = 2;
    pub const CATEGORY: u8 = 4;
    pub const ANNOUNCEMENT: u8 = 5;
    pub const ANNOUNCEMENT_THREAD: u8 = 10;
    pub const PUBLIC_THREAD: u8 = 11;
    pub const PRIVATE_THREAD: u8 = 12;
    pub const STAGE: u8 = 13;
    pub const FORUM: u8 = 15;
    pub const MEDIA: u8 = 16;
}

/// Message flags. <https://docs.discord.com/developers/resources/message#message-object-message-flags>
pub mod message_flag {
    pub const SUPPRESS_EMBEDS: u64 = 1 << 2;
    pub const HAS_THREAD: u64 = 1 << 5;
    pub const EPHEMERAL: u64 = 1 << 6;
    pub const LOADING: u64 = 1 << 7;
    pub const SUPPRESS_NOTIFICATIONS: u64 = 1 << 12;
    pub const IS_VOICE_MESSAGE: u64 = 1 << 13;
    pub const IS_COMPONENTS_V2: u64 = 1 << 15;
}

/// Everything that is.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    pub ids: Snowflakes,
    /// Where this server is reached, e.g. `http://127.0.0.1:4000`; attachments' addresses begin with it.
    pub base_url: String,
    pub applications: BTreeMap<u64, Application>,
    pub users: HashMap<u64, User>,
    pub guilds: BTreeMap<u64, Guild>,
    /// All channels: of guilds, direct messages and threads.
    pub channels: BTreeMap<u64, Channel>,
    /// Messages by channel, oldest first; bounded per channel.
    pub messages: HashMap<u64, BTreeMap<u64, Message>>,
    pub webhooks: BTreeMap<u64, Webhook>,
    /// Interactions of the last 15 minutes.
    pub interactions: BTreeMap<u64, Interaction>,
    /// Attachments' bytes; bounded in sum, the oldest go first.
    pub files: Files,
    /// Avatars by hash; bounded, the oldest go first.
    pub images: Images,
    /// Recent nonces with `enforce_nonce`; bounded.
    pub nonces: VecDeque<NonceRecord>,
}

/// A bot's application.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Application {
    pub id: u64,
    pub name: String,
    pub description: String,
    pub bot_user_id: u64,
    pub owner_id: u64,
    /// Bot token, without the `Bot ` prefix.
    pub token: String,
    pub verify_key: String,
    /// Privileged intents that its owner switched on.
    pub message_content: bool,
    pub guild_members: bool,
    pub presence: bool,
    pub interactions_endpoint_url: Option<String>,
    pub tags: Vec<String>,
    /// Global and per-guild commands.
    pub commands: Vec<Command>,
    /// Voice/gateway independent extras that PATCH applications/@me may set.
    pub flags: u64,
}

/// An application command.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Command {
    pub id: u64,
    pub version: u64,
    /// `None`: global.
    pub guild_id: Option<u64>,
    /// 1 chat input, 2 user, 3 message.
    pub kind: u8,
    pub name: String,
    /// The normalised rest of the command object, without `id`, `version`, `application_id`, `guild_id`.
    pub body: Map<String, Value>,
}

/// A human, a bot, or (as a message's author only) a webhook.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    pub id: u64,
    pub username: String,
    pub global_name: Option<String>,
    /// Hash of the avatar; the bytes are in [`Images`].
    pub avatar: Option<String>,
    pub banner: Option<String>,
    pub bot: bool,
}

/// A guild ("server").
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Guild {
    pub id: u64,
    pub name: String,
    pub icon: Option<String>,
    pub description: Option<String>,
    pub owner_id: u64,
    /// By id; the role with the guild's own id is `@everyone`.
    pub roles: BTreeMap<u64, Role>,
    pub members: BTreeMap<u64, Member>,
    pub system_channel_id: Option<u64>,
    pub voice_states: BTreeMap<u64, VoiceState>,
    pub presences: BTreeMap<u64, Presence>,
    pub preferred_locale: String,
    /// Boost tier 0-3; raises the size of attachments.
    pub premium_tier: u8,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Role {
    pub id: u64,
    pub name: String,
    pub color: u32,
    pub hoist: bool,
    pub position: i64,
    pub permissions: Permissions,
    pub managed: bool,
    pub mentionable: bool,
    /// The bot whose managed role this is.
    pub bot_id: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Member {
    pub user_id: u64,
    pub nick: Option<String>,
    /// Guild-specific avatar hash.
    pub avatar: Option<String>,
    /// Without `@everyone`.
    pub roles: Vec<u64>,
    pub joined_ms: u64,
    pub deaf: bool,
    pub mute: bool,
    /// In time-out until then.
    pub timeout_until_ms: Option<u64>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "Discord's voice state is a list of switches")]
pub struct VoiceState {
    pub user_id: u64,
    pub channel_id: Option<u64>,
    pub session_id: String,
    pub self_mute: bool,
    pub self_deaf: bool,
    pub self_video: bool,
    pub mute: bool,
    pub deaf: bool,
    pub suppress: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Presence {
    /// `online`, `idle`, `dnd` or `offline`.
    pub status: String,
    pub activities: Vec<Value>,
}

/// A channel of a guild, a direct message, or a thread.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Channel {
    pub id: u64,
    /// See [`channel_type`].
    pub kind: u8,
    pub guild_id: Option<u64>,
    pub name: String,
    pub topic: Option<String>,
    pub nsfw: bool,
    pub position: i64,
    pub parent_id: Option<u64>,
    pub overwrites: Vec<Overwrite>,
    /// Slow mode, seconds.
    pub rate_limit_per_user: u64,
    pub last_message_id: Option<u64>,
    pub last_pin_ms: Option<u64>,
    pub bitrate: u64,
    pub user_limit: u64,
    pub rtc_region: Option<String>,
    pub voice_status: Option<String>,
    /// Of a direct message.
    pub recipients: Vec<u64>,
    /// Of a thread: who opened it.
    pub owner_id: Option<u64>,
    pub thread: Option<Thread>,
    /// Of a forum.
    pub available_tags: Vec<Value>,
    /// Of a forum's thread.
    pub applied_tags: Vec<u64>,
    pub default_auto_archive_duration: Option<u64>,
    pub flags: u64,
}

impl Channel {
    pub fn is_thread(&self) -> bool {
        (channel_type::ANNOUNCEMENT_THREAD..=channel_type::PRIVATE_THREAD).contains(&self.kind)
    }

    pub fn is_dm(&self) -> bool {
        self.kind == channel_type::DM
    }

    /// True if messages can be posted to it.
    pub fn is_text(&self) -> bool {
        !matches!(self.kind, channel_type::CATEGORY | channel_type::FORUM | channel_type::MEDIA)
    }

    /// True if it takes threads instead of messages.
    pub fn is_forum(&self) -> bool {
        matches!(self.kind, channel_type::FORUM | channel_type::MEDIA)
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Thread {
    pub archived: bool,
    pub locked: bool,
    pub invitable: bool,
    /// Minutes.
    pub auto_archive_duration: u64,
    pub archive_ms: u64,
    pub created_ms: u64,
    /// User id to when they joined.
    pub members: BTreeMap<u64, u64>,
    pub message_count: u64,
    pub total_message_sent: u64,
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Author {
    User(u64),
    Webhook { id: u64, name: String, avatar: Option<String> },
}

impl Author {
    /// The author's id, of whichever kind.
    pub fn id(&self) -> u64 {
        match self {
            Self::User(id) | Self::Webhook { id, .. } => *id,
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Message {
    pub id: u64,
    pub channel_id: u64,
    pub guild_id: Option<u64>,
    pub author: Author,
    /// 0 default, 19 reply, 20 chat input command, 23 context menu command, 21 thread starter, 18 thread created, 6 pin, 7 join.
    pub kind: u8,
    pub content: String,
    pub created_ms: u64,
    pub edited_ms: Option<u64>,
    pub tts: bool,
    pub mention_everyone: bool,
    pub mentions: Vec<u64>,
    pub mention_roles: Vec<u64>,
    pub attachments: Vec<Attachment>,
    pub embeds: Vec<Value>,
    pub components: Vec<Value>,
    pub reactions: Vec<Reaction>,
    pub nonce: Option<Value>,
    pub pinned_ms: Option<u64>,
    pub flags: u64,
    pub application_id: Option<u64>,
    pub reference: Option<Reference>,
    /// `interaction_metadata` of a response.
    pub interaction: Option<InteractionOrigin>,
    /// The thread that was opened from it.
    pub thread_id: Option<u64>,
    /// Ephemeral: only this user (and the application) sees it.
    pub visible_to: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reference {
    /// 0 reply, 1 forward.
    pub kind: u8,
    pub message_id: Option<u64>,
    pub channel_id: u64,
    pub guild_id: Option<u64>,
    /// Of a forward: the copied messages.
    pub snapshots: Vec<Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InteractionOrigin {
    pub id: u64,
    pub kind: u8,
    pub user_id: u64,
    /// Of a command, with group and sub-command.
    pub name: Option<String>,
    /// Of a command: 1 chat input, 2 user, 3 message.
    #[serde(default)]
    pub command_kind: u8,
    /// User or message that a context menu command was about.
    #[serde(default)]
    pub target_id: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attachment {
    pub id: u64,
    pub filename: String,
    pub description: Option<String>,
    pub content_type: Option<String>,
    pub size: u64,
    /// The channel in its address; the bytes are in [`Files`].
    pub channel_id: u64,
    pub ephemeral: bool,
    pub width: Option<u32>,
    pub height: Option<u32>,
}

/// An emoji of a reaction: a Unicode one has no id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emoji {
    pub id: Option<u64>,
    pub name: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reaction {
    pub emoji: Emoji,
    /// In the order in which they reacted.
    pub users: Vec<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Webhook {
    pub id: u64,
    pub token: String,
    pub guild_id: u64,
    pub channel_id: u64,
    pub name: String,
    pub avatar: Option<String>,
    pub application_id: Option<u64>,
    pub user_id: u64,
}

/// Interaction types. <https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object-interaction-type>
pub mod interaction_type {
    pub const PING: u8 = 1;
    pub const COMMAND: u8 = 2;
    pub const COMPONENT: u8 = 3;
    pub const AUTOCOMPLETE: u8 = 4;
    pub const MODAL_SUBMIT: u8 = 5;
}

/// One press of a button, one run of a command, …
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Interaction {
    pub id: u64,
    pub application_id: u64,
    pub token: String,
    /// See [`interaction_type`].
    pub kind: u8,
    /// `data` as it was dispatched.
    pub data: Value,
    pub user_id: u64,
    pub guild_id: Option<u64>,
    pub channel_id: u64,
    /// The message whose component was used.
    pub message_id: Option<u64>,
    pub created_ms: u64,
    /// Type of the callback that answered it.
    pub callback: Option<u8>,
    /// What `@original` means: the response, or the component's message.
    pub original: Option<u64>,
    pub followups: Vec<u64>,
    /// Deferred (callback 5): the first follow-up or edit fills this message.
    pub deferred_ephemeral: bool,
    /// Autocomplete choices of callback 8.
    pub choices: Vec<Value>,
    /// Modal of callback 9.
    pub modal: Option<Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NonceRecord {
    pub channel_id: u64,
    pub author_id: u64,
    pub nonce: String,
    pub message_id: u64,
    pub at_ms: u64,
}

/// Bytes of attachments by attachment id, bounded in sum.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Files {
    pub(crate) by_id: BTreeMap<u64, StoredFile>,
    pub(crate) total: usize,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredFile {
    pub channel_id: u64,
    pub filename: String,
    pub content_type: Option<String>,
    pub bytes: bytes_base64::Blob,
}

/// Avatars by hash.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Images {
    pub(crate) by_hash: HashMap<String, Image>,
    pub(crate) order: VecDeque<String>,
}

/// Where an avatar comes from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Image {
    /// Uploaded as a data URI.
    Bytes { content_type: String, bytes: bytes_base64::Blob },
    /// A webhook's `avatar_url`.
    Url(String),
}

/// Bytes that travel through JSON as base64.
pub mod bytes_base64 {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use bytes::Bytes;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Shared bytes.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    pub struct Blob(pub Bytes);

    impl Serialize for Blob {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(&STANDARD.encode(&self.0))
        }
    }

    impl<'de> Deserialize<'de> for Blob {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            let bytes = STANDARD.decode(text).map_err(serde::de::Error::custom)?;
            Ok(Self(Bytes::from(bytes)))
        }
    }
}
