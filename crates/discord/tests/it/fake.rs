//! A Discord of a few lines: REST answers from a script by route, gateway connections handed to the test.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{
        State,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use discord::{Config, Gateway, ReconnectPauses, Speaker, Token};
use domain::{
    ChannelId, CharacterId, GuildId,
    event::{ChannelKind, Place},
    outbound::{MessageText, Persona},
};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) const TOKEN: &str = "aaaa.bbbb.cccc";
pub(crate) const ME: u64 = 11;
pub(crate) const APP: u64 = 22;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) body: String,
    pub(crate) headers: HeaderMap,
}

impl Seen {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// An answer that a test wrote down.
#[derive(Clone)]
pub(crate) struct Scripted {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
    /// The body again and again, for as long as somebody reads.
    endless: bool,
}

impl Scripted {
    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json".into())],
            body: body.to_string(),
            endless: false,
        }
    }

    pub(crate) fn ok(body: Value) -> Self {
        Self::json(200, body)
    }

    pub(crate) fn error(status: u16, code: u64) -> Self {
        Self::json(status, json!({ "message": "no", "code": code }))
    }

    pub(crate) fn raw(status: u16, body: &str) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), endless: false }
    }

    pub(crate) fn endless(body: &str) -> Self {
        Self { endless: true, ..Self::raw(200, body) }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}

#[derive(Default)]
struct Script {
    /// Answers by `METHOD path`; the last one stays.
    answers: HashMap<String, VecDeque<Scripted>>,
    seen: Vec<Seen>,
}

#[derive(Clone)]
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    script: Arc<Mutex<Script>>,
    pub(crate) sockets: Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<Socket>>>,
    pub(crate) tracker: TaskTracker,
    pub(crate) stop: CancellationToken,
}

#[derive(Clone)]
struct Shared {
    script: Arc<Mutex<Script>>,
    sockets: mpsc::UnboundedSender<Socket>,
}

/// A gateway connection in the hands of a test.
pub(crate) struct Socket(pub(crate) WebSocket, pub(crate) String);

impl Socket {
    pub(crate) async fn send(&mut self, frame: Value) {
        self.0.send(Message::Text(frame.to_string().into())).await.unwrap();
    }

