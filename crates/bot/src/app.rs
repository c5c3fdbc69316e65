//! The handles that features work with. How they come to be is in [`crate::boot`].

use std::sync::Arc;

use discord::Speaker;
use domain::Timestamp;
use store::{Store, TurnId};
use tokio::sync::{broadcast, watch};

use crate::{
    audiences::Audiences,
    cast::Casts,
    commands::{Desk, Pauses},
    config::MemoryConfig,
    conversation::Strays,
    cues::Cues,
    embedding::Embedding,
    ensemble::Scenes,
    knowledge::Knowledge,
    learning::Setbacks,
    lifecycle::Lifecycle,
    likeness::Likenesses,
    lore::Lore,
    minds::Minds,
    model::Model,
    playbills::Playbills,
    presence::Presences,
    privacy::OptedOut,
    rules::RuleBook,
    spending::Spending,
    unasked::Unasked,
};

/// What features work with. Cheap to clone; every field is a handle.
#[derive(Clone)]
pub struct App {
    /// What outlives the process.
    pub store: Arc<dyn Store>,
    /// Who can speak, and where.
    pub cast: Casts,
    /// What holds where.
    pub rules: RuleBook,
    /// What is known where.
    pub lore: Lore,
    /// Documents.
    pub knowledge: Knowledge,
    /// Texts as vectors.
    pub embedding: Embedding,
    /// Which of it is like what is said.
    pub likeness: Likenesses,
    /// Files that members brought and have not decided about.
    pub desk: Desk,
    /// When summaries were last asked for.
    pub pauses: Pauses,
    /// What characters have in mind.
    pub minds: Minds,
    /// Who hears what is said where.
    pub audiences: Audiences,
    /// What the model may use.
    pub spending: Spending,
    /// What characters remember, as the operator wants it.
    pub memory: MemoryConfig,
    /// What could not be learned or told.
    pub setbacks: Setbacks,
    /// Of whom nothing is kept.
    pub opted_out: OptedOut,
    /// What people are doing.
    pub presences: Presences,
    /// Where features hand in characters' cues.
    pub cues: Cues,
    /// Which scenes play.
    pub scenes: Scenes,
    /// Which posts were given up for lost.
    pub strays: Strays,
    /// How scenes that play are announced.
    pub playbills: Playbills,
    /// What was said unasked.
    pub unasked: Unasked,
    /// Who thinks.
    pub model: Arc<Model>,
    /// How to speak.
    pub speaker: Speaker,
    /// Spawning and ending.
    pub life: Lifecycle,
    /// Which turns ended, for whoever waits for one (the terminal, tests). Slow listeners miss some.
    pub endings: broadcast::Sender<TurnId>,
    /// Whether a gateway session was up yet: interactions from before it are never heard of.
    pub listening: watch::Sender<bool>,
    /// When the program started.
    pub started_at: Timestamp,
}

impl App {
    /// Tells whoever listens that a turn ended.
    pub fn ended(&self, turn: TurnId) {
        // Nobody listening is normal.
        let _ = self.endings.send(turn);
    }
}
