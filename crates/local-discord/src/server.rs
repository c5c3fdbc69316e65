//! The server: its options, its listener, and the handle that tests and the playground hold.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::control::{Control, Playground, PlaygroundInfo};
use crate::faults::Faults;
use crate::gateway::{Gateway, GatewayOptions};
use crate::rate_limit::{RateLimiter, RateLimits};
use crate::rest::{self, RecordedRequest, Records, Violation};
use crate::snapshot::{self, Keeper, Loaded};
use crate::validate::openapi::{OpenApi, OpenApiError};
use crate::world::World;

/// How to start a [`LocalDiscord`].
#[derive(Debug, Clone)]
pub struct Options {
    pub world: World,
    /// Port on 127.0.0.1; 0 takes any free one.
    pub port: u16,
    /// `None` lifts all rate limits, at no cost: for benches.
    pub rate_limits: Option<RateLimits>,
    /// Discord's `OpenAPI` document; if set, every request and response is validated against it.
    pub openapi: Option<PathBuf>,
    /// Keep a log of requests for [`LocalDiscord::requests`].
    pub record_requests: bool,
    pub gateway: GatewayOptions,
    /// File that keeps the state across restarts. If it exists, its state takes the place of `world`'s, which then
    /// only says how a first start begins.
    pub snapshot: Option<PathBuf>,
    /// What the page tells of the program around it.
    pub playground: Option<PlaygroundInfo>,
    /// Name of the member who sits in front of the web page.
    pub me: String,
}

impl Options {
    /// Any port, Discord's rate limits, no `OpenAPI` validation, requests recorded.
    pub fn new(world: World) -> Self {
        Self {
            world,
            port: 0,
            rate_limits: Some(RateLimits::default()),
            openapi: None,
            record_requests: true,
            gateway: GatewayOptions::default(),
            snapshot: None,
            playground: None,
            me: "you".to_owned(),
        }
    }

    #[must_use]
    pub fn gateway(mut self, gateway: GatewayOptions) -> Self {
        self.gateway = gateway;
        self
    }

    #[must_use]
    pub fn snapshot(mut self, file: Option<PathBuf>) -> Self {
        self.snapshot = file;
        self
    }

    #[must_use]
    pub fn playground(mut self, info: PlaygroundInfo) -> Self {
        self.playground = Some(info);
        self
    }

    #[must_use]
    pub fn me(mut self, name: &str) -> Self {
        name.clone_into(&mut self.me);
        self
    }

    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    #[must_use]
    pub fn rate_limits(mut self, limits: Option<RateLimits>) -> Self {
        self.rate_limits = limits;
        self
    }

    #[must_use]
    pub fn openapi(mut self, document: Option<PathBuf>) -> Self {
        self.openapi = document;
        self
    }

    #[must_use]
    pub fn record_requests(mut self, record: bool) -> Self {
        self.record_requests = record;
        self
    }
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot listen on 127.0.0.1:{port}: {source}")]
    Listen { port: u16, source: std::io::Error },
    #[error(transparent)]
    OpenApi(#[from] OpenApiError),
    /// The file system refuses; a broken content is no error, see [`Loaded::Broken`].
    #[error("cannot read the snapshot {path}: {source}")]
    Snapshot { path: PathBuf, source: std::io::Error },
    #[error("{path} is in use by another process")]
    SnapshotInUse { path: PathBuf },
}

/// What all routes share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) world: World,
    pub(crate) address: SocketAddr,
    pub(crate) records: Records,
    pub(crate) record_requests: bool,
    pub(crate) limiter: RateLimiter,
    pub(crate) openapi: Option<OpenApi>,
    pub(crate) gateway: Gateway,
    pub(crate) faults: Faults,
    /// Cancelled when the server stops: long-lived connections watch it.
    pub(crate) stop: CancellationToken,
}

impl Shared {
    /// Where sessions connect.
    pub(crate) fn gateway_url(&self) -> String {
        format!("ws://{}/gateway", self.address)
    }
}

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct LocalDiscord {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
    control: Control,
    loaded: Loaded,
    keeper: Option<Keeper>,
}

