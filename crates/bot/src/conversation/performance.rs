//! Performs a turn's effects: the only place where a turn's decisions become I/O.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use discord::Sent;
use domain::{
    CharacterId, MessageId, Timestamp,
    chat::{ChatEvent, Usage},
    cue::{self, Cue, Task},
    event::Place,
    limits,
    outbound::{MessageText, Persona},
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
    again::{self, distrust},
    briefing::{Briefing, brief},
    left::insist,
    queue::{Job, Occasion, Question},
    recovery::{recover, resume},
    showing::{show, shown, stuck},
};
use crate::{
    app::App,
    clock,
    ensemble::{self, Before},
    unasked,
};

/// What a turn under way is told.
#[derive(Debug)]
pub(super) enum Signal {
    /// Its question was deleted.
    Withdrawn,
    /// Its question is another one now.
    Revised(Box<Question>),
}

/// A turn that is not under way any more.
pub(super) struct Ended {
    pub(super) job: Job,
    pub(super) finish: Finish,
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
    /// See [`Job::salt`].
    pub(super) salt: u64,
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
    /// Its moment has not come: it goes back to the queue until then.
    Later(Timestamp),
    /// It could not go on: it is taken up again later, at the latest by the next start.
    Left,
}

/// Drives one turn to its end.
pub(super) async fn perform(
    app: App,
    mut job: Job,
    mut signals: mpsc::Receiver<Signal>,
    seen: Arc<AtomicBool>,
) -> Ended {
    let finish = match Performance::begin(&app, &mut job, seen).await {
        Ok(performance) => performance.run(&mut job, &mut signals).await,
        Err(finish) => finish,
    };
    Ended { job, finish }
}

/// A turn being performed.
struct Performance {
    scope: Scope,
    briefing: Briefing,
    turn: Turn,
    effects: VecDeque<Effect>,
    /// What stands in the channel, by part.
    sent: Vec<Option<Sent>>,
    model: Option<BoxStream<'static, Result<ChatEvent, LlmError>>>,
    in_flight: Option<BoxFuture<'static, Arrived>>,
    deadline: tokio::time::Instant,
    settled_parts: usize,
    /// The reply that stood there before and comes back if there is no new one.
    stood: Option<u32>,
    /// What was settled.
    reply: String,
    /// What that used.
    usage: Usage,
    /// When the model was asked last, and how long its first word took.
    asked: (Timestamp, Option<Duration>),
    /// Whether anything of the reply can be seen, for the actor.
    seen: Arc<AtomicBool>,
}

/// What wakes a turn under way.
enum Next {
    Event(TurnEvent),
    Revised(Box<Question>),
}

impl Performance {
    async fn begin(app: &App, job: &mut Job, seen: Arc<AtomicBool>) -> Result<Self, Finish> {
        its_moment(app, job).await?;
        let briefed = match app.cast.of(job.place().guild).await {
            Ok(cast) => match cast.by_id(&job.character) {
                Some(character) => {
                    brief(app, job, character).await.map(|briefed| (briefed, cast.persona(character)))
                }
                None => return Err(dropped(app, job, "the character is no longer in the cast").await),
            },
            Err(error) => Err(error),
        };
        let (briefing, persona) = match briefed {
            Ok((Ok(briefing), persona)) => (briefing, persona),
            Ok((Err(gate), _)) => return Err(dropped(app, job, &gate.to_string()).await),
            Err(error) => {
                tracing::error!(turn = %job.turn, %error, "the scene cannot be read; the turn is tried again later");
                return Err(Finish::Left);
            }
        };
        let scope = Scope {
            app: app.clone(),
            turn: job.turn,
            place: job.place(),
            persona,
            character: job.character.clone(),
            after: job.since(),
            salt: job.salt(),
        };
        let now = clock::now();
        let cleaner = briefing.cleaner.clone();
        let mut reply = String::new();
        let stood = again::stood(app, job).await.map_err(|error| {
            tracing::error!(turn = %job.turn, %error, "the store failed; the turn is tried again later");
            Finish::Left
        })?;
        let (sent, (mut turn, effects)) = match job.record.take() {
            None => (Vec::new(), Turn::start(cleaner, now)),
            Some(mut record) => {
                if job.again().is_some() {
                    distrust(&mut record);
                }
                let sent = match recover(&scope, &record).await {
                    Ok(sent) => sent,
                    Err(error) => {
                        tracing::warn!(turn = %job.turn, %error, "the channel cannot be read back now; later");
                        return Err(Finish::Left);
                    }
                };
                if record.settled {
                    reply = record.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("\n");
                }
                (sent.clone(), resume(cleaner, &record, &sent, now))
            }
        };
        if !job.is_awaited() {
            turn.unasked();
        }
        Ok(Self {
            scope,
            briefing,
            turn,
            effects: effects.into(),
            sent,
            model: None,
            in_flight: None,
            deadline: tokio::time::Instant::now() + limits::TURN_DEADLINE,
            settled_parts: 0,
            stood,
            reply,
            usage: Usage::default(),
            asked: (now, None),
            seen,
        })
    }

