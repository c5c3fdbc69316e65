//! The tables of the model and the rules over them.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    ChannelId, CharacterId, GuildId, MessageId, Timestamp, UserId, WebhookId,
    cue::Cue,
    event::{AuthorKind, Event, Message, Place},
    memory::{ItemId, Source},
    scene::{Line, Speaker},
};

use serde_json::json;

use super::{alternatives::Kept, recollections::Kept as Recollection};
use crate::{
    Accepted, Bond, Counts, Document, GuildBook, GuildCard, Outcome, PART_OF_A_QUESTION, Part, PartState,
    Pending, Pruned, Receipt, Result, Retention, Settled, SettledReceipt, Shown, StateDoc, StoreError,
    Trigger, TriggerKind, TurnId, TurnRecord,
};

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) inbox: BTreeMap<TurnId, Row>,
    pub(super) replies: BTreeMap<TurnId, Reply>,
    pub(super) parts: BTreeMap<(TurnId, u32), Part>,
    pub(super) receipts: BTreeMap<MessageId, Proof>,
    /// By position among the channel's snowflakes, then by order of arrival.
    pub(super) lines: BTreeMap<(ChannelId, u64, u64), Entry>,
    /// How many lines there have been, of a character or of others.
    pub(super) said: BTreeMap<(ChannelId, Option<CharacterId>), u64>,
    pub(super) cursors: BTreeMap<ChannelId, (Place, MessageId)>,
    pub(super) states: BTreeMap<String, StateDoc>,
    pub(super) cards: BTreeMap<(GuildId, CharacterId), GuildCard>,
    pub(super) books: BTreeMap<(GuildId, String), GuildBook>,
    pub(super) settings: BTreeMap<(String, String), String>,
    pub(super) finished: Finished,
    pub(super) items: BTreeMap<ItemId, Recollection>,
    pub(super) last_item: u64,
    /// Of each model: the length of its vectors, and those of items.
    pub(super) vectors: BTreeMap<String, (u32, BTreeMap<ItemId, Vec<u8>>)>,
    pub(super) bonds: BTreeMap<(u64, CharacterId, UserId), Bond>,
    pub(super) documents: BTreeMap<u64, Document>,
    pub(super) last_document: u64,
    pub(super) opted_out: BTreeMap<UserId, Timestamp>,
    pub(super) cleared: BTreeMap<ChannelId, Aside>,
    arrivals: u64,
}

/// Turns by their ends.
#[derive(Debug, Default)]
pub(super) struct Finished {
    answered: u64,
    ignored: u64,
    failed: u64,
    cancelled: u64,
}

impl Finished {
    pub(super) fn of(&mut self, outcome: &Outcome) -> &mut u64 {
        match outcome {
            Outcome::Ignored { .. } => &mut self.ignored,
            Outcome::Answered => &mut self.answered,
            Outcome::Failed { .. } => &mut self.failed,
            Outcome::Cancelled => &mut self.cancelled,
        }
    }
}

#[derive(Debug)]
pub(super) struct Row {
    pub(super) order: u64,
    kind: TriggerKind,
    pub(super) channel: ChannelId,
    pub(super) person: Option<UserId>,
    pub(super) about: Option<MessageId>,
    pub(super) accepted_at: Timestamp,
    pub(super) withdrawn: bool,
    /// `None` when it is finished.
    pub(super) event: Option<Event>,
    /// How it was finished.
    pub(super) outcome: Option<Outcome>,
}

#[derive(Debug)]
pub(super) struct Reply {
    pub(super) place: Place,
    pub(super) character: CharacterId,
    pub(super) settled: Option<SettledReceipt>,
    /// The number of what is settled or about to be.
    pub(super) alternative: u32,
    pub(super) kept: BTreeMap<u32, Kept>,
}

#[derive(Debug)]
pub(super) struct Proof {
    pub(super) turn: TurnId,
    pub(super) part: u32,
    pub(super) character: CharacterId,
    pub(super) channel: ChannelId,
    webhook: Option<WebhookId>,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) line: Line,
    /// For a character's reply: its turn and whom it answers.
    pub(super) reply: Option<(TurnId, Option<UserId>)>,
    /// Whether the memory has looked at it.
    pub(super) remembered: bool,
}

/// A cleared channel.
#[derive(Debug)]
pub(super) struct Aside {
    pub(super) at: Timestamp,
    pub(super) by: UserId,
    pub(super) lines: Vec<SetAside>,
}

