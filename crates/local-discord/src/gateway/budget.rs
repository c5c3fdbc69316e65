//! Counted allowances: identifies per day and per five seconds, and payloads per minute.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

const DAY: Duration = Duration::from_hours(24);

/// What `GET /gateway/bot` says under `session_start_limit`.
/// <https://docs.discord.com/developers/events/gateway#session-start-limit-object>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SessionStartLimit {
    pub total: u64,
    pub remaining: u64,
    /// Milliseconds until `remaining` is `total` again.
    pub reset_after: u64,
    pub max_concurrency: u32,
}

/// Rules for the start of sessions.
#[derive(Clone, Copy, Debug)]
pub struct StartRules {
    /// Identifies per application and 24 hours.
    pub total: u64,
    /// Shards that may identify within one interval; the key is `shard_id % max_concurrency`.
    pub max_concurrency: u32,
    /// Least time between two identifies with the same key; zero lifts the rule.
    pub interval: Duration,
}

impl Default for StartRules {
    fn default() -> Self {
        Self { total: 1_000, max_concurrency: 1, interval: Duration::from_secs(5) }
    }
}

/// Why an IDENTIFY comes too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TooManyStarts {
    /// `max_concurrency`: wait a few seconds.
    Concurrency,
    /// The day's budget is spent.
    Total,
}

/// Counts session starts of every application.
#[derive(Clone, Debug)]
pub(crate) struct StartBudget {
    rules: StartRules,
    used: Arc<Mutex<HashMap<u64, Used>>>,
}

#[derive(Debug)]
struct Used {
    since: Instant,
    count: u64,
    last_by_key: HashMap<u32, Instant>,
}

impl StartBudget {
    pub(crate) fn new(rules: StartRules) -> Self {
        Self { rules, used: Arc::default() }
    }

    pub(crate) fn limit(&self, application_id: u64, now: Instant) -> SessionStartLimit {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let current = used.get(&application_id).filter(|u| now - u.since < DAY);
        let (count, reset) =
            current.map_or((0, Duration::ZERO), |u| (u.count, DAY.saturating_sub(now - u.since)));
        SessionStartLimit {
            total: self.rules.total,
            remaining: self.rules.total.saturating_sub(count),
            reset_after: reset.as_millis() as u64,
            max_concurrency: self.rules.max_concurrency,
        }
    }

    /// Spends one start.
    pub(crate) fn spend(
        &self,
        application_id: u64,
        shard_id: u32,
        now: Instant,
    ) -> Result<(), TooManyStarts> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Used { since: now, count: 0, last_by_key: HashMap::new() };
        let entry = used.entry(application_id).or_insert_with(fresh);
        if now - entry.since >= DAY {
            *entry = fresh();
        }
        let key = shard_id % self.rules.max_concurrency.max(1);
        if entry.last_by_key.get(&key).is_some_and(|last| now - *last < self.rules.interval) {
            return Err(TooManyStarts::Concurrency);
        }
        if entry.count >= self.rules.total {
            return Err(TooManyStarts::Total);
        }
        entry.count += 1;
        entry.last_by_key.insert(key, now);
        Ok(())
    }
}

/// 120 payloads per connection and minute, as Discord allows.
#[derive(Debug)]
pub(crate) struct SendBudget {
    allowed: u32,
    since: Instant,
    count: u32,
}

impl SendBudget {
    pub(crate) fn new(allowed: u32, now: Instant) -> Self {
        Self { allowed, since: now, count: 0 }
    }

    /// False if the client sent too much.
    pub(crate) fn spend(&mut self, now: Instant) -> bool {
        if now - self.since >= Duration::from_mins(1) {
            (self.since, self.count) = (now, 0);
        }
        self.count += 1;
        self.count <= self.allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_are_spaced_per_key_and_counted_per_day() {
        let rules = StartRules { total: 3, max_concurrency: 2, interval: Duration::from_secs(5) };
        let budget = StartBudget::new(rules);
        let start = Instant::now();
        let later = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(budget.spend(1, 0, start), Ok(()));
        assert_eq!(budget.spend(1, 1, start), Ok(()), "another key");
        assert_eq!(budget.spend(1, 2, later(4)), Err(TooManyStarts::Concurrency), "the key of shard 0");
        assert_eq!(budget.spend(2, 0, start), Ok(()), "another application");
        assert_eq!(budget.spend(1, 2, later(5)), Ok(()));
        assert_eq!(budget.limit(1, later(5)).remaining, 0);
        assert_eq!(budget.spend(1, 0, later(10)), Err(TooManyStarts::Total));
        assert_eq!(budget.limit(1, start + DAY).remaining, 3);
    }

    #[test]
    fn the_send_budget_refills_after_a_minute() {
        let start = Instant::now();
        let mut budget = SendBudget::new(2, start);
        assert!(budget.spend(start) && budget.spend(start) && !budget.spend(start));
        assert!(budget.spend(start + Duration::from_mins(1)));
    }
}
