//! How long to wait before connecting again.

use std::time::Duration;

use crate::config::ReconnectPauses;

/// A session that lasted so long was a good one: what comes after it starts afresh.
const STABLE: Duration = Duration::from_mins(1);

/// Counts failures and turns them into pauses.
#[derive(Debug)]
pub(super) struct Backoff {
    pauses: ReconnectPauses,
    failures: u32,
}

impl Backoff {
    pub(super) fn new(pauses: ReconnectPauses) -> Self {
        Self { pauses, failures: 0 }
    }

    /// The pause after a connection whose session lasted `up`, or never began. `roll` in 0..1 spreads many shards.
    ///
    /// The first loss of a session costs nothing: Discord asks for reconnects all the time. But a server that
    /// closes again and again, even after READY, must not use up the identify budget.
    pub(super) fn lost(&mut self, up: Option<Duration>, roll: f64) -> Duration {
        if up.is_some_and(|up| up >= STABLE) {
            self.failures = 0;
        }
        let earlier = self.failures;
        self.failures = earlier.saturating_add(1);
        let doublings = match (up, earlier) {
            (Some(_), 0) => return Duration::ZERO,
            (Some(_), earlier) => earlier - 1,
            (None, earlier) => earlier,
        };
        let pause = self.pauses.first.saturating_mul(1 << doublings.min(20)).min(self.pauses.most);
        pause.mul_f64(0.75 + roll / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backoff() -> Backoff {
        Backoff::new(ReconnectPauses::default())
    }

    #[test]
    fn connections_that_never_come_up_wait_longer_and_longer() {
        let mut backoff = backoff();
        let pauses: Vec<_> = (0..9).map(|_| backoff.lost(None, 0.5).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 120, 120]);
    }

    #[test]
    fn the_first_loss_of_a_session_is_free_but_a_chain_of_short_ones_is_not() {
        let mut backoff = backoff();
        let short = Some(Duration::from_secs(3));
        let pauses: Vec<_> = (0..4).map(|_| backoff.lost(short, 0.5).as_secs()).collect();
        assert_eq!(pauses, [0, 1, 2, 4]);
        assert_eq!(backoff.lost(Some(STABLE), 0.5), Duration::ZERO);
    }

    #[test]
    fn jitter_stays_within_a_quarter() {
        assert_eq!(backoff().lost(None, 0.0), Duration::from_millis(750));
        assert_eq!(backoff().lost(None, 1.0), Duration::from_millis(1_250));
    }
}
