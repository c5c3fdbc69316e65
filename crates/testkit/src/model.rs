//! A model server that answers by script, in the chat-completions dialect and in Ollama's own.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use testkit::{Reply, ScriptedModel};
//!
//! let model = ScriptedModel::start().await?;
//! model.script([Reply::status(429).retry_after(1), Reply::text("Hello!")]);
//! // ... point a client at `model.base_openai()` or `model.base_ollama()` ...
//! assert_eq!(model.requests().len(), 2);
//! # Ok(())
//! # }
//! ```

mod asked;
mod embedding;
mod gate;
mod reply;
mod routes;
mod wire;

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

pub use asked::{Asked, Dialect};
pub use gate::Gate;
pub use reply::Reply;

/// Requests that are remembered; older ones are forgotten.
const REMEMBERED: usize = 256;

/// The model's name unless [`ScriptedModel::models`] says otherwise.
pub const MODEL: &str = "scripted";

/// The running server. It stops when this is dropped.
pub struct ScriptedModel {
    address: SocketAddr,
    stage: Arc<Stage>,
    _stop: oneshot::Sender<()>,
}

impl ScriptedModel {
    /// Starts on a free port of the loopback interface. Until told otherwise it answers every request with a
    /// constant sentence.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let stage = Arc::new(Stage::default());
        let (stop, stopped) = oneshot::channel::<()>();
        let router = routes::router(Arc::clone(&stage));
        let counter = Arc::clone(&stage);
        let listener = listener.tap_io(move |connection| {
            counter.connections.fetch_add(1, Ordering::Relaxed);
            // Only speed is lost without it.
            let _ = connection.set_nodelay(true);
        });
        tokio::spawn(async move {
            let serve = axum::serve(listener, router).with_graceful_shutdown(async move {
                // An error means that the handle was dropped, which is the signal.
                let _ = stopped.await;
            });
            // A listener that fails shows as refused connections in whatever is being tested.
            let _ = serve.await;
        });
        Ok(Self { address, stage, _stop: stop })
    }

    /// Appends replies; each answers one chat request, in order. Afterwards [`Self::answer_with`] counts again.
    pub fn script(&self, replies: impl IntoIterator<Item = Reply>) -> &Self {
        self.stage.lock().script.extend(replies);
        self
    }

    /// Appends replies; each answers one request for vectors, in order: [`Reply::status`] or [`Reply::document`].
    /// Every other such request gets vectors that are alike where texts share words.
    pub fn script_embeddings(&self, replies: impl IntoIterator<Item = Reply>) -> &Self {
        self.stage.lock().embeddings.extend(replies);
        self
    }

    /// The requests for vectors so far, oldest first; at most the last 256. They are no chat requests.
    pub fn embedding_requests(&self) -> Vec<Asked> {
        self.stage.lock().embedded.iter().cloned().collect()
    }

    /// Answers every request without a scripted reply by a function of the request.
    pub fn answer_with(&self, answer: impl Fn(&Asked) -> String + Send + Sync + 'static) -> &Self {
        self.reply_with(move |asked| Reply::text(&answer(asked)))
    }

    /// As [`Self::answer_with`], with a whole [`Reply`].
    pub fn reply_with(&self, answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> &Self {
        self.stage.lock().answer = Some(Arc::new(answer));
        self
    }

    /// Rejects requests without this bearer key with the status 401 from now on.
    pub fn require_key(&self, key: &str) -> &Self {
        self.stage.lock().key = Some(key.to_owned());
        self
    }

    /// The models in the lists, instead of [`MODEL`] alone. Names that contain "embed" cannot chat.
    pub fn models<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> &Self {
        self.stage.lock().models = Some(names.into_iter().map(str::to_owned).collect());
        self
    }

    /// Says of every model that it takes pictures, or that it does not. Until told otherwise it says nothing, as many
    /// servers do.
    pub fn sees(&self, sees: bool) -> &Self {
        self.stage.lock().sees = Some(sees);
        self
    }

    /// The chat requests so far, oldest first; at most the last 256.
    pub fn requests(&self) -> Vec<Asked> {
        self.stage.lock().asked.iter().cloned().collect()
    }

    /// How many chat requests came in all.
    pub fn requests_seen(&self) -> u64 {
        self.stage.lock().seen
    }

    /// How many connections were made in all.
    pub fn connections_seen(&self) -> u64 {
        self.stage.connections.load(Ordering::Relaxed)
    }

    /// Replies that wait in the script.
    pub fn replies_left(&self) -> usize {
        self.stage.lock().script.len()
    }

    /// Waits until clients have hung up on this many answers, since the start, before they were whole.
    pub async fn hang_ups(&self, count: u64) {
        let mut seen = self.stage.hang_ups.subscribe();
        // The sender lives in the stage, which lives as long as this handle.
        let _ = seen.wait_for(|&hang_ups| hang_ups >= count).await;
    }

    /// The address for a client of the chat-completions dialect.
    pub fn base_openai(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The address for a client of Ollama's dialect.
    pub fn base_ollama(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl std::fmt::Debug for ScriptedModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScriptedModel").field("address", &self.address).finish_non_exhaustive()
    }
}

type Answer = Arc<dyn Fn(&Asked) -> Reply + Send + Sync>;

/// What the handle and the handlers share.
#[derive(Default)]
struct Stage {
    inner: Mutex<Inner>,
    hang_ups: watch::Sender<u64>,
    connections: AtomicU64,
}

#[derive(Default)]
struct Inner {
    script: VecDeque<Reply>,
    answer: Option<Answer>,
    key: Option<String>,
    models: Option<Vec<String>>,
    sees: Option<bool>,
    asked: VecDeque<Asked>,
    seen: u64,
    embeddings: VecDeque<Reply>,
    embedded: VecDeque<Asked>,
}

impl Stage {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Every change is a single push or assignment, so a panic elsewhere leaves nothing half done.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers the request and takes what is to be said.
    fn next(&self, asked: &Asked) -> Reply {
        let mut inner = self.lock();
        inner.seen += 1;
        if inner.asked.len() == REMEMBERED {
            inner.asked.pop_front();
        }
        inner.asked.push_back(asked.clone());
        if inner.key.is_some() && inner.key.as_deref() != asked.key() {
            return Reply::status(401);
        }
        if let Some(reply) = inner.script.pop_front() {
            return reply;
        }
        let answer = inner.answer.clone();
        drop(inner);
        answer.map_or_else(|| Reply::text("Hello from the scripted model."), |answer| answer(asked))
    }

    /// Remembers a request for vectors; what the script says to it.
    fn next_embedding(&self, asked: &Asked) -> Option<Reply> {
        let mut inner = self.lock();
        if inner.embedded.len() == REMEMBERED {
            inner.embedded.pop_front();
        }
        inner.embedded.push_back(asked.clone());
        if inner.key.is_some() && inner.key.as_deref() != asked.key() {
            return Some(Reply::status(401));
        }
        inner.embeddings.pop_front()
    }

    fn model_names(&self) -> Vec<String> {
        self.lock().models.clone().unwrap_or_else(|| vec![MODEL.to_owned()])
    }

    fn hung_up(&self) {
        self.hang_ups.send_modify(|count| *count += 1);
    }
}
