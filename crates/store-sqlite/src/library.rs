//! What guilds brought along, in SQL.

use async_trait::async_trait;
use domain::{CharacterId, GuildId, Timestamp, UserId, limits};
use rusqlite::{Connection, params};
use store::{GuildBook, GuildCard, Library, Result, Shelved, StoreError};

use crate::{
    SqliteStore,
    fault::Fault,
    history, items,
    row::{Id, all, change, first, id},
    sql,
};

type Ran<T = ()> = std::result::Result<T, Fault>;

/// Where something stands.
#[derive(Clone)]
struct Shelf {
    guild: GuildId,
    kind: &'static str,
    name: String,
}

/// What stands there.
struct Volume {
    owner: UserId,
    file_name: String,
    added_at: Timestamp,
    content: Vec<u8>,
}

#[async_trait]
impl Library for SqliteStore {
    async fn put_card(&self, card: &GuildCard, replace: bool) -> Result<()> {
        card.check()?;
        let volume = Volume {
            owner: card.owner,
            file_name: card.file_name.clone(),
            added_at: card.added_at,
            content: card.card.clone(),
        };
        self.put(of_card(card.guild, &card.id), volume, replace).await
    }

    async fn cards(&self, guild: GuildId) -> Result<Vec<Shelved>> {
        self.shelved(guild, "card").await
    }

    async fn card(&self, guild: GuildId, id: &CharacterId) -> Result<Option<GuildCard>> {
        let found = self.volume(of_card(guild, id)).await?;
        Ok(found.map(|Volume { owner, file_name, added_at, content }| GuildCard {
            guild,
            id: id.clone(),
            owner,
            card: content,
            file_name,
            added_at,
        }))
    }

    async fn remove_card(&self, guild: GuildId, id: &CharacterId) -> Result<bool> {
        self.take_down(of_card(guild, id)).await
    }

    async fn put_book(&self, book: &GuildBook, replace: bool) -> Result<()> {
        book.check()?;
        let volume = Volume {
            owner: book.owner,
            file_name: String::new(),
            added_at: book.added_at,
            content: book.json.clone().into_bytes(),
        };
        self.put(of_book(book.guild, &book.name), volume, replace).await
    }

    async fn books(&self, guild: GuildId) -> Result<Vec<Shelved>> {
        self.shelved(guild, "book").await
    }

    async fn book(&self, guild: GuildId, name: &str) -> Result<Option<GuildBook>> {
        let Some(found) = self.volume(of_book(guild, name)).await? else { return Ok(None) };
        let json = String::from_utf8(found.content).map_err(|error| {
            StoreError::corrupt("a lorebook is no text", Some(std::sync::Arc::new(error)))
        })?;
        let (name, owner, added_at) = (name.to_owned(), found.owner, found.added_at);
        Ok(Some(GuildBook { guild, name, owner, json, added_at }))
    }

    async fn remove_book(&self, guild: GuildId, name: &str) -> Result<bool> {
        self.take_down(of_book(guild, name)).await
    }

    async fn forget_guild(&self, guild: GuildId) -> Result<()> {
        let id = Id(guild.get());
        let channels: Vec<Id> = self
            .engine
            .read(move |connection| Ok(all(connection, sql::CHANNELS_OF_GUILD, [id], |row| row.get(0))?))
            .await?;
        for channel in channels {
            self.forget_long_channel(channel.0.into()).await?;
            self.engine
                .erase(move |connection| {
                    history::forget(connection, channel.0.into())?;
                    forget_place(connection, "channel", channel)
                })
                .await?;
        }
        let some = move |connection: &Connection| {
            items::forget_some_of_guild(connection, guild, Some(history::FORGET_BATCH))
        };
        while self.engine.write(some).await? >= history::FORGET_BATCH {}
        self.engine
            .erase(move |connection| {
                items::forget_guild(connection, guild)?;
                change(connection, sql::FORGET_LIBRARY, [id])?;
                forget_place(connection, "guild", id)
            })
            .await
    }
}

