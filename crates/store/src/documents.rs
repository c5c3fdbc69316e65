//! Documents that characters know.

use async_trait::async_trait;
use domain::{
    CharacterId, GuildId, Timestamp, UserId, limits,
    memory::{Draft, Kind},
};

use crate::{Result, StoreError};

/// Where a document came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// The operator's folder.
    Folder,
    /// A command on a server.
    Command,
}

/// A document without its text, which is its passages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Whose; none if it is everybody's.
    pub guild: Option<GuildId>,
    /// Which character knows it; none if all do.
    pub character: Option<CharacterId>,
    /// What it belongs to; may be empty.
    pub category: String,
    /// Its name, unique for its guild and character.
    pub name: String,
    /// Where it came from.
    pub origin: Origin,
    /// Who brought it.
    pub added_by: Option<UserId>,
    /// When it, or what is there now, came.
    pub added_at: Timestamp,
    /// The file's checksum, in hexadecimal digits.
    pub sha256: String,
    /// The file's length.
    pub bytes: u64,
    /// Why it could not be read, in a sentence.
    pub trouble: Option<String>,
}

/// A document that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptDocument {
    /// Its number; another one after it was replaced.
    pub id: u64,
    /// What it is.
    pub document: Document,
    /// How many passages it has.
    pub passages: u64,
}

/// Bytes of each of its texts.
const LABEL_BYTES: usize = 1_024;

impl Document {
    /// Whether it can be kept; otherwise `Invalid` or `Full`.
    pub fn check(&self, passages: &[Draft]) -> Result<()> {
        if self.name.is_empty() {
            return Err(StoreError::Invalid("a document has a name"));
        }
        let labels = [&self.name, &self.category, &self.sha256];
        let long = labels.into_iter().chain(&self.trouble).any(|label| label.len() > LABEL_BYTES);
        if long || self.bytes > i64::MAX.cast_unsigned() {
            return Err(StoreError::Invalid("a document's name is too long"));
        }
        if passages.iter().any(|passage| passage.detail.kind() != Kind::Passage) {
            return Err(StoreError::Invalid("a document is made of passages"));
        }
        if passages.len() > limits::DOCUMENT_PASSAGES {
            let most = limits::DOCUMENT_PASSAGES as u64;
            return Err(StoreError::Full { what: "passages of a document", most });
        }
        Ok(())
    }

    /// How many documents a guild, or everybody, may have.
    pub const fn most(guild: Option<GuildId>) -> u64 {
        (if guild.is_some() { limits::GUILD_DOCUMENTS } else { limits::DOCUMENTS }) as u64
    }
}

/// Documents and their passages.
#[async_trait]
pub trait Documents: Send + Sync {
    /// Keeps a document with its passages in the place of the one of the same guild, character and name. The number in
    /// the passages is put there; sources they have none. Answers the document's number.
    ///
    /// `Full` when its guild has as many documents as it may or it has too many passages; `Invalid`.
    async fn put_document(&self, document: &Document, passages: &[Draft]) -> Result<u64>;

    /// The documents of a guild, or those that are everybody's, by name.
    async fn documents(&self, guild: Option<GuildId>) -> Result<Vec<KeptDocument>>;

    /// All documents that came from there, everybody's and all guilds', by guild, character and name.
    async fn documents_from(&self, origin: Origin) -> Result<Vec<KeptDocument>>;

    /// Removes a document and its passages; answers whether it was there.
    async fn remove_document(&self, id: u64) -> Result<bool>;
}
