//! Rate limits: buckets, the global limit, and the count of invalid requests.
//! <https://docs.discord.com/developers/topics/rate-limits>

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Clock;

/// How many requests a bucket takes in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    pub limit: u32,
    pub window: Duration,
}

impl Quota {
    pub const fn new(limit: u32, window: Duration) -> Self {
        Self { limit, window }
    }
}

/// The limits; close to what Discord applies, though it documents that they may change at any time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimits {
    pub create_message: Quota,
    pub edit_message: Quota,
    pub delete_message: Quota,
    pub reaction: Quota,
    pub execute_webhook: Quota,
    pub typing: Quota,
    /// Every other route.
    pub other: Quota,
    /// Requests of a bot per second; interactions and webhooks are exempt.
    pub global_per_second: u32,
    /// Answers of 401, 403 and 429 in ten minutes before the edge refuses everything.
    pub invalid_per_ten_minutes: u32,
}

impl Default for RateLimits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            create_message: Quota::new(5, seconds(5)),
            edit_message: Quota::new(5, seconds(5)),
            delete_message: Quota::new(5, seconds(1)),
            reaction: Quota::new(1, Duration::from_millis(250)),
            execute_webhook: Quota::new(5, seconds(2)),
            typing: Quota::new(5, seconds(5)),
            other: Quota::new(50, seconds(1)),
            global_per_second: 50,
            invalid_per_ten_minutes: 10_000,
        }
    }
}

/// What the route of a request means for its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bucket {
    pub(crate) quota: Quota,
    /// Hash of method and route template, the same for all major parameters.
    pub(crate) route: u64,
    /// Hash of the major parameter: channel, guild, or webhook with its token.
    pub(crate) major: u64,
    /// Interactions and webhooks with a token do not count towards the global limit.
    pub(crate) exempt: bool,
    /// False: no bucket at all, as for interaction callbacks.
    pub(crate) limited: bool,
}

/// What the limiter says about a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    /// Goes through; with its bucket's state for the headers.
    Pass(Option<Spent>),
    /// 429 with JSON.
    Limited { retry_after: Duration, global: bool, spent: Option<Spent> },
    /// 429 from the edge, without JSON.
    Banned { retry_after: Duration },
}

/// A bucket after a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spent {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    pub(crate) reset_ms: u64,
    pub(crate) now_ms: u64,
    pub(crate) route: u64,
}

const MAX_WINDOWS: usize = 50_000;
const TEN_MINUTES_MS: u64 = 10 * 60 * 1_000;

#[derive(Debug, Clone, Copy, Default)]
struct Window {
    used: u32,
    reset_ms: u64,
}

impl Window {
    /// Takes one of `limit`; false if none is left.
    fn take(&mut self, limit: u32, length_ms: u64, now_ms: u64) -> bool {
        if now_ms >= self.reset_ms {
            *self = Self { used: 0, reset_ms: now_ms + length_ms };
        }
        let free = self.used < limit;
        self.used += u32::from(free);
        free
    }
}

#[derive(Debug, Default)]
struct Windows {
    buckets: HashMap<(u64, u64, u64), Window>,
    global: HashMap<u64, Window>,
    invalid: Window,
}

/// Counts requests. Without limits it does nothing at all.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    limits: Option<RateLimits>,
    clock: Clock,
    windows: Mutex<Windows>,
}

impl RateLimiter {
    pub(crate) fn new(limits: Option<RateLimits>, clock: Clock) -> Self {
        Self { limits, clock, windows: Mutex::default() }
    }

    pub(crate) fn limits(&self) -> Option<&RateLimits> {
        self.limits.as_ref()
    }

    /// Counts one request of `who` (the bot; 0 for requests without a bot's token).
    pub(crate) fn check(&self, who: u64, bucket: Bucket) -> Verdict {
        let Some(limits) = &self.limits else { return Verdict::Pass(None) };
        let now = self.clock.now_ms();
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.invalid.reset_ms > now && windows.invalid.used >= limits.invalid_per_ten_minutes {
            return Verdict::Banned { retry_after: Duration::from_millis(windows.invalid.reset_ms - now) };
        }
        if !bucket.exempt {
            let global = windows.global.entry(who).or_default();
            if !global.take(limits.global_per_second, 1_000, now) {
                let retry_after = Duration::from_millis(global.reset_ms - now);
                return Verdict::Limited { retry_after, global: true, spent: None };
            }
        }
        if !bucket.limited {
            return Verdict::Pass(None);
        }
        if windows.buckets.len() >= MAX_WINDOWS {
            windows.buckets.retain(|_, w| w.reset_ms > now);
        }
        // A webhook's bucket is its own, whoever calls.
        let who = if bucket.exempt { 0 } else { who };
        let window = windows.buckets.entry((who, bucket.route, bucket.major)).or_default();
        let free = window.take(bucket.quota.limit, bucket.quota.window.as_millis() as u64, now);
        let spent = Spent {
            limit: bucket.quota.limit,
            remaining: bucket.quota.limit - window.used,
            reset_ms: window.reset_ms,
            now_ms: now,
            route: bucket.route,
        };
        if free {
            return Verdict::Pass(Some(spent));
        }
        let retry_after = Duration::from_millis(window.reset_ms - now);
        Verdict::Limited { retry_after, global: false, spent: Some(spent) }
    }

