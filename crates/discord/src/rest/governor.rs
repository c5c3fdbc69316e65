//! When a request may leave: pauses that Discord ordered, refusals that are known beforehand, and the budget of
//! invalid requests. The rate limiter beside it knows the buckets; this knows what to do when Discord says no.
//!
//! Sources: Discord documentation, "Rate Limits" (sections "Global Rate Limit", "Exceeding A Rate Limit" and
//! "Invalid Request Limit aka Cloudflare Bans").

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::route::{Route, RouteKey};
use crate::{bounded::Bounded, error::SpeakError};

/// The window of Discord's invalid-request limit of 10,000.
const WINDOW: Duration = Duration::from_mins(10);
/// From here the operator is warned.
const WARN: usize = 500;
/// From here nothing leaves that nobody would miss.
const SHED: usize = 2_000;
/// From here nothing leaves at all until the window has moved on.
const OPEN: usize = 5_000;
/// From here a refusal is believed although permissions were changed.
const FORGIVING: usize = SHED / 4;
/// How long a missing permission is believed before it is tried again.
const REFUSAL: Duration = Duration::from_mins(10);
/// The longest pause that a call sits out; callers hear of a longer one.
const PATIENCE: Duration = Duration::from_mins(1);
/// The same for what nobody would miss.
pub(super) const BACKGROUND_PATIENCE: Duration = Duration::from_secs(2);
/// A pause when a 429 names none and does not come from Discord's own servers.
const UNNAMED_PAUSE: Duration = Duration::from_mins(1);

/// What an answer says, as far as it matters here.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    /// The longest wait that header or body ask for.
    pub(crate) retry_after: Option<Duration>,
    /// `X-RateLimit-Global`, scope `global`, or `"global": true` in the body.
    pub(crate) global: bool,
    /// Scope `shared`: others filled the bucket, it does not count as invalid.
    pub(crate) shared: bool,
    /// Whether the answer has Discord's JSON form; Cloudflare's is HTML.
    pub(crate) json: bool,
    /// Discord's JSON error code, or 0.
    pub(crate) code: u64,
}

/// What may be done now.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Admission {
    Go,
    Wait(Duration),
    Refuse(SpeakError),
}

/// Remembers what Discord said and decides what may leave.
#[derive(Debug)]
pub(crate) struct Governor {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    wrong_token: bool,
    /// Everything: Cloudflare, or Discord's limit for this address.
    paused_until: Option<Instant>,
    /// What carries the token: its global limit does not bind webhooks' and interactions' own tokens.
    token_paused_until: Option<Instant>,
    routes: Bounded<RouteKey, Instant>,
    refusals: Bounded<RouteKey, (Instant, u64)>,
    /// When invalid answers came, oldest first; never more than `OPEN`.
    invalid: VecDeque<Instant>,
}

impl Governor {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                wrong_token: false,
                paused_until: None,
                token_paused_until: None,
                routes: Bounded::new(20_000),
                refusals: Bounded::new(20_000),
                invalid: VecDeque::new(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a request may leave at `now`.
    pub(crate) fn admit(&self, now: Instant, route: &Route) -> Admission {
        self.state().admit(now, route)
    }

    /// Somebody changed permissions: what was refused for lack of them may be tried again, for such major ids.
    pub(crate) fn forgive(&self, now: Instant, concerns: impl Fn(u64) -> bool) {
        let mut state = self.state();
        state.forget(now);
        // Whoever changes roles for the fun of it must not cost us the budget of refused requests.
        if state.invalid.len() < FORGIVING {
            state.refusals.retain(|route| !concerns(route.major));
        }
    }

    /// Remembers what an answer means for the requests to come. `jitter` in 0..1 spreads those that wait.
    pub(crate) fn note(&self, now: Instant, route: &Route, answered: Answered, jitter: f64) {
        self.state().note(now, route, answered, jitter);
    }

    /// The wait that a 429 asks for, without jitter.
    pub(crate) fn pause(answered: Answered) -> Duration {
        let unnamed = if answered.json { Duration::from_secs(1) } else { UNNAMED_PAUSE };
        answered.retry_after.unwrap_or(unnamed)
    }

    /// Invalid answers within the last ten minutes.
    pub(crate) fn invalid(&self, now: Instant) -> usize {
        let mut state = self.state();
        state.forget(now);
        state.invalid.len()
    }
}

impl State {
    fn admit(&mut self, now: Instant, route: &Route) -> Admission {
        let operation = route.key.operation;
        if self.wrong_token && route.authorized {
            return Admission::Refuse(SpeakError::WrongToken);
        }
        if route.remembers_refusal
            && let Some(&mut (until, code)) = self.refusals.get(&route.key)
        {
            if now < until {
                return Admission::Refuse(SpeakError::Forbidden { operation, code });
            }
            self.refusals.remove(&route.key);
        }
        self.forget(now);
        if self.invalid.len() >= OPEN || (route.background && self.invalid.len() >= SHED) {
            return Admission::Refuse(SpeakError::Shed { operation });
        }
        let token = self.token_paused_until.filter(|_| route.authorized);
        let until = self.routes.get(&route.key).copied().max(self.paused_until).max(token);
        match until.and_then(|until| until.checked_duration_since(now)).filter(|wait| !wait.is_zero()) {
            None => Admission::Go,
            Some(wait) if wait <= if route.background { BACKGROUND_PATIENCE } else { PATIENCE } => {
                Admission::Wait(wait)
            }
            Some(retry_after) => Admission::Refuse(SpeakError::RateLimited { operation, retry_after }),
        }
    }

