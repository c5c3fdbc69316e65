//! The inbox in SQL.

use async_trait::async_trait;
use domain::{
    MessageId, Timestamp, Untrusted, UserId,
    cue::Cue,
    event::{AuthorKind, Event, Message, Place},
};
use rusqlite::{Connection, params, types::ValueRef};
use store::{
    Accepted, Journal, Outcome, Part, Pending, Result, StoreError, Trigger, TriggerKind, TurnId, TurnRecord,
};

use crate::{
    SqliteStore,
    fault::Fault,
    row::{Id, all, change, channel_kind, first, id, maybe_id, parsed, place},
    sql,
};

pub(crate) const OVER: StoreError = StoreError::Conflict("the turn is unknown or finished");

/// What the history keeps of a message.
struct Said {
    place: Place,
    message: MessageId,
    /// `None` for messages of Discord itself.
    speaker: Option<&'static str>,
    user: UserId,
    name: Untrusted,
    text: Untrusted,
    at: Timestamp,
}

impl Said {
    fn new(message: &Message) -> Self {
        let speaker = match message.author.kind {
            AuthorKind::Human => Some("person"),
            AuthorKind::Bot | AuthorKind::Webhook(..) => Some("bot"),
            AuthorKind::System => None,
        };
        Self {
            place: message.place,
            message: message.id,
            speaker,
            user: message.author.id,
            name: message.author.name.clone(),
            text: message.content.clone(),
            at: message.sent_at,
        }
    }

    fn remember(&self, connection: &Connection) -> std::result::Result<(), Fault> {
        let channel = Id(self.place.channel.get());
        let (guild, parent) = (self.place.guild.map(|id| Id(id.0)), self.place.parent.map(|id| Id(id.0)));
        let message = Id(self.message.get());
        change(
            connection,
            sql::SEE,
            params![channel, guild, parent, channel_kind(self.place.kind), message],
        )?;
        if let Some(speaker) = self.speaker {
            let (user, name) = (Id(self.user.get()), self.name.raw());
            let (text, at) = (self.text.raw(), self.at.as_millis());
            let row = params![channel, message, speaker, user, name, text, at];
            if change(connection, sql::REMEMBER, row)? > 0 {
                change(connection, sql::COUNT_LINE, params![channel, ""])?;
            }
        }
        Ok(())
    }
}

/// An event on its way into the inbox.
pub(crate) struct Entry {
    pub(crate) trigger: Trigger,
    pub(crate) at: Timestamp,
    pub(crate) event: String,
    /// What a message leaves in the history.
    said: Option<Said>,
}

impl Entry {
    pub(crate) fn new(event: &Event, at: Timestamp) -> Result<Self> {
        let said = match event {
            Event::Message(message) => Some(Said::new(message)),
            _ => None,
        };
        let trigger = Trigger::of(event)?;
        let event = serde_json::to_string(event).map_err(Fault::from)?;
        Ok(Self { trigger, at, event, said })
    }

    /// The next turn of a chain.
    pub(crate) fn next(cue: Option<&Cue>) -> Result<Option<Self>> {
        cue.map(|cue| Self::new(&Event::Cue(Box::new(cue.clone())), cue.at)).transpose()
    }

    fn accept(self, connection: &Connection) -> std::result::Result<Accepted, Fault> {
        let Trigger { turn, kind, channel, person, about } = self.trigger;
        let (id, channel, about) = (Id(turn.0), Id(channel.get()), about.map(|id| Id(id.get())));
        let (kind, person) = (trigger_kind(kind), person_column(person));
        let row = params![id, kind, channel, person, about, self.at.as_millis(), self.event];
        if change(connection, sql::ACCEPT, row)? == 0 {
            let known = first(connection, sql::KIND, [id], |row| row.get::<_, String>(0))?;
            return if known.as_deref() == Some(kind) {
                Ok(Accepted::Duplicate)
            } else {
                Err(StoreError::Conflict("an event of another kind has the same id").into())
            };
        }
        self.said.map_or(Ok(()), |said| said.remember(connection))?;
        Ok(Accepted::New)
    }
}

fn trigger_kind(kind: TriggerKind) -> &'static str {
    match kind {
        TriggerKind::Message => "message",
        TriggerKind::Command => "command",
        TriggerKind::Cue => "cue",
    }
}

