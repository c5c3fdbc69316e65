//! Items in rows: adding, reading and forgetting them, always with their terms, sources and vectors.

use std::collections::BTreeSet;

use domain::{
    ChannelId, CharacterId, GuildId, Timestamp, Untrusted,
    memory::{Aspect, Detail, Draft, FactDetail, Item, ItemId, Reach, Source, terms::fold},
};
use rusqlite::{Connection, OptionalExtension as _, Row, params, types::Type};
use store::memories::{scope, source_key, source_of};

use crate::{
    fault::Fault,
    row::{Id, all, change, first, id, maybe_id, parsed},
    sql::memory as sql,
};

type Ran<T = ()> = std::result::Result<T, Fault>;

/// Adds an item that was checked; `None` when it is of or about somebody who opted out.
pub(crate) fn add(connection: &Connection, draft: &Draft) -> Ran<Option<i64>> {
    let person = |id: Option<domain::UserId>| id.map(|id| Id(id.get()));
    let (owner, about) = (person(draft.owner), person(draft.about));
    if has_opted_out(connection, owner, about)? {
        return Ok(None);
    }
    let (reach, guild, room) = reach_columns(draft.reach);
    let (who, text) = (draft.who.raw(), draft.text.raw());
    let (mut aspect, mut attribute, mut single, mut importance, mut confidence) =
        (None, None, None, None, None);
    let (mut level, mut document, mut heading) = (None, None, None);
    let kind = match &draft.detail {
        Detail::Line => "line",
        Detail::Fact(fact) => {
            (aspect, attribute) = (Some(fact.aspect.name()), Some(&*fact.attribute));
            (single, importance, confidence) =
                (Some(fact.single), Some(fact.importance), Some(fact.confidence));
            "fact"
        }
        Detail::Episode { level: of } => {
            level = Some(*of);
            "episode"
        }
        Detail::Passage { document: of, heading: below } => {
            (document, heading) = (Some(Id(*of)), Some(&**below));
            "passage"
        }
    };
    let row = params![
        reach,
        guild,
        room,
        draft.channel.map(|id| Id(id.get())),
        draft.character.as_ref().map(CharacterId::as_str),
        owner,
        about,
        who,
        text,
        draft.at.as_millis(),
        draft.until.map(Timestamp::as_millis),
        Id(draft.position),
        kind,
        aspect,
        attribute,
        single,
        importance,
        confidence,
        level,
        document,
        heading
    ];
    let item: i64 = connection.prepare_cached(sql::ADD_ITEM)?.query_row(row, |row| row.get(0))?;
    let scope = scope(draft.reach);
    let scopes = draft.owner.map_or_else(|| scope.clone(), |owner| format!("{scope} u{owner}"));
    let terms = fold(&heading.map_or_else(|| who.to_owned(), |heading| format!("{who} {heading}")), text);
    change(connection, sql::ADD_TERMS, params![item, scopes, terms])?;
    for source in &draft.sources {
        change(connection, sql::ADD_SOURCE, [item, source_key(*source)])?;
    }
    Ok(Some(item))
}

pub(crate) fn has_opted_out(connection: &Connection, one: Option<Id>, other: Option<Id>) -> Ran<bool> {
    if one.is_none() && other.is_none() {
        return Ok(false);
    }
    Ok(first(connection, sql::OPTED_OUT, params![one, other], |row| row.get(0))?.unwrap_or(false))
}

fn reach_columns(reach: Reach) -> (&'static str, Option<Id>, Option<Id>) {
    match reach {
        Reach::Room { guild, room } => ("room", guild.map(|id| Id(id.get())), Some(Id(room.get()))),
        Reach::Guild(guild) => ("guild", Some(Id(guild.get())), None),
        Reach::Everyone => ("everyone", None, None),
    }
}