    /// Counts an answer of 401, 403 or 429.
    pub(crate) fn note_status(&self, status: u16) {
        let Some(limits) = &self.limits else { return };
        if matches!(status, 401 | 403 | 429) {
            let now = self.clock.now_ms();
            let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
            windows.invalid.take(limits.invalid_per_ten_minutes, TEN_MINUTES_MS, now);
        }
    }
}

/// Finds the bucket of a path, from its segments below the API's root.
pub(crate) fn bucket_of(limits: &RateLimits, method: &str, segments: &[&str]) -> Bucket {
    let mut route = DefaultHasher::new();
    let mut major = DefaultHasher::new();
    method.hash(&mut route);
    for (at, segment) in segments.iter().enumerate() {
        let is_id = segment.bytes().all(|b| b.is_ascii_digit());
        let secret = segments[0] == "webhooks" && at == 2 && *segment != "messages";
        let emoji = at > 0 && segments[at - 1] == "reactions";
        let token = segments[0] == "interactions" && at == 2;
        if is_id || secret || emoji || token {
            ":".hash(&mut route);
            let is_major = at == 1 && matches!(segments[0], "channels" | "guilds" | "webhooks");
            if is_major || secret {
                segment.hash(&mut major);
            }
        } else {
            segment.hash(&mut route);
        }
    }
    let (quota, limited) = match (method, segments) {
        (_, ["interactions", ..]) => (limits.other, false),
        ("POST", ["channels", _, "messages"]) => (limits.create_message, true),
        ("PATCH", ["channels", _, "messages", _] | ["webhooks", _, _, "messages", _]) => {
            (limits.edit_message, true)
        }
        ("DELETE", ["channels", _, "messages", _]) => (limits.delete_message, true),
        ("PUT" | "DELETE", ["channels", _, "messages", _, "reactions", ..]) => (limits.reaction, true),
        ("POST", ["webhooks", _, _]) => (limits.execute_webhook, true),
        ("POST", ["channels", _, "typing"]) => (limits.typing, true),
        _ => (limits.other, true),
    };
    let exempt = matches!(segments, ["interactions", ..] | ["webhooks", _, _, ..]);
    Bucket { quota, route: route.finish(), major: major.finish(), exempt, limited }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter() -> (RateLimiter, Clock) {
        let clock = Clock::manual(1_700_000_000_000);
        (RateLimiter::new(Some(RateLimits::default()), clock.clone()), clock)
    }

    #[test]
    fn buckets_are_per_channel_and_refill() {
        let (limiter, clock) = limiter();
        let limits = RateLimits::default();
        let one = bucket_of(&limits, "POST", &["channels", "1", "messages"]);
        let two = bucket_of(&limits, "POST", &["channels", "2", "messages"]);
        for _ in 0..5 {
            assert!(matches!(limiter.check(9, one), Verdict::Pass(Some(_))));
        }
        assert!(matches!(limiter.check(9, one), Verdict::Limited { global: false, .. }));
        assert!(matches!(limiter.check(9, two), Verdict::Pass(_)));
        clock.advance(Duration::from_secs(5));
        assert!(matches!(limiter.check(9, one), Verdict::Pass(_)));
    }

    #[test]
    fn the_global_limit_spares_webhooks() {
        let (limiter, _) = limiter();
        let limits = RateLimits::default();
        for n in 0..50 {
            let id = n.to_string();
            let bucket = bucket_of(&limits, "GET", &["channels", &id]);
            assert!(matches!(limiter.check(9, bucket), Verdict::Pass(_)));
        }
        let more = bucket_of(&limits, "GET", &["channels", "77"]);
        assert!(matches!(limiter.check(9, more), Verdict::Limited { global: true, .. }));
        let hook = bucket_of(&limits, "POST", &["webhooks", "77", "token"]);
        assert!(matches!(limiter.check(9, hook), Verdict::Pass(_)));
    }

    #[test]
    fn too_many_invalid_requests_are_banned() {
        let (limiter, _) = limiter();
        for _ in 0..10_000 {
            limiter.note_status(403);
        }
        let bucket = bucket_of(&RateLimits::default(), "GET", &["gateway"]);
        assert!(matches!(limiter.check(9, bucket), Verdict::Banned { .. }));
    }
}
