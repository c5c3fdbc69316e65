//! Another answer in the place of one that stands in the channel, and going back to an earlier one.
//!
//! The turn is taken up once more with the messages that it has: the new words are written into them by edits, more
//! messages are posted or the last ones deleted. Until the new words are settled the old ones count, and where no new
//! ones come they are brought back: an apology never takes the place of an answer.

use discord::Sent;
use domain::{
    MessageId,
    attention::Reason,
    cue::{self, Cue, Task},
    event::Event,
};
use serde::{Deserialize, Serialize};
use store::{Alternative, Outcome, PartState, TurnId, TurnRecord};

use super::{
    Actor,
    left::insist,
    performance::Finish,
    queue::{Job, Occasion},
    recovery::posted,
    showing::shown,
};
use crate::{app::App, clock};

/// How far Discord's clock may be behind ours.
const SKEW: i64 = 60_000;

/// What a reply came of, kept with it so that the same can be asked again: ids, no words of members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Somebody asked.
    Question {
        /// The message, or the interaction of a `/chat`.
        first: MessageId,
        /// The messages that followed at once and belong to it.
        #[serde(default)]
        merged: Vec<MessageId>,
    },
    /// The character went on from this message of its own.
    GoOn(MessageId),
    /// It spoke unasked; the direction is ours.
    Remark(String),
    /// It played in a scene.
    Scene,
}

impl Origin {
    /// What kept receipts call it.
    pub const KEY: &str = "origin";

    pub(super) fn of(job: &Job) -> Self {
        match &job.occasion {
            Occasion::Question(question) => {
                Self::Question { first: question.first.id, merged: question.merged_messages() }
            }
            Occasion::Cue(cue) => match &cue.task {
                Task::Answer(message) => Self::Question { first: message.id, merged: cue.merged.clone() },
                Task::GoOn { message } => Self::GoOn(*message),
                Task::Remark { direction } => Self::Remark(direction.clone()),
                Task::Scene(_) => Self::Scene,
            },
        }
    }
}

/// What came of the wish for other words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// They will stand there soon.
    Begun,
    /// The turn is under way: other words of it are on their way already.
    Busy,
    /// There is no such reply any more.
    Gone,
}

impl Actor {
    /// Takes a turn up once more: for a new reply, or for an earlier one of that number.
    pub(super) async fn again(&mut self, cue: Box<Cue>, earlier: Option<u32>) -> store::Result<Taken> {
        let turn = TurnId(cue.id);
        let known = self.running.iter().map(|running| running.slot.turn);
        if known.chain(self.jobs.iter().map(|job| job.turn)).any(|known| known == turn) {
            return Ok(Taken::Busy);
        }
        let (event, now) = (Event::Cue(cue.clone()), clock::now());
        // Not insisted on: who reopens twice finds the turn open. What became of it then is found by who looks for
        // turns that were left.
        let record = match earlier {
            None => self.app.store.reopen(turn, &event, now).await?,
            Some(n) => self.app.store.choose(turn, &event, n, now).await?,
        };
        let Some(record) = record else { return Ok(Taken::Gone) };
        tracing::debug!(%turn, ?earlier, "taken up again");
        self.queue_cue(cue, Some(record));
        Ok(Taken::Begun)
    }
}

impl Job {
    /// The cue, if this is a turn that is taken up once more.
    pub(super) fn again(&self) -> Option<&Cue> {
        match &self.occasion {
            Occasion::Cue(cue) if cue.reason == Reason::Again => Some(cue),
            Occasion::Cue(_) | Occasion::Question(_) => None,
        }
    }

    /// Tells the replies of one turn from each other: it is the seed of the dice, so that a new reply is another one,
    /// and names posts, so that a message which was deleted is not taken for the one that is to be posted.
    pub(super) fn salt(&self) -> u64 {
        self.turn.0 ^ self.again().map_or(0, |cue| cue.at.as_millis().unsigned_abs())
    }

    /// Nothing that this job posts can be older than this message.
    pub(super) fn since(&self) -> MessageId {
        let Some(cue) = self.again() else {
            // The numbers of cues are of our clock, those of questions are of Discord's.
            let skew = if matches!(self.occasion, Occasion::Cue(_)) { SKEW.unsigned_abs() << 22 } else { 0 };
            return MessageId(self.turn.0.saturating_sub(skew));
        };
        let begun = domain::Timestamp(cue.at.as_millis().saturating_sub(SKEW));
        let at_least = cue::own_id(begun, &mut fastrand::Rng::with_seed(0));
        MessageId(at_least.max(self.turn.0))
    }
}

/// Makes sure that every message gets its text: what the store knows of it may be older than what stands there, because
/// the edits of a growing reply are not recorded.
pub(super) fn distrust(record: &mut TurnRecord) {
    for part in &mut record.parts {
        if matches!(part.state, PartState::Posted | PartState::Shown) {
            part.state = PartState::Stale;
        }
    }
}

/// The number of the reply that stood there before the turn was taken up, if its record holds no new one yet.
pub(super) async fn stood(app: &App, job: &Job) -> store::Result<Option<u32>> {
    let Some(record) = job.record.as_ref().filter(|record| !record.settled && job.again().is_some()) else {
        return Ok(None);
    };
    let all = insist(|| app.store.alternatives(record.turn)).await?;
    let texts: Vec<&str> = record.parts.iter().map(|part| part.text.as_str()).collect();
    // Its texts are those of the messages still: new ones are not recorded before they are settled. Where a message was
    // deleted, the newest is the best guess.
    let it_stood = |one: &&Alternative| {
        texts.len() >= one.parts.len() && one.parts.iter().zip(&texts).all(|(part, text)| part == text)
    };
    let stood = all.iter().filter(it_stood).max_by_key(|one| (one.parts.len(), one.n));
    Ok(stood.or_else(|| all.iter().max_by_key(|one| one.n)).map(|one| one.n))
}

/// Settles the reply that stood there before, because no new one came.
///
/// `None` when it is not known any more.
pub(super) async fn give_back(app: &App, job: &Job, stood: u32) -> store::Result<Option<TurnRecord>> {
    let Some(cue) = job.again() else { return Ok(None) };
    let event = Event::Cue(Box::new(cue.clone()));
    let mut record = insist(|| app.store.choose(job.turn, &event, stood, clock::now())).await?;
    if let Some(record) = &mut record {
        distrust(record);
    }
    Ok(record)
}

/// Ends a turn that was taken up and cannot be performed: what stands in the channel stays.
pub(super) async fn let_stand(app: &App, job: &Job, why: &str) -> Finish {
    tracing::info!(turn = %job.turn, why, "no other answer is given");
    let ended = async {
        if let Some(stood) = stood(app, job).await? {
            give_back(app, job, stood).await?;
        }
        let sent: Vec<Sent> = job.record.as_ref().map(posted).unwrap_or_default();
        let shown: Vec<_> = sent.iter().enumerate().map(|(part, sent)| shown(part, sent)).collect();
        insist(|| app.store.complete(job.turn, &shown, &Outcome::Answered, None)).await
    };
    match ended.await {
        Ok(()) => Finish::Done(None),
        Err(error) => {
            tracing::error!(turn = %job.turn, %error, "the store failed");
            Finish::Left
        }
    }
}
