//! Performs a turn's effects: the only place where a turn's decisions become I/O.

use std::{collections::VecDeque, time::Duration};

use discord::Sent;
use domain::{
    CharacterId, MessageId,
    chat::{ChatEvent, ChatRequest},
    cue::{self, Cue, Task},
    event::Place,
    limits,
    outbound::{MessageText, Persona},
    prompt,
    reply::Cleaner,
    scene::Scene,
    turn::{Cause, Effect, Ending, Turn, TurnEvent},
};
use futures_util::{
    FutureExt as _, StreamExt as _, TryStreamExt as _,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use llm::LlmError;
use store::{Outcome, Settled, Shown, TurnId};
use tokio::sync::mpsc;

use super::{
    intake,
    left::insist,
    queue::{Job, Occasion, Question},
    recovery::{recover, resume},
    showing::{log_store_failure, show, shown, stuck},
};
use crate::{app::App, clock};

/// What a turn under way is told.
#[derive(Debug)]
pub(super) enum Signal {
    /// Its question was deleted.
    Withdrawn,
    /// Its question is another one now.
    Revised(Question),
}

/// A turn that is not under way any more.
pub(super) struct Ended {
    pub(super) job: Job,
    pub(super) finish: Finish,
    /// A question that came too late to be taken in.
    pub(super) too_late: Option<Question>,
}

/// What stays the same during a turn.
#[derive(Clone)]
pub(super) struct Scope {
    pub(super) app: App,
    pub(super) turn: TurnId,
    pub(super) place: Place,
    pub(super) persona: Persona,
    pub(super) character: CharacterId,
    /// The channel is read from here on when it must be known what was said.
    pub(super) after: MessageId,
}

/// What a request on its way brings back.
pub(super) enum Arrived {
    Event(TurnEvent, Option<(usize, Sent)>),
    /// The store or Discord failed for now: the turn stays in the journal.
    Stuck,
}

/// How the work on a turn ended.
pub(super) enum Finish {
    /// It is over, and perhaps somebody else's turn comes of it, which is in the journal already.
    Done(Option<Box<Cue>>),
    /// It is to be abandoned; these messages are known to stand in the channel.
    Abandon(Place, Vec<Sent>),
    /// It could not go on: it is taken up again later, at the latest by the next start.
    Left,
}

/// Drives one turn to its end.
pub(super) async fn perform(app: App, mut job: Job, mut signals: mpsc::Receiver<Signal>) -> Ended {
    let mut too_late = None;
    let finish = match Performance::begin(&app, &mut job).await {
        Ok(performance) => performance.run(&mut job, &mut signals, &mut too_late).await,
        Err(finish) => finish,
    };
    signals.close();
    while let Ok(signal) = signals.try_recv() {
        if let Signal::Revised(question) = signal {
            too_late = Some(question);
        }
    }
    Ended { job, finish, too_late }
}

/// What the model is asked, and what is kept of how that came to be.
struct Briefing {
    request: ChatRequest,
    receipt: serde_json::Value,
    cleaner: Cleaner,
}

/// A turn being performed.
struct Performance {
    scope: Scope,
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

/// What wakes a turn under way.
enum Next {
    Event(TurnEvent),
    Revised(Question),
}

impl Performance {
    async fn begin(app: &App, job: &mut Job) -> Result<Self, Finish> {
        let Some(character) = intake::member(app.cast.characters(), &job.character).cloned() else {
            // The cast changed between two runs.
            let cause = format!("{} is no longer in the cast", job.character);
            let outcome = Outcome::Failed { cause };
            let ended = insist(|| app.store.finish(job.turn, &outcome, None)).await;
            log_store_failure(job.turn, ended);
            return Err(Finish::Done(None));
        };
        let Briefing { request, receipt, cleaner } = brief(app, job, &character).await?;
        let scope = Scope {
            app: app.clone(),
            turn: job.turn,
            place: job.place(),
            persona: app.cast.persona(&character),
            character: character.id.clone(),
            after: MessageId(job.turn.0),
        };
        let now = clock::now();
        let (sent, (turn, effects)) = match job.record.take() {
            None => (Vec::new(), Turn::start(cleaner, now)),
            Some(record) => {
                let sent = match recover(&scope, &record).await {
                    Ok(sent) => sent,
                    Err(error) => {
                        tracing::warn!(turn = %job.turn, %error, "the channel cannot be read back now; later");
                        return Err(Finish::Left);
                    }
                };
                (sent.clone(), resume(cleaner, &record, &sent, now))
            }
        };
        Ok(Self {
            scope,
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

    /// Runs to the end.
    async fn run(
        mut self,
        job: &mut Job,
        signals: &mut mpsc::Receiver<Signal>,
        too_late: &mut Option<Question>,
    ) -> Finish {
        loop {
            while let Some(effect) = self.effects.pop_front() {
                match effect {
                    Effect::Ask => self.ask(),
                    Effect::ShowTyping => self.show_typing(),
                    Effect::Show { part, text, .. } => self.show(part, text),
                    Effect::Retract { part, .. } => self.retract(part),
                    Effect::Settle { parts, reply, usage } => self.settle(parts, reply, usage),
                    Effect::Complete(ending) => return self.complete(job, ending).await,
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
            let event = match self.next_event(signals).await {
                Some(Next::Event(event)) => event,
                Some(Next::Revised(question)) if self.turn.may_be_revised() => {
                    job.occasion = Occasion::Question(question);
                    match self.brief_again(job).await {
                        Ok(()) => TurnEvent::Revised,
                        Err(finish) => return finish,
                    }
                }
                Some(Next::Revised(question)) => {
                    *too_late = Some(question);
                    continue;
                }
                None => return Finish::Left,
            };
            self.effects.extend(self.turn.on(event, clock::now()));
        }
    }

    /// The question changed before anybody saw an answer.
    async fn brief_again(&mut self, job: &Job) -> Result<(), Finish> {
        self.model = None;
        let Some(character) = self.scope.app.cast.by_id(&job.character).cloned() else {
            return Ok(());
        };
        let app = self.scope.app.clone();
        // What was cleaned out of the answer so far is gone with it: the cleaner of the first try serves on.
        let Briefing { request, receipt, cleaner: _ } = brief(&app, job, &character).await?;
        (self.request, self.receipt) = (request, receipt);
        Ok(())
    }

    /// Waits for the next thing that happens to the turn; `None` ends it where it is (the journal keeps it).
    async fn next_event(&mut self, signals: &mut mpsc::Receiver<Signal>) -> Option<Next> {
        loop {
            let wake = self.turn.wake_at().map(|at| at.since(clock::now()));
            tokio::select! {
                biased;
                () = self.scope.app.life.hard().cancelled() => return None,
                Some(signal) = signals.recv() => return Some(match signal {
                    Signal::Withdrawn => Next::Event(TurnEvent::Cancel(Cause::QuestionDeleted)),
                    Signal::Revised(question) => Next::Revised(question),
                }),
                arrived = maybe(&mut self.in_flight) => {
                    self.in_flight = None;
                    match arrived {
                        Arrived::Event(event, sent) => {
                            if let Some((part, sent)) = sent {
                                self.remember(part, sent);
                            }
                            return Some(Next::Event(event));
                        }
                        Arrived::Stuck => return None,
                    }
                }
                event = next_of(&mut self.model) => return Some(Next::Event(self.heard_from_model(event))),
                () = tokio::time::sleep(wake.unwrap_or(Duration::MAX)), if wake.is_some() => {
                    return Some(Next::Event(TurnEvent::Tick));
                }
                () = tokio::time::sleep_until(self.deadline), if self.model.is_some() => {
                    self.model = None;
                    let cause = "the turn took too long".to_owned();
                    return Some(Next::Event(TurnEvent::ModelFailed { retryable: false, cause }));
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
        let settled_parts = self.settled_parts;
        self.in_flight = Some(async move { show(&scope, part, sent, &text, settled_parts).await }.boxed());
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

    async fn complete(&mut self, job: &Job, ending: Ending) -> Finish {
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
        let next = self.next_cue(job).map(Box::new);
        match insist(|| store.complete(turn, &shown, &outcome, next.as_deref())).await {
            Ok(()) => Finish::Done(next),
            Err(error) => {
                tracing::error!(turn = %turn, %error, "the store failed; what was said is recorded later");
                Finish::Left
            }
        }
    }

    /// Whose turn comes of this one.
    fn next_cue(&self, job: &Job) -> Option<Cue> {
        let (character, then) = job.then.split_first()?;
        let task = match &job.occasion {
            Occasion::Question(question) => Task::Answer(Box::new(question.whole())),
            Occasion::Cue(cue) => cue.task.clone(),
        };
        let at = clock::now();
        Some(Cue {
            id: cue::own_id(at, &mut fastrand::Rng::with_seed(job.turn.0)),
            place: job.place(),
            character: character.clone(),
            reason: job.reason,
            task,
            then: then.to_vec(),
            at,
        })
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

/// What a character knows when it speaks.
async fn brief(
    app: &App,
    job: &Job,
    character: &domain::character::Character,
) -> Result<Briefing, Finish> {
    let question = match &job.occasion {
        Occasion::Question(question) => question.whole(),
        Occasion::Cue(cue) => match &cue.task {
            Task::Answer(message) => (**message).clone(),
            Task::Scene(_) | Task::Remark { .. } | Task::GoOn { .. } => return Err(Finish::Done(None)),
        },
    };
    let record = match intake::scene_before(app, &question).await {
        Ok(record) => record,
        Err(error) => {
            tracing::error!(turn = %job.turn, %error, "the scene cannot be read; the turn is tried again later");
            return Err(Finish::Left);
        }
    };
    let scene = Scene {
        identity: app.speaker.identity(),
        cast: app.cast.characters(),
        history: &record.history,
        reply_target: record.reply_target.clone(),
        last_speaker: record.last_speaker.clone(),
        addressed: None,
        now: clock::now(),
    };
    let (request, receipt) = prompt::assemble(character, &scene, &question, app.model.profile(), job.turn.0);
    let others = receipt.names();
    let receipt = serde_json::json!({ "reason": job.reason, "prompt": receipt });
    let cleaner =
        Cleaner::new(character, &others).brief(app.model.profile().style == prompt::Style::Small);
    Ok(Briefing { request, receipt, cleaner })
}
