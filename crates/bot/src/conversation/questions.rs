//! Questions that change while they wait: pieces that follow, edits, deletions.

use std::{num::NonZeroUsize, sync::atomic::Ordering, time::Duration};

use domain::{
    CharacterId, MessageId, Untrusted, UserId,
    attention::Verdict,
    burst::{self, Asked, Habit},
    event::Message,
    scene::{Line, Speaker},
    state::Heard,
};
use store::{Outcome, PART_OF_A_QUESTION, StateDoc, StoreError, TurnId};
use tokio::time::Instant;

use super::{
    Actor, Job, Signal,
    left::insist,
    queue::{Occasion, Question},
    recovery::posted,
    setting::Setting,
};
use crate::bonds;

/// People whose way of writing, or typing, is remembered in one channel.
pub(super) const PEOPLE: NonZeroUsize = NonZeroUsize::new(64).unwrap();

/// Newest lines at a message's place among which it is looked for.
const NEAR: u32 = 40;

/// How long somebody who was seen typing still types. Discord shows it for ten seconds.
const TYPES: Duration = Duration::from_secs(10);

impl Actor {
    /// How a person writes here.
    pub(super) fn habit(&mut self, person: UserId) -> &mut Habit {
        self.habits.get_or_insert_mut(person, Habit::default)
    }

    /// Somebody types: a question of theirs that is held back for more waits a little longer, once for each message.
    pub(super) fn types(&mut self, person: UserId) {
        let now = Instant::now();
        if self.typing.put(person, now).is_some_and(|before| before.elapsed() < TYPES) {
            return;
        }
        let habit = self.habits.get_or_insert(person, Habit::default);
        let of_person =
            |job: &&mut Job| job.asker() == Some(person) && job.not_before.is_some_and(|at| at > now);
        for job in self.jobs.iter_mut().filter(of_person) {
            let Occasion::Question(question) = &job.occasion else { continue };
            let last = question.more.last().unwrap_or(&question.first);
            job.not_before = job.not_before.max(Some(now + burst::pause(last.content.raw(), habit, true)));
        }
    }

    /// How long to wait for more of a message before its answer is begun.
    pub(super) fn pause_after(&mut self, message: &Message) -> Duration {
        // Whoever sends a message is done typing it: only what is seen from now on counts, in `types`.
        self.typing.pop(&message.author.id);
        burst::pause(message.content.raw(), self.habit(message.author.id), false)
    }

    /// Makes a message part of the question before it, if nobody has seen an answer to that yet.
    pub(super) fn join_question(&mut self, message: &Message, verdict: &Verdict, interrupted: bool) -> bool {
        let pause = self.pause_after(message);
        let joins = |question: &Question, characters: &[CharacterId], shown: bool| {
            let last = question.more.last().unwrap_or(&question.first);
            let whole = question.whole();
            let asked = Asked {
                last,
                messages: 1 + question.more.len(),
                chars: whole.content.raw().chars().count(),
                characters,
                shown,
                spoken_between: interrupted,
            };
            question.first.author.id == message.author.id && burst::may_join(&asked, message, verdict)
        };
        for job in self.jobs.iter_mut().rev().filter(|job| job.record.is_none()) {
            let characters: Vec<_> = std::iter::once(&job.character).chain(&job.then).cloned().collect();
            let Occasion::Question(question) = &mut job.occasion else { continue };
            if joins(question, &characters, false) {
                question.more.push(message.clone());
                if !pause.is_zero() {
                    job.not_before = Some(Instant::now() + pause);
                }
                return true;
            }
        }
        for running in self.running.iter_mut().rev() {
            let Some(question) = &mut running.question else { continue };
            if joins(question, &running.characters, running.shown.load(Ordering::Acquire)) {
                question.more.push(message.clone());
                // A turn that does not listen any more gives the message back when it has ended.
                let _ = running.signals.try_send(Signal::Revised(question.clone()));
                return true;
            }
        }
        false
    }

    /// A turn of a question is over: so are the messages that were part of it; what came too late is a question of
    /// its own.
    pub(super) async fn question_ended(
        &mut self,
        job: Job,
        asked: Option<Box<Question>>,
    ) -> store::Result<()> {
        let Occasion::Question(answered) = job.occasion else { return Ok(()) };
        let answered: Vec<TurnId> = answered.merged().collect();
        let outcome = Outcome::Ignored { reason: PART_OF_A_QUESTION.to_owned() };
        for turn in &answered {
            match insist(|| self.app.store.finish(*turn, &outcome, None)).await {
                // Over already: it ended with the decision, or it was deleted while the answer was written.
                Ok(()) | Err(StoreError::Conflict(_)) => self.app.ended(*turn),
                Err(error) => {
                    tracing::error!(%turn, %error, "a part of a question is finished later");
                    self.conversations.leave(*turn);
                }
            }
        }
        let late = asked.into_iter().flat_map(|asked| asked.more);
        for message in late.filter(|message| !answered.contains(&message.id.into())) {
            let setting = Setting::before(&self.app, &message).await?;
            self.consider(message, None, setting).await?;
        }
        Ok(())
    }

