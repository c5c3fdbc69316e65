//! Where channels are: a message says its channel but not whether that is a thread, nor of which parent.

use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::{ChannelId, event::Place};

use crate::bounded::Bounded;

/// Channels that are remembered; the least used ones are looked up again.
const CHANNELS: usize = 200_000;

/// The channels that were seen.
#[derive(Debug)]
pub(crate) struct Directory(Mutex<Bounded<ChannelId, Place>>);

impl Directory {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Bounded::new(CHANNELS)))
    }

    pub(crate) fn get(&self, channel: ChannelId) -> Option<Place> {
        self.places().get(&channel).copied()
    }

    pub(crate) fn insert(&self, place: Place) {
        self.places().insert(place.channel, place);
    }

    pub(crate) fn remove(&self, channel: ChannelId) {
        self.places().remove(&channel);
    }

    fn places(&self) -> MutexGuard<'_, Bounded<ChannelId, Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
