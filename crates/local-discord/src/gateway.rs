//! Gateway v10: the websocket through which bots learn what happens.
//! <https://docs.discord.com/developers/events/gateway>
//!
//! A *session* outlives its connections. Per session a *pump* reads the world's dispatches, filters them by shard
//! and intents and appends them to the session's bounded log; the *connection* that is attached to the session
//! sends from that log. RESUME attaches another connection further back in the log.

mod budget;
mod connection;
mod identify;
mod members;
mod protocol;
mod pump;
mod registry;
mod session;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, Query, Request, State};
use axum::http::header;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tokio::time::Instant;

pub use budget::{SessionStartLimit, StartRules};
pub use protocol::CloseCode;
pub use session::LogLimits;

use crate::faults::rest::inject;
use crate::faults::{Faults, Target};
use crate::world::World;
use budget::StartBudget;
use registry::Sessions;

/// Websocket paths. Clients that put their query behind a bare address end up at `/`.
const PATHS: [&str; 3] = ["/gateway", "/gateway/", "/"];
/// Clients' payloads are limited to 4 KiB by the protocol; this only bounds what is read at all.
const MAX_READ: usize = 64 << 10;

/// How the gateway behaves. The default is Discord's way.
#[derive(Clone, Debug)]
pub struct GatewayOptions {
    /// What HELLO says. Who is silent for twice as long is closed with 4009.
    pub heartbeat_interval: Duration,
    /// Payloads that a connection may send per minute; more close it with 4008.
    pub sends_per_minute: u32,
    /// How long a session waits for a RESUME.
    pub resume_window: Duration,
    /// Sessions kept at most; beyond it, the one that waits longest for a RESUME goes.
    pub max_sessions: usize,
    /// Limits on IDENTIFY. Set `interval` to zero where a bot is restarted in quick succession.
    pub starts: StartRules,
    /// Caps of each session's log.
    pub log: LogLimits,
    /// Guilds that one shard may have; more are refused with 4011.
    pub guilds_per_shard: usize,
}

impl Default for GatewayOptions {
    fn default() -> Self {
        Self {
            heartbeat_interval: Duration::from_millis(41_250),
            sends_per_minute: 120,
            resume_window: Duration::from_mins(3),
            max_sessions: 64,
            starts: StartRules::default(),
            log: LogLimits::default(),
            guilds_per_shard: 2_500,
        }
    }
}

/// The gateway. Clones share it.
#[derive(Clone, Debug)]
pub struct Gateway {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    world: World,
    faults: Faults,
    options: GatewayOptions,
    sessions: Sessions,
    starts: StartBudget,
}

impl Gateway {
    pub fn new(world: World, faults: Faults, options: GatewayOptions) -> Self {
        let starts = StartBudget::new(options.starts);
        let inner = Inner { world, faults, options, sessions: Sessions::default(), starts };
        Self { inner: Arc::new(inner) }
    }

    /// `session_start_limit` of `GET /gateway/bot`.
    pub fn session_start_limit(&self, application_id: u64) -> SessionStartLimit {
        self.inner.starts.limit(application_id, Instant::now())
    }

    /// Where clients connect: `ws://127.0.0.1:PORT/gateway`. Both `GET /gateway` and READY say so.
    pub fn url(&self) -> String {
        let base = self.inner.world.read(|state| state.base_url.clone());
        let address = base.strip_prefix("http").map_or_else(|| base.clone(), |rest| format!("ws{rest}"));
        format!("{}/gateway", address.trim_end_matches('/'))
    }

    /// Puts the gateway and the faults of requests in front of all routes.
    pub fn mount(&self, routes: Router) -> Router {
        let faults = (self.inner.faults.clone(), self.inner.world.clock().clone());
        routes.layer(from_fn_with_state(faults, inject)).layer(from_fn_with_state(self.clone(), accept))
    }

    /// Ends all connections and sessions.
    pub fn shutdown(&self) {
        self.inner.faults.drop_sockets(&Target::All);
        self.inner.sessions.end_all();
    }
}

/// The query of a gateway address.
#[derive(Debug, Default, Deserialize)]
struct ConnectQuery {
    v: Option<String>,
    encoding: Option<String>,
    compress: Option<String>,
}

/// The middleware that answers websocket handshakes on the gateway's paths; all else passes.
///
/// It is no route because `/` is also the address of the web client.
async fn accept(State(gateway): State<Gateway>, request: Request, next: Next) -> Response {
    let upgrade = request.headers().get(header::UPGRADE);
    let websocket = upgrade.is_some_and(|v| v.as_bytes().eq_ignore_ascii_case(b"websocket"));
    if !websocket || !PATHS.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let (mut parts, _) = request.into_parts();
    let query = Query::<ConnectQuery>::try_from_uri(&parts.uri).map(|q| q.0).unwrap_or_default();
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade
            .max_message_size(MAX_READ)
            .max_frame_size(MAX_READ)
            .on_upgrade(move |socket| connection::serve(gateway, socket, query)),
        Err(rejection) => rejection.into_response(),
    }
}
