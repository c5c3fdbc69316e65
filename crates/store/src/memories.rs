//! What characters remember. Where it is deleted in the history, everything that was made of it goes in the same
//! transaction ([`crate::History`], [`crate::Outbox`], [`crate::Alternatives`], [`crate::Library::forget_guild`]):
//!
//! - every item that has the deleted message or reply among its sources, with its terms and its vectors;
//! - the other lines that a removed fact was made of are not learned any more, those of a removed episode not told
//!   (nor the episodes of the level below): they are learned and told anew, without what is gone;
//! - what is over because of it is so again ([`Ending`]).
//!
//! An edited message's line is replaced, with everything that was made of the old words removed. Words, reach and
//! sources of an item never change under its number: what changes gets another one.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use async_trait::async_trait;
use domain::{
    ChannelId, CharacterId, Timestamp, Untrusted, UserId,
    audience::Audience,
    event::Place,
    limits,
    memory::{Detail, Draft, Item, ItemId, Kind, Reach, Source},
    scene::Line,
};

use crate::{Result, StoreError};

/// A line of the history at the moment it was read. Whoever remembers it must have read the words that stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RowToken {
    /// The engine's number of the row.
    pub row: u64,
    /// A fingerprint of what stood there.
    pub print: u64,
}

impl RowToken {
    /// The token of a row with a source and a text.
    pub fn new(row: u64, source: Source, text: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        (source, text).hash(&mut hasher);
        Self { row, print: hasher.finish() }
    }
}

/// A line of the history that was not looked at yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Unremembered {
    /// Which.
    pub row: RowToken,
    /// Where it was said.
    pub place: Place,
    /// What it is as a source.
    pub source: Source,
    /// Where it stands among the lines of its channel.
    pub position: u64,
    /// What was said, and by whom.
    pub line: Line,
    /// In a direct channel, the character that it concerns: who said it, who answered it, who spoke next, or before.
    pub with: Option<CharacterId>,
}

/// What was learned of some lines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lesson {
    /// The lines.
    pub of: Vec<ItemId>,
    /// New items. What has a source that is not among those of the lines is left out: it was deleted or edited
    /// meanwhile.
    pub add: Vec<Draft>,
    /// What is no longer so.
    pub end: Vec<Ending>,
    /// What is to be put in the place of what. The sources may be those of the lines and of the old item.
    pub change: Vec<(ItemId, Draft)>,
    /// What is to be forgotten.
    pub remove: Vec<ItemId>,
}

/// That something is over, and how that is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    /// What.
    pub item: ItemId,
    /// Since when.
    pub at: Timestamp,
    /// Said where: goes one of these, it is so again.
    pub by: Vec<Source>,
}

/// Lines, facts, episodes and passages.
///
/// Of people who opted out nothing is added: their lines, replies to them, what is theirs or about them is left out
/// silently.
#[async_trait]
pub trait Memories: Send + Sync {
    /// Lines of the history that were not looked at yet, oldest first; replies only once they are shown, a line in a
    /// direct channel only once its turn is over.
    async fn unremembered(&self, limit: u32) -> Result<Vec<Unremembered>>;

    /// Lines were looked at: with an item to be kept, or with none. A line that has changed or gone since it was read
    /// is left out, and comes again if it is there. Answers the new items.
    async fn remember(&self, lines: &[(RowToken, Option<Draft>)]) -> Result<Vec<ItemId>>;

    /// Adds items. `Invalid` when one of them cannot be.
    async fn add_items(&self, items: &[Draft]) -> Result<Vec<ItemId>>;

    /// Lines that nothing was learned of, `limit` of a channel at most, the oldest first, of some channels that have
    /// `at_least` of them or whose newest one is older than `quiet_before`: first those that have most, so that none
    /// waits behind many that have little. In a direct channel each character's lines are a batch of their own.
    async fn unlearned(&self, quiet_before: Timestamp, at_least: u32, limit: u32) -> Result<Vec<Vec<Item>>>;