/// A reach from three columns: its name, guild and room.
pub(crate) fn reach(row: &Row<'_>, at: usize) -> rusqlite::Result<Reach> {
    match row.get_ref(at)?.as_str()? {
        "room" => Ok(Reach::Room { guild: maybe_id(row, at + 1)?, room: id(row, at + 2)? }),
        "guild" => Ok(Reach::Guild(id(row, at + 1)?)),
        "everyone" => Ok(Reach::Everyone),
        other => Err(wrong(at, format!("`{other}` is no reach"))),
    }
}

fn wrong(column: usize, what: String) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, what.into())
}

/// An item without its sources, from the columns that `item!()` lists.
pub(crate) fn item(row: &Row<'_>) -> rusqlite::Result<Item> {
    let detail = match row.get_ref(13)?.as_str()? {
        "line" => Detail::Line,
        "fact" => {
            let aspect = row.get_ref(14)?.as_str()?;
            Detail::Fact(FactDetail {
                aspect: Aspect::named(aspect).ok_or_else(|| wrong(14, format!("`{aspect}` is no aspect")))?,
                attribute: row.get(15)?,
                single: row.get(16)?,
                importance: row.get(17)?,
                confidence: row.get(18)?,
            })
        }
        "episode" => Detail::Episode { level: row.get(19)? },
        "passage" => Detail::Passage { document: row.get::<_, Id>(20)?.0, heading: row.get(21)? },
        other => return Err(wrong(13, format!("`{other}` is no kind of item"))),
    };
    let character =
        if row.get_ref(5)? == rusqlite::types::ValueRef::Null { None } else { Some(parsed(row, 5)?) };
    let draft = Draft {
        reach: reach(row, 1)?,
        channel: maybe_id(row, 4)?,
        character,
        owner: maybe_id(row, 6)?,
        about: maybe_id(row, 7)?,
        who: Untrusted::new(row.get::<_, String>(8)?),
        text: Untrusted::new(row.get::<_, String>(9)?),
        at: Timestamp(row.get(10)?),
        until: row.get::<_, Option<i64>>(11)?.map(Timestamp),
        position: row.get::<_, Id>(12)?.0,
        detail,
        sources: Vec::new(),
    };
    Ok(Item { id: ItemId(row.get::<_, Id>(0)?.0), draft })
}

/// Items of a statement, with their sources.
pub(crate) fn items(
    connection: &Connection,
    statement: &str,
    values: impl rusqlite::Params,
) -> rusqlite::Result<Vec<Item>> {
    let mut items = all(connection, statement, values, item)?;
    for item in &mut items {
        item.draft.sources = sources(connection, item.id.0.cast_signed())?;
    }
    Ok(items)
}

/// What an item was made of, in the order of the numbers.
pub(crate) fn sources(connection: &Connection, item: i64) -> rusqlite::Result<Vec<Source>> {
    all(connection, sql::SOURCES, [item], |row| row.get(0).map(source_of))
}

pub(crate) fn get(connection: &Connection, id: i64) -> rusqlite::Result<Option<Item>> {
    Ok(items(connection, sql::ITEM, [id])?.pop())
}

/// Removes one item and nothing else; answers whether it was there.
pub(crate) fn remove(connection: &Connection, id: i64) -> rusqlite::Result<bool> {
    change(connection, sql::DROP_TERMS, [id])?;
    Ok(change(connection, sql::DROP_ITEM, [id])? > 0)
}

/// Removes everything that was made of a source, so that what is left is learned and told anew.
pub(crate) fn forget(connection: &Connection, source: Source) -> Ran {
    let key = source_key(source);
    let made: Vec<i64> = all(connection, sql::MADE_OF, [key], |row| row.get(0))?;
    if !made.is_empty() {
        forget_items(connection, &made)?;
    }
    let ended: Vec<i64> = all(connection, sql::ENDED_BY, [key], |row| row.get(0))?;
    for item in ended {
        change(connection, sql::END, params![item, None::<i64>])?;
        change(connection, sql::DROP_ENDINGS, [item])?;
    }
    Ok(())
}

