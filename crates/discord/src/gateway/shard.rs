//! One shard: connects, reads, comes back after losses, and knows when not to.

use std::{
    borrow::Cow,
    error::Error as _,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use domain::{
    ChannelId,
    event::{Event, Place},
};
use futures_util::StreamExt as _;
use twilight_gateway::{
    CloseFrame, ConfigBuilder, Message, Session, Shard, ShardId, ShardState,
    error::{ReceiveMessageError, ReceiveMessageErrorType},
};
use twilight_model::gateway::event::GatewayEventDeserializer;

use super::{Delivery, Shared, backoff::Backoff, gateway_base};
use crate::{
    config::{Intents, ReconnectPauses, SavedSession},
    convert::{self, Changed, Translated},
    error::GatewayError,
    rest::{Body, route::Route},
    wire,
};

/// How long a new connection may be silent before it is given up: Discord says HELLO at once.
const SILENCE: Duration = Duration::from_secs(20);
/// How long a closing handshake may take.
const CLOSING: Duration = Duration::from_secs(2);
/// How long looking up an unknown channel may hold back the shard.
const LOOK_UP: Duration = Duration::from_secs(3);
/// Failed connections in a row, before any session, after which the operator is told instead.
const HOPELESS: u32 = 4;

/// Runs one shard to its end.
pub(super) struct Runner {
    id: ShardId,
    shared: Arc<Shared>,
    backoff: Backoff,
    dice: fastrand::Rng,
    /// Whether this process ever had a session on this shard.
    ever_up: bool,
    unreachable: u32,
    /// Connecting to Discord's resume address failed last time.
    avoid_resume_url: bool,
}

/// How a connection ended.
enum End {
    /// Nobody wants it any more.
    Stopped,
    Fatal(GatewayError),
    /// After a session of this length, if there was one.
    Lost(Option<Duration>),
}

impl Runner {
    pub(super) fn new(
        id: ShardId,
        shared: Arc<Shared>,
        pauses: ReconnectPauses,
        dice: fastrand::Rng,
    ) -> Self {
        let backoff = Backoff::new(pauses);
        Self { id, shared, backoff, dice, ever_up: false, unreachable: 0, avoid_resume_url: false }
    }

    pub(super) async fn run(mut self) {
        loop {
            let up = match self.connection().await {
                End::Stopped => return,
                End::Fatal(error) => {
                    tracing::error!(shard = self.id.number(), %error, "the gateway is closed for good");
                    self.deliver(0, Err(error)).await;
                    return;
                }
                End::Lost(up) => up,
            };
            let pause = self.backoff.lost(up, self.dice.f64());
            tracing::info!(shard = self.id.number(), ?up, ?pause, "the gateway connection was lost");
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.shared.stop.cancelled() => return,
            }
        }
    }

    /// One connection from its beginning to its end. Every connection is a new `Shard`, because the library's own
    /// way of coming back knows no pause after a connection that is closed at once, and panics on a bad address.
    async fn connection(&mut self) -> End {
        let saved = self.shared.sessions.of_received(self.id.number());
        let mut shard = self.shard(saved.as_ref());
        self.shared.counts.connections.fetch_add(1, Ordering::Relaxed);
        let mut up_since = None;
        let silence = tokio::time::sleep(SILENCE);
        tokio::pin!(silence);
        let mut heard = false;
        loop {
            let item = tokio::select! {
                biased;
                () = self.shared.stop.cancelled() => {
                    close(&mut shard).await;
                    return End::Stopped;
                }
                () = &mut silence, if !heard => return End::Lost(None),
                item = shard.next() => item,
            };
            match item {
                Some(Ok(Message::Text(json))) => {
                    heard = true;
                    let Some((kind, sequence)) = dispatch(&json) else {
                        // Discord asked for a reconnect or called the session invalid. Polling on could make the
                        // library connect by itself; Discord does not mind a socket that just goes away.
                        if is_disconnected(&shard) {
                            return self.closed(&shard, None, up_since);
                        }
                        continue;
                    };
                    if kind == "READY" {
                        self.shared.sessions.began(self.id.number(), session(&shard));
                    }
                    if !self.dispatched(kind, sequence, &json, &mut up_since).await {
                        close(&mut shard).await;
                        return End::Stopped;
                    }
                }
                Some(Ok(Message::Close(frame))) => return self.closed(&shard, frame.as_ref(), up_since),
                Some(Err(error)) if matches!(error.kind(), ReceiveMessageErrorType::Reconnect) => {
                    return self.not_connected(&error, saved.as_ref());
                }
                Some(Err(error)) => {
                    // The error's text holds the frame, which may be anybody's message: only its cause is logged.
                    self.shared.counts.unreadable.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(shard = self.id.number(), cause = innermost(&error), "unreadable frame");
                    if is_disconnected(&shard) {
                        return self.closed(&shard, None, up_since);
                    }
                }
                None => return End::Lost(up_since.map(|since: Instant| since.elapsed())),
            }
        }
    }

    fn shard(&mut self, saved: Option<&SavedSession>) -> Shard {
        let mut config = ConfigBuilder::from(self.shared.config.clone()).proxy_url(self.shared.base.clone());
        if let Some(saved) = saved {
            config = config.session(Session::new(saved.sequence, saved.id.clone()));
            let resume_url = saved.resume_url.as_deref().and_then(gateway_base);
            if let Some(url) = resume_url.filter(|_| !self.shared.fixed_base && !self.avoid_resume_url) {
                config = config.resume_url(url);
            }
        }
        self.avoid_resume_url = false;
        Shard::with_config(self.id, config.build())
    }

    fn not_connected(&mut self, error: &ReceiveMessageError, saved: Option<&SavedSession>) -> End {
        let cause = innermost(error);
        tracing::warn!(shard = self.id.number(), %cause, "cannot connect to the gateway");
        self.avoid_resume_url = saved.is_some_and(|saved| saved.resume_url.is_some());
        self.unreachable += 1;
        if !self.ever_up && self.unreachable >= HOPELESS {
            return End::Fatal(GatewayError::Unreachable { what: self.shared.base.clone(), cause });
        }
        End::Lost(None)
    }

    fn closed(&self, shard: &Shard, frame: Option<&CloseFrame<'_>>, up_since: Option<Instant>) -> End {
        let (code, reason) = frame.map_or((0, ""), |frame| (frame.code, frame.reason.as_ref()));
        tracing::info!(shard = self.id.number(), code, reason, "the gateway connection was closed");
        if shard.state() == ShardState::FatallyClosed {
            return End::Fatal(fatal(code, reason, self.shared.intents));
        }
        // Not authenticated, invalid sequence, session timed out: the session cannot be resumed. Nor can one that
        // the library gave up because Discord called it invalid.
        if matches!(code, 4003 | 4007 | 4009) || shard.session().is_none() {
            self.shared.sessions.began(self.id.number(), None);
        }
        End::Lost(up_since.map(|since| since.elapsed()))
    }

    /// Deals with one dispatch. False when nobody listens any more.
    async fn dispatched(
        &mut self,
        kind: &str,
        sequence: u64,
        json: &str,
        up_since: &mut Option<Instant>,
    ) -> bool {
        let number = self.id.number();
        if matches!(kind, "READY" | "RESUMED") {
            *up_since = Some(Instant::now());
            self.ever_up = true;
            self.unreachable = 0;
            tracing::info!(shard = number, kind, "the gateway session is up");
        }
        let listened = match self.event(kind, json).await {
            Some(event) => self.deliver(sequence, Ok(event)).await,
            None => true,
        };
        if listened {
            self.shared.sessions.received(number, sequence);
        }
        listened
    }

    async fn event(&mut self, kind: &str, json: &str) -> Option<Event> {
        if kind == "RESUMED" {
            return Some(Event::Connected { identity: self.shared.identity, guilds: None });
        }
        if let Some(changed) = convert::permissions_changed(kind, json, self.shared.identity.user) {
            let guild_of = |channel| self.shared.directory.get(ChannelId(channel)).map(|place| place.guild);
            self.shared.rest.forgive(|major| match changed {
                Changed::Channel(channel) => channel.0 == major,
                // The guild of a forum is not known.
                Changed::Guild(guild) => guild_of(major).is_none_or(|of| of == Some(guild)),
            });
        }
        match convert::translate(kind, json, &self.shared.directory) {
            Ok(Translated::Event(event)) => Some(event),
            Ok(Translated::Nothing) => None,
            Ok(Translated::Unplaced(message)) => {
                let place = self.look_up(&message).await;
                let age_restricted = self.shared.directory.age_restricted(&place);
                Some(Event::Message(Box::new(convert::message(*message, place, age_restricted))))
            }
            Ok(Translated::Unknown) => {
                tracing::trace!(kind, "an event that means nothing here");
                None
            }
            Err(error) => {
                self.shared.counts.unreadable.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(kind, %error, "an event that cannot be read");
                None
            }
        }
    }

    /// Asks Discord for a channel that was never announced, once, and for its parent if that is unknown as well.
    async fn look_up(&self, message: &wire::Message) -> Place {
        let assumed = convert::assumed(message);
        let place = tokio::time::timeout(LOOK_UP, async {
            let place = self.learn(assumed.channel, message.guild_id).await?;
            if let Some(parent) = place.parent.filter(|&parent| !self.shared.directory.knows(parent)) {
                self.learn(parent, message.guild_id).await;
            }
            Some(place)
        });
        if let Ok(Some(place)) = place.await {
            return place;
        }
        // Also when only the parent took too long.
        self.shared.directory.get(assumed.channel).unwrap_or_else(|| {
            self.shared.directory.insert(assumed.channel, Some(assumed), false);
            assumed
        })
    }

    /// Fetches a channel for the directory.
    async fn learn(&self, channel: ChannelId, guild: Option<wire::Id>) -> Option<Place> {
        let route = Route::get_channel(channel);
        match self.shared.rest.fetch::<wire::Channel>(&route, Body::Empty).await {
            Ok(found) => convert::learn(&found, guild, &self.shared.directory),
            Err(error) => {
                tracing::info!(%channel, %error, "an unknown channel");
                None
            }
        }
    }

    /// Puts something into the queue. False when nobody listens any more.
    async fn deliver(&self, sequence: u64, what: Result<Event, GatewayError>) -> bool {
        let shard = self.id.number();
        let epoch = self.shared.sessions.queued(shard);
        let delivery = Delivery { shard, epoch, sequence, what };
        let delivered = tokio::select! {
            biased;
            sent = self.shared.deliveries.send(delivery) => sent.is_ok(),
            () = self.shared.stop.cancelled() => false,
        };
        if !delivered {
            self.shared.sessions.dropped(shard);
        }
        delivered
    }
}

