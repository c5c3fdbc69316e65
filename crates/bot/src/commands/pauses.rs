//! How often something may be asked for in a channel.

use std::{
    fmt,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{ChannelId, Timestamp};
use lru::LruCache;

/// Channels that are kept in mind: in a busier bot the pause of the channel that waited longest ends early.
const CHANNELS: NonZeroUsize = NonZeroUsize::new(1_000).unwrap();

/// When something was last asked for in each channel. A cheap handle; a restart forgets it.
#[derive(Clone)]
pub struct Pauses(Arc<Asked>);

struct Asked {
    last: Mutex<LruCache<ChannelId, Timestamp>>,
}

impl Pauses {
    /// Asks for it now, or says how long it is too early.
    pub(super) fn begin(&self, channel: ChannelId, now: Timestamp, pause: Duration) -> Result<(), Duration> {
        let mut last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        let left = last.get(&channel).map_or(Duration::ZERO, |at| pause.saturating_sub(now.since(*at)));
        if !left.is_zero() {
            return Err(left);
        }
        last.put(channel, now);
        Ok(())
    }
}

impl Default for Pauses {
    fn default() -> Self {
        Self(Arc::new(Asked { last: Mutex::new(LruCache::new(CHANNELS)) }))
    }
}

impl fmt::Debug for Pauses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pauses").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_has_its_pause() {
        let (pauses, pause) = (Pauses::default(), Duration::from_secs(30));
        let at = |second: i64| Timestamp(second * 1_000);
        assert_eq!(pauses.begin(ChannelId(1), at(0), pause), Ok(()));
        assert_eq!(pauses.begin(ChannelId(1), at(10), pause), Err(Duration::from_secs(20)));
        assert_eq!(pauses.begin(ChannelId(2), at(10), pause), Ok(()));
        assert_eq!(pauses.begin(ChannelId(1), at(30), pause), Ok(()));
    }
}
