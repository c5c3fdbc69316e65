//! The history in SQL.

use std::collections::BTreeSet;

use async_trait::async_trait;
use domain::{
    ChannelId, MessageId, Timestamp, Untrusted,
    event::Event,
    memory::Source,
    scene::{Line, Speaker},
};
use rusqlite::{Connection, Row, params, types::Type};
use store::{Answered, Counted, History, Result, SceneRecord, TurnId, trigger};

use crate::{
    SqliteStore, channels,
    fault::Fault,
    items,
    outbox::anchor,
    row::{Id, all, change, first, id, maybe_id, parsed},
    sql::{self, memory},
};

type Ran<T = ()> = std::result::Result<T, Fault>;

#[async_trait]
impl History for SqliteStore {
    async fn scene(
        &self,
        channel: ChannelId,
        before: Option<MessageId>,
        limit: u32,
        reply_to: Option<MessageId>,
    ) -> Result<SceneRecord> {
        self.engine.read(move |connection| Ok(scene(connection, channel, before, limit, reply_to)?)).await
    }

    async fn edit_message(
        &self,
        channel: ChannelId,
        message: MessageId,
        content: &Untrusted,
    ) -> Result<Vec<TurnId>> {
        let content = content.clone();
        self.engine
            .erase(move |connection| {
                let (channel, message) = (Id(channel.get()), Id(message.get()));
                let known =
                    first(connection, memory::IS_IN_HISTORY, [message], |row| row.get(0))?.unwrap_or(false);
                if change(connection, sql::EDIT, params![channel, message, content.raw()])? > 0 || !known {
                    items::edited(connection, message, &content)?;
                }
                channels::edit_aside(connection, channel, message, &content)?;
                let mut changed = Vec::new();
                for (turn, mut event, withdrawn) in triggered(connection, channel, message)? {
                    if !withdrawn && trigger::edit(&mut event, MessageId(message.0), &content) {
                        let event = serde_json::to_string(&event)?;
                        change(connection, sql::REWRITE, params![turn, event, false])?;
                        changed.push(TurnId(turn.0));
                    }
                }
                Ok(changed)
            })
            .await
    }

    async fn delete_messages(&self, channel: ChannelId, messages: &[MessageId]) -> Result<Vec<TurnId>> {
        let messages: BTreeSet<_> = messages.iter().copied().collect();
        self.engine.erase(move |connection| delete(connection, Id(channel.get()), &messages)).await
    }

    async fn forget_channel(&self, channel: ChannelId) -> Result<()> {
        self.forget_long_channel(channel).await?;
        self.engine.erase(move |connection| forget(connection, channel)).await
    }
}

/// Remembered items of one transaction of those that forget a long channel: a tenth of a second, others get in between.
pub(crate) const FORGET_BATCH: u32 = 200;

impl SqliteStore {
    /// Forgets of a channel's items as many as need not go with its lines in the last transaction.
    pub(crate) async fn forget_long_channel(&self, channel: ChannelId) -> Result<()> {
        let some = move |connection: &Connection| {
            items::forget_some_of_channel(connection, channel, Some(FORGET_BATCH))
        };
        while self.engine.write(some).await? >= FORGET_BATCH {}
        Ok(())
    }
}

/// Removes what was said in a channel and what is remembered of it.
pub(crate) fn forget(connection: &Connection, channel: ChannelId) -> Ran {
    change(connection, sql::channels::DROP_ASIDE, [Id(channel.get())])?;
    forget_lines(connection, channel)?;
    items::forget_channel(connection, channel)
}

/// Removes the lines of a channel, but not what is remembered of it.
pub(crate) fn forget_lines(connection: &Connection, channel: ChannelId) -> Ran {
    for statement in [sql::FORGET_ALTERNATIVES, sql::FORGET, sql::FORGET_SAID] {
        change(connection, statement, [Id(channel.get())])?;
    }
    Ok(())
}

fn scene(
    connection: &Connection,
    channel: ChannelId,
    before: Option<MessageId>,
    limit: u32,
    reply_to: Option<MessageId>,
) -> rusqlite::Result<SceneRecord> {
    let channel = Id(channel.get());
    let until = before.map_or(i64::MAX, |before| before.get().cast_signed().saturating_sub(1));
    let mut history = all(connection, sql::LINES, params![channel, until, limit], line)?;
    history.reverse();
    let reply_target = match reply_to {
        Some(message) => first(connection, sql::SPOKEN_BY, [Id(message.get())], |row| parsed(row, 0))?,
        None => None,
    };
    let thread_of = first(connection, sql::SPOKEN_BY, [channel], |row| parsed(row, 0))?;
    let answered = |row: &Row<'_>| {
        Ok(Answered { user: id(row, 0)?, character: parsed(row, 1)?, at: Timestamp(row.get(2)?) })
    };
    let last_reply = first(connection, sql::LAST_REPLY, [channel], answered)?;
    let last_speaker = last_reply.as_ref().map(|reply| reply.character.clone());
    let last_answered = match last_reply {
        // The character spoke to nobody.
        Some(reply) if reply.user.get() == 0 => first(connection, sql::LAST_ANSWER, [channel], answered)?,
        other => other,
    };
    let messages = counted(connection, channel)?;
    let counts_it = match before {
        Some(before) => first(connection, sql::COUNTS_IT, [Id(before.get()), channel], |row| row.get(0))?,
        None => None,
    };
    let counts_it = counts_it.unwrap_or(false);
    Ok(SceneRecord { history, reply_target, last_speaker, last_answered, thread_of, messages, counts_it })
}

