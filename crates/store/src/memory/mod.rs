//! The model: the same use cases over plain maps, for tests and as the meaning of the others.

mod alternatives;
mod channels;
mod finding;
mod history;
mod messages;
mod privacy;
mod recalling;
mod recollections;
mod shelved;
mod shelves;
mod state;

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::{
    ChannelId, CharacterId, GuildId, MessageId, Timestamp, Untrusted, UserId,
    cue::Cue,
    event::{Event, Message, Place},
};

use crate::{
    Accepted, Alternative, Alternatives, Counts, Erased, GuildBook, GuildCard, History, Journal, Library,
    Outbox, Outcome, Pending, PersonRecord, Privacy, Pruned, Receipt, Result, Retention, SceneRecord,
    Settings, Settled, Shelved, Shown, StateDoc, States, StoreError, TurnId, TurnRecord,
};

use state::State;

/// A store that forgets everything when it is dropped.
#[derive(Debug, Default)]
pub struct MemoryStore {
    /// `None` after `close`.
    state: Mutex<Slot>,
}

#[derive(Debug)]
struct Slot(Option<State>);

impl Default for Slot {
    fn default() -> Self {
        Self(Some(State::default()))
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, job: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        match &mut self.slot().0 {
            Some(state) => job(state),
            None => Err(StoreError::unavailable("it is closed")),
        }
    }
}

#[async_trait]
impl Journal for MemoryStore {
    async fn accept(&self, event: &Event, at: Timestamp) -> Result<Accepted> {
        self.with(|state| state.accept(event, at))
    }

    async fn observe(&self, message: &Message) -> Result<()> {
        self.with(|state| {
            state.remember(message);
            Ok(())
        })
    }

    async fn unfinished(&self) -> Result<Vec<Pending>> {
        self.with(|state| Ok(state.unfinished()))
    }

    async fn finish(&self, turn: TurnId, outcome: &Outcome, next: Option<&Cue>) -> Result<()> {
        self.with(|state| state.end(turn, outcome, next))
    }

    async fn cursors(&self) -> Result<Vec<(Place, MessageId)>> {
        self.with(|state| Ok(state.cursors()))
    }
}

#[async_trait]
impl Outbox for MemoryStore {
    async fn stage(
        &self,
        turn: TurnId,
        place: &Place,
        character: &CharacterId,
        part: u32,
        text: &str,
        at: Timestamp,
    ) -> Result<()> {
        self.with(|state| state.stage(turn, place, character, part, text, at))
    }

    async fn posted(&self, turn: TurnId, shown: Shown) -> Result<()> {
        self.with(|state| state.posted(turn, shown))
    }

    async fn settle(&self, turn: TurnId, reply: &Settled) -> Result<()> {
        self.with(|state| state.settle(turn, reply))
    }

    async fn complete(
        &self,
        turn: TurnId,
        shown: &[Shown],
        outcome: &Outcome,
        next: Option<&Cue>,
    ) -> Result<()> {
        self.with(|state| state.complete(turn, shown, outcome, next))
    }

    async fn abandon(&self, turn: TurnId, outcome: &Outcome, next: Option<&Cue>) -> Result<Vec<Shown>> {
        self.with(|state| state.abandon(turn, outcome, next))
    }

    async fn receipt(&self, message: MessageId) -> Result<Option<Receipt>> {
        self.with(|state| Ok(state.receipt(message)))
    }

    async fn last_receipt(&self, channel: ChannelId) -> Result<Option<Receipt>> {
        self.with(|state| Ok(state.last_receipt(channel)))
    }
}

#[async_trait]
impl Alternatives for MemoryStore {
    async fn reopen(&self, turn: TurnId, event: &Event, at: Timestamp) -> Result<Option<TurnRecord>> {
        self.with(|state| state.reopen(turn, event, at))
    }

    async fn alternatives(&self, turn: TurnId) -> Result<Vec<Alternative>> {
        self.with(|state| Ok(state.alternatives(turn)))
    }

    async fn choose(&self, turn: TurnId, event: &Event, n: u32, at: Timestamp) -> Result<Option<TurnRecord>> {
        self.with(|state| state.choose(turn, event, n, at))
    }
}

#[async_trait]
impl History for MemoryStore {
    async fn scene(
        &self,
        channel: ChannelId,
        before: Option<MessageId>,
        limit: u32,
        reply_to: Option<MessageId>,
    ) -> Result<SceneRecord> {
        self.with(|state| Ok(state.scene(channel, before, limit, reply_to)))
    }

