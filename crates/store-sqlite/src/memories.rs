//! What is remembered, in SQL.

use std::collections::BTreeSet;

use async_trait::async_trait;
use domain::{
    ChannelId, CharacterId, Timestamp, Untrusted, UserId,
    audience::Audience,
    memory::{Detail, Draft, Item, ItemId, Kind, Reach, Source},
};
use rusqlite::{Connection, Row, params};
use store::{
    Lesson, Memories, Result, RowToken, StoreError, Unremembered,
    memories::{check_draft, scope, source_key},
};

use crate::{
    SqliteStore,
    fault::Fault,
    history::speaker,
    items::{add, forget, get, has_opted_out, items, remove},
    row::{Id, all, change, first, maybe_id, parsed, place},
    sql::memory as sql,
};

type Ran<T = ()> = std::result::Result<T, Fault>;

/// Batches that one call answers.
const BATCHES: u32 = 16;

#[async_trait]
impl Memories for SqliteStore {
    async fn unremembered(&self, limit: u32) -> Result<Vec<Unremembered>> {
        self.engine
            .read(move |connection| Ok(all(connection, sql::UNREMEMBERED, [limit], unremembered)?))
            .await
    }

    async fn remember(&self, lines: &[(RowToken, Option<Draft>)]) -> Result<Vec<ItemId>> {
        lines.iter().filter_map(|(_, draft)| draft.as_ref()).try_for_each(check_draft)?;
        let lines = lines.to_vec();
        self.engine
            .write(move |connection| {
                let mut added = Vec::new();
                for (token, draft) in lines {
                    if let Some(item) = remember(connection, token, draft.as_ref())? {
                        added.push(item);
                    }
                }
                Ok(added)
            })
            .await
    }

    async fn add_items(&self, drafts: &[Draft]) -> Result<Vec<ItemId>> {
        drafts.iter().try_for_each(check_draft)?;
        let drafts = drafts.to_vec();
        self.engine
            .write(move |connection| {
                let mut added = Vec::new();
                for draft in drafts {
                    added.extend(add(connection, &draft)?.map(number));
                }
                Ok(added)
            })
            .await
    }

    async fn unlearned(&self, quiet_before: Timestamp, at_least: u32, limit: u32) -> Result<Vec<Vec<Item>>> {
        self.engine
            .read(move |connection| {
                let ripe = params![at_least, quiet_before.as_millis(), BATCHES];
                let mut batches = Vec::new();
                for (channel, character) in all(connection, sql::UNLEARNED_CHANNELS, ripe, owners)? {
                    batches.push(items(connection, sql::UNLEARNED, params![channel, character, limit])?);
                }
                Ok(batches)
            })
            .await
    }

    async fn learn(&self, lesson: &Lesson) -> Result<Vec<ItemId>> {
        let drafts = lesson.add.iter().chain(lesson.change.iter().map(|(_, draft)| draft));
        for draft in drafts {
            check_draft(draft)?;
            if draft.sources.is_empty() {
                return Err(StoreError::Invalid("what was learned has sources"));
            }
        }
        let lesson = lesson.clone();
        self.engine.erase(move |connection| learn(connection, &lesson)).await
    }

    async fn untold(
        &self,
        level: u8,
        quiet_before: Timestamp,
        at_least: u32,
        limit: u32,
    ) -> Result<Vec<Vec<Item>>> {
        self.engine
            .read(move |connection| {
                let (quiet, mut batches) = (quiet_before.as_millis(), Vec::new());
                let Some(below) = level.checked_sub(1) else {
                    let ripe = params![at_least, quiet, BATCHES];
                    for (channel, character) in all(connection, sql::UNTOLD_CHANNELS, ripe, owners)? {
                        batches.push(items(connection, sql::UNTOLD, params![channel, character, limit])?);
                    }
                    return Ok(batches);
                };
                let ripe = params![at_least, quiet, BATCHES, below];
                for (channel, character) in all(connection, sql::UNTOLD_EPISODES_CHANNELS, ripe, owners)? {
                    let of = params![channel, character, limit, below];
                    batches.push(items(connection, sql::UNTOLD_EPISODES, of)?);
                }
                Ok(batches)
            })
            .await
    }

    async fn tell(&self, of: &[ItemId], episode: &Draft) -> Result<Option<ItemId>> {
        check_draft(episode)?;
        let (of, episode) = (of.to_vec(), episode.clone());
        self.engine.write(move |connection| tell(connection, &of, episode)).await
    }