impl LocalDiscord {
    /// Binds and serves, in tasks of the current Tokio runtime.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let openapi = options.openapi.as_deref().map(OpenApi::load).transpose()?;
        let port = options.port;
        let failed = |source| StartError::Listen { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (loaded, kept) = match options.snapshot {
            Some(path) => {
                let failed = |source| StartError::Snapshot { path: path.clone(), source };
                let lock = snapshot::lock(&path).await.map_err(failed)?;
                let lock = lock.ok_or_else(|| StartError::SnapshotInUse { path: path.clone() })?;
                (snapshot::load(&options.world, &path).map_err(failed)?, Some((path, lock)))
            }
            None => (Loaded::Fresh, None),
        };
        options.world.with(|core| core.state.base_url = format!("http://{address}"));
        let faults = Faults::default();
        let shared = Arc::new(Shared {
            gateway: Gateway::new(options.world.clone(), faults.clone(), options.gateway),
            faults,
            limiter: RateLimiter::new(options.rate_limits, options.world.clock().clone()),
            world: options.world,
            address,
            records: Records::default(),
            record_requests: options.record_requests,
            openapi,
            stop: CancellationToken::new(),
        });
        let stop = shared.stop.clone();
        let keeper = kept.map(|(path, lock)| Keeper::start(shared.world.clone(), path, lock, stop.clone()));
        let world = shared.world.clone();
        let control =
            Control::new(world, options.me, options.playground, shared.faults.clone(), stop.clone());
        let app = router(&shared, control.clone());
        let listener = listener.tap_io(|stream| {
            // Answers are small and awaited: never hold them back.
            let _ = stream.set_nodelay(true);
        });
        let task = tokio::spawn(async move {
            let served = axum::serve(listener, app).with_graceful_shutdown(stop.cancelled_owned()).await;
            if let Err(error) = served {
                tracing::error!(%error, "the local Discord stopped serving");
            }
        });
        Ok(Self { shared, task, control, loaded, keeper })
    }

    /// `http://127.0.0.1:PORT`: the web client's page and everything below it.
    pub fn base(&self) -> String {
        format!("http://{}", self.shared.address)
    }

    /// `http://127.0.0.1:PORT/api/v10`
    pub fn api_base(&self) -> String {
        format!("http://{}/api/v10", self.shared.address)
    }

    /// `ws://127.0.0.1:PORT/gateway`
    pub fn gateway_url(&self) -> String {
        self.shared.gateway_url()
    }

    /// The switchboard of faults.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// What became of [`Options::snapshot`] at the start.
    pub fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// Waits until everything that happened before this call is in the snapshot file. Something must have changed
    /// since the last save. Without [`Options::snapshot`] there is nothing to wait for.
    pub async fn saved(&self) {
        if let Some(keeper) = &self.keeper {
            keeper.saved().await;
        }
    }

    /// Changes what the page tells of the program around it; `None` without [`Options::playground`].
    pub fn playground(&self) -> Option<Playground> {
        self.control.playground()
    }

    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    pub fn world(&self) -> &World {
        &self.shared.world
    }

    /// Protocol violations so far, oldest first.
    pub fn violations(&self) -> Vec<Violation> {
        self.shared.records.violations()
    }

    /// REST requests so far, oldest first.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.records.requests()
    }

    /// Stops listening, cuts all connections, and writes the last snapshot.
    pub async fn shutdown(mut self) {
        self.shared.stop.cancel();
        self.shared.gateway.shutdown();
        // Keep-alive connections would hold a graceful end back for as long as their client likes.
        self.task.abort();
        let _ = (&mut self.task).await;
        if let Some(keeper) = self.keeper.take() {
            keeper.finished().await;
        }
    }
}

impl Drop for LocalDiscord {
    fn drop(&mut self) {
        self.shared.stop.cancel();
        self.shared.gateway.shutdown();
        self.task.abort();
    }
}

/// All routes: the API, the web client with its own, and in front of them the gateway and the faults.
fn router(shared: &Arc<Shared>, control: Control) -> Router {
    let api = rest::router().layer(DefaultBodyLimit::disable()).with_state(Arc::clone(shared));
    shared.gateway.mount(api.merge(control.router()))
}
