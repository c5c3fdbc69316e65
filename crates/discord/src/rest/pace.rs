//! How densely requests with the bot's token leave.
//!
//! Discord counts them by the second (fifty, unless it was asked for more) and does not tell when its seconds begin.
//! Whoever fills each second of its own clock can so hit one of Discord's with twice as many. Here they leave one
//! by one, after a small burst, so that no second, wherever it begins, holds more than nine tenths of the limit.
//! Source: Discord documentation, "Rate Limits", section "Global Rate Limit".

use std::{
    num::NonZeroU16,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// See the module.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Between two requests.
    interval: Duration,
    /// How far requests may run ahead of the intervals.
    slack: Duration,
    /// When the next one would leave if all had kept the interval.
    next: Mutex<Option<Instant>>,
}

impl Pace {
    /// A pace that keeps within so many requests a second.
    pub(crate) fn within(limit: NonZeroU16) -> Self {
        let steady = u32::from(limit.get()) * 4 / 5;
        let interval = Duration::from_secs(1) / steady.max(1);
        let burst = u32::from(limit.get()) / 10;
        Self { interval, slack: interval * burst.saturating_sub(1), next: Mutex::default() }
    }

    /// How long a request has to wait, which it then must do; or nothing, if it would have to wait for longer than
    /// it can.
    pub(crate) fn reserve(&self, now: Instant, at_most: Option<Duration>) -> Option<Duration> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let earliest = now.checked_sub(self.slack).unwrap_or(now);
        let slot = next.map_or(earliest, |next| next.max(earliest));
        let wait = slot.saturating_duration_since(now);
        if at_most.is_some_and(|most| wait > most) {
            return None;
        }
        *next = Some(slot + self.interval);
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When requests leave that come at these milliseconds.
    fn leaving(pace: &Pace, begun: Instant, coming: impl IntoIterator<Item = u64>) -> Vec<Duration> {
        let come = coming.into_iter().map(Duration::from_millis);
        come.map(|at| at + pace.reserve(begun + at, None).unwrap()).collect()
    }

    #[test]
    fn a_few_leave_at_once_and_a_crowd_one_by_one() {
        let pace = Pace::within(NonZeroU16::new(50).unwrap());
        let left = leaving(&pace, Instant::now(), [0; 50]);
        assert_eq!(left.iter().filter(|at| at.is_zero()).count(), 5);
        assert_eq!(left[49], Duration::from_millis(45 * 25));
    }

    #[test]
    fn no_second_wherever_it_begins_holds_more_than_nine_tenths_of_the_limit() {
        let pace = Pace::within(NonZeroU16::new(50).unwrap());
        let mut dice = fastrand::Rng::with_seed(7);
        let mut come: Vec<u64> = (0..400).map(|_| dice.u64(0..6) * 1_000 + dice.u64(0..90)).collect();
        come.sort_unstable();
        let left = leaving(&pace, Instant::now(), come);
        for from in &left {
            let second = *from..*from + Duration::from_secs(1);
            assert!(left.iter().filter(|at| second.contains(*at)).count() <= 45, "{from:?}");
        }
    }

    #[test]
    fn what_cannot_wait_leaves_no_gap() {
        let pace = Pace::within(NonZeroU16::new(50).unwrap());
        let begun = Instant::now();
        leaving(&pace, begun, [0; 45]);
        assert_eq!(pace.reserve(begun, Some(Duration::from_millis(500))), None);
        assert_eq!(pace.reserve(begun, None), Some(Duration::from_millis(1_025)));
    }

    #[test]
    fn the_smallest_limit_is_still_a_pace() {
        let pace = Pace::within(NonZeroU16::MIN);
        assert_eq!(leaving(&pace, Instant::now(), [0, 0]), [Duration::ZERO, Duration::from_secs(1)]);
    }
}
