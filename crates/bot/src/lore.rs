//! The lorebooks of servers, and what a character knows in one: its own book and the server's as one.

use std::{fmt, sync::Arc};

use domain::{
    CharacterId, GuildId, card,
    character::{Character, Lorebook},
    lore::{LoreEntry, Owner, Strategy},
};
use store::{GuildBook, Store};

use crate::{app::App, cards, kept::Kept};

/// Servers whose books are kept in memory, characters whose books are kept merged with them, and how many bytes each
/// of the two kinds has at most.
const GUILDS: usize = 500;
const MERGED: usize = 2_000;
const BYTES: usize = 64 * 1024 * 1024;

/// Bytes of a server's books that its characters know, the first by name: a library of novels would be read anew
/// with every message, as it fits into no memory.
pub(crate) const GUILD_BYTES: usize = 8 * 1024 * 1024;

/// Every server's books. A cheap handle.
#[derive(Clone)]
pub struct Lore(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    guilds: Kept<GuildId, Arc<Vec<Book>>>,
    merged: Kept<(GuildId, CharacterId), Arc<Merged>>,
}

/// A server's book as it is used.
#[derive(Clone, Debug)]
pub struct Book {
    /// Its name on this server.
    pub name: String,
    /// What it says.
    pub book: Lorebook,
}

/// A merged book with what it was made of: when one of them is another now, so must the book be.
struct Merged {
    character: Arc<Character>,
    books: Arc<Vec<Book>>,
    book: Arc<Lorebook>,
}

/// The lore of a character in a guild: the server's books and its own as one. `None` where the server has none: then
/// the character's own book is all there is.
pub async fn books(
    app: &App,
    guild: Option<GuildId>,
    character: &Arc<Character>,
) -> store::Result<Option<Arc<Lorebook>>> {
    let Some(guild) = guild else { return Ok(None) };
    let books = app.lore.of(guild).await?;
    if books.is_empty() {
        return Ok(None);
    }
    app.lore.merged(guild, character, books).await.map(Some)
}

impl Lore {
    /// The books that are kept in a store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        let (guilds, merged) = (Kept::new(GUILDS, BYTES), Kept::new(MERGED, BYTES));
        Self(Arc::new(Inner { store, guilds, merged }))
    }

    /// A server's books, by name.
    pub async fn of(&self, guild: GuildId) -> store::Result<Arc<Vec<Book>>> {
        self.0.guilds.get(&guild, self.read(guild)).await
    }

    /// Keeps a book; who asks next has it.
    pub async fn keep(&self, book: &GuildBook, replace: bool) -> store::Result<()> {
        let kept = self.0.store.put_book(book, replace).await;
        self.0.guilds.changed(&book.guild);
        kept
    }

    /// Removes a book; whether it was there.
    pub async fn remove(&self, guild: GuildId, name: &str) -> store::Result<bool> {
        let removed = self.0.store.remove_book(guild, name).await;
        self.0.guilds.changed(&guild);
        removed
    }

    async fn merged(
        &self,
        guild: GuildId,
        character: &Arc<Character>,
        books: Arc<Vec<Book>>,
    ) -> store::Result<Arc<Lorebook>> {
        let key = (guild, character.id.clone());
        let make = async {
            let book = Arc::new(merge(character, &books));
            let weight = weight(&book);
            let merged = Merged { character: character.clone(), books: books.clone(), book };
            Ok::<_, store::StoreError>((Arc::new(merged), weight))
        };
        let kept = self.0.merged.get(&key, make).await?;
        if Arc::ptr_eq(&kept.character, character) && Arc::ptr_eq(&kept.books, &books) {
            return Ok(kept.book.clone());
        }
        self.0.merged.changed(&key);
        Ok(Arc::new(merge(character, &books)))
    }

    /// A guild's books were changed in the store: they are read again.
    pub(crate) fn reread(&self, guild: GuildId) {
        self.0.guilds.changed(&guild);
    }

    async fn read(&self, guild: GuildId) -> store::Result<(Arc<Vec<Book>>, usize)> {
        let mut books = Vec::new();
        let mut bytes = 0;
        for shelved in self.0.store.books(guild).await? {
            let Some(kept) = self.0.store.book(guild, &shelved.name).await? else { continue };
            bytes += kept.json.len();
            if bytes > GUILD_BYTES {
                tracing::warn!(%guild, book = %kept.name, "there is no room for this and further lorebooks");
                break;
            }
            match parsed(kept.json).await {
                Ok(book) => books.push(Book { name: kept.name, book }),
                Err(error) => {
                    tracing::warn!(%guild, book = %kept.name, %error, "a lorebook cannot be read any more");
                }
            }
        }
        let weight = 1 + books.iter().map(|book| weight(&book.book)).sum::<usize>();
        Ok((Arc::new(books), weight))
    }
}

