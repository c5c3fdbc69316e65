//! What can happen: the one closed list of causes of work.

use serde::{Deserialize, Serialize};

use crate::{
    ApplicationId, ChannelId, GuildId, MessageId, Timestamp, Untrusted, UserId, WebhookId,
    command::CommandCall,
    cue::Cue,
};

/// Something happened outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// A gateway session began (READY) or went on (RESUMED): who we are.
    Connected(Identity),
    /// A guild came into sight, with its channels (`GUILD_CREATE`).
    GuildSeen(GuildSeen),
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
    /// When it was sent.
    pub sent_at: Timestamp,
}
