//! Performs a turn's effects: the only place where a turn's decisions become I/O.

use std::{collections::VecDeque, time::Duration};

use discord::{Nonce, Sent, SpeakError};
use domain::{
    CharacterId, MessageId,
    chat::{ChatEvent, ChatRequest},
    event::Place,
    limits,
    outbound::{MessageText, Persona},
    prompt,
    reply::Cleaner,
    scene::Scene,
    turn::{Cause, Effect, Ending, ShowFailure, Turn, TurnEvent},
};
use futures_util::{
    FutureExt as _, StreamExt as _, TryStreamExt as _,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use llm::LlmError;
use store::{Outcome, Settled, Shown, TurnId};

use super::{
    Actor, Job, intake,
    left::insist,
    recovery::{may_pass, recover, resume},
};
use crate::{app::App, clock};

/// How often a text that Discord does not take for the moment is offered again.
const SHOW_ATTEMPTS: u32 = 6;

/// The longest pause that Discord may order before a turn is left for later.
const PATIENCE: Duration = limits::TURN_DEADLINE;

/// What stays the same during a turn.
#[derive(Clone)]
pub(super) struct Scope {
    app: App,
    pub(super) turn: TurnId,
    place: Place,
    persona: Persona,
    character: CharacterId,
}

/// What a request on its way brings back.
enum Arrived {
    Event(TurnEvent, Option<(usize, Sent)>),
    /// The store or Discord failed for now: the turn stays in the journal.
    Stuck,
}

/// How the work on a turn ended.
enum Finish {
    /// It is over.
    Done,
    /// It is to be abandoned; these messages are known to stand in the channel.
    Abandon(Place, Vec<Sent>),
    /// It could not go on: it is taken up again later, at the latest by the next start.
    Left,
}

impl Actor {
    /// Drives one turn to its end, while the mailbox is still read.
    pub(super) async fn perform(&mut self, job: Job) {
        let turn = job.turn;
        let finish = match self.prepare(job).await {
            Ok(performance) => performance.run(self).await,
            Err(finish) => finish,
        };
        self.withdrawn.clear();
        match finish {
            Finish::Done => {}
            Finish::Abandon(place, sent) => self.abandon(turn, Some(place), &sent).await,
            Finish::Left => return self.conversations.leave(turn),
        }
        self.app.ended(turn);
    }

    async fn prepare(&mut self, job: Job) -> Result<Performance, Finish> {
        let Some(character) = intake::member(self.app.cast.characters(), &job.character).cloned() else {
            // The cast changed between two runs.
            let cause = format!("{} is no longer in the cast", job.character);
            let outcome = Outcome::Failed { cause };
            let ended = insist(|| self.app.store.finish(job.turn, &outcome)).await;
            log_store_failure(job.turn, ended);
            return Err(Finish::Done);
        };
        let record = match self.scene_before(&job.message).await {
            Ok(record) => record,
            Err(error) => {
                tracing::error!(turn = %job.turn, %error, "the scene cannot be read; the turn is tried again later");
                return Err(Finish::Left);
            }
        };
        let scene = Scene {
            identity: self.app.speaker.identity(),
            cast: self.app.cast.characters(),
            history: &record.history,
            reply_target: record.reply_target.clone(),
            last_speaker: record.last_speaker.clone(),
            addressed: None,
            now: clock::now(),
        };
        let (request, receipt) =
            prompt::assemble(&character, &scene, &job.message, self.app.model.profile(), job.turn.0);
        let others = receipt.names();
        let receipt = serde_json::json!({ "reason": job.reason, "prompt": receipt });
        let cleaner =
            Cleaner::new(&character, &others).brief(self.app.model.profile().style == prompt::Style::Small);
        let now = clock::now();
        let (sent, (turn, effects)) = match job.record {
            None => (Vec::new(), Turn::start(cleaner, now)),
            Some(record) => {
                let scope = self.scope(&job.message.place, job.turn, &character);
                let sent = match recover(&scope, &record, job.message.id).await {
                    Ok(sent) => sent,
                    Err(error) => {
                        tracing::warn!(turn = %job.turn, %error, "the channel cannot be read back now; later");
                        return Err(Finish::Left);
                    }
                };
                (sent.clone(), resume(cleaner, &record, &sent, now))
            }
        };
        Ok(Performance {
            scope: self.scope(&job.message.place, job.turn, &character),
            trigger: job.message.id,
            request,
            receipt,
            turn,
            effects: effects.into(),
            sent,
            model: None,
            in_flight: None,
            deadline: tokio::time::Instant::now() + limits::TURN_DEADLINE,
            settled_parts: 0,
        })
    }

    fn scope(&self, place: &Place, turn: TurnId, character: &domain::character::Character) -> Scope {
        Scope {
            app: self.app.clone(),
            turn,
            place: *place,
            persona: self.app.cast.persona(character),
            character: character.id.clone(),
        }
    }
}

/// A turn being performed.
struct Performance {
    scope: Scope,
    trigger: MessageId,
    request: ChatRequest,
    receipt: serde_json::Value,
    turn: Turn,
    effects: VecDeque<Effect>,
    /// What stands in the channel, by part.
    sent: Vec<Option<Sent>>,
    model: Option<BoxStream<'static, Result<ChatEvent, LlmError>>>,
    in_flight: Option<BoxFuture<'static, Arrived>>,
    deadline: tokio::time::Instant,
    settled_parts: usize,
}

impl Performance {
    /// Runs to the end.
    async fn run(mut self, actor: &mut Actor) -> Finish {
        loop {
            while let Some(effect) = self.effects.pop_front() {
                match effect {
                    Effect::Ask => self.ask(),
                    Effect::ShowTyping => self.show_typing(),
                    Effect::Show { part, text, .. } => self.show(part, text),
                    Effect::Retract { part, .. } => self.retract(part),
                    Effect::Settle { parts, reply, usage } => self.settle(parts, reply, usage),
                    Effect::Complete(ending) => {
                        return self.complete(ending).await;
                    }
                    Effect::Abandon(cause) => {
                        tracing::debug!(turn = %self.scope.turn, ?cause, "abandoned");
                        self.model = None;
                        if let Some(in_flight) = self.in_flight.take()
                            // A post on its way arrives first, so that it can be deleted.
                            && let Arrived::Event(_, Some((part, sent))) = in_flight.await
                        {
                            self.remember(part, sent);
                        }
                        return Finish::Abandon(self.scope.place, self.sent.into_iter().flatten().collect());
                    }
                }
            }
            let Some(event) = self.next_event(actor).await else { return Finish::Left };
            self.effects.extend(self.turn.on(event, clock::now()));
        }
    }

    /// Waits for the next thing that happens to the turn; `None` ends it where it is (the journal keeps it).
    async fn next_event(&mut self, actor: &mut Actor) -> Option<TurnEvent> {
        loop {
            if actor.withdrawn.contains(&self.scope.turn) {
                return Some(TurnEvent::Cancel(Cause::QuestionDeleted));
            }
            let wake = self.turn.wake_at().map(|at| at.since(clock::now()));
            tokio::select! {
                biased;
                () = actor.app.life.hard().cancelled() => return None,
                arrived = maybe(&mut self.in_flight) => {
                    self.in_flight = None;
                    match arrived {
                        Arrived::Event(event, sent) => {
                            if let Some((part, sent)) = sent {
                                self.remember(part, sent);
                            }
                            return Some(event);
                        }
                        Arrived::Stuck => return None,
                    }
                }
                event = next_of(&mut self.model) => return Some(self.heard_from_model(event)),
                Some(work) = actor.mailbox.recv() => actor.take(work).await,
                () = tokio::time::sleep(wake.unwrap_or(Duration::MAX)), if wake.is_some() => {
                    return Some(TurnEvent::Tick);
                }
                () = tokio::time::sleep_until(self.deadline), if self.model.is_some() => {
                    self.model = None;
                    let cause = "the turn took too long".to_owned();
                    return Some(TurnEvent::ModelFailed { retryable: false, cause });
                }
            }
        }
    }

    fn ask(&mut self) {
        let provider = self.scope.app.model.provider().clone();
        let request = self.request.clone();
        let stream = async move { provider.stream(request).await };
        self.model = Some(stream::once(stream).try_flatten().boxed());
    }

    fn heard_from_model(&mut self, event: Option<Result<ChatEvent, LlmError>>) -> TurnEvent {
        match event {
            Some(Ok(ChatEvent::Delta(text))) => TurnEvent::Delta(text),
            Some(Ok(ChatEvent::Reasoning(_))) => TurnEvent::Tick,
            Some(Ok(ChatEvent::Done { finish, usage })) => {
                self.model = None;
                TurnEvent::Answered { finish, usage }
            }
            Some(Err(error)) => {
                self.model = None;
                tracing::warn!(turn = %self.scope.turn, kind = error.kind(), %error, "the model failed");
                TurnEvent::ModelFailed { retryable: error.retryable(), cause: error.to_string() }
            }
            None => {
                self.model = None;
                let cause = "the model's stream ended without an end".to_owned();
                TurnEvent::ModelFailed { retryable: true, cause }
            }
        }
    }

    fn show_typing(&self) {
        let scope = self.scope.clone();
        self.scope.app.life.spawn("typing", async move {
            if let Err(error) = scope.app.speaker.typing(&scope.place).await {
                tracing::debug!(%error, "typing is not shown");
            }
        });
    }

    fn show(&mut self, part: usize, text: MessageText) {
        let scope = self.scope.clone();
        let sent = self.sent.get(part).copied().flatten();
        let (trigger, settled_parts) = (self.trigger, self.settled_parts);
        self.in_flight = Some(
            async move {
                match sent {
                    Some(sent) => match rewrite(&scope, part, sent, &text).await {
                        Some(arrived) => arrived,
                        None => say_anew(&scope, part, sent, &text, trigger, settled_parts).await,
                    },
                    None => post(&scope, part, &text, trigger, settled_parts).await,
                }
            }
            .boxed(),
        );
    }

    fn retract(&mut self, part: usize) {
        let scope = self.scope.clone();
        let sent = self.sent.get_mut(part).and_then(Option::take);
        self.in_flight = Some(
            async move {
                if let Some(sent) = sent
                    && let Err(error) = scope.app.speaker.delete(&scope.place, &sent).await
                {
                    tracing::warn!(turn = %scope.turn, %error, "a message that is not needed any more stays");
                }
                Arrived::Event(TurnEvent::Retracted { part }, None)
            }
            .boxed(),
        );
    }

    fn settle(&mut self, parts: Vec<MessageText>, reply: String, usage: domain::chat::Usage) {
        self.model = None;
        self.settled_parts = parts.len();
        let scope = self.scope.clone();
        let settled = Settled {
            place: scope.place,
            character: scope.character.clone(),
            parts: parts.into_iter().map(String::from).collect(),
            reply_text: reply,
            prompt_receipt: self.receipt.clone(),
            model: scope.app.model.provider().model().to_owned(),
            usage,
            at: clock::now(),
        };
        self.in_flight = Some(
            async move {
                match insist(|| scope.app.store.settle(scope.turn, &settled)).await {
                    Ok(()) => Arrived::Event(TurnEvent::Settled, None),
                    Err(error) => stuck(&scope, &error),
                }
            }
            .boxed(),
        );
    }

    async fn complete(&mut self, ending: Ending) -> Finish {
        let outcome = match ending {
            Ending::Answered => Outcome::Answered,
            Ending::Failed(cause) => {
                tracing::warn!(turn = %self.scope.turn, %cause, "a turn failed");
                Outcome::Failed { cause }
            }
        };
        let shown: Vec<Shown> = self
            .sent
            .iter()
            .enumerate()
            .filter_map(|(part, sent)| sent.as_ref().map(|sent| shown(part, sent)))
            .collect();
        let (store, turn) = (&self.scope.app.store, self.scope.turn);
        match insist(|| store.complete(turn, &shown, &outcome)).await {
            Ok(()) => Finish::Done,
            Err(error) => {
                tracing::error!(turn = %turn, %error, "the store failed; what was said is recorded later");
                Finish::Left
            }
        }
    }

    fn remember(&mut self, part: usize, sent: Sent) {
        if part >= self.sent.len() {
            self.sent.resize(part + 1, None);
        }
        if let Some(slot) = self.sent.get_mut(part) {
            *slot = Some(sent);
        }
    }
}

/// Records, then posts. What is settled is recorded already.
async fn post(
    scope: &Scope,
    part: usize,
    text: &MessageText,
    trigger: MessageId,
    settled_parts: usize,
) -> Arrived {
    let index = u32::try_from(part).unwrap_or(u32::MAX);
    let staged_at = clock::now();
    if settled_parts == 0 {
        let staged = insist(|| {
            let (store, text) = (&scope.app.store, text.as_str());
            store.stage(scope.turn, &scope.place, &scope.character, index, text, staged_at)
        });
        if let Err(error) = staged.await {
            return stuck(scope, &error);
        }
    }
    let sent = match say_once(scope, part, text, trigger).await {
        Ok(sent) => sent,
        Err(error) => return refused(scope, &error),
    };
    // The one part of a settled reply is recorded by `complete`, which follows at once.
    if settled_parts != 1
        && let Err(error) = insist(|| scope.app.store.posted(scope.turn, shown(part, &sent))).await
    {
        return stuck(scope, &error);
    }
    Arrived::Event(TurnEvent::Shown { part, message: sent.message }, Some((part, sent)))
}

/// Posts a text exactly once: when nobody knows whether it arrived, the channel is read before it is said again.
async fn say_once(
    scope: &Scope,
    part: usize,
    text: &MessageText,
    trigger: MessageId,
) -> Result<Sent, SpeakError> {
    let nonce = Nonce { turn: scope.turn.0, part: u16::try_from(part).unwrap_or(u16::MAX) };
    let mut pause = Duration::from_secs(1);
    let mut attempt = 1;
    loop {
        let error = match scope.app.speaker.say(&scope.place, &scope.persona, text, nonce).await {
            Ok(sent) => return Ok(sent),
            Err(error) => error,
        };
        if attempt == SHOW_ATTEMPTS {
            return Err(error);
        }
        attempt += 1;
        match error {
            SpeakError::Uncertain { .. } => {
                tokio::time::sleep(limits::RECONCILE_AFTER).await;
                if let Some(sent) = find(scope, text, trigger).await? {
                    return Ok(sent);
                }
            }
            SpeakError::Unreachable { .. } | SpeakError::Shed { .. } => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            SpeakError::RateLimited { retry_after, .. } if retry_after <= PATIENCE => {
                tokio::time::sleep(retry_after).await;
            }
            fatal => return Err(fatal),
        }
    }
}

/// The message of ours that carries a text already, if there is one that no receipt knows.
pub(super) async fn find(
    scope: &Scope,
    text: &MessageText,
    trigger: MessageId,
) -> Result<Option<Sent>, SpeakError> {
    for sent in scope.app.speaker.find_said(&scope.place, &scope.persona, trigger, text).await? {
        match scope.app.store.receipt(sent.message).await {
            Ok(None) => return Ok(Some(sent)),
            Ok(Some(receipt)) if receipt.turn == scope.turn => return Ok(Some(sent)),
            Ok(Some(_)) => {}
            Err(error) => log_store_failure(scope.turn, Err::<(), _>(error)),
        }
    }
    Ok(None)
}

/// Gives a message its text; `None` when nobody can any more, because the webhook that said it was deleted.
async fn rewrite(scope: &Scope, part: usize, sent: Sent, text: &MessageText) -> Option<Arrived> {
    let mut pause = Duration::from_secs(1);
    for _ in 1..SHOW_ATTEMPTS {
        match scope.app.speaker.rewrite(&scope.place, &scope.persona, &sent, text).await {
            Ok(()) => {
                let shown = TurnEvent::Shown { part, message: sent.message };
                return Some(Arrived::Event(shown, Some((part, sent))));
            }
            Err(SpeakError::Gone { code, .. }) if code == UNKNOWN_MESSAGE => {
                return Some(Arrived::Event(TurnEvent::NotShown(ShowFailure::MessageGone), None));
            }
            Err(SpeakError::Gone { code, .. }) if code == UNKNOWN_WEBHOOK => return None,
            // An edit can be made twice without harm, so "uncertain" is simply tried again.
            Err(SpeakError::Uncertain { .. } | SpeakError::Unreachable { .. } | SpeakError::Shed { .. }) => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            Err(SpeakError::RateLimited { retry_after, .. }) if retry_after <= PATIENCE => {
                tokio::time::sleep(retry_after).await;
            }
            Err(error) => return Some(refused(scope, &error)),
        }
    }
    tracing::warn!(turn = %scope.turn, "Discord took no edit for too long; the turn is tried again later");
    Some(Arrived::Stuck)
}

/// Says a part again whose message cannot be edited any more. The old one is deleted where the bot account may.
async fn say_anew(
    scope: &Scope,
    part: usize,
    old: Sent,
    text: &MessageText,
    trigger: MessageId,
    settled_parts: usize,
) -> Arrived {
    let by_the_bot = Sent { message: old.message, webhook: None };
    if let Err(error) = scope.app.speaker.delete(&scope.place, &by_the_bot).await {
        tracing::info!(turn = %scope.turn, %error, "what a deleted webhook said stays as it is");
    }
    // A run that died between the post and its receipt has said it already.
    match find(scope, text, trigger).await {
        Ok(Some(sent)) if sent.message != old.message => {
            Arrived::Event(TurnEvent::Shown { part, message: sent.message }, Some((part, sent)))
        }
        Ok(_) => post(scope, part, text, trigger, settled_parts).await,
        Err(error) => refused(scope, &error),
    }
}

/// Discord documentation, "Opcodes and Status Codes", section "JSON Error Codes".
const UNKNOWN_MESSAGE: u64 = 10_008;
/// As above.
const UNKNOWN_WEBHOOK: u64 = 10_015;

fn shown(part: usize, sent: &Sent) -> Shown {
    Shown { part: u32::try_from(part).unwrap_or(u32::MAX), message: sent.message, webhook: sent.webhook }
}

fn refused(scope: &Scope, error: &SpeakError) -> Arrived {
    if may_pass(error) {
        tracing::warn!(turn = %scope.turn, %error, "the reply cannot be shown now; later");
        return Arrived::Stuck;
    }
    tracing::warn!(turn = %scope.turn, %error, "Discord does not take the reply");
    Arrived::Event(TurnEvent::NotShown(ShowFailure::Refused(error.to_string())), None)
}

fn stuck(scope: &Scope, error: &store::StoreError) -> Arrived {
    tracing::error!(turn = %scope.turn, %error, "the store failed; the turn is tried again later");
    Arrived::Stuck
}

fn log_store_failure<T>(turn: TurnId, result: store::Result<T>) {
    if let Err(error) = result {
        tracing::error!(turn = %turn, %error, "the store failed");
    }
}

/// The future's end, or never when there is none.
async fn maybe(future: &mut Option<BoxFuture<'static, Arrived>>) -> Arrived {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

/// The stream's next item, or never when there is no stream.
async fn next_of<T>(stream: &mut Option<BoxStream<'static, T>>) -> Option<T> {
    match stream {
        Some(stream) => stream.next().await,
        None => std::future::pending().await,
    }
}
