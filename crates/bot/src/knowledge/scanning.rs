//! What changed in the operator's folder.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io,
};

use domain::{GuildId, Timestamp};
use store::{Document, KeptDocument, Origin, StoreError};

use super::{
    Knowledge, NotKept, Steps, checksum,
    folder::{self, Found, Listing, Stamp},
    full,
    keeping::{Shelf, parts_of, shelves},
    reading, tell,
};

/// How long a file rests before its time is believed: what is written twice within the resolution of a file system's
/// clock has the same time twice.
const RESTS_MS: i64 = 4_000;

/// Files that are read between two lines in the log.
const LINES: usize = 25;

/// Refusals that are told to whoever asked for a scan; the log has all of them.
const REFUSALS: usize = 20;

/// What a scan did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scanned {
    /// Documents that were new or had changed.
    pub read: usize,
    /// Their passages.
    pub passages: u64,
    /// Documents that were as before.
    pub unchanged: usize,
    /// Documents that went with their files.
    pub removed: usize,
    /// The first documents that could not be read: their names, and why, as the rest of a sentence.
    pub refused: Vec<(String, String)>,
}

/// A scan failed.
#[derive(Debug, thiserror::Error)]
pub enum Unscanned {
    /// The folder cannot be looked into; what is known of it stays.
    #[error("the folder {path} cannot be read")]
    Folder {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The thread that looked was lost.
    #[error("looking into the folder was given up")]
    Lost,
}

/// What a scan knows.
struct Scan<'a> {
    /// What came from the folder, as it was at the beginning.
    all: Vec<KeptDocument>,
    /// The same with parts put together, by name.
    known: BTreeMap<String, Shelf>,
    /// How many documents there are, by server.
    counts: HashMap<Option<GuildId>, u64>,
    now: Timestamp,
    steps: &'a Steps,
}

impl Scan<'_> {
    fn shelf(&self, name: &str) -> Option<&Shelf> {
        self.known.get(name)
    }
}

/// What became of a file.
enum Outcome {
    Unchanged,
    Kept {
        passages: u64,
        missing: Option<String>,
    },
    Refused(String),
    /// Somebody writes it, or it went at this moment: the next scan will see.
    Later,
}

impl Knowledge {
    /// Looks through the folder and reads what changed; all of it, or what belongs to one server.
    pub async fn scan(
        &self,
        only: Option<GuildId>,
        now: Timestamp,
        steps: &Steps,
    ) -> Result<Scanned, Unscanned> {
        let _turn = self.turn(&self.0.scanning).await?;
        if self.first_time() {
            self.clear(&self.0.store.documents_from(Origin::Command).await?).await?;
        }
        let all = self.0.store.documents_from(Origin::Folder).await?;
        self.clear(&all).await?;
        let mut listing = self.listing().await?;
        if only.is_none() {
            self.complain(&listing);
        }
        let names: BTreeSet<String> = listing.files.iter().map(|found| found.name.clone()).collect();
        self.notice(|noticed| noticed.seen.retain(|name, _| names.contains(name)));
        let mine = |guild: Option<GuildId>| only.is_none() || only == guild;
        listing.files.retain(|found| mine(found.whose.guild));
        let mut scanned = Scanned::default();
        let mut scan = Scan { known: by_name(shelves(all.clone())), all, counts: HashMap::new(), now, steps };
        // First what is gone: it makes room.
        if !listing.partial {
            let gone = |shelf: &&Shelf| mine(shelf.document.guild) && !names.contains(&shelf.document.name);
            for shelf in scan.known.values().filter(gone) {
                self.drop_shelf(shelf, &scan.all).await?;
                scanned.removed += 1;
            }
        }
        let (as_before, maybe): (Vec<&Found>, Vec<&Found>) =
            listing.files.iter().partition(|found| self.is_as_before(found, &scan));
        scanned.unchanged = as_before.len();
        for (index, found) in maybe.iter().enumerate() {
            tell(steps, index + 1, maybe.len(), &found.name);
            if index > 0 && index % LINES == 0 {
                tracing::info!(file = index, of = maybe.len(), read = scanned.read, "looking at documents");
            }
            let outcome = self.look(found, &mut scan).await?;
            self.count(&mut scanned, found, outcome);
        }
        if scanned.read + scanned.removed > 0 {
            let Scanned { read, passages, unchanged, removed, .. } = &scanned;
            tracing::info!(read, passages, unchanged, removed, "the folder of documents was looked through");
        }
        Ok(scanned)
    }

