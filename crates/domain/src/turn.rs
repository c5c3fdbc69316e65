//! One turn: from a verdict to a reply that stands in the channel. A pure state machine: events in, effects out.
//!
//! Order is what makes it safe. A text is shown only after it is in the store (`Show` records before it posts), the
//! whole reply is settled there in one transaction before its last part is shown, and the turn is done only when
//! everything stands in the channel. So a process that dies anywhere can pick the turn up again ([`Turn::resume`])
//! without saying anything twice. At most one request is on its way at any time.

use crate::{
    MessageId, Timestamp,
    chat::{Finish, Usage},
    limits,
    outbound::MessageText,
    reply::Cleaner,
    split::{self, Splitter},
};

/// What can happen to a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TurnEvent {
    /// The model wrote more.
    Delta(String),
    /// The model is done.
    Answered {
        /// Why it ended.
        finish: Finish,
        /// What it used.
        usage: Usage,
    },
    /// The model failed or went silent.
    ModelFailed {
        /// Whether asking again may help.
        retryable: bool,
        /// What went wrong, for the operator.
        cause: String,
    },
    /// A part stands in the channel with the text that was last asked to be shown.
    Shown {
        /// Which part.
        part: usize,
        /// As which message.
        message: MessageId,
    },
    /// A part that the reply does not need is gone.
    Retracted {
        /// Which part it was.
        part: usize,
    },
    /// A part cannot be shown.
    NotShown(ShowFailure),
    /// The settled reply is in the store.
    Settled,
    /// Time passed.
    Tick,
    /// What is asked has changed. Too late once anything is shown or settled; see [`Turn::may_be_revised`].
    Revised,
    /// The turn must end without an answer: its question was deleted, or the channel is gone.
    Cancel(Cause),
}

/// Why a part cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShowFailure {
    /// The message that was to be edited is gone: somebody deleted it, and that is an answer too.
    MessageGone,
    /// Discord refuses or the channel is gone, for good.
    Refused(String),
}

/// Why a turn ended without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The message that asked was deleted.
    QuestionDeleted,
    /// The reply was deleted while it was written.
    ReplyDeleted,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask the model; a stream that is under way is dropped.
    Ask,
    /// Show that the character is typing.
    ShowTyping,
    /// Bring a part's text into the channel: record, then post; or edit, when it stands there already.
    Show {
        /// Which part, from 0.
        part: usize,
        /// Its text.
        text: MessageText,
        /// The message that carries it already.
        message: Option<MessageId>,
    },
    /// Delete a message that an earlier attempt needed and the reply does not.
    Retract {
        /// Which part it was.
        part: usize,
        /// The message.
        message: MessageId,
    },
    /// Record the whole reply, in one transaction.
    Settle {
        /// The parts' final texts.
        parts: Vec<MessageText>,
        /// The reply as the character said it, for the history.
        reply: String,
        /// What it used.
        usage: Usage,
    },
    /// The turn is done; record how it ended.
    Complete(Ending),
    /// The turn ends without an answer: forget what was staged, delete what was posted.
    Abandon(Cause),
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With the model's answer.
    Answered,
    /// With an apology, or not at all; the cause is for the operator.
    Failed(String),
}

/// A part of the reply, as far as it got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartState {
    /// What stands in the channel.
    pub shown: Option<MessageText>,
    /// As which message.
    pub message: Option<MessageId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The model writes.
    Streaming,
    /// The store records the whole reply.
    Settling,
    /// The settled parts are shown, one after the other.
    Delivering,
    /// Nothing more to do.
    Over,
}

/// A turn under way.
#[derive(Clone, Debug)]
pub struct Turn {
    stage: Stage,
    cleaner: Cleaner,
    raw: String,
    parts: Vec<PartState>,
    settled: Vec<MessageText>,
    /// The model is done: what to settle as soon as nothing is on its way.
    answered: Option<(Vec<MessageText>, String, Usage)>,
    in_flight: Option<MessageText>,
    asked_at: Timestamp,
    last_show: Timestamp,
    last_typing: Option<Timestamp>,
    attempts: u32,
    failed: Option<String>,
    /// Whether somebody waits, who is owed a word when no model answers.
    awaited: bool,
}

/// How often a model that failed before it said anything whole is asked in all.
const ATTEMPTS: u32 = 2;

/// What a character says when no model answered: in its own voice as far as one sentence can be.
pub const APOLOGY: &str =
    "*pauses, thread lost* Sorry, my thoughts are somewhere else right now. Ask me again in a moment?";

impl Turn {
    /// Begins a turn: the first effect asks the model.
    pub fn start(cleaner: Cleaner, now: Timestamp) -> (Self, Vec<Effect>) {
        Self::resume(cleaner, Vec::new(), None, now)
    }

