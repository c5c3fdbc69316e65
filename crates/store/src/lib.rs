//! What outlives the process, as use cases: one method is one transaction, ids and times are passed in, and no
//! SQL type crosses the line.
//!
//! A turn's life: [`Journal::accept`] (what came in is safe) → [`Outbox::stage`] and [`Outbox::posted`] while
//! its reply streams, none or several times → [`Outbox::settle`] (the reply is decided) → [`Outbox::complete`].
//! A short reply needs three transactions: accept, settle, complete. After a crash [`Journal::unfinished`] tells
//! how far each turn came.
//!
//! A turn may hand on to the next one, a cue, in the transaction that ends it. [`Alternatives::reopen`] begins a
//! finished turn's reply once more, and [`Alternatives::choose`] takes an earlier one back.
//!
//! [`conformance()`] is what every implementation must pass; [`memory::MemoryStore`] is the model it is compared with.

mod alternatives;
pub mod channels;
pub mod conformance;
mod documents;
mod error;
mod history;
mod journal;
mod library;
pub mod memories;
pub mod memory;
mod messages;
mod outbox;
pub mod privacy;
pub mod recall;
mod settings;
mod states;
pub mod trigger;
pub mod vector;

pub use alternatives::{Alternative, Alternatives};
pub use channels::{Channels, Cleared, LineAt};
pub use conformance::conformance;
pub use documents::{Document, Documents, KeptDocument, Origin};
pub use domain::scene::{Line, Speaker};
pub use error::{Cause, StoreError};
pub use history::{Answered, Counted, History, SceneRecord};
pub use journal::{Accepted, Journal, Outcome, Pending, TurnId, TurnRecord};
pub use library::{GuildBook, GuildCard, Library, Shelved};
pub use memories::{Bond, Bonds, Ending, Lesson, Memories, RowToken, Unremembered, VectorModel, Vectors};
pub use messages::{KeptMessage, Messages};
pub use outbox::{Outbox, PART_OF_A_QUESTION, Part, PartState, Receipt, Settled, SettledReceipt, Shown};
pub use privacy::{Column, Erased, Holds, PAGE, PersonRecord, Privacy, TABLES, Table};
pub use recall::{Probe, Query, Recall};
pub use settings::{Counts, Pruned, Retention, Settings};
pub use states::{STATE_BYTES, StateDoc, States, check_key};
pub use trigger::{Trigger, TriggerKind};

/// Everything that outlives the process; used as `Arc<dyn Store>`.
pub trait Store:
    Journal
    + Outbox
    + Alternatives
    + History
    + Channels
    + Messages
    + Memories
    + Vectors
    + Bonds
    + Recall
    + Documents
    + States
    + Library
    + Settings
    + Privacy
{
}

impl<T> Store for T where
    T: Journal
        + Outbox
        + Alternatives
        + History
        + Channels
        + Messages
        + Memories
        + Vectors
        + Bonds
        + Recall
        + Documents
        + States
        + Library
        + Settings
        + Privacy
{
}

/// What every method answers.
pub type Result<T> = std::result::Result<T, StoreError>;
