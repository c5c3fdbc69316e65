//! A world with one guild behind a gateway on loopback, and a raw websocket client to look at every frame.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::any;
use futures_util::{SinkExt as _, StreamExt as _};
use local_discord::clock::Clock;
use local_discord::faults::Faults;
use local_discord::gateway::{Gateway, GatewayOptions, StartRules};
use local_discord::permissions::Permissions;
use local_discord::world::{
    Actor, BotSeed, Draft, GuildSeed, Seeded, State, World, WorldBuilder, WorldLimits, channel_type,
};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Ends a test that waits for what never comes.
const PATIENCE: Duration = Duration::from_secs(20);

pub const ALL_INTENTS: u64 = 0x1_FFFF;
pub const MESSAGE_CONTENT: u64 = 1 << 15;

pub struct Rig {
    pub world: World,
    pub seeded: Seeded,
    pub gateway: Gateway,
    pub faults: Faults,
    pub address: SocketAddr,
}

/// A guild `home` with `general` and the hidden `secret`, the member `alice` and the bots `bot` and `plain`,
/// the latter without privileged intents. Bots may identify as often as they like.
pub async fn rig() -> Rig {
    rig_with(quick()).await
}

pub fn quick() -> GatewayOptions {
    let starts = StartRules { interval: Duration::ZERO, ..StartRules::default() };
    GatewayOptions { starts, ..GatewayOptions::default() }
}

pub async fn rig_with(options: GatewayOptions) -> Rig {
    let guild = GuildSeed::new("home")
        .member("alice")
        .channel("general", channel_type::TEXT)
        .channel("secret", channel_type::TEXT)
        .channel("talk", channel_type::VOICE)
        .hidden("secret");
    let plain =
        BotSeed { message_content: false, guild_members: false, presence: false, ..BotSeed::new("plain") };
    let bot = BotSeed::new("bot").permissions(Permissions::MANAGE_ROLES);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (seed, seeded) = WorldBuilder::new().bot(bot).bot(plain).guild(guild).build(Clock::system());
    let world = at_address(&seed, address);
    let faults = Faults::default();
    let gateway = Gateway::new(world.clone(), faults.clone(), options);
    let echo = world.clone();
    let routes = Router::new().route(
        "/api/v10/{*rest}",
        // Counts what was handled: a test reads it as the number of users.
        any(move || async move {
            echo.with(|core| core.create_user("visitor"));
            "handled"
        }),
    );
    let app = gateway.mount(routes);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Rig { world, seeded, gateway, faults, address }
}

fn at_address(seed: &World, address: SocketAddr) -> World {
    let snapshot = seed.snapshot().expect("a snapshot");
    let mut state: State = serde_json::from_str(&snapshot).expect("a state");
    state.base_url = format!("http://{address}");
    World::new(state, Clock::system(), WorldLimits::default())
}

impl Rig {
    pub fn token(&self, bot: &str) -> String {
        self.seeded.bots[bot].2.clone()
    }

    pub fn application(&self, bot: &str) -> u64 {
        self.seeded.bots[bot].0
    }

    pub fn guild(&self) -> u64 {
        self.seeded.guilds["home"]
    }

    pub fn say(&self, channel: &str, text: &str) {
        self.say_in(self.seeded.channels[channel], text);
    }

    pub fn say_in(&self, channel: u64, text: &str) {
        let alice = self.seeded.users["alice"];
        let draft = Draft { content: text.to_owned(), ..Draft::default() };
        self.world
            .with(|core| core.create_message(&Actor::User(alice), channel, draft))
            .expect("alice may speak");
    }

    pub async fn connect(&self) -> Client {
        self.connect_to("/gateway?v=10&encoding=json").await
    }

    pub async fn connect_to(&self, path: &str) -> Client {
        Client::open(&format!("ws://{}{path}", self.address)).await
    }

    /// Connected, identified, with READY and `GUILD_CREATE` read.
    pub async fn ready(&self, bot: &str, intents: u64) -> Client {
        let mut client = self.connect().await;
        client.expect_op(10).await;
        client.identify(&self.token(bot), intents).await;
        client.dispatch("READY").await;
        client.dispatch("GUILD_CREATE").await;
        client
    }

