//! The gateway: sockets in, events out.

mod backoff;
pub(crate) mod directory;
pub(crate) mod plans;
mod sessions;
mod shard;

use std::{
    fmt,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::event::{Event, Identity};
use futures_util::FutureExt as _;
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use twilight_gateway::{ConfigBuilder, ShardId, queue::InMemoryQueue};
use twilight_model::gateway::{
    Intents,
    payload::outgoing::{identify::IdentifyProperties, update_presence::UpdatePresencePayload},
    presence::{Activity, ActivityType, MinimalActivity, Status},
};

use self::{directory::Directory, sessions::Sessions, shard::Runner};
use crate::{
    config::{Config, SavedSession},
    error::GatewayError,
    rest::Rest,
    wire::StartLimit,
};

/// The events of all shards in one stream. Each shard's events keep Discord's order.
pub struct Gateway {
    deliveries: mpsc::Receiver<Delivery>,
    sessions: Arc<Sessions>,
    counts: Arc<Counts>,
    stop: CancellationToken,
}

/// An event on its way from a shard.
struct Delivery {
    shard: u32,
    epoch: u64,
    sequence: u64,
    what: Result<Event, GatewayError>,
}

/// What is counted, for those who watch.
#[derive(Debug, Default)]
struct Counts {
    unreadable: AtomicU64,
    connections: AtomicU64,
}

/// What the shards of one bot share.
struct Shared {
    rest: Arc<Rest>,
    directory: Arc<Directory>,
    sessions: Arc<Sessions>,
    counts: Arc<Counts>,
    deliveries: mpsc::Sender<Delivery>,
    stop: CancellationToken,
    config: twilight_gateway::Config,
    identity: Identity,
    base: String,
    /// Whether the base is an override, which resumes use as well.
    fixed_base: bool,
    intents: crate::config::Intents,
}

impl Shared {
    /// Runs a shard's task; when it panics, the program hears of it instead of going on without the shard.
    async fn watch(self: Arc<Self>, shard: u32, task: impl Future<Output = ()>) {
        if AssertUnwindSafe(task).catch_unwind().await.is_err() {
            let what = Err(GatewayError::Died { shard });
            // Nobody listening means that the program ends.
            let _ = self
                .deliveries
                .send(Delivery { shard, epoch: self.sessions.queued(shard), sequence: 0, what })
                .await;
        }
    }
}

/// What `GET /gateway/bot` and the settings give together.
pub(crate) struct Start {
    pub(crate) identity: Identity,
    pub(crate) base: String,
    pub(crate) shards: u32,
    pub(crate) limit: StartLimit,
}

impl Gateway {
    pub(crate) fn start(
        config: &Config,
        start: Start,
        rest: Arc<Rest>,
        directory: Arc<Directory>,
        tracker: &TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        let (sender, deliveries) = mpsc::channel(config.queue.max(1));
        let sessions = Arc::new(Sessions::new(start.shards, &config.sessions));
        let counts = Arc::new(Counts::default());
        let shared = Arc::new(Shared {
            rest,
            directory,
            sessions: Arc::clone(&sessions),
            counts: Arc::clone(&counts),
            deliveries: sender,
            stop: stop.clone(),
            config: library_config(config, &start.limit),
            identity: start.identity,
            base: start.base,
            fixed_base: config.gateway_url.is_some(),
            intents: config.wanted_intents(),
        });
        let mut dice = fastrand::Rng::with_seed(config.seed);
        for shard in 0..start.shards {
            let id = ShardId::new(shard, start.shards);
            let runner = Runner::new(id, Arc::clone(&shared), config.reconnect, dice.fork());
            tracker.spawn(shared.clone().watch(shard, runner.run()));
        }
        Self { deliveries, sessions, counts, stop }
    }

    /// The next event; `None` when the program ends and the queue is empty. Dropping the future loses nothing.
    ///
    /// An error is final for its shard: the program should end with it, after closing the gateway.
    pub async fn next(&mut self) -> Option<Result<Event, GatewayError>> {
        let delivery = self.deliveries.recv().await?;
        self.sessions.taken(delivery.shard, delivery.epoch, delivery.sequence);
        Some(delivery.what)
    }

    /// The sessions as they can be resumed after a restart: everything that [`Gateway::next`] returned counts as
    /// dealt with, so save them when that is true.
    pub fn sessions(&self) -> Vec<SavedSession> {
        self.sessions.all()
    }

    /// Frames that could not be read, since the start.
    pub fn unreadable_frames(&self) -> u64 {
        self.counts.unreadable.load(Ordering::Relaxed)
    }

    /// Connections that were begun, since the start.
    pub fn connections(&self) -> u64 {
        self.counts.connections.load(Ordering::Relaxed)
    }

    /// Closes the sockets so that Discord keeps the sessions, and returns them. Events that wait in the queue are
    /// dropped here and come again when the session is resumed.
    pub async fn close(mut self) -> Vec<SavedSession> {
        self.stop.cancel();
        self.deliveries.close();
        // All shards have ended when all senders are gone; each bounds its own closing.
        while self.deliveries.recv().await.is_some() {}
        self.sessions.all()
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway")
            .field("sessions", &self.sessions)
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}

fn library_config(config: &Config, limit: &StartLimit) -> twilight_gateway::Config {
    let remaining = limit.remaining.min(limit.total);
    let queue = InMemoryQueue::new(
        limit.max_concurrency.max(1),
        remaining,
        Duration::from_millis(limit.reset_after),
        limit.total,
    );
    let properties = IdentifyProperties::new("acore", "acore", std::env::consts::OS);
    let builder = ConfigBuilder::new(
        config.token.reveal().into(),
        Intents::from_bits_retain(config.wanted_intents().0),
    )
    .queue(queue)
    .identify_properties(properties);
    let presence = config.presence.as_deref().and_then(presence);
    match presence {
        Some(presence) => builder.presence(presence),
        None => builder,
    }
    .build()
}

/// Source: Discord documentation, "Gateway Events", section "Activity Types": 4 shows its `state` as it is.
fn presence(text: &str) -> Option<UpdatePresencePayload> {
    let text: String = text.chars().take(128).collect();
    let mut activity: Activity =
        MinimalActivity { kind: ActivityType::Custom, name: "Custom Status".into(), url: None }.into();
    activity.state = Some(text);
    UpdatePresencePayload::new([activity], false, None, Status::Online).ok()
}

/// The address of a gateway in the form that the library takes: scheme, host, port, path without a slash at the end.
/// The library panics on an address that is none, so nothing reaches it unchecked.
pub(crate) fn gateway_base(address: &str) -> Option<String> {
    let url = reqwest::Url::parse(address.trim()).ok()?;
    if !matches!(url.scheme(), "ws" | "wss") {
        return None;
    }
    let host = url.host_str().filter(|host| !host.is_empty())?;
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let path = url.path().trim_end_matches('/');
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_graphic());
    (plain(host) && plain(path)).then(|| format!("{}://{host}{port}{path}", url.scheme()))
}

#[cfg(test)]
mod tests {
    use super::gateway_base;

    #[test]
    fn only_gateway_addresses_are_taken() {
        assert_eq!(gateway_base("wss://gateway.discord.gg/").as_deref(), Some("wss://gateway.discord.gg"));
        assert_eq!(gateway_base("ws://127.0.0.1:81/gw?x=1").as_deref(), Some("ws://127.0.0.1:81/gw"));
        for bad in ["", "gateway.discord.gg", "https://discord.com", "ws://", "wss://a b", "::", "ws:///x y"]
        {
            let base = gateway_base(bad);
            assert!(base.is_none(), "{bad}: {base:?}");
        }
    }
}
