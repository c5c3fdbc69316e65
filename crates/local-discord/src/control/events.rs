//! The event stream: what happened, numbered, so that a page that lost its line misses nothing.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::dispatch::{Audience, Dispatch, Scope};
use crate::world::{State, World};

/// Events kept for pages that reconnect; who missed more must load everything anew.
const KEPT: usize = 2_000;
/// Dispatches that may wait for the log's task.
const WAITING: usize = 65_536;

/// One numbered event.
#[derive(Debug, Clone)]
struct Logged {
    number: u64,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Dispatch(Arc<Dispatch>),
    /// Of the page's own: everybody sees it.
    Own(Arc<Value>),
}

#[derive(Debug, Default)]
struct Ring {
    last: u64,
    events: VecDeque<Logged>,
}

/// The log. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct EventLog {
    ring: Arc<Mutex<Ring>>,
    newest: watch::Sender<u64>,
    /// Tells this run of the server from an earlier one in event ids.
    epoch: u64,
}

impl EventLog {
    /// Starts to follow the world, in a task that ends with `stop`.
    pub(super) fn follow(world: &World, stop: CancellationToken) -> Self {
        let log = Self { ring: Arc::default(), newest: watch::Sender::new(0), epoch: world.clock().now_ms() };
        let mut subscription = world.subscribe(Scope::Everything, WAITING);
        let (pump, world) = (log.clone(), world.clone());
        tokio::spawn(async move {
            loop {
                let next = tokio::select! {
                    next = subscription.recv() => next,
                    () = stop.cancelled() => return,
                };
                if let Some(dispatch) = next {
                    pump.push(What::Dispatch(dispatch));
                } else {
                    tracing::warn!("the event log fell behind; pages will load everything anew");
                    subscription = world.subscribe(Scope::Everything, WAITING);
                    pump.forget();
                }
            }
        });
        log
    }

    /// Logs an event of the page's own.
    pub(super) fn announce(&self, name: &str, data: &Value) {
        self.push(What::Own(Arc::new(json!({"t": name, "d": data}))));
    }

    /// The newest event's id.
    pub(super) fn cursor(&self) -> String {
        format!("{}-{}", self.epoch, self.lock().last)
    }

    fn push(&self, what: What) {
        let mut ring = self.lock();
        ring.last += 1;
        let number = ring.last;
        ring.events.push_back(Logged { number, what });
        if ring.events.len() > KEPT {
            ring.events.pop_front();
        }
        drop(ring);
        self.newest.send_replace(number);
    }

    /// Leaves a hole in the numbers, which readers notice.
    fn forget(&self) {
        let mut ring = self.lock();
        ring.events.clear();
        ring.last += 2;
        let number = ring.last;
        drop(ring);
        self.newest.send_replace(number);
    }

    /// What follows after an event; `None` if that is not known any more.
    fn after(&self, number: u64) -> Option<Vec<Logged>> {
        let ring = self.lock();
        let oldest = ring.events.front().map_or(ring.last + 1, |e| e.number);
        if number > ring.last || number + 1 < oldest {
            return None;
        }
        Some(ring.events.iter().filter(|e| e.number > number).cloned().collect())
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The stream that one user sees. `after` is the id of the last event seen; without one it begins now.
    pub(super) fn stream(
        &self,
        world: World,
        user: u64,
        after: Option<&str>,
        stop: CancellationToken,
    ) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
        let known =
            after.and_then(|id| id.split_once('-')).filter(|(epoch, _)| *epoch == self.epoch.to_string());
        let start = match (after, known.and_then(|(_, number)| number.parse().ok())) {
            (None, _) => Some(self.lock().last),
            (Some(_), number) => number,
        };
        let reader = Reader {
            log: self.clone(),
            newest: self.newest.subscribe(),
            world,
            user,
            // A place that does not exist any more makes the first look fail, which says `RESYNC`.
            place: start.unwrap_or(u64::MAX),
            waiting: VecDeque::new(),
            stop,
        };
        let stream = futures_util::stream::unfold(reader, |mut reader| async move {
            let event = reader.next().await?;
            Some((Ok(event), reader))
        });
        Sse::new(stream).keep_alive(KeepAlive::default())
    }
}

struct Reader {
    log: EventLog,
    newest: watch::Receiver<u64>,
    world: World,
    user: u64,
    place: u64,
    waiting: VecDeque<Logged>,
    stop: CancellationToken,
}

impl Reader {
    async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some(logged) = self.waiting.pop_front() {
                self.place = logged.number;
                if let Some(body) = self.seen(&logged.what) {
                    return Some(self.event(&body));
                }
            }
            self.newest.borrow_and_update();
            match self.log.after(self.place) {
                Some(more) if !more.is_empty() => self.waiting.extend(more),
                Some(_) => tokio::select! {
                    changed = self.newest.changed() => changed.ok()?,
                    () = self.stop.cancelled() => return None,
                },
                None => {
                    self.place = self.log.lock().last;
                    return Some(self.event(&json!({"t": "RESYNC", "d": {}}).to_string()));
                }
            }
        }
    }

    fn event(&self, body: &str) -> Event {
        Event::default().id(format!("{}-{}", self.log.epoch, self.place)).data(body)
    }

    /// The event as this user's page gets it; `None` if it is not for them.
    fn seen(&self, what: &What) -> Option<String> {
        match what {
            What::Own(body) => Some(body.to_string()),
            What::Dispatch(dispatch) => {
                let sees = self.world.read(|state| sees(state, self.user, &dispatch.audience));
                sees.then(|| format!(r#"{{"t":"{}","d":{}}}"#, dispatch.name, dispatch.json()))
            }
        }
    }
}

/// True if a human may learn of what is meant for this audience.
fn sees(state: &State, user: u64, audience: &Audience) -> bool {
    match audience {
        Audience::Guild(id) => state.is_member(user, *id),
        Audience::Channel(id) => state.can_view(user, *id) || !state.channels.contains_key(id),
        Audience::Application(_) | Audience::Blind(_) => false,
        Audience::Users(users) => users.contains(&user),
    }
}
