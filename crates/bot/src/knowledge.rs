//! Documents that characters know: the operator's folder, and what managers of servers upload.
//!
//! A document is read aside, cut into passages and kept in one transaction: it is whole or not there. A very large
//! one is kept in parts; the first part is put last and decides, so a crash leaves what was there before, and the
//! next scan clears away what does not belong to it. The folder is looked through every minute: size and time tell
//! what may have changed, the checksum what has. Looking is sturdier than being told by the file system, which
//! network drives and containers do not do.

mod folder;
mod html;
mod keeping;
mod reading;
mod scanning;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeSet, HashMap},
    fmt::{self, Write as _},
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use domain::{CharacterId, GuildId, Timestamp, UserId, limits};
use sha2::{Digest as _, Sha256};
use store::{Document, KeptDocument, Origin, Store, StoreError};
use tokio::sync::{Semaphore, SemaphorePermit, watch};

pub use keeping::Shelf;
pub use scanning::{Scanned, Unscanned};

use keeping::{parts_of, shelves};
use reading::Ending;

/// Characters of a category.
pub const CATEGORY_CHARS: usize = 40;

/// Characters of an uploaded document's name.
const NAME_CHARS: usize = 100;

/// What is read, for whoever is told.
pub const READABLE: &str = ".txt, .md, .html and .pdf";

/// Documents. A cheap handle.
#[derive(Clone)]
pub struct Knowledge(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    folder: Option<Folder>,
    /// One scan at a time.
    scanning: Semaphore,
    /// One document at a time is weighed against what is there, and put.
    putting: Semaphore,
    /// Whether what a crash left was cleared away.
    cleared: AtomicBool,
    noticed: Mutex<Noticed>,
}

/// Where the operator's documents lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// The path.
    pub path: PathBuf,
    /// Whether it must be there: one that is configured may lie on a drive that is away for a moment, and then
    /// nothing of it is forgotten.
    pub required: bool,
}

/// What the last scans saw of the folder; no more than there are files.
#[derive(Default)]
struct Noticed {
    seen: HashMap<String, folder::Stamp>,
    /// What the log was told already.
    told: BTreeSet<(String, String)>,
}

/// A document that somebody uploads.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Where.
    pub guild: GuildId,
    /// Which character alone knows it.
    pub character: Option<CharacterId>,
    /// Where it belongs; empty: `general`.
    pub category: String,
    /// The file's name.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// Who.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
}

/// What became of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// As it is called from now on.
    pub name: String,
    /// Its category.
    pub category: String,
    /// How many passages it has.
    pub passages: u64,
    /// What became of it.
    pub how: How,
    /// What of it is missing, as the rest of a sentence.
    pub missing: Option<String>,
}

/// How a document stands to what was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It is new.
    New,
    /// It took the place of another version.
    Replaced,
    /// The same was there already.
    Unchanged,
}

/// A document is not kept.
#[derive(Debug, thiserror::Error)]
pub enum NotKept {
    /// It cannot be read, or there is no room; the rest of a sentence that begins with its name.
    #[error("{0}")]
    Refused(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How far something long has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// The number of what is worked on, from 1; 0 before anything is.
    pub number: usize,
    /// Of how many.
    pub of: usize,
    /// What it is.
    pub what: String,
}

/// Where steps are told; whoever listens sees the newest one.
pub type Steps = watch::Sender<Step>;

impl Knowledge {
    /// Over a store, and the operator's folder if there is one.
    pub fn new(store: Arc<dyn Store>, folder: Option<Folder>) -> Self {
        Self(Arc::new(Inner {
            store,
            folder,
            scanning: Semaphore::new(1),
            putting: Semaphore::new(1),
            cleared: AtomicBool::new(false),
            noticed: Mutex::default(),
        }))
    }

    /// The documents of a server, or those that are everybody's, by name; large ones as one.
    pub async fn of(&self, guild: Option<GuildId>) -> store::Result<Vec<Shelf>> {
        Ok(shelves(self.0.store.documents(guild).await?))
    }

    /// Whether there is a folder to look through.
    pub fn has_folder(&self) -> bool {
        self.0.folder.as_ref().is_some_and(|folder| folder.required || folder.path.is_dir())
    }