/// A line of a cleared channel.
#[derive(Debug)]
pub(super) struct SetAside {
    pub(super) position: u64,
    pub(super) line: Line,
    pub(super) reply: Option<(TurnId, Option<UserId>)>,
}

const OVER: StoreError = StoreError::Conflict("the turn is unknown or finished");
const ANOTHER_KIND: StoreError = StoreError::Conflict("an event of another kind has the same id");

impl State {
    pub(super) fn accept(&mut self, event: &Event, at: Timestamp) -> Result<Accepted> {
        let Trigger { turn, kind, channel, person, about } = Trigger::of(event)?;
        if let Some(row) = self.inbox.get(&turn) {
            return if row.kind == kind { Ok(Accepted::Duplicate) } else { Err(ANOTHER_KIND) };
        }
        let order = self.next();
        let row = Row {
            order,
            kind,
            channel,
            person,
            about,
            accepted_at: at,
            withdrawn: false,
            event: Some(event.clone()),
            outcome: None,
        };
        self.inbox.insert(turn, row);
        if let Event::Message(message) = event {
            self.remember(message);
        }
        Ok(Accepted::New)
    }

    pub(super) fn remember(&mut self, message: &Message) {
        let channel = message.place.channel;
        let newest = self.cursors.get(&channel).map_or(message.id, |(_, seen)| message.id.max(*seen));
        self.cursors.insert(channel, (message.place, newest));
        let (id, name) = (message.author.id, message.author.name.clone());
        let who = match message.author.kind {
            AuthorKind::Human => Speaker::Person { id, name },
            AuthorKind::Bot | AuthorKind::Webhook(..) => Speaker::OtherBot { id, name },
            AuthorKind::System => return,
        };
        let known = self.receipts.contains_key(&message.id)
            || self
                .lines
                .values()
                .any(|entry| entry.reply.is_none() && entry.line.message == Some(message.id));
        if !known && !self.opted_out.contains_key(&id) {
            let key = (channel, message.id.get(), self.next());
            let (text, at) = (message.content.clone(), message.sent_at);
            let line = Line { who, text, message: Some(message.id), at };
            self.lines.insert(key, Entry { line, reply: None, remembered: false });
            self.count(channel, None);
        }
    }

    pub(super) fn unfinished(&self) -> Vec<Pending> {
        let mut rows: Vec<_> = self.inbox.iter().filter(|(_, row)| row.event.is_some()).collect();
        rows.sort_by_key(|(_, row)| row.order);
        rows.into_iter()
            .filter_map(|(turn, row)| {
                Some(Pending {
                    event: row.event.clone()?,
                    accepted_at: row.accepted_at,
                    withdrawn: row.withdrawn,
                    turn: self.record(*turn),
                })
            })
            .collect()
    }

    pub(super) fn record(&self, turn: TurnId) -> Option<TurnRecord> {
        let reply = self.replies.get(&turn)?;
        Some(TurnRecord {
            turn,
            place: reply.place,
            character: reply.character.clone(),
            parts: self.parts.range((turn, 0)..=(turn, u32::MAX)).map(|(_, part)| part.clone()).collect(),
            settled: reply.settled.is_some(),
        })
    }

    /// Ends a turn and accepts the next one of its chain; on an error nothing is changed.
    pub(super) fn end(&mut self, turn: TurnId, outcome: &Outcome, next: Option<&Cue>) -> Result<()> {
        self.open(turn)?;
        if let Some(cue) = next {
            self.accept(&Event::Cue(Box::new(cue.clone())), cue.at)?;
        }
        self.finish(turn, outcome)
    }

    fn finish(&mut self, turn: TurnId, outcome: &Outcome) -> Result<()> {
        let row = self.inbox.get_mut(&turn).ok_or(OVER)?;
        row.event.take().ok_or(OVER)?;
        row.person = row.person.filter(|person| !self.opted_out.contains_key(person));
        row.outcome = Some(outcome.clone());
        *self.finished.of(outcome) += 1;
        Ok(())
    }

    pub(super) fn cursors(&self) -> Vec<(Place, MessageId)> {
        self.cursors.values().copied().collect()
    }

    pub(super) fn stage(
        &mut self,
        turn: TurnId,
        place: &Place,
        character: &CharacterId,
        index: u32,
        text: &str,
        at: Timestamp,
    ) -> Result<()> {
        self.open(turn)?;
        self.begin(turn, place, character);
        let part = self.parts.entry((turn, index)).or_insert_with(|| staged(index, text, at));
        if part.state == PartState::Staged {
            (part.text, part.staged_at) = (text.to_owned(), at);
        }
        Ok(())
    }

