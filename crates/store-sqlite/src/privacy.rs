//! What is stored about people, in SQL: found by [`store::TABLES`], told, and erased.

mod statements;

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use domain::{MessageId, Timestamp, UserId, event::Event, memory::Source};
use rusqlite::{Connection, Row, params, types::ValueRef};
use serde_json::{Map, Value, json};
use store::{
    Column, Erased, Outcome, PAGE, PersonRecord, Privacy, Result, StoreError, Table, TurnId,
    privacy::{about, own, scrub},
};

use crate::{
    SqliteStore,
    fault::Fault,
    history, items,
    journal::finish,
    row::{Id, all, change},
    sql,
};

type Ran<T = ()> = std::result::Result<T, Fault>;

/// Rows that one transaction of an erasure changes.
const BATCH: u32 = 200;

/// Rounds of one step of an erasure: more rows than anybody has; who goes on writing meanwhile does not hold it up.
const ROUNDS: usize = 100_000;

/// A person as statements look for them.
#[derive(Clone)]
struct Sought {
    user: UserId,
    /// Their number with anything but digits around it.
    pattern: String,
}

impl Sought {
    fn new(user: UserId) -> Self {
        Self { user, pattern: format!("*[^0-9]{user}[^0-9]*") }
    }

    fn id(&self) -> Id {
        Id(self.user.get())
    }
}

#[async_trait]
impl Privacy for SqliteStore {
    async fn opt_out(&self, user: UserId, at: Timestamp) -> Result<()> {
        self.engine
            .write(move |connection| {
                change(connection, statements::OPT_OUT, params![Id(user.get()), at.as_millis()])?;
                Ok(())
            })
            .await
    }

    async fn opt_in(&self, user: UserId) -> Result<bool> {
        self.engine
            .write(move |connection| Ok(change(connection, statements::OPT_IN, [Id(user.get())])? > 0))
            .await
    }

    async fn opted_out(&self) -> Result<Vec<UserId>> {
        self.engine
            .read(|connection| {
                Ok(all(connection, statements::OPTED_OUT, [], |row| Ok(UserId(row.get::<_, Id>(0)?.0)))?)
            })
            .await
    }

    async fn person(&self, user: UserId) -> Result<PersonRecord> {
        self.engine.read(move |connection| person(connection, &Sought::new(user))).await
    }

    async fn held(&self, user: UserId, table: &str, from: u64, limit: u32) -> Result<Vec<Value>> {
        let table = Table::of(table).ok_or(StoreError::Invalid("there is no such table"))?;
        self.engine
            .read(move |connection| held(connection, &Sought::new(user), table, from, limit.min(PAGE)))
            .await
    }

    async fn erase(&self, user: UserId) -> Result<Erased> {
        let sought = Sought::new(user);
        let mut erased = Erased::default();
        for step in STEPS {
            for _ in 0..ROUNDS {
                let sought = sought.clone();
                let (done, more) = self
                    .engine
                    .write(move |connection| {
                        let mut done = Erased::default();
                        let more = step(connection, &sought, &mut done)?;
                        Ok((done, more))
                    })
                    .await?;
                done.rows.iter().for_each(|(table, rows)| erased.add(table, *rows));
                if !more {
                    break;
                }
            }
        }
        // What was removed is still in the log.
        self.engine.fold().await?;
        Ok(erased)
    }
}

fn condition(table: &Table) -> Option<&'static str> {
    statements::HELD.iter().find(|(name, _)| *name == table.name).map(|(_, condition)| *condition)
}

/// Runs a statement that is made for a table; not kept prepared, because it is rare.
fn look<T>(
    connection: &Connection,
    statement: &str,
    sought: &Sought,
    more: &[&dyn rusqlite::ToSql],
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    let mut statement = connection.prepare(statement)?;
    let id = sought.id();
    let given: [&dyn rusqlite::ToSql; 2] = [&id, &sought.pattern];
    let values = given.into_iter().chain(more.iter().copied()).take(statement.parameter_count());
    let values: Vec<&dyn rusqlite::ToSql> = values.collect();
    statement.query_map(&*values, read)?.collect()
}

