//! The actors' mailboxes: bounded, made when somebody speaks, given up when a channel falls silent.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{ChannelId, limits};
use lru::LruCache;
use store::TurnId;
use tokio::sync::mpsc::{self, error::TrySendError};

use super::{
    Actor, Work,
    left::{self, LeftTurns},
    questions::PEOPLE,
};
use crate::app::App;

/// How long work waits that cannot be done now.
const LATER: Duration = Duration::from_secs(20);

/// Every channel's mailbox. A cheap handle.
///
/// The lock is held for a look-up and a `try_send`, never across an await: that makes "the mailbox is empty, so the
/// actor ends" and "here is work" exclude each other, and no work falls between two actors.
#[derive(Clone)]
pub struct Conversations {
    app: App,
    mailboxes: Arc<Mutex<HashMap<ChannelId, mpsc::Sender<Work>>>>,
    left: Arc<LeftTurns>,
}

impl Conversations {
    /// No conversation yet.
    pub fn new(app: App) -> Self {
        let (life, left) = (app.life.clone(), Arc::<LeftTurns>::default());
        let conversations = Self { app: app.clone(), mailboxes: Arc::default(), left: left.clone() };
        life.spawn("turns that were left", left::take_up(app, conversations.clone(), left));
        conversations
    }

    /// An actor gives a turn up where it is: it is tried again later.
    pub(super) fn leave(&self, turn: TurnId) {
        self.left.leave(turn);
    }

    /// Hands work to a channel's actor, waiting while its mailbox is full.
    pub async fn give(&self, channel: ChannelId, work: Work) {
        let mut work = work;
        while let Some((full, back)) = self.try_give(channel, work) {
            // Full is rare and short: an actor empties its mailbox even while a turn runs.
            let _ = full.reserve().await;
            work = back;
        }
    }

    /// Tells a channel's actor something that only matters while it is at work; nobody waits and nothing is kept.
    pub fn mention(&self, channel: ChannelId, work: Work) {
        let mailbox = self.lock().get(&channel).cloned();
        if let Some(mailbox) = mailbox {
            // Full or gone: then it does not matter.
            let _ = mailbox.try_send(work);
        }
    }

    /// Hands work to a channel's actor after a pause, unless the program ends before.
    pub(super) fn give_later(&self, channel: ChannelId, work: Work) {
        let conversations = self.clone();
        self.app.life.spawn("work for later", async move {
            let soft = conversations.app.life.soft().clone();
            tokio::select! {
                () = soft.cancelled() => {}
                () = tokio::time::sleep(LATER) => conversations.give(channel, work).await,
            }
        });
    }

    fn try_give(&self, channel: ChannelId, work: Work) -> Option<(mpsc::Sender<Work>, Work)> {
        let mut mailboxes = self.lock();
        let mailbox = mailboxes.entry(channel).or_insert_with(|| self.begin(channel));
        match mailbox.try_send(work) {
            Ok(()) => None,
            Err(TrySendError::Full(work)) => Some((mailbox.clone(), work)),
            Err(TrySendError::Closed(work)) => {
                // The actor died (a panic ends the program) or the program ends.
                *mailbox = self.begin(channel);
                mailbox.try_send(work).err().map(|error| (mailbox.clone(), error.into_inner()))
            }
        }
    }

    /// Gives a channel's mailbox up if nothing is in it. Called by its actor.
    pub(super) fn retire(&self, channel: ChannelId, mailbox: &mpsc::Receiver<Work>) -> bool {
        let mut mailboxes = self.lock();
        let empty = mailbox.is_empty();
        if empty {
            mailboxes.remove(&channel);
        }
        empty
    }

    fn begin(&self, channel: ChannelId) -> mpsc::Sender<Work> {
        let (sender, mailbox) = mpsc::channel(limits::MAILBOX);
        let actor = Actor {
            app: self.app.clone(),
            conversations: self.clone(),
            channel,
            mailbox,
            jobs: VecDeque::new(),
            running: Vec::new(),
            endings: mpsc::channel(limits::CHANNEL_TURNS),
            last_voice: None,
            last_picture: None,
            suspects: Vec::new(),
            habits: LruCache::new(PEOPLE),
            typing: LruCache::new(PEOPLE),
            dice: fastrand::Rng::with_seed(channel.get() ^ self.app.started_at.as_millis().unsigned_abs()),
        };
        self.app.life.spawn("conversation", actor.run());
        sender
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ChannelId, mpsc::Sender<Work>>> {
        self.mailboxes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
