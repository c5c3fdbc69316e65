//! Faults on demand: what the network and Discord do to a bot, whenever a test wants it.
//!
//! [`Faults`] is a switchboard. Sockets register here and obey; the gateway asks it before it passes a dispatch on;
//! the REST layer asks it before it handles a request. With nothing switched on it costs one lock per event.

mod dispatches;
mod requests;
pub(crate) mod rest;
mod sockets;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

pub use requests::{RateLimitScope, RestFault};
pub use sockets::Target;
pub(crate) use sockets::{Order, SocketGuard, SocketOrders};

use dispatches::DispatchFaults;
use requests::RequestFaults;
use sockets::Sockets;

/// The switchboard. Clones share it.
#[derive(Clone, Debug)]
pub struct Faults {
    state: Arc<Mutex<State>>,
    held: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct State {
    sockets: Sockets,
    dispatches: DispatchFaults,
    requests: RequestFaults,
    refuse: u32,
    /// Sessions of older generations are forgotten.
    generation: u64,
}

impl Default for Faults {
    fn default() -> Self {
        Self { state: Arc::default(), held: watch::Sender::new(0) }
    }
}

impl Faults {
    /// Everything back to normal: no rule is left, held requests and frozen sockets go on.
    pub fn clear(&self) {
        let mut state = self.lock();
        state.dispatches = DispatchFaults::default();
        state.requests.release();
        state.requests = RequestFaults::default();
        state.refuse = 0;
        state.sockets.order(&Target::All, &Order::Thaw);
    }

    // Sockets. Each call gives the number of sockets that it reached.

    /// Ends connections at once, without a close frame: the cable is cut.
    pub fn drop_sockets(&self, target: &Target) -> usize {
        self.lock().sockets.kill(target)
    }

    /// Closes connections with a code, e.g. 4000 or 1012. Sessions end with 1000 and 1001 only.
    pub fn close_sockets(&self, target: &Target, code: u16) -> usize {
        self.lock().sockets.order(target, &Order::Close(code))
    }

    /// Half-open connections: nothing is read and nothing is sent any more, but the socket stays.
    pub fn freeze_sockets(&self, target: &Target) -> usize {
        self.lock().sockets.order(target, &Order::Freeze)
    }

    /// Frozen connections go on where they stopped.
    pub fn thaw_sockets(&self, target: &Target) -> usize {
        self.lock().sockets.order(target, &Order::Thaw)
    }

    /// Sends RECONNECT (op 7) now.
    pub fn reconnect(&self, target: &Target) -> usize {
        self.lock().sockets.order(target, &Order::Reconnect)
    }

    /// Sends INVALID SESSION (op 9) now; if not `resumable`, the session ends too.
    pub fn invalidate_session(&self, target: &Target, resumable: bool) -> usize {
        self.lock().sockets.order(target, &Order::InvalidSession(resumable))
    }

    /// Asks for a heartbeat (op 1) now.
    pub fn request_heartbeat(&self, target: &Target) -> usize {
        self.lock().sockets.order(target, &Order::Heartbeat)
    }

    /// The next `count` gateway connections are accepted and then dropped at once, before HELLO.
    pub fn refuse_connections(&self, count: u32) {
        self.lock().refuse = count;
    }

    /// Every RESUME of a session that exists now will fail with `INVALID SESSION (false)`.
    /// Connections stay as they are.
    pub fn forget_sessions(&self) {
        self.lock().generation += 1;
    }

    /// Open gateway connections, and how many of them carry a session.
    pub fn sockets(&self) -> (usize, usize) {
        self.lock().sockets.count()
    }

    // Dispatches of the world; READY, RESUMED and the first GUILD_CREATEs are never touched.

    /// From now on, dispatches leave so much later; zero ends it. Their order stays.
    pub fn delay_dispatches(&self, by: Duration) {
        self.lock().dispatches.delay = by;
    }

    /// The next `count` dispatches (of that name, if given) are sent twice, with two sequence numbers.
    pub fn duplicate_dispatches(&self, name: Option<&str>, count: u32) {
        self.lock().dispatches.duplicate(name, count);
    }

    /// The next `pairs` pairs of dispatches (of that name, if given) arrive in swapped order. The first of a pair
    /// is held back until the second one happens.
    pub fn swap_dispatches(&self, name: Option<&str>, pairs: u32) {
        self.lock().dispatches.swap(name, pairs);
    }

    /// The next `count` dispatches (of that name, if given) are lost, also for a RESUME.
    pub fn lose_dispatches(&self, name: Option<&str>, count: u32) {
        self.lock().dispatches.lose(name, count);
    }

    // REST requests.

    /// The next `count` requests that match get `fault`. `method` may be `*`; in `path` (without `/api/v10`)
    /// `*` stands for one segment and a last `**` for the rest, e.g. `/channels/*/messages`. Files fail only for a
    /// path that begins with `/attachments/`.
    pub fn fail_requests(&self, method: &str, path: &str, count: u32, fault: RestFault) {
        self.lock().requests.add(method, path, count, fault);
    }

    /// The next `count` requests that match wait until [`Faults::release_requests`]; then they are handled.
    pub fn hold_requests(&self, method: &str, path: &str, count: u32) {
        self.lock().requests.hold(method, path, count);
    }

    /// The next `count` requests that match are on the wire until [`Faults::release_requests`]; then they are handled,
    /// also if their client is gone: a network that delivers late. Until then they count as held.
    pub fn keep_requests_on_the_wire(&self, method: &str, path: &str, count: u32) {
        self.lock().requests.keep_on_the_wire(method, path, count);
    }

    /// Lets all held requests go on, and holds no more.
    pub fn release_requests(&self) {
        self.lock().requests.release();
    }

    /// Waits until at least `count` requests are being held.
    pub async fn requests_held(&self, count: usize) {
        let mut held = self.held.subscribe();
        // The sender lives as long as `self`, so this only ends when the number is reached.
        let _ = held.wait_for(|now| *now >= count).await;
    }

    /// What shall happen to this request, if anything. Spends the rule that matched.
    pub fn on_request(&self, method: &str, path: &str) -> Option<RestFault> {
        self.lock().requests.next(method, path)
    }

    // For the gateway.

    pub(crate) fn register_socket(&self) -> SocketOrders {
        let (id, orders, kill) = self.lock().sockets.register();
        SocketOrders { guard: SocketGuard { faults: self.clone(), id }, orders, kill }
    }

    pub(crate) fn refuses(&self) -> bool {
        let mut state = self.lock();
        let refused = state.refuse > 0;
        state.refuse = state.refuse.saturating_sub(1);
        refused
    }

    pub(crate) fn generation(&self) -> u64 {
        self.lock().generation
    }

    /// What becomes of a dispatch: how often it goes out, when, and what follows it.
    pub(crate) fn on_dispatch<T: Clone>(
        &self,
        name: &str,
        item: T,
        kept_back: &mut Option<T>,
    ) -> (Vec<T>, Duration) {
        let mut state = self.lock();
        (state.dispatches.pass(name, item, kept_back), state.dispatches.delay)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