    fn note(&mut self, now: Instant, route: &Route, answered: Answered, jitter: f64) {
        match answered.status {
            401 => {
                self.count_invalid(now);
                self.wrong_token |= route.authorized;
            }
            403 => {
                self.count_invalid(now);
                // Missing access, missing permission, a closed direct message: they stay for a while. Others, such
                // as "another user's message", belong to the one request.
                if route.remembers_refusal && matches!(answered.code, 50_001 | 50_007 | 50_013) {
                    self.refusals.insert(route.key, (now + REFUSAL, answered.code));
                }
            }
            429 => {
                if !answered.shared {
                    self.count_invalid(now);
                }
                let pause = Governor::pause(answered);
                let until = now + pause + (pause / 10).min(Duration::from_secs(1)).mul_f64(jitter);
                if !answered.json || (answered.global && !route.authorized) {
                    self.paused_until = self.paused_until.max(Some(until));
                } else if answered.global {
                    self.token_paused_until = self.token_paused_until.max(Some(until));
                } else {
                    self.routes.insert(route.key, until);
                }
            }
            _ => {}
        }
    }

    fn count_invalid(&mut self, now: Instant) {
        self.forget(now);
        if self.invalid.len() >= OPEN {
            self.invalid.pop_front();
        }
        self.invalid.push_back(now);
        match self.invalid.len() {
            WARN => tracing::warn!(count = WARN, "Discord refused many requests in the last ten minutes"),
            SHED => tracing::error!(count = SHED, "Discord refused so much that only replies are sent now"),
            OPEN => tracing::error!(count = OPEN, "Discord refused so much that nothing is sent for a while"),
            _ => {}
        }
    }

