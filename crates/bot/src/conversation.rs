//! One actor per channel: it journals what comes in, decides who answers, and has the turns performed.
//!
//! An actor owns nothing that is not in the store or rebuildable from it: it may end at any time.

mod again;
mod briefing;
mod changed;
mod intake;
mod left;
mod mailbox;
mod performance;
mod questions;
mod queue;
mod recovery;
mod setting;
mod showing;
mod silence;
mod strays;

use std::{
    collections::VecDeque,
    sync::{Arc, atomic::AtomicBool},
};

use domain::{
    ChannelId, CharacterId, MessageId, Timestamp, Untrusted, UserId,
    burst::Habit,
    command::CommandCall,
    cue::Cue,
    event::{Message, Place},
    limits,
};
use lru::LruCache;
use store::{Pending, TurnId};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

pub use again::{Origin, Taken};
pub use mailbox::Conversations;
pub(crate) use recovery::may_pass;
pub use strays::Strays;

use crate::{app::App, clock, meanwhile::Differences};
use performance::{Ended, Finish, Signal};
use queue::{Job, Occasion, Slot};

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
    /// A character is to speak although no message asks for it.
    Cued(Box<Cue>),
    /// A reply that stands in the channel is to be another one.
    Again {
        /// The cue of its turn, with [`domain::attention::Reason::Again`].
        cue: Box<Cue>,
        /// An earlier reply's number; `None` asks for a new one.
        earlier: Option<u32>,
        /// Hears what came of it.
        taken: oneshot::Sender<Taken>,
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
    /// While nobody listened, messages were deleted or edited.
    Differs(Differences),
    /// The channel is no more.
    Gone,
    /// Somebody types.
    Typing(UserId),
}

/// A turn under way.
struct Running {
    slot: Slot,
    /// Its question, as the turn was last told.
    question: Option<Box<queue::Question>>,
    /// Who answers it.
    characters: Vec<CharacterId>,
    /// The message that it answers, and whether that was deleted.
    about: Option<MessageId>,
    deleted: bool,
    /// Whether anything of the answer can be seen.
    shown: Arc<AtomicBool>,
    signals: mpsc::Sender<Signal>,
}

struct Actor {
    app: App,
    conversations: Conversations,
    channel: ChannelId,
    mailbox: mpsc::Receiver<Work>,
    jobs: VecDeque<Job>,
    running: Vec<Running>,
    endings: (mpsc::Sender<Ended>, mpsc::Receiver<Ended>),
    /// Who wrote last.
    last_voice: Option<UserId>,
    /// When a person last showed a picture.
    last_picture: Option<Timestamp>,
    /// Messages of ours that no receipt knows yet; see [`strays`].
    suspects: Vec<strays::Suspect>,
    habits: LruCache<UserId, Habit>,
    typing: LruCache<UserId, Instant>,
    dice: fastrand::Rng,
}

impl Actor {
    async fn run(mut self) {
        loop {
            // Before the turns are looked at: one whose moment comes in between is woken for.
            let looked = Instant::now();
            self.begin_turns();
            let ending = self.app.life.soft().is_cancelled();
            if ending && self.running.is_empty() {
                // What waits is journalled: the next start takes it up.
                return;
            }
            let (quiet, wake) = (self.running.is_empty() && self.jobs.is_empty(), self.held_until(looked));
            tokio::select! {
                biased;
                Some(ended) = self.endings.1.recv() => self.ended(ended).await,
                work = self.mailbox.recv() => match work {
                    Some(work) => self.take(work).await,
                    None => return,
                },
                () = self.app.life.soft().cancelled(), if !ending => {}
                () = tokio::time::sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {}
                () = tokio::time::sleep(limits::CONVERSATION_IDLE), if quiet => {
                    if self.conversations.retire(self.channel, &self.mailbox) {
                        return;
                    }
                }
            }
        }
    }

    /// Begins every waiting turn that nothing stands in the way of.
    fn begin_turns(&mut self) {
        while self.running.len() < limits::CHANNEL_TURNS && !self.app.life.soft().is_cancelled() {
            let running = self.running.iter().map(|running| &running.slot);
            let Some(next) = queue::next_to_begin(&self.jobs, running, Instant::now()) else { return };
            let Some(job) = self.jobs.remove(next) else { return };
            let (signals, heard) = mpsc::channel(limits::CHANNEL_TURNS);
            let question = match &job.occasion {
                Occasion::Question(question) => Some(question.clone()),
                Occasion::Cue(_) => None,
            };
            let characters = std::iter::once(&job.character).chain(&job.then).cloned().collect();
            let shown = Arc::<AtomicBool>::default();
            let (slot, about) = (job.slot(), job.about());
            let shown_too = shown.clone();
            self.running.push(Running {
                slot,
                question,
                characters,
                about,
                deleted: false,
                shown: shown_too,
                signals,
            });
            let (app, endings) = (self.app.clone(), self.endings.0.clone());
            self.app.life.spawn("turn", async move {
                let ended = performance::perform(app, job, heard, shown).await;
                // The actor waits for its turns; it is gone only when the program is.
                let _ = endings.send(ended).await;
            });
        }
    }

    /// When a waiting turn may begin that is held back now.
    fn held_until(&self, looked: Instant) -> Option<Instant> {
        self.jobs.iter().filter_map(|job| job.not_before).filter(|at| *at > looked).min()
    }

    async fn ended(&mut self, ended: Ended) {
        let Ended { mut job, finish } = ended;
        let turn = job.turn;
        let running = self.running.iter().position(|running| running.slot.turn == turn);
        let running = running.map(|running| self.running.swap_remove(running));
        let deleted = running.as_ref().is_some_and(|running| running.deleted);
        let asked = running.and_then(|running| running.question);
        match finish {
            // Its question was deleted while the next cue was on its way into the journal.
            Finish::Done(Some(cue)) if deleted && queue::about(&cue).is_some() => {
                self.abandon(TurnId(cue.id), None, &[]).await;
            }
            Finish::Done(Some(cue)) => self.queue_cue(cue, None),
            Finish::Done(None) => {}
            Finish::Abandon(place, sent) => {
                self.abandon(turn, Some(place), &sent).await;
                if let Occasion::Question(question) = &mut job.occasion
                    && sent.is_empty()
                {
                    // Only the first message is gone, and nobody has seen an answer: what followed it is asked anew.
                    question.more.clear();
                }
            }
            Finish::Later(until) => {
                let not_before = Some(Instant::now() + until.since(clock::now()));
                return self.jobs.push_back(Job { not_before, ..job });
            }
            Finish::Left => {
                let merged = asked.iter().flat_map(|asked| asked.merged());
                return std::iter::once(turn).chain(merged).for_each(|turn| self.conversations.leave(turn));
            }
        }
        if let Err(error) = self.judge().await {
            tracing::error!(turn = %turn, %error, "the store failed; what may stand there twice is not looked at");
        }
        self.app.ended(turn);
        if let Err(error) = self.question_ended(job, asked).await {
            tracing::error!(turn = %turn, %error, "the store failed; what was asked along with this waits for the next start");
        }
    }
}