    pub(super) fn posted(&mut self, turn: TurnId, shown: Shown) -> Result<()> {
        self.open(turn)?;
        self.prove(turn, shown, None)?;
        self.anchor(turn);
        Ok(())
    }

    pub(super) fn settle(&mut self, turn: TurnId, reply: &Settled) -> Result<()> {
        let user = self.open(turn)?;
        let private = user.is_some_and(|user| self.opted_out.contains_key(&user));
        let settled = SettledReceipt {
            // Their name is in it.
            prompt_receipt: if private { json!({}) } else { reply.prompt_receipt.clone() },
            model: reply.model.clone(),
            usage: reply.usage,
            at: reply.at,
        };
        self.begin(turn, &reply.place, &reply.character).settled = Some(settled);
        self.settle_parts(turn, &reply.parts, reply.at);
        let line = Line {
            who: Speaker::Character(reply.character.clone()),
            text: reply.reply_text.as_str().into(),
            message: None,
            at: reply.at,
        };
        self.say(turn, reply.place.channel, Entry { line, reply: Some((turn, user)), remembered: false });
        let outcome = Outcome::Ignored { reason: PART_OF_A_QUESTION.to_owned() };
        let open = |also: &&TurnId| **also != turn && self.open(**also).is_ok();
        let also: Vec<TurnId> = reply.also.iter().filter(open).copied().collect();
        also.into_iter().try_for_each(|also| self.finish(also, &outcome))
    }

    fn begin(&mut self, turn: TurnId, place: &Place, character: &CharacterId) -> &mut Reply {
        let reply = self.replies.entry(turn).or_insert_with(|| Reply {
            place: *place,
            character: character.clone(),
            settled: None,
            alternative: 0,
            kept: BTreeMap::new(),
        });
        (reply.place, reply.character) = (*place, character.clone());
        reply
    }

    /// Puts a reply's line into the history, in the place of the one it may have there.
    pub(super) fn say(&mut self, turn: TurnId, channel: ChannelId, entry: Entry) {
        self.take_back(turn);
        if entry.reply.and_then(|(_, user)| user).is_some_and(|user| self.opted_out.contains_key(&user)) {
            return;
        }
        if let Speaker::Character(character) = &entry.line.who {
            self.count(channel, Some(character.clone()));
        }
        let key = (channel, turn.reply_position(entry.line.at), self.next());
        self.lines.insert(key, entry);
        self.anchor(turn);
    }

    pub(super) fn settle_parts(&mut self, turn: TurnId, texts: &[String], at: Timestamp) {
        for (index, text) in (0..).zip(texts) {
            let part = self.parts.entry((turn, index)).or_insert_with(|| staged(index, text, at));
            match part.state {
                PartState::Posted if part.text != *text => part.state = PartState::Stale,
                PartState::Staged | PartState::Posted | PartState::Stale | PartState::Shown => {}
            }
            (part.text, part.staged_at) = (text.clone(), at);
        }
        let final_parts = u32::try_from(texts.len()).unwrap_or(u32::MAX);
        self.parts.retain(|(of, index), part| {
            let surplus = *of == turn && *index >= final_parts;
            if surplus && part.state != PartState::Staged {
                (part.state, part.staged_at) = (PartState::Stale, at);
                part.text.clear();
            }
            !surplus || part.state != PartState::Staged
        });
    }

    pub(super) fn complete(
        &mut self,
        turn: TurnId,
        shown: &[Shown],
        outcome: &Outcome,
        next: Option<&Cue>,
    ) -> Result<()> {
        self.open(turn)?;
        for shown in shown {
            self.provable(turn, *shown)?;
        }
        let person = self.open(turn)?;
        self.end(turn, outcome, next)?;
        for shown in shown {
            self.prove(turn, *shown, Some(PartState::Shown))?;
        }
        self.parts
            .retain(|(of, _), part| *of != turn || part.state != PartState::Stale || !part.text.is_empty());
        self.anchor(turn);
        if person.is_some_and(|person| self.opted_out.contains_key(&person)) {
            self.drop_turn(turn);
        }
        Ok(())
    }

