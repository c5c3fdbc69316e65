//! Encoders in this process: small networks that read a text at a time and tell its meaning, or how well it answers a
//! question. Pure Rust, one processor each.
//!
//! Two threads share a network: what somebody waits for never waits behind ten thousand lines that are only to be
//! found later. The network is loaded when it is first needed and forgotten when nobody needed it for a while.

mod network;

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use network::Network;
use rten::ThreadPool;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::LlmError;

/// The files of an encoder's folder.
pub(crate) const MODEL: &str = "model.onnx";
pub(crate) const TOKENIZER: &str = "tokenizer.json";

/// After so long without work the network's memory is given back; loading it again takes a fraction of a second.
const IDLE: Duration = Duration::from_mins(5);

/// Requests that wait in a lane at most.
const QUEUE: usize = 64;

/// What a network reads in one go.
pub(crate) struct Input {
    pub(crate) text: String,
    /// What a cross-encoder weighs it against.
    pub(crate) beside: Option<String>,
}

/// Who waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Somebody who wants an answer now.
    Now,
    /// Work in the background.
    Later,
}

/// A network and its threads, which end with it.
#[derive(Debug)]
pub(crate) struct Encoder {
    shared: Arc<Shared>,
}

struct Shared {
    folder: PathBuf,
    /// Kept by the threads, so that it goes when neither needs it.
    network: Mutex<Weak<Network>>,
    now: Waiting,
    later: Waiting,
    stop: AtomicBool,
}

/// Requests of a lane, taken in turns.
struct Waiting {
    jobs: Mutex<VecDeque<Job>>,
    changed: Condvar,
    room: Arc<Semaphore>,
}

/// A request, as far as it is done.
struct Job {
    inputs: Vec<Input>,
    done: Vec<Vec<f32>>,
    tell: oneshot::Sender<Result<Vec<Vec<f32>>, LlmError>>,
    _room: OwnedSemaphorePermit,
}

impl Encoder {
    /// Looks for the files and starts the threads, which load nothing yet.
    pub(crate) fn start(folder: &Path, lanes: &[Lane]) -> Result<Self, LlmError> {
        let setup = |cause: String| LlmError::Setup { cause };
        for name in [MODEL, TOKENIZER] {
            let path = folder.join(name);
            std::fs::metadata(&path).map_err(|error| setup(format!("{}: {error}", path.display())))?;
        }
        let waiting = || Waiting {
            jobs: Mutex::default(),
            changed: Condvar::new(),
            room: Arc::new(Semaphore::new(QUEUE)),
        };
        let shared = Arc::new(Shared {
            folder: folder.to_owned(),
            network: Mutex::default(),
            now: waiting(),
            later: waiting(),
            stop: AtomicBool::new(false),
        });
        let encoder = Self { shared };
        for &lane in lanes {
            let shared = Arc::clone(&encoder.shared);
            std::thread::Builder::new()
                .name("encoder".to_owned())
                .spawn(move || work(&shared, lane))
                .map_err(|error| setup(format!("thread: {error}")))?;
        }
        Ok(encoder)
    }

    /// What the network makes of each input, in their order. A caller who gives up ends the work on what is left.
    /// In [`Lane::Later`] it waits for room, in [`Lane::Now`] there is room or there is none.
    pub(crate) async fn run(&self, lane: Lane, inputs: Vec<Input>) -> Result<Vec<Vec<f32>>, LlmError> {
        if inputs.is_empty() {
            return Ok(Vec::new());
        }
        let ended = || LlmError::Unreachable { cause: "the thread of the model has ended".to_owned() };
        let waiting = self.shared.lane(lane);
        let room = Arc::clone(&waiting.room);
        let room = match lane {
            Lane::Now => room.try_acquire_owned().map_err(|_| LlmError::Overloaded {
                retry_after: None,
                cause: "the queue of the model is full".to_owned(),
            })?,
            Lane::Later => room.acquire_owned().await.map_err(|_| ended())?,
        };
        let (tell, told) = oneshot::channel();
        waiting.lock().push_back(Job { done: Vec::with_capacity(inputs.len()), inputs, tell, _room: room });
        waiting.changed.notify_one();
        told.await.map_err(|_| ended())?
    }

    /// Whether the network is in memory now.
    pub(crate) fn is_loaded(&self) -> bool {
        self.shared.lock().strong_count() > 0
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        for waiting in [&self.shared.now, &self.shared.later] {
            // Under the lock, so that nobody looks between the two and sleeps on.
            let jobs = waiting.lock();
            waiting.changed.notify_all();
            drop(jobs);
        }
    }
}

impl Shared {
    fn lane(&self, lane: Lane) -> &Waiting {
        match lane {
            Lane::Now => &self.now,
            Lane::Later => &self.later,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Weak<Network>> {
        self.network.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The network that another thread has loaded, or a new one.
    fn network(&self) -> Result<Arc<Network>, LlmError> {
        let mut known = self.lock();
        if let Some(network) = known.upgrade() {
            return Ok(network);
        }
        let network = Arc::new(Network::load(&self.folder)?);
        *known = Arc::downgrade(&network);
        Ok(network)
    }

    /// The next request; `idle` is called when there was none for a while. Nothing when all is over.
    fn next(&self, lane: Lane, mut idle: impl FnMut()) -> Option<Job> {
        let waiting = self.lane(lane);
        let mut jobs = waiting.lock();
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return None;
            }
            if let Some(job) = jobs.pop_front() {
                return Some(job);
            }
            let (back, time) =
                waiting.changed.wait_timeout(jobs, IDLE).unwrap_or_else(PoisonError::into_inner);
            jobs = back;
            if time.timed_out() {
                idle();
            }
        }
    }
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Works until nobody can ask any more: one input of each request in turn, so that a long one holds up nobody.
fn work(shared: &Shared, lane: Lane) {
    let mut kept: Option<(Arc<Network>, Arc<ThreadPool>)> = None;
    while let Some(mut job) = shared.next(lane, || kept = None) {
        if job.tell.is_closed() {
            continue;
        }
        let one = || {
            let (network, threads) = match kept.take() {
                Some(kept) => kept,
                None => (shared.network()?, Arc::new(ThreadPool::with_num_threads(1))),
            };
            let found = network.run(&job.inputs[job.done.len()], &threads);
            kept = Some((network, threads));
            found
        };
        // A network that meets what it was not made for may panic; the next text is none the worse for it.
        let found = catch_unwind(AssertUnwindSafe(one)).unwrap_or_else(|_| {
            Err(LlmError::Server { status: 500, cause: "the model panicked; the log says where".to_owned() })
        });
        match found {
            Ok(found) => job.done.push(found),
            Err(error) => {
                let _ = job.tell.send(Err(error));
                continue;
            }
        }
        if job.done.len() < job.inputs.len() {
            shared.lane(lane).lock().push_back(job);
        } else {
            let _ = job.tell.send(Ok(job.done));
        }
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("folder", &self.folder).finish_non_exhaustive()
    }
}
