//! The default store: one `SQLite` file.
//!
//! All work happens on threads of its own. One writer gathers the jobs that wait into one durable transaction
//! (WAL, `synchronous=FULL`) and answers them after the commit; two readers serve the rest.

mod alternatives;
mod bonds;
mod channels;
mod documents;
mod engine;
mod fault;
mod history;
mod items;
mod journal;
mod library;
mod memories;
mod messages;
mod outbox;
mod privacy;
mod recall;
mod row;
mod schema;
mod settings;
mod sql;
mod states;
mod vectors;

use std::path::Path;

use store::{Result, StoreError};

use engine::Engine;

/// A store in one file, owned by this process alone.
///
/// A call whose future is dropped may still happen, whole. [`store::Settings::close`] ends it in order; dropping it
/// ends it too, in the background.
#[derive(Debug)]
pub struct SqliteStore {
    engine: Engine,
    segments: recall::Segments,
}

impl SqliteStore {
    /// Opens the file, makes it when it is missing, and brings an older schema up to date; before that, a copy of the
    /// old state is put to `backup/pre-VERSION.db` beside it.
    ///
    /// `Unavailable` when another process owns it (file `LOCK` beside it), `Corrupt` when it is damaged or not
    /// ours, `TooNew` when a newer program wrote it; in these cases it is left as it is.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_owned();
        let opened = tokio::task::spawn_blocking(move || Engine::start(schema::open(&path)?));
        match opened.await {
            Ok(engine) => Ok(Self { engine: engine?, segments: recall::Segments::default() }),
            Err(_) => Err(StoreError::unavailable("opening it was stopped")),
        }
    }
}
