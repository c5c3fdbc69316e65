//! Other words for a reply, in SQL.

use async_trait::async_trait;
use domain::{CharacterId, Timestamp, event::Event, limits};
use rusqlite::{Connection, Row, params};
use store::{Alternative, Alternatives, Outcome, Result, StoreError, Trigger, TurnId, TurnRecord};

use crate::{
    SqliteStore,
    fault::Fault,
    journal::{Entry, counter, parts, record},
    outbox::{Words, person_of_unfinished, say, settle_parts},
    row::{Id, all, change, first, parsed},
    sql,
};

type Ran<T = ()> = std::result::Result<T, Fault>;

/// A reply that stands in the channel, or did.
#[derive(Clone)]
struct Kept {
    n: u32,
    character: CharacterId,
    text: String,
    at: i64,
    prompt_receipt: String,
    model: String,
    input_tokens: u32,
    output_tokens: u32,
    parts: Vec<String>,
}

#[async_trait]
impl Alternatives for SqliteStore {
    async fn reopen(&self, turn: TurnId, event: &Event, at: Timestamp) -> Result<Option<TurnRecord>> {
        let entry = own(turn, event, at)?;
        self.engine
            .write(move |connection| {
                let stands =
                    first(connection, sql::IS_SAID, [Id(turn.0)], |row| row.get(0))?.unwrap_or(false);
                let Some(outcome) = outcome(connection, turn)?.filter(|_| stands) else { return Ok(None) };
                let stood = first(connection, sql::CURRENT, [Id(turn.0)], |row| row.get::<_, u32>(0))?;
                if let Some(standing) = standing(connection, turn)? {
                    keep(connection, turn, &standing)?;
                }
                let most = u32::try_from(limits::ALTERNATIVES).unwrap_or(u32::MAX);
                change(connection, sql::TRIM_ALTERNATIVES, params![Id(turn.0), stood, most])?;
                change(connection, sql::NEXT_ALTERNATIVE, [Id(turn.0)])?;
                wake(connection, &entry, &outcome)?;
                record(connection, turn)
            })
            .await
    }

    async fn alternatives(&self, turn: TurnId) -> Result<Vec<Alternative>> {
        self.engine
            .read(move |connection| {
                let mut all = all(connection, sql::KEPT, [Id(turn.0)], kept)?;
                if let Some(standing) = standing(connection, turn)? {
                    all.retain(|kept| kept.n != standing.n);
                    all.push(standing);
                    all.sort_by_key(|kept| kept.n);
                }
                let current = first(connection, sql::CURRENT, [Id(turn.0)], |row| row.get::<_, u32>(0))?;
                Ok(all.into_iter().map(|kept| kept.told(current)).collect())
            })
            .await
    }

    async fn choose(&self, turn: TurnId, event: &Event, n: u32, at: Timestamp) -> Result<Option<TurnRecord>> {
        let entry = own(turn, event, at)?;
        self.engine
            .write(move |connection| {
                let standing = standing(connection, turn)?;
                let chosen = match &standing {
                    Some(standing) if standing.n == n => Some(standing.clone()),
                    _ => first(connection, sql::KEPT_ONE, params![Id(turn.0), n], kept)?,
                };
                let Some(chosen) = chosen else { return Ok(None) };
                if let Some(standing) = standing {
                    keep(connection, turn, &standing)?;
                }
                if let Some(outcome) = outcome(connection, turn)? {
                    wake(connection, &entry, &outcome)?;
                }
                choose(connection, turn, &chosen, at)?;
                record(connection, turn)
            })
            .await
    }
}

/// An event of the turn that is to be woken.
fn own(turn: TurnId, event: &Event, at: Timestamp) -> Result<Entry> {
    if Trigger::of(event)?.turn == turn {
        Entry::new(event, at)
    } else {
        Err(StoreError::Invalid("the event is of another turn"))
    }
}