    /// Takes a turn up again after a restart, with the parts that were posted and, if it was settled, the reply.
    pub fn resume(
        cleaner: Cleaner,
        parts: Vec<PartState>,
        settled: Option<Vec<MessageText>>,
        now: Timestamp,
    ) -> (Self, Vec<Effect>) {
        let mut turn = Self {
            stage: Stage::Streaming,
            cleaner,
            raw: String::new(),
            parts,
            settled: Vec::new(),
            answered: None,
            in_flight: None,
            asked_at: now,
            last_show: now,
            last_typing: None,
            attempts: 1,
            failed: None,
            awaited: true,
        };
        let effects = match settled {
            Some(settled) => {
                turn.settled = settled;
                turn.stage = Stage::Delivering;
                turn.deliver(now)
            }
            None => vec![Effect::Ask],
        };
        (turn, effects)
    }

    /// Nobody waits for this turn: without an answer of the model nothing is said, instead of an apology.
    pub fn unasked(&mut self) {
        self.awaited = false;
    }

    /// Whether everything is done.
    pub fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// Whether no model answered: what is settled then is an apology, or as much as was said.
    pub fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Whether nobody has seen anything of the reply yet and it is not decided: a changed question can still be answered
    /// as it is now.
    pub fn may_be_revised(&self) -> bool {
        let undecided = self.stage == Stage::Streaming && self.answered.is_none();
        undecided && self.in_flight.is_none() && !self.anything_shown()
    }

    /// When a [`TurnEvent::Tick`] is wanted next.
    pub fn wake_at(&self) -> Option<Timestamp> {
        if self.stage != Stage::Streaming {
            return None;
        }
        let typing = self.typing_due();
        if self.in_flight.is_some() || self.raw.is_empty() {
            return typing;
        }
        Some(typing.map_or(self.show_due(), |typing| typing.min(self.show_due())))
    }

    /// Takes an event and says what is to be done next.
    pub fn on(&mut self, event: TurnEvent, now: Timestamp) -> Vec<Effect> {
        if self.stage == Stage::Over {
            return Vec::new();
        }
        match event {
            TurnEvent::Delta(text) => self.delta(&text, now),
            TurnEvent::Answered { finish, usage } => self.model_done(finish, usage, now),
            TurnEvent::ModelFailed { retryable, cause } => self.model_failed(retryable, cause, now),
            TurnEvent::Shown { part, message } => self.shown(part, message, now),
            TurnEvent::Retracted { part } => {
                self.parts.truncate(part);
                self.deliver(now)
            }
            TurnEvent::NotShown(failure) => self.not_shown(failure),
            TurnEvent::Settled => {
                self.stage = Stage::Delivering;
                self.deliver(now)
            }
            TurnEvent::Tick => self.tick(now),
            TurnEvent::Revised => self.revised(now),
            TurnEvent::Cancel(cause) => self.abandon(cause),
        }
    }

    fn delta(&mut self, text: &str, now: Timestamp) -> Vec<Effect> {
        if self.stage != Stage::Streaming || self.answered.is_some() {
            return Vec::new();
        }
        self.raw.push_str(text);
        // Only these can complete a mark or another speaker's label; looking at every piece would cost the square.
        let may_end = text.contains([':', '\n', '<', '[', '#']);
        if may_end && self.cleaner.partial(&self.raw).over || self.raw.len() > limits::REPLY_CHARS {
            // The model began to speak for somebody else, or does not find an end: enough.
            return self.model_done(Finish::Stop, Usage::default(), now);
        }
        self.tick(now)
    }

    fn tick(&mut self, now: Timestamp) -> Vec<Effect> {
        if self.stage != Stage::Streaming || self.answered.is_some() {
            return Vec::new();
        }
        if self.in_flight.is_none() && !self.raw.is_empty() && now >= self.show_due() {
            let parts = self.parts_so_far();
            if let Some(effect) = self.next_show(&parts, now) {
                return vec![effect];
            }
        }
        if self.typing_due().is_some_and(|due| now >= due) {
            self.last_typing = Some(now);
            return vec![Effect::ShowTyping];
        }
        Vec::new()
    }

    fn model_done(&mut self, finish: Finish, usage: Usage, now: Timestamp) -> Vec<Effect> {
        if self.stage != Stage::Streaming || self.answered.is_some() {
            return Vec::new();
        }
        let reply = self.cleaner.whole(&self.raw).text;
        let parts = split::split(&reply);
        if parts.is_empty() {
            let cause = format!("the model gave no usable text ({finish:?})");
            return self.model_failed(true, cause, now);
        }
        self.answer(parts, reply, usage)
    }

