//! What characters remember: its vocabulary, and what of it comes to mind.
//!
//! Everything remembered is an [`Item`]: a line that was said, a fact about a person, an episode (a summary), or a
//! passage of a document. Every item tells its [`Source`]s, so that what is deleted takes along what was made of it,
//! and its [`Reach`], so that nobody hears what they could not have seen ([`crate::audience`]).

pub mod bond;
pub mod episodes;
pub mod learning;
pub mod noticing;
pub mod rank;
pub mod terms;
pub mod when;

pub mod chunks;

use serde::{Deserialize, Serialize};

use crate::{ChannelId, CharacterId, GuildId, MessageId, Timestamp, Untrusted, UserId};

/// An item's number; it rises with every item and is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ItemId(pub u64);

/// What an item was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A message of a person or of another bot; a command's words under the number of its interaction.
    Message(MessageId),
    /// A character's reply, by the number of its turn.
    Reply(u64),
}

/// Who may come to hear of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Whoever can see the room where it was said: a channel; for a public thread its parent; a private thread or a
    /// direct channel itself.
    Room {
        /// The guild; none in a direct channel.
        guild: Option<GuildId>,
        /// The room.
        room: ChannelId,
    },
    /// Everybody on a server: documents, and what its owner shared there.
    Guild(GuildId),
    /// Everybody: the operator's documents, and what its owner shared with all.
    Everyone,
}

impl Reach {
    /// The server that it belongs to.
    pub const fn guild(self) -> Option<GuildId> {
        match self {
            Self::Room { guild, .. } => guild,
            Self::Guild(guild) => Some(guild),
            Self::Everyone => None,
        }
    }
}

/// What kind of thing is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Something that was said, in its own words.
    Line,
    /// Something about a person.
    Fact,
    /// What a conversation was about.
    Episode,
    /// A piece of a document.
    Passage,
}

/// In which way a fact is about its person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// Something that is so: a job, a pet, a home.
    Fact,
    /// What they care about.
    Interest,
    /// What they are like.
    Trait,
    /// What they would rather have.
    Preference,
    /// How they want to be treated: "call me Captain". Only about oneself.
    Wish,
    /// Words of theirs that are worth keeping.
    Quote,
}

impl Aspect {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Fact, Self::Interest, Self::Trait, Self::Preference, Self::Wish, Self::Quote];

    /// Its name, as it is kept and as models write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fact => "fact",
            Self::Interest => "interest",
            Self::Trait => "trait",
            Self::Preference => "preference",
            Self::Wish => "wish",
            Self::Quote => "quote",
        }
    }

    /// The one of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|aspect| aspect.name().eq_ignore_ascii_case(name.trim()))
    }
}

/// What an item has besides its words, by its kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// A line.
    Line,
    /// A fact.
    Fact(FactDetail),
    /// An episode.
    Episode {
        /// 0 is made of lines, 1 of episodes of level 0, and so on.
        level: u8,
    },
    /// A passage.
    Passage {
        /// The document's number.
        document: u64,
        /// The headings above it, the outermost first: "Rules › Trading".
        heading: String,
    },
}

/// What a fact has besides its words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FactDetail {
    /// In which way it is about the person.
    pub aspect: Aspect,
    /// What of the person it tells, in lower case: `pet`, `home`, `favourite food`. A newer fact about the same
    /// attribute takes the place of an older one if [`FactDetail::single`].
    pub attribute: String,
    /// Whether there can only be one at a time: one lives in one place, and likes many things.
    pub single: bool,
    /// 1 (small talk) to 10 (what matters most to them).
    pub importance: u8,
    /// 0 to 100: how sure it is. What somebody says of themselves is surer than what others say.
    pub confidence: u8,
}

impl Detail {
    /// The kind.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Line => Kind::Line,
            Self::Fact(_) => Kind::Fact,
            Self::Episode { .. } => Kind::Episode,
            Self::Passage { .. } => Kind::Passage,
        }
    }
}

/// Something to be remembered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// Who may hear of it.
    pub reach: Reach,
    /// Where it was said; none for documents.
    pub channel: Option<ChannelId>,
    /// Whose memory it is; none if it is that of every character who comes there. What is told to a character in
    /// private is only that character's.
    pub character: Option<CharacterId>,
    /// The person whose words alone it is made of: they may hear it wherever they are alone with a character.
    pub owner: Option<UserId>,
    /// The person that it is about.
    pub about: Option<UserId>,
    /// The name of who said it, as it was shown then; the document's name for a passage; may be empty.
    pub who: Untrusted,
    /// Its words.
    pub text: Untrusted,
    /// When it was said, or since when it is so; for an episode, when it began.
    pub at: Timestamp,
    /// Until when it was so, where that is over; for an episode, when it ended.
    pub until: Option<Timestamp>,
    /// Where a line stands among those of its channel: the snowflake of its message; 0 for others.
    pub position: u64,
    /// What else.
    pub detail: Detail,
    /// What it was made of; never empty but for passages and for what somebody told us to remember by a command.
    pub sources: Vec<Source>,
}

/// Something that is remembered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Its number.
    pub id: ItemId,
    /// What it is.
    pub draft: Draft,
}
