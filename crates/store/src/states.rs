//! What characters keep in mind: documents that the store does not look into.

use async_trait::async_trait;

use crate::{Result, StoreError};

/// Bytes of a key.
const KEY_BYTES: usize = 160;

/// Bytes of a document: a mind holds tens of kilobytes, so something runs away here.
pub const STATE_BYTES: usize = 1024 * 1024;

/// A document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateDoc {
    /// `KIND/ID` or `KIND/ID/MORE`, of visible ASCII characters; `ID` is the number of the guild or channel that it
    /// belongs to and is forgotten with ([`crate::Library::forget_guild`]).
    pub key: String,
    /// Grows with every change; a message's id fits.
    pub version: u64,
    /// The document.
    pub json: String,
}

impl StateDoc {
    /// Whether it can be kept; otherwise `Invalid`.
    pub fn check(&self) -> Result<()> {
        check_key(&self.key)?;
        if self.version > i64::MAX.cast_unsigned() {
            return Err(StoreError::Invalid("a state's version is too large"));
        }
        if self.json.len() > STATE_BYTES {
            return Err(StoreError::Invalid("a state is too large"));
        }
        Ok(())
    }

    /// The number in the key.
    pub fn place(&self) -> Option<u64> {
        self.key.split('/').nth(1)?.parse().ok().filter(|id| *id <= i64::MAX.cast_unsigned())
    }
}

/// Whether a text can be a key; otherwise `Invalid`.
pub fn check_key(key: &str) -> Result<()> {
    let fits = !key.is_empty() && key.len() <= KEY_BYTES && key.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then_some(()).ok_or(StoreError::Invalid("this cannot be the key of a state"))
}

/// The characters' states.
#[async_trait]
pub trait States: Send + Sync {
    /// The documents of these keys in the same order, in one read.
    async fn states(&self, keys: &[String]) -> Result<Vec<Option<StateDoc>>>;

    /// Keeps documents, all or none. One whose version is older than the kept one's is left out: what is newer stays.
    async fn keep_states(&self, docs: &[StateDoc]) -> Result<()>;

    /// Removes the document of a key and those below it (`KEY/…`).
    async fn forget_states(&self, key: &str) -> Result<()>;
}
