//! Everything that the bot says to Discord.

mod answers;
mod commands;
mod components;
mod faces;
mod history;
mod names;
mod panel_posts;
mod panels;
mod posts;
mod standing;
mod webhooks;

use std::{fmt, sync::Arc};

use bytes::Bytes;
use domain::{MessageId, WebhookId, event::Identity};
use serde::{Deserialize, Serialize};

pub use self::{commands::commands_payload, standing::Standing};
use self::{faces::Faces, webhooks::Webhooks};
use crate::{error::FileError, gateway::directory::Directory, rest::Rest};

/// Says things on Discord. Cheap to clone; all clones share the rate limits and the known webhooks.
#[derive(Clone)]
pub struct Speaker {
    inner: Arc<Inner>,
}

struct Inner {
    rest: Arc<Rest>,
    directory: Arc<Directory>,
    identity: Identity,
    webhooks: Webhooks,
    faces: Faces,
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
    pub(crate) fn new(rest: Arc<Rest>, directory: Arc<Directory>, identity: Identity) -> Self {
        let webhooks = Webhooks::new(identity.application);
        let faces = Faces::new(rest.base());
        Self { inner: Arc::new(Inner { rest, directory, identity, webhooks, faces }) }
    }

    /// Who the bot is.
    pub fn identity(&self) -> Identity {
        self.inner.identity
    }

    /// Fetches a file of at most `most` bytes that hangs on a message or is shown in an embed, without the bot's token.
    ///
    /// Only Discord's own hosts are asked, over TLS, and where the REST API lives (on this machine without TLS). No
    /// redirect is followed: whoever can write a message could lead us anywhere.
    pub async fn fetch_file(&self, url: &str, most: usize) -> Result<Bytes, FileError> {
        self.inner.rest.download(url, most).await
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