    /// Keeps what was learned of lines, which are learned now; answers the new items, those of `add` first. Lines
    /// whose facts were left out are still to be learned.
    async fn learn(&self, lesson: &Lesson) -> Result<Vec<ItemId>>;

    /// What is not part of an episode of a level yet (lines for level 0, else episodes of the level below), like
    /// [`Memories::unlearned`].
    async fn untold(
        &self,
        level: u8,
        quiet_before: Timestamp,
        at_least: u32,
        limit: u32,
    ) -> Result<Vec<Vec<Item>>>;

    /// Keeps an episode made of items, which are told now. `None`, and nothing changed, when one of them is gone.
    async fn tell(&self, of: &[ItemId], episode: &Draft) -> Result<Option<ItemId>>;

    /// Facts about a person that an audience may hear and that are still so, newest first.
    async fn about(&self, person: UserId, audience: &Audience, limit: u32) -> Result<Vec<Item>>;

    /// One item.
    async fn item(&self, id: ItemId) -> Result<Option<Item>>;

    /// What is a person's or about them, of these kinds, newest first, before an item if one is given.
    async fn items_of(
        &self,
        person: UserId,
        kinds: &[Kind],
        before: Option<ItemId>,
        limit: u32,
    ) -> Result<Vec<Item>>;

    /// Everything that was made of a message or reply, by number: its lineage.
    async fn made_of(&self, source: Source) -> Result<Vec<Item>>;

    /// Lines and episodes of a channel from before a moment, some of them.
    async fn older(&self, channel: ChannelId, before: Timestamp, limit: u32) -> Result<Vec<ItemId>>;

    /// Gives an item other words; answers its new number, `None` when it is gone.
    async fn correct(&self, id: ItemId, text: &Untrusted) -> Result<Option<ItemId>>;

    /// Gives an item another reach; answers its new number, `None` when it is gone. Its vectors stay.
    async fn share(&self, id: ItemId, reach: Reach) -> Result<Option<ItemId>>;

    /// Forgets items; of a line also what was made of it, as if its message were deleted. What is in the history
    /// stays there. Answers how many there were, of those that were named.
    async fn remove_items(&self, ids: &[ItemId]) -> Result<u64>;
}

/// A model that makes vectors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VectorModel {
    /// Its name.
    pub name: String,
    /// Numbers of one of its vectors.
    pub dimensions: u32,
    /// Items that have a vector of it.
    pub items: u64,
}

/// The items' vectors: of several models side by side, so that one serves while the next one's are made.
#[async_trait]
pub trait Vectors: Send + Sync {
    /// Items that have no vector of a model, oldest first.
    async fn without_vector(&self, model: &str, limit: u32) -> Result<Vec<Item>>;

    /// Keeps vectors of a model; those of items that are gone are left out. `Invalid` when a vector is empty or zero,
    /// holds what is no number, or has another length than the model's others.
    async fn keep_vectors(&self, model: &str, vectors: &[(ItemId, Vec<f32>)]) -> Result<()>;

    /// The models that there are vectors of, by name.
    async fn models(&self) -> Result<Vec<VectorModel>>;

    /// Removes the vectors of all models but one, in several small transactions.
    async fn drop_models_but(&self, model: &str) -> Result<()>;
}

/// How a character stands to a person: a document that the store does not look into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bond {
    /// The guild or the direct channel.
    pub place: u64,
    /// Who.
    pub character: CharacterId,
    /// To whom.
    pub user: UserId,
    /// Grows with every change.
    pub version: u64,
    /// The document.
    pub json: String,
}

/// Bytes of a bond.
const BOND_BYTES: usize = 64 * 1024;

impl Bond {
    /// Whether it can be kept; otherwise `Invalid`.
    pub fn check(&self) -> Result<()> {
        if self.version > i64::MAX.cast_unsigned() {
            return Err(StoreError::Invalid("a bond's version is too large"));
        }
        if self.json.len() > BOND_BYTES {
            return Err(StoreError::Invalid("a bond is too large"));
        }
        Ok(())
    }
}