    pub(super) fn abandon(
        &mut self,
        turn: TurnId,
        outcome: &Outcome,
        next: Option<&Cue>,
    ) -> Result<Vec<Shown>> {
        let person = self.open(turn)?;
        self.end(turn, outcome, next)?;
        self.take_back(turn);
        if let Some(reply) = self.replies.get_mut(&turn) {
            reply.kept.clear();
        }
        let parts = self.parts.range((turn, 0)..=(turn, u32::MAX));
        let shown = parts
            .filter_map(|(_, part)| {
                Some(Shown { part: part.index, message: part.message?, webhook: part.webhook })
            })
            .collect();
        if person.is_some_and(|person| self.opted_out.contains_key(&person)) {
            self.drop_turn(turn);
        }
        Ok(shown)
    }

    pub(super) fn receipt(&self, message: MessageId) -> Option<Receipt> {
        let proof = self.receipts.get(&message)?;
        Some(Receipt {
            message,
            turn: proof.turn,
            part: proof.part,
            character: proof.character.clone(),
            channel: proof.channel,
            webhook: proof.webhook,
            settled: self.replies.get(&proof.turn).and_then(|reply| reply.settled.clone()),
        })
    }

    pub(super) fn last_receipt(&self, channel: ChannelId) -> Option<Receipt> {
        let newest = self.receipts.iter().rfind(|(_, proof)| proof.channel == channel)?;
        self.receipt(*newest.0)
    }

    pub(super) fn setting(&self, scope: &str, key: &str) -> Option<String> {
        self.settings.get(&(scope.to_owned(), key.to_owned())).cloned()
    }

    pub(super) fn settings_in(&self, scope: &str) -> Vec<(String, String)> {
        let own = self.settings.iter().filter(|((of, _), _)| of == scope);
        own.map(|((_, key), value)| (key.clone(), value.clone())).collect()
    }