fn counted(connection: &Connection, channel: Id) -> rusqlite::Result<Counted> {
    let mut counted = Counted::default();
    let rows = all(connection, sql::SAID, [channel], |row| {
        let character = if row.get_ref(0)?.as_str()?.is_empty() { None } else { Some(parsed(row, 0)?) };
        Ok((character, row.get::<_, Id>(1)?.0))
    })?;
    for (character, lines) in rows {
        counted.total += lines;
        counted.by_character.extend(character.map(|character| (character, lines)));
    }
    Ok(counted)
}

/// A speaker from four columns: kind, user, name, character.
pub(crate) fn speaker(row: &Row<'_>, at: usize) -> rusqlite::Result<Speaker> {
    let named =
        || Ok::<_, rusqlite::Error>((id(row, at + 1)?, Untrusted::new(row.get::<_, String>(at + 2)?)));
    match row.get_ref(at)?.as_str()? {
        "person" => named().map(|(id, name)| Speaker::Person { id, name }),
        "bot" => named().map(|(id, name)| Speaker::OtherBot { id, name }),
        "character" => Ok(Speaker::Character(parsed(row, at + 3)?)),
        other => {
            let error = format!("`{other}` is no speaker").into();
            Err(rusqlite::Error::FromSqlConversionFailure(at, Type::Text, error))
        }
    }
}

/// A line from seven columns.
pub(crate) fn line(row: &Row<'_>) -> rusqlite::Result<Line> {
    let who = speaker(row, 0)?;
    let text = Untrusted::new(row.get::<_, String>(5)?);
    Ok(Line { who, text, message: maybe_id(row, 4)?, at: Timestamp(row.get(6)?) })
}

/// The unfinished turns that a message triggered, its own and then those of cues about it: their events, and whether
/// they are withdrawn.
fn triggered(connection: &Connection, channel: Id, message: Id) -> Ran<Vec<(Id, Event, bool)>> {
    let mut found = Vec::new();
    for statement in [sql::TRIGGER, sql::CUES_ABOUT] {
        found.extend(all(connection, statement, [channel, message], |row| {
            Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?))
        })?);
    }
    found
        .into_iter()
        .map(|(turn, event, withdrawn)| Ok((turn, serde_json::from_str(&event)?, withdrawn)))
        .collect()
}

pub(crate) fn delete(
    connection: &Connection,
    channel: Id,
    messages: &BTreeSet<MessageId>,
) -> Ran<Vec<TurnId>> {
    let mut cancel = Vec::new();
    let mut replies = BTreeSet::new();
    for message in messages {
        let message = Id(message.get());
        for (turn, mut event, _) in triggered(connection, channel, message)? {
            trigger::empty(&mut event, MessageId(message.0));
            change(connection, sql::REWRITE, params![turn, serde_json::to_string(&event)?, true])?;
            cancel.push(TurnId(turn.0));
        }
        change(connection, sql::DELETE, [channel, message])?;
        channels::drop_message(connection, channel, MessageId(message.0))?;
        items::forget(connection, Source::Message(MessageId(message.0)))?;
        if let Some(Id(turn)) = first(connection, sql::RECALL, [channel, message], |row| row.get(0))? {
            replies.insert(turn);
            if !is_unfinished(connection, turn)? {
                change(connection, sql::DROP_PART, [Id(turn), message])?;
            }
        }
    }
    for turn in replies {
        let id = Id(turn);
        let is = |statement| {
            first(connection, statement, [id], |row| row.get::<_, bool>(0)).map(Option::unwrap_or_default)
        };
        let (visible, unfinished) = (is(sql::IS_VISIBLE)?, is_unfinished(connection, turn)?);
        if !visible {
            items::forget(connection, Source::Reply(turn))?;
            channels::drop_reply(connection, channel, turn)?;
        }
        if !visible && !unfinished {
            change(connection, sql::DROP_REPLY, [id])?;
            change(connection, sql::DROP_TURN, [id])?;
            continue;
        }
        if !visible {
            change(connection, sql::DROP_ALTERNATIVES, [id])?;
            // The line is that of the reply that was to be replaced.
            if is(sql::IS_UNSETTLED)? {
                change(connection, sql::DROP_REPLY, [id])?;
            }
        }
        anchor(connection, TurnId(turn))?;
    }
    Ok(cancel)
}

fn is_unfinished(connection: &Connection, turn: u64) -> rusqlite::Result<bool> {
    first(connection, sql::PERSON_OF_UNFINISHED, [Id(turn)], |_| Ok(())).map(|found| found.is_some())
}
