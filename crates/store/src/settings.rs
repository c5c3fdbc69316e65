//! Small facts, and the upkeep.

use std::time::Duration;

use async_trait::async_trait;
use domain::{Timestamp, limits};

use crate::Result;

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Lines of history, and receipts, per channel.
    pub per_channel: u32,
    /// How long finished turns are kept: what arrives again within that time is a duplicate.
    pub finished_for: Duration,
    /// How long the state of a channel in which nothing is said is kept: what its characters had in mind.
    pub silent_for: Duration,
    /// Remembered lines per channel.
    pub memory_lines: u32,
    /// Facts per person and server.
    pub memory_facts: u32,
    /// Episodes per channel.
    pub memory_episodes: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            per_channel: 5_000,
            finished_for: Duration::from_hours(7 * 24),
            silent_for: Duration::from_hours(180 * 24),
            memory_lines: cap(limits::CHANNEL_LINES),
            memory_facts: cap(limits::PERSON_FACTS),
            memory_episodes: cap(limits::CHANNEL_EPISODES),
        }
    }
}

/// What a pruning removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Finished turns with their parts.
    pub turns: u64,
    /// Lines of history.
    pub lines: u64,
    /// Receipts.
    pub receipts: u64,
    /// Documents of channels that fell silent.
    pub states: u64,
    /// Remembered items.
    pub items: u64,
}

fn cap(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}

impl Retention {
    /// The snowflake before which a channel's newest message lies when it has been silent for too long.
    pub fn silent_before(&self, now: Timestamp) -> u64 {
        let kept = i64::try_from(self.silent_for.as_millis()).unwrap_or(i64::MAX);
        let since_epoch = now.as_millis().saturating_sub(kept).saturating_sub(domain::time::DISCORD_EPOCH_MS);
        u64::try_from(since_epoch).unwrap_or(0) << 22
    }
}

/// Numbers for `/status`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Turns answered since the database was made.
    pub answered: u64,
    /// Turns ignored.
    pub ignored: u64,
    /// Turns failed.
    pub failed: u64,
    /// Turns cancelled.
    pub cancelled: u64,
    /// Turns accepted and not finished.
    pub pending: u64,
    /// Lines of history stored now.
    pub messages: u64,
}

/// Settings and upkeep.
#[async_trait]
pub trait Settings: Send + Sync {
    /// The value under a scope and key.
    async fn setting(&self, scope: &str, key: &str) -> Result<Option<String>>;

    /// Everything under a scope, as keys with values, by key.
    async fn settings_in(&self, scope: &str) -> Result<Vec<(String, String)>>;

    /// Sets a value; `None` removes it.
    async fn set_setting(&self, scope: &str, key: &str, value: Option<&str>) -> Result<()>;

    /// Proves that the store can write durably, for the readiness probe.
    async fn check(&self) -> Result<()>;

    /// Numbers for `/status`.
    async fn counts(&self) -> Result<Counts>;

    /// Removes what need not be kept, in several small transactions so that others get in between.
    async fn prune(&self, now: Timestamp, keep: &Retention) -> Result<Pruned>;

    /// Finishes what is under way and closes; every later call is `Unavailable`. Closing twice is fine.
    async fn close(&self) -> Result<()>;
}
