//! What a channel's actor does with what comes in: journal first, then decide, then queue.

use discord::Sent;
use domain::{
    CharacterId, MessageId,
    attention::{self, Verdict},
    character::Character,
    command::CommandCall,
    cue::Cue,
    event::{AuthorKind, Event, Message, Place},
    limits,
    outbound::Answer,
    scene::Scene,
};
use store::{Accepted, Outcome, Pending, SceneRecord, TurnId, TurnRecord};

use super::{
    Actor, Job, Occasion, Signal, Work,
    left::insist,
    queue::Question,
    recovery::{may_pass, posted},
};
use crate::{app::App, clock, commands};

impl Actor {
    /// Takes one piece of work; a store that fails is logged here, once, and what it could not keep is not answered.
    pub(super) async fn take(&mut self, work: Work) {
        let turn = match &work {
            Work::Heard(message) => Some(message.id.into()),
            Work::Asked { call, .. } => Some(call.interaction.id.into()),
            Work::Recovered(pending) => TurnId::of(&pending.event),
            Work::Cued(cue) => Some(TurnId(cue.id)),
            Work::Missed { .. } | Work::Edited { .. } | Work::Deleted(_) => None,
        };
        let taken = match work {
            Work::Heard(message) => self.heard(*message).await,
            Work::Missed { place, after } => self.missed(place, after).await,
            Work::Asked { call, deferred } => {
                // An error means that the task which deferred is gone: then nothing will be waited for.
                let _ = deferred.await;
                self.asked(*call).await
            }
            Work::Cued(cue) => self.cued(cue).await,
            Work::Recovered(pending) => self.recovered(*pending).await,
            Work::Edited { message, content } => self.edited(message, content).await,
            Work::Deleted(messages) => self.deleted(&messages).await,
        };
        if let Err(error) = taken {
            tracing::error!(channel = %self.channel, %error, "the store failed; this event is not worked on now");
            if let Some(turn) = turn {
                // What is in the journal is tried again.
                self.conversations.leave(turn);
            }
        }
    }

    async fn heard(&mut self, message: Message) -> store::Result<()> {
        if self.is_own(&message) {
            // Its receipt says more than its echo.
            return Ok(());
        }
        if message.author.kind != AuthorKind::Human {
            return self.app.store.observe(&message).await;
        }
        let event = Event::Message(Box::new(message.clone()));
        // Both at once: they are one disk wait, not two, and the scene ends before the message anyway.
        let (accepted, scene) =
            tokio::join!(insist(|| self.app.store.accept(&event, clock::now())), scene_before(&self.app, &message));
        if accepted? == Accepted::Duplicate {
            return Ok(());
        }
        self.consider(message, None, None, scene?).await
    }

    async fn missed(&mut self, place: Place, after: MessageId) -> store::Result<()> {
        let messages = match self.app.speaker.newest(&place, after, limits::BACKFILL_MESSAGES).await {
            Ok(messages) => messages,
            Err(error) if may_pass(&error) => {
                tracing::warn!(channel = %self.channel, %error, "missed messages cannot be fetched now; later");
                self.conversations.give_later(self.channel, Work::Missed { place, after });
                return Ok(());
            }
            Err(error) => {
                tracing::warn!(channel = %self.channel, %error, "missed messages stay unknown");
                return Ok(());
            }
        };
        for message in messages {
            if clock::now().since(message.sent_at) <= limits::BACKFILL_AGE {
                self.heard(message).await?;
            } else if !self.is_own(&message) {
                self.app.store.observe(&message).await?;
            }
        }
        Ok(())
    }

    async fn asked(&mut self, call: CommandCall) -> store::Result<()> {
        let event = Event::Command(Box::new(call.clone()));
        if insist(|| self.app.store.accept(&event, clock::now())).await? == Accepted::Duplicate {
            return Ok(());
        }
        self.command(call, None).await
    }

    /// `/chat`: what the member said becomes a message of theirs that everybody can see.
    async fn command(&mut self, call: CommandCall, record: Option<TurnRecord>) -> store::Result<()> {
        let turn = TurnId::from(call.interaction.id);
        let asked = match commands::chat_question(&self.app, &call) {
            Ok(asked) => asked,
            Err(sentence) => {
                self.answer_command(&call, Answer::private(sentence)).await;
                let reason = "the command named nobody or nothing".to_owned();
                return self.app.store.finish(turn, &Outcome::Ignored { reason }, None).await;
            }
        };
        self.answer_command(&call, Answer { text: asked.quote, ..Answer::default() }).await;
        let message = Message {
            id: MessageId(call.interaction.id.get()),
            place: call.place,
            author: call.author,
            content: asked.text,
            // Who uses the bot's command speaks to the bot: when nobody is named, whoever spoke last answers.
            mentions: vec![self.app.speaker.identity().user],
            reply_to: None,
            attachments: Vec::new(),
            pictures: Vec::new(),
            replied_pictures: Vec::new(),
            age_restricted: call.age_restricted,
            sent_at: call.at,
        };
        self.app.store.observe(&message).await?;
        let scene = scene_before(&self.app, &message).await?;
        self.consider(message, asked.character, record, scene).await
    }

