//! What can happen: the one closed list of causes of work.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    ApplicationId, ChannelId, GuildId, MessageId, Timestamp, Untrusted, UserId, WebhookId,
    audience::GuildPlan,
    command::{CommandCall, ComponentCall, ModalCall},
    cue::Cue,
};

/// Something happened outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// A gateway session began (READY) or went on (RESUMED).
    Connected {
        /// Who we are.
        identity: Identity,
        /// Which guilds the bot is in, when a session began.
        #[serde(default)]
        guilds: Option<ShardGuilds>,
    },
    /// A guild came into sight, with its channels (`GUILD_CREATE`).
    GuildSeen(GuildSeen),
    /// Others may see what on a server now: a role, a channel's overwrites, a thread or the owner is another.
    GuildChanged {
        /// The whole plan as it is now. Never stored: it is true for as long as the session lasts.
        #[serde(skip)]
        plan: Arc<GuildPlan>,
    },
    /// A channel or thread is no more, or not for the bot (`CHANNEL_DELETE`, `THREAD_DELETE`).
    ChannelGone {
        /// Which.
        channel: ChannelId,
        /// The whole plan of its guild as it is now, if that changed. Never stored.
        #[serde(skip)]
        plan: Option<Arc<GuildPlan>>,
    },
    /// The bot was removed from a guild, or the guild is no more (`GUILD_DELETE`, but for outages).
    GuildLeft {
        /// Which.
        guild: GuildId,
    },
    /// Somebody wrote.
    Message(Box<Message>),
    /// A message has another text now.
    MessageEdited {
        /// Where.
        channel: ChannelId,
        /// Which.
        message: MessageId,
        /// The new text.
        content: Untrusted,
    },
    /// Messages are gone.
    MessagesDeleted {
        /// Where.
        channel: ChannelId,
        /// Which.
        messages: Vec<MessageId>,
    },
    /// Somebody used a slash command.
    Command(Box<CommandCall>),
    /// A character's turn that nothing outside began.
    Cue(Box<Cue>),
    /// Somebody is typing an option of a slash command and waits for proposals.
    Autocomplete(Box<CommandCall>),
    /// Somebody pressed a button or used a select.
    Component(Box<ComponentCall>),
    /// Somebody sent a modal off.
    Modal(Box<ModalCall>),
    /// Somebody began to write (`TYPING_START`), or still writes: it comes every ten seconds.
    Typing {
        /// Where, if the channel is known.
        place: Option<Place>,
        /// The channel.
        channel: ChannelId,
        /// Who; bots type too.
        user: UserId,
        /// When, in whole seconds.
        at: Timestamp,
    },
    /// What a member is doing has changed (`PRESENCE_UPDATE`, privileged).
    Presence {
        /// In which guild; the same change comes once for each that is shared.
        guild: GuildId,
        /// Who.
        user: UserId,
        /// Everything that they are doing now; empty when nothing, or offline.
        activities: Vec<Activity>,
    },
    /// A member came (`GUILD_MEMBER_ADD`, privileged).
    MemberJoined {
        /// The guild.
        guild: GuildId,
        /// Who.
        member: Author,
    },
    /// A member left or was removed (`GUILD_MEMBER_REMOVE`, privileged).
    MemberLeft {
        /// The guild.
        guild: GuildId,
        /// Who.
        member: Author,
    },
    /// A member came into a voice channel, changed it or left it; also each mute and unmute in it
    /// (`VOICE_STATE_UPDATE`).
    VoiceMoved {
        /// The guild.
        guild: GuildId,
        /// Who.
        user: UserId,
        /// The channel they are in now.
        channel: Option<ChannelId>,
    },
}

/// What a member is doing, as their client tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Which kind of doing.
    pub kind: ActivityKind,
    /// The game, the music service, the film; a custom status's text.
    pub name: Untrusted,
    /// More of it: the track and its artists, the stream's title, the level.
    #[serde(default)]
    pub details: Option<Untrusted>,
}

/// A kind of doing.
///
/// Source: Discord documentation, "Gateway Events", section "Activity Types".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ActivityKind {
    /// Plays a game.
    Playing,
    /// Streams to others.
    Streaming,
    /// Listens to music.
    Listening,
    /// Watches something.
    Watching,
    /// A status that they wrote themselves.
    Custom,
    /// Competes in something.
    Competing,
}

/// Who the bot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The bot user.
    pub user: UserId,
    /// Its application: what our webhooks belong to.
    pub application: ApplicationId,
}

/// A guild and what is needed to know which messages were missed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuildSeen {
    /// The guild.
    pub guild: GuildId,
    /// Every channel the bot sees in it, with its newest message.
    pub channels: Vec<(Place, Option<MessageId>)>,
    /// What members are doing now; those who do nothing are left out. Empty without the presence intent.
    #[serde(default)]
    pub activities: Vec<(UserId, Vec<Activity>)>,
    /// Who is in which voice channel.
    #[serde(default)]
    pub voices: Vec<(UserId, ChannelId)>,
    /// Who sees what in it. Never stored: it is true for as long as the session lasts.
    #[serde(skip)]
    pub plan: Arc<GuildPlan>,
}