    fn count(&self, scanned: &mut Scanned, found: &Found, outcome: Outcome) {
        match outcome {
            Outcome::Unchanged => scanned.unchanged += 1,
            Outcome::Later => {}
            Outcome::Kept { passages, missing } => {
                let missing = missing.as_deref();
                tracing::info!(document = %found.name, passages, missing, "a document was read");
                scanned.read += 1;
                scanned.passages += passages;
            }
            Outcome::Refused(why) => {
                self.complain_once(&found.name, &why);
                if scanned.refused.len() < REFUSALS {
                    scanned.refused.push((found.name.clone(), why));
                }
            }
        }
    }

    async fn listing(&self) -> Result<Listing, Unscanned> {
        let Some(folder) = self.0.folder.clone() else { return Ok(Listing::default()) };
        let path = folder.path.clone();
        match tokio::task::spawn_blocking(move || folder::list(&path)).await {
            Ok(Ok(listing)) => Ok(listing),
            Ok(Err(error)) if !folder.required && error.kind() == io::ErrorKind::NotFound => {
                Ok(Listing::default())
            }
            Ok(Err(source)) => Err(Unscanned::Folder { path: folder.path.display().to_string(), source }),
            Err(_) => Err(Unscanned::Lost),
        }
    }

    async fn drop_shelf(&self, shelf: &Shelf, all: &[KeptDocument]) -> Result<(), StoreError> {
        self.0.store.remove_document(shelf.id).await?;
        for part in parts_of(all, &shelf.document) {
            self.0.store.remove_document(part).await?;
        }
        tracing::info!(document = %shelf.document.name, "a document is gone with its file");
        Ok(())
    }

    /// Whether nothing speaks for a change.
    fn is_as_before(&self, found: &Found, scan: &Scan<'_>) -> bool {
        let seen = self.notice(|noticed| noticed.seen.get(&found.name) == Some(&found.stamp));
        seen && scan.shelf(&found.name).is_some()
    }

