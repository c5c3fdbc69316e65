//! The control API: members that act, over HTTP, under `/_local/v1`; and the web client that uses it.
//!
//! GET `state`, `channels/{id}/messages`, `commands`, `sent`, `events` (SSE), `cast/{n}`; POST `say`, `reply`, `edit`,
//! `delete`, `react`, `typing`, `command`, `autocomplete`, `press`, `select`, `modal`, `voice`, `presence`, `guild`, `thread`,
//! `dm` and `faults/{name}`. Each takes `as`, a member's name; without it the page's own member acts.

mod actions;
mod events;
mod failure;
mod faults;
mod picture;
mod playground;

use std::sync::{Arc, OnceLock};

use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

pub use playground::{CastAvatar, CastMember, Playground, PlaygroundInfo};

use crate::faults::Faults;
use crate::members::{Member, Place};
use crate::web;
use crate::world::{Page, World};
use events::EventLog;
use failure::Failure;

/// Bytes of a request: ten files of 8 MB do not fit on purpose, three do.
const MAX_BODY: usize = 34 * 1024 * 1024;
/// Messages per page of history.
const MAX_PAGE: usize = 100;

/// What the control API works on. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Control {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    world: World,
    /// Name of the member who sits in front of the page.
    me: String,
    /// Followed from the first look on: a bench without a page pays nothing for it.
    log: OnceLock<EventLog>,
    playground: Option<Playground>,
    faults: Faults,
    stop: CancellationToken,
}

impl Control {
    /// The event log's task, once it runs, ends with `stop`.
    pub(crate) fn new(
        world: World,
        me: String,
        info: Option<PlaygroundInfo>,
        faults: Faults,
        stop: CancellationToken,
    ) -> Self {
        let log = OnceLock::new();
        let follow = || EventLog::follow(&world, stop.clone());
        let playground = info.map(|info| Playground::new(info, log.get_or_init(follow).clone()));
        Self { inner: Arc::new(Inner { world, me, log, playground, faults, stop }) }
    }

    fn log(&self) -> &EventLog {
        self.inner.log.get_or_init(|| EventLog::follow(&self.inner.world, self.inner.stop.clone()))
    }

    /// The handle that changes the playground while it runs.
    pub(crate) fn playground(&self) -> Option<Playground> {
        self.inner.playground.clone()
    }

    /// The page and the API below `/_local/v1`.
    pub(crate) fn router(self) -> Router {
        Router::new()
            .route("/", get(web::index))
            .route("/web/{file}", get(web::asset))
            .nest("/_local/v1", api())
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .layer(middleware::from_fn(only_from_here))
            .with_state(self)
    }

    fn world(&self) -> &World {
        &self.inner.world
    }

    /// The named member, or the page's own.
    fn member(&self, name: Option<&str>) -> Member {
        self.world().member(name.filter(|n| !n.is_empty()).unwrap_or(&self.inner.me))
    }
}

fn api() -> Router<Control> {
    Router::new()
        .route("/state", get(state))
        .route("/channels/{id}/messages", get(messages))
        .route("/commands", get(commands))
        .route("/sent", get(sent))
        .route("/events", get(events))
        .route("/cast/{index}", get(cast))
        .route("/faults/{name}", post(faults::switch))
        .merge(actions::routes())
}

/// Only pages of this very server may use it: another site's page could otherwise act here through the browser of
/// whoever has it open. The host must be a loopback name (against DNS rebinding), the origin this server.
async fn only_from_here(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok());
    let Some(host) = host.filter(|h| is_loopback(h)) else {
        return Failure::new(StatusCode::FORBIDDEN, "Only 127.0.0.1 and localhost are served.")
            .into_response();
    };
    let own = format!("http://{host}");
    let origin = headers.get(header::ORIGIN);
    let foreign_origin = origin.is_some_and(|o| o.as_bytes() != own.as_bytes());
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    let navigation = headers.get("sec-fetch-mode").is_some_and(|m| m.as_bytes() == b"navigate");
    let foreign_site = site.is_some_and(|s| s == b"cross-site" || s == b"same-site") && !navigation;
    if foreign_origin || foreign_site {
        return Failure::new(StatusCode::FORBIDDEN, "Other sites may not use this server.").into_response();
    }
    next.run(request).await
}