    pub(crate) async fn dispatch(&mut self, sequence: u64, kind: &str, data: Value) {
        self.text(&format!(r#"{{"t":"{kind}","s":{sequence},"op":0,"d":{data}}}"#)).await;
    }

    /// Discord's own order of keys: the library looks for them in the text.
    pub(crate) async fn text(&mut self, frame: &str) {
        self.0.send(Message::Text(frame.into())).await.unwrap();
    }

    /// Says HELLO and returns the client's IDENTIFY or RESUME.
    pub(crate) async fn hello(&mut self) -> Value {
        self.send(json!({ "op": 10, "d": { "heartbeat_interval": 60_000 }, "s": null, "t": null })).await;
        loop {
            let frame = self.receive().await.expect("an answer to HELLO");
            if frame["op"] != 1 {
                return frame;
            }
        }
    }

    /// HELLO, IDENTIFY, READY.
    pub(crate) async fn ready(&mut self, session: &str, resume_url: &str) {
        assert_eq!(self.hello().await["op"], 2);
        self.dispatch(
            1,
            "READY",
            json!({
                "v": 10, "user": { "id": ME.to_string(), "username": "acore", "bot": true }, "guilds": [],
                "session_id": session, "resume_gateway_url": resume_url,
                "application": { "id": APP.to_string(), "flags": 0 },
            }),
        )
        .await;
    }

    /// The next JSON frame; `None` when the connection ends.
    pub(crate) async fn receive(&mut self) -> Option<Value> {
        loop {
            match self.0.recv().await? {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The code with which the client closes.
    pub(crate) async fn closed_with(&mut self) -> Option<u16> {
        loop {
            match self.0.recv().await? {
                Ok(Message::Close(frame)) => return frame.map(|frame| frame.code),
                Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    pub(crate) async fn close(mut self, code: u16) {
        let _ = self.0.send(Message::Close(Some(CloseFrame { code, reason: "test".into() }))).await;
        while let Some(Ok(_)) = self.0.recv().await {}
    }
}

impl Fake {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, receiver) = mpsc::unbounded_channel();
        let script = Arc::new(Mutex::new(Script::default()));
        let fake = Self {
            address,
            script: Arc::clone(&script),
            sockets: Arc::new(tokio::sync::Mutex::new(receiver)),
            tracker: TaskTracker::new(),
            stop: CancellationToken::new(),
        };
        fake.on("GET /users/@me", Scripted::ok(json!({ "id": ME.to_string(), "username": "acore" })));
        fake.on("GET /applications/@me", Scripted::ok(json!({ "id": APP.to_string(), "flags": 1 << 19 })));
        fake.on("GET /gateway/bot", fake.gateway_answer(1_000));
        let app = Router::new()
            .route("/", axum::routing::get(socket))
            .route("/gw/", axum::routing::get(socket))
            .fallback(answer)
            .with_state(Shared { script, sockets: sender });
        let stop = fake.stop.clone();
        fake.tracker.spawn(async move {
            tokio::select! {
                served = axum::serve(listener, app) => served.unwrap(),
                () = stop.cancelled() => {}
            }
        });
        fake
    }

    pub(crate) fn ws(&self) -> String {
        format!("ws://{}", self.address)
    }

    pub(crate) fn gateway_answer(&self, remaining: u32) -> Scripted {
        Scripted::ok(json!({
            "url": self.ws(), "shards": 1,
            "session_start_limit":
                { "total": 1000, "remaining": remaining, "reset_after": 7_200_000, "max_concurrency": 1 },
        }))
    }

    /// Answers a route with this from now on, after the answers that were given before it.
    pub(crate) fn on(&self, line: &str, answer: Scripted) {
        self.script.lock().unwrap().answers.entry(line.into()).or_default().push_back(answer);
    }

    /// Forgets a route's answers.
    pub(crate) fn off(&self, line: &str) {
        self.script.lock().unwrap().answers.remove(line);
    }

    pub(crate) fn seen(&self, line: &str) -> Vec<Seen> {
        let script = self.script.lock().unwrap();
        script.seen.iter().filter(|seen| seen.line == line).cloned().collect()
    }

    pub(crate) fn count(&self, line: &str) -> usize {
        self.seen(line).len()
    }

    pub(crate) fn config(&self) -> Config {
        let mut config = Config::new(Token::new(TOKEN));
        config.api_base = format!("http://{}", self.address);
        let quick = std::time::Duration::from_millis(1);
        config.reconnect = ReconnectPauses { first: quick, most: quick };
        config
    }

    pub(crate) async fn connect(&self) -> (Gateway, Speaker) {
        self.connect_with(self.config()).await
    }

    pub(crate) async fn connect_with(&self, config: Config) -> (Gateway, Speaker) {
        discord::connect(config, &self.tracker, self.stop.clone()).await.unwrap()
    }

    pub(crate) async fn speaker(&self) -> Speaker {
        self.connect().await.1
    }

    /// The next connection to the gateway.
    pub(crate) async fn socket(&self) -> Socket {
        self.sockets.lock().await.recv().await.unwrap()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        // Clones share the token; a test that drops one has ended.
        self.stop.cancel();
    }
}

async fn socket(State(shared): State<Shared>, uri: Uri, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(move |socket| async move {
        let _ = shared.sockets.send(Socket(socket, uri.to_string()));
    })
}

async fn answer(
    State(shared): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut script = shared.script.lock().unwrap();
    let line = format!("{method} {uri}");
    let body = String::from_utf8_lossy(&body).into_owned();
    script.seen.push(Seen { line: line.clone(), body, headers });
    let Some(answers) = script.answers.get_mut(&line) else {
        return (StatusCode::NOT_FOUND, r#"{"message":"404: Not Found","code":0}"#).into_response();
    };
    let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }.unwrap();
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    let body = if answer.endless {
        let chunk = Ok::<_, std::convert::Infallible>(Bytes::from(answer.body));
        Body::from_stream(futures_util::stream::repeat(chunk))
    } else {
        Body::from(answer.body)
    };
    response.body(body).unwrap()
}

pub(crate) fn text_channel(channel: u64) -> Place {
    Place { guild: Some(GuildId(1)), channel: ChannelId(channel), parent: None, kind: ChannelKind::Text }
}

pub(crate) fn mira() -> Persona {
    Persona {
        character: CharacterId::new("mira").unwrap(),
        name: "Mira".into(),
        avatar: Some(vec![1, 2, 3].into()),
    }
}

pub(crate) fn text(text: &str) -> MessageText {
    MessageText::new(text).unwrap()
}
