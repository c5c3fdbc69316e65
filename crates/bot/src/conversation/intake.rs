//! What a channel's actor does with what comes in: journal first, then decide, then queue.

use std::{sync::Arc, time::Duration};

use discord::Sent;
use domain::{
    CharacterId, MessageId,
    attention::{self, Chosen, Gate, Verdict},
    command::{CommandCall, Interaction},
    cue::Cue,
    event::{AuthorKind, Event, Message, Place},
    limits,
    outbound::Answer,
};
use store::{Accepted, Outcome, Pending, TurnId, TurnRecord};
use tokio::time::Instant;

use super::{
    Actor, Job, Occasion, Work,
    left::insist,
    queue::{Question, place_among},
    recovery::{may_pass, posted},
    setting::Setting,
};
use crate::{clock, commands, ensemble, unasked};

/// How long a picture may be asked about without pointing at its message.
const PICTURE_NEAR: Duration = Duration::from_mins(5);

impl Actor {
    /// Takes one piece of work; a store that fails is logged here, once, and what it could not keep is not answered.
    pub(super) async fn take(&mut self, work: Work) {
        let turn = match &work {
            Work::Heard(message) => Some(message.id.into()),
            Work::Asked { call, .. } => Some(call.interaction.id.into()),
            Work::Recovered(pending) => TurnId::of(&pending.event),
            Work::Cued(cue) | Work::Again { cue, .. } => Some(TurnId(cue.id)),
            Work::Missed { .. }
            | Work::Edited { .. }
            | Work::Deleted(_)
            | Work::Differs(_)
            | Work::Gone
            | Work::Typing(_) => None,
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
            Work::Again { cue, earlier, taken } => self.again(cue, earlier).await.map(|came| {
                // Whoever asked may have given up waiting.
                let _ = taken.send(came);
            }),
            Work::Recovered(pending) => self.recovered(*pending).await,
            Work::Edited { message, content } => self.edited(message, content).await,
            Work::Deleted(messages) => self.deleted(&messages).await,
            Work::Differs(differences) => self.differs(differences).await,
            Work::Gone => self.gone().await,
            Work::Typing(person) => {
                self.types(person);
                Ok(())
            }
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
            // Its receipt says more than its echo; where there is none, it may be one that nobody waits for.
            return self.own(&message).await;
        }
        let human = message.author.kind == AuthorKind::Human;
        if !human && !self.app.rules.of(&message.place).await?.heard_bots.contains(&message.author.id) {
            return self.app.store.observe(&message).await;
        }
        let event = Event::Message(Box::new(message.clone()));
        // Both at once: they are one disk wait, not two, and the scene ends before the message anyway.
        let (accepted, setting) = tokio::join!(
            insist(|| self.app.store.accept(&event, clock::now())),
            Setting::before(&self.app, &message)
        );
        if accepted? == Accepted::Duplicate {
            return Ok(());
        }
        ensemble::on_message(&self.app, &message);
        self.consider(message, None, setting?).await.map(drop)
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
        let cast = self.app.cast.of(call.place.guild).await?;
        let asked = match commands::chat_question(&cast, &call) {
            Ok(asked) => asked,
            Err(sentence) => {
                self.answer_command(&call.interaction, &Answer::private(sentence)).await;
                let reason = "the command named nobody or nothing".to_owned();
                return self.app.store.finish(turn, &Outcome::Ignored { reason }, None).await;
            }
        };
        let asking = Answer { text: asked.quote, ..Answer::default() };
        self.answer_command(&call.interaction, &asking).await;
        let interaction = call.interaction.clone();
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
        let mut setting = Setting::before(&self.app, &message).await?;
        setting.addressed = asked.character;
        setting.by_command = true;
        if let Some(gate) = self.consider(message, record, setting).await? {
            // Who uses a command waits for an answer, and hears why there is none.
            let why = format!("\n-# Nobody answers: {gate}.");
            let room = limits::MESSAGE_CHARS - why.chars().count();
            let text = asking.text.chars().take(room).chain(why.chars()).collect();
            self.answer_command(&interaction, &Answer { text, ..asking }).await;
        }
        Ok(())
    }

