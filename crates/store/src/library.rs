//! What guilds brought along: their own characters and lorebooks.

use async_trait::async_trait;
use domain::{CharacterId, GuildId, Timestamp, UserId, limits};

use crate::{Result, StoreError};

/// A guild's own character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuildCard {
    /// Whose.
    pub guild: GuildId,
    /// The character's id, unique in the guild.
    pub id: CharacterId,
    /// Who brought it.
    pub owner: UserId,
    /// The file as it came: JSON, PNG or CHARX.
    pub card: Vec<u8>,
    /// The file's name.
    pub file_name: String,
    /// When it, or what is there now, came.
    pub added_at: Timestamp,
}

/// A guild's own lorebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuildBook {
    /// Whose.
    pub guild: GuildId,
    /// Its name, unique in the guild.
    pub name: String,
    /// Who brought it.
    pub owner: UserId,
    /// The book.
    pub json: String,
    /// When it, or what is there now, came.
    pub added_at: Timestamp,
}

/// What a list tells of a card or a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelved {
    /// The character's id or the book's name.
    pub name: String,
    /// Who brought it.
    pub owner: UserId,
    /// The card's file name; empty for a book.
    pub file_name: String,
    /// Its length.
    pub bytes: u64,
    /// When it, or what is there now, came.
    pub added_at: Timestamp,
}

/// Characters of a book's name.
const NAME_CHARS: usize = 100;

/// Bytes of a file's name.
const FILE_NAME_BYTES: usize = 1_024;

impl GuildCard {
    /// Whether it can be kept; otherwise `TooLarge` or `Invalid`.
    pub fn check(&self) -> Result<()> {
        check(self.card.len(), limits::CARD_BYTES)?;
        if self.file_name.len() > FILE_NAME_BYTES {
            return Err(StoreError::Invalid("the file's name is too long"));
        }
        Ok(())
    }
}

impl GuildBook {
    /// Whether it can be kept; otherwise `TooLarge` or `Invalid`.
    pub fn check(&self) -> Result<()> {
        check(self.json.len(), limits::BOOK_BYTES)?;
        if self.name.is_empty() || self.name.chars().count() > NAME_CHARS {
            return Err(StoreError::Invalid("a book's name has 1 to 100 characters"));
        }
        Ok(())
    }
}

fn check(bytes: usize, most: usize) -> Result<()> {
    if bytes > most { Err(StoreError::TooLarge { bytes, most }) } else { Ok(()) }
}

/// Guilds' own characters and books.
///
/// Who replaces a card or a book does not become its owner.
#[async_trait]
pub trait Library: Send + Sync {
    /// Keeps a card. `Exists` when the guild has one of that id and it is not to be replaced, `Full` when the guild
    /// has as many as it may, `TooLarge`.
    async fn put_card(&self, card: &GuildCard, replace: bool) -> Result<()>;

    /// A guild's cards, by id.
    async fn cards(&self, guild: GuildId) -> Result<Vec<Shelved>>;

    /// One card.
    async fn card(&self, guild: GuildId, id: &CharacterId) -> Result<Option<GuildCard>>;

    /// Removes a card; answers whether it was there.
    async fn remove_card(&self, guild: GuildId, id: &CharacterId) -> Result<bool>;

    /// Keeps a book; fails like [`Library::put_card`].
    async fn put_book(&self, book: &GuildBook, replace: bool) -> Result<()>;

    /// A guild's books, by name.
    async fn books(&self, guild: GuildId) -> Result<Vec<Shelved>>;

    /// One book.
    async fn book(&self, guild: GuildId, name: &str) -> Result<Option<GuildBook>>;

    /// Removes a book; answers whether it was there.
    async fn remove_book(&self, guild: GuildId, name: &str) -> Result<bool>;

    /// Removes what was said on a guild and everything that is remembered of it, its documents and bonds, its cards and
    /// books, its settings (scopes `guild/ID`, and `channel/ID` of its channels) and its states and those of its
    /// channels. Its channels are those of the guild's cursors.
    ///
    /// Each channel goes in a transaction of its own, the rest in the last one; who was interrupted calls it again.
    async fn forget_guild(&self, guild: GuildId) -> Result<()>;
}
