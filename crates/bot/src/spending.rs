//! What the model may use in a day, and what it has used.

use std::{num::NonZeroUsize, sync::Arc};

use domain::{Timestamp, chat::Usage, scene::Budget};
use serde::{Deserialize, Serialize};
use store::Store;

use crate::documents::Documents;

/// Under which name the day is kept: there is one for the whole process.
const ALL: &str = "0";

/// The day's tokens. A cheap handle.
#[derive(Clone)]
pub struct Spending(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    cap: Option<u64>,
    days: Documents<Day>,
}

/// A day and what was used in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Day {
    /// Days since 1970, UTC.
    number: i64,
    tokens: u64,
}

impl Spending {
    /// Counts against a cap, if there is one.
    pub fn new(store: Arc<dyn Store>, cap: Option<u64>) -> Self {
        let days = Documents::new("spent", NonZeroUsize::MIN);
        Self(Arc::new(Inner { store, cap, days }))
    }

    /// The day's limit.
    pub fn cap(&self) -> Option<u64> {
        self.0.cap
    }

    /// The tokens of the day so far.
    pub async fn today(&self, now: Timestamp) -> store::Result<u64> {
        let day = self.0.days.get(&*self.0.store, ALL).await?;
        Ok(if day.number == number(now) { day.tokens } else { 0 })
    }

    /// Whether anything is left.
    pub async fn budget(&self, now: Timestamp) -> store::Result<Budget> {
        match self.0.cap {
            Some(cap) if self.today(now).await? >= cap => Ok(Budget::Spent),
            _ => Ok(Budget::Free),
        }
    }

    /// Notes what an answer used, where that is limited; durable when it returns.
    pub async fn spend(&self, usage: Usage, now: Timestamp) -> store::Result<()> {
        let used = u64::from(usage.input_tokens) + u64::from(usage.output_tokens);
        if used == 0 || self.0.cap.is_none() {
            return Ok(());
        }
        let change = |day: &mut Day| {
            let today = number(now);
            let before = if day.number == today { day.tokens } else { 0 };
            *day = Day { number: today, tokens: before.saturating_add(used) };
            true
        };
        match self.0.days.change(&*self.0.store, ALL, change).await? {
            Some(doc) => self.0.store.keep_states(&[doc]).await,
            None => Ok(()),
        }
    }
}

fn number(now: Timestamp) -> i64 {
    now.as_millis().div_euclid(24 * 60 * 60 * 1_000)
}

#[cfg(test)]
mod tests {
    use store::memory::MemoryStore;

    use super::*;

    const NOON: Timestamp = Timestamp(1_790_000_000_000 / 86_400_000 * 86_400_000 + 43_200_000);

    #[tokio::test]
    async fn a_spent_day_ends_at_midnight_and_outlives_a_restart() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let spending = Spending::new(store.clone(), Some(100));
        let usage = |tokens| Usage { input_tokens: tokens, output_tokens: 10 };
        spending.spend(usage(40), NOON).await.unwrap();
        assert_eq!(spending.budget(NOON).await.unwrap(), Budget::Free);
        spending.spend(usage(40), NOON).await.unwrap();
        let again = Spending::new(store.clone(), Some(100));
        assert_eq!(again.today(NOON).await.unwrap(), 100);
        assert_eq!(again.budget(NOON).await.unwrap(), Budget::Spent);
        let tomorrow = NOON.plus(std::time::Duration::from_hours(24));
        assert_eq!(again.budget(tomorrow).await.unwrap(), Budget::Free);
        assert_eq!(Spending::new(store, None).budget(NOON).await.unwrap(), Budget::Free, "no cap");
    }
}
