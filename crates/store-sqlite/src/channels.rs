//! Channels as a whole, in SQL.

use std::collections::BTreeSet;

use async_trait::async_trait;
use domain::{
    ChannelId, CharacterId, MessageId, Timestamp, Untrusted, UserId,
    audience::Audience,
    memory::{Item, Source},
    scene::Line,
};
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use store::{Channels, Cleared, LineAt, Result, channels::CLEARED_LINES, memories::source_key};

use crate::{
    SqliteStore,
    fault::Fault,
    history, items, memories,
    row::{Id, all, change, first},
    sql::{self, channels},
};

type Ran<T = ()> = std::result::Result<T, Fault>;

/// Items of one transaction of those that forget many.
const BATCH: u32 = 200;

/// A line that is set aside, with the history's columns.
#[derive(Serialize, Deserialize)]
struct SetAside {
    position: u64,
    message: Option<u64>,
    turn: Option<u64>,
    speaker: String,
    user: u64,
    name: Option<String>,
    character: Option<String>,
    text: String,
    at: i64,
}

#[async_trait]
impl Channels for SqliteStore {
    async fn lines(
        &self,
        channel: ChannelId,
        before: Option<LineAt>,
        limit: u32,
    ) -> Result<Vec<(LineAt, Line)>> {
        let end = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let (position, row) =
            before.map_or((i64::MAX, i64::MAX), |before| (end(before.position), end(before.row)));
        self.engine
            .read(move |connection| {
                let of = params![Id(channel.get()), position, row, limit];
                Ok(all(connection, channels::PAGE, of, |row| {
                    let at = LineAt { position: row.get::<_, Id>(7)?.0, row: row.get::<_, Id>(8)?.0 };
                    Ok((at, history::line(row)?))
                })?)
            })
            .await
    }

    async fn untold_of(&self, channel: ChannelId, limit: u32) -> Result<Vec<Item>> {
        self.engine
            .read(move |connection| {
                let mut found = found(connection, channels::UNTOLD_OF, params![Id(channel.get()), limit])?;
                found.reverse();
                Ok(found)
            })
            .await
    }

    async fn episodes_of(
        &self,
        channel: ChannelId,
        level: u8,
        audience: &Audience,
        limit: u32,
    ) -> Result<Vec<Item>> {
        let audience = audience.clone();
        self.engine
            .read(move |connection| {
                let (guild, alone) = (audience.guild.map(|id| Id(id.0)), audience.alone.map(|id| Id(id.0)));
                let character = audience.character.as_ref().map(CharacterId::as_str);
                let rooms = serde_json::to_string(&audience.rooms)?;
                let of = params![Id(channel.get()), level, guild, rooms, alone, character, limit];
                Ok(found(connection, channels::EPISODES_OF, of)?)
            })
            .await
    }

    async fn clear(&self, channel: ChannelId, at: Timestamp, by: UserId) -> Result<u64> {
        while self.engine.write(move |connection| forget_talk(connection, channel, BATCH)).await? >= BATCH {}
        self.engine.erase(move |connection| clear(connection, channel, at, by)).await
    }

    async fn cleared(&self, channel: ChannelId) -> Result<Option<Cleared>> {
        self.engine
            .read(move |connection| {
                let Some((at, by, lines)) = aside(connection, Id(channel.get()))? else { return Ok(None) };
                Ok(Some(Cleared { at, by, lines: lines.len() as u64 }))
            })
            .await
    }

    async fn bring_back(&self, channel: ChannelId, cleared_after: Timestamp) -> Result<Option<u64>> {
        self.engine
            .erase(move |connection| {
                let channel = Id(channel.get());
                let Some((at, _, lines)) = aside(connection, channel)? else { return Ok(None) };
                if at <= cleared_after {
                    return Ok(None);
                }
                change(connection, channels::DROP_ASIDE, [channel])?;
                let mut count = 0;
                for line in lines {
                    count += u64::from(put_back(connection, channel, &line)?);
                }
                Ok(Some(count))
            })
            .await
    }

    async fn drop_cleared(&self, until: Timestamp) -> Result<u64> {
        self.engine
            .erase(move |connection| {
                Ok(change(connection, channels::DROP_CLEARED, [until.as_millis()])? as u64)
            })
            .await
    }

    async fn unmake(&self, source: Source) -> Result<u64> {
        let mut count = 0;
        loop {
            let some = move |connection: &Connection| {
                let of = params![source_key(source), BATCH];
                let made: Vec<i64> = all(connection, channels::SOME_MADE_OF, of, |row| row.get(0))?;
                items::forget_items(connection, &made)?;
                Ok(made.len() as u64)
            };
            let gone = self.engine.write(some).await?;
            count += gone;
            if gone < u64::from(BATCH) {
                break;
            }
        }
        self.engine.erase(move |connection| items::forget(connection, source)).await?;
        // What was removed is still in the log.
        self.engine.fold().await?;
        Ok(count)
    }
}

