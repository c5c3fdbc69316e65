//! How far each shard's events were taken, so that a restart goes on exactly there.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::config::SavedSession;

/// One shard's session and positions.
#[derive(Debug, Default)]
struct Position {
    session: Option<(String, Option<String>)>,
    /// Counts sessions: a sequence of an older one means nothing for the current one.
    epoch: u64,
    /// The newest dispatch that was read.
    received: u64,
    /// Events in the queue.
    waiting: usize,
    /// The newest event that was taken from the queue, with its epoch.
    taken: (u64, u64),
}

/// The positions of all shards.
#[derive(Debug)]
pub(super) struct Sessions {
    shards: u32,
    positions: Mutex<Vec<Position>>,
}

impl Sessions {
    pub(super) fn new(shards: u32, saved: &[SavedSession]) -> Self {
        let mut positions: Vec<Position> = (0..shards).map(|_| Position::default()).collect();
        for saved in saved.iter().filter(|saved| saved.shards == shards) {
            if let Some(position) = positions.get_mut(saved.shard as usize) {
                position.session = Some((saved.id.clone(), saved.resume_url.clone()));
                position.received = saved.sequence;
                position.taken = (0, saved.sequence);
            }
        }
        Self { shards, positions: Mutex::new(positions) }
    }

    fn positions(&self) -> MutexGuard<'_, Vec<Position>> {
        self.positions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An event is about to wait in the queue. Returns its epoch.
    pub(super) fn queued(&self, shard: u32) -> u64 {
        self.positions().get_mut(shard as usize).map_or(0, |position| {
            position.waiting += 1;
            position.epoch
        })
    }

    /// An event did not get into the queue after all.
    pub(super) fn dropped(&self, shard: u32) {
        if let Some(position) = self.positions().get_mut(shard as usize) {
            position.waiting = position.waiting.saturating_sub(1);
        }
    }

    /// An event left the queue.
    pub(super) fn taken(&self, shard: u32, epoch: u64, sequence: u64) {
        if let Some(position) = self.positions().get_mut(shard as usize) {
            position.waiting = position.waiting.saturating_sub(1);
            position.taken = (epoch, sequence);
        }
    }

    /// A dispatch was read and what follows from it is queued.
    pub(super) fn received(&self, shard: u32, sequence: u64) {
        if let Some(position) = self.positions().get_mut(shard as usize) {
            position.received = sequence;
        }
    }

    /// A new session began, or none is left.
    pub(super) fn began(&self, shard: u32, session: Option<(String, Option<String>)>) {
        if let Some(position) = self.positions().get_mut(shard as usize) {
            position.epoch += 1;
            position.session = session;
            position.received = 1;
        }
    }

    /// One shard's session as it would be saved.
    pub(super) fn of(&self, shard: u32) -> Option<SavedSession> {
        let positions = self.positions();
        let position = positions.get(shard as usize)?;
        let (id, resume_url) = position.session.clone()?;
        let sequence = match position.taken {
            _ if position.waiting == 0 => position.received,
            (epoch, sequence) if epoch == position.epoch => sequence,
            // Nothing of the new session was taken yet: all but READY itself comes again.
            _ => 1,
        };
        Some(SavedSession { shard, shards: self.shards, id, sequence, resume_url })
    }

    /// One shard's session for coming back within this process: what waits in the queue is not lost.
    pub(super) fn of_received(&self, shard: u32) -> Option<SavedSession> {
        let sequence = self.positions().get(shard as usize)?.received;
        self.of(shard).map(|saved| SavedSession { sequence, ..saved })
    }

    /// All shards' sessions.
    pub(super) fn all(&self) -> Vec<SavedSession> {
        (0..self.shards).filter_map(|shard| self.of(shard)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(sessions: &Sessions) -> u64 {
        sessions.of(0).unwrap().sequence
    }

    #[test]
    fn a_saved_session_never_skips_an_event_that_waits() {
        let sessions = Sessions::new(1, &[]);
        assert_eq!(sessions.of(0), None);
        sessions.began(0, Some(("s".into(), None)));
        let epoch = sessions.queued(0);
        sessions.received(0, 7);
        assert_eq!(sequence(&sessions), 1, "nothing was taken");
        sessions.queued(0);
        sessions.received(0, 9);
        sessions.taken(0, epoch, 7);
        assert_eq!(sequence(&sessions), 7, "event 9 waits");
        sessions.taken(0, epoch, 9);
        sessions.received(0, 12);
        assert_eq!(sequence(&sessions), 12, "10 to 12 were nothing for us");
    }

    #[test]
    fn a_new_session_forgets_the_old_one_s_sequence() {
        let saved = SavedSession { shard: 0, shards: 1, id: "old".into(), sequence: 500, resume_url: None };
        let sessions = Sessions::new(1, std::slice::from_ref(&saved));
        assert_eq!(sessions.of(0).as_ref(), Some(&saved));
        sessions.began(0, Some(("new".into(), None)));
        sessions.queued(0);
        assert_eq!(sequence(&sessions), 1);
        assert_eq!(Sessions::new(2, &[saved]).all(), [], "of another number of shards");
    }
}