fn person(connection: &Connection, sought: &Sought) -> Ran<PersonRecord> {
    let mut record = PersonRecord::default();
    for (name, condition) in statements::HELD {
        let Some(table) = Table::of(name) else { continue };
        // `?2` stands in every statement, so that all of them take the same.
        let count = format!("SELECT count(*) FROM {name} WHERE ({condition}) AND (?2 = ?2)");
        let count = look(connection, &count, sought, &[], |row| row.get::<_, Id>(0))?;
        let rows = count.first().map_or(0, |Id(rows)| *rows);
        if rows > 0 {
            record.rows.push((table.name, rows));
        }
    }
    let ids = |statement| look(connection, statement, sought, &[], |row| row.get::<_, Id>(0));
    record.channels = ids(statements::SPOKE_IN)?.into_iter().map(|Id(id)| id.into()).collect();
    record.direct = ids(statements::DIRECT)?.into_iter().map(|Id(id)| id.into()).collect();
    let texts = |statement| look(connection, statement, sought, &[], |row| row.get::<_, String>(0));
    record.states = texts(statements::STATES)?;
    record.scopes = texts(statements::SCOPES)?;
    for (turn, event) in unfinished(connection, sought)? {
        if let Some(channel) = own(&event, sought.user) {
            record.unfinished.push((channel, MessageId(turn.0)));
        }
    }
    Ok(record)
}

fn unfinished(connection: &Connection, sought: &Sought) -> Ran<Vec<(TurnId, Event)>> {
    let rows = look(connection, statements::UNFINISHED, sought, &[], |row| {
        Ok((TurnId(row.get::<_, Id>(0)?.0), row.get::<_, String>(1)?))
    })?;
    rows.into_iter().map(|(turn, event)| Ok((turn, serde_json::from_str(&event)?))).collect()
}

fn held(connection: &Connection, sought: &Sought, table: &Table, from: u64, limit: u32) -> Ran<Vec<Value>> {
    let Some(condition) = condition(table) else { return Ok(Vec::new()) };
    let columns: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
    let statement = format!(
        "SELECT \"{}\" FROM {} WHERE ({condition}) AND (?2 = ?2) ORDER BY 1, 2 LIMIT ?3 OFFSET ?4",
        columns.join("\", \""),
        table.name
    );
    Ok(look(connection, &statement, sought, &[&limit, &Id(from)], |row| told(row, table, sought.user))?)
}

/// A row as an object. Of a row that is not the person's own, only what names them.
fn told(row: &Row<'_>, table: &Table, user: UserId) -> rusqlite::Result<Value> {
    let mut object = Map::new();
    let mut theirs = false;
    let mut documents = Vec::new();
    for (at, (name, holds)) in table.columns.iter().enumerate() {
        let value = match (row.get_ref(at)?, holds) {
            (ValueRef::Null, _) => continue,
            (ValueRef::Integer(number), Column::Person) => {
                theirs |= number == Id(user.get()).0.cast_signed();
                json!(number.cast_unsigned().to_string())
            }
            (ValueRef::Integer(number), Column::Id) => json!(number.to_string()),
            (ValueRef::Integer(number), _) => json!(number),
            (ValueRef::Real(number), _) => json!(number),
            (ValueRef::Text(text), Column::Json) => {
                let text = String::from_utf8_lossy(text);
                documents.push((*name, serde_json::from_str(&text).unwrap_or_else(|_| json!(text))));
                continue;
            }
            (ValueRef::Text(text), _) => json!(String::from_utf8_lossy(text)),
            (ValueRef::Blob(bytes), Column::File) => json!(format!("{} bytes, not copied here", bytes.len())),
            (ValueRef::Blob(bytes), _) => json!(format!("{} bytes", bytes.len())),
        };
        object.insert((*name).to_owned(), value);
    }
    for (name, document) in documents {
        let document = if theirs && table.name != "cleared" { document } else { only(&document, user) };
        object.insert(name.to_owned(), document);
    }
    if table.name == "memory" {
        let is = |name: &str| object.get(name).and_then(Value::as_str) == Some(&*user.to_string());
        let (owns, about) = (is("owner"), is("about"));
        if !owns {
            // What others said, and what was made of several people's words, is theirs, too.
            for name in ["text", "who", "heading"] {
                object.remove(name);
            }
            let why = if about {
                "about you, from the words of others, which are not shown here"
            } else {
                "made of what you said and of what others said, which is not shown here"
            };
            object.insert("note".to_owned(), json!(why));
        }
    }
    Ok(Value::Object(object))
}

