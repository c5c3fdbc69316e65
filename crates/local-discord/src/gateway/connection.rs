//! One websocket: HELLO, heartbeats, the commands of a client, and the dispatches of its session.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::budget::SendBudget;
use super::identify::{self, Refused};
use super::protocol::{
    self, CloseCode, Identify, Inbound, MAX_PAYLOAD, PresenceUpdate, RequestGuildMembers, Resume,
    VoiceStateUpdate, op,
};
use super::session::{Entry, ResumeError, Session};
use super::wire::{Encoder, Transport};
use super::{ConnectQuery, Gateway, members};
use crate::dispatch::{Audience, Dispatch};
use crate::faults::{Order, SocketGuard, SocketOrders};
use crate::intents::Intents;
use crate::world::VoicePatch;

/// Dispatches that are sent before the connection looks at its client again.
const BATCH: usize = 64;
/// How long a closed connection waits for the other side's farewell.
const FAREWELL: Duration = Duration::from_secs(2);
/// Least time between two requests for all members of a guild.
const ALL_MEMBERS_EVERY: Duration = Duration::from_secs(30);

/// Why a connection is over.
enum End {
    /// We close it.
    Close(CloseCode),
    /// The client closed it, or the socket broke.
    Gone(Option<u16>),
    /// Cut off, without a word.
    Cut,
}

impl From<CloseCode> for End {
    fn from(code: CloseCode) -> Self {
        Self::Close(code)
    }
}

struct Connection {
    gateway: Gateway,
    socket: WebSocket,
    encoder: Encoder,
    version: u64,
    guard: SocketGuard,
    orders: mpsc::Receiver<Order>,
    /// Cancelled: end at once, without a close frame.
    kill: CancellationToken,
    /// A child of `kill`. Cancelled alone: this connection reads its session too slowly, or another one took over.
    kick: CancellationToken,
    session: Option<Arc<Session>>,
    sends: SendBudget,
    /// Silence beyond it is a dead client.
    heartbeat_due: Instant,
    all_members: HashMap<u64, Instant>,
    frame: String,
}

/// Serves a websocket until it ends.
pub(super) async fn serve(gateway: Gateway, socket: WebSocket, query: ConnectQuery) {
    if gateway.inner.faults.refuses() {
        return;
    }
    let SocketOrders { guard, orders, kill } = gateway.inner.faults.register_socket();
    let (transport, version) = (Transport::parse(query.compress.as_deref()), version(&query));
    let Ok(encoder) = Encoder::new(transport.unwrap_or(Transport::Plain)) else { return };
    let now = Instant::now();
    let mut connection = Connection {
        sends: SendBudget::new(gateway.inner.options.sends_per_minute, now),
        heartbeat_due: now + gateway.inner.options.heartbeat_interval * 2,
        gateway,
        socket,
        encoder,
        version: version.unwrap_or(10),
        guard,
        orders,
        kick: kill.child_token(),
        kill,
        session: None,
        all_members: HashMap::new(),
        frame: String::new(),
    };
    let end = match (version, transport, query.encoding.as_deref()) {
        (None, ..) => End::Close(CloseCode::InvalidApiVersion),
        (_, Some(_), None | Some("json")) => connection.run().await,
        // Discord also speaks ETF; no client that we know of needs it.
        _ => End::Close(CloseCode::DecodeError),
    };
    connection.finish(end).await;
}

/// Versions 9 and 10; without one, 10.
fn version(query: &ConnectQuery) -> Option<u64> {
    match query.v.as_deref() {
        None | Some("10") => Some(10),
        Some("9") => Some(9),
        Some(_) => None,
    }
}