/// The name and sequence of a dispatch; `None` for every other frame.
fn dispatch(json: &str) -> Option<(&str, u64)> {
    let (_, sequence, kind) = GatewayEventDeserializer::from_json(json)?.into_parts();
    match kind? {
        Cow::Borrowed(kind) => Some((kind, sequence?)),
        Cow::Owned(_) => None,
    }
}

/// The session that the library knows: its id and where it is to be resumed.
fn session(shard: &Shard) -> Option<(String, Option<String>)> {
    let session = shard.session()?;
    Some((session.id().to_owned(), shard.resume_url().map(ToOwned::to_owned)))
}

/// Closes a connection so that Discord keeps its session.
async fn close(shard: &mut Shard) {
    // When the socket goes away without an answer, the library would connect to the resume address within the same
    // poll, and panics when that is none.
    if shard.resume_url().is_some_and(|url| gateway_base(url).as_deref() != Some(url.trim_end_matches('/'))) {
        return;
    }
    shard.close(CloseFrame::RESUME);
    let closed = async {
        while let Some(item) = shard.next().await {
            if matches!(item, Ok(Message::Close(_)) | Err(_)) {
                break;
            }
        }
    };
    // A server that does not answer loses nothing: the socket is dropped.
    let _ = tokio::time::timeout(CLOSING, closed).await;
}

/// Source: Discord documentation, "Gateway Close Event Codes".
fn fatal(code: u16, reason: &str, intents: Intents) -> GatewayError {
    match code {
        4004 => GatewayError::WrongToken,
        4010 | 4011 => GatewayError::ShardingRequired,
        4014 => GatewayError::MissingIntents { which: intents.privileged().join(", ") },
        _ => GatewayError::Closed { code, reason: reason.chars().take(200).collect() },
    }
}

fn is_disconnected(shard: &Shard) -> bool {
    matches!(shard.state(), ShardState::Disconnected { .. })
}

/// The innermost cause, which unlike the error itself quotes no frame.
fn innermost(error: &ReceiveMessageError) -> String {
    let Some(mut cause) = error.source() else { return "the frame has no known form".into() };
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
