//! Settings and upkeep in SQL.

use async_trait::async_trait;
use domain::Timestamp;
use rusqlite::{Connection, params};
use store::{Counts, Pruned, Result, Retention, Settings};

use crate::{
    SqliteStore, items,
    row::{Id, all, change, first},
    sql::{self, memory},
};

/// Rows of one pruning transaction.
const PRUNE_BATCH: u32 = 500;

/// Remembered items of one pruning transaction: each must be taken out of the full-text index.
const ITEM_BATCH: u32 = 100;

#[async_trait]
impl Settings for SqliteStore {
    async fn setting(&self, scope: &str, key: &str) -> Result<Option<String>> {
        let (scope, key) = (scope.to_owned(), key.to_owned());
        self.engine
            .read(move |connection| Ok(first(connection, sql::SETTING, [scope, key], |row| row.get(0))?))
            .await
    }

    async fn settings_in(&self, scope: &str) -> Result<Vec<(String, String)>> {
        let scope = scope.to_owned();
        self.engine
            .read(move |connection| {
                Ok(all(connection, sql::SETTINGS_IN, [scope], |row| Ok((row.get(0)?, row.get(1)?)))?)
            })
            .await
    }

    async fn set_setting(&self, scope: &str, key: &str, value: Option<&str>) -> Result<()> {
        let (scope, key, value) = (scope.to_owned(), key.to_owned(), value.map(str::to_owned));
        self.engine
            .write(move |connection| {
                match value {
                    Some(value) => change(connection, sql::SET, [scope, key, value])?,
                    None => change(connection, sql::UNSET, [scope, key])?,
                };
                Ok(())
            })
            .await
    }

    async fn check(&self) -> Result<()> {
        self.engine.write(|connection| Ok(change(connection, sql::PROBE, []).map(drop)?)).await
    }

    async fn counts(&self) -> Result<Counts> {
        self.engine
            .read(|connection| {
                let mut counts = Counts::default();
                let one = |statement| first(connection, statement, [], |row| row.get(0));
                counts.pending = one(sql::PENDING)?.map_or(0, |Id(n)| n);
                counts.messages = one(sql::MESSAGES)?.map_or(0, |Id(n)| n);
                let finished =
                    all(connection, sql::COUNTERS, [], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
                for (outcome, Id(turns)) in finished {
                    match &*outcome {
                        "answered" => counts.answered = turns,
                        "ignored" => counts.ignored = turns,
                        "failed" => counts.failed = turns,
                        "cancelled" => counts.cancelled = turns,
                        _ => {}
                    }
                }
                Ok(counts)
            })
            .await
    }

    async fn prune(&self, now: Timestamp, keep: &Retention) -> Result<Pruned> {
        let kept = i64::try_from(keep.finished_for.as_millis()).unwrap_or(i64::MAX);
        let oldest = now.as_millis().saturating_sub(kept);
        let mut pruned = Pruned::default();
        loop {
            let turns = self
                .engine
                .write(move |connection| {
                    Ok(change(connection, sql::PRUNE_TURNS, params![oldest, PRUNE_BATCH])?)
                })
                .await?;
            pruned.turns += turns as u64;
            if turns < PRUNE_BATCH as usize {
                break;
            }
        }
        pruned.lines = self.prune_channels(sql::LONG_CHANNELS, sql::PRUNE_LINES, keep.per_channel).await?;
        pruned.receipts =
            self.prune_channels(sql::TALKATIVE_CHANNELS, sql::PRUNE_RECEIPTS, keep.per_channel).await?;
        pruned.states = self.prune_states(keep.silent_before(now)).await?;
        pruned.items = self.prune_items(keep).await?;
        self.engine.fold().await?;
        Ok(pruned)
    }

    async fn close(&self) -> Result<()> {
        self.engine.close().await
    }
}

impl SqliteStore {
    async fn prune_states(&self, silent_before: u64) -> Result<u64> {
        let mut pruned = 0;
        loop {
            let silent = Id(silent_before);
            let prune = move |connection: &_| {
                Ok(change(connection, sql::PRUNE_STATES, params![silent, PRUNE_BATCH])?)
            };
            let rows = self.engine.write(prune).await?;
            pruned += rows as u64;
            if rows < PRUNE_BATCH as usize {
                return Ok(pruned);
            }
        }
    }

    /// Removes remembered items that exceed a limit.
    async fn prune_items(&self, keep: &Retention) -> Result<u64> {
        let (lines, episodes, facts) = (keep.memory_lines, keep.memory_episodes, keep.memory_facts);
        let mut pruned = 0;
        for (kind, most) in [("line", lines), ("episode", episodes)] {
            let crowded = move |connection: &Connection| {
                all(connection, memory::CROWDED_CHANNELS, params![kind, most], |row| row.get::<_, Id>(0))
            };
            for channel in self.engine.read(move |connection| Ok(crowded(connection)?)).await? {
                pruned += self
                    .prune_some(move |connection| {
                        all(
                            connection,
                            memory::OLDEST_OF_CHANNEL,
                            params![channel, kind, most, ITEM_BATCH],
                            |row| row.get(0),
                        )
                    })
                    .await?;
            }
        }
        let crowded = move |connection: &Connection| {
            all(connection, memory::CROWDED_PEOPLE, [facts], |row| {
                Ok((row.get::<_, Id>(0)?, row.get::<_, Option<Id>>(1)?))
            })
        };
        for (person, guild) in self.engine.read(move |connection| Ok(crowded(connection)?)).await? {
            pruned += self
                .prune_some(move |connection| {
                    all(connection, memory::LEAST_ABOUT, params![person, guild, facts, ITEM_BATCH], |row| {
                        row.get(0)
                    })
                })
                .await?;
        }
        Ok(pruned)
    }

    /// Removes the items that a search finds until it finds no more.
    async fn prune_some(
        &self,
        find: impl Fn(&Connection) -> rusqlite::Result<Vec<i64>> + Send + Copy + 'static,
    ) -> Result<u64> {
        let mut pruned = 0;
        loop {
            let removed = self
                .engine
                .write(move |connection| {
                    let found = find(connection)?;
                    for item in &found {
                        items::remove(connection, *item)?;
                    }
                    Ok(found.len())
                })
                .await?;
            pruned += removed as u64;
            if removed < ITEM_BATCH as usize {
                return Ok(pruned);
            }
        }
    }

    /// Removes what exceeds the limit in each channel, the oldest.
    async fn prune_channels(&self, find: &'static str, prune: &'static str, limit: u32) -> Result<u64> {
        let channels: Vec<Id> =
            self.engine.read(move |connection| Ok(all(connection, find, [limit], |row| row.get(0))?)).await?;
        let mut pruned = 0;
        for channel in channels {
            loop {
                let rows = self
                    .engine
                    .write(move |connection| {
                        Ok(change(connection, prune, params![channel, limit, PRUNE_BATCH])?)
                    })
                    .await?;
                pruned += rows as u64;
                if rows < PRUNE_BATCH as usize {
                    break;
                }
            }
        }
        Ok(pruned)
    }
}