/// True for `127.0.0.1`, `localhost` and `[::1]`, with or without a port.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "127.0.0.1" | "localhost" | "[::1]")
}

/// Whose eyes to look through.
#[derive(Debug, Deserialize)]
struct Eyes {
    #[serde(rename = "as")]
    who: Option<String>,
    channel: Option<String>,
    before: Option<String>,
    limit: Option<usize>,
    after: Option<String>,
}

async fn state(State(control): State<Control>, Query(eyes): Query<Eyes>) -> Json<Value> {
    let me = control.member(eyes.who.as_deref());
    // The cursor first: what happens in between then arrives as an event too, which does no harm.
    let cursor = control.log().cursor();
    let mut picture = picture::picture(control.world(), me.id());
    picture["cursor"] = Value::from(cursor);
    if let Some(playground) = &control.inner.playground {
        picture["title"] = Value::from(playground.title());
        picture["playground"] = playground.json();
    }
    Json(picture)
}

async fn messages(
    State(control): State<Control>,
    Path(channel): Path<String>,
    Query(eyes): Query<Eyes>,
) -> Result<Json<Vec<Value>>, Failure> {
    let member = control.member(eyes.who.as_deref());
    let before = eyes.before.as_deref().map(|id| failure::id("before", id)).transpose()?;
    let limit = eyes.limit.unwrap_or(50).clamp(1, MAX_PAGE);
    let mut page = member.page(Place::from(&channel), Page { before, limit, ..Page::default() })?;
    page.reverse();
    Ok(Json(page))
}

async fn commands(
    State(control): State<Control>,
    Query(eyes): Query<Eyes>,
) -> Result<Json<Vec<Value>>, Failure> {
    let member = control.member(eyes.who.as_deref());
    let channel = match &eyes.channel {
        Some(place) => member.channel_id(place)?,
        None => member.here()?,
    };
    Ok(Json(picture::commands(control.world(), member.id(), channel)))
}

async fn sent(State(control): State<Control>) -> Json<Vec<Value>> {
    Json(control.world().sent().into_iter().map(|post| post.json).collect())
}

async fn events(State(control): State<Control>, Query(eyes): Query<Eyes>, headers: HeaderMap) -> Response {
    let me = control.member(eyes.who.as_deref());
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let after = last.or(eyes.after.as_deref());
    let inner = &control.inner;
    control.log().stream(inner.world.clone(), me.id(), after, inner.stop.clone()).into_response()
}

async fn cast(State(control): State<Control>, Path(index): Path<usize>) -> Response {
    let found = control.inner.playground.as_ref().and_then(|p| p.picture(index));
    match found {
        Some((kind, bytes)) if kind.starts_with("image/") => {
            let headers = [
                (header::CONTENT_TYPE, kind.as_str()),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
            ];
            (headers, bytes).into_response()
        }
        _ => Failure::new(StatusCode::NOT_FOUND, "There is no such picture.").into_response(),
    }
}

/// The answer to what needs no more words.
fn done() -> Json<Value> {
    Json(json!({"ok": true}))
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_loopback_names_are_hosts() {
        for good in ["127.0.0.1", "127.0.0.1:80", "localhost:4000", "[::1]:4000", "[::1]"] {
            assert!(is_loopback(good), "{good}");
        }
        for bad in
            ["evil.test", "127.0.0.1.evil.test:80", "localhost.evil.test", "", "10.0.0.1:80", "127.0.0.1:x"]
        {
            assert!(!is_loopback(bad), "{bad}");
        }
    }
}
