//! The outbox in SQL.

use async_trait::async_trait;
use domain::{
    ChannelId, CharacterId, MessageId, Timestamp, chat::Usage, cue::Cue, event::Place, memory::Source,
};
use rusqlite::{Connection, Row, params};
use store::{
    Outbox, Outcome, PART_OF_A_QUESTION, Receipt, Result, Settled, SettledReceipt, Shown, StoreError, TurnId,
};

use crate::{
    SqliteStore,
    fault::Fault,
    items,
    journal::{Entry, OVER, finish},
    row::{Id, all, change, channel_kind, first, id, maybe_id, parsed},
    sql,
};

type Ran<T = ()> = std::result::Result<T, Fault>;

#[async_trait]
impl Outbox for SqliteStore {
    async fn stage(
        &self,
        turn: TurnId,
        place: &Place,
        character: &CharacterId,
        part: u32,
        text: &str,
        at: Timestamp,
    ) -> Result<()> {
        let (place, character, text) = (*place, character.clone(), text.to_owned());
        self.engine
            .write(move |connection| {
                person_of_unfinished(connection, turn)?;
                begin(connection, turn, &place, &character)?;
                change(connection, sql::STAGE, params![Id(turn.0), part, text, at.as_millis()])?;
                Ok(())
            })
            .await
    }

    async fn posted(&self, turn: TurnId, shown: Shown) -> Result<()> {
        self.engine
            .write(move |connection| {
                person_of_unfinished(connection, turn)?;
                prove(connection, turn, shown, false)?;
                anchor(connection, turn)
            })
            .await
    }

    async fn settle(&self, turn: TurnId, reply: &Settled) -> Result<()> {
        let (reply, receipt) = (reply.clone(), reply.prompt_receipt.to_string());
        self.engine.write(move |connection| settle(connection, turn, &reply, &receipt)).await
    }

    async fn complete(
        &self,
        turn: TurnId,
        shown: &[Shown],
        outcome: &Outcome,
        next: Option<&Cue>,
    ) -> Result<()> {
        let (shown, outcome, next) = (shown.to_vec(), outcome.clone(), Entry::next(next)?);
        self.engine
            .write(move |connection| {
                let person = person_of_unfinished(connection, turn)?;
                for shown in shown {
                    prove(connection, turn, shown, true)?;
                }
                change(connection, sql::DROP_RETRACTED, [Id(turn.0)])?;
                anchor(connection, turn)?;
                finish(connection, turn, &outcome, next)?;
                if items::has_opted_out(connection, Some(person), None)? {
                    change(connection, sql::DROP_TURN, [Id(turn.0)])?;
                }
                Ok(())
            })
            .await
    }

    async fn abandon(&self, turn: TurnId, outcome: &Outcome, next: Option<&Cue>) -> Result<Vec<Shown>> {
        let (outcome, next) = (outcome.clone(), Entry::next(next)?);
        self.engine
            .erase(move |connection| {
                let person = person_of_unfinished(connection, turn)?;
                finish(connection, turn, &outcome, next)?;
                if let Some((channel, character)) = take_back(connection, turn)? {
                    change(connection, sql::UNCOUNT_LINE, params![channel, character])?;
                }
                // What was taken back is not kept in its parts either.
                for statement in [sql::DROP_ALTERNATIVES, sql::EMPTY_PARTS] {
                    change(connection, statement, [Id(turn.0)])?;
                }
                let shown = all(connection, sql::SHOWN, [Id(turn.0)], |row| {
                    Ok(Shown { part: row.get(0)?, message: id(row, 1)?, webhook: maybe_id(row, 2)? })
                })?;
                if items::has_opted_out(connection, Some(person), None)? {
                    change(connection, sql::DROP_TURN, [Id(turn.0)])?;
                }
                Ok(shown)
            })
            .await
    }

    async fn receipt(&self, message: MessageId) -> Result<Option<Receipt>> {
        self.engine.read(move |connection| receipt(connection, Id(message.get()))).await
    }

    async fn last_receipt(&self, channel: ChannelId) -> Result<Option<Receipt>> {
        self.engine
            .read(move |connection| {
                let last = first(connection, sql::LAST_MESSAGE, [Id(channel.get())], |row| row.get(0))?;
                last.map_or(Ok(None), |message| receipt(connection, message))
            })
            .await
    }
}

/// The person who is answered (0 when it is nobody), if the turn can still be worked on.
pub(crate) fn person_of_unfinished(connection: &Connection, turn: TurnId) -> Ran<Id> {
    let person = first(connection, sql::PERSON_OF_UNFINISHED, [Id(turn.0)], |row| row.get(0))?;
    person.ok_or_else(|| OVER.into())
}

fn begin(connection: &Connection, turn: TurnId, place: &Place, character: &CharacterId) -> Ran {
    let (guild, parent) = (place.guild.map(|id| Id(id.0)), place.parent.map(|id| Id(id.0)));
    let (channel, kind) = (Id(place.channel.get()), channel_kind(place.kind));
    change(
        connection,
        sql::BEGIN_TURN,
        params![Id(turn.0), guild, channel, parent, kind, character.as_str()],
    )?;
    Ok(())
}

