//! A session: its sequence numbers and its bounded log of dispatches, from which connections read and resume.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::intents::Intents;

/// Caps of a session's log.
#[derive(Clone, Copy, Debug)]
pub struct LogLimits {
    /// Dispatches that were sent already and are kept for a RESUME.
    pub replay: usize,
    /// Dispatches that wait to be sent. A connection that falls further behind is closed with 4000, and its
    /// session is forgotten when twice as many wait.
    pub backlog: usize,
}

impl Default for LogLimits {
    fn default() -> Self {
        Self { replay: 1_000, backlog: 8_192 }
    }
}

/// What does not change during a session.
#[derive(Clone, Debug)]
pub(crate) struct SessionInfo {
    pub(crate) id: String,
    pub(crate) application_id: u64,
    pub(crate) bot_user_id: u64,
    pub(crate) intents: Intents,
    /// Shard id and number of shards.
    pub(crate) shard: (u32, u32),
    /// Sessions of an older generation than the fault switch's are treated as unknown.
    pub(crate) generation: u64,
}

impl SessionInfo {
    /// True if events of the guild (or, without one, of direct messages) belong to this session's shard.
    /// <https://docs.discord.com/developers/events/gateway#sharding>
    pub(crate) fn serves(&self, guild_id: Option<u64>) -> bool {
        let (id, count) = self.shard;
        guild_id.map_or(id == 0, |guild| (guild >> 22) % u64::from(count.max(1)) == u64::from(id))
    }
}

/// One dispatch, ready to be spliced into a frame.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) seq: u64,
    pub(crate) name: &'static str,
    pub(crate) json: Arc<str>,
}

/// Shared by the pump that fills it, the connection that empties it, and the registry that finds it.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) info: SessionInfo,
    limits: LogLimits,
    log: Mutex<Log>,
    /// Wakes the connection: there is something to send.
    pub(crate) filled: Notify,
    /// Wakes the pump: a connection came or went.
    pub(crate) moved: Notify,
    /// The session is over, for everybody.
    pub(crate) ended: CancellationToken,
}

#[derive(Debug)]
struct Log {
    entries: VecDeque<Entry>,
    last_seq: u64,
    /// Highest number that was handed to a connection.
    sent: u64,
    attached: Option<Attached>,
    /// Since when no connection reads.
    detached: Option<Instant>,
}

#[derive(Debug)]
struct Attached {
    connection: u64,
    kick: CancellationToken,
}

/// Why a RESUME fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResumeError {
    /// The client claims dispatches that were never sent.
    SeqFromTheFuture,
    /// What it missed is no longer kept, or the session is over.
    Gone,
}

impl Session {
    pub(crate) fn new(info: SessionInfo, limits: LogLimits) -> Self {
        let log = Log { entries: VecDeque::new(), last_seq: 0, sent: 0, attached: None, detached: None };
        let (filled, moved, ended) = (Notify::new(), Notify::new(), CancellationToken::new());
        Self { info, limits, log: Mutex::new(log), filled, moved, ended }
    }

    /// Appends a dispatch. A connection that reads too slowly is kicked; a log that nobody reads ends the session.
    pub(crate) fn push(&self, name: &'static str, json: Arc<str>) {
        let mut log = self.lock();
        log.last_seq += 1;
        let seq = log.last_seq;
        log.entries.push_back(Entry { seq, name, json });
        let waiting = (log.last_seq - log.sent) as usize;
        while log.entries.len() > self.limits.replay + waiting {
            log.entries.pop_front();
        }
        if waiting > self.limits.backlog
            && let Some(attached) = log.attached.take()
        {
            log.detached = Some(Instant::now());
            attached.kick.cancel();
            self.moved.notify_one();
        }
        if waiting > self.limits.backlog.saturating_mul(2) {
            self.ended.cancel();
        }
        drop(log);
        self.filled.notify_one();
    }

    /// Makes `connection` the reader, from after `seq` on. A former reader is kicked.
    /// Gives the last number so far: up to it, dispatches are a replay.
    pub(crate) fn attach(
        &self,
        connection: u64,
        kick: CancellationToken,
        seq: u64,
    ) -> Result<u64, ResumeError> {
        let mut log = self.lock();
        if self.ended.is_cancelled() {
            return Err(ResumeError::Gone);
        }
        if seq > log.last_seq {
            return Err(ResumeError::SeqFromTheFuture);
        }
        let oldest = log.last_seq - log.entries.len() as u64;
        if seq < oldest {
            return Err(ResumeError::Gone);
        }
        if let Some(former) = log.attached.replace(Attached { connection, kick }) {
            former.kick.cancel();
        }
        log.detached = None;
        log.sent = seq;
        let last = log.last_seq;
        drop(log);
        self.filled.notify_one();
        self.moved.notify_one();
        Ok(last)
    }

