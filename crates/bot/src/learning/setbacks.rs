//! What could not be learned or told, so that it is not asked of the model again and again: it waits, longer each time,
//! nothing waits behind it, and one day it is done without the model.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{Timestamp, memory::ItemId};
use lru::LruCache;

/// Pauses before what failed is tried again; the last one lasts.
const PAUSES: [Duration; 4] =
    [Duration::from_mins(1), Duration::from_mins(5), Duration::from_mins(20), Duration::from_hours(1)];

/// Tries after which it is done without the model, if that did others meanwhile.
const TRIES: u32 = 4;

/// Pieces of work whose setbacks are remembered; a few kilobytes. Those of one run are some dozens at most.
const MOST: NonZeroUsize = NonZeroUsize::new(512).unwrap();

/// Something that is asked of the model, told by its oldest item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Work {
    /// To learn from lines.
    Learn(ItemId),
    /// To tell an episode.
    Tell(ItemId),
}

/// What could not be done. A cheap handle; in memory only: a new start is another reason to try.
#[derive(Clone, Debug)]
pub struct Setbacks(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    failed: LruCache<Work, Failed>,
    /// How often something was done.
    done: u64,
}

#[derive(Clone, Copy, Debug)]
struct Failed {
    tries: u32,
    again_at: Timestamp,
    /// What was done before it failed first.
    done: u64,
}

impl Default for Setbacks {
    fn default() -> Self {
        let state = State { failed: LruCache::new(MOST), done: 0 };
        Self(Arc::new(Inner { state: Mutex::new(state) }))
    }
}

impl Setbacks {
    /// Whether it is time to try.
    pub(super) fn is_due(&self, work: Work, now: Timestamp) -> bool {
        self.lock().failed.peek(&work).is_none_or(|failed| failed.again_at <= now)
    }

    /// How often it failed.
    pub(super) fn tries(&self, work: Work) -> u32 {
        self.lock().failed.peek(&work).map_or(0, |failed| failed.tries)
    }

    /// Whether the model fails at this and not at everything.
    pub(super) fn is_hopeless(&self, work: Work) -> bool {
        let state = self.lock();
        state.failed.peek(&work).is_some_and(|failed| failed.tries >= TRIES && state.done > failed.done)
    }

    /// It failed.
    pub(super) fn failed(&self, work: Work, now: Timestamp) {
        let mut state = self.lock();
        let before = state.failed.get(&work).copied();
        let tries = before.map_or(0, |failed| failed.tries).saturating_add(1);
        let pause = PAUSES[(tries as usize - 1).min(PAUSES.len() - 1)];
        let pause = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
        let again_at = Timestamp(now.as_millis().saturating_add(pause));
        let done = before.map_or(state.done, |failed| failed.done);
        state.failed.put(work, Failed { tries, again_at, done });
    }

    /// The model did it.
    pub(super) fn succeeded(&self, work: Work) {
        let mut state = self.lock();
        state.done += 1;
        state.failed.pop(&work);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    #[test]
    fn what_failed_waits_longer_each_time_and_nothing_waits_behind_it() {
        let setbacks = Setbacks::default();
        let (work, other) = (Work::Learn(ItemId(1)), Work::Tell(ItemId(1)));
        let mut now = Timestamp(0);
        for minutes in [1, 5, 20, 60, 60] {
            assert!(setbacks.is_due(work, now));
            setbacks.failed(work, now);
            let then = now.as_millis() + minutes * MINUTE;
            assert!(!setbacks.is_due(work, Timestamp(then - 1)) && setbacks.is_due(other, now));
            now = Timestamp(then);
        }
        assert_eq!(setbacks.tries(work), 5);
        setbacks.succeeded(work);
        assert!(setbacks.is_due(work, Timestamp(0)));
        assert_eq!(setbacks.tries(work), 0);
    }

    #[test]
    fn an_outage_is_waited_for_and_only_what_fails_alone_is_hopeless() {
        let setbacks = Setbacks::default();
        let (poison, other) = (Work::Tell(ItemId(1)), Work::Learn(ItemId(2)));
        setbacks.succeeded(other);
        for _ in 0..9 {
            setbacks.failed(poison, Timestamp(0));
        }
        assert!(!setbacks.is_hopeless(poison), "perhaps nobody answers at all");
        setbacks.succeeded(other);
        assert!(setbacks.is_hopeless(poison) && !setbacks.is_hopeless(other));
    }
}