    /// A message has another text now.
    pub(super) async fn edited(&mut self, message: MessageId, content: Untrusted) -> store::Result<()> {
        let waiting = self.jobs.iter_mut().filter_map(Job::question_mut);
        let mut waiting = waiting.filter_map(|question| question.edit(message, &content).then_some(()));
        if waiting.next().is_none() {
            self.revise(|question| question.edit(message, &content));
        }
        let authors = self.authors(&[message]).await?;
        insist(|| self.app.store.edit_message(self.channel, message, &content)).await?;
        let told = bonds::retell(&*self.app.store, &authors, message, content.raw()).await;
        // The old words are not to be asked about any more.
        let forgot = self.app.minds.forget(self.channel, &[message]).await;
        for error in [told.err(), forgot.err()].into_iter().flatten() {
            tracing::warn!(channel = %self.channel, %error, "the old words of an edited message still count for something");
        }
        Ok(())
    }

    /// Messages are gone.
    pub(super) async fn deleted(&mut self, messages: &[MessageId]) -> store::Result<()> {
        let authors = self.authors(messages).await?;
        let withdrawn = insist(|| self.app.store.delete_messages(self.channel, messages)).await?;
        if let Err(error) = bonds::forget(&*self.app.store, &authors, messages).await {
            tracing::warn!(channel = %self.channel, %error, "a deleted message still counts for a bond");
        }
        if let Err(error) = self.app.minds.forget(self.channel, messages).await {
            tracing::warn!(channel = %self.channel, %error, "a deleted message may still be asked about");
        }
        for running in &mut self.running {
            running.deleted |= running.about.is_some_and(|about| messages.contains(&about));
        }
        for turn in withdrawn {
            let part_of_waiting =
                |job: &mut Job| job.question_mut().is_some_and(|question| question.remove(turn));
            if let Some(waiting) = self.jobs.iter().position(|job| job.turn == turn) {
                let Some(job) = self.jobs.remove(waiting) else { continue };
                let posted = job.record.as_ref().map(posted).unwrap_or_default();
                self.abandon(turn, Some(job.place()), &posted).await;
                self.app.ended(turn);
                if let Occasion::Question(question) = &job.occasion {
                    let asked = Some(question.clone());
                    let answered = Occasion::Question(Question::of(question.first.clone()));
                    self.question_ended(Job { occasion: answered, ..job }, asked).await?;
                }
            } else if self.jobs.iter_mut().any(part_of_waiting)
                || self.revise(|question| question.remove(turn))
            {
                self.abandon(turn, None, &[]).await;
                self.app.ended(turn);
            } else if let Some(running) = self.running.iter().find(|running| running.slot.turn == turn) {
                // A turn that does not listen any more is over.
                let _ = running.signals.send(Signal::Withdrawn).await;
            }
        }
        Ok(())
    }

    /// The people who wrote messages, as far as the history has them.
    async fn authors(&self, messages: &[MessageId]) -> store::Result<Vec<UserId>> {
        let mut authors = Vec::new();
        for message in messages {
            let behind = Some(MessageId(message.get().saturating_add(1)));
            let near = self.app.store.scene(self.channel, behind, NEAR, None).await?.history;
            let line = near.into_iter().rev().find(|line| line.message == Some(*message));
            if let Some(Line { who: Speaker::Person { id, .. }, .. }) = line
                && !authors.contains(&id)
            {
                authors.push(id);
            }
        }
        Ok(authors)
    }

    /// Changes the question of a turn under way; whether it was the one.
    fn revise(&mut self, mut change: impl FnMut(&mut Question) -> bool) -> bool {
        for running in &mut self.running {
            if let Some(question) = &mut running.question
                && change(question)
            {
                // A turn that has shown something, or is over, does not listen: the change comes too late for it.
                let _ = running.signals.try_send(Signal::Revised(question.clone()));
                return true;
            }
        }
        false
    }

    /// Takes in what a person wrote, in memory; what is to be kept of it.
    pub(super) async fn moved(
        &mut self,
        message: &Message,
        verdict: &Verdict,
        setting: &Setting,
    ) -> store::Result<Vec<StateDoc>> {
        if self.app.opted_out.contains(message.author.id) {
            return Ok(Vec::new());
        }
        let to: Vec<CharacterId> = match verdict {
            Verdict::Answer(chosen) => chosen.iter().map(|chosen| chosen.character.clone()).collect(),
            Verdict::Silent { .. } => Vec::new(),
        };
        let heard = Heard {
            message: message.id,
            person: message.author.id,
            text: message.content.raw(),
            at: message.sent_at,
            hour: setting.hour,
            to: &to,
        };
        self.app.minds.hear(self.channel, &heard).await
    }
}
