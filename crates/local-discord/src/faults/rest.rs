//! The middleware that lets requests fail. It stands in front of everything else of the REST API.

use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::sync::watch;

use super::{Faults, RateLimitScope, RestFault};
use crate::clock::Clock;

/// Where Discord's REST API is.
const API_ROOT: &str = "/api/";
/// Where Discord's files are. A fault concerns them only if its path begins so.
const FILES: &str = "/attachments/";
/// Bytes of a request that is kept on the wire: uploads are not.
const LATE_BYTES: usize = 1024 * 1024;

/// For `axum::middleware::from_fn_with_state((faults, clock), inject)`.
pub(crate) async fn inject(
    State((faults, clock)): State<(Faults, Clock)>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    // The web client and the control API are not Discord's, and a storm must not lock its maker out.
    let ours = !path.starts_with(API_ROOT) && !path.starts_with(FILES);
    match if ours { None } else { faults.on_request(request.method().as_str(), path) } {
        None => next.run(request).await,
        Some(RestFault::Status(status)) => failed(status),
        Some(RestFault::RateLimited { scope, retry_after }) => {
            rate_limited(scope, retry_after, clock.now_ms())
        }
        Some(RestFault::DropBefore) => dropped(),
        Some(RestFault::DropAfter) => {
            drop(next.run(request).await);
            dropped()
        }
        Some(RestFault::Hold(gate)) => {
            {
                let _held = Held::new(faults.held.clone());
                gate.cancelled().await;
            }
            next.run(request).await
        }
        Some(RestFault::Late(gate)) => {
            let held = Held::new(faults.held.clone());
            let (head, body) = request.into_parts();
            // The server ends what is done for a client that is gone: only a task of its own goes on.
            let Ok(body) = to_bytes(body, LATE_BYTES).await else { return failed(413) };
            let late = tokio::spawn(async move {
                gate.cancelled().await;
                drop(held);
                next.run(Request::from_parts(head, Body::from(body))).await
            });
            late.await.unwrap_or_else(|_| failed(500))
        }
    }
}

/// Counts a request as held, also if its client gives up meanwhile.
struct Held(watch::Sender<usize>);

impl Held {
    fn new(count: watch::Sender<usize>) -> Self {
        count.send_modify(|held| *held += 1);
        Self(count)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.send_modify(|held| *held -= 1);
    }
}

fn failed(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let reason = status.canonical_reason().unwrap_or("Error");
    let message = format!("{}: {reason}", status.as_u16());
    (status, Json(json!({"message": message, "code": 0}))).into_response()
}

fn rate_limited(scope: RateLimitScope, retry_after: Duration, now_ms: u64) -> Response {
    let seconds = retry_after.as_secs_f64();
    let mut headers = HeaderMap::new();
    let whole = HeaderValue::from(retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0));
    headers.insert(header::RETRY_AFTER, whole);
    let global = scope == RateLimitScope::Global;
    let name = match scope {
        RateLimitScope::Cloudflare => {
            return (StatusCode::TOO_MANY_REQUESTS, headers, "error code: 1015").into_response();
        }
        RateLimitScope::User => "user",
        RateLimitScope::Global => "global",
        RateLimitScope::Shared => "shared",
    };
    headers.insert("x-ratelimit-scope", HeaderValue::from_static(name));
    // By this header clients tell Discord's own refusal, which they wait out, from the edge's.
    headers.insert(header::VIA, HeaderValue::from_static("1.1 google"));
    if global {
        headers.insert("x-ratelimit-global", HeaderValue::from_static("true"));
    } else {
        let number =
            |n: f64| HeaderValue::try_from(format!("{n:.3}")).unwrap_or(HeaderValue::from_static("1"));
        let bucket = [
            ("x-ratelimit-limit", HeaderValue::from_static("5")),
            ("x-ratelimit-remaining", HeaderValue::from_static("0")),
            ("x-ratelimit-reset", number(now_ms as f64 / 1_000.0 + seconds)),
            ("x-ratelimit-reset-after", number(seconds)),
            ("x-ratelimit-bucket", HeaderValue::from_static("faultfaultfaultfaultfaultfault00")),
        ];
        headers.extend(bucket.map(|(name, value)| (HeaderName::from_static(name), value)));
    }
    let body = json!({"message": "You are being rate limited.", "retry_after": seconds, "global": global});
    (StatusCode::TOO_MANY_REQUESTS, headers, Json(body)).into_response()
}

/// An answer whose body breaks before its first byte: the server then ends the connection, and since the head was
/// not flushed yet, the client sees no answer at all. `tests/it/gateway_faults.rs` holds this.
fn dropped() -> Response {
    let broken =
        futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::other("dropped on demand")) });
    Body::from_stream(broken).into_response()
}