    async fn edit_message(
        &self,
        channel: ChannelId,
        message: MessageId,
        content: &Untrusted,
    ) -> Result<Vec<TurnId>> {
        self.with(|state| Ok(state.edit_message(channel, message, content)))
    }

    async fn delete_messages(&self, channel: ChannelId, messages: &[MessageId]) -> Result<Vec<TurnId>> {
        self.with(|state| Ok(state.delete_messages(channel, messages)))
    }

    async fn forget_channel(&self, channel: ChannelId) -> Result<()> {
        self.with(|state| {
            state.forget_channel(channel);
            Ok(())
        })
    }
}

#[async_trait]
impl States for MemoryStore {
    async fn states(&self, keys: &[String]) -> Result<Vec<Option<StateDoc>>> {
        self.with(|state| Ok(state.states(keys)))
    }

    async fn keep_states(&self, docs: &[StateDoc]) -> Result<()> {
        self.with(|state| state.keep_states(docs))
    }

    async fn forget_states(&self, key: &str) -> Result<()> {
        self.with(|state| state.forget_states(key))
    }
}

#[async_trait]
impl Library for MemoryStore {
    async fn put_card(&self, card: &GuildCard, replace: bool) -> Result<()> {
        self.with(|state| state.put_card(card, replace))
    }

    async fn cards(&self, guild: GuildId) -> Result<Vec<Shelved>> {
        self.with(|state| Ok(state.cards(guild)))
    }

    async fn card(&self, guild: GuildId, id: &CharacterId) -> Result<Option<GuildCard>> {
        self.with(|state| Ok(state.card(guild, id)))
    }

    async fn remove_card(&self, guild: GuildId, id: &CharacterId) -> Result<bool> {
        self.with(|state| Ok(state.remove_card(guild, id)))
    }

    async fn put_book(&self, book: &GuildBook, replace: bool) -> Result<()> {
        self.with(|state| state.put_book(book, replace))
    }

    async fn books(&self, guild: GuildId) -> Result<Vec<Shelved>> {
        self.with(|state| Ok(state.books(guild)))
    }

    async fn book(&self, guild: GuildId, name: &str) -> Result<Option<GuildBook>> {
        self.with(|state| Ok(state.book(guild, name)))
    }

    async fn remove_book(&self, guild: GuildId, name: &str) -> Result<bool> {
        self.with(|state| Ok(state.remove_book(guild, name)))
    }

    async fn forget_guild(&self, guild: GuildId) -> Result<()> {
        self.with(|state| {
            state.forget_guild(guild);
            Ok(())
        })
    }
}

#[async_trait]
impl Privacy for MemoryStore {
    async fn opt_out(&self, user: UserId, at: Timestamp) -> Result<()> {
        self.with(|state| {
            state.opt_out(user, at);
            Ok(())
        })
    }

    async fn opt_in(&self, user: UserId) -> Result<bool> {
        self.with(|state| Ok(state.opt_in(user)))
    }

    async fn opted_out(&self) -> Result<Vec<UserId>> {
        self.with(|state| Ok(state.opted_out.keys().copied().collect()))
    }

    async fn person(&self, user: UserId) -> Result<PersonRecord> {
        self.with(|state| Ok(state.person(user)))
    }

    async fn held(&self, user: UserId, table: &str, from: u64, limit: u32) -> Result<Vec<serde_json::Value>> {
        self.with(|state| state.held(user, table, from, limit))
    }

    async fn erase(&self, user: UserId) -> Result<Erased> {
        self.with(|state| Ok(state.erase(user)))
    }
}

#[async_trait]
impl Settings for MemoryStore {
    async fn setting(&self, scope: &str, key: &str) -> Result<Option<String>> {
        self.with(|state| Ok(state.setting(scope, key)))
    }

    async fn settings_in(&self, scope: &str) -> Result<Vec<(String, String)>> {
        self.with(|state| Ok(state.settings_in(scope)))
    }

    async fn set_setting(&self, scope: &str, key: &str, value: Option<&str>) -> Result<()> {
        self.with(|state| {
            state.set_setting(scope, key, value);
            Ok(())
        })
    }

    async fn check(&self) -> Result<()> {
        self.with(|_| Ok(()))
    }

    async fn counts(&self) -> Result<Counts> {
        self.with(|state| Ok(state.counts()))
    }

    async fn prune(&self, now: Timestamp, keep: &Retention) -> Result<Pruned> {
        self.with(|state| Ok(state.prune(now, keep)))
    }

    async fn close(&self) -> Result<()> {
        self.slot().0 = None;
        Ok(())
    }
}