/// The bonds. They go with their guild or direct channel.
#[async_trait]
pub trait Bonds: Send + Sync {
    /// One bond.
    async fn bond(&self, place: u64, character: &CharacterId, user: UserId) -> Result<Option<Bond>>;

    /// Keeps bonds, all or none. One whose version is older than the kept one's is left out, and so is one to a
    /// person who opted out.
    async fn keep_bonds(&self, bonds: &[Bond]) -> Result<()>;

    /// A person's bonds, by place and character.
    async fn bonds_of(&self, user: UserId) -> Result<Vec<Bond>>;

    /// Removes a person's bonds; answers how many there were.
    async fn forget_bonds(&self, user: UserId) -> Result<u64>;
}

/// Bytes of an item's words: a reply of [`limits::REPLY_CHARS`] in any script.
const TEXT_BYTES: usize = 4 * limits::REPLY_CHARS;

/// Bytes of each of its short texts.
const LABEL_BYTES: usize = 1_024;

/// What an item may be made of.
const SOURCES: usize = 4_096;

/// Whether an item can be kept; otherwise `Invalid`.
pub fn check_draft(draft: &Draft) -> Result<()> {
    let is = |fine: bool, wrong: &'static str| fine.then_some(()).ok_or(StoreError::Invalid(wrong));
    is(!draft.text.raw().trim().is_empty(), "an item has words")?;
    is(draft.text.raw().len() <= TEXT_BYTES, "an item is too long")?;
    is(draft.who.raw().len() <= LABEL_BYTES, "an item's name is too long")?;
    is(draft.sources.len() <= SOURCES, "an item has too many sources")?;
    is(draft.position <= i64::MAX.cast_unsigned(), "an item's position is too large")?;
    match &draft.detail {
        Detail::Fact(fact) => is(fact.attribute.len() <= LABEL_BYTES, "an attribute is too long"),
        Detail::Passage { heading, .. } => is(heading.len() <= LABEL_BYTES, "a heading is too long"),
        Detail::Line | Detail::Episode { .. } => Ok(()),
    }
}

/// Whether an audience may hear an item. Engines ask this inside their queries.
pub fn may_hear(audience: &Audience, draft: &Draft) -> bool {
    hears(audience, draft.reach, draft.owner, draft.character.as_ref())
}

/// The same, by all that it depends on.
pub fn hears(
    audience: &Audience,
    reach: Reach,
    owner: Option<UserId>,
    character: Option<&CharacterId>,
) -> bool {
    let reaches = match reach {
        Reach::Everyone => true,
        Reach::Guild(guild) => audience.guild == Some(guild),
        Reach::Room { room, .. } => audience.rooms.contains(&room),
    };
    let own = audience.alone.is_some() && audience.alone == owner;
    let told = character.is_none() || character == audience.character.as_ref();
    (reaches || own) && told
}

/// The words under which an item is looked for by place: `g` and the guild, `c` and the direct channel, or `all`.
pub fn scope(reach: Reach) -> String {
    match reach {
        Reach::Room { guild: Some(guild), .. } | Reach::Guild(guild) => format!("g{guild}"),
        Reach::Room { guild: None, room } => format!("c{room}"),
        Reach::Everyone => "all".to_owned(),
    }
}

/// A source as a number: a message's id, or the negative number of a reply's turn.
pub const fn source_key(source: Source) -> i64 {
    match source {
        Source::Message(message) => message.get().cast_signed(),
        Source::Reply(turn) => turn.cast_signed().saturating_neg(),
    }
}

/// The source of a number.
pub const fn source_of(key: i64) -> Source {
    if key < 0 {
        Source::Reply(key.unsigned_abs())
    } else {
        Source::Message(domain::MessageId(key.unsigned_abs()))
    }
}
