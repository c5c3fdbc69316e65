//! The open gateway connections, and orders to them.

use std::collections::HashMap;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Faults;

/// Orders that may wait at one connection; more are dropped.
const WAITING_ORDERS: usize = 16;

/// Which connections a fault hits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    All,
    /// Connections of one application's sessions.
    Application(u64),
    /// The connection of one session.
    Session(String),
    /// The connections of one shard id.
    Shard(u32),
}

/// What a connection shall do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Close(u16),
    Freeze,
    Thaw,
    Reconnect,
    InvalidSession(bool),
    Heartbeat,
}

#[derive(Debug, Default)]
pub(super) struct Sockets {
    next_id: u64,
    open: HashMap<u64, Socket>,
}

#[derive(Debug)]
struct Socket {
    orders: mpsc::Sender<Order>,
    kill: CancellationToken,
    session: Option<Carried>,
}

/// The session that a connection carries.
#[derive(Debug)]
struct Carried {
    application: u64,
    session: String,
    shard: u32,
}

impl Sockets {
    pub(super) fn register(&mut self) -> (u64, mpsc::Receiver<Order>, CancellationToken) {
        let (orders, inbox) = mpsc::channel(WAITING_ORDERS);
        let kill = CancellationToken::new();
        self.next_id += 1;
        self.open.insert(self.next_id, Socket { orders, kill: kill.clone(), session: None });
        (self.next_id, inbox, kill)
    }

    pub(super) fn order(&self, target: &Target, order: &Order) -> usize {
        self.matching(target).filter(|s| s.orders.try_send(order.clone()).is_ok()).count()
    }

    pub(super) fn kill(&self, target: &Target) -> usize {
        self.matching(target).map(|s| s.kill.cancel()).count()
    }

    pub(super) fn count(&self) -> (usize, usize) {
        (self.open.len(), self.open.values().filter(|s| s.session.is_some()).count())
    }

    fn matching(&self, target: &Target) -> impl Iterator<Item = &Socket> {
        self.open.values().filter(move |socket| match (target, &socket.session) {
            (Target::All, _) => true,
            (_, None) => false,
            (Target::Application(id), Some(carried)) => carried.application == *id,
            (Target::Session(id), Some(carried)) => carried.session == *id,
            (Target::Shard(id), Some(carried)) => carried.shard == *id,
        })
    }
}

/// One connection's end of the switchboard.
pub(crate) struct SocketOrders {
    pub(crate) guard: SocketGuard,
    pub(crate) orders: mpsc::Receiver<Order>,
    /// Cancelled: end at once.
    pub(crate) kill: CancellationToken,
}

/// Keeps a connection registered.
pub(crate) struct SocketGuard {
    pub(super) faults: Faults,
    pub(super) id: u64,
}

impl SocketGuard {
    /// A number for this connection that no other one has.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// The connection carries a session now.
    pub(crate) fn carries(&self, application: u64, session: &str, shard: u32) {
        if let Some(socket) = self.faults.lock().sockets.open.get_mut(&self.id) {
            socket.session = Some(Carried { application, session: session.to_owned(), shard });
        }
    }
}

impl Drop for SocketGuard {
    fn drop(&mut self) {
        self.faults.lock().sockets.open.remove(&self.id);
    }
}