/// The parts of a document that name a person.
fn only(document: &Value, user: UserId) -> Value {
    let parts = about(document, user).into_iter().map(|(at, part)| json!({ "at": at, "is": part }));
    Value::Array(parts.collect())
}

/// One step of an erasure: does a part, and says whether there may be more to do.
type Step = fn(&Connection, &Sought, &mut Erased) -> Ran<bool>;

/// In this order: what tells where more is goes last. Each step finds by itself what is left to do.
const STEPS: &[Step] =
    &[direct_channels, memories, lines, replies, turns, receipts, states, settings, belongings, inbox];

/// A direct channel is the person's as a whole.
fn direct_channels(connection: &Connection, sought: &Sought, erased: &mut Erased) -> Ran<bool> {
    let channels: Vec<Id> = look(connection, statements::DIRECT, sought, &[], |row| row.get(0))?;
    for channel in channels {
        drop_channel(connection, channel, erased)?;
    }
    Ok(false)
}

/// Everything of a channel.
pub(crate) fn drop_channel(connection: &Connection, channel: Id, erased: &mut Erased) -> Ran {
    items::forget_channel(connection, channel.0.into())?;
    for (table, statement) in statements::CHANNEL {
        erased.add(table, change(connection, statement, [channel])? as u64);
    }
    Ok(())
}

/// What is remembered of what they said, and of them. What was made of their lines is made anew without them.
fn memories(connection: &Connection, sought: &Sought, erased: &mut Erased) -> Ran<bool> {
    let found: Vec<i64> =
        all(connection, statements::MEMORIES, params![sought.id(), BATCH], |row| row.get(0))?;
    for item in &found {
        // Of a fact about them nothing else was made; what it was made of stays learned, or it would be learned anew.
        if let Some(known) = items::get(connection, *item)?
            && known.draft.owner == Some(sought.user)
        {
            for source in known.draft.sources {
                items::forget(connection, source)?;
                if let Source::Message(message) = source {
                    // The answer to it: its turn has the message's number. The history may not have it any more.
                    items::forget(connection, Source::Reply(message.get()))?;
                }
            }
        }
        items::remove(connection, *item)?;
    }
    erased.add("memory", found.len() as u64);
    Ok(found.len() as u64 >= u64::from(BATCH))
}

