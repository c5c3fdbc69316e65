//! What is stored about people: the list of all of it, and everybody's right to see it, to take it along, to have it
//! erased, and to have nothing stored at all.

mod json;
mod tables;

use async_trait::async_trait;
use domain::{ChannelId, MessageId, Timestamp, UserId, cue::Task, event::Event};
use serde_json::Value;

pub use json::{about, scrub};
pub use tables::{Column, Holds, TABLES, Table};

use crate::{Result, Trigger};

/// Rows of one page of [`Privacy::held`] at most.
pub const PAGE: u32 = 2_000;

/// What is stored about a person, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonRecord {
    /// How many rows of which table of [`TABLES`] hold something about them; tables without any are not named.
    pub rows: Vec<(&'static str, u64)>,
    /// Messages and commands of theirs that are not finished: where, and their numbers.
    pub unfinished: Vec<(ChannelId, MessageId)>,
    /// Channels in which something is kept that they said.
    pub channels: Vec<ChannelId>,
    /// Those of them that are direct: nobody else is there.
    pub direct: Vec<ChannelId>,
    /// Keys of states that name them.
    pub states: Vec<String>,
    /// Scopes of settings that name them.
    pub scopes: Vec<String>,
}

impl PersonRecord {
    /// Whether nothing is stored about them, but perhaps that nothing is to be stored.
    pub fn is_empty(&self) -> bool {
        self.rows.iter().all(|(table, _)| *table == "opted_out")
    }

    /// How many rows of a table.
    pub fn of(&self, table: &str) -> u64 {
        self.rows.iter().find(|(name, _)| *name == table).map_or(0, |(_, rows)| *rows)
    }
}

/// What an erasure removed or changed: rows by table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Tables without any are not named.
    pub rows: Vec<(&'static str, u64)>,
}

impl Erased {
    /// All of it.
    pub fn total(&self) -> u64 {
        self.rows.iter().map(|(_, rows)| rows).sum()
    }

    /// Adds rows of a table.
    pub fn add(&mut self, table: &'static str, rows: u64) {
        if rows == 0 {
            return;
        }
        match self.rows.iter_mut().find(|(name, _)| *name == table) {
            Some((_, sum)) => *sum += rows,
            None => self.rows.push((table, rows)),
        }
    }
}

/// Everybody's rights over what is stored about them.
#[async_trait]
pub trait Privacy: Send + Sync {
    /// From now on nothing that this person says is stored, but for the event that is being worked on until its turn
    /// is over. What is stored already stays until it is erased.
    async fn opt_out(&self, user: UserId, at: Timestamp) -> Result<()>;

    /// Ends that; answers whether it was so.
    async fn opt_in(&self, user: UserId) -> Result<bool>;

    /// Everybody about whom nothing is to be stored, by id.
    async fn opted_out(&self) -> Result<Vec<UserId>>;

    /// What is stored about a person.
    async fn person(&self, user: UserId) -> Result<PersonRecord>;

    /// Rows of a table that hold something about a person, as objects by column, from the `from`th on, at most `limit`
    /// ([`PAGE`]). Of rows that are other people's and only name the person, only what names them is told. Ids are
    /// strings: as numbers, many readers of JSON would round them. `Invalid` for a table that is not in [`TABLES`].
    async fn held(&self, user: UserId, table: &str, from: u64, limit: u32) -> Result<Vec<Value>>;

    /// Removes everything about a person but that they opted out. In several transactions, so that others get in
    /// between; begun again after a crash, it does the rest.
    ///
    /// Documents of [`crate::States`] that somebody holds in memory are cleaned there first, or they come back.
    async fn erase(&self, user: UserId) -> Result<Erased>;
}

/// Where an event happened that is a person's own: what they said or asked for, or a scene that they wanted.
pub fn own(event: &Event, user: UserId) -> Option<ChannelId> {
    let trigger = Trigger::of(event).ok()?;
    let wanted = match event {
        Event::Cue(cue) => matches!(&cue.task, Task::Scene(run) if run.asked_by == user),
        _ => false,
    };
    (wanted || trigger.person == Some(user)).then_some(trigger.channel)
}
