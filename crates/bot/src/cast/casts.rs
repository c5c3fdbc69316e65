//! The casts of all guilds: who is everywhere, and who is in one guild because somebody imported a card there.

use std::{fmt, sync::Arc};

use domain::{CharacterId, GuildId};
use store::{GuildCard, Store, StoreError};
use tokio::sync::watch;

use super::{Cast, Origin};
use crate::{
    cards::{self, Card, CardFileError},
    kept::Kept,
};

/// Guilds whose casts are kept in memory, and bytes of their cards: fifty with a text and a face of a megabyte each
/// are the most that a guild has. The others are read when somebody speaks there.
const GUILDS: usize = 1_000;
const BYTES: usize = 256 * 1024 * 1024;

/// Every guild's cast. A cheap handle.
#[derive(Clone)]
pub struct Casts(Arc<Inner>);

struct Inner {
    everybody: Arc<Cast>,
    store: Arc<dyn Store>,
    guilds: Kept<GuildId, Arc<Cast>>,
    changes: watch::Sender<()>,
}

/// A character's card cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum NoCard {
    /// Nobody of that id is there.
    #[error("nobody of that name is here any more")]
    Unknown,
    /// The store has failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file is not what it was.
    #[error(transparent)]
    File(#[from] CardFileError),
}

impl Casts {
    /// Those who are in every guild and in direct messages, and where the others are kept.
    pub fn new(everybody: Cast, store: Arc<dyn Store>) -> Self {
        let (guilds, changes) = (Kept::new(GUILDS, BYTES), watch::Sender::new(()));
        Self(Arc::new(Inner { everybody: Arc::new(everybody), store, guilds, changes }))
    }

    /// Those who are in every guild and in direct messages.
    pub fn everybody(&self) -> &Arc<Cast> {
        &self.0.everybody
    }

    /// The cast of a guild, or of direct messages, as it is now.
    pub async fn of(&self, guild: Option<GuildId>) -> store::Result<Arc<Cast>> {
        match guild {
            None => Ok(self.0.everybody.clone()),
            Some(guild) => self.0.guilds.get(&guild, self.read(guild)).await,
        }
    }

    /// A character's card with its face, as it was written.
    pub async fn card(&self, guild: Option<GuildId>, id: &CharacterId) -> Result<Card, NoCard> {
        let cast = self.of(guild).await?;
        match (cast.origin(id), guild) {
            (Some(Origin::Guild { .. }), Some(guild)) => {
                let kept = self.0.store.card(guild, id).await?.ok_or(NoCard::Unknown)?;
                Ok(cards::read_aside(kept.card, kept.file_name).await?)
            }
            _ => Ok(cast.card(id).ok_or(NoCard::Unknown)??),
        }
    }

    /// Puts a card into a guild's cast; who has that id there already is only replaced if it is said so. The next
    /// who asks for the cast gets the new one.
    pub async fn keep(&self, card: &GuildCard, replace: bool) -> store::Result<()> {
        let kept = self.0.store.put_card(card, replace).await;
        self.changed(card.guild);
        kept
    }

    /// Takes a guild's own card out; whether it was there.
    pub async fn remove(&self, guild: GuildId, id: &CharacterId) -> store::Result<bool> {
        let removed = self.0.store.remove_card(guild, id).await;
        self.changed(guild);
        removed
    }

    /// Hears of it when a guild's cast has become another one.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.0.changes.subscribe()
    }

    fn changed(&self, guild: GuildId) {
        self.0.guilds.changed(&guild);
        self.0.changes.send_replace(());
    }

    /// A guild's cards were changed in the store: they are read again.
    pub(crate) fn reread(&self, guild: GuildId) {
        self.0.guilds.changed(&guild);
    }

    /// A guild's cast, with how much of it weighs.
    async fn read(&self, guild: GuildId) -> store::Result<(Arc<Cast>, usize)> {
        let own = self.0.store.cards(guild).await?;
        if own.is_empty() {
            return Ok((self.0.everybody.clone(), 1));
        }
        let mut cast = Cast::clone(&self.0.everybody);
        let mut weight = 1;
        for shelved in own {
            let Ok(id) = CharacterId::new(&shelved.name) else { continue };
            // Gone since the list was made: whoever took it out has the cast read anew.
            let Some(kept) = self.0.store.card(guild, &id).await? else { continue };
            // The file has a little more than what is kept of it.
            weight += kept.card.len();
            match cards::read_aside(kept.card, kept.file_name).await {
                Ok(card) => {
                    let (mut character, portrait) = card.into_parts();
                    // The one under which it is known here; the card's own may be another one's.
                    character.id = kept.id;
                    cast.put(character, portrait.map(Arc::from), Origin::Guild { owner: kept.owner });
                }
                // It was right when it was imported: a stricter version of this program came since.
                Err(error) => {
                    tracing::warn!(%guild, id = %kept.id, %error, "an imported card cannot be read any more");
                }
            }
        }
        Ok((Arc::new(cast), weight))
    }
}

