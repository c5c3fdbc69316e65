//! Everybody's rights over what is kept about them: to see it, to take it along, to have it erased, and to have
//! nothing kept. What is kept where is one list, [`store::TABLES`].

mod erasing;
mod export;
mod page;

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{Timestamp, UserId};
use store::Store;

pub use erasing::{Offline, erase};
pub use export::{Archive, archive};
pub use page::page;

/// People of whom nothing is kept. A cheap handle; all of them are in memory, because every message asks.
#[derive(Clone)]
pub struct OptedOut(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    people: Mutex<HashSet<UserId>>,
}

impl OptedOut {
    /// Those of a store.
    pub async fn load(store: Arc<dyn Store>) -> store::Result<Self> {
        let people = store.opted_out().await?.into_iter().collect();
        Ok(Self(Arc::new(Inner { store, people: Mutex::new(people) })))
    }

    /// Whether nothing is to be kept of somebody.
    pub fn contains(&self, user: UserId) -> bool {
        self.people().contains(&user)
    }

    /// From now on nothing of them is kept; durable when it returns.
    pub async fn add(&self, user: UserId, at: Timestamp) -> store::Result<()> {
        // First in memory: what is heard meanwhile is not kept.
        self.people().insert(user);
        let added = self.0.store.opt_out(user, at).await;
        if added.is_err() {
            self.people().remove(&user);
        }
        added
    }

    /// They may be remembered again; whether they were not.
    pub async fn remove(&self, user: UserId) -> store::Result<bool> {
        let removed = self.0.store.opt_in(user).await?;
        self.people().remove(&user);
        Ok(removed)
    }

    fn people(&self) -> MutexGuard<'_, HashSet<UserId>> {
        self.0.people.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for OptedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OptedOut").finish_non_exhaustive()
    }
}