fn lines(connection: &Connection, sought: &Sought, erased: &mut Erased) -> Ran<bool> {
    let found: Vec<(Id, Id)> = all(connection, statements::LINES, params![sought.id(), BATCH], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    let mut by_channel = BTreeMap::<u64, BTreeSet<MessageId>>::new();
    for (Id(channel), Id(message)) in &found {
        by_channel.entry(*channel).or_default().insert(MessageId(*message));
    }
    for (channel, messages) in by_channel {
        history::delete(connection, Id(channel), &messages)?;
    }
    erased.add("history", found.len() as u64);
    Ok(found.len() as u64 >= u64::from(BATCH))
}

/// What characters said to the person: it repeats what they said.
fn replies(connection: &Connection, sought: &Sought, erased: &mut Erased) -> Ran<bool> {
    let turns: Vec<Id> = all(connection, statements::REPLIES, params![sought.id(), BATCH], |row| row.get(0))?;
    for turn in &turns {
        items::forget(connection, Source::Reply(turn.0))?;
        change(connection, sql::DROP_REPLY, [turn])?;
        change(connection, sql::DROP_TURN, [turn])?;
    }
    erased.add("history", turns.len() as u64);
    Ok(turns.len() as u64 >= u64::from(BATCH))
}

/// Turns whose lines are gone already.
fn turns(connection: &Connection, sought: &Sought, erased: &mut Erased) -> Ran<bool> {
    let rows = change(connection, statements::TURNS, params![sought.id(), BATCH])?;
    erased.add("turn", rows as u64);
    Ok(rows as u64 >= u64::from(BATCH))
}

/// Receipts of replies to others that name the person.
fn receipts(connection: &Connection, sought: &Sought, erased: &mut Erased) -> Ran<bool> {
    let turns = change(connection, statements::RECEIPTS, [&sought.pattern])?;
    let alternatives = change(connection, statements::ALTERNATIVES, [&sought.pattern])?;
    erased.add("turn", turns as u64);
    erased.add("alternative", alternatives as u64);
    Ok(false)
}

/// Documents in which something is left, because nobody who knows them has cleaned them.
fn states(connection: &Connection, sought: &Sought, erased: &mut Erased) -> Ran<bool> {
    let found: Vec<(String, String)> =
        all(connection, statements::STATE_DOCS, [&sought.pattern], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (key, text) in found {
        match cleaned(&text, sought.user) {
            Some(text) => change(connection, statements::REWRITE_STATE, params![key, text])?,
            None => change(connection, sql::FORGET_STATE, [key])?,
        };
        erased.add("state", 1);
    }
    Ok(false)
}

fn settings(connection: &Connection, sought: &Sought, erased: &mut Erased) -> Ran<bool> {
    let found: Vec<(String, String, String)> =
        all(connection, statements::SETTINGS, [&sought.pattern], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    for (scope, key, text) in found {
        match cleaned(&text, sought.user) {
            Some(text) => change(connection, sql::SET, params![scope, key, text])?,
            None => change(connection, sql::UNSET, [scope, key])?,
        };
        erased.add("setting", 1);
    }
    Ok(false)
}

/// A document without a person; nothing if it is about them as a whole, or is not what it should be.
fn cleaned(text: &str, user: UserId) -> Option<String> {
    let mut document: Value = serde_json::from_str(text).ok()?;
    (scrub(&mut document, user) && !document.is_null()).then(|| document.to_string())
}

fn belongings(connection: &Connection, sought: &Sought, erased: &mut Erased) -> Ran<bool> {
    for (table, statement) in statements::BELONGINGS {
        erased.add(table, change(connection, statement, [sought.id()])? as u64);
    }
    erased.add(
        "cleared",
        change(connection, statements::CLEARED, params![sought.id(), sought.pattern])? as u64,
    );
    Ok(false)
}

/// What is being worked on is cancelled; then nobody is its author.
fn inbox(connection: &Connection, sought: &Sought, erased: &mut Erased) -> Ran<bool> {
    for (turn, event) in unfinished(connection, sought)? {
        if own(&event, sought.user).is_some() {
            items::forget(connection, Source::Reply(turn.0))?;
            change(connection, sql::DROP_REPLY, [Id(turn.0)])?;
            change(connection, sql::DROP_TURN, [Id(turn.0)])?;
            finish(connection, turn, &Outcome::Cancelled, None)?;
            erased.add("inbox", 1);
        }
    }
    erased.add("inbox", change(connection, statements::FORGET_AUTHOR, [sought.id()])? as u64);
    Ok(false)
}