/// A book's JSON, read aside.
pub(crate) async fn parsed(json: String) -> Result<Lorebook, Unread> {
    Ok(cards::aside(move || card::parse_lorebook(json.as_bytes())).await.ok_or(Unread::Lost)??)
}

/// A lorebook cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unread {
    /// It is none.
    #[error(transparent)]
    NoBook(#[from] card::CardError),
    /// The reader died of it.
    #[error("it cannot be read")]
    Lost,
}

/// About how many bytes of memory a book takes.
fn weight(book: &Lorebook) -> usize {
    let entry = |entry: &LoreEntry| {
        let keys = entry.keys.iter().chain(&entry.secondary_keys);
        // A key is kept as it was written and as it is looked for.
        let keys: usize = keys.map(|key| 128 + 5 * key.text().len()).sum();
        let id = entry.automation_id.as_ref().map_or(0, String::len);
        512 + id + entry.content.len() + entry.label.len() + keys
    };
    256 + book.entries.iter().map(entry).sum::<usize>()
}

/// A character's own lore gets room first: it is what makes it the character.
fn merge(character: &Character, books: &[Book]) -> Lorebook {
    let own = character.book.as_ref().map(|book| (Owner::Character, book));
    let all: Vec<_> = own.into_iter().chain(books.iter().map(|book| (Owner::Global, &book.book))).collect();
    Lorebook::merged(&all, Strategy::CharacterFirst)
}

impl fmt::Debug for Lore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lore").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use domain::{Timestamp, UserId};
    use store::memory::MemoryStore;

    use super::*;

    const GUILD: GuildId = GuildId(1);

    fn book(name: &str, word: &str) -> GuildBook {
        GuildBook {
            guild: GUILD,
            name: name.to_owned(),
            owner: UserId(7),
            json: format!(r#"{{"entries":{{"0":{{"key":["sea"],"content":"{word}"}}}}}}"#),
            added_at: Timestamp(0),
        }
    }

    fn somebody(own: &str) -> Arc<Character> {
        let card = format!(
            r#"{{"spec":"chara_card_v2","spec_version":"2.0","data":{{"name":"Q","character_book":{{"entries":[{{"keys":["sea"],"content":"{own}"}}]}}}}}}"#
        );
        Arc::new(card::parse(card.as_bytes()).unwrap())
    }

    async fn known(lore: &Lore, character: &Arc<Character>) -> Vec<String> {
        let books = lore.of(GUILD).await.unwrap();
        let merged = lore.merged(GUILD, character, books).await.unwrap();
        merged.entries.iter().map(|entry| entry.content.clone()).collect()
    }

    #[tokio::test]
    async fn what_is_kept_is_known_at_once_and_what_is_removed_is_not() {
        let lore = Lore::new(Arc::new(MemoryStore::new()));
        let quill = somebody("own");
        assert_eq!(known(&lore, &quill).await, ["own"]);
        lore.keep(&book("tides", "salt"), false).await.unwrap();
        assert_eq!(known(&lore, &quill).await, ["own", "salt"]);
        assert!(lore.keep(&book("tides", "sweet"), false).await.is_err());
        assert_eq!(known(&lore, &quill).await, ["own", "salt"]);
        lore.keep(&book("tides", "sweet"), true).await.unwrap();
        assert_eq!(known(&lore, &quill).await, ["own", "sweet"]);
        // An edited card is another character.
        assert_eq!(known(&lore, &somebody("new")).await, ["new", "sweet"]);
        assert!(lore.remove(GUILD, "tides").await.unwrap());
        assert_eq!(known(&lore, &quill).await, ["own"]);
        assert!(lore.of(GuildId(2)).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn books_weigh_what_stands_in_them_and_a_server_has_so_much_room() {
        let lore = Lore::new(Arc::new(MemoryStore::new()));
        let large = "x".repeat(3 * 1024 * 1024);
        for name in ["a", "b", "c"] {
            lore.keep(&book(name, &large), false).await.unwrap();
        }
        let (books, weight) = lore.read(GUILD).await.unwrap();
        assert_eq!(books.iter().map(|book| book.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert!(weight > 2 * large.len(), "{weight}");
    }
}