    fn forget(&mut self, now: Instant) {
        while self.invalid.front().is_some_and(|&at| now.saturating_duration_since(at) >= WINDOW) {
            self.invalid.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{ChannelId, WebhookId};

    use super::*;
    use crate::rest::route::HookAddress;

    const USER: Answered = Answered {
        status: 429,
        retry_after: Some(Duration::from_secs(2)),
        global: false,
        shared: false,
        json: true,
        code: 0,
    };

    fn post(channel: u64) -> Route {
        Route::create_message(ChannelId(channel))
    }

    #[test]
    fn a_route_pauses_alone_and_a_global_limit_pauses_all() {
        let (governor, now) = (Governor::new(), Instant::now());
        governor.note(now, &post(1), USER, 0.0);
        assert_eq!(governor.admit(now, &post(1)), Admission::Wait(Duration::from_secs(2)));
        assert_eq!(governor.admit(now, &post(2)), Admission::Go);
        governor.note(now, &post(1), Answered { global: true, ..USER }, 0.0);
        assert_eq!(governor.admit(now, &post(2)), Admission::Wait(Duration::from_secs(2)));
        assert_eq!(governor.admit(now + Duration::from_secs(2), &post(2)), Admission::Go);
    }

    #[test]
    fn the_token_s_global_limit_does_not_bind_webhooks_but_the_address_s_limit_does() {
        let (governor, now) = (Governor::new(), Instant::now());
        let hook = HookAddress { id: WebhookId(7), token: "t" };
        let execute = Route::execute_webhook(hook, None);
        governor.note(now, &post(1), Answered { global: true, ..USER }, 0.0);
        assert_eq!(governor.admit(now, &execute), Admission::Go);
        governor.note(now, &execute, Answered { global: true, ..USER }, 0.0);
        assert_eq!(governor.admit(now, &execute), Admission::Wait(Duration::from_secs(2)));
        assert_eq!(governor.admit(now, &post(2)), Admission::Wait(Duration::from_secs(2)));
    }

    #[test]
    fn cloudflare_pauses_all_and_callers_hear_of_long_pauses() {
        let (governor, now) = (Governor::new(), Instant::now());
        let hour = Duration::from_hours(1);
        governor.note(now, &post(1), Answered { json: false, retry_after: Some(hour), ..USER }, 0.0);
        assert_eq!(
            governor.admit(now, &post(2)),
            Admission::Refuse(SpeakError::RateLimited { operation: "posting a message", retry_after: hour })
        );
        assert_eq!(Governor::pause(Answered { json: false, retry_after: None, ..USER }), UNNAMED_PAUSE);
    }

    #[test]
    fn jitter_only_ever_lengthens_a_pause() {
        let (governor, now) = (Governor::new(), Instant::now());
        governor.note(now, &post(1), USER, 1.0);
        assert_eq!(governor.admit(now, &post(1)), Admission::Wait(Duration::from_millis(2_200)));
    }

    #[test]
    fn a_missing_permission_is_believed_for_ten_minutes() {
        let (governor, now) = (Governor::new(), Instant::now());
        governor.note(now, &post(1), Answered { status: 403, code: 50_013, ..USER }, 0.0);
        let refused =
            Admission::Refuse(SpeakError::Forbidden { operation: "posting a message", code: 50_013 });
        assert_eq!(governor.admit(now, &post(1)), refused);
        assert_eq!(governor.admit(now, &Route::typing(ChannelId(1))), Admission::Go);
        assert_eq!(governor.admit(now + REFUSAL, &post(1)), Admission::Go);
    }

    #[test]
    fn a_missing_permission_is_asked_for_again_when_permissions_were_changed() {
        let (governor, now) = (Governor::new(), Instant::now());
        let forbidden = Answered { status: 403, code: 50_013, ..USER };
        for channel in [1, 2] {
            governor.note(now, &post(channel), forbidden, 0.0);
        }
        governor.forgive(now, |major| major == 1);
        assert_eq!(governor.admit(now, &post(1)), Admission::Go);
        assert!(matches!(governor.admit(now, &post(2)), Admission::Refuse(_)));
        for _ in 0..FORGIVING {
            governor.note(now, &post(1), forbidden, 0.0);
        }
        governor.forgive(now, |_| true);
        assert!(matches!(governor.admit(now, &post(1)), Admission::Refuse(_)), "too often by now");
    }

    #[test]
    fn another_403_is_not_held_against_the_channel() {
        let (governor, now) = (Governor::new(), Instant::now());
        governor.note(now, &post(1), Answered { status: 403, code: 50_005, ..USER }, 0.0);
        assert_eq!(governor.admit(now, &post(1)), Admission::Go);
    }

    #[test]
    fn a_wrong_token_stops_everything_that_carries_it() {
        let (governor, now) = (Governor::new(), Instant::now());
        governor.note(now, &post(1), Answered { status: 401, ..USER }, 0.0);
        assert_eq!(governor.admit(now, &post(2)), Admission::Refuse(SpeakError::WrongToken));
    }

    #[test]
    fn the_budget_of_invalid_requests_sheds_background_work_then_everything() {
        let (governor, now) = (Governor::new(), Instant::now());
        let typing = Route::typing(ChannelId(2));
        let forbidden = Answered { status: 403, ..USER };
        for _ in 0..SHED {
            assert_eq!(governor.admit(now, &typing), Admission::Go);
            governor.note(now, &post(1), forbidden, 0.0);
        }
        assert_eq!(
            governor.admit(now, &typing),
            Admission::Refuse(SpeakError::Shed { operation: "showing typing" })
        );
        assert_eq!(governor.admit(now, &post(2)), Admission::Go);
        for _ in SHED..OPEN {
            governor.note(now, &post(1), forbidden, 0.0);
        }
        assert!(matches!(governor.admit(now, &post(2)), Admission::Refuse(SpeakError::Shed { .. })));
        assert_eq!(governor.admit(now + WINDOW, &post(2)), Admission::Go);
        assert_eq!(governor.invalid(now + WINDOW), 0);
    }

    #[test]
    fn a_shared_limit_is_not_held_against_us() {
        let (governor, now) = (Governor::new(), Instant::now());
        governor.note(now, &post(1), Answered { shared: true, ..USER }, 0.0);
        assert_eq!(governor.invalid(now), 0);
        assert!(matches!(governor.admit(now, &post(1)), Admission::Wait(_)));
    }
}
