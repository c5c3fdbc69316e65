//! Where channels are: a message says its channel but not whether that is a thread, of which parent, or for adults.

use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::{ChannelId, event::Place};

use super::plans::Plans;
use crate::bounded::Bounded;

/// Channels that are remembered; the least used ones are looked up again.
const CHANNELS: usize = 200_000;

/// What is known of a channel.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// `None` for what holds no messages itself: a forum, whose posts are places.
    place: Option<Place>,
    age_restricted: bool,
}

/// The channels that were seen, and who sees them.
#[derive(Debug)]
pub(crate) struct Directory {
    channels: Mutex<Bounded<ChannelId, Known>>,
    plans: Plans,
}

impl Directory {
    pub(crate) fn new() -> Self {
        Self { channels: Mutex::new(Bounded::new(CHANNELS)), plans: Plans::default() }
    }

    pub(crate) const fn plans(&self) -> &Plans {
        &self.plans
    }

    pub(crate) fn get(&self, channel: ChannelId) -> Option<Place> {
        self.known().get(&channel)?.place
    }

    /// Whether anything is known of a channel, be it a place or a forum.
    pub(crate) fn knows(&self, channel: ChannelId) -> bool {
        self.known().get(&channel).is_some()
    }

    pub(crate) fn insert(&self, channel: ChannelId, place: Option<Place>, age_restricted: bool) {
        self.known().insert(channel, Known { place, age_restricted });
    }

    pub(crate) fn remove(&self, channel: ChannelId) {
        self.known().remove(&channel);
    }

    /// Whether a place is age-restricted: itself, or for a thread its parent. What nobody knows is not.
    ///
    /// Source: Discord documentation, "Channel", field `nsfw`; threads have none of their own.
    pub(crate) fn age_restricted(&self, place: &Place) -> bool {
        let mut known = self.known();
        [Some(place.channel), place.parent]
            .into_iter()
            .flatten()
            .any(|channel| known.get(&channel).is_some_and(|known| known.age_restricted))
    }

    fn known(&self) -> MutexGuard<'_, Bounded<ChannelId, Known>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