    /// Runs to the end.
    async fn run(mut self, job: &mut Job, signals: &mut mpsc::Receiver<Signal>) -> Finish {
        loop {
            while let Some(effect) = self.effects.pop_front() {
                match effect {
                    Effect::Ask => self.ask(),
                    Effect::ShowTyping => self.show_typing(),
                    Effect::Show { part, text, .. } => self.show(part, text),
                    Effect::Retract { part, .. } => self.retract(part),
                    Effect::Settle { parts, reply, usage } => {
                        let failed = self.turn.has_failed();
                        match if failed { self.give_back(job).await } else { Ok(false) } {
                            Ok(true) => {}
                            Ok(false) => self.settle(job, parts, reply, usage),
                            Err(_) => return Finish::Left,
                        }
                    }
                    Effect::Complete(ending) => {
                        // Discord refuses the new words: what counts is what stood there before.
                        let refused = matches!(ending, Ending::Failed(_)) && self.settled_parts == 0;
                        if refused && self.give_back(job).await.is_err() {
                            return Finish::Left;
                        }
                        return self.complete(job, ending).await;
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
            let event = match self.next_event(signals).await {
                Some(Next::Event(event)) => event,
                Some(Next::Revised(question)) if self.turn.may_be_revised() => {
                    job.occasion = Occasion::Question(question);
                    job.setting = None;
                    if self.brief_again(job).await.is_err() {
                        return Finish::Left;
                    }
                    TurnEvent::Revised
                }
                // Too late: the actor sees which messages were taken in, and asks the others anew.
                Some(Next::Revised(_)) => continue,
                None => return Finish::Left,
            };
            self.effects.extend(self.turn.on(event, clock::now()));
        }
    }

    /// Brings back what stood there before, if anything did: the turn goes on with showing that.
    async fn give_back(&mut self, job: &Job) -> store::Result<bool> {
        let Some(stood) = self.stood.take() else { return Ok(false) };
        let app = &self.scope.app;
        let Some(record) = again::give_back(app, job, stood).await.inspect_err(|error| {
            tracing::error!(turn = %job.turn, %error, "the store failed; the turn is tried again later");
        })?
        else {
            return Ok(false);
        };
        tracing::info!(turn = %job.turn, "no other answer came; the one before stays");
        self.model = None;
        self.reply = record.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("\n");
        let (turn, effects) = resume(self.briefing.cleaner.clone(), &record, &self.sent, clock::now());
        (self.turn, self.effects) = (turn, effects.into());
        Ok(true)
    }

    /// The question changed before anybody saw an answer.
    async fn brief_again(&mut self, job: &Job) -> store::Result<()> {
        self.model = None;
        let app = self.scope.app.clone();
        let cast = app.cast.of(job.place().guild).await?;
        if let Some(character) = cast.by_id(&job.character)
            && let Ok(briefing) = brief(&app, job, character).await?
        {
            self.briefing = briefing;
        }
        Ok(())
    }

    /// Waits for the next thing that happens to the turn; `None` ends it where it is (the journal keeps it).
    async fn next_event(&mut self, signals: &mut mpsc::Receiver<Signal>) -> Option<Next> {
        let wake = self.turn.wake_at().map(|at| at.since(clock::now()));
        tokio::select! {
            biased;
            () = self.scope.app.life.hard().cancelled() => None,
            Some(signal) = signals.recv() => Some(match signal {
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
                        Some(Next::Event(event))
                    }
                    Arrived::Stuck => None,
                }
            }
            event = next_of(&mut self.model) => Some(Next::Event(self.heard_from_model(event))),
            () = tokio::time::sleep(wake.unwrap_or(Duration::MAX)), if wake.is_some() => {
                Some(Next::Event(TurnEvent::Tick))
            }
            () = tokio::time::sleep_until(self.deadline), if self.model.is_some() => {
                self.model = None;
                let cause = "the turn took too long".to_owned();
                Some(Next::Event(TurnEvent::ModelFailed { retryable: false, cause }))
            }
        }
    }

    fn ask(&mut self) {
        self.asked = (clock::now(), None);
        let provider = self.scope.app.model.provider().clone();
        let request = self.briefing.request.clone();
        let stream = async move { provider.stream(request).await };
        self.model = Some(stream::once(stream).try_flatten().boxed());
    }

    fn heard_from_model(&mut self, event: Option<Result<ChatEvent, LlmError>>) -> TurnEvent {
        match event {
            Some(Ok(ChatEvent::Delta(text))) => {
                let asked = self.asked.0;
                self.asked.1.get_or_insert_with(|| clock::now().since(asked));
                TurnEvent::Delta(text)
            }
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
        self.seen.store(true, Ordering::Release);
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

    fn settle(&mut self, job: &Job, parts: Vec<MessageText>, reply: String, usage: Usage) {
        self.model = None;
        self.settled_parts = parts.len();
        self.reply.clone_from(&reply);
        self.usage = usage;
        let scope = self.scope.clone();
        if let Some(first) = self.asked.1 {
            self.briefing.receipt["times"] = serde_json::json!({ "first_word": first.as_millis() as u64 });
        }
        if let Some(cost) = scope.app.model.cost(usage) {
            self.briefing.receipt["cost"] = format!("${cost:.6}").into();
        }
        let settled = Settled {
            place: scope.place,
            character: scope.character.clone(),
            parts: parts.into_iter().map(String::from).collect(),
            reply_text: reply,
            prompt_receipt: self.briefing.receipt.clone(),
            model: scope.app.model.provider().model().to_owned(),
            usage,
            at: clock::now(),
            also: match &job.occasion {
                Occasion::Question(question) => question.merged().collect(),
                Occasion::Cue(_) => Vec::new(),
            },
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

    async fn complete(self, job: &Job, ending: Ending) -> Finish {
        let answered = ending == Ending::Answered;
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
        let (app, turn) = (&self.scope.app, self.scope.turn);
        let next = match &job.occasion {
            Occasion::Cue(cue) if matches!(cue.task, Task::Scene(_)) => {
                // What nobody saw was not said: two silent voices end a scene.
                ensemble::after(app, cue, if answered { &self.reply } else { "" }).await
            }
            _ => match (next_cue(job), &job.occasion) {
                (Some(next), _) => Some(Box::new(next)),
                (None, Occasion::Question(question)) if answered => {
                    let asked = question.whole();
                    unasked::banter(app, &asked, &job.character, job.reason).await.map(Box::new)
                }
                (None, _) => None,
            },
        };
        if let Err(error) = insist(|| app.store.complete(turn, &shown, &outcome, next.as_deref())).await {
            tracing::error!(turn = %turn, %error, "the store failed; what was said is recorded later");
            return Finish::Left;
        }
        if let Err(error) = app.spending.spend(self.usage, clock::now()).await {
            tracing::warn!(turn = %turn, %error, "what an answer used could not be counted");
        }
        if answered && let Err(error) = self.briefing.follows.keep(app, job, &self.reply).await {
            // A mood is lost, nothing that was said.
            tracing::warn!(turn = %turn, %error, "the characters' state could not be kept");
        }
        Finish::Done(next)
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

/// Whether a turn of a scene may begin: nobody stopped it, and people do not talk.
async fn its_moment(app: &App, job: &Job) -> Result<(), Finish> {
    let Occasion::Cue(cue) = &job.occasion else { return Ok(()) };
    if job.record.is_some() || !matches!(cue.task, Task::Scene(_)) {
        return Ok(());
    }
    let limit = u32::try_from(limits::SCENE_MESSAGES).unwrap_or(u32::MAX);
    let history = match app.store.scene(cue.place.channel, None, limit, None).await {
        Ok(record) => record.history,
        Err(error) => {
            tracing::error!(turn = %job.turn, %error, "the scene cannot be read; the turn is tried again later");
            return Err(Finish::Left);
        }
    };
    match ensemble::before(app, cue, &history).await {
        Before::Perform => Ok(()),
        Before::Wait(until) => Err(Finish::Later(until)),
        Before::End(ending) => Err(dropped(app, job, &ending.to_string()).await),
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

/// Who answers the same message after this turn.
fn next_cue(job: &Job) -> Option<Cue> {
    let (character, then) = job.then.split_first()?;
    let (task, merged) = match &job.occasion {
        Occasion::Question(question) => {
            (Task::Answer(Box::new(question.whole())), question.merged_messages())
        }
        Occasion::Cue(cue) => (cue.task.clone(), cue.merged.clone()),
    };
    let at = clock::now();
    Some(Cue {
        id: cue::own_id(at, &mut fastrand::Rng::with_seed(job.turn.0)),
        place: job.place(),
        character: character.clone(),
        reason: job.reason,
        task,
        merged,
        then: then.to_vec(),
        at,
    })
}

/// Ends a turn that nobody can or may perform.
async fn dropped(app: &App, job: &Job, why: &str) -> Finish {
    if job.again().is_some() {
        return again::let_stand(app, job, why).await;
    }
    tracing::info!(turn = %job.turn, character = %job.character, why, "a turn is dropped");
    let outcome = match job.occasion {
        Occasion::Question(_) => Outcome::Failed { cause: why.to_owned() },
        Occasion::Cue(_) => Outcome::Ignored { reason: why.to_owned() },
    };
    let next = match &job.occasion {
        // The others may go on: those of a scene, and those who were asked, too.
        Occasion::Cue(cue) if matches!(cue.task, Task::Scene(_)) => ensemble::after(app, cue, "").await,
        _ => next_cue(job).map(Box::new),
    };
    match insist(|| app.store.finish(job.turn, &outcome, next.as_deref())).await {
        Ok(()) => Finish::Done(next),
        Err(error) => {
            tracing::error!(turn = %job.turn, %error, "the store failed");
            Finish::Left
        }
    }
}