/// Nobody is 0.
fn person_column(person: Option<UserId>) -> Id {
    Id(person.map_or(0, UserId::get))
}

#[async_trait]
impl Journal for SqliteStore {
    async fn accept(&self, event: &Event, at: Timestamp) -> Result<Accepted> {
        let entry = Entry::new(event, at)?;
        self.engine.write(move |connection| entry.accept(connection)).await
    }

    async fn observe(&self, message: &Message) -> Result<()> {
        let said = Said::new(message);
        self.engine.write(move |connection| said.remember(connection)).await
    }

    async fn unfinished(&self) -> Result<Vec<Pending>> {
        self.engine.read(unfinished).await
    }

    async fn finish(&self, turn: TurnId, outcome: &Outcome, next: Option<&Cue>) -> Result<()> {
        let (outcome, next) = (outcome.clone(), Entry::next(next)?);
        self.engine.write(move |connection| finish(connection, turn, &outcome, next)).await
    }

    async fn cursors(&self) -> Result<Vec<(Place, MessageId)>> {
        self.engine
            .read(|connection| {
                Ok(all(connection, sql::CURSORS, [], |row| Ok((place(row, 0)?, id(row, 4)?)))?)
            })
            .await
    }
}

fn unfinished(connection: &Connection) -> std::result::Result<Vec<Pending>, Fault> {
    let rows = all(connection, sql::UNFINISHED, [], |row| {
        let Id(turn) = row.get(0)?;
        let reply = match row.get_ref(8)? {
            ValueRef::Null => None,
            _ => Some((place(row, 4)?, parsed(row, 8)?, row.get(9)?)),
        };
        Ok((TurnId(turn), row.get::<_, String>(1)?, Timestamp(row.get(2)?), row.get(3)?, reply))
    })?;
    let mut pending = Vec::with_capacity(rows.len());
    for (turn, event, accepted_at, withdrawn, reply) in rows {
        let event = match serde_json::from_str(&event) {
            Ok(event) => event,
            // A newer version wrote it: it is left for that one, and is no reason for this one not to start.
            Err(error) => {
                tracing::error!(%turn, %error, "an event in the journal cannot be read");
                continue;
            }
        };
        let turn = match reply {
            Some((place, character, settled)) => {
                let parts = parts(connection, turn)?;
                Some(TurnRecord { turn, place, character, parts, settled })
            }
            None => None,
        };
        pending.push(Pending { event, accepted_at, withdrawn, turn });
    }
    Ok(pending)
}

/// What is staged of one turn.
pub(crate) fn record(
    connection: &Connection,
    turn: TurnId,
) -> std::result::Result<Option<TurnRecord>, Fault> {
    let found = first(connection, sql::RECORD, [Id(turn.0)], |row| {
        Ok((place(row, 0)?, parsed(row, 4)?, row.get(5)?))
    })?;
    let Some((place, character, settled)) = found else { return Ok(None) };
    Ok(Some(TurnRecord { turn, place, character, parts: parts(connection, turn)?, settled }))
}

pub(crate) fn parts(connection: &Connection, turn: TurnId) -> rusqlite::Result<Vec<Part>> {
    all(connection, sql::PARTS, [Id(turn.0)], |row| {
        Ok(Part {
            index: row.get(0)?,
            text: row.get(1)?,
            state: parsed(row, 2)?,
            message: maybe_id(row, 3)?,
            webhook: maybe_id(row, 4)?,
            staged_at: Timestamp(row.get(5)?),
        })
    })
}

pub(crate) fn finish(
    connection: &Connection,
    turn: TurnId,
    outcome: &Outcome,
    next: Option<Entry>,
) -> std::result::Result<(), Fault> {
    if change(connection, sql::FINISH, params![Id(turn.0), serde_json::to_string(outcome)?])? == 0 {
        return Err(OVER.into());
    }
    change(connection, sql::COUNT, [counter(outcome)])?;
    next.map_or(Ok(Accepted::Duplicate), |next| next.accept(connection)).map(drop)
}

/// The name under which turns are counted.
pub(crate) fn counter(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Ignored { .. } => "ignored",
        Outcome::Answered => "answered",
        Outcome::Failed { .. } => "failed",
        Outcome::Cancelled => "cancelled",
    }
}