    /// The connection is gone; the session waits for a RESUME.
    pub(crate) fn detach(&self, connection: u64) {
        let mut log = self.lock();
        if log.attached.as_ref().is_some_and(|a| a.connection == connection) {
            log.attached = None;
            log.detached = Some(Instant::now());
            drop(log);
            self.moved.notify_one();
        }
    }

    /// Since when no connection reads; `None` while one does.
    pub(crate) fn detached_since(&self) -> Option<Instant> {
        self.lock().detached
    }

    /// Moves up to `max` waiting dispatches to `out`. False if another connection reads now.
    pub(crate) fn take(&self, connection: u64, max: usize, out: &mut Vec<Entry>) -> bool {
        let mut log = self.lock();
        if log.attached.as_ref().is_none_or(|a| a.connection != connection) {
            return false;
        }
        let waiting = (log.last_seq - log.sent) as usize;
        let first = log.entries.len().saturating_sub(waiting);
        out.extend(log.entries.iter().skip(first).take(max).cloned());
        if let Some(last) = out.last() {
            log.sent = last.seq;
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(replay: usize, backlog: usize) -> Session {
        let info = SessionInfo {
            id: "s".into(),
            application_id: 1,
            bot_user_id: 2,
            intents: Intents::NONE,
            shard: (0, 1),
            generation: 0,
        };
        Session::new(info, LogLimits { replay, backlog })
    }

    fn fill(session: &Session, count: usize) {
        for _ in 0..count {
            session.push("TEST", Arc::from("{}"));
        }
    }

    fn read(session: &Session, connection: u64) -> Vec<u64> {
        let mut out = Vec::new();
        session.take(connection, usize::MAX, &mut out);
        out.iter().map(|e| e.seq).collect()
    }

    #[test]
    fn a_resume_replays_what_was_missed_and_no_more() {
        let session = session(10, 100);
        session.attach(1, CancellationToken::new(), 0).expect("attaches");
        fill(&session, 3);
        assert_eq!(read(&session, 1), [1, 2, 3]);
        session.detach(1);
        fill(&session, 2);
        // The client only saw the first.
        session.attach(2, CancellationToken::new(), 1).expect("resumes");
        assert_eq!(read(&session, 2), [2, 3, 4, 5]);
        assert!(read(&session, 2).is_empty());
        assert!(read(&session, 1).is_empty(), "the old connection reads no more");
    }

    #[test]
    fn a_resume_fails_when_the_log_no_longer_reaches_back_or_the_number_is_invented() {
        let session = session(2, 100);
        session.attach(1, CancellationToken::new(), 0).expect("attaches");
        for _ in 0..5 {
            fill(&session, 1);
            read(&session, 1);
        }
        assert_eq!(session.attach(2, CancellationToken::new(), 1), Err(ResumeError::Gone));
        assert_eq!(session.attach(2, CancellationToken::new(), 6), Err(ResumeError::SeqFromTheFuture));
        assert_eq!(session.attach(2, CancellationToken::new(), 3), Ok(5));
        assert_eq!(read(&session, 2), [4, 5]);
    }

    #[test]
    fn a_slow_reader_is_kicked_but_may_resume_until_too_much_waits() {
        let session = session(2, 4);
        let kick = CancellationToken::new();
        session.attach(1, kick.clone(), 0).expect("attaches");
        fill(&session, 5);
        assert!(kick.is_cancelled() && !session.ended.is_cancelled());
        assert!(session.detached_since().is_some());
        session.attach(2, CancellationToken::new(), 0).expect("resumes");
        assert_eq!(read(&session, 2).len(), 5);
        session.detach(2);
        fill(&session, 9);
        assert!(session.ended.is_cancelled());
        assert_eq!(session.attach(3, CancellationToken::new(), 5), Err(ResumeError::Gone));
    }

    #[test]
    fn a_second_connection_takes_over() {
        let session = session(2, 4);
        let first = CancellationToken::new();
        session.attach(1, first.clone(), 0).expect("attaches");
        session.attach(2, CancellationToken::new(), 0).expect("takes over");
        assert!(first.is_cancelled());
        session.detach(1);
        assert!(session.detached_since().is_none(), "a late farewell of the first changes nothing");
    }

    #[test]
    fn guilds_belong_to_one_shard_and_direct_messages_to_the_first() {
        let mut info = session(1, 1).info;
        info.shard = (1, 2);
        assert!(info.serves(Some(1 << 22)) && !info.serves(Some(2 << 22)) && !info.serves(None));
        info.shard = (0, 2);
        assert!(info.serves(None));
    }
}