    /// The same session on another socket.
    pub async fn resume(&self, bot: &str, session: &str, seq: u64) -> Client {
        let mut client = self.connect().await;
        client.expect_op(10).await;
        client
            .send(&json!({"op": 6, "d": {"token": self.token(bot), "session_id": session, "seq": seq}}))
            .await;
        session.clone_into(&mut client.session);
        client
    }
}

pub struct Client {
    pub socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Of the last dispatch read.
    pub seq: u64,
    pub session: String,
}

impl Client {
    pub async fn open(url: &str) -> Self {
        let (socket, _) = connect_async(url).await.expect("connects");
        Self { socket, seq: 0, session: String::new() }
    }

    pub async fn send(&mut self, payload: &Value) {
        self.send_text(payload.to_string()).await;
    }

    pub async fn send_text(&mut self, text: String) {
        self.socket.send(Message::text(text)).await.expect("sends");
    }

    pub async fn identify(&mut self, token: &str, intents: u64) {
        self.send(&identify(token, intents)).await;
    }

    /// The next message of any kind; `None` if the connection ended.
    pub async fn message(&mut self) -> Option<Message> {
        let next = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("something happens");
        next.and_then(Result::ok)
    }

    /// The next payload.
    pub async fn payload(&mut self) -> Value {
        match self.message().await {
            Some(Message::Text(text)) => {
                let payload: Value = serde_json::from_str(&text).expect("JSON");
                if let Some(seq) = payload["s"].as_u64() {
                    self.seq = seq;
                }
                if let Some(id) = payload["d"]["session_id"].as_str().filter(|_| payload["t"] == "READY") {
                    id.clone_into(&mut self.session);
                }
                payload
            }
            other => panic!("no payload but {other:?}"),
        }
    }

    pub async fn expect_op(&mut self, op: u64) -> Value {
        let payload = self.payload().await;
        assert_eq!(payload["op"], op, "{payload}");
        payload["d"].clone()
    }

    /// The next payload must be this dispatch; gives `d`.
    pub async fn dispatch(&mut self, name: &str) -> Value {
        let payload = self.payload().await;
        assert_eq!(payload["t"], name, "{payload}");
        payload["d"].clone()
    }

    /// Reads on until this dispatch comes.
    pub async fn until(&mut self, name: &str) -> Value {
        loop {
            let payload = self.payload().await;
            if payload["t"] == name {
                return payload["d"].clone();
            }
        }
    }

    /// Contents of the next messages.
    pub async fn contents(&mut self, count: usize) -> Vec<String> {
        let mut contents = Vec::new();
        for _ in 0..count {
            let message = self.until("MESSAGE_CREATE").await;
            contents.push(message["content"].as_str().expect("content").to_owned());
        }
        contents
    }

    /// The code that the server closes with; `None` if it just goes away.
    pub async fn close_code(&mut self) -> Option<u16> {
        loop {
            match self.message().await {
                Some(Message::Close(frame)) => return frame.map(|f| f.code.into()),
                Some(_) => {}
                None => return None,
            }
        }
    }

    /// Closes with a code, and waits for the other side's farewell.
    pub async fn leave(&mut self, code: u16) {
        let frame = CloseFrame { code: code.into(), reason: "".into() };
        self.socket.close(Some(frame)).await.expect("closes");
        while self.message().await.is_some() {}
    }

    /// Proves that all that came before was handled: a heartbeat is answered.
    pub async fn heartbeat(&mut self) {
        let seq = self.seq;
        self.send(&json!({"op": 1, "d": seq})).await;
        while self.payload().await["op"] != 11 {}
    }
}

pub fn identify(token: &str, intents: u64) -> Value {
    json!({"op": 2, "d": {"token": token, "intents": intents, "properties": {"os": "t", "browser": "t", "device": "t"}}})
}

pub fn http() -> reqwest::Client {
    // Whoever comes first wins; the others have the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().timeout(PATIENCE).build().expect("a client")
}