    async fn recovered(&mut self, pending: Pending) -> store::Result<()> {
        let Some(turn) = TurnId::of(&pending.event) else { return Ok(()) };
        let known = self.running.iter().map(|running| running.slot.turn);
        if known.chain(self.jobs.iter().map(|job| job.turn)).any(|known| known == turn) {
            return Ok(());
        }
        if pending.withdrawn {
            let posted = pending.turn.as_ref().map(posted).unwrap_or_default();
            self.abandon(turn, place_of(&pending.event), &posted).await;
            return Ok(());
        }
        if pending.turn.is_none() && clock::now().since(pending.accepted_at) > limits::BACKFILL_AGE {
            let reason = "nobody had begun to answer it, and it is too old by now".to_owned();
            tracing::info!(turn = %turn, "an old question is left unanswered");
            return self.app.store.finish(turn, &Outcome::Ignored { reason }, None).await;
        }
        match pending.event {
            Event::Message(message) => {
                let scene = scene_before(&self.app, &message).await?;
                self.consider(*message, None, pending.turn, scene).await
            }
            Event::Command(call) => self.command(*call, pending.turn).await,
            Event::Cue(cue) => {
                self.queue_cue(cue, pending.turn);
                Ok(())
            }
            // Nothing else is journalled.
            _ => Ok(()),
        }
    }

    /// A cue from outside the channel: journalled like a message, then queued.
    async fn cued(&mut self, cue: Box<Cue>) -> store::Result<()> {
        let event = Event::Cue(cue.clone());
        if insist(|| self.app.store.accept(&event, clock::now())).await? == Accepted::New {
            self.queue_cue(cue, None);
        }
        Ok(())
    }

    /// Queues a cue that is in the journal.
    pub(super) fn queue_cue(&mut self, cue: Box<Cue>, record: Option<TurnRecord>) {
        self.jobs.push_back(Job {
            turn: TurnId(cue.id),
            character: cue.character.clone(),
            reason: cue.reason,
            then: cue.then.clone(),
            occasion: Occasion::Cue(cue),
            record,
            not_before: None,
        });
    }

    /// Decides who answers an accepted message and queues the turn.
    async fn consider(
        &mut self,
        message: Message,
        addressed: Option<CharacterId>,
        record: Option<TurnRecord>,
        scene: SceneRecord,
    ) -> store::Result<()> {
        let turn = TurnId::from(message.id);
        let verdict = if let Some(record) = &record {
            // Somebody began to answer before the restart: nobody else takes over.
            Verdict::Answer { character: record.character.clone(), reason: attention::Reason::Addressed }
        } else {
            let scene = Scene {
                identity: self.app.speaker.identity(),
                cast: self.app.cast.characters(),
                history: &scene.history,
                reply_target: scene.reply_target,
                last_speaker: scene.last_speaker,
                addressed,
                now: clock::now(),
            };
            attention::decide(&message, &scene, &mut self.dice)
        };
        match verdict {
            Verdict::Silent { gate } => {
                tracing::debug!(turn = %turn, %gate, "silent");
                let finished =
                    self.app.store.finish(turn, &Outcome::Ignored { reason: gate.to_string() }, None).await;
                self.app.ended(turn);
                finished
            }
            Verdict::Answer { character, reason } => {
                tracing::debug!(turn = %turn, %character, %reason, "answering");
                let occasion = Occasion::Question(Question::of(message));
                let then = Vec::new();
                self.jobs.push_back(Job { turn, occasion, character, reason, then, record, not_before: None });
                if self.jobs.len() > limits::MAILBOX {
                    self.drop_oldest_job().await;
                }
                Ok(())
            }
        }
    }

    async fn drop_oldest_job(&mut self) {
        // The newest questions are the ones that people still wait for; what is half said is brought to its end.
        let oldest = self.jobs.iter().position(|job| job.record.is_none());
        let Some(job) = oldest.and_then(|index| self.jobs.remove(index)) else { return };
        tracing::warn!(turn = %job.turn, "too many questions wait in this channel; the oldest is dropped");
        let outcome = Outcome::Failed { cause: "too many questions waited in the channel".to_owned() };
        match insist(|| self.app.store.finish(job.turn, &outcome, None)).await {
            Ok(()) => self.app.ended(job.turn),
            Err(error) => {
                tracing::error!(turn = %job.turn, %error, "the store failed");
                self.conversations.leave(job.turn);
            }
        }
    }

