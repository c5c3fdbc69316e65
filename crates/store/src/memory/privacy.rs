//! What is stored about people.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    ChannelId, MessageId, Timestamp, UserId,
    event::ChannelKind,
    memory::{Draft, ItemId, Source},
    scene::Speaker,
};
use serde_json::{Value, json};

use super::state::{Entry, SetAside, State};
use crate::{
    Erased, Outcome, PersonRecord, Result, StoreError, Table, TurnId,
    privacy::{about, own, scrub},
};

/// The tables that the model has, in the order of [`crate::TABLES`].
const TABLES_OF_THE_MODEL: [&str; 11] = [
    "history",
    "memory",
    "bond",
    "state",
    "inbox",
    "turn",
    "cleared",
    "setting",
    "library",
    "document",
    "opted_out",
];

impl State {
    pub(super) fn opt_out(&mut self, user: UserId, at: Timestamp) {
        self.opted_out.entry(user).or_insert(at);
    }

    pub(super) fn opt_in(&mut self, user: UserId) -> bool {
        self.opted_out.remove(&user).is_some()
    }

    pub(super) fn person(&self, user: UserId) -> PersonRecord {
        let mut rows = Vec::new();
        for table in TABLES_OF_THE_MODEL {
            let Some(table) = Table::of(table) else { continue };
            let count = self.rows(user, table.name).len() as u64;
            if count > 0 {
                rows.push((table.name, count));
            }
        }
        let mut channels: Vec<_> = self
            .lines
            .iter()
            .filter(|(_, entry)| is_of(entry, user))
            .map(|((channel, ..), _)| *channel)
            .collect();
        channels.dedup();
        let unfinished = self.inbox.iter().filter_map(|(turn, row)| {
            let channel = own(row.event.as_ref()?, user)?;
            Some((channel, MessageId(turn.0)))
        });
        let states = self.states.iter().filter(|(_, doc)| names(&doc.json, user)).map(|(key, _)| key.clone());
        let mut scopes: Vec<_> = self
            .settings
            .iter()
            .filter(|(_, value)| names(value, user))
            .map(|((scope, _), _)| scope.clone())
            .collect();
        scopes.dedup();
        PersonRecord {
            rows,
            unfinished: unfinished.collect(),
            direct: self.direct(user),
            channels,
            states: states.collect(),
            scopes,
        }
    }

    pub(super) fn held(&self, user: UserId, table: &str, from: u64, limit: u32) -> Result<Vec<Value>> {
        let table = Table::of(table).ok_or(StoreError::Invalid("there is no such table"))?;
        let rows = self.rows(user, table.name).into_iter();
        Ok(rows.skip(usize::try_from(from).unwrap_or(usize::MAX)).take(limit as usize).collect())
    }

