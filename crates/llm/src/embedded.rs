//! A model in this process, run by llama.cpp. One thread owns the model and its context; requests wait in a
//! bounded queue and come back as a stream. The cache of the last prompt is kept, so that a conversation that
//! goes on is not read again from its start.

mod prompt;
mod sampler;
mod utf8;
mod worker;

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use async_trait::async_trait;
use domain::chat::{ChatEvent, ChatRequest};
use domain::tokens::Counter;
use futures_util::stream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::body::{Begun, answer};
use crate::{ChatStream, EmbeddedSettings, Health, LlmError, ModelInfo, Provider, Timeouts};

/// Tokens of an answer when the request does not limit it.
const ANSWER_TOKENS: u32 = 256;

/// A model in this process.
#[derive(Debug)]
pub struct Embedded {
    info: ModelInfo,
    counter: Counter,
    worker: Worker,
    timeouts: Timeouts,
}

/// The thread of the model. Dropping it ends answers and loading alike and waits for that, half a second at most:
/// a process that ends while llama.cpp computes would pull the memory away under it.
#[derive(Debug)]
struct Worker {
    shared: Arc<Shared>,
    /// `None` while being dropped: the thread's wait for requests ends with the sender.
    queue: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported when it happened.
            let _ = thread.join();
        }
    }
}

/// What the model has done since it was loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EmbeddedStats {
    /// Prompt tokens that were computed.
    pub prompt_evaluated: u64,
    /// Prompt tokens that were still in the cache.
    pub prompt_reused: u64,
    /// Tokens of answers.
    pub generated: u64,
    /// Requests whose asker left before the end.
    pub cancelled: u64,
}

/// What the thread and its handle share.
#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    prompt_evaluated: AtomicU64,
    prompt_reused: AtomicU64,
    generated: AtomicU64,
    cancelled: AtomicU64,
}

impl Shared {
    fn stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn add(counter: &AtomicU64, count: usize) {
        counter.fetch_add(count as u64, Ordering::Relaxed);
    }
}

/// A request on its way to the thread.
struct Job {
    request: ChatRequest,
    /// Has room for everything an answer can consist of, so the thread never waits for a slow reader.
    events: mpsc::Sender<Result<ChatEvent, LlmError>>,
}

impl Embedded {
    /// Loads a model file off the runtime's threads. `progress` is told the share that is loaded, 0.0 to 1.0,
    /// from another thread.
    ///
    /// # Errors
    /// [`LlmError::Setup`] when the file is missing, unreadable or not a model that llama.cpp knows.
    pub async fn load(
        settings: EmbeddedSettings,
        timeouts: Timeouts,
        progress: impl FnMut(f32) + Send + 'static,
    ) -> Result<Self, LlmError> {
        let setup = |cause: String| LlmError::Setup { cause };
        let shared = Arc::new(Shared::default());
        let (queue, jobs) = sync_channel(settings.queue.max(1));
        let (ready, loaded) = oneshot::channel();
        let name = settings.path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let thread = std::thread::Builder::new()
            .name("embedded-model".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || worker::run(&settings, progress, ready, &jobs, &shared)
            })
            .map_err(|error| setup(format!("thread: {error}")))?;
        // From here on a caller who gives up drops the worker, which ends the loading.
        let worker = Worker { shared, queue: Some(queue), thread: Some(thread) };
        let (info, counter) =
            loaded.await.map_err(|_| setup("the thread of the model ended while it loaded".to_owned()))??;
        let info = ModelInfo { id: name.unwrap_or_default(), ..info };
        Ok(Self { info, counter, worker, timeouts })
    }

    /// What the model has done so far.
    pub fn stats(&self) -> EmbeddedStats {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        EmbeddedStats {
            prompt_evaluated: get(&self.worker.shared.prompt_evaluated),
            prompt_reused: get(&self.worker.shared.prompt_reused),
            generated: get(&self.worker.shared.generated),
            cancelled: get(&self.worker.shared.cancelled),
        }
    }
}

fn ended() -> LlmError {
    LlmError::Unreachable { cause: "the thread of the model has ended".to_owned() }
}

#[async_trait]
impl Provider for Embedded {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn model(&self) -> &str {
        &self.info.id
    }

    async fn stream(&self, mut request: ChatRequest) -> Result<ChatStream, LlmError> {
        let deadline = Instant::now() + self.timeouts.first_token;
        if request.max_tokens == 0 {
            request.max_tokens = ANSWER_TOKENS;
        }
        if let Some(context) = self.info.context {
            request.max_tokens = request.max_tokens.min(context);
        }
        // A token is one piece of thinking and one of text at most; a few more end the answer.
        let (events, answers) = mpsc::channel(request.max_tokens as usize * 2 + 8);
        let queue = self.worker.queue.as_ref().ok_or_else(ended)?;
        queue.try_send(Job { request, events }).map_err(|error| match error {
            TrySendError::Full(_) => {
                LlmError::Overloaded { retry_after: None, cause: "the queue of the model is full".to_owned() }
            }
            TrySendError::Disconnected(_) => ended(),
        })?;
        let events = stream::unfold(answers, |mut answers| async move {
            let event = answers.recv().await?;
            Some((event, answers))
        });
        Ok(answer(events, Begun::default(), deadline))
    }

    async fn health(&self) -> Result<Health, LlmError> {
        if self.worker.thread.as_ref().is_none_or(JoinHandle::is_finished) {
            return Err(ended());
        }
        Ok(Health { version: None, model_listed: true })
    }

    async fn models(&self) -> Result<Vec<ModelInfo>, LlmError> {
        Ok(vec![self.info.clone()])
    }

    async fn sees(&self) -> Result<Option<bool>, LlmError> {
        Ok(Some(false))
    }

    fn counter(&self) -> Counter {
        self.counter.clone()
    }
}

/// Whether the file can be a model at all; llama.cpp itself says no more than "null".
fn check_file(path: &Path) -> Result<(), LlmError> {
    let mut magic = [0; 4];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut magic));
    let cause = match read {
        Ok(()) if magic == *b"GGUF" => return Ok(()),
        Ok(()) => "not a GGUF file".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(LlmError::Setup { cause: format!("{}: {cause}", path.display()) })
}
