//! States, and what guilds brought along.

use std::collections::BTreeSet;

use domain::{ChannelId, CharacterId, GuildId, limits};

use super::state::State;
use crate::{GuildBook, GuildCard, Result, Shelved, StateDoc, StoreError, check_key};

impl State {
    pub(super) fn states(&self, keys: &[String]) -> Vec<Option<StateDoc>> {
        keys.iter().map(|key| self.states.get(key).cloned()).collect()
    }

    /// Removes the documents of channels whose newest message is older than a snowflake.
    pub(super) fn prune_states(&mut self, silent_before: u64) -> u64 {
        let guilds: BTreeSet<u64> =
            self.cursors.values().filter_map(|(place, _)| place.guild).map(GuildId::get).collect();
        let cursors = &self.cursors;
        let silent = |place: u64| {
            let newest = cursors.get(&ChannelId(place)).map(|(_, newest)| newest.get());
            !guilds.contains(&place) && newest.is_some_and(|newest| newest < silent_before)
        };
        let before = self.states.len();
        self.states.retain(|_, doc| !doc.place().is_some_and(silent));
        (before - self.states.len()) as u64
    }

    pub(super) fn keep_states(&mut self, docs: &[StateDoc]) -> Result<()> {
        docs.iter().try_for_each(StateDoc::check)?;
        for doc in docs {
            if self.states.get(&doc.key).is_none_or(|kept| kept.version <= doc.version) {
                self.states.insert(doc.key.clone(), doc.clone());
            }
        }
        Ok(())
    }

    pub(super) fn forget_states(&mut self, key: &str) -> Result<()> {
        check_key(key)?;
        let below = format!("{key}/");
        self.states.retain(|kept, _| kept != key && !kept.starts_with(&below));
        Ok(())
    }

    pub(super) fn put_card(&mut self, card: &GuildCard, replace: bool) -> Result<()> {
        card.check()?;
        let key = (card.guild, card.id.clone());
        let old = self.cards.get(&key);
        let count = self.cards.keys().filter(|(guild, _)| *guild == card.guild).count();
        let old_bytes = old.map(|old| old.card.len());
        let what = ("characters", count, limits::GUILD_CARDS);
        self.room(card.guild, old_bytes, card.card.len(), replace, what)?;
        let owner = old.map_or(card.owner, |old| old.owner);
        self.cards.insert(key, GuildCard { owner, ..card.clone() });
        Ok(())
    }

    pub(super) fn cards(&self, guild: GuildId) -> Vec<Shelved> {
        let cards = self.cards.values().filter(|card| card.guild == guild);
        cards
            .map(|card| Shelved {
                name: card.id.as_str().to_owned(),
                owner: card.owner,
                file_name: card.file_name.clone(),
                bytes: card.card.len() as u64,
                added_at: card.added_at,
            })
            .collect()
    }

    pub(super) fn card(&self, guild: GuildId, id: &CharacterId) -> Option<GuildCard> {
        self.cards.get(&(guild, id.clone())).cloned()
    }

    pub(super) fn remove_card(&mut self, guild: GuildId, id: &CharacterId) -> bool {
        self.cards.remove(&(guild, id.clone())).is_some()
    }

    pub(super) fn put_book(&mut self, book: &GuildBook, replace: bool) -> Result<()> {
        book.check()?;
        let key = (book.guild, book.name.clone());
        let old = self.books.get(&key);
        let count = self.books.keys().filter(|(guild, _)| *guild == book.guild).count();
        let old_bytes = old.map(|old| old.json.len());
        let what = ("lorebooks", count, limits::GUILD_BOOKS);
        self.room(book.guild, old_bytes, book.json.len(), replace, what)?;
        let owner = old.map_or(book.owner, |old| old.owner);
        self.books.insert(key, GuildBook { owner, ..book.clone() });
        Ok(())
    }

    pub(super) fn books(&self, guild: GuildId) -> Vec<Shelved> {
        let books = self.books.values().filter(|book| book.guild == guild);
        books
            .map(|book| Shelved {
                name: book.name.clone(),
                owner: book.owner,
                file_name: String::new(),
                bytes: book.json.len() as u64,
                added_at: book.added_at,
            })
            .collect()
    }

    pub(super) fn book(&self, guild: GuildId, name: &str) -> Option<GuildBook> {
        self.books.get(&(guild, name.to_owned())).cloned()
    }

    pub(super) fn remove_book(&mut self, guild: GuildId, name: &str) -> bool {
        self.books.remove(&(guild, name.to_owned())).is_some()
    }

    pub(super) fn forget_guild(&mut self, guild: GuildId) {
        let channels = self.cursors.values().filter(|(place, _)| place.guild == Some(guild));
        let channels: BTreeSet<_> = channels.map(|(place, _)| place.channel.get()).collect();
        for channel in &channels {
            self.forget_channel(ChannelId(*channel));
        }
        self.forget_items_of_guild(guild);
        self.cards.retain(|(of, _), _| *of != guild);
        self.books.retain(|(of, _), _| *of != guild);
        self.states
            .retain(|_, doc| doc.place().is_none_or(|id| id != guild.get() && !channels.contains(&id)));
        let scopes: BTreeSet<_> = channels.iter().map(|channel| format!("channel/{channel}")).collect();
        let own = format!("guild/{guild}");
        self.settings.retain(|(scope, _), _| *scope != own && !scopes.contains(scope));
    }

    /// Whether something new, or in the place of something old, may be put on a guild's shelves.
    fn room(
        &self,
        guild: GuildId,
        old: Option<usize>,
        new: usize,
        replace: bool,
        (what, count, most): (&'static str, usize, usize),
    ) -> Result<()> {
        if old.is_some() && !replace {
            return Err(StoreError::Exists);
        }
        if old.is_none() && count >= most {
            return Err(StoreError::Full { what, most: most as u64 });
        }
        let bytes = |shelved: Vec<Shelved>| shelved.iter().map(|one| one.bytes).sum::<u64>();
        let used = bytes(self.cards(guild)) + bytes(self.books(guild));
        let most = limits::GUILD_LIBRARY_BYTES;
        if used - old.unwrap_or(0) as u64 + new as u64 > most {
            return Err(StoreError::Full { what: "bytes of characters and lorebooks", most });
        }
        Ok(())
    }
}
