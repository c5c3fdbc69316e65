//! REST requests that fail: which, how often, and in which way.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// Whose limit a 429 claims to enforce.
/// <https://docs.discord.com/developers/topics/rate-limits#header-format>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLimitScope {
    /// The bot's own limit of a bucket.
    User,
    /// The bot's own limit of all requests together.
    Global,
    /// A limit of the resource, shared with everybody.
    Shared,
    /// Not Discord but the network in front of it: a text body, none of Discord's headers.
    Cloudflare,
}

/// What happens to a request.
#[derive(Clone, Debug)]
pub enum RestFault {
    /// It is not handled; the answer has this status and Discord's plain error body, e.g. 500, 502, 503.
    Status(u16),
    /// It is not handled; 429.
    RateLimited { scope: RateLimitScope, retry_after: Duration },
    /// It is not handled; the connection ends without an answer.
    DropBefore,
    /// It **is** handled; then the connection ends without an answer: the client cannot know what happened.
    DropAfter,
    /// It waits until the token is cancelled, and is then handled as usual.
    Hold(CancellationToken),
    /// The same, also if its client is gone by then: it was on the wire.
    Late(CancellationToken),
}

#[derive(Debug, Default)]
pub(super) struct RequestFaults {
    rules: Vec<Rule>,
    gate: CancellationToken,
}

#[derive(Debug)]
struct Rule {
    method: String,
    path: Vec<String>,
    left: u32,
    fault: RestFault,
}

impl RequestFaults {
    pub(super) fn add(&mut self, method: &str, path: &str, count: u32, fault: RestFault) {
        let path = segments(path).map(str::to_owned).collect();
        self.rules.push(Rule { method: method.to_ascii_uppercase(), path, left: count, fault });
    }

    pub(super) fn hold(&mut self, method: &str, path: &str, count: u32) {
        let gate = self.gate.clone();
        self.add(method, path, count, RestFault::Hold(gate));
    }

    pub(super) fn keep_on_the_wire(&mut self, method: &str, path: &str, count: u32) {
        let gate = self.gate.clone();
        self.add(method, path, count, RestFault::Late(gate));
    }

    pub(super) fn release(&mut self) {
        self.gate.cancel();
        self.gate = CancellationToken::new();
        self.rules.retain(|rule| !matches!(rule.fault, RestFault::Hold(_) | RestFault::Late(_)));
    }

    /// The oldest rule that matches, spent by one.
    pub(super) fn next(&mut self, method: &str, path: &str) -> Option<RestFault> {
        let rule = self.rules.iter_mut().find(|rule| rule.matches(method, path))?;
        rule.left -= 1;
        let fault = rule.fault.clone();
        self.rules.retain(|rule| rule.left > 0);
        Some(fault)
    }
}

impl Rule {
    fn matches(&self, method: &str, path: &str) -> bool {
        if self.left == 0 || (self.method != "*" && self.method != method) {
            return false;
        }
        let mut given = segments(path);
        let of_files = |first: Option<&str>| first == Some("attachments");
        if of_files(segments(path).next()) != of_files(self.path.first().map(String::as_str)) {
            return false;
        }
        for (at, wanted) in self.path.iter().enumerate() {
            if wanted == "**" && at + 1 == self.path.len() {
                return true;
            }
            let Some(segment) = given.next() else { return false };
            if wanted != "*" && wanted != segment {
                return false;
            }
        }
        given.next().is_none()
    }
}

/// The segments of a path after `/api/v10`.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix("/api").unwrap_or(path);
    let versioned = path.strip_prefix("/v").and_then(|rest| rest.split_once('/'));
    let path =
        versioned.filter(|(v, _)| v.chars().all(|c| c.is_ascii_digit())).map_or(path, |(_, rest)| rest);
    path.split('/').filter(|segment| !segment.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(pattern: &str, path: &str) -> bool {
        let mut faults = RequestFaults::default();
        faults.add("post", pattern, 1, RestFault::Status(500));
        faults.next("POST", path).is_some()
    }

    #[test]
    fn patterns_match_whole_paths_with_or_without_the_version() {
        assert!(hit("/channels/*/messages", "/api/v10/channels/5/messages"));
        assert!(hit("/channels/*/messages", "/channels/5/messages"));
        assert!(!hit("/channels/*/messages", "/api/v10/channels/5/messages/6"));
        assert!(!hit("/channels/*/messages", "/api/v10/channels/5"));
        assert!(hit("/channels/**", "/api/v10/channels/5/messages/6"));
        assert!(hit("**", "/api/v10/gateway"));
        assert!(hit("/attachments/**", "/attachments/5/6/cat.png"));
        assert!(!hit("**", "/attachments/5/6/cat.png"), "files fail only where they are named");
    }

    #[test]
    fn a_rule_is_spent_and_the_next_one_follows() {
        let mut faults = RequestFaults::default();
        faults.add("*", "/x", 2, RestFault::Status(500));
        faults.add("GET", "/x", 1, RestFault::DropAfter);
        assert!(matches!(faults.next("GET", "/x"), Some(RestFault::Status(500))));
        assert!(faults.next("GET", "/y").is_none());
        assert!(matches!(faults.next("POST", "/x"), Some(RestFault::Status(500))));
        assert!(matches!(faults.next("GET", "/x"), Some(RestFault::DropAfter)));
        assert!(faults.next("GET", "/x").is_none());
    }

    #[test]
    fn a_release_opens_the_gate_of_those_who_wait_only() {
        let mut faults = RequestFaults::default();
        faults.hold("*", "**", 2);
        let Some(RestFault::Hold(gate)) = faults.next("GET", "/x") else { panic!("held") };
        faults.release();
        assert!(gate.is_cancelled());
        assert!(faults.next("GET", "/x").is_none());
    }
}