impl fmt::Debug for Casts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Casts")
            .field("everybody", &self.0.everybody.characters().len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use domain::{Timestamp, UserId};
    use store::memory::MemoryStore;

    use super::*;
    use crate::config::CharactersConfig;

    const GUILD: GuildId = GuildId(1);

    fn casts() -> Casts {
        let everybody = Cast::load(&CharactersConfig { folder: None, enabled: Vec::new() }).unwrap();
        Casts::new(everybody, Arc::new(MemoryStore::new()))
    }

    fn card(id: &str, name: &str, text: &str) -> GuildCard {
        GuildCard {
            guild: GUILD,
            id: CharacterId::new(id).unwrap(),
            owner: UserId(7),
            card: format!(r#"{{"name":"{name}","description":"{text}"}}"#).into_bytes(),
            file_name: "card.json".to_owned(),
            added_at: Timestamp(0),
        }
    }

    #[tokio::test]
    async fn a_guilds_cast_is_the_one_of_this_moment() {
        let casts = casts();
        casts.keep(&card("quill-2", "Quill", "first"), false).await.unwrap();
        let before = casts.of(Some(GUILD)).await.unwrap();
        let quill = before.by_name("quill").unwrap();
        // The id of the shelf counts, not the one that the name would give.
        assert_eq!((quill.id.as_str(), quill.description.as_str()), ("quill-2", "first"));
        assert_eq!((before.characters().len(), before.owned_by(UserId(7))), (11, 1));
        casts.keep(&card("quill-2", "Quill", "second"), true).await.unwrap();
        assert_eq!(casts.of(Some(GUILD)).await.unwrap().by_name("quill").unwrap().description, "second");
        assert_eq!(quill.description, "first", "who was asked before stays who it was");
        let kept = casts.card(Some(GUILD), &quill.id).await.unwrap();
        assert!(kept.text().contains("second"));
        assert!(casts.remove(GUILD, &quill.id).await.unwrap());
        assert!(casts.of(Some(GUILD)).await.unwrap().by_name("quill").is_none());
        assert!(matches!(casts.card(Some(GUILD), &quill.id).await, Err(NoCard::Unknown)));
    }

    #[tokio::test]
    async fn a_card_in_a_built_in_ones_place_holds_in_its_guild_only() {
        let casts = casts();
        casts.keep(&card("zibbik", "Zibbik", "another"), false).await.unwrap();
        let (here, there) = (casts.of(Some(GUILD)).await.unwrap(), casts.of(Some(GuildId(2))).await.unwrap());
        let zibbik = CharacterId::new("zibbik").unwrap();
        assert_eq!(here.characters().len(), there.characters().len());
        assert_eq!(here.by_id(&zibbik).unwrap().description, "another");
        assert_ne!(there.by_id(&zibbik).unwrap().description, "another");
        assert!(here.face(&zibbik).is_some(), "a card without a picture keeps the face that is there");
        assert!(!casts.card(Some(GuildId(2)), &zibbik).await.unwrap().text().contains("another"));
    }

    #[tokio::test]
    async fn a_card_that_cannot_be_read_any_more_silences_nobody_else() {
        let casts = casts();
        casts.keep(&GuildCard { card: b"{".to_vec(), ..card("bad", "Bad", "") }, false).await.unwrap();
        casts.keep(&card("quill", "Quill", "first"), false).await.unwrap();
        let cast = casts.of(Some(GUILD)).await.unwrap();
        assert!(cast.by_name("quill").is_some() && cast.by_name("bad").is_none());
    }
}
