//! Everything that the bot says to Discord.

mod answers;
mod commands;
mod history;
mod names;
mod posts;
mod webhooks;

use std::{fmt, sync::Arc};

use domain::{MessageId, WebhookId, event::Identity};
use serde::{Deserialize, Serialize};

pub use self::commands::commands_payload;
use self::webhooks::Webhooks;
use crate::rest::Rest;

/// Says things on Discord. Cheap to clone; all clones share the rate limits and the known webhooks.
#[derive(Clone)]
pub struct Speaker {
    inner: Arc<Inner>,
}

struct Inner {
    rest: Arc<Rest>,
    identity: Identity,
    webhooks: Webhooks,
}

/// A message that was said: what is needed to change it later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Its id.
    pub message: MessageId,
    /// The webhook that said it; `None` when the bot account itself did.
    pub webhook: Option<WebhookId>,
}

/// Names a message before it is sent, so that sending it again within a few minutes does not post it again.
///
/// Only the bot account's own messages can carry it. Source: Discord documentation, "Create Message",
/// `enforce_nonce`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Nonce {
    /// The turn: the id of the message that it answers.
    pub turn: u64,
    /// Which of the turn's messages.
    pub part: u16,
}

impl fmt::Display for Nonce {
    /// At most 22 of the 25 characters that Discord takes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{:x}", self.turn, self.part)
    }
}

impl Speaker {
    pub(crate) fn new(rest: Arc<Rest>, identity: Identity) -> Self {
        Self { inner: Arc::new(Inner { rest, identity, webhooks: Webhooks::new(identity.application) }) }
    }

    /// Who the bot is.
    pub fn identity(&self) -> Identity {
        self.inner.identity
    }

    /// How many requests Discord refused within the last ten minutes; at 10,000 it bans the address for a day.
    pub fn refused_requests(&self) -> usize {
        self.inner.rest.invalid()
    }
}

impl fmt::Debug for Speaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Speaker").field("identity", &self.inner.identity).finish_non_exhaustive()
    }
}
