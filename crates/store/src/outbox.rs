//! The outbox: what is said, and the receipts of what was.

use async_trait::async_trait;
use domain::{ChannelId, CharacterId, MessageId, Timestamp, WebhookId, chat::Usage, cue::Cue, event::Place};
use serde::{Deserialize, Serialize};

use crate::{Outcome, Result, TurnId};

/// How far a part of a reply came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartState {
    /// About to be posted; after a crash nobody knows whether it was.
    Staged,
    /// Posted with this text, as far as is known.
    Posted,
    /// Posted with another text than the final one: edit it, or delete the message when the text is empty.
    Stale,
    /// Shown with its final text.
    Shown,
}

/// One message of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// 0, 1, 2 …
    pub index: u32,
    /// What it says or should say.
    pub text: String,
    /// How far it came.
    pub state: PartState,
    /// The message, once posted.
    pub message: Option<MessageId>,
    /// The webhook that posted it; `None` when the bot speaks under its own name.
    pub webhook: Option<WebhookId>,
    /// When it was last staged or settled: a post that was on the wire then may still arrive.
    pub staged_at: Timestamp,
}

/// A part that stands in the channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shown {
    /// Which part.
    pub part: u32,
    /// Its message.
    pub message: MessageId,
    /// The webhook that posted it.
    pub webhook: Option<WebhookId>,
}

/// A decided reply.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// Where.
    pub place: Place,
    /// Who speaks.
    pub character: CharacterId,
    /// The final texts, one per message.
    pub parts: Vec<String>,
    /// The whole reply as the history keeps it.
    pub reply_text: String,
    /// How the prompt came to be, for `/why`.
    pub prompt_receipt: serde_json::Value,
    /// Which model answered.
    pub model: String,
    /// What it cost.
    pub usage: Usage,
    /// When.
    pub at: Timestamp,
    /// Turns whose messages are part of the question: they end with the decision, as [`PART_OF_A_QUESTION`], so that
    /// nobody answers them once more after a crash. What is over already is left as it is.
    pub also: Vec<TurnId>,
}

/// Why a turn is left unanswered whose message was answered together with the one before it.
pub const PART_OF_A_QUESTION: &str = "part of the question before it";

/// What is known about a character's message.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// The message.
    pub message: MessageId,
    /// The turn it answers.
    pub turn: TurnId,
    /// Which part of the reply it is.
    pub part: u32,
    /// Who spoke.
    pub character: CharacterId,
    /// Where.
    pub channel: ChannelId,
    /// The webhook that posted it.
    pub webhook: Option<WebhookId>,
    /// How it came to be; `None` before it is settled and after it was pruned.
    pub settled: Option<SettledReceipt>,
}

/// How a reply came to be.
#[derive(Clone, Debug, PartialEq)]
pub struct SettledReceipt {
    /// How the prompt came to be.
    pub prompt_receipt: serde_json::Value,
    /// Which model answered.
    pub model: String,
    /// What it cost.
    pub usage: Usage,
    /// When.
    pub at: Timestamp,
}

/// The outbox. Every method that changes a turn answers `Conflict` when the turn is unknown or finished.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// "About to post this part." Staging a staged part again replaces its text; a posted part stays as it is.
    async fn stage(
        &self,
        turn: TurnId,
        place: &Place,
        character: &CharacterId,
        part: u32,
        text: &str,
        at: Timestamp,
    ) -> Result<()>;

    /// A staged part was posted: its receipt. `Conflict` when the part was never staged.
    async fn posted(&self, turn: TurnId, shown: Shown) -> Result<()>;

    /// The reply is decided: its line in the history, its final parts and its prompt receipt.
    ///
    /// Parts not yet posted are staged; posted parts with another text, and posted parts beyond the last final one
    /// (with an empty text), are stale. Settling again replaces all of it.
    async fn settle(&self, turn: TurnId, reply: &Settled) -> Result<()>;

    /// Parts of the reply stand in the channel with their final texts and the turn is over. Its parts with an empty
    /// text are gone: who completes has deleted their messages, and the turn does not know them when it is reopened.
    ///
    /// The next turn of a chain is accepted in the same transaction, so that a crash loses neither or both; one that
    /// was accepted before is left as it is.
    async fn complete(
        &self,
        turn: TurnId,
        shown: &[Shown],
        outcome: &Outcome,
        next: Option<&Cue>,
    ) -> Result<()>;

    /// The turn is over without its reply: the reply's line leaves the history. Answers what was posted already,
    /// which the caller deletes; who deletes it first and abandons then leaves nothing behind in a crash.
    ///
    /// The next turn of a chain is accepted as by [`Outbox::complete`].
    async fn abandon(&self, turn: TurnId, outcome: &Outcome, next: Option<&Cue>) -> Result<Vec<Shown>>;

    /// What is known about a character's message.
    async fn receipt(&self, message: MessageId) -> Result<Option<Receipt>>;

    /// What is known about the newest character's message in a channel.
    async fn last_receipt(&self, channel: ChannelId) -> Result<Option<Receipt>>;
}
