//! Cues, and other work that is not heard of from outside, on their way from features to the channels' actors.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{ChannelId, cue::Cue};
use tokio::sync::mpsc;

use crate::conversation::Work;

/// Cues that wait for the router: more features than speak at one moment.
const WAITING: usize = 64;

/// Work and the channel whose it is.
type Given = (ChannelId, Work);

/// Where features hand in cues. A cheap handle.
#[derive(Clone)]
pub struct Cues(Arc<Inner>);

struct Inner {
    given: mpsc::Sender<Given>,
    /// Until the router takes it.
    waiting: Mutex<Option<mpsc::Receiver<Given>>>,
}

impl Cues {
    /// Hands a character its cue. It is in the journal a moment later; until then a crash forgets it.
    pub async fn give(&self, cue: Cue) {
        self.hand(cue.place.channel, Work::Cued(Box::new(cue))).await;
    }

    /// Hands a channel's actor other work; until that is journalled a crash forgets it.
    pub async fn hand(&self, channel: ChannelId, work: Work) {
        // The router is gone only when the program ends.
        let _ = self.0.given.send((channel, work)).await;
    }

    /// Where they come out; there is one such end.
    pub fn take(&self) -> Option<mpsc::Receiver<Given>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Default for Cues {
    fn default() -> Self {
        let (given, waiting) = mpsc::channel(WAITING);
        Self(Arc::new(Inner { given, waiting: Mutex::new(Some(waiting)) }))
    }
}

impl fmt::Debug for Cues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cues").finish_non_exhaustive()
    }
}