    async fn edited(&mut self, message: MessageId, content: domain::Untrusted) -> store::Result<()> {
        let waiting = self.jobs.iter_mut().filter_map(Job::question_mut);
        let mut waiting = waiting.filter_map(|question| question.edit(message, &content).then_some(()));
        if waiting.next().is_none() {
            let mut running = self.running.iter_mut();
            let asked = running.find_map(|running| {
                let question = running.question.as_mut()?;
                question.edit(message, &content).then(|| (question.clone(), running.signals.clone()))
            });
            if let Some((question, signals)) = asked {
                // A turn that has shown something, or is over, does not listen: the edit comes too late for it.
                let _ = signals.try_send(Signal::Revised(question));
            }
        }
        self.app.store.edit_message(self.channel, message, &content).await.map(drop)
    }

    async fn deleted(&mut self, messages: &[MessageId]) -> store::Result<()> {
        let withdrawn = self.app.store.delete_messages(self.channel, messages).await?;
        for turn in withdrawn {
            if let Some(waiting) = self.jobs.iter().position(|job| job.turn == turn) {
                let Some(job) = self.jobs.remove(waiting) else { continue };
                let posted = job.record.as_ref().map(posted).unwrap_or_default();
                self.abandon(turn, Some(job.place()), &posted).await;
                self.app.ended(turn);
            } else if let Some(running) = self.running.iter().find(|running| running.slot.turn == turn) {
                // A turn that does not listen any more is over.
                let _ = running.signals.send(Signal::Withdrawn).await;
            }
        }
        Ok(())
    }

    /// Ends a turn without its reply and deletes what it had posted: first what is known to stand in the channel, so
    /// that a crash in between leaves nothing behind.
    pub(super) async fn abandon(&self, turn: TurnId, place: Option<Place>, known: &[Sent]) {
        if let Some(place) = &place {
            for sent in known {
                self.delete(turn, place, sent).await;
            }
        }
        let recorded = match insist(|| self.app.store.abandon(turn, &Outcome::Cancelled, None)).await {
            Ok(recorded) => recorded,
            Err(error) => {
                tracing::warn!(turn = %turn, %error, "a turn could not be abandoned");
                self.conversations.leave(turn);
                return;
            }
        };
        let Some(place) = place else { return };
        let recorded =
            recorded.into_iter().map(|shown| Sent { message: shown.message, webhook: shown.webhook });
        for sent in recorded.filter(|sent| !known.contains(sent)) {
            self.delete(turn, &place, &sent).await;
        }
    }

    async fn delete(&self, turn: TurnId, place: &Place, sent: &Sent) {
        if let Err(error) = self.app.speaker.delete(place, sent).await {
            tracing::warn!(turn = %turn, %error, "a message of an abandoned turn stays");
        }
    }

    async fn answer_command(&self, call: &CommandCall, answer: Answer) {
        if let Err(error) = self.app.speaker.answer(&call.interaction, &answer).await {
            // Its token is valid for fifteen minutes; after a longer stop nobody waits any more.
            tracing::warn!(%error, "a command stays without its answer");
        }
    }

    fn is_own(&self, message: &Message) -> bool {
        let own = self.app.speaker.identity();
        match message.author.kind {
            AuthorKind::Webhook(_, application) => application == Some(own.application),
            AuthorKind::Bot => message.author.id == own.user,
            AuthorKind::Human | AuthorKind::System => false,
        }
    }
}

/// The channel as it was before a message.
pub(super) async fn scene_before(app: &App, message: &Message) -> store::Result<SceneRecord> {
    let limit = u32::try_from(limits::SCENE_MESSAGES).unwrap_or(u32::MAX);
    let reply_to = message.reply_to.map(|reply| reply.message);
    app.store.scene(message.place.channel, Some(message.id), limit, reply_to).await
}

/// Where a journalled event happened.
fn place_of(event: &Event) -> Option<Place> {
    match event {
        Event::Message(message) => Some(message.place),
        Event::Command(call) => Some(call.place),
        Event::Cue(cue) => Some(cue.place),
        _ => None,
    }
}

/// Those of the cast who can speak, by id.
pub(super) fn member<'a>(
    cast: &'a [std::sync::Arc<Character>],
    id: &CharacterId,
) -> Option<&'a std::sync::Arc<Character>> {
    cast.iter().find(|character| character.id == *id)
}
