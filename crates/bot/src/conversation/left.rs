//! Turns that could not go on because the store or Discord failed: taken up again within the same run.
//!
//! They are in the journal, so the next start would find them; but a disk that was full for a minute, or a Discord
//! that was away for five, is no reason to wait for one.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::event::Event;
use store::{StoreError, TurnId};

use super::{Conversations, Work};
use crate::app::App;

/// Time between two looks at what was left.
const EVERY: Duration = Duration::from_secs(20);

/// How often one turn is taken up again; then it waits for the next start.
const TRIES: u32 = 30;

/// Turns that are remembered here; more than that wait for the next start.
const MOST: usize = 1_000;

/// The longest pause between two calls of the store in [`insist`].
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, Debug, Default)]
struct Left {
    tries: u32,
    waiting: bool,
}

/// The turns that were left.
#[derive(Debug, Default)]
pub(super) struct LeftTurns(Mutex<HashMap<TurnId, Left>>);

impl LeftTurns {
    /// An actor gave a turn up where it was.
    pub(super) fn leave(&self, turn: TurnId) {
        let mut turns = self.turns();
        if turns.len() >= MOST && !turns.contains_key(&turn) {
            return;
        }
        let left = turns.entry(turn).or_default();
        left.tries += 1;
        left.waiting = left.tries <= TRIES;
    }

    fn any_waiting(&self) -> bool {
        self.turns().values().any(|left| left.waiting)
    }

    /// Those of the unfinished turns that nobody works on; what is finished is forgotten.
    fn take(&self, unfinished: impl Fn(&TurnId) -> bool) -> Vec<TurnId> {
        let mut turns = self.turns();
        turns.retain(|turn, _| unfinished(turn));
        let mut taken = Vec::new();
        for (turn, left) in turns.iter_mut().filter(|(_, left)| left.waiting) {
            left.waiting = false;
            taken.push(*turn);
        }
        // A question comes before what was asked along with it.
        taken.sort_unstable();
        taken
    }

    fn turns(&self) -> MutexGuard<'_, HashMap<TurnId, Left>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives turns that were left back to their channels, until the program ends.
pub(super) async fn take_up(app: App, conversations: Conversations, left: Arc<LeftTurns>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = app.life.soft().cancelled() => return,
        }
        if !left.any_waiting() {
            continue;
        }
        let unfinished = match app.store.unfinished().await {
            Ok(unfinished) => unfinished,
            Err(error) => {
                tracing::warn!(%error, "the store still fails");
                continue;
            }
        };
        let mut pending: HashMap<_, _> = unfinished
            .into_iter()
            .filter_map(|pending| Some((TurnId::of(&pending.event)?, pending)))
            .collect();
        for turn in left.take(|turn| pending.contains_key(turn)) {
            let Some(pending) = pending.remove(&turn) else { continue };
            let channel = match &pending.event {
                Event::Message(message) => message.place.channel,
                Event::Command(call) => call.place.channel,
                Event::Cue(cue) => cue.place.channel,
                // Nothing else is journalled.
                _ => continue,
            };
            tracing::info!(turn = %turn, "taking up a turn that could not go on");
            conversations.give(channel, Work::Recovered(Box::new(pending))).await;
        }
    }
}

/// Calls the store again, for a few seconds, while its failure may pass by itself.
pub(super) async fn insist<T, C, F>(call: C) -> store::Result<T>
where
    C: Fn() -> F,
    F: Future<Output = store::Result<T>>,
{
    let mut pause = Duration::from_millis(100);
    loop {
        match call().await {
            Err(StoreError::Busy(_) | StoreError::Unavailable { .. }) if pause < LONGEST_PAUSE => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn a_turn_that_was_left_is_given_once_each_time_and_not_for_ever() {
        let left = LeftTurns::default();
        let (stuck, finished) = (TurnId(1), TurnId(2));
        left.leave(finished);
        for _ in 0..TRIES {
            left.leave(stuck);
            assert!(left.any_waiting());
            assert_eq!(left.take(|turn| *turn == stuck), [stuck]);
            assert_eq!(left.take(|_| true), [], "somebody works on it");
        }
        left.leave(stuck);
        assert!(!left.any_waiting());
        for turn in [9, 7, 8, 5, 6].map(TurnId) {
            left.leave(turn);
        }
        assert_eq!(left.take(|_| true), [5, 6, 7, 8, 9].map(TurnId), "in their order");
        assert_eq!(left.take(|_| false), []);
        assert!(left.turns().is_empty(), "what is finished is forgotten");
    }

    #[tokio::test]
    async fn a_store_that_is_busy_is_asked_again_and_a_conflict_is_not() {
        let calls = AtomicU32::new(0);
        let answered = insist(|| async {
            match calls.fetch_add(1, Ordering::Relaxed) {
                0 => Err(StoreError::unavailable("the disk is full")),
                _ => Ok(7),
            }
        });
        assert_eq!(answered.await.unwrap(), 7);
        calls.store(0, Ordering::Relaxed);
        let refused = insist(|| async {
            calls.fetch_add(1, Ordering::Relaxed);
            Err::<(), _>(StoreError::Conflict("it is over"))
        });
        assert!(refused.await.is_err());
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    }
}
