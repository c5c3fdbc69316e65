//! Faults on demand over HTTP: POST `faults/{name}`.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Control;
use super::failure::{self, Failure, parse};
use crate::faults::{RateLimitScope, RestFault, Target};

/// Every fault takes some of these.
#[derive(Debug, Deserialize)]
struct Order {
    /// Whose sockets: an application's id; without it all.
    application: Option<String>,
    /// Close code.
    code: Option<u16>,
    #[serde(default)]
    resumable: bool,
    #[serde(default = "one")]
    count: u32,
    /// A dispatch's name, e.g. `MESSAGE_CREATE`.
    name: Option<String>,
    /// Delay in milliseconds.
    #[serde(default)]
    ms: u64,
    #[serde(default = "any")]
    method: String,
    #[serde(default = "everything")]
    path: String,
    status: Option<u16>,
    /// Of a 429: `user`, `global`, `shared` or `cloudflare`.
    scope: Option<String>,
    #[serde(default)]
    retry_after_ms: u64,
    /// The request is handled, but its answer is lost.
    #[serde(default)]
    after: bool,
}

fn one() -> u32 {
    1
}

fn any() -> String {
    "*".to_owned()
}

fn everything() -> String {
    "/**".to_owned()
}

/// Switches one fault on. The answer says how many sockets it reached, where that can be said.
pub(super) async fn switch(
    State(control): State<Control>,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Failure> {
    let order: Order = parse(&body)?;
    let faults = &control.inner.faults;
    let target = match &order.application {
        Some(id) => Target::Application(failure::id("application", id)?),
        None => Target::All,
    };
    let reached = match name.as_str() {
        "drop-sockets" => Some(faults.drop_sockets(&target)),
        "close-sockets" => Some(faults.close_sockets(&target, order.code.unwrap_or(4000))),
        "freeze-sockets" => Some(faults.freeze_sockets(&target)),
        "thaw-sockets" => Some(faults.thaw_sockets(&target)),
        "reconnect" => Some(faults.reconnect(&target)),
        "invalidate-session" => Some(faults.invalidate_session(&target, order.resumable)),
        "request-heartbeat" => Some(faults.request_heartbeat(&target)),
        _ => None,
    };
    if let Some(sockets) = reached {
        return Ok(Json(json!({"sockets": sockets})));
    }
    match name.as_str() {
        "clear" => faults.clear(),
        "refuse-connections" => faults.refuse_connections(order.count),
        "forget-sessions" => faults.forget_sessions(),
        "delay-dispatches" => faults.delay_dispatches(Duration::from_millis(order.ms)),
        "duplicate-dispatches" => faults.duplicate_dispatches(order.name.as_deref(), order.count),
        "swap-dispatches" => faults.swap_dispatches(order.name.as_deref(), order.count),
        "lose-dispatches" => faults.lose_dispatches(order.name.as_deref(), order.count),
        "fail-requests" => faults.fail_requests(&order.method, &order.path, order.count, rest_fault(&order)?),
        "hold-requests" => faults.hold_requests(&order.method, &order.path, order.count),
        "release-requests" => faults.release_requests(),
        _ => return Err(Failure::new(StatusCode::NOT_FOUND, format!("there is no fault {name:?}"))),
    }
    Ok(super::done())
}

fn rest_fault(order: &Order) -> Result<RestFault, Failure> {
    let scope = match order.scope.as_deref() {
        None if order.status == Some(429) => Some(RateLimitScope::User),
        None => None,
        Some("user") => Some(RateLimitScope::User),
        Some("global") => Some(RateLimitScope::Global),
        Some("shared") => Some(RateLimitScope::Shared),
        Some("cloudflare") => Some(RateLimitScope::Cloudflare),
        Some(other) => {
            return Err(Failure::new(StatusCode::BAD_REQUEST, format!("there is no scope {other:?}")));
        }
    };
    if let Some(scope) = scope {
        return Ok(RestFault::RateLimited {
            scope,
            retry_after: Duration::from_millis(order.retry_after_ms),
        });
    }
    Ok(match order.status {
        Some(status) => RestFault::Status(status),
        None if order.after => RestFault::DropAfter,
        None => RestFault::DropBefore,
    })
}