/// The guilds of one shard, available or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardGuilds {
    /// Which shard, from 0.
    pub shard: u32,
    /// Of how many.
    pub of: u32,
    /// Every guild of it that the bot is in.
    pub guilds: Vec<GuildId>,
}

impl ShardGuilds {
    /// Whether a guild would be listed here if the bot were still in it.
    ///
    /// Source: Discord documentation, "Gateway", section "Sharding": `shard_id = (guild_id >> 22) % num_shards`.
    pub fn lack(&self, guild: GuildId) -> bool {
        (guild.get() >> 22) % u64::from(self.of.max(1)) == u64::from(self.shard)
            && !self.guilds.contains(&guild)
    }
}

/// The kind of a channel, as far as it changes what we do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ChannelKind {
    /// A text or announcement channel of a guild.
    Text,
    /// A thread or a forum post: its webhooks belong to the parent.
    Thread,
    /// The text chat of a voice or stage channel.
    Voice,
    /// A direct message: no webhooks, the bot speaks under its own name.
    Direct,
}

/// Where something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The guild, or `None` in a direct message.
    pub guild: Option<GuildId>,
    /// The channel or thread.
    pub channel: ChannelId,
    /// A thread's parent channel.
    pub parent: Option<ChannelId>,
    /// What kind of channel.
    pub kind: ChannelKind,
}

impl Place {
    /// The channel that carries the webhooks for this place.
    pub fn webhook_channel(&self) -> ChannelId {
        match self.kind {
            ChannelKind::Thread => self.parent.unwrap_or(self.channel),
            ChannelKind::Text | ChannelKind::Voice | ChannelKind::Direct => self.channel,
        }
    }
}

/// Who wrote a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The user id; for a webhook, the webhook's id.
    pub id: UserId,
    /// The name shown: nickname, else global name, else user name.
    pub name: Untrusted,
    /// What the author is.
    pub kind: AuthorKind,
}

/// What an author is. Never told from a name: names can be chosen freely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuthorKind {
    /// A person.
    Human,
    /// A bot user.
    Bot,
    /// A webhook, and the application that owns it, if one does.
    Webhook(WebhookId, Option<ApplicationId>),
    /// Discord itself (joins, pins, boosts).
    System,
}

/// The message that a message replies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyTo {
    /// The referenced message.
    pub message: MessageId,
    /// Its author, when Discord sent the referenced message along.
    pub author: Option<UserId>,
}

/// A file that hangs on a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name.
    pub filename: Untrusted,
    /// Where its bytes are.
    pub url: Untrusted,
    /// Its MIME type, as the uploader claimed.
    pub content_type: Option<Untrusted>,
    /// Bytes.
    pub size: u64,
}

/// A picture that is not a file of the message: an embed's, or one of the replied-to message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureLink {
    /// Where its bytes are; for an embed's picture, Discord's copy of it.
    pub url: Untrusted,
    /// Bytes, if Discord says so.
    #[serde(default)]
    pub size: Option<u64>,
}

/// A message as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its id; also the id of the turn that answers it.
    pub id: MessageId,
    /// Where it stands.
    pub place: Place,
    /// Who wrote it.
    pub author: Author,
    /// What it says; empty without the message-content intent.
    pub content: Untrusted,
    /// Users mentioned in it.
    pub mentions: Vec<UserId>,
    /// What it replies to.
    pub reply_to: Option<ReplyTo>,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// Pictures of its embeds, as far as Discord had unfolded its links when the message came.
    #[serde(default)]
    pub pictures: Vec<PictureLink>,
    /// Pictures of the message that it replies to: attached ones, then those of embeds.
    #[serde(default)]
    pub replied_pictures: Vec<PictureLink>,
    /// Whether the channel, or a thread's parent, is age-restricted.
    #[serde(default)]
    pub age_restricted: bool,
    /// When it was sent.
    pub sent_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guild_is_missed_only_by_its_own_shard() {
        let second = ShardGuilds { shard: 1, of: 2, guilds: vec![GuildId(1 << 22)] };
        assert!(!second.lack(GuildId(1 << 22)), "it is there");
        assert!(!second.lack(GuildId(2 << 22)), "it belongs to the first shard");
        assert!(second.lack(GuildId(3 << 22)));
    }

    /// As acore 0.1 wrote it into the journal.
    #[test]
    fn a_journalled_message_of_an_older_version_can_be_read() {
        let old = r#"{"Message": {
            "id": 1300000000000000000, "place": {"guild": 1, "channel": 6, "parent": 5, "kind": "Thread"},
            "author": {"id": 900, "name": "Ally", "kind": {"Webhook": [70, null]}},
            "content": "hey Mira", "mentions": [901], "reply_to": {"message": 1299, "author": 902},
            "attachments": [{"filename": "cat.png", "url": "https://cdn.example/cat.png",
                "content_type": "image/png", "size": 1234}],
            "sent_at": 1730015000000
        }}"#;
        let Event::Message(message) = serde_json::from_str(old).unwrap() else { panic!("not a message") };
        assert_eq!(message.content.raw(), "hey Mira");
        assert_eq!((message.pictures.len(), message.replied_pictures.len()), (0, 0));
        assert!(!message.age_restricted);
    }
}
