//! Time as a parameter: the only place of this crate that reads the wall clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A cheap handle on "now": the system's clock, or a manual one that only moves when told to.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    manual: Option<Arc<AtomicU64>>,
}

impl Clock {
    /// The machine's wall clock.
    pub fn system() -> Self {
        Self { manual: None }
    }

    /// A clock that stands at `start_ms` (Unix milliseconds) until [`Clock::advance`] moves it.
    pub fn manual(start_ms: u64) -> Self {
        Self { manual: Some(Arc::new(AtomicU64::new(start_ms))) }
    }

    /// Unix time in milliseconds.
    pub fn now_ms(&self) -> u64 {
        match &self.manual {
            Some(time) => time.load(Ordering::Relaxed),
            None => wall_clock_ms(),
        }
    }

    /// Moves a manual clock forward; does nothing on the system's clock.
    pub fn advance(&self, by: Duration) {
        if let Some(time) = &self.manual {
            time.fetch_add(by.as_millis() as u64, Ordering::Relaxed);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where the local Discord reads the wall clock")]
fn wall_clock_ms() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_millis() as u64)
}

/// Prints Unix milliseconds as Discord does: `2021-01-01T01:01:01.010000+00:00`.
///
/// Strict clients reject the otherwise equal form that ends in `Z`.
pub fn timestamp(ms: u64) -> String {
    let at = jiff::Timestamp::from_millisecond(ms as i64).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}

/// Reads an ISO 8601 timestamp as Unix milliseconds.
pub fn parse_timestamp(text: &str) -> Option<u64> {
    let at: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(at.as_millisecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_have_six_digits_and_an_offset() {
        assert_eq!(timestamp(1_609_462_861_010), "2021-01-01T01:01:01.010000+00:00");
        assert_eq!(parse_timestamp("2021-01-01T01:01:01.010000+00:00"), Some(1_609_462_861_010));
    }
}
