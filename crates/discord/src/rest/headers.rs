//! What a response says about rate limits.

use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use serde::Deserialize;
use twilight_http_ratelimiting::RateLimitHeaders;

use super::governor::Answered;

/// Discord's JSON error body, as far as it is used.
#[derive(Default, Deserialize)]
pub(crate) struct ErrorBody {
    #[serde(default)]
    pub(crate) code: u64,
    #[serde(default)]
    pub(crate) message: String,
    #[serde(default)]
    retry_after: Option<f64>,
    #[serde(default)]
    global: bool,
    /// Where the fault lies when a body is malformed (50035).
    #[serde(default)]
    pub(crate) errors: serde_json::Value,
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Seconds as Discord writes them: whole or with a fraction. More than a day is cut to a day.
fn seconds(value: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(value.clamp(0.0, 86_400.0)).ok()
}

fn seconds_of(headers: &HeaderMap, name: &str) -> Option<Duration> {
    seconds(text(headers, name)?.trim().parse().ok()?)
}

/// The bucket's state, for the limiter; read whether or not a scope is named.
pub(crate) fn bucket(headers: &HeaderMap, now: Instant) -> Option<RateLimitHeaders> {
    Some(RateLimitHeaders {
        bucket: headers.get(RateLimitHeaders::BUCKET)?.as_bytes().to_vec(),
        limit: text(headers, RateLimitHeaders::LIMIT)?.parse().ok()?,
        remaining: text(headers, RateLimitHeaders::REMAINING)?.parse().ok()?,
        reset_at: now + seconds_of(headers, RateLimitHeaders::RESET_AFTER)?,
    })
}

/// Sums up a refusal for the governor.
pub(crate) fn answered(status: u16, headers: &HeaderMap, body: Option<&ErrorBody>) -> Answered {
    let scope = text(headers, RateLimitHeaders::SCOPE);
    let in_header = seconds_of(headers, "retry-after");
    let in_body = body.and_then(|body| body.retry_after).and_then(seconds);
    Answered {
        status,
        retry_after: in_header.max(in_body).or_else(|| seconds_of(headers, RateLimitHeaders::RESET_AFTER)),
        global: scope == Some("global")
            || headers.contains_key("x-ratelimit-global")
            || body.is_some_and(|body| body.global),
        shared: scope == Some("shared"),
        json: body.is_some(),
        code: body.map_or(0, |body| body.code),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|&(k, v)| (HeaderName::from_static(k), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn limits_without_a_scope_are_read() {
        let now = Instant::now();
        let read = bucket(
            &headers(&[
                ("x-ratelimit-bucket", "abc"),
                ("x-ratelimit-limit", "5"),
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset-after", "1.25"),
            ]),
            now,
        )
        .unwrap();
        assert_eq!((read.limit, read.remaining), (5, 0));
        assert_eq!(read.reset_at, now + Duration::from_millis(1_250));
    }

    #[test]
    fn the_longest_retry_after_counts_whether_whole_or_broken() {
        let body = ErrorBody { retry_after: Some(2.5), ..ErrorBody::default() };
        let seen = answered(429, &headers(&[("retry-after", "1")]), Some(&body));
        assert_eq!(seen.retry_after, Some(Duration::from_millis(2_500)));
        let seen = answered(429, &headers(&[("retry-after", "3.5")]), None);
        assert_eq!((seen.retry_after, seen.json), (Some(Duration::from_millis(3_500)), false));
        let seen = answered(429, &headers(&[("retry-after", "-1")]), None);
        assert_eq!(seen.retry_after, Some(Duration::ZERO));
    }
}