fn prove(connection: &Connection, turn: TurnId, shown: Shown, at_last: bool) -> Ran {
    let (turn, message) = (Id(turn.0), Id(shown.message.get()));
    let webhook = shown.webhook.map(|id| Id(id.get()));
    if change(connection, sql::PROVE, params![turn, shown.part, message, webhook, at_last])? == 0 {
        return Err(StoreError::Conflict("the part was never staged").into());
    }
    if change(connection, sql::RECEIVE, params![turn, shown.part, message, webhook])? == 0 {
        return Err(StoreError::Conflict("the message belongs to another turn").into());
    }
    // Our own message may have been observed before its receipt came.
    if let Some(channel) = first(connection, sql::DROP_OBSERVED, [message], |row| row.get::<_, Id>(0))? {
        change(connection, sql::UNCOUNT_LINE, params![channel, ""])?;
    }
    Ok(())
}

/// Puts the reply's line where its first message stands.
pub(crate) fn anchor(connection: &Connection, turn: TurnId) -> Ran {
    change(connection, sql::ANCHOR, [Id(turn.0)])?;
    Ok(())
}

fn settle(connection: &Connection, turn: TurnId, reply: &Settled, receipt: &str) -> Ran {
    let user = person_of_unfinished(connection, turn)?;
    let (id, at) = (Id(turn.0), reply.at.as_millis());
    // Their name is in it.
    let receipt = if items::has_opted_out(connection, Some(user), None)? { "{}" } else { receipt };
    begin(connection, turn, &reply.place, &reply.character)?;
    let usage = reply.usage;
    change(
        connection,
        sql::SETTLE,
        params![id, at, receipt, reply.model, usage.input_tokens, usage.output_tokens],
    )?;
    settle_parts(connection, turn, &reply.parts, reply.at)?;
    let words = Words {
        channel: reply.place.channel,
        character: &reply.character,
        person: user,
        text: &reply.reply_text,
        at: reply.at,
    };
    say(connection, turn, &words)?;
    let outcome = Outcome::Ignored { reason: PART_OF_A_QUESTION.to_owned() };
    for also in reply.also.iter().filter(|also| **also != turn) {
        if first(connection, sql::PERSON_OF_UNFINISHED, [Id(also.0)], |_| Ok(()))?.is_some() {
            finish(connection, *also, &outcome, None)?;
        }
    }
    Ok(())
}

pub(crate) fn settle_parts(connection: &Connection, turn: TurnId, texts: &[String], at: Timestamp) -> Ran {
    let (id, at) = (Id(turn.0), at.as_millis());
    for (index, text) in (0_u32..).zip(texts) {
        change(connection, sql::SETTLE_PART, params![id, index, text, at])?;
    }
    let parts = u32::try_from(texts.len()).unwrap_or(u32::MAX);
    change(connection, sql::DROP_SURPLUS, params![id, parts])?;
    change(connection, sql::EMPTY_SURPLUS, params![id, parts, at])?;
    Ok(())
}

/// What a character says.
pub(crate) struct Words<'a> {
    pub(crate) channel: ChannelId,
    pub(crate) character: &'a CharacterId,
    /// To whom; 0 when it is nobody.
    pub(crate) person: Id,
    pub(crate) text: &'a str,
    pub(crate) at: Timestamp,
}

/// Puts a reply's line into the history, in the place of the one it may have there.
pub(crate) fn say(connection: &Connection, turn: TurnId, words: &Words<'_>) -> Ran {
    let (channel, character) = (Id(words.channel.get()), words.character.as_str());
    let old = take_back(connection, turn)?;
    if items::has_opted_out(connection, Some(words.person), None)? {
        if let Some((channel, character)) = old {
            change(connection, sql::UNCOUNT_LINE, params![channel, character])?;
        }
        return Ok(());
    }
    let counted =
        old.as_ref().is_some_and(|(there, who)| there.0 == words.channel.get() && *who == character);
    if !counted {
        if let Some((channel, character)) = old {
            change(connection, sql::UNCOUNT_LINE, params![channel, character])?;
        }
        change(connection, sql::COUNT_LINE, params![channel, character])?;
    }
    let (id, position) = (Id(turn.0), Id(turn.reply_position(words.at)));
    let at = words.at.as_millis();
    change(connection, sql::SAY, params![channel, position, id, words.person, character, words.text, at])?;
    anchor(connection, turn)
}

/// Removes a reply's line as if it had never been; answers where it was and whose.
fn take_back(connection: &Connection, turn: TurnId) -> Ran<Option<(Id, String)>> {
    items::forget(connection, Source::Reply(turn.0))?;
    Ok(first(connection, sql::TAKE_BACK, [Id(turn.0)], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

fn receipt(connection: &Connection, message: Id) -> Ran<Option<Receipt>> {
    let found = first(connection, sql::RECEIPT, [message], |row| {
        let receipt = Receipt {
            message: id(row, 0)?,
            turn: TurnId(row.get::<_, Id>(1)?.0),
            part: row.get(2)?,
            character: parsed(row, 3)?,
            channel: id(row, 4)?,
            webhook: maybe_id(row, 5)?,
            settled: None,
        };
        Ok((receipt, settled(row)?))
    })?;
    let Some((mut receipt, settled)) = found else { return Ok(None) };
    if let Some((at, prompt_receipt, model, usage)) = settled {
        let prompt_receipt = serde_json::from_str(&prompt_receipt)?;
        receipt.settled = Some(SettledReceipt { prompt_receipt, model, usage, at });
    }
    Ok(Some(receipt))
}

fn settled(row: &Row<'_>) -> rusqlite::Result<Option<(Timestamp, String, String, Usage)>> {
    let Some(at) = row.get(6)? else { return Ok(None) };
    let usage = Usage { input_tokens: row.get(9)?, output_tokens: row.get(10)? };
    Ok(Some((Timestamp(at), row.get(7)?, row.get(8)?, usage)))
}