    /// Keeps a document that was uploaded, in the place of one of the same name.
    pub async fn add(&self, upload: Upload, steps: &Steps) -> Result<Added, NotKept> {
        let name = name_of(&upload.name);
        let Some(ending) = Ending::of(&name) else {
            return Err(NotKept::Refused(format!("is none of the kinds that are read: {READABLE}")));
        };
        let Upload { guild, character, by, at, bytes, .. } = upload;
        let category = category(&upload.category);
        let document = Document {
            guild: Some(guild),
            character,
            category: category.clone(),
            name: name.clone(),
            origin: Origin::Command,
            added_by: Some(by),
            added_at: at,
            sha256: checksum(&bytes),
            bytes: bytes.len() as u64,
            trouble: None,
        };
        tell(steps, 1, 1, &name);
        let added = |passages, how, missing| Added { name, category, passages, how, missing };
        if let Some(passages) = self.room(&document).await? {
            return Ok(added(passages, How::Unchanged, None));
        }
        let known = reading::read(bytes, ending).await.map_err(NotKept::Refused)?;
        // Somebody else may have put something meanwhile.
        let _turn = self.turn(&self.0.putting).await?;
        if let Some(passages) = self.room(&document).await? {
            return Ok(added(passages, How::Unchanged, None));
        }
        let before = self.0.store.documents(Some(guild)).await?;
        let kept = self.keep(&document, known.pieces, &before, steps).await.map_err(full)?;
        let how = if kept.replaced { How::Replaced } else { How::New };
        Ok(added(kept.passages, how, known.missing))
    }

    /// Whether there is room for an upload; its passages, if the very same is there already.
    async fn room(&self, document: &Document) -> Result<Option<u64>, NotKept> {
        let mut taken = document.bytes;
        for shelf in self.of(document.guild).await? {
            let kept = &shelf.document;
            if kept.origin != Origin::Command {
                continue;
            }
            if (&kept.character, &kept.name) != (&document.character, &document.name) {
                taken += kept.bytes;
            } else if (&kept.sha256, &kept.category) == (&document.sha256, &document.category) {
                return Ok(Some(shelf.passages));
            }
        }
        if taken <= limits::GUILD_DOCUMENT_BYTES {
            return Ok(None);
        }
        Err(NotKept::Refused(format!(
            "finds no room: the documents of a server have {} MB together at most",
            limits::GUILD_DOCUMENT_BYTES >> 20
        )))
    }

    /// Removes a document that was uploaded to a server; answers what it was, if it was there.
    pub async fn remove(&self, guild: GuildId, id: u64) -> store::Result<Option<Document>> {
        let all = self.0.store.documents(Some(guild)).await?;
        let uploaded = |kept: &&KeptDocument| kept.id == id && kept.document.origin == Origin::Command;
        let Some(kept) = all.iter().find(uploaded).cloned() else { return Ok(None) };
        // The first part decides: it goes first, and the others belong to nothing.
        self.0.store.remove_document(kept.id).await?;
        for part in parts_of(&all, &kept.document) {
            self.0.store.remove_document(part).await?;
        }
        Ok(Some(kept.document))
    }

    async fn turn<'a>(&self, room: &'a Semaphore) -> Result<SemaphorePermit<'a>, StoreError> {
        // Nobody closes it.
        room.acquire().await.map_err(|_| StoreError::Invalid("the program ends"))
    }

    fn notice<T>(&self, with: impl FnOnce(&mut Noticed) -> T) -> T {
        with(&mut self.0.noticed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether this is the first time that somebody asks.
    fn first_time(&self) -> bool {
        !self.0.cleared.swap(true, Ordering::AcqRel)
    }
}

impl fmt::Debug for Knowledge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Knowledge").field("folder", &self.0.folder).finish_non_exhaustive()
    }
}

/// A category as it is kept: one line in lower case.
pub fn category(given: &str) -> String {
    let line = given.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = crate::cards::printable(&line).to_lowercase();
    let cut: String = line.chars().take(CATEGORY_CHARS).collect();
    if cut.is_empty() { folder::GENERAL.to_owned() } else { cut }
}

/// A file's name as it is kept and shown, without a path.
fn name_of(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain = crate::cards::printable(last).split_whitespace().collect::<Vec<_>>().join(" ");
    let (stem, ending) = plain.rsplit_once('.').unwrap_or((&plain, ""));
    let stem: String = stem.chars().take(NAME_CHARS).collect();
    let stem = if stem.is_empty() { "document" } else { &stem };
    format!("{stem}.{}", ending.chars().take(10).collect::<String>())
}

fn checksum(bytes: &[u8]) -> String {
    let mut sum = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a String cannot fail.
        let _ = write!(sum, "{byte:02x}");
    }
    sum
}

fn tell(steps: &Steps, number: usize, of: usize, what: &str) {
    steps.send_replace(Step { number, of, what: what.to_owned() });
}

fn full(error: StoreError) -> NotKept {
    match error {
        StoreError::Full { what, most } => {
            NotKept::Refused(format!("finds no room: {most} {what} are the most"))
        }
        error => error.into(),
    }
}
