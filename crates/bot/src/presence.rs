//! What people are doing right now, as Discord tells: kept in memory only, gone with the process.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{GuildId, UserId, event::Activity};
use lru::LruCache;

/// People whose doings are remembered: about 10 MB, and more than are seen doing something at once.
const PEOPLE: NonZeroUsize = NonZeroUsize::new(50_000).unwrap();

/// Who is doing what. A cheap handle.
#[derive(Clone)]
pub struct Presences(Arc<Inner>);

struct Inner {
    people: Mutex<People>,
}

type People = LruCache<(GuildId, UserId), Arc<[Activity]>>;

impl Default for Presences {
    fn default() -> Self {
        Self(Arc::new(Inner { people: Mutex::new(LruCache::new(PEOPLE)) }))
    }
}

impl Presences {
    /// Notes what somebody does now; what they did before.
    pub fn note(&self, guild: GuildId, user: UserId, activities: Vec<Activity>) -> Arc<[Activity]> {
        let mut people = self.lock();
        let before = if activities.is_empty() {
            people.pop(&(guild, user))
        } else {
            people.put((guild, user), activities.into())
        };
        before.unwrap_or_default()
    }

    /// What somebody does, if that is known.
    pub fn of(&self, guild: Option<GuildId>, user: UserId) -> Arc<[Activity]> {
        let known = guild.and_then(|guild| self.lock().get(&(guild, user)).cloned());
        known.unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, People> {
        self.0.people.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