    async fn look(&self, found: &Found, scan: &mut Scan<'_>) -> Result<Outcome, Unscanned> {
        // Nothing is read for which there is no room.
        let guild = found.whose.guild;
        if scan.shelf(&found.name).is_none() {
            let most = Document::most(guild);
            if self.documents_there(guild, scan).await? >= most {
                return Ok(Outcome::Refused(format!("finds no room: {most} documents are the most")));
            }
        }
        let most = found.ending.most();
        let mut document = document(found, scan.now);
        if found.stamp.bytes > most as u64 {
            document.sha256 = format!("{} bytes", found.stamp.bytes);
            document.bytes = found.stamp.bytes;
            return self
                .refuse(document, format!("is larger than {} MB", most >> 20), found.stamp, scan)
                .await;
        }
        let file = found.clone();
        let read = tokio::task::spawn_blocking(move || {
            folder::read(&file).map(|read| read.map(|(bytes, stamp)| (checksum(&bytes), bytes, stamp)))
        });
        let (sum, bytes, stamp) = match read.await.map_err(|_| Unscanned::Lost)? {
            Ok(Some(read)) => read,
            Ok(None) => return Ok(Outcome::Later),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Outcome::Later),
            Err(error) => return Ok(Outcome::Refused(format!("cannot be read: {error}"))),
        };
        (document.sha256, document.bytes) = (sum, bytes.len() as u64);
        let before = scan.shelf(&found.name).map(|shelf| &shelf.document);
        // What could not be read is tried again at each start: perhaps by a program that can.
        if before.is_some_and(|before| before.sha256 == document.sha256 && before.trouble.is_none()) {
            self.rests(&found.name, stamp, scan.now);
            return Ok(Outcome::Unchanged);
        }
        let known = match reading::read(bytes, found.ending).await {
            Ok(known) => known,
            Err(why) => return self.refuse(document, why, stamp, scan).await,
        };
        let kept = {
            let _turn = self.turn(&self.0.putting).await?;
            self.keep(&document, known.pieces, &scan.all, scan.steps).await
        };
        match kept.map_err(full) {
            Ok(put) => {
                *scan.counts.entry(guild).or_default() += u64::from(!put.replaced);
                self.rests(&found.name, stamp, scan.now);
                Ok(Outcome::Kept { passages: put.passages, missing: known.missing })
            }
            Err(NotKept::Refused(why)) => Ok(Outcome::Refused(why)),
            Err(NotKept::Store(error)) => Err(error.into()),
        }
    }

    async fn documents_there(&self, guild: Option<GuildId>, scan: &mut Scan<'_>) -> Result<u64, StoreError> {
        if let Some(count) = scan.counts.get(&guild) {
            return Ok(*count);
        }
        let count = self.0.store.documents(guild).await?.len() as u64;
        scan.counts.insert(guild, count);
        Ok(count)
    }

    /// Notes that a file says nothing, so that it is neither read every minute nor missing without a word. What it
    /// said before is gone.
    async fn refuse(
        &self,
        mut document: Document,
        why: String,
        stamp: Stamp,
        scan: &mut Scan<'_>,
    ) -> Result<Outcome, Unscanned> {
        document.trouble = Some(why.clone());
        let before = scan.shelf(&document.name).map(|shelf| &shelf.document);
        let same =
            |before: &Document| (&before.sha256, &before.trouble) == (&document.sha256, &document.trouble);
        if !before.is_some_and(same) {
            let _turn = self.turn(&self.0.putting).await?;
            let put = self.keep(&document, Vec::new(), &scan.all, scan.steps).await?;
            *scan.counts.entry(document.guild).or_default() += u64::from(!put.replaced);
        }
        self.rests(&document.name, stamp, scan.now);
        Ok(Outcome::Refused(why))
    }

    /// Believes a file's time, if it is old enough.
    fn rests(&self, name: &str, stamp: Stamp, now: Timestamp) {
        if stamp.changed > 0 && now.as_millis() - stamp.changed > RESTS_MS {
            self.notice(|noticed| noticed.seen.insert(name.to_owned(), stamp));
        }
    }

    fn complain(&self, listing: &Listing) {
        // What was put right may be told anew when it goes wrong again.
        let still: BTreeSet<_> = listing.wrong.iter().cloned().collect();
        let names: BTreeSet<&str> = listing.files.iter().map(|found| found.name.as_str()).collect();
        self.notice(|noticed| {
            noticed.told.retain(|told| still.contains(told) || names.contains(told.0.as_str()));
        });
        for (path, why) in &listing.wrong {
            self.complain_once(path, why);
        }
    }

    fn complain_once(&self, path: &str, why: &str) {
        if self.notice(|noticed| noticed.told.insert((path.to_owned(), why.to_owned()))) {
            tracing::warn!(document = path, why, "a document cannot be read");
        }
    }
}

fn document(found: &Found, now: Timestamp) -> Document {
    Document {
        guild: found.whose.guild,
        character: found.whose.character.clone(),
        category: found.whose.category.clone(),
        name: found.name.clone(),
        origin: Origin::Folder,
        added_by: None,
        added_at: now,
        sha256: String::new(),
        bytes: 0,
        trouble: None,
    }
}

fn by_name(shelves: Vec<Shelf>) -> BTreeMap<String, Shelf> {
    shelves.into_iter().map(|shelf| (shelf.document.name.clone(), shelf)).collect()
}
