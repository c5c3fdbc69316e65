//! One actor per channel: it journals what comes in, decides who answers, and drives one turn at a time.
//!
//! An actor owns nothing that is not in the store or rebuildable from it: it may end at any time.

mod effects;
mod intake;
mod left;
mod mailbox;
mod recovery;

use std::collections::VecDeque;

use domain::{
    ChannelId, CharacterId, MessageId, Untrusted,
    command::CommandCall,
    event::{Message, Place},
    limits,
};
use store::{Pending, TurnId, TurnRecord};
use tokio::sync::{mpsc, oneshot};

pub use mailbox::Conversations;

use crate::app::App;

/// What a channel's actor is given.
#[derive(Debug)]
pub enum Work {
    /// A message came in.
    Heard(Box<Message>),
    /// Something was said while nobody listened: it is fetched and worked on before anything that came later, so
    /// that a message which is remembered proves that all before it are.
    Missed {
        /// Where.
        place: Place,
        /// The newest message that is known.
        after: MessageId,
    },
    /// Somebody used `/chat`.
    Asked {
        /// The command.
        call: Box<CommandCall>,
        /// Ends when Discord knows that an answer follows, which must be before the answer.
        deferred: oneshot::Receiver<()>,
    },
    /// The last run left this unfinished.
    Recovered(Box<Pending>),
    /// A message has another text now.
    Edited {
        /// Which.
        message: MessageId,
        /// The text.
        content: Untrusted,
    },
    /// Messages are gone.
    Deleted(Vec<MessageId>),
}

/// A turn that waits for its place in the channel's order.
#[derive(Debug)]
struct Job {
    turn: TurnId,
    message: Message,
    character: CharacterId,
    /// Why this character answers, for the receipt.
    reason: domain::attention::Reason,
    /// What the last run did already.
    record: Option<TurnRecord>,
}

struct Actor {
    app: App,
    conversations: Conversations,
    channel: ChannelId,
    mailbox: mpsc::Receiver<Work>,
    jobs: VecDeque<Job>,
    /// Turns whose question was deleted while they waited or ran.
    withdrawn: Vec<TurnId>,
    dice: fastrand::Rng,
}

impl Actor {
    async fn run(mut self) {
        loop {
            if let Some(job) = self.jobs.pop_front() {
                if self.app.life.soft().is_cancelled() {
                    // Accepted and journalled: the next start takes it up.
                    return;
                }
                self.perform(job).await;
                continue;
            }
            tokio::select! {
                biased;
                work = self.mailbox.recv() => match work {
                    Some(work) => self.take(work).await,
                    None => return,
                },
                () = self.app.life.soft().cancelled() => return,
                () = tokio::time::sleep(limits::CONVERSATION_IDLE) => {
                    if self.conversations.retire(self.channel, &self.mailbox) {
                        return;
                    }
                }
            }
        }
    }
}
