//! All sessions by id, bounded.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::session::Session;

/// The sessions that may be resumed. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sessions {
    by_id: Arc<Mutex<HashMap<String, Arc<Session>>>>,
}

impl Sessions {
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Session>> {
        self.lock().get(id).cloned()
    }

    /// Adds a session. Of more than `max`, the one that waits longest for a connection ends.
    pub(crate) fn insert(&self, session: Arc<Session>, max: usize) {
        let mut sessions = self.lock();
        while sessions.len() >= max.max(1) {
            let idle = sessions
                .values()
                .filter_map(|s| s.detached_since().map(|at| (at, s)))
                .min_by_key(|(at, _)| *at);
            let Some(id) = idle.map(|(_, s)| s.info.id.clone()) else { break };
            if let Some(session) = sessions.remove(&id) {
                session.ended.cancel();
            }
        }
        sessions.insert(session.info.id.clone(), session);
    }

    /// Ends a session.
    pub(crate) fn end(&self, session: &Session) {
        self.lock().remove(&session.info.id);
        session.ended.cancel();
    }

    /// Ends all sessions of an application.
    pub(crate) fn end_all_of(&self, application_id: u64) {
        self.lock().retain(|_, session| {
            let other = session.info.application_id != application_id;
            if !other {
                session.ended.cancel();
            }
            other
        });
    }

    /// Ends all sessions.
    pub(crate) fn end_all(&self) {
        for (_, session) in self.lock().drain() {
            session.ended.cancel();
        }
    }

    /// True while the application has a session.
    pub(crate) fn any_of(&self, application_id: u64) -> bool {
        self.lock().values().any(|s| s.info.application_id == application_id)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Session>>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