pub(crate) fn forget_items(connection: &Connection, items: &[i64]) -> Ran {
    let mut unlearn = BTreeSet::new();
    let mut untell = BTreeSet::new();
    for id in items {
        let Some(detail) = first(connection, sql::ITEM, [id], item)?.map(|item| item.draft.detail) else {
            continue;
        };
        let sources = || sources(connection, *id).map(|all| all.into_iter().map(source_key));
        match detail {
            Detail::Fact(_) => unlearn.extend(sources()?),
            Detail::Episode { level } => untell.extend(sources()?.map(|source| (level, source))),
            Detail::Line | Detail::Passage { .. } => {}
        }
    }
    for id in items {
        remove(connection, *id)?;
    }
    for source in unlearn {
        change(connection, sql::UNLEARN, [source])?;
    }
    for (level, source) in untell {
        change(connection, sql::UNTELL, params![source, level])?;
    }
    Ok(())
}

/// Removes `most` of what was said or made in a channel, or all, and what was made of it; answers how much it was.
pub(crate) fn forget_some_of_channel(
    connection: &Connection,
    channel: ChannelId,
    most: Option<u32>,
) -> Ran<u32> {
    let of = params![Id(channel.get()), most.map_or(-1, i64::from)];
    let there: Vec<i64> = all(connection, sql::ITEMS_OF_CHANNEL, of, |row| row.get(0))?;
    let count = u32::try_from(there.len()).unwrap_or(u32::MAX);
    let mut gone = BTreeSet::new();
    for item in &there {
        gone.extend(sources(connection, *item)?.into_iter().map(source_key));
    }
    for item in there {
        remove(connection, item)?;
    }
    for source in gone {
        forget(connection, source_of(source))?;
    }
    Ok(count)
}

/// Removes everything that was said or made in a channel, and what was made of what was said there.
pub(crate) fn forget_channel(connection: &Connection, channel: ChannelId) -> Ran {
    forget_some_of_channel(connection, channel, None).map(drop)
}

/// Removes `most` items of a guild, or all; answers how many.
pub(crate) fn forget_some_of_guild(connection: &Connection, guild: GuildId, most: Option<u32>) -> Ran<u32> {
    let of = params![Id(guild.get()), most.map_or(-1, i64::from)];
    let there: Vec<i64> = all(connection, sql::ITEMS_OF_GUILD, of, |row| row.get(0))?;
    for item in &there {
        remove(connection, *item)?;
    }
    Ok(u32::try_from(there.len()).unwrap_or(u32::MAX))
}

/// Removes everything that belongs to a guild.
pub(crate) fn forget_guild(connection: &Connection, guild: GuildId) -> Ran {
    forget_some_of_guild(connection, guild, None)?;
    for document in all(connection, sql::DOCUMENTS, [Id(guild.get())], |row| row.get(0))? {
        crate::documents::take_away(connection, document)?;
    }
    change(connection, sql::FORGET_BONDS_AT, [Id(guild.get())])?;
    Ok(())
}

/// A message has other words now. Where the history has it, it is remembered anew from there.
pub(crate) fn edited(connection: &Connection, message: Id, text: &Untrusted) -> Ran {
    let source = Source::Message(message.0.into());
    let in_history = first(connection, sql::IS_IN_HISTORY, [message], |row| row.get(0))?.unwrap_or(false);
    let made: Vec<i64> = all(connection, sql::MADE_OF, [source_key(source)], |row| row.get(0))?;
    let mut line = None;
    for id in made {
        line = line.or(get(connection, id)?.filter(|item| item.draft.detail == Detail::Line));
    }
    if line.as_ref().is_some_and(|line| !in_history && line.draft.text == *text) {
        return Ok(());
    }
    forget(connection, source)?;
    if let Some(Item { mut draft, .. }) = line.filter(|_| !in_history) {
        draft.text = text.clone();
        if store::memories::check_draft(&draft).is_ok() {
            add(connection, &draft)?;
        }
    }
    Ok(())
}

/// The number of the first row, if there is one.
pub(crate) fn number(
    connection: &Connection,
    statement: &str,
    values: impl rusqlite::Params,
) -> rusqlite::Result<Option<i64>> {
    connection.prepare_cached(statement)?.query_row(values, |row| row.get(0)).optional()
}