    fn model_failed(&mut self, retryable: bool, cause: String, now: Timestamp) -> Vec<Effect> {
        if self.stage != Stage::Streaming || self.answered.is_some() {
            return Vec::new();
        }
        if retryable && self.attempts < ATTEMPTS {
            // What is shown already stays and is rewritten by the new answer: one message, never half an answer twice.
            self.attempts += 1;
            self.raw.clear();
            self.asked_at = now;
            return vec![Effect::Ask];
        }
        self.failed = Some(cause);
        let reply = self.cleaner.whole(&self.raw).text;
        let parts = split::split(&reply);
        if parts.is_empty() && !self.awaited {
            self.stage = Stage::Delivering;
            // What is on its way arrives first, so that it can be taken back.
            return if self.in_flight.is_some() { Vec::new() } else { self.deliver(now) };
        }
        if parts.is_empty() {
            return self.answer(split::split(APOLOGY), APOLOGY.to_owned(), Usage::default());
        }
        self.answer(parts, reply, Usage::default())
    }

    fn revised(&mut self, now: Timestamp) -> Vec<Effect> {
        if !self.may_be_revised() {
            return Vec::new();
        }
        self.raw.clear();
        self.attempts = 1;
        self.asked_at = now;
        vec![Effect::Ask]
    }

    fn answer(&mut self, parts: Vec<MessageText>, reply: String, usage: Usage) -> Vec<Effect> {
        self.answered = Some((parts, reply, usage));
        self.settle_when_idle()
    }

    fn settle_when_idle(&mut self) -> Vec<Effect> {
        if self.in_flight.is_some() {
            return Vec::new();
        }
        match self.answered.clone() {
            Some((parts, reply, usage)) if self.stage == Stage::Streaming => {
                self.stage = Stage::Settling;
                self.settled.clone_from(&parts);
                vec![Effect::Settle { parts, reply, usage }]
            }
            _ => Vec::new(),
        }
    }

    fn shown(&mut self, part: usize, message: MessageId, now: Timestamp) -> Vec<Effect> {
        if part >= self.parts.len() {
            self.parts.resize(part + 1, PartState::default());
        }
        if let Some(state) = self.parts.get_mut(part) {
            state.shown = self.in_flight.take();
            state.message = Some(message);
        }
        match self.stage {
            Stage::Streaming if self.answered.is_some() => self.settle_when_idle(),
            Stage::Delivering => self.deliver(now),
            Stage::Streaming | Stage::Settling | Stage::Over => Vec::new(),
        }
    }

    fn not_shown(&mut self, failure: ShowFailure) -> Vec<Effect> {
        self.in_flight = None;
        match failure {
            ShowFailure::MessageGone => self.abandon(Cause::ReplyDeleted),
            ShowFailure::Refused(cause) => {
                self.stage = Stage::Over;
                vec![Effect::Complete(Ending::Failed(cause))]
            }
        }
    }

    fn deliver(&mut self, now: Timestamp) -> Vec<Effect> {
        let settled = self.settled.clone();
        if let Some(effect) = self.next_show(&settled, now) {
            return vec![effect];
        }
        // From the last one, so that what is left is always a beginning of the reply.
        let mut surplus = self.parts.iter().enumerate().skip(settled.len()).rev();
        if let Some((part, message)) = surplus.find_map(|(part, state)| Some((part, state.message?))) {
            return vec![Effect::Retract { part, message }];
        }
        self.stage = Stage::Over;
        vec![Effect::Complete(self.failed.take().map_or(Ending::Answered, Ending::Failed))]
    }

    /// The first part whose text is not the one that stands in the channel.
    fn next_show(&mut self, parts: &[MessageText], now: Timestamp) -> Option<Effect> {
        let state = |part: usize| self.parts.get(part).cloned().unwrap_or_default();
        let part = (0..parts.len()).find(|&part| state(part).shown.as_ref() != parts.get(part))?;
        let text = parts.get(part)?.clone();
        let message = state(part).message;
        self.in_flight = Some(text.clone());
        self.last_show = now;
        Some(Effect::Show { part, text, message })
    }

    fn abandon(&mut self, cause: Cause) -> Vec<Effect> {
        self.stage = Stage::Over;
        vec![Effect::Abandon(cause)]
    }

    fn parts_so_far(&self) -> Vec<MessageText> {
        let reply = self.cleaner.partial(&self.raw).text;
        let mut splitter = Splitter::new();
        let parts = splitter.update(&reply);
        parts.finished.iter().cloned().chain(parts.current).collect()
    }

    fn anything_shown(&self) -> bool {
        self.parts.iter().any(|part| part.message.is_some())
    }

    fn show_due(&self) -> Timestamp {
        if self.anything_shown() {
            self.last_show.plus(limits::EDIT_EVERY)
        } else {
            self.asked_at.plus(limits::FIRST_SHOW)
        }
    }

    fn typing_due(&self) -> Option<Timestamp> {
        if self.anything_shown() || self.in_flight.is_some() {
            return None;
        }
        Some(self.last_typing.map_or_else(
            || self.asked_at.plus(limits::TYPING_AFTER),
            |last: Timestamp| last.plus(limits::TYPING_EVERY),
        ))
    }
}

#[cfg(test)]
mod tests;