    async fn about(&self, person: UserId, audience: &Audience, limit: u32) -> Result<Vec<Item>> {
        let audience = audience.clone();
        self.engine
            .read(move |connection| {
                let (guild, alone) = (audience.guild.map(|id| Id(id.0)), audience.alone.map(|id| Id(id.0)));
                let character = audience.character.as_ref().map(CharacterId::as_str);
                let rooms = serde_json::to_string(&audience.rooms)?;
                let values = params![Id(person.get()), guild, rooms, alone, character, limit];
                Ok(items(connection, sql::ABOUT, values)?)
            })
            .await
    }

    async fn item(&self, id: ItemId) -> Result<Option<Item>> {
        self.engine.read(move |connection| Ok(get(connection, key(id))?)).await
    }

    async fn items_of(
        &self,
        person: UserId,
        kinds: &[Kind],
        before: Option<ItemId>,
        limit: u32,
    ) -> Result<Vec<Item>> {
        let kinds: BTreeSet<_> = kinds.iter().copied().collect();
        self.engine
            .read(move |connection| {
                let mut ids = BTreeSet::new();
                let before = before.map_or(i64::MAX, key);
                for kind in kinds {
                    for statement in [sql::OWNED_BY, sql::ALL_ABOUT] {
                        let of = params![Id(person.get()), kind_column(kind), before, limit];
                        ids.extend(all(connection, statement, of, |row| row.get::<_, i64>(0))?);
                    }
                }
                let newest = ids.into_iter().rev().take(limit as usize);
                Ok(newest
                    .map(|id| get(connection, id))
                    .filter_map(rusqlite::Result::transpose)
                    .collect::<rusqlite::Result<_>>()?)
            })
            .await
    }

    async fn made_of(&self, source: Source) -> Result<Vec<Item>> {
        self.engine
            .read(move |connection| {
                let ids = all(connection, sql::MADE_OF, [source_key(source)], |row| row.get::<_, i64>(0))?;
                let found = ids.into_iter().map(|id| get(connection, id));
                Ok(found.filter_map(rusqlite::Result::transpose).collect::<rusqlite::Result<_>>()?)
            })
            .await
    }

    async fn older(&self, channel: ChannelId, before: Timestamp, limit: u32) -> Result<Vec<ItemId>> {
        self.engine
            .read(move |connection| {
                let of = params![Id(channel.get()), before.as_millis(), limit];
                Ok(all(connection, sql::OLDER, of, |row| Ok(ItemId(row.get::<_, Id>(0)?.0)))?)
            })
            .await
    }

    async fn correct(&self, id: ItemId, text: &Untrusted) -> Result<Option<ItemId>> {
        let text = text.clone();
        self.engine
            .erase(move |connection| {
                let Some(Item { mut draft, .. }) = get(connection, key(id))? else { return Ok(None) };
                draft.text = text;
                check_draft(&draft)?;
                let added = add(connection, &draft)?;
                settled(connection, key(id), added)?;
                remove(connection, key(id))?;
                Ok(added.map(number))
            })
            .await
    }

    async fn share(&self, id: ItemId, reach: Reach) -> Result<Option<ItemId>> {
        self.engine
            .write(move |connection| {
                let Some(Item { mut draft, .. }) = get(connection, key(id))? else { return Ok(None) };
                draft.reach = reach;
                let added = add(connection, &draft)?;
                if let Some(added) = added {
                    change(connection, sql::COPY_VECTORS, params![key(id), added, scope(reach)])?;
                }
                settled(connection, key(id), added)?;
                remove(connection, key(id))?;
                Ok(added.map(number))
            })
            .await
    }

    async fn remove_items(&self, ids: &[ItemId]) -> Result<u64> {
        let ids: BTreeSet<_> = ids.iter().copied().map(key).collect();
        self.engine
            .erase(move |connection| {
                let mut there = Vec::new();
                for id in ids {
                    there.extend(get(connection, id)?);
                }
                for item in &there {
                    remove(connection, key(item.id))?;
                }
                for item in there.iter().filter(|item| item.draft.detail == Detail::Line) {
                    item.draft.sources.iter().try_for_each(|source| forget(connection, *source))?;
                }
                Ok(there.len() as u64)
            })
            .await
    }
}

pub(crate) fn key(id: ItemId) -> i64 {
    id.0.cast_signed()
}

fn number(id: i64) -> ItemId {
    ItemId(id.cast_unsigned())
}

pub(crate) fn kind_column(kind: Kind) -> &'static str {
    match kind {
        Kind::Line => "line",
        Kind::Fact => "fact",
        Kind::Episode => "episode",
        Kind::Passage => "passage",
    }
}

fn owners(row: &Row<'_>) -> rusqlite::Result<(Option<Id>, Option<String>)> {
    Ok((row.get(0)?, row.get(1)?))
}

