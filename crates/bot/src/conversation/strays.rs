//! Posts that were given up for lost, and what becomes of one that arrives after all.
//!
//! A process that dies between recording a text and hearing of its post leaves behind a request that may still be on
//! its way. The channel is read before anything is said again, after a pause; but a network can keep a request for
//! longer than anybody wants to wait. So what was looked for is remembered: when our own webhook says just that later
//! and no receipt knows the message, it is deleted.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use discord::Sent;
use domain::{
    ChannelId, Timestamp,
    event::{AuthorKind, Message, Place},
};
use serde::{Deserialize, Serialize};
use store::{Store, TurnId};

use super::{Actor, intake::place_of};
use crate::{clock, documents::Documents};

/// How long a post that was given up is waited for.
const KEPT: Duration = Duration::from_mins(15);

/// Posts of a channel that are waited for at most.
const MOST: usize = 32;

/// Channels whose lost posts stay in memory.
const CHANNELS: NonZeroUsize = NonZeroUsize::new(500).unwrap();

/// Messages of a channel at most that look like lost posts while their turn is under way.
const SUSPECTS: usize = 64;

/// What was given up. A cheap handle.
#[derive(Clone)]
pub struct Strays(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    lost: Documents<Vec<Lost>>,
}

/// A post that may still arrive. Its words are not kept: they may be about somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Lost {
    turn: TurnId,
    print: u64,
    at: Timestamp,
}

/// A message of ours that nobody knows, and whose it may be: the turns that were under way when it came.
#[derive(Clone, Debug)]
pub(super) struct Suspect {
    place: Place,
    sent: Sent,
    turns: Vec<TurnId>,
}

impl Strays {
    /// What a store remembers of lost posts.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self(Arc::new(Inner { store, lost: Documents::new("strays", CHANNELS) }))
    }

    /// Notes that a text may stand in a channel, or come to stand there, without anybody knowing; durable when it
    /// returns. To be called before the channel is read: what arrives after the reading is then known by its echo.
    pub(super) async fn look_out(&self, channel: ChannelId, turn: TurnId, text: &str) -> store::Result<()> {
        let (now, print) = (clock::now(), print(text));
        let note = |lost: &mut Vec<Lost>| {
            if lost.iter().any(|lost| (lost.turn, lost.print) == (turn, print)) {
                return false;
            }
            lost.retain(|lost| now.since(lost.at) <= KEPT);
            if lost.len() >= MOST {
                lost.remove(0);
            }
            lost.push(Lost { turn, print, at: now });
            true
        };
        match self.0.lost.change(&*self.0.store, &channel.to_string(), note).await? {
            Some(doc) => self.0.store.keep_states(&[doc]).await,
            None => Ok(()),
        }
    }

    /// Whether a message says what a lost post said.
    async fn says(&self, message: &Message) -> store::Result<bool> {
        let lost = self.0.lost.get(&*self.0.store, &message.place.channel.to_string()).await?;
        if lost.is_empty() {
            return Ok(false);
        }
        let (now, print) = (clock::now(), print(message.content.raw()));
        Ok(lost.iter().any(|lost| lost.print == print && now.since(lost.at) <= KEPT))
    }
}

impl Actor {
    /// Looks whether a message of our own is one that was given up. What the bot account says cannot come twice: its
    /// posts carry a nonce.
    pub(super) async fn own(&mut self, message: &Message) -> store::Result<()> {
        let AuthorKind::Webhook(webhook, _) = message.author.kind else { return Ok(()) };
        if !self.app.strays.says(message).await? {
            return Ok(());
        }
        if self.suspects.len() < SUSPECTS {
            let sent = Sent { message: message.id, webhook: Some(webhook) };
            // It may be what one of these is saying right now, in the same words: its receipt comes with its end.
            let turns = self.under_way().await?;
            self.suspects.push(Suspect { place: message.place, sent, turns });
        }
        self.judge().await
    }

    /// Deletes what looks like a lost post and has no receipt, although all turns are over whose it may have been.
    pub(super) async fn judge(&mut self) -> store::Result<()> {
        if self.suspects.is_empty() {
            return Ok(());
        }
        let under_way = self.under_way().await?;
        let (open, over): (Vec<_>, Vec<_>) = self
            .suspects
            .drain(..)
            .partition(|suspect| suspect.turns.iter().any(|turn| under_way.contains(turn)));
        self.suspects = open;
        for Suspect { place, sent, .. } in over {
            let message = sent.message;
            if self.app.store.receipt(message).await?.is_some() {
                continue;
            }
            tracing::info!(%message, "a post that was given up for lost has arrived and is deleted");
            if let Err(error) = self.app.speaker.delete(&place, &sent).await {
                tracing::warn!(%message, %error, "what was said twice cannot be deleted");
            }
        }
        Ok(())
    }

    /// The channel's turns that are not over.
    async fn under_way(&self) -> store::Result<Vec<TurnId>> {
        let mut pending = self.app.store.unfinished().await?;
        pending.retain(|pending| place_of(&pending.event).is_some_and(|place| place.channel == self.channel));
        Ok(pending.iter().filter_map(|pending| TurnId::of(&pending.event)).collect())
    }
}

/// An FNV-1a hash of a text as Discord keeps it: without white space around it.
fn print(text: &str) -> u64 {
    text.trim()
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}
