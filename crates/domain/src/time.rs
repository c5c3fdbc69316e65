//! Points in time as numbers: who reads a clock passes one in.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Discord's epoch, the first second of 2015, in milliseconds since the Unix epoch.
pub const DISCORD_EPOCH_MS: i64 = 1_420_070_400_000;

/// Milliseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The milliseconds.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The moment `after` later; stays at the end of time instead of wrapping.
    #[must_use]
    pub fn plus(self, after: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(after.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long ago `earlier` was; zero when it lies in the future.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}