    fn rows(&self, user: UserId, table: &str) -> Vec<Value> {
        let id = |id: u64| id.to_string();
        let named = |text: &str| {
            let document: Value = serde_json::from_str(text).unwrap_or_default();
            about(&document, user)
                .into_iter()
                .map(|(at, is)| json!({ "at": at, "is": is }))
                .collect::<Vec<_>>()
        };
        match table {
            "history" => self
                .lines
                .iter()
                .filter(|(_, entry)| is_of(entry, user))
                .map(|((channel, position, _), entry)| {
                    json!({
                        "channel": id(channel.get()),
                        "position": id(*position),
                        "user": user.to_string(),
                        "text": entry.line.text.raw(),
                        "at": entry.line.at.as_millis(),
                    })
                })
                .collect(),
            "memory" => self
                .remembered(user)
                .into_iter()
                .filter_map(|item| {
                    let draft = &self.items.get(&item)?.draft;
                    let theirs = draft.owner == Some(user);
                    let text = theirs.then(|| draft.text.raw().to_owned());
                    Some(json!({ "id": id(item.0), "text": text }))
                })
                .collect(),
            "bond" => self
                .bonds
                .values()
                .filter(|bond| bond.user == user)
                .map(|bond| json!({ "place": id(bond.place), "character": bond.character.as_str() }))
                .collect(),
            "document" => self
                .documents
                .values()
                .filter(|document| document.added_by == Some(user))
                .map(|document| json!({ "name": document.name }))
                .collect(),
            "state" => self
                .states
                .values()
                .filter(|doc| names(&doc.json, user))
                .map(|doc| json!({ "key": doc.key, "json": named(&doc.json) }))
                .collect(),
            "inbox" => self
                .inbox
                .iter()
                .filter(|(_, row)| {
                    row.person == Some(user)
                        || row.event.as_ref().is_some_and(|event| own(event, user).is_some())
                })
                .map(|(turn, row)| json!({ "id": id(turn.0), "channel": id(row.channel.get()) }))
                .collect(),
            "turn" => self.turns(user).into_iter().map(|turn| json!({ "id": id(turn.0) })).collect(),
            "cleared" => self
                .cleared
                .iter()
                .filter(|(_, aside)| aside.by == user || aside.lines.iter().any(|line| is_aside(line, user)))
                .map(|(channel, aside)| json!({ "channel": id(channel.get()), "at": aside.at.as_millis() }))
                .collect(),
            "setting" => self
                .settings
                .iter()
                .filter(|(_, value)| names(value, user))
                .map(|((scope, key), value)| json!({ "scope": scope, "key": key, "value": named(value) }))
                .collect(),
            "library" => {
                let cards = self.cards.values().filter(|card| card.owner == user).map(
                    |card| json!({ "guild": id(card.guild.get()), "kind": "card", "name": card.id.as_str() }),
                );
                let books = self.books.values().filter(|book| book.owner == user);
                let books = books
                    .map(|book| json!({ "guild": id(book.guild.get()), "kind": "book", "name": book.name }));
                cards.chain(books).collect()
            }
            "opted_out" => {
                let at = self.opted_out.get(&user).map(|at| at.as_millis());
                at.map(|at| json!({ "user": user.to_string(), "at": at })).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// Turns that answer a person, or whose receipts name them.
    fn turns(&self, user: UserId) -> Vec<TurnId> {
        let answers = |turn: &TurnId| {
            let line = self.reply_line(*turn).and_then(|key| self.lines.get(&key));
            line.is_some_and(|entry| is_of(entry, user))
                || self.inbox.get(turn).is_some_and(|row| row.person == Some(user))
        };
        let names = |turn: &TurnId| {
            let receipt = self.replies.get(turn).and_then(|reply| reply.settled.as_ref());
            receipt.is_some_and(|settled| !about(&settled.prompt_receipt, user).is_empty())
        };
        self.replies.keys().copied().filter(|turn| answers(turn) || names(turn)).collect()
    }

    /// What is theirs, about them, or made of what they said or of what was said to them.
    fn remembered(&self, user: UserId) -> Vec<ItemId> {
        let lines = self.lines.values().filter(|entry| is_of(entry, user));
        let said: BTreeSet<Source> = lines
            .filter_map(|entry| match entry.reply {
                Some((turn, _)) => Some(Source::Reply(turn.0)),
                None => entry.line.message.map(Source::Message),
            })
            .collect();
        let is_it = |draft: &Draft| {
            draft.owner == Some(user)
                || draft.about == Some(user)
                || draft.sources.iter().any(|source| said.contains(source))
        };
        self.items.iter().filter(|(_, kept)| is_it(&kept.draft)).map(|(id, _)| *id).collect()
    }

    fn direct(&self, user: UserId) -> Vec<ChannelId> {
        let lines =
            self.lines.iter().filter(|(_, entry)| is_of(entry, user)).map(|((channel, ..), _)| *channel);
        let rows = self.inbox.values().filter(|row| row.person == Some(user)).map(|row| row.channel);
        let direct = |channel: &ChannelId| {
            self.cursors.get(channel).is_some_and(|(place, _)| place.kind == ChannelKind::Direct)
        };
        let mut channels: Vec<_> = lines.chain(rows).filter(direct).collect();
        channels.sort_unstable();
        channels.dedup();
        channels
    }

    pub(super) fn erase(&mut self, user: UserId) -> Erased {
        let mut erased = Erased::default();
        for channel in self.direct(user) {
            self.erase_channel(channel, &mut erased);
        }
        let items = self.remembered(user);
        for source in items
            .iter()
            .filter_map(|item| self.items.get(item))
            .filter_map(|kept| {
                let draft = &kept.draft;
                (draft.owner == Some(user)).then(|| draft.sources.clone())
            })
            .flatten()
            .collect::<Vec<_>>()
        {
            // The answer to it: its turn has the message's number.
            if let Source::Message(message) = source {
                self.forget_source(Source::Reply(message.get()));
            }
        }
        erased.add("memory", items.len() as u64);
        self.remove_items(&items);
        let mut messages = BTreeMap::<ChannelId, Vec<MessageId>>::new();
        for ((channel, ..), entry) in self.lines.iter().filter(|(_, entry)| is_of(entry, user)) {
            if let (None, Some(message)) = (entry.reply, entry.line.message) {
                messages.entry(*channel).or_default().push(message);
            }
        }
        for (channel, messages) in messages {
            erased.add("history", messages.len() as u64);
            self.delete_messages(channel, &messages);
        }
        for turn in self.turns(user) {
            let line = self.reply_line(turn).and_then(|key| self.lines.get(&key));
            let theirs = line.is_some_and(|entry| is_of(entry, user))
                || self.inbox.get(&turn).is_some_and(|row| row.person == Some(user));
            if theirs {
                if line.is_some() {
                    erased.add("history", 1);
                }
                self.forget_source(Source::Reply(turn.0));
                self.drop_reply_line(turn);
                self.drop_turn(turn);
            } else if let Some(settled) = self.replies.get_mut(&turn).and_then(|reply| reply.settled.as_mut())
            {
                settled.prompt_receipt = json!({});
            }
            erased.add("turn", 1);
        }
        let unfinished: Vec<_> = self
            .inbox
            .iter()
            .filter(|(_, row)| row.event.as_ref().is_some_and(|event| own(event, user).is_some()))
            .map(|(turn, _)| *turn)
            .collect();
        for turn in unfinished {
            // It is unfinished, so it can be ended.
            let ended = self.end(turn, &Outcome::Cancelled, None);
            erased.add("inbox", u64::from(ended.is_ok()));
        }
        for row in self.inbox.values_mut().filter(|row| row.person == Some(user)) {
            row.person = None;
            erased.add("inbox", 1);
        }
        self.erase_documents(user, &mut erased);
        let before = self.bonds.len();
        self.bonds.retain(|_, bond| bond.user != user);
        let cleared = self.cleared.len();
        self.cleared
            .retain(|_, aside| aside.by != user && !aside.lines.iter().any(|line| is_aside(line, user)));
        erased.add("cleared", (cleared - self.cleared.len()) as u64);
        erased.add("bond", (before - self.bonds.len()) as u64);
        for document in self.documents.values_mut().filter(|document| document.added_by == Some(user)) {
            document.added_by = None;
            erased.add("document", 1);
        }
        for owner in self.cards.values_mut().map(|card| &mut card.owner) {
            if *owner == user {
                *owner = UserId(0);
                erased.add("library", 1);
            }
        }
        for owner in self.books.values_mut().map(|book| &mut book.owner) {
            if *owner == user {
                *owner = UserId(0);
                erased.add("library", 1);
            }
        }
        erased
    }

    /// Everything of a channel.
    pub(super) fn erase_channel(&mut self, channel: ChannelId, erased: &mut Erased) {
        self.forget_items_of_channel(channel, |_| true);
        self.cleared.remove(&channel);
        self.bonds.retain(|(place, ..), _| *place != channel.get());
        let before = self.lines.len();
        self.lines.retain(|(at, ..), _| *at != channel);
        erased.add("history", (before - self.lines.len()) as u64);
        let turns: Vec<_> = self
            .replies
            .iter()
            .filter(|(_, reply)| reply.place.channel == channel)
            .map(|(turn, _)| *turn)
            .collect();
        for turn in turns {
            self.drop_turn(turn);
        }
        self.inbox.retain(|_, row| row.channel != channel);
        self.receipts.retain(|_, proof| proof.channel != channel);
        self.said.retain(|(at, _), _| *at != channel);
        self.states.retain(|_, doc| doc.place() != Some(channel.get()));
        let scope = format!("channel/{channel}");
        self.settings.retain(|(at, _), _| *at != scope);
        self.cursors.remove(&channel);
    }

    fn erase_documents(&mut self, user: UserId, erased: &mut Erased) {
        self.states.retain(|_, doc| {
            if !names(&doc.json, user) {
                return true;
            }
            erased.add("state", 1);
            let cleaned = cleaned(&doc.json, user);
            doc.version += 1;
            cleaned.map(|json| doc.json = json).is_some()
        });
        self.settings.retain(|_, value| {
            if !names(value, user) {
                return true;
            }
            erased.add("setting", 1);
            cleaned(value, user).map(|json| *value = json).is_some()
        });
    }
}

/// What somebody said, or what was said to them.
fn is_of(entry: &Entry, user: UserId) -> bool {
    match (&entry.line.who, entry.reply) {
        (Speaker::Person { id, .. } | Speaker::OtherBot { id, .. }, _) => *id == user,
        (Speaker::Character(_), Some((_, to))) => to == Some(user),
        (Speaker::Character(_), None) => false,
    }
}

fn is_aside(line: &SetAside, user: UserId) -> bool {
    match (&line.line.who, line.reply) {
        (Speaker::Person { id, .. } | Speaker::OtherBot { id, .. }, _) => *id == user,
        (Speaker::Character(_), reply) => reply.is_some_and(|(_, to)| to == Some(user)),
    }
}

/// Whether a JSON text names somebody.
fn names(text: &str, user: UserId) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|document| !about(&document, user).is_empty())
}

fn cleaned(text: &str, user: UserId) -> Option<String> {
    let mut document: Value = serde_json::from_str(text).ok()?;
    (scrub(&mut document, user) && !document.is_null()).then(|| document.to_string())
}
