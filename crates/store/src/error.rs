//! What can go wrong, by what the caller can do about it.

use std::sync::Arc;

/// The engine's own words; shared because one failed commit answers many callers.
pub type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// Why a store did not do it. Nothing of the failed call is kept.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else holds the database for too long; trying again can help.
    #[error("the store is busy")]
    Busy(#[source] Cause),
    /// The store is closed, its disk is full, its file cannot be opened or another process owns it.
    #[error("the store is unavailable: {reason}")]
    Unavailable {
        /// What an operator must know.
        reason: String,
        /// What the engine says.
        #[source]
        source: Option<Cause>,
    },
    /// The stored data cannot be read as what it must be. Nothing was changed.
    #[error("the store is damaged: {reason}")]
    Corrupt {
        /// What an operator must know.
        reason: String,
        /// What the engine says.
        #[source]
        source: Option<Cause>,
    },
    /// A newer version of this program wrote the data.
    #[error("the data has schema version {found}, this program knows {known}: use the newer program again")]
    TooNew {
        /// The version found.
        found: u32,
        /// The newest version this program knows.
        known: u32,
    },
    /// The call does not fit what is stored: an unknown or finished turn, a part that was never staged, an id
    /// that means something else already.
    #[error("conflict: {0}")]
    Conflict(&'static str),
    /// There is one of that name already.
    #[error("there is one of that name already")]
    Exists,
    /// There are as many as there may be.
    #[error("there are {most} {what} already, and more may not be")]
    Full {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        most: u64,
    },
    /// It is larger than it may be.
    #[error("it has {bytes} bytes, {most} may be")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The largest size.
        most: usize,
    },
    /// The call makes no sense with any data.
    #[error("invalid: {0}")]
    Invalid(&'static str),
}

impl StoreError {
    /// Out of reach, without a word from the engine.
    pub fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable { reason: reason.into(), source: None }
    }

    /// Damaged data, with or without a word from the engine.
    pub fn corrupt(reason: impl Into<String>, source: Option<Cause>) -> Self {
        Self::Corrupt { reason: reason.into(), source }
    }
}
