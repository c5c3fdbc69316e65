//! A document with its passages, in one part or several.
//!
//! Parts behind the first are documents of their own, named after the first one, its checksum and their number.

use std::collections::BTreeMap;

use domain::{
    CharacterId, GuildId, Untrusted, limits,
    memory::{Detail, Draft, Reach},
};
use store::{Document, KeptDocument, Origin};

use super::{Knowledge, Steps, reading::Piece, tell};

/// Between a document's name, its checksum and a part's number. No file that is read has it in its name.
const PART: char = '\u{1F}';

/// A document as people see it: all of its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelf {
    /// The number of its first part.
    pub id: u64,
    /// The first part.
    pub document: Document,
    /// All of their passages.
    pub passages: u64,
}

/// What became of it.
pub(super) struct Put {
    pub(super) passages: u64,
    pub(super) replaced: bool,
}

impl Knowledge {
    /// Puts a document in the place of an older version, which is among those that were there before. Whoever calls
    /// it has the turn.
    pub(super) async fn keep(
        &self,
        document: &Document,
        pieces: Vec<Piece>,
        before: &[KeptDocument],
        steps: &Steps,
    ) -> store::Result<Put> {
        let store = &self.0.store;
        let passages = pieces.len() as u64;
        let mut drafts: Vec<Draft> = pieces.into_iter().map(|piece| draft(document, piece)).collect();
        let rest = drafts.split_off(drafts.len().min(limits::DOCUMENT_PASSAGES));
        let parts = rest.len().div_ceil(limits::DOCUMENT_PASSAGES);
        let mut put = Vec::new();
        for (index, part) in rest.chunks(limits::DOCUMENT_PASSAGES).enumerate() {
            tell(steps, index + 1, parts + 1, &document.name);
            match store.put_document(&further(document, index + 2), part).await {
                Ok(id) => put.push(id),
                Err(error) => {
                    for id in put {
                        store.remove_document(id).await?;
                    }
                    return Err(error);
                }
            }
        }
        store.put_document(document, &drafts).await?;
        // What is left of the version before.
        for part in parts_of(before, document) {
            if !put.contains(&part) {
                store.remove_document(part).await?;
            }
        }
        let same = |kept: &KeptDocument| Key::of(&kept.document) == Key::of(document);
        Ok(Put { passages, replaced: before.iter().any(same) })
    }

    /// Clears away parts that a crash left: those that belong to no first part, or to another version of it.
    pub(super) async fn clear(&self, all: &[KeptDocument]) -> store::Result<()> {
        let firsts: BTreeMap<Key<'_>, &str> = all
            .iter()
            .filter(|kept| !kept.document.name.contains(PART))
            .map(|kept| (Key::of(&kept.document), kept.document.sha256.as_str()))
            .collect();
        for kept in all.iter().filter(|kept| kept.document.name.contains(PART)) {
            if firsts.get(&Key::of(&kept.document)) != Some(&kept.document.sha256.as_str()) {
                self.0.store.remove_document(kept.id).await?;
            }
        }
        Ok(())
    }
}

/// What tells documents apart, for all parts the same.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    guild: Option<GuildId>,
    character: Option<&'a CharacterId>,
    origin: Origin,
    name: &'a str,
}

impl<'a> Key<'a> {
    fn of(document: &'a Document) -> Self {
        Self {
            guild: document.guild,
            character: document.character.as_ref(),
            origin: document.origin,
            name: base(&document.name),
        }
    }
}

/// The numbers of all parts of a document but the first, of any version.
pub(super) fn parts_of(all: &[KeptDocument], document: &Document) -> Vec<u64> {
    let part = |kept: &&KeptDocument| {
        kept.document.name.contains(PART) && Key::of(&kept.document) == Key::of(document)
    };
    all.iter().filter(part).map(|kept| kept.id).collect()
}

/// Documents with their parts put together. What has no first part is not there.
pub(super) fn shelves(all: Vec<KeptDocument>) -> Vec<Shelf> {
    let mut rest: BTreeMap<(Option<CharacterId>, String, String), u64> = BTreeMap::new();
    let mut shelves = Vec::new();
    for kept in all {
        let KeptDocument { id, document, passages } = kept;
        if document.name.contains(PART) {
            let key = (document.character.clone(), base(&document.name).to_owned(), document.sha256);
            *rest.entry(key).or_default() += passages;
        } else {
            shelves.push(Shelf { id, document, passages });
        }
    }
    for shelf in &mut shelves {
        let document = &shelf.document;
        let key = (document.character.clone(), document.name.clone(), document.sha256.clone());
        shelf.passages += rest.get(&key).copied().unwrap_or_default();
    }
    shelves
}

fn base(name: &str) -> &str {
    name.split(PART).next().unwrap_or_default()
}

fn further(document: &Document, number: usize) -> Document {
    let version = document.sha256.get(..16).unwrap_or_default();
    // The file counts once.
    Document { name: format!("{}{PART}{version}{PART}{number}", document.name), bytes: 0, ..document.clone() }
}

fn draft(document: &Document, piece: Piece) -> Draft {
    let title = document.name.rsplit('/').next().unwrap_or_default();
    Draft {
        reach: document.guild.map_or(Reach::Everyone, Reach::Guild),
        channel: None,
        character: document.character.clone(),
        owner: None,
        about: None,
        who: Untrusted::new(title),
        text: Untrusted::new(piece.text),
        at: document.added_at,
        until: None,
        position: 0,
        // The store puts the document's number there.
        detail: Detail::Passage { document: 0, heading: piece.heading },
        sources: Vec::new(),
    }
}