    pub(super) fn set_setting(&mut self, scope: &str, key: &str, value: Option<&str>) {
        let at = (scope.to_owned(), key.to_owned());
        match value {
            Some(value) => self.settings.insert(at, value.to_owned()),
            None => self.settings.remove(&at),
        };
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            pending: self.inbox.values().filter(|row| row.event.is_some()).count() as u64,
            messages: self.lines.len() as u64,
            answered: self.finished.answered,
            ignored: self.finished.ignored,
            failed: self.finished.failed,
            cancelled: self.finished.cancelled,
        }
    }

    pub(super) fn prune(&mut self, now: Timestamp, keep: &Retention) -> Pruned {
        let old: BTreeSet<_> = self
            .inbox
            .iter()
            .filter(|(_, row)| row.event.is_none() && now.since(row.accepted_at) > keep.finished_for)
            .map(|(turn, _)| *turn)
            .collect();
        self.inbox.retain(|turn, _| !old.contains(turn));
        self.replies.retain(|turn, _| !old.contains(turn));
        self.parts.retain(|(turn, _), _| !old.contains(turn));

        let lines = surplus(keep.per_channel, self.lines.keys().rev().map(|key| (key.0, *key)));
        for key in &lines {
            self.lines.remove(key);
        }
        let proofs = self.receipts.iter().rev().map(|(message, proof)| (proof.channel, *message));
        let receipts = surplus(keep.per_channel, proofs);
        for message in &receipts {
            self.receipts.remove(message);
        }
        Pruned {
            turns: old.len() as u64,
            lines: lines.len() as u64,
            receipts: receipts.len() as u64,
            states: self.prune_states(keep.silent_before(now)),
            items: self.prune_items(keep),
        }
    }

    /// Removes what is known of how a reply came to be.
    pub(super) fn drop_turn(&mut self, turn: TurnId) {
        self.replies.remove(&turn);
        self.parts.retain(|(of, _), _| *of != turn);
    }

    pub(super) fn next(&mut self) -> u64 {
        self.arrivals += 1;
        self.arrivals
    }

    /// The person whom an unfinished turn answers.
    pub(super) fn open(&self, turn: TurnId) -> Result<Option<UserId>> {
        self.inbox.get(&turn).filter(|row| row.event.is_some()).map(|row| row.person).ok_or(OVER)
    }

    /// The unfinished turns that a message of a channel triggered: its own, then those of cues about it.
    pub(super) fn triggered(&self, channel: ChannelId, message: MessageId) -> Vec<TurnId> {
        let own = TurnId::from(message);
        let here = |row: &Row| row.channel == channel && row.event.is_some();
        let is_own = |row: &Row| here(row) && row.kind == TriggerKind::Message;
        let about = self
            .inbox
            .iter()
            .filter(|(turn, row)| **turn != own && here(row) && row.about == Some(message))
            .map(|(turn, _)| *turn);
        self.inbox.get(&own).is_some_and(is_own).then_some(own).into_iter().chain(about).collect()
    }

    pub(super) fn of_channel(&mut self, channel: ChannelId) -> impl Iterator<Item = &mut Entry> {
        self.lines.range_mut((channel, 0, 0)..=(channel, u64::MAX, u64::MAX)).map(|(_, entry)| entry)
    }

    fn provable(&self, turn: TurnId, shown: Shown) -> Result<()> {
        if !self.parts.contains_key(&(turn, shown.part)) {
            return Err(StoreError::Conflict("the part was never staged"));
        }
        match self.receipts.get(&shown.message) {
            Some(proof) if proof.turn != turn => {
                Err(StoreError::Conflict("the message belongs to another turn"))
            }
            _ => Ok(()),
        }
    }

    /// Writes the receipt of a part; `state` or, for a part only staged so far, "posted".
    fn prove(&mut self, turn: TurnId, shown: Shown, state: Option<PartState>) -> Result<()> {
        self.provable(turn, shown)?;
        let (Some(part), Some(reply)) = (self.parts.get_mut(&(turn, shown.part)), self.replies.get(&turn))
        else {
            return Err(OVER);
        };
        (part.message, part.webhook) = (Some(shown.message), shown.webhook);
        part.state = match (state, part.state) {
            (None, PartState::Staged) => PartState::Posted,
            (Some(state), _) | (None, state) => state,
        };
        let proof = Proof {
            turn,
            part: shown.part,
            character: reply.character.clone(),
            channel: reply.place.channel,
            webhook: shown.webhook,
        };
        self.receipts.insert(shown.message, proof);
        // Our own message may have been observed before its receipt came.
        let observed: Vec<_> = self
            .lines
            .iter()
            .filter(|(_, entry)| entry.reply.is_none() && entry.line.message == Some(shown.message))
            .map(|(key, _)| *key)
            .collect();
        for key in observed {
            self.lines.remove(&key);
            self.uncount(key.0, None);
        }
        Ok(())
    }

    /// Puts the reply's line where its first message stands.
    pub(super) fn anchor(&mut self, turn: TurnId) {
        let first = self
            .receipts
            .iter()
            .filter(|(_, proof)| proof.turn == turn)
            .min_by_key(|(message, proof)| (proof.part, **message))
            .map(|(message, _)| *message);
        if let Some(key) = self.reply_line(turn)
            && let Some(mut entry) = self.lines.remove(&key)
        {
            entry.line.message = first;
            // What is not shown is not remembered.
            entry.remembered &= first.is_some();
            self.lines.insert((key.0, first.map_or(key.1, MessageId::get), key.2), entry);
        }
    }

    pub(super) fn reply_line(&self, turn: TurnId) -> Option<(ChannelId, u64, u64)> {
        let is_it = |entry: &Entry| entry.reply.is_some_and(|(of, _)| of == turn);
        self.lines.iter().find(|(_, entry)| is_it(entry)).map(|(key, _)| *key)
    }

    pub(super) fn drop_reply_line(&mut self, turn: TurnId) {
        if let Some(key) = self.reply_line(turn) {
            self.lines.remove(&key);
        }
    }

    /// Removes a reply's line as if it had never been.
    fn take_back(&mut self, turn: TurnId) {
        self.forget_source(Source::Reply(turn.0));
        if let Some(key) = self.reply_line(turn)
            && let Some(Entry { line: Line { who: Speaker::Character(character), .. }, .. }) =
                self.lines.remove(&key)
        {
            self.uncount(key.0, Some(character));
        }
    }

    pub(super) fn count(&mut self, channel: ChannelId, character: Option<CharacterId>) {
        *self.said.entry((channel, character)).or_default() += 1;
    }

    fn uncount(&mut self, channel: ChannelId, character: Option<CharacterId>) {
        if let Some(lines) = self.said.get_mut(&(channel, character)) {
            *lines = lines.saturating_sub(1);
        }
    }
}

/// What exceeds the limit in each channel, from the newest on.
fn surplus<K>(limit: u32, newest_first: impl Iterator<Item = (ChannelId, K)>) -> Vec<K> {
    let mut kept = BTreeMap::<ChannelId, u32>::new();
    newest_first
        .filter_map(|(channel, key)| {
            let kept = kept.entry(channel).or_default();
            *kept = kept.saturating_add(1);
            (*kept > limit).then_some(key)
        })
        .collect()
}

fn staged(index: u32, text: &str, at: Timestamp) -> Part {
    Part {
        index,
        text: text.to_owned(),
        state: PartState::Staged,
        message: None,
        webhook: None,
        staged_at: at,
    }
}
