//! How the domain's values stand in rows.

use std::{error::Error, fmt::Display, str::FromStr};

use domain::{
    ChannelId, CharacterId, GuildId,
    event::{ChannelKind, Place},
};
use rusqlite::{
    Connection, Row, ToSql,
    types::{FromSql, FromSqlResult, ToSqlOutput, Type, ValueRef},
};
use store::PartState;

/// A snowflake: `SQLite` has signed integers only, and Discord's ids stay below 2^63 until the year 2084.
#[derive(Clone, Copy)]
pub(crate) struct Id(pub(crate) u64);

impl ToSql for Id {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.cast_signed().into())
    }
}

impl FromSql for Id {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(|id| Self(id.cast_unsigned()))
    }
}

pub(crate) fn id<T: From<u64>>(row: &Row<'_>, at: usize) -> rusqlite::Result<T> {
    row.get(at).map(|Id(id)| T::from(id))
}

pub(crate) fn maybe_id<T: From<u64>>(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<T>> {
    Ok(row.get::<_, Option<Id>>(at)?.map(|Id(id)| T::from(id)))
}

/// A domain value kept as text.
pub(crate) fn parsed<T>(row: &Row<'_>, at: usize) -> rusqlite::Result<T>
where
    Word<T>: FromStr,
    <Word<T> as FromStr>::Err: Display,
{
    let text = row.get_ref(at)?.as_str()?;
    text.parse::<Word<T>>().map(|Word(value)| value).map_err(|error| {
        let error: Box<dyn Error + Send + Sync> = format!("`{text}`: {error}").into();
        rusqlite::Error::FromSqlConversionFailure(at, Type::Text, error)
    })
}

pub(crate) struct Word<T>(T);

impl FromStr for Word<CharacterId> {
    type Err = domain::ids::InvalidCharacterId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        CharacterId::new(text).map(Self)
    }
}

impl FromStr for Word<ChannelKind> {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let kinds = [ChannelKind::Text, ChannelKind::Thread, ChannelKind::Voice, ChannelKind::Direct];
        kinds.into_iter().find(|kind| channel_kind(*kind) == text).map(Self).ok_or("no kind of channel")
    }
}

impl FromStr for Word<PartState> {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "staged" => Ok(Self(PartState::Staged)),
            "posted" => Ok(Self(PartState::Posted)),
            "stale" => Ok(Self(PartState::Stale)),
            "shown" => Ok(Self(PartState::Shown)),
            _ => Err("no state of a part"),
        }
    }
}

pub(crate) fn channel_kind(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Text => "text",
        ChannelKind::Thread => "thread",
        ChannelKind::Voice => "voice",
        ChannelKind::Direct => "direct",
    }
}

/// A place from four columns: guild, channel, parent, kind.
pub(crate) fn place(row: &Row<'_>, at: usize) -> rusqlite::Result<Place> {
    Ok(Place {
        guild: maybe_id::<GuildId>(row, at)?,
        channel: id::<ChannelId>(row, at + 1)?,
        parent: maybe_id::<ChannelId>(row, at + 2)?,
        kind: parsed(row, at + 3)?,
    })
}

/// Runs a changing statement; answers how many rows it changed.
pub(crate) fn change(
    connection: &Connection,
    statement: &str,
    values: impl rusqlite::Params,
) -> rusqlite::Result<usize> {
    connection.prepare_cached(statement)?.execute(values)
}

/// The first row of a statement, if there is one.
pub(crate) fn first<T>(
    connection: &Connection,
    statement: &str,
    values: impl rusqlite::Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    let mut statement = connection.prepare_cached(statement)?;
    let mut rows = statement.query(values)?;
    rows.next()?.map(read).transpose()
}

/// All rows of a statement.
pub(crate) fn all<T>(
    connection: &Connection,
    statement: &str,
    values: impl rusqlite::Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare_cached(statement)?.query_map(values, read)?.collect()
}