fn unremembered(row: &Row<'_>) -> rusqlite::Result<Unremembered> {
    let (message, turn) = (maybe_id(row, 1)?, row.get::<_, Option<Id>>(2)?);
    let source = said_by(row.get(1)?, turn);
    let text: String = row.get(8)?;
    let nobody = row.get_ref(14)? == rusqlite::types::ValueRef::Null;
    let row_id: Id = row.get(0)?;
    Ok(Unremembered {
        row: RowToken::new(row_id.0, source, &text),
        place: place(row, 10)?,
        source,
        position: row.get::<_, Id>(3)?.0,
        line: domain::scene::Line {
            who: speaker(row, 4)?,
            text: Untrusted::new(text),
            message,
            at: Timestamp(row.get(9)?),
        },
        with: if nobody { None } else { Some(parsed(row, 14)?) },
    })
}

fn said_by(message: Option<Id>, turn: Option<Id>) -> Source {
    match (turn, message) {
        (Some(Id(turn)), _) => Source::Reply(turn),
        (None, Some(Id(message))) => Source::Message(message.into()),
        (None, None) => Source::Message(0.into()),
    }
}

fn remember(connection: &Connection, token: RowToken, draft: Option<&Draft>) -> Ran<Option<ItemId>> {
    let row = i64::try_from(token.row).unwrap_or(-1);
    let found = first(connection, sql::STILL_UNREMEMBERED, [row], |row| {
        let source = said_by(row.get(0)?, row.get(1)?);
        Ok((RowToken::new(token.row, source, row.get_ref(2)?.as_str()?), row.get::<_, Id>(3)?))
    })?;
    let Some((_, user)) = found.filter(|(now, _)| *now == token) else { return Ok(None) };
    change(connection, sql::LOOKED_AT, [row])?;
    let Some(draft) = draft else { return Ok(None) };
    // Whoever opted out is not remembered, and neither is what was said to them.
    if has_opted_out(connection, Some(user), None)? {
        return Ok(None);
    }
    Ok(add(connection, draft)?.map(number))
}

/// What takes an item's place is learned and told as far as the old one was.
fn settled(connection: &Connection, old: i64, new: Option<i64>) -> Ran {
    if let Some(new) = new {
        change(connection, sql::TAKE_OVER, [old, new])?;
        change(connection, sql::TAKE_OVER_ENDINGS, [old, new])?;
    }
    Ok(())
}

fn learn(connection: &Connection, lesson: &Lesson) -> Ran<Vec<ItemId>> {
    let mut lines = Vec::with_capacity(lesson.of.len());
    for id in &lesson.of {
        lines.extend(get(connection, key(*id))?);
    }
    let allowed: BTreeSet<Source> = lines.iter().flat_map(|line| &line.draft.sources).copied().collect();
    let mut open = BTreeSet::new();
    let mut added = Vec::new();
    for draft in &lesson.add {
        if draft.sources.iter().all(|source| allowed.contains(source)) {
            added.extend(add(connection, draft)?.map(number));
        } else {
            open.extend(draft.sources.iter().copied());
        }
    }
    for ending in &lesson.end {
        if !ending.by.iter().all(|source| allowed.contains(source)) {
            open.extend(ending.by.iter().copied());
        } else if change(connection, sql::END, params![key(ending.item), ending.at.as_millis()])? > 0 {
            for source in &ending.by {
                change(connection, sql::ADD_ENDING, [key(ending.item), source_key(*source)])?;
            }
        }
    }
    for (old, draft) in &lesson.change {
        let known = get(connection, key(*old))?;
        let fits = known.is_some_and(|known| {
            draft
                .sources
                .iter()
                .all(|source| allowed.contains(source) || known.draft.sources.contains(source))
        });
        if fits {
            added.extend(add(connection, draft)?.map(number));
            remove(connection, key(*old))?;
        } else {
            open.extend(draft.sources.iter().copied());
        }
    }
    for id in &lesson.remove {
        remove(connection, key(*id))?;
    }
    for line in lines.iter().filter(|line| !line.draft.sources.iter().any(|source| open.contains(source))) {
        change(connection, sql::LEARNED, [key(line.id)])?;
    }
    Ok(added)
}

fn tell(connection: &Connection, of: &[ItemId], mut episode: Draft) -> Ran<Option<ItemId>> {
    let mut sources: BTreeSet<i64> = BTreeSet::new();
    for id in of {
        let Some(item) = get(connection, key(*id))? else { return Ok(None) };
        sources.extend(item.draft.sources.into_iter().map(source_key));
    }
    episode.sources = sources.into_iter().map(store::memories::source_of).collect();
    check_draft(&episode)?;
    for id in of {
        change(connection, sql::TOLD, [key(*id)])?;
    }
    Ok(add(connection, &episode)?.map(number))
}
