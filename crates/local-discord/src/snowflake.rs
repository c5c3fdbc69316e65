//! Snowflake ids: 42 bits of milliseconds since 2015, then a counter.
//! <https://docs.discord.com/developers/reference#snowflakes>

use serde::{Deserialize, Serialize};

/// First millisecond of Discord's epoch, 2015-01-01.
pub const DISCORD_EPOCH_MS: u64 = 1_420_070_400_000;

/// Hands out strictly increasing ids, also when the clock stands still or steps back.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Snowflakes {
    last: u64,
}

impl Snowflakes {
    /// The next id at the given Unix time in milliseconds.
    pub fn next(&mut self, now_ms: u64) -> u64 {
        self.last = (self.last + 1).max(first_at(now_ms));
        self.last
    }
}

/// The smallest id of a millisecond.
pub fn first_at(unix_ms: u64) -> u64 {
    unix_ms.saturating_sub(DISCORD_EPOCH_MS) << 22
}

/// When an id was made, in Unix milliseconds.
pub fn created_ms(id: u64) -> u64 {
    (id >> 22) + DISCORD_EPOCH_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_even_if_the_clock_does_not() {
        let mut ids = Snowflakes::default();
        let a = ids.next(DISCORD_EPOCH_MS + 5);
        let b = ids.next(DISCORD_EPOCH_MS + 5);
        let c = ids.next(DISCORD_EPOCH_MS + 1);
        assert!(a < b && b < c);
        assert_eq!(created_ms(a), DISCORD_EPOCH_MS + 5);
    }
}