    async fn recovered(&mut self, pending: Pending) -> store::Result<()> {
        let Some(turn) = TurnId::of(&pending.event) else { return Ok(()) };
        let known = self.running.iter().map(|running| running.slot.turn);
        let known = known.chain(self.jobs.iter().map(|job| job.turn));
        // Pieces of a question are answered with it.
        let asked = self.running.iter().filter_map(|running| running.question.as_deref());
        let asked = asked.chain(self.jobs.iter().filter_map(Job::question));
        if known.chain(asked.flat_map(Question::merged)).any(|known| known == turn) {
            return Ok(());
        }
        let told = pending.accepted_at >= self.app.started_at;
        let pending = if told { pending } else { self.as_it_is_now(pending).await? };
        if pending.withdrawn {
            let record = pending.turn.iter().flat_map(|record| &record.parts);
            for part in record.filter(|part| part.message.is_none()) {
                // It may stand there without anybody knowing: then catching up comes upon it, and it is deleted.
                self.app.strays.look_out(self.channel, turn, &part.text).await?;
            }
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
                let setting = Setting::before(&self.app, &message).await?;
                self.consider(*message, pending.turn, setting).await.map(drop)
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
        // A cue of the next moment leaves time to read what was said last.
        let pause = cue.at.since(clock::now());
        let not_before = (!pause.is_zero()).then(|| Instant::now() + pause);
        let job = Job {
            score: attention::Score::default(),
            turn: TurnId(cue.id),
            character: cue.character.clone(),
            reason: cue.reason,
            then: cue.then.clone(),
            occasion: Occasion::Cue(cue),
            record,
            picture_near: false,
            setting: None,
            not_before,
        };
        let at = place_among(&self.jobs, &job);
        self.jobs.insert(at, job);
    }

    /// Decides who answers an accepted message and queues the turn, or says why nobody does.
    pub(super) async fn consider(
        &mut self,
        message: Message,
        record: Option<TurnRecord>,
        mut setting: Setting,
    ) -> store::Result<Option<Gate>> {
        let turn = TurnId::from(message.id);
        if record.is_none()
            && let Some(control) = attention::control(&message, self.app.speaker.identity())
        {
            return self.control(&message, control, &setting).await.map(|()| None);
        }
        setting.pending = self.jobs.len() + self.running.len();
        setting.picture_near = self.last_picture.is_some_and(|at| message.sent_at.since(at) <= PICTURE_NEAR);
        if attention::has_picture(&message) {
            self.last_picture = Some(message.sent_at);
        }
        let verdict = {
            let scene = setting.scene(&self.app);
            attention::decide(&message, &scene, &mut self.dice)
        };
        let interrupted = self.last_voice.replace(message.author.id) != Some(message.author.id);
        self.habit(message.author.id).note(message.sent_at, interrupted);
        let heard = self.moved(&message, &verdict, &setting).await?;
        // What came by a command is no message that could be reacted to.
        let verdict = match &record {
            None if !setting.by_command => unasked::on_heard(&self.app, &message, verdict),
            _ => verdict,
        };
        // Whoever uses a command asks something of its own.
        if record.is_none() && !setting.by_command && self.join_question(&message, &verdict, interrupted) {
            return self.app.minds.keep(heard).await.map(|()| None);
        }
        match (verdict, record) {
            (verdict, Some(record)) => {
                // Somebody began to answer before the restart: nobody else takes over, others may follow.
                let chosen = match verdict {
                    Verdict::Answer(chosen) => chosen,
                    Verdict::Silent { .. } => Vec::new(),
                };
                let (same, others): (Vec<_>, Vec<_>) =
                    chosen.into_iter().partition(|chosen| chosen.character == record.character);
                let then = others.into_iter().map(|chosen| chosen.character).collect();
                let mut decided = Decided { then, ..record_of(record) };
                if let Some(Chosen { reason, score, .. }) = same.into_iter().next() {
                    (decided.reason, decided.score) = (reason, score);
                }
                self.queue(message, decided, setting).await?;
            }
            (Verdict::Silent { gate }, None) => {
                tracing::debug!(turn = %turn, %gate, "silent");
                let outcome = Outcome::Ignored { reason: gate.to_string() };
                let (finished, kept) =
                    tokio::join!(self.app.store.finish(turn, &outcome, None), self.app.minds.keep(heard));
                self.app.ended(turn);
                finished?;
                return kept.map(|()| Some(gate));
            }
            (Verdict::Answer(chosen), None) => {
                let mut chosen = chosen.into_iter();
                let Some(Chosen { character, reason, score }) = chosen.next() else { return Ok(None) };
                tracing::debug!(turn = %turn, %character, %reason, %score, "answering");
                self.app.minds.answers(&message.place, message.author.id, clock::now());
                let then = chosen.map(|chosen| chosen.character).collect();
                self.queue(message, Decided { character, reason, score, then, record: None }, setting)
                    .await?;
            }
        }
        self.begin_turns();
        for waiting in &mut self.jobs {
            // More will have been said by its turn.
            waiting.setting = None;
        }
        // What moved the characters is kept with what the answer moves; a crash before that hears the message again.
        Ok(None)
    }

    /// Queues an answer to a message.
    async fn queue(&mut self, message: Message, decided: Decided, setting: Setting) -> store::Result<()> {
        let Decided { character, reason, score, then, record } = decided;
        let turn = TurnId::from(message.id);
        let pause = match &record {
            Some(_) => Duration::ZERO,
            None => self.pause_after(&message),
        };
        let not_before = (!pause.is_zero()).then(|| Instant::now() + pause);
        let occasion = Occasion::Question(Question::of(message));
        self.jobs.push_back(Job {
            turn,
            occasion,
            character,
            reason,
            score,
            then,
            record,
            picture_near: setting.picture_near,
            setting: Some(Arc::new(setting)),
            not_before,
        });
        if self.jobs.len() > limits::MAILBOX {
            self.drop_oldest_job().await;
        }
        Ok(())
    }

    async fn drop_oldest_job(&mut self) {
        // The newest questions are the ones that people still wait for; what is half said is brought to its end.
        let oldest = self.jobs.iter().position(|job| job.record.is_none());
        let Some(job) = oldest.and_then(|index| self.jobs.remove(index)) else { return };
        tracing::warn!(turn = %job.turn, "too many questions wait in this channel; the oldest is dropped");
        let outcome = Outcome::Failed { cause: "too many questions waited in the channel".to_owned() };
        let merged = job.question().into_iter().flat_map(Question::merged);
        for turn in std::iter::once(job.turn).chain(merged) {
            match insist(|| self.app.store.finish(turn, &outcome, None)).await {
                Ok(()) => self.app.ended(turn),
                Err(error) => {
                    tracing::error!(%turn, %error, "the store failed");
                    self.conversations.leave(turn);
                }
            }
        }
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

    async fn answer_command(&self, interaction: &Interaction, answer: &Answer) {
        if let Err(error) = self.app.speaker.answer(interaction, answer).await {
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

/// Who answers, and what is known of that.
struct Decided {
    character: CharacterId,
    reason: attention::Reason,
    score: attention::Score,
    then: Vec<CharacterId>,
    record: Option<TurnRecord>,
}

/// A turn that was begun before the restart.
fn record_of(record: TurnRecord) -> Decided {
    Decided {
        character: record.character.clone(),
        reason: attention::Reason::Addressed,
        score: attention::Score::default(),
        then: Vec::new(),
        record: Some(record),
    }
}

/// Where a journalled event happened.
pub(super) fn place_of(event: &Event) -> Option<Place> {
    match event {
        Event::Message(message) => Some(message.place),
        Event::Command(call) => Some(call.place),
        Event::Cue(cue) => Some(cue.place),
        _ => None,
    }
}