/// How a finished turn ended.
fn outcome(connection: &Connection, turn: TurnId) -> Ran<Option<Outcome>> {
    let outcome = first(connection, sql::OUTCOME, [Id(turn.0)], |row| row.get::<_, String>(0))?;
    outcome.map(|outcome| Ok(serde_json::from_str(&outcome)?)).transpose()
}

/// The settled reply whose line is in the history.
fn standing(connection: &Connection, turn: TurnId) -> Ran<Option<Kept>> {
    let Some(mut standing) = first(connection, sql::STANDING, [Id(turn.0)], kept)? else { return Ok(None) };
    let parts = parts(connection, turn)?.into_iter().map(|part| part.text);
    standing.parts = parts.filter(|text| !text.is_empty()).collect();
    Ok(Some(standing))
}

/// Gives the settled reply a row of its own, so that another can take its place.
fn keep(connection: &Connection, turn: TurnId, standing: &Kept) -> Ran {
    let Kept { n, character, text, at, prompt_receipt, model, input_tokens, output_tokens, parts } = standing;
    let (turn, character, parts) = (Id(turn.0), character.as_str(), serde_json::to_string(parts)?);
    change(
        connection,
        sql::KEEP,
        params![turn, n, character, text, at, prompt_receipt, model, input_tokens, output_tokens, parts],
    )?;
    Ok(())
}

/// Makes a finished turn unfinished: what stands in the channel becomes the posted parts of a new reply, from 0 on.
fn wake(connection: &Connection, entry: &Entry, outcome: &Outcome) -> Ran {
    let (turn, about) = (entry.trigger.turn, entry.trigger.about.map(|id| Id(id.get())));
    let id = Id(turn.0);
    change(connection, sql::WAKE, params![id, entry.event, about, entry.at.as_millis()])?;
    change(connection, sql::UNCOUNT, [counter(outcome)])?;
    change(connection, sql::DROP_UNPOSTED, [id])?;
    for (index, part) in (0_u32..).zip(parts(connection, turn)?) {
        change(connection, sql::TAKE_UP, params![id, part.index, index])?;
        let message = part.message.map(|message| Id(message.get()));
        change(connection, sql::TAKE_UP_RECEIPT, params![id, message, index])?;
    }
    Ok(())
}

fn choose(connection: &Connection, turn: TurnId, chosen: &Kept, at: Timestamp) -> Ran {
    let (id, character) = (Id(turn.0), chosen.character.as_str());
    let (receipt, model) = (&chosen.prompt_receipt, &chosen.model);
    let (input, output) = (chosen.input_tokens, chosen.output_tokens);
    change(
        connection,
        sql::CHOOSE,
        params![id, chosen.n, character, chosen.at, receipt, model, input, output],
    )?;
    settle_parts(connection, turn, &chosen.parts, at)?;
    let Some(Id(channel)) = first(connection, sql::CHANNEL_OF_TURN, [id], |row| row.get(0))? else {
        return Ok(());
    };
    let words = Words {
        channel: channel.into(),
        character: &chosen.character,
        person: person_of_unfinished(connection, turn)?,
        text: &chosen.text,
        at: Timestamp(chosen.at),
    };
    say(connection, turn, &words)
}

fn kept(row: &Row<'_>) -> rusqlite::Result<Kept> {
    let parts = serde_json::from_str(row.get_ref(8)?.as_str()?).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(8, rusqlite::types::Type::Text, Box::new(error))
    })?;
    Ok(Kept {
        n: row.get(0)?,
        character: parsed(row, 1)?,
        text: row.get(2)?,
        at: row.get(3)?,
        prompt_receipt: row.get(4)?,
        model: row.get(5)?,
        input_tokens: row.get(6)?,
        output_tokens: row.get(7)?,
        parts,
    })
}

impl Kept {
    fn told(self, current: Option<u32>) -> Alternative {
        Alternative {
            n: self.n,
            character: self.character,
            reply_text: self.text,
            parts: self.parts,
            model: self.model,
            at: Timestamp(self.at),
            current: current == Some(self.n),
        }
    }
}