fn of_card(guild: GuildId, id: &CharacterId) -> Shelf {
    Shelf { guild, kind: "card", name: id.as_str().to_owned() }
}

fn of_book(guild: GuildId, name: &str) -> Shelf {
    Shelf { guild, kind: "book", name: name.to_owned() }
}

fn forget_place(connection: &Connection, kind: &str, place: Id) -> Ran {
    change(connection, sql::FORGET_PLACE, [place])?;
    change(connection, sql::FORGET_SCOPE, [format!("{kind}/{}", place.0)])?;
    Ok(())
}

impl SqliteStore {
    async fn put(&self, shelf: Shelf, volume: Volume, replace: bool) -> Result<()> {
        self.engine
            .write(move |connection| {
                room(connection, &shelf, volume.content.len(), replace)?;
                let Volume { owner, file_name, added_at, content } = volume;
                let (guild, owner, at) = (Id(shelf.guild.get()), Id(owner.get()), added_at.as_millis());
                let row = params![guild, shelf.kind, shelf.name, owner, file_name, at, content];
                change(connection, sql::SHELVE, row)?;
                Ok(())
            })
            .await
    }

    async fn shelved(&self, guild: GuildId, kind: &'static str) -> Result<Vec<Shelved>> {
        self.engine
            .read(move |connection| {
                Ok(all(connection, sql::SHELF, params![Id(guild.get()), kind], |row| {
                    Ok(Shelved {
                        name: row.get(0)?,
                        owner: id(row, 1)?,
                        file_name: row.get(2)?,
                        bytes: row.get::<_, Id>(3)?.0,
                        added_at: Timestamp(row.get(4)?),
                    })
                })?)
            })
            .await
    }

    async fn volume(&self, Shelf { guild, kind, name }: Shelf) -> Result<Option<Volume>> {
        self.engine
            .read(move |connection| {
                Ok(first(connection, sql::VOLUME, params![Id(guild.get()), kind, name], |row| {
                    Ok(Volume {
                        owner: id(row, 0)?,
                        file_name: row.get(1)?,
                        added_at: Timestamp(row.get(2)?),
                        content: row.get(3)?,
                    })
                })?)
            })
            .await
    }

    async fn take_down(&self, Shelf { guild, kind, name }: Shelf) -> Result<bool> {
        self.engine
            .write(move |connection| {
                Ok(change(connection, sql::TAKE_DOWN, params![Id(guild.get()), kind, name])? > 0)
            })
            .await
    }
}

/// Whether something new, or in the place of something old, may be put on a shelf.
fn room(connection: &Connection, Shelf { guild, kind, name }: &Shelf, new: usize, replace: bool) -> Ran {
    let guild = Id(guild.get());
    let number = |statement, values: &[&dyn rusqlite::ToSql]| {
        first(connection, statement, values, |row| row.get(0)).map(|found| found.map(|Id(number)| number))
    };
    let old = number(sql::VOLUME_BYTES, &[&guild, kind, name])?;
    if old.is_some() && !replace {
        return Err(StoreError::Exists.into());
    }
    let (what, most) = if *kind == "card" {
        ("characters", limits::GUILD_CARDS)
    } else {
        ("lorebooks", limits::GUILD_BOOKS)
    };
    let most = most as u64;
    if old.is_none() && number(sql::SHELF_COUNT, &[&guild, kind])?.is_some_and(|count| count >= most) {
        return Err(StoreError::Full { what, most }.into());
    }
    let used = number(sql::LIBRARY_BYTES, &[&guild])?.unwrap_or(0);
    let most = limits::GUILD_LIBRARY_BYTES;
    if used - old.unwrap_or(0) + new as u64 > most {
        return Err(StoreError::Full { what: "bytes of characters and lorebooks", most }.into());
    }
    Ok(())
}
