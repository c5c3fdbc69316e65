//! Cues on their way from features to the channels' actors.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use domain::cue::Cue;
use tokio::sync::mpsc;

/// Cues that wait for the router: more features than speak at one moment.
const WAITING: usize = 64;

/// Where features hand in cues. A cheap handle.
#[derive(Clone)]
pub struct Cues {
    given: mpsc::Sender<Box<Cue>>,
    waiting: Arc<Mutex<Option<mpsc::Receiver<Box<Cue>>>>>,
}

impl Cues {
    /// Hands a character its cue. It is in the journal a moment later; until then a crash forgets it.
    pub async fn give(&self, cue: Cue) {
        // The router is gone only when the program ends.
        let _ = self.given.send(Box::new(cue)).await;
    }

    /// Where they come out; there is one such end.
    pub fn take(&self) -> Option<mpsc::Receiver<Box<Cue>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Default for Cues {
    fn default() -> Self {
        let (given, waiting) = mpsc::channel(WAITING);
        Self { given, waiting: Arc::new(Mutex::new(Some(waiting))) }
    }
}

impl fmt::Debug for Cues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cues").finish_non_exhaustive()
    }
}