impl Connection {
    async fn run(&mut self) -> End {
        let interval = self.gateway.inner.options.heartbeat_interval;
        let hello = protocol::hello(interval.as_millis() as u64);
        if let Err(end) = self.send(&hello).await {
            return end;
        }
        loop {
            let ended = ended(self.session.as_deref());
            let filled = filled(self.session.as_deref());
            let step = tokio::select! {
                biased;
                () = self.kick.cancelled() => return self.kicked(),
                () = ended => return CloseCode::UnknownError.into(),
                Some(order) = self.orders.recv() => self.obey(order).await,
                message = self.socket.recv() => match message {
                    Some(Ok(message)) => self.hear(message).await,
                    Some(Err(_)) | None => return End::Gone(None),
                },
                () = sleep_until(self.heartbeat_due) => return CloseCode::SessionTimedOut.into(),
                () = filled => self.deliver().await,
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    fn kicked(&self) -> End {
        if self.kill.is_cancelled() { End::Cut } else { CloseCode::UnknownError.into() }
    }

    /// Takes leave of the client and of the session.
    async fn finish(mut self, end: End) {
        let (farewell, code) = match end {
            End::Close(code) => (Some(code), Some(code)),
            End::Gone(code) => (None, code.map(CloseCode::Other)),
            End::Cut => (None, None),
        };
        if let Some(session) = self.session.take() {
            let forgotten = session.info.generation != self.gateway.inner.faults.generation();
            if forgotten || code.is_some_and(CloseCode::ends_session) {
                self.gateway.inner.sessions.end(&session);
            } else {
                session.detach(self.guard.id());
            }
        }
        if matches!(end, End::Cut) {
            return;
        }
        let socket = &mut self.socket;
        let goodbye = async move {
            if let Some(code) = farewell {
                let frame = CloseFrame { code: code.code(), reason: code.reason().into() };
                if socket.send(Message::Close(Some(frame))).await.is_err() {
                    return;
                }
            }
            // Unread bytes would turn our close into a reset, and the client would never see the code.
            while let Some(Ok(_)) = socket.recv().await {}
        };
        tokio::select! {
            () = self.kill.cancelled() => {}
            _ = timeout(FAREWELL, goodbye) => {}
        }
    }

    async fn send(&mut self, payload: &str) -> Result<(), End> {
        // A broken stream cannot go on.
        let message = self.encoder.encode(payload).map_err(|_| CloseCode::UnknownError)?;
        let sent = tokio::select! {
            biased;
            () = self.kick.cancelled() => None,
            sent = self.socket.send(message) => Some(sent),
        };
        match sent {
            None => Err(self.kicked()),
            Some(sent) => sent.map_err(|_| End::Gone(None)),
        }
    }

    /// Sends a few of the dispatches that wait.
    async fn deliver(&mut self) -> Result<(), End> {
        let Some(session) = self.session.clone() else { return Ok(()) };
        let mut batch = Vec::new();
        if !session.take(self.guard.id(), BATCH, &mut batch) {
            // The wake-up was for the connection that took over.
            session.filled.notify_one();
            return Err(self.kicked());
        }
        if batch.len() == BATCH {
            session.filled.notify_one();
        }
        self.send_all(&batch).await
    }

    async fn send_all(&mut self, batch: &[Entry]) -> Result<(), End> {
        let mut frame = std::mem::take(&mut self.frame);
        for entry in batch {
            protocol::dispatch(&mut frame, entry.name, entry.seq, &entry.json);
            self.send(&frame).await?;
        }
        self.frame = frame;
        Ok(())
    }

    /// Does what the fault switchboard says.
    async fn obey(&mut self, order: Order) -> Result<(), End> {
        match order {
            Order::Close(code) => Err(CloseCode::Other(code).into()),
            Order::Thaw => Ok(()),
            Order::Freeze => self.freeze().await,
            Order::Reconnect => self.send(&protocol::control(op::RECONNECT, &Value::Null)).await,
            Order::Heartbeat => self.send(&protocol::control(op::HEARTBEAT, &Value::Null)).await,
            Order::InvalidSession(resumable) => {
                if !resumable && let Some(session) = self.session.take() {
                    self.gateway.inner.sessions.end(&session);
                }
                self.send(&protocol::control(op::INVALID_SESSION, &Value::Bool(resumable))).await
            }
        }
    }

    /// Neither reads nor sends, as if the network had swallowed the connection.
    async fn freeze(&mut self) -> Result<(), End> {
        loop {
            tokio::select! {
                () = self.kick.cancelled() => return Err(End::Cut),
                order = self.orders.recv() => match order {
                    Some(Order::Thaw) => break,
                    Some(_) => {}
                    None => return Err(End::Cut),
                },
            }
        }
        self.heartbeat_due = Instant::now() + self.gateway.inner.options.heartbeat_interval * 2;
        Ok(())
    }

    async fn hear(&mut self, message: Message) -> Result<(), End> {
        match message {
            Message::Text(text) => self.command(text.as_bytes()).await,
            Message::Binary(bytes) => self.command(&bytes).await,
            Message::Close(frame) => Err(End::Gone(frame.map(|f| f.code))),
            Message::Ping(_) | Message::Pong(_) => Ok(()),
        }
    }

    async fn command(&mut self, payload: &[u8]) -> Result<(), End> {
        if !self.sends.spend(Instant::now()) {
            return Err(CloseCode::RateLimited.into());
        }
        if payload.len() > MAX_PAYLOAD {
            return Err(CloseCode::DecodeError.into());
        }
        let payload: Value = serde_json::from_slice(payload).map_err(|_| CloseCode::DecodeError)?;
        let Inbound { op, d } = decode(payload)?;
        match (op, self.session.clone()) {
            (op::HEARTBEAT, _) => self.heartbeat().await,
            (op::IDENTIFY | op::RESUME, Some(_)) => Err(CloseCode::AlreadyAuthenticated.into()),
            (op::IDENTIFY, None) => self.identify(d).await,
            (op::RESUME, None) => self.resume(d).await,
            (op::PRESENCE_UPDATE, Some(session)) => {
                let presence: PresenceUpdate = decode(d)?;
                Ok(identify::set_presence(&self.gateway.inner, session.info.bot_user_id, &presence)?)
            }
            (op::VOICE_STATE_UPDATE, Some(session)) => {
                self.voice(&session, &decode(d)?);
                Ok(())
            }
            (op::REQUEST_GUILD_MEMBERS, Some(session)) => self.members(&session, &decode(d)?),
            // No soundboard here, and channel infos are all in GUILD_CREATE.
            (op::REQUEST_SOUNDBOARD_SOUNDS | op::REQUEST_CHANNEL_INFO, Some(_)) => Ok(()),
            (known, None) if is_command(known) => Err(CloseCode::NotAuthenticated.into()),
            _ => Err(CloseCode::UnknownOpcode.into()),
        }
    }

    async fn heartbeat(&mut self) -> Result<(), End> {
        self.heartbeat_due = Instant::now() + self.gateway.inner.options.heartbeat_interval * 2;
        self.send(&protocol::control(op::HEARTBEAT_ACK, &Value::Null)).await
    }

    async fn identify(&mut self, d: Value) -> Result<(), End> {
        let identify: Identify = decode(d)?;
        let session = match identify::start(&self.gateway, self.version, &identify) {
            Ok(session) => session,
            Err(Refused::Close(code)) => return Err(code.into()),
            Err(Refused::Invalid) => return self.invalid_session().await,
        };
        if identify.compress == Some(true) {
            self.encoder.compress_payloads();
        }
        if session.attach(self.guard.id(), self.kick.clone(), 0).is_err() {
            return Err(CloseCode::UnknownError.into());
        }
        self.carry(session);
        Ok(())
    }

    async fn resume(&mut self, d: Value) -> Result<(), End> {
        let resume: Resume = decode(d)?;
        let inner = Arc::clone(&self.gateway.inner);
        let identity = identify::authenticate(&inner, &resume.token)?;
        let mine = |s: &Arc<Session>| s.info.application_id == identity.application_id;
        let Some(session) = inner.sessions.get(&resume.session_id).filter(mine) else {
            return self.invalid_session().await;
        };
        if session.info.generation != inner.faults.generation() {
            inner.sessions.end(&session);
            return self.invalid_session().await;
        }
        let until = match session.attach(self.guard.id(), self.kick.clone(), resume.seq) {
            Ok(until) => until,
            Err(ResumeError::SeqFromTheFuture) => return Err(CloseCode::InvalidSeq.into()),
            Err(ResumeError::Gone) => {
                inner.sessions.end(&session);
                return self.invalid_session().await;
            }
        };
        self.carry(Arc::clone(&session));
        let mut missed = Vec::new();
        if !session.take(self.guard.id(), (until - resume.seq) as usize, &mut missed) {
            return Err(self.kicked());
        }
        self.send_all(&missed).await?;
        let mut frame = String::new();
        let trace = json!({"_trace": ["[\"local-discord\",{\"micros\":0}]"]});
        protocol::dispatch(&mut frame, "RESUMED", until, &trace.to_string());
        self.send(&frame).await
    }

    async fn invalid_session(&mut self) -> Result<(), End> {
        self.send(&protocol::control(op::INVALID_SESSION, &Value::Bool(false))).await
    }

    fn carry(&mut self, session: Arc<Session>) {
        let info = &session.info;
        self.guard.carries(info.application_id, &info.id, info.shard.0);
        self.session = Some(session);
    }

    fn voice(&self, session: &Session, update: &VoiceStateUpdate) {
        let bot = session.info.bot_user_id;
        let patch = VoicePatch {
            channel_id: update.channel_id,
            self_mute: update.self_mute,
            self_deaf: update.self_deaf,
        };
        self.gateway.inner.world.with(|core| {
            // As on Discord, a channel that the bot may not join is passed over in silence.
            if core.set_voice_state(bot, update.guild_id, patch).is_err() || update.channel_id.is_none() {
                return;
            }
            let token = core.token(16);
            let data = json!({"token": token, "guild_id": update.guild_id.to_string(), "endpoint": null});
            let audience = Audience::Application(session.info.application_id);
            let dispatch = Dispatch::new("VOICE_SERVER_UPDATE", Intents::NONE, audience, data);
            core.emit(dispatch.guild(Some(update.guild_id)));
        });
    }

    fn members(&mut self, session: &Session, ask: &RequestGuildMembers) -> Result<(), End> {
        let now = Instant::now();
        if members::wants_everybody(ask) {
            let [guild_id] = ask.guild_id[..] else { return Err(CloseCode::DecodeError.into()) };
            self.all_members.retain(|_, last| now - *last < ALL_MEMBERS_EVERY);
            if let Some(last) = self.all_members.get(&guild_id) {
                let wait = ALL_MEMBERS_EVERY.saturating_sub(now - *last).as_secs_f64();
                let meta = json!({"guild_id": guild_id.to_string(), "nonce": ask.nonce});
                let data = json!({"opcode": op::REQUEST_GUILD_MEMBERS, "retry_after": wait, "meta": meta});
                session.push("RATE_LIMITED", Arc::from(data.to_string()));
                return Ok(());
            }
            self.all_members.insert(guild_id, now);
        }
        let chunks = self.gateway.inner.world.read(|state| members::answer(state, session, ask));
        for chunk in chunks {
            session.push("GUILD_MEMBERS_CHUNK", chunk);
        }
        Ok(())
    }
}

/// True for commands that need a session.
fn is_command(code: u64) -> bool {
    matches!(
        code,
        op::PRESENCE_UPDATE
            | op::VOICE_STATE_UPDATE
            | op::REQUEST_GUILD_MEMBERS
            | op::REQUEST_SOUNDBOARD_SOUNDS
            | op::REQUEST_CHANNEL_INFO
    )
}

/// Reads an object. (A struct could also be read from a list, which Discord does not take.)
fn decode<T: DeserializeOwned>(d: Value) -> Result<T, CloseCode> {
    let object = Some(d).filter(Value::is_object).ok_or(CloseCode::DecodeError)?;
    serde_json::from_value(object).map_err(|_| CloseCode::DecodeError)
}

async fn ended(session: Option<&Session>) {
    match session {
        Some(session) => session.ended.cancelled().await,
        None => std::future::pending().await,
    }
}

async fn filled(session: Option<&Session>) {
    match session {
        Some(session) => session.filled.notified().await,
        None => std::future::pending().await,
    }
}