/// Items whose numbers a statement gives.
fn found(
    connection: &Connection,
    statement: &str,
    values: impl rusqlite::Params,
) -> rusqlite::Result<Vec<Item>> {
    let ids: Vec<i64> = all(connection, statement, values, |row| row.get(0))?;
    ids.into_iter().map(|id| items::get(connection, id)).filter_map(rusqlite::Result::transpose).collect()
}

/// Removes `most` of what is remembered of the talk in a channel, and what was made of it; what somebody had characters
/// remember by a command there was not said there. Answers how much of the talk it was.
fn forget_talk(connection: &Connection, channel: ChannelId, most: u32) -> Ran<u32> {
    let talk = found(connection, channels::TALK_OF_CHANNEL, params![Id(channel.get()), most])?;
    let sources: BTreeSet<_> = talk.iter().flat_map(|item| &item.draft.sources).copied().collect();
    for item in &talk {
        items::remove(connection, memories::key(item.id))?;
    }
    for source in sources {
        items::forget(connection, source)?;
    }
    Ok(u32::try_from(talk.len()).unwrap_or(u32::MAX))
}

fn clear(connection: &Connection, channel: ChannelId, at: Timestamp, by: UserId) -> Ran<u64> {
    let id = Id(channel.get());
    let (at, by, mut lines) = aside(connection, id)?.unwrap_or((at, by, Vec::new()));
    let mut moved: Vec<SetAside> =
        all(connection, channels::TO_SET_ASIDE, params![id, CLEARED_LINES], set_aside)?;
    moved.reverse();
    let count = moved.len() as u64;
    lines.append(&mut moved);
    history::forget_lines(connection, channel)?;
    forget_talk(connection, channel, u32::MAX)?;
    change(connection, channels::DROP_TURNS, [id])?;
    if count > 0 {
        let row = params![id, at.0, Id(by.0), serde_json::to_string(&lines)?];
        change(connection, channels::SET_ASIDE, row)?;
    }
    Ok(count)
}

/// What is set aside of a channel, since when and by whom.
fn aside(connection: &Connection, channel: Id) -> Ran<Option<(Timestamp, UserId, Vec<SetAside>)>> {
    let found = first(connection, channels::CLEARED, [channel], |row| {
        Ok((Timestamp(row.get(0)?), UserId(row.get::<_, Id>(1)?.0), row.get::<_, String>(2)?))
    })?;
    let Some((at, by, json)) = found else { return Ok(None) };
    Ok(Some((at, by, serde_json::from_str(&json)?)))
}

fn set_aside(row: &Row<'_>) -> rusqlite::Result<SetAside> {
    let id = |at| row.get::<_, Option<Id>>(at).map(|id| id.map(|Id(id)| id));
    Ok(SetAside {
        position: row.get::<_, Id>(0)?.0,
        message: id(1)?,
        turn: id(2)?,
        speaker: row.get(3)?,
        user: row.get::<_, Id>(4)?.0,
        name: row.get(5)?,
        character: row.get(6)?,
        text: row.get(7)?,
        at: row.get(8)?,
    })
}

/// Whether a line came back.
fn put_back(connection: &Connection, channel: Id, line: &SetAside) -> Ran<bool> {
    let row = params![
        channel,
        Id(line.position),
        line.message.map(Id),
        line.turn.map(Id),
        line.speaker,
        Id(line.user),
        line.name,
        line.character,
        line.text,
        line.at
    ];
    if change(connection, channels::PUT_BACK, row)? == 0 {
        return Ok(false);
    }
    change(connection, sql::COUNT_LINE, params![channel, line.character.as_deref().unwrap_or_default()])?;
    Ok(true)
}

/// A message has other words now, also where it is set aside.
pub(crate) fn edit_aside(connection: &Connection, channel: Id, message: Id, content: &Untrusted) -> Ran {
    rewrite(connection, channel, |lines| {
        let is_it = |line: &&mut SetAside| line.turn.is_none() && line.message == Some(message.0);
        for line in lines.iter_mut().filter(is_it) {
            content.raw().clone_into(&mut line.text);
        }
    })
}

/// A message is gone, also where it is set aside.
pub(crate) fn drop_message(connection: &Connection, channel: Id, message: MessageId) -> Ran {
    let is_it = |line: &SetAside| line.turn.is_none() && line.message == Some(message.get());
    rewrite(connection, channel, |lines| lines.retain(|line| !is_it(line)))
}

/// A reply is gone, also where it is set aside.
pub(crate) fn drop_reply(connection: &Connection, channel: Id, turn: u64) -> Ran {
    rewrite(connection, channel, |lines| lines.retain(|line| line.turn != Some(turn)))
}

fn rewrite(connection: &Connection, channel: Id, change_lines: impl FnOnce(&mut Vec<SetAside>)) -> Ran {
    let Some((at, by, mut lines)) = aside(connection, channel)? else { return Ok(()) };
    change_lines(&mut lines);
    if lines.is_empty() {
        change(connection, channels::DROP_ASIDE, [channel])?;
    } else {
        let row = params![channel, at.0, Id(by.0), serde_json::to_string(&lines)?];
        change(connection, channels::SET_ASIDE, row)?;
    }
    Ok(())
}
